/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine type names and versions: the only place that takes them apart. */
#include "collection.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A word is printable ASCII but for the blank; '#' starts a comment. */
const unsigned char byte_class[256] = {
    ['!' ... '#' - 1] = BYTE_WORD,  ['#' + 1 ... '+' - 1] = BYTE_WORD,
    ['+'] = BYTE_WORD | BYTE_PLUS,  ['+' + 1 ... '/' - 1] = BYTE_WORD,
    ['/'] = BYTE_WORD | BYTE_SLASH, ['/' + 1 ... '~'] = BYTE_WORD,
};

int romcompat_version_parse(const char *text, size_t length, struct romcompat_version *version)
{
    struct romcompat_version v = {0};
    size_t at = 0;

    if (!text || !version)
        return ROMCOMPAT_E_ARGUMENT;
    for (;;) {
        size_t start = at;
        uint32_t number = 0;

        while (at < length && is_digit(text[at])) {
            number = number * 10 + (uint32_t)(text[at++] - '0');
            if (number > UINT16_MAX)
                return ROMCOMPAT_E_VERSION;
        }
        /* A leading zero would make two spellings of one machine type. */
        if (at == start || (text[start] == '0' && at - start > 1) ||
            v.parts == ROMCOMPAT_VERSION_PARTS)
            return ROMCOMPAT_E_VERSION;
        v.part[v.parts++] = (uint16_t)number;
        if (at == length)
            break;
        if (text[at++] != '.')
            return ROMCOMPAT_E_VERSION;
    }
    /* `pc-i440fx-rhel7` or `noble-v2` end in a number that is no version. */
    if (v.parts < 2)
        return ROMCOMPAT_E_VERSION;
    *version = v;
    return ROMCOMPAT_OK;
}

uint64_t version_number(const struct romcompat_version *version)
{
    uint64_t number = 0;

    for (int i = 0; i < ROMCOMPAT_VERSION_PARTS; i++)
        number = number << 16 | version->part[i];
    return number;
}

int romcompat_version_compare(const struct romcompat_version *a, const struct romcompat_version *b)
{
    uint64_t x = version_number(a), y = version_number(b);

    return (x > y) - (x < y);
}

int romcompat_machine_parse(const char *text, struct romcompat_machine *machine)
{
    struct romcompat_machine m = {.name = text};

    if (!text || !machine)
        return ROMCOMPAT_E_ARGUMENT;
    /* Proxmox adds "+pveN" to any name and keeps the machine as it is. */
    while (byte_class[(unsigned char)text[m.name_length]] == BYTE_WORD) {
        if (m.name_length++ == ROMCOMPAT_MAX_NAME)
            return ROMCOMPAT_E_NAME;
    }
    if (m.name_length == 0 || (text[m.name_length] && text[m.name_length] != '+'))
        return ROMCOMPAT_E_NAME;

    size_t start = m.name_length;
    while (start > 0 && (is_digit(text[start - 1]) || text[start - 1] == '.'))
        start--;
    size_t family = start > 0 && text[start - 1] == '-' ? start - 1 : start;
    if (family > 0 && text[family - 1] != '-' &&
        romcompat_version_parse(text + start, m.name_length - start, &m.version) == ROMCOMPAT_OK)
        m.family_length = family;
    *machine = m;
    return ROMCOMPAT_OK;
}
