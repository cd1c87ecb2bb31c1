/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/snp_chain.h"

#include <string.h>

#include "base/bytes.h"
#include "flash/measure_parts.h"

/* PAGE_INFO, of which each page's makes the next link of the chain. */
enum {
    INFO_CONTENTS = 48,
    INFO_LENGTH = 96,
    INFO_TYPE = 98,
    INFO_ADDRESS = 104,
    INFO_SIZE = 112,
};

void snp_chain_begin(struct snp_chain *c)
{
    *c = (struct snp_chain){.sum = digest_new(DIGEST_SHA384)};
}

void snp_chain_end(struct snp_chain *c)
{
    digest_free(c->sum);
}

void snp_chain_link(struct snp_chain *c, enum snp_page type, uint64_t address, const uint8_t *sum)
{
    uint8_t info[INFO_SIZE] = {0};

    memcpy(info, c->link, SHA384_SIZE);
    if (sum)
        memcpy(info + INFO_CONTENTS, sum, SHA384_SIZE);
    store_le16(info + INFO_LENGTH, INFO_SIZE);
    info[INFO_TYPE] = type;
    store_le64(info + INFO_ADDRESS, address);
    measured_add(c->sum, info, INFO_SIZE);
    digest_take(c->sum, c->link);
}

void snp_chain_page(struct snp_chain *c, enum snp_page type, uint64_t address,
                    const uint8_t page[SNP_PAGE_SIZE])
{
    uint8_t sum[SHA384_SIZE];

    measured_add(c->sum, page, SNP_PAGE_SIZE);
    digest_take(c->sum, sum);
    snp_chain_link(c, type, address, sum);
}

void snp_chain_bytes(struct snp_chain *c, uint64_t address, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at += SNP_PAGE_SIZE) {
        if (!c->last || memcmp(c->last, data + at, SNP_PAGE_SIZE) != 0) {
            measured_add(c->sum, data + at, SNP_PAGE_SIZE);
            digest_take(c->sum, c->last_sum);
        }
        c->last = data + at;
        snp_chain_link(c, SNP_PAGE_NORMAL, address + at, c->last_sum);
    }
}

void snp_chain_range(struct snp_chain *c, enum snp_page type, uint64_t address, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += SNP_PAGE_SIZE)
        snp_chain_link(c, type, address + at, NULL);
}
