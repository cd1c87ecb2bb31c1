/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "outputs/child.h"
#include "outputs/file.h"

enum { ANSWER_MAX = 1 << 20, SECONDS = 30 };

/* What apt reads before all else, apt.conf(5): it then takes /etc/apt from elsewhere. */
static int open_configuration(const char *root)
{
    char *text = xasprintf("Dir::Etc \"%s/etc/apt\";\n", root);
    int fd = memfd_create("apt.conf", MFD_CLOEXEC);

    if (fd >= 0 && write_all(fd, text, strlen(text)) < 0) {
        close(fd);
        fd = -1;
    }
    free(text);
    return fd;
}

static char *ask(const char *const *argv, const char *root, struct failure *f)
{
    char name[64];
    const char *const environment[] = {name, NULL};
    struct child c = {.argv = argv, .output_max = ANSWER_MAX, .seconds = SECONDS};
    struct child_result r = {0};
    int fd = *root ? open_configuration(root) : -1;

    if (*root && fd < 0) {
        fail(f, "%s: %s", argv[0], strerror(errno));
        return NULL;
    }
    if (fd >= 0) {
        snprintf(name, sizeof name, "APT_CONFIG=/proc/self/fd/%d", fd);
        c.environment = environment;
        c.keep[0] = fd;
    }
    int ended = child_run(&c, &r, f);
    if (ended != 0 && errno == ENOENT)
        fail(f, "%s is not installed here", argv[0]);
    if (fd >= 0)
        close(fd);
    if (ended == 0 && r.status != 0) {
        /* Warnings come before the error. */
        const char *error = strstr(r.message, "E: ");

        error = error ? error + 3 : r.message;
        fail(f, "%s: %.*s", argv[0], (int)strcspn(error, "\n"), error);
        child_result_free(&r);
    }
    return (char *)r.output;
}

static void note(struct apt_mirrors *m, char *text)
{
    if (m->note)
        free(text);
    else
        m->note = text;
}

static void add(struct apt_mirrors *m, char *uri)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->list[i], uri) == 0) {
            free(uri);
            return;
        }
    }
    APPEND(m->list, m->count, m->capacity, uri);
}

static const char *behind(const char *uri, const char *scheme)
{
    size_t n = strlen(scheme);

    return strncasecmp(uri, scheme, n) == 0 ? uri + n : NULL;
}

/* False where it is of another kind. */
static bool add_mirror(struct apt_mirrors *m, const char *uri)
{
    const char *path = behind(uri, "copy:");

    if (path)
        add(m, xasprintf("file:%s", path));
    else if (behind(uri, "http://") || behind(uri, "https://") || behind(uri, "file:"))
        add(m, xstrdup(uri));
    return path || behind(uri, "http://") || behind(uri, "https://") || behind(uri, "file:");
}

/* A mirror in each line, apt-transport-mirror(1); it names no further lists. */
static void read_mirror_list(const char *root, const char *path, struct apt_mirrors *m)
{
    size_t length = strlen(path);
    /* "mirror+file:" may have nothing behind it. */
    bool has_slash = length && path[length - 1] == '/';
    char *name = xasprintf("%s%.*s", root, (int)(length - has_slash), path);
    struct failure f;
    char *rest = NULL;
    uint8_t *data;
    size_t size;

    if (read_file(name, ANSWER_MAX, &data, &size, &f) != 0) {
        note(m, xstrdup(f.what));
        free(name);
        return;
    }
    char *text = xstrndup((char *)data, size);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r")] = '\0';
        if (*line && *line != '#' && !add_mirror(m, line))
            note(m, xasprintf("%s: '%.80s' is not an address that is supported", name, line));
    }
    free(text);
    free(data);
    free(name);
}

/* "URI FILE:LINE" */
static void take_line(const char *root, char *line, struct apt_mirrors *m)
{
    char *source = strrchr(line, '\t');
    const char *list = behind(line, "mirror+file:");

    if (!source || behind(line, "cdrom:"))
        return;
    *source++ = '\0';
    if (list)
        read_mirror_list(root, list, m);
    else if (!add_mirror(m, line))
        note(m, xasprintf("%s: this kind of address is not supported", source));
}

void apt_mirrors_ask(const char *root, struct apt_mirrors *m)
{
    /* Also those that were never downloaded. */
    static const char *const argv[] = {
        "apt-get",      "--no-release-info",    "--format", "$(REPO_URI)\t$(SOURCESENTRY)",
        "indextargets", "Created-By: Packages", NULL};
    char *rest = NULL;
    struct failure f;

    *m = (struct apt_mirrors){0};
    char *text = ask(argv, root, &f);
    if (!text)
        m->note = xstrdup(f.what);
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        take_line(root, line, m);
    free(text);
}

char *apt_proxy_ask(const char *root, const char *uri)
{
    static const char *const argv[] = {"apt-config",    "dump",           "--format", "%f\t%v%n",
                                       "Acquire::http", "Acquire::https", NULL};
    const char *host = behind(uri, "https://");
    const char *kind = host ? "https" : "http";
    char *rest = NULL, *found = NULL;
    int best = -1;

    if (!host && !(host = behind(uri, "http://")))
        return NULL;
    char *special = xasprintf("Acquire::%s::Proxy::%.*s", kind, (int)strcspn(host, ":/"), host);
    char *of_kind = xasprintf("Acquire::%s::Proxy", kind);
    /* The most special last: it wins. */
    const char *const names[] = {"Acquire::http::Proxy", of_kind, special};
    char *text = ask(argv, root, NULL);
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *value = line + strcspn(line, "\t");

        if (!*value || !value[1])
            continue;
        *value++ = '\0';
        for (int i = 0; i < 3; i++) {
            if (i >= best && strcasecmp(line, names[i]) == 0) {
                best = i;
                found = value;
            }
        }
    }
    found = found && strcmp(found, "DIRECT") != 0 ? xstrdup(found) : NULL;
    free(text);
    free(of_kind);
    free(special);
    return found;
}

void apt_mirrors_free(struct apt_mirrors *m)
{
    free_texts(m->list, m->count);
    free(m->note);
    *m = (struct apt_mirrors){0};
}
