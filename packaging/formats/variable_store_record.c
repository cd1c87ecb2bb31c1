/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One variable record: its numbers, its name, its size. */
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

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

size_t varstore_needs(const struct variable *v, enum varstore_format format)
{
    return (variable_header_forms[format].size + v->name_size + v->data_size + VARIABLE_ALIGNMENT -
            1) &
           ~(size_t)(VARIABLE_ALIGNMENT - 1);
}

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
