/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For Xen's own xl on a machine without Xen, as far as `xl -N create` goes: devices of the
 * hypervisor that open, a store without entries, and the few answers of libxenctrl that it looks at.
 */
/* Both names of open() are to be ours. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

int xc_get_max_cpus(void *xch);
int xc_get_max_nodes(void *xch);
int xc_physinfo(void *xch, void *info);
int xc_version(void *xch, int command, void *arg);
long xc_sharing_freed_pages(void *xch);
long xc_sharing_used_frames(void *xch);
void *xs_open(unsigned long flags);
void xs_close(void *handle);
void *xs_read(void *handle, uint32_t transaction, const char *path, unsigned *length);

static int open_by(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);

    return real(strncmp(path, "/dev/xen/", 9) == 0 ? "/dev/null" : path, flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by("open64", path, flags, mode);
}

int xc_get_max_cpus(void *xch)
{
    (void)xch;
    return 4;
}

int xc_get_max_nodes(void *xch)
{
    (void)xch;
    return 1;
}

/* Threads and cores come first (xen/include/public/sysctl.h, xen_sysctl_physinfo). */
int xc_physinfo(void *xch, void *info)
{
    static const uint32_t first[] = {1, 4};

    (void)xch;
    memset(info, 0, 64);
    memcpy(info, first, sizeof first);
    return 0;
}

/* XENVER_pagesize is 7; no other is looked at. */
int xc_version(void *xch, int command, void *arg)
{
    (void)xch;
    (void)arg;
    return command == 7 ? 4096 : 0;
}

long xc_sharing_freed_pages(void *xch)
{
    (void)xch;
    return 0;
}

long xc_sharing_used_frames(void *xch)
{
    (void)xch;
    return 0;
}

void *xs_open(unsigned long flags)
{
    static char handle;

    (void)flags;
    return &handle;
}

void xs_close(void *handle)
{
    (void)handle;
}

void *xs_read(void *handle, uint32_t transaction, const char *path, unsigned *length)
{
    (void)handle;
    (void)transaction;
    (void)path;
    (void)length;
    return NULL;
}
