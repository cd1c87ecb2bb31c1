/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define DELETED " (deleted)"

/* A file of /proc, which has no size: its text, and a NUL behind it. NULL: it is not there any
 * more, not ours to read, or has more than `limit` bytes (EFBIG). */
static char *read_proc(int directory, const char *name, size_t limit, size_t *size)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    size_t n = 0, room = 4096;
    ssize_t got = 1;

    if (fd < 0)
        return NULL;
    char *text = xmalloc(room);
    while ((got = read(fd, text + n, room - n - 1)) > 0) {
        n += (size_t)got;
        if (n > limit)
            break;
        if (n + 1 == room)
            text = xreallocarray(text, room *= 2, 1);
    }
    int why = got > 0 ? EFBIG : errno;
    close(fd);
    if (got != 0) {
        free(text);
        errno = why;
        return NULL;
    }
    text[n] = '\0';
    *size = n;
    return text;
}

/* Where the link points to; NULL: not known. */
static char *target_of(int directory, const char *name)
{
    char path[PATH_MAX];
    ssize_t n = readlinkat(directory, name, path, sizeof path);

    return n > 0 && (size_t)n < sizeof path ? xstrndup(path, (size_t)n) : NULL;
}

/* The last part of its control group (cgroups(7)), where that is a service's. */
static char *unit_of(int directory)
{
    enum { CGROUP_MAX = 64 * 1024 };
    size_t size;
    char *text = read_proc(directory, "cgroup", CGROUP_MAX, &size), *unit = NULL, *rest = text;

    for (char *line; !unit && (line = strsep(&rest, "\n")) != NULL;)
        if (ends_with(line, ".service"))
            unit = xstrdup(base_name(line));
    free(text);
    return unit;
}

/* Whether the file of that path is what runs. */
static bool is_same_file(int directory, const char *path)
{
    struct stat runs, there;

    return fstatat(directory, "exe", &runs, 0) != 0 ||
           (stat(path, &there) == 0 && runs.st_dev == there.st_dev && runs.st_ino == there.st_ino);
}

static int read_words(int directory, char *text, size_t size, struct qemu_process *p,
                      struct failure *f)
{
    char **words = NULL, *exe = target_of(directory, "exe"), *cwd = target_of(directory, "cwd");
    size_t count = 0;
    int result = -1;

    if (exe && ends_with(exe, DELETED))
        exe[strlen(exe) - strlen(DELETED)] = '\0';
    if (qemu_command_words(text, size, &words, &count) != 0)
        fail(f, "more than %d words", QEMU_ARGUMENTS_MAX);
    else if (count == 0 || !(qemu_command_is_qemu(words[0]) || (exe && qemu_command_is_qemu(exe))))
        result = 1;
    else {
        if (exe && *exe == '/' && qemu_command_is_qemu(exe))
            words[0] = exe;
        result = qemu_command_read(words, count, cwd && *cwd == '/' ? cwd : NULL, &p->command, f);
        if (result == 0)
            p->is_other = exe && !is_same_file(directory, exe);
    }
    free(words);
    free(exe);
    free(cwd);
    return result;
}

/* 0: a QEMU, 1: none, or one that has just ended; -1: what is wrong. */
static int read_process(int proc, const char *name, struct qemu_process *p, struct failure *f)
{
    int directory = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 1;
    size_t size;

    *p = (struct qemu_process){.pid = (pid_t)strtol(name, NULL, 10)};
    if (directory < 0)
        return 1;
    char *text = read_proc(directory, "cmdline", QEMU_COMMAND_MAX, &size);
    if (text) {
        result = read_words(directory, text, size, p, f);
        if (result == 0)
            p->unit = unit_of(directory);
    } else if (errno != ENOENT && errno != ESRCH) {
        result = fail(f, "%s", strerror(errno));
    }
    free(text);
    close(directory);
    return result;
}

static int compare_processes(const void *a, const void *b)
{
    const struct qemu_process *x = a, *y = b;

    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void free_process(struct qemu_process *p)
{
    qemu_command_free(&p->command);
    free(p->unit);
}

struct qemu_process *qemu_processes(size_t *count,
                                    void (*problem)(void *arg, const struct failure *f), void *arg)
{
    DIR *proc = opendir("/proc");
    struct qemu_process *list = NULL, p;
    size_t capacity = 0;
    struct failure f, whole;

    *count = 0;
    for (struct dirent *e; proc && *count < QEMU_PROCESSES_MAX && (e = readdir(proc));) {
        if (*e->d_name < '1' || *e->d_name > '9')
            continue;
        int result = read_process(dirfd(proc), e->d_name, &p, &f);

        if (result == 0 && p.command.is_guest) {
            APPEND(list, *count, capacity, p);
        } else if (result == 0) {
            free_process(&p);
        } else if (result < 0 && problem) {
            fail(&whole, "/proc/%s/cmdline: %s", e->d_name, f.what);
            problem(arg, &whole);
        }
    }
    if (proc)
        closedir(proc);
    if (*count == QEMU_PROCESSES_MAX && problem) {
        fail(&whole, "/proc: %d QEMUs are read; if there are more, they are left out",
             QEMU_PROCESSES_MAX);
        problem(arg, &whole);
    }
    if (*count)
        qsort(list, *count, sizeof *list, compare_processes);
    return list;
}

void qemu_processes_free(struct qemu_process *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_process(&list[i]);
    free(list);
}
