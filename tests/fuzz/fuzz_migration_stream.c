/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "formats/libvirt_save.h"
#include "formats/migration_stream.h"
#include "target.h"

/* The first byte says how many bytes the reader gets at a time: what it answers must not
 * depend on that. */
static enum migration_answer feed(const uint8_t *data, size_t size, size_t piece,
                                  struct migration_stream *s)
{
    enum migration_answer answer;
    struct failure f = {0};
    uint64_t before;

    migration_stream_begin(s, "x", 0);
    do {
        before = s->position;
        if (s->position >= size) {
            answer = migration_stream_cut(s, &f);
            break;
        }
        size_t n = size - (size_t)s->position < piece ? size - (size_t)s->position : piece;
        answer = migration_stream_feed(s, data + s->position, n, &f);
        if (answer == MIGRATION_MORE && s->position < before + n)
            abort();
    } while (answer == MIGRATION_MORE);
    if (answer == MIGRATION_BAD && (!f.what[0] || memchr(f.what, '\0', sizeof f.what) == NULL))
        abort();
    if (s->block_count > MIGRATION_BLOCKS_MAX)
        abort();
    return answer;
}

int try_input(const uint8_t *data, size_t size)
{
    struct migration_stream whole, parts;
    struct libvirt_save save;
    struct failure f;

    if (libvirt_save_read("x", data, size, &save, &f) == 0 &&
        (save.stream_offset < LIBVIRT_SAVE_HEADER || save.xml_length > save.data_length))
        abort();
    if (size < 1)
        return 0;
    size_t piece = data[0] + 1u;
    if (feed(data + 1, size - 1, size, &whole) != feed(data + 1, size - 1, piece, &parts) ||
        whole.block_count != parts.block_count)
        abort();
    for (size_t i = 0; i < whole.block_count; i++)
        if (strcmp(whole.blocks[i].name, parts.blocks[i].name) != 0 ||
            whole.blocks[i].length != parts.blocks[i].length)
            abort();
    migration_stream_end(&whole);
    migration_stream_end(&parts);
    return 0;
}
