/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IGVM file from named fields: what is counted of it, and what of a broken one is told. */
#include "base/bytes.h"
#include "formats/igvm.h"

#include "tap.h"

enum { FIXED = 24, PAGES = 4096, SIZE = 16 * 4096 };

static uint8_t file[SIZE];
static size_t end;

static uint32_t crc(size_t size)
{
    uint32_t sum = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        sum ^= file[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    return ~sum;
}

static uint8_t *add(uint32_t type, uint32_t length)
{
    uint8_t *p = file + end;

    store_le32(p, type);
    store_le32(p + 4, length);
    end += 8 + (length + 7) / 8 * 8;
    return p + 8;
}

static void add_platform(uint32_t mask, uint8_t type)
{
    uint8_t *p = add(0x1, 16);

    store_le32(p, mask);
    p[5] = type;
    store_le16(p + 6, 1);
}

static void add_policy(uint64_t policy, uint32_t mask)
{
    uint8_t *p = add(0x101, 16);

    store_le64(p, policy);
    store_le32(p + 8, mask);
}

static void add_page(uint64_t address, uint32_t mask, uint32_t offset, uint32_t flags,
                     uint16_t type)
{
    uint8_t *p = add(0x302, 24);

    store_le64(p, address);
    store_le32(p + 8, mask);
    store_le32(p + 12, offset);
    store_le32(p + 16, flags);
    store_le16(p + 20, type);
}

static void begin(void)
{
    memset(file, 0, SIZE);
    memcpy(file, "IGVM", 4);
    store_le32(file + 4, 1);
    store_le32(file + 8, FIXED);
    store_le32(file + 16, SIZE);
    end = FIXED;
    add_platform(1, IGVM_SNP);
    add_platform(2, IGVM_TDX);
}

static struct igvm igvm;

static void finish(void)
{
    store_le32(file + 12, (uint32_t)(end - FIXED));
    store_le32(file + 20, 0);
    store_le32(file + 20, crc(end));
    igvm_read(file, SIZE, &igvm);
}

static void sound(void)
{
    begin();
    add_policy(0x30000, 1);
    add_policy(4, 2);
    add_page(0x1000, 3, PAGES, 0, 0);
    add_page(0x2000, 3, 0, 0, 0);
    add_page(0x200000, 1, 0, 1, 0);
    add_page(0x3000, 1, PAGES, 2, 0);
    add_page(0x4000, 1, 0, 4, 0);
    add_page(0x5000, 1, 0, 0, 1);
    add_page(0x6000, 1, 0, 0, 2);
    store_le32(add(0x304, 20) + 8, 3);
    uint8_t *id = add(0x30b, 56);
    store_le32(id, 1);
    memset(id + 8, 0xab, IGVM_DIGEST_SIZE);
    store_le32(add(0x80000777, 4), 99);
    finish();
    const struct igvm_platform *snp = &igvm.platforms[0], *tdx = &igvm.platforms[1];
    is_text(igvm.defect, NULL, "a sound file has no defect");
    is_int(igvm.header_count, 14, "its headers are counted");
    ok(snp->present && snp->type == IGVM_SNP && tdx->type == IGVM_TDX && !igvm.platforms[2].present,
       "its platforms are those of the mask's bits");
    is_int(snp->measured, 514, "a page of 2 MiB counts as 512, and pages of zeros are measured");
    is_int(snp->unmeasured, 2, "pages that are shared or marked are not measured");
    ok(snp->secrets == 1 && snp->cpuid == 1, "pages that the processor fills are told apart");
    ok(tdx->measured == 2 && tdx->vcpus == 1, "a platform has what its bit is set for");
    ok(snp->has_id_block && snp->launch_digest[47] == 0xab, "the ID block's digest is kept");
    ok(!igvm_may_migrate(snp) && igvm_may_migrate(tdx),
       "the policies tell which guest may migrate");
    store_le32(file + 4, 2);
    store_le32(file + 16, SIZE - 1);
    ok(igvm_read(file, SIZE, &igvm) && strstr(igvm.defect, "not as long"),
       "a file that was cut is told");
    ok(!igvm_read((const uint8_t *)"IGV", 3, &igvm), "what begins otherwise is no IGVM file");
}

struct seen {
    size_t count, unmeasured;
    uint64_t bytes, last;
    bool enough;
};

static bool take_step(void *arg, const struct igvm_step *s)
{
    struct seen *seen = arg;

    seen->count++;
    seen->unmeasured += s->unmeasured;
    seen->bytes += s->length;
    seen->last = s->address;
    return !seen->enough;
}

static void steps(void)
{
    struct seen snp = {0}, tdx = {0}, one = {.enough = true};

    begin();
    store_le64(add(0x301, 16), 8192);
    uint8_t *insert = add(0x303, 16);
    store_le64(insert, 0x10000);
    store_le32(insert + 8, 3);
    add_page(0x1000, 1, PAGES, 0, 0);
    add_page(0x200000, 2, 0, 1, 0);
    finish();
    igvm_load(file, SIZE, 0, take_step, &snp);
    igvm_load(file, SIZE, 1, take_step, &tdx);
    igvm_load(file, SIZE, 1, take_step, &one);
    ok(snp.count == 2 && snp.unmeasured == 1 && snp.bytes == 12288 && snp.last == 0x1000,
       "a platform's steps are its parameter areas and pages, in order");
    ok(tdx.count == 2 && tdx.bytes == 8192 + (2 << 20) && tdx.last == 0x200000,
       "another platform has others");
    ok(one.count == 1, "whoever has seen enough is shown no more steps");
    ok(!igvm.not_qemu && !igvm.not_known, "QEMU knows all of its headers");
    begin();
    add(0x30a, 16);
    add(0x777, 16);
    finish();
    ok(igvm.not_qemu == 0x30a && igvm.not_known == 0x777, "the first that is not known is named");
}

static void is_defect(const char *text, const char *name)
{
    finish();
    if (!ok(igvm.defect && strstr(igvm.defect, text), "%s", name))
        printf("# %s\n", igvm.defect ? igvm.defect : "sound");
}

static void broken(void)
{
    begin();
    add_page(0x1000, 1, SIZE - PAGES + 1, 0, 0);
    is_defect("content is not in the file", "a page that ends behind the file is told");
    begin();
    add_page(0x1000, 1, PAGES, 1, 0);
    is_defect("not a multiple of its length", "a page of 2 MiB at the address of a small one is told");
    begin();
    add_page(0x1000, 0, 0, 0, 0);
    is_defect("for no platform", "a page for no platform is told");
    begin();
    add_page(0x1000, 1, 0, 0, 4);
    is_defect("unknown type", "a page of an unknown type is told");
    begin();
    add_platform(2, IGVM_SEV);
    is_defect("the same bit", "two platforms with one bit are told");
    begin();
    add_platform(12, IGVM_SEV);
    is_defect("exactly one bit", "a platform with two bits is told");
    begin();
    add_page(0, 1, 0, 0, 0);
    add_policy(0, 1);
    is_defect("order of their groups", "headers in another order are told");
    begin();
    store_le32(add(0x304, 20) + 8, 1);
    store_le32(file + end - 24 + 12, SIZE);
    is_defect("vCPU is not in the file", "a vCPU's state behind the file is told");
    begin();
    add(0x302, 16);
    is_defect("too short for its type", "a header that is too short is told");
    begin();
    store_le32(add(0x301, 16) - 4, UINT32_MAX);
    is_defect("end inside of one", "a header of 4 GiB is told");
    begin();
    store_le64(add(0x301, 16), 100);
    is_defect("not made of whole pages", "a parameter area of 100 bytes is told");
    begin();
    add(0x301, 16);
    add(0x301, 16);
    is_defect("the same number", "two parameter areas of one number are told");
    begin();
    for (uint32_t i = 0; i <= IGVM_AREAS_MAX; i++)
        store_le32(add(0x301, 16) + 8, i);
    is_defect("too many parameter areas", "a parameter area beyond the limit is told");
    begin();
    store_le32(add(0x303, 16) + 8, 1);
    is_defect("that is not there", "a parameter area that was not declared is told");
    begin();
    finish();
    file[FIXED + 10] ^= 0x80;
    file[FIXED + 8 + 7] ^= 1;
    igvm_read(file, SIZE, &igvm);
    ok(igvm.defect && strstr(igvm.defect, "one bit"), "a damaged mask is told before the checksum");
    begin();
    finish();
    file[FIXED + 8 + 7] ^= 1;
    igvm_read(file, SIZE, &igvm);
    ok(igvm.defect && strstr(igvm.defect, "checksum"), "damage elsewhere is told by the checksum");
}

int main(void)
{
    sound();
    steps();
    broken();
    return tap_done();
}
