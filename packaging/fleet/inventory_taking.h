/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of inventory_take(): each adds its lists to the inventory that is being taken,
 * and tells what it had to leave out. What cannot be answered at all fails.
 */
#ifndef FLEET_INVENTORY_TAKING_H
#define FLEET_INVENTORY_TAKING_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory.h"

struct taking {
    const struct inventory_request *request;
    struct inventory inv;
};

/* inventory_take_qemu.c. The maps are those that the QEMUs of before read. */
int take_qemus(struct taking *t, struct failure *f);
int take_maps(struct taking *t, struct failure *f);

/* inventory_take_files.c: the ROM files that those QEMUs find, and firmware images. */
void take_directories(struct taking *t);
void take_firmware(struct taking *t);

/* --- what they share: inventory_taking.c ------------------------------------------------- */

/* Something that is left out; and something that is, because it could not be read. */
void taking_problem(const struct taking *t, const struct failure *f);
void taking_unread(struct taking *t, const struct failure *f);

#define taking_problem_at(t, ...) \
    do {                          \
        struct failure f_;        \
                                  \
        fail(&f_, __VA_ARGS__);   \
        taking_problem(t, &f_);   \
    } while (0)

/* JSON holds no other bytes as they are, and no package has such names. */
bool is_printable(const char *text);

/* Adds a text, which the list then owns. */
void add_text(char ***list, size_t *count, char *text);

/* The names in a directory, sorted; *count is 0 where it cannot be read. */
char **names_in(const char *path, size_t *count);

#endif
