/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ROM files a stock QEMU must be given for the network cards of a libvirt guest, so that
 * each has the RAM block that its machine type goes with. */
#ifndef GUEST_DOMAIN_ROMS_H
#define GUEST_DOMAIN_ROMS_H

#include "inputs/domain_xml.h"
#include "guest/destination.h"

enum domain_rom_answer {
    DOMAIN_ROM_UNTOUCHED, /* no rule holds, or the guest's XML says something of its own */
    DOMAIN_ROM_FITS,      /* the default ROM gives that block */
    DOMAIN_ROM_GETS,      /* `file` must be given */
    DOMAIN_ROM_DOUBT,     /* the default ROM does not, and there is not a file that would */
};

struct domain_rom {
    enum domain_rom_answer answer;
    char *file; /* path, for DOMAIN_ROM_GETS */
    char *why;  /* one line, for GETS and DOUBT */
    char *fix;  /* one line, or NULL */
};

/* Whether a card could need a file at all, by the guest's XML alone. */
bool domain_rom_is_asked(const struct domain_xml *domain, const struct domain_device *device);

/* The answer for one device. `to` is a host whose QEMU reads no maps; `maps` are those
 * that hold for its guests all the same. Free with domain_rom_free(). */
void domain_rom_of(const struct domain_xml *domain, const struct domain_device *device,
                   struct destination *to, const struct romcompat *maps, struct domain_rom *answer);
void domain_rom_free(struct domain_rom *answer);

/* "0000:00:03.0 (virtio-net-pci)"; free it. */
char *domain_device_label(const struct domain_device *device);

#endif
