/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/ramblock_text.h"

#include <string.h>
#include <strings.h>

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

/* Behind blanks and what a mail quotes a line with. */
static const char *pass_quotes(const char *at, const char *end)
{
    while (at < end && (is_blank(*at) || *at == '>' || *at == '|'))
        at++;
    return at;
}

/* How many of the first `count` words are not what a mail quotes a line with. */
static size_t words_of_prefix(const struct words *w, size_t count)
{
    size_t words = 0;

    for (size_t i = 0; i < count; i++)
        words += pass_quotes(w->at[i], w->at[i] + w->length[i]) < w->at[i] + w->length[i];
    return words;
}

enum row { ROW_NONE, ROW_BAD, ROW_NAMELESS, ROW_BLOCK };

/* [NAME] PSIZE UNIT OFFSET USED TOTAL [HVA RO]; the page size is "4 KiB". No name has a blank:
 * before it are at most the `prefix` words that a log has before the heading. */
static enum row read_row(const struct words *w, size_t prefix, struct ramblock_line *line)
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
    return words_of_prefix(w, unit - 2) > prefix || line->name_length > RAMBLOCK_NAME_MAX ||
                   memchr(line->name, '\0', line->name_length)
               ? ROW_BAD
               : ROW_BLOCK;
}

/* --- what is no row ------------------------------------------------------------------------ */

static bool begins_with(const char *at, const char *end, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(end - at) >= n && strncasecmp(at, text, n) == 0;
}

/* "...", "[...]", "<snip>", "--- 8< ---": rows were left out here. */
static bool is_omission(const char *at, const char *end)
{
    static const char *const marks[] = {"..",   "\xe2\x80\xa6", "\xe2\x8b\xae", "snip",
                                        "omit", "truncated",    "skip",         "8<"};

    while (at < end && (is_blank(*at) || strchr("<>[](){}*-=~_#|/", *at)))
        at++;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (begins_with(at, end, marks[i]))
            return true;
    return false;
}

/* "(qemu)", "qm>", "root@host:~#", "[user@host ~]$", "$"; a lone '#' or '>' begins a comment. */
static bool is_prompt(const char *word, size_t length)
{
    char last = word[length - 1];

    if (length == 1)
        return last == '$';
    if (last == '>')
        return is_alphanumeric(word[length - 2]) && word[0] != '<';
    return last == '$' || last == '#' ||
           (length >= 6 && memcmp(word + length - 6, "(qemu)", 6) == 0);
}

/* What follows a table: a prompt, a fence, the end of a JSON object or of an HTML element. */
static bool is_end(const struct words *w, const char *at, const char *end)
{
    static const char *const begins[] = {"```", "~~~", "}", "</", "virsh #"};

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (begins_with(at, end, begins[i]))
            return true;
    for (size_t i = 0; i < w->count && *at != '<'; i++)
        if (is_prompt(w->at[i], w->length[i]))
            return true;
    return false;
}

enum other {
    OTHER_BLANK,
    OTHER_JSON,     /* `","stream":"stdout"}` behind each line of a container's log */
    OTHER_END,      /* of the table */
    OTHER_OMISSION, /* instead of rows */
    OTHER_TEXT,
};

static enum other read_other(const char *at, const char *end)
{
    at = pass_quotes(at, end);
    struct words w = split(at, end);

    if (!w.count)
        return OTHER_BLANK;
    if (*at == '"' && (end - at == 1 || strchr(",)]}", at[1])))
        return OTHER_JSON;
    /* What may be the name of a block that was cut off its numbers. */
    bool is_path = w.count == 1 && memchr(w.at[0], '/', w.length[0]);
    if (is_omission(at, end) || (is_path && !begins_with(at, end, "</")))
        return OTHER_OMISSION;
    return is_end(&w, at, end) ? OTHER_END : OTHER_TEXT;
}

struct table {
    const char *name;
    size_t number, blocks; /* of the line at hand; that were read */
    size_t prefix;         /* words before the heading: a row has at most as many before its name */
    size_t text;           /* line of the first text behind the heading that is no row; 0: none */
    bool has_begun, has_ended, after_blank;
};

static int fail_line(const struct table *t, size_t number, struct failure *f)
{
    return fail(f,
                "%s:%zu: not a line of 'info ramblock' (expected NAME, PAGE SIZE, OFFSET, USED, "
                "TOTAL)",
                t->name, number);
}

static int fail_gap(const struct table *t, size_t number, struct failure *f)
{
    fail(f, "%s:%zu: not a line of 'info ramblock': the table may not be whole", t->name, number);
    fail_hint(f, "Give all that QEMU printed, with no row left out and none wrapped.");
    return -1;
}

static void begin_table(struct table *t, const struct words *w)
{
    size_t i = 0;

    while (i < w->count && !memmem(w->at[i], w->length[i], "Block", strlen("Block")))
        i++;
    t->has_begun = true;
    t->prefix = words_of_prefix(w, i);
}

/* A line that is no row. Where it may hide one, the table is not whole: a guest's ROM that was
 * left out, or whose name was wrapped away from its numbers, could be the one that is refused. */
static int read_text_line(struct table *t, const char *at, const char *end, bool is_cut,
                          struct failure *f)
{
    enum other other = read_other(at, end);

    if (other == OTHER_BLANK)
        t->after_blank = true;
    if (t->has_ended || other == OTHER_BLANK || other == OTHER_JSON)
        return 0;
    if (!t->text)
        t->text = t->number;
    if (other == OTHER_END)
        t->has_ended = true;
    else if (other == OTHER_OMISSION || !t->after_blank || is_cut)
        return fail_gap(t, t->number, f);
    return 0;
}

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
        begin_table(t, &w);
        return 0;
    }
    if (!t->has_begun)
        return 0;
    enum row row = read_row(&w, t->prefix, &line);
    if (row == ROW_NONE)
        return read_text_line(t, at, end, is_cut, f);
    if (row == ROW_BAD)
        return fail_line(t, t->number, f);
    if (t->text)
        return fail_gap(t, t->text, f);
    t->after_blank = false;
    if (row == ROW_NAMELESS)
        return 0;
    if (++t->blocks > RAMBLOCK_LINES_MAX)
        return fail(f, "%s:%zu: too many RAM blocks (limit %d)", t->name, t->number,
                    RAMBLOCK_LINES_MAX);
    block(arg, &line);
    return 0;
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
