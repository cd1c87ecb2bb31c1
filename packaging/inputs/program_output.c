/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/program_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

extern char **environ;

static int64_t milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* This process's environment in the C locale; free it, not what it points at. */
static char **plain_environment(void)
{
    static char plain[] = "LC_ALL=C";
    size_t count = 0, at = 0;

    while (environ[count])
        count++;
    char **list = xcalloc(count + 2, sizeof *list);
    list[at++] = plain;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0)
            list[at++] = environ[i];
    return list;
}

enum end { END_CLOSED, END_TIME, END_LIMIT };

/* Up to the end, or one byte beyond `limit`, or the time limit. */
static enum end read_answer(int fd, size_t limit, unsigned seconds, char **text)
{
    int64_t deadline = milliseconds() + (int64_t)seconds * 1000;
    size_t have = 0, capacity = 4096;

    *text = xmalloc(capacity);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - milliseconds();

        (*text)[have] = '\0';
        if (have > limit)
            return END_LIMIT;
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return END_TIME;
        if (have + 1 == capacity)
            *text = xreallocarray(*text, capacity *= 2, 1);
        ssize_t n = read(fd, *text + have, capacity - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return END_CLOSED;
        have += (size_t)n;
    }
}

/* Below another root folder there may be no /dev: an empty file in memory does as well. */
static int open_nothing(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    return fd >= 0 ? fd : memfd_create("nothing", MFD_CLOEXEC);
}

/* `in`: -1 for nothing. */
static int start(const char *const *argv, int in, int out, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    char **environment = plain_environment();
    int nothing = open_nothing();

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in < 0 ? nothing : in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, nothing, 2);
    int error = posix_spawnp(child, argv[0], &actions, NULL, (char *const *)argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (nothing >= 0)
        close(nothing);
    free(environment);
    return error;
}

static char *run(const char *const *argv, int in, size_t limit, unsigned seconds, int also,
                 struct failure *f)
{
    int out[2], status;
    pid_t child;
    char *text;

    if (pipe2(out, O_CLOEXEC) < 0) {
        fail(f, "%s: %s", argv[0], strerror(errno));
        return NULL;
    }
    int error = start(argv, in, out[1], &child);
    close(out[1]);
    if (error) {
        close(out[0]);
        fail(f, "%s: %s", argv[0], strerror(error));
        return NULL;
    }
    enum end end = read_answer(out[0], limit, seconds, &text);
    close(out[0]);
    if (end != END_CLOSED)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    const char *first = argv[1] ? argv[1] : "";
    if (end == END_TIME)
        fail(f, "%s %s: no answer in %u seconds", argv[0], first, seconds);
    else if (end == END_LIMIT)
        fail(f, "%s %s: a longer answer than %zu bytes", argv[0], first, limit);
    else if (!WIFEXITED(status) ||
             (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != also && also != -1))
        fail(f, "%s %s: failed (wait status 0x%x)", argv[0], first, (unsigned)status);
    else
        return text;
    free(text);
    return NULL;
}

char *program_output_or(const char *const *argv, size_t limit, unsigned seconds, int also,
                        struct failure *f)
{
    return run(argv, -1, limit, seconds, also, f);
}

char *program_output(const char *const *argv, size_t limit, unsigned seconds, struct failure *f)
{
    return run(argv, -1, limit, seconds, 0, f);
}

char *program_output_asked(const char *const *argv, const char *input, size_t limit,
                           unsigned seconds, struct failure *f)
{
    size_t size = strlen(input);
    int in[2];
    char *text = NULL;

    if (size > PROGRAM_INPUT_MAX || pipe2(in, O_CLOEXEC) < 0) {
        fail(f, "%s: %s", argv[0], strerror(size > PROGRAM_INPUT_MAX ? E2BIG : errno));
        return NULL;
    }
    /* A pipe takes that much before anyone reads (POSIX PIPE_BUF, of Linux 4096). */
    bool written = write(in[1], input, size) == (ssize_t)size;
    close(in[1]);
    if (written)
        text = run(argv, in[0], limit, seconds, 0, f);
    else
        fail(f, "%s: %s", argv[0], strerror(errno));
    close(in[0]);
    return text;
}
