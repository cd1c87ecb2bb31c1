/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an option ROM. A ROM without errors is then padded to its bucket and
 * given other ids, and must read as the same ROM afterwards.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/option_rom.h"
#include "target.h"

static void must(bool condition)
{
    if (!condition)
        abort();
}

static bool inside(const struct optrom_text *text, const uint8_t *data, size_t size)
{
    const uint8_t *start = (const uint8_t *)text->text;

    return !start ||
           (start >= data && start <= data + size && text->length <= (size_t)(data + size - start));
}

static void check_images(const uint8_t *data, const struct optrom *rom)
{
    for (size_t i = 0; i < rom->image_count; i++) {
        const struct optrom_image *image = &rom->images[i];

        must(image->offset < rom->size);
        must(!image->inside_file || image->length <= rom->size - image->offset);
        must(image->code_type_name != NULL);
        must(i == 0 || image->offset >= rom->images[i - 1].offset + rom->images[i - 1].length);
        for (size_t k = 0; k < image->pnp_count && k < OPTROM_PNP_MAX; k++) {
            must(inside(&image->pnp[k].manufacturer, data, rom->size));
            must(inside(&image->pnp[k].product, data, rom->size));
        }
    }
}

static void check(const uint8_t *data, const struct optrom *rom)
{
    char text[OPTROM_DEFECT_TEXT_MAX], tiny[5], fill[OPTROM_FILL_TEXT_MAX];
    size_t errors = 0;

    must(rom->chain_end <= rom->size);
    must(strlen(optrom_fill_text(rom, fill)) < sizeof fill);
    must(rom->padding_length == rom->size - rom->chain_end);
    must(rom->chain_bucket >= rom->chain_end && rom->chain_bucket >= 2048);
    must(rom->size == 0 || (rom->bucket >= rom->size && rom->bucket < 2 * rom->size));
    must(rom->headroom == rom->bucket - rom->chain_end);
    must(rom->image_count <= OPTROM_IMAGES_MAX && rom->defect_count <= OPTROM_DEFECTS_MAX);
    must(rom->image_count != 0 || rom->error_count != 0);
    for (size_t i = 0; i < rom->defect_count; i++) {
        const struct optrom_defect *d = &rom->defects[i];

        errors += strcmp(optrom_grade_name(d->grade), "error") == 0;
        must(d->image == OPTROM_NO_IMAGE || d->image <= rom->image_count);
        /* Whole: no text is cut, whatever the numbers are. */
        must(strlen(optrom_defect_text(d, text, sizeof text)) < sizeof text - 1);
        must(strlen(optrom_defect_text(d, tiny, sizeof tiny)) == sizeof tiny - 1);
    }
    must(errors <= rom->error_count);
    must(rom->defect_count == OPTROM_DEFECTS_MAX || errors == rom->error_count);
    check_images(data, rom);
}

static void must_be_same_images(const struct optrom *a, const struct optrom *b)
{
    must(a->image_count == b->image_count && a->chain_end == b->chain_end);
    must(b->error_count == 0);
    for (size_t i = 0; i < a->image_count; i++) {
        must(a->images[i].offset == b->images[i].offset);
        must(a->images[i].length == b->images[i].length);
        must(a->images[i].code_type == b->images[i].code_type);
        must(a->images[i].checksum == b->images[i].checksum);
    }
}

static void pad_and_read_again(const uint8_t *data, const struct optrom *rom)
{
    size_t bucket = rom->bucket < 2048 ? 2048 : (size_t)rom->bucket;
    uint8_t *padded = malloc(bucket);
    struct optrom again;

    if (!padded)
        return;
    must(optrom_pad_check(data, rom, bucket) == OPTROM_PAD_FITS);
    enum optrom_pad_answer answer = optrom_pad(data, rom, padded, bucket, 0xff);
    must(memcmp(padded, data, rom->size) == 0);
    /* Only data behind the chain can be completed to an image. */
    must(answer != OPTROM_PAD_WOULD_CHANGE || rom->warning_count != 0 ||
         rom->images[0].code_type == OPTROM_NO_PCIR);
    if (answer == OPTROM_PAD_FITS && optrom_read(padded, bucket, &again) == 0) {
        must_be_same_images(rom, &again);
        optrom_free(&again);
    }
    free(padded);
}

/* A smaller bucket, one that is none, and the words for each answer. */
static void pad_to_less(const uint8_t *data, const struct optrom *rom)
{
    uint64_t buckets[] = {rom->bucket / 2, rom->chain_bucket, rom->size, UINT64_MAX};
    char text[OPTROM_PAD_TEXT_MAX];

    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        enum optrom_pad_answer answer = optrom_pad_check(data, rom, buckets[i]);

        must(strlen(optrom_pad_text(answer, rom, buckets[i], text, sizeof text)) > 0);
        must(strlen(text) < sizeof text - 1);
        must(answer != OPTROM_PAD_FITS || rom->chain_end <= buckets[i]);
    }
}

static void end_elsewhere(const uint8_t *data, const struct optrom *rom)
{
    uint8_t *copy = malloc(rom->size);

    if (!copy)
        return;
    memcpy(copy, data, rom->size);
    for (size_t i = 0; i < rom->image_count; i++)
        if (rom->images[i].has_pcir)
            optrom_set_last(copy, &rom->images[i], i == 0);
    free(copy);
}

static void renumber_and_read_again(const uint8_t *data, const struct optrom *rom)
{
    uint8_t *copy = malloc(rom->size);
    struct optrom again;

    if (!copy)
        return;
    memcpy(copy, data, rom->size);
    enum optrom_ids_answer answer = optrom_set_ids(copy, rom, 0x1af4, 0x1000);
    if (answer != OPTROM_IDS_SET) {
        must(memcmp(copy, data, rom->size) == 0);
    } else if (optrom_read(copy, rom->size, &again) == 0) {
        must_be_same_images(rom, &again);
        for (size_t i = 0; i < again.image_count; i++)
            must(!again.images[i].has_pcir ||
                 (again.images[i].vendor == 0x1af4 && again.images[i].device == 0x1000));
        optrom_free(&again);
    }
    free(copy);
}

int try_input(const uint8_t *data, size_t size)
{
    struct optrom rom;

    if (optrom_read(data, size, &rom) != 0)
        return 0;
    check(data, &rom);
    must(optrom_find(data, size) <= size);
    optrom_looks_like(data, size);
    pad_to_less(data, &rom);
    if (rom.error_count == 0) {
        pad_and_read_again(data, &rom);
        renumber_and_read_again(data, &rom);
        end_elsewhere(data, &rom);
    }
    optrom_free(&rom);
    return 0;
}
