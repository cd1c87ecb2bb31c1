/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offsets inside variable stores, shared by the reader and the writer. */
#ifndef FORMATS_VARIABLE_STORE_INTERNAL_H
#define FORMATS_VARIABLE_STORE_INTERNAL_H

#include "formats/variable_store.h"

/* VARIABLE_STORE_HEADER, relative to the store. */
enum {
    STORE_SIZE_AT = 16,
    STORE_FORMAT_AT = 20,
    STORE_STATE_AT = 21,
    STORE_HEADER_SIZE = 28,
    STORE_FORMATTED = 0x5a,
    STORE_HEALTHY = 0xfe,
};

/* VARIABLE_HEADER and AUTHENTICATED_VARIABLE_HEADER. */
enum {
    VARIABLE_START_ID = 0x55aa,
    VARIABLE_STATE_AT = 2,
    VARIABLE_ATTRIBUTES_AT = 4,
    AUTH_COUNT_AT = 8,
    AUTH_TIME_AT = 16,
    AUTH_KEY_AT = 32,
    VARIABLE_ALIGNMENT = 4,
};

struct variable_header_form {
    size_t size, name_size_at, data_size_at, vendor_at;
};
extern const struct variable_header_form variable_header_forms[2]; /* by enum varstore_format */

/* EFI_FAULT_TOLERANT_WORKING_BLOCK_HEADER, its write headers and records. A bit that is
 * cleared is one that is true: flash is erased to ones. */
enum {
    FTW_CRC_AT = 16,
    FTW_STATE_AT = 20,
    FTW_QUEUE_SIZE_AT = 24,
    FTW_HEADER_SIZE = 32,
    FTW_HEADER_VALID = 0x01,
    FTW_HEADER_INVALID = 0x02,

    WRITE_COUNT_AT = 24,
    WRITE_PRIVATE_AT = 32,
    WRITE_HEADER_SIZE = 40,
    WRITE_HEADER_ALLOCATED = 0x01,
    WRITE_ALLOCATED = 0x02,
    WRITE_COMPLETED = 0x04,

    RECORD_OFFSET_AT = 16,
    RECORD_LENGTH_AT = 24,
    RECORD_RELATIVE_AT = 32,
    RECORD_SIZE = 40,
    RECORD_SPARE_COMPLETED = 0x02,
    RECORD_DESTINATION_COMPLETED = 0x04,
};

extern const uint8_t varstore_guids[2][GUID_SIZE]; /* by enum varstore_format */
extern const uint8_t ftw_guid[GUID_SIZE];

void varstore_add_problem(struct varstore *store, enum varstore_problem_kind kind, size_t offset,
                          uint64_t found, uint64_t expected);

/* The record at `at`, where there is room for a header; false when it passes the store's end. */
bool varstore_read_record(const uint8_t *data, const struct varstore *store, size_t at,
                          struct variable *v);

/* The CRC of a working block's header: over its 32 bytes with CRC and state as FF. */
uint32_t ftw_header_crc(const uint8_t *header);

/* Where in the volume the pending write's header and record are, for both to be marked
 * done; false when the queue is not what FTW_PENDING needs. */
struct ftw_place {
    size_t write, record;
};
void ftw_read(const uint8_t *volume, struct varstore *store, struct ftw_place *place);

#endif
