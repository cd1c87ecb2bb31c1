/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a transaction is about guests at all: most are not, and their users hear nothing. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/guard.h"
#include "fleet/upgrade.h"
#include "inputs/dpkg_files.h"
#include "inputs/package_file.h"
#include "inputs/rpm_files.h"
#include "outputs/child.h"
#include "outputs/file.h"

/* Links are in no list of a .deb. The smallest ones of a transaction are read whole, as many as have
 * so many bytes together: xz needs 0.05 s for them. */
enum { READ_WHOLE_MAX = 1 << 20 };

struct searching {
    const struct transaction *t;
    struct dpkg_lists lists; /* where dpkg has what is installed */
    const char **names;      /* of rpm's packages that had such files; sorted */
    size_t name_count, name_capacity;
    bool is_unknown; /* which of rpm's packages had any */
};

static bool wants(void *arg, const char *path)
{
    (void)arg;
    return upgrade_wants(path);
}

static void take(void *arg, const char *path, const char *target, uint8_t *data, size_t size)
{
    bool *found = arg;

    (void)path;
    (void)target;
    (void)size;
    *found = true;
    free(data);
}

static void unread(void *arg, const struct failure *f)
{
    bool *found = arg;

    (void)f;
    *found = true;
}

/* --- what the version that is installed has ----------------------------------------------------- */

static void look_at_path(void *arg, const char *package, char *path)
{
    bool *found = arg;

    (void)package;
    *found |= upgrade_wants(path);
}

static void look_at_rpm_path(void *arg, const char *package, char *path)
{
    struct searching *s = arg;

    if (!upgrade_wants(path) ||
        (s->name_count && strcmp(s->names[s->name_count - 1], package) == 0))
        return;
    APPEND(s->names, s->name_count, s->name_capacity, xstrdup(package));
}

/* rpm is asked once for all of them. */
static void look_at_rpms(struct searching *s)
{
    const struct transaction *t = s->t;
    const char **names = xcalloc(t->count + t->removed_count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < t->count; i++)
        names[count++] = t->packages[i].name;
    for (size_t i = 0; i < t->removed_count; i++)
        names[count++] = t->removed[i];
    s->is_unknown = rpm_files_of(names, count, look_at_rpm_path, s, NULL) != 0;
    SORT_TEXTS(s->names, s->name_count);
    free(names);
}

static bool had_any(const struct searching *s, const char *package)
{
    bool found = false;

    if (s->t->is_rpm)
        return s->is_unknown || FIND_TEXT(s->names, s->name_count, package);
    dpkg_files_of(&s->lists, package, look_at_path, &found);
    return found;
}

/* --- what the new one has ------------------------------------------------------------------------ */

bool guard_knows_name(const char *package)
{
    static const char *const begins[] = {"qemu", "ipxe", "seabios", "ovmf", "edk2", NULL};

    for (const char *const *begin = begins; *begin; begin++)
        if (strncmp(package, *begin, strlen(*begin)) == 0)
            return true;
    return false;
}

/* What a link to a ROM or an image may lead to, or whose package. */
static bool suspects(void *arg, const char *path_or_package)
{
    (void)arg;
    return path_or_package[0] == '/'
               ? ends_with(path_or_package, ".rom") || ends_with(path_or_package, ".fd")
               : guard_knows_name(path_or_package);
}

/* What cannot be read may be anything. */
static bool has_any(const struct transaction_package *p)
{
    bool found = false;
    const struct package_visitor visitor = {wants, take, unread, &found, NULL};
    struct package_head head;
    struct failure f;

    if (package_file_read(p->file, &head, &visitor, &f) != 0)
        return true;
    package_head_free(&head);
    return found;
}

/* By the lists of its files. *is_deb: these have no links. */
static bool lists_any(const struct transaction_package *p, bool *is_deb)
{
    const struct package_visitor visitor = {.wants = wants, .suspects = suspects};
    struct package_head head;
    struct failure f;

    if (!p->file)
        return guard_knows_name(p->name);
    int holds = package_file_holds(p->file, &head, &visitor, &f);
    if (holds < 0)
        return true;
    *is_deb = !head.is_rpm;
    package_head_free(&head);
    return holds == PACKAGE_HOLDS || (holds == PACKAGE_NOT_KNOWN && has_any(p));
}

struct sized {
    size_t index;
    off_t size;
};

static int compare_sizes(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;

    return x->size != y->size ? (x->size > y->size) - (x->size < y->size)
                              : (x->index > y->index) - (x->index < y->index);
}

static void read_smallest(const struct transaction *t, struct sized *list, size_t count,
                          char *answers)
{
    off_t left = READ_WHOLE_MAX;

    if (count)
        qsort(list, count, sizeof *list, compare_sizes);
    for (size_t i = 0; i < count && list[i].size <= left; i++) {
        left -= list[i].size;
        if (has_any(&t->packages[list[i].index]))
            answers[list[i].index] = '1';
    }
}

static char *look_at(struct searching *s)
{
    const struct transaction *t = s->t;
    size_t all = t->count + t->removed_count, count = 0;
    struct sized *list = xcalloc(t->count + 1, sizeof *list);
    char *answers = xcalloc(all + 1, 1);
    struct stat st;

    for (size_t i = 0; i < all; i++) {
        const char *name = i < t->count ? t->packages[i].name : t->removed[i - t->count];
        bool is_deb = false, found = had_any(s, name);

        if (!found && i < t->count)
            found = lists_any(&t->packages[i], &is_deb);
        if (!found && is_deb && stat(t->packages[i].file, &st) == 0)
            list[count++] = (struct sized){i, st.st_size};
        answers[i] = found ? '1' : '0';
    }
    read_smallest(t, list, count, answers);
    free(list);
    return answers;
}

/* In a process of its own. */
static int search(void *arg, int fd)
{
    struct searching s = {.t = arg};

    if (s.t->is_rpm)
        look_at_rpms(&s);
    else
        dpkg_lists_read(&s.lists);
    char *answers = look_at(&s);
    int result = write_all(fd, answers, strlen(answers));
    free(answers);
    return result == 0 ? 0 : 1;
}

char *guard_concerns(const struct transaction *t, unsigned seconds, struct failure *f)
{
    const struct child child = {.work = search,
                                .arg = (void *)t,
                                .is_nobody = true,
                                .reads_all = true,
                                .output_max = TRANSACTION_PACKAGES_MAX,
                                .seconds = seconds};
    struct child_result r = {0};

    if (child_run(&child, &r, f) != 0)
        return NULL;
    if (r.status != 0 || r.size != t->count + t->removed_count) {
        fail(f, "the packages cannot be read");
        child_result_free(&r);
        return NULL;
    }
    return (char *)r.output;
}
