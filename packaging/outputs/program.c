/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

extern char **environ;

/* This process's environment with `extra` in front: getenv() takes the first hit. */
static char **merge_environment(const char *const *extra)
{
    size_t own = 0, added = 0, at = 0;

    while (environ[own])
        own++;
    while (extra && extra[added])
        added++;
    char **merged = xcalloc(own + added + 1, sizeof *merged);
    for (size_t i = 0; i < added; i++)
        merged[at++] = (char *)extra[i];
    for (size_t i = 0; i < own; i++) {
        size_t name = strcspn(environ[i], "=") + 1;
        int hidden = 0;

        for (size_t k = 0; k < added; k++)
            hidden |= strncmp(environ[i], extra[k], name) == 0;
        if (!hidden)
            merged[at++] = environ[i];
    }
    return merged;
}

/* Reads to the end, so that the program never blocks, and keeps the beginning. */
static void read_messages(int fd, char *text, size_t size)
{
    char rest[4096] = {0};
    size_t have = 0;

    for (;;) {
        size_t room = size - 1 - have;
        ssize_t n = read(fd, room ? text + have : rest, room ? room : sizeof rest);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (room)
            have += (size_t)n;
    }
    text[have] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

int run_program(const char *const *argv, const char *const *environment, struct failure *f)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    char text[512];
    int messages[2], status;
    pid_t child;

    if (pipe2(messages, O_CLOEXEC) < 0)
        return fail(f, "%s: %s", argv[0], strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, messages[1], 2);
    posix_spawnattr_init(&attributes);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* main() ignores it; a child should not inherit that */
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

    char **merged = merge_environment(environment);
    int error = posix_spawnp(&child, argv[0], &actions, &attributes, (char *const *)argv, merged);
    free(merged);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(messages[1]);
    if (error) {
        close(messages[0]);
        fail(f, "%s: %s", argv[0], strerror(error));
        errno = error;
        return -1;
    }
    read_messages(messages[0], text, sizeof text);
    close(messages[0]);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return fail(f, "%s: %s", argv[0], strerror(errno));
    }
    errno = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFSIGNALED(status))
        return fail(f, "%s: ended by signal %d", argv[0], WTERMSIG(status));
    return fail(f, "%s: exit status %d: %s", argv[0], WEXITSTATUS(status),
                text[0] ? text : "no message");
}
