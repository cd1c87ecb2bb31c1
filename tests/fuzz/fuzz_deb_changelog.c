/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changelogs: an entry lies inside of the text, each one behind the last, and comparing two
 * versions is the other way round when they are exchanged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/deb_changelog.h"
#include "target.h"

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

int try_input(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct changelog_entry entry;
    char cve[CVE_SIZE], last[CHANGELOG_VERSION_SIZE] = "0";
    size_t offset = 0, at = 0, before = 0;

    while (changelog_next(text, size, &offset, &entry)) {
        if (offset > size || offset <= before || entry.text < text ||
            entry.length > size - (size_t)(entry.text - text) || strlen(entry.date) > 10)
            abort();
        if (sign(deb_version_compare(entry.version, last)) !=
            -sign(deb_version_compare(last, entry.version)))
            abort();
        memcpy(last, entry.version, sizeof last);
        before = offset;
    }
    while (cve_next(text, size, &at, cve)) {
        if (at > size || strlen(cve) < 13 || strncmp(cve, "CVE-", 4) != 0)
            abort();
    }
    return 0;
}
