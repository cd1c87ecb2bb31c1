/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of `romcompat audit`. */
#include "commands/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/effort.h"
#include "commands/audit_encrypted.h"
#include "commands/audit_stores.h"
#include "fleet/exchange_texts.h"
#include "outputs/json.h"
#include "outputs/json_stream.h"

static struct json_object *length_or_null(fleet_length length)
{
    return length ? json_number(UINT64_C(1) << length) : NULL;
}

static struct json_object *rom_names(const struct fleet *fleet, uint64_t roms)
{
    struct json_object *list = json_list();

    for (size_t r = 0; r < fleet->rom_count; r++)
        if (roms >> r & 1)
            json_append(list, json_string(fleet->roms[r]));
    return list;
}

static struct json_object *image_names(const struct fleet *fleet, const struct fleet_images *images)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < fleet->image_count; i++)
        if (fleet_has_image(images, i))
            json_append(list, json_string(fleet->images[i]));
    return list;
}

/* By path: {"/usr/share/OVMF/OVMF_CODE_4M.fd": 3653632}. */
static struct json_object *image_lengths(const struct fleet *fleet, const struct fleet_class *class)
{
    struct json_object *o = json_new();

    for (size_t i = 0; i < fleet->image_count; i++)
        if (class->images[i])
            json_add_number(o, fleet->images[i], class->images[i]);
    return o;
}

/* By path: what is known of the stores that the code expects. */
static struct json_object *image_stores(const struct fleet *fleet, const struct fleet_class *class)
{
    struct json_object *o = json_new();

    for (size_t i = 0; i < fleet->image_count; i++) {
        const struct expected_store *store = &class->stores[i];

        if (!class->images[i] || !expected_store_is_known(store))
            continue;
        struct json_object *entry = json_new();
        json_add_text(entry, "layout", store->layout);
        json_add(entry, "size", json_number_or_null(store->size));
        json_add(o, fleet->images[i], entry);
    }
    return o;
}

/* By architecture: {"x86_64": ["pc-q35-7.2"]}. */
static struct json_object *machine_names(const struct fleet *fleet, const size_t *machines,
                                         size_t count)
{
    struct json_object *o = json_new(), *list;

    for (size_t i = 0; i < count; i++) {
        const struct fleet_machine *m = &fleet->machines[machines[i]];

        if (!json_object_object_get_ex(o, m->architecture, &list)) {
            list = json_list();
            json_add(o, m->architecture, list);
        }
        json_append(list, json_string(m->name));
    }
    return o;
}

static struct json_object *class_object(const struct fleet *fleet, size_t number, size_t first_host)
{
    const struct fleet_class *class = &fleet->classes[number];
    struct json_object *o = json_new(), *labels = json_list(), *hosts = json_list();

    for (size_t k = 0; k < class->label_count && k < FLEET_LABELS_MAX; k++)
        json_append(labels, json_string(class->labels[k]));
    for (size_t k = 0; k < class->hosts; k++)
        json_append(hosts, json_string(fleet->hosts[first_host + k].name));
    json_add_number(o, "class", number + 1);
    json_add(o, "labels", labels);
    json_add_number(o, "host_count", class->hosts);
    json_add(o, "hosts", hosts);
    json_add(o, "firmware", image_lengths(fleet, class));
    json_add(o, "firmware_stores", image_stores(fleet, class));
    return o;
}

static void put_classes(struct json_stream *s, const struct fleet *fleet)
{
    size_t at = 0;

    json_stream_open(s, "classes", '[');
    for (size_t i = 0; i < fleet->class_count; i++) {
        json_stream_add(s, NULL, class_object(fleet, i, at));
        at += fleet->classes[i].hosts;
    }
    json_stream_close(s);
}

static void put_pairs(struct json_stream *s, const struct exchange *e)
{
    size_t n = e->fleet->class_count;
    char text[100];

    json_stream_open(s, "pairs", '[');
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            enum exchange_verdict v = e->verdicts[from * n + to];

            if (v == EXCHANGE_SELF)
                continue;
            snprintf(text, sizeof text, "{ \"from\": %zu, \"to\": %zu, \"verdict\": \"%s\" }",
                     from + 1, to + 1, exchange_verdict_name(v));
            json_stream_text(s, text);
        }
    json_stream_close(s);
}

static void put_refusal_pairs(struct json_stream *s, const struct exchange_refusal *p)
{
    char text[64];

    json_stream_open(s, "pairs", '[');
    for (size_t i = 0; i < p->pair_count; i++) {
        snprintf(text, sizeof text, "{ \"from\": %" PRIu32 ", \"to\": %" PRIu32 " }",
                 p->pairs[i].from + 1, p->pairs[i].to + 1);
        json_stream_text(s, text);
    }
    json_stream_close(s);
}

static void put_refusal(struct json_stream *s, const struct exchange *e,
                        const struct exchange_refusal *p)
{
    size_t count, *machines = exchange_machines_of(e, p, &count);
    char *why = audit_why_text(e, p);

    json_stream_open(s, NULL, '{');
    json_stream_add(s, "reason", json_string(exchange_reason_name(p->reason)));
    json_stream_add(s, "needed", json_flag(p->is_needed));
    json_stream_add(s, "known", json_flag(!p->is_unknown));
    json_stream_add(s, "why", json_string(why));
    json_stream_add(s, "length", length_or_null(p->from));
    json_stream_add(s, "length_there", length_or_null(p->to));
    json_stream_add(s, "roms", rom_names(e->fleet, p->roms));
    json_stream_add(s, "firmware", image_names(e->fleet, &p->images));
    json_stream_add(s, "machines", machine_names(e->fleet, machines, count));
    put_refusal_pairs(s, p);
    json_stream_close(s);
    free(why);
    free(machines);
}

static void put_refusals(struct json_stream *s, const struct exchange *e)
{
    json_stream_open(s, "problems", '[');
    for (size_t i = 0; i < e->refusal_count; i++)
        put_refusal(s, e, &e->refusals[i]);
    json_stream_close(s);
}

static struct json_object *part_objects(const struct fleet *fleet, const struct fix_part *parts,
                                        size_t count)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_new();
        struct shipped_romset romset = {0};

        json_add(o, "bucket", length_or_null(parts[i].length));
        json_add(o, "roms", rom_names(fleet, parts[i].roms));
        json_add(o, "machines", machine_names(fleet, parts[i].machines, parts[i].machine_count));
        json_add_text(o, "romset",
                      audit_shipped_romset(fleet, &parts[i], &romset) ? romset.path : NULL);
        shipped_romset_free(&romset);
        json_append(list, o);
    }
    return list;
}

static struct json_object *plan_object(const struct fleet *fleet, const struct fix_plan *plan)
{
    struct json_object *o = json_new(), *installs = json_list();

    if (!plan->is_needed) {
        json_object_put(installs);
        json_object_put(o);
        return NULL;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct fix_install *install = &plan->installs[i];
        struct json_object *entry = json_new(), *packages = json_list();

        for (size_t k = 0; k < install->set_count; k++)
            json_append(packages, json_string(install->sets[k]->package));
        json_add_number(entry, "class", install->class + 1);
        json_add_flag(entry, "qemu_that_reads_maps", install->needs_patch);
        json_add(entry, "packages", packages);
        json_add(entry, "compat_set", install->made_name ? json_number(install->made_name) : NULL);
        json_add(entry, "compat_set_rules",
                 part_objects(fleet, install->made, install->made_count));
        json_add(entry, "missing_files", part_objects(fleet, install->files, install->file_count));
        json_append(installs, entry);
    }
    json_add_number(o, "installations", plan->installations);
    json_add_number(o, "hosts", plan->hosts);
    json_add_number(o, "compat_sets_to_make", plan->made_sets);
    json_add_number(o, "not_fixed", plan->unfixed);
    json_add_flag(o, "smallest", plan->is_proven);
    json_add(o, "classes", installs);
    return o;
}

static struct json_object *expiry_object(const struct fleet *fleet, const struct expiry_line *l)
{
    struct json_object *o = json_new(), *classes = json_list();
    char deprecated[24], gone[24];

    snprintf(deprecated, sizeof deprecated, "%u.%u", l->when.deprecated.major,
             l->when.deprecated.minor);
    snprintf(gone, sizeof gone, "%u.%u", l->when.removed.major, l->when.removed.minor);
    for (size_t k = 0; k < l->class_count; k++)
        json_append(classes, json_number(l->classes[k] + 1));
    json_add_text(o, "architecture", fleet->machines[l->machine].architecture);
    json_add_text(o, "machine", fleet->machines[l->machine].name);
    json_add_number(o, "guests", l->guests);
    json_add_text(o, "deprecated_from", deprecated);
    json_add_text(o, "gone_from", gone);
    json_add_number(o, "hosts_deprecated_on", l->deprecated_on);
    json_add_number(o, "hosts_gone_on", l->gone_on);
    json_add(o, "classes", classes);
    return o;
}

static struct json_object *expiry_objects(const struct audit *audit)
{
    struct json_object *list = audit->asks_expiry ? json_list() : NULL;

    /* The page asks for them, too. */
    for (size_t i = 0; list && i < audit->expiry.count; i++)
        json_append(list, expiry_object(&audit->fleet, &audit->expiry.lines[i]));
    return list;
}

void audit_print_json(const struct audit *audit)
{
    const struct exchange *e = &audit->exchange;
    const char *verdict = audit->problems                                                     ? NULL
                          : e->counts[EXCHANGE_NO] || e->once || audit_has_unstartable(audit) ? "no"
                          : e->counts[EXCHANGE_UNKNOWN] || audit->fleet.unknown_guests        ? NULL
                          : e->counts[EXCHANGE_LACKS] ? "lacks"
                                                      : "yes";
    struct json_stream s;

    /* Before the first byte of it. */
    for (size_t i = 0; i < e->refusal_count; i++)
        effort_must_spend(EFFORT_PAIRS, e->refusals[i].pair_count);
    json_stream_begin(&s, stdout, "romcompat-audit", 1);
    json_stream_add(&s, "verdict", json_string(verdict));
    json_stream_add(&s, "hosts", json_number(audit->fleet.host_count));
    json_stream_add(&s, "guests", json_number(audit->fleet.guest_count));
    json_stream_add(&s, "guests_not_known", json_number(audit->fleet.unknown_guests));
    json_stream_add(&s, "guests_without_file", json_number(audit->without_file));
    json_stream_add(&s, "guests_without_machine", json_number(audit->without_machine));
    json_stream_add(&s, "unreadable", json_number(audit->problems));
    put_classes(&s, &audit->fleet);
    put_pairs(&s, e);
    put_refusals(&s, e);
    json_stream_add(&s, "expiry", expiry_objects(audit));
    json_stream_add(&s, "stores",
                    audit->asks_stores ? audit_stores_object(&audit->fleet.stores) : NULL);
    json_stream_add(&s, "encrypted_guests", audit_encrypted_objects(&audit->fleet.encrypted));
    json_stream_add(&s, "upgrade", audit_left_json(audit));
    json_stream_add(&s, "plan", plan_object(&audit->fleet, &audit->plan));
    json_stream_end(&s);
}
