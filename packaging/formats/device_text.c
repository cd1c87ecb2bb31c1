/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/device_text.h"

#include <string.h>

#include "formats/option_text.h"

static void take_property(struct device_text *d, const char *name, const char *value)
{
    if (strcmp(name, "romfile") == 0)
        d->has_romfile = true;
    else if (strcmp(name, "romsize") == 0)
        d->has_romsize = true;
    else if (strcmp(name, "rombar") == 0)
        d->rombar_is_off = option_text_is_off(value);
    else if (strcmp(name, "bus") == 0)
        strcpy(d->bus, value);
    else if (strcmp(name, "id") == 0)
        strcpy(d->id, value);
    else if (strcmp(name, "disable-legacy") == 0)
        d->legacy = option_text_is_on(value)    ? LEGACY_OFF
                    : option_text_is_off(value) ? LEGACY_ON
                                                : LEGACY_AUTO;
}

int device_text_read(const char *text, struct device_text *d)
{
    struct device_text found = {0};
    struct option_property p;
    const char *at = text;
    bool type_fits = false;

    if (*text == '{')
        return -1;
    for (bool first = true; option_text_next(&at, &p); first = false) {
        char name[DEVICE_TEXT_NAME_MAX + 1] = "", value[DEVICE_TEXT_NAME_MAX + 1];
        bool fits = option_text_value(&p, value, sizeof value);

        if (p.name_length < sizeof name)
            memcpy(name, p.name ? p.name : "", p.name_length);
        /* Of flags, only the first may stand for something else. */
        if (p.name ? strcmp(name, "driver") == 0 : first) {
            strcpy(found.type, value);
            type_fits = fits;
        } else if (p.name) {
            take_property(&found, name, value);
        }
        found.has_properties |= !first;
    }
    if (!found.type[0] || !type_fits)
        return -1;
    *d = found;
    return 0;
}
