/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/live_guests.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/inventory.h"
#include "formats/ramblock_text.h"
#include "inputs/file.h"
#include "inputs/file_change.h"
#include "inputs/process_start.h"
#include "inputs/qemu_file.h"
#include "inputs/qemu_processes.h"
#include "inputs/qmp.h"
#include "inputs/qmp_session.h"
#include "inputs/saved_guest.h"
#include "outputs/child.h"
#include "outputs/file.h"

enum { ACCEPTS = 0x10000 /* Linux net/unix/af_unix.c: __SO_ACCEPTCON */ };
enum { WORD_MAX = 512, AT_ONCE = 500 /* Linux: an argument has at most 128 KiB */ };
enum { MARK_BYTES = 8, MARK_SIZE = 10 + 2 * MARK_BYTES + 2 };
#define ADDRESSES_MAX ((size_t)4 << 20) /* bytes of what is known of all */
#define VIRSH_OUTPUT_MAX ((size_t)256 << 20)
#define SOCKETS_MAX ((size_t)64 << 20) /* bytes of /proc/net/unix */

static void add(struct live_guests *live, long pid, char *blocks)
{
    APPEND(live->list, live->count, live->capacity, (struct live_guest){pid, blocks});
}

static void add_older(struct live_guests *live, long pid)
{
    APPEND(live->older, live->older_count, live->older_capacity, pid);
}

static int compare_pids(const void *a, const void *b)
{
    long one = *(const long *)a, other = *(const long *)b;

    return one < other ? -1 : one > other;
}

/* --- who can be asked where: in a process of its own -------------------------------------------- */

static void note_changes(const char *const *directories, int64_t *newest)
{
    for (; *directories; directories++) {
        int64_t change = directory_change(*directories, true);

        *newest = change > *newest ? change : *newest;
    }
}

static bool is_word(const char *text)
{
    return text && *text && text[strcspn(text, " \n\\'\"$;|&")] == '\0' && strlen(text) < WORD_MAX;
}

static bool is_uuid(const char *text)
{
    return text && strlen(text) == 36 && isxdigit((unsigned char)*text) &&
           strspn(text, "0123456789abcdefABCDEF-") == 36;
}

/* The path in a line of /proc/net/unix, its eighth field; an empty one where there is none. */
static const char *path_in(const char *line)
{
    for (int field = 0; field < 7; field++) {
        line += strspn(line, " ");
        line += strcspn(line, " \n");
    }
    return *line == ' ' ? line + 1 : "";
}

/* unix(7): whether a socket of that path waits for clients, and has none. A path is there as it was
 * bound, which may be relative; two of one relative path are taken for one. */
static bool is_free(const char *sockets, const char *path)
{
    bool listens = false, has_client = false;

    for (const char *line = sockets; line && *line;) {
        const char *bound = path_in(line), *end = strchr(line, '\n');
        size_t n = strcspn(bound, "\n"), all = strlen(path);
        unsigned flags = 0;

        if (n && n <= all && memcmp(path + all - n, bound, n) == 0 &&
            (n == all || path[all - n - 1] == '/') && sscanf(line, "%*s %*x %*x %x", &flags) == 1) {
            listens |= (flags & ACCEPTS) != 0;
            has_client |= (flags & ACCEPTS) == 0;
        }
        line = end ? end + 1 : NULL;
    }
    return listens && !has_client;
}

/* A line for each: "qmp PID PATH", or "libvirt PID UUID"; and "older PID -". */
static int find(void *arg, int fd)
{
    size_t count, size = 0;
    struct qemu_process *list = qemu_processes(&count, NULL, NULL);
    int net = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
    char *sockets = net < 0 ? NULL : (char *)read_stream(net, SOCKETS_MAX, &size);
    int64_t newest = 0;
    struct text text;
    FILE *out = text_begin(&text);

    (void)arg;
    note_changes(qemu_file_data_directories, &newest);
    note_changes(inventory_firmware_directories, &newest);
    for (size_t i = 0; i < count && i < LIVE_GUESTS_MAX; i++) {
        const struct qemu_command *c = &list[i].command;
        bool is_older = process_start((long)list[i].pid) <= newest;

        if (is_older)
            fprintf(out, "older %ld -\n", (long)list[i].pid);
        if (c->qmp && is_word(c->qmp) && is_free(sockets, c->qmp))
            fprintf(out, "qmp %ld %s\n", (long)list[i].pid, c->qmp);
        else if (is_uuid(c->uuid) && is_older)
            fprintf(out, "libvirt %ld %s\n", (long)list[i].pid, c->uuid);
    }
    char *all = text_end(&text);
    int result = write_all(fd, all, text.length);
    free(all);
    free(sockets);
    if (net >= 0)
        close(net);
    qemu_processes_free(list, count);
    return result == 0 ? 0 : 1;
}

/* --- asking ---------------------------------------------------------------------------------------- */

static int read_blocks(void *arg, int fd)
{
    const char *path = arg;
    struct failure f;
    char *text = qmp_read_ramblocks(CHILD_KEPT, path, &f);
    int result = text ? write_all(fd, text, strlen(text)) : -1;

    free(text);
    return result == 0 ? 0 : 1;
}

/* The socket is that of the process, or of another one of the same user: a command line can name
 * any. */
static bool is_served_by(int fd, long pid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    char *path = xasprintf("/proc/%ld", pid);
    struct stat st;
    bool is = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && stat(path, &st) == 0 &&
              st.st_uid == peer.uid;

    free(path);
    return is;
}

static void ask_socket(long pid, char *path, struct live_guests *live)
{
    struct child_result r = {0};
    struct failure f;
    int fd = qmp_connect(path, &f);

    if (fd < 0)
        return;
    const struct child child = {.work = read_blocks,
                                .arg = path,
                                .keep = {fd},
                                .is_nobody = true,
                                .output_max = RAMBLOCK_TEXT_MAX,
                                .seconds = LIVE_ASK_SECONDS};
    if (is_served_by(fd, pid) && child_run(&child, &r, &f) == 0) {
        if (r.status == 0)
            add(live, pid, xstrdup((char *)r.output));
        child_result_free(&r);
    }
    close(fd);
}

/* Where its daemon is, or systemd in its place: asking must not start one. */
static const char *libvirt_address(void)
{
    static const char *const names[] = {"virtqemud-sock", "libvirt-sock"};
    const char *directory = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
    bool is_there = false;

    for (size_t i = 0; directory && i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/libvirt/%s", directory, names[i]);

        is_there |= access(path, F_OK) == 0;
        free(path);
    }
    return !is_there ? NULL : geteuid() == 0 ? "qemu:///system" : "qemu:///session";
}

static void read_answer(struct live_guests *live, long pid, char *text)
{
    if (ramblock_text_looks_like(text, strlen(text)))
        add(live, pid, xstrdup(text));
}

/* Each after the mark and the process, in the same line: virsh's echo ends none. The text is
 * changed. */
static void read_answers(char *text, const char *mark, struct live_guests *live)
{
    char *begin = NULL;
    long pid = 0;

    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            next++;
        if (strncmp(line, mark, strlen(mark)) != 0)
            continue;
        if (begin) {
            char kept = *line;

            *line = '\0';
            read_answer(live, pid, begin);
            *line = kept;
        }
        pid = strtol(line + strlen(mark), &begin, 10);
    }
    if (begin)
        read_answer(live, pid, begin);
}

static void ask_libvirt(const char *commands, const char *mark, unsigned seconds,
                        struct live_guests *live)
{
    const char *address = libvirt_address();
    const char *const argv[] = {"virsh", "-q", "-c", address, commands, NULL};
    const struct child child = {.argv = argv, .output_max = VIRSH_OUTPUT_MAX, .seconds = seconds};
    struct child_result r = {0};
    struct failure f;

    /* Its status is that of the last question. */
    if (!address || child_run(&child, &r, &f) != 0)
        return;
    read_answers((char *)r.output, mark, live);
    child_result_free(&r);
}

static int by_pid(const void *a, const void *b)
{
    const struct live_guest *one = a, *other = b;

    return one->pid < other->pid ? -1 : one->pid > other->pid;
}

/* Questions for virsh that wait to be asked together. */
struct questions {
    struct text text;
    FILE *out;
    size_t count;
    time_t end;
    char mark[MARK_SIZE];
};

/* "romcompat-4f1c... ": what one guest's QEMU answers must not pass for the answer of another, so
 * none can know it before. */
static int make_mark(char mark[MARK_SIZE])
{
    uint8_t bytes[MARK_BYTES];
    int n = snprintf(mark, MARK_SIZE, "romcompat-");

    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != sizeof bytes)
        return -1;
    for (size_t i = 0; i < MARK_BYTES; i++)
        n += snprintf(mark + n, MARK_SIZE - (size_t)n, "%02x", bytes[i]);
    snprintf(mark + n, MARK_SIZE - (size_t)n, " ");
    return 0;
}

static void ask_waiting(struct questions *q, struct live_guests *live)
{
    char *all = text_end(&q->text);
    time_t left = q->end - time(NULL);

    if (q->count && left > 0)
        ask_libvirt(all, q->mark, (unsigned)left, live);
    free(all);
    q->count = 0;
}

static void ask_later(struct questions *q, long pid, const char *uuid, struct live_guests *live)
{
    fprintf(q->out, "echo %s%ld; qemu-monitor-command %s --hmp 'info ramblock'; ", q->mark, pid,
            uuid);
    if (++q->count == AT_ONCE) {
        ask_waiting(q, live);
        q->out = text_begin(&q->text);
    }
}

void live_guests_ask(unsigned seconds, struct live_guests *live)
{
    const struct child child = {.work = find,
                                .is_nobody = true,
                                .reads_all = true,
                                .output_max = ADDRESSES_MAX,
                                .seconds = seconds};
    struct questions q = {.end = time(NULL) + (time_t)seconds};
    struct child_result r = {0};
    struct failure f;
    char *rest = NULL;

    *live = (struct live_guests){0};
    if (child_run(&child, &r, &f) != 0)
        return;
    bool has_mark = make_mark(q.mark) == 0;
    q.out = text_begin(&q.text);
    for (char *line = strtok_r((char *)r.output, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char kind[8], where[WORD_MAX];
        long pid;

        if (sscanf(line, "%7s %ld %511s", kind, &pid, where) != 3)
            continue;
        if (strcmp(kind, "older") == 0)
            add_older(live, pid);
        else if (strcmp(kind, "qmp") == 0 && time(NULL) < q.end)
            ask_socket(pid, where, live);
        else if (has_mark && is_uuid(where))
            ask_later(&q, pid, where, live);
    }
    child_result_free(&r);
    ask_waiting(&q, live);
    if (live->older_count)
        qsort(live->older, live->older_count, sizeof *live->older, compare_pids);
    if (live->count)
        qsort(live->list, live->count, sizeof *live->list, by_pid);
}

const char *live_guests_blocks(const struct live_guests *live, long pid)
{
    const struct live_guest key = {.pid = pid};
    const struct live_guest *found =
        live->count ? bsearch(&key, live->list, live->count, sizeof key, by_pid) : NULL;

    return found ? found->blocks : NULL;
}

bool live_guests_is_older(const struct live_guests *live, long pid)
{
    return live->older_count &&
           bsearch(&pid, live->older, live->older_count, sizeof *live->older, compare_pids);
}

void live_guests_free(struct live_guests *live)
{
    for (size_t i = 0; i < live->count; i++)
        free(live->list[i].blocks);
    free(live->list);
    free(live->older);
    *live = (struct live_guests){0};
}
