/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/guided_table.h"

#include <string.h>

#include "base/bytes.h"

enum {
    FOOTER_GUID_FROM_END = 48,
    ENTRY_TRAILER = 18, /* u16 length and GUID */
    SEV_HEADER = 16,    /* signature, length, version, count */
    SEV_SECTION = 12,
    TDX_HEADER = 16,
    TDX_SECTION = 32,
};

static const uint8_t footer_guid[GUID_SIZE] =
    GUID_BYTES(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);

static const struct {
    enum guided_kind kind;
    const char *name;
    uint8_t guid[GUID_SIZE];
} kinds[] = {
    {GUIDED_SEV_ES_RESET, "SEV-ES reset block",
     GUID_BYTES(0x00f771de, 0x1a7e, 0x4fcb, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e)},
    {GUIDED_SEV_SECRET, "SEV secret block",
     GUID_BYTES(0x4c2eb361, 0x7d9b, 0x4cc3, 0x80, 0x81, 0x12, 0x7c, 0x90, 0xd3, 0xd2, 0x94)},
    {GUIDED_SEV_HASHES, "SEV hash table",
     GUID_BYTES(0x7255371f, 0x3a3b, 0x4b04, 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54)},
    {GUIDED_SEV_METADATA, "SEV metadata",
     GUID_BYTES(0xdc886566, 0x984a, 0x4798, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc)},
    {GUIDED_TDX_METADATA, "TDX metadata",
     GUID_BYTES(0xe47a6535, 0x984a, 0x4798, 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2)},
    {GUIDED_IGVM, "IGVM data",
     GUID_BYTES(0x784fa70e, 0x3176, 0x4677, 0x8a, 0x20, 0x04, 0xb6, 0x86, 0x99, 0xe3, 0x74)},
    {GUIDED_SVSM_INFO, "SVSM info",
     GUID_BYTES(0xa789a612, 0x0597, 0x4c4b, 0xa4, 0x9f, 0xcb, 0xb1, 0xfe, 0x9d, 0x1d, 0xdd)},
};

const char *guided_kind_name(enum guided_kind kind)
{
    return kind < GUIDED_UNKNOWN ? kinds[kind].name : "unknown";
}

static enum guided_kind kind_of(const uint8_t *guid)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (guid_is(guid, kinds[i].guid))
            return kinds[i].kind;
    }
    return GUIDED_UNKNOWN;
}

/* The entry's data is a u32: how far before the end of the image the metadata stands. */
static bool find_metadata(const uint8_t *data, size_t size, const struct guided_entry *e,
                          const char *signature, size_t header, size_t *at)
{
    if (e->data_size < 4)
        return false;
    uint32_t from_end = load_le32(data + e->data_at);
    if (from_end > size || from_end < header)
        return false;
    *at = size - from_end;
    return memcmp(data + *at, signature, 4) == 0;
}

static void read_metadata(const uint8_t *data, size_t size, const struct guided_entry *e,
                          const char *signature, size_t section_size, struct guided_metadata *m)
{
    size_t header = section_size == TDX_SECTION ? TDX_HEADER : SEV_HEADER, at;

    if (m->present || !find_metadata(data, size, e, signature, header, &at))
        return;
    uint32_t count = load_le32(data + at + 12);
    if (count > (size - at - header) / section_size)
        return;
    *m = (struct guided_metadata){.present = true,
                                  .at = at,
                                  .length = load_le32(data + at + 4),
                                  .version = load_le32(data + at + 8),
                                  .section_count = count};
    for (size_t i = 0; i < count && i < GUIDED_SECTIONS_MAX; i++) {
        const uint8_t *p = data + at + header + i * section_size;
        struct guided_section *s = &m->sections[i];

        if (section_size == SEV_SECTION)
            *s = (struct guided_section){
                .address = load_le32(p), .size = load_le32(p + 4), .type = load_le32(p + 8)};
        else
            *s = (struct guided_section){.file_offset = load_le32(p),
                                         .file_size = load_le32(p + 4),
                                         .address = load_le64(p + 8),
                                         .size = load_le64(p + 16),
                                         .type = load_le32(p + 24),
                                         .attributes = load_le32(p + 28)};
    }
}

static bool walk(const uint8_t *data, size_t start, size_t end, struct guided_table *t)
{
    while (end > start) {
        if (!in_range(end - start, 0, ENTRY_TRAILER) || t->entry_count == GUIDED_ENTRIES_MAX)
            return false;
        size_t length = load_le16(data + end - ENTRY_TRAILER);
        if (length < ENTRY_TRAILER || length > end - start)
            return false;
        struct guided_entry *e = &t->entries[t->entry_count++];
        memcpy(e->guid, data + end - GUID_SIZE, GUID_SIZE);
        e->kind = kind_of(e->guid);
        e->data_at = end - length;
        e->data_size = length - ENTRY_TRAILER;
        end -= length;
    }
    return true;
}

bool guided_table_read(const uint8_t *data, size_t size, struct guided_table *t)
{
    *t = (struct guided_table){0};
    if (size < FOOTER_GUID_FROM_END + 2 ||
        !guid_is(data + size - FOOTER_GUID_FROM_END, footer_guid))
        return false;
    t->present = true;
    /* The length counts the footer's own trailer too. */
    size_t end = size - FOOTER_GUID_FROM_END - 2, total = load_le16(data + end);
    if (total < ENTRY_TRAILER || total - ENTRY_TRAILER > end)
        return true;
    t->sound = walk(data, end - (total - ENTRY_TRAILER), end, t);
    for (size_t i = 0; i < t->entry_count; i++) {
        if (t->entries[i].kind == GUIDED_SEV_METADATA)
            read_metadata(data, size, &t->entries[i], "ASEV", SEV_SECTION, &t->sev);
        if (t->entries[i].kind == GUIDED_TDX_METADATA)
            read_metadata(data, size, &t->entries[i], "TDVF", TDX_SECTION, &t->tdx);
    }
    return true;
}

const struct guided_entry *guided_table_find(const struct guided_table *t, enum guided_kind kind)
{
    for (size_t i = 0; i < t->entry_count; i++) {
        if (t->entries[i].kind == kind)
            return &t->entries[i];
    }
    return NULL;
}

bool guided_table_has(const struct guided_table *t, enum guided_kind kind)
{
    return guided_table_find(t, kind) != NULL;
}
