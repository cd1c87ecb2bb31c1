/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a package of firmware: descriptors, links and images, then what lint and diff say of
 * them. A tree that is compared with itself breaks nothing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flash/diff.h"
#include "flash/lint.h"
#include "target.h"

static void judge(const struct firmware_tree *tree)
{
    struct findings lint = {0};
    struct firmware_diff diff = {0};

    firmware_lint(tree, &lint);
    for (size_t i = 0; i < lint.count; i++) {
        if (!lint.list[i].check || !lint.list[i].place || !lint.list[i].what)
            abort();
    }
    findings_free(&lint);
    firmware_diff(tree, tree, &diff);
    if (firmware_diff_breaks(&diff))
        abort();
    firmware_diff_free(&diff);
}

int try_input(const uint8_t *data, size_t size)
{
    struct firmware_tree tree = {0};
    struct failure f = {0};
    char path[64];
    int fd = memfd_create("package", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (firmware_tree_read(path, NULL, 0, NULL, &tree, &f) == 0) {
        judge(&tree);
        firmware_tree_free(&tree);
    } else if (!f.what[0]) {
        abort();
    }
    close(fd);
    return 0;
}
