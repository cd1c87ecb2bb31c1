/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is found wrong, or worth a note, with something that was checked: one type for all that
 * checks, so that there is one order and one way to print it.
 */
#ifndef BASE_FINDING_H
#define BASE_FINDING_H

#include <stddef.h>

enum finding_grade { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };
#define FINDING_GRADES 3

struct finding {
    enum finding_grade grade;
    const char *check; /* stable: "bucket", "missing-file", ...; NULL: it has no name */
    char *place;       /* the file that it is about; NULL where that goes without saying */
    char *what;        /* with its numbers; without the place, where there is one */
    char *fix;         /* what can be done; NULL where that goes without saying */
};

/* All zero: none. */
struct findings {
    struct finding *list;
    size_t count, capacity;
    size_t counts[FINDING_GRADES]; /* of each grade */
};

/* "note", "warning", "error" */
const char *finding_grade_name(enum finding_grade grade);

/* Takes the strings over. */
void findings_add(struct findings *f, struct finding finding);

/* The worst grade; FINDING_NOTE where there is none. */
enum finding_grade findings_worst(const struct findings *f);

/* By place, of each the worst first, then by what they say. */
void findings_sort(struct findings *f);

void findings_free(struct findings *f);

#endif
