/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mirrors and the proxy that apt on this machine is configured for. */
#ifndef INPUTS_APT_SOURCES_H
#define INPUTS_APT_SOURCES_H

#include <stddef.h>

#include "base/failure.h"

struct apt_mirrors {
    char **list; /* base addresses, without a slash at the end, in apt's order, no doubles */
    size_t count, capacity;
    /* What could not be used, "FILE:LINE: why", the first of them; NULL: nothing. */
    char *note;
};

/* Reads ROOT/etc/apt/sources.list, then ROOT/etc/apt/sources.list.d in order of
 * name; root is "" but for tests. No file there at all is an empty list. */
void apt_sources_read(const char *root, struct apt_mirrors *mirrors);

/* The proxy that apt goes through to `uri`: Acquire::http::Proxy and the like in
 * ROOT/etc/apt/apt.conf.d and ROOT/etc/apt/apt.conf; the Debian installer writes it
 * there and nowhere else. NULL: none. free() it. */
char *apt_proxy_read(const char *root, const char *uri);

void apt_mirrors_free(struct apt_mirrors *mirrors);

#endif
