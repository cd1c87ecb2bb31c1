/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All option ROMs that operands of the command line mean:
 *
 * - a ROM file: itself, whatever is in it;
 * - an archive: its files that begin with 55 AA, in the archive's order;
 * - a directory: its files that begin with 55 AA, and those of the .deb and .rpm
 *   packages in it, with its sub-directories, in the order of their names. Links to
 *   directories are not followed; a link to a file in a ROM's own directory is the same
 *   ROM once more and skipped.
 *
 * An operand that begins with 55 AA is a ROM even where it could be read as an archive.
 *
 * Flash images are found in the same places where a visitor asks for them: files whose name
 * ends in .fd, or that begin with the header of a firmware volume. Firmware is shipped under
 * several names: links to them count as well.
 */
#ifndef INPUTS_ROM_FILES_H
#define INPUTS_ROM_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/file.h" /* ROM_FILE_MAX holds for each ROM, in archives as well */

/* How deep directories may be nested. */
#define ROM_DIRECTORY_DEPTH_MAX 64

struct rom_file {
    const char *name;  /* "dir/efi-e1000.rom", "ipxe-qemu.deb: usr/lib/ipxe/qemu/efi-e1000.rom" */
    const char *path;  /* the file on disk: ROM or archive */
    const char *entry; /* the name in the archive, else NULL */
    const uint8_t *bytes; /* valid during the call */
    size_t size;
    /* A link in an archive to a flash image: where it points, as it is there, and no
     * bytes. Else NULL. */
    const char *link;
};

struct rom_files_visitor {
    /* A ROM. 0 to go on; anything else ends the walk with that result. NULL: ROMs are
     * skipped. */
    int (*rom)(void *arg, const struct rom_file *rom);
    /* A flash image, likewise. */
    int (*flash)(void *arg, const struct rom_file *image);
    /* Something that should have been read could not be; the walk goes on. */
    void (*problem)(void *arg, const struct failure *f);
    /* Something that was skipped, one line; may be NULL. */
    void (*note)(void *arg, const char *text);
    void *arg;
};

/* 0 when everything was read, -1 when problem() was called at least once (also for
 * an operand without any ROM in it), or what rom() ended the walk with. */
int rom_files_walk(char *const operands[], size_t count, const struct rom_files_visitor *visitor);

/* The same for callers that take an operand without any ROM in it for an answer:
 * empty() is called for it, and not problem(). */
int rom_files_walk_any(char *const operands[], size_t count,
                       const struct rom_files_visitor *visitor,
                       void (*empty)(void *arg, const char *operand));

#endif
