/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/varstore_output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/convert.h"
#include "flash/variables_json.h"
#include "inputs/file.h"
#include "inputs/lock.h"
#include "outputs/block_device.h"
#include "outputs/file.h"
#include "outputs/new_file.h"
#include "outputs/json.h"
#include "outputs/qemu_img.h"

const char *const varstore_formats[] = {"raw", "qcow2", NULL};
const struct varstore_job varstore_defaults = VARSTORE_DEFAULTS;

void say_written(const struct varstore_job *job, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    if (is_stdout(job->out))
        complain("note: %s", text);
    else
        print_line("%s", text);
    free(text);
}

int check_outputs(const struct command *command, const struct varstore_job *job)
{
    if (job->json && is_stdout(job->out))
        return usage_error(command, "--json and --out - both need standard output");
    return STATUS_YES;
}

/* A device is never replaced, and written to only where that was said. */
static int put_on_device(const struct varstore_job *job, const uint8_t *data, size_t size)
{
    struct failure f;

    if (!is_block_device(job->out)) {
        fail(&f, "%s: not a block device, which --in-place is for", job->out);
        return report(&f);
    }
    if (!job->in_place) {
        fail(&f, "%s: a block device, which is not replaced", job->out);
        fail_hint(&f, "--in-place writes the store to its beginning.");
        return report(&f);
    }
    if (refuse_file_in_use(job->out, &f) != 0 || write_block_device(job->out, data, size, &f) != 0)
        return report(&f);
    return STATUS_YES;
}

static int put_as(const struct varstore_job *job, const uint8_t *data, size_t size,
                  const char *like)
{
    struct failure f;
    struct stat st;
    struct new_file new = {
        .mode = 0600, .owner = job->owner, .group = job->group, .must_own = true};

    if (like && stat(like, &st) == 0)
        new = (struct new_file){.mode = st.st_mode & 0666, .owner = st.st_uid, .group = st.st_gid};
    if (is_stdout(job->out))
        return write_output(job->out, data, size, 0, &f) == 0 ? STATUS_YES : report(&f);
    if (job->in_place || is_block_device(job->out))
        return put_on_device(job, data, size);
    if (write_new_file(job->out, data, size, &new, &f) != 0)
        return report(&f);
    return STATUS_YES;
}

int put_file(const char *out, const uint8_t *data, size_t size, const char *like)
{
    struct varstore_job job = {.out = out, .owner = (uid_t)-1, .group = (gid_t)-1};

    return put_as(&job, data, size, like);
}

/* Takes the document over. */
static int write_document(const char *out, struct json_object *document, const char *like)
{
    char *text = json_document_text(document);
    int status = put_file(out, (const uint8_t *)text, strlen(text), like);

    free(text);
    return status;
}

int put_as_json(const char *out, const struct flash_image *image, bool for_device)
{
    struct live_store live;
    struct variables_lost lost;
    struct failure f;
    int status = STATUS_NO;

    if (live_store_open(image, &live, &f) != 0)
        return report(&f);
    struct json_object *document = variables_to_json(&live, &lost);
    bool fits = !document || variables_fit_device(image->path, &lost, &f);
    if (document && (fits || !for_device))
        status = write_document(out, document, image->path);
    else if (document)
        json_object_put(document);
    else
        complain("%s: nothing written: %zu variable%s with a name that is not valid UTF-16",
                 image->path, lost.names, PLURAL(lost.names));
    if (!fits)
        complain("%s%s", for_device ? "" : "warning: ", f.what);
    if (status == STATUS_YES && (lost.counts || lost.keys))
        complain(
            "warning: %s: not in the JSON, which has no place for it: the monotonic count of %zu "
            "variable%s, the key index of %zu",
            image->path, lost.counts, PLURAL(lost.counts), lost.keys);
    live_store_close(&live);
    return finish_output(status);
}

int refuse_converted(const char *path, const struct converted *c)
{
    complain("%s: nothing written: %zu variable%s will not fit a store of %s", path, c->left_count,
             PLURAL(c->left_count), c->layout->name);
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

int put_converted(const struct varstore_job *job, struct converted *c,
                  const struct flash_image *was, const char *like)
{
    int status = STATUS_NO;

    if (c->left_count)
        refuse_converted(job->in, c);
    else
        status = put_store(job, c->data, c->size, was, like);
    if (status == STATUS_YES)
        say_written(job, "%s: %zu variable%s (%zu bytes) in a store of %s%s%s", job->out, c->count,
                    PLURAL(c->count), c->bytes, c->layout->name,
                    c->replayed ? ", after a write that was pending" : "",
                    c->from_plain ? ", from the plain format" : "");
    converted_free(c);
    return finish_output(status);
}
