/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UEFI device paths as the text that firmware and its shell print (UEFI 2.10, 10.6.1; edk2
 * MdePkg UefiDevicePathLib/DevicePathToText.c), and the boot options that hold them. */
#ifndef FORMATS_DEVICE_PATH_H
#define FORMATS_DEVICE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_PATH_TEXT_MAX 1024 /* bytes of the text that are kept */
#define DEVICE_PATH_NODES_MAX 64

struct device_path {
    char text[DEVICE_PATH_TEXT_MAX];
    bool broken; /* it does not end where it should, or has too many nodes */
    bool cut;    /* the text is longer */
    /* What names one piece of hardware alone: another guest, with another card or disk, does
     * not find it. */
    bool has_mac, has_disk_id;
};
void device_path_read(const uint8_t *data, size_t size, struct device_path *path);

#define LOAD_OPTION_TEXT_MAX 256
struct load_option {
    bool active, hidden;
    char description[LOAD_OPTION_TEXT_MAX];
    struct device_path path;
    size_t optional_data; /* bytes behind the path */
};
/* The data of a variable Boot####. False when it is none. */
bool load_option_read(const uint8_t *data, size_t size, struct load_option *option);

#endif
