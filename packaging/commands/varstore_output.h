/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that write variable stores share. */
#ifndef COMMANDS_VARSTORE_OUTPUT_H
#define COMMANDS_VARSTORE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct command;

struct converted;
struct flash_image;

/* Options that they have in common; the keys of others are above 511. */
enum {
    KEY_STORE_CODE = 256,
    KEY_STORE_OUT,
    KEY_STORE_INTO,
    KEY_STORE_FORMAT,
    KEY_STORE_JSON,
};
struct varstore_job {
    const char *in; /* the one operand, or NULL */
    const char *code, *out, *into, *format;
    bool json;
    uid_t owner; /* of the new file; -1: the caller */
    gid_t group;
};

/* -1 to go on, or the exit status. `needs` is what there must be. `other`, which may be NULL
 * where there is none, gets the options that are the command's own. */
enum { STORE_OPERAND = 1, STORE_OUT = 2 };
int varstore_options(const struct command *command, int argc, char **argv, int needs,
                     void (*other)(void *arg, int key, const char *value), void *arg,
                     struct varstore_job *job);

/* Writes the new file with the mode and the owner of the file `like`; NULL: for its owner
 * alone. STATUS_YES, or STATUS_NO_ANSWER after a report. */
int put_file(const char *out, const uint8_t *data, size_t size, const char *like);

/* The same for a store, in the format that --format names, or else in that of `was`. */
int put_store(const struct varstore_job *job, const uint8_t *data, size_t size,
              const struct flash_image *was, const char *like);

/* Names what did not fit. Returns STATUS_NO. */
int refuse_converted(const char *path, const struct converted *c);

/* The same for a store with variables of `job`->in, and a line that says so; STATUS_NO, with
 * nothing written, when not all fit. Frees it. */
int put_converted(const struct varstore_job *job, struct converted *c, const struct flash_image *was,
                const char *like);

#define FORMAT_OPTION                                                                    \
    {                                                                                    \
        KEY_STORE_FORMAT, "format", "FORMAT", "of FILE: raw or qcow2; default: as found" \
    }

#endif
