/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a log of dpkg: what is told of a line is in that line, and a change that comes out
 * goes in again. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dpkg_log.h"
#include "target.h"

struct seen {
    const char *begin, *end;
    size_t count;
    FILE *out; /* written once more; NULL: not */
};

static bool is_in(const struct seen *s, const char *text)
{
    return text >= s->begin && text + strlen(text) <= s->end && *text && !strpbrk(text, " \n");
}

static void take(void *arg, const struct dpkg_log_entry *e)
{
    struct seen *s = arg;

    if (!is_in(s, e->day) || strlen(e->day) != DPKG_LOG_DAY || e->package < e->day ||
        strpbrk(e->package, ": \n") || (e->old && !is_in(s, e->old)) ||
        (e->version && !is_in(s, e->version)))
        abort();
    s->count++;
    if (s->out)
        fprintf(s->out, "%s 10:00:00 upgrade %s:amd64 %s %s\n", e->day, e->package,
                e->old ? e->old : "<none>", e->version ? e->version : "<none>");
}

static size_t read_text(char *text, size_t size, FILE *out)
{
    struct seen s = {text, text + size, 0, out};

    dpkg_log_read(text, take, &s);
    return s.count;
}

int try_input(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *again = NULL;
    size_t again_size = 0;
    FILE *out = open_memstream(&again, &again_size);

    if (!text || !out)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    size_t count = read_text(text, size, out);
    fclose(out);
    if (read_text(again, again_size, NULL) != count)
        abort();
    free(again);
    free(text);
    return 0;
}
