/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hook of apt, DPkg::Pre-Install-Pkgs: before dpkg is run. */
#include <stdlib.h>
#include <unistd.h>

#include "commands/guard.h"
#include "inputs/apt_hook.h"
#include "inputs/file.h"

/* apt says on which descriptor it talks: apt.conf(5), InfoFD. *is_cut: there is more than is
 * read; all of it is taken, so that apt need not wait. */
static char *read_apt(size_t *size, bool *is_cut)
{
    const char *number = getenv("APT_HOOK_INFO_FD");
    int fd = number && *number ? (int)strtol(number, NULL, 10) : STDIN_FILENO;
    char *text = (char *)read_stream(fd, APT_HOOK_MAX + 1, size), rest[4096];

    *is_cut = *size > APT_HOOK_MAX;
    while (*is_cut && read(fd, rest, sizeof rest) > 0)
        ;
    return text;
}

int guard_apt(const struct guard_job *job)
{
    struct transaction t;
    const struct guard_hook hook = {.job = job,
                                    .transaction = &t,
                                    .setting = "Romcompat::Guard",
                                    .to = stdout,
                                    .can_ask = true};
    struct failure f;
    bool is_cut;
    size_t size;
    char *text = read_apt(&size, &is_cut);
    int result = apt_hook_read(text, size, &t, &f);

    if (is_cut)
        result = fail(&f, "apt: its list of packages is too long (limit %zu bytes)", APT_HOOK_MAX);
    int status = guard_hook(&hook, result, &f);
    transaction_free(&t);
    free(text);
    return status;
}
