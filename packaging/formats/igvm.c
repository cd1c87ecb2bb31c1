/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/igvm.h"

#include <string.h>

#include "base/bytes.h"

enum { HEADER_V1 = 24, HEADER_V2 = 32, CHECKSUM_AT = 20, TYPE_AND_LENGTH = 8, PAGE = IGVM_PAGE };
enum header_type {
    SUPPORTED_PLATFORM = 0x1,
    LAST_PLATFORM = 0x100,
    GUEST_POLICY = 0x101,
    PAGE_TABLE_RELOCATION = 0x103,
    LAST_INITIALIZATION = 0x200,
    PARAMETER_AREA = 0x301,
    PAGE_DATA = 0x302,
    PARAMETER_INSERT = 0x303,
    VP_CONTEXT = 0x304,
    REQUIRED_MEMORY = 0x305,
    VP_COUNT = 0x307,
    MADT = 0x309,
    SNP_ID_BLOCK = 0x30b,
    MEMORY_MAP = 0x30c,
    ENVIRONMENT_INFO = 0x313,
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

struct area {
    uint64_t size;
    uint32_t number;
    bool inserted;
};

struct reader {
    struct igvm *igvm;
    const uint8_t *data;
    size_t size;
    size_t at; /* of the header that is looked at */
    uint32_t last_type;
    struct area areas[IGVM_AREAS_MAX];
    size_t area_count;
    uint32_t wanted; /* bit of the platform whose steps are shown; 0: none is */
    igvm_visit *visit;
    void *arg;
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

/* Shows the step where it is for the platform that is wanted. */
static bool show(struct reader *r, uint32_t mask, struct igvm_step step)
{
    step.at = r->at;
    return !(mask & r->wanted) || r->visit(r->arg, &step);
}

/* `length` bytes of the file, or NULL. */
static const uint8_t *content_at(const struct reader *r, uint32_t offset, uint64_t length)
{
    return offset && in_range(r->size, offset, length) ? r->data + offset : NULL;
}

static bool read_page(struct reader *r, const uint8_t *p)
{
    static const enum igvm_step_kind kind_of[] = {[DATA_NORMAL] = IGVM_STEP_PAGE,
                                                  [DATA_SECRETS] = IGVM_STEP_SECRETS,
                                                  [DATA_CPUID] = IGVM_STEP_CPUID,
                                                  [DATA_CPUID_XF] = IGVM_STEP_CPUID};
    uint32_t mask = load_le32(p + 8), file_offset = load_le32(p + 12), flags = load_le32(p + 16);
    uint16_t type = load_le16(p + 20);
    size_t length = flags & FLAG_2MB ? (size_t)2 << 20 : PAGE;
    struct igvm_platform *platform;

    if (!check_mask(r, mask))
        return false;
    if (load_le64(p) % length)
        return wrong(r, "a page's address is not a multiple of its length");
    if (type > DATA_CPUID_XF)
        return wrong(r, "a page has an unknown type");
    /* Without content it is all zeros. */
    if (file_offset && !content_at(r, file_offset, length))
        return wrong(r, "a page's content is not in the file");
    if (!show(r, mask,
              (struct igvm_step){.kind = kind_of[type],
                                 .address = load_le64(p),
                                 .length = length,
                                 .content = content_at(r, file_offset, length),
                                 .unmeasured = flags & FLAG_UNMEASURED,
                                 .shared = flags & FLAG_SHARED}))
        return false;
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
    if (!show(r, mask,
              (struct igvm_step){.kind = IGVM_STEP_VCPU,
                                 .address = load_le64(p),
                                 .length = PAGE,
                                 .content = content_at(r, file_offset, PAGE),
                                 .vcpu = load_le16(p + 16)}))
        return false;
    while ((platform = next_platform(r, &mask)))
        platform->vcpus++;
    return true;
}

/* ---- what the host says ---- */

static struct area *area_of(struct reader *r, uint32_t number)
{
    for (size_t i = 0; i < r->area_count; i++) {
        if (r->areas[i].number == number)
            return &r->areas[i];
    }
    return NULL;
}

static bool read_area(struct reader *r, const uint8_t *p)
{
    uint64_t size = load_le64(p);
    uint32_t number = load_le32(p + 8), file_offset = load_le32(p + 12);

    if (size % PAGE)
        return wrong(r, "a parameter area is not made of whole pages");
    if (file_offset && !content_at(r, file_offset, size))
        return wrong(r, "a parameter area's content is not in the file");
    if (area_of(r, number))
        return wrong(r, "two parameter areas have the same number");
    if (r->area_count == IGVM_AREAS_MAX)
        return wrong(r, "it has too many parameter areas");
    r->areas[r->area_count++] = (struct area){.size = size, .number = number};
    return true;
}

static bool read_insert(struct reader *r, const uint8_t *p)
{
    uint32_t mask = load_le32(p + 8);
    struct area *area = area_of(r, load_le32(p + 12));

    if (!check_mask(r, mask))
        return false;
    if (!area || area->inserted)
        return wrong(r, area ? "a parameter area is put into memory twice"
                             : "a parameter area is put into memory that is not there");
    if (load_le64(p) % PAGE || load_le64(p) > UINT64_MAX - area->size)
        return wrong(r, "a parameter area's address is no multiple of a page");
    area->inserted = true;
    return show(r, mask,
                (struct igvm_step){.kind = IGVM_STEP_AREA,
                                   .address = load_le64(p),
                                   .length = area->size,
                                   .unmeasured = true});
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
    {SUPPORTED_PLATFORM, 16, read_platform}, {GUEST_POLICY, 16, read_policy},
    {PARAMETER_AREA, 16, read_area},         {PAGE_DATA, 24, read_page},
    {PARAMETER_INSERT, 16, read_insert},     {VP_CONTEXT, 20, read_vcpu},
    {SNP_ID_BLOCK, 56, read_id_block},
};

/* Platforms come first, then what prepares the guest, then directives. */
static unsigned group_of(uint32_t type)
{
    return type <= LAST_PLATFORM ? 0 : type <= LAST_INITIALIZATION ? 1 : 2;
}

/* Those of QEMU 11.1, backends/igvm.c, handlers[]: with any other it ends with "Unknown header type". */
static void weigh_type(struct igvm *igvm, uint32_t type)
{
    static const uint32_t qemu[] = {SUPPORTED_PLATFORM, GUEST_POLICY,     PARAMETER_AREA,
                                    PAGE_DATA,          PARAMETER_INSERT, VP_CONTEXT,
                                    REQUIRED_MEMORY,    VP_COUNT,         MADT,
                                    SNP_ID_BLOCK,       MEMORY_MAP,       ENVIRONMENT_INFO};
    static const struct {
        uint32_t first, last;
    } known[] = {{SUPPORTED_PLATFORM, SUPPORTED_PLATFORM},
                 {GUEST_POLICY, PAGE_TABLE_RELOCATION},
                 {PARAMETER_AREA, ENVIRONMENT_INFO}};
    bool is_qemu = false, is_known = false;

    for (size_t i = 0; i < sizeof qemu / sizeof *qemu; i++)
        is_qemu |= qemu[i] == type;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        is_known |= type >= known[i].first && type <= known[i].last;
    if (!is_qemu && !igvm->not_qemu)
        igvm->not_qemu = type;
    if (!is_known && !igvm->not_known)
        igvm->not_known = type;
}

static bool read_header(struct reader *r, const uint8_t *content, uint32_t length)
{
    uint32_t type = load_le32(r->data + r->at);

    if (type & OPTIONAL)
        return true;
    if (group_of(type) < group_of(r->last_type))
        return wrong(r, "its headers are not in the order of their groups");
    r->last_type = type;
    weigh_type(r->igvm, type);
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
    if (igvm->version == 2 && !igvm->aarch64 && load_le32(r->data + 28) != PAGE)
        return wrong(r, "its pages are not of 4096 bytes");
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

bool igvm_is(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "IGVM", 4) == 0;
}

bool igvm_read(const uint8_t *data, size_t size, struct igvm *igvm)
{
    struct reader r = {.igvm = igvm, .data = data, .size = size};
    size_t start, length;

    *igvm = (struct igvm){0};
    if (!igvm_is(data, size))
        return false;
    if (check_fixed(&r, &start, &length)) {
        r.at = start;
        if (walk(&r, start + length))
            check_sum(&r, start, length);
    }
    return true;
}

void igvm_load(const uint8_t *data, size_t size, unsigned bit, igvm_visit *visit, void *arg)
{
    struct igvm again = {0};
    struct reader r = {.igvm = &again,
                       .data = data,
                       .size = size,
                       .wanted = UINT32_C(1) << bit,
                       .visit = visit,
                       .arg = arg};
    size_t start, length;

    if (check_fixed(&r, &start, &length)) {
        r.at = start;
        walk(&r, start + length);
    }
}
