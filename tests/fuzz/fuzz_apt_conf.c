/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/apt_conf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char value[APT_CONF_VALUE_MAX] = "";

    if (apt_conf_value((const char *)data, size, "Acquire::http::Proxy", value) &&
        strnlen(value, sizeof value) == sizeof value)
        abort();
    return 0;
}
