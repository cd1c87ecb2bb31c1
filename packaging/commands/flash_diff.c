/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include "commands/digest_report.h"
#include "flash/diff.h"
#include "outputs/json.h"

extern const struct command flash_diff_command;

static const struct option_spec options[] = {
    TREE_WITH_OPTION("read this package beside NEW, as if both were installed (repeatable)"),
    {"quiet", 'q', .help = "print only what breaks or weakens", FLAG_AT(struct tree_job, quiet)},
    GUEST_OPTIONS(struct tree_job, vcpus, cpu),
    JSON_OPTION(struct tree_job, json),
    {0},
};

static void print_lines(const struct firmware_diff *diff, bool quiet)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_line *l = &diff->list[i];

        if (!quiet || l->grade <= DIFF_SECURITY)
            print_line("%s: %s: %s", diff_grade_name(l->grade), l->path, l->text);
    }
    for (size_t i = 0; i < diff->digest_count && !quiet; i++) {
        const struct diff_digest *d = &diff->digests[i];

        print_digest(d->path, d->kind, d->old, d->new);
    }
    print_line("%zu break migration, %zu break a cold boot, %zu weaken protection, %zu change "
               "measurement, %zu harmless",
               diff->counts[DIFF_MIGRATION], diff->counts[DIFF_COLD_BOOT],
               diff->counts[DIFF_SECURITY], diff->counts[DIFF_MEASURED],
               diff->counts[DIFF_HARMLESS]);
}

static struct json_object *digests_array(const struct firmware_diff *diff)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < diff->digest_count; i++) {
        const struct diff_digest *d = &diff->digests[i];

        json_append(list, digest_object(d->path, d->kind, d->old, d->new));
    }
    return list;
}

static void print_json(const char *old, const char *new, const struct firmware_diff *diff)
{
    struct json_object *o = json_document("romcompat-flash-diff", 1), *list = json_list();

    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_line *l = &diff->list[i];

        json_append(list, tree_finding_object(diff_grade_name(l->grade), l->reason, "path", l->path,
                                              l->text));
    }
    json_add_text(o, "old", old);
    json_add_text(o, "new", new);
    json_add_flag(o, "breaks", firmware_diff_breaks(diff));
    json_add(o, "changes", list);
    json_add(o, "launch_digests", digests_array(diff));
    json_print(o);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct tree_job *job = settings;
    const char *old_name = operands[0], *new_name = operands[1];
    struct firmware_tree old, new;
    struct firmware_diff diff;
    struct digest_guest guest;
    struct failure f;

    (void)count;
    int status = take_digest_guest(&flash_diff_command, job->vcpus, job->cpu, &guest);
    if (status != STATUS_YES)
        return status;
    if (firmware_tree_read(old_name, NULL, 0, &guest, &old, &f) != 0)
        return report(&f);
    if (firmware_tree_read(new_name, (char **)job->with.list, job->with.count, &guest, &new, &f) !=
        0) {
        firmware_tree_free(&old);
        return report(&f);
    }
    firmware_diff(&old, &new, &diff);
    if (job->json)
        print_json(old_name, new_name, &diff);
    else
        print_lines(&diff, job->quiet);
    status = firmware_diff_breaks(&diff) ? STATUS_NO : STATUS_YES;
    firmware_diff_free(&diff);
    firmware_tree_free(&old);
    firmware_tree_free(&new);
    return finish_output(status);
}

const struct command flash_diff_command = {
    .name = "flash diff",
    .summary = "say what a new release of firmware does to guests",
    .synopsis = "[--with PACKAGE]... [-q] [--vcpus N --cpu MODEL] [--json] OLD NEW",
    .details =
        "OLD and NEW are directories that are treated as root directories, packages, or\n"
        "directories of packages. Every path that was an image or a link to one, and every\n"
        "descriptor, is compared; each difference has one of these grades: breaks migration,\n"
        "breaks cold boot, weakens protection, changes measurement, harmless.\n"
        "For x86_64 code the launch digests before and after are printed: sev, snp-image (of\n"
        "the pages, from which SNP's digest is made) and tdx (MRTD); with --vcpus and --cpu\n"
        "also sev-es and snp, for a guest with those.\n"
        "\n"
        "The status is 1 if something breaks or weakens.",
    .options = options,
    .settings_size = sizeof(struct tree_job),
    .operand = "OLD or NEW",
    .least = 2,
    .most = 2,
    .run = run,
};
