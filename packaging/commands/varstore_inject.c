/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/text.h"
#include "commands/maps.h"
#include "commands/varstore_output.h"
#include "flash/inject.h"
#include "formats/nv_vars.h"
#include "inputs/lock.h"
#include "outputs/json.h"

static const struct option_spec options[] = {
    {"into", .argument = "COMBINED",
     .help = "the combined image: code and variable store in one file",
     STRING_AT(struct varstore_job, into), .required = true},
    STORE_OUT_OPTION(struct varstore_job, , "IMAGE", "the new combined image; must not exist"),
    JSON_OPTION(struct varstore_job, json),
    {0},
};

static void put_object(const struct varstore_job *job, const struct injected *in,
                       const struct flash_image *combined, bool written)
{
    struct json_object *o = json_document("romcompat-varstore-inject", 1);

    json_add_flag(o, "written", written);
    json_add_text(o, "image", job->out);
    json_add_text(o, "layout", in->converted.layout->name);
    json_add_number(o, "variables", in->converted.count);
    json_add_number(o, "bytes", in->converted.bytes);
    json_add_flag(o, "write_replayed", in->converted.replayed);
    json_add(o, "does_not_fit", json_strings(in->converted.left, in->converted.left_count));
    json_add(o, "replaced", json_strings(in->replaced, in->replaced_count));
    json_add_flag(o, "reads_own_store", combined->reads_own_store);
    json_add_flag(o, "reads_nv_vars", combined->nv_vars);
    json_print(o);
}

static void warn(const struct varstore_job *job, const struct injected *in,
                 const struct flash_image *combined)
{
    for (size_t i = 0; i < in->replaced_count; i++)
        complain("warning: %s: no longer in the image, and not in %s: %s", job->out, job->in,
                 in->replaced[i]);
    if (!combined->reads_own_store)
        complain("warning: %s: this firmware does not read the store inside its image: a guest "
                 "without a flash device will not see these variables",
                 job->out);
    if (combined->nv_vars)
        complain("warning: %s: this firmware also reads the file \\" NV_VARS_NAME
                 " of the guest's FAT volume, which takes precedence over these variables: delete "
                 "it there if it "
                 "is older",
                 job->out);
}

static int inject(const struct varstore_job *job, const struct flash_image *store,
                  const struct flash_image *combined)
{
    struct injected in;
    struct failure f;
    int status;

    if (inject_store(store, combined, &in, &f) != 0)
        return report(&f);
    if (!in.image) {
        status = refuse_converted(job->in, &in.converted);
    } else {
        /* The guest's keys are in it now: it is for whom the store was for. */
        status = put_file(job->out, in.image, in.size, job->in);
        if (status == STATUS_YES)
            warn(job, &in, combined);
    }
    if (job->json && status != STATUS_NO_ANSWER)
        put_object(job, &in, combined, status == STATUS_YES);
    else if (status == STATUS_YES)
        say_written(job, "%s: %zu variable%s (%zu bytes) in its store of %s%s%s", job->out,
                    in.converted.count, PLURAL(in.converted.count), in.converted.bytes,
                    in.converted.layout->name,
                    in.converted.replayed ? ", after a write that was pending" : "",
                    in.converted.from_plain ? ", from the plain format" : "");
    injected_free(&in);
    return finish_output(status);
}

extern const struct command varstore_inject_command;

static int run(void *settings, char **operands, size_t count)
{
    struct varstore_job *job = settings;
    struct flash_image store = {0}, combined = {0};
    struct failure f;
    int status;

    (void)count;
    job->in = operands[0];
    if (check_outputs(&varstore_inject_command, job) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (refuse_file_in_use(job->in, &f) != 0 || flash_open(job->in, &store, &f) != 0 ||
        flash_open(job->into, &combined, &f) != 0)
        status = report(&f);
    else
        status = inject(job, &store, &combined);
    flash_close(&store);
    flash_close(&combined);
    return status;
}

const struct command varstore_inject_command = {
    .name = "varstore inject",
    .summary = "put a guest's variables into a combined image, for -bios and Xen",
    .synopsis = "STORE --into COMBINED --out IMAGE [--json]",
    .details =
        "A guest without a flash device starts with the variables that are in its combined\n"
        "image, if the firmware reads them. IMAGE is COMBINED with every live variable of STORE "
        "in\n"
        "place of those that it holds; nothing outside its store changes. It belongs to one\n"
        "guest, gets the mode and the owner of STORE, and never replaces anything.\n"
        "\n"
        "A warning names variables that COMBINED holds and STORE does not. Another one is given\n"
        "for firmware that does not read the store in its image: see 'romcompat flash inspect'.\n"
        "\n"
        "The status is 1, and nothing is written, if not all variables fit.",
    .options = options,
    .settings_size = sizeof(struct varstore_job),
    .defaults = &varstore_defaults,
    ONE_OPERAND("a FILE"),
    .run = run,
};
