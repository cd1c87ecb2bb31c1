/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAM of a Xen domain, mapped into this process by dom0's kernel. The domain may run, or have
 * ended and be preserved; it is not stopped, nothing in it changes, and its device model, which
 * need not be there, has no part in it.
 *
 * The device model would not do: what Xen's QEMU calls RAM is all that the domain may have, and a
 * page that the domain does not have ends it (QEMU hw/xen/xen-mapcache.c, xen_map_cache(), whose
 * NULL system/physmem.c, flatview_read_continue(), copies from).
 */
#ifndef INPUTS_XEN_MEMORY_H
#define INPUTS_XEN_MEMORY_H

#include "inputs/guest_memory.h"

/* A descriptor through which the memory of that domain alone can be mapped, by whoever has it, or
 * -1. Wants the rights of root in dom0. */
int xen_memory_connect(unsigned domain, struct failure *f);

/* Finds out which pages the domain has. The memory takes over the descriptor and borrows the
 * name. 0 or -1; on success guest_memory_close(). */
int xen_memory_begin(int fd, unsigned domain, const char *name, struct guest_memory *memory,
                     struct failure *f);

#endif
