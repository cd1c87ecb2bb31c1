/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/fixes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/unstream.h"

/* --- what is in it -------------------------------------------------------------------------- */

struct cve_list {
    size_t count, capacity;
    char (*list)[CVE_SIZE];
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* All that the text names, sorted. */
static struct cve_list cves_of(const char *text, size_t size)
{
    struct cve_list all = {0};
    char cve[CVE_SIZE];
    size_t offset = 0;

    while (cve_next(text, size, &offset, cve)) {
        all.list = xgrow(all.list, all.count, &all.capacity, sizeof *all.list);
        memcpy(all.list[all.count++], cve, sizeof cve);
    }
    if (all.count)
        qsort(all.list, all.count, sizeof *all.list, by_text);
    return all;
}

static bool is_among(const struct cve_list *all, const char *cve)
{
    return all->count && bsearch(cve, all->list, all->count, sizeof *all->list, by_text);
}

/* "security" as a word: SecurityPkg is a directory of edk2. */
static bool says_security(const char *text, size_t size)
{
    static const char word[] = "security";
    size_t length = sizeof word - 1;

    for (size_t i = 0; i + length <= size; i++) {
        if (strncasecmp(text + i, word, length) == 0 &&
            (i == 0 || !isalnum((unsigned char)text[i - 1])) &&
            (i + length == size || !isalnum((unsigned char)text[i + length])))
            return true;
    }
    return false;
}

static bool has_cve(const struct missing_fix *fix, const char *cve)
{
    for (size_t i = 0; i < fix->cve_count; i++) {
        if (strcmp(fix->cves[i], cve) == 0)
            return true;
    }
    return false;
}

/* `old` are those of the old package's own changelog: fixes that were brought back to it. */
static void take_entry(const struct changelog_entry *entry, const struct cve_list *old,
                       struct missing_fixes *fixes)
{
    struct missing_fix fix = {0};
    size_t offset = 0, named = 0, capacity = 0;
    char cve[CVE_SIZE];

    while (cve_next(entry->text, entry->length, &offset, cve)) {
        named++;
        if (fix.cve_count == FIXES_MAX || has_cve(&fix, cve) || is_among(old, cve))
            continue;
        fix.cves = xgrow(fix.cves, fix.cve_count, &capacity, sizeof *fix.cves);
        memcpy(fix.cves[fix.cve_count++], cve, sizeof cve);
    }
    if (fixes->count == FIXES_MAX ||
        (!fix.cve_count && (named || !says_security(entry->text, entry->length)))) {
        free(fix.cves);
        return;
    }
    memcpy(fix.version, entry->version, sizeof fix.version);
    memcpy(fix.date, entry->date, sizeof fix.date);
    APPEND(fixes->list, fixes->count, fixes->capacity, fix);
}

int missing_fixes_find(const uint8_t *old, size_t old_size, const char *old_version,
                       const uint8_t *newer, size_t newer_size, struct missing_fixes *fixes,
                       struct failure *f)
{
    struct changelog_entry entry;
    char *old_text = NULL, *text;
    size_t old_length = 0, length, offset = 0;

    *fixes = (struct missing_fixes){0};
    if (old && unstream_bytes("the changelog of the packed firmware", old, old_size, CHANGELOG_MAX,
                              &old_text, &old_length, f) != 0)
        return -1;
    if (unstream_bytes("the newer changelog", newer, newer_size, CHANGELOG_MAX, &text, &length,
                       f) != 0) {
        free(old_text);
        return -1;
    }
    struct cve_list known = cves_of(old_text ? old_text : "", old_length);
    while (changelog_next(text, length, &offset, &entry)) {
        if (deb_version_compare(entry.version, old_version) > 0)
            take_entry(&entry, &known, fixes);
        else
            fixes->reaches_back = true;
    }
    free(known.list);
    free(old_text);
    free(text);
    return 0;
}

void missing_fixes_free(struct missing_fixes *fixes)
{
    for (size_t i = 0; i < fixes->count; i++)
        free(fixes->list[i].cves);
    free(fixes->list);
    *fixes = (struct missing_fixes){0};
}

char *missing_fix_text(const struct missing_fix *fix)
{
    struct text text;
    FILE *out = text_begin(&text);

    if (!fix->cve_count)
        fputs("security fixes without a CVE number", out);
    for (size_t i = 0; i < fix->cve_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", fix->cves[i]);
    return text_end(&text);
}
