/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hook of a package manager, which runs it before anything is changed. Whatever goes wrong here, the
 * package manager goes on, unless it is set to stop it. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/guard.h"
#include "inputs/guard_conf.h"

enum mode { MODE_WARN, MODE_ASK, MODE_STOP, MODE_OFF };

static enum mode mode_of(const struct guard_hook *hook)
{
    static const char *const names[] = {"warn", "ask", "stop", "off"};
    const char *word = hook->transaction->mode;

    for (size_t i = 0; word && i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0)
            return (enum mode)i;
    if (word)
        complain("%s is \"%s\" (expected warn, ask, stop or off): using warn", hook->setting, word);
    return MODE_WARN;
}

/* Only of a person at a terminal: of no one else an answer can be waited for. */
static bool may_ask(const struct guard_hook *hook)
{
    const char *frontend = getenv("DEBIAN_FRONTEND");

    return hook->can_ask && !(frontend && strcmp(frontend, "noninteractive") == 0) &&
           isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static bool wants_to_stop(void)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    char answer[64];

    fputs("romcompat: install anyway? [y/N] ", stdout);
    fflush(stdout);
    if (poll(&ready, 1, GUARD_ASK_SECONDS * 1000) <= 0) {
        printf("\nromcompat: no answer in %d seconds: continuing\n", GUARD_ASK_SECONDS);
        return false;
    }
    ssize_t n = read(STDIN_FILENO, answer, sizeof answer);
    return n <= 0 || (answer[0] != 'y' && answer[0] != 'Y');
}

static int decide(const struct guard_hook *hook, enum mode mode, int status)
{
    if (status == STATUS_YES)
        return STATUS_YES;
    if (mode == MODE_STOP) {
        put_line(hook->to, "romcompat: stopped, as %s says: nothing was changed", hook->setting);
        return STATUS_NO;
    }
    if (mode == MODE_ASK && status == STATUS_NO && may_ask(hook))
        return wants_to_stop() ? STATUS_NO : STATUS_YES;
    return STATUS_YES;
}

/* A package that is not there yet: of it nothing can be known. */
static int put_missing(const struct guard_hook *hook, const char *concerned)
{
    const struct transaction *t = hook->transaction;
    size_t missing = 0;

    for (size_t i = 0; i < t->count; i++)
        if (concerned[i] == '1' && !t->packages[i].file && missing++ < 20)
            put_line(hook->to,
                     "romcompat: %s: not downloaded yet: what it does to guests is not known",
                     t->packages[i].name);
    if (!missing)
        return STATUS_YES;
    put_line(hook->to, "Fix: the same command with --download-only first; then again without");
    return STATUS_NO_ANSWER;
}

static int judge(const struct guard_hook *hook, const char *concerned)
{
    const struct transaction *t = hook->transaction;
    const char **files = xcalloc(t->count + 1, sizeof *files);
    struct guard_question question = {.files = files,
                                      .removed = (const char *const *)t->removed,
                                      .removed_count = t->removed_count,
                                      .removed_are_rpm = t->is_rpm};

    for (size_t i = 0; i < t->count; i++)
        if (concerned[i] == '1')
            files[question.file_count++] = t->packages[i].file;
    struct text text;
    int status = guard_answer(hook->job, &question, text_begin(&text));
    char *said = text_end(&text);
    /* Of what leaves everything as it is, the user hears nothing. */
    if (status != STATUS_YES) {
        put_line(hook->to, "romcompat: what this does to the guests of this host:");
        fwrite(said, 1, text.length, hook->to);
    }
    free(said);
    if (status == STATUS_NO_ANSWER)
        put_line(hook->to, "romcompat: for some of them it is not known");
    free(files);
    return status;
}

static int answer(const struct guard_hook *hook)
{
    const struct transaction *t = hook->transaction;
    int status = STATUS_YES;
    struct failure f;

    if (t->count + t->removed_count == 0)
        return STATUS_YES;
    char *concerned = guard_concerns(t, hook->job->seconds, &f);
    if (!concerned) {
        complain("guard: %s", f.what);
        return STATUS_NO_ANSWER;
    }
    if (memchr(concerned, '1', t->count + t->removed_count)) {
        status = put_missing(hook, concerned);
        if (status == STATUS_YES)
            status = judge(hook, concerned);
    }
    free(concerned);
    return status;
}

int guard_hook(const struct guard_hook *hook, int read, const struct failure *f)
{
    enum mode mode = mode_of(hook);
    int status = STATUS_YES;

    if (read != 0)
        report(f);
    if (mode != MODE_OFF)
        status = decide(hook, mode, read == 0 ? answer(hook) : STATUS_NO_ANSWER);
    fflush(hook->to);
    return status;
}

int guard_hook_of_rpm(struct guard_hook *hook, struct transaction *t, int read,
                      const struct failure *f)
{
    struct failure of_conf;

    if (guard_conf_read(&t->mode, &of_conf) != 0)
        report(&of_conf);
    hook->transaction = t;
    hook->setting = "policy in " GUARD_CONF;
    return guard_hook(hook, read, f);
}
