/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/combine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "romset/efi_image.h"
#include "romset/fit.h"
#include "romset/image_chain.h"

#define CLASS_NETWORK 0x020000 /* where no part is a ROM; firmware does not look at it */

struct source {
    const struct combine_part *part;
    bool is_pe;
    struct optrom rom;       /* of a ROM */
    struct pe_driver driver; /* of a PE image */
};

struct combining {
    struct source *sources;
    size_t count;
    const struct combine_options *options;
    struct image_ids ids;
    struct image_chain chain;
    size_t payloads;
    struct combined *out;
    size_t capacity;
    struct failure *f;
};

/* --- what goes in ---------------------------------------------------------------------- */

static int check_rom(const struct source *s, struct failure *f)
{
    char text[OPTROM_DEFECT_TEXT_MAX];

    for (size_t i = 0; i < s->rom.defect_count; i++)
        if (s->rom.defects[i].grade == OPTROM_ERROR)
            return fail(f, "%s: %s", s->part->path,
                        optrom_defect_text(&s->rom.defects[i], text, sizeof text));
    for (size_t i = 0; i < s->rom.image_count; i++)
        if (!image_stands_alone(&s->rom.images[i]))
            return fail(f, "%s: image %zu has no PCIR in it, so it cannot be moved", s->part->path,
                        i);
    return 0;
}

static int read_source(struct source *s, const struct combine_part *part, struct failure *f)
{
    s->part = part;
    s->is_pe = looks_like_pe(part->bytes, part->size);
    if (s->is_pe && part->choice != COMBINE_ALL)
        return fail(f, "%s: a PE driver has no images to choose from", part->path);
    if (s->is_pe)
        return pe_driver_read(part->path, part->bytes, part->size, &s->driver, f);
    if (optrom_read(part->bytes, part->size, &s->rom) != 0)
        give_up("out of memory");
    return check_rom(s, f);
}

static bool is_chosen(const struct source *s, const struct optrom_image *image)
{
    return s->part->choice == COMBINE_ALL ||
           (image->code_type == OPTROM_EFI) == (s->part->choice == COMBINE_EFI);
}

/* One pair of ids for all: of the options, or what all ROMs have. */
static int choose_ids(struct combining *c)
{
    const struct source *first = NULL;

    c->ids = (struct image_ids){c->options->vendor, c->options->device, CLASS_NETWORK};
    for (size_t i = 0; i < c->count; i++) {
        const struct source *s = &c->sources[i];

        if (s->is_pe)
            continue;
        const struct optrom_image *image = &s->rom.images[0];
        if (!first) {
            first = s;
            c->ids.class_code = image->class_code;
        }
        if (c->options->has_ids)
            continue;
        if (first != s && (image->vendor != c->ids.vendor || image->device != c->ids.device)) {
            fail(c->f, "%s is for %04x:%04x, %s for %04x:%04x", first->part->path, c->ids.vendor,
                 c->ids.device, s->part->path, image->vendor, image->device);
            fail_hint(c->f, "--id says which the combined ROM is for.");
            return COMBINE_REFUSED;
        }
        c->ids.vendor = image->vendor;
        c->ids.device = image->device;
    }
    if (first || c->options->has_ids)
        return 0;
    return fail(c->f, "--id is needed: no part is a ROM that would say which device it is for");
}

/* --- what comes out --------------------------------------------------------------------- */

/* Keeps account of the image that the chain got last. */
static int account(struct combining *c, const char *path, const char *kind, size_t before)
{
    struct combined *out = c->out;

    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->images[i].kind, kind) != 0 || !path)
            continue;
        fail(c->f, "%s: a second image for %s: %s has one, and firmware runs only the first", path,
             kind, out->images[i].path);
        return COMBINE_REFUSED;
    }
    APPEND(out->images, out->count, c->capacity,
           (struct combined_image){path, kind, c->chain.size - before});
    return 0;
}

static int count_payload(struct combining *c, const char *path, size_t size)
{
    if (size > FIT_PAYLOADS_MAX - c->payloads)
        return fail(c->f, "%s: too much to compress (more than %zu bytes of EFI images)", path,
                    FIT_PAYLOADS_MAX);
    c->payloads += size;
    return 0;
}

static int add_efi(struct combining *c, const struct source *s, const struct optrom_image *image,
                   size_t index)
{
    size_t before = c->chain.size;
    efi_kept kept;

    if (count_payload(c, s->part->path, efi_image_payload_size(image)) < 0)
        return -1;
    char *name = xasprintf("%s: image %zu", s->part->path, index);
    int result = efi_image_add(&c->chain, name, s->part->bytes, image, &kept, c->f);
    free(name);
    return result < 0 ? -1 : account(c, s->part->path, image->efi.machine_name, before);
}

static int add_images(struct combining *c, const struct source *s, bool efi)
{
    int result = 0;

    for (size_t i = 0; i < s->rom.image_count && result == 0; i++) {
        const struct optrom_image *image = &s->rom.images[i];
        size_t before = c->chain.size;

        if (!is_chosen(s, image) || (image->code_type == OPTROM_EFI) != efi)
            continue;
        if (efi) {
            result = add_efi(c, s, image, i);
        } else {
            chain_add(&c->chain, s->part->bytes, image);
            result = account(c, s->part->path, image->code_type_name, before);
        }
    }
    return result;
}

static int add_driver(struct combining *c, const struct source *s)
{
    const char *kind = optrom_machine_name(s->driver.machine);
    size_t before = c->chain.size;

    if (!kind)
        return fail(c->f, "%s: an unknown machine type (found 0x%04x)", s->part->path,
                    s->driver.machine);
    if (count_payload(c, s->part->path, s->part->size) < 0 ||
        pe_driver_add(&c->chain, s->part->path, s->part->bytes, s->part->size, &c->ids, c->f) < 0)
        return -1;
    return account(c, s->part->path, kind, before);
}

/* Legacy images first, or what carries the ids; then EFI images in the order of the parts. */
static int add_all(struct combining *c)
{
    int result = 0;

    for (size_t i = 0; i < c->count && result == 0; i++)
        result = add_images(c, &c->sources[i], false);
    if (result == 0 && c->chain.count == 0) {
        chain_add_ids(&c->chain, &c->ids);
        result = account(c, NULL, "ids", 0);
    }
    size_t before = c->chain.count;
    for (size_t i = 0; i < c->count && result == 0; i++)
        result = c->sources[i].is_pe ? add_driver(c, &c->sources[i])
                                     : add_images(c, &c->sources[i], true);
    if (result == 0 && c->chain.count == before && c->out->images[0].path == NULL) {
        fail(c->f, "no image is chosen from any part");
        return COMBINE_REFUSED;
    }
    return result;
}

/* The same ids everywhere, and read as firmware will read it. */
static int check_result(struct combining *c)
{
    struct combined *out = c->out;
    struct optrom rom;
    int result = -1;

    if (optrom_read(out->bytes, out->size, &rom) != 0)
        give_up("out of memory");
    if (rom.error_count || rom.image_count != out->count || rom.chain_end != out->chain_end)
        fail(c->f, "the combined ROM cannot be read back as the images it was made from");
    else if (optrom_set_ids(out->bytes, &rom, c->ids.vendor, c->ids.device) != OPTROM_IDS_SET)
        fail(c->f, "structures in a part share bytes, so other ids would break it");
    else
        result = 0;
    optrom_free(&rom);
    return result;
}

static int finish(struct combining *c)
{
    struct combined *out = c->out;
    uint64_t bucket = c->options->bucket;
    char text[SIZE_TEXT_MAX];

    if (bucket && c->chain.size > bucket) {
        fail(c->f,
             "the combined ROM does not fit %s: its image chain has %zu bytes, %" PRIu64
             " too many",
             size_format(bucket, text), c->chain.size, c->chain.size - bucket);
        return COMBINE_REFUSED;
    }
    out->bytes = chain_end(&c->chain, bucket, &out->chain_end, &out->size);
    return check_result(c);
}

int combine(const struct combine_part *parts, size_t count, const struct combine_options *options,
            struct combined *combined, struct failure *f)
{
    struct combining c = {.options = options, .out = combined, .f = f};
    int result = 0;

    *combined = (struct combined){0};
    c.sources = xcalloc(count, sizeof *c.sources);
    for (; c.count < count && result == 0; c.count++)
        result = read_source(&c.sources[c.count], &parts[c.count], f);
    if (result == 0)
        result = choose_ids(&c);
    if (result == 0)
        result = add_all(&c);
    if (result == 0)
        result = finish(&c);
    for (size_t i = 0; i < c.count; i++)
        optrom_free(&c.sources[i].rom);
    free(c.sources);
    free(c.chain.bytes);
    if (result != 0)
        combined_free(combined);
    return result;
}

void combined_free(struct combined *combined)
{
    free(combined->bytes);
    free(combined->images);
    *combined = (struct combined){0};
}
