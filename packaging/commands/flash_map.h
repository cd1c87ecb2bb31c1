/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other questions of `flash map`: which firmware goes with a store, and with a guest. */
#ifndef COMMANDS_FLASH_MAP_H
#define COMMANDS_FLASH_MAP_H

#include <stdbool.h>

struct json_object;

struct map_job {
    const char *root, *list;              /* as template_search() has them */
    bool is_defined;                      /* libvirt has the definitions of the domains already */
    unsigned libvirt;                     /* its version, as domain_question has it; 0: not said */
    struct json_object *stores, *domains; /* arrays; NULL: print for a person */
};

/* Each prints its answer, or adds it to its array: STATUS_YES, _NO or _NO_ANSWER. */
int map_store(const struct map_job *job, const char *file);
int map_domain(const struct map_job *job, const char *file);

#endif
