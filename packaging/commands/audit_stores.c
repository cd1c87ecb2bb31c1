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
    print_line("Variable stores of %zu guest%s: %s%s", s->guests, PLURAL(s->guests),
               *counts ? counts : "nothing is wrong with them",
               *counts && !listed ? " (--stores lists them)" : "");
    free(counts);
}

char *audit_store_fix(const struct judged_store *judged)
{
    if (!judged->template || !judged->store)
        return NULL;
    char *from = file_operand(judged->template), *store = file_operand(judged->store);
    char *command = shell_command((const char *const[]){"romcompat", "varstore", "enroll",
                                                        "--merge", "--from", from, store, NULL});
    free(store);
    free(from);
    return command;
}

static void print_fix(const struct judged_store *judged)
{
    char *command = audit_store_fix(judged);

    if (command)
        print_line("  fix              on %s, while the guest is off: %s", judged->host, command);
    free(command);
}

static void print_store(const struct judged_store *judged)
{
    print_line("%s: guest %s%s%s", judged->host, judged->guest ? judged->guest : "without a name",
               judged->store ? ": " : "", judged->store ? judged->store : "");
    for (size_t i = 0; i < judged->findings.count; i++)
        print_line("  %-15s  %s", judged->findings.list[i].check, judged->findings.list[i].what);
    print_fix(judged);
}

void audit_print_stores(const struct store_findings *s, bool list)
{
    if (!list && !s->troubled)
        return;
    putchar('\n');
    for (size_t i = 0; list && i < s->count; i++)
        print_store(&s->list[i]);
    print_counts(s, list);
}

/* --- for a program -------------------------------------------------------------------------- */

static struct json_object *store_object(const struct judged_store *judged)
{
    struct json_object *o = json_new(), *troubles = json_new();

    for (size_t i = 0; i < judged->findings.count; i++)
        json_add_text(troubles, judged->findings.list[i].check, judged->findings.list[i].what);
    json_add_text(o, "host", judged->host);
    json_add_text(o, "guest", judged->guest);
    json_add_text(o, "store", judged->store);
    json_add(o, "troubles", troubles);
    json_add_text(o, "template_with_more", judged->template);
    return o;
}

struct json_object *audit_stores_object(const struct store_findings *s)
{
    struct json_object *o = json_new(), *counts = json_new(), *list = json_list();

    for (int i = 0; i < STORE_TROUBLES; i++)
        json_add_number(counts, store_trouble_name((enum store_trouble)i), s->counts[i]);
    for (size_t i = 0; i < s->count; i++)
        json_append(list, store_object(&s->list[i]));
    json_add_number(o, "guests", s->guests);
    json_add(o, "counts", counts);
    json_add(o, "findings", list);
    return o;
}
