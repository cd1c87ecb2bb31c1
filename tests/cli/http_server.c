/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A web server on the loopback interface that misbehaves as its path says:
 *
 *   http_server ROOT LOG        prints its port, then serves files of ROOT
 *
 *   /plain/F            well behaved, knows Range
 *   /norange/F          sends the whole file whatever is asked
 *   /nolength/F         no Content-Length: the end of the connection is the end
 *   /status/N/F         answers N; 503 comes with "Retry-After: 1"
 *   /busy/K/F           503 to the first K requests, then as /plain
 *   /cut/N/K/F          the first K answers break off after N bytes (K = 0: all of them)
 *   /cut-norange/N/K/F  the same, without Range
 *   /reset/K/F          the first K connections are reset after the request
 *   /stall/N/K/F        the first K answers stop for good after N bytes
 *   /slow/N/MS/F        N bytes, then MS milliseconds, and so on
 *   /longer/F           sends 1000 bytes more than it announces
 *   /shorter/F          announces 1000 bytes more than it sends
 *   /short-announced/F  announces 1000 bytes less than it sends
 *   /endless/F          no Content-Length, and zeros without end
 *   /huge/F             announces 2^40 bytes
 *   /wrong/F            as many bytes, the last one changed
 *   /wrong-range/F      answers a Range with another part
 *   /416/F              answers every Range with 416
 *   /redirect/PATH      302 to /PATH
 *   /loop/F             302 to itself
 *   /to-file/F          302 to file://ROOT/F
 *   /garbage/F          no HTTP at all
 *   /empty/F            closes without an answer
 *
 * Each request is a line of LOG: "METHOD TARGET range=... agent=...". A request for
 * http://HOST/PATH, as a proxy gets it, is answered as one for /PATH, and logged
 * with the whole address. The server ends itself after five minutes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFE_SECONDS 300
#define CONNECTION_SECONDS 60
#define ENDLESS_BYTES (64L << 20)
#define COUNTERS 64

static const char *root;
static int log_fd;

/* How often each path was asked for; children share it with the parent. */
static struct counter {
    char path[200];
    int count;
} * counters;

static int times_asked(const char *path)
{
    for (int i = 0; i < COUNTERS; i++) {
        if (!counters[i].path[0])
            snprintf(counters[i].path, sizeof counters[i].path, "%s", path);
        if (strcmp(counters[i].path, path) == 0)
            return __atomic_add_fetch(&counters[i].count, 1, __ATOMIC_SEQ_CST);
    }
    return 1;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

static bool send_all(int s, const void *data, size_t size)
{
    const char *p = data;

    while (size) {
        ssize_t n = send(s, p, size, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

__attribute__((format(printf, 2, 3))) static void send_text(int s, const char *format, ...)
{
    char text[1024];
    __builtin_va_list args;

    __builtin_va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    __builtin_va_end(args);
    send_all(s, text, (size_t)n);
}

struct request {
    char target[1024], range[128], agent[128];
    const char *path;
    long first; /* of the Range; -1: none */
};

static void read_header(const char *text, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);

    value[0] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0) {
            const char *v = line + length + strspn(line + length, " ");
            snprintf(value, size, "%.*s", (int)strcspn(v, "\r\n"), v);
            return;
        }
    }
}

static bool read_request(int s, struct request *r)
{
    char text[8192] = "", method[16];
    size_t got = 0;

    while (!strstr(text, "\r\n\r\n")) {
        ssize_t n = recv(s, text + got, sizeof text - 1 - got, 0);

        if (n <= 0)
            return false;
        got += (size_t)n;
        text[got] = '\0';
    }
    if (sscanf(text, "%15s %1000s", method, r->target) != 2)
        return false;
    read_header(text, "Range:", r->range, sizeof r->range);
    read_header(text, "User-Agent:", r->agent, sizeof r->agent);
    r->first = -1;
    sscanf(r->range, "bytes=%ld-", &r->first);
    r->path = r->target;
    if (strncmp(r->target, "http://", 7) == 0)
        r->path = strchr(r->target + 7, '/');
    if (!r->path)
        return false;
    char line[1400];
    int n = snprintf(line, sizeof line, "%s %s range=%s agent=%s\n", method, r->target,
                     r->range[0] ? r->range : "-", r->agent);
    return write(log_fd, line, (size_t)n) == n;
}

/* "/N/rest": the number, and *path moves on to "/rest". */
static long number(const char **path)
{
    char *end;
    long n = strtol(*path + (**path == '/'), &end, 10);

    *path = end;
    return n;
}

struct file {
    char *data;
    long size;
};

static struct file load(const char *path)
{
    char name[1400];
    struct file f = {NULL, -1};
    struct stat st;

    if (strstr(path, ".."))
        return f;
    snprintf(name, sizeof name, "%s%s", root, path);
    int fd = open(name, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return f;
    f.data = malloc((size_t)st.st_size + 2000);
    f.size = read(fd, f.data, (size_t)st.st_size);
    memset(f.data + f.size, '!', 2000);
    close(fd);
    return f;
}

static void wait_for_the_end(int s)
{
    char byte;

    /* Until the client gives up, or alarm() ends us. */
    while (recv(s, &byte, 1, 0) > 0)
        ;
}

/* Status line and headers for the file; returns where the body begins in it. */
static long begin(int s, const struct request *r, const struct file *f, bool range, long announce)
{
    if (range && r->first >= 0 && r->first < f->size) {
        send_text(s,
                  "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %ld-%ld/%ld\r\n"
                  "Content-Length: %ld\r\nConnection: close\r\n\r\n",
                  r->first, f->size - 1, f->size, f->size - r->first);
        return r->first;
    }
    send_text(s, "HTTP/1.1 200 OK\r\n");
    if (announce >= 0)
        send_text(s, "Content-Length: %ld\r\n", announce);
    send_text(s, "Connection: close\r\n\r\n");
    return 0;
}

static void serve(int s, const struct request *r)
{
    char kind[32];
    const char *p = r->path;
    size_t length = strcspn(p + 1, "/");
    long n, k, at;

    snprintf(kind, sizeof kind, "%.*s", (int)length, p + 1);
    p += 1 + length;
#define IS(text) (strcmp(kind, text) == 0)
    if (IS("redirect")) {
        send_text(
            s,
            "HTTP/1.1 302 Found\r\nLocation: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            p);
        return;
    }
    if (IS("loop") || IS("to-file")) {
        send_text(s,
                  "HTTP/1.1 302 Found\r\nLocation: %s%s%s\r\nConnection: close\r\nContent-Length: "
                  "0\r\n\r\n",
                  IS("loop") ? "" : "file://", IS("loop") ? "" : root, IS("loop") ? r->path : p);
        return;
    }
    if (IS("status")) {
        n = number(&p);
        send_text(s, "HTTP/1.1 %ld No\r\n%sContent-Length: 3\r\n\r\nno\n", n,
                  n == 503 ? "Retry-After: 1\r\n" : "");
        return;
    }
    if (IS("garbage")) {
        send_text(s, "\1\2\3 this is no HTTP\r\n\r\n");
        return;
    }
    if (IS("empty"))
        return;
    if (IS("busy")) {
        k = number(&p);
        if (times_asked(r->path) <= k) {
            send_text(s, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            return;
        }
    }
    if (IS("reset")) {
        struct linger now = {1, 0};

        k = number(&p);
        if (times_asked(r->path) <= k) {
            setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof now);
            return;
        }
    }
    bool cut = IS("cut") || IS("cut-norange"), stall = IS("stall"), slow = IS("slow");
    n = k = 0;
    if (cut || stall || slow) {
        n = number(&p);
        k = number(&p);
    }

    struct file f = load(p);
    if (f.size < 0) {
        send_text(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    if (IS("416") && r->first >= 0) {
        send_text(s, "HTTP/1.1 416 No\r\nContent-Range: bytes */%ld\r\nContent-Length: 0\r\n\r\n",
                  f.size);
        return;
    }
    if (IS("wrong-range") && r->first >= 0) {
        send_text(
            s, "HTTP/1.1 206 Part\r\nContent-Range: bytes 1-%ld/%ld\r\nContent-Length: %ld\r\n\r\n",
            f.size - 1, f.size, f.size - 1);
        send_all(s, f.data + 1, (size_t)f.size - 1);
        return;
    }
    if (IS("wrong"))
        f.data[f.size - 1] ^= 1;
    bool range = !IS("norange") && !IS("nolength") && !IS("cut-norange") && !IS("416") &&
                 !IS("longer") && !IS("shorter") && !IS("short-announced") && !IS("endless") &&
                 !IS("huge");
    long announce = IS("nolength") || IS("endless") ? -1
                    : IS("shorter")                 ? f.size + 1000
                    : IS("short-announced")         ? f.size - 1000
                    : IS("huge")                    ? 1L << 40
                                                    : f.size;
    at = begin(s, r, &f, range, announce);
    long body = f.size - at;
    if (IS("longer"))
        body += 1000;
    if ((cut || stall) && (k == 0 || times_asked(r->path) <= k)) {
        send_all(s, f.data + at, (size_t)(n < body ? n : body));
        if (stall)
            wait_for_the_end(s);
        return;
    }
    if (slow) {
        for (; body > 0 && send_all(s, f.data + at, (size_t)(n < body ? n : body));
             at += n, body -= n)
            pause_ms(k);
        return;
    }
    send_all(s, f.data + at, (size_t)body);
    if (IS("endless")) {
        static const char zeros[65536];

        for (long sent = 0; sent < ENDLESS_BYTES && send_all(s, zeros, sizeof zeros);)
            sent += (long)sizeof zeros;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    if (argc != 3) {
        fprintf(stderr, "usage: http_server ROOT LOG\n");
        return 2;
    }
    root = argv[1];
    log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644);
    counters = mmap(NULL, COUNTERS * sizeof *counters, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (log_fd < 0 || counters == MAP_FAILED || listener < 0 ||
        bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0) {
        perror("http_server");
        return 2;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    signal(SIGCHLD, SIG_IGN);
    alarm(LIFE_SECONDS);
    for (;;) {
        int s = accept(listener, NULL, NULL);

        if (s < 0 && errno != EINTR)
            return 2;
        if (s < 0 || fork() != 0) {
            close(s);
            continue;
        }
        struct request r = {0};

        alarm(CONNECTION_SECONDS);
        close(listener);
        if (read_request(s, &r))
            serve(s, &r);
        /* A close() with unread input would be a reset, which is for /reset alone. */
        if (strncmp(r.path ? r.path : "", "/reset/", 7) != 0)
            shutdown(s, SHUT_WR);
        close(s);
        _exit(0);
    }
}
