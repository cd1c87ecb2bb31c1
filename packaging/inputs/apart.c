/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

/* Statuses of a child that did not come to its work. */
enum { CANNOT_DROP = 200, CANNOT_BEGIN };

static int64_t milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The number of `nobody` is the same on every Linux: what the kernel itself takes for a user
 * that it cannot name (/proc/sys/kernel/overflowuid). No name service is asked. */
static bool drop_rights(void)
{
    enum { NOBODY = 65534 };

    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

__attribute__((noreturn)) static void be_child(int (*work)(void *arg, int fd), void *arg, int fd)
{
    static const struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR);

    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &none);
    /* Whoever reads the caller's standard output must not wait for this process. */
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(CANNOT_BEGIN);
    if (!drop_rights())
        _exit(CANNOT_DROP);
    _exit(work(arg, fd) & 127);
}

enum end { END_CLOSED, END_TIME, END_LIMIT };

static enum end collect(int fd, unsigned seconds, size_t limit, uint8_t **result, size_t *size)
{
    int64_t deadline = milliseconds() + (int64_t)seconds * 1000;
    size_t capacity = 1 << 16;

    *size = 0;
    *result = xmalloc(capacity);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - milliseconds();

        if (*size > limit)
            return END_LIMIT;
        if (left <= 0)
            return END_TIME;
        int ready = poll(&p, 1, (int)left);
        if (ready <= 0)
            continue;
        if (*size == capacity)
            *result = xreallocarray(*result, capacity *= 2, 1);
        ssize_t n = read(fd, *result + *size, capacity - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return END_CLOSED;
        *size += (size_t)n;
    }
}

static int judge(enum end end, int wait_status, unsigned seconds, size_t limit, struct failure *f)
{
    if (end == END_TIME)
        return fail(f, "no answer in %u seconds", seconds);
    if (end == END_LIMIT)
        return fail(f, "a longer answer than %zu bytes", limit);
    if (WIFSIGNALED(wait_status))
        return fail(f, "ended by signal %d (%s)", WTERMSIG(wait_status),
                    strsignal(WTERMSIG(wait_status)));
    if (WEXITSTATUS(wait_status) == CANNOT_DROP)
        return fail(f, "cannot become user nobody");
    if (WEXITSTATUS(wait_status) > 127)
        return fail(f, "cannot begin");
    return 0;
}

int run_apart(int (*work)(void *arg, int fd), void *arg, unsigned seconds, size_t limit,
              uint8_t **result, size_t *size, int *status, struct failure *f)
{
    int ends[2], wait_status = 0;
    uint8_t *bytes;
    size_t length;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(f, "%s", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        be_child(work, arg, ends[1]);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return fail(f, "%s", strerror(errno));
    }
    enum end end = collect(ends[0], seconds, limit, &bytes, &length);
    close(ends[0]);
    if (end != END_CLOSED) {
        /* The group too, unless the child has not come so far as to make one. */
        kill(-child, SIGKILL);
        kill(child, SIGKILL);
    }
    pid_t ended;
    while ((ended = waitpid(child, &wait_status, 0)) < 0 && errno == EINTR)
        ;
    int good = ended == child ? judge(end, wait_status, seconds, limit, f)
                              : fail(f, "its end was not seen: %s", strerror(errno));
    if (good != 0) {
        free(bytes);
        return -1;
    }
    *result = bytes;
    *size = length;
    *status = WEXITSTATUS(wait_status);
    return 0;
}
