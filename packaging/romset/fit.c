/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/fit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "romset/efi_image.h"
#include "romset/image_chain.h"

struct fitting {
    const char *name;
    const uint8_t *data;
    struct optrom rom;
    const struct fit_options *options;
    struct image_chain chain;
    bool *stays; /* one an image */
    size_t payloads;
    struct fitted *fitted;
    struct failure *f;
};

static int refuse(struct fitting *t, const char *why)
{
    fail(t->f, "%s: not fitted: %s", t->name, why);
    return FIT_REFUSED;
}

static const char legacy[] = "legacy";

bool fit_can_drop(const char *word)
{
    return strcmp(word, legacy) == 0 || optrom_knows_machine(word);
}

static bool is_dropped(const struct fitting *t, const struct optrom_image *image)
{
    const char *kind = image->code_type == OPTROM_LEGACY ? legacy
                       : image->code_type == OPTROM_EFI  ? image->efi.machine_name
                                                         : "";

    for (size_t i = 0; i < t->options->drop_count; i++)
        if (strcmp(t->options->drop[i], kind) == 0)
            return true;
    return false;
}

static const struct optrom_image *first_kept(const struct fitting *t)
{
    for (size_t i = 0; i < t->rom.image_count; i++)
        if (t->stays[i])
            return &t->rom.images[i];
    return NULL;
}

static int choose_images(struct fitting *t)
{
    t->stays = xcalloc(t->rom.image_count + 1, sizeof *t->stays);
    for (size_t i = 0; i < t->rom.image_count; i++) {
        t->stays[i] = !is_dropped(t, &t->rom.images[i]);
        t->fitted->dropped += !t->stays[i];
    }
    const struct optrom_image *first = first_kept(t);
    if (!first)
        return refuse(t, "no image would be left");
    if (t->fitted->dropped && first->code_type == OPTROM_EFI) {
        chain_add_ids(&t->chain,
                      &(struct image_ids){first->vendor, first->device, first->class_code});
        t->fitted->added_ids = true;
    }
    return 0;
}

static int add_efi(struct fitting *t, const struct optrom_image *image, size_t index)
{
    size_t here = efi_image_payload_size(image);
    efi_kept kept = NULL;

    if (here > FIT_PAYLOADS_MAX - t->payloads)
        return fail(t->f,
                    "%s: too much to compress (found more than %zu bytes of EFI images, "
                    "limit %zu)",
                    t->name, FIT_PAYLOADS_MAX, FIT_PAYLOADS_MAX);
    t->payloads += here;
    char *name = xasprintf("%s: image %zu", t->name, index);
    int result = efi_image_add(&t->chain, name, t->data, image, &kept, t->f);
    free(name);
    t->fitted->efi_count++;
    t->fitted->packed += !kept;
    if (kept)
        t->fitted->kept = kept;
    return result;
}

static int add_images(struct fitting *t)
{
    for (size_t i = 0; i < t->rom.image_count; i++) {
        const struct optrom_image *image = &t->rom.images[i];

        if (!t->stays[i])
            continue;
        if (image->code_type != OPTROM_EFI)
            chain_add(&t->chain, t->data, image);
        else if (add_efi(t, image, i) < 0)
            return -1;
    }
    return 0;
}

/* --- what came out ------------------------------------------------------------------- */

/* A legacy image may have lost or got its last bit, with byte 6 or the last one fixed. */
static bool same_image(const struct fitting *t, const struct optrom_image *was,
                       const uint8_t *bytes, const struct optrom_image *is)
{
    size_t different = 0;

    if (was->length != is->length || was->checksum != is->checksum)
        return false;
    for (size_t i = 0; i < was->length; i++)
        different += t->data[was->offset + i] != bytes[is->offset + i];
    return different <= (was->last != is->last ? 2 : 0);
}

static bool same_payload(const struct fitting *t, const struct optrom_image *was,
                         const uint8_t *bytes, const struct optrom_image *is)
{
    uint8_t *a = NULL, *b = NULL;
    size_t a_size, b_size;
    bool same = efi_image_payload(t->name, t->data, was, &a, &a_size, t->f) == 0 &&
                efi_image_payload(t->name, bytes, is, &b, &b_size, t->f) == 0 && a_size == b_size &&
                memcmp(a, b, a_size) == 0;

    free(a);
    free(b);
    return same && was->efi.machine == is->efi.machine && was->efi.subsystem == is->efi.subsystem;
}

static bool same_images(const struct fitting *t, const uint8_t *bytes, const struct optrom *now)
{
    size_t k = t->fitted->added_ids;

    for (size_t i = 0; i < t->rom.image_count; i++) {
        const struct optrom_image *was = &t->rom.images[i];

        if (!t->stays[i])
            continue;
        if (k == now->image_count || was->code_type != now->images[k].code_type ||
            was->vendor != now->images[k].vendor || was->device != now->images[k].device)
            return false;
        if (was->code_type == OPTROM_EFI ? !same_payload(t, was, bytes, &now->images[k])
                                         : !same_image(t, was, bytes, &now->images[k]))
            return false;
        k++;
    }
    return k == now->image_count;
}

/* The ROM is read as firmware will read it, and compared with what it was made of. */
static int check_result(struct fitting *t, const uint8_t *bytes, size_t size)
{
    struct optrom now;

    if (optrom_read(bytes, size, &now) != 0)
        give_up("out of memory");
    bool same = now.error_count == 0 && now.chain_end == t->fitted->chain_after &&
                same_images(t, bytes, &now);
    optrom_free(&now);
    if (!same)
        return fail(t->f, "%s: the fitted ROM cannot be read back as the one it was made from",
                    t->name);
    return 0;
}

static int too_long(struct fitting *t)
{
    struct fitted *out = t->fitted;
    char bucket[SIZE_TEXT_MAX];
    uint64_t over = out->chain_after - t->options->bucket;

    fail(t->f,
         "%s: does not fit %s: compressed, the image chain has %zu bytes, %" PRIu64 " too many",
         t->name, size_format(t->options->bucket, bucket), out->chain_after, over);
    return FIT_REFUSED;
}

static int finish(struct fitting *t)
{
    struct fitted *out = t->fitted;

    out->chain_after = t->chain.size;
    if (t->options->bucket && out->chain_after > t->options->bucket)
        return too_long(t);
    out->bytes = chain_end(&t->chain, t->options->bucket, &out->chain_after, &out->size);
    out->bucket_after = power_of_two_ceiling(out->size);
    return check_result(t, out->bytes, out->size);
}

/* --- what goes in -------------------------------------------------------------------- */

/* An ISA ROM is all that there is: nothing in it can be compressed. */
static bool is_isa(const struct optrom *rom)
{
    return rom->image_count == 1 && !rom->images[0].has_pcir;
}

static int check_input(struct fitting *t)
{
    const struct optrom *rom = &t->rom;
    char text[OPTROM_DEFECT_TEXT_MAX];

    for (size_t i = 0; i < rom->defect_count; i++) {
        if (rom->defects[i].grade == OPTROM_ERROR)
            return refuse(t, optrom_defect_text(&rom->defects[i], text, sizeof text));
        t->fitted->marked_last |= rom->defects[i].kind == OPTROM_LAST_MISSING;
    }
    if (rom->fill == OPTROM_FILL_MIXED ||
        (rom->fill == OPTROM_FILL_UNIFORM && rom->fill_byte != 0 && rom->fill_byte != 0xff))
        return refuse(t, "what follows its last image is data, not padding");
    if (is_isa(rom))
        return 0;
    for (size_t i = 0; i < rom->image_count; i++)
        if (!image_stands_alone(&rom->images[i]))
            return refuse(t, "its images overlap");
    return 0;
}

static int copy_as_it_is(struct fitting *t)
{
    struct image_chain *chain = &t->chain;

    t->stays = xcalloc(2, sizeof *t->stays);
    t->stays[0] = true;
    chain->bytes = xmalloc(t->rom.chain_end);
    memcpy(chain->bytes, t->data, t->rom.chain_end);
    chain->size = t->rom.chain_end;
    return 0;
}

static int fit(struct fitting *t)
{
    int result = check_input(t);

    if (result == 0 && is_isa(&t->rom))
        result = copy_as_it_is(t);
    else if (result == 0 && (result = choose_images(t)) == 0)
        result = add_images(t);
    return result == 0 ? finish(t) : result;
}

int fit_rom(const char *name, const uint8_t *data, size_t size, const struct fit_options *options,
            struct fitted *fitted, struct failure *f)
{
    struct fitting t = {.name = name, .data = data, .options = options, .fitted = fitted, .f = f};

    *fitted = (struct fitted){0};
    if (optrom_read(data, size, &t.rom) != 0)
        give_up("out of memory");
    fitted->chain_before = t.rom.chain_end;
    fitted->bucket_before = t.rom.bucket;
    int result = fit(&t);
    optrom_free(&t.rom);
    free(t.chain.bytes);
    free(t.stays);
    if (result != 0) {
        free(fitted->bytes);
        fitted->bytes = NULL;
    }
    return result;
}
