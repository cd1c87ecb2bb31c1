/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a release check and the history of releases know of a ROM: a few numbers, so that
 * ten thousand ROMs fit in memory while none of their bytes stay there.
 */
#ifndef RELEASE_MEASURE_H
#define RELEASE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "flash/digests.h"
#include "flash/image.h"
#include "formats/option_rom.h"
#include "inputs/sha256.h"

struct measured_image {
    /* "legacy", "isa", "open-firmware", "hp-pa", "efi-x64", ...: see image_kinds. */
    const char *kind;
    bool has_ids;
    uint16_t vendor, device;
    bool is_efi, compressed;
    /* What firmware copies to shadow RAM to run it, in bytes; 0 for EFI and others. */
    uint64_t legacy_length;
};

/* All kinds of images by name; ends with NULL. The EFI names are those of UEFI 2.10, table
 * 3-5 (BOOTX64.EFI). "unknown" and "efi-unknown" are not in it. */
extern const char *const image_kinds[];

struct measured_rom {
    char *place;      /* for messages: "ipxe-qemu.deb: usr/lib/ipxe/qemu/efi-e1000.rom" */
    char *path;       /* on disk, or in the archive */
    const char *name; /* the last part of `path` */
    uint64_t size, chain_end;
    uint64_t bucket;       /* QEMU's: the file's size, rounded up */
    uint64_t chain_bucket; /* the smallest that the chain fits */
    enum optrom_fill fill;
    uint8_t fill_byte;
    size_t image_count;
    struct measured_image *images;
    uint64_t fitted_end; /* of the chain after `romcompat fit`; 0: not tried, no shorter */
    size_t error_count;  /* of the reader */
    char *first_error;   /* NULL: none */
    char sha256[SHA256_TEXT_SIZE]; /* "" unless asked for */
};

struct measured_flash {
    char *place, *path; /* as of a ROM */
    const char *name;
    struct flash_image image; /* without its bytes */
    char *link;               /* the path that this is another name of; NULL: a file */
};

struct measured {
    struct measured_rom *roms;
    size_t count, capacity;
    struct measured_flash *flash;
    size_t flash_count, flash_capacity;
};

/* SeaBIOS copies a legacy image to the 122,880 bytes from 0xC0000 + VGA to the end of its
 * ROM space and keeps 4 KiB of each after its start, so a ROM of L bytes starts on n NICs
 * only while L + 4096 * (n - 1) <= 122880 (measured, beside a stdvga). */
#define SHADOW_RAM_SIZE UINT64_C(122880)
#define SHADOW_RAM_KEPT UINT64_C(4096)

/* The longest legacy image of a ROM in bytes; 0: it has none. */
uint64_t measured_legacy_length(const struct measured_rom *rom);

/* On how many NICs at once a ROM of `legacy_length` bytes can start; 0: on none. */
unsigned shadow_ram_nics(uint64_t legacy_length);

/* Measures one ROM; 0, or -1 when memory ran out. `place` and `path` are copied. */
int measure_rom(const char *place, const char *path, const uint8_t *bytes, size_t size,
                bool with_sum, struct measured_rom *rom);

struct measure_options {
    bool with_sums;
    bool without_roms;                 /* skip ROMs */
    bool with_flash;                   /* measure flash images as well */
    const struct digest_guest *guests; /* whose launch digests are asked for */
    size_t guest_count;
    /* How far the chain of the ROM at `path` may reach, 0: anywhere. Of one that reaches
     * beyond, fitted_end is found out. NULL: of none. */
    uint64_t (*edge)(void *arg, const char *path);
    /* Something that should have been read could not be. */
    void (*problem)(void *arg, const struct failure *f);
    /* An operand without anything that is asked for. */
    void (*empty)(void *arg, const char *operand);
    void *arg;
};

/* Adds all ROMs and flash images of the operands to *m: everything that inputs/rom_files.h takes,
 * and .changes files, which stand for the packages that they list. 0, or -1 when problem() was
 * called. */
int measure_operands(char *const operands[], size_t count, const struct measure_options *options,
                     struct measured *m);
void measured_free(struct measured *m);

#endif
