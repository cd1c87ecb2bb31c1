/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which package of this host a file belongs to, as dpkg or rpm knows it. */
#ifndef INPUTS_PACKAGE_OWNER_H
#define INPUTS_PACKAGE_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#define PACKAGE_ANSWER_MAX ((size_t)16 << 20) /* bytes of what dpkg-query or rpm prints */
#define PACKAGE_ANSWER_SECONDS 60

struct package_owner {
    char *package; /* NULL: none has the file, or nobody knows */
    char *version;
};

/* Fills owners[0, count), which are freed one by one with package_owner_free(). A host
 * without dpkg and without rpm has no owners; `runs_nothing`: nor has one without dpkg, whose
 * database is then read and not asked. */
void package_owners(const char *const *paths, size_t count, bool runs_nothing,
                    struct package_owner *owners);
void package_owner_free(struct package_owner *owner);

#endif
