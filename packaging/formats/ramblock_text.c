/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/ramblock_text.h"

#include <string.h>

#include "formats/plain_text.h"

static const char heading[] = "Block Name";

enum { WORDS_MAX = 32 };

struct words {
    const char *at[WORDS_MAX];
    size_t length[WORDS_MAX];
    size_t count; /* of those kept: more may have been there */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_break(char c)
{
    return c == PLAIN_TEXT_LINE || c == PLAIN_TEXT_JOINED || c == PLAIN_TEXT_BREAK;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *line_end(const char *at, const char *end)
{
    while (at < end && !is_break(*at))
        at++;
    return at;
}

static struct words split(const char *at, const char *end)
{
    struct words w = {.count = 0};

    while (w.count < WORDS_MAX) {
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

/* 0x and 1 to 16 digits; a quote or bracket may follow. */
static bool parse_hex(const char *at, size_t length, uint64_t *value)
{
    uint64_t v = 0;
    size_t i = 2;

    if (length < 3 || at[0] != '0' || at[1] != 'x')
        return false;
    for (; i < length && is_alphanumeric(at[i]); i++) {
        char c = at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;

        if (digit == 16 || i >= 18)
            return false;
        v = v << 4 | digit;
    }
    *value = v;
    return i > 2;
}

static bool is_heading(const char *at, size_t length)
{
    return memmem(at, length, heading, sizeof heading - 1) && memmem(at, length, "Used", 4);
}

bool ramblock_text_looks_like(const char *text, size_t size)
{
    for (const char *end = text + size; text < end;) {
        const char *stop = line_end(text, end);

        if (is_heading(text, (size_t)(stop - text)))
            return true;
        text = stop + 1;
    }
    return false;
}

static bool is_unit(const struct words *w, size_t i)
{
    static const char units[] = "KMGTPE";

    return i < w->count && ((w->length[i] == 3 && strchr(units, w->at[i][0]) &&
                             memcmp(w->at[i] + 1, "iB", 2) == 0) ||
                            (w->length[i] == 1 && w->at[i][0] == 'B'));
}

static bool is_number(const struct words *w, size_t i)
{
    for (size_t k = 0; k < w->length[i]; k++)
        if (w->at[i][k] < '0' || w->at[i][k] > '9')
            return false;
    return true;
}

enum row { ROW_NONE, ROW_BAD, ROW_NAMELESS, ROW_BLOCK };

/* [NAME] PSIZE UNIT OFFSET USED TOTAL [HVA RO]; the page size is "4 KiB". What a log has before
 * it does not matter: no name has a blank. */
static enum row read_row(const struct words *w, struct ramblock_line *line)
{
    /* A name takes 24 columns or more, and the number behind it ends with the next 9. */
    enum { NO_NAME = 12 };
    uint64_t offset, total;
    size_t unit = 1;

    while (unit < w->count && !(is_unit(w, unit) && is_number(w, unit - 1)))
        unit++;
    if (unit >= w->count) {
        for (size_t i = 0; i < w->count; i++)
            if (parse_hex(w->at[i], w->length[i], &offset))
                return ROW_BAD;
        return ROW_NONE;
    }
    if (unit + 3 >= w->count || !parse_hex(w->at[unit + 1], w->length[unit + 1], &offset) ||
        !parse_hex(w->at[unit + 2], w->length[unit + 2], &line->used) ||
        !parse_hex(w->at[unit + 3], w->length[unit + 3], &total) || line->used > total)
        return ROW_BAD;
    if (unit == 1)
        return ROW_NAMELESS;
    line->name = w->at[unit - 2];
    line->name_length = w->length[unit - 2];
    /* {"log":"NAME of a container's log; no name has a quote. */
    const char *quote = memrchr(line->name, '"', line->name_length);
    if (quote) {
        line->name_length -= (size_t)(quote + 1 - line->name);
        line->name = quote + 1;
    }
    if (!line->name_length || line->name + line->name_length + NO_NAME <= w->at[unit - 1] ||
        (line->name_length == 1 && strchr(">|", *line->name)))
        return ROW_NAMELESS;
    return line->name_length > RAMBLOCK_NAME_MAX || memchr(line->name, '\0', line->name_length)
               ? ROW_BAD
               : ROW_BLOCK;
}

/* Whether the last line, which does not end, may be what follows a table and not a cut one: a
 * prompt, a fence, the end of a JSON string. */
static bool may_follow(const struct words *w)
{
    static const char begins[] = "($#>}\"`~[<", ends[] = ">#$)";

    return w->count == 0 || strchr(begins, w->at[0][0]) || strchr(ends, w->at[0][w->length[0] - 1]);
}

struct table {
    const char *name;
    size_t number, blocks; /* of the line at hand; that were read */
    bool has_begun;
};

/* `is_cut`: the text ends with this line, and without its end. */
static int read_table_line(struct table *t, const char *at, const char *end, bool is_cut,
                           void (*block)(void *arg, const struct ramblock_line *line), void *arg,
                           struct failure *f)
{
    struct words w = split(at, end);
    struct ramblock_line line;

    if (is_heading(at, (size_t)(end - at))) {
        if (t->has_begun)
            return fail(f, "%s:%zu: a second table of 'info ramblock' (expected that of one guest)",
                        t->name, t->number);
        t->has_begun = true;
        return 0;
    }
    if (!t->has_begun)
        return 0;
    switch (read_row(&w, &line)) {
    case ROW_NAMELESS:
        return 0;
    case ROW_NONE:
        if (!is_cut || may_follow(&w))
            return 0;
        break;
    case ROW_BLOCK:
        if (++t->blocks > RAMBLOCK_LINES_MAX)
            return fail(f, "%s:%zu: too many RAM blocks (limit %d)", t->name, t->number,
                        RAMBLOCK_LINES_MAX);
        block(arg, &line);
        return 0;
    case ROW_BAD:
        break;
    }
    return fail(f,
                "%s:%zu: not a line of 'info ramblock' (expected NAME, PAGE SIZE, OFFSET, USED, "
                "TOTAL)",
                t->name, t->number);
}

int ramblock_text_read(const char *name, const char *text, size_t size,
                       void (*block)(void *arg, const struct ramblock_line *line), void *arg,
                       struct failure *f)
{
    struct table t = {.name = name, .number = 1};

    for (const char *at = text, *end = text + size; at < end;) {
        const char *stop = line_end(at, end);

        if (read_table_line(&t, at, stop, stop == end, block, arg, f) != 0)
            return -1;
        t.number += stop < end && *stop != PLAIN_TEXT_BREAK;
        at = stop + 1;
    }
    if (!t.has_begun)
        return fail(f, "%s: not the output of 'info ramblock' (expected a line '%s ...')", name,
                    heading);
    if (!t.blocks)
        return fail(f, "%s: no RAM block in it", name);
    return 0;
}
