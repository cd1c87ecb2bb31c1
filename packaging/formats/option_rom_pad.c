/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Padding a ROM to a bucket: fill after the last image, no other byte changes. */
#include "formats/option_rom.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

/* What people pad with. Other bytes, even if all the same, may be somebody's data. */
static bool is_padding(const uint8_t *p, size_t n)
{
    return n == 0 || ((p[0] == 0x00 || p[0] == 0xff) && memcmp(p, p + 1, n - 1) == 0);
}

enum optrom_pad_answer optrom_pad_check(const uint8_t *data, const struct optrom *rom,
                                        uint64_t bucket)
{
    if (!is_bucket(bucket))
        return OPTROM_PAD_BAD_BUCKET;
    if (rom->error_count)
        return OPTROM_PAD_ROM_HAS_ERRORS;
    if (rom->chain_end > bucket)
        return OPTROM_PAD_CHAIN_TOO_LONG;
    if (rom->size > bucket && !is_padding(data + bucket, rom->size - (size_t)bucket))
        return OPTROM_PAD_WOULD_CUT_DATA;
    return OPTROM_PAD_FITS;
}

char *optrom_pad_text(enum optrom_pad_answer answer, const struct optrom *rom, uint64_t bucket,
                      char *buf, size_t n)
{
    switch (answer) {
    case OPTROM_PAD_FITS:
        snprintf(buf, n, "the ROM fits the bucket of %" PRIu64 " bytes", bucket);
        break;
    case OPTROM_PAD_BAD_BUCKET:
        snprintf(buf, n,
                 "%" PRIu64 " is not a bucket (expected a power of two from %" PRIu64 " to %" PRIu64
                 ")",
                 bucket, BUCKET_MIN, BUCKET_MAX);
        break;
    case OPTROM_PAD_ROM_HAS_ERRORS:
        snprintf(buf, n, "the ROM has %zu error%s", rom->error_count, PLURAL(rom->error_count));
        break;
    case OPTROM_PAD_CHAIN_TOO_LONG:
        snprintf(buf, n,
                 "the image chain does not fit the bucket (found %zu bytes, expected at most "
                 "%" PRIu64 ")",
                 rom->chain_end, bucket);
        break;
    case OPTROM_PAD_WOULD_CUT_DATA:
        snprintf(buf, n,
                 "the %zu bytes beyond the bucket of %" PRIu64
                 " are data, not padding (expected all 00 or all FF)",
                 rom->size - (size_t)bucket, bucket);
        break;
    case OPTROM_PAD_WOULD_CHANGE:
        snprintf(buf, n, "with the padding, data after the last image would be read as an image");
        break;
    case OPTROM_PAD_NO_MEMORY:
        snprintf(buf, n, "out of memory");
        break;
    }
    return buf;
}

static bool same_images(const struct optrom *a, const struct optrom *b)
{
    if (a->image_count != b->image_count || a->chain_end != b->chain_end ||
        a->error_count != b->error_count)
        return false;
    for (size_t i = 0; i < a->image_count; i++) {
        if (a->images[i].offset != b->images[i].offset ||
            a->images[i].length != b->images[i].length ||
            a->images[i].code_type != b->images[i].code_type)
            return false;
    }
    return true;
}

enum optrom_pad_answer optrom_pad(const uint8_t *data, const struct optrom *rom, uint8_t *out,
                                  size_t bucket, uint8_t fill)
{
    size_t kept = rom->size < bucket ? rom->size : bucket;
    struct optrom now;

    memmove(out, data, kept);
    memset(out + kept, fill, bucket - kept);
    if (optrom_read(out, bucket, &now) != 0)
        return OPTROM_PAD_NO_MEMORY;
    bool same = same_images(rom, &now);
    optrom_free(&now);
    return same ? OPTROM_PAD_FITS : OPTROM_PAD_WOULD_CHANGE;
}
