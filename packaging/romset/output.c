/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

/* What everything carries when neither the environment, the YAML file nor the source says
 * a date: 2000-01-01. lintian refuses files of before 1984. */
#define DEFAULT_DATE INT64_C(946684800)

int output_begin(struct output *o, const char *target, struct failure *f)
{
    *o = (struct output){.f = f};
    if (output_allows_replacing(target, f) < 0)
        return -1;
    return tree_begin(target, &o->tree, f);
}

static void keep(struct output *o, const struct built_file *built)
{
    o->files = xgrow(o->files, o->count, &o->capacity, sizeof *o->files);
    o->files[o->count] = *built;
    o->files[o->count++].path = xstrdup(built->path);
}

int output_add(struct output *o, const char *path, const void *data, size_t size,
               struct built_file *built)
{
    if (tree_add(o->tree, path, data, size, 0644, o->f) < 0)
        return -1;
    built->path = xstrdup(path);
    built->size = size;
    sha256_text(data, size, built->sha256);
    keep(o, built);
    return 0;
}

int output_take(struct output *o, const char *path, struct built_file *built)
{
    char *there = xasprintf("%s/%s", tree_path(o->tree), path);
    int result = sha256_of_file(there, built->sha256, &built->size, o->f);

    free(there);
    if (result < 0)
        return -1;
    built->path = xstrdup(path);
    keep(o, built);
    return 0;
}

/* What `sha256sum -c` takes. */
static int add_sums(struct output *o)
{
    struct text text;
    FILE *to = text_begin(&text);

    SORT_BY(o->files, o->count, path);
    for (size_t i = 0; i < o->count; i++)
        fprintf(to, "%s  %s\n", o->files[i].sha256, o->files[i].path);
    char *sums = text_end(&text);
    int result = tree_add(o->tree, SUMS_NAME, sums, text.length, 0644, o->f);
    free(sums);
    return result;
}

static void forget(struct output *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->files[i].path);
    free(o->files);
    *o = (struct output){0};
}

int output_finish(struct output *o, const char *manifest, int64_t date)
{
    struct built_file built = {0};
    int result = output_add(o, MANIFEST_NAME, manifest, strlen(manifest), &built);

    free(built.path);
    if (result == 0)
        result = add_sums(o);
    if (result == 0)
        result = tree_set_dates(o->tree, "", (time_t)date, o->f);
    if (result < 0)
        tree_abandon(o->tree);
    else
        result = tree_commit(o->tree, o->f);
    forget(o);
    return result;
}

void output_abandon(struct output *o)
{
    tree_abandon(o->tree);
    forget(o);
}

static int environment_date(int64_t *date, struct failure *f)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;

    *date = -1;
    if (!text || !*text)
        return 0;
    errno = 0;
    long long seconds = strtoll(text, &end, 10);
    if (errno || *end || seconds < 0)
        return fail(f, "SOURCE_DATE_EPOCH: not seconds since 1970 (found '%s')", text);
    *date = seconds;
    return 0;
}

int output_date(const char *given, int64_t newest, int64_t *date, struct failure *f)
{
    if (environment_date(date, f) < 0)
        return -1;
    if (*date < 0)
        *date = given ? strtoll(given, NULL, 10) : newest > 0 ? newest : DEFAULT_DATE;
    return 0;
}
