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

/* A disk of two clusters of 512 bytes: header, L1 table, L2 table, the two. */
static void test_whole(void)
{
    enum { CLUSTER = 512, L1 = CLUSTER, L2 = 2 * CLUSTER, DATA = 3 * CLUSTER, ALL = 5 * CLUSTER };
    uint8_t file[ALL] = {0};
    struct failure f;

    make_header(file);
    store_be(file + 20, 4, 9);
    store_be(file + 24, 8, 2 * CLUSTER);
    store_be(file + 36, 4, 1);
    store_be(file + 40, 8, L1);
    store_be(file + L1, 8, UINT64_C(1) << 63 | L2);
    store_be(file + L2, 8, UINT64_C(1) << 63 | DATA);
    store_be(file + L2 + 8, 8, DATA + CLUSTER);
    ok(qcow2_is_whole("q", file, ALL, &f) == 0, "a file with all of its clusters is whole");
    ok(qcow2_is_whole("q", file, ALL - 1, &f) == 0, "the last may end with the file");
    for (size_t size = HEADER; size <= DATA + CLUSTER; size += 8)
        if (qcow2_is_whole("q", file, size, &f) == 0 || !strstr(f.what, "cut off"))
            ok(false, "cut off at %zu, it is not", size);
    ok(true, "cut off before that, it is not");
    store_be(file + L2 + 8, 8, UINT64_C(1) << 62 | UINT64_C(2) << 54 | ALL);
    ok(qcow2_is_whole("q", file, ALL, &f) != 0, "nor with a compressed cluster behind its end");
    store_be(file + L2 + 8, 8, UINT64_C(1) << 62 | UINT64_C(2) << 61 | (ALL - 1));
    ok(qcow2_is_whole("q", file, ALL, &f) == 0, "how long that is is not in its offset");
    /* Tables that the disk does not need: an L1 of 2^32 entries costs nothing. */
    store_be(file + 36, 4, UINT32_MAX);
    ok(qcow2_is_whole("q", file, ALL, &f) == 0, "entries beyond the disk are not read");
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
        {8, 8, 0x70, "with a backing file"},
        {16, 4, 9, "with a backing file"},
        {20, 4, 8, "impossible clusters (found 2^8 bytes)"},
        {20, 4, 22, "impossible clusters"},
        {24, 8, 0, "impossible size (found 0 bytes"},
        {24, 8, LIMIT + 1, "impossible size (found 1048577 bytes, expected at most 1048576)"},
        {24, 8, UINT64_MAX, "impossible size"},
        {32, 4, 1, "encrypted"},
        {32, 4, 2, "encrypted"},
        {72, 8, 4, "data is in another file"},
        {72, 8, 1ULL << 1, "marked as corrupt"},
        {72, 8, 1ULL << 5, "feature that is not known (found 0x20)"},
        {72, 8, 1ULL << 63, "feature that is not known"},
    };
    uint8_t header[HEADER];
    struct failure f;
    uint64_t size = 7;

    make_header(header);
    ok(read_size(header, HEADER, &size, &f) == 0 && size == 540672, "a plain file has a size");
    store_be(header + 72, 8, 0x19);
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
    test_whole();
    return tap_done();
}
