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

/* Reads the map at `node`, the value of `key`. What is wrong becomes a problem. */
void read_source_fields(struct field_reader *r, const struct yaml_node *node, const char *key,
                        struct romset_source *source);
void romset_source_free(struct romset_source *source);

/* The text keys of a struct with a member for each, as entries of a list of text_keys. `key` is
 * the one with its name. */
#define PACKAGE_KEYS(key, type)                                                               \
    {key, offsetof(type, name), true, package_name_problem},                                  \
        {"summary", offsetof(type, summary), true, summary_problem},                          \
        {"description", offsetof(type, description), false, NULL},                            \
        {"prefix", offsetof(type, prefix), false, bare_name_problem},                         \
        {"install-path", offsetof(type, install_path), false, relative_path_problem},         \
        {"package", offsetof(type, package), true, package_name_problem},                     \
        {"package-version", offsetof(type, package_version), false, package_version_problem}, \
        {"maintainer", offsetof(type, maintainer), false, line_problem},                      \
        {"copyright", offsetof(type, copyright), false, relative_path_problem},               \
    {                                                                                         \
        "date", offsetof(type, date), false, date_problem                                     \
    }

/* The same for a file of the source. */
#define NAMED_FILE_KEYS(type)                                     \
    {"file", offsetof(type, file), true, relative_path_problem},  \
        {"name", offsetof(type, name), false, bare_name_problem}, \
    {                                                             \
        "sha256", offsetof(type, sha256), false, sha256_problem   \
    }

/* The last part of `file`, for an entry without "name:"; if it will not do that is a problem at
 * the "file:" of `node`. The caller frees it. */
char *read_base_name(struct field_reader *r, const struct yaml_node *node, const char *file);

/* For "date:": seconds since 1970. */
const char *date_problem(const char *text);

#endif
