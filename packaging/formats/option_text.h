/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a QEMU option, "virtio-net-pci,id=net0,romfile=", one property after the other.
 *
 * QEMU util/qemu-option.c, opts_do_parse(): properties are divided by commas, a comma in a
 * value is doubled, and what has no '=' is a flag; the first flag may be a value.
 */
#ifndef FORMATS_OPTION_TEXT_H
#define FORMATS_OPTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct option_property {
    const char *name; /* in the text, not ended by a NUL; NULL for a flag */
    size_t name_length;
    const char *value; /* likewise; as written there, its commas doubled */
    size_t raw_length;
};

/* The property at *at, which is then moved behind it. False at the end. */
bool option_text_next(const char **at, struct option_property *p);

/* Writes the value with its commas single, cut to size - 1 bytes, and a NUL. Whether it fits;
 * raw_length + 1 bytes are always enough. */
bool option_text_value(const struct option_property *p, char *value, size_t size);

/* Whether a value of yes or no says the one or the other: QEMU qapi/qapi-util.c,
 * qapi_bool_parse(), and a number, where the property is one. */
bool option_text_is_on(const char *value);
bool option_text_is_off(const char *value);

#endif
