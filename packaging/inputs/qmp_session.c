/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qmp_session.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/date.h"
#include "base/memory.h"
#include "inputs/json.h"
#include "outputs/json.h"

/* As deep as QMP's own answers are, and more. */
enum { DEPTH_MAX = 32 };

/* Waits until the socket is ready for `events`. 0 or -1. */
static int wait_for(struct qmp_session *p, short events, int64_t limit, struct failure *f)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = p->fd, .events = events};
        int64_t left = limit - milliseconds_now();
        int r = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;

        if (r > 0)
            return 0;
        if (r == 0)
            return fail(f, "%s: no answer in %d seconds", p->name, QMP_ANSWER_SECONDS);
        if (errno != EINTR)
            return fail(f, "%s: %s", p->name, strerror(errno));
    }
}

/* The next line as JSON, or NULL with *f set. */
static struct json_object *next_message(struct qmp_session *p, int64_t limit, struct failure *f)
{
    size_t seen = 0;

    for (;;) {
        char *newline = p->have > seen ? memchr(p->text + seen, '\n', p->have - seen) : NULL;

        if (newline) {
            size_t length = (size_t)(newline - p->text);
            struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);

            if (!tokener)
                give_up("out of memory");
            struct json_object *o = json_tokener_parse_ex(tokener, p->text, (int)length);
            bool is_whole = json_tokener_get_error(tokener) == json_tokener_success;
            json_tokener_free(tokener);
            p->have -= length + 1;
            memmove(p->text, newline + 1, p->have);
            if (is_whole && json_object_is_type(o, json_type_object))
                return o;
            json_object_put(o);
            fail(f, "%s: not a QMP socket (its answer is not a JSON object)", p->name);
            return NULL;
        }
        seen = p->have;
        if (p->have >= QMP_ANSWER_MAX) {
            fail(f, "%s: an answer is too long (limit %zu bytes)", p->name, QMP_ANSWER_MAX);
            return NULL;
        }
        if (p->capacity - p->have < 4096) {
            p->capacity = p->capacity ? 2 * p->capacity : 16384;
            p->text = xreallocarray(p->text, p->capacity, 1);
        }
        if (wait_for(p, POLLIN, limit, f) != 0)
            return NULL;
        ssize_t n = recv(p->fd, p->text + p->have, p->capacity - p->have, MSG_DONTWAIT);
        if (n > 0) {
            p->have += (size_t)n;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            fail(f, "%s: closed by the other side", p->name);
            return NULL;
        }
    }
}

/* The first part carries `fd`, where there is one. */
static ssize_t send_some(struct qmp_session *p, const char *text, size_t size, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {0};
    struct iovec part = {.iov_base = (void *)text, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    return sendmsg(p->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_line(struct qmp_session *p, const char *line, int fd, int64_t limit,
                     struct failure *f)
{
    for (size_t left = strlen(line); left;) {
        ssize_t n = send_some(p, line, left, fd);

        if (n > 0) {
            line += n;
            left -= (size_t)n;
            fd = -1;
        } else if (errno == EAGAIN) {
            if (wait_for(p, POLLOUT, limit, f) != 0)
                return -1;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return fail(f, "%s: closed by the other side", p->name);
        } else if (errno != EINTR) {
            return fail(f, "%s: %s", p->name, strerror(errno));
        }
    }
    return 0;
}

struct json_object *qmp_ask(struct qmp_session *p, const char *line, int fd, bool *refused,
                            struct failure *f)
{
    int64_t limit = milliseconds_now() + QMP_ANSWER_SECONDS * 1000;
    struct json_object *message, *value, *text;

    *refused = false;
    if (send_line(p, line, fd, limit, f) != 0)
        return NULL;
    for (int i = 0; i < QMP_MESSAGES_MAX; i++) {
        message = next_message(p, limit, f);
        if (!message)
            return NULL;
        if (json_object_object_get_ex(message, "return", &value)) {
            json_object_get(value);
            json_object_put(message);
            if (!value)
                value = json_new();
            return value;
        }
        if (json_object_object_get_ex(message, "error", &value)) {
            *refused = true;
            const char *why = json_object_object_get_ex(value, "desc", &text)
                                  ? json_object_get_string(text)
                                  : "an error";
            fail(f, "%s: %.200s", p->name, why);
            json_object_put(message);
            return NULL;
        }
        json_object_put(message);
    }
    fail(f, "%s: too many messages and no answer (limit %d)", p->name, QMP_MESSAGES_MAX);
    return NULL;
}

char *qmp_string(struct json_object *answer, const char *key)
{
    struct json_object *o = answer;

    if (key && !json_object_object_get_ex(answer, key, &o))
        return NULL;
    return json_object_is_type(o, json_type_string) ? xstrdup(json_object_get_string(o)) : NULL;
}

char *qmp_human(struct qmp_session *p, const char *command, struct failure *f)
{
    char *line = xasprintf("{\"execute\": \"human-monitor-command\", \"arguments\": "
                           "{\"command-line\": \"%s\"}}\n",
                           command);
    bool refused;
    struct json_object *answer = qmp_ask(p, line, -1, &refused, f);
    char *text = answer ? qmp_string(answer, NULL) : NULL;

    if (answer && !text)
        fail(f, "%s: the answer to '%s' is not a string", p->name, command);
    json_object_put(answer);
    free(line);
    return text;
}

/* {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, ...}}} */
static void take_version(struct qmp_session *p, struct json_object *greeting)
{
    static const char *const path[] = {"QMP", "version", "qemu"};
    uint64_t major, minor, micro;

    for (size_t i = 0; greeting && i < sizeof path / sizeof *path; i++)
        greeting = json_member(greeting, path[i], json_type_object);
    if (greeting && json_member_number(greeting, "major", &major) &&
        json_member_number(greeting, "minor", &minor) &&
        json_member_number(greeting, "micro", &micro) && major < 1000 && minor < 1000 &&
        micro < 1000)
        p->version = (struct qemu_version){(unsigned)major, (unsigned)minor, (unsigned)micro};
}

static int begin(struct qmp_session *p, const char *busy_fix, struct failure *f)
{
    int64_t limit = milliseconds_now() + QMP_ANSWER_SECONDS * 1000;
    struct json_object *greeting = next_message(p, limit, f);
    bool refused, is_qmp = greeting && json_object_object_get_ex(greeting, "QMP", NULL);

    if (!greeting)
        return fail_hint(f, "%s", busy_fix);
    take_version(p, greeting);
    json_object_put(greeting);
    if (!is_qmp)
        return fail(f, "%s: not a QMP socket (its greeting has no \"QMP\")", p->name);
    struct json_object *ready =
        qmp_ask(p, "{\"execute\": \"qmp_capabilities\"}\n", -1, &refused, f);
    json_object_put(ready);
    return ready ? 0 : -1;
}

int qmp_connect(const char *socket_path, struct failure *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(socket_path) >= sizeof address.sun_path)
        return fail(f,
                    "%s: the path of a socket is too long (found %zu bytes, expected at most %zu)",
                    socket_path, strlen(socket_path), sizeof address.sun_path - 1);
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(f, "%s: %s", socket_path, strerror(errno));
    /* connect() waits for the other side to accept: a stalled one must not hold us. */
    struct timeval limit = {.tv_sec = QMP_ANSWER_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const void *)&address, sizeof address) == 0)
        return fd;
    fail(f, "%s: %s", socket_path, strerror(errno));
    close(fd);
    return -1;
}

int qmp_begin(int fd, const char *name, const char *busy_fix, struct qmp_session *p,
              struct failure *f)
{
    *p = (struct qmp_session){.name = name, .fd = fd};
    return begin(p, busy_fix, f);
}

int qmp_open(const char *socket_path, const char *busy_fix, struct qmp_session *p,
             struct failure *f)
{
    *p = (struct qmp_session){.name = socket_path, .fd = -1};
    int fd = qmp_connect(socket_path, f);

    return fd < 0 ? -1 : qmp_begin(fd, socket_path, busy_fix, p, f);
}

void qmp_close(struct qmp_session *p)
{
    if (p->fd >= 0)
        close(p->fd);
    free(p->text);
    *p = (struct qmp_session){.fd = -1};
}
