/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACES = 8, DEPTH_MAX = 32 };

/* Fixed memory, and `is_used` set last: a signal may come at any moment. */
static struct {
    volatile sig_atomic_t is_used;
    char path[PATH_MAX];
} places[PLACES];

static pid_t owner; /* a child that ends has nothing to remove */
static bool is_answered;
static void (*volatile end_writer)(void);
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static sigset_t before_hold;
enum { FAILED = 2 }; /* the status without an answer */

/* readdir() takes memory, and so is not for a signal handler; getdents64() is a system call.
 * Links are removed, never followed. */
static void empty_directory(int fd, int depth)
{
    _Alignas(struct dirent64) char block[2048];
    ssize_t size;

    while ((size = getdents64(fd, block, sizeof block)) > 0) {
        for (ssize_t at = 0; at < size;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(block + at);
            const char *name = entry->d_name;

            at += entry->d_reclen;
            if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(fd, name, 0) == 0)
                continue;
            int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner >= 0 && depth < DEPTH_MAX)
                empty_directory(inner, depth + 1);
            if (inner >= 0)
                close(inner);
            unlinkat(fd, name, AT_REMOVEDIR);
        }
    }
}

static void remove_path(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        empty_directory(fd, 0);
        close(fd);
    }
    rmdir(path);
}

/* A program that writes there is ended first. */
static void remove_all(void)
{
    if (getpid() != owner)
        return;
    if (end_writer)
        end_writer();
    for (int i = 0; i < PLACES; i++) {
        if (places[i].is_used)
            remove_path(places[i].path);
        places[i].is_used = false;
    }
}

static void end_early(int number)
{
    remove_all();
    /* SA_RESETHAND: this time it ends the process. */
    raise(number);
}

static void say(const char *text)
{
    (void)!write(STDERR_FILENO, text, strlen(text));
}

/* Where memory runs out, some libraries stop like this. */
static void end_broken(int number)
{
    remove_all();
    if (getpid() == owner)
        say("romcompat: aborted by a fault in it, or because memory ran out\n");
    raise(number);
}

/* libarchive ends the program with 1 when it has no memory, which would be an answer. */
static void end_of_program(int status, void *unused)
{
    (void)unused;
    remove_all();
    if (getpid() == owner && !is_answered && status != FAILED)
        _exit(FAILED);
}

static void handle(int number, void (*handler)(int), bool only_default)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND | SA_ONSTACK};
    struct sigaction old;

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &old) != 0)
        return;
    if (only_default ? old.sa_handler == SIG_DFL : old.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void leftovers_begin(void)
{
    static const int broken[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    /* For the case that there is no more room on the other one. */
    static char stack[64 * 1024];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};

    owner = getpid();
    sigaltstack(&own, NULL);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        handle(ending[i], end_early, false);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        handle(broken[i], end_broken, true);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    on_exit(end_of_program, NULL);
}

void leftovers_end(void)
{
    is_answered = true;
}

void leftovers_wait_for(void (*end)(void))
{
    end_writer = end;
}

void leftovers_hold(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&set, ending[i]);
    sigprocmask(SIG_BLOCK, &set, &before_hold);
}

void leftovers_go_on(void)
{
    int why = errno;

    sigprocmask(SIG_SETMASK, &before_hold, NULL);
    errno = why;
}

int leftover_add(const char *path)
{
    size_t length = strlen(path);

    for (int i = 0; length < PATH_MAX && i < PLACES; i++) {
        if (places[i].is_used)
            continue;
        memcpy(places[i].path, path, length + 1);
        atomic_signal_fence(memory_order_release);
        places[i].is_used = true;
        return i;
    }
    return -1;
}

void leftover_keep(int number)
{
    if (number >= 0)
        places[number].is_used = false;
}
