/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

static void write_store_header(uint8_t *store, const struct varstore_layout *l,
                               enum varstore_format format)
{
    memset(store, 0, STORE_HEADER_SIZE);
    memcpy(store, varstore_guids[format], GUID_SIZE);
    store_le32(store + STORE_SIZE_AT, l->store_size);
    store[STORE_FORMAT_AT] = STORE_FORMATTED;
    store[STORE_STATE_AT] = STORE_HEALTHY;
}

void varstore_format(uint8_t *out, const struct varstore_layout *l, enum varstore_format format)
{
    uint8_t *store = out + FV_HEADER_MIN, *ftw = out + l->ftw_at;

    memset(out, 0xff, l->volume_length);
    fv_write_nv(out, l->block_count, l->block_length);
    write_store_header(store, l, format);
    memcpy(ftw, ftw_guid, GUID_SIZE);
    store_le64(ftw + FTW_QUEUE_SIZE_AT, l->ftw_size - FTW_HEADER_SIZE);
    store_le32(ftw + FTW_CRC_AT, ftw_header_crc(ftw));
    ftw[FTW_STATE_AT] &= (uint8_t)~FTW_HEADER_VALID;
}

void varstore_writer_init(struct varstore_writer *w, uint8_t *out, const struct varstore_layout *l,
                          enum varstore_format format)
{
    *w = (struct varstore_writer){.out = out,
                                  .format = format,
                                  .at = FV_HEADER_MIN + STORE_HEADER_SIZE,
                                  .end = FV_HEADER_MIN + l->store_size};
}

bool varstore_append(struct varstore_writer *w, const uint8_t *data, const struct variable *v)
{
    const struct variable_header_form *form = &variable_header_forms[w->format];
    size_t needs = varstore_needs(v, w->format);
    uint8_t *to = w->out + w->at;

    if (!in_range(w->end, w->at, needs))
        return false;
    memset(to, 0, form->size);
    store_le16(to, VARIABLE_START_ID);
    to[VARIABLE_STATE_AT] = VARIABLE_LIVE;
    store_le32(to + VARIABLE_ATTRIBUTES_AT, v->attributes);
    if (w->format == VARSTORE_AUTHENTICATED) {
        store_le64(to + AUTH_COUNT_AT, v->monotonic_count);
        memcpy(to + AUTH_TIME_AT, v->timestamp, VARIABLE_TIME_SIZE);
        store_le32(to + AUTH_KEY_AT, v->public_key_index);
    }
    store_le32(to + form->name_size_at, (uint32_t)v->name_size);
    store_le32(to + form->data_size_at, (uint32_t)v->data_size);
    memcpy(to + form->vendor_at, v->vendor, GUID_SIZE);
    memcpy(to + form->size, data + v->name_at, v->name_size);
    memcpy(to + form->size + v->name_size, data + v->data_at, v->data_size);
    w->at += needs;
    return true;
}

/* What the first variable looks like when its header is of that form: a store's GUID that is
 * gone can still be read from it. */
static bool first_variable_has_form(const uint8_t *data, const struct varstore_layout *l,
                                    enum varstore_format format)
{
    const struct variable_header_form *form = &variable_header_forms[format];
    const uint8_t *v = data + FV_HEADER_MIN + STORE_HEADER_SIZE;
    uint32_t name = load_le32(v + form->name_size_at), bytes = load_le32(v + form->data_size_at);

    return load_le16(v) == VARIABLE_START_ID && name >= 4 && name % 2 == 0 &&
           name <= l->store_size && bytes <= l->store_size &&
           load_le16(v + form->size + name - 2) == 0;
}

static bool guess_format(const uint8_t *data, const struct varstore_layout *l,
                         enum varstore_format *format)
{
    const uint8_t *store = data + FV_HEADER_MIN;

    for (int i = VARSTORE_AUTHENTICATED; i >= VARSTORE_PLAIN; i--) {
        *format = (enum varstore_format)i;
        if (guid_is(store, varstore_guids[i]))
            return true;
    }
    for (int i = VARSTORE_AUTHENTICATED; i >= VARSTORE_PLAIN; i--) {
        *format = (enum varstore_format)i;
        if (first_variable_has_form(data, l, *format))
            return true;
    }
    return false;
}

bool varstore_fix(uint8_t *data, const struct varstore_layout *l, struct varstore_fixed *fixed)
{
    struct varstore s = {.layout = l};
    struct ftw_place place;
    enum varstore_format format;
    uint8_t *store = data + FV_HEADER_MIN;

    *fixed = (struct varstore_fixed){0};
    ftw_read(data, &s, &place);
    if (s.ftw.state == FTW_PENDING) {
        varstore_replay(data, &s);
        fixed->write_replayed = true;
    }
    if (!guess_format(data, l, &format))
        return fixed->write_replayed;
    if (fv_read(data, l->volume_length, &s.volume) != FV_SOUND ||
        !guid_is(s.volume.guid, fv_nv_guid) || s.volume.header_length != FV_HEADER_MIN ||
        s.volume.length != l->volume_length || s.volume.block_length != l->block_length ||
        !(s.volume.attributes & FV_WRITE_STATUS)) {
        fv_write_nv(data, l->block_count, l->block_length);
        fixed->volume_header = true;
    }
    if (!guid_is(store, varstore_guids[format]) ||
        load_le32(store + STORE_SIZE_AT) != l->store_size ||
        store[STORE_FORMAT_AT] != STORE_FORMATTED || store[STORE_STATE_AT] != STORE_HEALTHY) {
        write_store_header(store, l, format);
        fixed->store_header = true;
    }
    return true;
}
