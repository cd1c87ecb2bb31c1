/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "commands/flash_report.h"
#include "commands/varstore_output.h"
#include "flash/repair.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    STORE_OUT_OPTION(struct varstore_job, , "NEW", "the repaired store; must not exist"),
    STORE_FORMAT_OPTION(struct varstore_job, ),
    STORE_IN_PLACE_OPTION(struct varstore_job, ),
    STORE_SIZE_OPTION(struct varstore_job, size),
    {0},
};

static void print_lists(const struct varstore_job *job, const struct repaired *r)
{
    for (size_t i = 0; i < r->found_count; i++)
        say_written(job, "%s: found after a damaged variable: %s", job->out, r->found[i]);
    for (size_t i = 0; i < r->lost_count; i++)
        complain("warning: %s: not saved: %s", job->in, r->lost[i]);
}

static int repair(const struct varstore_job *job, const struct flash_image *old)
{
    struct repaired r;
    struct failure f;

    if (repair_store(old, &r, &f) != 0)
        return report(&f);
    if (!r.data) {
        say_written(job, "%s: there is nothing to repair, and nothing is written", job->in);
        repaired_free(&r);
        return finish_output(STATUS_YES);
    }
    int status = put_store(job, r.data, old->size, old, job->in);
    if (status == STATUS_YES) {
        say_written(job, "%s: repaired:%s%s%s%s; %zu variable%s", job->out,
                   r.headers.write_replayed ? " a pending write" : "",
                   r.headers.volume_header ? " volume header" : "",
                   r.headers.store_header ? " store header" : "", r.records ? " records" : "",
                   r.variable_count, PLURAL(r.variable_count));
        print_lists(job, &r);
    }
    repaired_free(&r);
    return finish_output(status);
}

static int run(void *settings, char **operands, size_t count)
{
    struct varstore_job *job = settings;
    struct flash_image old = {0};
    struct failure f;
    int status;

    (void)count;
    job->in = operands[0];
    if (refuse_file_in_use(job->in, &f) != 0 || flash_open_part(job->in, job->size, &old, &f) != 0)
        status = report(&f);
    else
        status = repair(job, &old);
    flash_close(&old);
    return status;
}

extern const struct command varstore_repair_command;
const struct command varstore_repair_command = {
    .name = "varstore repair",
    .summary = "repair a variable store that firmware would erase or not read",
    .synopsis = "FILE --out NEW [--format raw|qcow2] [--in-place] [--size SIZE]",
    .details =
        "Writes a copy of FILE that firmware accepts. A pending fault-tolerant write is completed,\n"
        "and headers are rewritten. If a record is damaged, the whole store is rewritten with\n"
        "every variable that can be saved, also those that the damaged record hid from the\n"
        "firmware; a line names each of these, and each that cannot be saved. The layout is that\n"
        "of the volume, or follows from the length of the file.\n"
        "\n"
        "If there is nothing to repair, a line says so, nothing is written, and the status is 0.",
    .options = options,
    .settings_size = sizeof(struct varstore_job),
    .defaults = &varstore_defaults,
    ONE_OPERAND("a FILE"),
    .run = run,
};
