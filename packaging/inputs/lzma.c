/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/lzma.h"

#include <inttypes.h>
#include <stdlib.h>

#include <lzma.h>

#include "base/bytes.h"
#include "base/memory.h"

enum { LENGTH_AT = 5, HEADER_SIZE = 13 };

static const char *reason(lzma_ret code)
{
    switch (code) {
    case LZMA_MEMLIMIT_ERROR:
        return "needs more memory than is allowed";
    case LZMA_MEM_ERROR:
        return "out of memory";
    case LZMA_FORMAT_ERROR:
    case LZMA_OPTIONS_ERROR:
        return "not LZMA data";
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return "cut off";
    default:
        return "damaged";
    }
}

int lzma_decode(const uint8_t *data, size_t size, uint64_t limit, uint8_t **out, size_t *out_size,
                struct failure *f)
{
    lzma_stream stream = LZMA_STREAM_INIT;

    if (size < HEADER_SIZE)
        return fail(f, "LZMA data: cut off (found %zu bytes, expected at least %d)", size,
                    HEADER_SIZE);
    uint64_t length = load_le64(data + LENGTH_AT);
    if (limit > LZMA_OUTPUT_MAX)
        limit = LZMA_OUTPUT_MAX;
    /* Without a length it would be UINT64_MAX: edk2 always writes one. */
    if (length > limit)
        return fail(f,
                    "LZMA data: too large (found %" PRIu64 " bytes, expected at most %" PRIu64 ")",
                    length, limit);
    lzma_ret code = lzma_alone_decoder(&stream, LZMA_MEMORY_MAX);
    if (code != LZMA_OK)
        return fail(f, "LZMA data: %s", reason(code));
    uint8_t *bytes = xmalloc((size_t)length + 1);
    stream.next_in = data;
    stream.avail_in = size;
    stream.next_out = bytes;
    stream.avail_out = (size_t)length;
    do
        code = lzma_code(&stream, LZMA_FINISH);
    while (code == LZMA_OK && stream.avail_out && stream.avail_in);
    /* Padding of the section may follow the data; what counts is that all came out. */
    size_t made = (size_t)length - stream.avail_out;
    lzma_end(&stream);
    if (made != length || (code != LZMA_OK && code != LZMA_STREAM_END)) {
        free(bytes);
        return fail(f, "LZMA data: %s (found %zu bytes of %" PRIu64 ")", reason(code), made,
                    length);
    }
    *out = bytes;
    *out_size = made;
    return 0;
}
