/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat check`: do the ROMs of a release stay in their buckets? */
#include "commands/check.h"
#include "release/first_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/digest_report.h"
#include "commands/finding_report.h"
#include "outputs/file.h"
#include "romset/names.h"

extern const struct command check_command;

struct arguments {
    const char *budget, *against, *json_file, *junit;
    const char *cpu;
    unsigned vcpus;
    bool strict, quiet, json, write_budget;
    struct romset_request romset;
    char **paths;
    size_t path_count;
};

static const struct option_spec options[] = {
    {"budget", 'b', "FILE", "the rules, see romcompat-budget(5)",
     STRING_AT(struct arguments, budget)},
    {"against", .argument = "OLD",
     .help = "compare with the previous release, given in any form that\n"
             "PATH may have",
     STRING_AT(struct arguments, against)},
    GUEST_OPTIONS(struct arguments, vcpus, cpu),
    {"strict", .help = "warnings are failures", FLAG_AT(struct arguments, strict)},
    {"quiet", 'q', .help = "print failures and warnings only", FLAG_AT(struct arguments, quiet)},
    JSON_OPTION(struct arguments, json),
    {"json-file", .argument = "FILE", .help = "write that document to FILE",
     STRING_AT(struct arguments, json_file)},
    {"junit", .argument = "FILE", .help = "write the report as JUnit XML ('-': standard output)",
     STRING_AT(struct arguments, junit)},
    {"write-budget", .help = "write a first budget from what is in PATH",
     FLAG_AT(struct arguments, write_budget)},
    {"write-romset", .argument = "NAME",
     .help = "write a romset of the ROMs that have another\n"
             "bucket in PATH than in the older package",
     STRING_AT(struct arguments, romset.name)},
    {"package-from", .argument = "OLD", .help = "with --write-romset: the older package",
     STRING_AT(struct arguments, romset.package_from)},
    {"bucket", .argument = "SIZE",
     .help = "with --write-romset: only the ROMs that had this bucket",
     SIZE_AT(struct arguments, romset.bucket)},
    {"until", .argument = "VERSION",
     .help = "with --write-romset: the last machine type whose guests\n"
             "have the old bucket (default: all)",
     STRING_AT(struct arguments, romset.until)},
    {"local",
     .help = "with --write-romset: the source is the file OLD, not the\n"
             "pool of a Debian mirror",
     FLAG_AT(struct arguments, romset.local)},
    {0},
};

/* --- reading ------------------------------------------------------------------------- */

static void take_problem(void *arg, const struct failure *f)
{
    struct check *check = arg;

    report(f);
    APPEND(check->problems, check->problem_count, check->problem_capacity, xstrdup(f->what));
}

static void take_empty(void *arg, const char *operand)
{
    const struct check *check = arg;

    fflush(stdout);
    complain(check->with_flash && check->without_roms ? "%s: no flash image in it"
             : check->with_flash
                 ? "%s: no option ROM in it (no file that begins with 55 AA), and no flash image"
                 : "%s: no option ROM in it (no file that begins with 55 AA)",
             operand);
}

static int load_budget(const char *path, struct budget *budget)
{
    struct findings problems = {0};
    struct failure f;
    int result = budget_read(path, budget, &problems, &f);

    if (!report_errors(result, &f, &problems))
        return 0;
    if (result == 0)
        budget_free(budget);
    return -1;
}

/* --- printing ------------------------------------------------------------------------- */

static int write_report(const char *path, char *text)
{
    struct failure f;
    int result = write_output(path, text, strlen(text), 0666, &f);

    if (result < 0)
        report(&f);
    free(text);
    return result;
}

static int print_all(const struct check *check, const struct arguments *a)
{
    int result = 0;

    if (!a->json && !is_stdout(a->json_file) && !is_stdout(a->junit))
        check_print(check, a->quiet);
    if (a->json)
        result |= write_report("-", check_json(check));
    if (a->json_file)
        result |= write_report(a->json_file, check_json(check));
    if (a->junit)
        result |= write_report(a->junit, check_junit(check));
    return result;
}

/* --- the check ---------------------------------------------------------------------- */

static int judge(const struct arguments *a, const struct measured *now, const struct measured *old,
                 const struct budget *budget, struct verdicts *v, struct check *check)
{
    verdicts_init(v, now);
    v->old_path = a->against;
    if (budget)
        judge_by_budget(v, budget);
    if (a->against)
        judge_by_release(v, old);
    verdicts_sort(v);
    check->verdicts = v;
    check->budget = budget;
    check->against = a->against;
    check->strict = a->strict;
    check->roms = now->count;
    check->images = now->flash_count;

    int status = check_failed(check) ? STATUS_NO : STATUS_YES;
    /* Of nothing at all there is nothing to say, unless something must be there. */
    if (!v->count && !check->problem_count)
        status = complain("there is nothing to check");
    if (print_all(check, a) < 0 || check->problem_count)
        status = STATUS_NO_ANSWER;
    return status;
}

/* The bucket that the budget or the older release gives a ROM: where fit would help it, that is
 * said. */
static uint64_t edge_of(void *arg, const char *path)
{
    const struct check *check = arg;
    const struct budget_rule *rule = check->budget ? budget_rule_for(check->budget, path) : NULL;

    if (rule && (rule->bucket || rule->max_bucket))
        return rule->bucket ? rule->bucket : rule->max_bucket;
    for (size_t i = 0; check->old && i < check->old->count; i++)
        if (strcmp(check->old->roms[i].name, base_name(path)) == 0)
            return check->old->roms[i].bucket;
    return 0;
}

static int check_paths(const struct arguments *a)
{
    struct measured now = {0}, old = {0};
    struct verdicts verdicts;
    struct check check = {0};
    struct budget budget;
    struct measure_options how = {.with_sums = a->against != NULL,
                                  .problem = take_problem,
                                  .empty = take_empty,
                                  .arg = &check};

    struct digest_guest guests[BUDGET_GUESTS_MAX + 1];
    int status = take_digest_guest(&check_command, a->vcpus, a->cpu, &guests[0]);

    if (status != STATUS_YES)
        return status;
    if (a->budget && load_budget(a->budget, &budget) < 0)
        return STATUS_NO_ANSWER;
    how.guests = guests;
    how.guest_count = a->vcpus > 0;
    if (a->budget)
        how.guest_count += budget_guests(&budget, guests + how.guest_count);
    /* A budget names what it is about. */
    how.without_roms = a->budget && !budget.rule_count;
    how.with_flash = !a->budget || budget.flash_rule_count;
    check.without_roms = how.without_roms;
    check.with_flash = how.with_flash;
    if (a->against) {
        char *operand = (char *)a->against;
        measure_operands(&operand, 1, &how, &old);
    }
    check.budget = a->budget ? &budget : NULL;
    check.old = &old;
    how.edge = edge_of;
    measure_operands(a->paths, a->path_count, &how, &now);
    status = judge(a, &now, &old, a->budget ? &budget : NULL, &verdicts, &check);
    verdicts_free(&verdicts);
    free_texts(check.problems, check.problem_count);
    measured_free(&now);
    measured_free(&old);
    if (a->budget)
        budget_free(&budget);
    return status;
}

/* --- writing first files ----------------------------------------------------------------- */

/* Directory of the file that standard output goes to; NULL where it is none. */
static const char *directory_of_output(char path[PATH_MAX])
{
    struct stat st;
    ssize_t n = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)
                    ? readlink("/proc/self/fd/1", path, PATH_MAX - 1)
                    : -1;
    char *slash;

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    slash = strrchr(path, '/');
    if (!slash || slash == path)
        return NULL;
    *slash = '\0';
    return path;
}

static int write_files(const struct arguments *a)
{
    struct measured now = {0}, old = {0};
    struct check check = {0};
    struct failure f;
    char *text = NULL, *operand = (char *)a->romset.package_from, directory[PATH_MAX];
    struct romset_request request = a->romset;
    struct measure_options how = {
        .with_sums = true, .problem = take_problem, .empty = take_empty, .arg = &check};
    how.with_flash = check.with_flash = a->write_budget;
    int result = 0, status = STATUS_YES;

    measure_operands(a->paths, a->path_count, &how, &now);
    if (operand)
        measure_operands(&operand, 1, &how, &old);
    if (check.problem_count) {
        status = STATUS_NO_ANSWER;
    } else if (a->write_budget) {
        text = write_budget(a->paths[0], &now, &f);
        result = text ? 0 : -1;
    } else {
        request.directory = directory_of_output(directory);
        result = write_romset(&request, &old, &now, &text, &f);
    }
    if (result != 0) {
        report(&f);
        status = result > 0 ? STATUS_NO : STATUS_NO_ANSWER;
    }
    if (text)
        fputs(text, stdout);
    free(text);
    free_texts(check.problems, check.problem_count);
    measured_free(&now);
    measured_free(&old);
    return status;
}

/* --- the command line ------------------------------------------------------------------- */

static int check_arguments(const struct arguments *a)
{
    const struct command *c = &check_command;
    const struct romset_request *romset = &a->romset;
    const char *problem;
    bool writes = a->write_budget || romset->name;

    if (a->write_budget && romset->name)
        return usage_error(c, "--write-budget and --write-romset exclude each other");
    if (writes &&
        (a->budget || a->against || a->json || a->json_file || a->junit || a->strict || a->quiet))
        return usage_error(c, "--write-budget and --write-romset check nothing");
    if (romset->name && !romset->package_from)
        return usage_error(c, "--write-romset needs --package-from");
    if (!romset->name && (romset->package_from || romset->until || romset->bucket || romset->local))
        return usage_error(c, "--package-from, --bucket, --until and --local need --write-romset");
    if (romset->name && (problem = package_name_problem(romset->name)))
        return usage_error(c, "--write-romset: '%s' %s", romset->name, problem);
    if (romset->until && (problem = machine_version_problem(romset->until)))
        return usage_error(c, "--until: '%s' %s", romset->until, problem);
    if ((a->vcpus || a->cpu) && !a->against)
        return usage_error(c, "--vcpus and --cpu need --against; a budget names its guests");
    if (!writes && !a->budget && !a->against)
        return usage_error(c, "--budget FILE or --against OLD is missing");
    if (a->json + is_stdout(a->json_file) + is_stdout(a->junit) > 1)
        return usage_error(c, "only one of --json, --json-file - and --junit - can have standard "
                              "output");
    return STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    struct arguments *a = settings;

    a->paths = operands;
    a->path_count = count;
    int status = check_arguments(a);
    if (status != STATUS_YES)
        return status;
    return finish_output(a->write_budget || a->romset.name ? write_files(a) : check_paths(a));
}

const struct command check_command = {
    .name = "check",
    .summary = "check the ROMs and firmware of a release against a budget or the previous release",
    .synopsis = "--budget FILE [--against OLD] [--strict] [OPTION]... PATH...\n"
                "--against OLD [--vcpus N --cpu MODEL] [--strict] [OPTION]... PATH...\n"
                "--write-budget PATH...\n"
                "--write-romset NAME --package-from OLD [--bucket SIZE] [--until VERSION]\n"
                "    [--local] PATH...",
    .details =
        "PATH is a ROM or flash image, a directory such as a source or build tree, a .deb, .rpm "
        "or\n"
        "other archive, or a .changes file, for the packages that it lists.\n"
        "Status 0: no rule is broken, perhaps with warnings; 1: a rule is broken; 2: something\n"
        "could not be read, or no ROM or firmware was found.",
    .options = options,
    .settings_size = sizeof(struct arguments),
    .operand = "a PATH",
    .least = 1,
    .run = run,
};
