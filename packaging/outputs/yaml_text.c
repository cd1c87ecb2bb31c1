/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/yaml_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

void put_yaml_text(FILE *to, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+~-";
    size_t length = strspn(text, plain);

    /* "-" alone would begin a list, "~" is null to others; 1.0 stays text for our reader. */
    if (*text && !text[length] && (isalnum((unsigned char)*text) || *text == '_')) {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (size_t left = strlen(text), step; left; text += step, left -= step) {
        uint32_t c = (unsigned char)*text;

        step = utf8_take(text, left, &c);
        /* What is no UTF-8 the caller has refused: YAML has no way to write it. */
        if (step == 0)
            step = 1;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", (int)c);
        else if (utf8_is_shown(c) && c != 0xfffe && c != 0xffff)
            fwrite(text, 1, step, to);
        else
            fprintf(to, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
    }
    putc('"', to);
}

char *yaml_pattern(const char *name)
{
    char *pattern = xmalloc(2 * strlen(name) + 1), *p = pattern;

    for (; *name; name++) {
        if (strchr("*?[]\\!", *name))
            *p++ = '\\';
        *p++ = *name;
    }
    *p = '\0';
    return pattern;
}

void put_yaml_pattern(FILE *to, const char *name)
{
    char *pattern = yaml_pattern(name);

    put_yaml_text(to, pattern);
    free(pattern);
}
