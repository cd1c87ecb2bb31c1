/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/option_text.h"

#include <string.h>

#include "base/text.h"

bool option_text_next(const char **at, struct option_property *p)
{
    size_t n = strcspn(*at, "=,");
    const char *end;

    if (!**at)
        return false;
    *p = (struct option_property){0};
    if ((*at)[n] == '=') {
        p->name = *at;
        p->name_length = n;
        *at += n + 1;
    }
    p->value = *at;
    for (end = *at; *end && (*end != ',' || end[1] == ','); end++)
        if (*end == ',')
            end++;
    p->raw_length = (size_t)(end - *at);
    *at = *end ? end + 1 : end;
    return true;
}

bool option_text_value(const struct option_property *p, char *value, size_t size)
{
    size_t n = 0;
    bool fits = true;

    for (size_t i = 0; i < p->raw_length; i++) {
        if (n + 1 < size)
            value[n++] = p->value[i];
        else
            fits = false;
        if (p->value[i] == ',')
            i++;
    }
    value[n] = '\0';
    return fits;
}

bool option_text_is_on(const char *value)
{
    static const char *const words[] = {"on", "yes", "true", "y", "1", NULL};

    return is_one_of(value, words);
}

bool option_text_is_off(const char *value)
{
    static const char *const words[] = {"off", "no", "false", "n", "0", "0x0", "00", NULL};

    return is_one_of(value, words);
}
