/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "outputs/file.h"
#include "romset/efi_image.h"

extern const struct command extract_command;

struct job {
    const char *output;
};

static const struct option_spec options[] = {
    {"output", 'o', "FILE", "write to FILE; - is standard output", STRING_AT(struct job, output),
     .required = true},
    {0},
};

#define NO_NUMBER SIZE_MAX

/* ROM:N, or ROM; a file whose name ends so is meant before a number is. */
static char *split(const char *operand, size_t *number)
{
    const char *colon = strrchr(operand, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

    *number = NO_NUMBER;
    if (!digits || digits > 4 || colon[1 + digits])
        return xstrdup(operand);
    *number = strtoul(colon + 1, NULL, 10);
    return xstrndup(operand, (size_t)(colon - operand));
}

/* The only EFI image, where no number says which is meant. */
static int choose(const char *path, const struct optrom *rom, size_t *number)
{
    size_t found = 0;

    if (*number != NO_NUMBER && *number >= rom->image_count) {
        complain("%s: there is no image %zu (found %zu image%s, counted from 0)", path, *number,
                 rom->image_count, PLURAL(rom->image_count));
        return STATUS_NO;
    }
    for (size_t i = 0; i < rom->image_count && *number == NO_NUMBER; i++)
        found += rom->images[i].code_type == OPTROM_EFI;
    if (*number != NO_NUMBER)
        return STATUS_YES;
    if (found != 1) {
        if (found)
            complain("%s: %zu EFI images in it; %s:N says which image is meant, counted from 0",
                     path, found, path);
        else
            complain(
                "%s: no EFI image in it (found %zu of other kinds); %s:N says which of them is "
                "meant, counted from 0",
                path, rom->image_count, path);
        return STATUS_NO;
    }
    for (*number = 0; rom->images[*number].code_type != OPTROM_EFI;)
        ++*number;
    return STATUS_YES;
}

/* What is wrong with image `number`, or, where there is none, with the file. */
static int complain_of(const char *path, const struct optrom *rom, size_t number)
{
    char text[OPTROM_DEFECT_TEXT_MAX];

    for (size_t i = 0; i < rom->defect_count; i++)
        if (rom->defects[i].grade == OPTROM_ERROR &&
            (rom->defects[i].image == number || rom->image_count == 0))
            return complain("%s: %s", path,
                            optrom_defect_text(&rom->defects[i], text, sizeof text));
    return STATUS_YES;
}

/* An image with an error, or one of a chain that could not be read to its end, has lengths that
 * mean nothing. */
static int check_image(const char *path, const struct optrom *rom, size_t number)
{
    int status = complain_of(path, rom, number);

    if (status == STATUS_YES && !rom->images[number].inside_file)
        return complain("%s: image %zu ends past the end of the file", path, number);
    return status;
}

static int extract(const struct job *job, const char *path, const uint8_t *data,
                   const struct optrom *rom, size_t number)
{
    int status = rom->image_count == 0 ? complain_of(path, rom, number) : STATUS_YES;
    struct failure f = {0};
    size_t size;

    if (status != STATUS_YES || (status = choose(path, rom, &number)) != STATUS_YES ||
        (status = check_image(path, rom, number)) != STATUS_YES)
        return status;
    const struct optrom_image *image = &rom->images[number];
    if (image->code_type != OPTROM_EFI)
        return write_output(job->output, data + image->offset, image->length, 0644, &f) != 0
                   ? report(&f)
                   : STATUS_YES;
    char *name = xasprintf("%s: image %zu", path, number);
    uint8_t *payload = NULL;
    int result = efi_image_payload(name, data, image, &payload, &size, &f);
    if (result == 0)
        result = write_output(job->output, payload, size, 0644, &f);
    free(payload);
    free(name);
    return result != 0 ? report(&f) : STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct failure f = {0};
    struct optrom rom;
    uint8_t *data;
    size_t size, number;
    int status;

    (void)count;
    char *path = split(operands[0], &number);
    if (read_file(path, ROM_FILE_MAX, &data, &size, &f) != 0) {
        status = report(&f);
    } else if (optrom_read(data, size, &rom) != 0) {
        status = complain("%s: out of memory", path);
        free(data);
    } else {
        status = extract(job, path, data, &rom, number);
        optrom_free(&rom);
        free(data);
    }
    free(path);
    return finish_output(status);
}

const struct command extract_command = {
    .name = "extract",
    .summary = "write an image of a ROM to a file, decompressed",
    .synopsis = "ROM[:N] -o FILE",
    .details =
        "Of an EFI image, the decompressed PE file in it is written; of any other, all its bytes.\n"
        "N counts the images from 0, as inspect shows them. The default is the only EFI image.",
    .options = options,
    .settings_size = sizeof(struct job),
    ONE_OPERAND("a ROM"),
    .run = run,
};
