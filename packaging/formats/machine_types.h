/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's machine types: which families there are, and what holds for all of a family. A new
 * family is one line of the table in machine_types.c.
 *
 * A family is the name without its version, as romcompat_machine_parse() takes it apart:
 * "pc-q35", "pc-q35-rhel", "virt". RHEL's and Ubuntu's own families are like the upstream
 * family that their names begin with.
 */
#ifndef FORMATS_MACHINE_TYPES_H
#define FORMATS_MACHINE_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "formats/qemu_versions.h"

enum { MACHINE_ARCHITECTURES_MAX = 6, MACHINE_ALIASES_MAX = 3, MACHINE_BIOSES_MAX = 3 };

struct machine_family {
    const char *name;
    /* The upstream versions that have existed (QEMU's DEFINE_*_MACHINE tables); `last` NULL: one
     * more with every release. `first` NULL: its versions are not QEMU's, or it has none. */
    const char *first, *last;
    const char *aliases[MACHINE_ALIASES_MAX];             /* for one of its types; ends with NULL */
    const char *architectures[MACHINE_ARCHITECTURES_MAX]; /* of its emulators; ends with NULL */
    bool has_versions; /* guests of a type of it can move from one QEMU version to another */
    bool express;      /* its root bus is PCI Express */
    /* BIOS files of which one is loaded without -bios and pflash (the first, but for a machine
     * property); ends with NULL. */
    const char *bioses[MACHINE_BIOSES_MAX];
    /* The network card and the -vga that QEMU adds without being asked, up to 2.11 and 2.1 where
     * others; NULL: none. */
    const char *nic, *old_nic, *video, *old_video;
    bool has_no_video;  /* no PCI card comes of -vga */
    bool has_own_cards; /* its board makes others that have a ROM, with -nodefaults as well */
    bool is_default;    /* its first alias is the machine type of a QEMU without -M */
};

/* Ends with an entry whose name is NULL. */
extern const struct machine_family machine_families[];

/* The family that a machine type is of: "pc-q35-7.2", "pc-q35-focal", "microvm", "rhel6.6.0"; a
 * RHEL family, "pc-q35-rhel9.4.0", is that which its name begins with. NULL: not known, which
 * holds for aliases as well. */
const struct machine_family *machine_family_of(const char *machine);

/* The family of which the name is an alias: "pc", "q35", "ubuntu"... NULL: it is none that is
 * known. Which type it is an alias of, only the QEMU in question says. */
const struct machine_family *machine_family_of_alias(const char *name);

/* That of a machine type or an alias, with an emulator of that architecture (NULL: any): "virt" is
 * a board of several. NULL: not known. */
const struct machine_family *machine_family_on(const char *architecture, const char *machine);

/* Whether QEMU keeps the state of the machine type as it was from version to version. Types without
 * a version, such as microvm, isapc and riscv64's virt, may change from one QEMU to the next. */
bool machine_is_versioned(const char *machine);

/* Whether the machine type has QEMU's own version, and one up to MAJOR.MINOR. */
bool machine_is_up_to(const char *machine, unsigned major, unsigned minor);

/* The release of QEMU that first had the machine type. False where its version is not QEMU's own. */
bool machine_release(const char *machine, struct qemu_version *release);

/* When QEMU gives a machine type up. */
struct machine_expiry {
    struct qemu_version deprecated, removed; /* the first QEMU in which it is so */
};

/* QEMU include/hw/boards.h, MACHINE_VER_DEPRECATION_MAJOR and MACHINE_VER_DELETION_MAJOR: 3 and 6
 * years of three releases. Deprecation is counted so since 9.1; removal since 10.1 (10.0 still has
 * 2.4). Those up to 2.3 went by lists: docs/about/removed-features.rst. False where it is not of
 * QEMU's own versions, or of a family without them. */
bool machine_expiry(const char *machine, struct machine_expiry *expiry);

/* Whether its guests have only the cards that they are given, and those that machine_nic() and
 * machine_video() tell. Of a machine type that is not known, alias or not, nothing is. */
bool machine_cards_are_known(const char *architecture, const char *machine);

/* Whether an option ROM without a BAR has a RAM block, "/rom@genroms/FILE" or "/rom@vgaroms/FILE":
 * QEMU hw/core/loader.c, rom_add_file(), with hw/i386/pc_piix.c, `option_rom_has_mr` (up to 1.7) and
 * `rom_file_has_mr` (from 1.7 on). */
bool machine_has_option_rom_blocks(const char *machine);

/* Whether its flash devices are "virt.flash0" and "virt.flash1", not "system.flash0"... (QEMU
 * hw/arm/virt.c, virt_flash_create1(); hw/riscv/virt.c and hw/loongarch/virt.c alike). */
bool machine_has_virt_flash(const char *machine);

/* The default BIOS files of a machine type, of which one is loaded; ends with NULL. */
const char *const *machine_bioses(const char *machine);

/* What QEMU adds by default to a machine type of that family, which may be an alias: an option for
 * -device, and one for -vga. NULL: nothing. */
const char *machine_nic(const struct machine_family *family, const char *machine);
const char *machine_video(const struct machine_family *family, const char *machine);

/* The machine type that an emulator without -M takes; NULL: none, or not known. */
const char *machine_default(const char *architecture);

/* QEMU's name of an architecture, by that, Debian's or libvirt's: "x86_64" of "amd64", "i386" of
 * "i686". Itself where it is none of them. */
const char *architecture_of_qemu(const char *name);

/* The architecture in the name of a QEMU binary: "x86_64" for qemu-system-x86_64, for Debian's
 * link qemu-system-amd64 and for qemu-system-x86_64-microvm. NULL: the name does not have one
 * that is known. */
const char *architecture_of_binary(const char *path);

#endif
