/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault-tolerant writes (edk2 MdeModulePkg/Universal/FaultTolerantWriteDxe). To replace
 * blocks, firmware writes a header and a record into the working block, the new content of
 * the blocks into the spare area, marks the record SPARE_COMPLETED, copies the spare area to
 * the blocks, and marks record and header done. After a power cut the first write that is
 * not done says what is left to do; the copy may have been cut in the middle, so a pending
 * one comes before any reading of variables.
 */
#include <string.h>

#include "base/bytes.h"
#include "formats/variable_store_internal.h"

const uint8_t ftw_guid[GUID_SIZE] =
    GUID_BYTES(0x9e58292b, 0x7c68, 0x497d, 0xa0, 0xce, 0x65, 0x00, 0xfd, 0x9f, 0x1b, 0x95);

uint32_t ftw_header_crc(const uint8_t *header)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < FTW_HEADER_SIZE; i++) {
        crc ^= i >= FTW_CRC_AT && i < FTW_QUEUE_SIZE_AT ? 0xff : header[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

static bool is_true(uint8_t flags, uint8_t bit)
{
    return !(flags & bit);
}

static bool header_is_good(const uint8_t *header)
{
    return guid_is(header, ftw_guid) && is_true(header[FTW_STATE_AT], FTW_HEADER_VALID) &&
           !is_true(header[FTW_STATE_AT], FTW_HEADER_INVALID) &&
           load_le32(header + FTW_CRC_AT) == ftw_header_crc(header);
}

/* The record whose spare area is to be copied; false when it makes no sense. */
static bool read_record(const uint8_t *record, struct varstore *s)
{
    const struct varstore_layout *l = s->layout;
    uint64_t offset = load_le64(record + RECORD_OFFSET_AT);
    uint64_t length = load_le64(record + RECORD_LENGTH_AT);
    uint64_t target = l->spare_at + load_le64(record + RECORD_RELATIVE_AT); /* negative: wraps */

    if (target >= l->spare_at || target % l->block_length || offset >= l->block_length || !length ||
        length > l->spare_size || offset + length > l->spare_size)
        return false;
    /* Whole blocks stand in the spare area, with what the write did not change. */
    uint64_t blocks = (offset + length + l->block_length - 1) / l->block_length;
    if (!in_range(l->spare_at, (size_t)target, (size_t)blocks * l->block_length))
        return false;
    s->ftw.target = (size_t)target;
    s->ftw.length = (size_t)blocks * l->block_length;
    return true;
}

/* The write that is not complete: its records in turn; the first that is not at its place
 * decides. */
static void read_write(const uint8_t *volume, struct varstore *s, size_t write, size_t end,
                       struct ftw_place *place)
{
    uint64_t records = load_le64(volume + write + WRITE_COUNT_AT);
    uint64_t private_size = load_le64(volume + write + WRITE_PRIVATE_AT);
    size_t at = write + WRITE_HEADER_SIZE;

    s->ftw.state = FTW_STARTED;
    if (!is_true(volume[write], WRITE_ALLOCATED))
        return;
    for (uint64_t i = 0; i < records; i++) {
        if (private_size > end || !in_range(end, at, RECORD_SIZE + (size_t)private_size)) {
            varstore_add_problem(s, VARSTORE_FTW_QUEUE, at, private_size, end - at);
            return;
        }
        uint8_t flags = volume[at];
        if (is_true(flags, RECORD_SPARE_COMPLETED) &&
            !is_true(flags, RECORD_DESTINATION_COMPLETED)) {
            *place = (struct ftw_place){write, at};
            if (read_record(volume + at, s))
                s->ftw.state = FTW_PENDING;
            else
                varstore_add_problem(s, VARSTORE_FTW_QUEUE, at,
                                     load_le64(volume + at + RECORD_LENGTH_AT),
                                     s->layout->spare_size);
            return;
        }
        at += RECORD_SIZE + (size_t)private_size;
    }
}

/* How long a write header with its records is; 0 when it passes `room`. */
static size_t write_length(const uint8_t *write, size_t room)
{
    uint64_t records = load_le64(write + WRITE_COUNT_AT);
    uint64_t private_size = load_le64(write + WRITE_PRIVATE_AT);

    if (private_size > room || records > room / (RECORD_SIZE + private_size))
        return 0;
    uint64_t length = WRITE_HEADER_SIZE + records * (RECORD_SIZE + private_size);
    return length <= room ? (size_t)length : 0;
}

void ftw_read(const uint8_t *volume, struct varstore *s, struct ftw_place *place)
{
    const struct varstore_layout *l = s->layout;
    const uint8_t *header = volume + l->ftw_at;
    size_t at = l->ftw_at + FTW_HEADER_SIZE, end = l->ftw_at + l->ftw_size;

    s->ftw = (struct ftw){.state = FTW_NONE};
    if (!header_is_good(header)) {
        /* While the working block itself is replaced, its copy is in the spare area, and
         * no other write can be pending (FtwReclaimWorkSpace()). */
        s->ftw.in_spare = header_is_good(volume + l->spare_at);
        if (guid_is(header, ftw_guid) && !s->ftw.in_spare)
            varstore_add_problem(s, VARSTORE_FTW_HEADER, l->ftw_at, load_le32(header + FTW_CRC_AT),
                                 ftw_header_crc(header));
        return;
    }
    /* Firmware takes no other header than the one that it writes, and writes that one anew
     * (UpdateWorkSpace.c, IsValidWorkSpace(); FaultTolerantWritePei has one of its own). */
    uint64_t queue = load_le64(header + FTW_QUEUE_SIZE_AT);
    if (queue != end - at) {
        varstore_add_problem(s, VARSTORE_FTW_QUEUE, l->ftw_at + FTW_QUEUE_SIZE_AT, queue, end - at);
        return;
    }
    s->ftw.state = FTW_IDLE;
    while (s->ftw.writes < FTW_WRITES_MAX && in_range(end, at, WRITE_HEADER_SIZE)) {
        uint8_t flags = volume[at];

        if (!is_true(flags, WRITE_COMPLETED)) {
            if (is_true(flags, WRITE_HEADER_ALLOCATED))
                read_write(volume, s, at, end, place);
            return;
        }
        size_t length = write_length(volume + at, end - at);
        if (!length) {
            varstore_add_problem(s, VARSTORE_FTW_QUEUE, at, load_le64(volume + at + WRITE_COUNT_AT),
                                 1);
            return;
        }
        s->ftw.writes++;
        at += length;
    }
}

void varstore_replay(uint8_t *data, const struct varstore *store)
{
    struct varstore again = *store;
    struct ftw_place place = {0};

    if (store->ftw.state != FTW_PENDING)
        return;
    again.problem_count = VARSTORE_PROBLEMS_MAX; /* keeps none */
    ftw_read(data, &again, &place);
    memcpy(data + store->ftw.target, data + store->layout->spare_at, store->ftw.length);
    data[place.record] &= (uint8_t)~RECORD_DESTINATION_COMPLETED;
    data[place.write] &= (uint8_t)~WRITE_COMPLETED;
}
