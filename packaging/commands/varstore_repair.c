/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "commands/varstore_output.h"
#include "flash/carry.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {KEY_STORE_OUT, "out", "NEW", "the repaired store; must not exist"},
    FORMAT_OPTION,
    {0},
};

extern const struct command varstore_repair_command;

static int repair(const struct varstore_job *job, const struct flash_image *old)
{
    struct varstore_mended mended;
    struct failure f;
    uint8_t *data;

    if (repair_store(old, &data, &mended, &f) != 0)
        return report(&f);
    int status = STATUS_NO;
    if (!mended.write_replayed && !mended.volume_header && !mended.store_header)
        complain("%s: nothing written: there is nothing to mend", job->in);
    else
        status = put_store(job, data, old->size, old, job->in);
    if (status == STATUS_YES)
        print_line("%s: mended:%s%s%s", job->out, mended.write_replayed ? " a pending write" : "",
                   mended.volume_header ? " volume header" : "",
                   mended.store_header ? " store header" : "");
    free(data);
    return finish_output(status);
}

static int run(int argc, char **argv)
{
    struct flash_image old = {0};
    struct varstore_job job;
    struct failure f;
    int status = varstore_options(&varstore_repair_command, argc, argv, STORE_OPERAND | STORE_OUT,
                                  NULL, NULL, &job);

    if (status >= 0)
        return status;
    if (refuse_file_in_use(job.in, &f) != 0 || flash_open(job.in, &old, &f) != 0)
        status = report(&f);
    else
        status = repair(&job, &old);
    flash_close(&old);
    return status;
}

const struct command varstore_repair_command = {
    .name = "varstore repair",
    .summary = "mend the headers of a variable store that firmware would erase",
    .synopsis = "FILE --out NEW [--format raw|qcow2]",
    .details =
        "Writes a copy of FILE whose headers are right again; the variables are not touched. A\n"
        "write that was pending is carried out. The layout is told by the length of the file.\n"
        "\n"
        "The status is 1, and nothing is written, if there is nothing to mend.",
    .options = options,
    .run = run,
};
