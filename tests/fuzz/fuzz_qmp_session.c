/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what the other side of a QMP socket says before it goes: answers to a command, and
 * to one of the human monitor. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inputs/qmp_session.h"
#include "target.h"

/* Nobody reads the questions: the socket holds this many. */
enum { QUESTIONS = 64 };

static void ask_until_it_ends(struct qmp_session *session)
{
    struct json_object *answer;
    struct failure f = {0};
    bool refused;

    for (int i = 0; i < QUESTIONS; i++) {
        answer = qmp_ask(session, "{\"execute\":\"query-status\"}\n", -1, &refused, &f);
        if (!answer) {
            if (!f.what[0])
                abort();
            return;
        }
        free(qmp_string(answer, "status"));
        free(qmp_string(answer, NULL));
        json_object_put(answer);
        free(qmp_human(session, "info ramblock", &f));
    }
}

static void talk(const uint8_t *data, size_t size, bool greets)
{
    struct qmp_session session = {.name = "fuzz"};
    struct failure f = {0};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        send(pair[1], data, size, 0) != (ssize_t)size || shutdown(pair[1], SHUT_WR) != 0)
        abort();
    session.fd = pair[0];
    if (greets && qmp_begin(pair[0], "fuzz", "fix", &session, &f) != 0) {
        if (!f.what[0])
            abort();
    } else {
        ask_until_it_ends(&session);
    }
    qmp_close(&session);
    close(pair[1]);
}

int try_input(const uint8_t *data, size_t size)
{
    enum { SOCKET_HOLDS = 64 << 10 };

    if (size > SOCKET_HOLDS)
        return 0;
    talk(data, size, true);
    talk(data, size, false);
    return 0;
}
