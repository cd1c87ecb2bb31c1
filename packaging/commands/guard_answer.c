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
#include "inputs/dpkg_files.h"
#include "inputs/dpkg_history.h"
#include "outputs/child.h"
#include "outputs/file.h"
#include "outputs/json.h"

enum { OTHERS_SHOWN = 20, ASKING_PART = 3 /* of the seconds: guests that run are asked */ };

/* --- what is printed ------------------------------------------------------------------------------- */

static const char *kind_name(enum after_kind kind)
{
    return kind == AFTER_STRANDED ? "stranded" : kind == AFTER_UNKNOWN ? "not known" : "fine";
}

static const char *length_text(uint64_t length, char text[SIZE_TEXT_MAX])
{
    return length ? size_format(length, text) : "none";
}

/* "saved", "running, lengths derived", "snapshot before, in /d.qcow2". */
static void put_state(FILE *to, const struct guard_guest *g)
{
    fputs(guard_state_name(g->state), to);
    if (g->snapshot)
        fprintf(to, " %s", g->snapshot);
    if (g->state == GUARD_RUNNING)
        fputs(g->has_lengths ? ", lengths asked" : ", lengths derived", to);
}

/* Preflight's reason says again how long the block is here and there. */
static bool is_about_length(const struct guard_guest *g)
{
    return g->after.length_there && strncmp(g->why, g->after.block, strlen(g->after.block)) == 0;
}

static void put_guest(FILE *to, const struct guard_guest *g)
{
    struct text text;
    char has[SIZE_TEXT_MAX], there[SIZE_TEXT_MAX];

    put_state(text_begin(&text), g);
    char *state = text_end(&text);
    if (g->after.block && g->kind == AFTER_STRANDED)
        put_line(to, "  %s (%s): %s: %s has %s, afterwards %s%s%s", g->name, state,
                 kind_name(g->kind), g->after.block, length_text(g->after.length, has),
                 length_text(g->after.length_there, there), is_about_length(g) ? "" : ": ",
                 is_about_length(g) ? "" : g->why);
    else
        put_line(to, "  %s (%s): %s: %s", g->name, state, kind_name(g->kind),
                 g->why ? g->why : "nothing prevents it");
    free(state);
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

static void put_history(FILE *to, const struct dpkg_history *history)
{
    put_line(to, history->count ? "dpkg changed:" : "dpkg changed nothing that guests need.");
    for (size_t i = 0; i < history->count; i++) {
        const struct dpkg_change *c = &history->list[i];

        put_line(to, "  %s %s %s -> %s", c->day, c->package, c->old ? c->old : "not there",
                 c->version ? c->version : "removed");
    }
}

static void put_text(FILE *to, const struct guard *guard)
{
    size_t news = guard->stranded + guard->unknown, old = 0, shown = 0;

    if (news)
        put_line(to, "This leaves guests behind: %zu stranded, %zu not known.", guard->stranded,
                 guard->unknown);
    else
        put_line(to, "No guest is left behind%s (%zu looked at).",
                 guard->is_partial ? ", as far as is known" : "", guard->count);
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
        put_line(to, "%zu guest%s no worse off than today, but %s problems: --json lists %s.", old,
                 old == 1 ? " is" : "s are", old == 1 ? "has" : "have", old == 1 ? "it" : "them");
}

static void put_json(FILE *to, const struct guard *guard, const struct upgrade *u,
                     const struct dpkg_history *history)
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
    for (size_t i = 0; i < history->count; i++) {
        const struct dpkg_change *c = &history->list[i];
        struct json_object *entry = json_new();

        json_add_text(entry, "name", c->package);
        json_add_text(entry, "version", c->version);
        json_add_text(entry, "old_version", c->old);
        json_add_text(entry, "day", c->day);
        json_append(packages, entry);
    }
    for (size_t i = 0; i < guard->count; i++) {
        const struct guard_guest *g = &guard->list[i];
        struct json_object *entry = json_new();

        json_add_text(entry, "guest", g->name);
        json_add_text(entry, "state", guard_state_name(g->state));
        json_add_text(entry, "snapshot", g->snapshot);
        json_add_text(entry, "lengths",
                      g->state == GUARD_OFF       ? NULL
                      : !g->has_lengths           ? "derived"
                      : g->state == GUARD_RUNNING ? "asked"
                                                  : "written");
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
    struct live_guests live;
    struct dpkg_history history; /* with --since: of packages that matter to guests */
    FILE *out;
    size_t note_count;
};

static void note(void *arg, const struct failure *f)
{
    struct asked *a = arg;

    if (!a->job->json && a->note_count++ < OTHERS_SHOWN)
        put_line(a->out, "note: %s", f->what);
}

static void note_path(void *arg, const char *package, char *path)
{
    bool *found = arg;

    (void)package;
    *found |= upgrade_wants(path);
}

/* Packages with a file that guests need; what was removed is in no list of files any more. */
static void keep_what_matters(struct dpkg_history *history)
{
    struct dpkg_lists lists;
    size_t kept = 0;

    dpkg_lists_read(&lists);
    for (size_t i = 0; i < history->count; i++) {
        struct dpkg_change *c = &history->list[i];
        bool matters = guard_knows_name(c->package);

        dpkg_files_of(&lists, c->package, note_path, &matters);
        if (matters)
            history->list[kept++] = *c;
        else
            dpkg_change_release(c);
    }
    history->count = kept;
    dpkg_lists_free(&lists);
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
            const struct guard_request asked = {.before = &before,
                                                .after = &after,
                                                .upgrade = u,
                                                .live = &a->live,
                                                .saved = a->job->saved.list,
                                                .saved_count = a->job->saved.count,
                                                .problems = &request};
            guard_judge(&asked, &guard);
            if (a->job->since)
                keep_what_matters(&a->history);
            if (a->job->since && !a->job->json)
                put_history(a->out, &a->history);
            if (a->note_count > OTHERS_SHOWN)
                put_line(a->out, "note: and %zu more", a->note_count - OTHERS_SHOWN);
            if (a->job->json)
                put_json(a->out, &guard, u, &a->history);
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
                                      .removed_are_rpm = a->question->removed_are_rpm,
                                      .keeps_images = true,
                                      .problem = note,
                                      .arg = a};
    struct upgrade *u = NULL;
    struct text text;
    struct failure f;
    int status = -1;

    a->out = text_begin(&text);
    const char *since = a->job->since;
    if (since) {
        if (dpkg_history_read(strcmp(since, "last") == 0 ? NULL : since, &a->history, &f) == 0)
            status = judge(a, NULL, &f);
        dpkg_history_free(&a->history);
    } else if (upgrade_open(&request, &u, &f) == 0) {
        status = judge(a, u, &f);
        upgrade_close(u);
    }
    if (status < 0)
        status = report(&f);
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

    live_guests_ask(job->seconds / ASKING_PART + 1, &a.live);
    int ran = child_run(&child, &r, &f);
    live_guests_free(&a.live);
    if (ran != 0) {
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
