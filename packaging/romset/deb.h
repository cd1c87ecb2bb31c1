/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is built as a co-installable Debian binary package, made with dpkg-deb. */
#ifndef ROMSET_DEB_H
#define ROMSET_DEB_H

#include "romset/output.h"
#include "romset/source.h"

#define DEB_FILE_MAX ((size_t)128 << 20) /* bytes of one file in it */
#define DEB_DOCUMENTS_MAX 4

/* What must be known about a package; the texts belong to whoever asks, but for those that
 * deb_describe() makes. */
struct deb_package {
    const char *yaml; /* what it is made from, for messages */
    const char *name, *summary;
    const char *description; /* paragraphs with an empty line between them */
    const char *change;      /* what its changelog says, each line but the first indented by 4 */
    const char *maintainer;  /* NULL: not known */
    char *version;
    char *source_package, *source_version; /* of the .deb that it comes from; else NULL */
    int64_t date;
    struct built_file documents[DEB_DOCUMENTS_MAX]; /* copyright, changelog... */
    size_t document_count;
    struct built_file deb; /* path is NULL until it is made */
};

/* Sets version, source, maintainer and date: `version`, `maintainer` and `date` are what the
 * YAML file says, or NULL. */
int deb_describe(struct deb_package *p, const struct source *source,
                 const struct romset_source *wanted, const char *version, const char *maintainer,
                 const char *date, struct failure *f);
void deb_package_free(struct deb_package *p);

/* What it was made from, for texts: source package or, where there is none, the source. */
const char *deb_made_from(const struct deb_package *p, const struct romset_source *source);
const char *deb_made_from_version(const struct deb_package *p, const struct romset_source *source);

/* Adds copyright, changelog and what lintian must know to the output: a package of any other
 * kind that is made from it needs them as well. */
int deb_add_documents(struct output *o, struct deb_package *p, const struct source *source);
/* One more. */
int deb_add_document(struct output *o, struct deb_package *p, const char *name, const void *data,
                     size_t size);

/* Makes the package of `count` files of the output and of its documents, and puts it beside
 * them. */
int deb_make(struct output *o, struct deb_package *p, const char *const *paths, size_t count);

#endif
