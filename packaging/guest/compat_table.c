/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/compat_table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* --- making it ------------------------------------------------------------------------- */

static bool sets_anything(const struct stock_item *item)
{
    return item->driver && (item->advice.romfile || item->advice.romsize);
}

/* Both lists are in the order of the table of devices. */
static bool same_lists(const struct stock_list *a, const struct stock_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_text(a->items[i].driver, b->items[i].driver) ||
            !same_text(a->items[i].advice.romfile, b->items[i].advice.romfile) ||
            a->items[i].advice.romsize != b->items[i].advice.romsize)
            return false;
    return true;
}

static bool says_anything(const struct stock_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (sets_anything(&list->items[i]))
            return true;
    return false;
}

static void add_machine(struct compat_table *t, const char *machine, struct stock_list *list)
{
    struct compat_group *g = NULL;

    for (size_t i = 0; i < t->count && !g; i++)
        if (same_lists(&t->groups[i].list, list))
            g = &t->groups[i];
    if (g) {
        stock_list_free(list);
    } else {
        t->groups = xgrow(t->groups, t->count, &t->capacity, sizeof *t->groups);
        g = &t->groups[t->count++];
        *g = (struct compat_group){.list = *list};
        for (size_t i = 0; i < list->count; i++)
            t->unanswered += list->items[i].advice.answer == STOCK_NO_FILE ||
                             list->items[i].advice.source != NULL;
    }
    APPEND_ONE(g->machines, g->machine_count, machine);
}

static int list_of(struct stock_list *list, const struct stock_ask *ask, char *const *devices,
                   struct failure *f)
{
    if (!*devices)
        stock_list_add_all(list, ask);
    for (; *devices; devices++)
        if (stock_list_add(list, ask, *devices, f) != 0)
            return -1;
    return 0;
}

int compat_table_make(struct compat_table *t, const struct stock_ask *asked,
                      const struct qemu_machine *machines, size_t machine_count,
                      char *const *devices, struct failure *f)
{
    struct compat_table made = {0};
    struct stock_ask ask = *asked;

    for (size_t i = 0; i < machine_count; i++) {
        struct stock_list list = {0};

        ask.machine = machines[i].name;
        if (machines[i].alias_of || !stock_machine_has_rules(ask.maps, ask.machine))
            continue;
        if (list_of(&list, &ask, devices, f) != 0) {
            stock_list_free(&list);
            compat_table_free(&made);
            return -1;
        }
        if (says_anything(&list))
            add_machine(&made, ask.machine, &list);
        else
            stock_list_free(&list);
    }
    *t = made;
    return 0;
}

void compat_table_free(struct compat_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->groups[i].machines);
        stock_list_free(&t->groups[i].list);
    }
    free(t->groups);
    *t = (struct compat_table){0};
}

void compat_table_roms(const struct compat_table *t,
                       void (*put)(void *arg, const struct stock_advice *a), void *arg)
{
    const char **put_already = NULL;
    size_t count = 0, capacity = 0;

    for (size_t i = 0; i < t->count; i++) {
        for (size_t k = 0; k < t->groups[i].list.count; k++) {
            const struct stock_advice *a = &t->groups[i].list.items[k].advice;
            bool known = !a->romfile || (!a->source && a->answer != STOCK_NO_FILE);

            for (size_t n = 0; n < count && !known; n++)
                known = strcmp(put_already[n], a->romfile) == 0;
            if (known)
                continue;
            APPEND(put_already, count, capacity, a->romfile);
            put(arg, a);
        }
    }
    free(put_already);
}

/* --- as C ---------------------------------------------------------------------------------- */

static void put_rom(void *arg, const struct stock_advice *a)
{
    const char *source = a->source        ? base_name(a->source)
                         : a->compat_file ? a->compat_file
                                          : a->rom;

    /* No base name has a slash, which the end of the comment would need. */
    char *command = stock_command(a, source, base_name(a->romfile));

    fprintf(arg, " *   %s\n", command);
    free(command);
}

static void put_comment(FILE *to, const struct compat_table *t, const char *qemu)
{
    fprintf(
        to,
        "/*\n"
        " * ROM lengths that guests of older hosts expect: made by romcompat " ROMCOMPAT_VERSION
        "\n"
        " * for %s from its compat maps. Generated; do not edit.\n"
        " *\n"
        " * In softmmu/vl.c (system/vl.c from 9.0 on), qemu_create_machine(), before\n"
        " * object_set_machine_compat_props(machine_class->compat_props):\n"
        " *     romcompat_compat_props_add(machine_class);\n"
        " *\n"
        " * What such a table cannot do, and libromcompat can:\n"
        " * - A ROM that is set here is not a default ROM. QEMU does not write the device's ids\n"
        " *   into it, and SeaBIOS runs no ROM with other ids: the file must have them. A\n"
        " *   virtio-net-pci behind a PCIe port has 1af4:1041, on a root bus 1af4:1000, and\n"
        " *   one file cannot have both: behind a port it does not boot under BIOS.\n"
        " * - A file that is missing ends QEMU at its start, even where the content would\n"
        " *   come with a migration stream.\n"
        " * - romsize alone holds as long as the installed ROM fits: when that grows beyond\n"
        " *   it, QEMU does not start, and the table must be made again.\n",
        qemu);
    fputs(" *\n * Files to be put into a data directory of QEMU beside the compat ROMs:\n", to);
    compat_table_roms(t, put_rom, to);
    fputs(" */\n", to);
}

/* "pc-i440fx-7.2" as a part of a C name. */
static void put_name(FILE *to, const char *machine)
{
    fputs("romcompat_", to);
    for (; *machine; machine++)
        putc(isalnum((unsigned char)*machine) ? *machine : '_', to);
}

/* A file name may hold any byte but '/'. */
static void put_string(FILE *to, const char *text)
{
    putc('"', to);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if (*c < 0x20 || *c >= 0x7f || *c == '?')
            fprintf(to, "\\%03o", *c);
        else
            putc(*c, to);
    }
    putc('"', to);
}

static void put_properties(FILE *to, const struct stock_item *item)
{
    struct stock_setting settings[2];
    size_t count = stock_settings(&item->advice, settings);

    for (size_t i = 0; i < count; i++) {
        fprintf(to, "    { \"%s\", \"%s\", ", item->driver, settings[i].name);
        put_string(to, base_name(settings[i].value));
        fputs(" },\n", to);
        free(settings[i].value);
    }
}

void compat_table_put_c(FILE *to, const struct compat_table *t, const char *qemu)
{
    put_comment(to, t, qemu);
    fputs(
        "#include \"qemu/osdep.h\"\n#include \"hw/boards.h\"\n#include \"hw/qdev-properties.h\"\n\n"
        "void romcompat_compat_props_add(MachineClass *mc);\n",
        to);
    for (size_t i = 0; i < t->count; i++) {
        const struct compat_group *g = &t->groups[i];

        fputs("\nstatic GlobalProperty ", to);
        put_name(to, g->machines[0]);
        fputs("[] = {\n", to);
        for (size_t k = 0; k < g->list.count; k++)
            if (sets_anything(&g->list.items[k]))
                put_properties(to, &g->list.items[k]);
        fputs("};\n", to);
    }
    fputs("\nstatic const struct {\n    const char *machine;\n    GlobalProperty *props;\n"
          "    size_t count;\n} romcompat_machines[] = {\n",
          to);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->groups[i].machine_count; k++) {
            fputs("    { ", to);
            put_string(to, t->groups[i].machines[k]);
            fputs(", ", to);
            put_name(to, t->groups[i].machines[0]);
            fputs(", G_N_ELEMENTS(", to);
            put_name(to, t->groups[i].machines[0]);
            fputs(") },\n", to);
        }
    fputs("};\n\n"
          "void romcompat_compat_props_add(MachineClass *mc)\n{\n"
          "    for (size_t i = 0; i < G_N_ELEMENTS(romcompat_machines); i++) {\n"
          "        if (mc->name && strcmp(mc->name, romcompat_machines[i].machine) == 0) {\n"
          "            compat_props_add(mc->compat_props, romcompat_machines[i].props,\n"
          "                             romcompat_machines[i].count);\n"
          "        }\n    }\n}\n",
          to);
}
