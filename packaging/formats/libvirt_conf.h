/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of strings out of libvirt's configuration files (libvirt src/util/virconf.c). */
#ifndef FORMATS_LIBVIRT_CONF_H
#define FORMATS_LIBVIRT_CONF_H

#include <stddef.h>

#define LIBVIRT_QEMU_CONF "/etc/libvirt/qemu.conf"
#define LIBVIRT_CONF_MAX ((size_t)1 << 20) /* bytes of it that are read */

struct libvirt_word { /* a string of the file, without its quotes; not ended by a NUL */
    const char *text;
    size_t length;
};

enum libvirt_conf_result {
    LIBVIRT_CONF_NONE,   /* nothing is set to that name */
    LIBVIRT_CONF_LIST,   /* a list, or one string */
    LIBVIRT_CONF_BROKEN, /* *line is where */
    LIBVIRT_CONF_TOO_MANY,
};

/* The strings that `key` is set to in text[0, size); the last setting counts. `words` has
 * room for `max`. */
enum libvirt_conf_result libvirt_conf_list(const char *text, size_t size, const char *key,
                                           struct libvirt_word *words, size_t max, size_t *count,
                                           unsigned *line);

/* The same for a value alone: `[ "a", "b" ]`, or without the brackets. */
enum libvirt_conf_result libvirt_conf_value(const char *text, size_t size,
                                            struct libvirt_word *words, size_t max, size_t *count,
                                            unsigned *line);

#endif
