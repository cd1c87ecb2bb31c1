/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/varstore_output.h"
#include "flash/variables_json.h"
#include "inputs/lock.h"

static const struct option_spec options[] = {
    {"code", .argument = "CODE", .help = "the firmware that the store is for",
     STRING_AT(struct varstore_job, code)},
    {"into", .argument = "STORE", .help = "add the variables to those of this store",
     STRING_AT(struct varstore_job, into)},
    STORE_OUT_OPTION(struct varstore_job, , "FILE", "the new store; must not exist"),
    STORE_FORMAT_OPTION(struct varstore_job, ),
    STORE_IN_PLACE_OPTION(struct varstore_job, ),
    {0},
};

static int make_store(const struct varstore_job *job, struct json_variables *v,
                      struct flash_image *image, struct converted *c, struct failure *f)
{
    if (job->code)
        return flash_open_for_store(job->code, image, f) == 0 ? import_for_code(v, image, c, f)
                                                              : -1;
    return import_into_store(v, image, c, f);
}

/* The store is JSON, and the new one has no layout that it could be too long for. */
static int put_json(const struct varstore_job *job, struct json_variables *v)
{
    struct failure f;
    char *text = import_into_json(job->into, v, &f);

    if (!text)
        return report(&f);
    int status = put_file(job->out, (const uint8_t *)text, strlen(text), job->into);
    free(text);
    if (status == STATUS_YES)
        say_written(job, "%s: %zu variable%s in the JSON of %s", job->out, v->count,
                    PLURAL(v->count), job->into);
    v->lost.digests = 0;
    return finish_output(status);
}

static int make_and_put(const struct varstore_job *job, struct json_variables *v,
                        struct flash_image *image)
{
    struct converted c;
    struct failure f;

    if (job->into &&
        (refuse_file_in_use(job->into, &f) != 0 || flash_open(job->into, image, &f) != 0))
        return report(&f);
    if (image->kind == FLASH_JSON && !image->unread.what[0]) {
        if (job->format)
            return complain("--format: %s is JSON, and so is what is made of it", job->into);
        return put_json(job, v);
    }
    if (make_store(job, v, image, &c, &f) != 0)
        return report(&f);
    return put_converted(job, &c, image, job->into);
}

extern const struct command varstore_import_command;

static int run(void *settings, char **operands, size_t count)
{
    struct varstore_job *job = settings;
    struct flash_image image = {0};
    struct json_variables v = {0};
    struct failure f;
    int status;

    (void)count;
    job->in = operands[0];
    if (!job->code == !job->into)
        return usage_error(&varstore_import_command, "%s",
                           job->code ? "--code and --into exclude each other"
                                     : "--code or --into is missing");
    if (variables_from_json(job->in, &v, &f) != 0)
        status = report(&f);
    else
        status = make_and_put(job, &v, &image);
    if (status == STATUS_YES && (v.lost.digests || v.lost.times))
        complain("warning: %s: not in the store, which has no place for it: the digest of %zu "
                 "variable%s, the time stamp of %zu",
                 job->in, v.lost.digests, PLURAL(v.lost.digests), v.lost.times);
    json_variables_free(&v);
    flash_close(&image);
    return status;
}

const struct command varstore_import_command = {
    .name = "varstore import",
    .summary = "make a store from variables in JSON",
    .synopsis = "JSON --code CODE | --into STORE --out FILE [--format raw|qcow2] [--in-place]",
    .details =
        "JSON is what 'varstore export', virt-fw-vars --output-json and QEMU's uefi-vars device\n"
        "write. With --code the new store has the layout that CODE expects and only these\n"
        "variables. With --into it is a copy of STORE, in which they are added or replace those\n"
        "of the same name and GUID; STORE may be the JSON of QEMU's uefi-vars device, and is not\n"
        "touched.\n"
        "\n"
        "The status is 1, and nothing is written, if not all variables fit.",
    .options = options,
    .settings_size = sizeof(struct varstore_job),
    .defaults = &varstore_defaults,
    ONE_OPERAND("a JSON file"),
    .run = run,
};
