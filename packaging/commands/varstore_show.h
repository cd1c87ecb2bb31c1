/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `varstore show` knows of one store. */
#ifndef COMMANDS_VARSTORE_SHOW_H
#define COMMANDS_VARSTORE_SHOW_H

#include "flash/boot_options.h"
#include "flash/secure_boot.h"

struct shown_store {
    const struct flash_image *image;
    const struct live_store *live;
    struct secure_boot secure_boot;
    struct boot_options boot;
    int64_t now; /* seconds since 1970: whether a certificate has expired then */
    bool all;    /* hashes, too */
};

static inline bool certificate_expired(const struct shown_store *shown,
                                       const struct certificate *certificate)
{
    return certificate->until < shown->now;
}

struct json_object;
struct json_object *shown_store_object(const struct shown_store *shown);

#endif
