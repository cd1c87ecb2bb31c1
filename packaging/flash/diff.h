/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware of a new release does to guests that were made with the old one. */
#ifndef FLASH_DIFF_H
#define FLASH_DIFF_H

#include <stddef.h>

#include "flash/firmware_tree.h"

enum diff_grade {
    DIFF_MIGRATION, /* a guest does not migrate, or does not resume */
    DIFF_COLD_BOOT, /* a guest does not start, or not with its variables */
    DIFF_SECURITY,  /* it starts, and is protected less than it was */
    DIFF_MEASURED,  /* a confidential guest measures differently */
    DIFF_HARMLESS,
};
#define DIFF_GRADES 5

struct diff_line {
    enum diff_grade grade;
    const char *reason; /* stable: "image-gone" */
    char *path;
    char *text;
};

/* A launch digest that is another; "" where there is none. */
struct diff_digest {
    char *path;
    const char *kind; /* of image_digest_names */
    char old[2 * SHA384_SIZE + 1], new[2 * SHA384_SIZE + 1];
};

struct firmware_diff {
    size_t count, capacity;
    struct diff_line *list; /* the worst first, then by path */
    size_t counts[DIFF_GRADES];
    size_t digest_count, digest_capacity;
    struct diff_digest *digests; /* in the order of the paths */
};

void firmware_diff(const struct firmware_tree *old, const struct firmware_tree *new,
                   struct firmware_diff *diff);
void firmware_diff_free(struct firmware_diff *diff);

/* Whether a guest that ran with the old one is worse off. */
bool firmware_diff_breaks(const struct firmware_diff *diff);

/* "breaks migration" */
const char *diff_grade_name(enum diff_grade grade);

/* ---- for diff.c: of diff_lines.c and diff_descriptors.c ---- */

void diff_add(struct firmware_diff *d, enum diff_grade grade, const char *reason, const char *path,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
void diff_add_digest(struct firmware_diff *d, const char *path, const char *kind, const char *old,
                     const char *new);
void diff_descriptors(struct firmware_diff *d, const struct firmware_tree *old,
                      const struct firmware_tree *new);

#endif
