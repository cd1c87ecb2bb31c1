/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot options of a store, Boot0000 and so on, in the order in which they are tried. */
#ifndef FLASH_BOOT_OPTIONS_H
#define FLASH_BOOT_OPTIONS_H

#include "flash/live_store.h"
#include "formats/device_path.h"

struct boot_option {
    uint16_t number;
    bool ordered; /* it is in BootOrder */
    bool sound;   /* `option` was read */
    struct load_option option;
};

struct boot_options {
    size_t count;
    struct boot_option *list; /* those of BootOrder first */
    size_t missing_count;     /* numbers of BootOrder that have no option */
    uint16_t *missing;
    bool has_next; /* BootNext: once, before the others */
    uint16_t next;
};

/* Of an open store; free with boot_options_free(). */
void boot_options_read(const struct live_store *live, struct boot_options *options);
void boot_options_free(struct boot_options *options);

#endif
