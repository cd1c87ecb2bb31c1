/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

size_t utf8_take(const char *bytes, size_t size, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)bytes;
    size_t length;

    if (!size)
        return 0;
    length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (!length || length > size || p[0] > 0xf4)
        return 0;
    uint32_t all = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        all = all << 6 | (p[i] & 0x3f);
    }
    /* Longer than need be, surrogates, beyond the last. */
    if (all < least[length] || (all >= 0xd800 && all <= 0xdfff) || all > 0x10ffff)
        return 0;
    *c = all;
    return length;
}

size_t utf8_put(uint32_t c, char bytes[4])
{
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    char *to = bytes;

    *to++ = (char)(more ? (0xf0u << (3 - more)) | c >> 6 * more : c);
    while (more-- > 0)
        *to++ = (char)(0x80 | ((c >> 6 * more) & 0x3f));
    return (size_t)(to - bytes);
}

bool utf8_is(const char *bytes, size_t size)
{
    uint32_t c;

    for (size_t at = 0, step; at < size; at += step) {
        step = utf8_take(bytes + at, size - at, &c);
        if (!step)
            return false;
    }
    return true;
}

bool utf8_is_shown(uint32_t c)
{
    /* Unicode 15: categories Cc, Cf, Zl and Zp, and noncharacters of the first plane. */
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x180e, 0x180e},
        {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0xfdd0, 0xfdef},
        {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
        {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
        {0xe0001, 0xe007f},
    };

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (c >= hidden[i].first && c <= hidden[i].last)
            return false;
    }
    return true;
}
