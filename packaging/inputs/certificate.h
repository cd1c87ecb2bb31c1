/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X.509 certificates, in words. */
#ifndef INPUTS_CERTIFICATE_H
#define INPUTS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/sha256.h"

#define CERTIFICATE_MAX ((size_t)64 << 10) /* bytes, DER or PEM */
#define CERTIFICATE_TIME_SIZE 21           /* "2026-06-24T20:51:29Z" */

struct certificate {
    char *subject, *issuer;        /* RFC 2253: "CN=...,O=..." */
    char *name;                    /* the subject's common name; without one all of the subject */
    char *serial;                  /* hexadecimal digits */
    char sha256[SHA256_TEXT_SIZE]; /* of the whole certificate */
    char not_before[CERTIFICATE_TIME_SIZE], not_after[CERTIFICATE_TIME_SIZE];
    int64_t from, until; /* the same in seconds since 1970 */
};

/* Decodes DER that fills data[0, size). 0, or -1 when it is not one; free with
 * certificate_free(). */
int certificate_read(const uint8_t *data, size_t size, struct certificate *certificate);
void certificate_free(struct certificate *certificate);

/* The DER of a file that holds one certificate as DER or as PEM. 0 or -1; the caller frees. */
int certificate_der(const char *path, const uint8_t *data, size_t size, uint8_t **der,
                    size_t *der_size, struct failure *f);

#endif
