/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/igvm.h"

#include <string.h>

#include "base/bytes.h"

enum { HEADER_V1 = 24, HEADER_V2 = 32, CHECKSUM_AT = 20, TYPE_AND_LENGTH = 8, PAGE = 4096 };
enum header_type {
    SUPPORTED_PLATFORM = 0x1,
    LAST_PLATFORM = 0x100,
    GUEST_POLICY = 0x101,
    LAST_INITIALIZATION = 0x200,
    PAGE_DATA = 0x302,
    VP_CONTEXT = 0x304,
    SNP_ID_BLOCK = 0x30b,
};
#define OPTIONAL (UINT32_C(1) << 31) /* who does not know the type skips it */

/* Of PAGE_DATA. */
enum { FLAG_2MB = 1, FLAG_UNMEASURED = 2, FLAG_SHARED = 4 };
enum { DATA_NORMAL, DATA_SECRETS, DATA_CPUID, DATA_CPUID_XF };

static const char *const names[IGVM_TYPE_COUNT] = {
    [IGVM_NATIVE] = "native", [IGVM_VSM] = "VSM",       [IGVM_SNP] = "SEV-SNP", [IGVM_TDX] = "TDX",
    [IGVM_SEV] = "SEV",       [IGVM_SEV_ES] = "SEV-ES", [IGVM_CCA] = "CCA",
};

const char *igvm_platform_name(uint8_t type)
{
    return type < IGVM_TYPE_COUNT ? names[type] : "unknown";
}

bool igvm_may_migrate(const struct igvm_platform *p)
{
    if (!p->has_policy)
        return true;
    if (p->type == IGVM_SNP)
        return p->policy & UINT64_C(1) << 18;
    return p->type != IGVM_TDX || p->policy & UINT64_C(1) << 2;
}

struct reader {
    struct igvm *igvm;
    const uint8_t *data;
    size_t size;
    size_t at; /* of the header that is looked at */
    uint32_t last_type;
};

static bool wrong(struct reader *r, const char *what)
{
    r->igvm->defect = what;
    r->igvm->defect_at = r->at;
    return false;
}

/* CRC-32 of zlib and PNG, four bits at a time; continues with `crc`. */
static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = table[crc & 15] ^ crc >> 4;
        crc = table[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

/* ---- headers ---- */

static bool read_platform(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p);
    unsigned bit = 0;

    if (!mask || mask & (mask - 1))
        return wrong(r, "a platform does not have exactly one bit of the mask");
    while (!(mask & 1u << bit))
        bit++;
    if (r->igvm->platforms[bit].present)
        return wrong(r, "two platforms have the same bit of the mask");
    r->igvm->platforms[bit] = (struct igvm_platform){
        .present = true, .highest_vtl = p[4], .type = p[5], .version = load_le16(p + 6)};
    return true;
}

/* The platform of the lowest bit of the mask, whose bit is taken away; NULL: none is left. */
static struct igvm_platform *next_platform(struct reader *r, uint32_t *mask)
{
    for (unsigned bit = 0; bit < IGVM_PLATFORMS_MAX; bit++) {
        if (*mask & UINT32_C(1) << bit) {
            *mask &= ~(UINT32_C(1) << bit);
            return &r->igvm->platforms[bit];
        }
    }
    return NULL;
}

/* Bits of platforms that are not in the file do no harm. */
static bool check_mask(struct reader *r, uint32_t mask)
{
    return mask || wrong(r, "a header is for no platform");
}

static bool read_policy(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p + 8);
    struct igvm_platform *platform;

    if (!check_mask(r, mask))
        return false;
    while ((platform = next_platform(r, &mask))) {
        platform->has_policy = true;
        platform->policy = load_le64(p);
    }
    return true;
}

static uint64_t *page_counter(struct igvm_platform *p, uint32_t flags, uint16_t type)
{
    if (type == DATA_SECRETS)
        return &p->secrets;
    if (type == DATA_CPUID || type == DATA_CPUID_XF)
        return &p->cpuid;
    return flags & (FLAG_UNMEASURED | FLAG_SHARED) ? &p->unmeasured : &p->measured;
}

static bool read_page(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p + 8), file_offset = load_le32(p + 12), flags = load_le32(p + 16);
    uint16_t type = load_le16(p + 20);
    size_t length = flags & FLAG_2MB ? (size_t)2 << 20 : PAGE;
    struct igvm_platform *platform;

    if (!check_mask(r, mask))
        return false;
    if (load_le64(p) % length)
        return wrong(r, "a page's address is no multiple of its length");
    if (type > DATA_CPUID_XF)
        return wrong(r, "a page has an unknown type");
    /* Without content it is all zeros. */
    if (file_offset && !in_range(r->size, file_offset, length))
        return wrong(r, "a page's content is not in the file");
    while ((platform = next_platform(r, &mask)))
        *page_counter(platform, flags, type) += length / PAGE;
    return true;
}

static bool read_vcpu(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p + 8), file_offset = load_le32(p + 12);
    struct igvm_platform *platform;

    if (!check_mask(r, mask))
        return false;
    if (file_offset >= r->size)
        return wrong(r, "the state of a vCPU is not in the file");
    while ((platform = next_platform(r, &mask)))
        platform->vcpus++;
    return true;
}

static bool read_id_block(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p);
    struct igvm_platform *platform;

    if (!check_mask(r, mask))
        return false;
    while ((platform = next_platform(r, &mask))) {
        platform->has_id_block = true;
        memcpy(platform->launch_digest, p + 8, IGVM_DIGEST_SIZE);
    }
    return true;
}

static const struct {
    uint32_t type;
    size_t length; /* at least */
    bool (*read)(struct reader *r, const uint8_t *content);
} readers[] = {
    {SUPPORTED_PLATFORM, 16, read_platform},
    {GUEST_POLICY, 16, read_policy},
    {PAGE_DATA, 24, read_page},
    {VP_CONTEXT, 20, read_vcpu},
    {SNP_ID_BLOCK, 56, read_id_block},
};

/* Platforms come first, then what prepares the guest, then directives. */
static unsigned group_of(uint32_t type)
{
    return type <= LAST_PLATFORM ? 0 : type <= LAST_INITIALIZATION ? 1 : 2;
}

static bool read_header(struct reader *r, const uint8_t *content, uint32_t length)
{
    uint32_t type = load_le32(r->data + r->at);

    if (type & OPTIONAL)
        return true;
    if (group_of(type) < group_of(r->last_type))
        return wrong(r, "its headers are not in the order of their groups");
    r->last_type = type;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (readers[i].type != type)
            continue;
        if (length < readers[i].length)
            return wrong(r, "a header is too short for its type");
        return readers[i].read(r, content);
    }
    return true;
}

static bool walk(struct reader *r, size_t end)
{
    while (r->at < end) {
        if (!in_range(end - r->at, 0, TYPE_AND_LENGTH))
            return wrong(r, "its headers end inside of one");
        uint32_t length = load_le32(r->data + r->at + 4);
        if (!in_range(end - r->at, TYPE_AND_LENGTH, length))
            return wrong(r, "its headers end inside of one");
        size_t padded = ((size_t)length + 7) & ~(size_t)7;
        if (!in_range(end - r->at, TYPE_AND_LENGTH, padded))
            return wrong(r, "its headers end inside of one");
        r->igvm->header_count++;
        if (!read_header(r, r->data + r->at + TYPE_AND_LENGTH, length))
            return false;
        r->at += TYPE_AND_LENGTH + padded;
    }
    return true;
}

static bool check_fixed(struct reader *r, size_t *start, size_t *length)
{
    struct igvm *igvm = r->igvm;

    if (r->size < HEADER_V1)
        return wrong(r, "it is shorter than its header");
    igvm->version = load_le32(r->data + 4);
    if (igvm->version != 1 && igvm->version != 2)
        return wrong(r, "its version is neither 1 nor 2");
    size_t fixed = igvm->version == 1 ? HEADER_V1 : HEADER_V2;
    *start = load_le32(r->data + 8);
    *length = load_le32(r->data + 12);
    if (load_le32(r->data + 16) != r->size)
        return wrong(r, "it is not as long as its header says");
    if (*start < fixed || !in_range(r->size, *start, *length))
        return wrong(r, "its headers are not in the file");
    igvm->aarch64 = igvm->version == 2 && load_le32(r->data + 24) == 1;
    return true;
}

/* Of all headers, with zeros where it stands itself. */
static bool check_sum(struct reader *r, size_t start, size_t length)
{
    static const uint8_t zeros[4];
    size_t fixed = r->igvm->version == 1 ? HEADER_V1 : HEADER_V2;
    uint32_t crc = crc32(0, r->data, CHECKSUM_AT);

    crc = crc32(crc, zeros, sizeof zeros);
    crc = crc32(crc, r->data + CHECKSUM_AT + 4, fixed - CHECKSUM_AT - 4);
    if (crc32(crc, r->data + start, length) == load_le32(r->data + CHECKSUM_AT))
        return true;
    r->at = CHECKSUM_AT;
    return wrong(r, "its checksum is wrong");
}

bool igvm_read(const uint8_t *data, size_t size, struct igvm *igvm)
{
    struct reader r = {.igvm = igvm, .data = data, .size = size};
    size_t start, length;

    *igvm = (struct igvm){0};
    if (size < 4 || memcmp(data, "IGVM", 4) != 0)
        return false;
    if (check_fixed(&r, &start, &length)) {
        r.at = start;
        if (walk(&r, start + length))
            check_sum(&r, start, length);
    }
    return true;
}
