/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the properties of a -device option. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/device_text.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct device_text d = {.type = "untouched"};
    char *text = strndup((const char *)data, size);

    if (!text)
        return 0;
    if (device_text_read(text, &d) != 0) {
        if (strcmp(d.type, "untouched") != 0)
            abort();
    } else if (!d.type[0] || !memchr(d.type, '\0', sizeof d.type) ||
               !memchr(d.bus, '\0', sizeof d.bus)) {
        abort();
    }
    free(text);
    return 0;
}
