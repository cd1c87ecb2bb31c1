/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is under the entries of inputs/archive.h, for archive.c alone: a pile of up to three stages,
 * each of which pulls its bytes from the stage below, the lowest from the file:
 *
 *     x.tar.xz   xz > tar
 *     x.rpm      rpm > zstd > cpio
 *     x.deb      ar > xz > tar, once for control.tar and once for data.tar
 *
 * libarchive could stack filters by itself. But between any two of these stages stands the gate
 * where bytes are counted: libarchive may read for hours within one call (gzip in gzip in gzip, a
 * GNU sparse map of gigabytes), and the gate ends that.
 *
 * Left out on purpose: the mtree format, which opens the files it names, and lrzip,
 * grzip and lzop, which are run as programs.
 */
#ifndef INPUTS_ARCHIVE_STAGES_H
#define INPUTS_ARCHIVE_STAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <archive.h>

#include "base/effort.h"
#include "base/failure.h"
#include "inputs/archive.h"

enum {
    STAGES_MAX = 3,
    AR_MAGIC_SIZE = 8,
};

/* What a stage may make of its bytes. */
enum formats { FORMAT_AR, FORMAT_TAR, FORMAT_TAR_CPIO, FORMAT_ANY };

struct pile;

struct stage {
    struct pile *pile;
    struct archive *a;       /* or, of what is only compressed, NULL... */
    struct unstream *stream; /* ...and this */
    struct stage *below;     /* NULL: the file */
    const void *pending;     /* pulled to see what it is, not yet handed on */
    size_t pending_size;
    uint64_t delivered;     /* bytes that libarchive got, or asked to skip */
    uint64_t delivered_max; /* where an entry's header must have ended */
};

struct pile {
    char *name;
    char member_name[64]; /* of a .deb, that is being read */
    struct unpack_limits limits;

    /* The file, or the memory: size and place. */
    int fd; /* -1: memory */
    uint8_t *block;
    const uint8_t *memory;
    uint64_t size, at;

    struct stage stages[STAGES_MAX];
    size_t stage_count;
    bool is_ar; /* the lowest of them */
    uint64_t total, entries;

    /* The first failure of the gate: what libarchive then says is only its echo. */
    struct failure broken;
    bool is_broken;
};

/* The file at `path`, or `size` bytes that stay where they are; no stage is on it. */
int pile_open(struct pile *p, const char *path, struct failure *f);
void pile_open_memory(struct pile *p, const char *name, const void *bytes, size_t size);
void pile_close(struct pile *p);

/* What the file holds, by its first bytes; what is compressed with all stages that it takes. 0, -1,
 * or UNPACK_NOT_AN_ARCHIVE. */
int pile_build(struct pile *p, struct failure *f);

/* On what the top stage makes of its bytes: perhaps a compression, then a format. */
int pile_push_payload(struct pile *p, bool may_be_compressed, enum formats formats,
                      struct failure *f);
void pile_pop(struct pile *p);
struct stage *pile_top(struct pile *p);

/* Reads to the end of what is below the top stage. */
int pile_drain(struct pile *p, struct failure *f);

/* "x.deb: data.tar.xz" or "x.tar". */
const char *pile_place(const struct pile *p, char text[512]);

/* Spends effort; where there is none left, the gate is broken. */
int pile_charge(struct pile *p, enum effort kind, uint64_t amount);

/* -1, and in *f why: what broke the gate, or what libarchive says of the top stage. */
int pile_failed(struct pile *p, struct failure *f);

#endif
