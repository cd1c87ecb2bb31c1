/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat resolve`: the answer that a QEMU with libromcompat gives, and why. */
#include "commands/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/maps.h"
#include "formats/machine_types.h"
#include "guest/device_rom.h"
#include "outputs/json.h"

extern const struct command resolve_command;

struct question {
    const char *machine, *qemu;
    char *type; /* that an alias stands for */
    struct strings maps, firmware;
    struct qemu_version version;
    bool incoming, json;
};

static const struct option_spec options[] = {
    {"machine", 'M', "MACHINE", "machine type, as 'qemu-system-x86_64 -M help' lists it",
     STRING_AT(struct question, machine), .required = true},
    MAPS_OPTION(struct question, maps),
    FIRMWARE_OPTION(struct question, firmware,
                    "look for ROM files in DIR in place of the default directories;\n"
                    "again for further ones"),
    {"incoming", .help = "the guest arrives by migration (not from a snapshot)",
     FLAG_AT(struct question, incoming)},
    {"qemu", .argument = "VERSION",
     .help = "the version of the QEMU, or its path: before 8.1 it reads ROM\n"
             "files even when the guest arrives by migration",
     STRING_AT(struct question, qemu)},
    JSON_OPTION(struct question, json),
    {0},
};

struct answer {
    struct device_rom rom;
    char line[2 * ROMCOMPAT_MAX_NAME]; /* the machine line: "pc-i440fx 2.4 10.0" */
};

/* The machine line of a rule, as the map has it. */
static void describe_line(const struct romcompat *maps, struct answer *a)
{
    struct romcompat_set set;
    struct romcompat_machine_rule m;

    for (size_t i = 0; romcompat_set_at(maps, i, &set) == ROMCOMPAT_OK; i++) {
        if (set.map != a->rom.rule.map || strcmp(set.name, a->rom.rule.set) != 0)
            continue;
        for (size_t j = 0; romcompat_machine_rule_at(maps, i, j, &m) == ROMCOMPAT_OK; j++) {
            if (m.line != a->rom.rule.machine_line)
                continue;
            if (m.exact)
                snprintf(a->line, sizeof a->line, "%s", m.name);
            else
                snprintf(a->line, sizeof a->line, "%s %s %s", m.name, m.first ? m.first : "-",
                         m.last ? m.last : "-");
        }
    }
}

/* ---- for a person ---- */

static void print_found(const char *label, const struct rom_file *f)
{
    if (!f->path)
        print_line("  %-9s %s: not there", label, f->name);
    else if (f->fault)
        print_line("  %-9s %s %s", label, f->path, f->fault);
    else
        print_line("  %-9s %s, %lld bytes", label, f->path, (long long)f->size);
}

static void print_answer(const struct question *q, const struct answer *a)
{
    const struct device_rom *rom = &a->rom;

    print_line("%s", rom->installed->name);
    if (!rom->compat) {
        print_line("  rule      none for %s: QEMU takes the installed file, and its length",
                   q->machine);
        print_found("installed", rom->installed);
        return;
    }
    print_line("  file      %s", rom->loaded   ? rom->loaded->path
                                 : rom->length ? "none needed: the content comes with the guest"
                                               : "none fits: QEMU will not start the guest");
    if (rom->length)
        print_line("  romsize   %u", rom->decision.romsize);
    print_line("  rule      machine %s, bucket %u", a->line, rom->rule.bucket);
    print_line("  map       %s, lines %u (machine) and %u (rom)", rom->rule.map,
               rom->rule.machine_line, rom->rule.rom_line);
    print_line("  set       %s%s%s", rom->rule.set, rom->rule.package ? ", package " : "",
               rom->rule.package ? rom->rule.package : "");
    print_found("installed", rom->installed);
    if (rom->compat != rom->installed)
        print_found("compat", rom->compat);
    if (rom->why)
        print_line("  error     %s", rom->why);
}

/* ---- for a program ---- */

static struct json_object *found_object(const struct rom_file *f)
{
    struct json_object *o = json_new();

    json_add_text(o, "name", f->name);
    json_add_text(o, "path", f->path);
    json_add(o, "size", f->size < 0 ? NULL : json_integer(f->size));
    return o;
}

static struct json_object *rule_object(const struct answer *a)
{
    struct json_object *o = json_new();

    json_add_text(o, "map", a->rom.rule.map);
    json_add_text(o, "set", a->rom.rule.set);
    json_add_text(o, "package", a->rom.rule.package);
    json_add_text(o, "machine", a->line);
    json_add_flag(o, "exact", a->rom.rule.exact != 0);
    json_add(o, "machine_line", json_integer(a->rom.rule.machine_line));
    json_add(o, "rom_line", json_integer(a->rom.rule.rom_line));
    json_add(o, "bucket", json_integer(a->rom.rule.bucket));
    return o;
}

static struct json_object *answer_object(const struct answer *a)
{
    static const char *const choices[] = {
        [ROMCOMPAT_FILE_INSTALLED] = "installed",
        [ROMCOMPAT_FILE_COMPAT] = "compat",
        [ROMCOMPAT_FILE_NONE] = "none",
    };
    struct json_object *o = json_new();
    const struct device_rom *rom = &a->rom;
    bool decided = rom->compat && rom->length;

    json_add_text(o, "rom", rom->installed->name);
    json_add(o, "choice", decided ? json_string(choices[rom->decision.file]) : NULL);
    json_add(o, "file", decided && rom->loaded ? json_string(rom->loaded->path) : NULL);
    json_add(o, "romsize", decided ? json_integer(rom->decision.romsize) : NULL);
    json_add(o, "error", rom->compat ? json_string(rom->why) : NULL);
    json_add(o, "rule", rom->compat ? rule_object(a) : NULL);
    json_add(o, "installed", found_object(rom->installed));
    json_add(o, "compat", rom->compat ? found_object(rom->compat) : NULL);
    return o;
}

/* ---- the command ---- */

/* STATUS_YES when there is a question. */
static int check_usage(struct question *q, char **roms)
{
    struct romcompat_machine m;

    q->version = qemu_fact(QEMU_SKIPS_ROM_FILES)->first;
    if (q->qemu && !strchr(q->qemu, '/') &&
        qemu_version_read(q->qemu, strlen(q->qemu), &q->version) != 0)
        return usage_error(&resolve_command,
                           "--qemu: '%s' is not a valid version (expected 7.2 or the like)",
                           q->qemu);
    if (romcompat_machine_parse(q->machine, &m) != ROMCOMPAT_OK)
        return usage_error(&resolve_command, "'%s' is not a machine type", q->machine);
    for (; *roms; roms++) {
        if (!**roms || strchr(*roms, '/'))
            return usage_error(&resolve_command,
                               "'%s' is not a bare ROM file name (expected efi-virtio.rom or the "
                               "like; --firmware names its directory)",
                               *roms);
    }
    return STATUS_YES;
}

/* "virt" is a type of its own where it has no versions. */
static bool is_alias(const char *machine)
{
    return machine_family_of_alias(machine) || strcmp(machine, "virt") == 0;
}

/* Of another version than the one that was said, this host's QEMU says nothing. */
static bool is_asked_for(const struct question *q, const struct destination *to)
{
    return !q->qemu || strchr(q->qemu, '/') ||
           (q->version.major == to->version.major && q->version.minor == to->version.minor);
}

/* Which type an alias stands for QEMU alone says: another one with each release. */
static int ask_qemu(struct question *q)
{
    bool has_path = q->qemu && strchr(q->qemu, '/'), known = false;
    struct destination to;
    struct failure f = {0};
    const char *type;

    if (!has_path && !is_alias(q->machine))
        return STATUS_YES;
    int found = has_path ? destination_of_qemu(&to, q->qemu, NULL, 0, &f)
                         : destination_of_this_host(&to, q->machine, &f);
    if (found < 0)
        return report(&f);
    if (has_path)
        q->version = to.version;
    if (found == 0 && is_asked_for(q, &to))
        known = destination_machine(&to, q->machine, &type, &f) == QEMU_YES;
    if (known)
        q->machine = q->type = xstrdup(type);
    destination_close(&to);
    if (known)
        return STATUS_YES;
    if (!is_alias(q->machine))
        return complain("%s: this QEMU has no such machine type", q->machine);
    fail(&f, "%s: an alias, and which machine type it stands for is not known here", q->machine);
    fail_hint(&f, "Give the type itself, or the path of the QEMU with --qemu.");
    return report(&f);
}

/* A map that was left out is QEMU's way too, but a directory that was named and cannot be
 * read leaves the question open. */
static int check_directories(const struct question *q, const struct romcompat *maps)
{
    struct romcompat_problem p;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        for (size_t j = 0; j < q->maps.count; j++) {
            if (strcmp(p.file, q->maps.list[j]) == 0)
                return STATUS_NO_ANSWER;
        }
    }
    return STATUS_YES;
}

static int answer_all(const struct question *q, const struct romcompat *maps, char **roms)
{
    struct destination to = {.version = q->version,
                             .directories = (char **)destination_default_directories,
                             .directory_count = DESTINATION_DEFAULT_DIRECTORIES};
    struct json_object *list = q->json ? json_list() : NULL;
    int status = STATUS_YES;

    if (q->firmware.count) {
        to.directories = (char **)q->firmware.list;
        to.directory_count = q->firmware.count;
    }
    reader_of_qemu(&to.reader);
    for (size_t i = 0; roms[i]; i++) {
        struct answer a = {0};

        device_rom_of(&to, &(struct rom_question){maps, q->machine, roms[i], q->incoming}, &a.rom);
        if (a.rom.compat)
            describe_line(maps, &a);
        else
            status = STATUS_NO;
        if (list)
            json_append(list, answer_object(&a));
        else
            print_answer(q, &a);
        device_rom_free(&a.rom);
    }
    destination_forget(&to);
    if (list) {
        struct json_object *o = json_document("romcompat-resolve", 1);

        json_add_text(o, "machine", q->machine);
        json_add_flag(o, "incoming", q->incoming);
        json_add(o, "roms", list);
        json_add(o, "problems", problems_object(maps));
        json_print(o);
    }
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct question *q = settings;
    struct romcompat *maps = NULL;

    (void)count;
    int status = check_usage(q, operands);
    if (status == STATUS_YES)
        status = ask_qemu(q);
    if (status != STATUS_YES)
        return status;
    int code = q->maps.count ? romcompat_open_folders(q->maps.list, q->maps.count, &maps)
                             : romcompat_open(&maps);
    if (code != ROMCOMPAT_OK) {
        free(q->type);
        return complain("maps: %s", romcompat_strerror(code));
    }
    report_problems(maps);
    status = check_directories(q, maps);
    if (status == STATUS_YES)
        status = finish_output(answer_all(q, maps, operands));
    romcompat_close(maps);
    free(q->type);
    return status;
}

const struct command resolve_command = {
    .name = "resolve",
    .summary = "which file and length a ROM gets on this host, by machine type",
    .synopsis = "-M MACHINE [OPTION]... ROM...",
    .details =
        "Answers as a QEMU with libromcompat does for a device with its default ROM, and names "
        "the\n"
        "map, the lines and the files that led there. ROM is a bare file name: efi-virtio.rom.\n"
        "An alias such as q35 stands for what it is in this host's QEMU, or in that of --qemu.\n"
        "ROM files are looked for in /usr/share/qemu, /usr/share/seabios and /usr/lib/ipxe/qemu.\n"
        "\n"
        "Status 0: a rule applies to every ROM, even if no file fits (the answer then is the\n"
        "error that QEMU would give). Status 1: no rule applies to one of them. A broken map is\n"
        "reported and left out, as in QEMU; a --maps directory that cannot be read is status 2.",
    .options = options,
    .settings_size = sizeof(struct question),
    .operand = "a ROM",
    .least = 1,
    .run = run,
};
