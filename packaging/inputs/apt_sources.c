/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt_sources.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/apt_sources.h"
#include "inputs/file.h"

#define SOURCES_FILE_MAX ((size_t)1 << 20)

typedef int parse_function(const char *text, size_t size, struct apt_sources *s);

static void add_mirror(struct apt_mirrors *m, const char *uri)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->list[i], uri) == 0)
            return;
    }
    m->list = xgrow(m->list, m->count, &m->capacity, sizeof *m->list);
    m->list[m->count++] = xstrdup(uri);
}

static void read_sources(const char *root, const char *path, parse_function *parse,
                         struct apt_mirrors *m)
{
    struct apt_sources s = {0};
    struct failure f = {0};
    uint8_t *data;
    size_t size;

    if (read_file(path, SOURCES_FILE_MAX, &data, &size, &f) != 0) {
        /* Somebody's list with a password in it is closed to us: not our affair. */
        if (!m->note)
            m->note = xstrdup(f.what);
        return;
    }
    if (parse((const char *)data, size, &s) != 0 && !m->note)
        m->note = xasprintf("%s: out of memory", path);
    for (size_t i = 0; i < s.count; i++) {
        if (s.list[i].is_list) {
            /* A list of mirrors names no further lists, so this ends here. */
            char *list = xasprintf("%s%s", root, s.list[i].uri);
            read_sources(root, list, apt_sources_parse_mirrors, m);
            free(list);
        } else {
            add_mirror(m, s.list[i].uri);
        }
    }
    if (s.note_count && !m->note)
        m->note = xasprintf("%s:%u: %s", path, s.notes[0].line, s.notes[0].what);
    apt_sources_free(&s);
    free(data);
}

/* apt passes over backups and the like by name: sources.list(5). */
static int is_sources_name(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    for (const char *p = entry->d_name; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return 0;
    }
    return entry->d_name[0] != '.' && dot && (strcmp(dot, ".list") == 0 || strcmp(dot, ".sources") == 0);
}

void apt_sources_read(const char *root, struct apt_mirrors *m)
{
    char *main_list = xasprintf("%s/etc/apt/sources.list", root);
    char *folder = xasprintf("%s/etc/apt/sources.list.d", root);
    struct dirent **entries = NULL;

    *m = (struct apt_mirrors){0};
    if (access(main_list, F_OK) == 0)
        read_sources(root, main_list, apt_sources_parse_list, m);
    int n = scandir(folder, &entries, is_sources_name, alphasort);
    for (int i = 0; i < n; i++) {
        char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        const char *dot = strrchr(path, '.');

        read_sources(root, path,
                     strcmp(dot, ".list") == 0 ? apt_sources_parse_list : apt_sources_parse_deb822, m);
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    free(main_list);
}

void apt_mirrors_free(struct apt_mirrors *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->list[i]);
    free(m->list);
    free(m->note);
    *m = (struct apt_mirrors){0};
}
