/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdio.h>

#include "commands/varstore_output.h"
#include "flash/carry.h"
#include "flash/check.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {KEY_STORE_CODE, "code", "CODE", "the firmware that the store is for"},
    {KEY_STORE_TEMPLATE, "template", "VARS", "copy this store, once it is found to go with CODE"},
    {KEY_STORE_OUT, "out", "FILE", "the new store; must not exist"},
    FORMAT_OPTION,
    {0},
};

extern const struct command varstore_create_command;

static int copy_template(const struct varstore_job *job, const struct flash_image *code)
{
    struct flash_image template = {0};
    struct flash_check check;
    struct failure f;
    int status;

    if (refuse_file_in_use(job->template, &f) != 0 || flash_open(job->template, &template, &f) != 0)
        return report(&f);
    flash_check(code, &template, NULL, &check);
    if (check.cold_boot.answer == FLASH_YES) {
        status = put_store(job, template.data, template.size, &template, NULL);
    } else {
        complain("%s: not copied: with %s %s", job->template, job->code, check.cold_boot.text);
        status = check.cold_boot.answer == FLASH_NO ? STATUS_NO : STATUS_NO_ANSWER;
    }
    flash_close(&template);
    return status;
}

static int create(const struct varstore_job *job, const struct flash_image *code)
{
    struct carried c;
    struct failure f;
    int status;

    if (code->kind != FLASH_CODE || !code->expects.source || !job->template) {
        if (create_store(code, &c, &f) != 0)
            return report(&f);
        status = put_store(job, c.data, c.size, code, NULL);
        carried_free(&c);
        return status;
    }
    return copy_template(job, code);
}

static int run(int argc, char **argv)
{
    struct flash_image code = {0};
    struct varstore_job job;
    struct failure f;
    int status = varstore_options(&varstore_create_command, argc, argv, STORE_OUT, &job);

    if (status >= 0)
        return status;
    if (!job.code)
        return usage_error(&varstore_create_command, "--code is missing");
    if (flash_open(job.code, &code, &f) != 0)
        status = report(&f);
    else
        status = create(&job, &code);
    flash_close(&code);
    return finish_output(status);
}

const struct command varstore_create_command = {
    .name = "varstore create",
    .summary = "make a variable store for a firmware",
    .synopsis = "--code CODE [--template VARS] --out FILE [--format raw|qcow2]",
    .details =
        "An empty store of the layout that CODE expects, or a copy of VARS when that goes with\n"
        "CODE. FILE never replaces anything: of processes that make it at once, one succeeds. Its\n"
        "mode is 600.\n"
        "\n"
        "The status is 1, and nothing is written, if VARS does not go with CODE.",
    .options = options,
    .run = run,
};
