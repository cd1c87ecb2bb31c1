/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat guard` answers, in a process of its own. */
#include "commands/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "fleet/guard.h"
#include "fleet/inventory_read.h"
#include "fleet/upgrade.h"
#include "outputs/child.h"
#include "outputs/file.h"
#include "outputs/json.h"

enum { OTHERS_SHOWN = 20 };

/* --- what is told ------------------------------------------------------------------------------- */

static const char *kind_name(enum after_kind kind)
{
    return kind == AFTER_STRANDED ? "stranded" : kind == AFTER_UNKNOWN ? "not known" : "fine";
}

static const char *length_text(uint64_t length, char text[SIZE_TEXT_MAX])
{
    return length ? size_format(length, text) : "none";
}

static void put_guest(FILE *to, const struct guard_guest *g)
{
    char has[SIZE_TEXT_MAX], there[SIZE_TEXT_MAX];

    if (g->after.block && g->kind == AFTER_STRANDED)
        put_line(to, "  %s (%s): %s: %s has %s, afterwards %s: %s", g->name,
                 guard_state_name(g->state), kind_name(g->kind), g->after.block,
                 length_text(g->after.length, has), length_text(g->after.length_there, there),
                 g->why);
    else
        put_line(to, "  %s (%s): %s: %s", g->name, guard_state_name(g->state), kind_name(g->kind),
                 g->why ? g->why : "nothing is in its way");
}

/* Each fix once: a hundred guests may have one. */
static bool is_new_fix(const struct guard *guard, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (guard->list[i].after.fix && !guard->list[i].was_so &&
            strcmp(guard->list[i].after.fix, guard->list[index].after.fix) == 0)
            return false;
    return true;
}

static void put_fix(FILE *to, const struct guest_after *v)
{
    put_line(to, "Fix: %s", v->fix_when);
    for (const char *at = v->fix; *at;) {
        size_t n = strcspn(at, "\n");

        put_line(to, "    %.*s", (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static void put_text(FILE *to, const struct guard *guard)
{
    size_t news = guard->stranded + guard->unknown, old = 0, shown = 0;

    if (news)
        put_line(to, "This leaves guests behind: %zu stranded, %zu not known.", guard->stranded,
                 guard->unknown);
    else
        put_line(to, "No guest is left behind (%zu looked at).", guard->count);
    for (size_t i = 0; i < guard->count; i++) {
        const struct guard_guest *g = &guard->list[i];

        old += g->was_so && g->kind != AFTER_FINE;
        if (g->was_so || g->kind == AFTER_FINE)
            continue;
        if (g->kind == AFTER_STRANDED || shown++ < OTHERS_SHOWN)
            put_guest(to, g);
    }
    if (shown > OTHERS_SHOWN)
        put_line(to, "  and %zu more that are not known; --json has them", shown - OTHERS_SHOWN);
    for (size_t i = 0; i < guard->count; i++)
        if (!guard->list[i].was_so && guard->list[i].after.fix && is_new_fix(guard, i))
            put_fix(to, &guard->list[i].after);
    if (old)
        put_line(to, "%zu guest%s are no worse off than today, and not well: --json has them.", old,
                 old == 1 ? "" : "s");
}

static void put_json(FILE *to, const struct guard *guard, const struct upgrade *u)
{
    struct json_object *o = json_document("romcompat-guard", 1), *packages = json_list(),
                       *guests = json_list();
    struct inventory_package p;

    for (size_t i = 0; u && upgrade_package(u, i, &p); i++) {
        struct json_object *entry = json_new();

        json_add_text(entry, "name", p.name);
        json_add_text(entry, "version", p.version);
        json_append(packages, entry);
    }
    for (size_t i = 0; i < guard->count; i++) {
        const struct guard_guest *g = &guard->list[i];
        struct json_object *entry = json_new();

        json_add_text(entry, "guest", g->name);
        json_add_text(entry, "state", guard_state_name(g->state));
        json_add_text(entry, "verdict", kind_name(g->kind));
        json_add_flag(entry, "was_so", g->was_so);
        json_add_text(entry, "why", g->why);
        json_add_text(entry, "block", g->after.block);
        json_add(entry, "length", json_number_or_null(g->after.length));
        json_add(entry, "length_there", json_number_or_null(g->after.length_there));
        json_add_text(entry, "fix_when", g->after.fix_when);
        json_add_text(entry, "fix", g->after.fix);
        json_append(guests, entry);
    }
    json_add_number(o, "stranded", guard->stranded);
    json_add_number(o, "not_known", guard->unknown);
    json_add(o, "packages", packages);
    json_add(o, "guests", guests);
    char *text = json_document_text(o);
    fputs(text, to);
    free(text);
}

/* --- the answer ----------------------------------------------------------------------------------- */

struct asked {
    const struct guard_job *job;
    const struct guard_question *question;
    struct text notes;
    FILE *out;
    size_t note_count;
};

static void note(void *arg, const struct failure *f)
{
    struct asked *a = arg;

    if (!a->job->json && a->note_count++ < OTHERS_SHOWN)
        put_line(a->out, "note: %s", f->what);
}

static int judge(struct asked *a, struct upgrade *u, struct failure *f)
{
    const struct inventory_request request = {.problem = note, .arg = a};
    struct inventory_reader *reader = inventory_reader_new();
    struct inventory before, after;
    struct guard guard;
    int status = -1;

    if (inventory_take(&request, &before, f) == 0) {
        if (inventory_copy(&before, reader, &after, f) == 0) {
            if (u)
                upgrade_apply(u, true, &after);
            guard_judge(&request, &before, &after, u, a->job->saved.list, a->job->saved.count,
                        &guard);
            if (a->job->json)
                put_json(a->out, &guard, u);
            else
                put_text(a->out, &guard);
            status = guard.stranded                      ? STATUS_NO
                     : guard.unknown || guard.is_partial ? STATUS_NO_ANSWER
                                                         : STATUS_YES;
            guard_free(&guard);
            inventory_read_free(&after);
        }
        inventory_free(&before);
    }
    inventory_reader_free(reader);
    return status;
}

/* In a process of its own, as nobody who may read everything and write nothing. */
static int work(void *arg, int fd)
{
    struct asked *a = arg;
    struct upgrade_request request = {.packages = a->question->files,
                                      .count = a->question->file_count,
                                      .removed = a->question->removed,
                                      .removed_count = a->question->removed_count,
                                      .keeps_images = true,
                                      .problem = note,
                                      .arg = a};
    struct upgrade *u = NULL;
    struct text text;
    struct failure f;
    int status = -1;

    a->out = text_begin(&text);
    if (upgrade_open(&request, &u, &f) == 0) {
        status = judge(a, u, &f);
        upgrade_close(u);
    }
    if (status < 0) {
        put_line(a->out, "romcompat: %s", f.what);
        status = STATUS_NO_ANSWER;
    }
    char *all = text_end(&text);
    if (write_all(fd, all, text.length) != 0)
        status = STATUS_NO_ANSWER;
    free(all);
    return status;
}

int guard_answer(const struct guard_job *job, const struct guard_question *question, FILE *to)
{
    struct asked a = {.job = job, .question = question};
    const struct child child = {.work = work,
                                .arg = &a,
                                .is_nobody = true,
                                .reads_all = true,
                                .output_max = GUARD_OUTPUT_MAX,
                                .seconds = job->seconds};
    struct child_result r = {0};
    struct failure f;
    char *rest = NULL;

    if (child_run(&child, &r, &f) != 0) {
        complain("guard: %s", f.what);
        return STATUS_NO_ANSWER;
    }
    int status = r.status > STATUS_NO_ANSWER ? STATUS_NO_ANSWER : r.status;
    /* What it read may have led it astray: its text is shown as any other's. */
    for (char *line = strtok_r((char *)r.output, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        put_line(to, "%s", line);
    child_result_free(&r);
    return status;
}
