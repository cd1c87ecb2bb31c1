/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an archive: entries are peeked at, taken or left, by the parity of their
 * number. Limits are small, so that a bomb costs no time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/deb_control.h"
#include "inputs/archive.h"
#include "inputs/unstream.h"
#include "target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__asan_default_options(void);

/* Freed memory counts as in use while ASan keeps it from being used again, 256 MiB by
 * default; decoders free megabytes for each input. */
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=16";
}

/* libarchive reserves as many bytes as a cpio header says that a name has, before it looks
 * whether they are there. What is not touched costs nothing: here memory in use counts,
 * which libFuzzer holds to its own limit still. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char limit[] = "-malloc_limit_mb=8192";
    char **more = calloc((size_t)*argc + 2, sizeof *more);

    if (!more)
        abort();
    memcpy(more, *argv, (size_t)*argc * sizeof *more);
    more[(*argc)++] = limit;
    *argv = more;
    return 0;
}

/* A log that was compressed. */
static void read_text(const uint8_t *data, size_t size)
{
    enum { LIMIT = 64 << 10 };
    struct failure f = {0};
    char *text;
    size_t length;

    if (unstream_bytes("fuzz", data, size, LIMIT, &text, &length, &f) != 0) {
        if (!f.what[0])
            abort();
        return;
    }
    if (length > LIMIT || text[length])
        abort();
    free(text);
}

int try_input(const uint8_t *data, size_t size)
{
    static const struct unpack_limits limits = {
        .entry = 64 << 10, .entries = 100, .total = 1 << 20, .header = 128 << 10};
    struct failure f;
    struct unpacker *u;
    struct unpacked e;
    struct deb_control control;

    read_text(data, size);
    if (unpacker_open_memory("fuzz", data, size, &limits, &u, &f) != 0)
        return 0;
    for (unsigned i = 0; unpacker_next(u, &e, &f) > 0; i++) {
        const uint8_t *start;
        uint8_t *bytes;
        size_t n;

        if (strlen(e.name) == 0)
            abort();
        if (i % 2 == 0 && unpacker_peek(u, 2, &start, &n, &f) == 0 && n > 2)
            abort();
        if (i % 3 != 2 && unpacker_take(u, &bytes, &n, &f) == 0) {
            if (n > limits.entry)
                abort();
            deb_control_parse("fuzz", bytes, n, &control, &f);
            free(bytes);
        }
    }
    unpacker_close(u);
    return 0;
}
