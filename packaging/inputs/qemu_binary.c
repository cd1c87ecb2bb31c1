/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_binary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/child.h"

enum { ANSWER_MAX = 64 * 1024 };

/* Standard output of BINARY FIRST [SECOND], which the caller frees, or NULL. */
static char *ask(const char *binary, const char *first, const char *second, struct failure *f)
{
    const char *const argv[] = {binary, first, second, NULL};

    return child_output(argv, ANSWER_MAX, QEMU_ANSWER_SECONDS, f);
}

/* The directory of maps below QEMU's own, which hw/pci/pci-romcompat.c names: it is compiled
 * in exactly where the library is linked, dynamically or not. */
static bool holds_map_directory(const char *path)
{
    static const char name[] = "/romcompat.d";
    enum { BLOCK = 256 * 1024, KEEP = sizeof name - 2 };
    char *block = xmalloc(KEEP + BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t kept = 0;
    bool found = false;
    ssize_t n;

    while (fd >= 0 && !found && (n = read(fd, block + kept, BLOCK)) > 0) {
        size_t size = kept + (size_t)n;

        found = memmem(block, size, name, sizeof name - 1) != NULL;
        kept = size < KEEP ? size : KEEP;
        memmove(block, block + size - kept, kept);
    }
    if (fd >= 0)
        close(fd);
    free(block);
    return found;
}

/* Debian's qemu-system-i386 is a script that runs the binary of that name in libexec. */
static bool has_library(const char *path)
{
    char *behind = xasprintf("%.*s../libexec/%s", directory_length(path), path, base_name(path));
    bool has = holds_map_directory(path) || holds_map_directory(behind);

    free(behind);
    return has;
}

static char *path_of(const char *binary)
{
    const char *path = getenv("PATH");

    if (strchr(binary, '/') || !path)
        return xstrdup(binary);
    for (const char *at = path; *at;) {
        size_t n = strcspn(at, ":");
        char *candidate = xasprintf("%.*s/%s", (int)n, at, binary);

        if (n && access(candidate, X_OK) == 0)
            return candidate;
        free(candidate);
        at += n + (at[n] == ':');
    }
    return xstrdup(binary);
}

static int take_version(struct qemu_binary *q, const char *text, struct failure *f)
{
    const char *number = strstr(text, "version ");

    if (!number || sscanf(number, "version %3u.%3u.%3u", &q->major, &q->minor, &q->micro) < 2)
        return fail(f, "%s -version: not the answer of a QEMU (found '%.40s')", q->path, text);
    return 0;
}

static int take_directories(struct qemu_binary *q, char *text, struct failure *f)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (line[0] == '/' && q->directory_count < QEMU_DIRECTORIES_MAX)
            q->directories[q->directory_count++] = xstrdup(line);
    if (q->directory_count == 0)
        return fail(f, "%s -L help: no directory in its answer", q->path);
    return 0;
}

/* QEMU up to 5.2 first wants a machine type where its target has no default: arm, aarch64. */
static char *ask_directories(const char *binary, struct failure *f)
{
    const char *const with_machine[] = {binary, "-L", "help", "-M", "none", NULL};
    char *answer = ask(binary, "-L", "help", f);

    return answer ? answer : child_output(with_machine, ANSWER_MAX, QEMU_ANSWER_SECONDS, f);
}

int qemu_binary_ask(const char *binary, struct qemu_binary *result, struct failure *f)
{
    struct qemu_binary q = {.path = path_of(binary)};
    char *version = ask(q.path, "-version", NULL, f), *directories = NULL;
    int status = version ? take_version(&q, version, f) : -1;

    if (status == 0) {
        directories = ask_directories(q.path, f);
        status = directories ? take_directories(&q, directories, f) : -1;
    }
    if (status == 0) {
        q.has_library = has_library(q.path);
        *result = q;
    } else {
        qemu_binary_free(&q);
    }
    free(version);
    free(directories);
    return status;
}

void qemu_binary_free(struct qemu_binary *q)
{
    for (size_t i = 0; i < q->directory_count; i++)
        free(q->directories[i]);
    free(q->path);
    *q = (struct qemu_binary){0};
}

/* "pc    Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)": QEMU system/vl.c,
 * machine_help_func(). */
static struct qemu_machine read_machine(char *line)
{
    static const char mark[] = " (alias of ";
    struct qemu_machine m = {0};
    char *alias = strstr(line, mark);

    for (char *next = alias; next; next = strstr(next + 1, mark))
        alias = next;
    if (alias)
        m.alias_of = xstrndup(alias + sizeof mark - 1, strcspn(alias + sizeof mark - 1, ")"));
    m.is_deprecated = strstr(line, "(deprecated)") != NULL;
    m.name = xstrndup(line, strcspn(line, " "));
    return m;
}

int qemu_machines_ask(const char *binary, struct qemu_machine **machines, size_t *count,
                      struct failure *f)
{
    char *path = path_of(binary), *text = ask(path, "-M", "help", f), *rest = NULL;
    struct qemu_machine *list = NULL;
    size_t have = 0, capacity = 0;

    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line && have < QEMU_MACHINES_MAX;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] == ' ' || line[strlen(line) - 1] == ':')
            continue; /* "Supported machines are:" */
        APPEND(list, have, capacity, read_machine(line));
    }
    int result = text ? 0 : -1;
    if (text && have == 0)
        result = fail(f, "%s -M help: no machine type in its answer", path);
    free(text);
    free(path);
    if (result == 0) {
        *machines = list;
        *count = have;
    }
    return result;
}

void qemu_machines_free(struct qemu_machine *machines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(machines[i].name);
        free(machines[i].alias_of);
    }
    free(machines);
}
