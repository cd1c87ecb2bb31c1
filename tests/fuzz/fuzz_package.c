/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A .deb or .rpm that somebody made: its head, its relations and its files. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inputs/deb_relations.h"
#include "inputs/rpm_header.h"
#include "inputs/package_file.h"
#include "target.h"

static bool want_all(void *arg, const char *path)
{
    (void)arg;
    if (path[0] != '/' || strstr(path, "/../") || strstr(path, "//"))
        abort();
    return true;
}

static void take_listed(void *arg, const char *path)
{
    (void)arg;
    if (!path)
        abort();
}

static void take(void *arg, const char *path, const char *target, uint8_t *data, size_t size)
{
    size_t *files = arg;

    if (!path || (target && target[0] != '/') || (!target && !data && size))
        abort();
    ++*files;
    free(data);
}

static void ignore(void *arg, const struct failure *f)
{
    (void)arg;
    (void)f;
}

static void read_package(const uint8_t *data, size_t size)
{
    size_t files = 0;
    const struct package_visitor visitor = {want_all, take, ignore, &files, NULL};
    struct package_head head;
    struct failure f;
    int fd = memfd_create("package", MFD_CLOEXEC);
    char path[64];

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (package_file_holds(path, &head, &visitor, &f) >= 0)
        package_head_free(&head);
    if (package_file_read(path, &head, &visitor, &f) == 0) {
        if (!head.name || !head.version)
            abort();
        package_head_free(&head);
    }
    close(fd);
}

int try_input(const uint8_t *data, size_t size)
{
    struct rpm_header header;
    struct failure f;
    char *text = strndup((const char *)data, size);

    if (rpm_header_read("x", data, size, &header, &f) == 0)
        rpm_header_free(&header);
    rpm_header_files("x", data, size, take_listed, NULL, &f);
    char *field = deb_field(text, strlen(text), "Breaks");
    if (field)
        deb_relation_holds(field, "seabios", "1.16.2-1");
    deb_relation_holds(text, "seabios", "1.16.2-1");
    free(field);
    free(text);
    read_package(data, size);
    return 0;
}
