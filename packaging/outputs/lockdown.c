/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux include/uapi/linux/landlock.h; Debian 12's has only what Linux 6.1 had. A kernel takes any
 * size whose rest, that it does not know, is zero. */
struct ruleset {
    uint64_t files, network, scope;
};
enum {
    VERSION_REFER = 2,
    VERSION_TRUNCATE = 3,
    VERSION_NETWORK = 4,
    VERSION_SCOPE = 6,
    WRITES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
             LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    BIND_AND_CONNECT = 1 << 0 | 1 << 1,
    ABSTRACT_SOCKETS_AND_SIGNALS = 1 << 0 | 1 << 1,
};

static struct ruleset ruleset_of(int version)
{
    return (struct ruleset){
        .files = WRITES | (version >= VERSION_REFER ? REFER : 0) |
                 (version >= VERSION_TRUNCATE ? TRUNCATE : 0),
        .network = version >= VERSION_NETWORK ? BIND_AND_CONNECT : 0,
        .scope = version >= VERSION_SCOPE ? ABSTRACT_SOCKETS_AND_SIGNALS : 0,
    };
}

/* Programs that are run open it. Where it is not there, nobody misses it. */
static void admit(int ruleset, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE,
                                              .parent_fd = open(path, O_PATH | O_CLOEXEC)};

    if (rule.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

int lock_down(const char *device)
{
    int version =
        (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (version <= 0)
        return 0;
    struct ruleset all = ruleset_of(version);
    size_t size = version >= VERSION_SCOPE     ? sizeof all
                  : version >= VERSION_NETWORK ? 2 * sizeof all.files
                                               : sizeof all.files;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (ruleset < 0)
        return -1;
    admit(ruleset, "/dev/null");
    if (device)
        admit(ruleset, device);
    int result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0), why = errno;
    close(ruleset);
    errno = why;
    return result < 0 ? -1 : version;
}
