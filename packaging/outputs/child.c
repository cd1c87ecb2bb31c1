/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/date.h"
#include "base/memory.h"
#include "outputs/lockdown.h"
#include "outputs/descendants.h"
#include "outputs/file.h"
#include "outputs/leftover.h"

/* The pipes of one child; all numbers are above those that a program gets. We read from the
 * first three. Nothing is written to ALIVE: its supervisor sees there when we are gone. */
enum { OUT, MESSAGES, REPORT, READ_FROM, INPUT = READ_FROM, ALIVE, PIPES };
enum { FIRST_NUMBER = 10, MESSAGES_READ = 4096, ENDING_MILLISECONDS = 2000 };

struct pipes {
    int in[PIPES][2]; /* [0] reads, [1] writes */
};

/* Where all programs run, or NULL. */
static const struct cage *cage;

/* Two ends of the child that is waited for, for a signal handler. */
static volatile sig_atomic_t running_alive, running_report;

/* What the supervisor says, on REPORT. */
struct report {
    enum { ENDED, CANNOT_EXECUTE, CANNOT_FORK, CANNOT_DROP, CANNOT_BEGIN, CANNOT_CAGE } what;
    int value;     /* wait status, or errno */
    char step[64]; /* of CANNOT_CAGE */
};

static void close_number(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipes(struct pipes *p)
{
    for (int i = 0; i < PIPES; i++)
        for (int end = 0; end < 2; end++)
            close_number(&p->in[i][end]);
}

static int open_pipes(struct pipes *p)
{
    memset(p, -1, sizeof *p);
    for (int i = 0; i < PIPES; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
            goto failed;
        for (int end = 0; end < 2; end++) {
            p->in[i][end] = fcntl(ends[end], F_DUPFD_CLOEXEC, FIRST_NUMBER);
            close(ends[end]);
        }
        if (p->in[i][0] < 0 || p->in[i][1] < 0)
            goto failed;
    }
    return 0;

failed:
    close_pipes(p);
    return -1;
}

/* --- the child ------------------------------------------------------------------------ */

__attribute__((noreturn)) static void say_and_end(int fd, int what, int value)
{
    struct report r = {.what = what, .value = value};

    /* Nobody is left to hear of a failure here. */
    (void)!write(fd, &r, sizeof r);
    _exit(127);
}

/* All capabilities go but the one to read every file. A program that is run has not even that. */
static bool keep_reading(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = 1U << CAP_DAC_READ_SEARCH, .permitted = 1U << CAP_DAC_READ_SEARCH}};

    return syscall(SYS_capset, &header, data) == 0;
}

/* A lower limit that we have stays. */
static bool limit_memory(void)
{
    struct rlimit memory;

    if (CHILD_HAS_NO_LIMIT)
        return true;
    if (getrlimit(RLIMIT_AS, &memory) != 0)
        return false;
    if (memory.rlim_max > CHILD_MEMORY_MAX)
        memory.rlim_max = CHILD_MEMORY_MAX;
    if (memory.rlim_cur > memory.rlim_max)
        memory.rlim_cur = memory.rlim_max;
    return setrlimit(RLIMIT_AS, &memory) == 0;
}

/* The number of `nobody` is the same on every Linux: what the kernel itself takes for a user
 * that it cannot name (/proc/sys/kernel/overflowuid). No name service is asked. */
/* Nor are any won back by running a program that has more, whoever we are. */
static bool drop_rights(bool has_guest, bool reads_all)
{
    enum { NOBODY = 65534 };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || (!has_guest && !limit_memory()))
        return false;
    if (geteuid() == 0 && reads_all && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return false;
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
         setresuid(NOBODY, NOBODY, NOBODY) != 0 || (reads_all && !keep_reading())))
        return false;
    return lock_down(has_guest ? "/dev/kvm" : NULL) >= 0;
}

/* Where there is no /dev, as below another root directory, a file in memory does as well. */
static int open_nothing(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    return fd >= 0 ? fd : memfd_create("nothing", MFD_CLOEXEC);
}

/* All from `first` on, at the next execve() or at once. */
static void close_from(int first, bool at_once)
{
    if (close_range((unsigned)first, ~0U, at_once ? 0 : CLOSE_RANGE_CLOEXEC) == 0)
        return;
    /* Linux before 5.11 */
    long last = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < last && fd < 65536; fd++) {
        if (at_once)
            close(fd);
        else
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_environment(const struct child *c)
{
    putenv((char *)"LC_ALL=C");
    for (const char *const *e = c->environment; e && *e; e++)
        putenv((char *)*e);
}

static void be_caged(int report)
{
    struct report r = {.what = CANNOT_CAGE};
    const char *step;

    if (cage_enter(cage, &step) == 0)
        return;
    r.value = errno;
    snprintf(r.step, sizeof r.step, "%s", step);
    (void)!write(report, &r, sizeof r);
    _exit(127);
}

_Static_assert(CHILD_KEPT == READ_FROM + 1, "what is kept follows the output");

/* For work(): its output and what is kept get their numbers; the first one behind them. */
static int renumber(const struct child *c, int output)
{
    int high[CHILD_KEEP_MAX], count = 0;

    /* Out of each other's way first: one may have the number that another is to get. */
    for (; count < CHILD_KEEP_MAX && c->keep[count]; count++)
        high[count] = fcntl(c->keep[count], F_DUPFD_CLOEXEC, CHILD_KEPT + CHILD_KEEP_MAX);
    dup2(output, READ_FROM);
    for (int i = 0; i < count; i++)
        dup2(high[i], CHILD_KEPT + i);
    return CHILD_KEPT + count;
}

__attribute__((noreturn)) static void be_child(const struct child *c, const struct pipes *p,
                                               pid_t supervisor)
{
    static const struct rlimit none = {0, 0};
    int null = open_nothing(), report = p->in[REPORT][1];

    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &none);
    reset_signals();
    /* Whoever reads the caller's standard output must not wait for this process. */
    if (dup2(c->input ? p->in[INPUT][0] : null, 0) < 0 ||
        dup2(c->argv ? p->in[OUT][1] : null, 1) < 0)
        say_and_end(report, CANNOT_BEGIN, errno);
    if (c->argv && dup2(p->in[MESSAGES][1], 2) < 0)
        say_and_end(report, CANNOT_BEGIN, errno);
    if (c->is_nobody && !drop_rights(c->has_guest, c->reads_all && !c->argv))
        say_and_end(report, CANNOT_DROP, errno);
    /* A change of the user takes it away: so it comes after that. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(127);
    if (c->argv && cage)
        be_caged(report);
    if (!c->argv) {
        close_from(renumber(c, p->in[OUT][1]), true);
        _exit(c->work(c->arg, READ_FROM) & 127);
    }
    set_environment(c);
    close_from(READ_FROM, false);
    for (int i = 0; i < CHILD_KEEP_MAX; i++)
        if (c->keep[i])
            fcntl(c->keep[i], F_SETFD, 0);
    execvp(c->argv[0], (char *const *)c->argv);
    say_and_end(report, CANNOT_EXECUTE, errno);
}

/* --- the supervisor ------------------------------------------------------------------- */

/* In a session of its own: what a terminal sends to the caller reaches it as the caller's end. */
__attribute__((noreturn)) static void be_supervisor(const struct child *c, struct pipes *p)
{
    struct report r = {.what = ENDED};
    int report = p->in[REPORT][1];

    setsid();
    descendants_begin();
    close_number(&p->in[ALIVE][1]);
    /* The caller's end is the only one: what it closes is closed. */
    for (int i = 0; i < CHILD_CHANNELS_MAX; i++)
        if (c->channels[i].events)
            close(c->channels[i].fd);
    pid_t self = getpid(), child = fork();
    if (child == 0)
        be_child(c, p, self);
    if (child < 0)
        say_and_end(report, CANNOT_FORK, errno);
    for (int i = 0; i < READ_FROM; i++) {
        close_number(&p->in[i][0]);
        if (i != REPORT)
            close_number(&p->in[i][1]);
    }
    if (c->is_left_alone) {
        while (waitpid(child, &r.value, 0) < 0 && errno == EINTR)
            ;
    } else {
        descendants_wait(child, p->in[ALIVE][0]);
        descendants_end(child, &r.value);
    }
    (void)!write(report, &r, sizeof r);
    _exit(0);
}

/* --- the caller ----------------------------------------------------------------------- */

enum end { END_CLOSED, END_TIME, END_LIMIT, END_ERROR };

struct collected {
    struct child_result result;
    size_t capacity, message_size;
    struct report report;
    bool has_report, broken; /* a pipe could not be read to its end */
};

/* What read() said: whether it was the end. */
static bool is_end(struct collected *k, ssize_t n)
{
    k->broken |= n < 0 && errno != EINTR;
    return n == 0;
}

/* True at the end of it. */
static bool take_output(struct collected *k, int fd)
{
    struct child_result *r = &k->result;

    if (k->capacity - r->size < 2)
        r->output = xreallocarray(r->output, k->capacity *= 2, 1);
    ssize_t n = read(fd, r->output + r->size, k->capacity - 1 - r->size);
    if (n > 0)
        r->size += (size_t)n;
    return is_end(k, n);
}

/* All is read, so that the program never blocks, and the beginning kept. */
static bool take_message(struct collected *k, int fd)
{
    char text[MESSAGES_READ];
    size_t room = sizeof k->result.message - 1 - k->message_size;
    ssize_t n = read(fd, text, sizeof text);

    if (n > 0 && room) {
        size_t taken = (size_t)n < room ? (size_t)n : room;

        memcpy(k->result.message + k->message_size, text, taken);
        k->message_size += taken;
    }
    return is_end(k, n);
}

/* The first report counts: a child that could not begin comes before its end. */
static bool take_report(struct collected *k, int fd)
{
    struct report r;
    ssize_t n = read(fd, &r, sizeof r);

    if (n == sizeof r && !k->has_report) {
        k->report = r;
        k->has_report = true;
    }
    return is_end(k, n);
}

static void take_channel(const struct child_channel *channel, struct pollfd *polled)
{
    if (polled->fd < 0 || !polled->revents)
        return;
    polled->events = channel->ready(channel->arg, polled->fd);
    if (!polled->events)
        polled->fd = -1;
}

/* Until all three are at their end: then no descendant is left. */
static enum end collect(const struct child *c, struct pipes *p, struct collected *k)
{
    static bool (*const take[READ_FROM])(struct collected *, int) = {
        [OUT] = take_output, [MESSAGES] = take_message, [REPORT] = take_report};
    int64_t deadline = milliseconds_now() + (int64_t)c->seconds * 1000;
    struct pollfd polled[READ_FROM + CHILD_CHANNELS_MAX];
    int open = READ_FROM;

    for (int i = 0; i < READ_FROM; i++)
        polled[i] = (struct pollfd){.fd = p->in[i][0], .events = POLLIN};
    for (int i = 0; i < CHILD_CHANNELS_MAX; i++)
        polled[READ_FROM + i] = (struct pollfd){
            .fd = c->channels[i].events ? c->channels[i].fd : -1, .events = c->channels[i].events};
    while (open) {
        int64_t left = deadline - milliseconds_now();

        if (left <= 0)
            return END_TIME;
        int ready = poll(polled, READ_FROM + CHILD_CHANNELS_MAX, (int)left);
        if (ready < 0 && errno != EINTR)
            return END_ERROR;
        for (int i = 0; ready > 0 && i < READ_FROM; i++) {
            if (polled[i].revents && take[i](k, polled[i].fd)) {
                polled[i].fd = -1;
                open--;
            }
        }
        for (int i = 0; ready > 0 && i < CHILD_CHANNELS_MAX; i++)
            take_channel(&c->channels[i], &polled[READ_FROM + i]);
        if (k->broken)
            return END_ERROR;
        if (k->result.size > c->output_max)
            return END_LIMIT;
    }
    return END_CLOSED;
}

static int judge(const struct child *c, enum end end, const struct collected *k, struct failure *f)
{
    const char *name = c->argv ? c->argv[0] : "", *first = c->argv ? c->argv[1] : NULL;
    const char *space = first ? " " : "", *colon = c->argv ? ": " : "";
    int value = k->report.value;

    errno = 0;
    if (end == END_TIME)
        return fail(f, "%s%s%s%sno answer in %u seconds", name, space, first ? first : "", colon,
                    c->seconds);
    if (end == END_LIMIT)
        return fail(f, "%s%s%s%sa longer answer than %zu bytes", name, space, first ? first : "",
                    colon, c->output_max);
    if (end == END_ERROR || !k->has_report)
        return fail(f, "%s%sits end was not seen", name, colon);
    if (k->report.what == CANNOT_DROP)
        return fail(f, "%s%scannot become user nobody: %s", name, colon, strerror(value));
    if (k->report.what == CANNOT_CAGE)
        return fail(f, "%s%snot run: it cannot be given %s: %s", name, colon, k->report.step,
                    strerror(value));
    if (k->report.what != ENDED) {
        fail(f, "%s%s%s", name, colon, strerror(value));
        errno = value;
        return -1;
    }
    if (WIFSIGNALED(value) && !c->has_guest)
        return fail(f, "%s%sended by signal %d (%s)", name, colon, WTERMSIG(value),
                    strsignal(WTERMSIG(value)));
    return 0;
}

/* In a signal handler: until all processes of the child are gone. */
static void end_running(void)
{
    struct pollfd report = {.fd = running_report, .events = POLLIN};
    struct report r;

    close(running_alive);
    while (poll(&report, 1, ENDING_MILLISECONDS) > 0 && read(report.fd, &r, sizeof r) > 0)
        ;
}

static int run(const struct child *c, struct pipes *p, struct collected *k, struct failure *f)
{
    const char *name = c->argv ? c->argv[0] : "", *colon = c->argv ? ": " : "";
    /* From its first moment to its last, a signal that ends this process ends the child first. */
    leftovers_hold();
    pid_t supervisor = fork();

    if (supervisor == 0) {
        leftovers_go_on();
        be_supervisor(c, p);
    }
    if (supervisor > 0) {
        running_report = p->in[REPORT][0];
        running_alive = p->in[ALIVE][1];
        leftovers_wait_for(c->is_left_alone ? NULL : end_running);
    }
    leftovers_go_on();
    if (supervisor < 0)
        return fail(f, "%s%s%s", name, colon, strerror(errno));
    for (int i = 0; i < READ_FROM; i++)
        close_number(&p->in[i][1]);
    enum end end = collect(c, p, k);
    /* The report's end is how the handler knows that all is gone. */
    for (int i = 0; i < PIPES; i++)
        if (i != REPORT)
            close_number(&p->in[i][0]);
    close_number(&p->in[ALIVE][1]);
    while (waitpid(supervisor, NULL, 0) < 0 && errno == EINTR)
        ;
    leftovers_wait_for(NULL);
    close_pipes(p);
    return judge(c, end, k, f);
}

void child_set_cage(const struct cage *new)
{
    cage = new;
}

int child_run(const struct child *c, struct child_result *result, struct failure *f)
{
    const char *name = c->argv ? c->argv[0] : "input";
    size_t input = c->input ? strlen(c->input) : 0;
    struct collected k = {.capacity = 4096};
    struct pipes p;

    if (input > CHILD_INPUT_MAX)
        return fail(f, "%s: %s", name, strerror(E2BIG));
    /* A pipe takes that much before anyone reads. */
    if (open_pipes(&p) < 0 || write_all(p.in[INPUT][1], c->input, input) < 0)
        return fail(f, "%s: %s", name, strerror(errno));
    close_number(&p.in[INPUT][1]);
    k.result.output = xmalloc(k.capacity);
    int ended = run(c, &p, &k, f), why = errno;
    close_pipes(&p);
    k.result.output[k.result.size] = '\0';
    k.result.status =
        WIFSIGNALED(k.report.value) ? 128 + WTERMSIG(k.report.value) : WEXITSTATUS(k.report.value);
    if (ended == 0)
        *result = k.result;
    else
        free(k.result.output);
    errno = why;
    return ended;
}

void child_result_free(struct child_result *r)
{
    free(r->output);
    *r = (struct child_result){0};
}

int child_succeed(const struct child *c, struct child_result *result, struct failure *f)
{
    if (child_run(c, result, f) != 0)
        return -1;
    if (result->status == 0)
        return 0;
    fail(f, "%s: exit status %d: %.*s", c->argv[0], result->status,
         (int)strcspn(result->message, "\n"), result->message[0] ? result->message : "no message");
    child_result_free(result);
    errno = 0;
    return -1;
}

char *child_output(const char *const *argv, size_t output_max, unsigned seconds, struct failure *f)
{
    struct child c = {.argv = argv, .output_max = output_max, .seconds = seconds};
    struct child_result r;

    return child_succeed(&c, &r, f) == 0 ? (char *)r.output : NULL;
}
