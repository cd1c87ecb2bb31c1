/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UEFI variable stores as edk2 keeps them in flash: a firmware volume that holds a variable
 * store, a fault-tolerant write area with its working block, and a spare area. Sources:
 * edk2 MdeModulePkg/Include/Guid/VariableFormat.h, Guid/SystemNvDataGuid.h,
 * Universal/FaultTolerantWriteDxe; OvmfPkg/VarStore.fdf.inc.
 */
#ifndef FORMATS_VARIABLE_STORE_H
#define FORMATS_VARIABLE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/firmware_volume.h"
#include "formats/guid.h"

#define VARSTORE_VARIABLES_MAX 16384 /* the largest known store has room for 4369 headers */
#define VARSTORE_PROBLEMS_MAX 32     /* problems that are kept */
#define FTW_WRITES_MAX 8192          /* write headers in a working block */

/* How a store is laid out. Only the first volume length differs between builds of edk2. */
struct varstore_layout {
    const char *name;
    uint32_t block_count, block_length;
    uint32_t volume_length;
    uint32_t store_size; /* with its header, without the volume header */
    uint32_t ftw_at, ftw_size;
    uint32_t spare_at, spare_size;
};
extern const struct varstore_layout varstore_layouts[]; /* ends with a NULL name */

/* The layout of a volume of that length and block length, or NULL. A block length of 0
 * means any. */
const struct varstore_layout *varstore_layout_of(uint64_t volume_length, uint32_t block_length);

enum varstore_format { VARSTORE_PLAIN, VARSTORE_AUTHENTICATED };

/* States of a variable: bits are cleared one after the other. */
enum {
    VARIABLE_LIVE = 0x3f,
    VARIABLE_IN_TRANSITION = 0x3e, /* being replaced: live until its successor is */
    VARIABLE_DELETED = 0x3d,
    VARIABLE_DELETED_IN_TRANSITION = 0x3c,
    VARIABLE_HEADER_ONLY = 0x7f, /* a write that was cut off */
};

#define VARIABLE_TIME_SIZE 16
struct variable {
    size_t offset; /* of its header, in the file */
    uint8_t state;
    bool live; /* what the guest reads: 3f, or a 3e without successor */
    uint32_t attributes;
    uint64_t monotonic_count; /* these three: 0 in a plain store */
    uint8_t timestamp[VARIABLE_TIME_SIZE];
    uint32_t public_key_index;
    uint8_t vendor[GUID_SIZE];
    size_t name_at, name_size; /* UTF-16 with its NUL, bytes */
    size_t data_at, data_size;
};

enum varstore_problem_kind {
    VARSTORE_NOT_NV,         /* a volume, but not of variables */
    VARSTORE_FORMAT_UNKNOWN, /* neither of the two GUIDs */
    VARSTORE_SIZE_WRONG,
    VARSTORE_SIZE_SHORT,    /* less than its layout has: OVMF takes it, edk2 for ARM does not */
    VARSTORE_NOT_FORMATTED, /* format byte */
    VARSTORE_NOT_HEALTHY,   /* state byte */
    VARSTORE_LAYOUT_UNKNOWN,
    VARSTORE_READ_ONLY,    /* its volume's attributes: OVMF then has no store it could write to */
    VARSTORE_VARIABLE_CUT, /* lengths past the store: firmware reads nothing behind it */
    VARSTORE_NAME_BAD,
    VARSTORE_NAMELESS,
    VARSTORE_NAME_HIDES, /* a bad name for which firmware does not find other variables */
    VARSTORE_STATE_UNKNOWN,
    VARSTORE_DUPLICATE,     /* two live variables of one name and GUID */
    VARSTORE_TAIL_NOT_FREE, /* bytes behind the last variable are not erased */
    VARSTORE_TOO_MANY,
    VARSTORE_FTW_HEADER,
    VARSTORE_FTW_QUEUE,
};

struct varstore_problem {
    enum varstore_problem_kind kind;
    size_t offset;
    uint64_t found, expected;
};

enum ftw_state {
    FTW_NONE,    /* no working block where the layout has one */
    FTW_IDLE,    /* nothing to do */
    FTW_STARTED, /* a write was begun; the old content is whole */
    FTW_PENDING, /* the spare area holds content that is not at its place yet */
};

struct ftw {
    enum ftw_state state;
    bool in_spare; /* the working block itself was being rewritten */
    size_t writes; /* completed ones */
    /* FTW_PENDING: spare[0, length) belongs to [target, target + length) of the volume. */
    size_t target, length;
};

struct varstore {
    struct fv_header volume;
    const struct varstore_layout *layout; /* NULL: not a known one */
    bool sound;                           /* volume and store header are what firmware takes */
    enum varstore_format format;
    size_t header_at; /* of the store */
    uint32_t size;
    uint8_t format_byte, state;
    size_t variables_at, end; /* where variables are, in the file */
    size_t free_at;           /* behind the last variable */
    size_t variable_count, live_count;
    struct variable *variables;
    size_t live_bytes; /* what the live ones need in a store, with headers and padding */
    struct ftw ftw;
    /* All; VARSTORE_PROBLEMS_MAX are kept, among them the first of every kind. */
    size_t problem_count;
    struct varstore_problem problems[VARSTORE_PROBLEMS_MAX];
    /* What varstore_records_pass() says of it, by `knows_unwritten`. */
    bool has_bad_record[2];
    struct varstore_problem bad_record[2];
};

/* Reads the store in data[0, size). 0, or -1 when memory ran out. What is wrong is in
 * volume.defect and `problems`; without a sound volume nothing else is read. */
int varstore_read(const uint8_t *data, size_t size, struct varstore *store);

/* The first problem of that kind; NULL where there is none. */
const struct varstore_problem *varstore_find_problem(const struct varstore *store,
                                                     enum varstore_problem_kind kind);

/* Whether `bytes` (GUID_SIZE of them) are one of the two GUIDs of a store. */
bool varstore_begins_at(const uint8_t *bytes);

/* Whether the GUID of a store of that format is anywhere in bytes[0, size). */
bool varstore_guid_in(const uint8_t *bytes, size_t size, enum varstore_format format);

/* Whether every record of a sound store, deleted ones too, is one that edk2's VirtNorFlashDxe
 * takes; it erases a store for the first that is not, which is in *why. `knows_unwritten`: a
 * record in state ff ends the list (since stable202402), and is not a damaged one.
 * (variable_store_records.c) */
bool varstore_records_pass(const uint8_t *data, const struct varstore *store, bool knows_unwritten,
                           struct varstore_problem *why);
/* The record that made firmware stop because its lengths pass the end (VARSTORE_VARIABLE_CUT):
 * its lengths are made such that they do not. False when there is none. */
bool varstore_cut_record(const uint8_t *data, const struct varstore *store, struct variable *v);

/* Whether it has at least one character, and its only NUL at its end. */
bool variable_name_is_good(const uint8_t *data, const struct variable *v);

/* The next record at or behind `from`, behind the last one that firmware reads, which looks
 * like a live variable: what a damaged record hides. False when there is none. */
bool varstore_find_hidden(const uint8_t *data, const struct varstore *store, size_t from,
                          struct variable *v);
void varstore_free(struct varstore *store);

/* One line. Returns text. */
#define VARSTORE_PROBLEM_TEXT_MAX 200
char *varstore_problem_text(const struct varstore_problem *problem,
                            char text[VARSTORE_PROBLEM_TEXT_MAX]);
const char *varstore_problem_name(enum varstore_problem_kind kind);

/* Whether firmware does not accept the store at all because of it. */
bool varstore_problem_is_fatal(enum varstore_problem_kind kind);

const char *ftw_state_name(enum ftw_state state);
const char *variable_state_name(const struct variable *v);

/* Whether a time stamp was ever put on it. */
bool variable_has_time(const struct variable *v);

/* By vendor and name, which are a variable's key: below, at or above 0. */
int variable_compare(const uint8_t *a_data, const struct variable *a, const uint8_t *b_data,
                     const struct variable *b);

/* The name as UTF-8, what is no character as U+FFFD, cut at n. Returns text. */
char *variable_name(const uint8_t *data, const struct variable *v, char *text, size_t n);

/* Bytes that its name takes as UTF-8 with its NUL, at most. */
#define VARIABLE_NAME_ROOM(v) (3 * (v)->name_size / 2 + 1)

/* The other way round: UTF-16 with its NUL into 2 * strlen(text) + 2 bytes at `out`. Returns
 * how many bytes were written; 0 for an empty text and for one that is not UTF-8. */
size_t variable_name_encode(const char *text, uint8_t *out);

/* The live variable of that ASCII name and GUID, or NULL. */
const struct variable *varstore_find(const uint8_t *data, const struct varstore *store,
                                     const char *name, const uint8_t vendor[GUID_SIZE]);

/* --- room (variable_store_room.c) ------------------------------------------------- */

/* Of a sound store, in bytes with headers and padding. */
struct varstore_room {
    size_t size;    /* for variables, in all */
    size_t live;    /* what a guest reads takes */
    size_t garbage; /* deleted, replaced and unfinished ones: firmware reclaims them, slowly,
                     * when a write no longer fits */
    size_t free;    /* what can be written before that */
    size_t after_reclaim;
    size_t largest; /* data of the largest variable with a short name that fits then */
};
void varstore_room(const struct varstore *store, struct varstore_room *room);

/* The dbx of Microsoft's list for x86-64 of 2026, as Debian forky's templates have it. */
#define VARSTORE_DBX_TODAY 21292

/* Below this firmware does not get through: measured with Debian's OVMF 4M under TCG. At 2,000
 * free bytes and below a start did not end in two minutes, at 4,000 it took 119 seconds:
 * each write of a boot option or of a console reclaims the whole store. */
#define VARSTORE_STARVED 4000
/* Below this it is said: what a start and a new boot option write. */
#define VARSTORE_TIGHT 16384

/* --- writing (variable_store_write.c) ------------------------------------------- */

/* Carries out the pending write of a store that varstore_read() found FTW_PENDING, on the
 * same bytes, as the firmware would at its next start, and marks it done. */
void varstore_replay(uint8_t *data, const struct varstore *store);

/* Writes again, in place, what firmware would answer by erasing the store: the headers of
 * volume and store, for that layout. A pending write is carried out first, for it may have
 * been cut in the middle of them. False, with nothing changed, when there is not a variable
 * store to be seen. data[0, layout->volume_length) must be there. */
struct varstore_fixed {
    bool write_replayed, volume_header, store_header;
};
bool varstore_fix(uint8_t *data, const struct varstore_layout *layout,
                  struct varstore_fixed *fixed);

/* An empty store: layout->volume_length bytes at `out`. */
void varstore_format(uint8_t *out, const struct varstore_layout *layout,
                     enum varstore_format format);

/* Appends live variables to a store that varstore_format() made. */
struct varstore_writer {
    uint8_t *out;
    enum varstore_format format;
    size_t at, end;
};
void varstore_writer_init(struct varstore_writer *w, uint8_t *out,
                          const struct varstore_layout *layout, enum varstore_format format);

/* `v` is a variable of `data`; it is written as VARIABLE_LIVE. False, with nothing written,
 * when it does not fit. */
bool varstore_append(struct varstore_writer *w, const uint8_t *data, const struct variable *v);

/* Bytes that it needs in a store, with header and padding. */
size_t varstore_needs(const struct variable *v, enum varstore_format format);

#endif
