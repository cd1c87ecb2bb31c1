/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signature lists: what the variables PK, KEK, db, dbx and shim's MokList hold (UEFI 2.10,
 * 32.4.1, EFI_SIGNATURE_LIST). Lists one behind the other; each has entries of one type and
 * one length, an owner's GUID and the signature itself.
 */
#ifndef FORMATS_SIGNATURE_LIST_H
#define FORMATS_SIGNATURE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/guid.h"

#define SIGNATURES_MAX 65536 /* entries of a variable that are read */

enum signature_kind {
    SIGNATURE_X509, /* a certificate, DER */
    SIGNATURE_SHA1,
    SIGNATURE_SHA224,
    SIGNATURE_SHA256, /* of a program, or of what a certificate signs */
    SIGNATURE_SHA384,
    SIGNATURE_SHA512,
    SIGNATURE_RSA2048,
    SIGNATURE_RSA2048_SHA256,
    SIGNATURE_RSA2048_SHA1,
    SIGNATURE_X509_SHA256, /* of a certificate's to-be-signed part, and a time */
    SIGNATURE_X509_SHA384,
    SIGNATURE_X509_SHA512,
    SIGNATURE_PKCS7,
    SIGNATURE_EXTERNAL,
    SIGNATURE_UNKNOWN,
};
#define SIGNATURE_KINDS (SIGNATURE_UNKNOWN + 1)

/* "x509", "sha256", ... */
const char *signature_kind_name(enum signature_kind kind);
/* The GUID of lists of that kind; not for SIGNATURE_UNKNOWN. */
const uint8_t *signature_kind_guid(enum signature_kind kind);

struct signature {
    enum signature_kind kind;
    const uint8_t *type, *owner; /* GUIDs */
    const uint8_t *data;
    size_t size;
};

struct signature_walk {
    const uint8_t *data;
    size_t size, at;             /* `at`: of the next entry, or list */
    size_t list_end, entry_size; /* of the list that `at` is in; 0: in none */
    const uint8_t *type;
    size_t count;
    const char *broken; /* why the walk ended before the end; NULL: it did not */
    size_t broken_at;
};
void signature_walk_init(struct signature_walk *w, const uint8_t *data, size_t size);
/* False at the end; w->broken then says whether it is one. */
bool signature_next(struct signature_walk *w, struct signature *signature);

/* Whether the two are of one type and have the same bytes, whoever owns them. */
bool signature_is(const struct signature *a, const struct signature *b);

/* --- writing -------------------------------------------------------------------------- */

#define SIGNATURE_LIST_HEADER 28

/* Bytes of a list with `count` entries of that length. */
size_t signature_list_size(const struct signature *signature, size_t count);

/* Writes a list of these entries, all of the type and the length of the first, at `out`, which
 * has so many bytes. */
void signature_list_write(uint8_t *out, const struct signature *signatures, size_t count);

/* Where in an .auth file, the new value of a variable with a signature of it (UEFI 2.10, 8.2.2,
 * EFI_VARIABLE_AUTHENTICATION_2), the value begins, behind 16 bytes of time stamp and the
 * signature; 0: it is none. */
size_t signed_value_at(const uint8_t *data, size_t size);

#endif
