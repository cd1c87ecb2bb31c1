/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "fleet/inventory_taking.h"

static struct guard_guest *add(struct guard *g, const char *name, enum guard_state state)
{
    g->list = xgrow(g->list, g->count, &g->capacity, sizeof *g->list);
    g->list[g->count] = (struct guard_guest){.name = xstrdup(name), .state = state};
    return &g->list[g->count++];
}

/* Whether the code of a guest's firmware is another one afterwards. */
static bool has_other_code(const struct inventory *before, const struct inventory *after,
                           const char *loader)
{
    const struct inventory_firmware *old = inventory_find_firmware(before, loader),
                                    *new = inventory_find_firmware(after, loader);

    return old && new && !(old->sha256 && new->sha256 &&strcmp(old->sha256, new->sha256) == 0);
}

/* Of a guest whose firmware is another afterwards: does it start with its own store? What preflight
 * leaves open for a host whose files it does not have. */
static void judge_store(const struct upgrade *u, const struct inventory_guest *guest,
                        struct guest_after *v)
{
    struct flash_image code = {0}, store = {0}, old = {0};
    struct flash_check check;
    struct failure f;
    size_t size;
    const uint8_t *bytes = upgrade_image(u, guest->loader, &size);

    if (!bytes || flash_open(guest->nvram, &store, &f) != 0)
        return;
    uint8_t *copy = xmalloc(size + 1);
    memcpy(copy, bytes, size);
    flash_take(guest->loader, copy, size, &code);
    bool has_old = flash_open(guest->loader, &old, &f) == 0;
    flash_check(&code, &store, has_old ? &old : NULL, &check);
    v->starts = check.cold_boot.answer == FLASH_YES  ? QEMU_YES
                : check.cold_boot.answer == FLASH_NO ? QEMU_NO
                                                     : QEMU_NOT_KNOWN;
    free(v->starts_why);
    v->starts_why = v->starts == QEMU_YES ? NULL : xstrdup(check.cold_boot.text);
    if (v->starts == QEMU_NO && check.cold_boot.fix[0] && !v->fix_when) {
        v->fix_when = xstrdup("For its variable store:");
        v->fix = xstrdup(check.cold_boot.fix);
    }
    /* It starts, and is protected less than it was. */
    for (size_t i = 0; i < check.warning_count && v->starts == QEMU_YES; i++)
        if (strstr(check.warnings[i], "Secure Boot")) {
            v->starts = QEMU_NOT_KNOWN;
            v->starts_why = xstrdup(check.warnings[i]);
        }
    flash_close(&code);
    flash_close(&store);
    if (has_old)
        flash_close(&old);
}

static void conclude(struct guard_guest *guest, const struct guest_after *before)
{
    bool is_off = guest->state == GUARD_OFF;
    const char *why = guest_after_why(&guest->after, is_off);

    guest->kind = guest_after_kind(&guest->after, is_off);
    guest->was_so = guest_after_kind(before, is_off) >= guest->kind;
    guest->why = xstrdup_or_null(why);
}

static void judge_listed(const struct inventory *before, const struct inventory *after,
                         const struct upgrade *u, const struct inventory_guest *guest,
                         struct guard *g)
{
    struct guard_guest *made = add(g, guest->name ? guest->name : "a guest without a name",
                                   guest->is_running ? GUARD_RUNNING : GUARD_OFF);
    struct guest_after now;

    guest_after_judge_listed(before, guest, before, &now);
    guest_after_judge_listed(before, guest, after, &made->after);
    if (u && guest->loader && guest->nvram && made->after.starts == QEMU_NOT_KNOWN &&
        has_other_code(before, after, guest->loader)) {
        judge_store(u, guest, &made->after);
        /* Today it starts, or so it is taken: what is not known after that is news. */
        if (now.starts == QEMU_NOT_KNOWN)
            now.starts = QEMU_YES;
    }
    conclude(made, &now);
    guest_after_free(&now);
}

static void judge_saved(const struct inventory *before, const struct inventory *after,
                        const char *path, struct guard *g)
{
    struct saved_guest saved;
    struct guest_after now;
    struct failure f;

    if (saved_guest_read(path, NULL, &saved, &f) != 0) {
        struct guard_guest *unread = add(g, path, GUARD_SAVED);

        unread->kind = AFTER_UNKNOWN;
        unread->why = xstrdup(f.what);
        return;
    }
    const struct domain_xml *xml = saved.domain;
    const char *arch = xml ? xml->arch : NULL;
    struct guard_guest *made = add(g, xml && xml->name ? xml->name : path, GUARD_SAVED);
    bool incoming = saved.kind != SAVED_SNAPSHOT;
    guest_after_judge(&saved, arch, before, incoming, &now);
    guest_after_judge(&saved, arch, after, incoming, &made->after);
    conclude(made, &now);
    guest_after_free(&now);
    saved_guest_free(&saved);
}

static void judge_save_directory(const struct inventory_request *request,
                                 const struct inventory *before, const struct inventory *after,
                                 struct guard *g)
{
    struct taking t = {.request = request};
    size_t count;
    char **names = names_in(&t, GUARD_SAVE_DIRECTORY, &count);

    g->is_partial |= t.inv.is_partial;

    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", GUARD_SAVE_DIRECTORY, names[i]);

        if (i < GUARD_SAVED_MAX && ends_with(names[i], ".save"))
            judge_saved(before, after, path, g);
        free(path);
        free(names[i]);
    }
    free(names);
}

static int worst_first(const void *a, const void *b)
{
    const struct guard_guest *one = a, *other = b;

    if (one->was_so != other->was_so)
        return one->was_so ? 1 : -1;
    if (one->kind != other->kind)
        return one->kind > other->kind ? -1 : 1;
    if (one->state != other->state)
        return one->state < other->state ? -1 : 1;
    return strcmp(one->name, other->name);
}

void guard_judge(const struct inventory_request *request, const struct inventory *before,
                 const struct inventory *after, const struct upgrade *u, const char *const *saved,
                 size_t saved_count, struct guard *g)
{
    *g = (struct guard){.is_partial = before->is_partial || after->is_partial};
    for (size_t i = 0; i < before->guests->count; i++)
        judge_listed(before, after, u, &before->guests->list[i], g);
    judge_save_directory(request, before, after, g);
    for (size_t i = 0; i < saved_count; i++)
        judge_saved(before, after, saved[i], g);
    for (size_t i = 0; i < g->count; i++) {
        g->stranded += g->list[i].kind == AFTER_STRANDED && !g->list[i].was_so;
        g->unknown += g->list[i].kind == AFTER_UNKNOWN && !g->list[i].was_so;
    }
    if (g->count)
        qsort(g->list, g->count, sizeof *g->list, worst_first);
}

void guard_free(struct guard *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->list[i].name);
        free(g->list[i].why);
        guest_after_free(&g->list[i].after);
    }
    free(g->list);
    *g = (struct guard){0};
}

const char *guard_state_name(enum guard_state state)
{
    static const char *const names[] = {
        [GUARD_RUNNING] = "running", [GUARD_SAVED] = "saved", [GUARD_OFF] = "off"};

    return names[state];
}
