/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/xl_list.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_LENGTH = XL_UUID_SIZE - 1, STATE_LENGTH = 6, STATE_SHUT = 3, STATE_DYING = 5 };

static bool is_uuid(const char *text)
{
    for (int i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

static void take_uuid(const char *text, char uuid[XL_UUID_SIZE])
{
    for (int i = 0; i < UUID_LENGTH; i++)
        uuid[i] = (char)tolower((unsigned char)text[i]);
    uuid[UUID_LENGTH] = '\0';
}

bool xl_uuid_read(const char *text, char uuid[XL_UUID_SIZE])
{
    if (strlen(text) != UUID_LENGTH || !is_uuid(text))
        return false;
    take_uuid(text, uuid);
    return true;
}

/* The word before *end in text[0, *end), which then ends before it. NULL: there is none. */
static const char *word_before(const char *text, size_t *end, size_t *length)
{
    size_t n = *end;

    while (n && text[n - 1] == ' ')
        n--;
    *end = n;
    while (n && text[n - 1] != ' ')
        n--;
    *length = *end - n;
    *end = n;
    return *length ? text + n : NULL;
}

static bool read_number(const char *word, size_t length, int base, unsigned *number)
{
    unsigned long long value;
    char digits[12], *end;

    if (!length || length >= sizeof digits || !isxdigit((unsigned char)word[0]))
        return false;
    memcpy(digits, word, length);
    digits[length] = '\0';
    value = strtoull(digits, &end, base);
    *number = (unsigned)value;
    return *end == '\0' && value <= UINT32_MAX;
}

/* A name may hold blanks, and even a UUID: so what is behind it is read from the end. */
static bool read_before(const char *line, size_t end, struct xl_domain *d)
{
    size_t length;
    const char *word = word_before(line, &end, &length); /* seconds */

    word = word ? word_before(line, &end, &length) : NULL;
    if (!word || length != STATE_LENGTH || word[STATE_DYING] == 'd')
        return false;
    d->has_shut_down = word[STATE_SHUT] == 's';
    for (int i = 0; word && i < 3; i++) /* virtual CPUs, memory, number */
        word = word_before(line, &end, &length);
    if (!word || !read_number(word, length, 10, &d->id))
        return false;
    while (end && line[end - 1] == ' ')
        end--;
    d->name = line;
    d->name_length = end;
    return end > 0;
}

static bool read_line(const char *line, size_t length, struct xl_domain *d)
{
    size_t at = length;
    const char *word;

    *d = (struct xl_domain){0};
    for (at = length < UUID_LENGTH ? 0 : length - UUID_LENGTH; at > 0; at--) {
        if (line[at - 1] == ' ' && is_uuid(line + at))
            break;
    }
    if (!at || !read_before(line, at, d))
        return false;
    take_uuid(line + at, d->uuid);
    word = line + at + UUID_LENGTH;
    while (word < line + length && *word == ' ')
        word++;
    size_t n = 0;
    while (word + n < line + length && word[n] != ' ')
        n++;
    return !d->has_shut_down || read_number(word, n, 16, &d->reason);
}

bool xl_list_next(const char **at, struct xl_domain *domain)
{
    while (**at) {
        const char *line = *at;
        size_t length = strcspn(line, "\n");

        *at = line + length + (line[length] == '\n');
        if (read_line(line, length, domain))
            return true;
    }
    return false;
}
