/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool size_parse(const char *text, uint64_t *size)
{
    unsigned shift = 0;
    char *end;

    /* strtoull() would take blanks and a sign. */
    if (!isdigit((unsigned char)text[0]))
        return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (hex && !isxdigit((unsigned char)text[2]))
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, &end, hex ? 16 : 10);
    if (errno)
        return false;
    if (*end) {
        switch (toupper((unsigned char)*end)) {
        case 'K':
            shift = 10;
            break;
        case 'M':
            shift = 20;
            break;
        case 'G':
            shift = 30;
            break;
        default:
            return false;
        }
        end++;
        if (*end && strcmp(end, "iB") != 0 && strcmp(end, "B") != 0)
            return false;
    }
    if (n > UINT64_MAX >> shift)
        return false;
    *size = (uint64_t)n << shift;
    return true;
}

char *size_format(uint64_t size, char text[SIZE_TEXT_MAX])
{
    static const char units[] = "KMG";
    int unit = -1;
    uint64_t n = size;

    while (n && n % 1024 == 0 && unit < 2) {
        n /= 1024;
        unit++;
    }
    if (unit < 0)
        snprintf(text, SIZE_TEXT_MAX, "%" PRIu64, size);
    else
        snprintf(text, SIZE_TEXT_MAX, "%" PRIu64 "%c", n, units[unit]);
    return text;
}

bool is_power_of_two(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

uint64_t power_of_two_ceiling(uint64_t n)
{
    uint64_t p = 1;

    while (p && p < n)
        p <<= 1;
    return p;
}

bool is_bucket(uint64_t size)
{
    return is_power_of_two(size) && size >= BUCKET_MIN && size <= BUCKET_MAX;
}
