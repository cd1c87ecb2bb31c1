/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/rom_ids.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "outputs/file.h"

/* A ROM that is all wrong would otherwise fill the screen; inspect shows all. */
#define ERRORS_SHOWN 8

extern const struct command pad_command;

struct job {
    const char *in, *out, *ids;
    uint64_t bucket;
    unsigned fill;
    uint16_t vendor, device;
};

static const struct option_spec options[] = {
    {"bucket", 'b', "SIZE", "pad to SIZE bytes: a power of two from 2K on",
     SIZE_AT(struct job, bucket), .required = true},
    {"fill", 'f', "BYTE", "pad with BYTE, 0 to 255 or 0x0 to 0xff (default 0xff)",
     NUMBER_AT(struct job, fill), .most = 0xff},
    {"ids", 'i', "VVVV:DDDD",
     "write this vendor and device (hexadecimal) into every image\n"
     "and fix the checksums",
     STRING_AT(struct job, ids)},
    {"output", 'o', "OUT", "write to OUT, which may be IN; - is standard output",
     STRING_AT(struct job, out), .required = true},
    {0},
};

static const struct job defaults = {.fill = 0xff};

/* STATUS_YES, or STATUS_NO_ANSWER after a report. */
static int check_usage(struct job *job)
{
    if (check_bucket(&pad_command, job->bucket) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (job->ids && !parse_ids(job->ids, &job->vendor, &job->device))
        return usage_error(&pad_command, "--ids: " IDS_ARE_WRONG, job->ids);
    return STATUS_YES;
}

static int refuse(const struct job *job, enum optrom_pad_answer answer, const struct optrom *rom)
{
    char text[OPTROM_DEFECT_TEXT_MAX > OPTROM_PAD_TEXT_MAX ? OPTROM_DEFECT_TEXT_MAX
                                                           : OPTROM_PAD_TEXT_MAX];
    struct failure f = {0};
    size_t shown = 0;

    for (size_t i = 0; i < rom->defect_count && answer == OPTROM_PAD_ROM_HAS_ERRORS; i++) {
        if (rom->defects[i].grade == OPTROM_ERROR && shown++ < ERRORS_SHOWN)
            complain("%s: %s", job->in, optrom_defect_text(&rom->defects[i], text, sizeof text));
    }
    fail(&f, "%s: not padded: %s", job->in,
         optrom_pad_text(answer, rom, job->bucket, text, sizeof text));
    if (answer == OPTROM_PAD_ROM_HAS_ERRORS)
        fail_hint(&f, "'romcompat inspect' shows all that is wrong with it.");
    else if (answer == OPTROM_PAD_CHAIN_TOO_LONG)
        fail_hint(&f, "The smallest bucket for it is %" PRIu64 ".", rom->chain_bucket);
    else if (answer == OPTROM_PAD_WOULD_CUT_DATA)
        fail_hint(&f, "A bucket of %" PRIu64 " holds the whole file.",
                  rom->bucket < BUCKET_MIN ? BUCKET_MIN : rom->bucket);
    report(&f);
    return answer == OPTROM_PAD_NO_MEMORY ? STATUS_NO_ANSWER : STATUS_NO;
}

static int set_ids(const struct job *job, uint8_t *data, const struct optrom *rom)
{
    switch (optrom_set_ids(data, rom, job->vendor, job->device)) {
    case OPTROM_IDS_SET:
        return STATUS_YES;
    case OPTROM_IDS_NO_PCIR:
        complain("%s: not padded: the ROM has no PCIR, so there is no place for ids", job->in);
        return STATUS_NO;
    case OPTROM_IDS_WOULD_BREAK:
        complain("%s: not padded: structures in the ROM share bytes, so other ids would break it",
                 job->in);
        return STATUS_NO;
    case OPTROM_IDS_NO_MEMORY:
        break;
    }
    return complain("%s: out of memory", job->in);
}

static int pad(const struct job *job, uint8_t *data, const struct optrom *rom)
{
    enum optrom_pad_answer answer = optrom_pad_check(data, rom, job->bucket);
    struct failure f = {0};
    int status = STATUS_YES;

    if (answer != OPTROM_PAD_FITS)
        return refuse(job, answer, rom);
    if (job->ids && (status = set_ids(job, data, rom)) != STATUS_YES)
        return status;
    uint8_t *padded = xmalloc((size_t)job->bucket);
    answer = optrom_pad(data, rom, padded, (size_t)job->bucket, (uint8_t)job->fill);
    if (answer != OPTROM_PAD_FITS)
        status = refuse(job, answer, rom);
    else if ((is_stdout(job->out)
                  ? write_output(job->out, padded, (size_t)job->bucket, 0644, &f)
                  : write_public_file(job->out, padded, (size_t)job->bucket, &f)) != 0)
        status = report(&f);
    free(padded);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *job = settings;
    struct failure f = {0};
    struct optrom rom;
    uint8_t *data;
    size_t size;

    (void)count;
    job->in = operands[0];
    if (check_usage(job) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (read_file(job->in, ROM_FILE_MAX, &data, &size, &f) != 0)
        return report(&f);
    if (optrom_read(data, size, &rom) != 0) {
        free(data);
        return complain("%s: out of memory", job->in);
    }
    int status = pad(job, data, &rom);
    optrom_free(&rom);
    free(data);
    return finish_output(status);
}

const struct command pad_command = {
    .name = "pad",
    .summary = "pad a ROM file to its bucket",
    .synopsis = "--bucket SIZE [--fill BYTE] [--ids VVVV:DDDD] IN -o OUT",
    .details =
        "Appends fill bytes to the ROM file IN until it is SIZE bytes long, and changes no\n"
        "other byte. Only existing padding of 00 or FF is cut off. A ROM with errors, and one\n"
        "whose image chain does not fit SIZE, is refused.\n"
        "\n"
        "QEMU writes the device's ids into a default ROM, but not into one that was set by\n"
        "romfile=, which firmware runs only if it has the device's own ids: see --ids.\n"
        "\n"
        "OUT appears whole or not at all.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    ONE_OPERAND("a ROM"),
    .run = run,
};
