/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qmp.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/qmp_session.h"

/* "pc-q35-7.2" out of "pc-q35-7.2-machine". */
static char *read_machine(struct qmp_session *p)
{
    static const char suffix[] = "-machine";
    struct failure ignored;
    bool refused;
    struct json_object *answer = qmp_ask(p,
                                         "{\"execute\": \"qom-get\", \"arguments\": {\"path\": "
                                         "\"/machine\", \"property\": \"type\"}}\n",
                                         -1, &refused, &ignored);
    char *type = answer ? qmp_string(answer, NULL) : NULL;

    json_object_put(answer);
    if (!type)
        return NULL;
    size_t n = strlen(type), cut = sizeof suffix - 1;
    if (n > cut && strcmp(type + n - cut, suffix) == 0)
        type[n - cut] = '\0';
    return type;
}

static char *read_table(struct qmp_session *p, struct failure *f)
{
    bool refused;
    struct json_object *answer =
        qmp_ask(p, "{\"execute\": \"x-query-ramblock\"}\n", -1, &refused, f);
    char *text = NULL;

    if (!answer)
        return refused ? qmp_human(p, "info ramblock", f) : NULL;
    text = qmp_string(answer, "human-readable-text");
    if (!text)
        fail(f, "%s: the answer to 'info ramblock' is not text", p->name);
    json_object_put(answer);
    return text;
}

static int talk(struct qmp_session *p, struct saved_guest *guest, struct failure *f)
{
    char *machine = read_machine(p);
    char *text = read_table(p, f);
    int result = text ? saved_guest_from_text(p->name, text, strlen(text), guest, f) : -1;

    free(text);
    if (result != 0) {
        free(machine);
        return -1;
    }
    guest->kind = SAVED_RUNNING;
    guest->machine = machine;
    guest->qemu = p->version;
    free(guest->description);
    guest->description = xstrdup("running QEMU");
    return 0;
}

int qmp_read_guest(const char *socket_path, struct saved_guest *guest, struct failure *f)
{
    struct qmp_session session;
    int result = qmp_open(socket_path,
                          "Where libvirt holds the socket: virsh qemu-monitor-command GUEST --hmp "
                          "'info ramblock' > FILE, and give that FILE.",
                          &session, f);

    if (result == 0)
        result = talk(&session, guest, f);
    qmp_close(&session);
    return result;
}
