/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any words as the command line of a QEMU, and any text as a file for -readconfig. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inputs/qemu_command.h"
#include "inputs/qemu_options.h"
#include "target.h"

static void section(void *arg, const struct qemu_option *option)
{
    (void)arg;
    if (!option->group)
        abort();
    for (size_t i = 0; i < option->count; i++)
        if (!option->values[i].name || !option->values[i].value)
            abort();
}

static void read_words(char *text, size_t size)
{
    struct qemu_command command;
    struct failure f = {0};
    char **words;
    size_t count;

    /* Which files there are is not the input's. */
    if (memmem(text, size, "readconfig", 10) || qemu_command_words(text, size, &words, &count) != 0)
        return;
    if (qemu_command_read(words, count, "/", &command, &f) == 0) {
        if (command.card_count > QEMU_COMMAND_CARDS_MAX || !command.loader != !command.loader_type)
            abort();
        qemu_command_free(&command);
    } else if (!f.what[0]) {
        abort();
    }
    free(words);
}

int try_input(const uint8_t *data, size_t size)
{
    struct failure f = {0};
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (qemu_config_parse("input", data, size, section, NULL, &f) != 0 && !f.what[0])
        abort();
    qemu_command_text_decides(text);
    read_words(text, size);
    free(text);
    return 0;
}
