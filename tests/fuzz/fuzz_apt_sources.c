/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three readers of formats/apt_sources.h on the same bytes. */
#include "formats/apt_sources.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_with(int (*parse)(const char *, size_t, struct apt_sources *), const uint8_t *data,
                      size_t size)
{
    struct apt_sources s = {0};

    parse((const char *)data, size, &s);
    if (s.count > APT_SOURCES_MAX || s.note_count > APT_NOTES_MAX)
        abort();
    for (size_t i = 0; i < s.count; i++) {
        const char *uri = s.list[i].uri;

        /* What comes out is an address that can be put before "/pool/...". */
        if (strpbrk(uri, " \t\r\n\"") || strlen(uri) > APT_URI_MAX + 8)
            abort();
        if (s.list[i].is_list ? uri[0] != '/' : !strstr(uri, "://"))
            abort();
    }
    apt_sources_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_with(apt_sources_parse_list, data, size);
    read_with(apt_sources_parse_deb822, data, size);
    read_with(apt_sources_parse_mirrors, data, size);
    return 0;
}
