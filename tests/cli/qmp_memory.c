/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp_memory SOCKET MODE FILE: listens on SOCKET, and answers one client as a QEMU would whose
 * guest has FILE for its RAM. Prints every command that it got.
 *
 *   good      copies what it is asked for
 *   changing  the last byte of each copy is another
 *   denied    cannot open the file that it is to write
 *   short     writes half of what it is asked for
 *   long      writes more
 *   no-fd     takes no file
 *   none      has no RAM
 *   flash     has FILE for its flash device, and a page of it for RAM
 *   busy      the same, and the device answers with its status three times
 *   writing   the same for ever: it is being written to
 *   hang-up   closes the connection when it is to copy
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int ram;
static uint64_t ram_size;

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        exit(0);
}

/* A byte at a time, so that the descriptor comes with the line that it was sent with. */
static bool next_line(int fd, char *line, size_t room, int *received)
{
    char control[CMSG_SPACE(sizeof *received)];

    for (size_t n = 0; n + 1 < room; n++) {
        struct iovec part = {.iov_base = line + n, .iov_len = 1};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};

        if (recvmsg(fd, &message, 0) != 1)
            return false;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        if (c && c->cmsg_type == SCM_RIGHTS)
            memcpy(received, CMSG_DATA(c), sizeof *received);
        line[n + 1] = '\0';
        if (line[n] == '\n')
            return true;
    }
    return false;
}

static uint64_t number(struct json_object *o, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(o, key, &value) ? json_object_get_uint64(value) : 0;
}

static void copy(const char *mode, const char *line)
{
    static uint8_t copies;
    struct json_object *o = json_tokener_parse(line), *arguments = NULL, *name = NULL;

    if (!json_object_object_get_ex(o, "arguments", &arguments) ||
        !json_object_object_get_ex(arguments, "filename", &name))
        exit(2);
    uint64_t at = number(arguments, "val"), size = number(arguments, "size");
    uint8_t *bytes = calloc(size + 1, 1);
    int fd = open(json_object_get_string(name), O_WRONLY | O_TRUNC);
    if (fd < 0 || !bytes || at > ram_size || size > ram_size - at ||
        pread(ram, bytes, size, (off_t)at) != (ssize_t)size)
        exit(2);
    static int busy = 3;

    if (strcmp(mode, "busy") == 0 && busy-- > 0)
        memset(bytes, 0x80, size);
    for (size_t i = 0; strcmp(mode, "writing") == 0 && i < size; i++)
        bytes[i] = i % 2 ? 0 : 0x80;
    if (strcmp(mode, "changing") == 0)
        bytes[size - 1] = ++copies;
    size_t n = strcmp(mode, "short") == 0 ? size / 2 : strcmp(mode, "long") == 0 ? size + 1 : size;
    if (write(fd, bytes, n) != (ssize_t)n)
        exit(2);
    close(fd);
    free(bytes);
    json_object_put(o);
}

static void answer(int fd, const char *mode, const char *line, int received)
{
    char text[512];

    bool flash =
        strcmp(mode, "flash") == 0 || strcmp(mode, "busy") == 0 || strcmp(mode, "writing") == 0;

    if (strstr(line, "info mtree -f") && flash) {
        snprintf(text, sizeof text,
                 "{\"return\": \"FlatView #0\\r\\n AS \\\"memory\\\", root: system\\r\\n"
                 "  %016x-%016x (prio 0, ram): pc.ram\\r\\n"
                 "  %016x-%016llx (prio 0, %s): system.flash1\\r\\n\"}\r\n",
                 0, 0xfff, 0, (unsigned long long)ram_size - 1,
                 strcmp(mode, "busy") == 0 ? "i/o" : "romd");
        say(fd, text);
    } else if (strstr(line, "info mtree -f")) {
        snprintf(text, sizeof text,
                 "{\"return\": \"FlatView #0\\r\\n AS \\\"memory\\\", root: system\\r\\n"
                 "  %016x-%016llx (prio 0, %s): pc.ram\\r\\n\"}\r\n",
                 0, (unsigned long long)ram_size - 1, strcmp(mode, "none") == 0 ? "rom" : "ram");
        say(fd, text);
    } else if (strstr(line, "add-fd") && strcmp(mode, "no-fd") == 0) {
        say(fd, "{\"error\": {\"desc\": \"No file descriptor supplied via SCM_RIGHTS\"}}\r\n");
    } else if (strstr(line, "add-fd")) {
        snprintf(text, sizeof text, "{\"return\": {\"fdset-id\": 7, \"fd\": %d}}\r\n", received);
        say(fd, text);
    } else if (strstr(line, "pmemsave") && strcmp(mode, "denied") == 0) {
        say(fd,
            "{\"error\": {\"desc\": \"Could not open '/proc/self/fd/9': Permission denied\"}}\r\n");
    } else if (strstr(line, "pmemsave") && strcmp(mode, "hang-up") == 0) {
        exit(0);
    } else {
        if (strstr(line, "pmemsave"))
            copy(mode, line);
        say(fd, "{\"event\": \"RTC_CHANGE\"}\r\n{\"return\": {}}\r\n");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    char line[4096];
    int received = -1;

    if (argc != 4 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    ram = open(argv[3], O_RDONLY);
    if (ram < 0 || fstat(ram, &st) < 0)
        return 2;
    ram_size = (uint64_t)st.st_size;
    strcpy(address.sun_path, argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    alarm(60);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1))
        return 2;
    int fd = accept(listener, NULL, NULL);
    say(fd, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
    while (next_line(fd, line, sizeof line, &received)) {
        fputs(line, stdout);
        fflush(stdout);
        answer(fd, argv[2], line, received);
    }
    return 0;
}
