/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process that forks faster than it is killed is given up after so many rounds. */
enum { ROUNDS_MAX = 5000 };

/* Not ignored, so that the signal ends a ppoll(). */
static void wake(int number)
{
    (void)number;
}

void descendants_begin(void)
{
    struct sigaction action = {.sa_handler = wake};
    sigset_t blocked;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGCHLD, &action, NULL);
}

/* Not buried yet: its number stays that of its group. */
static bool has_ended(pid_t child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

void descendants_wait(pid_t child, int alive)
{
    static const struct timespec second = {1, 0};
    struct pollfd p = {.fd = alive, .events = POLLIN};
    sigset_t open;

    sigprocmask(SIG_BLOCK, NULL, &open);
    sigdelset(&open, SIGCHLD);
    /* The signal arrives only within ppoll(): an end is never missed. Only qemu-user (7.2) takes the
     * signal before it, keeps it as blocked, and then waits for another: so we look again. */
    for (int ready = 0; ready <= 0 && !has_ended(child);) {
        ready = ppoll(&p, 1, &second, &open);
        if (ready < 0 && errno != EINTR)
            return;
    }
}

/* "17 (a) name) S 1 ...": proc(5). */
static bool is_ours(const char *process, pid_t self)
{
    char path[64], text[512], *behind;
    int parent;

    snprintf(path, sizeof path, "/proc/%.20s/stat", process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    behind = strrchr(text, ')');
    return behind && sscanf(behind + 1, " %*c %d", &parent) == 1 && parent == self;
}

/* A number cannot get another owner meanwhile: only we bury our children. */
static bool kill_children(void)
{
    DIR *d = opendir("/proc");
    struct dirent *entry;
    bool any = false;

    while (d && (entry = readdir(d))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_ours(entry->d_name, getpid()))
            continue;
        any = true;
        kill(atoi(entry->d_name), SIGKILL);
    }
    if (d)
        closedir(d);
    return any;
}

void descendants_end(pid_t child, int *status)
{
    static const struct timespec pause = {0, 1000000};

    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        int found;
        pid_t ended;

        while ((ended = waitpid(-1, &found, WNOHANG)) > 0)
            if (ended == child)
                *status = found;
        if (ended < 0 || !kill_children())
            return;
        nanosleep(&pause, NULL);
    }
}
