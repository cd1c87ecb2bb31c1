/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/plain_text.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

enum {
    END = 0x200000, /* no more input */
    BAD = 0x110000, /* and a byte that is no character */
    ESC = 0x1b,
    CSI = 0x9b,
};

struct input {
    enum plain_text_charset charset;
    const uint8_t *end;
};

/* --- characters ------------------------------------------------------------------------- */

static uint32_t bad(const uint8_t *at, const uint8_t **after)
{
    *after = at + 1;
    return BAD + *at;
}

static uint32_t utf8_at(const struct input *in, const uint8_t *at, const uint8_t **after)
{
    uint32_t c;
    size_t length = utf8_take((const char *)at, (size_t)(in->end - at), &c);

    if (!length)
        return bad(at, after);
    *after = at + length;
    return c;
}

static uint16_t unit_at(const struct input *in, const uint8_t *at)
{
    return in->charset == PLAIN_TEXT_UTF16_LE ? load_le16(at) : load_be16(at);
}

static uint32_t utf16_at(const struct input *in, const uint8_t *at, const uint8_t **after)
{
    if (in->end - at < 2)
        return bad(at, after);
    uint32_t c = unit_at(in, at);
    *after = at + 2;
    if ((c & 0xfc00) == 0xd800 && in->end - at >= 4 && (unit_at(in, at + 2) & 0xfc00) == 0xdc00) {
        *after = at + 4;
        return 0x10000 + ((c & 0x3ff) << 10 | (unit_at(in, at + 2) & 0x3ff));
    }
    return (c & 0xf800) == 0xd800 ? BAD : c;
}

static uint32_t character_at(const struct input *in, const uint8_t *at, const uint8_t **after)
{
    *after = at;
    if (at >= in->end)
        return END;
    return in->charset == PLAIN_TEXT_UTF8 ? utf8_at(in, at, after) : utf16_at(in, at, after);
}

/* Behind `text`, which is ASCII in lower case, in any case; NULL: something else is there. */
static const uint8_t *behind(const struct input *in, const uint8_t *at, const char *text)
{
    for (; *text; text++) {
        uint32_t c = character_at(in, at, &at);

        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if (c != (uint8_t)*text)
            return NULL;
    }
    return at;
}

/* A number of `digits` or, where that is 0, of 1 to 7. NULL: none is there. */
static const uint8_t *number_at(const struct input *in, const uint8_t *at, unsigned base,
                                unsigned digits, uint32_t *value)
{
    unsigned count = 0;

    for (*value = 0; count < (digits ? digits : 7); count++) {
        const uint8_t *after;
        uint32_t c = character_at(in, at, &after);
        uint32_t digit = c >= '0' && c <= '9'   ? c - '0'
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                : 16;

        if (digit >= base)
            break;
        *value = *value * base + digit;
        at = after;
    }
    return count && (!digits || count == digits) ? at : NULL;
}

static enum plain_text_charset charset_of(const uint8_t *in, size_t size)
{
    size_t zeros[2] = {0, 0}, n = size < 256 ? size & ~(size_t)1 : 256;

    if (size >= 2 && in[0] == 0xff && in[1] == 0xfe)
        return PLAIN_TEXT_UTF16_LE;
    if (size >= 2 && in[0] == 0xfe && in[1] == 0xff)
        return PLAIN_TEXT_UTF16_BE;
    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += in[i] == 0;
    /* Most of a log's characters are of ASCII. */
    if (n >= 8 && zeros[1] > n / 4 && zeros[0] <= n / 32)
        return PLAIN_TEXT_UTF16_LE;
    if (n >= 8 && zeros[0] > n / 4 && zeros[1] <= n / 32)
        return PLAIN_TEXT_UTF16_BE;
    return PLAIN_TEXT_UTF8;
}

/* --- what comes out --------------------------------------------------------------------- */

struct output {
    char *at;
};

/* Blanks, quotes, hyphens and signs that stand for those of ASCII, as word processors, mail
 * programs and translations have them; "" is nothing. 0x91 to 0xa0 are Windows-1252's. */
static const struct {
    uint32_t first, last;
    const char *text;
} plain[] = {
    {'\t', '\t', " "},
    {'\v', '\f', " "},
    {0, 0, " "}, /* between the words of a command line in /proc */
    {0xa0, 0xa0, " "},
    {0x1680, 0x1680, " "},
    {0x2000, 0x200a, " "},
    {0x202f, 0x202f, " "},
    {0x205f, 0x205f, " "},
    {0x3000, 0x3000, " "},
    {0xad, 0xad, ""},
    {0x200b, 0x200f, ""},
    {0x202a, 0x202e, ""},
    {0x2060, 0x2064, ""},
    {0x2066, 0x2069, ""},
    {0xfeff, 0xfeff, ""},
    {0xab, 0xab, "\""},
    {0xbb, 0xbb, "\""},
    {0x2018, 0x201b, "'"},
    {0x2032, 0x2032, "'"},
    {0x2039, 0x203a, "'"},
    {0x201c, 0x201f, "\""},
    {0x2033, 0x2033, "\""},
    {0x300c, 0x300f, "\""},
    {0xff02, 0xff02, "\""},
    {0xff07, 0xff07, "'"},
    {0x2010, 0x2015, "-"},
    {0x2212, 0x2212, "-"},
    {0xfe58, 0xfe58, "-"},
    {0xff0d, 0xff0d, "-"},
    {0x2260, 0x2260, "!="},
    {0x2502, 0x2503, "|"},
    {0x2551, 0x2551, "|"},
    {0xff1a, 0xff1a, ":"},
    {0x80, 0x84, ""},
    {0x86, 0x9f, ""},
    {0x2028, 0x2029, "\f"},
    {0x85, 0x85, "\f"},
    {BAD + 0x91, BAD + 0x92, "'"},
    {BAD + 0x93, BAD + 0x94, "\""},
    {BAD + 0x96, BAD + 0x97, "-"},
    {BAD + 0xa0, BAD + 0xa0, " "},
};

static void put(struct output *out, uint32_t c)
{
    if (c > ' ' && c < 0x7f) {
        *out->at++ = (char)c;
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (c >= plain[i].first && c <= plain[i].last) {
            for (const char *text = plain[i].text; *text; text++)
                *out->at++ = *text;
            return;
        }
    if (c >= BAD)
        *out->at++ = (char)(c - BAD);
    else
        out->at += utf8_put(c, out->at);
}

/* --- escapes: each is NULL where there is none, or behind it ------------------------------- */

/* Behind ESC: colours, cursor movements, titles of windows (ECMA-48, 5.4 and 5.6). */
static const uint8_t *control_sequence(const struct input *in, const uint8_t *at)
{
    enum { LONGEST = 200 };
    const uint8_t *after;
    uint32_t c = character_at(in, at, &after);

    if (c == '[') {
        for (int i = 0; i < LONGEST && (c = character_at(in, after, &after)) < 0x40; i++)
            if (c < 0x20)
                return NULL;
        return c >= 0x40 && c < 0x7f ? after : NULL;
    }
    if (c == ']') {
        for (int i = 0; i < LONGEST && (c = character_at(in, after, &after)) < BAD; i++) {
            if (c == 7)
                return after;
            if (c == ESC)
                return behind(in, after, "\\");
        }
        return NULL;
    }
    if (c == '(' || c == ')')
        return character_at(in, after, &after) < BAD ? after : NULL;
    return c > ' ' && c < 0x7f ? after : NULL;
}

/* Behind CSI, which is ESC and '[' in one character; it is a quote in Windows-1252, so that colours
 * alone are read. */
static const uint8_t *colour(const struct input *in, const uint8_t *at)
{
    uint32_t c;

    do
        c = character_at(in, at, &at);
    while ((c >= '0' && c <= '9') || c == ';');
    return c == 'm' || c == 'K' ? at : NULL;
}

/* The same where ESC is written out, as less(1) does it, too. */
static const uint8_t *written_sequence(const struct input *in, const uint8_t *at)
{
    static const char *const escapes[] = {"\\x1b", "\\033", "\\u001b", "\\e", "^[", "#033", "esc"};

    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        const uint8_t *after = behind(in, at, escapes[i]);

        if (after && behind(in, after, "["))
            return control_sequence(in, after);
    }
    return NULL;
}

/* A line break, a carriage return or a tab as three octal digits: \012, and #012 of rsyslog. */
static const uint8_t *octal(const struct input *in, const uint8_t *at, struct output *out)
{
    uint32_t value;
    const uint8_t *after = number_at(in, at, 8, 3, &value);

    if (!after || (value != '\n' && value != '\r' && value != '\t'))
        return NULL;
    if (value != '\r')
        *out->at++ = value == '\n' ? PLAIN_TEXT_BREAK : ' ';
    return after;
}

/* One or more backslashes and what they hide. A JSON string inside of one has two. */
static const uint8_t *backslash(const struct input *in, const uint8_t *at, struct output *out)
{
    const uint8_t *last = at, *after, *end;
    uint32_t c, value;

    for (int i = 0; i < 16 && (c = character_at(in, at, &after)) == '\\'; i++) {
        last = at;
        at = after;
    }
    if ((end = written_sequence(in, last)))
        return end;
    /* What Markdown and shells hide, too. */
    if (c < 0x7f && strchr("\"'/-!_.:=()[]<>*+~`#{}", (int)c) && c) {
        put(out, c);
        return after;
    }
    switch (c) {
    case 'n':
        *out->at++ = PLAIN_TEXT_BREAK;
        return after;
    case 't':
        *out->at++ = ' ';
        return after;
    case 'r': /* of \r\n, and at the end of a string */
        c = character_at(in, after, &end);
        return c == '\\' || c == '"' || c == '\'' ? after : NULL;
    case 'u':
        if (!(end = number_at(in, after, 16, 4, &value)))
            return NULL;
        put(out, (value & 0xf800) == 0xd800 ? '?' : value);
        return end;
    case 'x':
        if (!(end = number_at(in, after, 16, 2, &value)) || value < ' ' || value >= 0x7f)
            return NULL;
        put(out, value);
        return end;
    case '0': /* as systemd writes what is not to be printed */
        return octal(in, at, out);
    default:
        return NULL;
    }
}

/* Behind '&'; "&amp;quot;" as well. */
static const uint8_t *entity(const struct input *in, const uint8_t *at, struct output *out)
{
    static const struct {
        const char *name;
        uint32_t c;
    } names[] = {
        {"quot;", '"'},  {"apos;", '\''},  {"lt;", '<'},     {"gt;", '>'},     {"nbsp;", ' '},
        {"ne;", 0x2260}, {"lsquo;", '\''}, {"rsquo;", '\''}, {"ldquo;", '"'},  {"rdquo;", '"'},
        {"laquo;", '"'}, {"raquo;", '"'},  {"ndash;", '-'},  {"mdash;", '-'},  {"shy;", 0xad},
        {"colon;", ':'}, {"sol;", '/'},    {"excl;", '!'},   {"equals;", '='}, {"lowbar;", '_'},
    };
    const uint8_t *after, *end, *amp = NULL;
    uint32_t value;

    while ((after = behind(in, at, "amp;")))
        amp = at = after;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((after = behind(in, at, names[i].name))) {
            put(out, names[i].c);
            return after;
        }
    if ((after = behind(in, at, "#x")))
        end = number_at(in, after, 16, 0, &value);
    else if ((after = behind(in, at, "#")))
        end = number_at(in, after, 10, 0, &value);
    else
        end = NULL;
    if (end && (end = behind(in, end, ";"))) {
        put(out, value == '\n' ? PLAIN_TEXT_BREAK : value < 0x110000 ? value : '?');
        return end;
    }
    if (amp)
        put(out, '&');
    return amp;
}

/* Behind '<': a mark of HTML. */
static const uint8_t *mark(const struct input *in, const uint8_t *at, struct output *out)
{
    static const char *const inside[] = {"a",     "b",    "i",   "u",   "s",    "em",  "strong",
                                         "span",  "code", "tt",  "kbd", "samp", "var", "font",
                                         "small", "mark", "wbr", "ins", "del",  "big", "abbr"};
    static const char *const between[] = {
        "br", "p",  "div", "li", "ul", "ol", "pre", "tr", "td",         "th",   "table", "tbody",
        "hr", "h1", "h2",  "h3", "h4", "dl", "dt",  "dd", "blockquote", "body", "html",  "section"};
    const uint8_t *after = behind(in, at, "/"), *name = after ? after : at;
    size_t insides = sizeof inside / sizeof *inside;

    for (size_t i = 0; i < insides + sizeof between / sizeof *between; i++) {
        const uint8_t *end = behind(in, name, i < insides ? inside[i] : between[i - insides]);
        uint32_t c = end ? character_at(in, end, &after) : END;

        if (c != '>' && c != '/' && c != ' ' && c != '\n' && c != '\t')
            continue;
        for (int n = 0; n < PLAIN_TEXT_AHEAD / 4 && c != '>' && c < BAD; n++)
            c = character_at(in, after, &after);
        if (c != '>')
            return NULL;
        if (i >= insides)
            *out->at++ = PLAIN_TEXT_BREAK;
        return after;
    }
    return NULL;
}

/* Behind '=', RFC 2045, 6.7. */
static const uint8_t *quoted_printable(struct plain_text *t, const struct input *in,
                                       const uint8_t *at, struct output *out)
{
    const uint8_t *after, *end = behind(in, at, "\r\n");
    uint8_t bytes[4];
    size_t count = 0;
    uint32_t value;

    /* "!=" at a wrapped line's end; a mail would have "!=3D". */
    if (t->before == '!' && !t->is_quoted_printable && !behind(in, at, "3d") &&
        !behind(in, at, "\n=3d") && !behind(in, at, "\r\n=3d"))
        return NULL;
    if (end || (end = behind(in, at, "\n"))) {
        *out->at++ = PLAIN_TEXT_JOINED;
        return end;
    }
    /* "=", and a blank at a line's end, are in most such texts, and in few others. */
    if (behind(in, at, "3d") || behind(in, at, "20\n") || behind(in, at, "20\r\n") ||
        behind(in, at, "20=\n") || behind(in, at, "20=\r\n"))
        t->is_quoted_printable = true;
    if (!t->is_quoted_printable)
        return NULL;
    end = NULL;
    while (count < sizeof bytes && (after = number_at(in, at, 16, 2, &value))) {
        struct input one = {PLAIN_TEXT_UTF8, bytes + count + 1};

        bytes[count++] = (uint8_t)value;
        end = after;
        if ((value = character_at(&one, bytes, &after)) < BAD) {
            put(out, value);
            return end;
        }
        if (!(at = behind(in, end, "=")))
            break;
    }
    if (end)
        put(out, BAD + bytes[0]);
    return end;
}

static const uint8_t *escape(struct plain_text *t, const struct input *in, uint32_t c,
                             const uint8_t *at, const uint8_t *after, struct output *out)
{
    switch (c) {
    case ESC:
        return control_sequence(in, after);
    case CSI:
    case BAD + CSI:
        return colour(in, after);
    case 'E':
        return written_sequence(in, at);
    case '\\':
        return backslash(in, at, out);
    case '^':
    case '#': {
        const uint8_t *end = written_sequence(in, at);
        return end || c == '^' ? end : octal(in, after, out);
    }
    case '&':
        return entity(in, after, out);
    case '<':
        return mark(in, after, out);
    case '=':
        return quoted_printable(t, in, after, out);
    case 'q':
    case 'Q':
        if (behind(in, at, "quoted-printable"))
            t->is_quoted_printable = true;
        return NULL;
    case '\r':
        if (!behind(in, after, "\n"))
            *out->at++ = PLAIN_TEXT_BREAK;
        return after;
    default:
        return NULL;
    }
}

size_t plain_text_read(struct plain_text *t, const uint8_t *bytes, size_t size, bool is_last,
                       char *text, size_t room, size_t *written)
{
    struct output out = {text};
    const uint8_t *at = bytes;

    if (!t->has_begun)
        t->charset = charset_of(bytes, size);
    t->has_begun = true;
    struct input in = {t->charset, bytes + size};
    while (at < in.end && (is_last || in.end - at > PLAIN_TEXT_AHEAD) &&
           (size_t)(out.at - text) + 4 <= room) {
        const uint8_t *after;
        uint32_t c = character_at(&in, at, &after);
        const uint8_t *end = escape(t, &in, c, at, after, &out);

        t->before = c;
        t->characters++;
        t->odd += c >= BAD || (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != ESC);
        if (end) {
            at = end;
            continue;
        }
        if (c == '\n')
            *out.at++ = PLAIN_TEXT_LINE;
        else
            put(&out, c);
        at = after;
    }
    *written = (size_t)(out.at - text);
    return (size_t)(at - bytes);
}

bool plain_text_is_binary(const struct plain_text *t)
{
    return t->odd > t->characters / 10;
}
