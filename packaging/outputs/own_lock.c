/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/own_lock.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { POLLS_A_SECOND = 20 };

static int not_ours(const char *name, uid_t owner, struct failure *f)
{
    fail(f, "%s: exists and is not ours (its owner is user %u)", name, (unsigned)owner);
    return fail_hint(f, "Write to another directory, or have it removed.");
}

int own_lock_cannot_open(const char *name, struct failure *f)
{
    int why = errno;
    struct stat st;

    if ((why == EACCES || why == EPERM) && lstat(name, &st) == 0 && st.st_uid != geteuid())
        return not_ours(name, st.st_uid, f);
    return fail(f, "%s: %s", name, strerror(why));
}

int refuse_not_own(int fd, const char *name, struct failure *f)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(f, "%s: %s", name, strerror(errno));
    return st.st_uid == geteuid() ? 0 : not_ours(name, st.st_uid, f);
}

int own_lock(int fd, const char *name, struct failure *f)
{
    static const struct timespec pause = {0, 1000000000 / POLLS_A_SECOND};

    if (refuse_not_own(fd, name, f) != 0)
        return -1;
    for (int polls = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; polls++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail(f, "%s: %s", name, strerror(errno));
        if (polls == OWN_LOCK_SECONDS * POLLS_A_SECOND)
            return fail(f, "%s: another process has been writing to it for more than %d seconds",
                        name, OWN_LOCK_SECONDS);
        nanosleep(&pause, NULL);
    }
    return 0;
}
