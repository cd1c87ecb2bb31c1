/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat audit --upgrade`: in which order hosts are upgraded, or why in none. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/audit.h"
#include "commands/command.h"
#include "guest/preflight.h"
#include "outputs/escape.h"
#include "outputs/json.h"

enum { HOSTS_SHOWN = 4, STEPS_SHOWN = 60, BLOCKED_SHOWN = 20 };

/* "a, b and 7 more". */
static char *names_text(char *const *names, size_t count)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < count && i < HOSTS_SHOWN; i++)
        fprintf(out, "%s%s", i ? ", " : "", names[i]);
    if (count > HOSTS_SHOWN)
        fprintf(out, " and %zu more", count - HOSTS_SHOWN);
    return text_end(&text);
}

static const char *label(const struct upgrade_order *o, size_t class)
{
    return o->fleet.classes[class].labels[0];
}

static void print_step(const struct upgrade_order *o, size_t number)
{
    const struct order_step *step = &o->steps[number];
    const struct order_group *g = &o->groups[step->group];
    size_t count;
    char **hosts = upgrade_order_hosts(o, step, &count);
    char *names = names_text(hosts, count);

    print_line("  %zu. %s%s", number + 1, names,
               step->part == ORDER_ALL_BUT_ONE && count == 1 ? "; one like it waits"
               : step->part == ORDER_ALL_BUT_ONE ? ", one after the other; one like them waits"
               : count > 1                       ? ", one after the other"
                                                 : "");
    print_line("       %s", label(o, g->from));
    if (g->from != g->to)
        print_line("       -> %s", label(o, g->to));
    for (size_t i = 0; i < step->to_count; i++)
        print_line("       %s go to: %s",
                   step->part == ORDER_ALL && count > 1 ? "guests of the last of them" : "guests",
                   label(o, step->to[i]));
    free(names);
}

/* The romset of this program that pins what the guests have. */
static bool romset_of(const struct upgrade_order *o, const struct order_blocked *b,
                      struct shipped_romset *romset)
{
    size_t machine = b->machine;
    const struct fix_part part = {
        .roms = b->roms, .machines = &machine, .machine_count = 1, .length = b->length};

    return b->roms && audit_shipped_romset(&o->fleet, &part, romset);
}

static void print_first(const struct upgrade_order *o, const struct order_blocked *b)
{
    struct shipped_romset romset = {0};

    if (b->fix_package)
        print_line("    install first: %s", b->fix_package);
    if (b->fix_package || !romset_of(o, b, &romset))
        return;
    char *command = shell_command(
        (const char *[]){"romcompat", "build", "--deb", "-o", "compat-set", romset.path, NULL});
    print_line("    install first: a QEMU that reads compat maps, and what this makes: %s",
               command);
    free(command);
    shipped_romset_free(&romset);
}

static void print_fix(const struct order_blocked *b)
{
    if (b->fix_when)
        print_line("    fix: %s", b->fix_when);
    for (const char *at = b->fix; at && *at;) {
        size_t n = strcspn(at, "\n");

        print_line("      %.*s", (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static void print_blocked(const struct upgrade_order *o, const struct order_blocked *b)
{
    const struct order_group *g = &o->groups[b->group];
    char *names = names_text(g->hosts + g->count - 1, 1);

    print_line("  before %s%s: %" PRIu64 " guest%s with %s ha%s no host to go to", names,
               g->count > 1 ? " (the last like it)" : "", b->guests, PLURAL(b->guests),
               o->fleet.machines[b->machine].name, b->guests == 1 ? "s" : "ve");
    print_line("    %s", b->why);
    if (b->is_final)
        puts("    no host will accept them after the upgrade, whatever the order");
    print_first(o, b);
    print_fix(b);
    free(names);
}

void audit_order_print(const struct upgrade_order *o)
{
    putchar('\n');
    if (o->answer == QEMU_NO)
        puts("There is no order of upgrade in which each guest has a host to go to.");
    else if (o->answer == QEMU_NOT_KNOWN)
        print_line("An order of upgrade is not known: %s", o->why);
    else if (o->step_count)
        puts("An order of upgrade in which at every step each guest has a host to go to:");
    if (o->answer != QEMU_YES && o->step_count)
        puts("As far as it goes:");
    for (size_t i = 0; i < o->step_count && i < STEPS_SHOWN; i++)
        print_step(o, i);
    if (o->step_count > STEPS_SHOWN)
        print_line("  and %zu step%s more; --json has the rest", o->step_count - STEPS_SHOWN,
                   PLURAL(o->step_count - STEPS_SHOWN));
    for (size_t i = 0; i < o->blocked_count && i < BLOCKED_SHOWN; i++)
        print_blocked(o, &o->blocked[i]);
    if (o->blocked_count > BLOCKED_SHOWN)
        print_line("  and %zu more; --json has them", o->blocked_count - BLOCKED_SHOWN);
    if (o->further != UPGRADE_ORDER_NO_CLASS)
        print_line("With one more host like this, or one of them that stays as it is, there is an "
                   "order: %s",
                   label(o, o->further));
}

/* --- for a program ------------------------------------------------------------------------- */

static struct json_object *step_object(const struct upgrade_order *o, const struct order_step *step)
{
    const struct order_group *g = &o->groups[step->group];
    struct json_object *entry = json_new(), *to = json_list();
    size_t count;
    char **hosts = upgrade_order_hosts(o, step, &count);

    for (size_t i = 0; i < step->to_count; i++)
        json_append(to, json_string(label(o, step->to[i])));
    json_add(entry, "hosts", json_strings(hosts, count));
    json_add_text(entry, "from", label(o, g->from));
    json_add_text(entry, "to", label(o, g->to));
    json_add(entry, "guests_go_to", to);
    return entry;
}

static struct json_object *blocked_object(const struct upgrade_order *o,
                                          const struct order_blocked *b)
{
    const struct order_group *g = &o->groups[b->group];
    const struct fleet_machine *m = &o->fleet.machines[b->machine];
    struct json_object *entry = json_new();
    struct shipped_romset romset = {0};

    json_add(entry, "hosts", json_strings(g->hosts, g->count));
    json_add_text(entry, "architecture", m->architecture);
    json_add_text(entry, "machine", m->name);
    json_add_number(entry, "guests", b->guests);
    json_add_flag(entry, "in_any_order", b->is_final);
    json_add_text(entry, "why", b->why);
    json_add_text(entry, "package", b->fix_package);
    json_add_text(entry, "romset", romset_of(o, b, &romset) ? romset.path : NULL);
    json_add_text(entry, "fix_when", b->fix_when);
    json_add_text(entry, "fix", b->fix);
    shipped_romset_free(&romset);
    return entry;
}

struct json_object *audit_order_json(const struct upgrade_order *o)
{
    struct json_object *order = json_new(), *steps = json_list(), *blocked = json_list();

    for (size_t i = 0; i < o->step_count; i++)
        json_append(steps, step_object(o, &o->steps[i]));
    for (size_t i = 0; i < o->blocked_count; i++)
        json_append(blocked, blocked_object(o, &o->blocked[i]));
    json_add_text(order, "answer", preflight_answer_name(o->answer));
    json_add_text(order, "why", o->why);
    json_add_number(order, "guests_not_known", o->doubtful);
    json_add(order, "steps", steps);
    json_add(order, "blocked", blocked);
    json_add_text(order, "further_host",
                  o->further == UPGRADE_ORDER_NO_CLASS ? NULL : label(o, o->further));
    return order;
}
