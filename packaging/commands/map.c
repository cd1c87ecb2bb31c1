/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat map`: what compat maps say, and what is wrong with them. */
#include "commands/command.h"

#include <stdio.h>

#include "base/size.h"
#include "commands/columns.h"
#include "commands/maps.h"
#include "romcompat.h"
#include "outputs/json.h"

/* ---- for a person ---- */

static void print_machines(const struct romcompat *maps, size_t index)
{
    struct romcompat_machine_rule m;
    struct columns table;

    columns_init(&table, "rll", "LINE", "MACHINE", "VERSIONS", NULL);
    for (size_t i = 0; romcompat_machine_rule_at(maps, index, i, &m) == ROMCOMPAT_OK; i++) {
        columns_add(&table, "%u", m.line);
        columns_add(&table, "%s", m.name);
        if (m.exact)
            columns_add(&table, "this one");
        else if (!m.first && !m.last)
            columns_add(&table, "all");
        else
            columns_add(&table, "%s%s..%s%s", m.first ? m.first : "", m.first ? " " : "",
                        m.last ? " " : "", m.last ? m.last : "");
    }
    columns_print(&table, 2);
}

static void print_roms(const struct romcompat *maps, size_t index)
{
    struct romcompat_rom r;
    struct columns table;
    char size[SIZE_TEXT_MAX];

    columns_init(&table, "rlrl", "LINE", "ROM", "BUCKET", "COMPAT ROM", NULL);
    for (size_t i = 0; romcompat_rom_at(maps, index, i, &r) == ROMCOMPAT_OK; i++) {
        columns_add(&table, "%u", r.line);
        columns_add(&table, "%s", r.file);
        columns_add(&table, "%s", size_format(r.bucket, size));
        columns_add(&table, "%s", r.compat_file);
    }
    columns_print(&table, 2);
}

static void print_sets(const struct romcompat *maps)
{
    struct romcompat_set set;

    for (size_t i = 0; romcompat_set_at(maps, i, &set) == ROMCOMPAT_OK; i++) {
        if (i)
            putchar('\n');
        print_line("%s:%u: set %s, %s%s", set.map, set.line, set.name,
                   set.package ? "package " : "no package", set.package ? set.package : "");
        print_machines(maps, i);
        print_roms(maps, i);
    }
}

/* ---- for a program ---- */

static struct json_object *set_object(const struct romcompat *maps, size_t index,
                                      const struct romcompat_set *set)
{
    struct json_object *o = json_new(), *machines = json_list(), *roms = json_list();
    struct romcompat_machine_rule m;
    struct romcompat_rom r;

    json_add_text(o, "name", set->name);
    json_add_text(o, "package", set->package);
    json_add_text(o, "map", set->map);
    json_add(o, "line", json_integer(set->line));
    for (size_t i = 0; romcompat_machine_rule_at(maps, index, i, &m) == ROMCOMPAT_OK; i++) {
        struct json_object *line = json_new();

        json_add_text(line, m.exact ? "machine" : "family", m.name);
        if (!m.exact) {
            json_add_text(line, "first", m.first);
            json_add_text(line, "last", m.last);
        }
        json_add(line, "line", json_integer(m.line));
        json_append(machines, line);
    }
    for (size_t i = 0; romcompat_rom_at(maps, index, i, &r) == ROMCOMPAT_OK; i++) {
        struct json_object *line = json_new();

        json_add_text(line, "file", r.file);
        json_add(line, "bucket", json_integer(r.bucket));
        json_add_text(line, "compat_file", r.compat_file);
        json_add(line, "line", json_integer(r.line));
        json_append(roms, line);
    }
    json_add(o, "machines", machines);
    json_add(o, "roms", roms);
    return o;
}

static void print_json(const struct romcompat *maps)
{
    struct json_object *o = json_document("romcompat-map", 1), *sets = json_list();
    struct romcompat_set set;

    for (size_t i = 0; romcompat_set_at(maps, i, &set) == ROMCOMPAT_OK; i++)
        json_append(sets, set_object(maps, i, &set));
    json_add(o, "sets", sets);
    json_add(o, "problems", problems_object(maps));
    json_print(o);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct json_job *job = settings;
    struct romcompat *maps;
    int code = count ? romcompat_open_files((const char *const *)operands, count, &maps)
                     : romcompat_open(&maps);

    if (code != ROMCOMPAT_OK)
        return complain("%s", romcompat_strerror(code));
    if (job->json)
        print_json(maps);
    else
        print_sets(maps);
    int status = report_problems(maps);
    romcompat_close(maps);
    return finish_output(status);
}

extern const struct command map_command;
const struct command map_command = {
    .name = "map",
    .summary = "check compat maps, and print what they say",
    .synopsis = "[--json] [FILE]...",
    .details =
        "Without FILE, the maps that QEMU reads on this host: those of /etc/qemu/romcompat.d and\n"
        "/usr/share/qemu/romcompat.d. Maps are also checked against each other, in the given\n"
        "order; the status is 1 if one of them is broken or contradicts an earlier one, and 2 if\n"
        "one cannot be read. romcompat-map(5) describes the format.",
    .options = json_options,
    .settings_size = sizeof(struct json_job),
    .operand = "a FILE",
    .run = run,
};
