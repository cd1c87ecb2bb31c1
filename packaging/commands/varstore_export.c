/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_report.h"
#include "commands/varstore_output.h"
#include "flash/extract.h"
#include "inputs/lock.h"

struct job {
    struct varstore_job store;
    const char *qmp;
};

static const struct option_spec options[] = {
    {"out", .argument = "JSON",
     .help = "write to this file, which must not exist (default: standard output)",
     STRING_AT(struct job, store.out)},
    STORE_SIZE_OPTION(struct job, store.size),
    {"qmp", .argument = "SOCKET",
     .help = "in place of FILE: the running guest behind this QMP socket",
     STRING_AT(struct job, qmp)},
    {0},
};

static const struct job defaults = {.store = VARSTORE_DEFAULTS};

extern const struct command varstore_export_command;

static int export_running(const struct job *job)
{
    struct guest_memory memory;
    struct extracted h;
    struct failure f;
    int status;

    if (qmp_memory_open(job->qmp, &memory, &f) != 0)
        return report(&f);
    if (extract_store(&memory, &h, &f) != 0)
        status = report(&f);
    else if (!h.found) {
        complain("%s: no variables found, neither in flash nor in RAM", job->qmp);
        status = STATUS_NO;
    } else
        status = put_as_json(job->store.out ? job->store.out : "-", &h.volume, false);
    extracted_free(&h);
    guest_memory_close(&memory);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *all = settings;
    struct varstore_job *job = &all->store;
    struct flash_image image = {0};
    struct failure f;
    int status;

    if (!all->qmp == !count)
        return usage_error(&varstore_export_command,
                           count ? "a FILE or --qmp, not both" : "a FILE or --qmp is missing");
    if (all->qmp && job->size)
        return usage_error(&varstore_export_command, "--size needs a FILE");
    if (all->qmp)
        return export_running(all);
    job->in = operands[0];
    if (refuse_file_in_use(job->in, &f) != 0 ||
        flash_open_part(job->in, job->size, &image, &f) != 0)
        status = report(&f);
    else
        status = put_as_json(job->out ? job->out : "-", &image, false);
    flash_close(&image);
    return status;
}

const struct command varstore_export_command = {
    .name = "varstore export",
    .summary = "write the variables of a store as JSON",
    .synopsis = "FILE [--out JSON] [--size SIZE]\n"
                "--qmp SOCKET [--out JSON]",
    .details =
        "The JSON is that of virt-fw-vars and of QEMU's uefi-vars device: name, GUID, attributes,\n"
        "data and time stamp of every variable that the guest would read. It has no place for\n"
        "monotonic counts and key indexes; a note says how many were lost. FILE may also be such\n"
        "JSON, or the file \\NvVars of a guest's FAT volume.\n"
        "\n"
        "With --qmp the variables are read as 'varstore extract' reads them.\n"
        "\n"
        "The status is 1, and nothing is written, if a variable's name is not valid UTF-16.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .operand = "a FILE",
    .most = 1,
    .run = run,
};
