/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/rom_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/archive.h"

/* A file of a folder: regular, or a link to a regular one. */
struct found {
    char *path;
    dev_t dev;
    ino_t ino;
    bool is_link;
};

struct walk {
    const struct rom_files_visitor *visitor;
    void (*empty)(void *arg, const char *operand); /* NULL: that is a problem */
    bool has_problem;
    size_t roms; /* of this operand */
    int result;  /* what rom() ended the walk with, or 0 */
    char *said;  /* the last problem: a broken archive fails more than once */

    struct found *files; /* of the folder operand, in the order of the walk */
    size_t count, capacity;
};

static void problem(struct walk *w, const struct failure *f)
{
    if (w->said && strcmp(w->said, f->what) == 0)
        return;
    free(w->said);
    w->said = xstrdup(f->what);
    w->has_problem = true;
    w->visitor->problem(w->visitor->arg, f);
}

static void note(struct walk *w, const char *path, const char *text)
{
    if (w->visitor->note) {
        char *line = xasprintf("%s: %s", path, text);
        w->visitor->note(w->visitor->arg, line);
        free(line);
    }
}

static void give(struct walk *w, const char *name, const char *path, const char *entry,
                 const uint8_t *bytes, size_t size)
{
    struct rom_file rom = {name, path, entry, bytes, size};

    w->roms++;
    w->result = w->visitor->rom(w->visitor->arg, &rom);
}

static bool has_signature(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x55 && bytes[1] == 0xaa;
}

static void give_file(struct walk *w, const char *path)
{
    struct failure f;
    uint8_t *bytes;
    size_t size;

    if (read_file(path, ROM_FILE_MAX, &bytes, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    give(w, path, path, NULL, bytes, size);
    free(bytes);
}

static void give_entry(struct walk *w, struct unpacker *u, const struct unpacked *entry,
                       const char *path)
{
    struct failure f;
    const uint8_t *start;
    uint8_t *bytes;
    size_t size;

    /* cpio, and with it .rpm, gives the bytes of files with several names to the last. */
    if (entry->type != UNPACKED_FILE && !(entry->type == UNPACKED_HARDLINK && entry->size))
        return;
    if (entry->member == UNPACKED_DEB_CONTROL)
        return;
    if (unpacker_peek(u, 2, &start, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    if (!has_signature(start, size))
        return;
    if (unpacker_take(u, &bytes, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    char *name = xasprintf("%s: %s", path, entry->name);
    give(w, name, path, entry->name, bytes, size);
    free(name);
    free(bytes);
}

/* 0, or UNPACK_NOT_AN_ARCHIVE with the failure and nothing reported. */
static int walk_archive(struct walk *w, const char *path, struct failure *f)
{
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;
    struct unpacker *u;
    struct unpacked entry;
    int more = 0;

    limits.entry = ROM_FILE_MAX;
    int r = unpacker_open(path, &limits, &u, f);
    if (r == UNPACK_NOT_AN_ARCHIVE)
        return r;
    if (r != 0) {
        problem(w, f);
        return 0;
    }
    while (w->result == 0 && (more = unpacker_next(u, &entry, f)) > 0)
        give_entry(w, u, &entry, path);
    if (more < 0)
        problem(w, f);
    unpacker_close(u);
    return 0;
}

/* Whether the file begins with 55 AA: 1, 0, or -1. */
static int begins_like_rom(const char *path, struct failure *f)
{
    uint8_t start[2];
    struct stat st;
    ssize_t n = 0;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    /* What is no regular file is left to whoever reads the rest. */
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        do
            n = read(fd, start, sizeof start);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            fail(f, "%s: %s", path, strerror(errno));
    }
    close(fd);
    return n < 0 ? -1 : has_signature(start, (size_t)n);
}

/* --- folders ------------------------------------------------------------------ */

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);

    return n > m && strcmp(name + n - m, suffix) == 0;
}

static bool is_package(const char *path)
{
    return ends_with(path, ".deb") || ends_with(path, ".udeb") || ends_with(path, ".rpm");
}

/* By bytes: the same order in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int but_dots(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static void collect(struct walk *w, const char *folder, unsigned depth);

static void collect_one(struct walk *w, const char *path, unsigned depth)
{
    struct failure f;
    struct stat st;

    if (lstat(path, &st) < 0) {
        fail(&f, "%s: %s", path, strerror(errno));
        problem(w, &f);
        return;
    }
    bool is_link = S_ISLNK(st.st_mode);
    if (is_link && stat(path, &st) < 0) {
        note(w, path, "a link that leads nowhere, passed over");
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (is_link)
            note(w, path, "a link to a folder, not followed");
        else
            collect(w, path, depth + 1);
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        note(w, path, "not a regular file, passed over");
        return;
    }
    w->files = xgrow(w->files, w->count, &w->capacity, sizeof *w->files);
    w->files[w->count++] = (struct found){xstrdup(path), st.st_dev, st.st_ino, is_link};
}

static void collect(struct walk *w, const char *folder, unsigned depth)
{
    struct failure f;
    struct dirent **entries;

    if (depth > ROM_FOLDER_DEPTH_MAX) {
        fail(&f, "%s: too deep (found more than %d folders in each other, limit %d)", folder,
             ROM_FOLDER_DEPTH_MAX, ROM_FOLDER_DEPTH_MAX);
        problem(w, &f);
        return;
    }
    int n = scandir(folder, &entries, but_dots, by_name);
    if (n < 0) {
        fail(&f, "%s: %s", folder, strerror(errno));
        problem(w, &f);
        return;
    }
    const char *slash = ends_with(folder, "/") || strcmp(folder, "/") == 0 ? "" : "/";
    for (int i = 0; i < n; i++) {
        char *path = xasprintf("%s%s%s", folder, slash, entries[i]->d_name);
        collect_one(w, path, depth);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

static bool is_same_file(const struct found *a, const struct found *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* A link to a file that has been, or will be, read under its own name (or under that
 * of an earlier link). */
static bool is_repetition(const struct walk *w, const struct found *file)
{
    if (!file->is_link)
        return false;
    for (const struct found *other = w->files; other < w->files + w->count; other++)
        if (is_same_file(other, file) && (!other->is_link || other < file))
            return true;
    return false;
}

static void walk_folder(struct walk *w, const char *folder)
{
    struct failure f;

    collect(w, folder, 0);
    for (size_t i = 0; i < w->count && w->result == 0; i++) {
        const char *path = w->files[i].path;

        int is_rom = begins_like_rom(path, &f);
        if (is_rom < 0) {
            problem(w, &f);
        } else if (is_rom || is_package(path)) {
            if (is_repetition(w, &w->files[i]))
                continue;
            if (is_rom)
                give_file(w, path);
            else if (walk_archive(w, path, &f) == UNPACK_NOT_AN_ARCHIVE)
                problem(w, &f);
        }
    }
    for (size_t i = 0; i < w->count; i++)
        free(w->files[i].path);
    free(w->files);
    w->files = NULL;
    w->count = w->capacity = 0;
}

/* --- operands ------------------------------------------------------------------ */

static void walk_operand(struct walk *w, const char *path)
{
    struct failure f;
    struct stat st;
    bool had_problem = w->has_problem;

    w->roms = 0;
    w->has_problem = false;
    if (stat(path, &st) < 0) {
        fail(&f, "%s: %s", path, strerror(errno));
        problem(w, &f);
    } else if (S_ISDIR(st.st_mode)) {
        walk_folder(w, path);
    } else if (!S_ISREG(st.st_mode)) {
        give_file(w, path); /* its refusal says what it is */
    } else {
        int is_rom = begins_like_rom(path, &f);

        if (is_rom < 0)
            problem(w, &f);
        else if (is_rom || walk_archive(w, path, &f) == UNPACK_NOT_AN_ARCHIVE)
            give_file(w, path);
    }
    if (!w->roms && !w->has_problem && w->empty) {
        w->empty(w->visitor->arg, path);
    } else if (!w->roms && !w->has_problem) {
        fail(&f, "%s: no option ROM in it (no file that begins with 55 AA)", path);
        problem(w, &f);
    }
    w->has_problem |= had_problem;
}

int rom_files_walk(char *const operands[], size_t count, const struct rom_files_visitor *visitor)
{
    return rom_files_walk_any(operands, count, visitor, NULL);
}

int rom_files_walk_any(char *const operands[], size_t count,
                       const struct rom_files_visitor *visitor,
                       void (*empty)(void *arg, const char *operand))
{
    struct walk w = {.visitor = visitor, .empty = empty};

    for (size_t i = 0; i < count && w.result == 0; i++) {
        free(w.said);
        w.said = NULL;
        walk_operand(&w, operands[i]);
    }
    free(w.said);
    if (w.result)
        return w.result;
    return w.has_problem ? -1 : 0;
}
