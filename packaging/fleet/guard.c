/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/guard_saved.h"
#include "fleet/guard_start.h"
#include "fleet/hook_files.h"
#include "formats/rom_devices.h"
#include "outputs/escape.h"
#include "romset/shipped_romsets.h"

static struct guard_guest *add(struct guard *g, const char *name, enum guard_state state)
{
    g->list = xgrow(g->list, g->count, &g->capacity, sizeof *g->list);
    g->list[g->count] = (struct guard_guest){.name = xstrdup(name), .state = state};
    return &g->list[g->count++];
}

static void guest_release(struct guard_guest *guest)
{
    free(guest->name);
    free(guest->why);
    free(guest->snapshot);
    guest_after_free(&guest->after);
}

struct judging {
    const struct guard_request *r;
    struct guard *g;
    enum qemu_answer hook_now, hook_after; /* whether libvirt runs romcompat's hook */
    const char *daemon;                    /* of libvirt's, where that is not known */
};

/* Where nothing better is known: the package that has its firmware image stays as it is. */
static void keep_package(const struct judging *j, const char *loader, struct guard_guest *guest)
{
    const struct inventory_firmware *image =
        loader && j->r->upgrade ? inventory_find_firmware(j->r->before, loader) : NULL;

    if (guest->kind != AFTER_STRANDED || guest->after.fix || !image || !image->package.name)
        return;
    const char *const rpm[] = {"dnf", "versionlock", "add", image->package.name, NULL},
                      *const deb[] = {"apt-mark", "hold", image->package.name, NULL};
    char *command = shell_command(upgrade_is_rpm(j->r->upgrade) ? rpm : deb);
    guest_after_set_fix(
        &guest->after,
        xstrdup("Hold the package that has its firmware image until no guest needs that "
                "('romcompat varstore convert' makes stores for other firmware):"),
        xasprintf("%s\n", command));
    free(command);
}

static void conclude(const struct judging *j, struct guard_guest *guest,
                     const struct guest_after *now, const char *loader)
{
    const struct guest_after *before = j->r->upgrade ? now : NULL;
    bool is_off = guest->state == GUARD_OFF;
    const char *why = guest_after_why(&guest->after, is_off);

    guest->kind = guest_after_kind(&guest->after, is_off);
    guest->was_so = before && guest_after_kind(before, is_off) >= guest->kind;
    guest->why = xstrdup_or_null(why);
    keep_package(j, loader, guest);
}

/* What is said of the next start comes from how the guest is defined, where it runs as another. */
static void take_start(struct guest_after *to, struct guest_after *from)
{
    guest_after_set_starts(to, from->starts, from->starts_why);
    from->starts_why = NULL;
    if (!to->fix) {
        guest_after_set_fix(to, from->fix_when, from->fix);
        from->fix_when = from->fix = NULL;
    }
    guest_after_free(from);
}

/* The lengths of a guest that was started with other files, and that nobody could ask, may be
 * others than those that are derived from today's. */
static void doubt_lengths(struct guest_after *v)
{
    if (v->arrives == QEMU_YES)
        guest_after_set_arrives(
            v, QEMU_NOT_KNOWN,
            xstrdup("a ROM file or firmware image is newer than its process, and how long "
                    "its RAM blocks are could not be asked"));
}

static void judge_listed(struct judging *j, const struct inventory_guest *guest)
{
    const struct inventory *before = j->r->before, *after = j->r->after;
    const char *blocks = guest->is_running ? live_guests_blocks(j->r->live, guest->pid) : NULL;
    const struct inventory_guest *runs = guest->live ? guest->live : guest;
    struct guard_guest *made =
        add(j->g, guard_guest_name(guest), guest->is_running ? GUARD_RUNNING : GUARD_OFF);
    struct guest_after now;

    made->has_lengths = blocks != NULL;
    guest_after_judge_listed(before, runs, blocks, before, &now);
    guest_after_judge_listed(before, runs, blocks, after, &made->after);
    if (guest->is_running && !blocks && live_guests_is_older(j->r->live, guest->pid)) {
        doubt_lengths(&now);
        doubt_lengths(&made->after);
    }
    if (runs != guest) {
        struct guest_after started, starts;

        guest_after_judge_listed(before, guest, NULL, before, &started);
        guest_after_judge_listed(before, guest, NULL, after, &starts);
        guard_judge_start(j->r, guest, &started, &starts);
        take_start(&now, &started);
        take_start(&made->after, &starts);
    } else {
        guard_judge_start(j->r, guest, &now, &made->after);
    }
    conclude(j, made, &now, guest->loader);
    guest_after_free(&now);
}

/* The romset that comes with the program and has the ROM of the block that is in the way. */
static bool find_romset(const struct guest_after *v, const char *machine,
                        struct shipped_romset *found)
{
    const struct rom_device *device = NULL;

    return v->block && v->length && ram_block_kind_of(v->block, &device) == RAM_BLOCK_ROM &&
           shipped_romset_find(device->rom, v->length, machine, found);
}

/* Of a guest that libvirt restores: the compat set of its ROMs, which the hook gives it. */
static void fix_by_set(const struct saved_guest *saved, enum qemu_answer hook, const char *daemon,
                       struct guest_after *v)
{
    struct shipped_romset set;

    if (hook == QEMU_NO || v->arrives != QEMU_NO || !find_romset(v, saved->machine, &set))
        return;
    const char *const build[] = {"romcompat", "build", "--deb", "-o", "compat-set", set.path, NULL};
    char *command = shell_command(build),
         *restart =
             hook == QEMU_NOT_KNOWN ? xasprintf("systemctl restart %s\n", daemon) : xstrdup("");
    guest_after_set_fix(
        v,
        xstrdup("The compat package of the ROMs that it was saved with, before the others "
                "or together with them; romcompat's hook of libvirt then restores it:"),
        xasprintf("%s\n%sapt install ./compat-set/*.deb\n", command, restart));
    free(command);
    free(restart);
    shipped_romset_free(&set);
}

/* `hook`: whether libvirt runs romcompat's, when it restores the guest. */
static void judge_comes(struct saved_guest *saved, const char *architecture,
                        const struct inventory *there, enum qemu_answer hook, const char *daemon,
                        struct guest_after *v)
{
    struct guest_after with;

    guest_after_judge(saved, architecture, there,
                      saved->kind == SAVED_SNAPSHOT ? COMES_LOADED : COMES_ARRIVING, v);
    if (hook == QEMU_NO || v->arrives != QEMU_NO)
        return;
    fix_by_set(saved, hook, daemon, v);
    guest_after_judge(saved, architecture, there, COMES_BY_HOOK, &with);
    if (with.arrives == QEMU_YES && hook == QEMU_YES) {
        guest_after_free(v);
        *v = with;
        return;
    }
    if (with.arrives == QEMU_YES) {
        guest_after_set_arrives(
            v, QEMU_NOT_KNOWN,
            xstrdup("it is restored where libvirt runs romcompat's hook, and libvirt "
                    "was started before that was installed"));
        guest_after_set_fix(
            v, xstrdup("Restart libvirt, which then finds the hook; guests that run go on:"),
            xasprintf("systemctl restart %s\n", daemon));
    }
    guest_after_free(&with);
}

static void judge_saved(void *arg, const struct saved_place *at)
{
    struct judging *j = arg;
    struct saved_guest saved;
    struct guest_after now;
    struct failure f;
    enum guard_state state = at->snapshot_name ? GUARD_SNAPSHOT : GUARD_SAVED;

    if (saved_guest_read(at->path, at->snapshot, &saved, &f) != 0) {
        struct guard_guest *unread = add(j->g, at->guest ? at->guest : at->path, state);

        unread->snapshot = xstrdup_or_null(at->snapshot_name);
        unread->has_lengths = true;
        unread->kind = AFTER_UNKNOWN;
        unread->why = xstrdup(f.what);
        return;
    }
    const struct domain_xml *xml = saved.domain;
    const char *arch = xml ? xml->arch : NULL;
    struct guard_guest *made = add(j->g,
                                   at->guest          ? at->guest
                                   : xml && xml->name ? xml->name
                                                      : at->path,
                                   state);
    bool by_libvirt = state == GUARD_SAVED && saved.kind == SAVED_LIBVIRT;

    made->snapshot = xstrdup_or_null(at->snapshot_name);
    made->has_lengths = true;
    judge_comes(&saved, arch, j->r->before, by_libvirt ? j->hook_now : QEMU_NO, j->daemon, &now);
    judge_comes(&saved, arch, j->r->after, by_libvirt ? j->hook_after : QEMU_NO, j->daemon,
                &made->after);
    conclude(j, made, &now, xml ? xml->loader : NULL);
    guest_after_free(&now);
    saved_guest_free(&saved);
}

/* The next start of a guest that libvirt has saved is its restoration: what is off about it is said
 * there, unless it is worse. */
static void drop_saved(struct guard *g)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->count; i++) {
        struct guard_guest *guest = &g->list[i];
        bool is_said = false;

        if (guest->state == GUARD_OFF && guest->kind != AFTER_FINE)
            for (size_t k = 0; k < g->count && !is_said; k++)
                is_said = g->list[k].state == GUARD_SAVED && g->list[k].kind >= guest->kind &&
                          g->list[k].was_so <= guest->was_so &&
                          strcmp(g->list[k].name, guest->name) == 0;
        if (is_said)
            guest_release(guest);
        else
            g->list[kept++] = *guest;
    }
    g->count = kept;
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
    int order = strcmp(one->name, other->name);
    return order || !one->snapshot || !other->snapshot ? order
                                                       : strcmp(one->snapshot, other->snapshot);
}

void guard_judge(const struct guard_request *request, struct guard *g)
{
    const struct inventory_guests *guests = request->before->guests;
    struct judging j = {.r = request, .g = g};

    j.hook_now = hook_runs_here(NULL, &j.daemon);
    j.hook_after = hook_runs_here(request->upgrade, &j.daemon);
    *g = (struct guard){.is_partial = request->before->is_partial || request->after->is_partial};
    /* What is off now may have been so before, and nothing says what it was then. */
    for (size_t i = 0; i < guests->count; i++)
        if (request->upgrade || guests->list[i].is_running)
            judge_listed(&j, &guests->list[i]);
    g->is_partial |= !guard_find_saved(request, judge_saved, &j);
    drop_saved(g);
    for (size_t i = 0; i < g->count; i++) {
        g->stranded += g->list[i].kind == AFTER_STRANDED && !g->list[i].was_so;
        g->unknown += g->list[i].kind == AFTER_UNKNOWN && !g->list[i].was_so;
    }
    if (g->count)
        qsort(g->list, g->count, sizeof *g->list, worst_first);
}

void guard_free(struct guard *g)
{
    for (size_t i = 0; i < g->count; i++)
        guest_release(&g->list[i]);
    free(g->list);
    *g = (struct guard){0};
}

const char *guard_state_name(enum guard_state state)
{
    static const char *const names[] = {[GUARD_RUNNING] = "running",
                                        [GUARD_SAVED] = "saved",
                                        [GUARD_SNAPSHOT] = "snapshot",
                                        [GUARD_OFF] = "off"};

    return names[state];
}
