/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds keys to a store. Existing entries stay, byte for byte and with their time stamps; missing
 * ones are appended. PK is one key, and is replaced.
 */
#ifndef FLASH_ENROLL_H
#define FLASH_ENROLL_H

#include "flash/convert.h"
#include "flash/key_source.h"

struct enroll_list {
    uint8_t *data; /* the new value; NULL: nothing is missing */
    size_t size;
    const struct variable *old; /* NULL: the store has none */
    uint8_t time[VARIABLE_TIME_SIZE];
    size_t before, after, hashes; /* entries; of the new ones those that are no certificates */
    size_t name_count;
    char **names; /* of the new certificates */
};

struct enroll_plan {
    bool changes;
    bool has_tpm; /* firmware has left traces of one */
    enum secure_boot_state state;
    struct enroll_list lists[KEY_LISTS];
};

/* What of the sources is missing in the store. Points into `live`. 0, or -1 where a list of the
 * store is damaged. Free with enroll_plan_free(). */
int enroll_plan(const struct flash_image *image, const struct live_store *live,
                const struct key_source *sources, size_t source_count, struct enroll_plan *plan,
                struct failure *f);
void enroll_plan_free(struct enroll_plan *plan);

/* The store with the new values, as long as the old one; what does not fit is in c->left, and
 * then there is no data. 0 or -1; free with converted_free(). */
int enroll_store(const struct flash_image *image, const struct enroll_plan *plan,
                 struct converted *c, struct failure *f);

/* The same for the JSON of QEMU's uefi-vars device: its text, of which everything else stays.
 * NULL after a failure; the caller frees it. */
char *enroll_json(const char *path, const struct enroll_plan *plan, struct failure *f);

#endif
