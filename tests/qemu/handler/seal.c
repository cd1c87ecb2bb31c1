/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal.h"

#include "channel.h"

#include <bearssl.h>
#include <string.h>

static uint8_t the_secret[SECRET_SIZE];
static union {
    const br_block_ctr_class *class;
    br_aes_x86ni_ctr_keys with_instructions;
    br_aes_ct64_ctr_keys without;
} key;

void seal_prepare(const uint8_t secret[SECRET_SIZE])
{
    memcpy(the_secret, secret, SECRET_SIZE);
}

void seal_session(const uint8_t source[NONCE_SIZE], const uint8_t target[NONCE_SIZE])
{
    static const char purpose[] = "romcompat-handler 1";
    uint8_t nonces[2 * NONCE_SIZE], bytes[32];
    br_hkdf_context h;

    memcpy(nonces, source, NONCE_SIZE);
    memcpy(nonces + NONCE_SIZE, target, NONCE_SIZE);
    br_hkdf_init(&h, &br_sha256_vtable, nonces, sizeof(nonces));
    br_hkdf_inject(&h, the_secret, SECRET_SIZE);
    br_hkdf_flip(&h);
    br_hkdf_produce(&h, purpose, sizeof(purpose) - 1, bytes, sizeof(bytes));
    if (br_aes_x86ni_ctr_get_vtable())
        br_aes_x86ni_ctr_init(&key.with_instructions, bytes, sizeof(bytes));
    else
        br_aes_ct64_ctr_init(&key.without, bytes, sizeof(bytes));
    memset(bytes, 0, sizeof(bytes));
}

/* Up to the seal; the nonce is the direction, and the number, which is used once. */
static void run(br_gcm_context *gcm, uint8_t *message, size_t open, const void *with,
                size_t with_length, int encrypt)
{
    size_t length = get_le(message + 4, 4);
    uint8_t nonce[12] = {message[1]};
    br_ghash ghash = br_ghash_pclmul_get();

    memcpy(nonce + 4, message + 8, 8);
    br_gcm_init(gcm, &key.class, ghash ? ghash : br_ghash_ctmul64);
    br_gcm_reset(gcm, nonce, sizeof(nonce));
    br_gcm_aad_inject(gcm, message, MESSAGE_HEADER + open);
    br_gcm_aad_inject(gcm, with, with_length);
    br_gcm_flip(gcm);
    br_gcm_run(gcm, encrypt, message + MESSAGE_HEADER + open, length - open);
}

void seal_close(uint8_t *message, size_t open, const void *with, size_t with_length)
{
    br_gcm_context gcm;

    run(&gcm, message, open, with, with_length, 1);
    br_gcm_get_tag(&gcm, message + MESSAGE_HEADER + get_le(message + 4, 4));
}

bool seal_open(uint8_t *message, size_t open, const void *with, size_t with_length)
{
    br_gcm_context gcm;

    if (get_le(message + 4, 4) < open)
        return false;
    run(&gcm, message, open, with, with_length, 0);
    return br_gcm_check_tag(&gcm, message + MESSAGE_HEADER + get_le(message + 4, 4));
}

void seal_digest(const void *bytes, size_t length, uint8_t digest[DIGEST_SIZE])
{
    br_sha256_context c;

    br_sha256_init(&c);
    br_sha256_update(&c, bytes, length);
    br_sha256_out(&c, digest);
}
