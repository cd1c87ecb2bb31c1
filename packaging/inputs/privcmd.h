/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dom0's kernel takes at /dev/xen/privcmd: Linux include/uapi/xen/privcmd.h, which itself
 * includes what only the kernel has. The names there are struct privcmd_mmapbatch_v2,
 * IOCTL_PRIVCMD_MMAPBATCH_V2 and IOCTL_PRIVCMD_RESTRICT.
 */
#ifndef INPUTS_PRIVCMD_H
#define INPUTS_PRIVCMD_H

#include <stdint.h>
#include <sys/ioctl.h>

struct map_frames {
    unsigned count;
    uint16_t domain;
    uint64_t address;
    const unsigned long *frames;
    int *errors;
};
#define MAP_FRAMES _IOC(_IOC_NONE, 'P', 4, sizeof(struct map_frames))
#define RESTRICT _IOC(_IOC_NONE, 'P', 6, sizeof(uint16_t))

#endif
