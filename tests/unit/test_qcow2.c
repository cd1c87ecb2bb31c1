/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which qcow2 files may be read: those that touch no other file. */
#include <stdlib.h>

#include "formats/qcow2.h"

#include "tap.h"

enum { HEADER = 104, LIMIT = 1 << 20 };

static void store_be(uint8_t *p, size_t bytes, uint64_t value)
{
    while (bytes--) {
        p[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

static void make_header(uint8_t header[HEADER])
{
    memset(header, 0, HEADER);
    memcpy(header, "QFI\xfb", 4);
    store_be(header + 4, 4, 3);
    store_be(header + 20, 4, 16);
    store_be(header + 24, 8, 540672);
    store_be(header + 96, 4, 4);
    store_be(header + 100, 4, HEADER);
}

/* From a heap copy of that size, so that sanitizers see every step beyond. */
static int read_size(const uint8_t *header, size_t size, uint64_t *found, struct failure *f)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, header, size);
    int result = qcow2_virtual_size("q", copy, size, LIMIT, found, f);
    free(copy);
    return result;
}

int main(void)
{
    static const struct {
        size_t at, bytes;
        uint64_t value;
        const char *what;
    } rows[] = {
        {4, 4, 1, "another version (found 1, expected 2 or 3)"},
        {4, 4, 4, "another version (found 4"},
        {8, 8, 0x70, "lies over another file"},
        {16, 4, 9, "lies over another file"},
        {20, 4, 8, "impossible clusters (found 2^8 bytes)"},
        {20, 4, 22, "impossible clusters"},
        {24, 8, 0, "impossible size (found 0 bytes"},
        {24, 8, LIMIT + 1, "impossible size (found 1048577 bytes, expected at most 1048576)"},
        {24, 8, UINT64_MAX, "impossible size"},
        {32, 4, 1, "encrypted"},
        {32, 4, 2, "encrypted"},
        {72, 8, 4, "data is in another file"},
        {72, 8, 1ULL << 5, "feature that is not known (found 0x20)"},
        {72, 8, 1ULL << 63, "feature that is not known"},
    };
    uint8_t header[HEADER];
    struct failure f;
    uint64_t size = 7;

    make_header(header);
    ok(read_size(header, HEADER, &size, &f) == 0 && size == 540672, "a plain file has a size");
    store_be(header + 72, 8, 0x1b);
    ok(read_size(header, HEADER, &size, &f) == 0, "features that stay inside the file are taken");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_header(header);
        store_be(header + rows[i].at, rows[i].bytes, rows[i].value);
        size = 7;
        ok(read_size(header, HEADER, &size, &f) == -1 && size == 7 && strstr(f.what, rows[i].what),
           "a header whose field at %d is 0x%llx is refused: %s", (int)rows[i].at,
           (unsigned long long)rows[i].value, rows[i].what);
    }
    make_header(header);
    size_t cut = 0;
    while (cut < HEADER && read_size(header, cut, &size, &f) == -1 && strstr(f.what, "cut off"))
        cut++;
    is_int(cut, HEADER, "a header cut anywhere is refused");
    store_be(header + 4, 4, 2);
    store_be(header + 72, 8, 4);
    ok(read_size(header, 72, &size, &f) == 0, "version 2 ends before the features");
    ok(is_qcow2(header, 4) && !is_qcow2(header, 3) && !is_qcow2((const uint8_t *)"QFI", 4),
       "four bytes tell what it is");
    return tap_done();
}
