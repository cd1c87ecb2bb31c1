/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian changelogs, the CVE numbers in them, and what of them an old package lacks. */
#include "tap.h"

#include <stdlib.h>

#include "flash/fixes.h"
#include "outputs/gzip.h"

static const char *const versions[] = {
    "1.0~rc1-1", "1.0-1",     "1.0-1+deb12u1",     "1.0-2",     "1.0.1-1", "1.9-1",
    "1.10-1",    "2022.11-6", "2022.11-6+deb12u2", "2025.02-8", "1:0.1"};

static void check_versions(void)
{
    size_t wrong = 0, count = sizeof versions / sizeof *versions;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            int order = deb_version_compare(versions[i], versions[k]);

            wrong += (order > 0) - (order < 0) != (i > k) - (i < k);
        }
    }
    is_int(wrong, 0, "versions are sorted as dpkg does");
    is_int(deb_version_compare("1.0-0", "1.0"), 0, "a revision of 0 is like none");
    is_int(deb_version_compare("0:1.0", "1.0"), 0, "an epoch of 0 is like none");
    is_int(deb_version_compare("1.007", "1.7"), 0, "zeros before a number do not count");
    ok(deb_version_compare("1.0+a", "1.0a") > 0, "letters sort before other characters");
}

static const char text[] =
    "edk2 (2.0-2) unstable; urgency=medium\n\n  * Fix things, CVE-2024-38797. And\n"
    "    CVE-2024-3 (a name cut short), CVE-2025-2295, CVE-2024-38797 again.\n\n"
    " -- A B <a@b>  Mon, 12 May 2025 20:18:11 -0600\n\n"
    "edk2 (2.0-1) unstable; urgency=medium\n\n  * Move SecurityPkg.\n\n"
    " -- A B <a@b>  Sat, 01 Mar 2025 20:18:11 -0600\n\n"
    "edk2 (1.5-1) unstable; urgency=medium\n\n  * Security: check more.\n\n"
    " -- A B <a@b>  nonsense\n\n"
    "edk2 (1.2-1) unstable; urgency=medium\n\n  * CVE-2023-1111\n\n"
    " -- A B <a@b>  Sun, 02 Jan 2022 20:18:11 -0600\n\n"
    "edk2 (1.0-1) unstable; urgency=medium\n\n  * First, CVE-2020-1111.\n\n"
    " -- A B <a@b>  Fri, 31 Dec 2021 20:18:11 -0600\n";

static void check_entries(void)
{
    struct changelog_entry e;
    size_t offset = 0, count = 0;
    char seen[512] = "";

    while (changelog_next(text, strlen(text), &offset, &e)) {
        size_t used = strlen(seen);

        snprintf(seen + used, sizeof seen - used, "%.40s %s;", e.version, e.date);
        count++;
    }
    is_int(count, 5, "all entries are found");
    is_text(seen, "2.0-2 2025-05-12;2.0-1 2025-03-01;1.5-1 ;1.2-1 2022-01-02;1.0-1 2021-12-31;",
            "with version and date; a date that is none is empty");
    static const char open_end[] = "a (1) x; y\n  * z\nb (2) x; y\n";
    static const char none[] = "a (1 2) x\n (3) y\nb(4) z\nc () x";
    offset = 0;
    ok(changelog_next(open_end, strlen(open_end), &offset, &e) && e.length == 5 &&
           strcmp(e.version, "1") == 0,
       "an entry without an end ends where the next begins");
    offset = 0;
    ok(!changelog_next(none, strlen(none), &offset, &e),
       "what only looks like an entry is skipped");
}

static char *fixes_of(const char *old, const char *version)
{
    static char all[1024];
    struct missing_fixes fixes;
    struct failure f;
    size_t old_size = 0, size;
    uint8_t *newer = gzip_bytes(text, strlen(text), &size);
    uint8_t *older = old ? gzip_bytes(old, strlen(old), &old_size) : NULL;

    all[0] = '\0';
    if (missing_fixes_find(older, old_size, version, newer, size, &fixes, &f) != 0)
        return strcpy(all, f.what);
    for (size_t i = 0; i < fixes.count; i++) {
        char *names = missing_fix_text(&fixes.list[i]);

        snprintf(all + strlen(all), sizeof all - strlen(all), "%s: %s; ", fixes.list[i].version,
                 names);
        free(names);
    }
    strcat(all, fixes.reaches_back ? "all" : "not all");
    missing_fixes_free(&fixes);
    free(newer);
    free(older);
    return all;
}

static void check_fixes(void)
{
    struct missing_fixes fixes;
    struct failure f;

    is_text(fixes_of(NULL, "1.2-1"),
            "2.0-2: CVE-2024-38797, CVE-2025-2295; 1.5-1: security fixes without a CVE number; all",
            "newer entries with CVE numbers or the word security are what an old package lacks");
    is_text(fixes_of("edk2 (1.2-1+u1) x\n  * CVE-2025-2295 and CVE-2024-38797\n", "1.2-1+u1"),
            "1.5-1: security fixes without a CVE number; all",
            "what was brought back to the old package it does not lack");
    is_text(fixes_of(NULL, "0.9-1"),
            "2.0-2: CVE-2024-38797, CVE-2025-2295; 1.5-1: security fixes without a CVE number; "
            "1.2-1: CVE-2023-1111; 1.0-1: CVE-2020-1111; not all",
            "a changelog that does not reach back is told");
    is_int(missing_fixes_find(NULL, 0, "1", (const uint8_t *)"text", 4, &fixes, &f), -1,
           "a changelog that is not compressed is refused");
}

int main(void)
{
    check_versions();
    check_entries();
    check_fixes();
    return tap_done();
}
