/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a package manager is about to do, as its hooks learn it. */
#ifndef INPUTS_TRANSACTION_H
#define INPUTS_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define TRANSACTION_PACKAGES_MAX 20000 /* that come or go */

struct transaction_package {
    char *name;
    char *file;        /* NULL: it is not on this machine yet */
    bool is_installed; /* another version is, now */
};

struct transaction {
    bool is_rpm;
    char *mode; /* warn, ask, stop or off, where the package manager says it; NULL: not set */
    struct transaction_package *packages;
    size_t count, capacity;
    char **removed; /* names of packages that go without another version */
    size_t removed_count, removed_capacity;
};

/* `file` may be NULL. 0, or -1: there are too many. `manager` begins the message. */
int transaction_add(struct transaction *t, const char *manager, const char *name, const char *file,
                    bool is_installed, struct failure *f);
int transaction_add_removed(struct transaction *t, const char *manager, const char *name,
                            struct failure *f);

/* Drops those of the removed ones of which another version comes. */
void transaction_drop_replaced(struct transaction *t);

void transaction_free(struct transaction *t);

#endif
