/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands about flash images share. */
#ifndef COMMANDS_FLASH_REPORT_H
#define COMMANDS_FLASH_REPORT_H

#include "flash/image.h"

/* Bytes of a variable's name that are shown; UEFI has no limit. */
#define VARIABLE_NAME_SHOWN 512

struct json_object;

/* How much of the file or block device of a store is flash. */
#define STORE_SIZE_OPTION(settings, member)                                                       \
    {                                                                                             \
        "size", .argument = "SIZE",                                                               \
                .help = "only the first SIZE bytes of the store's file are flash (QEMU's size=)", \
                SIZE_AT(settings, member)                                                         \
    }

/* All that `flash inspect` shows of an image. */
struct json_object *flash_image_object(const struct flash_image *image);

#endif
