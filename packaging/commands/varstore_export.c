/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/flash_report.h"
#include "commands/varstore_output.h"
#include "flash/variables_json.h"
#include "inputs/lock.h"
#include "outputs/json.h"

static const struct option_spec options[] = {
    {"out", .argument = "JSON",
     .help = "write to this file, which must not exist; default: standard output",
     STRING_AT(struct varstore_job, out)},
    STORE_SIZE_OPTION(struct varstore_job, size),
    {0},
};

/* Takes the document over. */
static int write_document(const struct varstore_job *job, struct json_object *document)
{
    char *text = json_document_text(document);
    int status = put_file(job->out ? job->out : "-", (const uint8_t *)text, strlen(text), job->in);

    free(text);
    return status;
}

static int export(const struct varstore_job *job, const struct flash_image *image)
{
    struct live_store live;
    struct variables_lost lost;
    struct failure f;
    int status = STATUS_NO;

    if (live_store_open(image, &live, &f) != 0)
        return report(&f);
    struct json_object *document = variables_to_json(&live, &lost);
    if (document)
        status = write_document(job, document);
    else
        complain("%s: nothing written: the names of %zu variables are no text", job->in,
                 lost.names);
    if (status == STATUS_YES && (lost.counts || lost.keys))
        complain(
            "warning: %s: not in the JSON, which has no place for it: the monotonic count of %zu "
            "variables, the key index of %zu",
            job->in, lost.counts, lost.keys);
    live_store_close(&live);
    return finish_output(status);
}

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
        status = export(job, &image);
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
        "data and time stamp of every variable that the guest would read. It has no place for\n"
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
