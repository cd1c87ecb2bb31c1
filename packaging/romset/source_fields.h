/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What romsets and flashsets say alike: the package that is made of one, the files in it, and
 * "source:", where those come from. */
#ifndef ROMSET_SOURCE_FIELDS_H
#define ROMSET_SOURCE_FIELDS_H

#include <stddef.h>

#include "romset/fields.h"
#include "romset/names.h"

enum source_kind {
    SOURCE_DEB,       /* a binary package in the pool of a Debian mirror */
    SOURCE_URL,       /* an archive or ROM at an address */
    SOURCE_ARCHIVE,   /* an archive on this machine */
    SOURCE_DIRECTORY, /* a directory on this machine */
};

extern const char *const source_kind_names[4]; /* by enum source_kind */

struct romset_source {
    enum source_kind kind;
    /* deb: the package; url: the address; archive, directory: the path, taken
     * relative to the directory of the YAML file. */
    char *name;
    char *version; /* NULL where none is given; always given for a deb */
    char *path;    /* below the mirror, "pool/..."; deb only */
    char *sha256;  /* 64 lower-case digits; NULL for a directory */
    unsigned line;
};

/* Reads the map at `node`, the value of `key`, into a struct romset_source. What is wrong becomes
 * a problem. */
field_read_fn read_source_fields;
void romset_source_free(struct romset_source *source);

/* The keys of a struct with a member for each, as entries of a table of fields. `key` is the one
 * with its name. */
#define PACKAGE_KEYS(key, type)                                                       \
    {key, TEXT_AT(type, name, package_name_problem), .required = true},               \
        {"summary", TEXT_AT(type, summary, summary_problem), .required = true},       \
        {"description", TEXT_AT(type, description, NULL)},                            \
        {"prefix", TEXT_AT(type, prefix, bare_name_problem)},                         \
        {"install-path", TEXT_AT(type, install_path, relative_path_problem)},         \
        {"package", TEXT_AT(type, package, package_name_problem), .required = true},  \
        {"package-version", TEXT_AT(type, package_version, package_version_problem)}, \
        {"maintainer", TEXT_AT(type, maintainer, line_problem)},                      \
        {"copyright", TEXT_AT(type, copyright, relative_path_problem)},               \
        {"date", TEXT_AT(type, date, date_problem)},                                  \
    {                                                                                 \
        "source", OWN_AT(type, source, read_source_fields), .required = true          \
    }

/* The same for a file of the source. */
#define NAMED_FILE_KEYS(type)                                               \
    {"file", TEXT_AT(type, file, relative_path_problem), .required = true}, \
        {"name", TEXT_AT(type, name, bare_name_problem)},                   \
    {                                                                       \
        "sha256", TEXT_AT(type, sha256, sha256_problem)                     \
    }

/* The last part of `file`, for an entry without "name:"; if it will not do that is a problem at
 * the "file:" of `node`. The caller frees it. */
char *read_base_name(struct field_reader *r, const struct yaml_node *node, const char *file);

/* For "date:": seconds since 1970. */
const char *date_problem(const char *text);

#endif
