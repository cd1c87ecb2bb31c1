/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "source:" of a YAML file: where the files that it names come from. */
#ifndef ROMSET_SOURCE_FIELDS_H
#define ROMSET_SOURCE_FIELDS_H

#include "romset/fields.h"

enum source_kind {
    SOURCE_DEB,       /* a binary package in the pool of a Debian mirror */
    SOURCE_URL,       /* an archive or ROM at an address */
    SOURCE_ARCHIVE,   /* an archive on this machine */
    SOURCE_DIRECTORY, /* a folder on this machine */
};

extern const char *const source_kind_names[4]; /* by enum source_kind */

struct romset_source {
    enum source_kind kind;
    /* deb: the package; url: the address; archive, directory: the path, taken
     * relative to the folder of the YAML file. */
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

/* For "date:": seconds since 1970. */
const char *date_problem(const char *text);

#endif
