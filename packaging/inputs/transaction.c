/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/transaction.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

static int check_room(const struct transaction *t, const char *manager, struct failure *f)
{
    if (t->count + t->removed_count == TRANSACTION_PACKAGES_MAX)
        return fail(f, "%s: more than %d packages", manager, TRANSACTION_PACKAGES_MAX);
    return 0;
}

int transaction_add(struct transaction *t, const char *manager, const char *name, const char *file,
                    bool is_installed, struct failure *f)
{
    if (check_room(t, manager, f) != 0)
        return -1;
    APPEND(t->packages, t->count, t->capacity,
           (struct transaction_package){xstrdup(name), xstrdup_or_null(file), is_installed});
    return 0;
}

int transaction_add_removed(struct transaction *t, const char *manager, const char *name,
                            struct failure *f)
{
    if (check_room(t, manager, f) != 0)
        return -1;
    APPEND(t->removed, t->removed_count, t->removed_capacity, xstrdup(name));
    return 0;
}

void transaction_drop_replaced(struct transaction *t)
{
    const char **names = xcalloc(t->count + 1, sizeof *names);
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        names[i] = t->packages[i].name;
    SORT_TEXTS(names, t->count);
    for (size_t i = 0; i < t->removed_count; i++) {
        if (FIND_TEXT(names, t->count, t->removed[i]))
            free(t->removed[i]);
        else
            t->removed[kept++] = t->removed[i];
    }
    t->removed_count = kept;
    free(names);
}

void transaction_free(struct transaction *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->packages[i].name);
        free(t->packages[i].file);
    }
    free_texts(t->removed, t->removed_count);
    free(t->mode);
    free(t->packages);
    *t = (struct transaction){0};
}
