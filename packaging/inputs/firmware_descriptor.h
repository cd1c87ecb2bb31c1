/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware descriptor: the JSON file by which a package of firmware describes to management
 * software what it has (QEMU docs/interop/firmware.json, as of QEMU 11.0). What is read is
 * kept as it is there; what the format does not know is named and kept as well, because
 * libvirt skips an unknown feature (src/qemu/qemu_firmware.c, qemuFirmwareFeatureParse).
 */
#ifndef INPUTS_FIRMWARE_DESCRIPTOR_H
#define INPUTS_FIRMWARE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/finding.h"

#define DESCRIPTOR_FILE_MAX ((size_t)1 << 20) /* what libvirt reads of one: DOCUMENT_SIZE */
#define DESCRIPTOR_LIST_MAX 256               /* elements of each list that are read */
#define DESCRIPTOR_PROBLEMS_MAX 32            /* problems that are kept */

enum descriptor_device {
    DESCRIPTOR_FLASH,  /* -machine pflash0=, pflash1= */
    DESCRIPTOR_KERNEL, /* -kernel */
    DESCRIPTOR_MEMORY, /* -bios */
    DESCRIPTOR_IGVM,   /* -object igvm-cfg */
};

enum descriptor_mode {
    DESCRIPTOR_SPLIT,     /* code and a store made of the template */
    DESCRIPTOR_COMBINED,  /* code and store in one file, one copy a guest */
    DESCRIPTOR_STATELESS, /* variables do not last */
};

struct descriptor_file {
    char *filename; /* NULL: the descriptor has none */
    char *format;   /* "raw", "qcow2", "json"; NULL: the mapping has no format */
};

struct descriptor_list {
    size_t count;
    char **texts;
};

struct descriptor_target {
    char *architecture;              /* of the QEMU system emulator: "x86_64" */
    struct descriptor_list machines; /* globs of concrete machine types */
};

struct firmware_descriptor {
    char *path; /* as it was read, for messages */
    char *description;
    struct descriptor_list interface_types, features, tags;
    enum descriptor_device device;
    enum descriptor_mode mode; /* split where a flash mapping says nothing, else stateless */
    struct descriptor_file executable, nvram_template;
    size_t target_count;
    struct descriptor_target *targets;
    bool usable; /* no problem is an error: the fields above can be relied upon */
    /* For -bios, with 'executable' in the place of 'filename', which libvirt asks for. */
    bool has_no_filename;
    /* The first DESCRIPTOR_PROBLEMS_MAX, and the first error: libvirt skips the descriptor. */
    struct findings problems;
};

/* Reads `size` bytes, for messages called `path`. 0 for any JSON object, also one that is not
 * usable; or -1. Free with firmware_descriptor_free(). */
int firmware_descriptor_parse(const char *path, const uint8_t *data, size_t size,
                              struct firmware_descriptor *d, struct failure *f);

/* The same for a file. */
int firmware_descriptor_read(const char *path, struct firmware_descriptor *d, struct failure *f);

void firmware_descriptor_free(struct firmware_descriptor *d);

bool descriptor_has_feature(const struct firmware_descriptor *d, const char *feature);

/* Whether a machine type of that architecture may run it; "pc-q35-10.0", not an alias. */
bool descriptor_runs_on(const struct firmware_descriptor *d, const char *architecture,
                        const char *machine);

const char *descriptor_device_name(enum descriptor_device device);
const char *descriptor_mode_name(enum descriptor_mode mode);

#endif
