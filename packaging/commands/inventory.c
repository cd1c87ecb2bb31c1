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
#include <unistd.h>

#include "fleet/inventory.h"
#include "outputs/file.h"

extern const struct command inventory_command;

enum { KEY_HOST = 256, KEY_ANONYMOUS, KEY_QEMU, KEY_ROOT, KEY_PRETTY, QEMUS_MAX = 64 };

static const struct option_spec options[] = {
    {KEY_HOST, "host", "NAME", "the host's name in the document, in place of its own"},
    {KEY_ANONYMOUS, "anonymous", NULL, "leave the names of the host and of its guests out"},
    {KEY_QEMU, "qemu", "BINARY",
     "a QEMU that is not in PATH or the usual places; it comes\n"
     "before those that are (repeatable)"},
    {KEY_ROOT, "root", "DIR",
     "of the system that is installed below DIR, whose programs are\n"
     "run in it; needs root's rights"},
    {'o', "output", "FILE", "write to FILE, whole or not at all"},
    {KEY_PRETTY, "pretty", NULL, "indented, for people; the default is one line"},
    {0},
};

struct job {
    const char *qemus[QEMUS_MAX];
    struct inventory_request request;
    const char *root, *output;
    bool anonymous, pretty;
};

static int read_job(struct option_reader *r, struct job *job)
{
    const char *value;
    int key;

    while ((key = next_option(r, &value)) != OPTION_END) {
        switch (key) {
        case OPTION_BAD:
        case OPTION_HELPED:
            return option_status(key);
        case KEY_HOST:
            if (!*value || strlen(value) > INVENTORY_TEXT_MAX)
                return usage_error(r->command, "--host: a name of 1 to %d bytes was expected",
                                   INVENTORY_TEXT_MAX);
            job->request.host = value;
            break;
        case KEY_ANONYMOUS:
            job->anonymous = true;
            break;
        case KEY_QEMU:
            if (job->request.qemu_count == QEMUS_MAX)
                return usage_error(r->command, "too many --qemu (limit %d)", QEMUS_MAX);
            job->qemus[job->request.qemu_count++] = value;
            break;
        case KEY_ROOT:
            job->root = value;
            break;
        case 'o':
            job->output = value;
            break;
        case KEY_PRETTY:
            job->pretty = true;
            break;
        }
    }
    if (r->first < r->argc)
        return usage_error(r->command, "nothing was expected after the options (found '%s')",
                           r->argv[r->first]);
    if (job->anonymous && job->request.host)
        return usage_error(r->command, "--host and --anonymous exclude each other");
    return OPTION_END;
}

static void say(void *arg, const struct failure *f)
{
    (void)arg;
    complain("note: %s", f->what);
}

/* Into DIR, so that every link, program and package database is that of the system in it,
 * and out again: the folders that we were in stay open. */
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
        return fail_cure(f, "run it as root, or: unshare --map-root-user romcompat inventory ...");
    }
    return 0;
}

static int leave(struct way_back *back, struct failure *f)
{
    if (fchdir(back->root) != 0 || chroot(".") != 0 || fchdir(back->here) != 0)
        return fail(f, "cannot leave the root folder: %s", strerror(errno));
    close(back->root);
    close(back->here);
    return 0;
}

static int take(const struct job *job, struct inventory *inv, struct failure *f)
{
    struct way_back back;

    if (!job->root)
        return inventory_take(&job->request, inv, f);
    if (enter(job->root, &back, f) != 0)
        return -1;
    int result = inventory_take(&job->request, inv, f);
    if (leave(&back, f) != 0)
        return -1;
    return result;
}

/* In an image the name of the machine that looks at it says nothing. */
static const char *own_name(const struct job *job, char name[HOST_NAME_MAX + 1])
{
    if (job->request.host)
        return job->request.host;
    if (job->anonymous || job->root || gethostname(name, HOST_NAME_MAX + 1) != 0)
        return NULL;
    name[HOST_NAME_MAX] = '\0';
    return name;
}

static void forget_guests(struct inventory *inv)
{
    for (size_t i = 0; i < inv->guests->count; i++) {
        free(inv->guests->list[i].name);
        inv->guests->list[i].name = NULL;
    }
}

static int run(int argc, char **argv)
{
    struct option_reader r;
    struct job job = {.request = {.problem = say}};
    char name[HOST_NAME_MAX + 1];
    struct inventory inv;
    struct failure f;

    option_reader_init(&r, &inventory_command, argc, argv);
    int status = read_job(&r, &job);
    if (status != OPTION_END)
        return status;
    job.request.qemus = job.qemus;
    job.request.host = own_name(&job, name);
    if (take(&job, &inv, &f) != 0)
        return report(&f);
    if (job.anonymous)
        forget_guests(&inv);
    if (inv.qemus->count == 0)
        complain("note: no QEMU is installed here");
    char *text = inventory_text(&inv, !job.pretty);
    inventory_free(&inv);
    status = STATUS_YES;
    if (!job.output)
        fputs(text, stdout);
    else if (write_file_atomically(job.output, text, strlen(text), 0666, &f) != 0)
        status = report(&f);
    free(text);
    return finish_output(status);
}

const struct command inventory_command = {
    .name = "inventory",
    .summary = "what this host has that decides which guests it can take",
    .synopsis = "[OPTION]...",
    .details =
        "One JSON document on one line: the QEMU binaries with their machine types, the ROM files\n"
        "that they find, the compat maps, firmware images, and libvirt's guests; with the "
        "packages\n"
        "that they are from, as dpkg or rpm knows them. romcompat-inventory(5) describes it;\n"
        "'romcompat audit' compares those of many hosts, 'romcompat preflight' takes one for the\n"
        "destination. The same host gives the same bytes. No guest is started or touched.\n"
        "\n"
        "Status 0: done, also without any QEMU. Status 2: no answer.",
    .options = options,
    .run = run,
};
