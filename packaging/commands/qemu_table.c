/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat qemu-table`: the same as args for all machine types, to be compiled into QEMU. */
#include "commands/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/maps.h"
#include "commands/stock.h"
#include "guest/compat_table.h"
#include "outputs/json.h"

extern const struct command qemu_table_command;

struct job {
    struct stock_options stock;
    bool json;
};

static const struct option_spec options[] = {
    STOCK_OPTIONS(struct job, stock),
    JSON_OPTION(struct job, json),
    {0},
};

/* ---- for a program ---- */

static void add_properties(struct json_object *list, const struct stock_item *item)
{
    struct stock_setting settings[2];
    size_t count = item->driver ? stock_settings(&item->advice, settings) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_new();

        json_add_text(o, "driver", item->driver);
        json_add_text(o, "property", settings[i].name);
        json_add_text(o, "value", base_name(settings[i].value));
        json_append(list, o);
        free(settings[i].value);
    }
}

static struct json_object *group_object(const struct compat_group *g)
{
    struct json_object *o = json_new(), *machines = json_list(), *properties = json_list();

    for (size_t i = 0; i < g->machine_count; i++)
        json_append(machines, json_string(g->machines[i]));
    for (size_t i = 0; i < g->list.count; i++)
        add_properties(properties, &g->list.items[i]);
    json_add(o, "machines", machines);
    json_add(o, "properties", properties);
    return o;
}

static void add_rom(void *arg, const struct stock_advice *a)
{
    struct json_object *o = json_new();
    char ids[10];

    snprintf(ids, sizeof ids, "%04x:%04x", a->ids >> 16, a->ids & 0xffff);
    json_add_text(o, "file", base_name(a->romfile));
    json_add_text(o, "made_of", a->source);
    json_add_text(o, "ids", ids);
    json_add_number(o, "bucket", a->bucket);
    json_add_text(o, "package", a->package);
    json_append(arg, o);
}

static void print_json(const struct compat_table *t, const char *qemu)
{
    struct json_object *o = json_document("romcompat-qemu-table", 1), *groups = json_list(),
                       *roms = json_list();

    for (size_t i = 0; i < t->count; i++)
        json_append(groups, group_object(&t->groups[i]));
    compat_table_roms(t, add_rom, roms);
    json_add_text(o, "qemu", qemu);
    json_add(o, "groups", groups);
    json_add(o, "roms_to_make", roms);
    json_print(o);
}

/* ---- the command ---- */

static void print_rom(void *arg, const struct stock_advice *a)
{
    (void)arg;
    if (a->answer == STOCK_NO_FILE)
        complain("%s: %s", base_name(a->romfile), a->why);
    else
        complain("note: %s must be made of %s", base_name(a->romfile), a->source);
}

static bool lacks_files(const struct compat_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->groups[i].list.count; k++)
            if (t->groups[i].list.items[k].advice.answer == STOCK_NO_FILE)
                return true;
    return false;
}

static int print(const struct stock_side *side, const struct compat_table *t, bool json)
{
    const struct qemu_version *v = &side->to.version;
    char *qemu = xasprintf("QEMU %u.%u.%u", v->major, v->minor, v->micro);

    compat_table_roms(t, print_rom, NULL);
    if (json)
        print_json(t, qemu);
    else
        compat_table_put_c(stdout, t, qemu);
    free(qemu);
    return finish_output(lacks_files(t) ? STATUS_NO : STATUS_YES);
}

static int answer(struct stock_side *side, char **devices, bool json)
{
    struct compat_table t = {0};
    struct failure f = {0};
    struct stock_ask ask = {.to = &side->to, .maps = side->maps, .types = &side->types};

    if (!side->to.qemu)
        return complain("no QEMU is installed here; name one with --qemu");
    for (char **d = devices; *d; d++)
        if (strchr(*d, ','))
            return usage_error(&qemu_table_command, "'%s' is not a device type", *d);
    if (compat_table_make(&t, &ask, side->to.machines, side->to.machine_count, devices, &f) != 0)
        return report(&f);
    int status = STATUS_NO;
    if (t.count)
        status = print(side, &t, json);
    else
        complain("%s: no machine type of it needs a property", side->to.qemu);
    compat_table_free(&t);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct stock_side side = {0};

    (void)count;
    if (!job->stock.qemu && job->stock.firmware.count)
        return usage_error(&qemu_table_command,
                           "--qemu is missing: with --firmware none is assumed");
    int status = stock_side_open(&side, &job->stock, NULL);
    if (status == STATUS_YES)
        status = answer(&side, operands, job->json);
    stock_side_close(&side);
    return status;
}

const struct command qemu_table_command = {
    .name = "qemu-table",
    .summary = "the ROM lengths as compat properties, to be built into a QEMU",
    .synopsis = "[--qemu BINARY] [OPTION]... [DEVICE]...",
    .details =
        "Prints, for every machine type of the binary that a compat map has a rule for, the\n"
        "properties that give its guests their ROM lengths: C for QEMU's source, or JSON. For\n"
        "distributions that do not link libromcompat; a comment in the C code says what such a\n"
        "table cannot do. DEVICE is a type; the default is all types of the binary that have a\n"
        "ROM. A type that it does not have is an error, as QEMU itself silently ignores unknown\n"
        "ones.\n"
        "\n"
        "Status 0: the files that the table names exist or can be made from one that does.\n"
        "Status 1: a file does not exist, or no rule applies. Status 2: no answer.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a DEVICE",
    .run = run,
};
