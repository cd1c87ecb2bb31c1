/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt gives a guest the firmware of one descriptor: src/qemu/qemu_firmware.c,
 * qemuFirmwareMatchDomain(). */
#ifndef FLASH_DESCRIPTOR_MATCH_H
#define FLASH_DESCRIPTOR_MATCH_H

#include "flash/domain_firmware.h"
#include "inputs/firmware_descriptor.h"

/* The versions of libvirt whose rules are known, the oldest first. */
enum descriptor_rules { RULES_9_0, RULES_11_3, RULES_12_8, RULES_COUNT };

/* What a descriptor is checked against. */
struct descriptor_wish {
    const struct domain_xml *domain;
    enum descriptor_rules rules;
    const char *root;             /* NULL: this host */
    char *machine, *architecture; /* as descriptors call them */
    const char *loader_format;
};

/* False, with the reason in reason[0, DOMAIN_REASON_MAX). */
bool descriptor_matches(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                        char *reason);

#endif
