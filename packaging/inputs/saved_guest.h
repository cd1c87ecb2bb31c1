/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAM blocks of a guest that was saved, wherever they are written down: a QEMU
 * migration stream, also a mapped-ram file; a libvirt save image; either compressed; a
 * snapshot in a qcow2 image; the text of `info ramblock`. The kind is recognized by content, never by
 * name.
 *
 * Only the head is read, and only the head is decompressed: a save file of hundreds
 * of gigabytes costs what a small one does. Nothing is written, nothing is run.
 */
#ifndef INPUTS_SAVED_GUEST_H
#define INPUTS_SAVED_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/qemu_versions.h"
#include "inputs/domain_xml.h"
#include "inputs/swtpm.h"

/* Bytes of `info ramblock`: some 120 a line. */
#define RAMBLOCK_TEXT_MAX ((size_t)4 << 20)

enum saved_kind {
    SAVED_STREAM,
    SAVED_LIBVIRT,
    SAVED_SNAPSHOT, /* only -loadvm takes it */
    SAVED_RAMBLOCK_TEXT,
    SAVED_RUNNING,
};

struct saved_block {
    char *name;
    uint64_t length;
    /* The ROM file that it has where it comes from, of a guest out of an inventory; no other
     * source says. NULL: none is known. */
    char *file;
    uint64_t file_size;
    bool is_default;     /* it is the machine's own, also where the guest goes */
    char *package;       /* "ipxe-qemu 1.0.0+git-..."; NULL: not known */
    char *sha256;        /* of the file; NULL: not known */
    char *store_layout;  /* of the store that this firmware expects; NULL: not known */
    uint64_t store_size; /* likewise, bytes; 0: not known */
};

struct saved_guest {
    enum saved_kind kind;
    char *description;  /* "libvirt save image (zstd), mapped-ram": for people */
    char *machine;      /* NULL: not known; may be an alias where libvirt's XML alone names it */
    char *architecture; /* "x86_64"; NULL: not known, or only in `domain` */
    /* The one that the guest itself names, where the user has said another; else NULL. */
    char *own_machine;
    /* Of the QEMU that the guest runs on; 0.0.0: not known, as of every saved guest. */
    struct qemu_version qemu;
    /* A stream that says nothing of its machine type: it is one of QEMU 2.3 or before. */
    bool machine_is_old;
    bool mapped_ram; /* the destination will not compare lengths */
    bool incomplete; /* libvirt did not finish the image */
    size_t block_count;
    struct saved_block *blocks;
    uint64_t bytes_read; /* of the file or pipe */
    /* What is not known of the guest, though it decides whether it arrives and starts, as one
     * line; NULL: nothing is. Of a guest out of an inventory, and of a running one. */
    char *doubt;
    /* How its memory is encrypted (formats/guest_encryption.h), "sev"; NULL: not that we know. A
     * stream does not say: QEMU writes none of such a guest. */
    char *encryption;
    char *name;            /* of a guest out of an inventory; else NULL */
    enum swtpm_need swtpm; /* of a guest out of an inventory; of others saved_guest_swtpm() knows */
    /* What a libvirt save image says of the guest beside its stream; NULL: it is not one, or its
     * XML cannot be read, which is libvirt's to refuse. */
    struct domain_xml *domain;
};

/* `path` may be "-": standard input. `snapshot` is the one of a qcow2 image that is meant;
 * NULL: the only one. 0 or -1; free with saved_guest_free(). */
int saved_guest_read(const char *path, const char *snapshot, struct saved_guest *guest,
                     struct failure *f);

/* The snapshots with the state of a guest in the disk at `path`: none where it is not a qcow2
 * image. 0 or -1; *names, and what is in it, are the caller's in either case. */
int saved_guest_snapshots(const char *path, char ***names, size_t *count, struct failure *f);

/* The same for text[0, size), as a running QEMU answers `info ramblock`. */
int saved_guest_from_text(const char *name, const char *text, size_t size,
                          struct saved_guest *guest, struct failure *f);

/* What its TPM needs. A stream has blocks of one, and does not say what emulates it. */
enum swtpm_need saved_guest_swtpm(const struct saved_guest *guest);

/* Frees what is in one block. */
void saved_block_release(struct saved_block *block);
void saved_guest_free(struct saved_guest *guest);

#endif
