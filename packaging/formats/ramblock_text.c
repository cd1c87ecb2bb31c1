/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/ramblock_text.h"

#include <string.h>

static const char heading[] = "Block Name";

struct words {
    const char *at[8];
    size_t length[8];
    size_t count; /* of those kept: more may have been there */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct words split(const char *at, const char *end)
{
    struct words w = {.count = 0};

    while (w.count < 8) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            break;
        w.at[w.count] = at;
        while (at < end && !is_blank(*at))
            at++;
        w.length[w.count] = (size_t)(at - w.at[w.count]);
        w.count++;
    }
    return w;
}

/* 0x and 1 to 16 digits. */
static bool parse_hex(const char *at, size_t length, uint64_t *value)
{
    uint64_t v = 0;

    if (length < 3 || length > 18 || at[0] != '0' || at[1] != 'x')
        return false;
    for (size_t i = 2; i < length; i++) {
        char c = at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;

        if (digit == 16)
            return false;
        v = v << 4 | digit;
    }
    *value = v;
    return true;
}

static bool is_heading(const char *at, size_t length)
{
    return memmem(at, length, heading, sizeof heading - 1) && memmem(at, length, "Used", 4);
}

bool ramblock_text_looks_like(const char *text, size_t size)
{
    const char *end = text + size;

    for (int i = 0; i < 16 && text < end; i++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);

        if (is_heading(text, length))
            return true;
        text += length + 1;
    }
    return false;
}

/* NAME PSIZE UNIT OFFSET USED TOTAL [HVA RO]; the page size is "4 KiB". */
static bool read_line(const struct words *w, struct ramblock_line *line)
{
    uint64_t offset, total;

    if (w->count < 6 || w->length[0] > RAMBLOCK_NAME_MAX ||
        !parse_hex(w->at[3], w->length[3], &offset) ||
        !parse_hex(w->at[4], w->length[4], &line->used) ||
        !parse_hex(w->at[5], w->length[5], &total) || line->used > total)
        return false;
    line->name = w->at[0];
    line->name_length = w->length[0];
    return !memchr(line->name, '\0', line->name_length);
}

int ramblock_text_read(const char *name, const char *text, size_t size,
                       void (*block)(void *arg, const struct ramblock_line *line), void *arg,
                       struct failure *f)
{
    const char *at = text, *end = text + size;
    size_t number = 0, blocks = 0;
    bool in_table = false;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = stop ? stop : end;
        struct words w = split(at, line_end);
        struct ramblock_line line;

        number++;
        if (!in_table) {
            in_table = is_heading(at, (size_t)(line_end - at));
        } else if (w.count && !(w.length[0] >= 6 && memcmp(w.at[0], "(qemu)", 6) == 0)) {
            if (!read_line(&w, &line))
                return fail(f,
                            "%s:%zu: not a line of 'info ramblock' (expected NAME, PAGE SIZE, "
                            "OFFSET, USED, TOTAL)",
                            name, number);
            if (++blocks > RAMBLOCK_LINES_MAX)
                return fail(f, "%s:%zu: too many RAM blocks (limit %d)", name, number,
                            RAMBLOCK_LINES_MAX);
            block(arg, &line);
        }
        at = stop ? stop + 1 : end;
    }
    if (!in_table)
        return fail(f, "%s: not the output of 'info ramblock' (expected a line '%s ...')", name,
                    heading);
    if (!blocks)
        return fail(f, "%s: no RAM block in it", name);
    return 0;
}
