/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of dnf: our plugin for dnf 4, and an action of libdnf5's plugin "actions". Both run after the
 * packages were downloaded and the transaction was tested, and before anything is changed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "commands/guard.h"
#include "inputs/dnf_hook.h"
#include "inputs/file.h"
#include "outputs/file.h"

/* The plugin leaves standard input to whoever is asked, and writes where this says. */
int guard_dnf(const struct guard_job *job)
{
    const char *number = getenv("ROMCOMPAT_INFO_FD");
    int fd = number && *number ? (int)strtol(number, NULL, 10) : STDIN_FILENO;
    struct guard_hook hook = {.job = job, .to = stdout, .can_ask = true};
    struct transaction t;
    struct failure f;
    size_t size;
    char *text = (char *)read_stream(fd, DNF_HOOK_MAX, &size);
    int result = dnf_hook_read(text, size, NULL, &t, &f);
    int status = guard_hook_of_rpm(&hook, &t, result, &f);

    transaction_free(&t);
    free(text);
    return status;
}

/* One answer, a line; NULL: there is none. */
static char *ask_dnf5(const char *request, size_t *size)
{
    struct text text;
    int byte;

    if (write_all(STDOUT_FILENO, request, strlen(request)) != 0)
        return NULL;
    FILE *out = text_begin(&text);
    size_t count = 0;
    for (; count < DNF_HOOK_MAX && (byte = getc(stdin)) != EOF && byte != '\n'; count++)
        fputc(byte, out);
    char *line = text_end(&text);
    *size = text.length;
    if (!*size) {
        free(line);
        return NULL;
    }
    return line;
}

/* Standard output is the way to libdnf5: people read standard error. */
int guard_dnf5(const struct guard_job *job)
{
    struct guard_hook hook = {.job = job, .to = stderr};
    struct transaction t = {.is_rpm = true};
    struct failure f;
    size_t size;
    char *line = ask_dnf5(DNF_ASK_CACHE, &size), *cache = line ? dnf_hook_cache(line, size) : NULL;
    int result = -1;

    free(line);
    line = ask_dnf5(DNF_ASK_PACKAGES, &size);
    if (line)
        result = dnf_hook_read(line, size, cache, &t, &f);
    else
        fail(&f, "dnf: no answer to a request for the packages (found end of input)");
    int status = guard_hook_of_rpm(&hook, &t, result, &f);
    transaction_free(&t);
    free(cache);
    free(line);
    return status;
}
