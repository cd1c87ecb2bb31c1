/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_report.h"
#include "commands/varstore_output.h"
#include "flash/convert.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {"code", .argument = "NEW", .help = "the firmware that the new store is for",
     STRING_AT(struct varstore_job, code), .required = true},
    STORE_OUT_OPTION(struct varstore_job, , "FILE", "the new store; must not exist"),
    STORE_FORMAT_OPTION(struct varstore_job, ),
    STORE_IN_PLACE_OPTION(struct varstore_job, ),
    STORE_SIZE_OPTION(struct varstore_job, size),
    {0},
};

static int run(void *settings, char **operands, size_t count)
{
    struct varstore_job *job = settings;
    struct flash_image old = {0}, code = {0};
    struct converted c;
    struct failure f;
    int status;

    (void)count;
    job->in = operands[0];
    if (refuse_file_in_use(job->in, &f) != 0 ||
        flash_open_part(job->in, job->size, &old, &f) != 0 ||
        flash_open_for_store(job->code, &code, &f) != 0)
        status = report(&f);
    else if (code.uefi_vars)
        status = put_as_json(job->out, &old, true);
    else
        status = convert_store(&old, &code, &c, &f) == 0 ? put_converted(job, &c, &old, job->in)
                                                         : report(&f);
    flash_close(&old);
    flash_close(&code);
    return status;
}

extern const struct command varstore_convert_command;
const struct command varstore_convert_command = {
    .name = "varstore convert",
    .summary = "convert a guest's variables to a store for another firmware",
    .synopsis = "OLD --code NEW --out FILE [--format raw|qcow2] [--in-place] [--size SIZE]",
    .details =
        "Every live variable of OLD, identified by name and GUID, goes into a new store of the\n"
        "layout that NEW expects, also one that was being replaced when the power failed; a\n"
        "pending fault-tolerant write is completed first. Attributes, time stamps and counters\n"
        "are kept. OLD may also be the JSON of QEMU's uefi-vars device, or the file \\NvVars of a\n"
        "guest. If NEW keeps its variables with that device, FILE is such JSON.\n"
        "OLD is not touched, and FILE never replaces anything. The guest must be off.\n"
        "\n"
        "The status is 1, and nothing is written, if not all variables fit.",
    .options = options,
    .settings_size = sizeof(struct varstore_job),
    .defaults = &varstore_defaults,
    ONE_OPERAND("a FILE"),
    .run = run,
};
