/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a boot option, and as a device path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/device_path.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct device_path path;
    struct load_option option;

    device_path_read(data, size, &path);
    if (strlen(path.text) >= sizeof path.text)
        abort();
    if (load_option_read(data, size, &option) && option.optional_data > size)
        abort();
    return 0;
}
