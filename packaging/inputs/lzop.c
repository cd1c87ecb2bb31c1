/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The format is described by no document but lzop's own source: src/lzop.c, read_header() and
 * x_decompress() of lzop 1.04. All integers are big endian. */
#include "inputs/lzop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <lzo/lzo1x.h>

#include "base/bytes.h"
#include "base/effort.h"
#include "base/memory.h"

static const uint8_t magic[] = {0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n'};

enum {
    VERSION_LEAST = 0x900,
    VERSION_LONG = 0x940, /* from here on the header has three more fields */
    VERSION_KNOWN = 0x1040,
    HEADER_MAX = 512, /* with the longest name */
    EXTRA_MAX = 1 << 16,
};

enum {
    ADLER32_DATA = 0x1,
    ADLER32_PACKED = 0x2,
    EXTRA_FIELD = 0x40,
    CRC32_DATA = 0x100,
    CRC32_PACKED = 0x200,
    MULTIPART = 0x400,
    FILTER = 0x800,
    CRC32_HEADER = 0x1000,
};

struct lzop {
    const char *name;
    unpack_pull pull;
    void *arg;
    const uint8_t *at; /* what was pulled and not yet used */
    size_t left;
    uint8_t header[HEADER_MAX]; /* as far as its checksum goes */
    size_t header_size;
    uint32_t flags;
    uint8_t *packed, *data;
    uint32_t packed_capacity, data_capacity;
    bool ended;
};

bool is_lzop(const uint8_t *head, size_t size)
{
    return size >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

static int take(struct lzop *z, uint8_t *to, size_t n, struct failure *f)
{
    while (n) {
        if (!z->left) {
            int64_t got = z->pull(z->arg, &z->at, f);

            if (got < 0)
                return -1;
            if (got == 0)
                return fail(f, "%s: lzop: truncated", z->name);
            z->left = (size_t)got;
        }
        size_t some = n < z->left ? n : z->left;
        memcpy(to, z->at, some);
        z->at += some;
        z->left -= some;
        to += some;
        n -= some;
    }
    return 0;
}

static int take_number(struct lzop *z, uint32_t *value, struct failure *f)
{
    uint8_t bytes[4];

    if (take(z, bytes, sizeof bytes, f) != 0)
        return -1;
    *value = load_be32(bytes);
    return 0;
}

/* --- the header ---------------------------------------------------------------------- */

/* The next `n` bytes of the header: at most HEADER_MAX together, which read_header() knows. */
static const uint8_t *take_header(struct lzop *z, size_t n, struct failure *f)
{
    uint8_t *to = z->header + z->header_size;

    if (take(z, to, n, f) != 0)
        return NULL;
    z->header_size += n;
    return to;
}

static uint32_t sum_of(bool crc, const uint8_t *bytes, size_t n)
{
    return crc ? (uint32_t)lzo_crc32(0, bytes, n) : (uint32_t)lzo_adler32(1, bytes, n);
}

static int skip_extra_field(struct lzop *z, struct failure *f)
{
    uint8_t bytes[256];
    uint32_t length, sum;

    if (take_number(z, &length, f) != 0)
        return -1;
    if (length > EXTRA_MAX)
        return fail(f, "%s: lzop: extra field too long (found %" PRIu32 " bytes, limit %d)",
                    z->name, length, EXTRA_MAX);
    while (length) {
        size_t some = length < sizeof bytes ? length : sizeof bytes;

        if (take(z, bytes, some, f) != 0)
            return -1;
        length -= (uint32_t)some;
    }
    return take_number(z, &sum, f);
}

/* Version, version of the library, version needed, method, level; flags. */
static int read_kind(struct lzop *z, bool *is_long, struct failure *f)
{
    const uint8_t *p = take_header(z, 4, f);

    if (!p)
        return -1;
    uint16_t version = load_be16(p), needed = VERSION_LEAST;
    if (version < VERSION_LEAST)
        return fail(f, "%s: lzop: unknown version (found 0x%x, expected at least 0x%x)", z->name,
                    version, VERSION_LEAST);
    *is_long = version >= VERSION_LONG;
    if (!(p = take_header(z, *is_long ? 4 : 1, f)))
        return -1;
    if (*is_long) {
        needed = load_be16(p);
        p += 2;
    }
    if (needed > VERSION_KNOWN)
        return fail(f, "%s: lzop: needs a later version (found 0x%x, known up to 0x%x)", z->name,
                    needed, VERSION_KNOWN);
    if (*p < 1 || *p > 3) /* LZO1X-1, LZO1X-1(15), LZO1X-999: one decompressor for all */
        return fail(f, "%s: lzop: unknown method (found %u, expected 1 to 3)", z->name, *p);
    if (!(p = take_header(z, 4, f)))
        return -1;
    z->flags = load_be32(p);
    if (z->flags & (MULTIPART | FILTER))
        return fail(f, "%s: lzop: %s is not supported", z->name,
                    z->flags & FILTER ? "a filter" : "a file in parts");
    return 0;
}

static int read_header(struct lzop *z, struct failure *f)
{
    uint8_t start[sizeof magic];
    const uint8_t *p;
    uint32_t sum;
    bool is_long = false;

    if (take(z, start, sizeof start, f) != 0)
        return -1;
    if (!is_lzop(start, sizeof start))
        return fail(f, "%s: not compressed with lzop, as it says", z->name);
    if (read_kind(z, &is_long, f) != 0)
        return -1;
    /* Mode, time (its upper half came later), and the length of the name. */
    size_t rest = is_long ? 12 : 8;
    if (!(p = take_header(z, rest + 1, f)) || !take_header(z, p[rest], f) ||
        take_number(z, &sum, f) != 0)
        return -1;
    if (sum_of(z->flags & CRC32_HEADER, z->header, z->header_size) != sum)
        return fail(f, "%s: lzop: damaged header (its checksum differs)", z->name);
    return z->flags & EXTRA_FIELD ? skip_extra_field(z, f) : 0;
}

int lzop_open(const char *name, unpack_pull pull, void *arg, struct lzop **result,
              struct failure *f)
{
    if (lzo_init() != LZO_E_OK)
        return fail(f, "%s: liblzo2 does not work with this compiler", name);
    struct lzop *z = xcalloc(1, sizeof *z);
    *z = (struct lzop){.name = name, .pull = pull, .arg = arg};
    if (read_header(z, f) != 0) {
        lzop_close(z);
        return -1;
    }
    *result = z;
    return 0;
}

/* --- blocks --------------------------------------------------------------------------- */

static void make_room(uint8_t **bytes, uint32_t *capacity, uint32_t want)
{
    if (want <= *capacity)
        return;
    free(*bytes);
    *bytes = xmalloc(want);
    *capacity = want;
}

struct sums {
    uint32_t adler, crc;
};

static int take_sums(struct lzop *z, uint32_t adler, uint32_t crc, struct sums *s,
                     struct failure *f)
{
    if (z->flags & adler && take_number(z, &s->adler, f) != 0)
        return -1;
    return z->flags & crc ? take_number(z, &s->crc, f) : 0;
}

static bool sums_agree(const struct lzop *z, uint32_t adler, uint32_t crc, const struct sums *s,
                       const uint8_t *bytes, size_t n)
{
    return !(z->flags & adler && sum_of(false, bytes, n) != s->adler) &&
           !(z->flags & crc && sum_of(true, bytes, n) != s->crc);
}

static int unpack(struct lzop *z, uint32_t length, uint32_t packed, struct failure *f)
{
    lzo_uint made = length;

    make_room(&z->data, &z->data_capacity, length);
    if (lzo1x_decompress_safe(z->packed, packed, z->data, &made, NULL) != LZO_E_OK ||
        made != length)
        return fail(f, "%s: lzop: damaged (a block does not decompress)", z->name);
    return 0;
}

/* The bytes of a block whose length, not 0, has been read. A block that would not get shorter
 * is stored as it is, without checksums of its packed form. */
static int read_block(struct lzop *z, uint32_t length, const uint8_t **bytes, struct failure *f)
{
    struct sums of_data = {0}, of_packed = {0};
    uint32_t packed;

    if (take_number(z, &packed, f) != 0)
        return -1;
    if (length > LZOP_BLOCK_MAX || packed == 0 || packed > length)
        return fail(f,
                    "%s: lzop: impossible lengths of a block (found %" PRIu32 " in %" PRIu32
                    " bytes, limit %" PRIu32 ")",
                    z->name, length, packed, LZOP_BLOCK_MAX);
    if (take_sums(z, ADLER32_DATA, CRC32_DATA, &of_data, f) != 0 ||
        (packed < length && take_sums(z, ADLER32_PACKED, CRC32_PACKED, &of_packed, f) != 0))
        return -1;
    if (effort_spend(EFFORT_UNPACKED, length, f) != 0)
        return fail(f, "%s: %s", z->name, f->what);
    make_room(&z->packed, &z->packed_capacity, packed);
    if (take(z, z->packed, packed, f) != 0)
        return -1;
    *bytes = z->packed;
    if (packed < length) {
        if (!sums_agree(z, ADLER32_PACKED, CRC32_PACKED, &of_packed, z->packed, packed))
            return fail(f, "%s: lzop: damaged (a checksum differs)", z->name);
        if (unpack(z, length, packed, f) != 0)
            return -1;
        *bytes = z->data;
    }
    if (!sums_agree(z, ADLER32_DATA, CRC32_DATA, &of_data, *bytes, length))
        return fail(f, "%s: lzop: damaged (a checksum differs)", z->name);
    return 0;
}

int64_t lzop_read(struct lzop *z, const uint8_t **bytes, struct failure *f)
{
    uint32_t length;

    if (z->ended)
        return 0;
    if (take_number(z, &length, f) != 0)
        return -1;
    z->ended = length == 0;
    if (length && read_block(z, length, bytes, f) != 0)
        return -1;
    return length;
}

void lzop_close(struct lzop *z)
{
    if (!z)
        return;
    free(z->packed);
    free(z->data);
    free(z);
}
