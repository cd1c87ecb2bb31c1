/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash images checked against a budget. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "flash/secure_boot.h"
#include "release/verdict.h"

struct judging {
    struct verdicts *v;
    struct verdict *verdict;
    const struct budget *budget;
    const struct flash_rule *rule;
    const struct flash_image *image;
};

static void failure(struct judging *j, const char *check, char *what, char *fix)
{
    add_finding(j->v, j->verdict, FINDING_ERROR, check, what, fix);
}

static char *fix_by_packing(void)
{
    return xstrdup("Keep the old image installable beside it: romcompat flash pack, see "
                   "romcompat-flashset(5).");
}

char *features_text(unsigned features, char text[FEATURES_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        if (features & 1u << i)
            used += (size_t)snprintf(text + used, FEATURES_TEXT_MAX - used, "%s%s",
                                     used ? ", " : "", flash_feature_names[i]);
    }
    return used ? text : strcpy(text, "none");
}

static void judge_kind(struct judging *j)
{
    const char *kind = flash_kind_name(j->image->kind);
    const char *architecture = flash_architecture_name(j->image->architecture);

    if (j->rule->kind && strcmp(kind, j->rule->kind) != 0)
        failure(j, "kind", xasprintf("it is %s, expected %s", kind, j->rule->kind), NULL);
    if (j->rule->architecture && strcmp(architecture, j->rule->architecture) != 0)
        failure(j, "architecture",
                xasprintf("it is for %s, expected %s", architecture, j->rule->architecture), NULL);
}

static void judge_size(struct judging *j)
{
    uint64_t expected = j->rule->size, store = flash_store_length(j->image);

    if (expected && j->image->size != expected)
        failure(j, "size",
                xasprintf("it has %zu bytes, expected %" PRIu64 ": guests of hosts with the old "
                          "one do not arrive (Size mismatch: 0x%" PRIx64 " != 0x%zx)",
                          j->image->size, expected, expected, j->image->size),
                fix_by_packing());
    if (j->rule->store && store != j->rule->store)
        failure(j, "store",
                xasprintf("its store has 0x%" PRIx64 " bytes, expected 0x%" PRIx64
                          ": a guest's variables are neither read nor kept",
                          store, j->rule->store),
                fix_by_packing());
}

static const char *what_is_lost(unsigned missing)
{
    if (missing & 1u << FEATURE_SECURE_BOOT)
        return ": a guest with keys in its store starts unsigned programs, without warning";
    if (missing & 1u << FEATURE_SMM)
        return ": a guest can write to its protected variables";
    return "";
}

static void judge_features(struct judging *j)
{
    unsigned found = flash_features(j->image);
    unsigned missing = j->rule->features & ~found, unwanted = j->rule->without & found;
    char text[FEATURES_TEXT_MAX], all[FEATURES_TEXT_MAX];

    if (missing)
        failure(j, "features",
                xasprintf("it lacks %s (found %s)%s", features_text(missing, text),
                          features_text(found, all), what_is_lost(missing)),
                fix_by_packing());
    if (unwanted)
        failure(j, "without",
                xasprintf("it has %s, which it must not", features_text(unwanted, text)), NULL);
}

static void judge_template(struct judging *j)
{
    const struct budget_pattern *wanted = j->rule->template.list;
    struct flash_verdict fits;
    size_t i = 0;

    if (!wanted)
        return;
    while (i < j->v->count &&
           !(j->v->list[i].flash && budget_pattern_matches(wanted, j->v->list[i].flash->path)))
        i++;
    if (i == j->v->count) {
        failure(j, "template", xasprintf("its template '%s' is not there", wanted->text), NULL);
        return;
    }
    fits = flash_check_cold_boot(j->image, &j->v->list[i].flash->image);
    if (fits.answer != FLASH_YES)
        failure(
            j, "template",
            xasprintf("its template '%s' does not fit it: %s", wanted->text, fits.text),
            NULL);
}

static void judge_certificates(struct judging *j, const struct secure_boot *keys,
                               enum key_list list, const struct budget_patterns *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (!keys_have_certificate(&keys->lists[list], wanted->list[i].text))
            failure(j, key_list_name(list),
                    xasprintf("its %s has no certificate '%s': new guests start without it",
                              key_list_name(list), wanted->list[i].text),
                    NULL);
    }
}

static void judge_keys(struct judging *j)
{
    const struct flash_rule *rule = j->rule;
    struct live_store live;
    struct secure_boot keys;
    struct failure f;

    if (!rule->kek.count && !rule->db.count && !rule->dbx)
        return;
    if (live_store_open(j->image, &live, &f) != 0) {
        failure(j, "keys", xasprintf("its lists of keys cannot be read: %s", f.what), NULL);
        return;
    }
    secure_boot_read(&live, &keys);
    judge_certificates(j, &keys, LIST_KEK, &rule->kek);
    judge_certificates(j, &keys, LIST_DB, &rule->db);
    size_t hashes = keys_count_hashes(&keys.lists[LIST_DBX]);
    if (hashes < rule->dbx)
        failure(j, "dbx",
                xasprintf("hashes in its dbx: %zu, expected at least %u: new guests start what was "
                          "revoked",
                          hashes, rule->dbx),
                NULL);
    secure_boot_free(&keys);
    live_store_close(&live);
}

/* edk2 gives the volume a fixed length and packs the drivers into it. */
static void judge_margin(struct judging *j)
{
    const struct flash_volume *v = flash_main_volume(j->image);
    uint64_t margin = j->rule->margin.bytes;

    if (v && j->rule->margin.percent)
        margin = v->length * j->rule->margin.percent / 100;
    if (!v || !margin || v->free >= margin)
        return;
    add_finding(j->v, j->verdict, FINDING_WARNING, "margin",
                xasprintf("only %" PRIu64 " bytes (%.1f %%) of its volume are free, fewer than the "
                          "margin of %" PRIu64,
                          v->free, 100.0 * (double)v->free / (double)v->length, margin),
                xstrdup("A build that needs more fails, and a longer volume is another layout: "
                        "leave drivers out, or plan a compat package."));
}

static void judge_digest(struct judging *j, const char *kind, const char *found,
                         const char *expected, const char *of)
{
    if (*expected && strcmp(found, expected) != 0)
        failure(j, "digest",
                xasprintf("its launch digest %s%s is %s, expected %s: guests that are checked "
                          "against the published one are no longer trusted",
                          kind, of, *found ? found : "not there", expected),
                fix_by_packing());
}

static void judge_guest(struct judging *j, const struct guest_rule *rule)
{
    const struct guest_digests *g = flash_guest_digests(j->image, &rule->guest);
    char *of = xasprintf(" of a guest with %u vCPU%s of %s", rule->guest.vcpus,
                         PLURAL(rule->guest.vcpus), rule->cpu);

    judge_digest(j, "sev-es", g ? g->sev_es : "", rule->sev_es, of);
    judge_digest(j, "snp", g ? g->snp : "", rule->snp, of);
    free(of);
}

static void judge_digests(struct judging *j)
{
    for (enum image_digest k = 0; k < IMAGE_DIGESTS; k++) {
        judge_digest(j, image_digest_names[k], flash_digest(j->image, k), j->rule->digests[k], "");
    }
    for (size_t i = 0; i < j->rule->guest_count; i++)
        judge_guest(j, &j->rule->guests[i]);
}

static void judge_defects(struct judging *j)
{
    if (j->image->kind == FLASH_FOREIGN)
        failure(j, "defects",
                xasprintf("it is not a QEMU flash image: it is %s", j->image->foreign.what),
                NULL);
    else if (j->image->kind == FLASH_UNKNOWN)
        failure(j, "defects", xstrdup("it is not a flash image"), NULL);
    else if (j->image->unread.what[0])
        failure(j, "defects", xasprintf("it cannot be read: %s", j->image->unread.what), NULL);
    else if (j->image->has_store && !j->image->store.sound)
        failure(j, "defects", xstrdup("firmware would not accept its store"),
                fix_by_inspection("flash", "inspect", j->verdict->name));
}

void judge_flash_by_budget(struct verdicts *v, struct verdict *verdict, const struct budget *budget)
{
    struct judging j = {v, verdict, budget, flash_rule_for(budget, verdict->flash->path),
                        &verdict->flash->image};

    verdict->flash_rule = j.rule;
    if (!j.rule) {
        judge_unlisted(v, verdict, budget);
        return;
    }
    judge_kind(&j);
    judge_size(&j);
    judge_features(&j);
    judge_template(&j);
    judge_keys(&j);
    judge_margin(&j);
    judge_digests(&j);
    judge_defects(&j);
}
