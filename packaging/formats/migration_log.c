/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_log.h"

#include <string.h>

struct span {
    const char *at, *end;
};

/* Behind the first `text` in the span; NULL: it is not there. */
static const char *behind(struct span s, const char *text)
{
    const char *at = memmem(s.at, (size_t)(s.end - s.at), text, strlen(text));

    return at ? at + strlen(text) : NULL;
}

static bool keep_name(struct log_line *l, const char *at, const char *end)
{
    size_t n = (size_t)(end - at);

    if (n == 0 || n > LOG_NAME_MAX || memchr(at, '\0', n))
        return false;
    memcpy(l->name, at, n);
    l->name[n] = '\0';
    return true;
}

/* 0x and up to 16 digits. */
static bool read_hex(const char **at, const char *end, uint64_t *value)
{
    const char *p = *at;
    uint64_t v = 0;
    int digits = 0;

    if (end - p < 3 || p[0] != '0' || p[1] != 'x')
        return false;
    for (p += 2; p < end && digits <= 16; p++, digits++) {
        char c = *p;
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (d < 0)
            break;
        v = v << 4 | (unsigned)d;
    }
    if (digits < 1 || digits > 16)
        return false;
    *at = p;
    *value = v;
    return true;
}

/* NAME: 0xA != 0xB, and before QEMU 5.2 NAME: 0xA in != 0xB (migration/ram.c,
 * softmmu/physmem.c qemu_ram_resize()). */
static bool read_lengths(struct span s, struct log_line *l)
{
    for (const char *colon = s.at; (colon = behind((struct span){colon, s.end}, ": 0x"));) {
        const char *at = colon - 2;
        struct log_line found = {.kind = LOG_LENGTHS};

        if (!read_hex(&at, s.end, &found.guest))
            continue;
        if (s.end - at >= 3 && memcmp(at, " in", 3) == 0)
            at += 3;
        if (s.end - at < 4 || memcmp(at, " != ", 4) != 0)
            continue;
        at += 4;
        if (!read_hex(&at, s.end, &found.there) || !keep_name(&found, s.at, colon - 4))
            return false;
        *l = found;
        return true;
    }
    return false;
}

static bool read_unknown(struct span s, struct log_line *l)
{
    const char *end = memchr(s.at, '"', (size_t)(s.end - s.at));

    if (!end || !keep_name(l, s.at, end))
        return false;
    l->kind = LOG_UNKNOWN;
    return true;
}

static bool read_version(struct span s, struct log_line *l)
{
    unsigned number[2] = {0, 0};
    const char *at = s.at;

    for (int i = 0; i < 2; i++) {
        if (at == s.end || *at < '0' || *at > '9')
            return false;
        while (at < s.end && *at >= '0' && *at <= '9' && number[i] < 1000)
            number[i] = number[i] * 10 + (unsigned)(*at++ - '0');
        if (i == 0 && (at == s.end || *at++ != '.'))
            return false;
    }
    *l = (struct log_line){.kind = LOG_VERSION, .major = number[0], .minor = number[1]};
    return true;
}

/* -machine pc-q35-7.2,accel=kvm or type=...; libvirt ends the line with a backslash. */
static bool read_machine(struct span s, struct log_line *l)
{
    const char *at = s.at;

    if (s.end - at > 5 && memcmp(at, "type=", 5) == 0)
        at += 5;
    const char *end = at;
    while (end < s.end && *end != ',' && *end != ' ' && *end != '\\' && *end != '\'')
        end++;
    if (!keep_name(l, at, end))
        return false;
    l->kind = LOG_MACHINE;
    return true;
}

struct log_line migration_log_read(const char *line, size_t length)
{
    struct span s = {line, line + length};
    struct log_line l = {.kind = LOG_NOTHING};
    const char *at;

    if (((at = behind(s, "Size mismatch: ")) || (at = behind(s, "Length mismatch: "))) &&
        read_lengths((struct span){at, s.end}, &l))
        return l;
    if ((at = behind(s, "Unknown ramblock \"")) && read_unknown((struct span){at, s.end}, &l))
        return l;
    if ((at = behind(s, "qemu version: ")) && read_version((struct span){at, s.end}, &l))
        return l;
    if (((at = behind(s, "-machine ")) || (at = behind(s, "-M "))) &&
        read_machine((struct span){at, s.end}, &l))
        return l;
    return (struct log_line){.kind = LOG_NOTHING};
}
