/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice for a stock QEMU as text to be pasted: shell, -device, libvirt. */
#include "guest/stock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/escape.h"

size_t stock_settings(const struct stock_advice *a, struct stock_setting settings[2])
{
    size_t count = 0;

    if (a->romfile)
        settings[count++] = (struct stock_setting){"romfile", xstrdup(a->romfile)};
    if (a->romsize)
        settings[count++] = (struct stock_setting){"romsize", xasprintf("%" PRIu64, a->romsize)};
    return count;
}

char *stock_properties(const struct stock_advice *a)
{
    struct stock_setting settings[2];
    size_t count = stock_settings(a, settings);
    char *text = NULL;

    for (size_t i = 0; i < count; i++) {
        char *value = commas_doubled(settings[i].value);
        char *longer =
            xasprintf("%s%s%s=%s", text ? text : "", text ? "," : "", settings[i].name, value);

        free(text);
        free(value);
        free(settings[i].value);
        text = longer;
    }
    return text;
}

char *properties_of_file(const char *romfile)
{
    char *value = commas_doubled(romfile), *text = xasprintf("romfile=%s", value);

    free(value);
    return text;
}

void stock_put_globals(FILE *to, const struct stock_advice *a, const char *type)
{
    struct stock_setting settings[2];
    size_t count = stock_settings(a, settings);

    for (size_t i = 0; i < count; i++) {
        /* No comma is doubled here: QEMU softmmu/vl.c, qemu_global_option(). */
        char *word = xasprintf("%s.%s=%s", type, settings[i].name, settings[i].value);

        fputs("-global ", to);
        put_shell_word(to, word);
        putc('\n', to);
        free(word);
        free(settings[i].value);
    }
}

void stock_put_libvirt_globals(FILE *to, const struct stock_advice *a, const char *type)
{
    struct stock_setting settings[2];
    size_t count = stock_settings(a, settings);

    for (size_t i = 0; i < count; i++) {
        fputs("  <qemu:arg value='-global'/>\n  <qemu:arg value='", to);
        put_xml(to, type);
        fprintf(to, ".%s=", settings[i].name);
        put_xml(to, settings[i].value);
        fputs("'/>\n", to);
        free(settings[i].value);
    }
}

char *stock_command(const struct stock_advice *a, const char *source, const char *romfile)
{
    char *bucket = xasprintf("%" PRIu64, a->bucket), ids[sizeof "1234:1234"];

    snprintf(ids, sizeof ids, "%04x:%04x", a->ids >> 16, a->ids & 0xffff);
    char *command = shell_command((const char *[]){"romcompat", "pad", "--bucket", bucket, "--ids",
                                                   ids, source, "-o", romfile, NULL});
    free(bucket);
    return command;
}
