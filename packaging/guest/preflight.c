/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "inputs/package_owner.h"

const char *preflight_verdict_name(enum preflight_verdict verdict)
{
    static const char *const names[] = {"lands", "refused", "is accepted with the wrong size",
                                        "unknown"};

    return names[verdict];
}

const char *fix_kind_name(enum fix_kind kind)
{
    static const char *const names[] = {"package", "commands", "arguments", "libvirt"};

    return names[kind];
}

static void judge_length(const struct saved_guest *guest, struct preflight_line *line)
{
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    if (line->length == line->block->length) {
        line->verdict = PREFLIGHT_LANDS;
        return;
    }
    size_format(line->block->length, in);
    size_format(line->length, here);
    line->verdict = guest->mapped_ram ? PREFLIGHT_WRONG : PREFLIGHT_REFUSED;
    if (!guest->mapped_ram)
        line->why = xasprintf("the guest has %s, the destination has %s", in, here);
    else if (line->length > line->block->length)
        line->why =
            xasprintf("mapped-ram is not checked: QEMU loads the guest's %s into %s, and its "
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
        if (rom_block_length(rule.bucket) == line->block->length) {
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
                rom_block_length(rom.bucket) == line->block->length && !line->guest_set) {
                line->guest_set = set.name;
                line->guest_package = set.package;
            }
}

/* QEMU took the next power of two (hw/pci/pci.c, pci_add_option_rom()); a page is the least. */
static uint64_t least_size(uint64_t length)
{
    return length > rom_block_length(0) ? length / 2 + 1 : 1;
}

static void take_rom(struct preflight_line *line, const struct device_rom *rom)
{
    line->length = rom->length;
    line->loaded = rom->loaded;
    line->file_size = rom->loaded ? (uint64_t)rom->loaded->size : 0;
    line->installed = rom->installed;
    line->package = rom->compat ? rom->rule.package : NULL;
    line->compat_file = rom->compat ? rom->rule.compat_file : NULL;
    if (rom->why)
        line->why = xasprintf("%s%s", *line->rom ? "QEMU does not start: " : "", rom->why);
}

/* Without a machine type it is one of QEMU 2.3 or before, and may be one that has the other ROM;
 * with one that has, a block of this name may be that of a sibling, which has not. The answer
 * must not depend on that: whether it does. */
static bool is_open(const struct saved_guest *guest, struct destination *to, bool incoming,
                    const struct device_rom *rom, struct preflight_line *line)
{
    const struct rom_device *device = line->device;
    bool old = rom_device_is_old(device, guest->machine);
    /* A guest that has the block had the ROM: so where the old default is none, it is not
     * an old machine type. */
    bool either = device->old_rom && *device->old_rom && !guest->machine && guest->machine_is_old;
    struct device_rom other;

    if (!either && !(old && device->types[1]))
        return false;
    device_rom_of(to,
                  &(struct rom_question){to->maps, guest->machine,
                                         old ? device->rom : device->old_rom, incoming},
                  &other);
    bool agree = rom->length == other.length;
    device_rom_free(&other);
    if (!agree)
        line->why =
            old ? xasprintf("in %s the ROM of %s is %s, and that of its siblings %s: "
                            "the block does not say which it is",
                            guest->machine, device->types[0], device->old_rom, device->rom)
                : xasprintf("the stream does not name its machine type (QEMU 2.3 or "
                            "before): up to %u.%u the ROM is %s, later %s; say which "
                            "with --machine",
                            device->old_major, device->old_minor, device->old_rom, device->rom);
    return !agree;
}

/* Ubuntu's QEMU has other ROMs in old machine types, and whose the QEMU there is, is not known here. */
static bool may_be_of_ubuntu(const struct saved_guest *guest, struct destination *to,
                             const struct device_rom *rom, struct preflight_line *line)
{
    const char *name = rom->compat ? NULL : rom_file_of_ubuntu(line->rom, guest->machine);
    struct device_rom other;

    if (!name)
        return false;
    device_rom_of(to, &(struct rom_question){.rom = name}, &other);
    bool differs = other.installed->size > 0 && other.length != rom->length;
    if (differs)
        line->why =
            xasprintf("%s, which has another length than %s: Ubuntu's QEMU loads it for machine "
                      "types up to 2.10, and others do not",
                      other.installed->path, line->rom);
    device_rom_free(&other);
    return differs;
}

static void judge_rom(const struct saved_guest *guest, struct destination *to, bool incoming,
                      struct preflight_line *line)
{
    const struct rom_device *device = line->device;
    struct device_rom rom;

    line->rom = rom_device_is_old(device, guest->machine) ? device->old_rom : device->rom;
    device_rom_of(to, &(struct rom_question){to->maps, guest->machine, line->rom, incoming}, &rom);
    if (is_power_of_two(line->block->length))
        line->guest_least = least_size(line->block->length);
    find_guest_set(to, guest->machine, line);
    if (is_open(guest, to, incoming, &rom, line) || may_be_of_ubuntu(guest, to, &rom, line)) {
        line->verdict = PREFLIGHT_UNKNOWN;
        device_rom_free(&rom);
        return;
    }
    take_rom(line, &rom);
    device_rom_free(&rom);
    if (to->maps && !guest->machine) {
        /* A rule may hold or not: neither the length nor a missing file says anything. */
        line->verdict = PREFLIGHT_UNKNOWN;
        line->length = 0;
        free(line->why);
        line->why =
            xstrdup("the destination decides by machine type, and the guest's is not known; "
                    "give it with --machine");
    } else if (line->length == 0) {
        line->verdict = PREFLIGHT_REFUSED;
    } else {
        judge_length(guest, line);
    }
}

/* The destination's own default BIOS, which it has where the source has its own. */
static void refuse_bios(const struct saved_guest *guest, const struct rom_file *file,
                        const char *name, struct preflight_line *line)
{
    line->rom = name;
    if (file->size > 0) {
        line->length = (uint64_t)file->size;
        line->file_size = (uint64_t)file->size;
        line->loaded = file;
        judge_length(guest, line);
    } else {
        line->verdict = PREFLIGHT_REFUSED;
        line->why = xasprintf("QEMU does not start: there is no %s", name);
    }
}

/* Exactly as long as the file; whether it is the machine's own, only the guest's configuration
 * says. So a length that fits is an answer, and any other is none. */
static void judge_bios(const struct saved_guest *guest, struct destination *to,
                       struct preflight_line *line)
{
    static const char *const pc[] = {"bios-256k.bin", "bios.bin", NULL};
    const char *const *files = guest->machine ? machine_bioses(guest->machine) : pc, *other = NULL;

    for (size_t i = 0; files[i]; i++) {
        const struct rom_file *file = destination_file(to, files[i]);

        if (file->size <= 0 || (uint64_t)file->size != line->block->length)
            continue;
        if (i > 0 && guest->machine) {
            other = files[i];
            continue;
        }
        line->verdict = PREFLIGHT_LANDS;
        line->rom = files[i];
        line->length = (uint64_t)file->size;
        line->file_size = (uint64_t)file->size;
        line->loaded = file;
        return;
    }
    if (line->block->is_default && !files[1]) {
        refuse_bios(guest, destination_file(to, files[0]), files[0], line);
        return;
    }
    line->verdict = PREFLIGHT_UNKNOWN;
    line->why =
        other ? xasprintf("%s of the destination has this length, which QEMU loads where the "
                          "machine's properties say so, and %s has another: name it with --file",
                          other, files[0])
              : xstrdup("no default BIOS of the destination has this length: it must have the file "
                        "that -bios of the guest names, with exactly that many bytes");
}

/* The length that a block gets from a file that was named for it. QEMU hw/pci/pci.c;
 * hw/i386/x86-common.c, x86_bios_rom_init(); hw/i386/pc_sysfw.c. A block with a device's path
 * that is not known is the ROM of a device without a default. */
static uint64_t length_by_kind(enum ram_block_kind kind, const char *block, uint64_t size)
{
    if (kind == RAM_BLOCK_ROM || (kind == RAM_BLOCK_UNKNOWN && strchr(block, '/')))
        return size <= QEMU_ROM_FILE_MAX ? rom_block_length(power_of_two_ceiling(size)) : 0;
    if (strcmp(block, "isa-bios") == 0 && size > QEMU_ISA_BIOS_MAX)
        return QEMU_ISA_BIOS_MAX;
    return size;
}

static const struct given_file *find_given(const struct destination *to, const char *block)
{
    const struct given_file *given = NULL;

    for (size_t i = 0; i < to->given_count; i++)
        if (to->given[i].path && strcmp(to->given[i].block, block) == 0)
            given = &to->given[i];
    /* The end of the code, below 1 MiB. */
    return !given && strcmp(block, "isa-bios") == 0 ? find_given(to, "system.flash0") : given;
}

/* Whether the destination, another machine, has the file or is known not to have it. */
static bool is_known_there(struct destination *to, const struct given_file *given)
{
    return to->source && (destination_given(to, given)->size > 0 ||
                          (to->source->lists && to->source->lists(to->source_arg, given->path)));
}

/* Whether a file was named for the block, which is then judged by it. */
static bool judge_given(const struct saved_guest *guest, struct destination *to,
                        struct preflight_line *line)
{
    enum ram_block_kind kind = ram_block_kind_of(line->block->name, &line->device);
    const struct given_file *given = find_given(to, line->block->name);
    char *fault;

    if (!given)
        return false;
    line->rom = given->path;
    line->is_given = true;
    if (given->elsewhere && !is_known_there(to, given)) {
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xasprintf("the guest's XML names %s, and which file that is there is not "
                              "known: name it with --file",
                              given->path);
        return true;
    }
    int64_t size = destination_image_size(to, given, &fault);
    if (size <= 0) {
        line->verdict = size ? PREFLIGHT_REFUSED : PREFLIGHT_UNKNOWN;
        line->why =
            xasprintf(size ? "QEMU does not start: %s" : "its length is not known: %s", fault);
        free(fault);
        return true;
    }
    line->loaded = destination_given(to, given);
    line->file_size = (uint64_t)size;
    line->length = length_by_kind(kind, line->block->name, (uint64_t)size);
    judge_length(guest, line);
    return true;
}

static uint64_t find_romsize(const struct destination *to, const char *block)
{
    uint64_t romsize = 0;

    for (size_t i = 0; i < to->given_count; i++)
        if (!to->given[i].path && strcmp(to->given[i].block, block) == 0)
            romsize = to->given[i].romsize;
    return romsize;
}

/* Whether a length was named for the ROM, which then decides. */
static bool judge_romsize(const struct saved_guest *guest, struct destination *to, bool incoming,
                          struct preflight_line *line)
{
    const struct given_file *given = find_given(to, line->block->name);
    bool is_known;

    line->romsize = find_romsize(to, line->block->name);
    if (!line->romsize)
        return false;
    ram_block_kind_of(line->block->name, &line->device);
    line->is_given = true;
    line->rom = given          ? given->path
                : line->device ? rom_device_is_old(line->device, guest->machine)
                                     ? line->device->old_rom
                                     : line->device->rom
                               : NULL;
    line->installed = given       ? destination_given(to, given)
                      : line->rom ? destination_file(to, line->rom)
                                  : NULL;
    char *fault = preflight_romsize_fault(line, to, incoming, &is_known);
    if (fault) {
        line->verdict = is_known ? PREFLIGHT_REFUSED : PREFLIGHT_UNKNOWN;
        line->why = xasprintf(
            is_known ? "QEMU does not start: %s" : "a QEMU before 8.1 does not start: %s", fault);
        free(fault);
        return true;
    }
    line->length = rom_block_length(line->romsize);
    judge_length(guest, line);
    return true;
}

/* The card of that RAM block in the guest's XML. */
static const struct domain_device *place_of(const struct saved_guest *guest, const char *block)
{
    const char *slash = strrchr(block, '/');
    size_t n = slash ? (size_t)(slash - block) : 0;

    for (size_t i = 0; guest->domain && n && i < guest->domain->device_count; i++) {
        const char *path = guest->domain->devices[i].path;

        if (path && strlen(path) == n && strncmp(path, block, n) == 0)
            return &guest->domain->devices[i];
    }
    return NULL;
}

/* Whether libvirt, which restores the guest by its XML, gives the card no ROM, or passes QEMU more
 * about ROMs than is read here. --file and --romsize take precedence. */
static bool judge_by_xml(const struct saved_guest *guest, const struct destination *to,
                         struct preflight_line *line)
{
    enum ram_block_kind kind = ram_block_kind_of(line->block->name, &line->device);
    const struct domain_device *place = line->place;
    const struct given_file *given = find_given(to, line->block->name);
    bool is_rom = kind == RAM_BLOCK_ROM || (kind == RAM_BLOCK_UNKNOWN && place);

    if (!is_rom || !guest->domain || (given && !(place && given->path == place->rom_file)))
        return false;
    if (guest->domain->sets_qemu_roms) {
        line->device = NULL; /* no default ROM is looked for */
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xstrdup("the guest's XML sets romfile or romsize in <qemu:commandline> or "
                            "<qemu:override>: say with --file or --romsize what this device has");
        return true;
    }
    if (place && (place->rom_bar == DOMAIN_OFF || place->rom_enabled == DOMAIN_OFF ||
                  (place->rom_file && !*place->rom_file))) {
        line->device = NULL;
        line->is_switched_off = true;
        line->verdict = PREFLIGHT_REFUSED;
        line->why =
            xstrdup("the guest's XML gives the device no ROM, in <rom>: 'Unknown ramblock'");
        return true;
    }
    return false;
}

static bool judge(const struct saved_guest *guest, struct destination *to, bool incoming,
                  struct preflight_line *line)
{
    if (judge_romsize(guest, to, incoming, line) || judge_by_xml(guest, to, line) ||
        judge_given(guest, to, line))
        return true;
    if (ram_block_is_flash(line->block->name, line->block->length)) {
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xstrdup("a firmware image that the guest's configuration names: the "
                            "destination's must have exactly this length; name it with --file");
        return true;
    }
    switch (ram_block_kind_of(line->block->name, &line->device)) {
    case RAM_BLOCK_ROM:
        judge_rom(guest, to, incoming, line);
        return true;
    case RAM_BLOCK_BIOS:
        judge_bios(guest, to, line);
        return true;
    case RAM_BLOCK_UNKNOWN:
        line->verdict = PREFLIGHT_UNKNOWN;
        line->why = xstrdup("not a block that is known here");
        return true;
    case RAM_BLOCK_FLASH:
    case RAM_BLOCK_MEMORY:
    case RAM_BLOCK_FIXED:
        break;
    }
    return false;
}

void preflight_answer(const struct saved_guest *guest, struct destination *to, bool incoming,
                      struct preflight *result)
{
    struct preflight p = {.lines = xcalloc(guest->block_count, sizeof *p.lines)};

    for (size_t i = 0; i < guest->block_count; i++) {
        struct preflight_line *line = &p.lines[p.line_count];

        *line = (struct preflight_line){.block = &guest->blocks[i],
                                        .place = place_of(guest, guest->blocks[i].name)};
        if (judge(guest, to, incoming, line)) {
            p.counts[line->verdict]++;
            p.line_count++;
        } else {
            p.not_judged++;
        }
    }
    preflight_answer_all(&p, guest, to, incoming);
    *result = p;
}

void preflight_judge(const struct saved_guest *guest, struct destination *to, bool incoming,
                     struct preflight *result)
{
    preflight_answer(guest, to, incoming, result);
    if ((result->counts[PREFLIGHT_REFUSED] || result->counts[PREFLIGHT_WRONG]) &&
        !result->needs_other_qemu)
        preflight_find_fixes(result, to, guest, incoming);
    if (result->lacks_swtpm)
        preflight_fix_swtpm(result, to);
}

/* The ROM file of a line, whose length is known from a log: any file of that bucket fits a larger
 * one, and none fits a smaller one. */
static int64_t find_of_lengths(void *arg, const char *name, char **path)
{
    const struct preflight *p = arg;

    *path = NULL;
    for (size_t i = 0; i < p->line_count; i++)
        if (p->lines[i].rom && strcmp(p->lines[i].rom, name) == 0 && p->lines[i].length) {
            *path = xasprintf("OLD/%s", name); /* as the fixes call it */
            return (int64_t)p->lines[i].length;
        }
    return ROMCOMPAT_MISSING;
}

void preflight_of_lengths(const struct saved_guest *guest, const uint64_t *there,
                          const struct qemu_version *version, struct preflight *result)
{
    static const struct destination_source source = {.find = find_of_lengths};
    struct destination to = {.version = *version, .source = &source, .source_arg = result};
    struct preflight p = {.lines = xcalloc(guest->block_count, sizeof *p.lines)};

    for (size_t i = 0; i < guest->block_count; i++) {
        struct preflight_line *line = &p.lines[p.line_count++];

        *line = (struct preflight_line){
            .block = &guest->blocks[i], .verdict = PREFLIGHT_REFUSED, .length = there[i]};
        ram_block_kind_of(line->block->name, &line->device);
        line->rom = line->device ? rom_device_block_file(line->device, guest->machine) : NULL;
        p.counts[PREFLIGHT_REFUSED]++;
    }
    *result = p;
    for (size_t i = 0; i < result->line_count; i++)
        if (result->lines[i].rom)
            result->lines[i].installed = destination_file(&to, result->lines[i].rom);
    preflight_find_fixes(result, &to, guest, true);
    for (size_t i = 0; i < result->line_count; i++)
        result->lines[i].installed = NULL;
    destination_close(&to);
}

char *package_and_version(const char *package, const char *version)
{
    return package ? xasprintf("%s%s%s", package, version ? " " : "", version ? version : "")
                   : NULL;
}

/* No package has a file elsewhere, and the question costs more than all others. QEMU names its
 * directories from that of its binary, "/usr/bin/../share". */
static void find_owners_here(struct preflight *p)
{
    const char **paths = xcalloc(p->line_count + 1, sizeof *paths);
    struct package_owner *owners = xcalloc(p->line_count + 1, sizeof *owners);
    size_t count = 0, used = 0;

    for (size_t i = 0; i < p->line_count; i++) {
        struct preflight_line *line = &p->lines[i];

        line->real = line->loaded ? realpath(line->loaded->path, NULL) : NULL;
        if (line->real && strncmp(line->real, "/usr/", 5) == 0)
            paths[count++] = line->real;
    }
    if (count)
        package_owners(paths, count, false, owners);
    for (size_t i = 0; i < p->line_count && used < count; i++) {
        if (p->lines[i].real != paths[used])
            continue;
        p->lines[i].owner = package_and_version(owners[used].package, owners[used].version);
        package_owner_free(&owners[used++]);
    }
    free(owners);
    free(paths);
}

void preflight_find_owners(struct preflight *p, struct destination *to)
{
    if (!to->source)
        find_owners_here(p);
    for (size_t i = 0; to->source && i < p->line_count; i++)
        if (p->lines[i].loaded)
            p->lines[i].owner = destination_owner(to, p->lines[i].loaded);
}

const char *preflight_file(const struct preflight_line *line)
{
    return line->owner && line->real ? line->real : line->loaded ? line->loaded->path : NULL;
}

void preflight_free(struct preflight *p)
{
    for (size_t i = 0; i < p->line_count; i++) {
        free(p->lines[i].real);
        free(p->lines[i].owner);
        free(p->lines[i].why);
        free(p->lines[i].note);
    }
    for (size_t i = 0; i < p->fix_count; i++) {
        free(p->fixes[i].when);
        free(p->fixes[i].text);
    }
    free_texts(p->notes, p->note_count);
    free(p->arrives.why);
    free(p->starts.why);
    free(p->same.why);
    free(p->lines);
    free(p->fixes);
    *p = (struct preflight){0};
}
