/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/varstore_output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/command.h"
#include "flash/convert.h"
#include "outputs/new_file.h"
#include "outputs/qemu_img.h"

int varstore_options(const struct command *command, int argc, char **argv, int needs,
                     void (*other)(void *arg, int key, const char *value), void *arg,
                     struct varstore_job *job)
{
    struct option_reader r;
    const char *value;
    int key;

    *job = (struct varstore_job){.owner = (uid_t)-1, .group = (gid_t)-1};
    option_reader_init(&r, command, argc, argv);
    while ((key = next_option(&r, &value)) != OPTION_END) {
        if (key < 0)
            return option_status(key);
        if (key == KEY_STORE_CODE)
            job->code = value;
        else if (key == KEY_STORE_OUT)
            job->out = value;
        else if (key == KEY_STORE_INTO)
            job->into = value;
        else if (key == KEY_STORE_JSON)
            job->json = true;
        else if (key == KEY_STORE_FORMAT)
            job->format = value;
        else
            other(arg, key, value);
    }
    int operands = needs & STORE_OPERAND ? 1 : 0;
    if (argc - r.first != operands)
        return usage_error(command,
                           operands ? "one file at a time (found %d operands)"
                                    : "no operand is expected (found %d)",
                           argc - r.first);
    if (!job->out && (needs & STORE_OUT))
        return usage_error(command, "--out is missing");
    if (job->format && strcmp(job->format, "raw") != 0 && strcmp(job->format, "qcow2") != 0)
        return usage_error(command, "--format: raw or qcow2 (found '%s')", job->format);
    if (operands)
        job->in = argv[r.first];
    return -1;
}

static int put_as(const struct varstore_job *job, const uint8_t *data, size_t size,
                  const char *like)
{
    struct failure f;
    struct stat st;
    mode_t mode = 0600;
    uid_t owner = job->owner;
    gid_t group = job->group;

    if (like && stat(like, &st) == 0) {
        mode = st.st_mode & 0666;
        owner = st.st_uid;
        group = st.st_gid;
    }
    if (write_new_file(job->out, data, size, mode, owner, group, &f) != 0)
        return report(&f);
    return STATUS_YES;
}

int put_file(const char *out, const uint8_t *data, size_t size, const char *like)
{
    struct varstore_job job = {.out = out, .owner = (uid_t)-1, .group = (gid_t)-1};

    return put_as(&job, data, size, like);
}

int refuse_converted(const char *path, const struct converted *c)
{
    complain("%s: nothing written: %zu variables do not fit a store of %s", path, c->left_count,
             c->layout->name);
    for (size_t i = 0; i < c->left_count; i++)
        complain("%s: does not fit: %s", path, c->left[i]);
    return STATUS_NO;
}

int put_store(const struct varstore_job *job, const uint8_t *data, size_t size,
              const struct flash_image *was, const char *like)
{
    struct failure f;
    uint8_t *file;
    size_t file_size;

    if (job->format ? strcmp(job->format, "raw") == 0 : !was || !was->qcow2)
        return put_as(job, data, size, like);
    if (qcow2_of_disk(job->out, data, size, &file, &file_size, &f) != 0)
        return report(&f);
    int status = put_as(job, file, file_size, like);
    free(file);
    return status;
}

int put_converted(const struct varstore_job *job, struct converted *c, const struct flash_image *was,
                const char *like)
{
    int status = STATUS_NO;

    if (c->left_count)
        refuse_converted(job->in, c);
    else
        status = put_store(job, c->data, c->size, was, like);
    if (status == STATUS_YES)
        print_line("%s: %zu variables (%zu bytes) in a store of %s%s%s", job->out, c->count,
                   c->bytes, c->layout->name, c->replayed ? ", after a write that was pending" : "",
                   c->from_plain ? ", from the plain format" : "");
    converted_free(c);
    return finish_output(status);
}
