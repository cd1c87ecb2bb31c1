/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a firmware volume with files and sections, and as an image with a GUIDed table. */
#include <stdint.h>
#include <stdlib.h>

#include "formats/firmware_file.h"
#include "formats/guided_table.h"
#include "target.h"

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void walk_sections(const uint8_t *data, size_t size)
{
    struct section_walk walk;
    struct section s;

    section_walk_init(&walk, data, size);
    while (section_next(&walk, &s)) {
        must(s.body >= data && s.size <= (size_t)(data + size - s.body));
        section_machine(&s);
        section_name_is(&s, "Shell");
    }
}

int try_input(const uint8_t *data, size_t size)
{
    struct guided_table table;
    struct fv_header header;
    struct ffs_walk walk;
    struct ffs_file file;
    char text[FV_DEFECT_TEXT_MAX];

    if (guided_table_read(data, size, &table)) {
        for (size_t i = 0; i < table.entry_count; i++)
            must(table.entries[i].data_at + table.entries[i].data_size <= size);
        for (size_t i = 0; i < table.entry_count; i++)
            must(guided_kind_name(table.entries[i].kind) != NULL &&
                 guided_table_has(&table, table.entries[i].kind));
    }
    walk_sections(data, size);
    if (fv_read(data, size, &header) == FV_CUT)
        return 0;
    fv_defect_text(&header, size, text);
    /* Files are walked whatever the header's checksum says. */
    header.length = size;
    if (header.header_length > size)
        header.header_length = 0;
    ffs_walk_init(&walk, data, &header);
    while (ffs_next(&walk, &file)) {
        must(file.body >= data && file.size <= (size_t)(data + size - file.body));
        walk_sections(file.body, file.size);
    }
    return 0;
}
