/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys to enroll: out of another store or a template, a file of signature lists (.esl), the new
 * value of a variable with its signature (.auth), or a certificate (DER, PEM). */
#ifndef FLASH_KEY_SOURCE_H
#define FLASH_KEY_SOURCE_H

#include "flash/secure_boot.h"

#define KEY_SOURCE_MAX ((size_t)1 << 20) /* bytes of signature lists of a file */

struct key_source {
    const char *path;
    struct key_source_list {
        uint8_t *data; /* sound signature lists; NULL: none */
        size_t size;
        uint8_t time[VARIABLE_TIME_SIZE]; /* of the variable that they are from, or zeros */
    } lists[KEY_LISTS];
};

/* What `path` has for the list `into`; KEY_LISTS: for KEK, db and dbx, which only a store has
 * apart. `owner`: of a certificate in a file, or NULL. 0 or -1; free with key_source_free(). */
int key_source_read(const char *path, enum key_list into, const uint8_t *owner,
                    struct key_source *source, struct failure *f);
void key_source_free(struct key_source *source);

#endif
