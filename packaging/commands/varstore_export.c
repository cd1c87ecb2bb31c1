/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_report.h"
#include "commands/varstore_output.h"
#include "flash/image.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {"out", .argument = "JSON",
     .help = "write to this file, which must not exist; default: standard output",
     STRING_AT(struct varstore_job, out)},
    STORE_SIZE_OPTION(struct varstore_job, size),
    {0},
};

static int run(void *settings, char **operands, size_t count)
{
    struct varstore_job *job = settings;
    struct flash_image image = {0};
    struct failure f;
    int status;

    (void)count;
    job->in = operands[0];
    if (refuse_file_in_use(job->in, &f) != 0 ||
        flash_open_part(job->in, job->size, &image, &f) != 0)
        status = report(&f);
    else
        status = put_as_json(job->out ? job->out : "-", &image);
    flash_close(&image);
    return status;
}

extern const struct command varstore_export_command;
const struct command varstore_export_command = {
    .name = "varstore export",
    .summary = "write the variables of a store as JSON",
    .synopsis = "FILE [--out JSON] [--size SIZE]",
    .details =
        "The JSON is that of virt-fw-vars and of QEMU's uefi-vars device: name, GUID, attributes,\n"
        "data and time stamp of every variable that the guest would read. FILE may also be such "
        "JSON,\n"
        "or the file \\NvVars of a guest's FAT volume. It has no place for\n"
        "monotonic counts and key indexes; one line says how many were lost.\n"
        "\n"
        "The status is 1, and nothing is written, if a variable's name is no text.",
    .options = options,
    .settings_size = sizeof(struct varstore_job),
    .defaults = &varstore_defaults,
    .operand = "a FILE",
    .least = 1,
    .most = 1,
    .run = run,
};
