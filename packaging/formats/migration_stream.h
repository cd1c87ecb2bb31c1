/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The head of a QEMU migration stream: from its first byte to the end of the list of
 * RAM blocks. What comes after it, the pages and the devices, is never read.
 *
 * The reader is fed: it says which byte it wants next, takes as many as it is given,
 * and keeps no more than one field of them. So it reads from a pipe as well as from a
 * file, and in a mapped-ram file it asks to skip the pages.
 *
 *     struct migration_stream s;
 *
 *     migration_stream_begin(&s, "guest.save", offset of the stream in its file);
 *     do {
 *         n = bytes of the file from s.position on, as many as are at hand
 *         answer = migration_stream_feed(&s, bytes, n, f);
 *     } while (answer == MIGRATION_MORE);
 *     ...
 *     migration_stream_end(&s);
 *
 * Layout: QEMU migration/savevm.c, qemu_savevm_state_header() and
 * vmstate_configuration; migration/ram.c, ram_save_setup() and
 * mapped_ram_setup_ramblock(). All integers are big-endian.
 */
#ifndef FORMATS_MIGRATION_STREAM_H
#define FORMATS_MIGRATION_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* What a hostile stream may cost. A guest with 256 DIMMs and 32 NICs has some 400
 * blocks; QEMU knows three subsections, and sends at most three commands here. */
#define MIGRATION_BLOCKS_MAX 16384
#define MIGRATION_SUBSECTIONS_MAX 32
#define MIGRATION_CAPABILITIES_MAX 64
#define MIGRATION_COMMANDS_MAX 64
#define MIGRATION_NAME_MAX 255 /* of a block, section or capability: its length is a byte */
#define MIGRATION_MACHINE_MAX 255
/* Bytes of other sections before the one of RAM (virtio-mem sends one). */
#define MIGRATION_OTHER_SECTIONS_MAX 65536

struct migration_block {
    char name[MIGRATION_NAME_MAX + 1]; /* as in the stream, but ended by NUL */
    uint64_t length;                   /* bytes in use; what the destination compares */
    uint64_t pages_offset;             /* mapped-ram: where its pages begin in the file */
};

struct migration_stream {
    /* The offset, in the file, of the byte that the next feed must begin with. */
    uint64_t position;

    bool has_machine; /* no: a machine type of QEMU 2.3 and before sends none */
    char machine[MIGRATION_MACHINE_MAX + 1];
    bool has_uuid;
    uint8_t uuid[16];
    uint32_t page_bits; /* 0: not given */
    bool mapped_ram, ignore_shared, postcopy;
    uint64_t ram_total;
    size_t block_count;
    struct migration_block *blocks;

    /* The reader's own. */
    const char *name;
    int state;
    size_t want, have;
    uint8_t field[288];
    uint64_t field_at, skip, blocks_total, others;
    size_t capacity;
    unsigned subsections, capabilities, capabilities_left, commands, words;
};

enum migration_answer {
    MIGRATION_BAD = -1, /* *f says what is wrong, with its offset in the file */
    MIGRATION_MORE = 0, /* all bytes were taken: more, from s.position on */
    MIGRATION_DONE = 1, /* the list of blocks is complete */
};

/* Whether a file may be a stream: QEVM in its first four bytes. */
bool migration_stream_looks_like(const uint8_t *head, size_t n);

/* `name` is for messages and must live as long as the reader. */
void migration_stream_begin(struct migration_stream *s, const char *name, uint64_t offset);
enum migration_answer migration_stream_feed(struct migration_stream *s, const uint8_t *bytes,
                                            size_t n, struct failure *f);
/* The file has ended though more was wanted: sets *f, returns MIGRATION_BAD. */
enum migration_answer migration_stream_cut(const struct migration_stream *s, struct failure *f);
void migration_stream_end(struct migration_stream *s);

#endif
