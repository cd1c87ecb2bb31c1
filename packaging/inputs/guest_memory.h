/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAM of a guest below 4 GiB, read a range at a time: of a core in a file, or of a guest
 * that runs behind a QMP socket.
 */
#ifndef INPUTS_GUEST_MEMORY_H
#define INPUTS_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/memory_tree.h"

struct guest_memory {
    const char *name;
    struct memory_map map;
    struct memory_flash flash; /* of a running guest; read() takes these addresses too */
    const char *kind;          /* "ELF core", "running guest" */
    bool runs;                 /* what is read twice may differ */
    bool cut;                  /* a core that is shorter than it says */
    size_t at_once;            /* bytes that are best read in one go */
    void *context;
    /* All of [address, address + n), which memory_map_has(). 0 or -1. */
    int (*read)(struct guest_memory *memory, uint64_t address, void *to, size_t n,
                struct failure *f);
    /* Whether [address, address + n) is a hole in a sparse file, known without reading it. May
     * be NULL. */
    bool (*is_hole)(struct guest_memory *memory, uint64_t address, size_t n);
    /* Whether a page of [address, address + n) was found missing while it was read: the read gave
     * zeros for it. May be NULL. */
    bool (*lacks)(struct guest_memory *memory, uint64_t address, uint64_t n);
    void (*close)(struct guest_memory *memory);
};

/* An ELF core, one of Xen, or raw memory (formats/memory_core.h). 0 or -1; on success
 * guest_memory_close(). */
int core_file_open(const char *path, struct guest_memory *memory, struct failure *f);

/* Asks with `info mtree -f` where RAM is and reads it with pmemsave, into memory of this process
 * that QEMU is handed as a file: nothing is written to a disk, the guest is not stopped, and
 * nothing in it changes. QEMU does nothing else while it copies, hence little at once. */
#define QMP_MEMORY_AT_ONCE ((size_t)16 << 20)
int qmp_memory_open(const char *socket_path, struct guest_memory *memory, struct failure *f);

void guest_memory_close(struct guest_memory *memory);

#endif
