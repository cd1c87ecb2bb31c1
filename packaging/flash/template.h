/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store that new guests of a code image get a copy of. libvirt (11.3,
 * src/qemu/qemu_firmware.c, qemuFirmwareFillDomain()) asks the firmware descriptors first,
 * then the `nvram` list of its qemu.conf, where that is not set the list that it was compiled
 * with, and compares names as they are written. It leaves the list of qemu.conf alone as soon
 * as there is any descriptor (src/qemu/qemu_conf.c, virQEMUDriverConfigLoadNVRAMEntry()).
 */
#ifndef FLASH_TEMPLATE_H
#define FLASH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define NVRAM_LIST_MAX 1024 /* pairs of a list */
#define TEMPLATES_MAX 64    /* answers that are kept */

enum template_source { TEMPLATE_DESCRIPTOR, TEMPLATE_LIST, TEMPLATE_DEFAULT };

struct template_answer {
    enum template_source source;
    char *where;    /* the descriptor or the file with the list; NULL: the text of a list */
    char *code;     /* the name that matched */
    char *filename; /* of the template, as it is there; NULL: a descriptor without one */
    char *format;   /* "raw", "qcow2" */
    bool by_link;   /* the name as given is in no source: only what it leads to is */
};

struct template_search {
    size_t count;
    struct template_answer answers[TEMPLATES_MAX]; /* the first is what libvirt takes */
    bool list_ignored;                             /* qemu.conf has a list, and libvirt skips it */
    bool list_unread;      /* there is a qemu.conf, and it cannot be read */
    struct failure unread; /* the first descriptor that could not be read; empty: none */
};

/* Looks for the templates of the code image `code`, a path as it is on the host, with its
 * files below `root` (NULL: this host); where `code` is NULL, for the pairs of any code. `list` is a list, a qemu.conf, or NULL for the host's
 * own qemu.conf. 0, or -1 where a source is broken. */
int template_search(const char *code, const char *root, const char *list,
                    struct template_search *search, struct failure *f);
void template_search_free(struct template_search *search);

/* The file that `path` of that root is on this host: its links are followed below the root.
 * The caller frees it. */
char *template_file(const char *root, const char *path);

/* "descriptor", "list", "default" */
const char *template_source_name(enum template_source source);

#endif
