/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/json_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/variables_json.h"

bool json_store_is(const uint8_t *data, size_t size)
{
    static const char key[] = "\"variables\"";
    size_t at = 0;

    while (at < size && memchr(" \t\r\n", data[at], 4))
        at++;
    return size <= VARIABLES_JSON_MAX && at < size && data[at] == '{' &&
           memmem(data, size, key, sizeof key - 1);
}

/* Puts them one behind the other, so that offsets count in one place. */
static void join(const struct json_variables *v, uint8_t **bytes, struct varstore *store)
{
    size_t size = 0;

    for (size_t i = 0; i < v->count; i++)
        size += v->list[i].variable.data_at + v->list[i].variable.data_size;
    *bytes = xmalloc(size ? size : 1);
    *store = (struct varstore){.sound = true};
    store->variables = xcalloc(v->count ? v->count : 1, sizeof *store->variables);
    size = 0;
    for (size_t i = 0; i < v->count; i++) {
        struct variable *to = &store->variables[store->variable_count++];

        *to = v->list[i].variable;
        to->offset = size;
        to->name_at = size;
        to->data_at = size + to->name_size;
        memcpy(*bytes + size, v->list[i].bytes, to->name_size + to->data_size);
        size += to->name_size + to->data_size;
    }
    store->live_count = store->variable_count;
    store->format = VARSTORE_AUTHENTICATED;
}

int json_store_read(const char *name, const uint8_t *data, size_t size, uint8_t **bytes,
                    struct varstore *store, struct failure *refused, struct failure *f)
{
    struct json_variables v;

    if (variables_from_json_text(name, data, size, &v, f) != 0)
        return -1;
    join(&v, bytes, store);
    *refused = v.refused;
    json_variables_free(&v);
    return 0;
}
