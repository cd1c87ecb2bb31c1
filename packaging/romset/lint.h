/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a romset's form cannot show: claims that are made twice, contradict each
 * other, or can never hold. */
#ifndef ROMSET_LINT_H
#define ROMSET_LINT_H

#include "romset/romset.h"

/* Checks one complete romset by itself. */
void romset_lint(const struct romset *set, struct findings *problems);

/* Checks that `count` complete romsets can stand on one host: names, packages and
 * installed paths once, and one answer for each machine type and ROM. */
void romset_lint_together(const struct romset *sets, size_t count, struct findings *problems);

#endif
