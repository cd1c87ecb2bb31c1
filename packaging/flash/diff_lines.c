/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a difference, and their grades. */
#include "flash/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

const char *diff_grade_name(enum diff_grade grade)
{
    static const char *const names[DIFF_GRADES] = {
        [DIFF_MIGRATION] = "breaks migration",  [DIFF_COLD_BOOT] = "breaks cold boot",
        [DIFF_SECURITY] = "weakens protection", [DIFF_MEASURED] = "changes measurement",
        [DIFF_HARMLESS] = "harmless",
    };

    return names[grade];
}

void diff_add(struct firmware_diff *d, enum diff_grade grade, const char *reason, const char *path,
              const char *format, ...)
{
    va_list args;

    d->list = xgrow(d->list, d->count, &d->capacity, sizeof *d->list);
    va_start(args, format);
    d->list[d->count++] = (struct diff_line){
        .grade = grade, .reason = reason, .path = xstrdup(path), .text = xvasprintf(format, args)};
    va_end(args);
    d->counts[grade]++;
}

void diff_add_digest(struct firmware_diff *d, const char *path, const char *kind, const char *old,
                     const char *new)
{
    d->digests = xgrow(d->digests, d->digest_count, &d->digest_capacity, sizeof *d->digests);
    struct diff_digest *digest = &d->digests[d->digest_count++];

    *digest = (struct diff_digest){.path = xstrdup(path), .kind = kind};
    snprintf(digest->old, sizeof digest->old, "%s", old);
    snprintf(digest->new, sizeof digest->new, "%s", new);
}

void firmware_diff_free(struct firmware_diff *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->list[i].path);
        free(d->list[i].text);
    }
    for (size_t i = 0; i < d->digest_count; i++)
        free(d->digests[i].path);
    free(d->digests);
    free(d->list);
    *d = (struct firmware_diff){0};
}

bool firmware_diff_breaks(const struct firmware_diff *d)
{
    return d->counts[DIFF_MIGRATION] || d->counts[DIFF_COLD_BOOT] || d->counts[DIFF_SECURITY];
}
