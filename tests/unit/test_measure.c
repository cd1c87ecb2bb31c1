/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images with SEV and TDX metadata from named fields: what is measured of them, and what is not. */
#include "base/bytes.h"
#include "flash/measure.h"

#include "tap.h"

static const uint8_t footer[GUID_SIZE] =
    GUID_BYTES(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);
static const uint8_t sev_guid[GUID_SIZE] =
    GUID_BYTES(0xdc886566, 0x984a, 0x4798, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc);
static const uint8_t tdx_guid[GUID_SIZE] =
    GUID_BYTES(0xe47a6535, 0x984a, 0x4798, 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2);
static const uint8_t reset_guid[GUID_SIZE] =
    GUID_BYTES(0x00f771de, 0x1a7e, 0x4fcb, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e);
static const uint8_t hashes_guid[GUID_SIZE] =
    GUID_BYTES(0x7255371f, 0x3a3b, 0x4b04, 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54);
static const uint8_t svsm_guid[GUID_SIZE] =
    GUID_BYTES(0xa789a612, 0x0597, 0x4c4b, 0xa4, 0x9f, 0xcb, 0xb1, 0xfe, 0x9d, 0x1d, 0xdd);

enum { IMAGE = 0x2000, SEV_AT = 0x1000, TDX_AT = 0x1800, TABLE_END = IMAGE - 50 };

static uint8_t image[IMAGE];

/* An entry of two numbers, before the one that begins at `end`; returns where it begins. */
static size_t add_entry(size_t end, const uint8_t *guid, uint32_t first, uint32_t second)
{
    memcpy(image + end - 16, guid, GUID_SIZE);
    store_le16(image + end - 18, 26);
    store_le32(image + end - 26, first);
    store_le32(image + end - 22, second);
    return end - 26;
}

static void add_sev(size_t i, uint32_t address, uint32_t size, uint32_t type)
{
    uint8_t *p = image + SEV_AT + 16 + 12 * i;

    store_le32(p, address);
    store_le32(p + 4, size);
    store_le32(p + 8, type);
    store_le32(image + SEV_AT + 12, (uint32_t)i + 1);
}

static void add_tdx(size_t i, uint32_t at, uint32_t file_size, uint64_t address, uint64_t size,
                    uint32_t attributes)
{
    uint8_t *p = image + TDX_AT + 16 + 32 * i;

    store_le32(p, at);
    store_le32(p + 4, file_size);
    store_le64(p + 8, address);
    store_le64(p + 16, size);
    store_le32(p + 24, file_size ? TDX_SECTION_BFV : TDX_SECTION_MEMORY);
    store_le32(p + 28, attributes);
    store_le32(image + TDX_AT + 4, (uint32_t)(16 + 32 * (i + 1)));
    store_le32(image + TDX_AT + 12, (uint32_t)i + 1);
}

static void make_image(void)
{
    memset(image, 0, IMAGE);
    memcpy(image + IMAGE - 48, footer, GUID_SIZE);
    size_t end = TABLE_END;
    end = add_entry(end, sev_guid, IMAGE - SEV_AT, 0);
    end = add_entry(end, tdx_guid, IMAGE - TDX_AT, 0);
    end = add_entry(end, reset_guid, 0x80b004, 0);
    end = add_entry(end, hashes_guid, 0x810c00, 0x400);
    end = add_entry(end, svsm_guid, 0x40, 0);
    store_le16(image + TABLE_END, (uint16_t)(TABLE_END - end + 18));
    memcpy(image + SEV_AT, "ASEV", 4);
    store_le32(image + SEV_AT + 8, 1);
    add_sev(0, 0x800000, 0x2000, SEV_SECTION_MEMORY);
    add_sev(1, 0x810000, 0x1000, SEV_SECTION_KERNEL_HASHES);
    memcpy(image + TDX_AT, "TDVF", 4);
    store_le32(image + TDX_AT + 8, 1);
    add_tdx(0, 0, 0x1000, 0xfffff000, 0x1000, TDX_ATTRIBUTE_MEASURED);
}

static struct failure failure;
static struct measurement result;

static int measure_image(const struct measure_guest *g)
{
    struct measured_file file;

    failure = (struct failure){0};
    measured_file_take("fw", image, IMAGE, &file);
    return measure(&file, g, &result, &failure);
}

static int snp(void)
{
    return measure_image(&(struct measure_guest){.mode = MEASURE_SNP, .vcpus = 1});
}

static void is_refused(int status, const char *text, const char *name)
{
    if (!ok(status == -1 && strstr(failure.what, text), "%s", name))
        printf("# %d, %s\n", status, failure.what);
}

static void kernels(void)
{
    static const struct kernel_hashes kernel;
    struct measure_guest g = {.mode = MEASURE_SNP, .vcpus = 2, .kernel = &kernel};

    make_image();
    is_int(measure_image(&g), 0,
           "a kernel's hashes go into the page that the metadata has for them");
    store_le32(image + TABLE_END - 4 * 26, 0x810f60);
    is_refused(measure_image(&g), "do not lie in the page",
               "hashes that would end behind their page are refused");
    store_le32(image + TABLE_END - 4 * 26, 0x80ffff);
    is_refused(measure_image(&g), "do not lie in the page",
               "hashes that would begin before their page are refused");
    make_image();
    add_sev(1, 0x810000, 0x2000, SEV_SECTION_KERNEL_HASHES);
    is_refused(measure_image(&g), "do not lie in the page", "a page of hashes is one page long");
    make_image();
    store_le32(image + TABLE_END - 4 * 26 + 4, KERNEL_HASHES_SIZE - 1);
    g.mode = MEASURE_SEV;
    is_refused(measure_image(&g), "found 175 bytes, expected 176",
               "room that is a byte too short for the hashes is refused");
}

static void hostile_metadata(void)
{
    make_image();
    add_sev(0, 0x800000, 0x2800, SEV_SECTION_MEMORY);
    is_refused(snp(), "not made of pages", "a range of half a page is refused");
    make_image();
    add_sev(0, 0x800800, 0x2000, SEV_SECTION_MEMORY);
    is_refused(snp(), "not made of pages", "a range that begins inside a page is refused");
    make_image();
    add_sev(0, 0, (uint32_t)MEASURE_RANGES_MAX + 0x1000, SEV_SECTION_MEMORY);
    is_refused(snp(), "above 268435456 bytes", "ranges above the limit together are refused");
    make_image();
    add_sev(1, 0x810000, 0x1000, 77);
    is_refused(snp(), "unknown type 77", "a range of an unknown type is refused");
    make_image();
    for (size_t i = 0; i <= GUIDED_SECTIONS_MAX; i++)
        add_sev(i, 0x800000, 0x1000, SEV_SECTION_MEMORY);
    is_refused(snp(), "found 65, at most 64", "more ranges than are kept are refused");
    make_image();
    store_le32(image + SEV_AT + 8, 2);
    is_refused(snp(), "of version 2 (expected 1)", "metadata of another version is refused");
    make_image();
    store_le16(image + TABLE_END, 0xffff);
    is_refused(snp(), "GUIDed table is broken", "a table that cannot be walked is refused");
    make_image();
    image[TABLE_END - 2 * 26 - 16] ^= 1;
    is_refused(snp(), "no SEV-ES reset block", "an image without a reset block is refused");
}

/* SHA-384 of MEM.PAGE.ADD alone and so on: each message is 128 bytes with the address at 16. */
static void add_message(struct digest *d, const char *call, uint64_t address)
{
    uint8_t message[128] = {0};

    memcpy(message, call, strlen(call));
    store_le64(message + 16, address);
    digest_add(d, message, sizeof message);
}

static void tdx(void)
{
    struct digest *d = digest_new(DIGEST_SHA384);
    uint8_t expected[SHA384_SIZE], bytes[4096] = {0};
    struct measure_guest g = {.mode = MEASURE_TDX};

    make_image();
    memset(image, 0xa5, 0x100);
    add_tdx(0, 0, 0x80, 0xfffff000, 0x1000, TDX_ATTRIBUTE_MEASURED);
    add_tdx(1, 0, 0, 0x809000, 0x1000, 0);
    add_tdx(2, 0, 0, 0x900000, 0x100000, TDX_ATTRIBUTE_ADDED_LATER);
    memset(bytes, 0xa5, 0x80);
    add_message(d, "MEM.PAGE.ADD", 0xfffff000);
    for (size_t at = 0; at < 4096; at += 256) {
        add_message(d, "MR.EXTEND", 0xfffff000 + at);
        digest_add(d, bytes + at, 256);
    }
    add_message(d, "MEM.PAGE.ADD", 0x809000);
    digest_take(d, expected);
    digest_free(d);
    ok(measure_image(&g) == 0 && !memcmp(expected, result.digest, SHA384_SIZE),
       "zeros follow a file's part, and pages that are added later are not in MRTD");
    add_tdx(0, IMAGE - 0x800, 0x1000, 0xfffff000, 0x1000, TDX_ATTRIBUTE_MEASURED);
    is_refused(measure_image(&g), "is not in the file",
               "a part that ends behind the file is refused");
    add_tdx(0, 0, 0x1001, 0xfffff000, 0x1000, TDX_ATTRIBUTE_MEASURED);
    is_refused(measure_image(&g), "is not in the file", "a part above its memory is refused");
    add_tdx(0, 0, 0, 0, UINT64_MAX - 4095, 0);
    is_refused(measure_image(&g), "above 268435456 bytes",
               "memory of almost 2^64 bytes is refused");
    make_image();
    is_refused(measure_image(&g), "48 bytes with 1 ranges", "one range alone is refused");
    add_tdx(1, 0, 0, 0x809000, 0x1000, 0);
    is_int(measure_image(&g), 0, "two ranges are not refused");
    store_le32(image + TDX_AT + 4, 81);
    is_refused(measure_image(&g), "81 bytes with 2 ranges (expected 80",
               "metadata of another length than its ranges need is refused");
    add_tdx(1, 0, 0, 0x809000, 0x1000, 0);
    store_le32(image + TDX_AT + 16 + 24, 4);
    is_refused(measure_image(&g), "has the type 4", "a type that QEMU does not know is refused");
    store_le32(image + TDX_AT + 16 + 24, TDX_SECTION_HOB);
    is_refused(measure_image(&g), "of type 2, has 4096 bytes in the file",
               "memory with a part of the file is refused");
    store_le32(image + TDX_AT + 16 + 24, TDX_SECTION_CFV);
    store_le32(image + TDX_AT + 48 + 24, TDX_SECTION_BFV);
    is_refused(measure_image(&g), "of type 0, has 0 bytes in the file",
               "firmware without a part of the file is refused");
}

static void svsm(void)
{
    struct measured_file file;
    struct measure_guest g = {
        .mode = MEASURE_SNP_SVSM, .vcpus = 1, .svsm = &file, .vars_size = 0x1000};

    make_image();
    measured_file_take("svsm", image, IMAGE, &file);
    is_int(measure_image(&g), 0, "an SVSM is put below the store");
    g.vars_size = UINT64_C(1) << 32;
    is_refused(measure_image(&g), "no place for it", "a store that leaves no place is refused");
    g.vars_size = 0x800;
    is_refused(measure_image(&g), "no place for it", "a store of half a page is refused");
    g.vars_size = 0x1000;
    store_le32(image + TABLE_END - 5 * 26, IMAGE);
    is_refused(measure_image(&g), "where an SVSM starts", "a start behind the SVSM is refused");
    file.size = 0x1800;
    is_refused(measure_image(&g), "6144 bytes are not whole pages of 4096",
               "an SVSM of half a page is refused");
}

int main(void)
{
    kernels();
    hostile_metadata();
    tdx();
    svsm();
    return tap_done();
}
