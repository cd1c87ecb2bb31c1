/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat guard`: what installing packages on this host does to the guests on it. */
#include "commands/guard.h"

#include <string.h>

#include "base/date.h"
#include "commands/packages.h"
#include "fleet/guard.h"

extern const struct command guard_command;

static const struct option_spec options[] = {
    {"saved", .argument = "FILE",
     .help = "also judge this save image, or qcow2 image with one snapshot of a\n"
             "guest; those in libvirt's directories are found (repeatable)",
     LIST_AT(struct guard_job, saved), .most = GUARD_SAVED_MAX},
    {"apt", .help = "run as a hook of apt, and read the transaction from it",
     FLAG_AT(struct guard_job, apt)},
    {"dnf", .help = "the same for dnf 4, by its plugin", FLAG_AT(struct guard_job, dnf)},
    {"dnf5", .help = "the same for libdnf5, as one of its actions",
     FLAG_AT(struct guard_job, dnf5)},
    {"zypp", .help = "the same for zypper, as a commit plugin", FLAG_AT(struct guard_job, zypp)},
    {"since", .argument = "DAY",
     .help = "what dpkg changed since that day (YYYY-MM-DD), or on the last day\n"
             "on which it changed something (last), did to guests that run or\n"
             "are saved",
     STRING_AT(struct guard_job, since)},
    {"seconds", .argument = "N",
     .help = "give up (status 2) after N seconds, 1 to 3600 (default 30)",
     NUMBER_AT(struct guard_job, seconds), .least = 1, .most = GUARD_SECONDS_MAX},
    JSON_OPTION(struct guard_job, json),
    {0},
};

static const struct guard_job defaults = {.seconds = 30};

static int since(const struct guard_job *job, size_t count)
{
    const struct guard_question question = {0};
    int64_t days;

    if (count)
        return usage_error(&guard_command, "--since and a PACKAGE exclude each other");
    if (strcmp(job->since, "last") != 0 && !date_parse(job->since, &days))
        return usage_error(&guard_command,
                           "--since: '%s' is not a day (expected YYYY-MM-DD, or last)", job->since);
    return finish_output(guard_answer(job, &question, stdout));
}

static int run(void *settings, char **operands, size_t count)
{
    const struct guard_job *job = settings;
    struct packages found;
    struct failure f;

    if (job->apt + job->dnf + job->dnf5 + job->zypp > 1)
        return usage_error(&guard_command, "it is the hook of one package manager");
    if (job->apt)
        return guard_apt(job);
    if (job->dnf)
        return guard_dnf(job);
    if (job->dnf5)
        return guard_dnf5(job);
    if (job->zypp)
        return guard_zypp(job);
    if (job->since)
        return since(job, count);
    if (count == 0)
        return usage_error(&guard_command, "a PACKAGE is missing");
    if (packages_find((const char *const *)operands, count, &found, &f) != 0)
        return report(&f);
    const struct guard_question question = {found.files, found.file_count,
                                            (const char *const *)found.apt.removed,
                                            found.apt.removed_count, false};
    int status = guard_answer(job, &question, stdout);
    packages_free(&found);
    return finish_output(status);
}

const struct command guard_command = {
    .name = "guard",
    .summary = "what installing packages on this host does to the guests on it",
    .synopsis = "[--saved FILE]... [--seconds N] [--json] PACKAGE...\n--since DAY [--saved "
                "FILE]... [--seconds N] [--json]\n--apt | --dnf | --dnf5 | --zypp [--seconds N]",
    .details =
        "PACKAGE is a .deb or .rpm file, or a name that apt resolves and downloads. Nothing is\n"
        "installed. Each guest of this host is judged on the host as it is and as it would be:\n"
        "a guest that runs must be able to come back and to start again, one that is saved to be\n"
        "restored, one that is off to start. A problem that exists already is not reported.\n"
        "\n"
        "With --since no PACKAGE is named: dpkg's logs say what was installed.\n"
        "\n"
        "With --apt it is a hook of apt (DPkg::Pre-Install-Pkgs). Romcompat::Guard in apt's\n"
        "configuration is \"warn\" (the default), \"ask\", \"stop\" or \"off\". With --dnf, "
        "--dnf5\n"
        "and --zypp it is a hook of those, and /etc/romcompat/guard.conf has the policy.\n"
        "\n"
        "Status 0: no guest is left behind. Status 1: some are; as a hook: the package manager\n"
        "is to stop. Status 2: no answer.",
    .options = options,
    .settings_size = sizeof(struct guard_job),
    .defaults = &defaults,
    .operand = "a PACKAGE",
    .run = run,
};
