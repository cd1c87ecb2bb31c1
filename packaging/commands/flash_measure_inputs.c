/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "flash/image.h"
#include "inputs/file.h"

static int sum_file(const char *path, uint8_t sum[SHA256_SIZE], struct failure *f)
{
    char hex[SHA256_TEXT_SIZE];

    if (sha256_of_file(path, hex, NULL, f) != 0)
        return -1;
    hex_decode(hex, SHA256_TEXT_SIZE - 1, sum);
    return 0;
}

static void sum_bytes(const void *data, size_t size, uint8_t sum[SHA256_SIZE])
{
    char hex[SHA256_TEXT_SIZE];

    sha256_text(data, size, hex);
    hex_decode(hex, SHA256_TEXT_SIZE - 1, sum);
}

static int take_kernel(const struct measure_job *job, struct measure_inputs *in, struct failure *f)
{
    const char *append = job->append ? job->append : "";

    if (!job->kernel)
        return 0;
    in->guest.kernel = &in->kernel;
    sum_bytes(append, strlen(append) + 1, in->kernel.command_line);
    sum_bytes(NULL, 0, in->kernel.initrd);
    if (job->initrd && sum_file(job->initrd, in->kernel.initrd, f) != 0)
        return -1;
    return sum_file(job->kernel, in->kernel.kernel, f);
}

/* Of a qcow2 file the disk in it counts, which QEMU gives to the guest. */
static int take_vars_size(const char *path, struct measure_inputs *in, struct failure *f)
{
    struct flash_image vars;
    int result = 0;

    if (flash_open(path, &vars, f) != 0)
        return -1;
    if (vars.kind != FLASH_STORE && vars.kind != FLASH_BLANK)
        result = flash_refuse_store(&vars, "a variable store without code", f);
    in->guest.vars_size = vars.size;
    flash_close(&vars);
    return result;
}

static int take_svsm(const struct measure_job *job, struct measure_inputs *in, struct failure *f)
{
    size_t size;

    if (!job->svsm)
        return 0;
    in->guest.svsm = &in->svsm;
    in->guest.vars_size = job->vars_size;
    if (job->vars && take_vars_size(job->vars, in, f) != 0)
        return -1;
    if (read_file(job->svsm, FLASH_FILE_MAX, &in->svsm_data, &size, f) != 0)
        return -1;
    measured_file_take(job->svsm, in->svsm_data, size, &in->svsm);
    return 0;
}

/* `size` 0: either of the two that a digest has. */
static int take_hex(const char *option, const char *text, size_t size, uint8_t *bytes,
                    struct failure *f)
{
    size_t digits = strlen(text);
    bool fits = size ? digits == 2 * size : digits == 2 * SHA256_SIZE || digits == 2 * SHA384_SIZE;

    if (!fits || !hex_decode(text, digits, bytes))
        return fail(f, "--%s: not %s hexadecimal digits: '%s'", option, size ? "96" : "64 or 96",
                    text);
    return 0;
}

/* A file without a GUIDed table must be seen to be firmware: the digest of anything else, such as
 * a variable store, would be a wrong answer. */
static int check_image(const struct measure_inputs *in, struct failure *f)
{
    struct flash_image image;

    if (in->image.table.present || in->guest.image_digest)
        return 0;
    if (flash_open(in->image.path, &image, f) != 0)
        return -1;
    bool is_code = (image.kind == FLASH_CODE || image.kind == FLASH_COMBINED) &&
                   flash_is_x86(image.architecture);
    if (!is_code)
        flash_refuse(&image, "x86 firmware", f);
    flash_close(&image);
    return is_code ? 0 : -1;
}

int measure_inputs_open(const char *path, struct measure_inputs *in, struct failure *f)
{
    size_t size;

    if (flash_read(path, &in->image_data, &size, f) != 0)
        return -1;
    measured_file_take(path, in->image_data, size, &in->image);
    return 0;
}

int measure_take_expected(const struct measure_job *job, struct measure_inputs *in,
                          struct failure *f)
{
    return job->expect ? take_hex("expect", job->expect, 0, in->expect, f) : 0;
}

bool measure_is_expected(const struct measure_job *job, const struct measure_inputs *in,
                         const struct measurement *m)
{
    return !job->expect ||
           (strlen(job->expect) == 2 * m->size && memcmp(m->digest, in->expect, m->size) == 0);
}

/* Keys that sign the digest; --author-key needs the other. */
int measure_take_keys(const struct measure_job *job, struct measure_inputs *in, struct failure *f)
{
    if (job->id_key && !(in->id_key = p384_read(job->id_key, f)))
        return -1;
    return job->author_key && !(in->author_key = p384_read(job->author_key, f)) ? -1 : 0;
}

int measure_inputs_read(const struct measure_job *job, struct measure_inputs *in, struct failure *f)
{
    if (job->image_digest) {
        in->guest.image_digest = in->image_digest;
        if (take_hex("image-digest", job->image_digest, SHA384_SIZE, in->image_digest, f) != 0)
            return -1;
    }
    if (check_image(in, f) != 0)
        return -1;
    if (measure_take_expected(job, in, f) != 0 || take_svsm(job, in, f) != 0 ||
        take_kernel(job, in, f) != 0)
        return -1;
    return measure_take_keys(job, in, f);
}

void measure_inputs_free(struct measure_inputs *in)
{
    free(in->image_data);
    free(in->svsm_data);
    p384_free(in->id_key);
    p384_free(in->author_key);
}

int measure_check_id_block(const struct command *me, const struct measure_job *job, bool has_one)
{
    if (job->id_key && !has_one)
        return usage_error(me, "--id-key: there is no ID block with %s", job->mode);
    if (job->author_key && !job->id_key)
        return usage_error(me, "--author-key needs --id-key");
    if (job->policy != MEASURE_UNSET && !job->id_key)
        return usage_error(me, "--policy needs --id-key");
    return STATUS_YES;
}
