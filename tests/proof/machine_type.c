/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions and machine type names: resolver/machine.c. */
#include "proof.h"

#include <stdlib.h>

#include "machine.c"

static struct romcompat_version any_version(void)
{
    struct romcompat_version v = {.parts = nondet_u32()};

    assume(v.parts >= 2 && v.parts <= ROMCOMPAT_VERSION_PARTS);
    for (uint32_t i = 0; i < v.parts; i++)
        v.part[i] = nondet_u16();
    return v;
}

/* Number by number, as the header says it. */
static int order(const struct romcompat_version *a, const struct romcompat_version *b)
{
    for (int i = 0; i < ROMCOMPAT_VERSION_PARTS; i++) {
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    }
    return 0;
}

/*
 * proof compare: versions are ordered number by number, and what is not written counts as 0; any two versions
 * options: --unwind 6
 * mutation: resolver/machine.c s/number << 16 | version->part\[i\]/number << 8 | version->part[i]/
 * mutation: resolver/machine.c s/i < ROMCOMPAT_VERSION_PARTS/i < (int)version->parts/
 */
void prove_compare(void)
{
    struct romcompat_version a = any_version(), b = any_version();

    must(romcompat_version_compare(&a, &b) == order(&a, &b));
    must((version_number(&a) <= version_number(&b)) == (order(&a, &b) <= 0));
}

/* What romcompat.h says of a version's text, as a machine that sees a byte at a time. */
static bool is_version(const char *text, size_t length, struct romcompat_version *v)
{
    uint32_t number = 0, digits = 0, parts = 0;
    bool is_good = true;

    *v = (struct romcompat_version){0};
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] >= '0' && text[i] <= '9') {
            is_good = is_good && !(digits && number == 0);
            number = number * 10 + (uint32_t)(text[i] - '0');
            is_good = is_good && number <= 65535;
            digits++;
        } else {
            is_good = is_good && digits && parts < 4 && (i == length || text[i] == '.');
            if (!is_good)
                return false;
            v->part[parts++] = (uint16_t)number;
            number = digits = 0;
        }
        if (!is_good)
            return false;
    }
    v->parts = parts;
    return parts >= 2;
}

/*
 * proof version: two to four numbers of at most 65535, without leading zeros, and nothing else; no byte behind the text is read; texts of up to 7 bytes
 * options: --unwind 9
 * mutation: resolver/machine.c s/text\[start\] == '0' && at - start > 1/text[start] == 'x'/
 * mutation: resolver/machine.c s/while (at < length && is_digit/while (at <= length \&\& is_digit/
 * mutation: resolver/machine.c s/number > UINT16_MAX/number >= UINT16_MAX/
 * mutation: resolver/machine.c s/v\.parts == ROMCOMPAT_VERSION_PARTS/v.parts == 3/
 * mutation: resolver/machine.c s/if (v\.parts < 2)/if (v.parts < 1)/
 */
void prove_version(void)
{
    size_t length = nondet_size();
    struct romcompat_version read = {.parts = 77}, expected;

    assume(length <= 7);
    char *text = malloc(length);
    assume(text != NULL);
    bool is_read = romcompat_version_parse(text, length, &read) == ROMCOMPAT_OK;
    must(is_read == is_version(text, length, &expected));
    must(read.parts == (is_read ? expected.parts : 77));
    if (is_read)
        must(order(&read, &expected) == 0);
}

/* For romcompat_machine_parse(): any answer, of which it is kept what was asked. */
static const char *asked;
static size_t asked_length;
static struct romcompat_version answered;
static bool is_answered;

int parse_any_version(const char *text, size_t length, struct romcompat_version *version)
{
    must(length == 0 || __CPROVER_r_ok(text, length));
    asked = text;
    asked_length = length;
    is_answered = nondet_bool();
    if (!is_answered)
        return ROMCOMPAT_E_VERSION;
    assume(length > 0);
    *version = answered = any_version();
    return ROMCOMPAT_OK;
}

/* cbmc takes a range in an initialiser for its first byte: the table once more, as romcompat.h
 * has it. */
static void write_byte_class(void)
{
    unsigned char *table = (unsigned char *)byte_class;

    for (int i = 0; i < 256; i++) {
        table[i] = i > ' ' && i < 0x7f && i != '#' ? BYTE_WORD : 0;
        if (i == '+')
            table[i] |= BYTE_PLUS;
        if (i == '/')
            table[i] |= BYTE_SLASH;
    }
}

/*
 * proof machine: name, family and version lie in the text one behind the other, nothing is read behind its end, and a refusal leaves the answer as it was; names of up to 12 bytes, whatever is a version
 * options: --unwind 15 --unwindset write_byte_class.0:257
 * replace: romcompat_version_parse:parse_any_version
 * mutation: resolver/machine.c s/start > 0 && text\[start - 1\] == '-' ? start - 1 : start/start/
 * mutation: resolver/machine.c s/while (start > 0 && (is_digit/while ((is_digit/
 * mutation: resolver/machine.c s/if (m\.name_length == 0 ||/if (/
 * mutation: resolver/machine.c s/m\.family_length = family/m.family_length = start/
 */
void prove_machine(void)
{
    size_t size = nondet_size();
    struct romcompat_machine m = {.name_length = 77};

    write_byte_class();
    assume(size >= 1 && size <= 13);
    char *text = malloc(size);
    assume(text != NULL);
    assume(text[size - 1] == '\0');
    if (romcompat_machine_parse(text, &m) != ROMCOMPAT_OK) {
        must(m.name_length == 77);
        return;
    }
    must(m.name == text && m.name_length >= 1 && m.name_length < size);
    must(text[m.name_length] == '\0' || text[m.name_length] == '+');
    for (size_t i = 0; i < m.name_length; i++)
        must(text[i] > ' ' && text[i] < 0x7f && text[i] != '+' && text[i] != '/' && text[i] != '#');
    must(m.family_length < m.name_length);
    bool ends_in_number = m.name_length > 2 && text[0] == 'a' && text[1] == '-';
    for (size_t i = 2; i < m.name_length; i++)
        ends_in_number = ends_in_number && (is_digit(text[i]) || text[i] == '.');
    must(!ends_in_number || asked == text + 2);
    if (m.family_length == 0) {
        must(!is_answered);
        must(version_number(&m.version) == 0);
        return;
    }
    size_t at = m.family_length + (text[m.family_length] == '-');
    must(text[m.family_length - 1] != '-');
    must(is_answered && asked == text + at && asked_length == m.name_length - at);
    must(order(&m.version, &answered) == 0 && m.version.parts == answered.parts);
    must(!is_digit(text[at - 1]) && text[at - 1] != '.');
}
