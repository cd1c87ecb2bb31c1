/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/qemu_img.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/qcow2.h"
#include "outputs/child.h"
#include "outputs/file.h"

#define PATH_SIZE 32
/* Tables for 128 MiB in clusters of 4 KiB take less than 1 MiB. */
#define TABLES_MAX ((size_t)16 << 20)

enum { ANSWER_MAX = 64 * 1024, SECONDS = 300 };

struct format {
    const char *from, *to, *option;
};

/* qemu-img opens both by the numbers that they have here. */
static int open_memory(const char *name, char path[PATH_SIZE], struct failure *f)
{
    int fd = memfd_create("romcompat", MFD_CLOEXEC);

    if (fd < 0)
        return fail(f, "%s: %s", name, strerror(errno));
    snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
    return fd;
}

static int explain(const char *name, const struct failure *why, struct failure *f)
{
    if (errno != ENOENT && access("/proc/self/fd", F_OK) != 0)
        return fail(f, "%s: qcow2 needs /proc, which is not mounted", name);
    if (errno != ENOENT)
        return fail(f, "%s: cannot be converted: %.800s", name, why->what);
    fail(f, "%s: qcow2 needs the program qemu-img, which is not installed", name);
    return fail_hint(f, "Debian and Ubuntu have it in qemu-utils, Fedora in qemu-img, SUSE in "
                        "qemu-img or qemu-tools.");
}

static int read_back(int fd, const char *name, size_t limit, uint8_t **out, size_t *out_size,
                     struct failure *f)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(f, "%s: %s", name, strerror(errno));
    if (st.st_size <= 0 || (uint64_t)st.st_size > limit)
        return fail(f, "%s: qemu-img wrote another size (found %lld bytes)", name,
                    (long long)st.st_size);
    size_t want = (size_t)st.st_size, have = 0;
    uint8_t *bytes = xmalloc(want);
    while (have < want) {
        ssize_t n = pread(fd, bytes + have, want - have, (off_t)have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(bytes);
            return fail(f, "%s: %s", name, n ? strerror(errno) : "cut off");
        }
        have += (size_t)n;
    }
    *out = bytes;
    *out_size = want;
    return 0;
}

static int convert(const char *name, const struct format *format, const uint8_t *in, size_t in_size,
                   size_t limit, uint8_t **out, size_t *out_size, struct failure *f)
{
    char from[PATH_SIZE], to[PATH_SIZE];
    struct child_result r = {0};
    struct failure why;
    int result = -1, source = open_memory(name, from, f), target;

    if (source < 0)
        return -1;
    target = open_memory(name, to, f);
    /* Where there is not an option, the list ends with the two paths. */
    const char *argv[] = {"qemu-img", "convert", "-f", format->from,   "-O", format->to,
                          from,       to,        "-o", format->option, NULL};

    struct child child = {
        .argv = argv, .keep = {source, target}, .output_max = ANSWER_MAX, .seconds = SECONDS};

    if (!format->option)
        argv[8] = NULL;
    if (target >= 0 && write_all(source, in, in_size) < 0)
        fail(f, "%s: %s", name, strerror(errno));
    else if (target >= 0 && child_succeed(&child, &r, &why) != 0)
        explain(name, &why, f);
    else if (target >= 0)
        result = read_back(target, name, limit, out, out_size, f);
    child_result_free(&r);
    close(source);
    if (target >= 0)
        close(target);
    return result;
}

int disk_of_qcow2(const char *name, const uint8_t *file, size_t size, size_t limit, uint8_t **disk,
                  size_t *disk_size, struct failure *f)
{
    static const struct format format = {"qcow2", "raw", NULL};
    uint64_t virtual_size;

    if (qcow2_virtual_size(name, file, size, limit, &virtual_size, f) != 0 ||
        qcow2_is_whole(name, file, size, f) != 0)
        return -1;
    return convert(name, &format, file, size, (size_t)virtual_size, disk, disk_size, f);
}

int qcow2_of_disk(const char *name, const uint8_t *disk, size_t size, uint8_t **file,
                  size_t *file_size, struct failure *f)
{
    static const struct format format = {"raw", "qcow2", "cluster_size=4096"};

    return convert(name, &format, disk, size, size + TABLES_MAX, file, file_size, f);
}
