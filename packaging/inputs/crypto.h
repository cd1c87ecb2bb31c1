/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken from libcrypto: the hashes of bytes, and signatures with the one curve that SNP has.
 * The one file that names it is crypto.c.
 *
 * A libcrypto that cannot compute hashes is like memory that ran out: nothing can be answered, so
 * these say so on standard error and exit with status 2.
 */
#ifndef INPUTS_CRYPTO_H
#define INPUTS_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum digest_kind { DIGEST_MD5, DIGEST_SHA256, DIGEST_SHA384 };
enum { MD5_SIZE = 16, SHA256_SIZE = 32, SHA384_SIZE = 48 };

/* A checksum in parts. digest_take() writes it, as many bytes as its kind has, and begins the next
 * one; digest_free() takes NULL. `data` may be NULL when there are no bytes. */
struct digest;
struct digest *digest_new(enum digest_kind kind);
void digest_add(struct digest *d, const void *data, size_t size);
void digest_take(struct digest *d, uint8_t *sum);
void digest_free(struct digest *d);

/* A private key of the curve P-384, from a PEM file of at most P384_FILE_MAX bytes without a
 * password. NULL where it is not one; free it with p384_free(). */
#define P384_FILE_MAX ((size_t)64 << 10)
enum { P384_SIZE = 48 }; /* of a number of that curve; these are little-endian */
struct p384;
struct p384 *p384_read(const char *path, struct failure *f);
void p384_public(const struct p384 *key, uint8_t x[P384_SIZE], uint8_t y[P384_SIZE]);
/* ECDSA of the bytes' SHA-384; another one every time. */
void p384_sign(const struct p384 *key, const void *data, size_t size, uint8_t r[P384_SIZE],
               uint8_t s[P384_SIZE]);
void p384_free(struct p384 *key);

/* Base64 (RFC 4648), free it; at most 1 MiB. */
char *base64_text(const void *data, size_t size);

#endif
