/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat args`: what a stock QEMU must be given so that guests find their ROM lengths. */
#include "commands/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"
#include "commands/maps.h"
#include "commands/stock.h"
#include "formats/machine_types.h"
#include "inputs/file.h"
#include "outputs/escape.h"
#include "guest/stock_list.h"
#include "outputs/json.h"

extern const struct command args_command;

struct question {
    struct stock_options stock;
    const char *machine, *write;
    bool incoming, loadvm, libvirt, json;
};

static const struct option_spec options[] = {
    {"machine", 'M', "MACHINE", "the guest's machine type; an alias where the QEMU is known",
     STRING_AT(struct question, machine), .required = true},
    {"incoming", .help = "the guest arrives by migration, or is restored by libvirt",
     FLAG_AT(struct question, incoming)},
    {"loadvm",
     .help = "the guest is loaded from a snapshot; the answer is the same as for\n"
             "a cold start, the default",
     FLAG_AT(struct question, loadvm)},
    STOCK_OPTIONS(struct question, stock),
    {"write", .argument = "DIR",
     .help = "write the ROMs that must be made to DIR, and look for them\n"
             "there (default: look in " STOCK_ROM_DIRECTORY "\n"
             "and print how to make them)",
     STRING_AT(struct question, write)},
    {"libvirt", .help = "print XML for a libvirt domain", FLAG_AT(struct question, libvirt)},
    JSON_OPTION(struct question, json),
    {0},
};

/* ---- the machine type ---- */

static int no_such_machine(const char *machine, const char *why, const char *const *names,
                           size_t count)
{
    struct failure f = {0};
    const char *nearest = nearest_name(machine, names, count);

    fail(&f, "%s: %s", machine, why);
    if (nearest)
        fail_hint(&f, "Did you mean %s?", nearest);
    return report(&f);
}

/* *machine is one of the binary's, an alias followed. */
static int check_with_qemu(struct stock_side *side, const char **machine)
{
    const char **names;
    struct failure f;

    if (destination_machine(&side->to, *machine, machine, &f) == QEMU_YES)
        return STATUS_YES;
    names = xcalloc(side->to.machine_count, sizeof *names);
    for (size_t i = 0; i < side->to.machine_count; i++)
        names[i] = side->to.machines[i].name;
    int status = no_such_machine(*machine, "this QEMU has no such machine type", names,
                                 side->to.machine_count);
    free(names);
    return status;
}

/* The machine types that maps name: exact ones, and the ends of ranges. */
static int check_with_maps(const struct romcompat *maps, const char *machine)
{
    struct romcompat_machine_rule m;
    char **names = NULL;
    size_t count = 0, capacity = 0;

    if (stock_machine_has_rules(maps, machine))
        return STATUS_YES;
    if (machine_family_of_alias(machine)) {
        struct failure f = {0};

        fail(&f, "%s: an alias, and which machine type it stands for is not known here", machine);
        fail_hint(&f, "Give the type itself, or name the QEMU with --qemu.");
        return report(&f);
    }
    for (size_t i = 0; i < romcompat_set_count(maps); i++)
        for (size_t k = 0; romcompat_machine_rule_at(maps, i, k, &m) == ROMCOMPAT_OK; k++)
            for (int end = 0; end < 2; end++) {
                const char *version = end ? m.last : m.first;

                if (!version && (end || !m.exact))
                    continue;
                APPEND(names, count, capacity,
                       m.exact ? xstrdup(m.name) : xasprintf("%s-%s", m.name, version));
            }
    no_such_machine(machine, "no map has a rule for this machine type", (const char *const *)names,
                    count);
    free_texts(names, count);
    return STATUS_NO_ANSWER;
}

/* ---- ROMs that are to be made ---- */

/* And no item before it needs the same. */
static bool is_to_make(const struct stock_list *list, size_t i)
{
    const struct stock_item *item = &list->items[i];

    if (item->untouched || !item->advice.source)
        return false;
    for (size_t k = 0; k < i; k++)
        if (!list->items[k].untouched && list->items[k].advice.source &&
            strcmp(list->items[k].advice.romfile, item->advice.romfile) == 0)
            return false;
    return true;
}

/* ---- for a person, on standard error ---- */

static void print_how_to_make(const struct stock_item *item)
{
    const struct stock_advice *a = &item->advice;
    bool is_alone = item->driver && strcmp(item->driver, item->type) == 0; /* no siblings in it */
    struct failure f = {0};

    fail(&f, "%s: %s", is_alone ? item->type : item->device, a->why);
    if (a->source) {
        char *command = stock_command(a, a->source, a->romfile);

        fail_hint(&f, "%s", command);
        free(command);
    }
    report(&f);
}

/* What holds for siblings alike is printed once; where files are to be made, once for each. */
static bool is_printed(const struct stock_list *list, size_t i)
{
    const struct stock_item *item = &list->items[i];

    for (size_t k = 0; k < i; k++) {
        const struct stock_item *other = &list->items[k];

        if (other->device == item->device && other->advice.answer == item->advice.answer &&
            (item->advice.source ? strcmp(other->advice.romfile, item->advice.romfile) == 0
                                 : other->advice.rom == item->advice.rom))
            return true;
    }
    return false;
}

static void print_item(const struct stock_list *list, size_t i)
{
    const struct stock_item *item = &list->items[i];
    const struct stock_advice *a = &item->advice;
    /* A sibling of what was asked for is named as itself. */
    const char *name = item->driver ? item->type : item->device;

    if (is_printed(list, i))
        return;
    if (item->untouched) {
        complain("note: %s: left as it is: %s", item->device, item->untouched);
        return;
    }
    switch (a->answer) {
    case STOCK_NOTHING:
    case STOCK_NO_ROM:
    case STOCK_NOT_A_DEVICE:
        complain("note: %s: no argument needed: %s", name, a->why);
        break;
    case STOCK_NO_RULE:
        complain("%s: %s", name, a->why);
        break;
    case STOCK_ROMSIZE:
        if (a->only_incoming)
            complain("note: %s: %s; the guest's next start needs more (ask without --incoming)",
                     item->device, a->why);
        break;
    case STOCK_ROMFILE:
        if (a->source)
            print_how_to_make(item);
        break;
    case STOCK_NO_FILE:
        print_how_to_make(item);
        break;
    }
}

/* ---- the arguments ---- */

static bool sets_anything(const struct stock_item *item)
{
    return !item->untouched && (item->advice.romfile || item->advice.romsize) &&
           item->advice.answer != STOCK_NO_FILE;
}

/* The user's text, with the properties behind it. */
static char *device_text(const struct stock_item *item)
{
    char *properties = sets_anything(item) ? stock_properties(&item->advice) : NULL;
    char *text = properties ? xasprintf("%s,%s", item->device, properties) : xstrdup(item->device);

    free(properties);
    return text;
}

static void print_arguments(const struct stock_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct stock_item *item = &list->items[i];

        if (item->driver) {
            if (sets_anything(item))
                stock_put_globals(stdout, &item->advice, item->driver);
        } else {
            char *text = device_text(item);

            fputs("-device ", stdout);
            put_shell_word(stdout, text);
            putchar('\n');
            free(text);
        }
    }
}

/* libvirt has an element for a ROM's file and none for its length. */
static void print_libvirt(const struct stock_list *list)
{
    bool any = false, only_incoming = false;

    for (size_t i = 0; i < list->count; i++)
        only_incoming |= sets_anything(&list->items[i]) && list->items[i].advice.only_incoming;
    for (size_t i = 0; i < list->count; i++) {
        const struct stock_item *item = &list->items[i];

        if (!sets_anything(item) || !item->advice.romfile)
            continue;
        printf("<!-- inside the device that is ");
        put_xml_comment(stdout, item->driver ? item->driver : item->device);
        printf(" -->\n<rom file='");
        put_xml(stdout, item->advice.romfile);
        puts("'/>");
    }
    for (size_t i = 0; i < list->count; i++) {
        struct stock_item item = list->items[i];

        if (!sets_anything(&item) || !item.advice.romsize)
            continue;
        if (!any)
            printf("<!-- inside <domain>%s -->\n<qemu:commandline "
                   "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n",
                   only_incoming ? ", while the guest arrives; not for its next start" : "");
        any = true;
        item.advice.romfile = NULL;
        stock_put_libvirt_globals(stdout, &item.advice, item.driver ? item.driver : item.type);
    }
    if (any)
        puts("</qemu:commandline>");
}

/* ---- for a program ---- */

static void add_argument(struct json_object *list, const char *option, char *value)
{
    json_append(list, json_string(option));
    json_append(list, json_string(value));
    free(value);
}

static struct json_object *item_object(const struct stock_item *item, struct json_object *arguments)
{
    static const char *const answers[] = {
        [STOCK_NOTHING] = "nothing",     [STOCK_ROMSIZE] = "romsize", [STOCK_ROMFILE] = "romfile",
        [STOCK_NO_FILE] = "no file",     [STOCK_NO_RULE] = "no rule", [STOCK_NO_ROM] = "no rom",
        [STOCK_NOT_A_DEVICE] = "no rom",
    };
    const struct stock_advice *a = &item->advice;
    struct json_object *o = json_new();
    struct stock_setting settings[2];
    size_t count = sets_anything(item) ? stock_settings(a, settings) : 0;
    char ids[10];

    snprintf(ids, sizeof ids, "%04x:%04x", a->ids >> 16, a->ids & 0xffff);
    json_add_text(o, "device", item->device);
    json_add_text(o, "driver", item->driver);
    json_add_text(o, "answer", item->untouched ? "untouched" : answers[a->answer]);
    json_add_text(o, "why", item->untouched ? item->untouched : a->why);
    json_add_text(o, "rom", a->rom);
    json_add(o, "bucket", a->bucket ? json_number(a->bucket) : NULL);
    json_add(o, "ids", a->ids ? json_string(ids) : NULL);
    json_add(o, "romsize", a->romsize ? json_number(a->romsize) : NULL);
    json_add_text(o, "romfile", a->romfile);
    json_add_text(o, "made_of", a->source);
    json_add_text(o, "package", a->package);
    json_add_flag(o, "only_incoming", a->only_incoming);
    if (!item->driver)
        add_argument(arguments, "-device", device_text(item));
    for (size_t i = 0; i < count; i++) {
        if (item->driver)
            add_argument(arguments, "-global",
                         xasprintf("%s.%s=%s", item->driver, settings[i].name, settings[i].value));
        free(settings[i].value);
    }
    return o;
}

static void print_json(const struct question *q, const struct stock_side *side,
                       const struct stock_list *list)
{
    struct json_object *o = json_document("romcompat-args", 1), *devices = json_list(),
                       *arguments = json_list(), *makes = json_list();

    for (size_t i = 0; i < list->count; i++) {
        const struct stock_advice *a = &list->items[i].advice;

        json_append(devices, item_object(&list->items[i], arguments));
        if (is_to_make(list, i)) {
            char *command = stock_command(a, a->source, a->romfile);

            json_append(makes, json_string(command));
            free(command);
        }
    }
    json_add_text(o, "machine", q->machine);
    json_add_text(o, "qemu", side->to.label);
    json_add_flag(o, "incoming", q->incoming);
    json_add_flag(o, "complete", list->unanswered == 0);
    json_add(o, "arguments", arguments);
    json_add(o, "commands", makes);
    json_add(o, "devices", devices);
    json_print(o);
}

/* ---- the command ---- */

static int check_usage(const struct question *q)
{
    if (q->incoming && q->loadvm)
        return usage_error(&args_command, "--incoming and --loadvm exclude each other");
    if (q->json && q->libvirt)
        return usage_error(&args_command, "--json and --libvirt exclude each other");
    return STATUS_YES;
}

/* Makes the ROMs, and takes the advice once more: they are there now. */
static int write_roms(const struct stock_list *list)
{
    struct failure f = {0};

    for (size_t i = 0; i < list->count; i++) {
        const struct stock_item *item = &list->items[i];

        if (!is_to_make(list, i))
            continue;
        if (stock_write(&item->advice, &f) != 0)
            return report(&f);
        complain("note: %s was made of %s", item->advice.romfile, item->advice.source);
    }
    return STATUS_YES;
}

static int add_all(struct stock_list *list, const struct stock_ask *ask, char **devices)
{
    struct failure f = {0};

    for (; *devices; devices++)
        if (stock_list_add(list, ask, *devices, &f) != 0)
            return report(&f);
    return STATUS_YES;
}

static int print(const struct question *q, const struct stock_side *side,
                 const struct stock_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        print_item(list, i);
    if (q->json)
        print_json(q, side, list);
    else if (q->libvirt)
        print_libvirt(list);
    else
        print_arguments(list);
    return finish_output(list->unanswered ? STATUS_NO : STATUS_YES);
}

static int answer(struct question *q, struct stock_side *side, char **devices)
{
    struct stock_ask ask = {.to = &side->to,
                            .maps = side->maps,
                            .incoming = q->incoming,
                            .devices = devices,
                            .rom_directory = q->write,
                            .types = side->to.qemu ? &side->types : NULL};
    struct stock_list list = {0};
    int status = side->to.qemu ? check_with_qemu(side, &q->machine)
                               : check_with_maps(side->maps, q->machine);

    if (status != STATUS_YES)
        return status;
    if (side->to.reads_maps)
        complain("note: %s reads compat maps itself, and needs none of this", side->to.qemu);
    ask.machine = q->machine;
    status = add_all(&list, &ask, devices);
    if (status == STATUS_YES && q->write) {
        status = write_roms(&list);
        stock_list_free(&list);
        destination_forget(&side->to);
        if (status == STATUS_YES)
            status = add_all(&list, &ask, devices);
    }
    if (status == STATUS_YES)
        status = print(q, side, &list);
    stock_list_free(&list);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct question *q = settings;
    struct stock_side side = {0};
    struct strings *firmware = &q->stock.firmware;
    int status = check_usage(q);

    (void)count;
    if (status != STATUS_YES)
        return status;
    /* QEMU will run in another directory. */
    for (size_t i = 0; i < firmware->count; i++)
        firmware->list[i] = absolute_path(firmware->list[i]);
    char *copies = q->write ? absolute_path(q->write) : NULL;
    q->write = copies;
    status = stock_side_open(&side, &q->stock, q->machine);
    if (status == STATUS_YES)
        status = answer(q, &side, operands);
    stock_side_close(&side);
    for (size_t i = 0; i < firmware->count; i++)
        free((char *)firmware->list[i]);
    free(copies);
    return status;
}

const struct command args_command = {
    .name = "args",
    .summary = "the arguments that a QEMU without libromcompat needs",
    .synopsis = "-M MACHINE [OPTION]... DEVICE...",
    .details =
        "Prints the arguments that give each device the ROM length that compat maps have for the\n"
        "machine type, so that a stock QEMU accepts the guest, and it can still boot from the\n"
        "network. DEVICE is a type (e1000), for which a -global option is printed that also\n"
        "covers its variants; or the value of a -device option (e1000,id=net0,addr=3), which is\n"
        "printed with what it needs. A romfile= or romsize= in it, and rombar=0, are kept.\n"
        "\n"
        "romsize= is enough if the installed ROM fits, or need not be read. Otherwise a compat\n"
        "ROM is named, or a copy of it with the device's ids, which --write makes.\n"
        "Arguments go to standard output, one option on a line; all else to standard error.\n"
        "\n"
        "Status 0: the arguments can be used. Status 1: a ROM must be made or installed first, or\n"
        "no map has a rule for a device. Status 2: no answer, also for names that are not known.",
    .options = options,
    .settings_size = sizeof(struct question),
    .operand = "a DEVICE",
    .least = 1,
    .run = run,
};
