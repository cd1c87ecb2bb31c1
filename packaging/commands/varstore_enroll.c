/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/varstore_enroll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/command.h"
#include "commands/enroll_journal.h"
#include "outputs/json.h"

struct job {
    struct strings from;
    const char *into, *owner, *journal, *keep;
    uint64_t size;
    bool in_place, merge, check, dry_run, undo, force, json;
};

static const struct option_spec options[] = {
    {"from", .argument = "SOURCE",
     .help = "a store or template, signature lists (.esl, .auth), or a certificate (DER, PEM)",
     LIST_AT(struct job, from)},
    {"into", .argument = "LIST",
     .help = "the list to add them to: KEK, db or dbx; or PK, which is replaced",
     STRING_AT(struct job, into)},
    {"merge", .help = "add all that KEK, db and dbx of SOURCE have and the store does not",
     FLAG_AT(struct job, merge)},
    {"owner", .argument = "GUID", .help = "the owner of a certificate from a DER or PEM file",
     STRING_AT(struct job, owner)},
    {"check", .help = "change nothing; status 1 if a store lacks something",
     FLAG_AT(struct job, check)},
    {"dry-run", .help = "change nothing; print what would be changed",
     FLAG_AT(struct job, dry_run)},
    {"undo", .help = "restore the store that was kept by the last run", FLAG_AT(struct job, undo)},
    {"force", .help = "with --undo: even if the guest has written to the store since",
     FLAG_AT(struct job, force)},
    {"in-place", .help = "write to the beginning of a STORE that is a block device",
     FLAG_AT(struct job, in_place)},
    {"keep", .argument = "DIR", .help = "keep old stores in DIR instead of beside the new ones",
     STRING_AT(struct job, keep)},
    {"size", .argument = "SIZE",
     .help = "only the first SIZE bytes of a STORE that is a block device are flash\n"
             "(QEMU's size=)",
     SIZE_AT(struct job, size)},
    {"journal", .argument = "FILE",
     .help = "record each store that is done, and skip those recorded",
     STRING_AT(struct job, journal)},
    JSON_OPTION(struct job, json),
    {0},
};

extern const struct command varstore_enroll_command;

/* --- the sources ----------------------------------------------------------------------------- */

static int read_sources(const struct job *job, struct enroll_run *run, struct failure *f)
{
    uint8_t owner[GUID_SIZE];
    enum key_list into = job->merge ? KEY_LISTS : key_list_named(job->into);

    if (job->owner && !guid_parse(job->owner, owner))
        return fail(f, "--owner: '%.40s' is not a GUID", job->owner);
    run->sources = xcalloc(job->from.count, sizeof *run->sources);
    for (; run->source_count < job->from.count; run->source_count++) {
        if (key_source_read(job->from.list[run->source_count], into, job->owner ? owner : NULL,
                            &run->sources[run->source_count], f) != 0)
            return -1;
    }
    return 0;
}

static void free_sources(struct enroll_run *run)
{
    for (size_t i = 0; i < run->source_count; i++)
        key_source_free(&run->sources[i]);
    free(run->sources);
}

/* --- the command ------------------------------------------------------------------------------ */

static int enroll_all(const struct job *job, struct enroll_run *run, struct journal *journal,
                      char **stores, size_t count)
{
    int status = STATUS_YES;
    struct failure f;

    run->report = json_list();
    for (size_t i = 0; i < count; i++) {
        int one;

        count_bar_draw(&run->bar, i, stores[i]);
        if (!can_be_noted(journal, stores[i])) {
            count_bar_clear(&run->bar);
            one = complain("%s: a path with a line break cannot be recorded", stores[i]);
        } else if (is_noted(journal, stores[i])) {
            one = say_noted(run, stores[i]);
        } else {
            one = job->undo ? undo_one(run, stores[i]) : enroll_one(run, stores[i]);
            if (one == STATUS_YES && run->writes && note_done(journal, stores[i], &f) != 0) {
                count_bar_clear(&run->bar);
                one = report(&f);
            }
        }
        status = one > status ? one : status;
    }
    count_bar_clear(&run->bar);
    if (job->json) {
        struct json_object *o = json_document("romcompat-varstore-enroll", 1);

        json_add(o, "stores", run->report);
        json_print(o);
    } else {
        json_object_put(run->report);
    }
    return finish_output(status);
}

static int check_usage(const struct job *job)
{
    const struct command *c = &varstore_enroll_command;

    if (job->undo && (job->from.count || job->into || job->merge || job->check))
        return usage_error(c, "--undo excludes --from, --into, --merge and --check");
    if (job->force && !job->undo)
        return usage_error(c, "--force needs --undo");
    if ((job->journal && strcmp(job->journal, "-") == 0) ||
        (job->keep && strcmp(job->keep, "-") == 0))
        return usage_error(c, "a journal and old stores cannot go to standard output: name a %s",
                           job->journal && strcmp(job->journal, "-") == 0 ? "file" : "directory");
    if (job->undo)
        return STATUS_YES;
    if (!job->from.count)
        return usage_error(c, "--from is missing");
    if (!job->into == !job->merge)
        return usage_error(c, job->into ? "--into and --merge exclude each other"
                                        : "--into or --merge is missing");
    if (job->into && key_list_named(job->into) > LIST_DBX)
        return usage_error(c, "--into: '%.20s' is not a list (expected PK, KEK, db or dbx)",
                           job->into);
    if (job->check && job->dry_run)
        return usage_error(c, "--check and --dry-run exclude each other");
    return STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct enroll_run run = {.writes = !job->check && !job->dry_run,
                             .check = job->check,
                             .json = job->json,
                             .force = job->force,
                             .in_place = job->in_place,
                             .keep = job->keep,
                             .size = job->size,
                             .now = time(NULL)};
    struct journal journal = {.fd = -1};
    struct failure f;
    int status = check_usage(job);

    if (status != STATUS_YES)
        return status;
    if ((!job->undo && read_sources(job, &run, &f) != 0) ||
        open_journal(run.writes ? job->journal : NULL, &run, job->undo, &journal, &f) != 0) {
        status = report(&f);
    } else {
        /* Lines say as much as a bar, where they stand on the same terminal. */
        count_bar_init(&run.bar, job->json || !isatty(STDOUT_FILENO) ? count : 0);
        status = enroll_all(job, &run, &journal, operands, count);
    }
    close_journal(&journal);
    free_sources(&run);
    return status;
}

const struct command varstore_enroll_command = {
    .name = "varstore enroll",
    .summary = "add Secure Boot certificates and hashes to stores",
    .synopsis = "--from SOURCE... --merge [--check | --dry-run] [--journal FILE] [--keep DIR]\n"
                "    [--in-place] [--size SIZE] [--json] STORE...\n"
                "--from SOURCE... --into LIST [--owner GUID] [--check | --dry-run]\n"
                "    [--journal FILE] [--keep DIR] [--in-place] [--size SIZE] [--json] STORE...\n"
                "--undo [--force] [--dry-run] [--journal FILE] [--keep DIR]\n"
                "    [--in-place] [--size SIZE] [--json] STORE...",
    .details =
        "Entries of SOURCE that KEK, db and dbx of a STORE lack are appended: existing keys,\n"
        "their order, owners and time stamps stay, a dbx never shrinks, and PK is changed only by\n"
        "--into PK. STORE is raw, qcow2, or the JSON of QEMU's uefi-vars device. It is replaced\n"
        "as a whole, and the old one is kept beside it, or in DIR, under a dated name. A block\n"
        "device is written to only with --in-place and --keep. A STORE that a running QEMU\n"
        "writes to is refused. Space of deleted variables is reclaimed.\n"
        "\n"
        "The status is 1 if something does not fit; with --check, if a store lacks something.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a STORE",
    .least = 1,
    .run = run,
};
