/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/lzma.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include <lzma.h>

#include "base/bytes.h"
#include "base/effort.h"
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
    struct failure why;

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
    if (effort_spend(EFFORT_UNPACKED, length, &why) != 0)
        return fail(f, "LZMA data: %s", why.what);
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

/* --- xz, as a stream ------------------------------------------------------------ */

/* What the decoder takes beside the dictionary: liblzma says 32 KiB and a little. */
enum { XZ_BLOCK = 64 * 1024, XZ_OVERHEAD = 1024 * 1024 };

struct xz_reader {
    lzma_stream stream;
    uint64_t dictionary_max;
    xz_pull pull;
    void *arg;
    bool pulled_all, ended;
    uint8_t out[XZ_BLOCK];
};

struct xz_reader *xz_open(uint64_t dictionary_max, xz_pull pull, void *arg)
{
    struct xz_reader *x = xcalloc(1, sizeof *x);

    x->stream = (lzma_stream)LZMA_STREAM_INIT;
    x->dictionary_max = dictionary_max;
    x->pull = pull;
    x->arg = arg;
    if (lzma_stream_decoder(&x->stream, dictionary_max + XZ_OVERHEAD, LZMA_CONCATENATED) == LZMA_OK)
        return x;
    free(x);
    return NULL;
}

/* Of what the decoder would need nearly all is the dictionary, which is 2^n or 2^n + 2^(n-1)
 * bytes: xz file format 1.1.0, 5.3.1. */
static uint64_t dictionary_within(uint64_t memory)
{
    uint64_t size = 4096;

    while (size <= memory / 2)
        size *= 2;
    return size + size / 2 <= memory ? size + size / 2 : size;
}

static int xz_failed(struct xz_reader *x, lzma_ret code, struct failure *f)
{
    if (code == LZMA_MEMLIMIT_ERROR)
        return fail(
            f, "xz asks for too large a dictionary (found %" PRIu64 " bytes, limit %" PRIu64 ")",
            dictionary_within(lzma_memusage(&x->stream)), x->dictionary_max);
    return fail(f, "xz: %s", code == LZMA_FORMAT_ERROR ? "not xz data" : reason(code));
}

int64_t xz_read(struct xz_reader *x, const uint8_t **bytes, struct failure *f)
{
    x->stream.next_out = x->out;
    x->stream.avail_out = sizeof x->out;
    while (!x->ended && x->stream.avail_out == sizeof x->out) {
        if (!x->stream.avail_in && !x->pulled_all) {
            const uint8_t *in = NULL;
            int64_t n = x->pull(x->arg, &in, f);

            if (n < 0)
                return -1;
            x->pulled_all = n == 0;
            x->stream.next_in = in;
            x->stream.avail_in = (size_t)n;
        }
        lzma_ret code = lzma_code(&x->stream, x->pulled_all ? LZMA_FINISH : LZMA_RUN);
        x->ended = code == LZMA_STREAM_END;
        if (code != LZMA_OK && code != LZMA_STREAM_END)
            return xz_failed(x, code, f);
    }
    *bytes = x->out;
    return (int64_t)(sizeof x->out - x->stream.avail_out);
}

void xz_close(struct xz_reader *x)
{
    if (x)
        lzma_end(&x->stream);
    free(x);
}
