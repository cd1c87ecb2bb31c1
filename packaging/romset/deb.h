/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compat set as a co-installable Debian binary package, made with dpkg-deb. */
#ifndef ROMSET_DEB_H
#define ROMSET_DEB_H

#include "outputs/tree.h"
#include "romset/build.h"

/* The name of the package file: "NAME_VERSION_all.deb", without an epoch. Free it. */
char *deb_file_name(const struct built_set *built);

/* The changelog of the package, uncompressed. Free it. */
char *deb_changelog(const struct built_set *built, const char *maintainer);

/* What lintian must know about the package. Free it. */
char *deb_lintian_overrides(const struct built_set *built);

/* Where the package has its documents: "usr/share/doc/PACKAGE/NAME". Free it. */
char *deb_doc_path(const struct romset *set, const char *name);

/* Makes the package of one set from files that stand in the tree, named by `paths` and
 * ended with NULL, and puts it beside them. */
int deb_make(struct tree *tree, const struct built_set *built, const char *maintainer,
             const char *const *paths, struct failure *f);

#endif
