/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver of the flash in a code image demands of a store before it takes it. */
#ifndef FLASH_STORE_DRIVER_H
#define FLASH_STORE_DRIVER_H

#include "formats/firmware_file.h"
#include "formats/variable_store.h"

struct store_driver {
    const char *name;     /* NULL: the image has none that is known */
    bool erases;          /* a store that it refuses is formatted, without warning */
    bool checks_records;  /* every record, deleted ones too */
    bool knows_unwritten; /* a record whose state was never written ends the list */
    bool takes_plain;     /* stores of the plain format */
};

/* What a program, a PE32 section, shows of itself if it is the driver of the flash. */
struct store_driver store_driver_of_program(const struct section *program);

/* The driver of that name in `program`; false where the name is another's. */
bool store_driver_named(const struct section *name, const struct store_driver *program,
                        struct store_driver *driver);

/* Whether the driver refuses the store for what is behind its headers, and why: the first
 * thing that it meets. */
bool store_driver_refuses(const struct store_driver *driver, const struct varstore *store,
                          struct varstore_problem *why);

#endif
