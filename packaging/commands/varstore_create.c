/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/template_report.h"
#include "commands/varstore_output.h"
#include "flash/convert.h"
#include "flash/check.h"
#include "flash/variables_json.h"
#include "inputs/file.h"
#include "inputs/lock.h"

extern const struct command varstore_create_command;

struct job {
    struct varstore_job store;
    const char *template, *owner, *root, *list;
    bool empty;
    struct flash_image image;
};

static const struct option_spec options[] = {
    {"code", .argument = "CODE", .help = "the firmware that the store is for",
     STRING_AT(struct job, store.code), .required = true},
    {"template", .argument = "VARS",
     .help = "copy this store (default: the one that 'flash map' finds)",
     STRING_AT(struct job, template)},
    {"empty", .help = "copy no template: make an empty store", FLAG_AT(struct job, empty)},
    STORE_OUT_OPTION(struct job, store., "FILE", "the new store; must not exist"),
    STORE_FORMAT_OPTION(struct job, store.),
    STORE_IN_PLACE_OPTION(struct job, store.),
    {"owner", .argument = "USER[:GROUP]", .help = "the owner of FILE (default: the caller)",
     STRING_AT(struct job, owner)},
    LIBVIRT_LIST_OPTION(struct job, list),
    ROOT_OPTION(struct job, root),
    {0},
};

static const struct job defaults = {.store = VARSTORE_DEFAULTS};

/* ---- whose it is ---- */

static bool number_of(const char *text, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return !errno && !*end && *number < (uid_t)-1;
}

/* As chown(1): names or numbers; a user alone leaves the group to the file system. */
static int parse_owner(struct job *job, struct failure *f)
{
    char *user = xstrdup(job->owner), *group = strchr(user, ':');
    unsigned long number;
    int result = 0;

    if (group)
        *group++ = '\0';
    const struct passwd *pw = *user ? getpwnam(user) : NULL;
    const struct group *gr = group && *group ? getgrnam(group) : NULL;
    if (pw)
        job->store.owner = pw->pw_uid;
    else if (number_of(user, &number))
        job->store.owner = (uid_t)number;
    else
        result = fail(f, "--owner: there is no user '%.64s'", user);
    if (gr)
        job->store.group = gr->gr_gid;
    else if (group && number_of(group, &number))
        job->store.group = (gid_t)number;
    else if (group && result == 0)
        result = fail(f, "--owner: there is no group '%.64s'", group);
    if (result == 0 && geteuid() != 0 && job->store.owner != geteuid())
        result = fail(f, "--owner: only root can give a file to somebody else");
    free(user);
    return result;
}

/* ---- the store ---- */

static int make_empty(const struct job *job)
{
    static const char none[] = "{ \"version\": 2, \"variables\": [] }\n";
    struct converted c;
    struct failure f;

    if (job->image.uefi_vars) {
        int written = put_file(job->store.out, (const uint8_t *)none, sizeof none - 1, NULL);

        if (written == STATUS_YES)
            say_written(&job->store, "%s: an empty store of QEMU's uefi-vars device",
                        job->store.out);
        return written;
    }

    if (create_store(&job->image, &c, &f) != 0)
        return report(&f);
    int status = put_store(&job->store, c.data, c.size, &job->image, NULL);
    if (status == STATUS_YES)
        say_written(&job->store, "%s: an empty store of %s", job->store.out, c.layout->name);
    converted_free(&c);
    return status;
}

/* As it is: QEMU writes members that are not read here. */
static int copy_json(const struct job *job, const char *name)
{
    struct failure f;
    uint8_t *data;
    size_t size;

    if (read_file(name, VARIABLES_JSON_MAX, &data, &size, &f) != 0)
        return report(&f);
    int status = put_store(&job->store, data, size, NULL, NULL);
    free(data);
    return status;
}

static int copy_template(const struct job *job, const char *name)
{
    struct flash_image template = {0};
    struct flash_check check;
    struct failure f;
    int status;

    if (refuse_file_in_use(name, &f) != 0)
        return report(&f);
    if (flash_open(name, &template, &f) != 0) {
        fail_hint(&f, "--empty makes an empty store, --template names another template.");
        return report(&f);
    }
    flash_check(&job->image, &template, NULL, &check);
    if (check.cold_boot.answer == FLASH_YES) {
        status = template.kind == FLASH_JSON
                     ? copy_json(job, name)
                     : put_store(&job->store, template.data, template.size, &template, NULL);
        if (status == STATUS_YES)
            say_written(&job->store, "%s: a copy of %s", job->store.out, name);
        for (size_t i = 0; status == STATUS_YES && i < check.warnings.count; i++)
            complain("warning: %s", check.warnings.list[i].what);
    } else {
        complain("%s: not copied: with %s %s", name, job->store.code, check.cold_boot.text);
        status = check.cold_boot.answer == FLASH_NO ? STATUS_NO : STATUS_NO_ANSWER;
    }
    flash_check_free(&check);
    flash_close(&template);
    return status;
}

static int copy_found(const struct job *job)
{
    struct chosen_template chosen;
    struct failure f;

    if (choose_template(job->store.code, job->root, job->list, &chosen, &f) != 0)
        return report(&f);
    int status = chosen.file ? copy_template(job, chosen.file) : make_empty(job);
    chosen_template_free(&chosen);
    return status;
}

static int create(struct job *job)
{
    struct failure f;
    char *file = NULL;
    int status;

    if (job->owner && parse_owner(job, &f) != 0)
        return report(&f);
    if (job->root) {
        struct chosen_template chosen;

        if (choose_template(job->store.code, job->root, job->list, &chosen, &f) != 0)
            return report(&f);
        file = xstrdup(chosen.code_file);
        chosen_template_free(&chosen);
    }
    if (flash_open(file ? file : job->store.code, &job->image, &f) != 0)
        status = report(&f);
    else if (job->empty || job->image.kind != FLASH_CODE)
        status = make_empty(job);
    else if (job->template)
        status = copy_template(job, job->template);
    else
        status = copy_found(job);
    flash_close(&job->image);
    free(file);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *job = settings;

    (void)operands;
    (void)count;
    if (job->template && job->empty)
        return usage_error(&varstore_create_command, "--template and --empty exclude each other");
    return finish_output(create(job));
}

const struct command varstore_create_command = {
    .name = "varstore create",
    .summary = "make a variable store for a firmware",
    .synopsis = "--code CODE [--template VARS | --empty] --out FILE [--format raw|qcow2]\n"
                "    [--in-place] [--owner USER[:GROUP]] [--libvirt-nvram LIST] [--root DIR]",
    .details =
        "Copies the template that 'flash map' finds for CODE, or VARS, if it goes with CODE; "
        "where\n"
        "there is no template, makes an empty store of the layout that CODE expects. FILE never\n"
        "replaces anything: of several processes that make it at once, one succeeds. Its mode is\n"
        "600. Guests of libvirt's system daemon run as a user of their own (libvirt-qemu, qemu),\n"
        "to which root can give the file with --owner.\n"
        "\n"
        "The status is 1, and nothing is written, if the template does not fit CODE.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .run = run,
};
