/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flashset: firmware images of one package that are to stay installable beside those of a
 * newer one. romcompat-flashset(5) describes the YAML form for its authors.
 */
#ifndef FLASH_FLASHSET_H
#define FLASH_FLASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "romset/fields.h"
#include "romset/source_fields.h"

#define FLASHSET_IMAGES_MAX 64
#define FLASHSET_DESCRIPTORS_MAX 64
#define FLASHSET_LIST_MAX 64 /* features, targets, machines of a target */

struct flashset_image {
    char *file; /* in the source: "usr/share/OVMF/OVMF_CODE.fd" */
    char *name; /* by which descriptors name it; its last part by default */
    char *sha256;
    unsigned line;
};

struct flashset_texts {
    char **list;
    size_t count;
};

struct flashset_target {
    char *architecture;
    struct flashset_texts machines;
};

struct flashset_descriptor {
    char *name;
    char *code, *vars; /* names of images; vars is NULL for one that goes with -bios */
    char *from;        /* a descriptor in the source that is rewritten; NULL: a new one */
    char *description; /* NULL: that of `from` */
    bool has_features; /* else those of `from` */
    struct flashset_texts features;
    struct flashset_target *targets; /* none: those of `from` */
    size_t target_count;
    unsigned line;
    const struct flashset_image *code_image, *vars_image;
};

struct flashset {
    char *file; /* the path that it was read from */
    char *name, *summary, *description;
    char *prefix;       /* NULL: the upstream version of the source and "-" */
    char *install_path; /* NULL: "compat" below the directory of each image */
    char *package, *package_version, *maintainer, *copyright, *date;
    struct romset_source source, newer; /* newer.name is NULL where none is given */
    struct flashset_image *images;
    size_t image_count;
    struct flashset_descriptor *descriptors;
    size_t descriptor_count;
};

/* As romset_parse() and romset_load(). */
int flashset_parse(const char *path, const uint8_t *data, size_t size, struct flashset *set,
                   struct findings *problems, struct failure *f);
int flashset_read(const char *path, struct flashset *set, struct findings *problems,
                  struct failure *f);
void flashset_free(struct flashset *set);

#endif
