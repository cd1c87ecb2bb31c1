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

#include "base/effort.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/option_rom.h"
#include "inputs/archive.h"
#include "inputs/flash_file.h"

/* A file of a directory: regular, or a link to a regular one. */
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

    struct found *files; /* of the directory operand, in the order of the walk */
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

/* What a file is to the visitor, recognised by its first FLASH_FILE_HEAD bytes and its name. */
enum what { PASSED_OVER, A_ROM, A_FLASH_IMAGE };

static enum what what_is(const struct walk *w, const char *name, const uint8_t *head, size_t size)
{
    if (size >= 2 && head[0] == 0x55 && head[1] == 0xaa)
        return w->visitor->rom ? A_ROM : PASSED_OVER;
    if (w->visitor->flash && (flash_file_is_named(name) || flash_file_begins(head, size)))
        return A_FLASH_IMAGE;
    return PASSED_OVER;
}

/* A dump of a GPU tool has a header of its own before 55 AA: "NVGI", or others in a file that
 * is named as a ROM. It is not read as one, and that is said. */
static bool may_hold_rom(const struct walk *w, const char *name, const uint8_t *head, size_t size)
{
    return w->visitor->rom && w->visitor->note &&
           ((size >= 4 && memcmp(head, "NVGI", 4) == 0) || ends_with(name, ".rom") ||
            ends_with(name, ".ROM"));
}

static void note_header(struct walk *w, const char *name, const uint8_t *bytes, size_t size)
{
    size_t begin = optrom_find(bytes, size);

    if (begin == size)
        return;
    char *text = xasprintf("skipped: %zu bytes precede its first image; 'tail -c +%zu' "
                           "writes the ROM without them",
                           begin, begin + 1);
    note(w, name, text);
    free(text);
}

static size_t limit_of(enum what what)
{
    return what == A_FLASH_IMAGE ? FLASH_FILE_MAX : ROM_FILE_MAX;
}

static void give(struct walk *w, enum what what, const struct rom_file *file)
{
    int (*taker)(void *arg, const struct rom_file *file) =
        what == A_FLASH_IMAGE ? w->visitor->flash : w->visitor->rom;

    w->roms++;
    effort_must_spend(EFFORT_FILES, 1);
    w->result = taker(w->visitor->arg, file);
}

static void give_file(struct walk *w, enum what what, const char *path)
{
    struct failure f;
    uint8_t *bytes;
    size_t size;

    if (read_file(path, limit_of(what), &bytes, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    give(w, what, &(struct rom_file){path, path, NULL, bytes, size, NULL});
    free(bytes);
}

static void give_entry(struct walk *w, struct unpacker *u, const struct unpacked *entry,
                       const char *path)
{
    struct failure f;
    const uint8_t *start;
    uint8_t *bytes;
    size_t size;

    if (entry->type == UNPACKED_SYMLINK && w->visitor->flash && flash_file_is_named(entry->name)) {
        char *place = xasprintf("%s: %s", path, entry->name);

        give(w, A_FLASH_IMAGE,
             &(struct rom_file){place, path, entry->name, NULL, 0, entry->target});
        free(place);
        return;
    }
    /* cpio, and with it .rpm, gives the bytes of files with several names to the last. */
    if (entry->type != UNPACKED_FILE && !(entry->type == UNPACKED_HARDLINK && entry->size))
        return;
    if (entry->member == UNPACKED_DEB_CONTROL)
        return;
    if (unpacker_peek(u, FLASH_FILE_HEAD, &start, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    enum what what = what_is(w, entry->name, start, size);
    if (what == PASSED_OVER &&
        (entry->size > ROM_FILE_MAX || !may_hold_rom(w, entry->name, start, size)))
        return;
    if (unpacker_take(u, &bytes, &size, &f) != 0) {
        problem(w, &f);
        return;
    }
    char *name = xasprintf("%s: %s", path, entry->name);
    if (what == PASSED_OVER) {
        note_header(w, name, bytes, size);
    } else if (size <= limit_of(what)) {
        give(w, what, &(struct rom_file){name, path, entry->name, bytes, size, NULL});
    } else {
        fail(&f, "%s: too large (found %zu bytes, limit %zu)", name, size, limit_of(what));
        problem(w, &f);
    }
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

    limits.entry = limit_of(w->visitor->flash ? A_FLASH_IMAGE : A_ROM);
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

static void look_for_header(struct walk *w, const char *path)
{
    struct failure f;
    uint8_t *bytes;
    size_t size;

    if (read_file(path, ROM_FILE_MAX, &bytes, &size, &f) != 0)
        return;
    note_header(w, path, bytes, size);
    free(bytes);
}

/* An enum what, or -1. *may_hold: though skipped, it may have a ROM behind a header. */
static int what_is_file(const struct walk *w, const char *path, bool *may_hold, struct failure *f)
{
    uint8_t start[FLASH_FILE_HEAD];
    struct stat st;
    ssize_t n = 0;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    /* What is not a regular file is left to whoever reads the rest. */
    if (fstat(fd, &st) < 0) {
        n = fail(f, "%s: %s", path, strerror(errno));
    } else if (S_ISREG(st.st_mode)) {
        do
            n = read(fd, start, sizeof start);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            fail(f, "%s: %s", path, strerror(errno));
    }
    close(fd);
    if (n < 0)
        return -1;
    *may_hold = may_hold_rom(w, path, start, (size_t)n);
    return (int)what_is(w, path, start, (size_t)n);
}

/* --- directories ------------------------------------------------------------------ */

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

static void collect(struct walk *w, const char *directory, unsigned depth);

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
        note(w, path, "a link that leads nowhere, skipped");
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (is_link)
            note(w, path, "a link to a directory, not followed");
        else
            collect(w, path, depth + 1);
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        note(w, path, "not a regular file, skipped");
        return;
    }
    APPEND(w->files, w->count, w->capacity,
           (struct found){xstrdup(path), st.st_dev, st.st_ino, is_link});
}

static void collect(struct walk *w, const char *directory, unsigned depth)
{
    struct failure f;
    struct dirent **entries;

    if (depth > ROM_DIRECTORY_DEPTH_MAX) {
        fail(&f, "%s: nested too deeply (found more than %d directories, limit %d)", directory,
             ROM_DIRECTORY_DEPTH_MAX, ROM_DIRECTORY_DEPTH_MAX);
        problem(w, &f);
        return;
    }
    int n = scandir(directory, &entries, but_dots, by_name);
    if (n < 0) {
        fail(&f, "%s: %s", directory, strerror(errno));
        problem(w, &f);
        return;
    }
    const char *slash = ends_with(directory, "/") ? "" : "/";
    for (int i = 0; i < n; i++) {
        char *path = xasprintf("%s%s%s", directory, slash, entries[i]->d_name);
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

static void walk_directory(struct walk *w, const char *directory)
{
    struct failure f;

    collect(w, directory, 0);
    for (size_t i = 0; i < w->count && w->result == 0; i++) {
        const char *path = w->files[i].path;

        bool may_hold = false;
        int what = what_is_file(w, path, &may_hold, &f);
        if (what < 0) {
            problem(w, &f);
        } else if (what == PASSED_OVER && may_hold) {
            look_for_header(w, path);
        } else if (what != PASSED_OVER || is_package(path)) {
            if (what != A_FLASH_IMAGE && is_repetition(w, &w->files[i]))
                continue;
            if (what != PASSED_OVER)
                give_file(w, (enum what)what, path);
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
        walk_directory(w, path);
    } else if (!S_ISREG(st.st_mode)) {
        give_file(w, A_ROM, path); /* its refusal says what it is */
    } else {
        bool may_hold = false;
        int what = what_is_file(w, path, &may_hold, &f);

        if (what < 0)
            problem(w, &f);
        else if (what != PASSED_OVER)
            give_file(w, (enum what)what, path);
        else if (walk_archive(w, path, &f) == UNPACK_NOT_AN_ARCHIVE)
            give_file(w, w->visitor->rom ? A_ROM : A_FLASH_IMAGE, path);
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
