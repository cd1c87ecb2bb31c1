/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

/* Its header, and what it says of each range. */
#define TDX_METADATA_LENGTH(ranges) (16 + 32 * (size_t)(ranges))

enum { CHUNK = 256, MESSAGE = 128, MESSAGE_ADDRESS = 16 };

/* What the TDX module puts before: the name of the call and the address in the guest. */
static void add_message(struct digest *d, const char *call, uint64_t address)
{
    uint8_t message[MESSAGE] = {0};

    memcpy(message, call, strlen(call));
    store_le64(message + MESSAGE_ADDRESS, address);
    measured_add(d, message, sizeof message);
}

void mrtd_add(struct digest *d, uint64_t address)
{
    add_message(d, "MEM.PAGE.ADD", address);
}

void mrtd_extend(struct digest *d, uint64_t address, const uint8_t page[MEASURED_PAGE])
{
    for (size_t at = 0; at < MEASURED_PAGE; at += CHUNK) {
        add_message(d, "MR.EXTEND", address + at);
        measured_add(d, page + at, CHUNK);
    }
}

/* Of the file, zeros after its end. */
static void add_content(struct digest *d, const struct measured_file *image,
                        const struct guided_section *s, uint64_t page)
{
    uint8_t bytes[MEASURED_PAGE] = {0};
    uint64_t left = page < s->file_size ? s->file_size - page : 0;

    memcpy(bytes, image->data + s->file_offset + (left ? page : 0),
           left < MEASURED_PAGE ? left : MEASURED_PAGE);
    mrtd_extend(d, s->address + page, bytes);
}

/* Page by page, first added and then measured: QEMU's KVM_TDX_INIT_MEM_REGION does both at once
 * (Linux arch/x86/kvm/vmx/tdx.c, tdx_gmem_post_populate()). */
static void add_range(struct digest *d, const struct measured_file *image,
                      const struct guided_section *s)
{
    for (uint64_t page = 0; page < s->size; page += MEASURED_PAGE) {
        if (!(s->attributes & TDX_ATTRIBUTE_ADDED_LATER))
            mrtd_add(d, s->address + page);
        if (s->attributes & TDX_ATTRIBUTE_MEASURED)
            add_content(d, image, s, page);
    }
}

/* QEMU hw/i386/tdvf.c, tdvf_parse_and_check_section_entry(). */
static int check_section(const char *path, size_t i, const struct guided_section *s,
                         struct failure *f)
{
    bool has_file = s->type == TDX_SECTION_BFV || s->type == TDX_SECTION_CFV;

    if (s->type > TDX_SECTION_MEMORY)
        return fail(f,
                    "%s: range %zu of its TDX metadata has the type %u, with which QEMU starts "
                    "no guest",
                    path, i, s->type);
    if (has_file != (s->file_size > 0))
        return fail(f,
                    "%s: range %zu of its TDX metadata, of type %u, has %u bytes in the file: QEMU "
                    "starts no such guest with it",
                    path, i, s->type, s->file_size);
    return 0;
}

static int check_files(const struct measured_file *image, struct failure *f)
{
    const struct guided_metadata *tdx = &image->table.tdx;

    for (size_t i = 0; i < tdx->section_count; i++) {
        const struct guided_section *s = &tdx->sections[i];

        if (check_section(image->path, i, s, f) != 0)
            return -1;
        if (!in_range(image->size, s->file_offset, s->file_size) || s->file_size > s->size)
            return fail(f,
                        "%s: range %zu of its TDX metadata is not in the file (%u bytes at %u of "
                        "%zu): TDX takes the combined image",
                        image->path, i, s->file_size, s->file_offset, image->size);
    }
    if (tdx->section_count < 2 || tdx->length != TDX_METADATA_LENGTH(tdx->section_count))
        return fail(f,
                    "%s: TDX metadata of %u bytes with %zu ranges (expected %zu, of two ranges at "
                    "least): QEMU starts no such guest with it",
                    image->path, tdx->length, tdx->section_count,
                    TDX_METADATA_LENGTH(tdx->section_count));
    return 0;
}

int measure_tdx(const struct measured_file *image, struct measurement *m, struct failure *f)
{
    const struct guided_metadata *tdx = &image->table.tdx;

    if (check_ranges(image, tdx, "TDX", f) != 0 || check_files(image, f) != 0)
        return -1;
    struct digest *d = digest_new(DIGEST_SHA384);
    for (size_t i = 0; i < tdx->section_count; i++)
        add_range(d, image, &tdx->sections[i]);
    digest_take(d, m->digest);
    digest_free(d);
    m->size = SHA384_SIZE;
    return 0;
}
