/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a variable store. The input is laid over an empty store of a layout (first
 * byte: which, and where), so that the fuzzer need not invent 128 KiB; then the store is
 * fixed, its pending write replayed, and every live variable converted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_room(const struct varstore *s)
{
    struct varstore_room room;

    varstore_room(s, &room);
    must(room.free <= room.size && room.after_reclaim <= room.size);
    must(room.largest <= room.after_reclaim);
}

static void check(const uint8_t *data, size_t size, const struct varstore *s)
{
    size_t live = 0;
    char text[VARSTORE_PROBLEM_TEXT_MAX], name[16];

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++)
        must(strlen(varstore_problem_text(&s->problems[i], text)) > 0);
    for (size_t i = 0; i < s->variable_count; i++) {
        const struct variable *v = &s->variables[i];

        must(in_range(size, v->name_at, v->name_size) && in_range(size, v->data_at, v->data_size));
        must(v->data_at + v->data_size <= s->end && s->end <= size);
        must(strlen(variable_name(data, v, name, sizeof name)) < sizeof name);
        live += v->live;
    }
    must(live == s->live_count);
    if (s->sound)
        check_room(s);
    must(s->ftw.state != FTW_PENDING ||
         in_range(s->layout->spare_at, s->ftw.target, s->ftw.length));
}

static void convert(const uint8_t *data, const struct varstore *s)
{
    const struct varstore_layout *layout = &varstore_layouts[1];
    uint8_t *out = malloc(layout->volume_length);
    struct varstore_writer w;
    struct varstore again;
    size_t count = 0;

    if (!out)
        return;
    varstore_format(out, layout, VARSTORE_AUTHENTICATED);
    varstore_writer_init(&w, out, layout, VARSTORE_AUTHENTICATED);
    for (size_t i = 0; i < s->variable_count; i++) {
        if (s->variables[i].live && varstore_append(&w, data, &s->variables[i]))
            count++;
    }
    if (varstore_read(out, layout->volume_length, &again) == 0) {
        must(again.sound && again.problem_count == 0 && again.live_count == count);
        varstore_free(&again);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct varstore_fixed fixed;
    struct varstore s;

    if (size < 3)
        return 0;
    const struct varstore_layout *l = &varstore_layouts[data[0] % 3];
    size_t total = l->volume_length, at;
    uint8_t *store = malloc(total);
    if (!store)
        return 0;
    varstore_format(store, l, data[0] & 0x40 ? VARSTORE_PLAIN : VARSTORE_AUTHENTICATED);
    /* At the start, at the variables, or at the queue of writes. */
    at = data[1] % 3 == 0 ? 0 : data[1] % 3 == 1 ? 0x64 : l->ftw_at + 32;
    memcpy(store + at, data + 2, size - 2 < total - at ? size - 2 : total - at);
    if (data[0] & 0x80) /* a header that the input need not get right */
        fv_fix_checksum(store, FV_HEADER_MIN);
    if (varstore_read(store, total, &s) == 0) {
        check(store, total, &s);
        convert(store, &s);
        varstore_free(&s);
    }
    varstore_fix(store, l, &fixed);
    if (varstore_read(store, total, &s) == 0) {
        check(store, total, &s);
        varstore_free(&s);
    }
    free(store);
    return 0;
}
