/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the file \NvVars. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/nv_vars.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct varstore store;
    char name[16];

    if (!nv_vars_read(data, size, &store))
        return 0;
    for (size_t i = 0; i < store.variable_count; i++) {
        const struct variable *v = &store.variables[i];

        if (!in_range(size, v->name_at, v->name_size) || !in_range(size, v->data_at, v->data_size))
            abort();
        variable_name(data, v, name, sizeof name);
    }
    varstore_free(&store);
    return 0;
}
