/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an address, as one of a file, and as a Content-Range. No path is longer than its
 * address or relative, no password is shown, and a range that is read is written there.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inputs/download.h"
#include "inputs/download_text.h"
#include "target.h"

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void read_address(const char *text)
{
    char *shown = url_for_display(text), *scheme = strstr(shown, "://");

    if (scheme)
        must(!memchr(scheme + 3, '@', strcspn(scheme + 3, "/?#")));
    free(shown);
    if (url_is_plain(text))
        for (const char *p = text; *p; p++)
            must((unsigned char)*p > ' ');
    if (strncasecmp(text, "file:", 5) != 0)
        return;
    char *path = file_url_path(text);
    must(!path || (path[0] == '/' && strlen(path) < strlen(text)));
    free(path);
}

static void read_range(const char *text)
{
    static const char name[] = "Content-Range: ";
    size_t size = strlen(text), length = sizeof name - 1 + size;
    char *line = malloc(length), digits[32];
    uint64_t first = 0;

    memcpy(line, name, sizeof name - 1);
    memcpy(line + sizeof name - 1, text, size);
    if (content_range_first(line, length, &first) && first < UINT64_MAX) {
        snprintf(digits, sizeof digits, "%" PRIu64, first);
        must(strstr(text, digits) != NULL);
    }
    free(line);
}

int try_input(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    read_address(text);
    read_range(text);
    free(text);
    return 0;
}
