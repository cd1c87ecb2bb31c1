/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/rom_ids.h"
#include "inputs/file.h"
#include "outputs/file.h"
#include "romset/combine.h"

extern const struct command combine_command;

struct job {
    const char *id, *output;
    uint64_t bucket;
};

static const struct option_spec options[] = {
    {"id", 'i', "VVVV:DDDD",
     "the device that all images are for (hexadecimal; default: that of\n"
     "the ROMs among the parts)",
     STRING_AT(struct job, id)},
    {"bucket", 'b', "SIZE", "what it must fit: pad to SIZE bytes, a power of two from 2K on",
     SIZE_AT(struct job, bucket)},
    {"output", 'o', "OUT", "write to OUT; - is standard output", STRING_AT(struct job, output),
     .required = true},
    {0},
};

/* FILE:legacy, FILE:efi, FILE:all, or FILE. The path in *path is the caller's to free. */
static enum combine_choice split(const char *operand, char **path)
{
    static const struct {
        const char *end;
        enum combine_choice choice;
    } ends[] = {{":all", COMBINE_ALL}, {":legacy", COMBINE_LEGACY}, {":efi", COMBINE_EFI}};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (!ends_with(operand, ends[i].end))
            continue;
        *path = xstrndup(operand, strlen(operand) - strlen(ends[i].end));
        return ends[i].choice;
    }
    *path = xstrdup(operand);
    return COMBINE_ALL;
}

static int read_parts(char **operands, size_t count, struct combine_part *parts)
{
    struct failure f = {0};

    for (size_t i = 0; i < count; i++) {
        char *path;
        uint8_t *bytes;

        parts[i].choice = split(operands[i], &path);
        parts[i].path = path;
        if (read_file(path, ROM_FILE_MAX, &bytes, &parts[i].size, &f) != 0)
            return report(&f);
        parts[i].bytes = bytes;
    }
    return STATUS_YES;
}

static void free_parts(struct combine_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)parts[i].path);
        free((void *)parts[i].bytes);
    }
    free(parts);
}

static void print_table(const struct combined *combined)
{
    char bucket[SIZE_TEXT_MAX];
    struct columns c;

    columns_init(&c, "lrrl", "image", "bytes", "share", "from", NULL);
    for (size_t i = 0; i < combined->count; i++) {
        const struct combined_image *image = &combined->images[i];

        columns_add(&c, "%s", image->kind);
        columns_add(&c, "%zu", image->length);
        columns_add(&c, "%.1f %%", 100.0 * (double)image->length / (double)combined->chain_end);
        columns_add(&c, "%s", image->path ? image->path : "-");
    }
    columns_add(&c, "together");
    columns_add(&c, "%zu", combined->chain_end);
    columns_add(&c, "-");
    columns_add(&c, "bucket %s", size_format(power_of_two_ceiling(combined->size), bucket));
    columns_print(&c, 0);
}

static int write_combined(const struct job *job, const struct combined *combined)
{
    struct failure f = {0};

    if (is_stdout(job->output))
        return write_output(job->output, combined->bytes, combined->size, 0644, &f) != 0
                   ? report(&f)
                   : STATUS_YES;
    if (write_public_file(job->output, combined->bytes, combined->size, &f) != 0)
        return report(&f);
    print_table(combined);
    return STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct combine_options wanted = {.has_ids = job->id, .bucket = job->bucket};
    struct combined combined;
    struct failure f = {0};

    if (job->bucket && check_bucket(&combine_command, job->bucket) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (job->id && !parse_ids(job->id, &wanted.vendor, &wanted.device))
        return usage_error(&combine_command, "--id: " IDS_ARE_WRONG, job->id);
    struct combine_part *parts = xcalloc(count, sizeof *parts);
    int status = read_parts(operands, count, parts);
    if (status == STATUS_YES) {
        int result = combine(parts, count, &wanted, &combined, &f);

        if (result == 0) {
            status = write_combined(job, &combined);
            combined_free(&combined);
        } else {
            report(&f);
            status = result == COMBINE_REFUSED ? STATUS_NO : STATUS_NO_ANSWER;
        }
    }
    free_parts(parts, count);
    return finish_output(status);
}

const struct command combine_command = {
    .name = "combine",
    .summary = "make one ROM from the images of several",
    .synopsis = "[--id VVVV:DDDD] [--bucket SIZE] -o OUT PART...",
    .details =
        "PART is a ROM, or an EFI driver as a PE file. From a ROM PART:legacy takes the images\n"
        "that are not for EFI, PART:efi those that are, PART:all (the default) all of them.\n"
        "\n"
        "Legacy images come first, or one of 512 bytes with the ids if there is none. Then come\n"
        "the EFI images, compressed as by fit. All get the same vendor and device. A second image\n"
        "for one architecture is refused, because firmware runs only the first.\n"
        "\n"
        "OUT appears whole or not at all.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a PART",
    .least = 1,
    .most = COMBINE_PARTS_MAX,
    .run = run,
};
