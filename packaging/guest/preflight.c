/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/size.h"
#include "inputs/package_owner.h"

const char *preflight_verdict_name(enum preflight_verdict verdict)
{
    static const char *const names[] = {"lands", "refused", "lands wrong", "unknown"};

    return names[verdict];
}

const char *mend_kind_name(enum mend_kind kind)
{
    static const char *const names[] = {"package", "commands", "arguments", "libvirt"};

    return names[kind];
}

/* --- one option ROM ------------------------------------------------------------------ */

void rom_gift_free(struct rom_gift *g)
{
    free(g->file);
    free(g->installed);
    free(g->why);
    *g = (struct rom_gift){0};
}

/* RAM comes in pages (QEMU system/physmem.c, qemu_ram_alloc_internal()); 4 KiB on every
 * host but some of Arm and POWER, and no ROM in the field is that small. */
static uint64_t block_length(uint64_t romsize)
{
    enum { PAGE = 4096 };

    return romsize < PAGE ? PAGE : romsize;
}

/* A file by its size alone: pow2ceil (QEMU hw/pci/pci.c). */
static void give_by_size(const char *rom, struct rom_gift *g, int64_t size)
{
    if (size < 0) {
        g->why = xasprintf("QEMU does not start: there is no %s", rom);
    } else if (size == 0) {
        g->why = xasprintf("QEMU does not start: %s is empty", rom);
    } else if ((uint64_t)size > BUCKET_MAX) {
        g->why = xasprintf("QEMU does not start: %s is larger than 2 GiB", rom);
    } else {
        g->length = block_length(power_of_two_ceiling((uint64_t)size));
        g->file = xstrdup(g->installed);
        g->file_size = (uint64_t)size;
    }
}

struct rom_gift rom_gift_of(const struct destination *to, const char *machine, const char *rom)
{
    struct rom_gift g = {0};
    struct romcompat_rule rule;
    struct romcompat_decision decision;
    int64_t size, compat_size;
    char *compat;

    if (!*rom) {
        g.why = xstrdup("the device has no ROM in a machine type that old: 'Unknown ramblock'");
        return g;
    }
    size = destination_find(to, rom, &g.installed);
    g.installed_size = size > 0 ? (uint64_t)size : 0;
    if (!to->maps || !machine || romcompat_find(to->maps, machine, rom, &rule) != ROMCOMPAT_OK) {
        give_by_size(rom, &g, size);
        return g;
    }
    g.package = rule.package;
    g.compat_file = rule.compat_file;
    compat_size = destination_find(to, rule.compat_file, &compat);
    unsigned flags = to->loadvm ? 0 : ROMCOMPAT_INCOMING;
    if (destination_reads_incoming(to))
        flags |= ROMCOMPAT_READS_INCOMING;
    if (romcompat_decide(rule.bucket, size, compat_size, flags, &decision) != ROMCOMPAT_OK) {
        char text[1024];

        romcompat_explain(&rule, machine, size, compat_size, text, sizeof text);
        g.why = xasprintf("QEMU does not start: %s", text);
    } else {
        g.length = block_length(decision.romsize);
        if (decision.file == ROMCOMPAT_FILE_INSTALLED) {
            g.file = xstrdup(g.installed);
            g.file_size = g.installed_size;
        } else if (decision.file == ROMCOMPAT_FILE_COMPAT) {
            g.file = xstrdup(compat);
            g.file_size = (uint64_t)compat_size;
        }
    }
    free(compat);
    return g;
}

static char *size_text(uint64_t size, char text[SIZE_TEXT_MAX])
{
    return size_format(size, text);
}

/* Two lengths that differ. */
static void judge_difference(const struct saved_guest *guest, struct preflight_line *line)
{
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    size_text(line->block->length, in);
    size_text(line->length, here);
    line->verdict = guest->mapped_ram ? PREFLIGHT_WRONG : PREFLIGHT_REFUSED;
    if (!guest->mapped_ram)
        line->why = xasprintf("the guest brings %s, the destination has %s", in, here);
    else if (line->length > line->block->length)
        line->why =
            xasprintf("mapped-ram is not checked: QEMU takes the guest's %s into %s, and its "
                      "next migration carries the wrong length",
                      in, here);
    else
        line->why =
            xasprintf("mapped-ram is not checked: QEMU puts the guest's %s into %s, or ends "
                      "with 'Partial read'",
                      in, here);
}

/* A set of the destination's maps with a ROM of this name and length: one that holds for the
 * guest's machine type, where it is known. */
static void find_guest_set(const struct destination *to, const char *machine,
                           struct preflight_line *line)
{
    struct romcompat_rule rule;
    struct romcompat_set set;
    struct romcompat_rom rom;

    if (machine && to->maps &&
        romcompat_find(to->maps, machine, line->rom, &rule) == ROMCOMPAT_OK) {
        if (block_length(rule.bucket) == line->block->length) {
            line->guest_set = rule.set;
            line->guest_package = rule.package;
        }
        return;
    }
    for (size_t i = 0; i < romcompat_set_count(to->maps); i++)
        for (uint32_t k = 0; romcompat_set_at(to->maps, i, &set) == ROMCOMPAT_OK && k < set.roms;
             k++)
            if (romcompat_rom_at(to->maps, i, k, &rom) == ROMCOMPAT_OK &&
                strcmp(rom.file, line->rom) == 0 &&
                block_length(rom.bucket) == line->block->length && !line->guest_set) {
                line->guest_set = set.name;
                line->guest_package = set.package;
            }
}

/* QEMU took the next power of two (hw/pci/pci.c, pci_add_option_rom()); a page is the least. */
static uint64_t least_size(uint64_t length)
{
    return length > block_length(0) ? length / 2 + 1 : 1;
}

static void judge_rom(const struct saved_guest *guest, const struct destination *to,
                      struct preflight_line *line)
{
    const struct rom_device *device = line->device;
    const char *machine = guest->machine;
    bool old = rom_device_is_old(device, machine);
    /* A guest that brings the block had the ROM: so where the old default is none, it is not
     * an old machine type. */
    bool either = device->old_rom && *device->old_rom && !machine && guest->machine_is_old;

    line->rom = old ? device->old_rom : device->rom;
    struct rom_gift g = rom_gift_of(to, machine, line->rom);
    if (is_power_of_two(line->block->length))
        line->guest_least = least_size(line->block->length);
    find_guest_set(to, machine, line);

    /* Without a machine type it is one of QEMU 2.3 or before, and may be one that has the
     * other ROM; up to 1.4 a block of this name may be that of a sibling, which has not. The
     * answer must not depend on that. */
    if (either || (old && device->types[1])) {
        struct rom_gift other = rom_gift_of(to, machine, old ? device->rom : device->old_rom);
        bool agree = g.length == other.length;

        rom_gift_free(&other);
        if (!agree) {
            line->verdict = PREFLIGHT_UNKNOWN;
            line->why = old ? xasprintf("in %s the ROM of %s is %s, and that of its siblings %s: "
                                        "the block does not tell which it is",
                                        machine, device->types[0], device->old_rom, device->rom)
                            : xasprintf("the stream does not name its machine type (QEMU 2.3 or "
                                        "before): up to 1.4 the ROM is %s, later %s; say which "
                                        "with --machine",
                                        device->old_rom, device->rom);
            rom_gift_free(&g);
            return;
        }
    }
    line->length = g.length;
    line->file = g.file;
    line->file_size = g.file_size;
    line->installed = g.installed;
    line->installed_size = g.installed_size;
    line->package = g.package;
    line->compat_file = g.compat_file;
    if (to->maps && !machine) {
        /* A rule may hold or not: neither the length nor a missing file says anything. */
        line->verdict = PREFLIGHT_UNKNOWN;
        line->length = 0;
        free(g.why);
        line->why =
            xstrdup("the destination decides by machine type, and the guest's is not known; "
                    "say it with --machine");
    } else if (g.length == 0) {
        line->verdict = PREFLIGHT_REFUSED;
        line->why = g.why;
    } else if (g.length == line->block->length) {
        line->verdict = PREFLIGHT_LANDS;
    } else {
        judge_difference(guest, line);
    }
}

/* Exactly as long as the file; which file it is, only the guest's configuration says. So
 * a length that fits is an answer, and any other is none. */
static void judge_bios(const struct destination *to, struct preflight_line *line)
{
    static const char *const files[] = {"bios-256k.bin", "bios.bin"};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path;
        int64_t size = destination_find(to, files[i], &path);

        if (size > 0 && (uint64_t)size == line->block->length) {
            line->verdict = PREFLIGHT_LANDS;
            line->rom = files[i];
            line->length = (uint64_t)size;
            line->file_size = (uint64_t)size;
            line->file = path;
            return;
        }
        free(path);
    }
    line->verdict = PREFLIGHT_UNKNOWN;
    line->why = xstrdup("no default BIOS of the destination has this length: it must have the file "
                        "that -bios of the guest names, with exactly that many bytes");
}

/* The length that a block gets from a file that was named for it. QEMU hw/pci/pci.c;
 * hw/i386/x86-common.c, x86_bios_rom_init(); hw/i386/pc_sysfw.c. */
static uint64_t length_by_kind(enum ram_block_kind kind, const char *block, uint64_t size)
{
    enum { ISA_WINDOW = 128 * 1024 };

    if (kind == RAM_BLOCK_ROM)
        return block_length(power_of_two_ceiling(size));
    if (strcmp(block, "isa-bios") == 0 && size > ISA_WINDOW)
        return ISA_WINDOW;
    return size;
}

/* Whether a file was named for the block, which is then judged by it. */
static bool judge_given(const struct saved_guest *guest, const struct destination *to,
                        struct preflight_line *line)
{
    const struct rom_device *device = NULL;
    enum ram_block_kind kind = ram_block_kind_of(line->block->name, &device);
    const struct given_file *given = NULL;
    struct stat st;

    for (size_t i = 0; i < to->given_count; i++)
        if (strcmp(to->given[i].block, line->block->name) == 0)
            given = &to->given[i];
    if (!given)
        return false;
    const char *path = line->rom = given->path;
    if (given->elsewhere) {
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xasprintf("the guest's XML names %s, and which file that is there is not "
                              "known: say it with --file",
                              path);
        return true;
    }
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        line->verdict = PREFLIGHT_REFUSED;
        line->why = xasprintf("QEMU does not start: %s is no file, or empty", path);
        return true;
    }
    line->file = xstrdup(path);
    line->file_size = (uint64_t)st.st_size;
    line->length = length_by_kind(kind, line->block->name, line->file_size);
    if (line->length == line->block->length)
        line->verdict = PREFLIGHT_LANDS;
    else
        judge_difference(guest, line);
    return true;
}

static bool judge(const struct saved_guest *guest, const struct destination *to,
                  struct preflight_line *line)
{
    if (judge_given(guest, to, line))
        return true;
    switch (ram_block_kind_of(line->block->name, &line->device)) {
    case RAM_BLOCK_ROM:
        judge_rom(guest, to, line);
        return true;
    case RAM_BLOCK_BIOS:
        judge_bios(to, line);
        return true;
    case RAM_BLOCK_FLASH:
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xstrdup("a firmware image that the guest's configuration names: the "
                            "destination's must have exactly this length; say which with --file");
        return true;
    case RAM_BLOCK_UNKNOWN:
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xstrdup("not a block that is known here");
        return true;
    case RAM_BLOCK_MEMORY:
    case RAM_BLOCK_FIXED:
        break;
    }
    return false;
}

void preflight_judge(const struct saved_guest *guest, const struct destination *to,
                     struct preflight *result)
{
    struct preflight p = {.lines = xcalloc(guest->block_count, sizeof *p.lines)};

    for (size_t i = 0; i < guest->block_count; i++) {
        struct preflight_line *line = &p.lines[p.line_count];

        *line = (struct preflight_line){.block = &guest->blocks[i]};
        if (judge(guest, to, line)) {
            p.counts[line->verdict]++;
            p.line_count++;
        } else {
            p.not_judged++;
        }
    }
    if (p.counts[PREFLIGHT_REFUSED] || p.counts[PREFLIGHT_WRONG])
        preflight_find_mends(&p, to, guest->machine);
    *result = p;
}

void preflight_of_lengths(const struct saved_guest *guest, const uint64_t *there,
                          const struct destination *to, struct preflight *result)
{
    struct preflight p = {.lines = xcalloc(guest->block_count, sizeof *p.lines)};

    for (size_t i = 0; i < guest->block_count; i++) {
        struct preflight_line *line = &p.lines[p.line_count++];

        *line = (struct preflight_line){.block = &guest->blocks[i],
                                        .verdict = PREFLIGHT_REFUSED,
                                        .length = there[i],
                                        /* Any file of that bucket fits a larger one, and none
                                         * fits a smaller one. */
                                        .installed_size = there[i]};
        ram_block_kind_of(line->block->name, &line->device);
        line->rom = line->device ? line->device->rom : NULL;
        p.counts[PREFLIGHT_REFUSED]++;
    }
    preflight_find_mends(&p, to, guest->machine);
    *result = p;
}

char *package_and_version(const char *package, const char *version)
{
    return package ? xasprintf("%s%s%s", package, version ? " " : "", version ? version : "")
                   : NULL;
}

static const char *file_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void find_owners_here(struct preflight *p)
{
    const char **paths = xcalloc(p->line_count + 1, sizeof *paths);
    struct package_owner *owners = xcalloc(p->line_count + 1, sizeof *owners);
    size_t count = 0, used = 0;

    /* No package has a file elsewhere, and the question costs more than all others. QEMU
     * names its folders from that of its binary, "/usr/bin/../share". */
    for (size_t i = 0; i < p->line_count; i++) {
        char *real = p->lines[i].file ? realpath(p->lines[i].file, NULL) : NULL;

        if (!real || strncmp(real, "/usr/", 5) != 0) {
            free(real);
            continue;
        }
        free(p->lines[i].file);
        paths[count++] = p->lines[i].file = real;
    }
    if (count)
        package_owners(paths, count, owners);
    for (size_t i = 0; i < p->line_count && used < count; i++) {
        if (p->lines[i].file != paths[used])
            continue;
        p->lines[i].owner = package_and_version(owners[used].package, owners[used].version);
        package_owner_free(&owners[used++]);
    }
    free(owners);
    free(paths);
}

void preflight_find_owners(struct preflight *p, const struct destination *to)
{
    if (!to->find)
        find_owners_here(p);
    else if (to->owner)
        for (size_t i = 0; i < p->line_count; i++)
            if (p->lines[i].file)
                p->lines[i].owner = to->owner(to->find_arg, file_name_of(p->lines[i].file));
}

void preflight_free(struct preflight *p)
{
    for (size_t i = 0; i < p->line_count; i++) {
        free(p->lines[i].file);
        free(p->lines[i].owner);
        free(p->lines[i].installed);
        free(p->lines[i].why);
        free(p->lines[i].note);
    }
    for (size_t i = 0; i < p->mend_count; i++) {
        free(p->mends[i].when);
        free(p->mends[i].text);
    }
    free(p->lines);
    free(p->mends);
    *p = (struct preflight){0};
}
