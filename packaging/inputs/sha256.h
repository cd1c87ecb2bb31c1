/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 with its text form: 64 lower-case hexadecimal digits and a NUL. Like
 * those of inputs/crypto.h, these end the program where there is no working libcrypto.
 */
#ifndef INPUTS_SHA256_H
#define INPUTS_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define SHA256_TEXT_SIZE 65

/* The checksum of `size` bytes; `data` may be NULL when there are none. */
void sha256_text(const void *data, size_t size, char hex[SHA256_TEXT_SIZE]);

/* The same in parts. sha256_finish() also frees; sha256_free() is for a checksum
 * that is not wanted any more, and takes NULL. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_finish(struct sha256 *s, char hex[SHA256_TEXT_SIZE]);
void sha256_free(struct sha256 *s);

/* The checksum of a regular file, read once from beginning to end; *size, where not
 * NULL, is how many bytes that were. 0 or -1. */
int sha256_of_file(const char *path, char hex[SHA256_TEXT_SIZE], uint64_t *size, struct failure *f);

/* MD5, for nothing but the md5sums file of a Debian package. */
#define MD5_TEXT_SIZE 33
void md5_text(const void *data, size_t size, char hex[MD5_TEXT_SIZE]);

/* Whether `text` has the form that these functions write. */
bool sha256_is_text(const char *text);

#endif
