/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/package_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/deb_control.h"
#include "inputs/deb_relations.h"
#include "inputs/rpm_header.h"
#include "inputs/archive.h"
#include "inputs/file.h"

enum { RPM_HEADER_SHORT = 256 << 10 };

static const struct unpack_limits limits = {PACKAGE_ENTRY_MAX, UNPACK_ENTRIES_MAX,
                                            PACKAGE_TOTAL_MAX, UNPACK_HEADER_MAX};

char *package_path(const char *from, const char *path)
{
    char *whole = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", from, path), *rest = NULL;
    char *made = xcalloc(strlen(whole) + 2, 1), *end = made;

    for (char *part = strtok_r(whole, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
        if (strcmp(part, "..") == 0) {
            while (end > made && *--end != '/')
                ;
            *end = '\0';
        } else if (strcmp(part, ".") != 0) {
            end = stpcpy(stpcpy(end, "/"), part);
        }
    }
    free(whole);
    if (!*made)
        strcpy(made, "/");
    return made;
}

static char *directory_of(const char *path)
{
    return xstrndup(path, (size_t)directory_length(path));
}

struct reading {
    const char *path;
    struct package_head *head;
    const struct package_visitor *visitor;
    struct unpacker *u;
    enum package_holding holding;
    bool only_control, has_sums; /* has_sums: or another list of all its files */
    bool is_suspect;
};

static void suspect(void *arg, const char *path_or_package)
{
    struct reading *r = arg;

    if (r->visitor->suspects && r->visitor->suspects(r->visitor->arg, path_or_package))
        r->is_suspect = true;
}

static void look_at_path(void *arg, const char *name)
{
    struct reading *r = arg;
    char *path = package_path("", name);

    if (r->visitor->wants(r->visitor->arg, path))
        r->holding = PACKAGE_HOLDS;
    suspect(r, path);
    free(path);
}

/* --- what a package says of itself ------------------------------------------------------- */

static int take_control(const char *path, struct package_head *head, const char *text, size_t size,
                        struct failure *f)
{
    struct deb_control control;

    if (head->name || deb_control_parse(path, text, size, &control, f) != 0)
        return head->name ? fail(f, "%s: a second control file", path) : -1;
    head->name = xstrdup(control.package);
    head->version = xstrdup(control.version);
    head->conflicts = deb_field(text, size, "Conflicts");
    head->breaks = deb_field(text, size, "Breaks");
    return 0;
}

/* Which packages a .deb has to do with: what it has links to may be in one of them. */
static void look_at_relations(struct reading *r, const char *text, size_t size)
{
    static const char *const fields[] = {"Depends",  "Pre-Depends", "Recommends", "Provides",
                                         "Replaces", "Breaks",      "Conflicts",  NULL};

    for (const char *const *field = fields; *field; field++) {
        char *value = deb_field(text, size, *field);

        if (value)
            deb_relation_names(value, suspect, r);
        free(value);
    }
}

/* A line is a path, or since dpkg 1.20.6 "remove-on-upgrade PATH", which then is no file of it. */
static void take_conffiles(struct package_head *head, char *text)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line != '/')
            continue;
        APPEND_ONE(head->conffiles, head->conffile_count, xstrdup(line));
    }
}

/* Reads as much of the file as its headers have: most have less than RPM_HEADER_SHORT. */
static int read_rpm_header(const char *path, struct rpm_header *h, uint8_t **data, size_t *size,
                           struct failure *f)
{
    for (size_t most = RPM_HEADER_SHORT;; most = RPM_HEADER_MAX) {
        if (read_file_head(path, most, data, size, f) != 0)
            return -1;
        if (rpm_header_read(path, *data, *size, h, f) == 0)
            return 0;
        bool is_all = *size < most || most == RPM_HEADER_MAX;
        free(*data);
        if (is_all)
            return -1;
    }
}

static int take_rpm_head(struct reading *r, struct failure *f)
{
    struct rpm_header h;
    uint8_t *data;
    size_t size;
    int result = 0;

    if (read_rpm_header(r->path, &h, &data, &size, f) != 0)
        return -1;
    if (r->only_control) {
        result = rpm_header_files(r->path, data, size, look_at_path, r, f);
        r->has_sums = result == 0;
    }
    free(data);
    if (result < 0) {
        rpm_header_free(&h);
        return -1;
    }
    *r->head = (struct package_head){.is_rpm = true,
                                     .name = h.name,
                                     .version = h.version,
                                     .replaced = h.replaced,
                                     .replaced_count = h.replaced_count};
    return 0;
}

static bool is_rpm(const char *path)
{
    static const uint8_t magic[] = {0xed, 0xab, 0xee, 0xdb};
    struct failure ignored;
    uint8_t *data;
    size_t size;

    if (read_file_head(path, sizeof magic, &data, &size, &ignored) != 0)
        return false;
    bool is = size == sizeof magic && memcmp(data, magic, size) == 0;
    free(data);
    return is;
}

/* --- its files ---------------------------------------------------------------------------- */

/* "d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x" */
static void look_at_sums(struct reading *r, char *text)
{
    char *rest = NULL;

    r->has_sums = true;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *name = strchr(line, ' ');

        if (name)
            look_at_path(r, name + strspn(name, " *"));
    }
}

static int take_member(struct reading *r, const char *name, struct failure *f)
{
    bool is_control = strcmp(name, "control") == 0, is_conffiles = strcmp(name, "conffiles") == 0,
         is_sums = r->only_control && strcmp(name, "md5sums") == 0;
    uint8_t *data;
    size_t size;
    int result = 0;

    if (!is_control && !is_conffiles && !is_sums)
        return 0;
    if (unpacker_take(r->u, &data, &size, f) != 0)
        return -1;
    char *text = xstrndup((const char *)data, size);
    if (is_control)
        result = take_control(r->path, r->head, text, strlen(text), f);
    if (is_control && r->only_control)
        look_at_relations(r, text, strlen(text));
    if (is_conffiles)
        take_conffiles(r->head, text);
    if (is_sums)
        look_at_sums(r, text);
    free(text);
    free(data);
    return result;
}

static void take_link(const struct reading *r, const char *path, const struct unpacked *entry)
{
    char *from = entry->type == UNPACKED_SYMLINK ? directory_of(path) : xstrdup("/");
    char *target = package_path(from, entry->target);

    r->visitor->take(r->visitor->arg, path, target, NULL, 0);
    free(target);
    free(from);
}

static void take_entry(const struct reading *r, const struct unpacked *entry)
{
    struct failure f;
    uint8_t *data;
    size_t size;

    if (entry->type == UNPACKED_DIRECTORY || entry->type == UNPACKED_OTHER)
        return;
    char *path = package_path("", entry->name);
    if (!r->visitor->wants(r->visitor->arg, path)) {
        free(path);
        return;
    }
    /* cpio: the last name of a file has the bytes, and the others are hard links of size 0. */
    if (entry->target && entry->type != UNPACKED_FILE)
        take_link(r, path, entry);
    else if (unpacker_take(r->u, &data, &size, &f) != 0)
        r->visitor->problem(r->visitor->arg, &f);
    else
        r->visitor->take(r->visitor->arg, path, NULL, data, size);
    free(path);
}

static int read_entries(struct reading *r, struct failure *f)
{
    struct unpacked entry;
    int more;

    while ((more = unpacker_next(r->u, &entry, f)) > 0) {
        if (entry.member == UNPACKED_DEB_CONTROL) {
            if (take_member(r, entry.name, f) != 0)
                return -1;
            continue;
        }
        if (r->only_control)
            return 0;
        take_entry(r, &entry);
    }
    return more;
}

static int read_package(struct reading *r, struct failure *f)
{
    *r->head = (struct package_head){0};
    int result = is_rpm(r->path) ? take_rpm_head(r, f) : 0;
    if (result == 0 && r->only_control && r->head->is_rpm)
        return 0;
    if (result == 0)
        result = unpacker_open(r->path, &limits, &r->u, f) == 0 ? 0 : -1;
    if (result == 0) {
        if (r->only_control)
            unpacker_end_before_data(r->u);
        result = read_entries(r, f);
        unpacker_close(r->u);
    }
    if (result == 0 && !r->head->name)
        result = fail(f, "%s: not a package (expected a .deb or an .rpm)", r->path);
    if (result != 0)
        package_head_free(r->head);
    return result;
}

int package_file_read(const char *path, struct package_head *head,
                      const struct package_visitor *visitor, struct failure *f)
{
    struct reading r = {.path = path, .head = head, .visitor = visitor};

    return read_package(&r, f);
}

int package_file_holds(const char *path, struct package_head *head,
                       const struct package_visitor *visitor, struct failure *f)
{
    struct reading r = {.path = path, .head = head, .visitor = visitor, .only_control = true};

    if (read_package(&r, f) != 0)
        return -1;
    for (size_t i = 0; i < head->conffile_count; i++)
        look_at_path(&r, head->conffiles[i]);
    bool links_are_likely = r.is_suspect && !head->is_rpm;
    return r.holding == PACKAGE_HOLDS        ? PACKAGE_HOLDS
           : !r.has_sums || links_are_likely ? PACKAGE_NOT_KNOWN
                                             : PACKAGE_HOLDS_NONE;
}

void package_head_free(struct package_head *head)
{
    free_texts(head->replaced, head->replaced_count);
    free_texts(head->conffiles, head->conffile_count);
    free(head->name);
    free(head->version);
    free(head->conflicts);
    free(head->breaks);
    *head = (struct package_head){0};
}
