/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qmp.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/guest_encryption.h"
#include "inputs/qmp_session.h"

/* A property that is a string, or NULL. *refused: there is no such property. `path` and `property`
 * must be fit for JSON as they are. */
static char *read_property(struct qmp_session *p, const char *path, const char *property,
                           bool *refused)
{
    char *line = xasprintf("{\"execute\": \"qom-get\", \"arguments\": {\"path\": "
                           "\"%s\", \"property\": \"%s\"}}\n",
                           path, property);
    struct failure ignored;

    *refused = false;
    struct json_object *answer = qmp_ask(p, line, -1, refused, &ignored);
    char *value = answer ? qmp_string(answer, NULL) : NULL;

    json_object_put(answer);
    free(line);
    return value;
}

/* A property that is a number; 0 where there is none. */
static uint64_t read_number(struct qmp_session *p, const char *path, const char *property)
{
    char *line = xasprintf("{\"execute\": \"qom-get\", \"arguments\": {\"path\": "
                           "\"%s\", \"property\": \"%s\"}}\n",
                           path, property);
    struct failure ignored;
    bool refused;
    struct json_object *answer = qmp_ask(p, line, -1, &refused, &ignored);
    uint64_t value = answer ? json_object_get_uint64(answer) : 0;

    json_object_put(answer);
    free(line);
    return value;
}

/* "pc-q35-7.2" out of "pc-q35-7.2-machine". */
static char *read_machine(struct qmp_session *p)
{
    static const char suffix[] = "-machine";
    bool refused;
    char *type = read_property(p, "/machine", "type", &refused);

    if (!type)
        return NULL;
    size_t n = strlen(type), cut = sizeof suffix - 1;
    if (n > cut && strcmp(type + n - cut, suffix) == 0)
        type[n - cut] = '\0';
    return type;
}

/* An object's id or path as QEMU lets it be, and nothing that JSON would have to quote. */
static bool is_plain(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "/-._[]")] == '\0';
}

/* The path of the object that encrypts the guest's memory, "": none does, NULL: QEMU does not say. QEMU
 * hw/core/machine.c: a link from 6.0 on, before it the object's id. */
static char *encrypting_object(struct qmp_session *p)
{
    bool refused;
    char *object = read_property(p, "/machine", "confidential-guest-support", &refused);

    if (!refused)
        return object;
    char *id = read_property(p, "/machine", "memory-encryption", &refused);
    if (refused || (id && !*id))
        object = xstrdup("");
    else if (id)
        object = xasprintf("/objects/%s", id);
    free(id);
    return object;
}

static void take_encryption(struct qmp_session *p, struct saved_guest *guest)
{
    bool refused;
    char *object = encrypting_object(p), *type = NULL;

    if (!object)
        guest->doubt = xstrdup("whether its memory is encrypted is not known: QEMU does not say");
    else if (*object && is_plain(object))
        type = read_property(p, object, "type", &refused);
    if (type && strcmp(type, "sev-guest") == 0)
        guest->encryption = xstrdup(guest_encryption(type, read_number(p, object, "policy")));
    else if (object && *object)
        guest->encryption = xstrdup(type ? guest_encryption(type, 0) : object);
    free(type);
    free(object);
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
        fail(f, "%s: the answer to 'info ramblock' is not a string", p->name);
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
    take_encryption(p, guest);
    return 0;
}

#define BUSY_FIX                                                                    \
    "Where libvirt holds the socket: virsh qemu-monitor-command GUEST --hmp 'info " \
    "ramblock' > FILE, and give that FILE."

char *qmp_read_ramblocks(int fd, const char *name, struct failure *f)
{
    struct qmp_session session;
    char *text = qmp_begin(fd, name, BUSY_FIX, &session, f) == 0 ? read_table(&session, f) : NULL;

    qmp_close(&session);
    return text;
}

int qmp_read_guest(const char *socket_path, struct saved_guest *guest, struct failure *f)
{
    struct qmp_session session;
    int result = qmp_open(socket_path, BUSY_FIX, &session, f);

    if (result == 0)
        result = talk(&session, guest, f);
    qmp_close(&session);
    return result;
}
