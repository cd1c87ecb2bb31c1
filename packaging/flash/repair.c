/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/convert.h"

/* By the file where the volume's length is what may be broken. */
static const struct varstore_layout *layout_of_file(const struct flash_image *image)
{
    if (image->has_store && image->store.volume.defect == FV_SOUND && image->store.layout)
        return image->store.layout;
    if (image->size == VIRT_FLASH_SIZE)
        return varstore_layout_of(0xc0000, 0);
    return varstore_layout_of(image->size, 0);
}

static void lose(struct repaired *r, const uint8_t *data, const struct variable *v,
                 const char *reason)
{
    char *text = variable_text(data, v);

    APPEND(r->lost, r->lost_count, r->lost_capacity, xasprintf("%s: %s", text, reason));
    free(text);
}

/* --- records ------------------------------------------------------------------------------- */

/* Whether something is wrong with records, or behind them. */
static bool has_bad_records(const struct varstore *s)
{
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        switch (s->problems[i].kind) {
        case VARSTORE_VARIABLE_CUT:
        case VARSTORE_NAME_BAD:
        case VARSTORE_NAMELESS:
        case VARSTORE_NAME_HIDES:
        case VARSTORE_STATE_UNKNOWN:
        case VARSTORE_TAIL_NOT_FREE:
            return true;
        default:
            break;
        }
    }
    return s->problem_count > VARSTORE_PROBLEMS_MAX ||
           (s->format == VARSTORE_AUTHENTICATED && s->has_bad_record[true]);
}

/* What the guest did not read before, or will not find again. */
static void name_lost(struct repaired *r, const uint8_t *data, const struct varstore *s)
{
    struct variable cut;

    for (size_t i = 0; i < s->variable_count; i++) {
        const struct variable *v = &s->variables[i];

        switch (v->state) {
        case VARIABLE_LIVE:
        case VARIABLE_IN_TRANSITION:
            if (!variable_name_is_good(data, v))
                lose(r, data, v, "its name is empty or has no end, and no guest can ask for it");
            break;
        case VARIABLE_DELETED:
        case VARIABLE_DELETED_IN_TRANSITION:
        case VARIABLE_HEADER_ONLY:
        case VARIABLE_HEADER_ONLY & 0xfd:
        case 0xff:
            break;
        default:
            lose(r, data, v, "firmware does not read a variable in its state");
            break;
        }
    }
    if (varstore_cut_record(data, s, &cut))
        lose(r, data, &cut, "its lengths pass the end of the store");
}

static bool is_known(const uint8_t *data, const struct varstore *s, const struct variable *v,
                     const struct variable *found, size_t count)
{
    for (size_t i = 0; i < s->variable_count; i++) {
        if (s->variables[i].live && variable_compare(data, &s->variables[i], data, v) == 0)
            return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (variable_compare(data, &found[i], data, v) == 0)
            return true;
    }
    return false;
}

static void put(struct repaired *r, struct varstore_writer *w, const uint8_t *data,
                const struct variable *v)
{
    if (varstore_append(w, data, v))
        r->variable_count++;
    else
        lose(r, data, v, "it does not fit");
}

/* The variables behind the last record that firmware reads; the caller frees the list. */
static struct variable *find_hidden(const uint8_t *data, const struct varstore *s, size_t *count)
{
    struct variable *list = NULL, v;
    size_t capacity = 0, at = s->free_at;

    *count = 0;
    for (; *count < VARSTORE_VARIABLES_MAX && varstore_find_hidden(data, s, at, &v);
         at = v.data_at + v.data_size)
        if (!is_known(data, s, &v, list, *count))
            APPEND(list, *count, capacity, v);
    return list;
}

static void put_hidden(struct repaired *r, struct varstore_writer *w, const uint8_t *data,
                       const struct varstore *s)
{
    size_t count;
    struct variable *list = find_hidden(data, s, &count);

    for (size_t i = 0; i < count; i++) {
        APPEND(r->found, r->found_count, r->found_capacity, variable_text(data, &list[i]));
        put(r, w, data, &list[i]);
    }
    free(list);
}

static void write_anew(struct repaired *r, uint8_t *data, const struct varstore *s)
{
    uint8_t *copy = xmalloc(s->layout->volume_length);
    struct varstore_writer w;

    memcpy(copy, data, s->layout->volume_length);
    varstore_format(data, s->layout, s->format);
    varstore_writer_init(&w, data, s->layout, s->format);
    for (size_t i = 0; i < s->variable_count; i++) {
        if (s->variables[i].live)
            put(r, &w, copy, &s->variables[i]);
    }
    put_hidden(r, &w, copy, s);
    name_lost(r, copy, s);
    r->records = true;
    free(copy);
}

size_t repair_count_hidden(const uint8_t *data, const struct varstore *store)
{
    size_t count;

    free(find_hidden(data, store, &count));
    return count;
}

/* --- all of it ------------------------------------------------------------------------------- */

int repair_store(const struct flash_image *old, struct repaired *r, struct failure *f)
{
    const struct varstore_layout *layout = layout_of_file(old);
    struct varstore s;

    *r = (struct repaired){0};
    if (!layout && old->kind == FLASH_FOREIGN)
        return flash_refuse(old, "a variable store", f);
    if (!layout)
        return fail(f,
                    "%s: its length is that of no known store (found %zu bytes, expected "
                    "131072, 540672, 786432 or 67108864)",
                    old->path, old->size);
    uint8_t *copy = xmalloc(old->size);
    memcpy(copy, old->data, old->size);
    if (!varstore_fix(copy, layout, &r->headers)) {
        free(copy);
        return fail(f, "%s: no variable store was found in it", old->path);
    }
    if (varstore_read(copy, old->size, &s) != 0)
        give_up("out of memory");
    if (!s.sound || !s.layout) {
        varstore_free(&s);
        free(copy);
        return fail(f, "%s: cannot be repaired", old->path);
    }
    r->variable_count = s.live_count;
    if (has_bad_records(&s)) {
        r->variable_count = 0;
        write_anew(r, copy, &s);
    }
    varstore_free(&s);
    r->data = copy;
    if (!r->records && !r->headers.write_replayed && !r->headers.volume_header &&
        !r->headers.store_header) {
        free(copy);
        r->data = NULL;
    }
    return 0;
}

void repaired_free(struct repaired *r)
{
    free_texts(r->found, r->found_count);
    free_texts(r->lost, r->lost_count);
    free(r->data);
    *r = (struct repaired){0};
}
