/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a libvirt guest's XML gives its RAM blocks: firmware, and ROMs of its own. */
#ifndef GUEST_DOMAIN_FILES_H
#define GUEST_DOMAIN_FILES_H

#include "inputs/domain_xml.h"
#include "guest/destination.h"

/* How many, in *list; free with domain_files_free(). `elsewhere`: the guest is to come to a
 * host whose files cannot be looked at. A variable store that is not there is taken for a copy
 * of its template, which libvirt makes (src/qemu/qemu_process.c, qemuPrepareNVRAM()). */
size_t domain_files(const struct domain_xml *domain, bool elsewhere, struct given_file **list);
void domain_files_free(struct given_file *list, size_t count);

/* The RAM block of its firmware image, where it names a loader: "pc.bios", "system.flash0",
 * "virt.flash0". */
const char *domain_code_block(const struct domain_xml *domain);

#endif
