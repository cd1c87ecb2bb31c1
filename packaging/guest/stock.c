/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/stock.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "outputs/file.h"

static bool fits(int64_t size, uint64_t bucket)
{
    return size > 0 && (uint64_t)size <= bucket;
}

/* --- files that may be named ---------------------------------------------------------- */

/* "256k-efi-virtio.rom": the map's name, or the one that `romcompat build` gives. */
static char *compat_name(const struct stock_advice *a)
{
    char size[SIZE_TEXT_MAX];

    if (a->compat_file)
        return xstrdup(a->compat_file);
    size_format(a->bucket, size);
    for (char *c = size; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return xasprintf("%s-%s", size, a->rom);
}

/* "256k-efi-virtio.1af4-1000.rom": a name of its own, for a patched QEMU and other devices use
 * the compat ROM as it is. */
static char *copy_path(const struct stock_advice *a, const char *compat, const char *directory)
{
    const char *dot = strrchr(compat, '.');
    int length = dot && dot != compat ? (int)(dot - compat) : (int)strlen(compat);

    return xasprintf("%s/%.*s.%04x-%04x%s", directory, length, compat, a->ids >> 16,
                     a->ids & 0xffff, compat + length);
}

/* A ROM of another length than the bucket needs that said, too. */
static uint64_t romsize_for(int64_t size, uint64_t bucket)
{
    return power_of_two_ceiling((uint64_t)size) == bucket ? 0 : bucket;
}

/* What may be said to the QEMU in question of a file. */
struct rules {
    bool no_romsize; /* libvirt's <rom>, or a QEMU before 6.0: the file must have the bucket */
    bool may_pad;    /* and a copy of the installed ROM may be made that has */
};

static bool serves(struct destination *to, const struct rules *rules, const struct rom_file *file,
                   const struct stock_advice *a)
{
    return fits(file->size, a->bucket) && destination_rom_names(to, file, a->ids) &&
           !(rules->no_romsize && romsize_for(file->size, a->bucket));
}

static void name_file(struct stock_advice *a, const struct rom_file *file, char *why)
{
    a->file = file;
    a->romfile = xstrdup(file->path);
    a->romsize = romsize_for(file->size, a->bucket);
    a->why = why;
}

/* Nothing can be read of another machine: its ROMs are taken to name other devices, and its
 * copies not to be there. */
static void advise_file(struct destination *to, const struct rules *rules,
                        const struct rom_file *installed, const char *directory,
                        struct stock_advice *a)
{
    char *name = compat_name(a), *path = copy_path(a, name, directory);
    const struct rom_file *compat = destination_file(to, name),
                          *copy = to->source ? NULL : destination_file(to, path),
                          *source = fits(compat->size, a->bucket)                        ? compat
                                    : rules->may_pad && fits(installed->size, a->bucket) ? installed
                                                                                         : NULL;

    a->answer = STOCK_ROMFILE;
    if (serves(to, rules, compat, a)) {
        name_file(a, compat, xstrdup("the compat ROM is there, and names the device"));
    } else if (copy && serves(to, rules, copy, a)) {
        name_file(a, copy, xasprintf("the copy of %s for this device is there", name));
    } else if (source) {
        a->romfile = xstrdup(path);
        a->source = xstrdup(source->path);
        a->file = source;
        a->why = xasprintf("%s must be copied: %s", source->path,
                           source == installed
                               ? "this QEMU has no property romsize, and takes the file's length"
                               : "QEMU writes the device's ids only into a default ROM, and "
                                 "SeaBIOS runs no ROM with other ids");
    } else {
        a->romfile = xstrdup(path);
        a->answer = STOCK_NO_FILE;
        a->why = xasprintf(
            "neither %s nor %s there fits the bucket of %" PRIu64 " bytes: install %s%s", a->rom,
            name, a->bucket, a->package ? "the package " : "", a->package ? a->package : name);
    }
    free(name);
    free(path);
}

/* --- the advice ------------------------------------------------------------------------ */

static void end_with(struct stock_advice *a, enum stock_answer answer, char *why)
{
    a->answer = answer;
    a->why = why;
}

/* The bucket: that of the guest, or of the rule. */
static void take_rule(const struct device_rom *rom, uint64_t bucket, struct stock_advice *a)
{
    a->bucket = bucket;
    if (!rom->compat || (bucket && bucket != rom->rule.bucket))
        return;
    a->bucket = rom->rule.bucket;
    a->package = rom->rule.package;
    a->compat_file = rom->rule.compat_file;
}

static void advise(struct destination *to, const struct stock_device *device,
                   const struct rom_file *installed, const char *directory, struct stock_advice *a)
{
    bool old = qemu_has(&to->version, QEMU_ROMSIZE) == QEMU_NO;
    struct rules rules = {.no_romsize = device->only_file || old,
                          .may_pad = old && !device->only_file};

    if (!is_bucket(a->bucket)) {
        end_with(a, STOCK_NO_RULE,
                 xasprintf("no rule for %s: it keeps the length of the installed file", a->rom));
    } else if (fits(installed->size, a->bucket) && romsize_for(installed->size, a->bucket) == 0) {
        end_with(a, STOCK_NOTHING, xasprintf("the installed %s has that length", a->rom));
    } else if (!rules.no_romsize && fits(installed->size, a->bucket)) {
        a->romsize = a->bucket;
        end_with(a, STOCK_ROMSIZE, xasprintf("the installed %s fits", a->rom));
    } else if (!rules.no_romsize && device->incoming &&
               qemu_has(&to->version, QEMU_SKIPS_ROM_FILES) == QEMU_YES) {
        a->romsize = a->bucket;
        a->only_incoming = true;
        end_with(a, STOCK_ROMSIZE,
                 xasprintf("the content comes with the guest, whatever %s is installed", a->rom));
    } else {
        advise_file(to, &rules, installed, directory, a);
    }
}

void stock_advise(struct destination *to, const struct romcompat *maps,
                  const struct stock_device *device, const char *rom_directory,
                  struct stock_advice *advice)
{
    struct stock_advice a = {.device = rom_device_of_type(device->type)};
    struct device_rom rom;

    if (!a.device) {
        end_with(&a, STOCK_NOT_A_DEVICE, xasprintf("%s: no device with a ROM", device->type));
        *advice = a;
        return;
    }
    a.rom = rom_device_file(a.device, device->type, device->machine);
    a.ids = rom_device_ids(a.device, device->type, device->modern);
    device_rom_of(to, &(struct rom_question){maps, device->machine, a.rom, device->incoming}, &rom);
    if (!*a.rom) {
        a.rom = NULL;
        end_with(&a, STOCK_NO_ROM,
                 xasprintf("%s has no ROM in a machine type that old", device->type));
    } else {
        take_rule(&rom, device->bucket, &a);
        advise(to, device, rom.installed, rom_directory ? rom_directory : STOCK_ROM_DIRECTORY, &a);
    }
    device_rom_free(&rom);
    *advice = a;
}

void stock_advice_free(struct stock_advice *a)
{
    free(a->romfile);
    free(a->source);
    free(a->why);
    *a = (struct stock_advice){0};
}

/* --- done -------------------------------------------------------------------------------- */

/* `data` is the source; `padded` has room for the bucket. */
static int make_copy(const struct stock_advice *a, uint8_t *data, const struct optrom *rom,
                     uint8_t *padded, struct failure *f)
{
    char text[OPTROM_PAD_TEXT_MAX];
    enum optrom_pad_answer answer = optrom_pad_check(data, rom, a->bucket);

    if (answer == OPTROM_PAD_FITS) {
        switch (optrom_set_ids(data, rom, (uint16_t)(a->ids >> 16), (uint16_t)a->ids)) {
        case OPTROM_IDS_SET:
        case OPTROM_IDS_NO_PCIR: /* it has no place for ids, and works without */
            break;
        case OPTROM_IDS_WOULD_BREAK:
            return fail(f, "%s: structures in the ROM share bytes, so other ids would break it",
                        a->source);
        case OPTROM_IDS_NO_MEMORY:
            return fail(f, "%s: out of memory", a->source);
        }
        answer = optrom_pad(data, rom, padded, (size_t)a->bucket, 0xff);
    }
    if (answer != OPTROM_PAD_FITS)
        return fail(f, "%s: %s", a->source,
                    optrom_pad_text(answer, rom, a->bucket, text, sizeof text));
    return write_public_file(a->romfile, padded, (size_t)a->bucket, f);
}

int stock_write(const struct stock_advice *a, struct failure *f)
{
    struct optrom rom;
    uint8_t *data;
    size_t size;

    if (!a->source)
        return 0;
    if (a->bucket > ROM_FILE_MAX)
        return fail(f, "%s: a bucket of %" PRIu64 " bytes is too large (limit %zu)", a->romfile,
                    a->bucket, ROM_FILE_MAX);
    if (read_file(a->source, ROM_FILE_MAX, &data, &size, f) != 0)
        return -1;
    if (optrom_read(data, size, &rom) != 0) {
        free(data);
        return fail(f, "%s: out of memory", a->source);
    }
    uint8_t *padded = xmalloc((size_t)a->bucket);
    int result = make_copy(a, data, &rom, padded, f);
    free(padded);
    optrom_free(&rom);
    free(data);
    return result;
}
