/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OUTPUTS_OWN_LOCK_H
#define OUTPUTS_OWN_LOCK_H

#include "base/failure.h"

#define OWN_LOCK_SECONDS 30 /* the longest wait for another process of the same user */

/* Locks an opened temporary file or directory. In a directory that others may write to, the name could
 * be a trap: what is not this user's is refused before anything is waited for, since its owner
 * may hold the lock forever. 0 or -1. */
int own_lock(int fd, const char *name, struct failure *f);

/* The same without a lock: an opened file of another user is refused. 0 or -1. */
int refuse_not_own(int fd, const char *name, struct failure *f);

/* The failure of open() for `name`, errno: it says who holds it. Always -1. */
int own_lock_cannot_open(const char *name, struct failure *f);

#endif
