/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat check` found out, and the forms in which it is printed. */
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

/* For a person, on standard output. `quiet`: nothing but failures and warnings. */
void check_print(const struct check *check, bool quiet);

/* For programs; the caller frees the text. romcompat(1) describes both. */
char *check_json(const struct check *check);
char *check_junit(const struct check *check);

/* --- check_words.c: what check_report.c and check_flash.c share --- */

struct json_object;

/* Whether the answer is no. */
bool check_failed(const struct check *check);

/* How a ROM or image is called: by its name where no other has it. */
const char *check_label(const struct check *check, const struct verdict *verdict);
const char *check_result_word(const struct verdict *verdict);
/* What is at the end of each for programs: the one it was compared with (NULL: none), which
 * is taken over, the result ("ok", "warning", "failure") and the findings. */
void check_add_judgement(struct json_object *o, const struct verdict *verdict,
                         struct json_object *old);

/* check_flash.c: the table of flash images, and one of them for programs. */
void check_print_flash(const struct check *check, bool quiet);
struct json_object *check_flash_object(const struct verdict *verdict);

#endif
