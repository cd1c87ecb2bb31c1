/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mirrors and the proxy that apt on this machine is configured for, as apt itself says. */
#ifndef INPUTS_APT_H
#define INPUTS_APT_H

#include <stddef.h>

struct apt_mirrors {
    char **list; /* http:, https: and file: addresses in apt's order, each once */
    size_t count, capacity;
    /* Why there are not more of them, the first reason; NULL: none. */
    char *note;
};

/* `root` is put before /etc/apt, and is "" but for tests. */
void apt_mirrors_ask(const char *root, struct apt_mirrors *mirrors);

/* The proxy that apt goes through to `uri`; NULL: none. free() it. */
char *apt_proxy_ask(const char *root, const char *uri);

void apt_mirrors_free(struct apt_mirrors *mirrors);

#endif
