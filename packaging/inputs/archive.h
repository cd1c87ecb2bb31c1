/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archives as streams of entries: tar, cpio and zip, also under gzip, bzip2, xz,
 * lzma, lzip, zstd or lz4; .rpm; ar; and .deb, whose control.tar and
 * data.tar are read in place as one sequence. The kind is recognized by content, never
 * by suffix.
 *
 *     struct unpacker *u;
 *     struct unpacked entry;
 *     int more;
 *
 *     if (unpacker_open(path, NULL, &u, f) != 0)
 *         return -1;
 *     while ((more = unpacker_next(u, &entry, f)) > 0)
 *         if (wanted(entry.name) && unpacker_take(u, &data, &size, f) != 0)
 *             ...
 *     unpacker_close(u);
 *
 * Nothing is written to disk, no program is run, and no name or link in an
 * archive is ever used as a path: they are reported as they are there, ".." and
 * all. Memory is what the decompressor needs (the dictionary that whoever compressed
 * it chose: 8 MiB with xz -6, which dpkg-deb uses; unstream.h limits it) plus the one entry that is taken.
 * Reading may end at any entry; only reading to the end checks the whole.
 */
#ifndef INPUTS_ARCHIVE_H
#define INPUTS_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* What a hostile archive may cost. QEMU's source with all its firmware, the largest
 * archive with ROMs that is known, has about 1 GiB in 100,000 entries. */
#define UNPACK_ENTRY_MAX ((uint64_t)16 << 20) /* bytes of an entry that is taken */
#define UNPACK_ENTRIES_MAX UINT64_C(500000)   /* entries of the whole archive */
#define UNPACK_TOTAL_MAX ((uint64_t)4 << 30)  /* bytes after decompression, together */
#define UNPACK_HEADER_MAX ((uint64_t)8 << 20) /* bytes of names and the like before an entry */

struct unpack_limits {
    uint64_t entry;
    uint64_t entries;
    uint64_t total;
    uint64_t header;
};
#define UNPACK_LIMITS_DEFAULT                                                     \
    {                                                                             \
        UNPACK_ENTRY_MAX, UNPACK_ENTRIES_MAX, UNPACK_TOTAL_MAX, UNPACK_HEADER_MAX \
    }

/* Which part of a .deb an entry is in; UNPACKED_PLAIN in any other archive.
 * All entries of control.tar come before the first one of data.tar. */
enum unpacked_member { UNPACKED_PLAIN, UNPACKED_DEB_CONTROL, UNPACKED_DEB_DATA };

enum unpacked_type {
    UNPACKED_FILE,
    UNPACKED_DIRECTORY,
    UNPACKED_SYMLINK,
    UNPACKED_HARDLINK, /* tar: without bytes; cpio: the last name of a file has the bytes */
    UNPACKED_OTHER,    /* device, FIFO, socket */
};

struct unpacked {
    enum unpacked_member member;
    enum unpacked_type type;
    /* Bytes as in the archive, without leading "./"; both are valid until the
     * next unpacker_next(). A name that cannot be read at all is "?". */
    const char *name;
    /* Where a symlink points, as it is there; the name of the entry that a hard
     * link is another name of, without "./" as well; else NULL. */
    const char *target;
    uint64_t size; /* what the header says, in bytes; 0 where it says nothing */
    int64_t mtime; /* seconds since 1970; 0 where the header says nothing */
};

struct unpacker;

/* What unpacker_open() answers for a file that can be read and is not an archive (nor
 * compressed): a ROM, most likely. *f says so in words; nothing is open then. A file
 * that begins with a block of zeros is not one either, though tar writes that for an
 * archive without entries. */
enum { UNPACK_NOT_AN_ARCHIVE = 1 };

/* Opens the regular file at `path`, or `size` bytes that stay where they are until
 * unpacker_close(); `name` is for messages. NULL limits are the defaults. 0, -1, or
 * UNPACK_NOT_AN_ARCHIVE. */
int unpacker_open(const char *path, const struct unpack_limits *limits, struct unpacker **u,
                  struct failure *f);
int unpacker_open_memory(const char *name, const void *bytes, size_t size,
                         const struct unpack_limits *limits, struct unpacker **u,
                         struct failure *f);

/* The entries of a .deb are those of control.tar alone, and what follows them is not looked at. To be
 * called before the first unpacker_next(). */
void unpacker_end_before_data(struct unpacker *u);

/* The next entry; what was not taken of the last one is skipped. 1, 0 at the end
 * (after everything was read and found whole), or -1; after -1 only close it. */
int unpacker_next(struct unpacker *u, struct unpacked *entry, struct failure *f);

/* The first bytes of the current entry, at most `want`: *bytes points at *size of
 * them until the next call. For the same entry unpacker_take() may still follow. 0 or -1. */
#define UNPACK_PEEK_MAX 8192
int unpacker_peek(struct unpacker *u, size_t want, const uint8_t **bytes, size_t *size,
                  struct failure *f);

/* All bytes of the current entry, once; the caller frees *data. An entry that is no
 * file or hard link has none: *size is 0. -1 when it is above limits.entry, damaged or encrypted:
 * after that unpacker_next() may still be tried. */
int unpacker_take(struct unpacker *u, uint8_t **data, size_t *size, struct failure *f);

void unpacker_close(struct unpacker *u);

#endif
