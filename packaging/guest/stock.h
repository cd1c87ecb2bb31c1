/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that a QEMU without libromcompat must have so that a device gets the ROM length that
 * its guest expects, and still boots from the network.
 *
 * `romsize` alone is the better answer: the ROM stays QEMU's default one, into which it
 * writes the device's ids. A QEMU before 6.0 does not have it, and it is not enough where QEMU
 * reads a file that is too long: before 8.1 always, from 8.1 on unless the guest arrives by
 * -incoming. Then it must be given another file with `romfile`, and that must name the device's
 * own ids, for QEMU writes them into a default ROM alone (hw/pci/pci.c, pci_patch_ids()) and
 * SeaBIOS runs no other: either a compat ROM names them already, or a copy is made of it.
 */
#ifndef GUEST_STOCK_H
#define GUEST_STOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "formats/rom_devices.h"
#include "guest/device_rom.h"

/* Where such copies are looked for, and are to be put: below /usr/share/qemu, which libvirt's
 * AppArmor profile lets a QEMU read (abstractions/libvirt-qemu). */
#define STOCK_ROM_DIRECTORY "/usr/share/qemu/romcompat"

/* A device with its default ROM: a user's romfile= or romsize= is never touched. */
struct stock_device {
    const char *machine; /* the class name, never an alias; NULL with a bucket: not known */
    const char *type;    /* "virtio-net-pci" */
    bool modern;         /* as rom_device_ids() has it */
    uint64_t bucket;     /* that the guest expects; 0: what the maps say */
    bool incoming;       /* the guest arrives; else it starts cold, or with -loadvm */
    bool only_file;      /* no length can be given: libvirt's <rom> has a file alone */
};

enum stock_answer {
    STOCK_NOTHING,     /* the installed ROM has that length */
    STOCK_ROMSIZE,     /* its length must be said, and no more */
    STOCK_ROMFILE,     /* `romfile`, which is there or can be made of `source` */
    STOCK_NO_FILE,     /* `romfile`, once it has been made: no ROM that fits is there */
    STOCK_NO_RULE,     /* no map says which length the guest expects */
    STOCK_NO_ROM,      /* the device has no ROM */
    STOCK_NOT_A_DEVICE /* no device type with a ROM that is known */
};

struct stock_advice {
    enum stock_answer answer;
    const struct rom_device *device; /* NULL for STOCK_NOT_A_DEVICE */
    const char *rom;                 /* name of the default ROM file; NULL: none */
    uint64_t bucket;                 /* 0: not known */
    uint64_t romsize;                /* to be set; 0: not to be set */
    char *romfile;                   /* path to be set; NULL: not to be set */
    /* Of STOCK_ROMFILE: the ROM of which `romfile` is to be made; NULL: it is there as it
     * must be. */
    char *source;
    const struct rom_file *file; /* `source`, or `romfile` where it is there; else NULL */
    uint32_t ids;                /* vendor << 16 | device that `romfile` must name */
    /* True: the content comes with the stream, and the device's next start needs a file. */
    bool only_incoming;
    const char *package, *compat_file; /* of the rule; package may be NULL, and both without one */
    char *why;                         /* one line for a person; never NULL */
};

/* `maps`: those that say what guests expect, which a stock QEMU does not read; may be NULL.
 * `rom_directory`: where copies lie, in place of STOCK_ROM_DIRECTORY where not NULL. The texts of
 * the rule belong to `maps`; the rest is freed with stock_advice_free(). Files are read, and
 * none is written. */
void stock_advise(struct destination *to, const struct romcompat *maps,
                  const struct stock_device *device, const char *rom_directory,
                  struct stock_advice *advice);
void stock_advice_free(struct stock_advice *a);

/* Does what stock_command() says: writes a->romfile out of a->source, whole or not at all, and its
 * directory where that is missing. Nothing is done where a->source is NULL. 0 or -1. */
int stock_write(const struct stock_advice *a, struct failure *f);

/* --- stock_text.c ------------------------------------------------------------------------ */

struct stock_setting {
    const char *name; /* "romfile", "romsize" */
    char *value;      /* to be freed */
};

/* What is to be set: how many, none for an answer that sets nothing. */
size_t stock_settings(const struct stock_advice *a, struct stock_setting settings[2]);

/* "romfile=...,romsize=262144" as in -device; NULL where nothing is to be set. To be freed. */
char *stock_properties(const struct stock_advice *a);

/* "romfile=PATH" as in -device. To be freed. */
char *properties_of_file(const char *romfile);

/* A line "-global TYPE.romsize=262144" for each setting, for a shell; and the same as arguments
 * in a <qemu:commandline> of libvirt. `type` may be abstract. */
void stock_put_globals(FILE *to, const struct stock_advice *a, const char *type);
void stock_put_libvirt_globals(FILE *to, const struct stock_advice *a, const char *type);

/* The command that makes `romfile` (a->romfile, or its base name) of `source` (a->source, or where
 * that is NULL the path of a ROM that fits): "romcompat pad ...". To be freed. */
char *stock_command(const struct stock_advice *a, const char *source, const char *romfile);

#endif
