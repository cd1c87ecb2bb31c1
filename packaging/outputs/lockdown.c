/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
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

/* By name: libseccomp may be older than a call, and an architecture may be without it. */
static const char *const refused[] = {
    /* whose directories and names are others' */
    "mount", "umount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree",
    "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    /* With CAP_DAC_READ_SEARCH it opens what lies outside of the root directory. */
    "open_by_handle_at",
    /* other processes */
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
    /* With io_uring calls are made that no filter sees. */
    "io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl",
    /* the machine */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "syslog", "iopl", "ioperm"};

/* Each kernel that runs programs of these runs those of the second, too: its calls have other
 * numbers, and would get by. */
static int add_architecture(scmp_filter_ctx filter)
{
    uint32_t second = seccomp_arch_native() == SCMP_ARCH_X86_64    ? SCMP_ARCH_X86
                      : seccomp_arch_native() == SCMP_ARCH_AARCH64 ? SCMP_ARCH_ARM
                                                                   : 0;

    return second ? seccomp_arch_add(filter, second) : 0;
}

static int add_rules(scmp_filter_ctx filter)
{
    const uint32_t no = SCMP_ACT_ERRNO(EPERM);
    /* The only architecture whose clone() has its arguments in another order: clone(2). */
    const unsigned flags = seccomp_arch_native() == SCMP_ARCH_S390X ? 1 : 0;
    int result = 0;

    for (size_t i = 0; i < sizeof refused / sizeof *refused && result == 0; i++) {
        int call = seccomp_syscall_resolve_name(refused[i]);

        if (call != __NR_SCMP_ERROR)
            result = seccomp_rule_add(filter, no, call, 0);
    }
    if (result == 0)
        result = seccomp_rule_add(
            filter, no, SCMP_SYS(socket), 1,
            (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX});
    if (result == 0)
        result =
            seccomp_rule_add(filter, no, SCMP_SYS(clone), 1,
                             SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
    /* Its flags lie in memory, where no filter sees them. Without it libc takes clone(). */
    return result == 0 ? seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)
                       : result;
}

/* 0, or a negative errno. */
static int load_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return -ENOMEM;
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    if (result == 0)
        result = add_architecture(filter);
    if (result == 0)
        result = add_rules(filter);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

static sigjmp_buf before_filter;

static void leave_filter(int signal)
{
    (void)signal;
    siglongjmp(before_filter, 1);
}

int refuse_calls(void)
{
    /* libseccomp 2.5 does not come back where an allocation of its own fails. This is two thousand
     * times what it needs of the processor. */
    const struct itimerval limit = {.it_value.tv_sec = 2}, none = {0};

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
        return 0;
    if (sigsetjmp(before_filter, 1) != 0) {
        errno = ENOMEM;
        return -1;
    }
    signal(SIGVTALRM, leave_filter);
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    int result = load_filter();
    setitimer(ITIMER_VIRTUAL, &none, NULL);
    signal(SIGVTALRM, SIG_DFL);
    errno = -result;
    return result == 0 ? 0 : -1;
}

static int restrict_files(const char *device)
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

int lock_down(const char *device)
{
    int version = restrict_files(device);

    return version < 0 || refuse_calls() != 0 ? -1 : version;
}
