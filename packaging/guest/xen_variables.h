/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables of a Xen domain, which has no flash device: out of its memory, and into an image
 * of its firmware. What comes out of a guest is read by a process of its own that runs as user
 * nobody, and may crash or hang.
 */
#ifndef GUEST_XEN_VARIABLES_H
#define GUEST_XEN_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define XEN_FIRMWARE "/usr/share/ovmf/OVMF.fd" /* of Debian's xl, without bios_path_override */
#define XEN_EXTRACT_SECONDS 300
#define XEN_INJECT_SECONDS 60

struct xen_variables {
    uint8_t *store; /* `size` bytes; free() */
    size_t size;
    uint64_t count; /* of live variables */
};

/* Reads those of domain `id` out of its memory. It may run, or have ended and be preserved. 0 or
 * -1. */
int xen_variables_read(unsigned id, struct xen_variables *v, struct failure *f);

struct xen_image {
    uint8_t *bytes; /* `size` of them; free() */
    size_t size;
    bool nv_vars; /* the firmware also reads \NvVars from a disk, which beats the image */
};

/* An image of `firmware` (a path) with the variables of the store `path`; where that is NULL
 * no image, and the firmware is looked at alone. -1 also where the firmware would not read the
 * image's variables, or they do not fit: a domain would start without them. */
int xen_variables_image(const char *firmware, const char *path, struct xen_image *image,
                        struct failure *f);

#endif
