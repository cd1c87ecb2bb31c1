/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hex.h"

char *hex_encode(const uint8_t *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

static int value_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(const char *text, size_t digits, uint8_t *out)
{
    if (digits % 2)
        return false;
    for (size_t i = 0; i < digits; i += 2) {
        int high = value_of(text[i]), low = high < 0 ? -1 : value_of(text[i + 1]);

        if (low < 0)
            return false;
        *out++ = (uint8_t)(high << 4 | low);
    }
    return true;
}
