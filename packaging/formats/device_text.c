/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/device_text.h"

#include <stddef.h>
#include <string.h>

/* Copies up to the end of a property and moves *at behind it: to the comma that divides it
 * from the next one, or the end. What does not fit is dropped, and false. */
static bool take_value(const char **at, char *value, size_t size)
{
    size_t n = 0;
    bool fits = true;

    for (; **at; (*at)++) {
        if (**at == ',' && *++*at != ',')
            break;
        if (n + 1 < size)
            value[n++] = **at;
        else
            fits = false;
    }
    value[n] = '\0';
    return fits;
}

static bool is_one_of(const char *value, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(value, *list) == 0)
            return true;
    return false;
}

/* QEMU qapi/qapi-util.c, qapi_bool_parse(); and a number, where the property is one. */
static bool is_off(const char *value)
{
    static const char *const words[] = {"off", "no", "false", "n", "0", "0x0", "00", NULL};

    return is_one_of(value, words);
}

static bool is_on(const char *value)
{
    static const char *const words[] = {"on", "yes", "true", "y", "1", NULL};

    return is_one_of(value, words);
}

static void take_property(struct device_text *d, const char *name, const char *value)
{
    if (strcmp(name, "romfile") == 0)
        d->has_romfile = true;
    else if (strcmp(name, "romsize") == 0)
        d->has_romsize = true;
    else if (strcmp(name, "rombar") == 0)
        d->rombar_is_off = is_off(value);
    else if (strcmp(name, "bus") == 0)
        strcpy(d->bus, value);
    else if (strcmp(name, "disable-legacy") == 0)
        d->legacy = is_on(value) ? LEGACY_OFF : is_off(value) ? LEGACY_ON : LEGACY_AUTO;
}

int device_text_read(const char *text, struct device_text *d)
{
    struct device_text found = {0};
    const char *at = text;
    bool type_fits = false;

    if (*text == '{')
        return -1;
    for (bool first = true; *at; first = false) {
        char name[DEVICE_TEXT_NAME_MAX + 1], value[DEVICE_TEXT_NAME_MAX + 1];
        size_t n = strcspn(at, "=,");

        if (at[n] != '=') {
            /* A flag; only the first may stand for something else. */
            bool fits = take_value(&at, value, sizeof value);
            if (first) {
                strcpy(found.type, value);
                type_fits = fits;
            }
        } else {
            size_t kept = n < sizeof name ? n : 0;

            memcpy(name, at, kept);
            name[kept] = '\0';
            at += n + 1;
            bool fits = take_value(&at, value, sizeof value);
            if (strcmp(name, "driver") == 0) {
                strcpy(found.type, value);
                type_fits = fits;
            } else {
                take_property(&found, name, value);
            }
        }
        found.has_properties |= !first;
    }
    if (!found.type[0] || !type_fits)
        return -1;
    *d = found;
    return 0;
}
