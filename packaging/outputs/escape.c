/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

void put_shown(FILE *to, const char *text)
{
    for (size_t left = strlen(text), length; left; text += length, left -= length) {
        uint32_t c = 0;

        length = utf8_take(text, left, &c);
        if (!length || (c < 0x80 && !utf8_is_shown(c))) {
            fprintf(to, "\\x%02x", (unsigned char)*text);
            length = 1;
        } else if (!utf8_is_shown(c)) {
            fprintf(to, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        } else {
            fwrite(text, 1, length, to);
        }
    }
}

char *shown(const char *text)
{
    struct text all;

    put_shown(text_begin(&all), text);
    return text_end(&all);
}

/* XML 1.0, 2.2 and 4.1: a reference, or what no XML can hold as put_shown() has it. */
static void put_xml_hidden(FILE *to, uint32_t c)
{
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
        fprintf(to, "\\x%02x", c);
    else if (c == 0xfffe || c == 0xffff)
        fprintf(to, "\\u%04x", c);
    else
        fprintf(to, "&#x%x;", c);
}

static const char *xml_reference(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

void put_xml(FILE *to, const char *text)
{
    for (size_t left = strlen(text), length; left; text += length, left -= length) {
        uint32_t c = 0;
        const char *reference = xml_reference(*text);

        length = utf8_take(text, left, &c);
        if (!length) {
            fprintf(to, "\\x%02x", (unsigned char)*text);
            length = 1;
        } else if (!utf8_is_shown(c)) {
            put_xml_hidden(to, c);
        } else if (reference) {
            fputs(reference, to);
        } else {
            fwrite(text, 1, length, to);
        }
    }
}

void put_html(FILE *to, const char *text)
{
    put_xml(to, text);
}

void put_html_json(FILE *to, const char *json)
{
    for (; *json; json++)
        if (*json == '<')
            fputs("\\u003c", to);
        else
            putc(*json, to);
}

void put_xml_comment(FILE *to, const char *text)
{
    char *plain = shown(text);

    for (const char *p = plain; *p; p++) {
        if (*p == '-' && (!p[1] || p == plain || p[-1] == '-'))
            fputs("\\x2d", to);
        else
            putc(*p, to);
    }
    free(plain);
}

static bool is_all_shown(const char *word)
{
    size_t size = strlen(word);
    uint32_t c;

    for (size_t at = 0, step; at < size; at += step) {
        step = utf8_take(word + at, size - at, &c);
        if (!step || !utf8_is_shown(c))
            return false;
    }
    return true;
}

/* dash has no $'...': printf of POSIX knows \NNN. In double quotes an interactive bash takes !
 * for an event of its history, whatever is inside of them. */
static void put_printf(FILE *to, const char *word)
{
    fputs("\"$(printf '", to);
    for (const unsigned char *p = (const unsigned char *)word; *p; p++) {
        if (*p < ' ' || *p >= 0x7f || strchr("%\\'\"!$`", *p) ||
            (p == (const unsigned char *)word && *p == '-'))
            fprintf(to, "\\%03o", *p);
        else
            putc(*p, to);
    }
    fputs("')\"", to);
}

void put_shell_word(FILE *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";

    if (*word && !word[strspn(word, plain)]) {
        fputs(word, to);
        return;
    }
    if (!is_all_shown(word)) {
        put_printf(to, word);
        return;
    }
    putc('\'', to);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    }
    putc('\'', to);
}

char *file_operand(const char *path)
{
    return xasprintf("%s%s", *path == '-' ? "./" : "", path);
}

void put_shell_words(FILE *to, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (i)
            putc(' ', to);
        put_shell_word(to, words[i]);
    }
}

char *shell_command(const char *const *words)
{
    struct text all;

    put_shell_words(text_begin(&all), words);
    return text_end(&all);
}

char *commas_doubled(const char *value)
{
    char *text = xmalloc(2 * strlen(value) + 1), *to = text;

    for (; *value; value++) {
        *to++ = *value;
        if (*value == ',')
            *to++ = ',';
    }
    *to = '\0';
    return text;
}
