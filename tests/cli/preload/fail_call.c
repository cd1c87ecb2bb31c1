/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: the call number FAIL_NUMBER of the function FAIL_CALL of libc fails with the errno
 * FAIL_ERRNO, or, where FAIL_SIGNAL is given, the tool gets that signal in front of it. FAIL_MARK is a file that
 * is made then. OPEN_AT_END is a file that gets what the tool still has open at its end, a line each.
 * It counts in the processes of the tool alone, not in programs that it runs: each
 * counts for itself, from where its parent was.
 */
/* Under its own name is what a program without large files calls. */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { CALLS_MAX = 32 };

static struct {
    const char *name;
    long count;
} calls[CALLS_MAX];

static bool is_read, is_tool;
static const char *call, *mark;
static long number, error, sent;
static pid_t first;

static void read_environment(void)
{
    is_read = true;
    first = getpid();
    is_tool = strcmp(program_invocation_short_name, "romcompat") == 0;
    call = getenv("FAIL_CALL");
    mark = getenv("FAIL_MARK");
    number = getenv("FAIL_NUMBER") ? strtol(getenv("FAIL_NUMBER"), NULL, 10) : 0;
    error = getenv("FAIL_ERRNO") ? strtol(getenv("FAIL_ERRNO"), NULL, 10) : 0;
    sent = getenv("FAIL_SIGNAL") ? strtol(getenv("FAIL_SIGNAL"), NULL, 10) : 0;
}

static long next_number(const char *name)
{
    int i = 0;

    while (i < CALLS_MAX - 1 && calls[i].name && strcmp(calls[i].name, name) != 0)
        i++;
    calls[i].name = name;
    return ++calls[i].count;
}

static bool fails(const char *name)
{
    /* gcc's sanitizers call before there is an environment. */
    if (!is_read && environ)
        read_environment();
    if (!is_tool)
        return false;
    long n = next_number(name);
    if (!call || strcmp(name, call) != 0 || n != number)
        return false;
    if (mark) {
        long fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0600);

        if (fd >= 0)
            syscall(SYS_close, fd);
    }
    if (sent) {
        /* What kill(1) does: the tool gets it, whichever of its processes makes the call. */
        syscall(SYS_kill, sent == SIGKILL ? getpid() : first, (int)sent);
        return false;
    }
    errno = (int)error;
    return true;
}

/* How many of each there were goes to the file that COUNT_CALLS names: "NAME COUNT" a line. */
__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_CALLS");
    FILE *to = path && is_tool && getpid() == first ? fopen(path, "w") : NULL;

    if (!to)
        return;
    for (int i = 0; i < CALLS_MAX && calls[i].name; i++)
        fprintf(to, "%s %ld\n", calls[i].name, calls[i].count);
    fclose(to);
}

/* Beside the first three: descriptors that nobody closed. */
__attribute__((destructor)) static void tell_open(void)
{
    const char *path = getenv("OPEN_AT_END");
    char name[64], target[512];
    FILE *to = NULL;

    for (int fd = 3; path && is_tool && getpid() == first && fd < 256; fd++) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(name, target, sizeof target - 1);

        if (n <= 0)
            continue;
        target[n] = '\0';
        if (!to && !(to = fopen(path, "w")))
            return;
        if (fileno(to) != fd)
            fprintf(to, "%s\n", target);
    }
    if (to)
        fclose(to);
}

/* Linux has closed it, too, where it says that something went wrong. */
int close(int fd)
{
    bool wrong = fails("close");
    int why = errno;

    syscall(SYS_close, fd);
    errno = why;
    return wrong ? -1 : 0;
}

/* The next definition of a function; the type is that of the function. */
#define REAL(name) ((__typeof__(&name))(unsigned long)dlsym(RTLD_NEXT, #name))

#define CALL(type, name, counted, wrong, parameters, ...) \
    type name parameters                                  \
    {                                                     \
        if (fails(counted))                               \
            return wrong;                                 \
        return REAL(name)(__VA_ARGS__);                   \
    }

#define OPENING(name, counted, parameters, ...) \
    int name parameters                         \
    {                                           \
        va_list more;                           \
        mode_t mode = 0;                        \
                                                \
        va_start(more, flags);                  \
        if (flags & (O_CREAT | O_TMPFILE))      \
            mode = va_arg(more, mode_t);        \
        va_end(more);                           \
        if (fails(counted))                     \
            return -1;                          \
        return REAL(name)(__VA_ARGS__, mode);   \
    }

OPENING(open, "open", (const char *path, int flags, ...), path, flags)
OPENING(open64, "open", (const char *path, int flags, ...), path, flags)
OPENING(openat, "open", (int at, const char *path, int flags, ...), at, path, flags)
OPENING(openat64, "open", (int at, const char *path, int flags, ...), at, path, flags)
CALL(ssize_t, read, "read", -1, (int fd, void *to, size_t n), fd, to, n)
CALL(ssize_t, pread, "read", -1, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
CALL(ssize_t, pread64, "read", -1, (int fd, void *to, size_t n, off64_t at), fd, to, n, at)
CALL(ssize_t, write, "write", -1, (int fd, const void *from, size_t n), fd, from, n)
CALL(ssize_t, pwrite64, "write", -1, (int fd, const void *from, size_t n, off64_t at), fd, from, n,
     at)
CALL(int, fsync, "fsync", -1, (int fd), fd)
CALL(int, fdatasync, "fsync", -1, (int fd), fd)
CALL(int, rename, "rename", -1, (const char *from, const char *to), from, to)
CALL(int, renameat, "rename", -1, (int a, const char *from, int b, const char *to), a, from, b, to)
CALL(int, renameat2, "rename", -1, (int a, const char *from, int b, const char *to, unsigned flags),
     a, from, b, to, flags)
CALL(int, link, "link", -1, (const char *from, const char *to), from, to)
CALL(int, linkat, "link", -1, (int a, const char *from, int b, const char *to, int flags), a, from,
     b, to, flags)
CALL(int, symlink, "link", -1, (const char *from, const char *to), from, to)
CALL(int, symlinkat, "link", -1, (const char *from, int at, const char *to), from, at, to)
CALL(int, unlink, "unlink", -1, (const char *path), path)
CALL(int, unlinkat, "unlink", -1, (int at, const char *path, int flags), at, path, flags)
CALL(int, mkdir, "mkdir", -1, (const char *path, mode_t mode), path, mode)
CALL(int, mkdirat, "mkdir", -1, (int at, const char *path, mode_t mode), at, path, mode)
CALL(int, fchmod, "fchmod", -1, (int fd, mode_t mode), fd, mode)
CALL(int, fchown, "fchmod", -1, (int fd, uid_t user, gid_t group), fd, user, group)
CALL(int, futimens, "fchmod", -1, (int fd, const struct timespec times[2]), fd, times)
CALL(int, ftruncate, "ftruncate", -1, (int fd, off_t size), fd, size)
CALL(int, ftruncate64, "ftruncate", -1, (int fd, off64_t size), fd, size)
CALL(int, fstat, "fstat", -1, (int fd, struct stat *st), fd, st)
CALL(int, fstat64, "fstat", -1, (int fd, struct stat64 *st), fd, st)
CALL(int, stat, "stat", -1, (const char *path, struct stat *st), path, st)
CALL(int, stat64, "stat", -1, (const char *path, struct stat64 *st), path, st)
CALL(int, lstat, "stat", -1, (const char *path, struct stat *st), path, st)
CALL(int, lstat64, "stat", -1, (const char *path, struct stat64 *st), path, st)
CALL(int, fstatat64, "stat", -1, (int at, const char *path, struct stat64 *st, int flags), at, path,
     st, flags)
CALL(off64_t, lseek64, "lseek", -1, (int fd, off64_t to, int whence), fd, to, whence)
CALL(void *, mmap, "mmap", MAP_FAILED, (void *at, size_t n, int how, int flags, int fd, off_t from),
     at, n, how, flags, fd, from)
CALL(void *, mmap64, "mmap", MAP_FAILED,
     (void *at, size_t n, int how, int flags, int fd, off64_t from), at, n, how, flags, fd, from)
CALL(pid_t, fork, "fork", -1, (void), )
CALL(int, pipe2, "fork", -1, (int ends[2], int flags), ends, flags)
CALL(int, poll, "poll", -1, (struct pollfd * list, nfds_t n, int timeout), list, n, timeout)
CALL(int, flock, "lock", -1, (int fd, int how), fd, how)
CALL(int, mkostemp, "open", -1, (char *name, int flags), name, flags)
CALL(int, mkostemp64, "open", -1, (char *name, int flags), name, flags)
CALL(char *, mkdtemp, "mkdir", NULL, (char *name), name)
CALL(DIR *, opendir, "open", NULL, (const char *path), path)
CALL(DIR *, fdopendir, "open", NULL, (int fd), fd)
