/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat audit --upgrade`: a fleet as it would be after packages were installed on some hosts,
 * and the guests of these hosts that are left behind. */
#include "commands/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/packages.h"
#include "fleet/guest_after.h"
#include "fleet/upgrade.h"
#include "outputs/json.h"

enum { LEFT_SHOWN = 40, PROBLEMS_SAID = 20 };

struct audit_rule {
    char *pattern;
    const char **packages;
    size_t count;
    struct upgrade *upgrade;
};

struct audit_rules {
    struct audit *audit;
    struct audit_rule *list;
    size_t count;
};

void audit_problem(void *arg, const struct failure *f)
{
    struct audit *audit = arg;

    if (audit->problems++ < PROBLEMS_SAID)
        report(f);
    else if (audit->problems == PROBLEMS_SAID + 1)
        complain("further problems are only counted");
}

/* --- the guests ------------------------------------------------------------------------------- */

static void add_left(struct audit *audit, const struct inventory *inv,
                     const struct inventory_guest *guest, const struct guest_after *v,
                     enum audit_left_state state)
{
    bool is_off = state == AUDIT_LEFT_OFF, known = guest_after_kind(v, is_off) == AFTER_STRANDED;

    if (state != AUDIT_LEFT_IF_SAVED) {
        audit->left_total += known;
        audit->left_unknown += !known;
    }
    if (audit->left_count == AUDIT_LEFT_MAX)
        return;
    APPEND(audit->left, audit->left_count, audit->left_capacity,
           (struct audit_left){
               .host = xstrdup(inv->host ? inv->host : "a host"),
               .guest = xstrdup(guest->name ? guest->name : "a guest"),
               .is_known = known,
               .state = state,
               .why = xstrdup(guest_after_why(v, is_off)),
               .fix_when = xstrdup_or_null(v->fix_when),
               .fix = xstrdup_or_null(v->fix),
           });
}

/* An inventory does not say which guests are saved: what is off may be. */
static void judge_guest(struct audit *audit, const struct inventory *before,
                        const struct inventory *after, const struct inventory_guest *guest)
{
    struct guest_after v;

    guest_after_judge_listed(before, guest, NULL, after, &v);
    if (guest->is_running && guest_after_kind(&v, false) != AFTER_FINE)
        add_left(audit, before, guest, &v, AUDIT_LEFT_RUNNING);
    else if (!guest->is_running && guest_after_kind(&v, true) != AFTER_FINE)
        add_left(audit, before, guest, &v, AUDIT_LEFT_OFF);
    else if (!guest->is_running && guest_after_kind(&v, false) == AFTER_STRANDED)
        add_left(audit, before, guest, &v, AUDIT_LEFT_IF_SAVED);
    guest_after_free(&v);
}

static int change(void *arg, struct inventory *inv, struct failure *f)
{
    const struct audit_rules *rules = arg;
    struct inventory before = *inv;
    bool any = false;

    for (size_t i = 0; i < rules->count; i++)
        if (inv->host && glob_matches(rules->list[i].pattern, inv->host, false)) {
            any = true;
            if (upgrade_apply_shared(rules->list[i].upgrade, inv, f) != 0)
                return -1;
        }
    upgrade_order_add(&rules->audit->order, inv->host ? inv->host : "a host", &before,
                      any ? inv : NULL);
    if (!any)
        return 0;
    rules->audit->upgraded++;
    for (size_t i = 0; i < inv->guests->count; i++)
        judge_guest(rules->audit, &before, inv, &inv->guests->list[i]);
    return 0;
}

/* --- the rules ---------------------------------------------------------------------------------- */

static int take_rule(struct audit_rules *rules, const char *text, struct failure *f)
{
    const char *equals = strchr(text, '=');
    struct audit_rule *rule = NULL;

    if (!equals || equals == text || !equals[1])
        return fail(f, "--upgrade %s: PATTERN=PACKAGE was expected", text);
    char *pattern = xstrndup(text, (size_t)(equals - text));
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->list[i].pattern, pattern) == 0)
            rule = &rules->list[i];
    if (!rule) {
        rules->list = xreallocarray(rules->list, rules->count + 1, sizeof *rules->list);
        rule = &rules->list[rules->count++];
        *rule = (struct audit_rule){.pattern = pattern};
    } else {
        free(pattern);
    }
    APPEND_ONE(rule->packages, rule->count, equals + 1);
    return 0;
}

int audit_rules_read(const char *const *texts, size_t count, struct audit *audit,
                     struct audit_rules **rules, struct failure *f)
{
    if (count == 0)
        return 0;
    struct audit_rules *made = *rules = xcalloc(1, sizeof *made);
    made->audit = audit;
    for (size_t i = 0; i < count; i++)
        if (take_rule(made, texts[i], f) != 0)
            return -1;
    for (size_t i = 0; i < made->count; i++)
        if (packages_open(made->list[i].packages, made->list[i].count, audit_problem, audit, true,
                          &made->list[i].upgrade, f) != 0)
            return -1;
    audit->asks_upgrade = true;
    upgrade_order_init(&audit->order);
    audit->fleet.change = change;
    audit->fleet.change_arg = made;
    return 0;
}

void audit_rules_free(struct audit_rules *rules)
{
    for (size_t i = 0; rules && i < rules->count; i++) {
        free(rules->list[i].pattern);
        free(rules->list[i].packages);
        if (rules->list[i].upgrade)
            upgrade_close(rules->list[i].upgrade);
    }
    if (rules)
        free(rules->list);
    free(rules);
}

/* --- what is printed --------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [AUDIT_LEFT_RUNNING] = "running", [AUDIT_LEFT_OFF] = "off", [AUDIT_LEFT_IF_SAVED] = "if saved"};

const char *audit_left_state_name(enum audit_left_state state)
{
    return state_names[state];
}

void audit_left_print(const struct audit *audit)
{
    putchar('\n');
    print_line("%zu host%s upgraded: %zu guest%s left behind, not known for %zu", audit->upgraded,
               PLURAL(audit->upgraded), audit->left_total, PLURAL(audit->left_total),
               audit->left_unknown);
    for (size_t i = 0; i < audit->left_count && i < LEFT_SHOWN; i++) {
        const struct audit_left *left = &audit->left[i];

        print_line("  %s: %s (%s)%s", left->host, left->guest, state_names[left->state],
                   left->is_known ? "" : ": not known");
        print_line("    %s", left->why);
        if (left->fix_when)
            print_line("    fix: %s", left->fix_when);
    }
    if (audit->left_count > LEFT_SHOWN)
        print_line("  and %zu more; --json has them", audit->left_count - LEFT_SHOWN);
    audit_order_print(&audit->order);
}

struct json_object *audit_left_json(const struct audit *audit)
{
    struct json_object *o = json_new(), *list = json_list();

    if (!audit->asks_upgrade) {
        json_object_put(list);
        json_object_put(o);
        return NULL;
    }
    json_add_number(o, "hosts", audit->upgraded);
    json_add_number(o, "left_behind", audit->left_total);
    json_add_number(o, "not_known", audit->left_unknown);
    for (size_t i = 0; i < audit->left_count; i++) {
        const struct audit_left *left = &audit->left[i];
        struct json_object *entry = json_new();

        json_add_text(entry, "host", left->host);
        json_add_text(entry, "guest", left->guest);
        json_add_text(entry, "state", state_names[left->state]);
        json_add_flag(entry, "is_known", left->is_known);
        json_add_text(entry, "why", left->why);
        json_add_text(entry, "fix_when", left->fix_when);
        json_add_text(entry, "fix", left->fix);
        json_append(list, entry);
    }
    json_add(o, "guests", list);
    json_add(o, "order", audit_order_json(&audit->order));
    return o;
}

void audit_left_free(struct audit *audit)
{
    for (size_t i = 0; i < audit->left_count; i++) {
        free(audit->left[i].host);
        free(audit->left[i].guest);
        free(audit->left[i].why);
        free(audit->left[i].fix_when);
        free(audit->left[i].fix);
    }
    free(audit->left);
    if (audit->asks_upgrade)
        upgrade_order_free(&audit->order);
}
