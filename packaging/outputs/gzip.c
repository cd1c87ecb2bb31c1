/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/gzip.h"

#include <zlib.h>

#include "base/memory.h"

uint8_t *gzip_bytes(const void *data, size_t size, size_t *out_size)
{
    z_stream z = {0};
    uint8_t *out = NULL;

    /* 15 bits of window, + 16 for the gzip wrapper, whose time is 0 unless asked for. */
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
        uLong room = deflateBound(&z, (uLong)size);

        out = xmalloc(room);
        z.next_in = (Bytef *)data;
        z.avail_in = (uInt)size;
        z.next_out = out;
        z.avail_out = (uInt)room;
        deflate(&z, Z_FINISH); /* cannot fail: there is room for all of it */
        *out_size = z.total_out;
        deflateEnd(&z);
    } else {
        give_up("out of memory"); /* nothing else can be missing */
    }
    return out;
}
