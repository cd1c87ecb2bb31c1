/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/crypto.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/memory.h"
#include "inputs/file.h"

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

/* ---- keys ---- */

struct p384 {
    EVP_PKEY *key;
};

static void must_sign(bool succeeded)
{
    if (!succeeded)
        give_up("libcrypto cannot make signatures on this machine");
}

/* In place of libcrypto's question on the terminal: no password. */
static int no_password(char *buffer, int size, int writing, void *user)
{
    (void)buffer, (void)size, (void)writing, (void)user;
    return -1;
}

static bool is_p384(EVP_PKEY *key)
{
    char group[64];

    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "secp384r1") == 0;
}

struct p384 *p384_read(const char *path, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, P384_FILE_MAX, &data, &size, f) != 0)
        return NULL;
    must_sign(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    BIO *bytes = BIO_new_mem_buf(data, (int)size);
    must_sign(bytes != NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bytes, NULL, no_password, NULL);
    BIO_free(bytes);
    OPENSSL_cleanse(data, size);
    free(data);
    if (!key || !is_p384(key)) {
        EVP_PKEY_free(key);
        fail(f, "%s: not a private key of the curve P-384, in PEM and without a password", path);
        return NULL;
    }
    struct p384 *p = xmalloc(sizeof *p);
    p->key = key;
    return p;
}

static void get_number(const struct p384 *p, const char *name, uint8_t number[P384_SIZE])
{
    BIGNUM *n = NULL;

    must_sign(EVP_PKEY_get_bn_param(p->key, name, &n) == 1 &&
              BN_bn2lebinpad(n, number, P384_SIZE) == P384_SIZE);
    BN_free(n);
}

void p384_public(const struct p384 *p, uint8_t x[P384_SIZE], uint8_t y[P384_SIZE])
{
    get_number(p, OSSL_PKEY_PARAM_EC_PUB_X, x);
    get_number(p, OSSL_PKEY_PARAM_EC_PUB_Y, y);
}

void p384_sign(const struct p384 *p, const void *data, size_t size, uint8_t r[P384_SIZE],
               uint8_t s[P384_SIZE])
{
    uint8_t der[256];
    const uint8_t *at = der;
    size_t length = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    must_sign(context && EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, p->key) == 1 &&
              EVP_DigestSign(context, der, &length, data, size) == 1);
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)length);
    must_sign(both && BN_bn2lebinpad(ECDSA_SIG_get0_r(both), r, P384_SIZE) == P384_SIZE &&
              BN_bn2lebinpad(ECDSA_SIG_get0_s(both), s, P384_SIZE) == P384_SIZE);
    ECDSA_SIG_free(both);
    EVP_MD_CTX_free(context);
}

void p384_free(struct p384 *p)
{
    if (p) {
        EVP_PKEY_free(p->key);
        free(p);
    }
}

char *base64_text(const void *data, size_t size)
{
    char *text = xmalloc((size + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)text, data, (int)size);
    return text;
}
