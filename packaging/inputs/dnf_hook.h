/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dnf sends to a hook about its transaction: the answer of libdnf5's plugin "actions" to a request for
 * `trans_packages` in mode=json (libdnf5-actions(8)), or what our plugin for dnf 4 writes, which is the
 * member "return" of such an answer.
 */
#ifndef INPUTS_DNF_HOOK_H
#define INPUTS_DNF_HOOK_H

#include "inputs/transaction.h"

#define DNF_HOOK_MAX ((size_t)64 << 20) /* bytes of all that dnf says */

/* The requests of a hook of libdnf5, a line each; dnf_hook_cache() and dnf_hook_read() read the answers,
 * which are a line each as well. */
#define DNF_ASK_CACHE "{\"op\":\"get\",\"domain\":\"conf\",\"args\":{\"key\":\"cachedir\"}}\n"
#define DNF_ASK_PACKAGES                                      \
    "{\"op\":\"get\",\"domain\":\"trans_packages\",\"args\":" \
    "{\"output\":[\"name\",\"direction\",\"location\",\"repo_id\"]}}\n"

/* The directory that packages are downloaded to; free it. NULL: it is not in the answer. */
char *dnf_hook_cache(const char *text, size_t size);

/* Reads text[0, size). Files of packages that are named without a directory are looked for below
 * `cache`, which may be NULL. 0 or -1; free with transaction_free() in either case. */
int dnf_hook_read(const char *text, size_t size, const char *cache, struct transaction *t,
                  struct failure *f);

#endif
