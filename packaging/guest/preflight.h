/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a guest's RAM blocks fit the ROM files of a destination, and what fixes it.
 * Blocks that no file gives their length (RAM, video memory, ACPI tables) are not judged.
 */
#ifndef GUEST_PREFLIGHT_H
#define GUEST_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/rom_devices.h"
#include "inputs/saved_guest.h"
#include "guest/device_rom.h"

enum preflight_verdict {
    PREFLIGHT_LANDS,
    PREFLIGHT_REFUSED, /* QEMU refuses the guest, or does not start */
    PREFLIGHT_WRONG,   /* mapped-ram: QEMU takes it, with a block of another length */
    PREFLIGHT_UNKNOWN,
};

struct preflight_line {
    const struct saved_block *block;
    enum preflight_verdict verdict;
    const struct rom_device *device;   /* NULL: not an option ROM */
    const struct domain_device *place; /* its card in libvirt's XML; NULL: not known */
    bool is_given;                     /* a file or length was named, in place of the default */
    bool is_switched_off;              /* libvirt's XML gives its card no ROM, and so no block */
    uint64_t romsize;                  /* the length that was named; 0: none */
    uint64_t length;               /* that the destination gives the block; 0: not known, or none */
    const char *rom;               /* file name that the destination looks for, or NULL */
    const struct rom_file *loaded; /* that it loads; NULL: none. The destination's */
    uint64_t file_size; /* of `loaded`, bytes; of the disk in it, where it is a disk image */
    const struct rom_file *installed; /* `rom` there, which need not be what it loads; or NULL */
    char *owner;         /* "ipxe-qemu 1.0.0+git-...": the package that has it; NULL: not known */
    char *real;          /* its path without links and "..", on this host; or NULL */
    const char *package; /* that a map names for the compat ROM, or NULL */
    const char *compat_file;
    /* The side that the guest comes from: of its ROM file no more than its size is known, from
     * guest_least to block->length (0: not even that); and which set of the destination's maps
     * has such a ROM, with its package, or NULL. */
    uint64_t guest_least;
    const char *guest_set, *guest_package;
    bool has_fix; /* one of the fixes is for it */
    char *why;    /* one line */
    char *note;   /* one line: what libvirt's hook will make of it; or NULL */
};

enum fix_kind { FIX_PACKAGE, FIX_COMMANDS, FIX_ARGUMENTS, FIX_LIBVIRT };

struct fix {
    enum fix_kind kind;
    char *when; /* one line: what it is for */
    char *text; /* to be pasted; lines end with newlines, but not the last */
    /* It is of the shortest way that is known to work on this destination. */
    bool recommended;
};

/* The three questions about a guest and a destination. */
struct preflight_answer {
    enum qemu_answer value;
    char *why; /* one line; NULL: nothing is against it */
};

struct preflight {
    struct preflight_answer arrives; /* migration, restore or -loadvm */
    struct preflight_answer starts;  /* again there, from cold */
    struct preflight_answer same;    /* with the same files as before */
    char **notes;                    /* one line each */
    size_t note_count;
    struct preflight_line *lines;
    size_t line_count;
    size_t counts[4]; /* by verdict */
    size_t not_judged;
    bool lacks_swtpm;      /* it is refused because its TPM cannot be emulated there */
    bool needs_other_qemu; /* it is refused for its machine type or kind of stream: no file helps */
    struct fix *fixes;
    size_t fix_count;
};

/* `incoming`: the guest arrives; else it is loaded from a snapshot, or starts cold. `guest` and
 * `to` must live as long as the result; free with preflight_free(). */
void preflight_judge(const struct saved_guest *guest, struct destination *to, bool incoming,
                     struct preflight *result);
/* The same, without what fixes it. */
void preflight_answer(const struct saved_guest *guest, struct destination *to, bool incoming,
                      struct preflight *result);

/* What fixes a refusal that is known: there[i] is the length that the destination gives
 * the guest's block i, and no file is looked at. */
void preflight_of_lengths(const struct saved_guest *guest, const uint64_t *there,
                          const struct qemu_version *version, struct preflight *result);

/* Adds what fixes the lines that are refused or wrong: preflight_fixes.c. */
void preflight_find_fixes(struct preflight *p, struct destination *to,
                          const struct saved_guest *guest, bool incoming);

/* The packages of swtpm, where that is what is missing. */
void preflight_fix_swtpm(struct preflight *p, const struct destination *to);

/* Why QEMU does not start with the romsize= of this line and its file, one line that the caller
 * frees; NULL: it does. *is_known: whether that holds for the QEMU there, whose version may not be
 * known. QEMU hw/pci/pci.c, pci_qdev_realize() and pci_add_option_rom(). */
char *preflight_romsize_fault(const struct preflight_line *line, const struct destination *to,
                              bool incoming, bool *is_known);

/* Asks the destination, or this host's package manager, which packages have the files. */
void preflight_find_owners(struct preflight *p, struct destination *to);
/* The path of the file that is loaded, for people; NULL: none. */
const char *preflight_file(const struct preflight_line *line);
/* "PACKAGE VERSION", which the caller frees; either may be NULL. */
char *package_and_version(const char *package, const char *version);

/* Notes at the lines that are refused or wrong what the hook does for cards of the image with
 * this XML. `to` and `maps` are as for domain_rom_of(). The verdict stays that of QEMU alone. */
void preflight_note_hook(struct preflight *p, const struct domain_xml *domain,
                         struct destination *to, const struct romcompat *maps);

void preflight_free(struct preflight *p);

/* Whether it arrives, as one word of a verdict. */
enum preflight_verdict preflight_total(const struct preflight *p);

/* --- preflight_answers.c ----------------------------------------------------------------- */

/* Fills `arrives` and `starts` of a guest whose lines are judged. */
void preflight_answer_all(struct preflight *p, const struct saved_guest *guest,
                          struct destination *to, bool incoming);
/* Fills `same`, once the packages of files are known. */
void preflight_compare_files(struct preflight *p, const struct saved_guest *guest,
                             const struct destination *to);
/* "yes", "no", "not known". */
const char *preflight_answer_name(enum qemu_answer answer);

/* "lands", "refused", "is accepted with the wrong size", "unknown". */
const char *preflight_verdict_name(enum preflight_verdict verdict);
/* "package", "commands", "arguments", "libvirt". */
const char *fix_kind_name(enum fix_kind kind);

#endif
