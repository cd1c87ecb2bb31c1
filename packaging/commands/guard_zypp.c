/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A commit plugin of libzypp. Standard output is the way to libzypp, and packaging/zypp/romcompat.in
 * makes standard error one that people read. libzypp drops a plugin that answers ERROR and goes on
 * (zypp/PluginExecutor.cc, doSend()): where it is to stop, it gets no answer, and who runs this ends it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/guard.h"
#include "inputs/zypp_hook.h"

/* libzypp drops a plugin that does not answer in 30 seconds: zypp/PluginScript.cc. */
enum { ZYPP_SECONDS = 20 };

static int judge(const struct guard_job *job, const char *body)
{
    struct guard_job own = *job;
    struct guard_hook hook = {.job = &own, .to = stderr};
    struct transaction t;
    struct failure f;

    if (own.seconds > ZYPP_SECONDS)
        own.seconds = ZYPP_SECONDS;
    int result = zypp_hook_read(body, &t, &f);
    int status = guard_hook_of_rpm(&hook, &t, result, &f);
    transaction_free(&t);
    return status;
}

/* A frame without headers and body. */
static void answer(const char *command)
{
    fputs(command, stdout);
    fputs("\n\n", stdout);
    putchar('\0');
    fflush(stdout);
}

int guard_zypp(const struct guard_job *job)
{
    static const char *const known[] = {"PLUGINBEGIN", "COMMITBEGIN", "COMMITEND",
                                        "PLUGINEND",   "_DISCONNECT", NULL};
    char *command, *body;
    int more, status = STATUS_YES;
    struct failure f;

    while (status == STATUS_YES && (more = zypp_frame_read(stdin, &command, &body, &f)) > 0) {
        if (strcmp(command, "COMMITBEGIN") == 0)
            status = judge(job, body);
        if (status == STATUS_YES)
            answer(is_one_of(command, known) ? "ACK" : "_ENOMETHOD");
        bool is_last = strcmp(command, "_DISCONNECT") == 0;
        free(command);
        free(body);
        if (is_last)
            break;
    }
    if (status == STATUS_YES && more < 0)
        return report(&f);
    return status;
}
