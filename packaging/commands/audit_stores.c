/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` says of variable stores. */
#include "commands/audit_stores.h"

#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/text.h"
#include "commands/command.h"
#include "outputs/escape.h"
#include "outputs/json.h"

/* --- for a person --------------------------------------------------------------------------- */

static const char *const words[STORE_TROUBLES] = {
    [STORE_UNKNOWN] = "not known",
    [STORE_SHARED] = "shared with another guest",
    [STORE_STARVED] = "short of room",
    [STORE_KEK_EXPIRED] = "with an expired KEK only",
    [STORE_LACKS_2023] = "without certificates of 2023",
    [STORE_BEHIND] = "behind their firmware's template",
};

static void print_counts(const struct store_findings *s, bool listed)
{
    struct text text;
    FILE *to = text_begin(&text);
    const char *comma = "";

    for (int i = 0; i < STORE_TROUBLES; i++) {
        if (!s->counts[i])
            continue;
        fprintf(to, "%s%zu %s", comma, s->counts[i], words[i]);
        comma = ", ";
    }
    char *counts = text_end(&text);
    print_line("Variable stores of %zu guest%s: %s%s", s->guests, s->guests == 1 ? "" : "s",
               *counts ? counts : "nothing is wrong with them",
               *counts && !listed ? " (--stores lists them)" : "");
    free(counts);
}

static void print_fix(const struct store_finding *finding)
{
    if (!finding->template || !finding->store)
        return;
    char *from = file_operand(finding->template), *store = file_operand(finding->store);
    char *command = shell_command((const char *const[]){"romcompat", "varstore", "enroll",
                                                        "--merge", "--from", from, store, NULL});
    print_line("  fix              on %s, while the guest is off: %s", finding->host, command);
    free(command);
    free(store);
    free(from);
}

static void print_finding(const struct store_finding *finding)
{
    print_line("%s: guest %s%s%s", finding->host,
               finding->guest ? finding->guest : "without a name", finding->store ? ": " : "",
               finding->store ? finding->store : "");
    for (int i = 0; i < STORE_TROUBLES; i++)
        if (finding->reasons[i])
            print_line("  %-15s  %s", store_trouble_name((enum store_trouble)i),
                       finding->reasons[i]);
    print_fix(finding);
}

void audit_print_stores(const struct store_findings *s, bool list)
{
    if (!list && !s->count)
        return;
    putchar('\n');
    for (size_t i = 0; list && i < s->count; i++)
        print_finding(&s->list[i]);
    print_counts(s, list);
}

/* --- for a program -------------------------------------------------------------------------- */

static struct json_object *finding_object(const struct store_finding *finding)
{
    struct json_object *o = json_new(), *troubles = json_new();

    for (int i = 0; i < STORE_TROUBLES; i++)
        json_add_text_if(troubles, store_trouble_name((enum store_trouble)i), finding->reasons[i]);
    json_add_text(o, "host", finding->host);
    json_add_text(o, "guest", finding->guest);
    json_add_text(o, "store", finding->store);
    json_add(o, "troubles", troubles);
    json_add_text(o, "template_with_more", finding->template);
    return o;
}

struct json_object *audit_stores_object(const struct store_findings *s)
{
    struct json_object *o = json_new(), *counts = json_new(), *list = json_list();

    for (int i = 0; i < STORE_TROUBLES; i++)
        json_add_number(counts, store_trouble_name((enum store_trouble)i), s->counts[i]);
    for (size_t i = 0; i < s->count; i++)
        json_append(list, finding_object(&s->list[i]));
    json_add_number(o, "guests", s->guests);
    json_add(o, "counts", counts);
    json_add(o, "findings", list);
    return o;
}
