/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash images checked against those of an older release. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/key_changes.h"
#include "release/verdict.h"

/* The image of the same name whose path ends most alike, or NULL. A package has few. */
static const struct measured_flash *partner(const struct measured *m,
                                            const struct measured_flash *image)
{
    const struct measured_flash *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < m->flash_count; i++) {
        size_t same = common_end(m->flash[i].path, image->path);

        if (strcmp(m->flash[i].name, image->name) == 0 && (!best || same > most)) {
            best = &m->flash[i];
            most = same;
        }
    }
    return best;
}

struct change {
    struct verdicts *v;
    struct verdict *verdict;
    const struct flash_image *old, *now;
};

/* Whether the budget has failed the image for the same reason. */
static bool is_said(const struct change *c, const char *rule)
{
    for (size_t i = 0; i < c->verdict->findings.count; i++) {
        if (strcmp(c->verdict->findings.list[i].check, rule) == 0)
            return true;
    }
    return false;
}

/* A budget that says otherwise says that it is meant; `rule` is its key. */
static void changed(struct change *c, const char *rule, bool meant, const char *check, char *what)
{
    if (is_said(c, rule)) {
        free(what);
        return;
    }
    add_finding(c->v, c->verdict, meant ? FINDING_WARNING : FINDING_ERROR, check, what,
                xstrdup("Keep the old image installable beside it: romcompat flash pack, see "
                        "romcompat-flashset(5)."));
}

static void compare_shapes(struct change *c)
{
    const struct flash_rule *rule = c->verdict->flash_rule;
    uint64_t before = flash_store_length(c->old), after = flash_store_length(c->now);

    if (c->old->kind != c->now->kind)
        changed(c, "kind", rule && rule->kind, "kind-changed",
                xasprintf("it was %s and is %s", flash_kind_name(c->old->kind),
                          flash_kind_name(c->now->kind)));
    if (c->old->qcow2 != c->now->qcow2)
        changed(c, "format", false, "format-changed",
                xasprintf("it was a %s file and is a %s file: a guest whose definition says the "
                          "old format does not start",
                          c->old->qcow2 ? "qcow2" : "raw", c->now->qcow2 ? "qcow2" : "raw"));
    if (c->old->architecture != c->now->architecture)
        changed(c, "architecture", false, "architecture-changed",
                xasprintf("it was for %s and is for %s",
                          flash_architecture_name(c->old->architecture),
                          flash_architecture_name(c->now->architecture)));
    if (c->old->size != c->now->size)
        changed(c, "size", rule && rule->size == c->now->size, "size-changed",
                xasprintf("it had %zu bytes and has %zu: guests of the older release do not arrive "
                          "(Size mismatch: 0x%zx != 0x%zx)",
                          c->old->size, c->now->size, c->old->size, c->now->size));
    if (before != after)
        changed(c, "store", rule && rule->store == after, "store-changed",
                xasprintf("its store had 0x%" PRIx64 " bytes and has 0x%" PRIx64
                          ": a guest's variables are neither read nor kept",
                          before, after));
}

/* A guest starts without them, and is as safe as before. */
static const unsigned no_loss = 1u << FEATURE_SHELL | 1u << FEATURE_XEN | 1u << FEATURE_DEBUG;

static void compare_features(struct change *c)
{
    const struct flash_rule *rule = c->verdict->flash_rule;
    unsigned before = flash_features(c->old), after = flash_features(c->now);
    unsigned lost = before & ~after, gained = after & ~before;
    char text[FEATURES_TEXT_MAX];

    if (lost & ~no_loss)
        changed(c, "features", rule && (rule->without & lost) == lost, "features-lost",
                xasprintf("it lost %s", features_text(lost & ~no_loss, text)));
    if (lost & no_loss)
        add_finding(c->v, c->verdict, FINDING_WARNING, "features-lost",
                    xasprintf("it lost %s", features_text(lost & no_loss, text)), NULL);
    if (gained & 1u << FEATURE_SMM)
        changed(c, "without", rule && rule->features & 1u << FEATURE_SMM, "smm-needed",
                xstrdup("it needs SMM now: a guest that was started without it does not start"));
    if (gained)
        add_finding(c->v, c->verdict, FINDING_NOTE, "features-gained",
                    xasprintf("it gained %s", features_text(gained, text)), NULL);
}

static void note_digest(struct change *c, const char *kind, const char *of, const char *old,
                        const char *now)
{
    if (*old && *now && strcmp(old, now) != 0)
        add_finding(c->v, c->verdict, FINDING_NOTE, "digest-changed",
                    xasprintf("its launch digest %s%s was %s and is %s", kind, of, old, now), NULL);
}

/* What a guest's owner must know. */
static void note_digests(struct change *c)
{
    for (enum image_digest k = 0; k < IMAGE_DIGESTS; k++)
        note_digest(c, image_digest_names[k], "", flash_digest(c->old, k), flash_digest(c->now, k));
    for (size_t i = 0; c->now->digests && i < c->now->digests->guest_count; i++) {
        const struct guest_digests *now = &c->now->digests->guests[i];
        const struct guest_digests *old = flash_guest_digests(c->old, &now->guest);

        if (!old || flash_guest_digests(c->now, &now->guest) != now)
            continue;
        char *of = xasprintf(" of a guest with %u vCPU%s of signature 0x%x", now->guest.vcpus,
                             PLURAL(now->guest.vcpus), now->guest.signature);

        note_digest(c, "sev-es", of, old->sev_es, now->sev_es);
        note_digest(c, "snp", of, old->snp, now->snp);
        free(of);
    }
}

/* Whether a budget says what that list must hold, and it does: then what it lost was meant. */
static bool keeps_to_budget(const struct change *c, const struct key_change *k)
{
    const struct flash_rule *rule = c->verdict->flash_rule;

    switch (rule && !is_said(c, key_list_name(k->list)) ? k->list : KEY_LISTS) {
    case LIST_KEK:
        return rule->kek.count && k->certificates;
    case LIST_DB:
        return rule->db.count && k->certificates;
    case LIST_DBX:
        return rule->dbx && !k->certificates;
    default:
        return false;
    }
}

/* Of a template, what new guests get: what it lost fails. */
static void compare_keys(struct change *c)
{
    struct key_changes changes;

    if (!c->old->enrolled || !c->now->enrolled)
        return;
    key_changes_find(c->old, c->now, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        const struct key_change *k = &changes.list[i];
        char *what =
            xasprintf("its %s %s %s", key_list_name(k->list), k->lost ? "lost" : "gained", k->text);

        if (k->lost)
            add_finding(c->v, c->verdict, keeps_to_budget(c, k) ? FINDING_WARNING : FINDING_ERROR,
                        "keys-lost", what,
                        xstrdup("New guests start without what was in the older template: "
                                "'romcompat varstore show' lists both."));
        else
            add_finding(c->v, c->verdict, FINDING_NOTE, "keys-gained", what, NULL);
    }
    key_changes_free(&changes);
}

static void compare_contents(struct change *c)
{
    const struct flash_volume *old = flash_main_volume(c->old), *now = flash_main_volume(c->now);

    if (strcmp(c->old->sha256, c->now->sha256) == 0)
        return;
    note_digests(c);
    if (old && now && old->length == now->length && old->free != now->free)
        add_finding(c->v, c->verdict, FINDING_NOTE, now->free < old->free ? "grown" : "shrunk",
                    xasprintf("%" PRIu64 " bytes of its volume were free and %" PRIu64 " are",
                              old->free, now->free),
                    NULL);
    else if (now)
        add_finding(c->v, c->verdict, FINDING_NOTE, "content-changed",
                    xstrdup("the firmware differs: a confidential guest measures differently"),
                    NULL);
}

void judge_flash_by_release(struct verdicts *v, const struct measured *old)
{
    size_t present = v->count;

    for (size_t i = 0; i < present; i++) {
        struct verdict *verdict = &v->list[i];

        if (!verdict->flash)
            continue;
        verdict->old_flash = partner(old, verdict->flash);
        if (!verdict->old_flash) {
            add_finding(v, verdict, FINDING_NOTE, "appeared", xstrdup("it is new"), NULL);
            continue;
        }
        struct change c = {v, verdict, &verdict->old_flash->image, &verdict->flash->image};
        compare_shapes(&c);
        compare_features(&c);
        compare_keys(&c);
        compare_contents(&c);
    }
    for (size_t i = 0; i < old->flash_count; i++) {
        const struct measured_flash *image = &old->flash[i];
        size_t k = 0;

        while (k < present && !(v->list[k].flash && strcmp(v->list[k].name, image->name) == 0))
            k++;
        if (k < present)
            continue;
        struct verdict *absent = add_absent(v, image->name);
        absent->old_flash = image;
        add_finding(v, absent, FINDING_ERROR, "vanished",
                    xasprintf("it is gone: the older release had it (%s, %zu bytes)",
                              flash_kind_name(image->image.kind), image->image.size),
                    xstrdup("A guest that names it does not start without it: romcompat flash "
                            "pack keeps it installable, see romcompat-flashset(5)."));
    }
}
