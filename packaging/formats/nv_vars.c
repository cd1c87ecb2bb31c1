/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/nv_vars.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* UEFI 2.10, 8.2 (GetVariable): what firmware saves is not volatile, and of the known kinds. */
enum { ATTRIBUTE_NON_VOLATILE = 0x01, ATTRIBUTES_KNOWN = 0xff };

enum { LENGTH_SIZE = 4, TAIL_SIZE = GUID_SIZE + 4 + LENGTH_SIZE };

static bool read_one(const uint8_t *data, size_t size, size_t *at, struct variable *v)
{
    size_t left = size - *at;

    if (left < LENGTH_SIZE)
        return false;
    *v = (struct variable){.offset = *at, .state = VARIABLE_LIVE, .live = true};
    v->name_at = *at + LENGTH_SIZE;
    v->name_size = load_le32(data + *at);
    left -= LENGTH_SIZE;
    if (v->name_size % 2 || v->name_size > left || left - v->name_size < TAIL_SIZE)
        return false;
    const uint8_t *tail = data + v->name_at + v->name_size;
    left -= v->name_size + TAIL_SIZE;
    memcpy(v->vendor, tail, GUID_SIZE);
    v->attributes = load_le32(tail + GUID_SIZE);
    v->data_size = load_le32(tail + GUID_SIZE + 4);
    v->data_at = v->name_at + v->name_size + TAIL_SIZE;
    if (v->data_size > left || !(v->attributes & ATTRIBUTE_NON_VOLATILE) ||
        v->attributes & ~(uint32_t)ATTRIBUTES_KNOWN || !variable_name_is_good(data, v))
        return false;
    *at = v->data_at + v->data_size;
    return true;
}

bool nv_vars_read(const uint8_t *data, size_t size, struct varstore *store)
{
    struct variable one;
    size_t count = 0, at = 0;

    *store = (struct varstore){0};
    while (at < size && count < VARSTORE_VARIABLES_MAX && read_one(data, size, &at, &one))
        count++;
    if (!count || at != size)
        return false;
    store->variables = calloc(count, sizeof *store->variables);
    if (!store->variables)
        return false;
    for (at = 0; store->variable_count < count; store->variable_count++)
        read_one(data, size, &at, &store->variables[store->variable_count]);
    store->live_count = count;
    store->sound = true;
    return true;
}
