/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One option of a QEMU as names and values, in each of the forms that QEMU takes: text
 * (`-device e1000,id=n`), JSON (`-device '{"driver":"e1000"}'`), and a section of a file for
 * -readconfig.
 */
#ifndef INPUTS_QEMU_OPTIONS_H
#define INPUTS_QEMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define QEMU_CONFIG_MAX ((size_t)1 << 20) /* bytes of a file for -readconfig */
#define QEMU_OPTION_VALUES_MAX 4096       /* of one option */
#define QEMU_OPTION_DEPTH_MAX 16          /* JSON objects in each other */

struct qemu_option_value {
    char *name; /* of JSON, with the names around it: "file.filename" */
    char *value;
};

struct qemu_option {
    char *group; /* "device", "drive", "machine" */
    struct qemu_option_value *values;
    size_t count;
};

/* The key that the first flag of `-group` is the value of: "driver" of -device e1000. NULL: none
 * is known. QEMU system/vl.c and its like, implied_opt_name of each QemuOptsList. */
const char *qemu_option_implied(const char *group);

/* The option `-group text`; `implied` is the key of its first flag, or NULL; other
 * flags have the value "on". 0 or -1; free it with qemu_option_free(). */
int qemu_option_of_text(struct qemu_option *option, const char *group, const char *implied,
                        const char *text, struct failure *f);
void qemu_option_free(struct qemu_option *option);
struct qemu_option qemu_option_copy(const struct qemu_option *option);

/* The last value of that name; NULL: none. */
const char *qemu_option_value(const struct qemu_option *option, const char *name);

/* Each section of a file for -readconfig, `name` in messages; one with an id has it as the value
 * "id" (QEMU util/qemu-config.c, qemu_config_foreach()). 0 or -1, after which some may have been
 * handed out. */
int qemu_config_parse(const char *name, const uint8_t *data, size_t size,
                      void (*section)(void *arg, const struct qemu_option *option), void *arg,
                      struct failure *f);

#endif
