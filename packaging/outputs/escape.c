/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void put_xml(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        size_t more = *p >= 0xf0 && *p < 0xf5   ? 3
                      : *p >= 0xe0 && *p < 0xf0 ? 2
                      : *p >= 0xc2              ? 1
                                                : 0;
        bool good = *p < 0x80 || (more && *p < 0xf5);

        for (size_t i = 1; good && i <= more; i++)
            good = (p[i] & 0xc0) == 0x80;
        /* Surrogates, overlong forms, what is above U+10FFFF, U+FFFE and U+FFFF. */
        if (good && more == 2)
            good = !(*p == 0xe0 && p[1] < 0xa0) && !(*p == 0xed && p[1] >= 0xa0) &&
                   !(*p == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
        if (good && more == 3)
            good = !(*p == 0xf0 && p[1] < 0x90) && !(*p == 0xf4 && p[1] >= 0x90);
        if (*p < 0x20 || *p == 0x7f || !good)
            fprintf(to, "\\x%02x", *p);
        else if (*p == '&')
            fputs("&amp;", to);
        else if (*p == '<')
            fputs("&lt;", to);
        else if (*p == '>')
            fputs("&gt;", to);
        else if (*p == '"')
            fputs("&quot;", to);
        else if (*p == '\'')
            fputs("&apos;", to);
        else {
            fwrite(p, 1, more + 1, to);
            p += more;
        }
    }
}

void put_shell_word(FILE *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";

    if (*word && !word[strspn(word, plain)]) {
        fputs(word, to);
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
