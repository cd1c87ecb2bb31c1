/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/stock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* Whether SeaBIOS would run the ROM for a device of these ids. It looks at the first image
 * for BIOS (src/optionroms.c, map_pcirom()); UEFI does not compare ids. */
static bool names_ids(const char *path, uint32_t ids)
{
    struct optrom rom;
    uint8_t *data;
    size_t size;
    bool names = true;

    if (read_file(path, ROM_FILE_MAX, &data, &size, NULL) != 0)
        return false;
    if (optrom_read(data, size, &rom) == 0) {
        for (size_t i = 0; i < rom.image_count; i++) {
            const struct optrom_image *image = &rom.images[i];

            if (image->code_type == OPTROM_LEGACY) {
                names = image->vendor == ids >> 16 && image->device == (ids & 0xffff);
                break;
            }
        }
        names &= rom.error_count == 0;
        optrom_free(&rom);
    } else {
        names = false;
    }
    free(data);
    return names;
}

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
static char *copy_path(const struct stock_advice *a, const char *compat, const char *folder)
{
    const char *dot = strrchr(compat, '.');
    int length = dot && dot != compat ? (int)(dot - compat) : (int)strlen(compat);

    return xasprintf("%s/%.*s.%04x-%04x%s", folder, length, compat, a->ids >> 16, a->ids & 0xffff,
                     compat + length);
}

static int64_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : ROMCOMPAT_MISSING;
}

/* A ROM of another length than the bucket needs that said, too. */
static uint64_t romsize_for(int64_t size, uint64_t bucket)
{
    return power_of_two_ceiling((uint64_t)size) == bucket ? 0 : bucket;
}

/* Nothing can be read of another machine: its ROMs are taken to name other devices, and its
 * copies not to be there. */
static void advise_file(const struct destination *to, const char *folder, struct stock_advice *a)
{
    char *compat = compat_name(a), *copy = copy_path(a, compat, folder), *path = NULL;
    bool here = !to->find;
    int64_t copy_size = here ? size_of(copy) : ROMCOMPAT_MISSING,
            size = destination_find(to, compat, &path);

    a->answer = STOCK_ROMFILE;
    if (fits(size, a->bucket) && here && names_ids(path, a->ids)) {
        a->romfile = path;
        a->romsize = romsize_for(size, a->bucket);
        a->why = xasprintf("the compat ROM is there, and names the device");
        free(copy);
        path = NULL;
    } else if (fits(copy_size, a->bucket) && names_ids(copy, a->ids)) {
        a->romfile = copy;
        a->romsize = romsize_for(copy_size, a->bucket);
        a->why = xasprintf("the copy of %s for this device is there", compat);
    } else if (fits(size, a->bucket)) {
        a->romfile = copy;
        a->source = path;
        a->why = xasprintf("%s must be copied: QEMU writes the device's ids into a default ROM "
                           "alone, and SeaBIOS runs none with others",
                           path);
        path = NULL;
    } else {
        a->romfile = copy;
        a->answer = STOCK_NO_FILE;
        a->why = xasprintf(
            "neither %s nor %s there fits the bucket of %" PRIu64 " bytes: install %s%s", a->rom,
            compat, a->bucket, a->package ? "the package " : "", a->package ? a->package : compat);
    }
    free(compat);
    free(path);
}

/* --- the advice ------------------------------------------------------------------------ */

static void find_rule(const struct romcompat *maps, const struct stock_device *device,
                      struct stock_advice *a)
{
    struct romcompat_rule rule;

    a->bucket = device->bucket;
    if (!maps || !device->machine ||
        romcompat_find(maps, device->machine, a->rom, &rule) != ROMCOMPAT_OK)
        return;
    if (a->bucket && a->bucket != rule.bucket)
        return;
    a->bucket = rule.bucket;
    a->package = rule.package;
    a->compat_file = rule.compat_file;
}

static void end_with(struct stock_advice *a, enum stock_answer answer, char *why)
{
    a->answer = answer;
    a->why = why;
}

void stock_advise(const struct destination *to, const struct romcompat *maps,
                  const struct stock_device *device, const char *rom_folder,
                  struct stock_advice *advice)
{
    struct stock_advice a = {.device = rom_device_of_type(device->type)};
    char *installed = NULL;

    if (!a.device) {
        end_with(&a, STOCK_NOT_A_DEVICE, xasprintf("%s: no device with a ROM", device->type));
        *advice = a;
        return;
    }
    a.rom = rom_device_file(a.device, device->type, device->machine);
    a.ids = rom_device_ids(a.device, device->type, device->modern);
    if (!*a.rom) {
        a.rom = NULL;
        end_with(&a, STOCK_NO_ROM,
                 xasprintf("%s has no ROM in a machine type that old", device->type));
        *advice = a;
        return;
    }
    find_rule(maps, device, &a);
    int64_t size = destination_find(to, a.rom, &installed);
    if (!is_bucket(a.bucket)) {
        end_with(&a, STOCK_NO_RULE,
                 xasprintf("no rule for %s: it keeps the length of the installed file", a.rom));
    } else if (fits(size, a.bucket) && romsize_for(size, a.bucket) == 0) {
        end_with(&a, STOCK_NOTHING, xasprintf("the installed %s has that length", a.rom));
    } else if (!device->only_file && fits(size, a.bucket)) {
        a.romsize = a.bucket;
        end_with(&a, STOCK_ROMSIZE, xasprintf("the installed %s fits", a.rom));
    } else if (!device->only_file && !to->loadvm && !destination_reads_incoming(to)) {
        a.romsize = a.bucket;
        a.only_incoming = true;
        end_with(&a, STOCK_ROMSIZE,
                 xasprintf("the content comes with the guest, whatever %s is installed", a.rom));
    } else {
        advise_file(to, rom_folder ? rom_folder : STOCK_ROM_FOLDER, &a);
    }
    free(installed);
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

static int make_folder_of(const char *path, struct failure *f)
{
    char *copy = xstrdup(path);
    const char *folder = dirname(copy);
    int result = 0;

    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        result = fail(f, "%s: %s", folder, strerror(errno));
    free(copy);
    return result;
}

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
    if (make_folder_of(a->romfile, f) != 0)
        return -1;
    return write_file_atomically(a->romfile, padded, (size_t)a->bucket, 0644, f);
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
