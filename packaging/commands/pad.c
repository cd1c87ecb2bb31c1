/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "outputs/file.h"

enum { KEY_BUCKET = 'b', KEY_FILL = 'f', KEY_IDS = 'i', KEY_OUTPUT = 'o' };

/* A ROM that is all wrong would otherwise fill the screen; inspect shows all. */
#define ERRORS_SHOWN 8

static const struct option_spec options[] = {
    {KEY_BUCKET, "bucket", "SIZE", "pad to SIZE bytes: a power of two from 2K on"},
    {KEY_FILL, "fill", "BYTE", "pad with BYTE, 0 to 255 or 0x0 to 0xff (default 0xff)"},
    {KEY_IDS, "ids", "VVVV:DDDD",
     "write this vendor and device (hexadecimal) into every image\n"
     "and mend the checksums"},
    {KEY_OUTPUT, "output", "OUT", "write to OUT, which may be IN"},
    {0},
};

extern const struct command pad_command;

struct job {
    const char *in, *out;
    uint64_t bucket;
    uint8_t fill;
    bool has_bucket, has_ids;
    uint16_t vendor, device;
};

static bool parse_ids(const char *text, uint16_t *vendor, uint16_t *device)
{
    if (strlen(text) != 9 || text[4] != ':' || strspn(text, "0123456789abcdefABCDEF") != 4 ||
        strspn(text + 5, "0123456789abcdefABCDEF") != 4)
        return false;
    *vendor = (uint16_t)strtoul(text, NULL, 16);
    *device = (uint16_t)strtoul(text + 5, NULL, 16);
    return true;
}

/* 0, or STATUS_NO_ANSWER after a report. */
static int take_option(struct job *job, int key, const char *value)
{
    unsigned long long size;
    uint64_t fill;

    switch (key) {
    case KEY_BUCKET:
        if (size_option(&pad_command, "--bucket", value, &size) != 0)
            return STATUS_NO_ANSWER;
        if (!is_bucket(size) || size > ROM_FILE_MAX)
            return usage_error(&pad_command,
                               "--bucket: '%s' is no bucket (expected a power of two from %" PRIu64
                               " to %zu)",
                               value, BUCKET_MIN, ROM_FILE_MAX);
        job->bucket = size;
        job->has_bucket = true;
        return 0;
    case KEY_FILL:
        if (!size_parse(value, &fill) || fill > 0xff)
            return usage_error(&pad_command,
                               "--fill: '%s' is no byte (expected 0 to 255 or 0x0 to 0xff)", value);
        job->fill = (uint8_t)fill;
        return 0;
    case KEY_IDS:
        if (!parse_ids(value, &job->vendor, &job->device))
            return usage_error(
                &pad_command,
                "--ids: '%s' is no pair of ids (expected VVVV:DDDD in hexadecimal, as 1af4:1000)",
                value);
        job->has_ids = true;
        return 0;
    default:
        job->out = value;
        return 0;
    }
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
        fail_cure(&f, "'romcompat inspect' shows all that is wrong with it.");
    else if (answer == OPTROM_PAD_CHAIN_TOO_LONG)
        fail_cure(&f, "The smallest bucket for it is %" PRIu64 ".", rom->chain_bucket);
    else if (answer == OPTROM_PAD_WOULD_CUT_DATA)
        fail_cure(&f, "A bucket of %" PRIu64 " holds the whole file.",
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
    if (job->has_ids && (status = set_ids(job, data, rom)) != STATUS_YES)
        return status;
    uint8_t *padded = xmalloc((size_t)job->bucket);
    answer = optrom_pad(data, rom, padded, (size_t)job->bucket, job->fill);
    if (answer != OPTROM_PAD_FITS)
        status = refuse(job, answer, rom);
    else if (write_public_file(job->out, padded, (size_t)job->bucket, &f) != 0)
        status = report(&f);
    free(padded);
    return status;
}

static int run(int argc, char **argv)
{
    struct option_reader r;
    struct job job = {.fill = 0xff};
    struct failure f = {0};
    const char *value;
    struct optrom rom;
    uint8_t *data;
    size_t size;
    int key;

    option_reader_init(&r, &pad_command, argc, argv);
    while ((key = next_option(&r, &value)) != OPTION_END) {
        if (key < 0)
            return option_status(key);
        if (take_option(&job, key, value) != 0)
            return STATUS_NO_ANSWER;
    }
    if (argc - r.first != 1)
        return usage_error(&pad_command, "one ROM at a time (found %d operands)", argc - r.first);
    if (!job.has_bucket)
        return usage_error(&pad_command, "--bucket is missing");
    if (!job.out)
        return usage_error(&pad_command, "-o is missing");
    job.in = argv[r.first];

    if (read_file(job.in, ROM_FILE_MAX, &data, &size, &f) != 0)
        return report(&f);
    if (optrom_read(data, size, &rom) != 0) {
        free(data);
        return complain("%s: out of memory", job.in);
    }
    int status = pad(&job, data, &rom);
    optrom_free(&rom);
    free(data);
    return status;
}

const struct command pad_command = {
    .name = "pad",
    .summary = "pad a ROM file to its bucket",
    .synopsis = "--bucket SIZE [--fill BYTE] [--ids VVVV:DDDD] IN -o OUT",
    .details =
        "Appends fill bytes to the ROM file IN until it is SIZE bytes long, and changes no\n"
        "other byte. Nothing is cut off but padding of 00 or FF that is there already. A ROM\n"
        "with errors is refused, and one whose image chain does not fit SIZE.\n"
        "\n"
        "QEMU runs a default ROM under whatever ids the device has, but a ROM that was set by\n"
        "romfile= only if vendor and device in it are the device's own; --ids makes them so.\n"
        "\n"
        "OUT appears whole or not at all.",
    .options = options,
    .run = run,
};
