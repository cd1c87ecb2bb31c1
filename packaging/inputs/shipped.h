/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data files that come with this program: romsets, budgets, histories. */
#ifndef INPUTS_SHIPPED_H
#define INPUTS_SHIPPED_H

/* The directory of that name below $(datadir)/romcompat, "romsets" or "romsets/history": beside the
 * program, where it is installed or in the tree that it was built in, else where the makefile
 * installs it, whether or not it is there. The caller frees the path. */
char *shipped_directory(const char *name);

#endif
