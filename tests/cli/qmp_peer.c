/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp_peer SOCKET MODE FILE: listens on SOCKET, and answers one client as a QEMU
 * would; FILE holds the text of `info ramblock`. Prints every command that it got.
 *
 *   good      as QEMU from 6.2 on
 *   old       knows no x-query-ramblock
 *   OBJECT    as good, with memory that an object of this type encrypts: sev-guest...
 *   sev-es-guest  as sev-guest, whose policy asks for encrypted state
 *   stall     takes the connection and says nothing
 *   close     greets and hangs up
 *   garbage   greets with what is not a JSON
 *   endless   answers with a line without end
 *   events    sends events without end
 *   drip      answers one byte a second
 *   half      hangs up in the middle of an answer
 *   binary    answers with bytes that are not text
 *   deep      answers with lists in lists
 *   refuse    answers every command with an error that says nothing
 *   number    answers every command with a number
 *   cut       has a table that ends in a line
 *   million   has a table with a million lines
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char table[65536];

static void say(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

        if (n <= 0)
            exit(0);
        text += n;
        left -= (size_t)n;
    }
}

static void say_return(int fd, struct json_object *value)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "return", value);
    say(fd, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    say(fd, "\r\n");
    json_object_put(o);
}

static void drip(int fd, const char *text)
{
    for (; *text; text++, sleep(1))
        say(fd, (const char[]){*text, '\0'});
}

/* Before it is asked for blocks, a peer is as QEMU is. */
static void answer_badly(int fd, const char *mode)
{
    if (strcmp(mode, "drip") == 0) {
        drip(fd, "{\"return\": {\"human-readable-text\": \"\"}}\r\n");
    } else if (strcmp(mode, "half") == 0) {
        say(fd, "{\"return\": {\"human-rea");
        exit(0);
    } else if (strcmp(mode, "binary") == 0) {
        say(fd, "\x80\xff{}\x01\xfe\r\n");
    } else if (strcmp(mode, "deep") == 0) {
        for (int i = 0; i < 100000; i++)
            say(fd, "{\"return\":[");
        say(fd, "\r\n");
    } else if (strcmp(mode, "refuse") == 0) {
        say(fd, "{\"error\": null}\r\n");
    } else if (strcmp(mode, "number") == 0) {
        say(fd, "{\"return\": 5}\r\n");
    }
}

static void answer_with_million(int fd)
{
    say(fd, "{\"return\": {\"human-readable-text\": \"Block Name PSize Offset Used Total\\r\\n");
    for (int i = 0; i < 1000000; i++)
        say(fd, "a 4 KiB 0x0 0x1000 0x1000\\r\\n");
    say(fd, "\"}}\r\n");
}

static void answer(int fd, const char *mode, const char *line)
{
    static const char *const bad[] = {"drip", "half", "binary", "deep", "refuse", "number"};

    if (!strstr(line, "qmp_capabilities"))
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            if (strcmp(mode, bad[i]) == 0) {
                answer_badly(fd, mode);
                return;
            }
    if (strstr(line, "x-query-ramblock") && strcmp(mode, "million") == 0) {
        answer_with_million(fd);
        return;
    }
    if (strcmp(mode, "cut") == 0)
        table[strlen(table) - 20] = '\0';
    if (strcmp(mode, "endless") == 0)
        for (;;)
            say(fd, "{\"return\": "
                    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    if (strcmp(mode, "events") == 0)
        for (;;)
            say(fd, "{\"event\": \"STOP\"}\r\n");
    if (strstr(line, "memory-encryption") ||
        (strstr(line, "confidential-guest-support") && strcmp(mode, "old") == 0)) {
        say(fd, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Property not found\"}}\r\n");
    } else if (strstr(line, "confidential-guest-support")) {
        say_return(fd, json_object_new_string(strstr(mode, "-guest") ? "/objects/lsec0" : ""));
    } else if (strstr(line, "\"policy\"")) {
        say_return(fd, json_object_new_int(strcmp(mode, "sev-es-guest") == 0 ? 5 : 1));
    } else if (strstr(line, "/objects/lsec0")) {
        say_return(fd,
                   json_object_new_string(strcmp(mode, "sev-es-guest") == 0 ? "sev-guest" : mode));
    } else if (strstr(line, "qom-get")) {
        say(fd, "{\"event\": \"RTC_CHANGE\"}\r\n");
        say_return(fd, json_object_new_string("pc-i440fx-7.2-machine"));
    } else if (strstr(line, "x-query-ramblock") && strcmp(mode, "old") == 0) {
        say(fd, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command "
                "x-query-ramblock has not been found\"}}\r\n");
    } else if (strstr(line, "x-query-ramblock")) {
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "human-readable-text", json_object_new_string(table));
        say_return(fd, o);
    } else if (strstr(line, "human-monitor-command")) {
        say_return(fd, json_object_new_string(table));
    } else {
        say_return(fd, json_object_new_object());
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char line[4096];
    FILE *file, *in;

    if (argc != 4 || strlen(argv[1]) >= sizeof address.sun_path || !(file = fopen(argv[3], "r")))
        return 2;
    table[fread(table, 1, sizeof table - 1, file)] = '\0';
    fclose(file);
    strcpy(address.sun_path, argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    alarm(60);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1))
        return 2;
    int fd = accept(listener, NULL, NULL);
    if (strcmp(argv[2], "stall") == 0)
        return read(fd, line, sizeof line) < 0;
    if (strcmp(argv[2], "garbage") == 0) {
        say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
        return 0;
    }
    say(fd, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
    if (strcmp(argv[2], "close") == 0)
        return 0;
    in = fdopen(fd, "r");
    while (in && fgets(line, sizeof line, in)) {
        fputs(line, stdout);
        fflush(stdout);
        answer(fd, argv[2], line);
    }
    return 0;
}
