/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guest_after.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/inventory_destination.h"
#include "guest/domain_files.h"
#include "guest/preflight.h"

static void no_answer(struct guest_after *v, enum qemu_answer answer, const char *why)
{
    *v = (struct guest_after){.arrives = answer,
                              .starts = answer,
                              .arrives_why = xstrdup(why),
                              .starts_why = xstrdup(why)};
}

static void take_block(const struct preflight *p, struct guest_after *v)
{
    for (size_t i = 0; i < p->line_count && !v->block; i++) {
        const struct preflight_line *line = &p->lines[i];

        if (line->verdict == PREFLIGHT_LANDS)
            continue;
        v->block = xstrdup(line->block->name);
        v->length = line->block->length;
        v->length_there = line->length;
        v->fix_package = xstrdup_or_null(line->package);
    }
}

static void take_fix(const struct preflight *p, struct guest_after *v)
{
    const struct fix *fix = p->fix_count ? &p->fixes[0] : NULL;

    for (size_t i = 0; i < p->fix_count && !fix->recommended; i++)
        fix = p->fixes[i].recommended ? &p->fixes[i] : fix;
    if (fix) {
        v->fix_when = xstrdup(fix->when);
        v->fix = xstrdup(fix->text);
    }
}

/* "q35" stands for another machine type on each QEMU: the guest's own is what it was started as. */
static const struct inventory_qemu *qemu_there(const struct inventory *after,
                                               const char *architecture, const char *machine)
{
    char *plain = xstrndup(machine, strcspn(machine, "+"));
    const struct inventory_qemu *qemu = inventory_qemu_for(after, architecture, plain);

    free(plain);
    return qemu;
}

void guest_after_judge(struct saved_guest *guest, const char *architecture,
                       const struct inventory *after, bool incoming, struct guest_after *v)
{
    const struct inventory_qemu *qemu = guest->machine
                                            ? qemu_there(after, architecture, guest->machine)
                                        : after->qemus->count ? &after->qemus->list[0]
                                                              : NULL;
    struct preflight p = {.not_judged = guest->block_count};
    struct given_file *given = NULL;
    struct destination to;
    struct failure f;

    if (!qemu) {
        char *why = guest->machine
                        ? xasprintf("no QEMU will have its machine type %s", guest->machine)
                        : xstrdup("no QEMU will be installed");
        no_answer(v, after->is_partial ? QEMU_NOT_KNOWN : QEMU_NO, why);
        free(why);
        return;
    }
    if (destination_of_inventory(&to, after, qemu, &f) != 0) {
        no_answer(v, QEMU_NOT_KNOWN, f.what);
        return;
    }
    to.label = xstrdup("this host afterwards");
    if (guest->domain) {
        to.given_count = domain_files(guest->domain, true, &given);
        to.given = given;
    }
    preflight_judge(guest, &to, incoming, &p);
    *v = (struct guest_after){.arrives = p.arrives.value,
                              .starts = p.starts.value,
                              .arrives_why = xstrdup_or_null(p.arrives.why),
                              .starts_why = xstrdup_or_null(p.starts.why)};
    take_block(&p, v);
    take_fix(&p, v);
    preflight_free(&p);
    domain_files_free(given, to.given_count);
    destination_close(&to);
}

void guest_after_judge_listed(const struct inventory *before, const struct inventory_guest *guest,
                              const struct inventory *after, struct guest_after *v)
{
    struct saved_guest saved;
    struct failure f;

    if (inventory_saved_guest(before, guest, &saved, &f) != 0) {
        no_answer(v, QEMU_NOT_KNOWN, f.what);
        return;
    }
    guest_after_judge(&saved, guest->architecture, after, true, v);
    saved_guest_free(&saved);
}

void guest_after_free(struct guest_after *v)
{
    free(v->arrives_why);
    free(v->starts_why);
    free(v->block);
    free(v->fix_when);
    free(v->fix);
    free(v->fix_package);
    *v = (struct guest_after){0};
}

static enum after_kind kind_of(enum qemu_answer answer)
{
    return answer == QEMU_YES ? AFTER_FINE : answer == QEMU_NO ? AFTER_STRANDED : AFTER_UNKNOWN;
}

enum after_kind guest_after_kind(const struct guest_after *v, bool is_off)
{
    enum after_kind arrives = is_off ? AFTER_FINE : kind_of(v->arrives),
                    starts = kind_of(v->starts);

    return arrives > starts ? arrives : starts;
}

const char *guest_after_why(const struct guest_after *v, bool is_off)
{
    enum after_kind kind = guest_after_kind(v, is_off);
    const char *why;

    if (kind == AFTER_FINE)
        return NULL;
    why = !is_off && kind_of(v->arrives) == kind ? v->arrives_why : v->starts_why;
    return why ? why : "the reason is not known";
}
