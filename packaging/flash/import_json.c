/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables put into the JSON of QEMU's uefi-vars device. */
#include <stdlib.h>

#include "base/memory.h"
#include "flash/variables_json.h"
#include "inputs/json.h"
#include "outputs/json.h"

/* A variable takes the place of that of the same name and GUID. The entries of `old` are those of
 * the array, in its order. Adds to *lost. */
static void replace(struct json_object *array, const struct json_variables *old,
                    struct json_variables *v, struct variables_lost *lost)
{
    struct json_variable **order = sort_json_variables(v);

    for (size_t i = 0; i < old->count; i++) {
        struct json_variable *wanted = &old->list[i];
        struct json_variable **hit =
            v->count ? bsearch(&wanted, order, v->count, sizeof *order, compare_json_variables)
                     : NULL;

        if (!hit) {
            lost->storage.bytes += wanted->storage.bytes;
            lost->storage.own |= wanted->storage.own;
            continue;
        }
        (*hit)->placed = true;
        if (json_object_array_put_idx(
                array, i, variable_to_json((*hit)->bytes, &(*hit)->variable, lost)) != 0)
            give_up("out of memory");
    }
    for (size_t i = 0; i < v->count; i++)
        if (!v->list[i].placed)
            json_append(array, variable_to_json(v->list[i].bytes, &v->list[i].variable, lost));
    free(order);
}

char *import_into_json(const char *path, struct json_variables *v, struct failure *f)
{
    struct json_variables old;
    struct variables_lost lost = {0};
    struct json_object *root;

    if (variables_from_json(path, &old, f) != 0)
        return NULL;
    if (json_tree_read(path, VARIABLES_JSON_MAX, &root, f) != 0) {
        json_variables_free(&old);
        return NULL;
    }
    replace(json_member(root, "variables", json_type_array), &old, v, &lost);
    json_variables_free(&old);
    if (!variables_fit_device(path, &lost, f)) {
        json_object_put(root);
        return NULL;
    }
    return json_document_text(root);
}
