/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/landing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/json.h"
#include "outputs/child.h"

enum { LINE_MAX_BYTES = 1 << 20, OUTPUT_MAX = 1 << 20 };

/* What is said to QEMU, one after the other; each is answered before the next. */
enum { COMMANDS_MAX = 6 };

struct talk {
    const char *commands[COMMANDS_MAX];
    size_t next;
    const char *text; /* of the command that is being sent */
    char line[LINE_MAX_BYTES];
    size_t have;
    bool waits;    /* for the guest to have arrived, before the last command */
    bool arrived;  /* all was read, and taken */
    char *refused; /* a command was answered with an error */
};

/* The rest of a stream that goes through a pipe. */
struct feed {
    struct saved_stream *stream;
    int fd;
    const uint8_t *bytes;
    size_t left;
    char *fault; /* the stream cannot be read */
};

static const char QUIT[] = "{\"execute\": \"quit\"}\n";

/* --- QMP ------------------------------------------------------------------------------------- */

static void say_next(struct talk *t)
{
    const char *next = t->next < COMMANDS_MAX ? t->commands[t->next] : NULL;

    if (next && !(next == QUIT && t->waits && !t->arrived && !t->refused)) {
        t->text = next;
        t->next++;
    }
}

static void take_line(struct talk *t, const char *line)
{
    struct json_object *o = json_tokener_parse(line), *value, *data, *status;

    if (json_object_object_get_ex(o, "QMP", &value) ||
        json_object_object_get_ex(o, "return", &value)) {
        say_next(t);
    } else if (json_object_object_get_ex(o, "error", &value)) {
        if (!t->refused && json_object_object_get_ex(value, "desc", &data))
            t->refused = xstrdup(json_object_get_string(data));
        t->text = QUIT;
        t->next = COMMANDS_MAX;
    } else if (json_object_object_get_ex(o, "event", &value) &&
               strcmp(json_object_get_string(value), "MIGRATION") == 0 &&
               json_object_object_get_ex(o, "data", &data) &&
               json_object_object_get_ex(data, "status", &status) &&
               strcmp(json_object_get_string(status), "completed") == 0) {
        t->arrived = true;
        say_next(t);
    }
    json_object_put(o);
}

static bool send_text(struct talk *t, int fd)
{
    ssize_t n = send(fd, t->text, strlen(t->text), MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n > 0)
        t->text = t->text[n] ? t->text + n : NULL;
    return n > 0 || errno == EAGAIN || errno == EINTR;
}

static short talk_ready(void *arg, int fd)
{
    struct talk *t = arg;
    ssize_t n = recv(fd, t->line + t->have, sizeof t->line - 1 - t->have, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        return 0;
    for (char *newline; n > 0 && (newline = memchr(t->line + t->have, '\n', (size_t)n));) {
        size_t length = (size_t)(newline - t->line) + 1, all = t->have + (size_t)n;

        *newline = '\0';
        take_line(t, t->line);
        memmove(t->line, t->line + length, all - length);
        t->have = 0;
        n = (ssize_t)(all - length);
    }
    t->have += n > 0 ? (size_t)n : 0;
    if (t->have == sizeof t->line - 1 || (t->text && !send_text(t, fd)))
        return 0;
    return t->text ? POLLIN | POLLOUT : POLLIN;
}

/* --- the stream --------------------------------------------------------------------------------- */

static short feed_ready(void *arg, int fd)
{
    struct feed *feed = arg;
    struct failure f;

    if (!feed->left) {
        int64_t n = saved_stream_next(feed->stream, &feed->bytes, &f);

        if (n < 0)
            feed->fault = xstrdup(f.what);
        if (n <= 0) {
            close(fd);
            feed->fd = -1;
            return 0;
        }
        feed->left = (size_t)n;
    }
    ssize_t n = write(fd, feed->bytes, feed->left);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        close(fd); /* QEMU reads no further: it says why */
        feed->fd = -1;
        return 0;
    }
    feed->bytes += n > 0 ? n : 0;
    feed->left -= n > 0 ? (size_t)n : 0;
    return POLLOUT;
}

/* --- one run ------------------------------------------------------------------------------------- */

struct run {
    const struct landing_arguments *arguments;
    const char *qemu;
    char *own[8]; /* arguments beside those */
    size_t own_count;
    int keep[2]; /* QEMU's ends: of QMP, of the stream */
    struct talk *talk;
    struct feed feed;
};

static const char **argv_of(const struct run *r, const char *monitor)
{
    const char **argv = xcalloc(r->arguments->count + r->own_count + 8, sizeof *argv);
    size_t n = 0;

    argv[n++] = r->qemu;
    for (size_t i = 0; i < r->arguments->count; i++)
        argv[n++] = r->arguments->list[i];
    for (size_t i = 0; i < r->own_count; i++)
        argv[n++] = r->own[i];
    argv[n++] = "-S";
    argv[n++] = "-chardev";
    argv[n++] = monitor;
    argv[n++] = "-mon";
    argv[n++] = "chardev=romcompat-landing,mode=control";
    return argv;
}

/* 0, with how it ended in *result; or -1. */
static int run_qemu(struct run *r, struct child_result *result, struct failure *f)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(f, "%s: %s", r->qemu, strerror(errno));
    char *monitor = xasprintf("socket,id=romcompat-landing,fd=%d", ends[1]);
    const char **argv = argv_of(r, monitor);
    struct child c = {.argv = argv,
                      .is_nobody = true,
                      .has_guest = true,
                      .output_max = OUTPUT_MAX,
                      .seconds = LANDING_SECONDS,
                      .keep = {ends[1], r->keep[1]},
                      .channels = {{ends[0], POLLIN, talk_ready, r->talk},
                                   {r->feed.fd, POLLOUT, feed_ready, &r->feed}}};

    for (size_t i = 0; i < r->arguments->tap_count; i++)
        c.keep[2 + i] = r->arguments->taps[i];
    if (!r->feed.stream)
        c.channels[1].events = 0;
    int ended = child_run(&c, result, f);
    free(argv);
    free(monitor);
    close(ends[0]);
    close(ends[1]);
    return ended;
}

static void add_own(struct run *r, char *text)
{
    r->own[r->own_count++] = text;
}

/* --- what it means --------------------------------------------------------------------------------- */

/* What depends on who runs it or on stand-ins, not on the guest. */
static const char *doubt_of(const char *said, const struct landing_arguments *a)
{
    if (strstr(said, "KVM kernel module") || strstr(said, "failed to initialize kvm"))
        return "QEMU could not use KVM as user nobody";
    if (a->no_peers && strstr(said, "Features 0x"))
        return "a network card has no tap here, and so not the offloads that the guest uses";
    if (strstr(said, "Permission denied"))
        return "user nobody, as which QEMU runs here, cannot read a file";
    return NULL;
}

/* The last line that is no warning says the consequence, the first the cause. */
static char *first_error(const char *said)
{
    for (const char *line = said; *line;) {
        size_t n = strcspn(line, "\n");
        char *text = xstrndup(line, n);

        if (n && !strstr(text, "warning:"))
            return text;
        free(text);
        line += n + (line[n] == '\n');
    }
    return NULL;
}

static void judge(struct landing *l, const struct run *r, const struct child_result *result,
                  bool was_loaded)
{
    const char *doubt = doubt_of(result->message, r->arguments);
    char *error = first_error(result->message);

    free(l->said);
    l->said = xstrdup(result->message);
    if (r->feed.fault) {
        *l = (struct landing){QEMU_NOT_KNOWN, xstrdup(r->feed.fault), l->said};
    } else if (r->talk->refused) {
        *l = (struct landing){QEMU_NOT_KNOWN, xstrdup(r->talk->refused), l->said};
    } else if (was_loaded && result->status == 0) {
        *l = (struct landing){QEMU_YES, NULL, l->said};
    } else if (doubt) {
        *l = (struct landing){QEMU_NOT_KNOWN,
                              xasprintf("%s: %s", doubt, error ? error : "no reason is given"),
                              l->said};
    } else {
        *l = (struct landing){
            QEMU_NO,
            error ? xstrdup(error)
                  : xasprintf("QEMU ended with exit status %d and said nothing", result->status),
            l->said};
    }
    free(error);
}

/* --- the two ways ------------------------------------------------------------------------------------ */

static void begin_talk(struct talk *t, const char *capabilities, const char *incoming)
{
    size_t n = 0;

    t->commands[n++] = "{\"execute\": \"qmp_capabilities\"}\n";
    if (incoming) {
        t->commands[n++] = capabilities;
        t->commands[n++] = incoming;
        t->waits = true;
    }
    t->commands[n++] = QUIT;
}

/* A snapshot is loaded by a QEMU that has started as from cold: it reads ROM files. */
static int start_cold(struct run *r, struct landing *l, struct failure *f)
{
    struct child_result result;

    begin_talk(r->talk, NULL, NULL);
    if (run_qemu(r, &result, f) != 0)
        return -1;
    judge(l, r, &result, r->talk->next == 2);
    child_result_free(&result);
    return 0;
}

/* The stream as a descriptor of QEMU's; its name there. NULL with *f set. */
static char *open_stream(struct run *r, const struct destination *to, struct saved_stream *stream,
                         struct failure *f)
{
    uint64_t offset;
    int file = saved_stream_file(stream, &offset), ends[2];

    if (file >= 0 && qemu_has(&to->version, QEMU_FILE_STREAM) == QEMU_YES) {
        r->keep[1] = file;
        add_own(r, xstrdup("-add-fd"));
        add_own(r, xasprintf("fd=%d,set=1", file));
        return xasprintf("file:/dev/fdset/1,offset=%" PRIu64, offset);
    }
    if (file >= 0) {
        r->keep[1] = file;
        if (lseek(file, (off_t)offset, SEEK_SET) >= 0)
            return xasprintf("fd:%d", file);
        fail(f, "%s", strerror(errno));
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail(f, "%s", strerror(errno));
        return NULL;
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    r->keep[1] = ends[0];
    r->feed = (struct feed){.stream = stream, .fd = ends[1]};
    return xasprintf("fd:%d", ends[0]);
}

static int arrive(struct run *r, const struct destination *to, struct saved_stream *stream,
                  bool mapped_ram, struct landing *l, struct failure *f)
{
    struct child_result result;
    char *uri = open_stream(r, to, stream, f), *incoming, *capabilities;

    if (!uri)
        return -1;
    bool has_pipe = r->feed.stream;
    incoming = xasprintf("{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": "
                         "\"%s\"}}\n",
                         uri);
    capabilities =
        xasprintf("{\"execute\": \"migrate-set-capabilities\", \"arguments\": "
                  "{\"capabilities\": [{\"capability\": \"events\", \"state\": "
                  "true}%s]}}\n",
                  mapped_ram ? ", {\"capability\": \"mapped-ram\", \"state\": true}" : "");
    add_own(r, xstrdup("-incoming"));
    add_own(r, xstrdup("defer"));
    begin_talk(r->talk, capabilities, incoming);
    int ended = run_qemu(r, &result, f);
    if (ended == 0) {
        judge(l, r, &result, r->talk->arrived);
        child_result_free(&result);
    }
    if (has_pipe) {
        close(r->keep[1]);
        if (r->feed.fd >= 0)
            close(r->feed.fd);
    }
    free(uri);
    free(incoming);
    free(capabilities);
    return ended;
}

static void run_free(struct run *r)
{
    for (size_t i = 0; i < r->own_count; i++)
        free(r->own[i]);
    free(r->talk->refused);
    free(r->talk);
    free(r->feed.fault);
}

int landing_try(const struct destination *to, const struct landing_arguments *arguments,
                struct saved_stream *stream, bool mapped_ram, bool loads, struct landing *landing,
                struct failure *f)
{
    struct run cold = {arguments, to->qemu, .talk = xcalloc(1, sizeof *cold.talk)};
    struct run run = {arguments, to->qemu, .talk = xcalloc(1, sizeof *run.talk)};
    int result = 0;

    *landing = (struct landing){.answer = QEMU_YES};
    if (loads)
        result = start_cold(&cold, landing, f);
    if (result == 0 && landing->answer == QEMU_YES)
        result = arrive(&run, to, stream, mapped_ram, landing, f);
    run_free(&cold);
    run_free(&run);
    if (result != 0)
        landing_free(landing);
    return result;
}

void landing_free(struct landing *l)
{
    free(l->why);
    free(l->said);
    *l = (struct landing){0};
}
