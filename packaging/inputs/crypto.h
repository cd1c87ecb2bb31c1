/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken from libcrypto: the sums of bytes. The one file that names it is crypto.c.
 *
 * A libcrypto that cannot compute them is like memory that ran out: nothing can be answered, so
 * these say so on standard error and exit with status 2.
 */
#ifndef INPUTS_CRYPTO_H
#define INPUTS_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

enum digest_kind { DIGEST_MD5, DIGEST_SHA256, DIGEST_SHA384 };
enum { MD5_SIZE = 16, SHA256_SIZE = 32, SHA384_SIZE = 48 };

/* A sum in pieces. digest_take() writes it, as many bytes as its kind has, and begins the next
 * one; digest_free() takes NULL. `data` may be NULL when there are no bytes. */
struct digest;
struct digest *digest_new(enum digest_kind kind);
void digest_add(struct digest *d, const void *data, size_t size);
void digest_take(struct digest *d, uint8_t *sum);
void digest_free(struct digest *d);

#endif
