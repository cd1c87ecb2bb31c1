/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include "base/effort.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    effort_forget();
    return try_input(data, size);
}
