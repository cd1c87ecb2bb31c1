/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outputs/child.h"
#include "tap.h"

static struct failure f;
static struct child_result r;

static int shell(const char *script, size_t output_max, unsigned seconds)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct child c = {.argv = argv, .output_max = output_max, .seconds = seconds};

    r = (struct child_result){0};
    return child_run(&c, &r, &f);
}

/* A process whose number the output begins with; a zombie does not run. */
static bool runs(const uint8_t *output)
{
    char path[64], text[256] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", atoi((const char *)output));
    if (!(file = fopen(path, "r")))
        return false;
    bool any = fgets(text, sizeof text, file) && strrchr(text, ')') && strrchr(text, ')')[2] != 'Z';
    fclose(file);
    return any;
}

static void answers(void)
{
    is_int(shell("printf abc; echo one >&2; echo two >&2; exit 3", 100, 10), 0,
           "a program that ends with a status other than 0 has run");
    is_int(r.status, 3, "its exit status is given");
    is_text((char *)r.output, "abc", "what it writes to standard output is given");
    is_text(r.message, "one\ntwo\n", "what it writes to standard error is given");
    child_result_free(&r);

    const char *const failing[] = {"sh", "-c", "echo one >&2; echo two >&2; exit 3", NULL};
    is_text(child_output(failing, 100, 10, &f), NULL, "a status of 3 is no success");
    is_text(f.what, "sh: exit status 3: one", "the failure has the first line of its messages");

    const char *const missing[] = {"romcompat-no-such-program", NULL};
    child_output(missing, 100, 10, &f);
    is_int(errno, ENOENT, "a program that is not installed is ENOENT");
    is_text(f.what, "romcompat-no-such-program: No such file or directory",
            "and is named in the failure");

    shell("kill -TERM $$", 100, 10);
    is_text(f.what, "/bin/sh: ended by signal 15 (Terminated)", "the end by a signal is named");
    is_int(shell("head -c 101 /dev/zero", 100, 10), -1, "one byte above the output limit fails");
    is_text(f.what, "/bin/sh -c: a longer answer than 100 bytes", "and the limit is named");
    is_int(shell("head -c 100 /dev/zero", 100, 10), 0, "output of just the limit is taken");
    is_int(r.size, 100, "and is all there");
    child_result_free(&r);
    is_int(shell("head -c 300000 /dev/zero >&2", 100, 10), 0,
           "messages without end do not block the program");
    child_result_free(&r);
}

static void surroundings(void)
{
    const char *const argv[] = {"sh", "-c", "cat; printf %s \"$LC_ALL $A\"", NULL};
    const char *const environment[] = {"A=b", NULL};
    struct child c = {.argv = argv,
                      .environment = environment,
                      .input = "question ",
                      .output_max = 100,
                      .seconds = 10};

    is_int(child_run(&c, &r, &f), 0, "a program with input and a variable runs");
    is_text((char *)r.output, "question C b", "it gets both, and the C locale");
    child_result_free(&r);

    int open_here = open("/dev/null", O_RDONLY), kept = dup(open_here);
    const char *const list[] = {"sh", "-c", "ls /proc/self/fd | wc -w", NULL};
    c = (struct child){.argv = list, .output_max = 100, .seconds = 10};
    is_int(child_run(&c, &r, &f), 0, "a program can count its descriptors");
    is_int(atoi((char *)r.output), 4, "it has the first three and ls's own, and none of ours");
    child_result_free(&r);
    c.keep[0] = kept;
    child_run(&c, &r, &f);
    is_int(atoi((char *)r.output), 5, "and one more where it is to have it");
    child_result_free(&r);
    close(open_here);
    close(kept);

    signal(SIGPIPE, SIG_IGN);
    shell("trap - PIPE; kill -PIPE $$; echo here", 100, 10);
    is_text(f.what, "/bin/sh: ended by signal 13 (Broken pipe)",
            "a signal that the caller ignores is not ignored in a program");
}

static int count_descriptors(void *arg, int fd)
{
    int *status = arg, count = 0;

    for (int i = 0; i < 1000; i++)
        count += fcntl(i, F_GETFD) >= 0;
    dprintf(fd, "%d", count);
    return *status;
}

/* The user, and whether it can gain no rights. */
static int tell_rights(void *arg, int fd)
{
    (void)arg;
    dprintf(fd, "%u %d", (unsigned)geteuid(), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}

/* What it can still write to, as letters; errno is not told, for it may be that of the user. */
static int tell_writes(void *arg, int fd)
{
    const char *directory = arg;
    char path[64];

    snprintf(path, sizeof path, "%s/file", directory);
    dprintf(fd, "%s%s%s%s", access(path, W_OK) == 0 ? "w" : "",
            open(path, O_WRONLY) >= 0 ? "o" : "",
            open(directory, O_TMPFILE | O_WRONLY, 0600) >= 0 || unlink(path) == 0 ? "m" : "",
            open("/dev/null", O_RDWR) >= 0 ? "n" : "");
    return 0;
}

/* In a directory in which everyone may do everything. */
static void locked_down(void)
{
    char directory[] = "/tmp/romcompat-child-XXXXXX", path[64];
    bool has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
    struct child c = {
        .work = tell_writes, .arg = directory, .is_nobody = true, .output_max = 10, .seconds = 10};

    if (!mkdtemp(directory))
        abort();
    chmod(directory, 0777);
    snprintf(path, sizeof path, "%s/file", directory);
    int fd = open(path, O_CREAT | O_WRONLY, 0666);
    fchmod(fd, 0666);
    close(fd);
    is_int(child_run(&c, &r, &f), 0, "a function that is nobody's runs in a directory for all");
    is_text((char *)r.output, has_landlock ? "wn" : "womn",
            "where the kernel has Landlock it can write to nothing but /dev/null");
    child_result_free(&r);
    unlink(path);
    rmdir(directory);
}

/* What it may still call, as letters: of the network, of this machine, a namespace, a process. */
static int tell_calls(void *arg, int fd)
{
    pid_t child = fork();

    (void)arg;
    if (child == 0)
        _exit(0);
    dprintf(fd, "%s%s%s%s%s", socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? "i" : "",
            socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? "l" : "",
            socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? "u" : "",
            unshare(0) == 0 || errno != EPERM ? "n" : "", child > 0 ? "f" : "");
    return 0;
}

static void calls_are_refused(void)
{
    bool has_seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0;
    struct child c = {.work = tell_calls, .is_nobody = true, .output_max = 10, .seconds = 10};

    is_int(child_run(&c, &r, &f), 0, "a function that is nobody's makes its calls");
    is_text((char *)r.output, has_seccomp ? "uf" : "ilunf",
            "where the kernel has seccomp it has no socket but those of this machine, and no "
            "namespace");
    child_result_free(&r);
}

static int tell_memory(void *arg, int fd)
{
    struct rlimit memory = {0};

    (void)arg;
    getrlimit(RLIMIT_AS, &memory);
    dprintf(fd, "%llu", (unsigned long long)memory.rlim_cur >> 20);
    return 0;
}

/* qemu-user takes such a limit and does nothing, for it would be its own. In a process of its own,
 * for a limit cannot be taken back. */
static bool limits_count(void)
{
    struct rlimit limit = {(rlim_t)5 << 30, (rlim_t)5 << 30};
    int status = -1;

    if (fork() == 0)
        _exit(setrlimit(RLIMIT_AS, &limit) == 0 && getrlimit(RLIMIT_AS, &limit) == 0 &&
                      limit.rlim_cur == (rlim_t)5 << 30
                  ? 0
                  : 1);
    wait(&status);
    return status == 0;
}

/* The second in a process of its own, too. */
static void a_lower_limit_stays(void)
{
    struct child c = {.work = tell_memory, .is_nobody = true, .output_max = 20, .seconds = 10};
    const struct rlimit low = {(rlim_t)2 << 30, (rlim_t)2 << 30};

    if (CHILD_HAS_NO_LIMIT)
        return;
    is_int(child_run(&c, &r, &f), 0, "a function that is nobody's asks for its limit");
    bool counts = limits_count();
    is_text((char *)r.output, counts ? "4096" : "17592186044415",
            "it has 4 GiB of address space, where a limit counts");
    child_result_free(&r);
    if (fork() == 0)
        _exit(setrlimit(RLIMIT_AS, &low) == 0 && child_run(&c, &r, &f) == 0 &&
                      strcmp((char *)r.output, counts ? "2048" : "17592186044415") == 0
                  ? 0
                  : 1);
    int status = -1;
    wait(&status);
    is_int(status, 0, "where the caller has less, it has no more");
}

static int crash(void *arg, int fd)
{
    (void)arg;
    (void)fd;
    raise(SIGSEGV);
    return 0;
}

static void functions(void)
{
    int status = 7, open_here = dup(2);
    char expected[32];
    struct child c = {.work = count_descriptors, .arg = &status, .output_max = 10, .seconds = 10};

    is_int(child_run(&c, &r, &f), 0, "a function runs in a process of its own");
    is_int(r.status, 7, "what it returns is the status");
    is_text((char *)r.output, "4", "it has the first three descriptors and the one it writes to");
    child_result_free(&r);
    close(open_here);
    c.work = tell_rights;
    c.is_nobody = true;
    is_int(child_run(&c, &r, &f), 0, "a function that is nobody's runs");
    snprintf(expected, sizeof expected, "%u 1", geteuid() == 0 ? 65534U : (unsigned)geteuid());
    is_text((char *)r.output, expected, "what is nobody's can gain no rights");
    child_result_free(&r);
    c.is_nobody = false;
    c.work = crash;
    child_run(&c, &r, &f);
    is_text(f.what, "ended by signal 11 (Segmentation fault)", "its crash is a failure");
}

static int read_kept(void *arg, int fd)
{
    char text[16];
    ssize_t n = read(CHILD_KEPT, text, sizeof text);

    (void)arg;
    return n > 0 && write(fd, text, (size_t)n) == n ? 0 : 1;
}

/* As every number that it could be given by the way. */
static void functions_keep_descriptors(void)
{
    for (int number = 3; number < 8; number++) {
        struct child c = {.work = read_kept, .keep = {number}, .output_max = 100, .seconds = 10};
        int ends[2], saved = fcntl(number, F_DUPFD_CLOEXEC, 60);

        if (pipe(ends) != 0 || write(ends[1], "kept", 4) != 4 || dup2(ends[0], 50) != 50)
            abort();
        close(ends[1]);
        if (ends[0] != number)
            close(ends[0]);
        dup2(50, number);
        r = (struct child_result){0};
        bool same = child_run(&c, &r, &f) == 0 && strcmp((char *)r.output, "kept") == 0;
        ok(same, "a function reads a kept descriptor that had the number %d", number);
        child_result_free(&r);
        close(50);
        if (saved >= 0)
            dup2(saved, number);
        else
            close(number);
        close(saved);
    }
}

/* qemu-user (7.2) does not let a process take the orphans of its descendants. */
static bool has_orphans(void)
{
    int status = -1;

    if (fork() == 0)
        _exit(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : 1);
    wait(&status);
    return status == 0;
}

static void ends_what_is_left_behind(void)
{
    const char *script = "setsid sleep 60 & sleep 1; echo $!";
    time_t before = time(NULL);

    if (!has_orphans()) {
        is_int(shell(script, 100, 4), -1, "without its orphans no end of a program is seen");
        is_text(f.what, "/bin/sh -c: no answer in 4 seconds", "and that is named");
        return;
    }
    is_int(shell(script, 100, 10), 0,
           "a program that leaves one in a session of its own behind has run");
    ok(r.output && !runs(r.output), "what it left behind is ended with it");
    ok(time(NULL) - before < 5, "and was not waited for, though it held the output open");
    child_result_free(&r);
}

static void no_descendant_is_left(void)
{
    char directory[] = "/tmp/romcompat-child-XXXXXX", path[64], script[192];

    ends_what_is_left_behind();
    if (!mkdtemp(directory))
        abort();
    snprintf(path, sizeof path, "%s/number", directory);
    snprintf(script, sizeof script,
             "(setsid sh -c 'echo $$ >%s; (sleep 61 & sleep 60)' &) ; sleep 60", path);
    /* Emulated, and on a busy machine, the orphan takes more than a second to write its number. */
    shell(script, 100, 3);
    is_text(f.what, "/bin/sh -c: no answer in 3 seconds", "the time limit is named");
    FILE *file = fopen(path, "r");
    char text[32] = "0";
    ok(file && fgets(text, sizeof text, file) && runs((uint8_t *)text) != has_orphans(),
       "an orphan in a session of its own ends at the time limit, where it comes to us");
    if (file)
        fclose(file);
    unlink(path);
    rmdir(directory);
    shell("exec >&- 2>&-; sleep 60", 100, 1);
    is_text(f.what, "/bin/sh -c: no answer in 1 seconds",
            "a program that closes its output and goes on meets the time limit, too");
}

/* The caller is killed while its child runs. */
static void ends_with_the_caller(void)
{
    char number[32] = "";
    int ends[2];

    if (pipe(ends) < 0)
        return;
    pid_t caller = fork();
    if (caller == 0) {
        char script[64];

        snprintf(script, sizeof script, "echo $$ >/proc/%d/fd/%d; exec sleep 60", getpid(),
                 ends[1]);
        shell(script, 100, 60);
        _exit(0);
    }
    is_int(read(ends[0], number, sizeof number - 1) > 0, 1, "a child of another process runs");
    kill(caller, SIGKILL);
    waitpid(caller, NULL, 0);
    for (int i = 0; i < 100 && runs((uint8_t *)number); i++)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    ok(!runs((uint8_t *)number), "when that one is killed, its child ends, too");
    close(ends[0]);
    close(ends[1]);
}

/* Says a line once it can, and hears one. */
struct line {
    const char *say;
    char heard[64];
};

static short talk(void *arg, int fd)
{
    struct line *l = arg;
    ssize_t n;

    if (l->say && write(fd, l->say, strlen(l->say)) > 0) {
        l->say = NULL;
        return POLLIN;
    }
    n = read(fd, l->heard, sizeof l->heard - 1);
    l->heard[n > 0 ? n : 0] = '\0';
    return 0;
}

static void converses(void)
{
    struct line line = {.say = "hello\n"};
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        ok(false, "a pair of sockets is made");
        return;
    }
    char *script = NULL;
    if (asprintf(&script, "read word <&%d && echo \"$word back\" >&%d && sleep 0.1", ends[1],
                 ends[1]) < 0)
        return;
    struct child c = {.argv = (const char *[]){"/bin/bash", "-c", script, NULL},
                      .keep = {ends[1]},
                      .channels = {{ends[0], POLLOUT, talk, &line}},
                      .output_max = 100,
                      .seconds = 20};
    ok(child_run(&c, &r, &f) == 0 && r.status == 0 && strcmp(line.heard, "hello back\n") == 0,
       "a program that runs is talked with through a channel");
    child_result_free(&r);
    free(script);
    close(ends[0]);
    close(ends[1]);
}

static short say_and_close(void *arg, int fd)
{
    (void)arg;
    if (write(fd, "all", 3) != 3)
        return 0;
    close(fd);
    return 0;
}

static void sees_the_end_of_a_channel(void)
{
    int ends[2];
    char *script = NULL;

    if (pipe2(ends, O_CLOEXEC) != 0 || asprintf(&script, "cat <&%d", ends[0]) < 0) {
        ok(false, "a pipe is made");
        return;
    }
    struct child c = {.argv = (const char *[]){"/bin/bash", "-c", script, NULL},
                      .keep = {ends[0]},
                      .channels = {{ends[1], POLLOUT, say_and_close, NULL}},
                      .output_max = 100,
                      .seconds = 20};
    ok(child_run(&c, &r, &f) == 0 && strcmp((char *)r.output, "all") == 0,
       "what is closed of a channel is at its end for the program");
    child_result_free(&r);
    free(script);
    close(ends[0]);
}

int main(void)
{
    answers();
    surroundings();
    functions();
    functions_keep_descriptors();
    locked_down();
    calls_are_refused();
    a_lower_limit_stays();
    no_descendant_is_left();
    ends_with_the_caller();
    converses();
    sees_the_end_of_a_channel();
    return tap_done();
}
