/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history reader, growth and chart. What a history says can be appended to another one,
 * and is there afterwards. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "release/history.h"
#include "release/history_chart.h"
#include "target.h"

static void append_newest(const uint8_t *data, size_t size, const struct history *h)
{
    struct history_release release = h->releases[h->release_count - 1];
    struct history after;
    struct failure f;
    size_t length;
    char *text;

    release.name = (char *)"one more";
    /* Refused where `releases` is not the last key or the name is taken. */
    if (history_append("fuzz.yaml", data, size, NULL, NULL, &release, &text, &length, &f) < 0)
        return;
    if (length < size || memcmp(text, data, size) != 0 ||
        history_parse("fuzz.yaml", (uint8_t *)text, length, &after, &f) < 0)
        abort();
    if (after.release_count != h->release_count + 1)
        abort();
    history_free(&after);
    free(text);
}

int try_input(const uint8_t *data, size_t size)
{
    struct history h;
    struct failure f;
    size_t length;

    if (history_parse("fuzz.yaml", data, size, &h, &f) < 0)
        return 0;
    char *svg = history_chart(&h, 1, NULL, &length, &f);
    if (!svg || strlen(svg) != length)
        abort();
    free(svg);
    append_newest(data, size, &h);
    history_free(&h);
    return 0;
}
