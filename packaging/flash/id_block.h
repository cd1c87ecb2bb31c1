/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the owner of an SNP guest signs, so that its processor refuses to start another one: the
 * ID block with the launch digest, and the ID authentication with keys and signatures (AMD SEV-SNP
 * firmware ABI, publication 56860, SNP_LAUNCH_FINISH). QEMU's sev-snp-guest takes both, in Base64.
 */
#ifndef FLASH_ID_BLOCK_H
#define FLASH_ID_BLOCK_H

#include <stdint.h>

#include "inputs/crypto.h"

enum { ID_BLOCK_SIZE = 96, ID_AUTHENTICATION_SIZE = 4096 };

/* Of the guest: QEMU's default, which allows SMT and neither debugging nor a migration agent. */
#define SNP_POLICY_DEFAULT UINT64_C(0x30000)

struct id_block {
    uint8_t block[ID_BLOCK_SIZE];
    uint8_t authentication[ID_AUTHENTICATION_SIZE];
    /* SHA-384 of the public keys: ID_KEY_DIGEST and AUTHOR_KEY_DIGEST of an attestation report. */
    uint8_t id_key_digest[SHA384_SIZE], author_key_digest[SHA384_SIZE];
};

/* `author` signs the other key, and may be NULL. */
void id_block_make(const uint8_t launch_digest[SHA384_SIZE], uint64_t policy, const struct p384 *id,
                   const struct p384 *author, struct id_block *b);

#endif
