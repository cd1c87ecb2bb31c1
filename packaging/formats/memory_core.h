/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that hold the RAM of a guest: which of its bytes are which addresses. Read are
 *
 *   - ELF cores with program headers, as QEMU's dump-guest-memory and `virsh dump
 *     --memory-only` make them (QEMU dump/dump.c; ELF specification 1.2, book I, chapter 2);
 *   - ELF cores with sections, as `xl dump-core` makes them (Xen docs/misc/
 *     dump-core-format.txt);
 *   - anything else that is not known to be another format, as RAM from address 0 on.
 *
 * The bytes come through a function: a core may have hundreds of gigabytes.
 */
#ifndef FORMATS_MEMORY_CORE_H
#define FORMATS_MEMORY_CORE_H

#include "base/failure.h"
#include "formats/memory_map.h"

#define CORE_HEADERS_MAX 65536    /* program headers, sections */
#define CORE_NAMES_MAX 4096       /* bytes of section names */
#define CORE_NOTES_MAX (1u << 20) /* bytes of Xen's notes */

struct core_source {
    void *context;
    uint64_t size;
    /* All `n` bytes at `offset`, which lie inside `size`. 0 or -1. */
    int (*read)(void *context, uint64_t offset, void *to, size_t n, struct failure *f);
};

/* CORE_PARTIAL: a piece of memory is longer than its bytes in the file. With `paging`
 * dump-guest-memory counts those of the first RAM block alone (QEMU dump/dump.c,
 * get_offset_range()). */
enum core_kind { CORE_RAW, CORE_ELF, CORE_PARTIAL, CORE_XEN };

struct core {
    enum core_kind kind;
    struct memory_map map;
    bool cut; /* some of what its headers name is past the end of the file */
};

/* What is wrong is said without the file's name. 0 or -1; free with core_free(). */
int core_read(const struct core_source *source, struct core *core, struct failure *f);
void core_free(struct core *core);

/* "ELF core", ... */
const char *core_kind_name(enum core_kind kind);

#endif
