/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_binary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

extern char **environ;

enum { ANSWER_MAX = 64 * 1024 };

static int64_t milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Up to the end, ANSWER_MAX or the time limit. False when time was up. */
static bool read_answer(int fd, char *text)
{
    int64_t limit = milliseconds() + QEMU_ANSWER_SECONDS * 1000;
    size_t have = 0;

    text[0] = '\0';
    while (have < ANSWER_MAX - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = limit - milliseconds();

        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return false;
        ssize_t n = read(fd, text + have, ANSWER_MAX - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
        text[have] = '\0';
    }
    return true;
}

/* Standard output of BINARY ARGUMENTS in text[ANSWER_MAX]. 0 or -1. */
static int ask(const char *binary, const char *const *arguments, char *text, struct failure *f)
{
    posix_spawn_file_actions_t actions;
    char *argv[] = {(char *)binary, (char *)arguments[0], (char *)arguments[1], NULL};
    int out[2], status;
    pid_t child;

    if (pipe2(out, O_CLOEXEC) < 0)
        return fail(f, "%s: %s", binary, strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&child, binary, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    if (error) {
        close(out[0]);
        return fail(f, "%s: %s", binary, strerror(error));
    }
    bool in_time = read_answer(out[0], text);
    close(out[0]);
    if (!in_time)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!in_time)
        return fail(f, "%s %s: no answer in %d seconds", binary, arguments[0], QEMU_ANSWER_SECONDS);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(f, "%s %s: failed (wait status 0x%x)", binary, arguments[0], (unsigned)status);
    return 0;
}

/* Whether the file holds the name of the library among its strings: that is what its
 * dynamic section asks for. A QEMU patched but built without it lacks the name. */
static bool file_names_library(const char *path)
{
    static const char name[] = "libromcompat.so.";
    enum { BLOCK = 256 * 1024, KEEP = sizeof name - 2 };
    char *block = xmalloc(KEEP + BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t kept = 0;
    bool found = false;
    ssize_t n;

    while (fd >= 0 && !found && (n = read(fd, block + kept, BLOCK)) > 0) {
        size_t size = kept + (size_t)n;

        found = memmem(block, size, name, sizeof name - 1) != NULL;
        kept = size < KEEP ? size : KEEP;
        memmove(block, block + size - kept, kept);
    }
    if (fd >= 0)
        close(fd);
    free(block);
    return found;
}

static char *path_of(const char *binary)
{
    const char *path = getenv("PATH");

    if (strchr(binary, '/') || !path)
        return xstrdup(binary);
    for (const char *at = path; *at;) {
        size_t n = strcspn(at, ":");
        char *candidate = xasprintf("%.*s/%s", (int)n, at, binary);

        if (n && access(candidate, X_OK) == 0)
            return candidate;
        free(candidate);
        at += n + (at[n] == ':');
    }
    return xstrdup(binary);
}

int qemu_binary_ask(const char *binary, struct qemu_binary *result, struct failure *f)
{
    static const char *const version[] = {"-version", NULL};
    static const char *const folders[] = {"-L", "help"};
    struct qemu_binary q = {.path = path_of(binary)};
    char *text = xmalloc(ANSWER_MAX), *rest = NULL;
    const char *number;
    int status = -1;

    if (ask(q.path, version, text, f) != 0)
        goto out;
    number = strstr(text, "version ");
    if (!number || sscanf(number, "version %3u.%3u.%3u", &q.major, &q.minor, &q.micro) < 2) {
        fail(f, "%s -version: not the answer of a QEMU (found '%.40s')", q.path, text);
        goto out;
    }
    if (ask(q.path, folders, text, f) != 0)
        goto out;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (line[0] == '/' && q.folder_count < QEMU_FOLDERS_MAX)
            q.folders[q.folder_count++] = xstrdup(line);
    if (q.folder_count == 0) {
        fail(f, "%s -L help: no folder in its answer", q.path);
        goto out;
    }
    q.has_library = file_names_library(q.path);
    *result = q;
    q = (struct qemu_binary){0};
    status = 0;
out:
    qemu_binary_free(&q);
    free(text);
    return status;
}

void qemu_binary_free(struct qemu_binary *q)
{
    for (size_t i = 0; i < q->folder_count; i++)
        free(q->folders[i]);
    free(q->path);
    *q = (struct qemu_binary){0};
}
