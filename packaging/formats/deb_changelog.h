/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of a Debian changelog (Debian Policy 4.4), newest first as they are there,
 * and the versions that they are of. */
#ifndef FORMATS_DEB_CHANGELOG_H
#define FORMATS_DEB_CHANGELOG_H

#include <stdbool.h>
#include <stddef.h>

#define CHANGELOG_VERSION_SIZE 256
#define CHANGELOG_DATE_SIZE 11 /* "2025-11-08" and a NUL */
#define CVE_SIZE 24            /* "CVE-2024-13176" and a NUL, with room for longer numbers */

struct changelog_entry {
    char version[CHANGELOG_VERSION_SIZE];
    char date[CHANGELOG_DATE_SIZE]; /* of its last line; "" where that is none */
    const char *text;               /* between its first line and its last one */
    size_t length;
};

/* The next entry of text[0, size). *offset begins as 0 and belongs to this function. Lines
 * that belong to no entry, and entries whose version is none, are skipped. False at the
 * end. */
bool changelog_next(const char *text, size_t size, size_t *offset, struct changelog_entry *entry);

/* The next CVE number in text[0, size), likewise. */
bool cve_next(const char *text, size_t size, size_t *offset, char cve[CVE_SIZE]);

/* Below 0, 0, above 0, as dpkg sorts versions (Debian Policy 5.6.12). */
int deb_version_compare(const char *a, const char *b);

#endif
