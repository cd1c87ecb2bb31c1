/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest is started with a firmware image and its variable store: as arguments of
 * QEMU, as elements of libvirt's XML, as settings of xl.
 */
#ifndef FLASH_LAUNCH_H
#define FLASH_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "flash/image.h"

#define LAUNCH_MACHINE_MAX 64 /* bytes of a machine type's name */
#define LAUNCH_NOTES_MAX 12

struct launch {
    const struct flash_image *code, *vars; /* vars is NULL: `code` is given with -bios */
    char *code_path, *vars_path;           /* absolute, for programs that run elsewhere */
    char *template_path;                   /* NULL: none was named */
    const char *program;                   /* "qemu-system-x86_64" */
    const char *cpu;                       /* NULL: the machine's own will do */
    char machine[LAUNCH_MACHINE_MAX];
    const char *families; /* of machine types that it starts on: "pc-q35-*, pc-i440fx-*" */
    uint64_t vars_size;   /* bytes of the store's file that are flash; 0: all */
    bool vars_on_device;  /* the store is on a block device */
    bool uefi_vars;       /* the store is that of QEMU's uefi-vars device; no flash */
    bool not_libvirt;     /* libvirt has no way to start this; a note says why */
    bool smm;             /* the code needs SMM and flash that only SMM may write */
    size_t note_count;
    char *notes[LAUNCH_NOTES_MAX]; /* sentences: what whoever pastes this should know */
};

/* Decides all that is above. `machine` and `template_path` may be NULL. 0; 1 with *f saying
 * why there is no such guest; or -1. Free with launch_free(). */
int launch_decide(const struct flash_image *code, const struct flash_image *vars,
                  const char *machine, const char *template_path, struct launch *l,
                  struct failure *f);
void launch_free(struct launch *l);

/* QEMU's arguments, program first, as words that no shell has seen yet; ends with NULL.
 * With `blockdev` as -blockdev and machine properties, else as -drive. */
char **launch_words(const struct launch *l, bool blockdev);
void launch_words_free(char **words);

/* The same for a shell, an option a line; lines for the XML of a domain, NULL where libvirt has
 * no way to start it; lines for xl.cfg, NULL where xl has none. The caller frees them. */
char *launch_shell(const struct launch *l, bool blockdev);
char *launch_libvirt(const struct launch *l);
char *launch_xl(const struct launch *l);

#endif
