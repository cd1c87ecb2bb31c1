/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a `-device` option: "virtio-net-pci,id=net0,bus=pcie.0,romfile=". Read for
 * what decides about the device's option ROM; everything else is skipped.
 * The first flag (option_text.h) is `driver`, and of a name given twice the last one holds.
 */
#ifndef FORMATS_DEVICE_TEXT_H
#define FORMATS_DEVICE_TEXT_H

#include <stdbool.h>

#define DEVICE_TEXT_NAME_MAX 63 /* bytes of a type, id or bus that are kept */

struct device_text {
    char type[DEVICE_TEXT_NAME_MAX + 1];
    char id[DEVICE_TEXT_NAME_MAX + 1];
    char bus[DEVICE_TEXT_NAME_MAX + 1]; /* "": not given */
    bool has_properties;                /* there is more than the type */
    bool has_romfile, has_romsize;      /* given, whatever the value */
    bool rombar_is_off;
    enum { LEGACY_AUTO, LEGACY_ON, LEGACY_OFF } legacy; /* of disable-legacy= */
};

/* 0, or -1 where the text has no type, one that is longer than QEMU's names are, or is JSON. */
int device_text_read(const char *text, struct device_text *d);

#endif
