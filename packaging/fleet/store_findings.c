/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/store_findings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

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

/* Which certificate of 2011 each of 2023 follows on: a guest that has none of these starts
 * nothing of Microsoft's, and lacks nothing. */
static const struct {
    enum known_certificate old, new;
} successors[] = {
    {KNOWN_KEK_2011, KNOWN_KEK_2023},
    {KNOWN_WINDOWS_2011, KNOWN_WINDOWS_2023},
    {KNOWN_UEFI_2011, KNOWN_UEFI_2023},
    {KNOWN_UEFI_2011, KNOWN_OPTION_ROM_2023},
};

static void judge_2023(const struct inventory_store *store, struct store_finding *finding)
{
    struct text names;
    FILE *to = text_begin(&names);
    bool lacks = false;

    for (size_t i = 0; i < sizeof successors / sizeof *successors; i++) {
        if (!store->known[successors[i].old] || store->known[successors[i].new])
            continue;
        fprintf(to, "%s%s", lacks ? ", " : "", known_certificate_name(successors[i].new));
        lacks = true;
    }
    char *text = text_end(&names);
    if (lacks)
        finding->reasons[STORE_LACKS_2023] = xasprintf("lacks %s", text);
    free(text);
}

static void judge_template(const struct inventory_store *store, struct store_finding *finding)
{
    if (!store->template ||
        !(store->lacks[LIST_KEK] || store->lacks[LIST_DB] || store->lacks[LIST_DBX]))
        return;
    finding->template = xstrdup(store->template);
    finding->reasons[STORE_BEHIND] = xasprintf(
        "%s has more: %" PRIu64 " in KEK, %" PRIu64 " in db, %" PRIu64 " in dbx", store->template,
        store->lacks[LIST_KEK], store->lacks[LIST_DB], store->lacks[LIST_DBX]);
}

static void judge_room(const struct inventory_store *store, struct store_finding *finding)
{
    bool is_enrolled = strcmp(store->secure_boot, "setup") != 0;

    if (!store->has_room)
        return;
    if (store->after_reclaim < VARSTORE_STARVED)
        finding->reasons[STORE_STARVED] =
            xasprintf("%" PRIu64 " bytes are left (expected at least %d): its firmware does not "
                      "get through",
                      store->after_reclaim, VARSTORE_STARVED);
    else if (store->after_reclaim < VARSTORE_TIGHT)
        finding->reasons[STORE_STARVED] =
            xasprintf("%" PRIu64 " bytes are left: nearly full", store->after_reclaim);
    else if (is_enrolled && store->largest < VARSTORE_DBX_TODAY)
        finding->reasons[STORE_STARVED] = xasprintf(
            "a dbx of today's size does not fit (found %" PRIu64 " bytes, expected at least %d)",
            store->largest, VARSTORE_DBX_TODAY);
}

static void judge(const struct inventory_store *store, const char *today,
                  struct store_finding *finding)
{
    if (store->problem) {
        finding->reasons[STORE_UNKNOWN] = xstrdup(store->problem);
        return;
    }
    judge_room(store, finding);
    /* Without a PK, firmware looks at no certificate. */
    if (strcmp(store->secure_boot, "setup") == 0)
        return;
    if (store->kek_until && today && strcmp(store->kek_until, today) < 0)
        finding->reasons[STORE_KEK_EXPIRED] = xasprintf(
            "KEK has no certificate%s that is valid: the last one expired on %s",
            store->known[KNOWN_KEK_2011] || store->known[KNOWN_KEK_2023] ? " of Microsoft's" : "",
            store->kek_until);
    judge_2023(store, finding);
    judge_template(store, finding);
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
static void judge_sharing(const struct inventory_guest **sorted, size_t count, size_t at,
                          struct store_finding *finding)
{
    const struct inventory_guest *other = NULL;

    if (at > 0 && same_file(sorted[at - 1], sorted[at]))
        other = sorted[at - 1];
    else if (at + 1 < count && same_file(sorted[at], sorted[at + 1]))
        other = sorted[at + 1];
    if (other)
        finding->reasons[STORE_SHARED] =
            other->name ? xasprintf("the guest %s has the same store", other->name)
                        : xstrdup("another guest has the same store");
}

static bool has_trouble(const struct store_finding *finding)
{
    bool has = false;

    for (int i = 0; i < STORE_TROUBLES; i++)
        has |= finding->reasons[i] != NULL;
    return has;
}

static void keep(struct store_findings *findings, struct store_finding *finding, const char *host,
                 const struct inventory_guest *guest)
{
    for (int i = 0; i < STORE_TROUBLES; i++)
        findings->counts[i] += finding->reasons[i] != NULL;
    finding->host = xstrdup(host);
    finding->guest = xstrdup_or_null(guest->name);
    finding->store = xstrdup_or_null(file_of(guest));
    findings->list =
        xgrow(findings->list, findings->count, &findings->capacity, sizeof *findings->list);
    findings->list[findings->count++] = *finding;
}

void store_findings_add(struct store_findings *findings, const char *host,
                        const struct inventory_guests *guests)
{
    size_t count;
    const struct inventory_guest **sorted = with_stores(guests, &count);

    findings->guests += count;
    for (size_t i = 0; i < count; i++) {
        struct store_finding finding = {0};

        if (sorted[i]->store)
            judge(sorted[i]->store, findings->today, &finding);
        else
            finding.reasons[STORE_UNKNOWN] = xstrdup("its inventory does not say what is in it");
        judge_sharing(sorted, count, i, &finding);
        if (has_trouble(&finding))
            keep(findings, &finding, host, sorted[i]);
    }
    free(sorted);
}

void store_findings_free(struct store_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct store_finding *finding = &findings->list[i];

        for (int k = 0; k < STORE_TROUBLES; k++)
            free(finding->reasons[k]);
        free(finding->host);
        free(finding->guest);
        free(finding->store);
        free(finding->template);
    }
    free(findings->list);
    *findings = (struct store_findings){0};
}
