/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where programs run that nobody vouches for: those of a system in a directory, which may be an
 * image of somebody else. It is their root directory, read-only, in mount, process, network, IPC
 * and host name namespaces of their own; they run as user nobody, cannot gain rights, and have
 * limits of memory, processor time and size of files.
 */
#ifndef OUTPUTS_CAGE_H
#define OUTPUTS_CAGE_H

#include <stddef.h>

#define CAGE_MEMORY_MAX ((size_t)4 << 30) /* bytes of address space; QEMU reserves 2 GiB */
#define CAGE_SECONDS 30                   /* of processor time of each process */

struct cage {
    int outside;      /* this system's root directory, opened; we may be below another one */
    const char *root; /* the directory, from there: an absolute path */
};

/* Called in a process that has no threads. Returns in another one, which is its child, and waits
 * and ends as that ends. 0; or -1 with errno, and *step is what could not be done. */
int cage_enter(const struct cage *cage, const char **step);

#endif
