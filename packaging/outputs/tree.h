/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory that appears whole or not at all.
 *
 * It grows in ".NAME.romcompat-new/tree" beside its target. tree_commit() syncs
 * everything to disk and then exchanges it with what is at the target, in one
 * step (renameat2(), RENAME_EXCHANGE). The container has always the same name and
 * is locked while in use: after a kill the old directory or the new one is there, and
 * the next run removes what was left over.
 */
#ifndef OUTPUTS_TREE_H
#define OUTPUTS_TREE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/failure.h"

struct tree;

/* Starts a directory that will be at `target`; directories above it that are
 * missing are made. Waits while another process builds the same target. */
int tree_begin(const char *target, struct tree **tree, struct failure *f);

/* Adds a file. `path` is relative, without "." and "..": directories are made as needed, mode
 * 755. The mode is `mode` whatever the umask. A path that is there already is an error. */
int tree_add(struct tree *tree, const char *path, const void *data, size_t size, mode_t mode,
             struct failure *f);

/* A second name for a file that tree_add() added. */
int tree_link(struct tree *tree, const char *from, const char *to, struct failure *f);

/* Path of the directory while it grows, for programs that write into it. */
const char *tree_path(const struct tree *tree);

/* Where other things may be put for the time being: a directory beside the growing one,
 * on the same file system, that tree_commit() and tree_abandon() remove. The functions
 * above reach it under TREE_SCRATCH; tree_scratch() makes it and returns its path. */
#define TREE_SCRATCH "../scratch"
const char *tree_scratch(struct tree *tree, struct failure *f);

/* Gives every file and directory in `path` ("": the whole tree) the time `date`. */
int tree_set_dates(struct tree *tree, const char *path, time_t date, struct failure *f);

/* Syncs, puts the directory at its target, removes what stood there, frees `tree`. On
 * failure the target is untouched. */
int tree_commit(struct tree *tree, struct failure *f);

/* Removes everything and frees `tree`, which may be NULL. */
void tree_abandon(struct tree *tree);

#endif
