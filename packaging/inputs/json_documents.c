/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/json_documents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effort.h"
#include "base/memory.h"
#include "formats/json_members.h"

enum { BLOCK = 1 << 20 };

struct reading {
    const struct json_documents_visitor *visitor;
    const char *name;
    unsigned line; /* of the byte at `at` */
    const char *text;
    size_t size, at;
};

static unsigned lines_in(const char *text, size_t size)
{
    unsigned lines = 0;

    for (const char *end = text + size; (text = memchr(text, '\n', (size_t)(end - text))); text++)
        lines++;
    return lines;
}

static void go_to(struct reading *r, size_t at)
{
    r->line += lines_in(r->text + r->at, at - r->at);
    r->at = at;
}

__attribute__((format(printf, 2, 3))) static void problem(const struct reading *r,
                                                          const char *format, ...)
{
    char what[512];
    struct failure f;
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    fail(&f, "%s:%u: %s", r->name, r->line, what);
    r->visitor->problem(r->visitor->arg, &f);
}

/* To the next line, where another document may begin. False where there is none yet. */
static bool pass_line(struct reading *r)
{
    const char *newline = memchr(r->text + r->at, '\n', r->size - r->at);

    if (newline)
        go_to(r, (size_t)(newline - r->text) + 1);
    return newline;
}

static void report_wrong(struct reading *r)
{
    if (r->text[r->at] == '[')
        problem(r, "a list of documents (expected one after the other: jq -c '.[]')");
    else
        problem(r, "not JSON (an object was expected)");
}

static void take_document(struct reading *r, size_t end)
{
    struct json_document d = {r->name, r->line, r->text + r->at, end - r->at, false};

    if (d.size > r->visitor->limit)
        problem(r, "a document of more than %zu bytes", r->visitor->limit);
    else
        r->visitor->document(r->visitor->arg, &d);
    go_to(r, end);
}

/* JSON lines: whether the document that begins here is the rest of the line, and was taken. */
static bool take_line(struct reading *r)
{
    const char *newline = memchr(r->text + r->at, '\n', r->size - r->at);
    struct json_document d = {r->name, r->line, r->text + r->at, 0, true};

    if (!newline || newline[-1] != '}')
        return false;
    d.size = (size_t)(newline - d.text);
    if (d.size > r->visitor->limit)
        return false;
    size_t taken = r->visitor->document(r->visitor->arg, &d);
    r->at += taken;
    return taken;
}

/* Hands out all documents that are whole; `at` is where the rest begins. */
static void take_whole(struct reading *r, bool is_end)
{
    for (;;) {
        size_t end;

        go_to(r, json_after_space(r->text, r->size, r->at));
        if (r->at == r->size)
            return;
        if (r->text[r->at] != '{') {
            report_wrong(r);
            if (!pass_line(r))
                r->at = r->size;
        } else if (take_line(r)) {
            continue;
        } else if (json_value_end(r->text, r->size, r->at, &end) == JSON_FOUND) {
            take_document(r, end);
        } else if (is_end) {
            problem(r, "the JSON document is cut off");
            r->at = r->size;
        } else {
            return;
        }
    }
}

void json_documents_of_text(const char *name, const char *text, size_t size,
                            const struct json_documents_visitor *visitor)
{
    struct reading r = {visitor, name, 1, text, size, 0};

    take_whole(&r, true);
}

static void read_from(int fd, const char *name, const struct json_documents_visitor *visitor)
{
    struct reading r = {.visitor = visitor, .name = name, .line = 1};
    size_t capacity = BLOCK;
    char *buffer = xmalloc(capacity);
    ssize_t n;

    for (;;) {
        n = read(fd, buffer + r.size, capacity - r.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            effort_given((uint64_t)n);
        if (n > 0 && (r.size += (size_t)n) < capacity)
            continue;
        /* Looking for the end of a document begins at its start each time: only with a full
         * buffer, whose size doubles, so that this stays linear. */
        r.text = buffer;
        r.at = 0;
        take_whole(&r, n == 0);
        if (n <= 0)
            break;
        memmove(buffer, buffer + r.at, r.size - r.at);
        r.size -= r.at;
        r.at = 0;
        if (r.size > visitor->limit) {
            problem(&r, "a document of more than %zu bytes", visitor->limit);
            break;
        }
        if (r.size > capacity / 2)
            buffer = xreallocarray(buffer, capacity *= 2, 1);
    }
    if (n < 0)
        problem(&r, "%s", strerror(errno));
    free(buffer);
}

static void file_problem(const struct json_documents_visitor *visitor, const char *path,
                         const char *what)
{
    struct failure f;

    fail(&f, "%s: %s", path, what);
    visitor->problem(visitor->arg, &f);
}

static int is_document(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' &&
           ((dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0)) ||
            entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static void walk(const char *path, const struct json_documents_visitor *visitor, unsigned depth,
                 bool named);

static void walk_directory(const char *path, const struct json_documents_visitor *visitor,
                           unsigned depth)
{
    struct dirent **names;
    int count =
        depth > JSON_DIRECTORY_DEPTH_MAX ? 0 : scandir(path, &names, is_document, alphasort);

    if (depth > JSON_DIRECTORY_DEPTH_MAX) {
        file_problem(visitor, path, "directories nested too deeply");
        return;
    }
    if (count < 0) {
        file_problem(visitor, path, strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        char *file = xasprintf("%s/%s", path, names[i]->d_name);

        walk(file, visitor, depth + 1, false);
        free(file);
        free(names[i]);
    }
    free(names);
}

/* What stands in a directory without having been named is read only where it is a file. */
static void walk(const char *path, const struct json_documents_visitor *visitor, unsigned depth,
                 bool named)
{
    struct stat st;

    if (strcmp(path, "-") == 0 && named) {
        read_from(0, "standard input", visitor);
        return;
    }
    if ((named ? stat(path, &st) : lstat(path, &st)) != 0) {
        file_problem(visitor, path, strerror(errno));
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        walk_directory(path, visitor, depth);
        return;
    }
    if (!named && S_ISLNK(st.st_mode) && stat(path, &st) != 0) {
        file_problem(visitor, path, strerror(errno));
        return;
    }
    if (!S_ISREG(st.st_mode) && !(named && S_ISFIFO(st.st_mode))) {
        if (named)
            file_problem(visitor, path, "not a file, directory or pipe");
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        file_problem(visitor, path, strerror(errno));
        return;
    }
    read_from(fd, path, visitor);
    close(fd);
}

void json_documents_walk(char *const operands[], size_t count,
                         const struct json_documents_visitor *visitor)
{
    for (size_t i = 0; i < count; i++)
        walk(operands[i], visitor, 0, true);
}
