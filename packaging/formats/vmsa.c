/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/vmsa.h"

#include <string.h>

#include "base/bytes.h"

/* Places in the page; a segment has selector, attributes, limit and base. */
enum {
    ES = 0x00,
    CS = 0x10,
    SS = 0x20,
    DS = 0x30,
    FS = 0x40,
    GS = 0x50,
    GDTR = 0x60,
    LDTR = 0x70,
    IDTR = 0x80,
    TR = 0x90,
    EFER = 0xd0,
    CR4 = 0x148,
    CR3 = 0x150,
    CR0 = 0x158,
    DR7 = 0x160,
    DR6 = 0x168,
    RFLAGS = 0x170,
    RIP = 0x178,
    RSP = 0x1d8,
    RAX = 0x1f8,
    G_PAT = 0x268,
    RCX = 0x308,
    RDX = 0x310,
    RBX = 0x318,
    RBP = 0x328, /* then RSI, RDI, R8 to R15 */
    AFTER_R15 = 0x380,
    SEV_FEATURES = 0x3b0,
    XCR0 = 0x3e8,
    MXCSR = 0x408,
    X87_FCW = 0x410,
};

static void put_segment(uint8_t *p, uint16_t selector, uint16_t attributes, uint32_t limit,
                        uint64_t base)
{
    store_le16(p, selector);
    store_le16(p + 2, attributes);
    store_le32(p + 4, limit);
    store_le64(p + 8, base);
}

/* What a processor has after reset, and KVM's EFER.SVME and CR4.MCE. */
static void put_reset(const struct vmsa_state *s, uint8_t *page)
{
    memset(page, 0, VMSA_SIZE);
    put_segment(page + GDTR, 0, 0, 0xffff, 0);
    put_segment(page + IDTR, 0, 0, 0xffff, 0);
    put_segment(page + LDTR, 0, 0x82, 0xffff, 0);
    put_segment(page + TR, 0, 0x8b, 0xffff, 0);
    store_le64(page + EFER, 0x1000);
    store_le64(page + CR4, 0x40);
    store_le64(page + CR0, 0x10);
    store_le64(page + DR7, 0x400);
    store_le64(page + DR6, 0xffff0ff0);
    store_le64(page + RFLAGS, 2);
    store_le64(page + G_PAT, 0x0007040600070406);
    store_le64(page + RDX, s->signature);
    store_le64(page + SEV_FEATURES, s->features);
    store_le64(page + XCR0, 1);
    store_le32(page + MXCSR, 0x1f80);
}

/* RDX of clouds: family 6, stepping 0, whatever the processor is. */
#define CLOUD_SIGNATURE 0x600

static void put_ec2(const struct vmsa_state *s, uint8_t *page)
{
    if (s->eip == VMSA_RESET)
        store_le16(page + CS + 2, 0x9a);
    store_le16(page + SS + 2, 0x92);
    store_le16(page + TR + 2, 0x83);
}

void vmsa_write(const struct vmsa_state *s, uint8_t page[VMSA_SIZE])
{
    static const uint8_t data_segments[] = {ES, SS, DS, FS, GS};

    put_reset(s, page);
    for (size_t i = 0; i < sizeof data_segments; i++)
        put_segment(page + data_segments[i], 0, 0x93, 0xffff, 0);
    put_segment(page + CS, 0xf000, 0x9b, 0xffff, s->eip & 0xffff0000);
    store_le64(page + RIP, s->eip & 0xffff);
    if (s->vmm == VMSA_QEMU) {
        store_le16(page + X87_FCW, 0x37f);
        return;
    }
    store_le64(page + RDX, CLOUD_SIGNATURE);
    store_le32(page + MXCSR, 0);
    if (s->vmm == VMSA_EC2)
        put_ec2(s, page);
    else
        store_le64(page + G_PAT, 0x00070106);
}

/* Its x87 control word is 0, unlike QEMU's: so say the digests that real machines reported. */
void vmsa_write_svsm(const struct vmsa_state *s, uint8_t page[VMSA_SIZE])
{
    static const uint8_t data_segments[] = {ES, SS, DS, FS};

    put_reset(s, page);
    for (size_t i = 0; i < sizeof data_segments; i++)
        put_segment(page + data_segments[i], 0x10, 0xc93, UINT32_MAX, 0);
    put_segment(page + GS, 0, 0x93, 0xffff, 0);
    put_segment(page + CS, 8, 0xc9b, UINT32_MAX, 0);
    store_le64(page + CR0, 0x11);
    store_le64(page + RIP, s->eip);
}

bool vmsa_beyond_kvm(const uint8_t page[VMSA_SIZE], size_t *at)
{
    static const struct {
        uint16_t at, size;
    } taken[] = {
        {ES, TR + 16},     {EFER, 8}, {CR4, 8},   {CR3, 8},
        {CR0, 8},          {DR7, 8},  {DR6, 8},   {RFLAGS, 8},
        {RIP, 8},          {RSP, 8},  {RAX, 8},   {G_PAT, 8},
        {RCX, 8},          {RDX, 8},  {RBX, 8},   {RBP, AFTER_R15 - RBP},
        {SEV_FEATURES, 8}, {XCR0, 8}, {MXCSR, 4}, {X87_FCW, 2},
    };
    uint8_t rest[VMSA_SIZE];

    memcpy(rest, page, VMSA_SIZE);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        memset(rest + taken[i].at, 0, taken[i].size);
    for (*at = 0; *at < VMSA_SIZE; (*at)++) {
        if (rest[*at])
            return true;
    }
    return false;
}

uint64_t vmsa_cr0(const uint8_t page[VMSA_SIZE])
{
    return load_le64(page + CR0);
}

uint64_t vmsa_features(const uint8_t page[VMSA_SIZE])
{
    return load_le64(page + SEV_FEATURES);
}
