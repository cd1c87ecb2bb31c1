/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outputs/child.h"
#include "outputs/lockdown.h"

/* What the kernel itself takes for a user that it cannot name. */
enum { NOBODY = 65534, FILES_MAX = 256 };

static bool write_text(int directory, const char *name, const char *text)
{
    int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* A user namespace in which there is nobody else; `is` is the number that we have outside. */
static bool enter_users(int proc, unsigned is)
{
    char map[32];

    snprintf(map, sizeof map, "%d %u 1\n", NOBODY, is);
    return unshare(CLONE_NEWUSER) == 0 && write_text(proc, "self/setgroups", "deny") &&
           write_text(proc, "self/uid_map", map) && write_text(proc, "self/gid_map", map);
}

/* As root of the whole machine: nobody, and then a user namespace, where the kernel lets that
 * user make one. As root of a user namespace that has no such user: it is made. */
static bool drop_rights(int proc)
{
    setgroups(0, NULL);
    if (setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0) {
        /* What changed its user may not look at itself in /proc, but for this. */
        prctl(PR_SET_DUMPABLE, 1);
        enter_users(proc, NOBODY);
        return true;
    }
    return errno == EINVAL && enter_users(proc, 0);
}

/* Only this: what a mount has already cannot be taken away in a user namespace. */
static bool make_harmless(void)
{
    struct mount_attr attributes = {.attr_set =
                                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};

    if (mount_setattr(AT_FDCWD, ".", AT_RECURSIVE, &attributes, sizeof attributes) == 0)
        return true;
    /* Linux before 5.12. */
    return errno == ENOSYS &&
           mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) ==
               0;
}

/* pivot_root(2), NOTES: the old root lies on the new one, and is then taken off. "/" itself
 * stays below what is mounted on it; ".." is what leads there (fs/namei.c, follow_dotdot()). */
static bool enter_root(const char *root)
{
    const char *mounted = strcmp(root, "/") == 0 ? "/.." : root;

    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(root, root, NULL, MS_BIND | MS_REC, NULL) == 0 && chdir(mounted) == 0 &&
           make_harmless() && syscall(SYS_pivot_root, ".", ".") == 0 &&
           umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

static void set_limits(void)
{
    const struct rlimit memory = {CAGE_MEMORY_MAX, CAGE_MEMORY_MAX},
                        time = {CAGE_SECONDS, CAGE_SECONDS}, files = {FILES_MAX, FILES_MAX},
                        none = {0, 0};

    if (!CHILD_HAS_NO_LIMIT)
        setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CPU, &time);
    setrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_FSIZE, &none);
}

__attribute__((noreturn)) static void end_as(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

int cage_enter(const struct cage *c, const char **step)
{
    *step = "the root directory of this system";
    if (fchdir(c->outside) != 0 || chroot(".") != 0)
        return -1;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *step = "namespaces";
    if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
        return -1;
    *step = "a root directory of its own";
    if (!enter_root(c->root))
        return -1;
    *step = "a process of its own";
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child > 0)
        end_as(child);
    set_limits();
    *step = "user nobody";
    if (!drop_rights(proc))
        return -1;
    if (proc >= 0)
        close(proc);
    *step = "no new rights";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    *step = "fewer system calls";
    if (refuse_calls() != 0)
        return -1;
    /* It is the first process of its namespace: with it all others end. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return 0;
}
