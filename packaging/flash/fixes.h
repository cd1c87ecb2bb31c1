/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Security fixes that an old package lacks, as far as the changelog of a newer one says. */
#ifndef FLASH_FIXES_H
#define FLASH_FIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/deb_changelog.h"

#define CHANGELOG_MAX ((size_t)2 << 20) /* bytes after decompression; edk2's has 40 KiB */
#define FIXES_MAX 1000                  /* entries, and CVE numbers of one, that are kept */

/* An entry that is newer than the old package and speaks of security. */
struct missing_fix {
    char version[CHANGELOG_VERSION_SIZE];
    char date[CHANGELOG_DATE_SIZE];
    size_t cve_count; /* of those that the old package's own changelog does not name; 0: the
                       * entry says "security" without a number */
    char (*cves)[CVE_SIZE];
};

struct missing_fixes {
    size_t count, capacity;
    struct missing_fix *list;
    bool reaches_back; /* the newer changelog has entries as old as the old package */
};

/* Both changelogs as they are in a package, compressed with gzip; `old` may be NULL. `names`
 * are for messages, `old_version` is the old source package's. 0 or -1. */
int missing_fixes_find(const uint8_t *old, size_t old_size, const char *old_version,
                       const uint8_t *newer, size_t newer_size, struct missing_fixes *fixes,
                       struct failure *f);
void missing_fixes_free(struct missing_fixes *fixes);

/* "CVE-2024-38797, CVE-2025-2295", or "security fixes without a CVE number". Free it. */
char *missing_fix_text(const struct missing_fix *fix);

#endif
