/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

/* Seconds. A guest boots in two or three under TCG; a busy machine needs longer. */
enum { QMP_LIMIT = 60, MIGRATION_LIMIT = 60, BOOT_LIMIT = 90, END_LIMIT = 30 };

enum { MAX_GUESTS = 32, MAX_ARGUMENTS = 128, QMP_FD = 3 };

struct guest {
    struct guest *next;
    char name[96]; /* of its files, and in reasons: "2-patched-7.2-x86_64" */
    pid_t pid;     /* 0 when it has ended */
    int status;    /* of waitpid(), once it has ended */
    int qmp;       /* our end of the socket pair, or -1 */
    char *received;
    size_t received_length;
    char *events; /* every event line, one after the other */
    size_t serial_seen;
};

struct stage {
    char directory[512];
    char reason[4096]; /* empty while all is well */
    const char *skipped;
    struct guest *guests;
    int guest_count;
    char **texts;
    size_t text_count;
};

static const char *qemu_directory;
static char programs[600];

const char *bin_directory(void)
{
    return programs;
}

/* --- small things ---------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void *no_null(void *p)
{
    if (!p) {
        fputs("Bail out! no memory\n", stdout);
        exit(2);
    }
    return p;
}

static char *keep(struct stage *s, char *text)
{
    s->texts = no_null(realloc(s->texts, (s->text_count + 1) * sizeof(*s->texts)));
    s->texts[s->text_count++] = no_null(text);
    return text;
}

__attribute__((format(printf, 2, 0))) static char *vtext_of(struct stage *s, const char *format,
                                                            va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return keep(s, text);
}

const char *text_of(struct stage *s, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = vtext_of(s, format, args);
    va_end(args);
    return text;
}

void went_wrong(struct stage *s, const char *format, ...)
{
    va_list args;

    if (*s->reason)
        return;
    va_start(args, format);
    vsnprintf(s->reason, sizeof(s->reason), format, args);
    va_end(args);
}

bool is_wrong(const struct stage *s)
{
    return *s->reason;
}

void cannot_be_tried(struct stage *s, const char *reason)
{
    if (!is_wrong(s)) {
        s->skipped = reason;
        went_wrong(s, "%s", reason);
    }
}

const char *work_directory(const struct stage *s)
{
    return s->directory;
}

/* A whole file as text, "" if there is none; lives as long as the scenario. */
static const char *read_text(struct stage *s, const char *path, size_t *length)
{
    char *text = NULL;
    size_t used = 0, n;
    FILE *f = fopen(path, "re");

    do {
        text = no_null(realloc(text, used + 65536 + 1));
        n = f ? fread(text + used, 1, 65536, f) : 0;
        used += n;
    } while (n);
    if (f)
        fclose(f);
    text[used] = '\0';
    if (length)
        *length = used;
    /* A serial line may carry NULs; they would end the text too early. */
    for (size_t i = 0; i < used; i++)
        if (!text[i])
            text[i] = ' ';
    return keep(s, text);
}

static const char *stderr_of(struct stage *s, struct guest *g)
{
    return read_text(s, text_of(s, "%s/%s.stderr", s->directory, g->name), NULL);
}

/* How it was called and what it said, for reasons. */
static const char *last_words(struct stage *s, struct guest *g)
{
    return text_of(s, "%s%s",
                   read_text(s, text_of(s, "%s/%s.command", s->directory, g->name), NULL),
                   stderr_of(s, g));
}

void write_file(struct stage *s, const char *name, const char *text)
{
    char *path = keep(s, strdup(text_of(s, "%s/%s", s->directory, name)));
    FILE *f;

    for (char *slash = path + strlen(s->directory) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    f = fopen(path, "we");
    if (!f || fputs(text, f) == EOF || fclose(f))
        went_wrong(s, "%s: %s", path, strerror(errno));
}

void link_file(struct stage *s, const char *target, const char *name)
{
    const char *path = text_of(s, "%s/%s", s->directory, name);

    write_file(s, name, "");
    unlink(path);
    if (symlink(target, path))
        went_wrong(s, "%s: %s", path, strerror(errno));
}

void run_program(struct stage *s, const char *format, ...)
{
    const char *command;
    va_list args;

    if (is_wrong(s))
        return;
    va_start(args, format);
    command = vtext_of(s, format, args);
    va_end(args);
    command = text_of(s, "(cd '%s' && %s) >>'%s/programs.log' 2>&1 </dev/null", s->directory,
                      command, s->directory);
    if (system(command))
        went_wrong(s, "failed: %s\n%s", command,
                   read_text(s, text_of(s, "%s/programs.log", s->directory), NULL));
}

/* --- arguments ------------------------------------------------------------------------ */

struct arguments {
    char *list[MAX_ARGUMENTS + 1];
    int count;
};

static void add(struct stage *s, struct arguments *a, const char *text)
{
    if (a->count == MAX_ARGUMENTS) {
        went_wrong(s, "more than %d arguments", MAX_ARGUMENTS);
        return;
    }
    a->list[a->count++] = keep(s, strdup(text));
}

const char *program_of(struct stage *s, const char *which)
{
    if (*which == '/')
        return which;
    return text_of(s, "%s/%s%s", programs, which, strstr(which, "aarch64") ? "" : "-x86_64");
}

const char *base_of(struct stage *s, const char *which)
{
    const char *name = strstr(which, "5.2")     ? "debian11"
                       : strstr(which, "7.2")   ? "debian12"
                       : strstr(which, "forky") ? "forky"
                                                : "debian13";

    return text_of(s, "%s/%s", qemu_directory, name);
}

/* One word with its {names} replaced. */
static const char *expand(struct stage *s, const char *word)
{
    if (strncmp(word, "{\"", 2) == 0) /* JSON */
        return word;
    for (;;) {
        const char *open = strchr(word, '{'), *close = open ? strchr(open, '}') : NULL;
        const char *name, *value;

        if (!close)
            return word;
        name = text_of(s, "%.*s", (int)(close - open - 1), open + 1);
        if (!strcmp(name, "work"))
            value = s->directory;
        else
            value = text_of(s, "%s/roms/%s", qemu_directory, name);
        if (access(value, F_OK))
            went_wrong(s, "%s: %s", value, strerror(errno));
        word = text_of(s, "%.*s%s%s", (int)(open - word), word, value, close + 1);
    }
}

/* --- processes ------------------------------------------------------------------------- */

static struct guest *spawn(struct stage *s, const char *which, const char *line)
{
    /* tests/qemu/run --without-hook: to see that the scenarios notice. */
    const char *side = getenv("ROMCOMPAT_WITHOUT_HOOK") ? strstr(which, "patched-") : NULL;
    const char *path = program_of(s, which);
    const char *program = strrchr(path, '/') + 1;
    const char *base = base_of(s, program);
    struct arguments a = {.count = 0};
    const char *command = "";
    struct guest *g;
    int pair[2], out;
    bool paused = true;

    if (is_wrong(s))
        return NULL;
    if (side)
        path = text_of(s, "%s/control-%s", programs, program + strlen("patched-"));
    if (s->guest_count == MAX_GUESTS) {
        went_wrong(s, "more than %d guests", MAX_GUESTS);
        return NULL;
    }
    g = no_null(calloc(1, sizeof(*g)));
    g->next = s->guests;
    s->guests = g;
    g->qmp = -1;
    snprintf(g->name, sizeof(g->name), "%d-%s", ++s->guest_count, program);

    add(s, &a, path);
    add(s, &a, "-nodefaults");
    add(s, &a, "-no-user-config");
    add(s, &a, "-display");
    add(s, &a, "none");
    add(s, &a, "-accel");
    add(s, &a, "tcg");
    add(s, &a, "-m");
    add(s, &a, "64");
    add(s, &a, "-chardev");
    add(s, &a, text_of(s, "socket,id=qmp,fd=%d", QMP_FD));
    add(s, &a, "-mon");
    add(s, &a, "chardev=qmp,mode=control");
    add(s, &a, "-chardev");
    add(s, &a, text_of(s, "file,id=serial,path=%s/%s.serial", s->directory, g->name));
    add(s, &a, "-serial");
    add(s, &a, "chardev:serial");
    for (const char *word = line; *word;) {
        size_t length;

        word += strspn(word, " ");
        length = strcspn(word, " ");
        if (length == 7 && !strncmp(word, "running", 7))
            paused = false;
        else if (length)
            add(s, &a, expand(s, text_of(s, "%.*s", (int)length, word)));
        word += length;
    }
    if (paused)
        add(s, &a, "-S");
    /* The first -L that has a file wins: what the scenario named comes first. */
    add(s, &a, "-L");
    add(s, &a, text_of(s, "%s/usr/share/seabios", base));
    add(s, &a, "-L");
    add(s, &a, text_of(s, "%s/usr/share/qemu", base));
    if (is_wrong(s))
        return NULL;

    for (int i = 0; i < a.count; i++)
        command = text_of(s, "%s%s%s", command, i ? " " : "$ ", a.list[i]);
    write_file(s, text_of(s, "%s.command", g->name), text_of(s, "%s\n", command));
    out = open(text_of(s, "%s/%s.stderr", s->directory, g->name), O_WRONLY | O_CREAT | O_CLOEXEC,
               0644);
    if (out < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        went_wrong(s, "%s: %s", g->name, strerror(errno));
        return NULL;
    }
    fflush(stdout);
    g->pid = fork();
    if (!g->pid) {
        /* No QEMU outlives the test, however the test ends. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(s->directory) || dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(out, 1) < 0 ||
            dup2(out, 2) < 0 || dup2(pair[1], QMP_FD) < 0 || fcntl(QMP_FD, F_SETFD, 0))
            _exit(126);
        execv(path, a.list);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    close(out);
    close(pair[1]);
    g->qmp = pair[0];
    if (g->pid < 0) {
        g->pid = 0;
        went_wrong(s, "fork: %s", strerror(errno));
        return NULL;
    }
    return g;
}

/* True once the process has ended by itself. */
static bool wait_end(struct guest *g, double seconds)
{
    for (double limit = now() + seconds; g->pid;) {
        if (waitpid(g->pid, &g->status, WNOHANG) == g->pid)
            g->pid = 0;
        else if (now() > limit)
            return false;
        else
            nap();
    }
    return true;
}

static void end(struct guest *g)
{
    if (g->pid) {
        kill(g->pid, SIGKILL);
        waitpid(g->pid, &g->status, 0);
        g->pid = 0;
    }
    if (g->qmp >= 0)
        close(g->qmp);
    g->qmp = -1;
}

void stop(struct stage *s, struct guest *g)
{
    (void)s;
    if (g)
        end(g);
}

/* Also one that ended by a signal: a QEMU that fails an assertion has not taken the guest. */
static void expect_any_end(struct stage *s, struct guest *g)
{
    if (!is_wrong(s) && !wait_end(g, END_LIMIT))
        went_wrong(s, "%s did not end\n%s", g->name, last_words(s, g));
}

static void expect_end(struct stage *s, struct guest *g, const char *text)
{
    if (is_wrong(s))
        return;
    if (!wait_end(g, END_LIMIT))
        went_wrong(s, "%s did not end; expected: %s\n%s", g->name, text, last_words(s, g));
    else if (!WIFEXITED(g->status) || WEXITSTATUS(g->status) != 1)
        went_wrong(s, "%s: wait status 0x%x, expected exit status 1\n%s", g->name,
                   (unsigned)g->status, last_words(s, g));
    expect_said(s, g, text);
}

/* --- QMP --------------------------------------------------------------------------------- */

/* The next line from QEMU as JSON; NULL at its end or after the limit. */
static json_object *next_message(struct guest *g, double limit)
{
    for (;;) {
        char *newline = g->received ? memchr(g->received, '\n', g->received_length) : NULL;
        struct pollfd p = {.fd = g->qmp, .events = POLLIN};
        double left = limit - now();
        ssize_t n;

        if (newline) {
            json_object *message;
            size_t length = (size_t)(newline + 1 - g->received);

            *newline = '\0';
            message = json_tokener_parse(g->received);
            if (message && json_object_object_get_ex(message, "event", NULL)) {
                size_t had = g->events ? strlen(g->events) : 0;

                g->events = no_null(realloc(g->events, had + length + 2));
                snprintf(g->events + had, length + 2, "%s\n", g->received);
            }
            memmove(g->received, newline + 1, g->received_length - length);
            g->received_length -= length;
            if (message)
                return message;
            continue;
        }
        if (g->qmp < 0 || left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) <= 0)
            return NULL;
        g->received = no_null(realloc(g->received, g->received_length + 65536));
        n = read(g->qmp, g->received + g->received_length, 65536);
        if (n <= 0)
            return NULL;
        g->received_length += (size_t)n;
    }
}

/* Sends one line and waits for its answer: the object with "return" or "error"; NULL where
 * the other side is gone. */
static json_object *try_ask(struct guest *g, const char *line)
{
    double limit = now() + QMP_LIMIT;
    size_t length = strlen(line);

    for (ssize_t n; length; line += n, length -= (size_t)n) {
        n = send(g->qmp, line, length, MSG_NOSIGNAL);
        if (n < 0)
            return NULL;
    }
    for (json_object *message; (message = next_message(g, limit));) {
        if (json_object_object_get_ex(message, "return", NULL) ||
            json_object_object_get_ex(message, "error", NULL))
            return message;
        json_object_put(message);
    }
    return NULL;
}

static json_object *ask(struct stage *s, struct guest *g, const char *line)
{
    json_object *message = is_wrong(s) ? NULL : try_ask(g, line);

    if (message || is_wrong(s))
        return message;
    /* It may be on its way out: then its last words are the reason. */
    wait_end(g, 2);
    went_wrong(s, "%s: no answer over QMP\n%s", g->name, last_words(s, g));
    return NULL;
}

/* Commands are sent with their arguments as JSON text; `why` gets the error text. */
__attribute__((format(printf, 5, 0))) static json_object *vcall(struct stage *s, struct guest *g,
                                                                const char **why,
                                                                const char *command,
                                                                const char *format, va_list args)
{
    json_object *answer, *value;
    const char *arguments;

    *why = NULL;
    if (is_wrong(s) || !g)
        return NULL;
    arguments = format ? vtext_of(s, format, args) : "{}";
    answer =
        ask(s, g, text_of(s, "{\"execute\": \"%s\", \"arguments\": %s}\n", command, arguments));
    if (answer && json_object_object_get_ex(answer, "error", &value)) {
        json_object *description;

        *why = "?";
        if (json_object_object_get_ex(value, "desc", &description))
            *why = text_of(s, "%s", json_object_get_string(description));
    }
    return answer;
}

__attribute__((format(printf, 4, 5))) static json_object *
call(struct stage *s, struct guest *g, const char *command, const char *format, ...)
{
    const char *why;
    json_object *answer;
    va_list args;

    va_start(args, format);
    answer = vcall(s, g, &why, command, format, args);
    va_end(args);
    if (why)
        went_wrong(s, "%s: %s: %s", g->name, command, why);
    return answer;
}

void qmp(struct stage *s, struct guest *g, const char *command, const char *format, ...)
{
    const char *why;
    va_list args;

    va_start(args, format);
    json_object_put(vcall(s, g, &why, command, format, args));
    va_end(args);
    if (why)
        went_wrong(s, "%s: %s: %s", g->name, command, why);
}

void expect_qmp_refused(struct stage *s, struct guest *g, const char *text, const char *command,
                        const char *format, ...)
{
    const char *why;
    va_list args;

    va_start(args, format);
    json_object_put(vcall(s, g, &why, command, format, args));
    va_end(args);
    if (!why)
        went_wrong(s, "%s: %s was not refused", g ? g->name : "?", command);
    else if (!strstr(why, text))
        went_wrong(s, "%s: %s: refused with: %s\nexpected: %s", g->name, command, why, text);
}

void pass_file(struct stage *s, struct guest *g, const char *file, const char *name)
{
    const char *line =
        text_of(s, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"%s\"}}\n", name);
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS,
                          .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec data = {(char *)line, strlen(line)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    int fd;

    if (is_wrong(s))
        return;
    fd = open(text_of(s, "%s/%s", s->directory, file), O_WRONLY | O_CLOEXEC);
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    if (fd < 0 || sendmsg(g->qmp, &message, MSG_NOSIGNAL) < 0)
        went_wrong(s, "%s: %s", file, strerror(errno));
    else
        /* Its answer, which comes before that of a further command. */
        json_object_put(try_ask(g, ""));
    if (fd >= 0)
        close(fd);
}

/* The text in answer["return"][key], or in answer["return"] itself. */
static const char *text_in(struct stage *s, json_object *answer, const char *key)
{
    json_object *value;

    if (!json_object_object_get_ex(answer, "return", &value) ||
        (key && !json_object_object_get_ex(value, key, &value)))
        return "";
    return text_of(s, "%s", json_object_get_string(value));
}

static const char *ask_text(struct stage *s, struct guest *g, const char *command, const char *key)
{
    json_object *answer = call(s, g, command, NULL);
    const char *text = text_in(s, answer, key);

    json_object_put(answer);
    return text;
}

const char *hmp(struct stage *s, struct guest *g, const char *format, ...)
{
    json_object *answer;
    const char *text;
    va_list args;

    va_start(args, format);
    text = vtext_of(s, format, args);
    va_end(args);
    answer = call(s, g, "human-monitor-command", "{\"command-line\": \"%s\"}", text);
    text = text_in(s, answer, NULL);
    json_object_put(answer);
    return text;
}

static void greet(struct stage *s, struct guest *g)
{
    json_object *greeting = next_message(g, now() + QMP_LIMIT);

    if (!greeting) {
        wait_end(g, 2);
        went_wrong(s, "%s did not start\n%s", g->name, last_words(s, g));
        return;
    }
    json_object_put(greeting);
    qmp(s, g, "qmp_capabilities", NULL);
}

struct guest *start(struct stage *s, const char *which, const char *format, ...)
{
    struct guest *g;
    va_list args;

    va_start(args, format);
    g = spawn(s, which, vtext_of(s, format, args));
    va_end(args);
    if (g)
        greet(s, g);
    return g;
}

struct guest *try_start(struct stage *s, const char **why, const char *which, const char *format,
                        ...)
{
    struct guest *g;
    va_list args;

    va_start(args, format);
    g = spawn(s, which, vtext_of(s, format, args));
    va_end(args);
    if (!g)
        return NULL;
    /* It greets before it makes its devices, and answers when it has them. */
    json_object *greeting = next_message(g, now() + QMP_LIMIT);
    json_object *answer = greeting ? try_ask(g, "{\"execute\": \"qmp_capabilities\"}\n") : NULL;
    json_object_put(greeting);
    if (!answer) {
        expect_any_end(s, g);
        *why = stderr_of(s, g);
        return NULL;
    }
    json_object_put(answer);
    return g;
}

void expect_no_start(struct stage *s, const char *which, const char *text, const char *format, ...)
{
    struct guest *g;
    va_list args;

    va_start(args, format);
    g = spawn(s, which, vtext_of(s, format, args));
    va_end(args);
    if (g)
        expect_end(s, g, text);
}

void expect_said(struct stage *s, struct guest *g, const char *text)
{
    if (!is_wrong(s) && !strstr(stderr_of(s, g), text))
        went_wrong(s, "%s did not say: %s\nbut:\n%s", g->name, text, last_words(s, g));
}

void expect_silent(struct stage *s, struct guest *g, const char *text)
{
    if (!is_wrong(s) && strstr(stderr_of(s, g), text))
        went_wrong(s, "%s must not say: %s\n%s", g->name, text, last_words(s, g));
}

static unsigned long long length_in(const char *table, const char *name)
{
    for (const char *line = table; line; line = strchr(line, '\n')) {
        char block[300];
        unsigned long long used;

        line += *line == '\n';
        /* name, page size and its unit, offset, used, total */
        if (sscanf(line, " %299s %*u %*s %*x %llx", block, &used) == 2 && !strcmp(block, name))
            return used;
    }
    return 0;
}

unsigned long long block_length_of(struct stage *s, struct guest *g, const char *name)
{
    return length_in(hmp(s, g, "info ramblock"), name);
}

void expect_block(struct stage *s, struct guest *g, const char *name, unsigned long long length)
{
    const char *table = hmp(s, g, "info ramblock");
    unsigned long long found = length_in(table, name);

    if (found != length)
        went_wrong(s, "%s: block %s has 0x%llx bytes, expected 0x%llx\n%s", g ? g->name : "?", name,
                   found, length, table);
}

static const char *property(struct stage *s, struct guest *g, const char *id, const char *name)
{
    json_object *answer = call(
        s, g, "qom-get", "{\"path\": \"/machine/peripheral/%s\", \"property\": \"%s\"}", id, name);
    const char *value = text_in(s, answer, NULL);

    json_object_put(answer);
    return value;
}

void expect_text(struct stage *s, struct guest *g, const char *id, const char *name,
                 const char *value)
{
    const char *found = property(s, g, id, name);

    if (strcmp(found, value))
        went_wrong(s, "%s: %s of %s is '%s', expected '%s'", g ? g->name : "?", name, id, found,
                   value);
}

void expect_number(struct stage *s, struct guest *g, const char *id, const char *name,
                   long long value)
{
    const char *found = property(s, g, id, name);

    if (strtoll(found, NULL, 10) != value)
        went_wrong(s, "%s: %s of %s is %s, expected %lld", g ? g->name : "?", name, id, found,
                   value);
}

void expect_status(struct stage *s, struct guest *g, const char *status)
{
    const char *found = ask_text(s, g, "query-status", "status");

    if (strcmp(found, status))
        went_wrong(s, "%s is %s, expected %s", g ? g->name : "?", found, status);
}

/* --- migration ------------------------------------------------------------------------------ */

/* Waits until query-migrate says `want`. What it said instead, if it gave up. */
static void wait_migration(struct stage *s, struct guest *g, const char *want, struct guest *other)
{
    const char *status = "";

    for (double limit = now() + MIGRATION_LIMIT; !is_wrong(s); nap()) {
        status = ask_text(s, g, "query-migrate", "status");
        if (!strcmp(status, want))
            return;
        if (!strcmp(status, "failed") || !strcmp(status, "completed") || now() > limit)
            break;
    }
    if (other)
        wait_end(other, 2);
    went_wrong(s, "%s: migration is %s, expected %s\n%s%s", g ? g->name : "?", status, want,
               g ? last_words(s, g) : "", other ? last_words(s, other) : "");
}

static void wait_arrival(struct stage *s, struct guest *g)
{
    wait_migration(s, g, "completed", NULL);
    for (double limit = now() + MIGRATION_LIMIT; !is_wrong(s); nap()) {
        if (strcmp(ask_text(s, g, "query-status", "status"), "inmigrate"))
            return;
        if (now() > limit)
            went_wrong(s, "%s stays in inmigrate", g->name);
    }
}

static void start_migration(struct stage *s, struct guest *from, struct guest *to, int flags)
{
    /* Relative: every QEMU runs in the scenario's directory, and the length of a socket's
     * name is limited. */
    const char *uri = text_of(s, "unix:socket-%zu", s->text_count);

    if (flags & POSTCOPY) {
        const char *on = "{\"capabilities\": [{\"capability\": \"postcopy-ram\", \"state\": true},"
                         "{\"capability\": \"events\", \"state\": true}]}";

        qmp(s, from, "migrate-set-capabilities", "%s", on);
        qmp(s, to, "migrate-set-capabilities", "%s", on);
        /* So slow that the first phase cannot end before the second is asked for. */
        qmp(s, from, "migrate-set-parameters", "{\"max-bandwidth\": 4096}");
    }
    qmp(s, to, "migrate-incoming", "{\"uri\": \"%s\"}", uri);
    qmp(s, from, "migrate", "{\"uri\": \"%s\"}", uri);
}

void migrate(struct stage *s, struct guest *from, struct guest *to, int flags)
{
    if (is_wrong(s))
        return;
    start_migration(s, from, to, flags);
    if (flags & POSTCOPY) {
        wait_migration(s, from, "active", to);
        qmp(s, from, "migrate-start-postcopy", NULL);
    }
    wait_migration(s, from, "completed", to);
    wait_arrival(s, to);
    if (flags & POSTCOPY && !is_wrong(s) &&
        (!from->events || !strstr(from->events, "\"postcopy-active\"")))
        went_wrong(s, "%s: the migration never was in postcopy-active", from->name);
}

/* The source has sent all; the destination may still refuse what it reads last. */
static const char *try_arrive(struct stage *s, struct guest *to)
{
    static const char query[] = "{\"execute\": \"query-migrate\", \"arguments\": {}}\n";
    const char *status = "";

    for (double limit = now() + MIGRATION_LIMIT; now() < limit; nap()) {
        json_object *answer = try_ask(to, query);

        if (!answer) {
            expect_any_end(s, to);
            return stderr_of(s, to);
        }
        status = text_in(s, answer, "status");
        json_object_put(answer);
        if (strcmp(status, "completed") == 0) {
            wait_arrival(s, to);
            return NULL;
        }
    }
    went_wrong(s, "%s: migration is %s", to->name, status);
    return "";
}

const char *try_migrate(struct stage *s, struct guest *from, struct guest *to, int flags)
{
    bool is_asked = false;
    const char *status = "";

    start_migration(s, from, to, flags);
    for (double limit = now() + MIGRATION_LIMIT; !is_wrong(s) && now() < limit; nap()) {
        status = ask_text(s, from, "query-migrate", "status");
        /* A source waits for a destination to come back, and one that refused the guest for it. */
        if (!strcmp(status, "postcopy-paused") && to &&
            strstr(stderr_of(s, to), "load of migration failed"))
            kill(to->pid, SIGKILL);
        else if (!strcmp(status, "completed"))
            return try_arrive(s, to);
        if (!strcmp(status, "failed") || wait_end(to, 0)) {
            expect_any_end(s, to);
            return stderr_of(s, to);
        }
        if (!strcmp(status, "active") && flags & POSTCOPY && !is_asked) {
            qmp(s, from, "migrate-start-postcopy", NULL);
            is_asked = true;
        }
    }
    went_wrong(s, "%s: migration is %s\n%s", from ? from->name : "?", status,
               to ? last_words(s, to) : "");
    return "";
}

void expect_migration_refused(struct stage *s, struct guest *from, struct guest *to,
                              const char *text)
{
    const char *uri = text_of(s, "unix:socket-%zu", s->text_count);
    const char *before = ask_text(s, from, "query-status", "status");

    qmp(s, to, "migrate-incoming", "{\"uri\": \"%s\"}", uri);
    qmp(s, from, "migrate", "{\"uri\": \"%s\"}", uri);
    if (is_wrong(s))
        return;
    expect_end(s, to, text);
    wait_migration(s, from, "failed", NULL);
    expect_status(s, from, before);
}

void migrate_out(struct stage *s, struct guest *from, const char *uri)
{
    qmp(s, from, "migrate", "{\"uri\": \"%s\"}", uri);
    wait_migration(s, from, "completed", NULL);
}

void migrate_in(struct stage *s, struct guest *to, const char *uri)
{
    qmp(s, to, "migrate-incoming", "{\"uri\": \"%s\"}", uri);
    wait_arrival(s, to);
}

const char *try_migrate_in(struct stage *s, struct guest *to, const char *uri)
{
    const char *line =
        text_of(s, "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"%s\"}}\n", uri);

    if (is_wrong(s))
        return "";
    json_object_put(try_ask(to, line));
    return try_arrive(s, to);
}

void expect_migrate_in_refused(struct stage *s, struct guest *to, const char *uri, const char *text)
{
    const char *said = try_migrate_in(s, to, uri);

    if (!is_wrong(s) && !said)
        went_wrong(s, "%s took the guest, expected: %s", to->name, text);
    else
        expect_said(s, to, text);
}

/* --- the guest's own voice ------------------------------------------------------------------- */

void wait_serial(struct stage *s, struct guest *g, const char *text, int seconds)
{
    const char *said = "", *found = NULL;

    for (double limit = now() + seconds; !is_wrong(s); nap()) {
        size_t texts = s->text_count, length;

        said = read_text(s, text_of(s, "%s/%s.serial", s->directory, g->name), &length);
        found = length > g->serial_seen ? strstr(said + g->serial_seen, text) : NULL;
        if (found) {
            g->serial_seen = (size_t)(found - said) + strlen(text);
            return;
        }
        if (now() > limit || wait_end(g, 0))
            went_wrong(s, "%s did not say on its serial line: %s\nbut: %s\n%s", g->name, text, said,
                       last_words(s, g));
        /* Polled texts are not worth keeping. */
        while (s->text_count > texts)
            free(s->texts[--s->text_count]);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

void wait_boot(struct stage *s, struct guest *g)
{
    wait_serial(s, g, "boot\n...", BOOT_LIMIT);
}

void wait_ticks(struct stage *s, struct guest *g)
{
    wait_serial(s, g, ".....", BOOT_LIMIT);
}

void expect_serial_lacks(struct stage *s, struct guest *g, const char *text)
{
    if (!is_wrong(s) &&
        strstr(read_text(s, text_of(s, "%s/%s.serial", s->directory, g->name), NULL), text))
        went_wrong(s, "%s must not say on its serial line: %s", g->name, text);
}

void reset(struct stage *s, struct guest *g)
{
    qmp(s, g, "system_reset", NULL);
    wait_boot(s, g);
}

void resume(struct stage *s, struct guest *g)
{
    qmp(s, g, "cont", NULL);
}

/* --- scenarios ------------------------------------------------------------------------------- */

static void remove_directory(const char *directory)
{
    char *command = NULL;

    if (asprintf(&command, "rm -rf '%s'", directory) > 0 && system(command))
        printf("# %s: cannot be removed\n", directory);
    free(command);
}

static void play(const struct scenario *scenario, int number)
{
    struct stage s = {.reason = ""};
    double began = now();

    snprintf(s.directory, sizeof(s.directory), "%s/scratch/%d-%d", qemu_directory, (int)getpid(),
             number);
    remove_directory(s.directory);
    if (mkdir(s.directory, 0755))
        went_wrong(&s, "%s: %s", s.directory, strerror(errno));
    scenario->play(&s, scenario->data);
    for (struct guest *g = s.guests, *next; g; g = next) {
        next = g->next;
        end(g);
        free(g->received);
        free(g->events);
        free(g);
    }
    if (s.skipped) {
        ok(true, "%s # SKIP %s", scenario->name, s.skipped);
        remove_directory(s.directory);
    } else if (!ok(!is_wrong(&s), "%s", scenario->name)) {
        for (char *line = strtok(s.reason, "\n"); line; line = strtok(NULL, "\n"))
            printf("# %s\n", line);
        printf("# logs are kept in %s\n", s.directory);
    } else {
        if (getenv("V"))
            printf("# %.1f s\n", now() - began);
        remove_directory(s.directory);
    }
    while (s.text_count)
        free(s.texts[--s.text_count]);
    free(s.texts);
}

int play_scenarios(const struct scenario *scenarios, size_t count, int argc, char **argv)
{
    qemu_directory = getenv("ROMCOMPAT_QEMU");
    if (!qemu_directory) {
        fputs("Bail out! ROMCOMPAT_QEMU is not set; tests/qemu/run sets it\n", stdout);
        return 2;
    }
    snprintf(programs, sizeof(programs), "%s/bin", qemu_directory);
    for (size_t i = 0; i < count; i++) {
        bool wanted = argc < 2;

        for (int a = 1; a < argc; a++)
            wanted |= strstr(scenarios[i].name, argv[a]) != NULL;
        if (wanted)
            play(&scenarios[i], (int)i + 1);
    }
    return tap_done();
}
