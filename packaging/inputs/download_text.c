/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/download_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/download.h"

#define SHOWN_URL_MAX 300

char *url_for_display(const char *url)
{
    const char *rest = strstr(url, "://");
    size_t scheme = 0;

    if (rest) {
        /* User and password end at the last '@' before the path; a password may
         * hold an '@' that nobody encoded. */
        rest += 3;
        scheme = (size_t)(rest - url);
        for (size_t i = 0, length = strcspn(rest, "/?#"); i < length; i++) {
            if (url[scheme + i] == '@')
                rest = url + scheme + i + 1;
        }
    } else {
        rest = url;
    }
    size_t shown = strlen(rest);
    bool cut = shown > SHOWN_URL_MAX;
    return xasprintf("%.*s%.*s%s", (int)scheme, url, cut ? SHOWN_URL_MAX : (int)shown, rest,
                     cut ? "..." : "");
}

bool url_is_plain(const char *url)
{
    for (const unsigned char *p = (const unsigned char *)url; *p; p++) {
        if (*p <= ' ' || *p == 0x7f)
            return false;
    }
    return strlen(url) <= DOWNLOAD_URL_MAX;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
                                        : -1;
}

char *file_url_path(const char *url)
{
    const char *p = url + strlen("file:");

    if (strncmp(p, "//", 2) == 0) {
        p += 2;
        if (strncmp(p, "localhost/", 10) == 0)
            p += 9;
    }
    if (*p != '/')
        return NULL;
    char *path = xmalloc(strlen(p) + 1), *to = path;
    while (*p) {
        int high = p[0] == '%' ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;

        if (low >= 0 && (high || low)) {
            *to++ = (char)(high << 4 | low);
            p += 3;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
    return path;
}

bool content_range_first(const char *line, size_t length, uint64_t *first)
{
    enum { NAME = sizeof CONTENT_RANGE - 1 };
    char text[128];
    size_t n = length - NAME;

    n = n < sizeof text ? n : sizeof text - 1;
    memcpy(text, line + NAME, n);
    text[n] = '\0';
    /* sscanf() would take "-1" for a number. */
    const char *at = text + strspn(text, " \t");
    return strncmp(at, "bytes ", 6) == 0 && isdigit((unsigned char)at[6]) &&
           sscanf(at + 6, "%" SCNu64 "-", first) == 1;
}
