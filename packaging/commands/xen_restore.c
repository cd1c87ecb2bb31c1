/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <time.h>

#include "commands/xen_job.h"
#include "flash/image.h"
#include "inputs/file.h"

struct job {
    struct xen_job xen;
    unsigned generation;
    const char *file;
};

static const struct option_spec options[] = {
    {"generation", .argument = "NUMBER", .help = "one that 'romcompat xen show' lists",
     NUMBER_AT(struct job, generation), .least = 1, .most = 99999999},
    {"file", .argument = "STORE", .help = "a store from another source, such as another host",
     STRING_AT(struct job, file)},
    XEN_KEEP_OPTION(struct job, xen.),
    XEN_STATE_OPTION(struct job, xen.),
    {0},
};

extern const struct command xen_restore_command;

static int read_generation(const char *directory, unsigned number, uint8_t **data, size_t *size,
                           struct failure *f)
{
    const struct generation *one;
    struct generations g;

    if (generations_open(directory, &g, f) != 0)
        return -1;
    one = generations_find(&g, number);
    int result = one ? generation_read(one, data, size, f)
                     : fail(f, "%s: no generation %u is kept there", directory, number);
    generations_free(&g);
    return result;
}

/* What is not a sound store would only be found out at the next start. */
static int read_store(const char *path, uint8_t **data, size_t *size, struct failure *f)
{
    struct flash_image image;
    int result = 0;

    if (flash_open(path, &image, f) != 0)
        return -1;
    if (image.kind != FLASH_STORE || !image.has_store || !image.store.sound)
        result = flash_refuse_store(&image, "a sound variable store", f);
    if (result == 0) {
        *data = image.data;
        *size = image.size;
        image.data = NULL;
    }
    flash_close(&image);
    return result;
}

static int restore(const struct job *job, const char *uuid)
{
    char *directory = xen_directory(&job->xen, uuid);
    uint8_t *data = NULL;
    unsigned added;
    size_t size;
    struct failure f;
    int result = job->file ? read_store(job->file, &data, &size, &f)
                           : read_generation(directory, job->generation, &data, &size, &f);

    if (result == 0)
        result = generations_add(directory, data, size, time(NULL), job->xen.keep, &added, &f);
    if (result == 0 && added)
        print_line("%s: the next start is with generation %u", uuid, added);
    else if (result == 0)
        print_line("%s: the next start is with these variables already", uuid);
    free(data);
    free(directory);
    return result == 0 ? STATUS_YES : report(&f);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    char uuid[XL_UUID_SIZE];
    struct xl_domain d;
    struct failure f;

    (void)count;
    if (!job->generation == !job->file)
        return usage_error(&xen_restore_command, "--generation or --file is missing");
    char *list = xl_list(&f);
    if (!list)
        return report(&f);
    int status = xen_uuid_of(operands[0], list, uuid);
    if (status == STATUS_YES && xl_list_find(list, uuid, &d))
        status =
            complain("%s: domain %u is on this host now, and the variables it ends with would be "
                     "newer: shut it down first",
                     uuid, d.id);
    free(list);
    if (status == STATUS_YES)
        status = restore(job, uuid);
    return finish_output(status);
}

static const struct job defaults = {.xen = XEN_JOB_DEFAULTS};

const struct command xen_restore_command = {
    .name = "xen restore",
    .summary = "give a domain earlier variables, or those of a file, at its next start",
    .synopsis = "DOMAIN --generation NUMBER [--keep N] [--state DIR]\n"
                "DOMAIN --file STORE [--keep N] [--state DIR]",
    .details =
        "They become the newest generation; the oldest are removed as always, see --keep.\n"
        "DOMAIN is a UUID. It must not be on this host now. STORE is what 'romcompat varstore\n"
        "extract' or 'create' wrote, for instance from a domain that ended while 'xen run' was\n"
        "not running.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    ONE_OPERAND("a DOMAIN"),
    .run = run,
};
