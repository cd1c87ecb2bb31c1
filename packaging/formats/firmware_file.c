/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/firmware_file.h"

#include <string.h>

#include "base/bytes.h"

enum {
    FILE_HEADER = 24,
    FILE_HEADER_LARGE = 32,
    FILE_TYPE_AT = 18,
    FILE_ATTRIBUTES_AT = 19,
    FILE_SIZE_AT = 20,
    FILE_ATTRIBUTE_LARGE = 0x01,
    FILE_ALIGNMENT = 8,
    EXT_HEADER_SIZE_AT = 16,
    SECTION_HEADER = 4,
    SECTION_HEADER_LARGE = 8,
    GUIDED_HEADER = 20, /* GUID, offset of the data, attributes */
};

const uint8_t section_lzma_guid[GUID_SIZE] =
    GUID_BYTES(0xee4e5898, 0x3914, 0x4259, 0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf);

static size_t align(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

void ffs_walk_init(struct ffs_walk *w, const uint8_t *volume, const struct fv_header *h)
{
    *w = (struct ffs_walk){.volume = volume, .end = (size_t)h->length, .at = h->header_length};
    if (!guid_is(h->guid, fv_ffs2_guid) && !guid_is(h->guid, fv_ffs3_guid)) {
        w->at = w->end;
        return;
    }
    if (h->ext_header) {
        if (!in_range(w->end, h->ext_header, EXT_HEADER_SIZE_AT + 4)) {
            w->broken = true;
            w->at = w->end;
            return;
        }
        uint32_t size = load_le32(volume + h->ext_header + EXT_HEADER_SIZE_AT);
        w->at = in_range(w->end, h->ext_header, size) ? h->ext_header + size : w->end;
    }
    w->at = align(w->at, FILE_ALIGNMENT);
}

static bool is_free_space(const uint8_t *header)
{
    for (size_t i = 0; i < FILE_HEADER; i++) {
        if (header[i] != 0xff)
            return false;
    }
    return true;
}

bool ffs_next(struct ffs_walk *w, struct ffs_file *file)
{
    if (!in_range(w->end, w->at, FILE_HEADER))
        return false;
    const uint8_t *header = w->volume + w->at;
    uint64_t size = load_le24(header + FILE_SIZE_AT);
    size_t header_size = FILE_HEADER;

    if (is_free_space(header))
        return false;
    if (header[FILE_ATTRIBUTES_AT] & FILE_ATTRIBUTE_LARGE && size == 0) {
        header_size = FILE_HEADER_LARGE;
        if (!in_range(w->end, w->at, FILE_HEADER_LARGE)) {
            w->broken = true;
            return false;
        }
        size = load_le64(header + FILE_HEADER);
    }
    if (size < header_size || size > w->end - w->at) {
        w->broken = true;
        return false;
    }
    *file = (struct ffs_file){.guid = header,
                              .type = header[FILE_TYPE_AT],
                              .body = header + header_size,
                              .size = (size_t)size - header_size};
    w->at = align(w->at + (size_t)size, FILE_ALIGNMENT);
    return true;
}

void section_walk_init(struct section_walk *w, const uint8_t *bytes, size_t size)
{
    *w = (struct section_walk){.bytes = bytes, .size = size};
}

bool section_next(struct section_walk *w, struct section *s)
{
    if (!in_range(w->size, w->at, SECTION_HEADER))
        return false;
    const uint8_t *header = w->bytes + w->at;
    size_t size = load_le24(header), header_size = SECTION_HEADER;

    if (size == 0xffffff && in_range(w->size, w->at, SECTION_HEADER_LARGE)) {
        size = load_le32(header + SECTION_HEADER);
        header_size = SECTION_HEADER_LARGE;
    }
    if (size < header_size || size > w->size - w->at) {
        w->broken = true;
        return false;
    }
    *s = (struct section){
        .type = header[3], .body = header + header_size, .size = size - header_size};
    if (s->type == SECTION_GUID_DEFINED) {
        if (s->size < GUIDED_HEADER || load_le16(s->body + GUID_SIZE) > size ||
            load_le16(s->body + GUID_SIZE) < header_size + GUIDED_HEADER) {
            w->broken = true;
            return false;
        }
        size_t data = load_le16(s->body + GUID_SIZE); /* counts from the section's start */
        s->guid = s->body;
        s->body = header + data;
        s->size = size - data;
    }
    w->at = align(w->at + size, 4);
    return true;
}

uint16_t section_machine(const struct section *s)
{
    enum { PE_OFFSET_AT = 0x3c, PE_MACHINE_AT = 4 };

    if (s->type == SECTION_TE)
        return s->size >= 4 && memcmp(s->body, "VZ", 2) == 0 ? load_le16(s->body + 2) : 0;
    if (s->type != SECTION_PE32 || s->size < PE_OFFSET_AT + 4)
        return 0;
    uint32_t pe = load_le32(s->body + PE_OFFSET_AT);
    if (!in_range(s->size, pe, PE_MACHINE_AT + 2) || memcmp(s->body + pe, "PE\0", 4) != 0)
        return 0;
    return load_le16(s->body + pe + PE_MACHINE_AT);
}

bool section_name_is(const struct section *s, const char *text)
{
    size_t length = strlen(text) + 1;

    if (s->type != SECTION_NAME || s->size < 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (load_le16(s->body + 2 * i) != (unsigned char)text[i])
            return false;
    }
    return true;
}
