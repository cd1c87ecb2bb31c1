/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/fleet_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/exchange_texts.h"
#include "fleet/stranded.h"
#include "outputs/metrics.h"

static void single(struct metrics *m, const char *name, const char *help, uint64_t value)
{
    metrics_family(m, name, help);
    metrics_value(m, value, NULL, 0);
}

/* --- guests ---------------------------------------------------------------------------------- */

static void put_states(struct metrics *m, const struct fleet *fleet,
                       const struct stranded_counts *counts, enum stranded_state state)
{
    for (size_t c = 0; c < fleet->class_count; c++) {
        char number[24];

        snprintf(number, sizeof number, "%zu", c + 1);
        metrics_value(m, counts[c].of[state], &(struct metrics_label){"class", number}, 1);
    }
}

static void put_guests(struct metrics *m, const struct fleet *fleet, bool is_fleet)
{
    struct stranded_counts *counts = stranded_count(fleet);
    uint64_t files = 0, machine = 0, unknown = 0;

    for (size_t c = 0; c < fleet->class_count; c++) {
        files += counts[c].of[STRANDED_HERE];
        unknown += counts[c].of[STRANDED_DOUBT];
        machine += fleet->classes[c].lost;
    }
    single(m, "romcompat_guests", "Guests in the inventories.", fleet->guest_count);
    single(m, "romcompat_guests_unknown",
           "Guests for which the inventory lacks something that decides.", unknown);
    metrics_family(m, "romcompat_guests_unstartable",
                   "Guests that do not start on their own host again, by what is missing.");
    metrics_value(m, files, &(struct metrics_label){"reason", "file"}, 1);
    metrics_value(m, machine, &(struct metrics_label){"reason", "machine"}, 1);
    if (is_fleet) {
        metrics_family(m, "romcompat_guests_stranded",
                       "Guests that no other host accepts, by the class of their hosts.");
        put_states(m, fleet, counts, STRANDED_ALONE);
    }
    free(counts);
}

/* --- machine types --------------------------------------------------------------------------- */

static void put_expiry(struct metrics *m, const struct fleet *fleet, const struct expiry *e,
                       const char *name, const char *help,
                       size_t (*value)(const struct expiry_line *))
{
    metrics_family(m, name, help);
    for (size_t i = 0; i < e->count; i++) {
        const struct expiry_line *l = &e->lines[i];
        char deprecated[24], gone[24];
        const struct metrics_label labels[] = {
            {"architecture", fleet->machines[l->machine].architecture},
            {"machine", fleet->machines[l->machine].name},
            {"deprecated_from", deprecated},
            {"gone_from", gone},
        };

        snprintf(deprecated, sizeof deprecated, "%u.%u", l->when.deprecated.major,
                 l->when.deprecated.minor);
        snprintf(gone, sizeof gone, "%u.%u", l->when.removed.major, l->when.removed.minor);
        metrics_value(m, value(l), labels, sizeof labels / sizeof *labels);
    }
}

static size_t guests_of(const struct expiry_line *l)
{
    return l->guests;
}

static size_t deprecated_on(const struct expiry_line *l)
{
    return l->deprecated_on;
}

static size_t gone_on(const struct expiry_line *l)
{
    return l->gone_on;
}

static void put_machines(struct metrics *m, const struct fleet *fleet, const struct expiry *e)
{
    put_expiry(
        m, fleet, e, "romcompat_machine_guests",
        "Guests by machine type, and the QEMU that deprecates it and the one that removes it.",
        guests_of);
    put_expiry(m, fleet, e, "romcompat_machine_deprecated_hosts",
               "Hosts whose QEMU deprecates a machine type that guests have.", deprecated_on);
    put_expiry(m, fleet, e, "romcompat_machine_gone_hosts",
               "Hosts whose QEMU no longer has a machine type that guests have.", gone_on);
}

/* --- encrypted memory ------------------------------------------------------------------------ */

/* Of one host it is not asked where they may go. */
static void put_encrypted(struct metrics *m, const struct encrypted_guests *all, bool is_fleet)
{
    metrics_family(m, "romcompat_encrypted_guests",
                   is_fleet ? "Guests with encrypted memory, and whether they may migrate."
                            : "Guests with encrypted memory.");
    for (size_t i = 0; i < all->kind_count; i++) {
        const struct encrypted_kind *kind = &all->kinds[i];
        const struct metrics_label labels[] = {{"encryption", kind->encryption},
                                               {"migrate", flash_answer_name(kind->migrate)}};

        metrics_value(m, kind->guest_count, labels, is_fleet ? 2 : 1);
    }
    if (!is_fleet)
        return;
    metrics_family(m, "romcompat_encrypted_start_hosts",
                   "Hosts on which guests with such memory are known to start.");
    for (size_t i = 0; i < all->kind_count; i++)
        metrics_value(m, all->kinds[i].starts_count,
                      &(struct metrics_label){"encryption", all->kinds[i].encryption}, 1);
}

/* --- stores ---------------------------------------------------------------------------------- */

static void put_stores(struct metrics *m, const struct store_findings *stores)
{
    single(m, "romcompat_stores", "Variable stores of guests.", stores->guests);
    metrics_family(m, "romcompat_stores_at_risk",
                   "Variable stores with something wrong, by what; one may have several.");
    for (int i = 0; i < STORE_TROUBLES; i++)
        metrics_value(m, stores->counts[i],
                      &(struct metrics_label){"reason", store_trouble_name((enum store_trouble)i)},
                      1);
}

/* --- all of it ------------------------------------------------------------------------------- */

char *fleet_metrics(const struct audit *audit)
{
    static const enum exchange_verdict verdicts[] = {EXCHANGE_YES, EXCHANGE_LACKS, EXCHANGE_ARRIVES,
                                                     EXCHANGE_UNKNOWN, EXCHANGE_NO};
    const struct fleet *fleet = &audit->fleet;
    struct metrics m;

    metrics_begin(&m);
    single(&m, "romcompat_hosts", "Hosts whose inventories were read.", fleet->host_count);
    single(&m, "romcompat_inventories_unreadable", "Inventories that could not be read.",
           audit->problems);
    single(&m, "romcompat_classes", "Classes of hosts that are alike.", fleet->class_count);
    metrics_family(&m, "romcompat_class_pairs",
                   "Pairs of classes by whether guests of the first land on the second.");
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        metrics_value(&m, audit->exchange.counts[verdicts[i]],
                      &(struct metrics_label){"verdict", exchange_verdict_name(verdicts[i])}, 1);
    put_guests(&m, fleet, true);
    put_machines(&m, fleet, &audit->expiry);
    put_encrypted(&m, &fleet->encrypted, true);
    put_stores(&m, &fleet->stores);
    return metrics_end(&m);
}

static size_t take_document(void *arg, const struct json_document *d)
{
    struct failure f;
    size_t end;

    return fleet_add(arg, d, &end, &f) == 0 ? end : d->size;
}

static void pass_over(void *arg, const struct failure *f)
{
    (void)arg;
    (void)f;
}

char *host_metrics(const char *document, bool is_partial, const char *today, struct failure *f)
{
    struct json_documents_visitor visitor = {INVENTORY_DOCUMENT_MAX, take_document, pass_over,
                                             NULL};
    struct fleet fleet;
    struct expiry expiry;
    struct metrics m;
    char *text = NULL;

    fleet_init(&fleet);
    fleet.stores.today = today;
    fleet.stores.counts_only = true;
    visitor.arg = &fleet;
    json_documents_of_text("the inventory", document, strlen(document), &visitor);
    if (fleet.host_count == 0)
        fail(f, "the inventory is not one (its limits are in romcompat-inventory(5))");
    else if (fleet_ready(&fleet, f) == 0) {
        expiry_find(&fleet, &expiry);
        metrics_begin(&m);
        single(&m, "romcompat_inventory_partial",
               "Whether something that decides could not be read.", is_partial);
        put_guests(&m, &fleet, false);
        put_machines(&m, &fleet, &expiry);
        put_encrypted(&m, &fleet.encrypted, false);
        put_stores(&m, &fleet.stores);
        text = metrics_end(&m);
        expiry_free(&expiry);
    }
    fleet_free(&fleet);
    return text;
}
