/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/libvirt_conf.h"
#include "inputs/descriptor_directories.h"
#include "inputs/file.h"

#define NAMES_MAX 41 /* the name itself, and as many links as Linux follows */

/* libvirt src/qemu/qemu_conf.c, DEFAULT_LOADER_NVRAM. */
static const char *const default_pairs[][2] = {
    {"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    {"/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    {"/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
    {"/usr/share/AAVMF/AAVMF32_CODE.fd", "/usr/share/AAVMF/AAVMF32_VARS.fd"},
};

struct pairs {
    char *text; /* what the words point into */
    const char *where;
    size_t count;
    struct libvirt_word words[NVRAM_LIST_MAX];
};

const char *template_source_name(enum template_source source)
{
    static const char *const names[] = {[TEMPLATE_DESCRIPTOR] = "descriptor",
                                        [TEMPLATE_LIST] = "list",
                                        [TEMPLATE_DEFAULT] = "default"};

    return names[source];
}

/* ---- the names of the code ---- */

/* The name, then what each link in turn makes of it. Links in the middle of the path are left
 * to the last name, which realpath() gives. */
static size_t names_of(const char *code, const char *root, char *names[NAMES_MAX])
{
    char target[4096], *file, *real;
    size_t count = 0;

    names[count++] = xstrdup(code);
    while (count < NAMES_MAX - 1) {
        file = xasprintf("%s%s", root ? root : "", names[count - 1]);
        ssize_t n = readlink(file, target, sizeof target - 1);

        free(file);
        if (n <= 0)
            break;
        target[n] = '\0';
        const char *slash = strrchr(names[count - 1], '/');
        names[count] = target[0] == '/' ? xstrdup(target)
                                        : xasprintf("%.*s/%s", (int)(slash - names[count - 1]),
                                                    names[count - 1], target);
        count++;
    }
    if (!root && (real = realpath(code, NULL))) {
        if (strcmp(real, names[count - 1]) != 0)
            names[count++] = xstrdup(real);
        free(real);
    }
    return count;
}

char *template_file(const char *root, const char *path)
{
    char *names[NAMES_MAX];
    size_t count = names_of(path, root, names);
    char *file = xasprintf("%s%s", root ? root : "", names[root ? count - 1 : 0]);

    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return file;
}

/* ---- the list ---- */

/* "A:B:C:D", as libvirt is configured with, is words A:B and C:D. */
static int split_colons(struct pairs *p, struct failure *f)
{
    const char *at = p->text + strspn(p->text, " \t\n");
    size_t colons = 0;

    for (const char *c = at; *c; c++)
        colons += *c == ':';
    if (colons % 2 == 0)
        return fail(f, "--libvirt-nvram: a name without its other half in '%.100s'", at);
    while (*at && p->count < NVRAM_LIST_MAX) {
        const char *middle = strchr(at, ':'), *end = strchr(middle + 1, ':');
        size_t length = end ? (size_t)(end - at) : strcspn(at, " \t\n");

        p->words[p->count++] = (struct libvirt_word){at, length};
        at += length + (end != NULL);
        if (!end)
            break;
    }
    return 0;
}

static int check_pairs(const struct pairs *p, struct failure *f)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct libvirt_word *w = &p->words[i];
        const char *colon = memchr(w->text, ':', w->length);
        size_t rest = colon ? w->length - (size_t)(colon - w->text) - 1 : 0;

        if (!colon || colon == w->text || !rest || memchr(colon + 1, ':', rest))
            return fail(f, "%s: not a pair of code and store: '%.*s'", p->where,
                        (int)(w->length > 200 ? 200 : w->length), w->text);
    }
    return 0;
}

/* 1 with the pairs, 0 where the file sets none, or -1. */
static int parse_pairs(struct pairs *p, size_t size, bool is_file, struct failure *f)
{
    enum libvirt_conf_result r;
    unsigned line;

    if (!is_file && !strchr(p->text, '"') && !strchr(p->text, '\'') && !strchr(p->text, '['))
        return split_colons(p, f) != 0 || check_pairs(p, f) != 0 ? -1 : 1;
    r = is_file
            ? libvirt_conf_list(p->text, size, "nvram", p->words, NVRAM_LIST_MAX, &p->count, &line)
            : libvirt_conf_value(p->text, size, p->words, NVRAM_LIST_MAX, &p->count, &line);
    switch (r) {
    case LIBVIRT_CONF_BROKEN:
        return fail(f, "%s:%u: not the syntax of libvirt's configuration files", p->where, line);
    case LIBVIRT_CONF_TOO_MANY:
        return fail(f, "%s:%u: too many pairs (expected at most %d)", p->where, line,
                    NVRAM_LIST_MAX);
    case LIBVIRT_CONF_NONE:
        return 0;
    default:
        return check_pairs(p, f) != 0 ? -1 : 1;
    }
}

static int read_pairs(const char *list, bool is_file, struct pairs *p, struct failure *f)
{
    uint8_t *data;
    size_t size = strlen(list);

    p->where = is_file ? list : "--libvirt-nvram";
    if (!is_file) {
        p->text = xstrdup(list);
    } else {
        if (read_file(list, LIBVIRT_CONF_MAX, &data, &size, f) != 0)
            return -1;
        p->text = xstrndup((const char *)data, size);
        size = strlen(p->text);
        free(data);
    }
    return parse_pairs(p, size, is_file, f);
}

/* ---- the search ---- */

static void add_answer(struct template_search *search, enum template_source source,
                       const char *where, const char *code, char *filename, const char *format,
                       bool by_link)
{
    if (search->count == TEMPLATES_MAX) {
        free(filename);
        return;
    }
    search->answers[search->count++] = (struct template_answer){
        .source = source,
        .where = xstrdup_or_null(where),
        .code = xstrdup(code),
        .filename = filename,
        .format = xstrdup_or_null(format),
        .by_link = by_link,
    };
}

/* Of the code `name`; NULL: of any. */
static void ask_descriptors(struct template_search *search, const struct firmware_descriptors *all,
                            const char *name, bool by_link)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct firmware_descriptor *d = &all->list[i];

        if (d->usable && d->executable.filename &&
            (d->device == DESCRIPTOR_FLASH ||
             (d->device == DESCRIPTOR_MEMORY && d->nvram_template.filename)) &&
            (!name || strcmp(d->executable.filename, name) == 0))
            add_answer(search, TEMPLATE_DESCRIPTOR, d->path, d->executable.filename,
                       d->nvram_template.filename ? xstrdup(d->nvram_template.filename) : NULL,
                       d->nvram_template.format, by_link);
    }
}

static void ask_pairs(struct template_search *search, const struct pairs *p, bool is_file,
                      const char *name, bool by_link)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct libvirt_word *w = &p->words[i];
        size_t length = (size_t)((const char *)memchr(w->text, ':', w->length) - w->text);

        if (name && (strlen(name) != length || memcmp(w->text, name, length) != 0))
            continue;
        char *code = xstrndup(w->text, length);
        add_answer(search, TEMPLATE_LIST, is_file ? p->where : NULL, code,
                   xstrndup(w->text + length + 1, w->length - length - 1), "raw", by_link);
        free(code);
    }
}

static void ask_default(struct template_search *search, const char *name, bool by_link)
{
    for (size_t i = 0; i < sizeof default_pairs / sizeof *default_pairs; i++) {
        if (!name || strcmp(default_pairs[i][0], name) == 0)
            add_answer(search, TEMPLATE_DEFAULT, NULL, default_pairs[i][0],
                       xstrdup(default_pairs[i][1]), "raw", by_link);
    }
}

static bool is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The list that counts: what was given, or that of the host's qemu.conf. 1, 0 or -1. */
static int take_list(const char *root, const char *list, struct pairs *p, bool *is_file,
                     struct template_search *search, char **conf, struct failure *f)
{
    *is_file = list ? is_regular(list) : true;
    if (list)
        return read_pairs(list, *is_file, p, f);
    *conf = xasprintf("%s%s", root ? root : "", LIBVIRT_QEMU_CONF);
    if (access(*conf, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!is_regular(*conf) || access(*conf, R_OK) != 0) {
        search->list_unread = true;
        return 0;
    }
    return read_pairs(*conf, true, p, f);
}

static void ask_all(struct template_search *search, const struct firmware_descriptors *all,
                    const struct pairs *p, int has_list, bool is_file, bool given,
                    char *const *names, size_t count)
{
    /* A list that was given is asked whatever else there is: that is what it was given for. */
    bool ignored = has_list > 0 && !given && all->count > 0;

    for (size_t i = 0; i < count && !search->count; i++) {
        ask_descriptors(search, all, names[i], i > 0);
        if (has_list > 0 && !ignored)
            ask_pairs(search, p, is_file, names[i], i > 0);
        else if (has_list == 0)
            ask_default(search, names[i], i > 0);
    }
    search->list_ignored = ignored;
}

int template_search(const char *code, const char *root, const char *list,
                    struct template_search *search, struct failure *f)
{
    struct pairs *p = xcalloc(1, sizeof *p);
    struct firmware_descriptors all = {0};
    char *names[NAMES_MAX] = {NULL}, *conf = NULL;
    bool is_file = false;
    int has_list = -1, result = -1;

    *search = (struct template_search){0};
    if (firmware_descriptors_read(root, &all, f) == 0 &&
        (has_list = take_list(root, list, p, &is_file, search, &conf, f)) >= 0) {
        size_t count = code ? names_of(code, root, names) : 1;

        ask_all(search, &all, p, has_list, is_file, list != NULL, names, count);
        for (size_t i = 0; i < count; i++)
            free(names[i]);
        for (size_t i = 0; i < all.note_count && !search->unread.what[0]; i++) {
            if (strcmp(all.notes[i].what, "unreadable") == 0)
                fail(&search->unread, "%s", all.notes[i].text);
        }
        result = 0;
    }
    firmware_descriptors_free(&all);
    free(conf);
    free(p->text);
    free(p);
    return result;
}

void template_search_free(struct template_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->answers[i].where);
        free(search->answers[i].code);
        free(search->answers[i].filename);
        free(search->answers[i].format);
    }
    *search = (struct template_search){0};
}
