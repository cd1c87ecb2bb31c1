/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/enroll_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/sha256.h"
#include "outputs/file.h"
#include "outputs/own_lock.h"

#define FIRST_LINE "romcompat-enroll-journal 1 "

/* What is enrolled, as a sum: another template under the same name is another run. */
static char *first_line(const struct enroll_run *run, bool undo)
{
    char sum[SHA256_TEXT_SIZE];

    if (undo)
        return xstrdup(FIRST_LINE "undo\n");
    struct sha256 *s = sha256_new();
    for (size_t i = 0; i < run->source_count; i++) {
        for (int k = 0; k < KEY_LISTS; k++) {
            const struct key_source_list *list = &run->sources[i].lists[k];

            sha256_add(s, key_list_name((enum key_list)k), strlen(key_list_name(k)) + 1);
            sha256_add(s, &list->size, sizeof list->size);
            sha256_add(s, list->data, list->size);
        }
    }
    sha256_finish(s, sum);
    return xasprintf(FIRST_LINE "%s\n", sum);
}

/* What is in the file up to the end of its last whole line; the rest is cut off. */
static int read_lines(const char *path, struct journal *j, struct failure *f)
{
    size_t size;
    uint8_t *data = read_stream(j->fd, ENROLL_JOURNAL_MAX + 1, &size);
    size_t whole = size;

    while (whole && data[whole - 1] != '\n')
        whole--;
    j->text = xstrndup((const char *)data, whole);
    free(data);
    if (size > ENROLL_JOURNAL_MAX)
        return fail(f, "%s: too large (limit %zu bytes)", path, ENROLL_JOURNAL_MAX);
    if (whole != size && ftruncate(j->fd, (off_t)whole) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    return 0;
}

static void split(struct journal *j)
{
    char *rest = j->text;
    size_t capacity = 0;

    for (char *line; (line = strsep(&rest, "\n"));) {
        APPEND(j->lines, j->count, capacity, line);
    }
    SORT_TEXTS(j->lines, j->count);
}

static int put(struct journal *j, const char *text)
{
    return write_all(j->fd, text, strlen(text)) == 0 && fsync(j->fd) == 0 ? 0 : -1;
}

/* Of another user's it is not believed what is done; nor is a link followed, which would be one. */
static int open_own(const char *path, struct journal *j, struct failure *f)
{
    struct stat st;

    if (make_directories_above(path, 0777, f) != 0)
        return -1;
    j->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
                 0666);
    if (j->fd < 0)
        return own_lock_cannot_open(path, f);
    if (fstat(j->fd, &st) == 0 && !S_ISREG(st.st_mode))
        return fail(f, "%s: not a regular file", path);
    return refuse_not_own(j->fd, path, f);
}

int open_journal(const char *path, const struct enroll_run *run, bool undo, struct journal *j,
                 struct failure *f)
{
    *j = (struct journal){.fd = -1};
    if (!path)
        return 0;
    if (open_own(path, j, f) != 0 || read_lines(path, j, f) != 0)
        return -1;
    char *first = first_line(run, undo);
    int result = 0;
    if (!*j->text)
        result = put(j, first) == 0 ? 0 : fail(f, "%s: %s", path, strerror(errno));
    else if (strncmp(j->text, first, strlen(first)) != 0)
        result = fail(f, "%s: not the journal of a run of this kind with these sources", path);
    if (result != 0 && *j->text)
        fail_hint(f, "Begin another one: --journal NEW.");
    free(first);
    split(j);
    return result;
}

void close_journal(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    free(j->lines);
    free(j->text);
    *j = (struct journal){.fd = -1};
}

bool can_be_noted(const struct journal *j, const char *store)
{
    char *path = absolute_path(store);
    bool can = j->fd < 0 || !strchr(path, '\n');

    free(path);
    return can;
}

bool is_noted(const struct journal *j, const char *store)
{
    char *path = absolute_path(store);
    bool is = FIND_TEXT(j->lines, j->count, path) != NULL;

    free(path);
    return is;
}

int note_done(struct journal *j, const char *store, struct failure *f)
{
    if (j->fd < 0)
        return 0;
    char *path = absolute_path(store), *line = xasprintf("%s\n", path);
    int result = put(j, line);
    if (result != 0)
        fail(f, "%s: done, but this cannot be recorded: %s", store, strerror(errno));
    free(path);
    free(line);
    return result;
}
