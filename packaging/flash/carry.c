/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/carry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define NAME_SHOWN 256

void carried_free(struct carried *c)
{
    for (size_t i = 0; i < c->left_count; i++)
        free(c->left[i]);
    free(c->left);
    free(c->data);
    *c = (struct carried){0};
}

/* A file of the firmware's length whose volume is an empty store. */
static int make_empty(const struct flash_image *code, enum varstore_format format,
                      struct carried *c, struct failure *f)
{
    const struct flash_expects *e = &code->expects;

    *c = (struct carried){0};
    if (code->kind != FLASH_CODE)
        return fail(f, "%s: not firmware code that takes a store (found %s)", code->path,
                    flash_kind_name(code->kind));
    if (!e->source)
        return fail(f, "%s: which store it expects cannot be told", code->path);
    if (!e->layout || e->file_size < e->layout->volume_length || e->file_size > FLASH_FILE_MAX)
        return fail(f,
                    "%s: it expects a store of a layout that is not known (found a volume of "
                    "0x%" PRIx64 " bytes)",
                    code->path, e->volume_length);
    c->layout = e->layout;
    c->size = (size_t)e->file_size;
    c->data = xcalloc(c->size, 1);
    varstore_format(c->data, c->layout, format);
    return 0;
}

int create_store(const struct flash_image *code, struct carried *c, struct failure *f)
{
    return make_empty(code, VARSTORE_AUTHENTICATED, c, f);
}

static void leave_out(struct carried *c, const uint8_t *data, const struct variable *v)
{
    char name[NAME_SHOWN], guid[GUID_TEXT_SIZE];

    c->left = xgrow(c->left, c->left_count, &c->capacity, sizeof *c->left);
    c->left[c->left_count++] = xasprintf("%s %s (%zu bytes)", guid_text(v->vendor, guid),
                                         variable_name(data, v, name, sizeof name), v->data_size);
}

static void copy_variables(struct carried *c, const uint8_t *data, const struct varstore *s)
{
    struct varstore_writer w;

    varstore_writer_init(&w, c->data, c->layout, VARSTORE_AUTHENTICATED);
    for (size_t i = 0; i < s->variable_count; i++) {
        const struct variable *v = &s->variables[i];

        if (!v->live)
            continue;
        if (varstore_append(&w, data, v)) {
            c->count++;
            c->bytes += varstore_needs(v, w.format);
        } else {
            leave_out(c, data, v);
        }
    }
    c->converted = s->format != VARSTORE_AUTHENTICATED;
}

/* What would make variables be lost without a word. */
static int refuse_damage(const struct flash_image *old, const struct varstore *s, struct failure *f)
{
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        enum varstore_problem_kind kind = s->problems[i].kind;

        if (varstore_problem_is_fatal(kind) || kind == VARSTORE_VARIABLE_CUT ||
            kind == VARSTORE_TOO_MANY)
            return fail(f, "%s: not carried over: %s", old->path,
                        varstore_problem_text(&s->problems[i], text));
    }
    return 0;
}

static int carry_from(const struct flash_image *old, const uint8_t *data, struct carried *c,
                      struct failure *f)
{
    struct varstore s;

    if (varstore_read(data, old->size, &s) != 0)
        give_up("out of memory");
    int result = refuse_damage(old, &s, f);
    if (result == 0)
        copy_variables(c, data, &s);
    varstore_free(&s);
    return result;
}

int carry_store(const struct flash_image *old, const struct flash_image *code, struct carried *c,
                struct failure *f)
{
    char text[FV_DEFECT_TEXT_MAX];

    *c = (struct carried){0};
    if (!old->has_store)
        return fail(f, "%s: not a variable store (found %s)", old->path,
                    flash_kind_name(old->kind));
    if (old->store.volume.defect != FV_SOUND) {
        fail(f, "%s: %s", old->path, fv_defect_text(&old->store.volume, old->size, text));
        return fail_cure(f, "'romcompat varstore repair' makes a store of it that can be carried "
                            "over.");
    }
    if (make_empty(code, VARSTORE_AUTHENTICATED, c, f) != 0)
        return -1;
    uint8_t *data = xmalloc(old->size);
    memcpy(data, old->data, old->size);
    if (old->store.ftw.state == FTW_PENDING) {
        varstore_replay(data, &old->store);
        c->replayed = true;
    }
    int result = carry_from(old, data, c, f);
    free(data);
    if (result != 0) {
        carried_free(c);
    } else if (c->left_count) {
        free(c->data);
        c->data = NULL;
    }
    return result;
}

/* --- repair --------------------------------------------------------------------------------- */

/* By the file: its volume's length is what may be broken. */
static const struct varstore_layout *layout_of_file(const struct flash_image *image)
{
    if (image->size == VIRT_FLASH_SIZE)
        return varstore_layout_of(0xc0000, 0);
    return varstore_layout_of(image->size, 0);
}

int repair_store(const struct flash_image *old, uint8_t **data, struct varstore_mended *mended,
                 struct failure *f)
{
    const struct varstore_layout *layout = layout_of_file(old);
    struct varstore s;

    if (!layout)
        return fail(f,
                    "%s: its length is that of no known store (found %zu bytes, expected "
                    "131072, 540672, 786432 or 67108864)",
                    old->path, old->size);
    uint8_t *copy = xmalloc(old->size);
    memcpy(copy, old->data, old->size);
    if (!varstore_mend(copy, layout, mended)) {
        free(copy);
        return fail(f, "%s: no variable store is to be seen in it", old->path);
    }
    if (varstore_read(copy, old->size, &s) != 0)
        give_up("out of memory");
    bool sound = s.sound;
    varstore_free(&s);
    if (!sound) {
        free(copy);
        return fail(f, "%s: cannot be repaired", old->path);
    }
    *data = copy;
    return 0;
}
