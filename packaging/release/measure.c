/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/digests.h"
#include "formats/deb_changes.h"
#include "inputs/file.h"
#include "inputs/rom_files.h"
#include "romset/fit.h"

const char *const image_kinds[] = {
    "legacy",
    "isa",
    "open-firmware",
    "hp-pa",
    "efi-ia32",
    "efi-x64",
    "efi-arm",
    "efi-aa64",
    "efi-riscv32",
    "efi-riscv64",
    "efi-loongarch32",
    "efi-loongarch64",
    "efi-ia64",
    "efi-ebc",
    NULL,
};

static const char *efi_kind(uint16_t machine)
{
    switch (machine) {
    case 0x014c:
        return "efi-ia32";
    case 0x8664:
        return "efi-x64";
    case 0x01c2:
        return "efi-arm";
    case 0xaa64:
        return "efi-aa64";
    case 0x5032:
        return "efi-riscv32";
    case 0x5064:
        return "efi-riscv64";
    case 0x6232:
        return "efi-loongarch32";
    case 0x6264:
        return "efi-loongarch64";
    case 0x0200:
        return "efi-ia64";
    case 0x0ebc:
        return "efi-ebc";
    default:
        return "efi-unknown";
    }
}

static const char *kind_of(const struct optrom_image *image)
{
    switch (image->code_type) {
    case OPTROM_NO_PCIR:
        return "isa";
    case OPTROM_LEGACY:
        return "legacy";
    case OPTROM_OPEN_FIRMWARE:
        return "open-firmware";
    case OPTROM_HP_PA:
        return "hp-pa";
    case OPTROM_EFI:
        return efi_kind(image->efi.machine);
    default:
        return "unknown";
    }
}

uint64_t measured_legacy_length(const struct measured_rom *rom)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < rom->image_count; i++) {
        if (rom->images[i].legacy_length > longest)
            longest = rom->images[i].legacy_length;
    }
    return longest;
}

unsigned shadow_ram_nics(uint64_t legacy_length)
{
    if (legacy_length > SHADOW_RAM_SIZE)
        return 0;
    return (unsigned)((SHADOW_RAM_SIZE - legacy_length) / SHADOW_RAM_KEPT + 1);
}

static void copy_images(const struct optrom *read, struct measured_rom *rom)
{
    rom->image_count = read->image_count;
    rom->images = xcalloc(read->image_count + 1, sizeof *rom->images);
    for (size_t i = 0; i < read->image_count; i++) {
        const struct optrom_image *from = &read->images[i];
        bool legacy = from->code_type == OPTROM_LEGACY || from->code_type == OPTROM_NO_PCIR;

        rom->images[i] = (struct measured_image){
            .kind = kind_of(from),
            .has_ids = from->has_pcir,
            .vendor = from->vendor,
            .device = from->device,
            .is_efi = from->code_type == OPTROM_EFI,
            .compressed = from->code_type == OPTROM_EFI && from->efi.compressed,
            .legacy_length = legacy ? from->header_length : 0,
        };
    }
}

static char *first_error(const struct optrom *read)
{
    char text[OPTROM_DEFECT_TEXT_MAX];

    for (size_t i = 0; i < read->defect_count; i++) {
        if (read->defects[i].grade == OPTROM_ERROR)
            return xstrdup(optrom_defect_text(&read->defects[i], text, sizeof text));
    }
    return NULL;
}

int measure_rom(const char *place, const char *path, const uint8_t *bytes, size_t size,
                bool with_sum, struct measured_rom *rom)
{
    struct optrom read;

    if (optrom_read(bytes, size, &read) < 0)
        return -1;
    *rom = (struct measured_rom){
        .place = xstrdup(place),
        .path = xstrdup(path),
        .size = size,
        .chain_end = read.chain_end,
        .bucket = read.bucket,
        .chain_bucket = read.chain_bucket,
        .fill = read.fill,
        .fill_byte = read.fill_byte,
        .error_count = read.error_count,
        .first_error = first_error(&read),
    };
    rom->name = base_name(rom->path);
    copy_images(&read, rom);
    if (with_sum)
        sha256_text(bytes, size, rom->sha256);
    optrom_free(&read);
    return 0;
}

static void measured_rom_free(struct measured_rom *rom)
{
    free(rom->place);
    free(rom->path);
    free(rom->images);
    free(rom->first_error);
    *rom = (struct measured_rom){0};
}

static void flash_entry_free(struct measured_flash *flash)
{
    /* What a link knows belongs to the file. */
    if (!flash->link)
        flash_close(&flash->image);
    free(flash->place);
    free(flash->path);
    free(flash->link);
}

void measured_free(struct measured *m)
{
    for (size_t i = 0; i < m->count; i++)
        measured_rom_free(&m->roms[i]);
    free(m->roms);
    for (size_t i = 0; i < m->flash_count; i++) {
        flash_entry_free(&m->flash[i]);
    }
    free(m->flash);
    *m = (struct measured){0};
}

/* --- operands ------------------------------------------------------------------- */

/* What fit would make of a ROM that is too long. */
static void try_to_fit(const struct rom_file *file, struct measured_rom *rom)
{
    const struct fit_options as_short_as_it_gets = {0};
    struct fitted fitted;

    if (fit_rom(file->name, file->bytes, file->size, &as_short_as_it_gets, &fitted, NULL) != 0)
        return;
    if (fitted.chain_after < rom->chain_end)
        rom->fitted_end = fitted.chain_after;
    free(fitted.bytes);
}

struct measuring {
    struct measured *into;
    const struct measure_options *options;
    bool quiet_when_empty; /* one package of many that a .changes file lists */
};

static int take_rom(void *arg, const struct rom_file *file)
{
    struct measuring *m = arg;
    struct measured *into = m->into;

    into->roms = xgrow(into->roms, into->count, &into->capacity, sizeof *into->roms);
    if (measure_rom(file->name, file->entry ? file->entry : file->path, file->bytes, file->size,
                    m->options->with_sums, &into->roms[into->count]) < 0) {
        struct failure f;

        fail(&f, "%s: out of memory", file->name);
        m->options->problem(m->options->arg, &f);
        return -1;
    }
    struct measured_rom *rom = &into->roms[into->count++];
    uint64_t edge = m->options->edge ? m->options->edge(m->options->arg, rom->path) : 0;
    if (edge && rom->chain_end > edge)
        try_to_fit(file, rom);
    return 0;
}

/* The path that a link at `path` leads to, inside of the archive. */
static char *link_target(const char *path, const char *target)
{
    const char *slash = strrchr(path, '/');
    size_t directory = slash && target[0] != '/' ? (size_t)(slash - path) : 0;

    for (; strncmp(target, "../", 3) == 0 && directory; target += 3) {
        while (directory && path[directory - 1] != '/')
            directory--;
        directory -= directory > 0;
    }
    target += strspn(target, "/");
    return xasprintf("%.*s%s%s", (int)directory, path, directory ? "/" : "", target);
}

/* Links become what they lead to; those that lead nowhere are forgotten. */
static void resolve_links(struct measured *m, size_t first)
{
    size_t kept = first;

    for (size_t i = first; i < m->flash_count; i++) {
        struct measured_flash *flash = &m->flash[i];
        size_t k = first;

        while (flash->link && k < m->flash_count &&
               (m->flash[k].link || strcmp(m->flash[k].path, flash->link) != 0))
            k++;
        if (flash->link && k < m->flash_count)
            flash->image = m->flash[k].image;
    }
    for (size_t i = first; i < m->flash_count; i++) {
        if (m->flash[i].link && m->flash[i].image.size == 0)
            flash_entry_free(&m->flash[i]);
        else
            m->flash[kept++] = m->flash[i];
    }
    m->flash_count = kept;
}

static int take_flash(void *arg, const struct rom_file *file)
{
    struct measuring *m = arg;
    struct measured *into = m->into;

    into->flash = xgrow(into->flash, into->flash_count, &into->flash_capacity, sizeof *into->flash);
    struct measured_flash *flash = &into->flash[into->flash_count++];
    flash->place = xstrdup(file->name);
    flash->path = xstrdup(file->entry ? file->entry : file->path);
    flash->name = base_name(flash->path);
    flash->link = file->link ? link_target(flash->path, file->link) : NULL;
    flash->image = (struct flash_image){.kind = FLASH_UNKNOWN};
    if (flash->link)
        return 0;
    uint8_t *copy = xmalloc(file->size ? file->size : 1);
    memcpy(copy, file->bytes, file->size);
    flash_take_file(flash->path, copy, file->size, &flash->image);
    flash_keep_digests_of(&flash->image, m->options->guests, m->options->guest_count);
    flash_forget_bytes(&flash->image);
    return 0;
}

static void take_problem(void *arg, const struct failure *f)
{
    const struct measuring *m = arg;

    m->options->problem(m->options->arg, f);
}

static void take_empty(void *arg, const char *operand)
{
    const struct measuring *m = arg;

    if (!m->quiet_when_empty && m->options->empty)
        m->options->empty(m->options->arg, operand);
}

static int walk(struct measuring *m, char *operand)
{
    struct rom_files_visitor visitor = {.rom = m->options->without_roms ? NULL : take_rom,
                                        .flash = m->options->with_flash ? take_flash : NULL,
                                        .problem = take_problem,
                                        .arg = m};

    size_t before = m->into->flash_count;

    int result = rom_files_walk_any(&operand, 1, &visitor, take_empty);
    resolve_links(m->into, before);
    return result == 0 ? 0 : -1;
}

/* A stale .changes file would answer for packages that are not the ones that go out. */
static int walk_listed(struct measuring *m, const char *changes,
                       const struct deb_changes_file *file, struct failure *f)
{
    char *path = xasprintf("%.*s%s", directory_length(changes), changes, file->name);
    char found[SHA256_TEXT_SIZE];
    int result = sha256_of_file(path, found, NULL, f);

    if (result == 0 && strcmp(found, file->sha256) != 0)
        result = fail(f, "%s: wrong SHA-256 (found %s, expected %s by %s)", path, found,
                      file->sha256, changes);
    if (result < 0)
        m->options->problem(m->options->arg, f);
    else
        result = walk(m, path);
    free(path);
    return result;
}

static int walk_changes(struct measuring *m, char *path)
{
    struct deb_changes_file file;
    struct failure f;
    size_t size, offset = 0, before = m->into->count + m->into->flash_count;
    uint8_t *text;
    int more, result = 0;

    if (read_file(path, DEB_CHANGES_MAX, &text, &size, &f) < 0) {
        m->options->problem(m->options->arg, &f);
        return -1;
    }
    m->quiet_when_empty = true;
    while ((more = deb_changes_next(path, (const char *)text, size, &offset, &file, &f)) > 0) {
        if ((ends_with(file.name, ".deb") || ends_with(file.name, ".udeb")) &&
            walk_listed(m, path, &file, &f) < 0)
            result = -1;
    }
    m->quiet_when_empty = false;
    free(text);
    if (more < 0) {
        m->options->problem(m->options->arg, &f);
        result = -1;
    }
    if (result == 0 && m->into->count + m->into->flash_count == before)
        take_empty(m, path);
    return result;
}

int measure_operands(char *const operands[], size_t count, const struct measure_options *options,
                     struct measured *m)
{
    struct measuring measuring = {.into = m, .options = options};
    int result = 0;

    for (size_t i = 0; i < count; i++) {
        int one = ends_with(operands[i], ".changes") ? walk_changes(&measuring, operands[i])
                                                     : walk(&measuring, operands[i]);
        if (one < 0)
            result = -1;
    }
    return result;
}
