/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat check` found out, and the forms in which it is told. */
#ifndef COMMANDS_CHECK_H
#define COMMANDS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"
#include "release/verdict.h"

struct check {
    const struct verdicts *verdicts;
    const struct budget *budget; /* NULL: none */
    const char *against;         /* NULL: none */
    const struct measured *old;  /* what `against` has; NULL: none */
    bool strict;
    char **problems; /* what could not be read */
    size_t problem_count, problem_capacity;
    size_t roms, images;           /* that are there */
    bool without_roms, with_flash; /* what is looked at */
};

/* Whether the answer is no. */
bool check_failed(const struct check *check);

/* For a person, on standard output. `quiet`: nothing but failures and warnings. */
void check_print(const struct check *check, bool quiet);

/* For programs; the caller frees the text. romcompat(1) describes both. */
char *check_json(const struct check *check);
char *check_junit(const struct check *check);

/* --- parts that check_report.c and check_flash.c share --- */

struct json_object;

/* How a ROM or image is called: by its name where that tells it from the others. */
const char *check_label(const struct check *check, const struct verdict *verdict);
const char *check_result_word(const struct verdict *verdict);
/* What stands at the end of each for programs: the one it was compared with (NULL: none), which
 * is taken over, the result ("ok", "warning", "failure") and the findings. */
void check_add_judgement(struct json_object *o, const struct verdict *verdict,
                         struct json_object *old);

/* check_flash.c: the table of flash images, and one of them for programs. */
void check_print_flash(const struct check *check, bool quiet);
struct json_object *check_flash_object(const struct verdict *verdict);

/* --- check_write.c: first files for a maintainer, as text that the caller frees --- */

/* check_write_flash.c: whether an image has a rule in a first budget, and all of them, under
 * "flash:". */
bool flash_is_written(const struct measured *m, size_t i);
void write_flash_rules(FILE *to, const struct measured *m);
/* A text that YAML gives back as it is; a name as a pattern that matches it alone. */
void put_yaml_text(FILE *to, const char *text);
void put_yaml_pattern(FILE *to, const char *name);

/* A budget that everything measured keeps to, named after the operand it is from. */
char *write_budget(const char *operand, const struct measured *m, struct failure *f);

struct romset_request {
    const char *name;         /* of the romset */
    const char *package_from; /* the older release: a .deb, or any archive or directory */
    const char *until;        /* version of the last machine type; NULL: open */
    uint64_t bucket;          /* only the ROMs of this bucket; 0: all */
    bool local;               /* the source is the file, not the pool of a mirror */
    /* Where the romset is going to stand: a source in or below it is named from there, so that
     * the two can be moved together. NULL: not known. */
    const char *directory;
};

/* The romset of all ROMs in `old` that have another bucket in `now`. 1, with *f saying so,
 * when there is none; 0 or -1 else. */
int write_romset(const struct romset_request *request, const struct measured *old,
                 const struct measured *now, char **text, struct failure *f);

#endif
