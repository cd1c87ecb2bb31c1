/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/variable_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

/* --- the store's own header -------------------------------------------------------- */

static void read_store_header(const uint8_t *data, struct varstore *s)
{
    size_t at = s->volume.header_length, room = (size_t)s->volume.length - at;
    size_t before = s->problem_count;

    s->header_at = at;
    if (room < STORE_HEADER_SIZE) {
        varstore_add_problem(s, VARSTORE_SIZE_WRONG, at, room, STORE_HEADER_SIZE);
        return;
    }
    const uint8_t *header = data + at;
    s->size = load_le32(header + STORE_SIZE_AT);
    s->format_byte = header[STORE_FORMAT_AT];
    s->state = header[STORE_STATE_AT];
    if (guid_is(header, varstore_guids[VARSTORE_AUTHENTICATED]))
        s->format = VARSTORE_AUTHENTICATED;
    else if (guid_is(header, varstore_guids[VARSTORE_PLAIN]))
        s->format = VARSTORE_PLAIN;
    else
        varstore_add_problem(s, VARSTORE_FORMAT_UNKNOWN, at, 0, 0);
    uint64_t most = s->layout ? s->layout->store_size : room;
    if (s->size < STORE_HEADER_SIZE || s->size > most)
        varstore_add_problem(s, VARSTORE_SIZE_WRONG, at + STORE_SIZE_AT, s->size, most);
    if (s->format_byte != STORE_FORMATTED)
        varstore_add_problem(s, VARSTORE_NOT_FORMATTED, at + STORE_FORMAT_AT, s->format_byte,
                             STORE_FORMATTED);
    if (s->state != STORE_HEALTHY)
        varstore_add_problem(s, VARSTORE_NOT_HEALTHY, at + STORE_STATE_AT, s->state, STORE_HEALTHY);
    s->sound = s->problem_count == before;
    if (s->sound && s->layout && s->size != most)
        varstore_add_problem(s, VARSTORE_SIZE_SHORT, at + STORE_SIZE_AT, s->size, most);
    s->variables_at = (at + STORE_HEADER_SIZE + 3) & ~(size_t)3;
    s->end = at + s->size;
}

/* --- variables ----------------------------------------------------------------------- */

static bool is_known_state(uint8_t state)
{
    return state == VARIABLE_LIVE || state == VARIABLE_IN_TRANSITION || state == VARIABLE_DELETED ||
           state == VARIABLE_DELETED_IN_TRANSITION || state == VARIABLE_HEADER_ONLY ||
           state == (VARIABLE_HEADER_ONLY & 0xfd) || state == 0xff;
}

static bool add_variable(struct varstore *s, const struct variable *v, size_t *capacity)
{
    if (s->variable_count == *capacity) {
        size_t more = *capacity ? 2 * *capacity : 64;
        struct variable *bigger = reallocarray(s->variables, more, sizeof *bigger);

        if (!bigger)
            return false;
        s->variables = bigger;
        *capacity = more;
    }
    s->variables[s->variable_count++] = *v;
    return true;
}

static int read_variables(const uint8_t *data, struct varstore *s)
{
    const struct variable_header_form *form = &variable_header_forms[s->format];
    size_t at = s->variables_at, capacity = 0;
    struct variable v;

    while (in_range(s->end, at, form->size) && load_le16(data + at) == VARIABLE_START_ID) {
        if (!varstore_read_record(data, s, at, &v)) {
            varstore_add_problem(s, VARSTORE_VARIABLE_CUT, at, (uint64_t)v.name_size + v.data_size,
                                 s->end - v.name_at);
            break;
        }
        if (s->variable_count == VARSTORE_VARIABLES_MAX) {
            varstore_add_problem(s, VARSTORE_TOO_MANY, at, VARSTORE_VARIABLES_MAX,
                                 VARSTORE_VARIABLES_MAX);
            break;
        }
        if (!is_known_state(v.state))
            varstore_add_problem(s, VARSTORE_STATE_UNKNOWN, at + VARIABLE_STATE_AT, v.state,
                                 VARIABLE_LIVE);
        if (!add_variable(s, &v, &capacity))
            return -1;
        at = (v.data_at + v.data_size + VARIABLE_ALIGNMENT - 1) & ~(size_t)(VARIABLE_ALIGNMENT - 1);
    }
    s->free_at = at < s->end ? at : s->end;
    for (size_t i = s->free_at; i < s->end; i++) {
        if (data[i] != 0xff) {
            varstore_add_problem(s, VARSTORE_TAIL_NOT_FREE, i, data[i], 0xff);
            break;
        }
    }
    return 0;
}

/* --- which variables live ------------------------------------------------------------ */

static int compare_places(const void *left, const void *right, void *data)
{
    const struct variable *a = *(struct variable *const *)left,
                          *b = *(struct variable *const *)right;
    int order = variable_compare(data, a, data, b);

    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* One name and GUID: the first 3f is what firmware finds; without any, the last 3e
 * (edk2 VariableParsing.c, FindVariableEx()). */
static void choose_live(struct varstore *s, struct variable **group, size_t count)
{
    struct variable *live = NULL;

    for (size_t i = 0; i < count; i++) {
        struct variable *v = group[i];

        if (v->state == VARIABLE_LIVE && live && live->state == VARIABLE_LIVE)
            varstore_add_problem(s, VARSTORE_DUPLICATE, v->offset, 0, 0);
        else if (v->state == VARIABLE_LIVE ||
                 (v->state == VARIABLE_IN_TRANSITION && !(live && live->state == VARIABLE_LIVE)))
            live = v;
    }
    if (!live)
        return;
    live->live = true;
    s->live_count++;
    s->live_bytes += varstore_needs(live, s->format);
}

/* A guest asks for the variable that comes after a name that it was given, as far as the first
 * NUL; firmware compares as many bytes as the record's name has (edk2 VariableParsing.c,
 * FindVariableEx()). So behind a NUL inside a name no guest is given anything, and a name
 * without end is found in the place of each that begins with it. */
static bool has_inner_nul(const uint8_t *data, const struct variable *v)
{
    for (size_t i = 0; i + 2 < v->name_size; i += 2)
        if (load_le16(data + v->name_at + i) == 0)
            return true;
    return false;
}

static bool is_begin_of_one(const uint8_t *data, const struct variable *bad,
                            struct variable *const *good, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (good[i]->name_size > bad->name_size && guid_is(good[i]->vendor, bad->vendor) &&
            memcmp(data + good[i]->name_at, data + bad->name_at, bad->name_size) == 0)
            return true;
    return false;
}

static void add_bad_name(const uint8_t *data, struct varstore *s, const struct variable *v,
                         struct variable *const *good, size_t count)
{
    enum varstore_problem_kind kind = VARSTORE_NAME_BAD;

    if (v->name_size < 4 || load_le16(data + v->name_at) == 0)
        kind = VARSTORE_NAMELESS;
    else if (has_inner_nul(data, v) || is_begin_of_one(data, v, good, count))
        kind = VARSTORE_NAME_HIDES;
    varstore_add_problem(s, kind, v->name_at, v->name_size, 0);
}

static int mark_live(const uint8_t *data, struct varstore *s)
{
    struct variable **order; /* good names from its beginning on, bad ones from its end */
    size_t count = 0, bad = 0;

    if (!s->variable_count)
        return 0;
    order = reallocarray(NULL, s->variable_count, sizeof *order);
    if (!order)
        return -1;
    for (size_t i = 0; i < s->variable_count; i++) {
        struct variable *v = &s->variables[i];

        if (v->state != VARIABLE_LIVE && v->state != VARIABLE_IN_TRANSITION)
            continue;
        if (variable_name_is_good(data, v))
            order[count++] = v;
        else
            order[s->variable_count - ++bad] = v;
    }
    for (size_t i = 0; i < bad; i++)
        add_bad_name(data, s, order[s->variable_count - 1 - i], order, count);
    qsort_r(order, count, sizeof *order, compare_places, (void *)data);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1;
             next < count && variable_compare(data, order[first], data, order[next]) == 0;)
            next++;
        choose_live(s, order + first, next - first);
    }
    free(order);
    return 0;
}

/* --- all of it ------------------------------------------------------------------------ */

int varstore_read(const uint8_t *data, size_t size, struct varstore *s)
{
    *s = (struct varstore){0};
    if (fv_read(data, size, &s->volume) != FV_SOUND)
        return 0;
    if (!guid_is(s->volume.guid, fv_nv_guid)) {
        varstore_add_problem(s, VARSTORE_NOT_NV, 0x10, 0, 0);
        return 0;
    }
    s->layout = varstore_layout_of(s->volume.length, s->volume.block_length);
    if (s->layout && (s->volume.header_length != FV_HEADER_MIN || s->volume.block_entries != 1))
        s->layout = NULL;
    if (!s->layout)
        varstore_add_problem(s, VARSTORE_LAYOUT_UNKNOWN, 0x20, s->volume.length, 0);
    if (!(s->volume.attributes & FV_WRITE_STATUS))
        varstore_add_problem(s, VARSTORE_READ_ONLY, 0x2c, s->volume.attributes,
                             s->volume.attributes | FV_WRITE_STATUS);
    if (s->layout) {
        struct ftw_place place;

        ftw_read(data, s, &place);
    }
    read_store_header(data, s);
    if (!s->sound)
        return 0;
    if (read_variables(data, s) != 0 || mark_live(data, s) != 0) {
        varstore_free(s);
        return -1;
    }
    for (int i = 0; i < 2; i++)
        s->has_bad_record[i] = !varstore_records_pass(data, s, i, &s->bad_record[i]);
    return 0;
}

void varstore_free(struct varstore *s)
{
    free(s->variables);
    *s = (struct varstore){0};
}

static bool ascii_is(const uint8_t *utf16, size_t size, const char *name)
{
    size_t length = strlen(name) + 1;

    if (size != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (load_le16(utf16 + 2 * i) != (unsigned char)name[i])
            return false;
    }
    return true;
}

const struct variable *varstore_find(const uint8_t *data, const struct varstore *s,
                                     const char *name, const uint8_t vendor[GUID_SIZE])
{
    for (size_t i = 0; i < s->variable_count; i++) {
        const struct variable *v = &s->variables[i];

        if (v->live && guid_is(v->vendor, vendor) &&
            ascii_is(data + v->name_at, v->name_size, name))
            return v;
    }
    return NULL;
}
