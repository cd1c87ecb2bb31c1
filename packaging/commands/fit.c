/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/histories.h"
#include "inputs/rom_files.h"
#include "inputs/sha256.h"
#include "outputs/file.h"
#include "outputs/json.h"
#include "romset/fit.h"
#include "romset/output.h"

extern const struct command fit_command;

struct job {
    uint64_t bucket;
    struct strings drop, data;
    bool report;
    const char *output;
};

static const struct option_spec options[] = {
    {"bucket", 'b', "SIZE", "what it must fit: pad to SIZE bytes, a power of two from 2K on",
     SIZE_AT(struct job, bucket)},
    {"drop", .argument = "IMAGE",
     .help = "leave out the images of this kind (repeatable): legacy, or the\n"
             "machine type of an EFI image: x86_64, i386, aarch64, ...",
     LIST_AT(struct job, drop)},
    {"report", .help = "write nothing: say what each ROM could save", FLAG_AT(struct job, report)},
    HISTORIES_OPTION(struct job, data),
    {"output", 'o', "OUT",
     "write to OUT, which may be IN; a directory where IN is one or an\n"
     "archive; - is standard output",
     STRING_AT(struct job, output)},
    {0},
};

struct run {
    const struct job *job;
    const char *in;
    struct fit_options options;
    bool silent;          /* standard output has the ROM */
    struct columns table; /* begun with the first of its rows */
    size_t rows;
    struct histories histories;
    struct output output;
    bool has_output;          /* a directory was begun */
    struct json_object *roms; /* of its manifest */
    size_t dropped;
    int status;
};

/* --- what is said of each ROM ------------------------------------------------------- */

/* The fastest pace of the ROMs of this name in bytes a release: above 0 where they grow. False
 * where the histories know none. */
static bool find_pace(const struct histories *all, const char *name, int64_t *fastest)
{
    bool found = false;

    for (size_t i = 0; i < all->count; i++) {
        struct history_line *lines;
        size_t count = history_lines(&all->list[i], NULL, &lines);

        for (size_t k = 0; k < count; k++) {
            if (strcmp(lines[k].name, name) != 0 || !lines[k].pace_releases)
                continue;
            int64_t pace = history_pace(&lines[k]);
            *fastest = !found || pace > *fastest ? pace : *fastest;
            found = true;
        }
        history_lines_free(lines, count);
    }
    return found;
}

/* The words are those of history. */
static void add_pace(struct run *run, const char *name, uint64_t saved)
{
    int64_t pace;

    if (!find_pace(&run->histories, name, &pace)) {
        columns_add(&run->table, "-");
        columns_add(&run->table, "not known");
        return;
    }
    columns_add(&run->table, "%+" PRId64, pace);
    if (pace > 0)
        columns_add(&run->table, "%.1f", (double)saved / (double)pace);
    else
        columns_add(&run->table, "holds");
}

static void begin_table(struct run *run)
{
    columns_init(&run->table, run->job->report ? "lrrrrrrr" : "lrrrrr", "ROM", "chain end",
                 "fitted", "saves", "bucket", run->job->report ? "would be" : "now",
                 run->job->report ? "a release" : NULL, "releases", NULL);
}

static void add_line(struct run *run, const char *name, const struct fitted *fitted)
{
    char bucket[SIZE_TEXT_MAX];
    uint64_t saved = fitted->chain_before - fitted->chain_after;

    if (!run->rows++)
        begin_table(run);
    columns_add(&run->table, "%s", name);
    columns_add(&run->table, "%zu", fitted->chain_before);
    columns_add(&run->table, "%zu", fitted->chain_after);
    columns_add(&run->table, "%" PRId64, (int64_t)saved);
    columns_add(&run->table, "%s", size_format(fitted->bucket_before, bucket));
    columns_add(&run->table, "%s", size_format(fitted->bucket_after, bucket));
    if (run->job->report)
        add_pace(run, name, saved);
}

static void add_notes(const struct run *run, const char *name, const struct fitted *fitted)
{
    char before[SIZE_TEXT_MAX], after[SIZE_TEXT_MAX];

    if (fitted->kept && strstr(fitted->kept, "smaller") == NULL)
        complain("note: %s: an EFI image stays as it is: %s", name, fitted->kept);
    if (fitted->marked_last)
        complain("note: %s: no image was marked as the last one, as in a file that was cut off; "
                 "now one is",
                 name);
    if (fitted->added_ids)
        complain("note: %s: 512 bytes with the ids precede the EFI image, for QEMU to "
                 "write them to",
                 name);
    if (fitted->bucket_after != fitted->bucket_before && !run->job->report)
        complain("note: %s: the bucket was %s and is %s: guests that have the other one do not "
                 "arrive",
                 name, size_format(fitted->bucket_before, before),
                 size_format(fitted->bucket_after, after));
}

/* --- where it goes ------------------------------------------------------------------- */

static struct json_object *rom_entry(const struct rom_file *file, const char *name,
                                     const struct built_file *built, const struct fitted *fitted)
{
    struct json_object *o = json_new(), *input = json_new(), *output = json_new();
    char sum[SHA256_TEXT_SIZE];

    sha256_text(file->bytes, file->size, sum);
    json_add_text(o, "name", name);
    json_add_number(o, "chain_end", fitted->chain_after);
    json_add_number(input, "size", file->size);
    json_add_text(input, "sha256", sum);
    json_add(o, "input", input);
    json_add_text(output, "path", built->path);
    json_add_number(output, "size", built->size);
    json_add_text(output, "sha256", built->sha256);
    json_add_number(output, "bucket", fitted->bucket_after);
    json_add(o, "output", output);
    return o;
}

#define MANY_TO_STDOUT "%s: more than one ROM cannot be written to standard output"

static int write_into(struct run *run, const struct rom_file *file, const char *name,
                      const struct fitted *fitted, struct failure *f)
{
    struct built_file built = {0};

    if (!run->has_output && is_stdout(run->job->output))
        return fail(f, MANY_TO_STDOUT, run->in);
    if (!run->has_output && output_begin(&run->output, run->job->output, f) < 0)
        return -1;
    if (!run->has_output)
        run->roms = json_list();
    run->has_output = true;
    run->output.f = f;
    if (output_add(&run->output, name, fitted->bytes, fitted->size, &built) < 0)
        return -1;
    json_append(run->roms, rom_entry(file, name, &built, fitted));
    free(built.path);
    return 0;
}

static int write_result(struct run *run, const struct rom_file *file, const char *name,
                        const struct fitted *fitted, struct failure *f)
{
    const char *to = run->job->output;

    /* Not asked of the disk once more, which may answer otherwise. */
    if (file->entry || strcmp(file->path, run->in) != 0)
        return write_into(run, file, name, fitted, f);
    return is_stdout(to) ? write_output(to, fitted->bytes, fitted->size, 0644, f)
                         : write_public_file(to, fitted->bytes, fitted->size, f);
}

/* The directory appears, or nothing does. */
static int end_output(struct run *run, struct failure *f)
{
    int64_t date;

    if (!run->has_output)
        return 0;
    run->output.f = f;
    struct json_object *root = json_document(MANIFEST_FORMAT, 1);
    json_add(root, "fitted", run->roms);
    char *text = json_document_text(root);
    int result = -1;
    if (run->status == STATUS_YES && output_date(NULL, 0, &date, f) == 0)
        result = output_finish(&run->output, text, date);
    else
        output_abandon(&run->output);
    free(text);
    return run->status == STATUS_YES ? result : 0;
}

/* --- the walk ------------------------------------------------------------------------- */

static void note_status(struct run *run, int status)
{
    run->status = status > run->status ? status : run->status;
}

static int take_rom(void *arg, const struct rom_file *file)
{
    struct run *run = arg;
    struct fitted fitted;
    struct failure f = {0};
    const char *name = base_name(file->entry ? file->entry : file->path);

    int result = fit_rom(file->name, file->bytes, file->size, &run->options, &fitted, &f);
    if (result == 0 && !run->job->report && run->status == STATUS_YES)
        result = write_result(run, file, name, &fitted, &f);
    if (result != 0) {
        report(&f);
        note_status(run, result == FIT_REFUSED ? STATUS_NO : STATUS_NO_ANSWER);
    } else {
        run->dropped += fitted.dropped;
        if (!run->silent)
            add_line(run, name, &fitted);
        add_notes(run, name, &fitted);
    }
    free(fitted.bytes);
    return 0;
}

static void take_problem(void *arg, const struct failure *f)
{
    note_status(arg, report(f));
}

static void take_note(void *arg, const char *text)
{
    (void)arg;
    complain("note: %s", text);
}

static int check_usage(const struct job *job)
{
    if (job->bucket && check_bucket(&fit_command, job->bucket) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (job->report ? job->output != NULL : job->output == NULL)
        return usage_error(&fit_command, "expected either --output or --report");
    for (size_t i = 0; i < job->drop.count; i++)
        if (!fit_can_drop(job->drop.list[i]))
            return usage_error(
                &fit_command,
                "--drop: '%s' is not a kind of image (expected legacy, x86_64, i386, "
                "aarch64, arm, riscv64, loongarch64, ia64 or efi-bytecode)",
                job->drop.list[i]);
    return STATUS_YES;
}

static int walk(struct run *run, char **operands)
{
    const struct rom_files_visitor visitor = {
        .rom = take_rom, .problem = take_problem, .note = take_note, .arg = run};
    struct failure f = {0};

    rom_files_walk(operands, 1, &visitor);
    if (run->job->drop.count && !run->dropped && run->status == STATUS_YES) {
        complain("%s: there is no image to drop", run->in);
        note_status(run, STATUS_NO);
    }
    if (end_output(run, &f) < 0)
        note_status(run, report(&f));
    if (run->rows)
        columns_print(&run->table, 0);
    return finish_output(run->status);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct run run = {.job = job, .in = operands[0]};
    struct failure f = {0};

    (void)count;
    if (check_usage(job) != STATUS_YES)
        return STATUS_NO_ANSWER;
    run.options = (struct fit_options){job->bucket, job->drop.list, job->drop.count};
    if (job->report && histories_load(&job->data, &run.histories, &f) < 0)
        run.status = report(&f);
    run.silent = job->output && is_stdout(job->output);
    if (run.silent && is_directory(run.in)) {
        fail(&f, MANY_TO_STDOUT, run.in);
        run.status = report(&f);
    }
    int status = run.status == STATUS_YES ? walk(&run, operands) : run.status;
    histories_free(&run.histories);
    return status;
}

const struct command fit_command = {
    .name = "fit",
    .summary = "make ROMs smaller: compress the EFI images in them",
    .synopsis = "[--bucket SIZE] [--drop IMAGE]... IN -o OUT\n"
                "--report [--bucket SIZE] [--drop IMAGE]... [--data PATH]... IN",
    .details =
        "Compresses the EFI images of option ROMs as UEFI firmware expects it, so that the same\n"
        "programs run and the ROM needs a smaller bucket. Payloads that are already compressed,\n"
        "but less well, are compressed again. Every payload is decompressed and compared before\n"
        "anything is written; legacy images and their checksums stay as they are.\n"
        "\n"
        "IN is a ROM, a directory or an archive, as for inspect. With --bucket the ROM is padded\n"
        "to SIZE; one that is longer is refused, and the excess is named. Without --bucket,\n"
        "padding is left out.\n"
        "\n"
        "If --drop would make an EFI image the first one, a legacy image of 512 bytes with the\n"
        "ids is put before it.\n"
        "\n"
        "OUT appears whole or not at all.",
    .options = options,
    .settings_size = sizeof(struct job),
    ONE_OPERAND("a ROM, a directory or an archive"),
    .run = run,
};
