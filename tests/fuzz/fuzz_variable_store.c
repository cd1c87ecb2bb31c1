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
#include "target.h"

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

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        must(strlen(varstore_problem_text(&s->problems[i], text)) > 0);
        must(varstore_problem_name(s->problems[i].kind) != NULL);
        varstore_problem_is_fatal(s->problems[i].kind);
        must(varstore_find_problem(s, s->problems[i].kind) != NULL);
    }
    for (size_t i = 0; i < s->variable_count; i++) {
        const struct variable *v = &s->variables[i];

        must(in_range(size, v->name_at, v->name_size) && in_range(size, v->data_at, v->data_size));
        must(v->data_at + v->data_size <= s->end && s->end <= size);
        must(strlen(variable_name(data, v, name, sizeof name)) < sizeof name);
        live += v->live;
        variable_has_time(v);
        must(variable_state_name(v) != NULL);
    }
    must(live == s->live_count);
    if (s->sound)
        check_room(s);
    must(ftw_state_name(s->ftw.state) != NULL);
    must(s->ftw.state != FTW_PENDING ||
         in_range(s->layout->spare_at, s->ftw.target, s->ftw.length));
}

/* What repair takes beside what firmware reads. */
static void look_behind(const uint8_t *data, size_t size, const struct varstore *s)
{
    struct varstore_problem why;
    struct variable v;

    for (int knows = 0; knows < 2; knows++)
        varstore_records_pass(data, s, knows, &why);
    if (varstore_cut_record(data, s, &v))
        must(in_range(size, v.name_at, v.name_size) && in_range(size, v.data_at, v.data_size));
    for (size_t at = s->free_at; varstore_find_hidden(data, s, at, &v); at = v.offset + 1)
        must(v.offset >= at && in_range(size, v.data_at, v.data_size));
    varstore_find(data, s, "SecureBootEnable", fv_nv_guid);
}

/* A store at any place of a file. */
static void search(const uint8_t *data, size_t size)
{
    struct fv_header h;
    char text[FV_DEFECT_TEXT_MAX];
    uint64_t length;
    size_t found;

    for (size_t at = 0; fv_find(data, size, at, &found, &h); at = found + 1)
        must(h.defect == FV_SOUND && in_range(size, found, (size_t)h.length));
    if (fv_find_nv(data, size, &found, &h))
        must(in_range(size, found, (size_t)h.length));
    must(fv_read(data, size, &h) == h.defect && strlen(fv_defect_text(&h, size, text)) > 0);
    varstore_guid_in(data, size, VARSTORE_AUTHENTICATED);
    if (size >= FV_HEADER_MIN) {
        fv_begins_nv(data, &length);
        fv_begins_code(data);
        varstore_begins_at(data);
    }
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

int try_input(const uint8_t *data, size_t size)
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
    search(store, total);
    search(data, size);
    if (varstore_read(store, total, &s) == 0) {
        check(store, total, &s);
        if (s.sound)
            look_behind(store, total, &s);
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
