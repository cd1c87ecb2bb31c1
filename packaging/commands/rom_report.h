/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person and what a program reads about option ROMs. */
#ifndef COMMANDS_ROM_REPORT_H
#define COMMANDS_ROM_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "formats/option_rom.h"
#include "inputs/rom_files.h"

struct json_object;

/* --- rom_table.c: a table for each directory or archive ------------------------ */

struct rom_table {
    char *place; /* directory, or archive and directory in it, of the ROMs collected so far */
    struct rom_line {
        char *name; /* of a ROM; NULL for a line below one */
        char *text;
    } * lines;
    size_t count, capacity;
    size_t roms, errors, warnings; /* of all tables */
};

/* Adds a ROM; prints the table before it when the ROM is from another place. */
void rom_table_add(struct rom_table *t, const struct rom_file *file, const struct optrom *rom);

/* Prints the last table, and a line of totals where there was more than one ROM. */
void rom_table_end(struct rom_table *t);

/* --- rom_json.c -------------------------------------------------------------- */

/* One ROM as an object: romcompat(1) describes it. */
struct json_object *rom_object(const struct rom_file *file, const struct optrom *rom);

#endif
