/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

enum { CHUNK = 256, MESSAGE = 128, MESSAGE_ADDRESS = 16 };

/* What the TDX module puts before: the name of the call and the address in the guest. */
static void add_message(struct digest *d, const char *call, uint64_t address)
{
    uint8_t message[MESSAGE] = {0};

    memcpy(message, call, strlen(call));
    store_le64(message + MESSAGE_ADDRESS, address);
    digest_add(d, message, sizeof message);
}

/* Of the file, zeros after its end. */
static void add_content(struct digest *d, const struct measured_file *image,
                        const struct guided_section *s, uint64_t page)
{
    uint8_t bytes[MEASURED_PAGE] = {0};
    uint64_t left = page < s->file_size ? s->file_size - page : 0;

    memcpy(bytes, image->data + s->file_offset + (left ? page : 0),
           left < MEASURED_PAGE ? left : MEASURED_PAGE);
    for (size_t at = 0; at < MEASURED_PAGE; at += CHUNK) {
        add_message(d, "MR.EXTEND", s->address + page + at);
        digest_add(d, bytes + at, CHUNK);
    }
}

/* Page by page, first added and then measured: QEMU's KVM_TDX_INIT_MEM_REGION does both at once
 * (Linux arch/x86/kvm/vmx/tdx.c, tdx_gmem_post_populate()). */
static void add_range(struct digest *d, const struct measured_file *image,
                      const struct guided_section *s)
{
    for (uint64_t page = 0; page < s->size; page += MEASURED_PAGE) {
        if (!(s->attributes & TDX_ATTRIBUTE_ADDED_LATER))
            add_message(d, "MEM.PAGE.ADD", s->address + page);
        if (s->attributes & TDX_ATTRIBUTE_MEASURED)
            add_content(d, image, s, page);
    }
}

static int check_files(const struct measured_file *image, struct failure *f)
{
    const struct guided_metadata *tdx = &image->table.tdx;

    for (size_t i = 0; i < tdx->section_count; i++) {
        const struct guided_section *s = &tdx->sections[i];

        if (!in_range(image->size, s->file_offset, s->file_size) || s->file_size > s->size)
            return fail(f,
                        "%s: range %zu of its TDX metadata is not in the file (%u bytes at %u of "
                        "%zu): TDX takes the combined image",
                        image->path, i, s->file_size, s->file_offset, image->size);
    }
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
