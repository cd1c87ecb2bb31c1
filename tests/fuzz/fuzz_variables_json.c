/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a JSON document of variables; what is read goes into a store and out again. */
#include <stdint.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "flash/variables_json.h"
#include "target.h"

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void round_trip(struct json_variables *v)
{
    const struct varstore_layout *l = &varstore_layouts[1];
    struct flash_image empty = {.path = (char *)"empty", .kind = FLASH_STORE, .has_store = true};
    struct variables_lost lost;
    struct live_store live;
    struct failure f;
    struct converted c;

    empty.size = l->volume_length;
    empty.data = malloc(empty.size);
    must(empty.data != NULL);
    varstore_format(empty.data, l, VARSTORE_AUTHENTICATED);
    must(varstore_read(empty.data, empty.size, &empty.store) == 0);
    must(import_into_store(v, &empty, &c, &f) == 0);
    varstore_free(&empty.store);
    free(empty.data);
    must(c.count + c.left_count == v->count);
    if (c.data) {
        struct flash_image full = {.path = (char *)"full",
                                   .kind = FLASH_STORE,
                                   .has_store = true,
                                   .data = c.data,
                                   .size = c.size};

        must(varstore_read(full.data, full.size, &full.store) == 0);
        must(full.store.live_count == v->count && full.store.problem_count == 0);
        must(live_store_open(&full, &live, &f) == 0);
        struct json_object *o = variables_to_json(&live, &lost);
        must(o != NULL);
        json_object_put(o);
        live_store_close(&live);
        varstore_free(&full.store);
    }
    converted_free(&c);
}

int try_input(const uint8_t *data, size_t size)
{
    struct json_variables v;
    struct failure f;

    if (variables_from_json_text("input", data, size, &v, &f) != 0)
        return 0;
    round_trip(&v);
    json_variables_free(&v);
    return 0;
}
