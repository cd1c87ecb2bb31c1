/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat explain`: what a log says about a guest that did not arrive or start. */
#include "commands/explain.h"

#include <stdio.h>

#include "commands/command.h"

static void print_place(const struct arrival_finding *f, const char *name)
{
    char times[48] = "", version[QEMU_VERSION_TEXT_MAX] = "";
    const struct qemu_version *v = &f->version;
    bool is_known = v->major || v->minor || v->micro;

    if (f->times > 1)
        snprintf(times, sizeof times, " (and %zu times more)", f->times - 1);
    if (is_known)
        qemu_version_text(v, version);
    print_line("%s:%zu%s%s%s%s%s", name, f->line, times, f->machine[0] ? ", machine type " : "",
               f->machine, is_known ? ", QEMU " : "", version);
}

/* A firm no only where a guest is seen to have arrived, and nothing failed. */
static int explain_nothing(const struct arrival_log *log, const char *name)
{
    struct failure f;

    if (log->is_binary)
        fail(&f, "%s: not readable as text, so it says nothing about any guest", name);
    else if (log->failed_line)
        fail(&f, "%s: nothing known found, but line %zu says that something failed", name,
             log->failed_line);
    else if (log->arrived) {
        print_line("%s: no guest was refused: the log shows one that arrived.", name);
        return finish_output(STATUS_NO);
    } else
        fail(&f, "%s: nothing known found: neither a guest that was refused nor one that arrived",
             name);
    fail_cure(&f, "'romcompat preflight' answers for a saved or running guest itself.");
    return report(&f);
}

static int explain(const struct arrival_log *log, const char *name)
{
    if (!log->count)
        return explain_nothing(log, name);
    for (size_t i = 0; i < log->count; i++) {
        if (i)
            putchar('\n');
        print_place(&log->findings[i], name);
        explain_finding(&log->findings[i]);
    }
    if (log->dropped)
        print_line("%zu more are left out (limit %d).", log->dropped, ARRIVAL_FINDINGS_MAX);
    return finish_output(STATUS_YES);
}

static int run(void *settings, char **operands, size_t count)
{
    const char *path = count ? operands[0] : "-";
    struct arrival_log log;
    struct failure f;

    (void)settings;
    if (arrival_log_read(path, &log, &f) != 0)
        return report(&f);
    int status = explain(&log, path[0] == '-' && !path[1] ? "standard input" : path);
    arrival_log_free(&log);
    return status;
}

extern const struct command explain_command;
const struct command explain_command = {
    .name = "explain",
    .summary = "say in plain words why a log's guest did not arrive",
    .synopsis = "[FILE]",
    .details =
        "Reads a log of QEMU or libvirt (/var/log/libvirt/qemu/GUEST.log of the destination), an\n"
        "error that virsh printed, or a mail or page that quotes one, from FILE or standard\n"
        "input, and looks for guests that were refused or not started for a RAM block, a ROM\n"
        "file, their firmware or their machine type. Says what happened, which file and package\n"
        "it is about, and what fixes it. A compressed log is read as it is.\n"
        "\n"
        "Status 0: something was found. Status 1: nothing was, and the log shows a guest that\n"
        "arrived. Status 2: nothing known was found, or the log cannot be read.",
    .operand = "a FILE",
    .most = 1,
    .run = run,
};
