/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of hashes that an SNP processor makes of the pages that are put into a guest, in order
 * (AMD SEV-SNP firmware ABI, publication 56860, SNP_LAUNCH_UPDATE). */
#ifndef FLASH_SNP_CHAIN_H
#define FLASH_SNP_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "inputs/crypto.h"

#define SNP_PAGE_SIZE ((size_t)4096)
/* A VMSA has no address in the guest; it is measured with all bits of one that a page can have. */
#define SNP_VMSA_ADDRESS UINT64_C(0xfffffffff000)

enum snp_page {
    SNP_PAGE_NORMAL = 1,
    SNP_PAGE_VMSA = 2,
    SNP_PAGE_ZERO = 3,
    SNP_PAGE_UNMEASURED = 4,
    SNP_PAGE_SECRETS = 5,
    SNP_PAGE_CPUID = 6,
};

struct snp_chain {
    struct digest *sum;
    uint8_t link[SHA384_SIZE]; /* the digest so far */
    const uint8_t *last;       /* the page whose sum is `last_sum`: blank ones follow each other */
    uint8_t last_sum[SHA384_SIZE];
};

void snp_chain_begin(struct snp_chain *c);
void snp_chain_end(struct snp_chain *c);

/* A page with that sum of its contents; NULL: of a type whose contents have none. */
void snp_chain_link(struct snp_chain *c, enum snp_page type, uint64_t address, const uint8_t *sum);

void snp_chain_page(struct snp_chain *c, enum snp_page type, uint64_t address,
                    const uint8_t page[SNP_PAGE_SIZE]);

/* Whole normal pages of bytes, which stay where they are until the chain's end. */
void snp_chain_bytes(struct snp_chain *c, uint64_t address, const uint8_t *data, size_t size);

/* Whole pages without a sum. */
void snp_chain_range(struct snp_chain *c, enum snp_page type, uint64_t address, uint64_t size);

#endif
