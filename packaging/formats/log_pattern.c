/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/log_pattern.h"

#include <string.h>

#include "base/size.h"
#include "formats/plain_text.h"

enum { NAME_BREAKS_MAX = 2, SHORT_MAX = 80, DIGITS_MAX = 20, QUOTES_MAX = 16 };

bool log_is_break(char c)
{
    return c == PLAIN_TEXT_LINE || c == PLAIN_TEXT_JOINED || c == PLAIN_TEXT_BREAK;
}

bool log_is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Behind what quotes a line, or draws a table or a comment around it: "> ", "AB> ", "| ", "# ". */
static const char *pass_mark(const char *at, const char *end)
{
    enum { INITIALS_MAX = 4 };
    const char *next;

    for (;; at = next) {
        while (at < end && (*at == ' ' || *at == '>' || *at == '|'))
            at++;
        for (next = at; next < end && lower(*next) >= 'a' && lower(*next) <= 'z'; next++)
            ;
        if (next > at && next - at <= INITIALS_MAX && next < end && *next == '>')
            continue;
        next = at;
        while (next < end && strchr("#*+/%", *next))
            next++;
        if (next == at || next == end || *next != ' ')
            return at;
    }
}

/* Behind one break and, where a line ended, what quotes the next one. */
static const char *pass_break(const char *at, const char *end)
{
    return *at++ == PLAIN_TEXT_JOINED ? at : pass_mark(at, end);
}

/* Where a line ends that is filled up with blanks, has the edge of a table or a backslash behind
 * its text, or both; else `at`. */
static const char *pass_fill(const char *at, const char *end)
{
    const char *next = at;

    while (next < end && *next == ' ')
        next++;
    if (next < end && (*next == '|' || *next == '\\'))
        next++;
    while (next < end && *next == ' ')
        next++;
    return next < end && log_is_break(*next) ? next : at;
}

const char *log_pass_blanks(const char *at, const char *end)
{
    for (const char *from = NULL; at < end && at != from;) {
        from = at;
        at = *at == ' ' ? at + 1 : log_is_break(*at) ? pass_break(at, end) : pass_fill(at, end);
    }
    return at;
}

/* Behind line breaks that may be inside a word, and what surrounds them. */
static const char *pass_breaks(const char *at, const char *end)
{
    for (const char *stop; (stop = pass_fill(at, end)) < end && log_is_break(*stop);)
        at = pass_break(stop, end);
    return at;
}

static const char *match(const char *pattern, const char *at, const char *end,
                         struct log_message *m, int numbers);

/* Whether the first character of what follows a name may be here. */
static bool may_stop(char stop, char c)
{
    if (stop == '"')
        return log_is_quote(c);
    if (stop == ' ')
        return c == ' ' || log_is_break(c);
    return lower(c) == lower(stop);
}

static const char *match_name(const char *rest, char *name, const char *at, const char *end,
                              struct log_message *m, int numbers)
{
    size_t length = 0;
    int breaks = 0;

    for (;;) {
        bool is_over = at == end || (*at != PLAIN_TEXT_JOINED && log_is_break(*at));

        if (!*rest && (is_over || *at == ' ' || log_is_quote(*at))) {
            while (length && strchr(".,;:)]}>*", name[length - 1]))
                length--;
            name[length] = '\0';
            return length ? at : NULL;
        }
        if (at == end)
            return NULL;
        if (*rest && length && may_stop(*rest, *at)) {
            name[length] = '\0';
            const char *behind = match(rest, at, end, m, numbers);
            if (behind)
                return behind;
        }
        const char *stop = pass_fill(at, end);
        if (stop < end && log_is_break(*stop)) {
            if (*stop != PLAIN_TEXT_JOINED && breaks++ == NAME_BREAKS_MAX)
                return NULL;
            at = pass_break(stop, end);
            continue;
        }
        /* The next line begins with something else, as a log's does. */
        if (length == LOG_NAME_MAX || (breaks && *at == ' '))
            return NULL;
        name[length++] = *at++;
    }
}

static int digit_of(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* What a number goes on with in the next line, and that it is one: nothing but QEMU's reason
 * follows. */
static bool goes_on(const char *at, const char *end, int base)
{
    static const char reason[] = ": Invalid argument";
    const char *digits = at;

    while (at < end && digit_of(*at) < base)
        at++;
    return at > digits && (size_t)(end - at) >= sizeof reason - 1 &&
           memcmp(at, reason, sizeof reason - 1) == 0;
}

static const char *read_number(const char *at, const char *end, char form, bool is_last,
                               uint64_t *value)
{
    int base = form == 'x' || form == 'h' ? 16 : 10, digits = 0;
    uint64_t decimal = 0;
    bool is_decimal = true;

    if (form == 'x') {
        if (!(at = match("0x", at, end, NULL, 0)))
            return NULL;
    }
    for (*value = 0; at < end; at++) {
        const char *next = pass_breaks(at, end);

        if (next != at && is_last && *at != PLAIN_TEXT_JOINED && !goes_on(next, end, base))
            break;
        if (next == end || digit_of(*next) >= base ||
            (next != at && match("0x", next, end, NULL, 0)))
            break;
        if (++digits > (base == 16 ? 16 : DIGITS_MAX - 1))
            return NULL;
        is_decimal &= digit_of(*next) < 10;
        decimal = decimal * 10 + (uint64_t)digit_of(*next);
        *value = *value * (uint64_t)base + (uint64_t)digit_of(*next);
        at = next;
    }
    /* QEMU up to 1.5 printed the guest's length in decimal and the other in hexadecimal digits,
     * neither with 0x (arch_init.c, ram_load()): only one reading is a RAM block's length. */
    if (form == 'h' && !is_last && is_decimal && !is_power_of_two(*value) &&
        is_power_of_two(decimal))
        *value = decimal;
    return digits ? at : NULL;
}

static const char *read_version(const char *at, const char *end, struct qemu_version *version)
{
    const char *from = at;

    while (at < end && ((*at >= '0' && *at <= '9') || *at == '.'))
        at++;
    while (at > from && at[-1] == '.')
        at--;
    return qemu_version_read(from, (size_t)(at - from), version) == 0 ? at : NULL;
}

/* "micro": 3, "minor": 0, "major": 10}, in any order. */
static const char *read_greeting(const char *at, const char *end, struct qemu_version *version)
{
    static const char *const patterns[] = {"\"major\"~:~%d", "\"minor\"~:~%d", "\"micro\"~:~%d"};
    unsigned *const numbers[] = {&version->major, &version->minor, &version->micro};
    unsigned found = 0;

    *version = (struct qemu_version){0};
    for (const char *limit = end - at > 200 ? at + 200 : end; at < limit && *at != '}'; at++)
        for (unsigned i = 0; i < 3; i++) {
            struct log_message one = {0};
            const char *behind = match(patterns[i], at, end, &one, 0);

            if (!behind || one.guest > 999)
                continue;
            *numbers[i] = (unsigned)one.guest;
            found |= 1u << i;
            at = behind - 1;
        }
    return (found & 3) == 3 ? at : NULL;
}

/* What strerror(3) says: the rest of a JSON object or a log's line may stand behind it. */
static const char *read_reason(const char *at, const char *end, char *reason)
{
    static const char *const known[] = {
        "No such file or directory",
        "Permission denied",
        "Operation not permitted",
        "Is a directory",
        "Not a directory",
        "Input/output error",
        "Read-only file system",
        "Stale file handle",
        "Too many levels of symbolic links",
    };
    size_t length = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *behind = match(known[i], at, end, NULL, 0);

        if (behind) {
            strcpy(reason, known[i]);
            return behind;
        }
    }
    for (; at < end && length < LOG_NAME_MAX && !log_is_break(*at) && !log_is_quote(*at); at++)
        reason[length++] = *at;
    reason[length] = '\0';
    return length ? at : NULL;
}

/* `pattern` is behind '%'. */
static const char *match_field(const char *pattern, const char *at, const char *end,
                               struct log_message *m, int numbers)
{
    const char *rest = pattern + 1;
    uint64_t value;

    switch (*pattern) {
    case 'n':
    case 'o':
        return match_name(rest, *pattern == 'n' ? m->name : m->other, at, end, m, numbers);
    case 'r':
        at = read_reason(at, end, m->other);
        break;
    case 'v':
        at = read_version(at, end, &m->version);
        break;
    case 'q':
        at = read_greeting(at, end, &m->version);
        break;
    case '*':
        for (int i = 0; i < SHORT_MAX && at < end && *at != PLAIN_TEXT_LINE; i++, at++) {
            const char *behind = match(rest, at, end, m, numbers);

            if (behind)
                return behind;
        }
        return NULL;
    default:
        at = read_number(at, end, *pattern, !*rest, &value);
        if (at)
            *(numbers || *pattern == 't' ? &m->there : &m->guest) = value;
        numbers++;
    }
    return at ? match(rest, at, end, m, numbers) : NULL;
}

/* "> 0x20000" may begin a line, and is no mark of a quoted one then. */
static const char *back_to_sign(const char *from, const char *at)
{
    const char *sign = at;

    while (sign > from && sign[-1] == ' ')
        sign--;
    return sign > from && sign[-1] == '>' ? sign - 1 : at;
}

static const char *match(const char *pattern, const char *at, const char *end,
                         struct log_message *m, int numbers)
{
    for (const char *begin = at; *pattern; pattern++) {
        const char *from = at;

        if (*pattern == '%')
            return match_field(pattern + 1, at, end, m, numbers);
        if (*pattern == ' ' || *pattern == '~') {
            at = log_pass_blanks(at, end);
            if (pattern[1] == '>')
                at = back_to_sign(from, at);
            if (*pattern == ' ' && at == from)
                return NULL;
            continue;
        }
        if (at > begin)
            at = pass_breaks(at, end);
        if (at == end || !may_stop(*pattern, *at))
            return NULL;
        at++;
        /* "'"pc.bios"'" of a shell, ""pc.bios"" of CSV. */
        for (int i = 0; i < QUOTES_MAX && *pattern == '"' && at < end && log_is_quote(*at); i++)
            at++;
    }
    return at;
}

const char *log_pattern_match(const char *pattern, const char *at, const char *end,
                              struct log_message *m)
{
    struct log_message found = *m;
    const char *behind = match(pattern, at, end, &found, 0);

    if (behind)
        *m = found;
    return behind;
}
