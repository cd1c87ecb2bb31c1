/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libzypp sends to a commit plugin (libzypp, doc/autoinclude/Plugin-Commit.doc): frames of STOMP, a
 * command, headers, an empty line and a body that ends with a NUL. The body of COMMITBEGIN is JSON, the
 * steps of the transaction. It comes before packages are downloaded.
 */
#ifndef INPUTS_ZYPP_HOOK_H
#define INPUTS_ZYPP_HOOK_H

#include <stdio.h>

#include "inputs/transaction.h"

#define ZYPP_FRAME_MAX ((size_t)64 << 20) /* bytes */
#define ZYPP_CACHE "/var/cache/zypp/packages"
#define ZYPP_REPOSITORIES "/etc/zypp/repos.d"
#define ZYPP_ENTRIES_MAX 1000000 /* files and directories that are looked at for packages */

/* The next frame: its command, which the caller frees with *body; *body is a text. 1, 0 at the
 * end, or -1. */
int zypp_frame_read(FILE *from, char **command, char **body, struct failure *f);

/* Reads the body of COMMITBEGIN. The files of packages are those in libzypp's cache and in repositories
 * that are directories of this machine. 0 or -1; free with transaction_free() in either case. */
int zypp_hook_read(const char *body, struct transaction *t, struct failure *f);

#endif
