/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/crypto.h"

#include <stdbool.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/memory.h"

struct digest {
    EVP_MD_CTX *context;
    const EVP_MD *kind;
    unsigned size;
};

static void must(bool succeeded)
{
    if (!succeeded)
        give_up("libcrypto cannot compute checksums on this machine");
}

static const EVP_MD *algorithm(enum digest_kind kind)
{
    switch (kind) {
    case DIGEST_MD5:
        return EVP_md5();
    case DIGEST_SHA256:
        return EVP_sha256();
    default:
        return EVP_sha384();
    }
}

struct digest *digest_new(enum digest_kind kind)
{
    static const unsigned sizes[] = {
        [DIGEST_MD5] = MD5_SIZE, [DIGEST_SHA256] = SHA256_SIZE, [DIGEST_SHA384] = SHA384_SIZE};
    struct digest *d = xmalloc(sizeof *d);

    /* A plain digest needs nothing of openssl.cnf, and reading it takes longer than the sums of
     * a whole package of ROMs. */
    must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    d->context = EVP_MD_CTX_new();
    d->kind = algorithm(kind);
    d->size = sizes[kind];
    must(d->context && d->kind && EVP_DigestInit_ex(d->context, d->kind, NULL));
    return d;
}

void digest_add(struct digest *d, const void *data, size_t size)
{
    if (size)
        must(EVP_DigestUpdate(d->context, data, size));
}

void digest_take(struct digest *d, uint8_t *sum)
{
    unsigned length = 0;

    must(EVP_DigestFinal_ex(d->context, sum, &length) && length == d->size);
    must(EVP_DigestInit_ex(d->context, NULL, NULL));
}

void digest_free(struct digest *d)
{
    if (d) {
        EVP_MD_CTX_free(d->context);
        free(d);
    }
}
