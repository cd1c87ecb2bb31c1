/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/inject.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static int refuse_combined(const struct flash_image *combined, struct failure *f)
{
    const struct varstore_layout *own = combined->store.layout;
    const struct varstore_layout *expected = combined->expects.layout;

    if (combined->kind != FLASH_COMBINED) {
        flash_refuse(combined, "a combined image, of a store and code", f);
        return combined->kind == FLASH_CODE
                   ? fail_hint(f, "A guest of such code has a flash device and keeps its "
                                  "variables in a file: see 'romcompat varstore convert'.")
                   : -1;
    }
    if (!combined->store.sound || !own) {
        fail(f, "%s: the store in it is damaged, or of an unknown layout", combined->path);
        return fail_hint(f, "Extract the image from its package again.");
    }
    if (expected && expected != own)
        return fail(f,
                    "%s: the store in it is not the one that its code expects (found %s, "
                    "expected %s)",
                    combined->path, own->name, expected->name);
    return 0;
}

static bool has_variable(const struct flash_image *store, const struct flash_image *other,
                         const struct variable *v)
{
    for (size_t i = 0; i < store->store.variable_count; i++) {
        const struct variable *mine = &store->store.variables[i];

        if (mine->live && guid_is(mine->vendor, v->vendor) && mine->name_size == v->name_size &&
            memcmp(store->data + mine->name_at, other->data + v->name_at, v->name_size) == 0)
            return true;
    }
    return false;
}

static void list_replaced(const struct flash_image *combined, struct injected *in)
{
    /* What is in the image now, however it got there. */
    struct flash_image now;
    uint8_t *copy = xmalloc(in->converted.size);
    size_t capacity = 0;
    char guid[GUID_TEXT_SIZE], name[256];

    memcpy(copy, in->converted.data, in->converted.size);
    flash_take(combined->path, copy, in->converted.size, &now);
    for (size_t i = 0; i < combined->store.variable_count; i++) {
        const struct variable *v = &combined->store.variables[i];

        if (!v->live || has_variable(&now, combined, v))
            continue;
        APPEND(in->replaced, in->replaced_count, capacity,
               xasprintf("%s %s", guid_text(v->vendor, guid),
                         variable_name(combined->data, v, name, sizeof name)));
    }
    flash_close(&now);
}

int inject_store(const struct flash_image *store, const struct flash_image *combined,
                 struct injected *in, struct failure *f)
{
    *in = (struct injected){0};
    if (refuse_combined(combined, f) != 0)
        return -1;
    if (convert_to_layout(store, combined->store.layout, &in->converted, f) != 0)
        return -1;
    if (!in->converted.data)
        return 0;
    in->size = combined->size;
    in->image = xmalloc(in->size);
    memcpy(in->image, combined->data, in->size);
    memcpy(in->image, in->converted.data, in->converted.size);
    list_replaced(combined, in);
    return 0;
}

void injected_free(struct injected *in)
{
    free_texts(in->replaced, in->replaced_count);
    free(in->image);
    converted_free(&in->converted);
    *in = (struct injected){0};
}
