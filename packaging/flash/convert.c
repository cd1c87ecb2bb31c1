/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/live_store.h"

#define NAME_SHOWN 256

void converted_free(struct converted *c)
{
    free_texts(c->left, c->left_count);
    free(c->data);
    *c = (struct converted){0};
}

/* `size` bytes whose volume is an empty store. */
static void begin(struct converted *c, const struct varstore_layout *layout, size_t size)
{
    c->layout = layout;
    c->size = size;
    c->data = xcalloc(size, 1);
    varstore_format(c->data, layout, VARSTORE_AUTHENTICATED);
}

/* A file of the firmware's length. */
int create_store(const struct flash_image *code, struct converted *c, struct failure *f)
{
    const struct flash_expects *e = &code->expects;

    *c = (struct converted){0};
    if (code->kind != FLASH_CODE)
        return flash_refuse(code, "firmware code that takes a store", f);
    if (!e->source)
        return fail(f, "%s: which store it expects is not known", code->path);
    if (!e->layout || e->file_size < e->layout->volume_length || e->file_size > FLASH_FILE_MAX)
        return fail(f,
                    "%s: it expects a store of a layout that is not known (found a volume of "
                    "0x%" PRIx64 " bytes)",
                    code->path, e->volume_length);
    begin(c, e->layout, (size_t)e->file_size);
    return 0;
}

char *variable_text(const uint8_t *data, const struct variable *v)
{
    char name[NAME_SHOWN], guid[GUID_TEXT_SIZE];

    return xasprintf("%s %s (%zu bytes)", guid_text(v->vendor, guid),
                     variable_name(data, v, name, sizeof name), v->data_size);
}

static void leave_out(struct converted *c, const uint8_t *data, const struct variable *v)
{
    APPEND(c->left, c->left_count, c->capacity, variable_text(data, v));
}

void put_variable(struct converted *c, struct varstore_writer *w, const uint8_t *data,
                  const struct variable *v)
{
    if (varstore_append(w, data, v)) {
        c->count++;
        c->bytes += varstore_needs(v, w->format);
    } else {
        leave_out(c, data, v);
    }
}

void converted_finish(struct converted *c)
{
    if (!c->left_count)
        return;
    free(c->data);
    c->data = NULL;
}

static void fill(struct converted *c, const struct live_store *live)
{
    struct varstore_writer w;

    varstore_writer_init(&w, c->data, c->layout, VARSTORE_AUTHENTICATED);
    for (size_t i = 0; i < live->store->variable_count; i++) {
        if (live->store->variables[i].live)
            put_variable(c, &w, live->data, &live->store->variables[i]);
    }
    c->replayed = live->replayed;
    c->from_plain = live->store->format != VARSTORE_AUTHENTICATED;
    converted_finish(c);
}

int convert_store(const struct flash_image *old, const struct flash_image *code,
                  struct converted *c, struct failure *f)
{
    struct live_store live;

    *c = (struct converted){0};
    if (live_store_open(old, &live, f) != 0)
        return -1;
    int result = create_store(code, c, f);
    if (result == 0)
        fill(c, &live);
    live_store_close(&live);
    return result;
}

int convert_to_layout(const struct flash_image *old, const struct varstore_layout *layout,
                      struct converted *c, struct failure *f)
{
    struct live_store live;

    *c = (struct converted){0};
    if (live_store_open(old, &live, f) != 0)
        return -1;
    begin(c, layout, layout->volume_length);
    fill(c, &live);
    live_store_close(&live);
    return 0;
}
