/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/yaml_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(to, "\\x%02x", *p);
        else
            putc(*p, to);
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
