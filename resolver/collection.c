/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing: which files are maps, which come first, which are left out. */
#include "collection.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct romcompat *new_collection(void)
{
    struct romcompat *c = calloc(1, sizeof *c);

    if (c)
        hash_keys_init(&c->keys);
    return c;
}

void romcompat_close(struct romcompat *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->slots; i++) {
        if (c->slot[i].key != NO_ID && c->slot[i].capacity)
            free(c->slot[i].claims.many);
    }
    for (uint32_t i = 0; i < c->maps; i++) {
        free(c->map[i].path);
        free(c->map[i].data);
    }
    for (uint32_t i = 0; i < c->problems; i++)
        free((char *)c->problem[i].file); /* the text is in the same block */
    names_free(&c->family_names);
    names_free(&c->machine_names);
    names_free(&c->rom_names);
    free(c->slot);
    free(c->map);
    free(c->set);
    free(c->machine);
    free(c->rom);
    free(c->problem);
    free(c);
}

/* ---- one map ----
 *
 * The functions below return ROMCOMPAT_OK when opening may go on, though a problem may
 * have been added, and ROMCOMPAT_E_MEMORY when it may not. */

static int go_on(int code)
{
    return code == ROMCOMPAT_E_MEMORY ? code : ROMCOMPAT_OK;
}

/* Takes over `data`, which has `size` bytes and a NUL behind them. */
static int add_map(struct romcompat *c, const char *path, char *data, size_t size)
{
    uint32_t map = c->maps, set = c->sets, machine = c->machines, rom = c->roms;
    char *copy = strdup(path);

    if (!copy || !make_room(&c->map, c->maps, &c->map_capacity, sizeof *c->map)) {
        free(copy);
        free(data);
        return ROMCOMPAT_E_MEMORY;
    }
    c->map[c->maps++] = (struct map){.path = copy, .data = data};

    int code = map_parse(c, map, size);
    if (code != ROMCOMPAT_OK) {
        free(data);
        c->map[map].data = NULL;
        return go_on(code);
    }
    if (c->sets == set)
        return ROMCOMPAT_OK;
    code = index_sets(c, set);
    if (code != ROMCOMPAT_OK) {
        /* The tables of names go on pointing into its data, which therefore stays. */
        c->sets = set;
        c->machines = machine;
        c->roms = rom;
    }
    return go_on(code);
}

static int check_total(struct romcompat *c, const char *path, size_t size)
{
    if (size > ROMCOMPAT_MAX_TOTAL_SIZE - c->bytes)
        return add_problem(c, ROMCOMPAT_E_LIMIT, path, 0,
                           "with it the maps have more than %d bytes", ROMCOMPAT_MAX_TOTAL_SIZE);
    c->bytes += size;
    return ROMCOMPAT_OK;
}

static int too_large(struct romcompat *c, const char *path, unsigned long long size)
{
    return add_problem(c, ROMCOMPAT_E_LIMIT, path, 0, "has %llu bytes (at most %d are allowed)",
                       size, ROMCOMPAT_MAX_FILE_SIZE);
}

/* Reads up to `room` bytes; -1 with errno set. */
static ssize_t read_all(int fd, char *data, size_t room)
{
    size_t size = 0;

    while (size < room) {
        ssize_t n = read(fd, data + size, room - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        size += (size_t)n;
    }
    return (ssize_t)size;
}

static int read_map(struct romcompat *c, int fd, const char *path)
{
    struct stat st;
    int code;

    if (fstat(fd, &st) != 0)
        return add_problem(c, ROMCOMPAT_E_READ, path, 0, "%m");
    if (!S_ISREG(st.st_mode))
        return add_problem(c, ROMCOMPAT_E_TYPE, path, 0, "not a regular file");
    if (st.st_size > ROMCOMPAT_MAX_FILE_SIZE)
        return too_large(c, path, (unsigned long long)st.st_size);

    /* One byte more than announced: a file that grows meanwhile is not a whole map. */
    size_t room = (size_t)st.st_size + 1;
    char *data = malloc(room);
    if (!data)
        return ROMCOMPAT_E_MEMORY;
    ssize_t size = read_all(fd, data, room);
    if (size < 0)
        code = add_problem(c, ROMCOMPAT_E_READ, path, 0, "%m");
    else if ((size_t)size == room)
        code = add_problem(c, ROMCOMPAT_E_READ, path, 0, "grew while it was read");
    else
        code = check_total(c, path, (size_t)size);
    if (code != ROMCOMPAT_OK) {
        free(data);
        return code;
    }
    data[size] = '\0';
    return add_map(c, path, data, (size_t)size);
}

static int open_map(struct romcompat *c, int folder, const char *name, const char *path)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return go_on(add_problem(c, ROMCOMPAT_E_READ, path, 0, "%m"));
    int code = read_map(c, fd, path);
    close(fd);
    return go_on(code);
}

/* ---- folders ---- */

struct listing {
    char **name; /* sorted */
    uint32_t count, capacity;
};

static void listing_free(struct listing *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        free(l->name[i]);
    free(l->name);
    *l = (struct listing){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_map_name(const char *name)
{
    size_t length = strlen(name);

    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".map") == 0;
}

static int list_folder(struct romcompat *c, DIR *dir, const char *path, uint32_t room,
                       struct listing *l)
{
    const struct dirent *entry;

    for (;;) {
        errno = 0;
        entry = readdir(dir);
        if (!entry)
            break;
        if (!is_map_name(entry->d_name))
            continue;
        if (l->count == room)
            return add_problem(c, ROMCOMPAT_E_LIMIT, path, 0, "with it there are more than %d maps",
                               ROMCOMPAT_MAX_FILES);
        if (!make_room(&l->name, l->count, &l->capacity, sizeof *l->name) ||
            !(l->name[l->count] = strdup(entry->d_name)))
            return ROMCOMPAT_E_MEMORY;
        l->count++;
    }
    if (errno)
        return add_problem(c, ROMCOMPAT_E_READ, path, 0, "%m");
    if (l->count)
        qsort(l->name, l->count, sizeof *l->name, by_name);
    return ROMCOMPAT_OK;
}

static bool is_hidden(const struct listing *earlier, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (earlier[i].count &&
            bsearch(&name, earlier[i].name, earlier[i].count, sizeof name, by_name))
            return true;
    }
    return false;
}

/* `listings` has those of the earlier folders, and gets this one's behind them. */
static int open_folder(struct romcompat *c, const char *path, bool may_be_absent,
                       struct listing *listings, size_t earlier)
{
    struct listing *l = &listings[earlier];
    uint32_t room = ROMCOMPAT_MAX_FILES;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT && may_be_absent)
        return ROMCOMPAT_OK;
    if (fd < 0)
        return go_on(
            add_problem(c, errno == ENOTDIR ? ROMCOMPAT_E_TYPE : ROMCOMPAT_E_READ, path, 0, "%m"));
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return ROMCOMPAT_E_MEMORY;
    }
    for (size_t i = 0; i < earlier; i++)
        room -= listings[i].count;
    int code = list_folder(c, dir, path, room, l);
    if (code != ROMCOMPAT_OK)
        listing_free(l);
    for (uint32_t i = 0; i < l->count && code == ROMCOMPAT_OK; i++) {
        char *file;

        if (is_hidden(listings, earlier, l->name[i]))
            continue;
        size_t length = strlen(path);
        if (asprintf(&file, "%s%s%s", path, length && path[length - 1] == '/' ? "" : "/",
                     l->name[i]) < 0) {
            code = ROMCOMPAT_E_MEMORY;
            break;
        }
        code = open_map(c, fd, l->name[i], file);
        free(file);
    }
    closedir(dir);
    return go_on(code);
}

/* Hands the collection out, or frees it. */
static int finish(struct romcompat *c, int code, struct romcompat **maps)
{
    if (code == ROMCOMPAT_OK)
        *maps = c;
    else
        romcompat_close(c);
    return code;
}

static int open_folders(const char *const *folders, size_t count, bool may_be_absent,
                        struct romcompat **maps)
{
    struct listing listings[ROMCOMPAT_MAX_FOLDERS] = {{0}};
    struct romcompat *c = new_collection();
    int code = c ? ROMCOMPAT_OK : ROMCOMPAT_E_MEMORY;

    for (size_t i = 0; i < count && code == ROMCOMPAT_OK; i++)
        code = open_folder(c, folders[i], may_be_absent, listings, i);
    for (size_t i = 0; i < count; i++)
        listing_free(&listings[i]);
    return finish(c, code, maps);
}

/* ---- public ---- */

int romcompat_open(struct romcompat **maps)
{
    static const char *const folders[] = {ROMCOMPAT_FOLDER_LOCAL, ROMCOMPAT_FOLDER_SYSTEM};

    return maps ? open_folders(folders, 2, true, maps) : ROMCOMPAT_E_ARGUMENT;
}

static bool all_given(const char *const *names, size_t count)
{
    if (count && !names)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!names[i])
            return false;
    }
    return true;
}

int romcompat_open_folders(const char *const *folders, size_t count, struct romcompat **maps)
{
    if (!maps)
        return ROMCOMPAT_E_ARGUMENT;
    if (count > ROMCOMPAT_MAX_FOLDERS)
        return ROMCOMPAT_E_LIMIT;
    if (!all_given(folders, count))
        return ROMCOMPAT_E_ARGUMENT;
    return open_folders(folders, count, false, maps);
}

int romcompat_open_files(const char *const *files, size_t count, struct romcompat **maps)
{
    if (!maps)
        return ROMCOMPAT_E_ARGUMENT;
    if (count > ROMCOMPAT_MAX_FILES)
        return ROMCOMPAT_E_LIMIT;
    if (!all_given(files, count))
        return ROMCOMPAT_E_ARGUMENT;
    struct romcompat *c = new_collection();
    int code = c ? ROMCOMPAT_OK : ROMCOMPAT_E_MEMORY;
    for (size_t i = 0; i < count && code == ROMCOMPAT_OK; i++)
        code = open_map(c, AT_FDCWD, files[i], files[i]);
    return finish(c, code, maps);
}

int romcompat_open_buffer(const void *data, size_t size, const char *name, struct romcompat **maps)
{
    if (!maps || !name || (size && !data))
        return ROMCOMPAT_E_ARGUMENT;
    struct romcompat *c = new_collection();
    if (!c)
        return ROMCOMPAT_E_MEMORY;
    if (size > ROMCOMPAT_MAX_FILE_SIZE)
        return finish(c, go_on(too_large(c, name, size)), maps);
    char *copy = malloc(size + 1);
    if (!copy)
        return finish(c, ROMCOMPAT_E_MEMORY, maps);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return finish(c, add_map(c, name, copy, size), maps);
}
