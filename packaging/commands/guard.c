/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat guard`: what installing packages on this host does to the guests on it. */
#include "commands/guard.h"

#include "commands/packages.h"
#include "fleet/guard.h"

extern const struct command guard_command;

static const struct option_spec options[] = {
    {"saved", .argument = "FILE",
     .help = "also this save image, or qcow2 image with one snapshot of a\n"
             "guest; those of libvirt's directory are found (repeatable)",
     LIST_AT(struct guard_job, saved), .most = GUARD_SAVED_MAX},
    {"apt", .help = "as a hook of apt: the transaction is read from it",
     FLAG_AT(struct guard_job, apt)},
    {"seconds", .argument = "N",
     .help = "the answer must be there after so many; the default is 30",
     NUMBER_AT(struct guard_job, seconds), .least = 1, .most = GUARD_SECONDS_MAX},
    JSON_OPTION(struct guard_job, json),
    {0},
};

static const struct guard_job defaults = {.seconds = 30};

static int run(void *settings, char **operands, size_t count)
{
    const struct guard_job *job = settings;
    struct packages found;
    struct failure f;

    if (job->apt)
        return guard_apt(job);
    if (count == 0)
        return usage_error(&guard_command, "a PACKAGE is missing");
    if (packages_find((const char *const *)operands, count, &found, &f) != 0)
        return report(&f);
    const struct guard_question question = {found.files, found.file_count,
                                            (const char *const *)found.apt.removed,
                                            found.apt.removed_count};
    int status = guard_answer(job, &question, stdout);
    packages_free(&found);
    return finish_output(status);
}

const struct command guard_command = {
    .name = "guard",
    .summary = "what installing packages on this host does to the guests on it",
    .synopsis = "[--saved FILE]... [--seconds N] [--json] PACKAGE...\n--apt [--seconds N]",
    .details =
        "PACKAGE is a .deb or .rpm file, or a name that apt resolves and downloads. Nothing is\n"
        "installed. Each guest of this host is judged on the host as it is and as it would be:\n"
        "those that run must be able to come back and to start again, those that are saved to be\n"
        "restored, those that are off to start. What was in a guest's way before is no news.\n"
        "\n"
        "With --apt it is a hook of apt (DPkg::Pre-Install-Pkgs): Romcompat::Guard in apt's\n"
        "configuration is \"warn\", \"ask\" or \"stop\".\n"
        "\n"
        "Status 0: no guest is left behind. Status 1: some are; with --apt, apt is to stop.\n"
        "Status 2: no answer.",
    .options = options,
    .settings_size = sizeof(struct guard_job),
    .defaults = &defaults,
    .operand = "a PACKAGE",
    .run = run,
};
