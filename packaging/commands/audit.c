/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat audit`: which of many hosts can exchange guests, and what fixes the rest. */
#include "commands/audit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/memory.h"
#include "commands/audit_html.h"
#include "commands/command.h"
#include "commands/fleet_metrics.h"
#include "fleet/matrix.h"
#include "fleet/stranded.h"
#include "outputs/file.h"

extern const struct command audit_command;

struct job {
    struct strings machines, upgrades;
    const char *svg, *html;
    const char *date;
    const char *output; /* of metrics */
    bool guests, hosts, expiry, stores, json, metrics;
};

static const struct option_spec options[] = {
    {"machine", 'M', "PATTERN",
     "only machine types that match this shell pattern, which all hosts\n"
     "then must have (repeatable)",
     LIST_AT(struct job, machines)},
    {"guests",
     .help = "only what the guests in the inventories use: their machine\n"
             "types and the ROMs of their devices",
     FLAG_AT(struct job, guests)},
    {"hosts", .help = "name every host of each class", FLAG_AT(struct job, hosts)},
    {"expiry", .help = "also say which QEMU will remove the machine types of guests",
     FLAG_AT(struct job, expiry)},
    {"stores",
     .help = "also say what is wrong with the guests' variable stores; counts in\n"
             "the status",
     FLAG_AT(struct job, stores)},
    {"date", .argument = "DAY",
     .help = "with --stores: the day on which certificates must be valid\n"
             "(YYYY-MM-DD; default: today)",
     STRING_AT(struct job, date)},
    {"upgrade", .argument = "PATTERN=PACKAGE",
     .help = "judge hosts whose names match this shell pattern as they would\n"
             "be with this package, a file or a name that apt resolves; list\n"
             "guests that would be left behind (repeatable)",
     LIST_AT(struct job, upgrades)},
    {"svg", .argument = "FILE", .help = "draw the matrix of classes", STRING_AT(struct job, svg)},
    {"html", .argument = "FILE",
     .help = "write one page for a browser: the matrix, with filters, and fixes",
     STRING_AT(struct job, html)},
    {"metrics",
     .help = "print OpenMetrics text, as for node exporter's textfile collector,\n"
             "in place of the answer",
     FLAG_AT(struct job, metrics)},
    {"output", 'o', "FILE",
     "with --metrics: write to FILE, whole or not at all; - is standard\n"
     "output",
     STRING_AT(struct job, output)},
    JSON_OPTION(struct job, json),
    {0},
};

static const struct job defaults = {.output = "-"};

static size_t take_document(void *arg, const struct json_document *document)
{
    struct audit *audit = arg;
    struct failure f;
    size_t end;

    if (fleet_add(&audit->fleet, document, &end, &f) == 0)
        return end;
    if (end)
        audit_problem(audit, &f);
    return end;
}

static int write_picture(const struct audit *audit, const char *path)
{
    struct failure f;
    size_t size;
    char *text = matrix_svg(&audit->exchange, &size);
    int result = write_output(path, text, size, 0666, &f);
    free(text);
    return result == 0 ? STATUS_YES : report(&f);
}

static int write_page(const struct audit *audit, const char *path)
{
    struct failure f;
    size_t size;
    char *text = audit_html(audit, &size);
    int result = write_output(path, text, size, 0666, &f);

    free(text);
    return result == 0 ? STATUS_YES : report(&f);
}

static int write_metrics(const struct audit *audit, const char *path)
{
    struct failure f;
    char *text = fleet_metrics(audit);
    int result = write_output(path, text, strlen(text), 0666, &f);

    free(text);
    return result == 0 ? STATUS_YES : report(&f);
}

static bool has_encrypted(const struct encrypted_guests *all, enum flash_answer answer)
{
    for (size_t i = 0; i < all->kind_count; i++)
        if (all->kinds[i].migrate == answer)
            return true;
    return false;
}

/* What could not be read may be what stands in the way. */
static int status_of(const struct audit *audit)
{
    const struct store_findings *stores = &audit->fleet.stores;

    if (audit->problems || (audit->asks_stores && stores->counts[STORE_UNKNOWN]))
        return STATUS_NO_ANSWER;
    if (audit->left_unknown || (audit->asks_upgrade && audit->order.answer == QEMU_NOT_KNOWN) ||
        has_encrypted(&audit->fleet.encrypted, FLASH_UNKNOWN_ANSWER))
        return STATUS_NO_ANSWER;
    bool is_refused =
        audit->exchange.counts[EXCHANGE_NO] || audit->exchange.once || audit_has_unstartable(audit);

    if ((audit->exchange.counts[EXCHANGE_UNKNOWN] || audit->fleet.unknown_guests) && !is_refused)
        return STATUS_NO_ANSWER;
    if ((audit->asks_stores && stores->count) || audit->left_total ||
        (audit->asks_upgrade && audit->order.answer == QEMU_NO))
        return STATUS_NO;
    return is_refused || has_encrypted(&audit->fleet.encrypted, FLASH_NO) ? STATUS_NO : STATUS_YES;
}

static void count_unstartable(struct audit *audit)
{
    struct stranded_counts *counts = stranded_count(&audit->fleet);

    for (size_t c = 0; c < audit->fleet.class_count; c++) {
        audit->without_file += counts[c].of[STRANDED_HERE];
        audit->without_machine += audit->fleet.classes[c].lost;
    }
    free(counts);
}

static int report_audit(struct audit *audit, const struct job *job)
{
    const struct exchange_question question = {.machines = job->machines.list,
                                               .machine_count = job->machines.count,
                                               .of_guests = job->guests};
    struct failure f;
    int status;

    if (audit->fleet.host_count == 0)
        return audit->problems ? STATUS_NO_ANSWER : complain("no inventory was found");
    if (fleet_ready(&audit->fleet, &f) != 0)
        return report(&f);
    const char *unmatched = exchange_unmatched(&audit->fleet, &question);
    if (unmatched)
        return complain("-M %s: no machine type with a version on any of these hosts matches it "
                        "(aliases do not count)",
                        unmatched);
    exchange_find(&audit->fleet, &question, &audit->exchange);
    fix_plan_find(&audit->exchange, &audit->plan);
    count_unstartable(audit);
    audit->asks_expiry = job->expiry;
    audit->asks_stores = job->stores;
    if (audit->asks_upgrade)
        upgrade_order_find(&audit->order);
    if (job->expiry || job->metrics || job->html)
        expiry_find(&audit->fleet, &audit->expiry);
    if (job->json)
        audit_print_json(audit);
    else if (!job->metrics)
        audit_print(audit, job->hosts);
    status = status_of(audit);
    if (job->metrics && write_metrics(audit, job->output) != STATUS_YES)
        status = STATUS_NO_ANSWER;
    if (job->svg && write_picture(audit, job->svg) != STATUS_YES)
        status = STATUS_NO_ANSWER;
    if (job->html && write_page(audit, job->html) != STATUS_YES)
        status = STATUS_NO_ANSWER;
    expiry_free(&audit->expiry);
    fix_plan_free(&audit->plan);
    exchange_free(&audit->exchange);
    return finish_output(status);
}

/* `day` as it was given, or today; false: it is none. */
static bool take_day(const char *day, char today[DATE_TEXT_MAX])
{
    int64_t days = time(NULL) / SECONDS_OF_DAY;

    if (day && !date_parse(day, &days))
        return false;
    date_format(days, today);
    return true;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct audit audit = {0};
    char today[DATE_TEXT_MAX];
    struct json_documents_visitor visitor = {INVENTORY_DOCUMENT_MAX, take_document, audit_problem,
                                             &audit};

    if (!take_day(job->date, today))
        return usage_error(&audit_command, "--date: '%.40s' is not a date (expected YYYY-MM-DD)",
                           job->date);
    if (job->metrics && job->json)
        return usage_error(&audit_command, "--metrics and --json exclude each other");
    if (!job->metrics && strcmp(job->output, "-") != 0)
        return usage_error(&audit_command, "-o needs --metrics");
    fleet_init(&audit.fleet);
    audit.fleet.stores.today = today;
    audit.fleet.stores.counts_only = !job->stores && !job->html;
    struct audit_rules *rules = NULL;
    struct failure f;
    int status = STATUS_NO_ANSWER;
    if (audit_rules_read(job->upgrades.list, job->upgrades.count, &audit, &rules, &f) != 0) {
        report(&f);
    } else {
        json_documents_walk(operands, count, &visitor);
        status = report_audit(&audit, job);
    }
    fleet_free(&audit.fleet);
    audit_rules_free(rules);
    audit_left_free(&audit);
    return status;
}

const struct command audit_command = {
    .name = "audit",
    .summary = "which of many hosts can exchange guests, and what fixes the rest",
    .synopsis = "[OPTION]... INVENTORY...",
    .details =
        "INVENTORY is a document of 'romcompat inventory', a file with many, one after the other,\n"
        "a directory with *.json and *.jsonl, or - for standard input. Hosts that are alike form\n"
        "a class: the same QEMU version and machine types, the same rules in maps, ROM files in\n"
        "the same buckets, firmware images of the same paths and lengths. For each pair of\n"
        "classes, in both directions: are guests accepted, and if not, for which machine types\n"
        "and ROMs; then the smallest set of installations that fixes it all. Guests are judged\n"
        "with the default ROMs of their devices.\n"
        "\n"
        "With --stores, each guest's variable store is judged, too: certificates of 2023 or\n"
        "entries of its firmware's template that it lacks, an expired KEK, too little space, a\n"
        "store that two guests share. The status is 1 if something is wrong with one, 2 if one\n"
        "could not be read. Guests whose memory is encrypted are always listed: what forbids them\n"
        "to migrate, and on which hosts they start. The status is 1 if one may not migrate.\n"
        "\n"
        "With --upgrade the fleet is compared as it would be afterwards, and guests of the hosts\n"
        "that change are judged where they are: those that run must be able to come back and to\n"
        "start again, those that are off to start. Then follows an order of upgrade in which each\n"
        "guest has a host to go to, or why there is none.\n"
        "\n"
        "Status 0: all hosts exchange guests. Status 1: some do not (a machine type that a host\n"
        "lacks counts if a guest has it or -M asks for it), or guests do not start again where\n"
        "they are. Status 2: no answer, also if an inventory could not be read, or lacks\n"
        "something that decides where a guest can go.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .operand = "an INVENTORY",
    .least = 1,
    .run = run,
};
