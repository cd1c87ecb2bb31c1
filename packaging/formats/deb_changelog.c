/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/deb_changelog.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- lines -------------------------------------------------------------------------------- */

struct line {
    const char *text;
    size_t length;
};

static bool next_line(const char *text, size_t size, size_t *offset, struct line *line)
{
    if (*offset >= size)
        return false;
    const char *start = text + *offset, *end = memchr(start, '\n', size - *offset);

    line->text = start;
    line->length = end ? (size_t)(end - start) : size - *offset;
    *offset += line->length + (end != NULL);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_version_character(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr(".+~:-", c));
}

/* "edk2 (2022.11-6) unstable; urgency=medium" */
static bool take_head(const struct line *line, char version[CHANGELOG_VERSION_SIZE])
{
    const char *open = memchr(line->text, '(', line->length);

    if (!line->length || line->text[0] == ' ' || line->text[0] == '\t' || !open ||
        open == line->text || open[-1] != ' ')
        return false;
    size_t left = line->length - (size_t)(open + 1 - line->text);
    const char *close = memchr(open + 1, ')', left);
    size_t length = close ? (size_t)(close - open - 1) : 0;
    if (!length || length >= CHANGELOG_VERSION_SIZE)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_version_character(open[1 + i]))
            return false;
    }
    memcpy(version, open + 1, length);
    version[length] = '\0';
    return true;
}

/* " -- NAME <ADDRESS>  Sat, 08 Nov 2025 11:06:17 -0700" */
static bool take_tail(const struct line *line, char date[CHANGELOG_DATE_SIZE])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char rest[64], name[4];
    unsigned day, year;

    if (line->length < 4 || memcmp(line->text, " -- ", 4) != 0)
        return false;
    const char *mark = memrchr(line->text, '>', line->length);
    size_t length = mark ? line->length - (size_t)(mark + 1 - line->text) : 0;
    if (length >= sizeof rest)
        length = 0;
    if (length)
        memcpy(rest, mark + 1, length);
    rest[length] = '\0';
    date[0] = '\0';
    if (sscanf(rest, " %*3[A-Za-z], %2u %3[A-Za-z] %4u", &day, name, &year) != 3)
        return true;
    const char *month = strlen(name) == 3 ? strstr(months, name) : NULL;
    unsigned number = month ? (unsigned)(month - months) / 3 + 1 : 0;
    if (month && (month - months) % 3 == 0 && number <= 12)
        snprintf(date, CHANGELOG_DATE_SIZE, "%04u-%02u-%02u", year % 10000, number % 100,
                 day % 100);
    return true;
}

bool changelog_next(const char *text, size_t size, size_t *offset, struct changelog_entry *entry)
{
    char next[CHANGELOG_VERSION_SIZE] = "";
    struct line line;
    bool inside = false;
    size_t before;

    while (before = *offset, next_line(text, size, offset, &line)) {
        if (inside && take_tail(&line, entry->date))
            return true;
        if (!take_head(&line, inside ? next : entry->version)) {
            if (inside)
                entry->length = (size_t)(line.text + line.length - entry->text);
            continue;
        }
        /* An entry whose end is missing ends where the next one begins. */
        if (inside) {
            *offset = before;
            return true;
        }
        inside = true;
        entry->text = text + *offset;
        entry->length = 0;
        entry->date[0] = '\0';
    }
    return inside;
}

/* --- CVE numbers ------------------------------------------------------------------------- */

bool cve_next(const char *text, size_t size, size_t *offset, char cve[CVE_SIZE])
{
    enum { YEAR_END = 9 }; /* of "CVE-2024-" */

    for (; *offset < size && size - *offset > YEAR_END; ++*offset) {
        const char *p = text + *offset;
        size_t left = size - *offset, length = YEAR_END;

        if (memcmp(p, "CVE-", 4) != 0 || p[8] != '-' || !is_digit(p[4]) || !is_digit(p[5]) ||
            !is_digit(p[6]) || !is_digit(p[7]))
            continue;
        while (length < left && length < CVE_SIZE - 1 && is_digit(p[length]))
            length++;
        /* At least four digits; patches are named after the first one or two of them. */
        if (length < YEAR_END + 4)
            continue;
        memcpy(cve, p, length);
        cve[length] = '\0';
        *offset += length;
        return true;
    }
    *offset = size;
    return false;
}

/* --- versions -------------------------------------------------------------------------------- */

/* A tilde sorts before the end, the end before letters, and letters before all else. */
static int rank(char c)
{
    if (c == '~')
        return -1;
    if (!c || is_digit(c))
        return 0;
    return isalpha((unsigned char)c) ? c : c + 256;
}

static int compare_part(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t i = 0, k = 0;

    while (i < a_length || k < b_length) {
        while ((i < a_length && !is_digit(a[i])) || (k < b_length && !is_digit(b[k]))) {
            int x = rank(i < a_length ? a[i] : '\0'), y = rank(k < b_length ? b[k] : '\0');

            if (x != y)
                return x - y;
            i += i < a_length;
            k += k < b_length;
        }
        while (i < a_length && a[i] == '0')
            i++;
        while (k < b_length && b[k] == '0')
            k++;
        size_t x = i, y = k;
        while (x < a_length && is_digit(a[x]))
            x++;
        while (y < b_length && is_digit(b[y]))
            y++;
        /* More digits are a larger number. */
        int order = x - i != y - k ? (x - i > y - k ? 1 : -1) : memcmp(a + i, b + k, x - i);
        if (order)
            return order;
        i = x;
        k = y;
    }
    return 0;
}

int deb_version_compare(const char *a, const char *b)
{
    const char *a_colon = strchr(a, ':'), *b_colon = strchr(b, ':');
    int order = compare_part(a, a_colon ? (size_t)(a_colon - a) : 0, b,
                             b_colon ? (size_t)(b_colon - b) : 0);

    if (order)
        return order;
    a = a_colon ? a_colon + 1 : a;
    b = b_colon ? b_colon + 1 : b;
    const char *a_dash = strrchr(a, '-'), *b_dash = strrchr(b, '-');
    size_t a_length = a_dash ? (size_t)(a_dash - a) : strlen(a);
    size_t b_length = b_dash ? (size_t)(b_dash - b) : strlen(b);
    order = compare_part(a, a_length, b, b_length);
    if (order)
        return order;
    a = a_dash ? a_dash + 1 : "";
    b = b_dash ? b_dash + 1 : "";
    return compare_part(a, strlen(a), b, strlen(b));
}
