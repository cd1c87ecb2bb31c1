/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include "commands/varstore_output.h"
#include "flash/convert.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {KEY_STORE_CODE, "code", "NEW", "the firmware that the new store is for"},
    {KEY_STORE_OUT, "out", "FILE", "the new store; must not exist"},
    FORMAT_OPTION,
    {0},
};

extern const struct command varstore_convert_command;

static int run(int argc, char **argv)
{
    struct flash_image old = {0}, code = {0};
    struct varstore_job job;
    struct converted c;
    struct failure f;
    int status = varstore_options(&varstore_convert_command, argc, argv, STORE_OPERAND | STORE_OUT,
                                  NULL, NULL, &job);

    if (status >= 0)
        return status;
    if (!job.code)
        return usage_error(&varstore_convert_command, "--code is missing");
    if (refuse_file_in_use(job.in, &f) != 0 || flash_open(job.in, &old, &f) != 0 ||
        flash_open_for_store(job.code, &code, &f) != 0)
        status = report(&f);
    else
        status = convert_store(&old, &code, &c, &f) == 0 ? put_converted(&job, &c, &old, job.in)
                                                         : report(&f);
    flash_close(&old);
    flash_close(&code);
    return status;
}

const struct command varstore_convert_command = {
    .name = "varstore convert",
    .summary = "convert a guest's variables to a store for another firmware",
    .synopsis = "OLD --code NEW --out FILE [--format raw|qcow2]",
    .details =
        "Every live variable of OLD, told apart by name and GUID, goes into a new store of the\n"
        "layout that NEW expects: also one that was being replaced when the power went, and after\n"
        "a fault-tolerant write that was still pending. Attributes, time stamps and counters "
        "stay.\n"
        "OLD is not touched, and FILE never replaces anything. The guest must be off.\n"
        "\n"
        "The status is 1, and nothing is written, if not all variables fit.",
    .options = options,
    .run = run,
};
