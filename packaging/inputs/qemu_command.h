/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest as the command line of its QEMU describes it (QEMU qemu-options.hx): machine type,
 * cards with an option ROM, firmware. The same of the arguments of a running process, of a
 * service's ExecStart, and of what is to be started.
 */
#ifndef INPUTS_QEMU_COMMAND_H
#define INPUTS_QEMU_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/domain_xml.h"
#include "inputs/swtpm.h"

#define QEMU_COMMAND_MAX ((size_t)4 << 20) /* bytes of all arguments */
#define QEMU_ARGUMENTS_MAX 20000
#define QEMU_COMMAND_CARDS_MAX 4096

/* The doubt about a guest with a device of the host (vfio). Its own ROM makes no RAM block (QEMU
 * hw/vfio/pci.c, vfio_pci_size_rom()); whether it can be moved its driver decides. */
#define QEMU_HOST_DEVICE "a device of its host (vfio): whether it can be moved is not known"

struct qemu_card {
    char *type; /* as in -device: never an alias */
    char *file; /* of its ROM, where one is named; NULL: the default */
    bool off;   /* rombar=0, or an empty romfile */
};

/* Texts that the command line does not give are NULL. */
struct qemu_command {
    char *binary; /* the first argument */
    char *architecture;
    bool is_guest; /* it starts one: it asks for no help and no version */
    char *name, *uuid;
    char *number;  /* Proxmox's -id */
    char *machine; /* may be an alias; without one that which QEMU starts then, where known */
    /* Its firmware image: "pflash", or "rom" (-bios); and its variable store. */
    char *loader, *loader_type, *loader_format, *nvram, *nvram_format;
    /* Cards that have an option ROM, those too that QEMU adds by default. */
    struct qemu_card *cards;
    size_t card_count;
    char *doubt;  /* one line: what of it is not known; the first such thing */
    char *qmp;    /* the socket on which it serves QMP, the last of them */
    char **disks; /* files, without what backs them */
    size_t disk_count;
    bool has_tpm;
    enum swtpm_need swtpm; /* of its TPM */
    bool has_uefi_vars;    /* its variables are with the uefi-vars device, in `nvram` */
    char *encryption;      /* of its memory (formats/guest_encryption.h) */
};

/* The words of a text in which each ends with a NUL, as /proc/PID/cmdline has them; they point
 * into `text`, which has a NUL behind `size`. *count is at most QEMU_ARGUMENTS_MAX; -1: there
 * are more. The caller frees the list alone. */
int qemu_command_words(char *text, size_t size, char ***words, size_t *count);

/* `directory`: that which relative paths are of; NULL: not known, and they stay as they are. 0, or
 * -1 for what is not a command line; free it with qemu_command_free(). Files for -readconfig are
 * read. */
int qemu_command_read(char *const *arguments, size_t count, const char *directory,
                      struct qemu_command *command, struct failure *f);
/* What the words of <qemu:commandline> add to a guest of libvirt's: cards, and as `doubt` what else
 * they decide. 0 or -1, and free it, likewise. */
int qemu_command_of_domain(const struct domain_xml *domain, struct qemu_command *command,
                           struct failure *f);
void qemu_command_free(struct qemu_command *command);

/* One card more, for readers of what becomes a command line; `file` may be NULL. */
void qemu_command_add_card(struct qemu_command *command, const char *type, const char *file,
                           bool off);

/* Whether arguments that are added to a command line, as one text in a shell's quotes, may decide
 * cards, ROMs, machine type or firmware. */
bool qemu_command_text_decides(const char *args);

/* Whether a program of that path is a QEMU for whole systems: "/usr/bin/qemu-system-x86_64",
 * "/usr/libexec/qemu-kvm", "/usr/bin/kvm". */
bool qemu_command_is_qemu(const char *path);

#endif
