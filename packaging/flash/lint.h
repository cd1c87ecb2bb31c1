/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the firmware of a release: descriptors against the images and templates
 * that they name. */
#ifndef FLASH_LINT_H
#define FLASH_LINT_H

#include <stddef.h>

#include "flash/firmware_tree.h"

enum lint_grade { LINT_WARNING, LINT_ERROR };

struct lint_finding {
    enum lint_grade grade;
    const char *reason; /* stable: "missing-file" */
    char *file;         /* the descriptor, image or link that is wrong */
    char *text;         /* what, in words, with the numbers */
};

struct firmware_lint {
    size_t count, capacity, errors;
    struct lint_finding *list;
};

void firmware_lint(const struct firmware_tree *tree, struct firmware_lint *lint);
void firmware_lint_free(struct firmware_lint *lint);

#endif
