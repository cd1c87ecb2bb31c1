/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the variable stores of guests hold, against the templates of their firmware. */
#include "fleet/inventory_taking.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/memory.h"
#include "base/text.h"
#include "flash/enroll.h"
#include "flash/template.h"
#include "formats/qcow2.h"
#include "inputs/file.h"

/* A template, read once for all the guests of one firmware. */
struct known_template {
    char *loader, *named; /* what it was looked for by; `named` is NULL where libvirt chooses */
    char *path;           /* NULL: there is none, or it could not be read */
    struct key_source source;
};

/* Reading a qcow2 file takes a program. */
static bool may_read(const struct taking *t, const char *path, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (!t->request->runs_nothing)
        return true;
    if (read_disk(path, 0, FLASH_FILE_MAX, &data, &size, f) != 0)
        return false;
    bool is_plain = !is_qcow2(data, size);
    free(data);
    if (!is_plain)
        fail(f, "%s: a qcow2 file, and no program is run", path);
    return is_plain;
}

/* --- the template --------------------------------------------------------------------------- */

static char *find_template(const char *loader, const char *named)
{
    struct template_search search;
    struct failure f;
    char *path = NULL;

    if (named)
        return xstrdup(named);
    if (!loader || template_search(loader, NULL, NULL, &search, &f) != 0)
        return NULL;
    if (search.count && search.answers[0].filename)
        path = xstrdup(search.answers[0].filename);
    template_search_free(&search);
    return path;
}

static const struct known_template *template_of(struct taking *t, const char *loader,
                                                const char *named)
{
    struct failure f;

    for (size_t i = 0; i < t->template_count; i++)
        if (same_text(t->templates[i].loader, loader) && same_text(t->templates[i].named, named))
            return &t->templates[i];
    t->templates = xreallocarray(t->templates, t->template_count + 1, sizeof *t->templates);
    struct known_template *k = &t->templates[t->template_count++];
    *k = (struct known_template){.loader = xstrdup_or_null(loader),
                                 .named = xstrdup_or_null(named),
                                 .path = find_template(loader, named)};
    if (k->path && (!is_printable(k->path) || !may_read(t, k->path, &f) ||
                    key_source_read(k->path, KEY_LISTS, NULL, &k->source, &f) != 0)) {
        free(k->path);
        k->path = NULL;
    }
    return k;
}

static void free_templates(struct taking *t)
{
    for (size_t i = 0; i < t->template_count; i++) {
        key_source_free(&t->templates[i].source);
        free(t->templates[i].loader);
        free(t->templates[i].named);
        free(t->templates[i].path);
    }
    free(t->templates);
    t->templates = NULL;
    t->template_count = 0;
}

/* --- the store ------------------------------------------------------------------------------ */

static bool is_microsofts(const struct key *key)
{
    return known_certificate_is(KNOWN_KEK_2011, key) || known_certificate_is(KNOWN_KEK_2023, key);
}

/* The last day of the certificate in KEK that is valid longest, of those of Microsoft's where
 * there are any: what distributions put beside them signs no updates. NULL: KEK has none. */
static char *kek_until(const struct secure_boot *s)
{
    const struct keys *kek = &s->lists[LIST_KEK];
    bool has_microsofts = s->known[KNOWN_KEK_2011] || s->known[KNOWN_KEK_2023];
    const struct certificate *last = NULL;

    for (size_t i = 0; i < kek->count; i++) {
        const struct key *key = &kek->list[i];

        if (key->is_certificate && (!has_microsofts || is_microsofts(key)) &&
            (!last || key->certificate.until > last->until))
            last = &key->certificate;
    }
    return last ? xstrndup(last->not_after, DATE_TEXT_MAX - 1) : NULL;
}

static const char *state_word(enum secure_boot_state state)
{
    static const char *const words[] = {
        [SECURE_BOOT_ON] = "on", [SECURE_BOOT_OFF] = "off", [SECURE_BOOT_SETUP] = "setup"};

    return words[state];
}

static int compare(const struct flash_image *image, const struct live_store *live,
                   const struct known_template *template, struct inventory_store *store,
                   struct failure *f)
{
    struct enroll_plan plan;

    if (!template->path)
        return 0;
    if (enroll_plan(image, live, &template->source, 1, &plan, f) != 0)
        return -1;
    store->template = xstrdup(template->path);
    for (int i = LIST_KEK; i <= LIST_DBX; i++)
        store->lacks[i] = plan.lists[i].after - plan.lists[i].before;
    enroll_plan_free(&plan);
    return 0;
}

static void take_room(const struct varstore *from, struct inventory_store *store)
{
    struct varstore_room room;

    varstore_room(from, &room);
    store->has_room = true;
    store->after_reclaim = room.after_reclaim;
    store->largest = room.largest;
}

/* A list of keys that is damaged may hide any certificate. */
static int refuse_damage(const char *path, const struct secure_boot *s, struct failure *f)
{
    for (int i = 0; i < KEY_LISTS; i++)
        if (s->lists[i].broken)
            return fail(f, "%s: its %s is damaged: %s", path, key_list_name((enum key_list)i),
                        s->lists[i].broken);
    return 0;
}

static int look_into(const struct flash_image *image, const struct known_template *template,
                     struct inventory_store *store, struct failure *f)
{
    struct live_store live;
    struct secure_boot secure_boot;

    if (live_store_open(image, &live, f) != 0)
        return -1;
    secure_boot_read(&live, &secure_boot);
    int result = refuse_damage(image->path, &secure_boot, f);
    if (result == 0)
        result = compare(image, &live, template, store, f);
    if (result == 0) {
        store->format = xstrdup(image->qcow2                ? "qcow2"
                                : image->kind == FLASH_JSON ? "json"
                                                            : "raw");
        store->secure_boot = xstrdup(state_word(secure_boot.state));
        store->kek_until = kek_until(&secure_boot);
        memcpy(store->known, secure_boot.known, sizeof store->known);
        if (image->has_store)
            take_room(live.store, store);
    }
    secure_boot_free(&secure_boot);
    live_store_close(&live);
    return result;
}

static int open_and_look(struct taking *t, const struct inventory_guest *guest,
                         const char *template, struct inventory_store *store, struct failure *f)
{
    struct flash_image image;

    if (!may_read(t, guest->nvram, f) || flash_open(guest->nvram, &image, f) != 0)
        return -1;
    int result = look_into(&image, template_of(t, guest->loader, template), store, f);
    flash_close(&image);
    return result;
}

void take_store(struct taking *t, struct inventory_guest *guest, const char *template)
{
    struct failure f;

    if (!guest->nvram)
        return;
    struct inventory_store *store = guest->store = xcalloc(1, sizeof *store);
    char *file = realpath(guest->nvram, NULL);
    if (file && is_printable(file) && strlen(file) <= INVENTORY_TEXT_MAX)
        store->file = xstrdup(file);
    free(file);
    if (open_and_look(t, guest, template, store, &f) != 0) {
        char *problem = xstrndup(f.what, strlen(f.what));

        for (char *p = problem; *p; p++)
            *p = *p < ' ' || *p > '~' ? '?' : *p;
        store->problem = problem;
    }
}

void take_stores(struct taking *t)
{
    for (size_t i = 0; i < t->inv.guests->count; i++)
        if (!t->inv.guests->list[i].store)
            take_store(t, &t->inv.guests->list[i], NULL);
    free_templates(t);
}
