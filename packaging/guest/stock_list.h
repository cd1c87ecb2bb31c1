/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice for devices as a user names them: types, or the text of -device. */
#ifndef GUEST_STOCK_LIST_H
#define GUEST_STOCK_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "inputs/qemu_types.h"
#include "guest/stock.h"

/* Advice for one -device text, or for one type through -global. */
struct stock_item {
    const char *device; /* what was asked for */
    const char *driver; /* of -global: the type, or an abstract one that several have as parent;
                         * NULL: the advice is for the text `device` alone */
    const char *type;   /* whose ids and ROM the advice is about */
    struct stock_advice advice;
    const char *untouched; /* why the device is left as it is, or NULL */
};

struct stock_list {
    struct stock_item *items;
    size_t count, capacity;
    size_t unanswered; /* items that need a file which is not there, or have no rule */
};

struct stock_ask {
    struct destination *to;
    const struct romcompat *maps;
    const char *machine;
    bool incoming;                  /* as struct stock_device has it */
    char *const *devices;           /* all texts of the question; ends with NULL. NULL: not known */
    const char *rom_directory;      /* or NULL */
    const struct qemu_types *types; /* of the binary; NULL: not known */
};

/* Adds the advice for `device`, which must outlive the list. A bare type means its
 * siblings, too. -1 where it is not a device: the list is then as it was. */
int stock_list_add(struct stock_list *list, const struct stock_ask *ask, const char *device,
                   struct failure *f);

/* Every device type with a ROM that the binary has. */
void stock_list_add_all(struct stock_list *list, const struct stock_ask *ask);

void stock_list_free(struct stock_list *list);

/* Whether a map has a rule for any ROM of the machine type. */
bool stock_machine_has_rules(const struct romcompat *maps, const char *machine);

#endif
