/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/variable_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

const struct varstore_layout varstore_layouts[] = {
    {"OVMF 2M", 0x20, 0x1000, 0x20000, 0xdfb8, 0xf000, 0x1000, 0x10000, 0x10000},
    {"OVMF 4M", 0x84, 0x1000, 0x84000, 0x3ffb8, 0x41000, 0x1000, 0x42000, 0x42000},
    {"virt", 3, 0x40000, 0xc0000, 0x3ffb8, 0x40000, 0x40000, 0x80000, 0x40000},
    {0},
};

const struct varstore_layout *varstore_layout_of(uint64_t volume_length, uint32_t block_length)
{
    for (const struct varstore_layout *l = varstore_layouts; l->name; l++) {
        if (l->volume_length == volume_length && (!block_length || l->block_length == block_length))
            return l;
    }
    return NULL;
}

const uint8_t varstore_guids[2][GUID_SIZE] = {
    [VARSTORE_PLAIN] =
        GUID_BYTES(0xddcf3616, 0x3275, 0x4164, 0x98, 0xb6, 0xfe, 0x85, 0x70, 0x7f, 0xfe, 0x7d),
    [VARSTORE_AUTHENTICATED] =
        GUID_BYTES(0xaaf32c78, 0x947b, 0x439a, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92),
};

const struct variable_header_form variable_header_forms[2] = {
    [VARSTORE_PLAIN] = {32, 8, 12, 16},
    [VARSTORE_AUTHENTICATED] = {60, 36, 40, 44},
};

bool varstore_begins_at(const uint8_t *bytes)
{
    return guid_is(bytes, varstore_guids[VARSTORE_AUTHENTICATED]) ||
           guid_is(bytes, varstore_guids[VARSTORE_PLAIN]);
}

bool varstore_guid_in(const uint8_t *bytes, size_t size, enum varstore_format format)
{
    return memmem(bytes, size, varstore_guids[format], GUID_SIZE) != NULL;
}

void varstore_add_problem(struct varstore *s, enum varstore_problem_kind kind, size_t offset,
                          uint64_t found, uint64_t expected)
{
    if (s->problem_count < VARSTORE_PROBLEMS_MAX)
        s->problems[s->problem_count] = (struct varstore_problem){kind, offset, found, expected};
    s->problem_count++;
}

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

bool variable_name_is_good(const uint8_t *data, const struct variable *v)
{
    const uint8_t *name = data + v->name_at;

    if (v->name_size < 4 || v->name_size % 2)
        return false;
    for (size_t i = 0; i < v->name_size; i += 2) {
        if (load_le16(name + i) == 0)
            return i + 2 == v->name_size;
    }
    return false;
}

static bool is_known_state(uint8_t state)
{
    return state == VARIABLE_LIVE || state == VARIABLE_IN_TRANSITION || state == VARIABLE_DELETED ||
           state == VARIABLE_DELETED_IN_TRANSITION || state == VARIABLE_HEADER_ONLY ||
           state == (VARIABLE_HEADER_ONLY & 0xfd) || state == 0xff;
}

static void read_numbers(const uint8_t *data, const struct varstore *s, size_t at,
                         struct variable *v)
{
    const struct variable_header_form *form = &variable_header_forms[s->format];
    const uint8_t *h = data + at;
    uint32_t name = load_le32(h + form->name_size_at), bytes = load_le32(h + form->data_size_at);

    *v = (struct variable){.offset = at,
                           .state = h[VARIABLE_STATE_AT],
                           .attributes = load_le32(h + VARIABLE_ATTRIBUTES_AT)};
    /* A header that was cut off while it was written has no lengths yet: edk2
     * VariableParsing.c, NameSizeOfVariable(). */
    bool unwritten = v->state == 0xff || name == UINT32_MAX || bytes == UINT32_MAX ||
                     v->attributes == UINT32_MAX;
    v->name_size = unwritten ? 0 : name;
    v->data_size = unwritten ? 0 : bytes;
    v->name_at = at + form->size;
    memcpy(v->vendor, h + form->vendor_at, GUID_SIZE);
    if (s->format == VARSTORE_AUTHENTICATED) {
        v->monotonic_count = load_le64(h + AUTH_COUNT_AT);
        memcpy(v->timestamp, h + AUTH_TIME_AT, VARIABLE_TIME_SIZE);
        v->public_key_index = load_le32(h + AUTH_KEY_AT);
    }
}

bool varstore_read_record(const uint8_t *data, const struct varstore *s, size_t at,
                          struct variable *v)
{
    read_numbers(data, s, at, v);
    v->data_at = v->name_at + v->name_size;
    return in_range(s->end, v->name_at, v->name_size) && in_range(s->end, v->data_at, v->data_size);
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

bool variable_has_time(const struct variable *v)
{
    static const uint8_t none[VARIABLE_TIME_SIZE];

    return memcmp(v->timestamp, none, VARIABLE_TIME_SIZE) != 0;
}

int variable_compare(const uint8_t *a_data, const struct variable *a, const uint8_t *b_data,
                     const struct variable *b)
{
    int order = memcmp(a->vendor, b->vendor, GUID_SIZE);

    if (order == 0 && a->name_size != b->name_size)
        order = a->name_size < b->name_size ? -1 : 1;
    return order ? order : memcmp(a_data + a->name_at, b_data + b->name_at, a->name_size);
}

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
            varstore_add_problem(s, VARSTORE_DOUBLE, v->offset, 0, 0);
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

static int mark_live(const uint8_t *data, struct varstore *s)
{
    struct variable **order;
    size_t count = 0;

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
            varstore_add_problem(s, VARSTORE_NAME_BAD, v->name_at, v->name_size, 0);
    }
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
