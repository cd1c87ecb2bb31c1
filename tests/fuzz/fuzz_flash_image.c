/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a firmware image: volumes, files and sections in each other, packed ones too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flash/convert.h"
#include "flash/live_store.h"
#include "target.h"

static void use(const struct flash_image *image)
{
    struct live_store live;
    struct converted c;
    struct failure f;

    if (create_store(image, &c, &f) == 0)
        converted_free(&c);
    if (live_store_open(image, &live, &f) == 0)
        live_store_close(&live);
}

int try_input(const uint8_t *data, size_t size)
{
    struct flash_image image;
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    flash_take("input", copy, size, &image);
    use(&image);
    flash_close(&image);
    return 0;
}
