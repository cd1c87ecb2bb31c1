/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU says, in its own log, in libvirt's and in virsh's errors, when a RAM
 * block stops a guest from arriving.
 */
#ifndef FORMATS_MIGRATION_LOG_H
#define FORMATS_MIGRATION_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_kind {
    LOG_NOTHING,
    LOG_LENGTHS, /* the guest's block and the destination's differ in length */
    LOG_UNKNOWN, /* the destination has no such block */
    LOG_MACHINE, /* the command line of a guest, with its machine type in `name` */
    LOG_VERSION, /* "qemu version: 7.2.22", in major and minor */
};

#define LOG_NAME_MAX 255

struct log_line {
    enum log_kind kind;
    char name[LOG_NAME_MAX + 1];
    uint64_t guest, there; /* LOG_LENGTHS */
    unsigned major, minor;
};

/* Reads one line, without its newline. A line longer than any message is read as well. */
struct log_line migration_log_read(const char *line, size_t length);

#endif
