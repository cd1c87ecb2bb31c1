/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/id_block.h"

#include <string.h>

#include "base/bytes.h"

/* Places in the two; family and image ID, and the security version number, stay 0. */
enum { BLOCK_VERSION = 80, BLOCK_POLICY = 88 };
enum {
    ID_ALGORITHM = 0,
    AUTHOR_ALGORITHM = 4,
    BLOCK_SIGNATURE = 64,
    ID_KEY = 576,
    ID_KEY_SIGNATURE = 1664,
    AUTHOR_KEY = 2176,
};
/* A key: curve, X and Y; a signature: R and S. Each number has room for 576 bits. */
enum { KEY_SIZE = 1028, KEY_X = 4, NUMBER = 72, P384_CURVE = 2, ECDSA_P384_SHA384 = 1 };

static void put_key(const struct p384 *key, uint8_t *to, uint8_t digest[SHA384_SIZE])
{
    struct digest *d = digest_new(DIGEST_SHA384);

    store_le32(to, P384_CURVE);
    p384_public(key, to + KEY_X, to + KEY_X + NUMBER);
    digest_add(d, to, KEY_SIZE);
    digest_take(d, digest);
    digest_free(d);
}

static void put_signature(const struct p384 *key, const void *data, size_t size, uint8_t *to)
{
    p384_sign(key, data, size, to, to + NUMBER);
}

void id_block_make(const uint8_t launch_digest[SHA384_SIZE], uint64_t policy, const struct p384 *id,
                   const struct p384 *author, struct id_block *b)
{
    uint8_t *a = b->authentication;

    *b = (struct id_block){0};
    memcpy(b->block, launch_digest, SHA384_SIZE);
    store_le32(b->block + BLOCK_VERSION, 1);
    store_le64(b->block + BLOCK_POLICY, policy);
    store_le32(a + ID_ALGORITHM, ECDSA_P384_SHA384);
    put_key(id, a + ID_KEY, b->id_key_digest);
    put_signature(id, b->block, ID_BLOCK_SIZE, a + BLOCK_SIGNATURE);
    if (!author)
        return;
    store_le32(a + AUTHOR_ALGORITHM, ECDSA_P384_SHA384);
    put_key(author, a + AUTHOR_KEY, b->author_key_digest);
    put_signature(author, a + ID_KEY, KEY_SIZE, a + ID_KEY_SIGNATURE);
}
