/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guest_after.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/hook_files.h"
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

typedef void (*judge_guest)(const struct saved_guest *guest, struct destination *to, bool incoming,
                            struct preflight *result);

static void judge_by(judge_guest judge, struct saved_guest *guest, const char *architecture,
                     const struct inventory *after, enum guest_comes how, struct guest_after *v)
{
    const struct inventory_qemu *qemu = guest->machine
                                            ? qemu_there(after, architecture, guest->machine)
                                        : after->qemus->count ? &after->qemus->list[0]
                                                              : NULL;
    struct preflight p = {.not_judged = guest->block_count};
    struct given_file *given = NULL;
    size_t given_count = 0, own_count;
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
    if (guest->domain)
        given_count = domain_files(guest->domain, true, &given);
    own_count = given_count;
    if (guest->domain && how == COMES_BY_HOOK)
        hook_files(guest->domain, after, qemu, &to, &given, &given_count, &f);
    to.given = given;
    to.given_count = given_count;
    judge(guest, &to, how != COMES_LOADED, &p);
    *v = (struct guest_after){.arrives = p.arrives.value,
                              .starts = p.starts.value,
                              .arrives_why = xstrdup_or_null(p.arrives.why),
                              .starts_why = xstrdup_or_null(p.starts.why)};
    take_block(&p, v);
    take_fix(&p, v);
    preflight_free(&p);
    for (size_t i = own_count; i < given_count; i++)
        free((char *)given[i].path);
    domain_files_free(given, given_count);
    destination_close(&to);
}

void guest_after_judge(struct saved_guest *guest, const char *architecture,
                       const struct inventory *after, enum guest_comes how, struct guest_after *v)
{
    judge_by(preflight_judge, guest, architecture, after, how, v);
}

enum qemu_answer guest_after_arrives(struct saved_guest *guest, const char *architecture,
                                     const struct inventory *after)
{
    struct guest_after v;

    judge_by(preflight_answer, guest, architecture, after, COMES_ARRIVING, &v);
    enum qemu_answer answer = v.arrives;
    guest_after_free(&v);
    return answer;
}

static bool is_rom(const char *block)
{
    return ends_with(block, ".rom");
}

/* The block of the running guest that a derived one stands for, where it was not taken yet: of a
 * ROM its place differs, and the rest of the name is that of its device. */
static struct saved_block *counterpart(struct saved_guest *asked, const char *derived)
{
    for (size_t i = 0; i < asked->block_count; i++) {
        struct saved_block *b = &asked->blocks[i];

        if (b->name && strcmp(is_rom(derived) ? base_name(b->name) : b->name,
                              is_rom(derived) ? base_name(derived) : derived) == 0)
            return b;
    }
    return NULL;
}

/* Gives the derived blocks the lengths that they have, takes away ROMs that the guest has not, and
 * adds those that are not in its description. */
static void take_lengths(struct saved_guest *guest, struct saved_guest *asked)
{
    size_t kept = 0;

    for (size_t i = 0; i < guest->block_count; i++) {
        struct saved_block *b = &guest->blocks[i], *real = counterpart(asked, b->name);

        if (real) {
            free(b->name);
            b->name = real->name;
            b->length = real->length;
            real->name = NULL;
        } else if (is_rom(b->name)) {
            saved_block_release(b);
            continue;
        }
        guest->blocks[kept++] = *b;
    }
    guest->block_count = kept;
    for (size_t i = 0; i < asked->block_count; i++) {
        struct saved_block *real = &asked->blocks[i];

        if (!real->name || !is_rom(real->name))
            continue;
        APPEND_ONE(guest->blocks, guest->block_count,
                   (struct saved_block){.name = real->name, .length = real->length});
        real->name = NULL;
    }
}

void guest_after_judge_listed(const struct inventory *before, const struct inventory_guest *guest,
                              const char *blocks, const struct inventory *after,
                              struct guest_after *v)
{
    struct saved_guest asked;
    struct saved_guest saved;
    struct failure f;

    if (inventory_saved_guest(before, guest, &saved, &f) != 0) {
        no_answer(v, QEMU_NOT_KNOWN, f.what);
        return;
    }
    if (blocks &&
        saved_guest_from_text("a running guest", blocks, strlen(blocks), &asked, &f) == 0) {
        take_lengths(&saved, &asked);
        saved_guest_free(&asked);
    }
    guest_after_judge(&saved, guest->architecture, after, COMES_ARRIVING, v);
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

void guest_after_set_arrives(struct guest_after *v, enum qemu_answer answer, char *why)
{
    free(v->arrives_why);
    v->arrives = answer;
    v->arrives_why = why;
}

void guest_after_set_starts(struct guest_after *v, enum qemu_answer answer, char *why)
{
    free(v->starts_why);
    v->starts = answer;
    v->starts_why = why;
}

void guest_after_set_fix(struct guest_after *v, char *when, char *fix)
{
    free(v->fix_when);
    free(v->fix);
    v->fix_when = when;
    v->fix = fix;
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
