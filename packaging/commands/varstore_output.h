/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that write variable stores share. */
#ifndef COMMANDS_VARSTORE_OUTPUT_H
#define COMMANDS_VARSTORE_OUTPUT_H

#include <sys/types.h>

#include "commands/command.h"

struct converted;
struct flash_image;

struct varstore_job {
    const char *in; /* the one operand, or NULL */
    const char *code, *out, *into, *format;
    uint64_t size; /* of `in` that are flash; 0: all */
    bool json, in_place;
    uid_t owner; /* of the new file; -1: the caller */
    gid_t group;
};
#define VARSTORE_DEFAULTS                      \
    {                                          \
        .owner = (uid_t)-1, .group = (gid_t)-1 \
    }
extern const struct varstore_job varstore_defaults;

/* Options that they have in common, for the struct varstore_job `member` of the settings, which
 * ends with a dot, or is nothing where it is the settings. */
extern const char *const varstore_formats[];
#define STORE_OUT_OPTION(settings, member, name, text)                                           \
    {                                                                                            \
        "out", .argument = name, .help = text, STRING_AT(settings, member out), .required = true \
    }
#define STORE_IN_PLACE_OPTION(settings, member)                                            \
    {                                                                                      \
        "in-place", .help = "write to the beginning of the block device that --out names", \
                    FLAG_AT(settings, member in_place)                                     \
    }
#define STORE_FORMAT_OPTION(settings, member)                                                   \
    {                                                                                           \
        "format",                                                                               \
            .argument = "FORMAT",                                                               \
            .help =                                                                             \
                "of the new store: raw or qcow2 (default: as the old store, else as the code)", \
            CHOICE_AT(settings, member format), .words = varstore_formats                       \
    }

/* What was done, on standard output; on standard error where that has the file. */
void say_written(const struct varstore_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --json with --out - is wrong usage: STATUS_YES, or STATUS_NO_ANSWER after a report. */
int check_outputs(const struct command *command, const struct varstore_job *job);

/* Writes the new file with the mode and the owner of the file `like`; NULL: for its owner
 * alone; `-` is standard output. STATUS_YES, or STATUS_NO_ANSWER after a report. */
int put_file(const char *out, const uint8_t *data, size_t size, const char *like);

/* The same for a store, in the format that --format names, or else in that of `was`. */
int put_store(const struct varstore_job *job, const uint8_t *data, size_t size,
              const struct flash_image *was, const char *like);

/* Writes the variables of `image` as the JSON of QEMU's uefi-vars device: STATUS_YES; or after a
 * report STATUS_NO where a name is not text, or STATUS_NO_ANSWER. What the device does not take is no
 * JSON `for_device`: STATUS_NO; else there is a warning. */
int put_as_json(const char *out, const struct flash_image *image, bool for_device);

/* Names what did not fit. Returns STATUS_NO. */
int refuse_converted(const char *path, const struct converted *c);

/* The same for a store with variables of `job`->in, and a line that says so; STATUS_NO, with
 * nothing written, when not all fit. Frees it. */
int put_converted(const struct varstore_job *job, struct converted *c,
                  const struct flash_image *was, const char *like);

#endif
