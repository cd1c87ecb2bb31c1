/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat inventory`: what this host has, as one JSON document. */
#include "commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/memory.h"
#include "commands/fleet_metrics.h"
#include "commands/packages.h"
#include "fleet/inventory.h"
#include "fleet/inventory_read.h"
#include "fleet/upgrade.h"
#include "outputs/child.h"
#include "outputs/file.h"

extern const struct command inventory_command;

enum { QEMUS_MAX = 64, WITH_MAX = 1000 };

struct job {
    const char *host, *root, *output;
    struct strings qemus, with;
    bool anonymous, pretty, run, metrics;
};

static const struct option_spec options[] = {
    {"host", .argument = "NAME", .help = "the host's name in the document, in place of its own",
     STRING_AT(struct job, host)},
    {"anonymous", .help = "leave the names of the host and of its guests out",
     FLAG_AT(struct job, anonymous)},
    {"qemu", .argument = "BINARY",
     .help = "a QEMU that is not in PATH or the usual places; it comes\n"
             "before those that are (repeatable)",
     LIST_AT(struct job, qemus), .most = QEMUS_MAX},
    {"with", .argument = "PACKAGE",
     .help = "describe the host as it would be with this package, a .deb or\n"
             ".rpm file, or a name that apt resolves and downloads. Nothing\n"
             "is installed (repeatable)",
     LIST_AT(struct job, with), .most = WITH_MAX},
    {"root", .argument = "DIR",
     .help = "describe the system that is installed below DIR; no program of\n"
             "it is run; must be used by root",
     STRING_AT(struct job, root)},
    {"run", .help = "with --root: run its QEMUs and dpkg or rpm, isolated, as nobody",
     FLAG_AT(struct job, run)},
    {"output", 'o', "FILE", "write to FILE, whole or not at all; - is standard output",
     STRING_AT(struct job, output)},
    {"metrics",
     .help = "write OpenMetrics text about the guests of this host, as for node\n"
             "exporter's textfile collector, in place of the document",
     FLAG_AT(struct job, metrics)},
    {"pretty", .help = "indent the document (default: one line)", FLAG_AT(struct job, pretty)},
    {0},
};

static const struct job defaults = {.output = "-"};

static int check_usage(const struct job *job)
{
    if (job->host && (!*job->host || strlen(job->host) > INVENTORY_TEXT_MAX))
        return usage_error(&inventory_command, "--host: a name of 1 to %d bytes was expected",
                           INVENTORY_TEXT_MAX);
    for (size_t i = 0; job->root && i < job->with.count; i++)
        if (!is_package_file(job->with.list[i]))
            return usage_error(&inventory_command,
                               "--with %s: with --root a package must be a file: what apt says is "
                               "of this system",
                               job->with.list[i]);
    if (job->run && !job->root)
        return usage_error(&inventory_command, "--run needs --root");
    if (job->anonymous && job->host)
        return usage_error(&inventory_command, "--host and --anonymous exclude each other");
    return STATUS_YES;
}

static void say(void *arg, const struct failure *f)
{
    (void)arg;
    complain("note: %s", f->what);
}

/* Into DIR, so that every link, program and package database is that of the system in it,
 * and out again: the directories that we were in stay open. */
struct way_back {
    int root, here;
};

static int enter(const char *root, struct way_back *back, struct failure *f)
{
    back->root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    back->here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (back->root < 0 || back->here < 0)
        return fail(f, ".: %s", strerror(errno));
    if (chdir(root) != 0)
        return fail(f, "%s: %s", root, strerror(errno));
    if (chroot(".") != 0) {
        fail(f, "%s: cannot make it the root (%s)", root, strerror(errno));
        return fail_hint(f, "run it as root, or: unshare --map-root-user romcompat inventory ...");
    }
    return 0;
}

static int leave(struct way_back *back, struct failure *f)
{
    if (fchdir(back->root) != 0 || chroot(".") != 0 || fchdir(back->here) != 0)
        return fail(f, "cannot leave the root directory: %s", strerror(errno));
    return 0;
}

/* `u`, where not NULL, is what is installed on it. */
static int take_here(const struct inventory_request *request, struct upgrade *u,
                     struct inventory *inv, struct failure *f)
{
    int result = inventory_take(request, inv, f);

    if (result == 0 && u)
        upgrade_apply(u, true, inv);
    return result;
}

static int take(const struct job *job, const struct inventory_request *request, struct upgrade *u,
                struct inventory *inv, struct failure *f)
{
    struct way_back back = {-1, -1};

    if (!job->root)
        return take_here(request, u, inv, f);
    char *root = realpath(job->root, NULL);
    int result = root ? enter(root, &back, f) : fail(f, "%s: %s", job->root, strerror(errno));
    if (result == 0) {
        struct cage cage = {back.root, root};

        child_set_cage(&cage);
        result = take_here(request, u, inv, f);
        child_set_cage(NULL);
        if (leave(&back, f) != 0)
            result = -1;
    }
    if (back.root >= 0)
        close(back.root);
    if (back.here >= 0)
        close(back.here);
    free(root);
    return result;
}

/* In an image the name of the machine that looks at it says nothing. */
static const char *own_name(const struct job *job, char name[HOST_NAME_MAX + 1])
{
    if (job->host)
        return job->host;
    if (job->anonymous || job->root || gethostname(name, HOST_NAME_MAX + 1) != 0)
        return NULL;
    name[HOST_NAME_MAX] = '\0';
    return name;
}

/* Which may have the guest's name in a path. */
static void forget_doubt(struct inventory_guest *guest)
{
    if (!guest || !guest->doubt)
        return;
    free(guest->doubt);
    guest->doubt = xstrdup("left out with the names");
}

static void forget_guests(struct inventory *inv)
{
    for (size_t i = 0; i < inv->guests->count; i++) {
        struct inventory_guest *guest = &inv->guests->list[i];

        free(guest->name);
        free(guest->nvram); /* libvirt names it after the guest */
        guest->name = guest->nvram = NULL;
        forget_doubt(guest);
        forget_doubt(guest->live);
        if (guest->store)
            inventory_store_forget_file(guest->store);
    }
}

static bool lacks_something(const struct inventory *inv)
{
    return inv->is_partial || inv->lacks_qemus || inv->lacks_guests;
}

/* The document, or what it says as metrics; NULL: what is wrong is in *f. */
static char *text_of(const struct inventory *inv, const struct job *job, struct failure *f)
{
    char *document = inventory_text(inv, !job->pretty), *metrics, today[DATE_TEXT_MAX];

    if (inventory_check(document, f) != 0) {
        free(document);
        return NULL;
    }
    if (!job->metrics)
        return document;
    date_format(time(NULL) / SECONDS_OF_DAY, today);
    metrics = host_metrics(document, lacks_something(inv), today, f);
    free(document);
    return metrics;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    char name[HOST_NAME_MAX + 1];
    struct inventory inv;
    struct failure f;
    int status = check_usage(job);

    (void)operands;
    (void)count;
    if (status != STATUS_YES)
        return status;
    const struct inventory_request request = {.problem = say,
                                              .qemus = job->qemus.list,
                                              .qemu_count = job->qemus.count,
                                              .runs_nothing = job->root && !job->run,
                                              .is_at_rest = job->root,
                                              .looks_into_images = true,
                                              .host = own_name(job, name)};
    struct upgrade *u = NULL;
    if (job->with.count &&
        packages_open(job->with.list, job->with.count, say, NULL, true, &u, &f) != 0)
        return report(&f);
    int taken = take(job, &request, u, &inv, &f);
    if (u)
        upgrade_close(u);
    if (taken != 0)
        return report(&f);
    if (job->anonymous)
        forget_guests(&inv);
    if (inv.qemus->count == 0 && !inv.lacks_qemus)
        complain("note: no QEMU is installed here");
    if (lacks_something(&inv))
        status = STATUS_NO_ANSWER;
    char *text = text_of(&inv, job, &f);
    inventory_free(&inv);
    if (!text || write_output(job->output, text, strlen(text), 0666, &f) != 0)
        status = report(&f);
    free(text);
    return finish_output(status);
}

const struct command inventory_command = {
    .name = "inventory",
    .summary = "what this host has that decides which guests it can accept",
    .synopsis = "[OPTION]...",
    .details =
        "Writes one JSON document on one line: the QEMU binaries with their machine types, the\n"
        "ROM files that they find, the compat maps, firmware images, and the guests of libvirt,\n"
        "Proxmox VE, Incus, LXD and systemd services, and QEMUs that run; with the packages that\n"
        "own the files, by dpkg or rpm. romcompat-inventory(5) describes it. 'romcompat audit'\n"
        "compares the inventories of many hosts, and 'romcompat preflight' accepts one as the\n"
        "destination. The same host gives the same bytes. No guest is started or touched.\n"
        "\n"
        "Status 0: done, also without any QEMU. Status 2: no answer, or one that lacks something:\n"
        "a QEMU that did not answer, a ROM, firmware image or guest definition that could not be\n"
        "read, or a QEMU of --with whose machine types could not be read from its file.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .run = run,
};
