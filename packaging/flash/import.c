/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores made of variables that came as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/variables_json.h"

static void put_one(struct json_variables *v, struct json_variable *entry, struct converted *c,
                    struct varstore_writer *w)
{
    put_variable(c, w, entry->bytes, &entry->variable);
    entry->placed = true;
    if (w->format == VARSTORE_PLAIN)
        v->lost.times += variable_has_time(&entry->variable);
}

static void put_rest(struct json_variables *v, struct converted *c, struct varstore_writer *w)
{
    for (size_t i = 0; i < v->count; i++) {
        if (!v->list[i].placed)
            put_one(v, &v->list[i], c, w);
    }
    converted_finish(c);
}

int import_for_code(struct json_variables *v, const struct flash_image *code, struct converted *c,
                    struct failure *f)
{
    struct varstore_writer w;

    if (create_store(code, c, f) != 0)
        return -1;
    varstore_writer_init(&w, c->data, c->layout, VARSTORE_AUTHENTICATED);
    put_rest(v, c, &w);
    return 0;
}

static void merge(struct json_variables *v, const struct live_store *live, struct converted *c)
{
    struct json_variable **order = sort_json_variables(v);
    struct varstore_writer w;

    varstore_writer_init(&w, c->data, c->layout, live->store->format);
    for (size_t i = 0; i < live->store->variable_count; i++) {
        const struct variable *old = &live->store->variables[i];

        if (!old->live)
            continue;
        struct json_variable key = {.variable = *old, .bytes = (uint8_t *)live->data};
        struct json_variable *wanted = &key;
        struct json_variable **hit =
            bsearch(&wanted, order, v->count, sizeof *order, compare_json_variables);
        if (!hit) {
            put_variable(c, &w, live->data, old);
            continue;
        }
        /* JSON has no place for these, and firmware takes no update with a lower count. */
        (*hit)->variable.monotonic_count = old->monotonic_count;
        (*hit)->variable.public_key_index = old->public_key_index;
        put_one(v, *hit, c, &w);
    }
    put_rest(v, c, &w);
    free(order);
}

int import_into_store(struct json_variables *v, const struct flash_image *old, struct converted *c,
                      struct failure *f)
{
    struct live_store live;
    int result = -1;

    *c = (struct converted){0};
    if (live_store_open(old, &live, f) != 0)
        return -1;
    if (old->kind != FLASH_STORE) {
        flash_refuse_store(old, "a variable store without code", f);
    } else if (!live.store->layout) {
        fail(f, "%s: a store of a layout that is not known (found a volume of 0x%" PRIx64 " bytes)",
             old->path, live.store->volume.length);
    } else {
        c->layout = live.store->layout;
        c->size = old->size;
        c->data = xmalloc(c->size);
        memcpy(c->data, old->data, c->size);
        varstore_format(c->data, c->layout, live.store->format);
        c->replayed = live.replayed;
        merge(v, &live, c);
        result = 0;
    }
    live_store_close(&live);
    return result;
}
