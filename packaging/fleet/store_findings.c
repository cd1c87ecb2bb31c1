/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/store_findings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *store_trouble_name(enum store_trouble trouble)
{
    static const char *const names[] = {
        [STORE_UNKNOWN] = "unknown",       [STORE_SHARED] = "shared",
        [STORE_STARVED] = "starved",       [STORE_KEK_EXPIRED] = "kek_expired",
        [STORE_LACKS_2023] = "lacks_2023", [STORE_BEHIND] = "behind_template",
    };

    return names[trouble];
}

/* --- one store ------------------------------------------------------------------------------ */

/* Takes `what` over. */
static void add(struct store_findings *all, struct judged_store *judged, enum store_trouble trouble,
                char *what)
{
    all->counts[trouble]++;
    findings_add(&judged->findings, (struct finding){.grade = FINDING_WARNING,
                                                     .check = store_trouble_name(trouble),
                                                     .what = what});
}

static void judge_2023(struct store_findings *all, const struct inventory_store *store,
                       struct judged_store *judged)
{
    char *names = known_certificates_lacking(store->known);

    if (names)
        add(all, judged, STORE_LACKS_2023, xasprintf("lacks %s", names));
    free(names);
}

static void judge_template(struct store_findings *all, const struct inventory_store *store,
                           struct judged_store *judged)
{
    if (!store->template ||
        !(store->lacks[LIST_KEK] || store->lacks[LIST_DB] || store->lacks[LIST_DBX]))
        return;
    judged->template = xstrdup(store->template);
    add(all, judged, STORE_BEHIND,
        xasprintf("%s has more: %" PRIu64 " in KEK, %" PRIu64 " in db, %" PRIu64 " in dbx",
                  store->template, store->lacks[LIST_KEK], store->lacks[LIST_DB],
                  store->lacks[LIST_DBX]));
}

static void judge_room(struct store_findings *all, const struct inventory_store *store,
                       struct judged_store *judged)
{
    bool is_enrolled = strcmp(store->secure_boot, "setup") != 0;

    if (!store->has_room)
        return;
    if (store->after_reclaim < VARSTORE_STARVED)
        add(all, judged, STORE_STARVED,
            xasprintf("%" PRIu64 " bytes are left (expected at least %d): its firmware does not "
                      "start",
                      store->after_reclaim, VARSTORE_STARVED));
    else if (store->after_reclaim < VARSTORE_TIGHT)
        add(all, judged, STORE_STARVED,
            xasprintf("%" PRIu64 " bytes are left: nearly full", store->after_reclaim));
    else if (is_enrolled && store->largest < VARSTORE_DBX_TODAY)
        add(all, judged, STORE_STARVED,
            xasprintf("a dbx of today's size does not fit (found %" PRIu64 " bytes, expected at "
                      "least %d)",
                      store->largest, VARSTORE_DBX_TODAY));
}

static void judge(struct store_findings *all, const struct inventory_store *store,
                  struct judged_store *judged)
{
    if (!store || store->problem) {
        add(all, judged, STORE_UNKNOWN,
            xstrdup(store ? store->problem : "its inventory does not say what is in it"));
        return;
    }
    judge_room(all, store, judged);
    /* Without a PK, firmware looks at no certificate. */
    if (strcmp(store->secure_boot, "setup") == 0)
        return;
    if (store->kek_until && all->today && strcmp(store->kek_until, all->today) < 0)
        add(all, judged, STORE_KEK_EXPIRED,
            xasprintf("KEK has no certificate%s that is valid: the last one expired on %s",
                      store->known[KNOWN_KEK_2011] || store->known[KNOWN_KEK_2023]
                          ? " of Microsoft's"
                          : "",
                      store->kek_until));
    judge_2023(all, store, judged);
    judge_template(all, store, judged);
}

/* --- the guests of a host --------------------------------------------------------------------- */

/* The file, where that is known: two paths may lead to one. */
static const char *file_of(const struct inventory_guest *guest)
{
    return guest->store && guest->store->file ? guest->store->file : guest->nvram;
}

/* One that is started with -bios, or was never started, has none. */
static bool may_have_store(const struct inventory_guest *guest)
{
    return guest->nvram || guest->store;
}

static int by_file(const void *a, const void *b)
{
    const struct inventory_guest *x = *(const struct inventory_guest *const *)a,
                                 *y = *(const struct inventory_guest *const *)b;
    const char *p = file_of(x), *q = file_of(y);
    int order = strcmp(p ? p : "", q ? q : "");

    return order ? order : (x > y) - (x < y);
}

/* The guests that have a store, those of one file together; the caller frees it. */
static const struct inventory_guest **with_stores(const struct inventory_guests *guests,
                                                  size_t *count)
{
    const struct inventory_guest **list = xcalloc(guests->count + 1, sizeof *list);

    *count = 0;
    for (size_t i = 0; i < guests->count; i++)
        if (may_have_store(&guests->list[i]))
            list[(*count)++] = &guests->list[i];
    if (*count)
        qsort(list, *count, sizeof *list, by_file);
    return list;
}

static bool same_file(const struct inventory_guest *a, const struct inventory_guest *b)
{
    return file_of(a) && file_of(b) && strcmp(file_of(a), file_of(b)) == 0;
}

/* `at` is one of sorted[0, count). */
static void judge_sharing(struct store_findings *all, const struct inventory_guest **sorted,
                          size_t count, size_t at, struct judged_store *judged)
{
    const struct inventory_guest *other = NULL;

    if (at > 0 && same_file(sorted[at - 1], sorted[at]))
        other = sorted[at - 1];
    else if (at + 1 < count && same_file(sorted[at], sorted[at + 1]))
        other = sorted[at + 1];
    if (other)
        add(all, judged, STORE_SHARED,
            other->name ? xasprintf("the guest %s has the same store", other->name)
                        : xstrdup("another guest has the same store"));
}

static void release(struct judged_store *judged)
{
    findings_free(&judged->findings);
    free(judged->host);
    free(judged->guest);
    free(judged->store);
    free(judged->template);
}

void store_findings_add(struct store_findings *all, const char *host,
                        const struct inventory_guests *guests)
{
    size_t count;
    const struct inventory_guest **sorted = with_stores(guests, &count);

    all->guests += count;
    for (size_t i = 0; i < count; i++) {
        struct judged_store judged = {0};

        judge_sharing(all, sorted, count, i, &judged);
        judge(all, sorted[i]->store, &judged);
        if (!judged.findings.count)
            continue;
        all->troubled++;
        if (all->counts_only) {
            release(&judged);
            continue;
        }
        judged.host = xstrdup(host);
        judged.guest = xstrdup_or_null(sorted[i]->name);
        judged.store = xstrdup_or_null(file_of(sorted[i]));
        APPEND(all->list, all->count, all->capacity, judged);
    }
    free(sorted);
}

void store_findings_free(struct store_findings *all)
{
    for (size_t i = 0; i < all->count; i++)
        release(&all->list[i]);
    free(all->list);
    *all = (struct store_findings){0};
}
