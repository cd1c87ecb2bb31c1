/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt_sources.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/apt_conf.h"
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

/* apt passes over backups and the like by name: sources.list(5), apt.conf(5). */
static bool is_plain_name(const char *name)
{
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return false;
    }
    return name[0] != '.';
}

static int is_sources_name(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return is_plain_name(entry->d_name) && dot &&
           (strcmp(dot, ".list") == 0 || strcmp(dot, ".sources") == 0);
}

static int is_conf_name(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return is_plain_name(entry->d_name) && (!dot || strcmp(dot, ".conf") == 0);
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
                     strcmp(dot, ".list") == 0 ? apt_sources_parse_list : apt_sources_parse_deb822,
                     m);
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    free(main_list);
}

/* What apt would ask for, the most special last: it wins. */
struct proxy_names {
    char *list[3];
    size_t count;
};

static void read_proxy(const char *path, const char *name, char value[APT_CONF_VALUE_MAX])
{
    uint8_t *data;
    size_t size;

    if (read_file(path, SOURCES_FILE_MAX, &data, &size, NULL) != 0)
        return;
    apt_conf_value((const char *)data, size, name, value);
    free(data);
}

char *apt_proxy_read(const char *root, const char *uri)
{
    bool is_https = strncasecmp(uri, "https://", 8) == 0;
    const char *host = uri + (is_https ? 8 : 7);
    struct proxy_names names = {{0}, 0};
    char proxy[APT_CONF_VALUE_MAX] = "";
    struct dirent **entries = NULL;

    if (!is_https && strncasecmp(uri, "http://", 7) != 0)
        return NULL;
    names.list[names.count++] = xstrdup("Acquire::http::Proxy");
    if (is_https)
        names.list[names.count++] = xstrdup("Acquire::https::Proxy");
    names.list[names.count++] = xasprintf("Acquire::%s::Proxy::%.*s", is_https ? "https" : "http",
                                          (int)strcspn(host, ":/"), host);

    char *folder = xasprintf("%s/etc/apt/apt.conf.d", root);
    char *conf = xasprintf("%s/etc/apt/apt.conf", root);
    int n = scandir(folder, &entries, is_conf_name, alphasort);
    for (size_t k = 0; k < names.count; k++) {
        for (int i = 0; i < n; i++) {
            char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
            read_proxy(path, names.list[k], proxy);
            free(path);
        }
        read_proxy(conf, names.list[k], proxy);
        free(names.list[k]);
    }
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    free(conf);
    free(folder);
    return proxy[0] && strcmp(proxy, "DIRECT") != 0 ? xstrdup(proxy) : NULL;
}

void apt_mirrors_free(struct apt_mirrors *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->list[i]);
    free(m->list);
    free(m->note);
    *m = (struct apt_mirrors){0};
}
