/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU, libvirt and the programs above them print when a guest does not arrive or start
 * for its ROM files, its firmware, its machine type or another RAM block; and what says which
 * machine type and QEMU it was about. Each message is one line of a table in migration_log.c.
 *
 * The text is what plain_text_read() makes. A message may be wrapped at any place, and each
 * line of it quoted as in a mail.
 */
#ifndef FORMATS_MIGRATION_LOG_H
#define FORMATS_MIGRATION_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/qemu_versions.h"

enum log_kind {
    LOG_NOTHING,

    /* A RAM block: its name; lengths that the guest has and that are there. */
    LOG_LENGTHS,   /* they differ */
    LOG_TOO_LARGE, /* it may change, up to a limit, which is `there` */
    LOG_UNKNOWN,   /* the destination has no such block */
    LOG_RAM,       /* "error while loading state" of device ram: what came of one of these */
    LOG_RAM_PAGES, /* the page size or address of block `name`, or of one unknown, differs */

    /* The stream itself. */
    LOG_RAM_CONTENT, /* "error while loading state section" of ram: its blocks were accepted */
    LOG_STREAM,      /* it has what the destination does not expect in it */
    LOG_STREAM_CUT,  /* it ended early */
    LOG_CONNECTION,  /* a connection to the other side broke */

    LOG_DEVICE,          /* the state of the device `name` was refused */
    LOG_DEVICE_UNKNOWN,  /* the destination has no device `name` */
    LOG_CAPABILITY,      /* the stream has the capability `name`, unknown there */
    LOG_MACHINE_DIFFERS, /* `name` of the guest, `other` at the destination */
    LOG_MACHINE_UNKNOWN, /* `name`, which may be empty */
    LOG_MACHINE_UNNAMED, /* the stream does not say it, as those of types up to 2.3 */

    /* A ROM file: its name, as it was given or as the device has it. */
    LOG_ROM_MISSING,
    LOG_ROM_DENIED, /* it could not be opened for want of permission */
    LOG_ROM_EMPTY,
    LOG_ROM_UNREADABLE,
    LOG_ROM_HUGE,
    LOG_ROM_OVER_SIZE,   /* of `guest` bytes, above romsize, which is `there` */
    LOG_ROMSIZE_ODD,     /* romsize `there` is not a power of two */
    LOG_ROMSIZE_UNKNOWN, /* the device, or "", does not have the property */

    /* Firmware: paths, or libvirt's name of a firmware type. */
    LOG_FIRMWARE_NONE,     /* libvirt knows none of type `name` */
    LOG_FIRMWARE_FILE,     /* file `name` was not found or opened, for the reason `other` */
    LOG_FIRMWARE_BIOS,     /* file `name` of -bios was not found, or not loaded */
    LOG_FIRMWARE_TEMPLATE, /* no template of a store for the code `name` */
    LOG_FIRMWARE_FORMATS,  /* code is of format `name`, store of `other` */
    LOG_FIRMWARE_SIZE,     /* flash `name` has `there` bytes */
    LOG_FIRMWARE_TOTAL,    /* all flash together is above `there` bytes */
    LOG_FIRMWARE_DEVICE,   /* the flash has `guest` bytes, its file `there`; 0: fewer */
    LOG_FIRMWARE_UNIT,     /* flash unit `name` without the one before */
    LOG_FIRMWARE_SMM,      /* it needs SMM */
    LOG_FIRMWARE_MACHINE,  /* Secure Boot needs machine type q35 */
    LOG_FILE,              /* as LOG_FIRMWARE_FILE, of any kind of file */

    /* No refusals. */
    LOG_START,     /* another QEMU starts: what is known of the last one does not hold */
    LOG_OF_FILE,   /* what follows is of the log `name`, and as LOG_START if the last was not */
    LOG_MACHINE,   /* the machine type `name` on a command line of QEMU */
    LOG_VERSION,   /* QEMU's, in `version` */
    LOG_INCOMING,  /* -incoming on a command line, or the command that does the same */
    LOG_OUTGOING,  /* QEMU is told to send a guest, or to save one */
    LOG_COMPLETED, /* a QEMU has sent all of a guest, or got it */
    LOG_ENDED,     /* a guest that ran was ended */
    LOG_ARRIVED,   /* a guest has arrived somewhere */
    LOG_FAILED,    /* one has not, or did not start, or something else went wrong */
};

#define LOG_NAME_MAX 255

struct log_message {
    enum log_kind kind;
    char name[LOG_NAME_MAX + 1];
    char other[LOG_NAME_MAX + 1];
    uint64_t guest, there;
    struct qemu_version version;
    /* QEMUs that print the message so; all zero where either end is open. */
    struct qemu_version first, last;
};

/* Bytes of text that one message has at most. */
#define LOG_MESSAGE_MAX 4096

struct log_scan {
    bool in_command;          /* a command line of QEMU is being read */
    char before, before_line; /* the character before, and the last one of the line before */
    bool has_report;          /* in this line QEMU says something that is not known yet */
    size_t line;              /* line of the file, from 0 */
};

/* Reads text[0, size) and calls `take` for each message, with its line, from 1. All zero before
 * the first call. Returns the bytes that were read: without `is_last`, LOG_MESSAGE_MAX are left
 * for the next call. */
size_t migration_log_scan(struct log_scan *s, const char *text, size_t size, bool is_last,
                          void (*take)(void *arg, const struct log_message *m, size_t line),
                          void *arg);

#endif
