/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat flash map --store`: the installed firmware that keeps a store's variables. */
#include "commands/flash_map.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "commands/command.h"
#include "commands/template_report.h"
#include "flash/check.h"
#include "outputs/json.h"

/* What became of one pair of code and template. */
struct pair {
    const struct template_answer *answer;
    enum flash_architecture architecture;
    struct flash_check check;
};

/* Two pairs may have one code, and unpacking it takes a while. */
static bool take_from_before(const struct pair *pairs, size_t at)
{
    return at > 0 && strcmp(pairs[at - 1].answer->code, pairs[at].answer->code) == 0;
}

/* What it has from the one before belongs to that. */
static void pair_release(struct pair *pairs, size_t at)
{
    if (!take_from_before(pairs, at))
        flash_check_free(&pairs[at].check);
}

static void check_code(const char *file, const struct flash_image *store, struct pair *pair)
{
    struct flash_verdict *v = &pair->check.cold_boot;
    struct flash_image code = {0};
    struct failure f;

    if (access(file, F_OK) != 0) {
        v->answer = FLASH_NO;
        snprintf(v->text, sizeof v->text, "the code is not installed");
    } else if (flash_open(file, &code, &f) != 0) {
        v->answer = FLASH_UNKNOWN_ANSWER;
        snprintf(v->text, sizeof v->text, "%.500s", f.what);
    } else {
        pair->architecture = code.architecture;
        flash_check(&code, store, NULL, &pair->check);
    }
    flash_close(&code);
}

static void check_pair(const struct map_job *job, const struct flash_image *store,
                       struct pair *pairs, size_t at)
{
    char *below, *file;

    if (take_from_before(pairs, at)) {
        pairs[at].check = pairs[at - 1].check;
        pairs[at].architecture = pairs[at - 1].architecture;
        return;
    }
    below = plain_root(job->root);
    file = template_file(below, pairs[at].answer->code);
    check_code(file, store, &pairs[at]);
    free(file);
    free(below);
}

static void print_pairs(const char *file, const struct flash_image *store, const struct pair *pairs,
                        size_t count)
{
    static const char *const words[] = {
        [FLASH_YES] = "keeps it", [FLASH_NO] = "no", [FLASH_UNKNOWN_ANSWER] = "not known"};

    print_line("%s: %s", file, flash_kind_text(store));
    for (size_t i = 0; i < count; i++) {
        const struct template_answer *a = pairs[i].answer;
        const struct flash_verdict *v = &pairs[i].check.cold_boot;

        print_line("  %-9s  %s  %s  (%s)", words[v->answer], a->code,
                   a->filename ? a->filename : "no template", template_source_text(a));
        if (pairs[i].architecture != ARCH_UNKNOWN)
            print_line("             %s: %s", flash_architecture_name(pairs[i].architecture),
                       v->text);
        else
            print_line("             %s", v->text);
        for (size_t k = 0; v->answer == FLASH_YES && k < pairs[i].check.warnings.count; k++)
            print_line("             warning: %s", pairs[i].check.warnings.list[k].what);
    }
    if (!count)
        print_line("  no firmware: neither a descriptor nor libvirt's list names any");
}

static struct json_object *store_object(const char *file, const struct pair *pairs, size_t count)
{
    struct json_object *o = json_new(), *list = json_list();

    for (size_t i = 0; i < count; i++) {
        struct json_object *pair = template_object(pairs[i].answer);

        json_add_text(pair, "architecture",
                      pairs[i].architecture != ARCH_UNKNOWN
                          ? flash_architecture_name(pairs[i].architecture)
                          : NULL);
        json_add_text(pair, "keeps", flash_answer_name(pairs[i].check.cold_boot.answer));
        json_add_text(pair, "text", pairs[i].check.cold_boot.text);
        json_append(list, pair);
    }
    json_add_text(o, "store", file);
    json_add(o, "firmware", list);
    return o;
}

/* One that keeps it is an answer; one that is not known may be. */
static int status_of(const struct pair *pairs, size_t count)
{
    int status = STATUS_NO;

    for (size_t i = 0; i < count && status != STATUS_YES; i++) {
        if (pairs[i].check.cold_boot.answer == FLASH_YES)
            status = STATUS_YES;
        else if (pairs[i].check.cold_boot.answer == FLASH_UNKNOWN_ANSWER)
            status = STATUS_NO_ANSWER;
    }
    return status;
}

static int check_all(const struct map_job *job, const char *file, const struct flash_image *store,
                     const struct template_search *search)
{
    struct pair *pairs = xcalloc(search->count + 1, sizeof *pairs);
    size_t count = 0;

    for (size_t i = 0; i < search->count; i++) {
        pairs[count] = (struct pair){.answer = &search->answers[i]};
        check_pair(job, store, pairs, count);
        /* What libvirt was compiled with names firmware that no host has all of. */
        if (search->answers[i].source != TEMPLATE_DEFAULT ||
            pairs[count].architecture != ARCH_UNKNOWN)
            count++;
        else
            pair_release(pairs, count);
    }
    if (job->stores)
        json_append(job->stores, store_object(file, pairs, count));
    else
        print_pairs(file, store, pairs, count);
    int status = status_of(pairs, count);
    while (count)
        pair_release(pairs, --count);
    free(pairs);
    return status;
}

int map_store(const struct map_job *job, const char *file)
{
    struct template_search search;
    struct flash_image store;
    struct failure f;
    char *below = plain_root(job->root);
    int status = STATUS_NO_ANSWER;

    if (flash_open(file, &store, &f) != 0) {
        report(&f);
    } else if (!store.has_store && !store.has_list && store.kind != FLASH_JSON) {
        flash_refuse_store(&store, "a variable store", &f);
        report(&f);
    } else if (template_search(NULL, below, job->list, &search, &f) != 0) {
        report(&f);
    } else {
        status = check_all(job, file, &store, &search);
        template_search_free(&search);
    }
    flash_close(&store);
    free(below);
    return status;
}
