/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a store as edk2's flash driver of the virt machines walks them before it takes
 * the store at all (OvmfPkg/VirtNorFlashDxe/VirtNorFlashFvb.c, ValidateFvHeader(), since
 * stable202302), and records that can still be read behind one that cannot.
 */
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

static bool refuse(struct varstore_problem *why, enum varstore_problem_kind kind, size_t offset,
                   uint64_t found, uint64_t expected)
{
    *why = (struct varstore_problem){kind, offset, found, expected};
    return false;
}

static bool state_passes(uint8_t state)
{
    return state == VARIABLE_LIVE || state == VARIABLE_IN_TRANSITION || state == VARIABLE_DELETED ||
           state == VARIABLE_DELETED_IN_TRANSITION || state == VARIABLE_HEADER_ONLY;
}

/* The record at `at`, whose header is inside the store; *next is behind it. */
static bool record_passes(const uint8_t *data, const struct varstore *s, size_t at, size_t *next,
                          struct varstore_problem *why)
{
    const struct variable_header_form *form = &variable_header_forms[VARSTORE_AUTHENTICATED];
    const uint8_t *h = data + at;
    uint8_t state = h[VARIABLE_STATE_AT];
    uint64_t name = load_le32(h + form->name_size_at), bytes = load_le32(h + form->data_size_at);
    size_t name_at = at + form->size;

    if (!state_passes(state))
        return refuse(why, VARSTORE_STATE_UNKNOWN, at + VARIABLE_STATE_AT, state, VARIABLE_LIVE);
    if (name + bytes > s->end - name_at)
        return refuse(why, VARSTORE_VARIABLE_CUT, at, name + bytes, s->end - name_at);
    if (name % 2 || name < 4 ||
        (state != VARIABLE_HEADER_ONLY && load_le16(data + name_at + name - 2) != 0))
        return refuse(why, VARSTORE_NAME_BAD, name_at, name, 0);
    size_t end = name_at + (size_t)(name + bytes);
    *next = (end + VARIABLE_ALIGNMENT - 1) & ~(size_t)(VARIABLE_ALIGNMENT - 1);
    return true;
}

bool varstore_records_pass(const uint8_t *data, const struct varstore *s, bool knows_unwritten,
                           struct varstore_problem *why)
{
    size_t header = variable_header_forms[VARSTORE_AUTHENTICATED].size, at = s->variables_at;

    for (; at < s->end && s->end - at > header;) {
        if (load_le16(data + at) != VARIABLE_START_ID ||
            (knows_unwritten && data[at + VARIABLE_STATE_AT] == 0xff))
            return true;
        if (!record_passes(data, s, at, &at, why))
            return false;
    }
    if (in_range(s->end, at, 2) && load_le16(data + at) == VARIABLE_START_ID)
        return refuse(why, VARSTORE_TAIL_NOT_FREE, at, data[at], 0xff);
    return true;
}

bool varstore_cut_record(const uint8_t *data, const struct varstore *s, struct variable *v)
{
    size_t at = s->free_at;

    if (!in_range(s->end, at, variable_header_forms[s->format].size) ||
        load_le16(data + at) != VARIABLE_START_ID || varstore_read_record(data, s, at, v))
        return false;
    size_t room = s->end - v->name_at;
    if (v->name_size > room)
        v->name_size = room;
    if (v->data_size > room - v->name_size)
        v->data_size = room - v->name_size;
    v->data_at = v->name_at + v->name_size;
    return true;
}

bool varstore_find_hidden(const uint8_t *data, const struct varstore *s, size_t from,
                          struct variable *v)
{
    enum { NON_VOLATILE = 1, BOOT_ACCESS = 2, ATTRIBUTES = 0xff };
    size_t at = (from + VARIABLE_ALIGNMENT - 1) & ~(size_t)(VARIABLE_ALIGNMENT - 1);

    for (; in_range(s->end, at, variable_header_forms[s->format].size); at += VARIABLE_ALIGNMENT) {
        if (load_le16(data + at) != VARIABLE_START_ID || !varstore_read_record(data, s, at, v) ||
            (v->state != VARIABLE_LIVE && v->state != VARIABLE_IN_TRANSITION) ||
            (v->attributes & (NON_VOLATILE | BOOT_ACCESS)) != (NON_VOLATILE | BOOT_ACCESS) ||
            v->attributes & ~(uint32_t)ATTRIBUTES || !variable_name_is_good(data, v))
            continue;
        return true;
    }
    return false;
}
