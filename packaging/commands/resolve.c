/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat resolve`: the answer that a QEMU with libromcompat gives, and why. */
#include "commands/command.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "commands/maps.h"
#include "romcompat.h"

extern const struct command resolve_command;

enum { KEY_MAPS = 256, KEY_FIRMWARE, KEY_INCOMING, KEY_QEMU, KEY_JSON };

static const struct option_spec options[] = {
    {'M', "machine", "MACHINE", "machine type, as 'qemu-system-x86_64 -M help' lists it; no alias"},
    {KEY_MAPS, "maps", "DIR",
     "read the maps of DIR in place of the default folders;\n"
     "again for further folders, most important first"},
    {KEY_FIRMWARE, "firmware", "DIR",
     "look for ROM files in DIR in place of the default folders;\n"
     "again for further folders"},
    {KEY_INCOMING, "incoming", NULL, "the guest arrives by migration (not from a snapshot)"},
    {KEY_QEMU, "qemu", "VERSION",
     "the QEMU that asks: before 8.1 it reads ROM files even\n"
     "when the guest arrives by migration"},
    {KEY_JSON, "json", NULL, "print one JSON object"},
    {0},
};

/* Where Debian's QEMU looks (FIRMWARE_PATH), in its order. */
static const char *const default_firmware[] = {"/usr/share/qemu", "/usr/share/seabios",
                                               "/usr/lib/ipxe/qemu"};

struct list {
    const char **item;
    size_t count, capacity;
};

static void append(struct list *l, const char *item)
{
    l->item = xgrow(l->item, l->count, &l->capacity, sizeof *l->item);
    l->item[l->count++] = item;
}

struct question {
    const char *machine;
    struct list maps, firmware;
    unsigned int flags;
    int json;
};

/* A ROM file as QEMU would find it: the first folder that has the name decides. */
struct found {
    char *path;   /* NULL: nowhere */
    int64_t size; /* ROMCOMPAT_MISSING: nowhere, or not a regular file */
};

static struct found look_for(const struct list *firmware, const char *name)
{
    for (size_t i = 0; i < firmware->count; i++) {
        char *path = xasprintf("%s/%s", firmware->item[i], name);
        struct stat st;

        if (stat(path, &st) == 0)
            return (struct found){path, S_ISREG(st.st_mode) ? st.st_size : ROMCOMPAT_MISSING};
        free(path);
    }
    return (struct found){NULL, ROMCOMPAT_MISSING};
}

struct answer {
    const char *rom;
    int code; /* of romcompat_find(), then of romcompat_decide() */
    struct romcompat_rule rule;
    struct romcompat_decision decision;
    struct found installed, compat;
    char line[2 * ROMCOMPAT_MAX_NAME]; /* the machine line: "pc-i440fx 2.4 10.0" */
    char why[2048];                    /* ROMCOMPAT_E_NO_FILE: what mends it */
};

/* The machine line of a rule, as the map has it. */
static void describe_line(const struct romcompat *maps, struct answer *a)
{
    struct romcompat_set set;
    struct romcompat_machine_rule m;

    for (size_t i = 0; romcompat_set_at(maps, i, &set) == ROMCOMPAT_OK; i++) {
        if (set.map != a->rule.map || strcmp(set.name, a->rule.set) != 0)
            continue;
        for (size_t j = 0; romcompat_machine_rule_at(maps, i, j, &m) == ROMCOMPAT_OK; j++) {
            if (m.line != a->rule.machine_line)
                continue;
            if (m.exact)
                snprintf(a->line, sizeof a->line, "%s", m.name);
            else
                snprintf(a->line, sizeof a->line, "%s %s %s", m.name, m.first ? m.first : "-",
                         m.last ? m.last : "-");
        }
    }
}

static void ask(const struct question *q, const struct romcompat *maps, const char *rom,
                struct answer *a)
{
    *a = (struct answer){.rom = rom};
    a->installed = look_for(&q->firmware, rom);
    a->code = romcompat_find(maps, q->machine, rom, &a->rule);
    if (a->code != ROMCOMPAT_OK)
        return;
    a->compat = look_for(&q->firmware, a->rule.compat_file);
    describe_line(maps, a);
    a->code =
        romcompat_decide(a->rule.bucket, a->installed.size, a->compat.size, q->flags, &a->decision);
    if (a->code == ROMCOMPAT_E_NO_FILE)
        romcompat_explain(&a->rule, q->machine, a->installed.size, a->compat.size, a->why,
                          sizeof a->why);
}

static const struct found *chosen(const struct answer *a)
{
    if (a->code != ROMCOMPAT_OK || a->decision.file == ROMCOMPAT_FILE_NONE)
        return NULL;
    return a->decision.file == ROMCOMPAT_FILE_COMPAT ? &a->compat : &a->installed;
}

/* ---- for a person ---- */

static void print_found(const char *label, const char *name, const struct found *f)
{
    if (!f->path)
        print_line("  %-9s %s: not there", label, name);
    else if (f->size < 0)
        print_line("  %-9s %s: not a regular file", label, f->path);
    else
        print_line("  %-9s %s, %lld bytes", label, f->path, (long long)f->size);
}

static void print_answer(const struct question *q, const struct answer *a)
{
    const struct found *file = chosen(a);

    print_line("%s", a->rom);
    if (a->code == ROMCOMPAT_E_NO_RULE) {
        print_line("  rule      none for %s: QEMU takes the installed file, and its length",
                   q->machine);
        print_found("installed", a->rom, &a->installed);
        return;
    }
    if (file)
        print_line("  file      %s", file->path);
    else
        print_line("  file      %s", a->code == ROMCOMPAT_OK
                                         ? "none needed: the content comes with the guest"
                                         : "none fits: QEMU will not start the guest");
    if (a->code == ROMCOMPAT_OK)
        print_line("  romsize   %u", a->decision.romsize);
    print_line("  rule      machine %s, bucket %u", a->line, a->rule.bucket);
    print_line("  map       %s, lines %u (machine) and %u (rom)", a->rule.map, a->rule.machine_line,
               a->rule.rom_line);
    print_line("  set       %s%s%s", a->rule.set, a->rule.package ? ", package " : "",
               a->rule.package ? a->rule.package : "");
    print_found("installed", a->rom, &a->installed);
    if (strcmp(a->rule.compat_file, a->rom) != 0)
        print_found("compat", a->rule.compat_file, &a->compat);
    if (*a->why)
        print_line("  error     %s", a->why);
}

/* ---- for a program ---- */

static struct json_object *found_object(const char *name, const struct found *f)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "name", text_or_null(name));
    json_object_object_add(o, "path", text_or_null(f->path));
    json_object_object_add(o, "size", f->size < 0 ? NULL : json_object_new_int64(f->size));
    return o;
}

static struct json_object *rule_object(const struct answer *a)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "map", text_or_null(a->rule.map));
    json_object_object_add(o, "set", text_or_null(a->rule.set));
    json_object_object_add(o, "package", text_or_null(a->rule.package));
    json_object_object_add(o, "machine", text_or_null(a->line));
    json_object_object_add(o, "exact", json_object_new_boolean(a->rule.exact != 0));
    json_object_object_add(o, "machine-line", json_object_new_int64(a->rule.machine_line));
    json_object_object_add(o, "rom-line", json_object_new_int64(a->rule.rom_line));
    json_object_object_add(o, "bucket", json_object_new_int64(a->rule.bucket));
    return o;
}

static struct json_object *answer_object(const struct answer *a)
{
    static const char *const choices[] = {
        [ROMCOMPAT_FILE_INSTALLED] = "installed",
        [ROMCOMPAT_FILE_COMPAT] = "compat",
        [ROMCOMPAT_FILE_NONE] = "none",
    };
    struct json_object *o = json_object_new_object();
    const struct found *file = chosen(a);
    int decided = a->code == ROMCOMPAT_OK, ruled = a->code != ROMCOMPAT_E_NO_RULE;

    json_object_object_add(o, "rom", text_or_null(a->rom));
    json_object_object_add(o, "choice", decided ? text_or_null(choices[a->decision.file]) : NULL);
    json_object_object_add(o, "file", file ? text_or_null(file->path) : NULL);
    json_object_object_add(o, "romsize",
                           decided ? json_object_new_int64(a->decision.romsize) : NULL);
    json_object_object_add(o, "error", *a->why ? text_or_null(a->why) : NULL);
    json_object_object_add(o, "rule", ruled ? rule_object(a) : NULL);
    json_object_object_add(o, "installed", found_object(a->rom, &a->installed));
    json_object_object_add(o, "compat",
                           ruled ? found_object(a->rule.compat_file, &a->compat) : NULL);
    return o;
}

/* ---- the command ---- */

static int read_qemu(const char *text, unsigned int *flags)
{
    static const struct romcompat_version leaves_files_alone = {2, {8, 1, 0, 0}};
    struct romcompat_version v;

    if (romcompat_version_parse(text, strlen(text), &v) != ROMCOMPAT_OK) {
        usage_error(&resolve_command, "--qemu: '%s' is no version (expected 7.2 or the like)",
                    text);
        return -1;
    }
    *flags &= ~ROMCOMPAT_READS_INCOMING;
    if (romcompat_version_compare(&v, &leaves_files_alone) < 0)
        *flags |= ROMCOMPAT_READS_INCOMING;
    return 0;
}

/* OPTION_END when there is a question; else what to return from the command. */
static int read_question(struct option_reader *r, struct question *q)
{
    const char *value;
    int key;

    while ((key = next_option(r, &value)) != OPTION_END) {
        switch (key) {
        case OPTION_BAD:
        case OPTION_HELPED:
            return option_status(key);
        case 'M':
            q->machine = value;
            break;
        case KEY_MAPS:
            append(&q->maps, value);
            break;
        case KEY_FIRMWARE:
            append(&q->firmware, value);
            break;
        case KEY_INCOMING:
            q->flags |= ROMCOMPAT_INCOMING;
            break;
        case KEY_QEMU:
            if (read_qemu(value, &q->flags) < 0)
                return STATUS_NO_ANSWER;
            break;
        default:
            q->json = 1;
        }
    }

    if (!q->firmware.count) {
        for (size_t i = 0; i < sizeof default_firmware / sizeof *default_firmware; i++)
            append(&q->firmware, default_firmware[i]);
    }
    struct romcompat_machine m;
    if (!q->machine)
        return usage_error(&resolve_command, "-M MACHINE is missing");
    if (romcompat_machine_parse(q->machine, &m) != ROMCOMPAT_OK)
        return usage_error(&resolve_command, "'%s' is not a machine type", q->machine);
    if (r->first == r->argc)
        return usage_error(&resolve_command, "a ROM is missing");
    for (int i = r->first; i < r->argc; i++) {
        if (!*r->argv[i] || strchr(r->argv[i], '/'))
            return usage_error(&resolve_command,
                               "'%s' is not a bare ROM file name (expected efi-virtio.rom or the "
                               "like; --firmware names its folder)",
                               r->argv[i]);
    }
    return OPTION_END;
}

/* A map that was left out is QEMU's way too, but a folder that was named and cannot be
 * read leaves the question open. */
static int check_folders(const struct question *q, const struct romcompat *maps)
{
    struct romcompat_problem p;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        for (size_t j = 0; j < q->maps.count; j++) {
            if (strcmp(p.file, q->maps.item[j]) == 0)
                return STATUS_NO_ANSWER;
        }
    }
    return STATUS_YES;
}

static int answer_all(const struct question *q, const struct romcompat *maps, char **roms)
{
    struct json_object *list = q->json ? json_object_new_array() : NULL;
    int status = STATUS_YES;

    for (size_t i = 0; roms[i]; i++) {
        struct answer a;

        ask(q, maps, roms[i], &a);
        if (a.code == ROMCOMPAT_E_NO_RULE)
            status = STATUS_NO;
        if (list)
            json_object_array_add(list, answer_object(&a));
        else
            print_answer(q, &a);
        free(a.installed.path);
        free(a.compat.path);
    }
    if (list) {
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "machine", text_or_null(q->machine));
        json_object_object_add(o, "incoming",
                               json_object_new_boolean((q->flags & ROMCOMPAT_INCOMING) != 0));
        json_object_object_add(o, "roms", list);
        json_object_object_add(o, "problems", problems_object(maps));
        put_json(o);
    }
    return status;
}

static int run(int argc, char **argv)
{
    struct option_reader r;
    struct question q = {0};
    struct romcompat *maps = NULL;

    option_reader_init(&r, &resolve_command, argc, argv);
    int status = read_question(&r, &q);
    if (status == OPTION_END) {
        int code = q.maps.count ? romcompat_open_folders(q.maps.item, q.maps.count, &maps)
                                : romcompat_open(&maps);
        if (code != ROMCOMPAT_OK) {
            status = complain("maps: %s", romcompat_strerror(code));
        } else {
            report_problems(maps);
            status = check_folders(&q, maps);
            if (status == STATUS_YES)
                status = finish_output(answer_all(&q, maps, argv + r.first));
            romcompat_close(maps);
        }
    }
    free(q.maps.item);
    free(q.firmware.item);
    return status;
}

const struct command resolve_command = {
    .name = "resolve",
    .summary = "which file and length does each ROM get on this host",
    .synopsis = "-M MACHINE [OPTION]... ROM...",
    .details =
        "Answers as a QEMU with libromcompat does for a device with its default ROM, and names "
        "the\n"
        "map, the lines and the files that led there. ROM is a bare file name: efi-virtio.rom.\n"
        "ROM files are looked for in /usr/share/qemu, /usr/share/seabios and /usr/lib/ipxe/qemu.\n"
        "\n"
        "Status 0: a rule holds for every ROM, also where no file fits (the answer then is the "
        "error\n"
        "that QEMU would give). Status 1: for one of them no rule holds. A broken map is reported "
        "and\n"
        "left out, as in QEMU; a --maps folder that cannot be read is status 2.",
    .options = options,
    .run = run,
};
