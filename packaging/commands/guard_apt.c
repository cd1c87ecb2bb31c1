/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hook of apt, DPkg::Pre-Install-Pkgs: before dpkg is run. Whatever goes wrong here, apt goes on,
 * unless it was told to stop. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/guard.h"
#include "fleet/upgrade.h"
#include "inputs/apt_hook.h"
#include "inputs/dpkg_files.h"
#include "inputs/file.h"
#include "inputs/package_file.h"
#include "outputs/child.h"

/* Bytes of a package that is new to this host and is read whole, as links are in no list of sums. */
enum { SMALL_PACKAGE = 1 << 20 };

enum mode { MODE_WARN, MODE_ASK, MODE_STOP, MODE_OFF };

static enum mode mode_of(const struct apt_hook *hook)
{
    static const char *const names[] = {"warn", "ask", "stop", "off"};

    for (size_t i = 0; hook->mode && i < sizeof names / sizeof *names; i++)
        if (strcmp(hook->mode, names[i]) == 0)
            return (enum mode)i;
    if (hook->mode)
        complain("Romcompat::Guard is \"%s\" (expected warn, ask, stop or off): it warns",
                 hook->mode);
    return MODE_WARN;
}

/* apt says on which descriptor it talks: apt.conf(5), InfoFD. */
static char *read_apt(size_t *size)
{
    const char *number = getenv("APT_HOOK_INFO_FD");
    int fd = number && *number ? (int)strtol(number, NULL, 10) : STDIN_FILENO;

    return (char *)read_stream(fd, APT_HOOK_MAX, size);
}

/* --- whether it is about us at all ------------------------------------------------------------ */

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

static void look_at_path(void *arg, const char *package, char *path)
{
    bool *found = arg;

    (void)package;
    *found |= upgrade_wants(path);
}

/* By its list of sums, and by what the version that is installed has. What cannot be read may be
 * anything. */
static bool concerns(const struct apt_hook_package *p)
{
    bool found = false;
    const struct package_visitor visitor = {wants, take, unread, &found};
    struct package_head head;
    struct failure f;
    struct stat st;

    dpkg_files_of(p->name, look_at_path, &found);
    if (found)
        return true;
    int holds = package_file_holds(p->file, &head, &visitor, &f);
    if (holds < 0)
        return true;
    package_head_free(&head);
    if (holds == PACKAGE_HOLDS)
        return true;
    if (holds == PACKAGE_NOT_KNOWN ||
        (!p->is_installed && stat(p->file, &st) == 0 && st.st_size < SMALL_PACKAGE)) {
        if (package_file_read(p->file, &head, &visitor, &f) != 0)
            return true;
        package_head_free(&head);
    }
    return found;
}

/* In a process of its own: a byte for each package and each that is removed, 1 where it concerns
 * guests. */
static int search(void *arg, int fd)
{
    const struct apt_hook *hook = arg;

    for (size_t i = 0; i < hook->count; i++) {
        char byte = concerns(&hook->packages[i]) ? '1' : '0';

        if (write(fd, &byte, 1) != 1)
            return 1;
    }
    for (size_t i = 0; i < hook->removed_count; i++) {
        bool found = false;

        dpkg_files_of(hook->removed[i], look_at_path, &found);
        if (write(fd, found ? "1" : "0", 1) != 1)
            return 1;
    }
    return 0;
}

/* --- the answer -------------------------------------------------------------------------------- */

/* Only of a person at a terminal: of no one else an answer can be waited for. */
static bool may_ask(void)
{
    const char *frontend = getenv("DEBIAN_FRONTEND");

    return !(frontend && strcmp(frontend, "noninteractive") == 0) && isatty(STDIN_FILENO) &&
           isatty(STDOUT_FILENO);
}

static bool wants_to_stop(void)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    char answer[64];

    fputs("romcompat: install all the same? [y/N] ", stdout);
    fflush(stdout);
    if (poll(&ready, 1, GUARD_ASK_SECONDS * 1000) <= 0) {
        printf("\nromcompat: no answer in %d seconds: it goes on\n", GUARD_ASK_SECONDS);
        return false;
    }
    ssize_t n = read(STDIN_FILENO, answer, sizeof answer);
    return n <= 0 || (answer[0] != 'y' && answer[0] != 'Y');
}

static int decide(enum mode mode, int status)
{
    if (status == STATUS_YES)
        return STATUS_YES;
    if (mode == MODE_STOP) {
        print_line("romcompat: stopped, as Romcompat::Guard says: nothing was changed");
        return STATUS_NO;
    }
    if (mode == MODE_ASK && status == STATUS_NO && may_ask())
        return wants_to_stop() ? STATUS_NO : STATUS_YES;
    return STATUS_YES;
}

static int judge(const struct guard_job *job, const struct apt_hook *hook, const char *concerned)
{
    const char **files = xcalloc(hook->count + 1, sizeof *files);
    struct guard_question question = {.files = files,
                                      .removed = (const char *const *)hook->removed,
                                      .removed_count = hook->removed_count};

    for (size_t i = 0; i < hook->count; i++)
        if (concerned[i] == '1')
            files[question.file_count++] = hook->packages[i].file;
    print_line("romcompat: what this does to the guests of this host:");
    int status = guard_answer(job, &question, stdout);
    if (status == STATUS_NO_ANSWER)
        print_line("romcompat: of some of them that is not known");
    free(files);
    return status;
}

static int answer(const struct guard_job *job, struct apt_hook *hook, enum mode mode)
{
    const struct child child = {.work = search,
                                .arg = hook,
                                .is_nobody = true,
                                .reads_all = true,
                                .output_max = APT_HOOK_PACKAGES_MAX,
                                .seconds = job->seconds};
    struct child_result r = {0};
    size_t count = hook->count + hook->removed_count;
    struct failure f;

    if (count == 0)
        return STATUS_YES;
    if (child_run(&child, &r, &f) != 0 || r.status != 0 || r.size != count) {
        complain("guard: the packages cannot be looked at");
        child_result_free(&r);
        return decide(mode, STATUS_NO_ANSWER);
    }
    int status = STATUS_YES;
    if (memchr(r.output, '1', r.size))
        status = judge(job, hook, (const char *)r.output);
    child_result_free(&r);
    return decide(mode, status);
}

int guard_apt(const struct guard_job *job)
{
    struct apt_hook hook;
    struct failure f;
    size_t size;
    char *text = read_apt(&size);
    int status = STATUS_YES;

    if (apt_hook_read(text, size, &hook, &f) != 0) {
        /* Without it, no mode is known. */
        report(&f);
    } else {
        enum mode mode = mode_of(&hook);

        if (mode != MODE_OFF)
            status = answer(job, &hook, mode);
        apt_hook_free(&hook);
    }
    free(text);
    fflush(stdout);
    return status;
}
