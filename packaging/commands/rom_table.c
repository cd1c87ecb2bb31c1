/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/rom_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/command.h"
#include "outputs/escape.h"

/* Longer names push their own line out, not all others. */
#define NAME_WIDTH_MAX 28
#define NAME_WIDTH_MIN 16

/* Of a ROM like that of a hostile archive, inspect --json has the rest. */
#define IMAGES_SHOWN 32
#define DEFECTS_SHOWN 32
#define TEXT_SHOWN 40

__attribute__((format(printf, 3, 4))) static void add_line(struct rom_table *t, const char *name,
                                                           const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    APPEND(t->lines, t->count, t->capacity, (struct rom_line){xstrdup_or_null(name), text});
}

static void print_table(struct rom_table *t)
{
    size_t width = NAME_WIDTH_MIN;

    if (!t->place)
        return;
    for (size_t i = 0; i < t->count; i++) {
        size_t length = t->lines[i].name ? strlen(t->lines[i].name) : 0;

        if (length > width)
            width = length < NAME_WIDTH_MAX ? length : NAME_WIDTH_MAX;
    }
    if (*t->place)
        print_line("%s", t->place);
    print_line("%-*s  %9s  %9s  %6s  %8s  %s", (int)width, "ROM", "size", "chain end", "bucket",
               "headroom", "fill");
    print_line("    #  %-6s  %-9s  %8s..%-8s  %s", "image", "ids", "begin", "end", "contents");
    for (size_t i = 0; i < t->count; i++) {
        if (t->lines[i].name)
            print_line("%-*s  %s", (int)width, t->lines[i].name, t->lines[i].text);
        else
            print_line("%s", t->lines[i].text);
        free(t->lines[i].name);
        free(t->lines[i].text);
    }
    t->count = 0;
}

/* ", item" at the end of `to`, without the comma at its start. */
__attribute__((format(printf, 3, 4))) static void item(char *to, size_t n, const char *format, ...)
{
    size_t at = strlen(to);
    va_list args;

    if (at && at + 2 < n) {
        strcpy(to + at, ", ");
        at += 2;
    }
    va_start(args, format);
    vsnprintf(to + at, n - at, format, args);
    va_end(args);
}

static void add_image(struct rom_table *t, const struct optrom_image *image, size_t index)
{
    char ids[10] = "-", more[256] = "";
    size_t end = image->offset + image->length;

    if (image->has_pcir)
        snprintf(ids, sizeof ids, "%04x:%04x", image->vendor, image->device);
    if (image->code_type == OPTROM_EFI) {
        item(more, sizeof more, "%s %s", image->efi.machine_name, image->efi.subsystem_name);
        if (image->efi.has_payload_sizes)
            item(more, sizeof more, "compressed %" PRIu32 " of %" PRIu32,
                 image->efi.compressed_size, image->efi.original_size);
        else
            item(more, sizeof more, "%s", image->efi.compressed ? "compressed" : "not compressed");
    }
    if (image->pnp_count && image->pnp[0].product.text) {
        const struct optrom_text *product = &image->pnp[0].product;

        item(more, sizeof more, "PnP \"%.*s\"",
             (int)(product->length < TEXT_SHOWN ? product->length : TEXT_SHOWN), product->text);
    } else if (image->pnp_count) {
        item(more, sizeof more, "PnP");
    }
    if (image->undi.present)
        item(more, sizeof more, "UNDI %u.%u", image->undi.major, image->undi.minor);
    if (image->has_device_list)
        item(more, sizeof more, "%zu listed device%s", image->device_count,
             PLURAL(image->device_count));
    if (image->pcir_revision)
        item(more, sizeof more, "PCIR rev %u", image->pcir_revision);
    add_line(t, NULL, "  %3zu  %-6s  %-9s  %8zu..%-8zu%s%s", index, image->code_type_name, ids,
             image->offset, end, *more ? "  " : "", more);
}

static void add_defects(struct rom_table *t, const struct optrom *rom)
{
    size_t total = rom->error_count + rom->warning_count, shown = 0;
    char text[OPTROM_DEFECT_TEXT_MAX];

    /* Errors first: they must not be among those left out. */
    for (int grade = OPTROM_ERROR; grade >= OPTROM_WARNING; grade--) {
        for (size_t i = 0; i < rom->defect_count && shown < DEFECTS_SHOWN; i++) {
            if ((int)rom->defects[i].grade != grade)
                continue;
            shown++;
            add_line(t, NULL, "  %s: %s", optrom_grade_name(rom->defects[i].grade),
                     optrom_defect_text(&rom->defects[i], text, sizeof text));
        }
    }
    if (shown < total)
        add_line(t, NULL, "  and %zu more error%s and warnings", total - shown,
                 PLURAL(total - shown));
}

/* The command that leaves out what stands before the first image. */
static void add_cut(struct rom_table *t, const char *path, size_t begin)
{
    char *from = xasprintf("+%zu", begin + 1);
    char *command = shell_command((const char *[]){"tail", "-c", from, "--", path, NULL});

    add_line(t, NULL, "    Leave them out: %s > NEW.rom", command);
    free(command);
    free(from);
}

static void add_rom(struct rom_table *t, const char *name, const struct rom_file *file,
                    const struct optrom *rom)
{
    char bucket[SIZE_TEXT_MAX], fill[OPTROM_FILL_TEXT_MAX];

    add_line(t, name, "%9zu  %9zu  %6s  %8" PRIu64 "  %s", rom->size, rom->chain_end,
             size_format(rom->bucket, bucket), rom->headroom, optrom_fill_text(rom, fill));
    for (size_t i = 0; i < rom->image_count && i < IMAGES_SHOWN; i++)
        add_image(t, &rom->images[i], i);
    if (rom->image_count > IMAGES_SHOWN)
        add_line(t, NULL, "  and %zu more image%s", rom->image_count - IMAGES_SHOWN,
                 PLURAL(rom->image_count - IMAGES_SHOWN));
    add_defects(t, rom);
    if (rom->begin && !file->entry)
        add_cut(t, file->path, rom->begin);
    t->roms++;
    t->errors += rom->error_count;
    t->warnings += rom->warning_count;
}

void rom_table_add(struct rom_table *t, const struct rom_file *file, const struct optrom *rom)
{
    /* "some.rpm: top-level.rom" has its place before the blank. */
    const char *base = base_name(file->name);
    if (file->entry && !strchr(file->entry, '/'))
        base = file->name + strlen(file->name) - strlen(file->entry);
    char *place = xstrndup(file->name, (size_t)(base - file->name));

    if (!t->place || strcmp(t->place, place) != 0) {
        print_table(t);
        if (t->place)
            print_line("%s", "");
        free(t->place);
        t->place = place;
    } else {
        free(place);
    }
    add_rom(t, base, file, rom);
}

void rom_table_end(struct rom_table *t)
{
    print_table(t);
    if (t->roms > 1) {
        print_line("%s", "");
        print_line("%zu ROMs, %zu error%s, %zu warning%s", t->roms, t->errors, PLURAL(t->errors),
                   t->warnings, PLURAL(t->warnings));
    }
    free(t->place);
    free(t->lines);
    *t = (struct rom_table){0};
}
