/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/size.h"
#include "inputs/file.h"
#include "outputs/escape.h"
#include "outputs/json.h"
#include "romset/shipped_romsets.h"

int report(const struct failure *f)
{
    fflush(stdout);
    fputs("romcompat: ", stderr);
    put_shown(stderr, f->what);
    putc('\n', stderr);
    if (f->hint[0]) {
        fputs("  ", stderr);
        put_shown(stderr, f->hint);
        putc('\n', stderr);
    }
    return STATUS_NO_ANSWER;
}

int complain(const char *format, ...)
{
    struct failure f = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(f.what, sizeof f.what, format, args);
    va_end(args);
    return report(&f);
}

int usage_error(const struct command *command, const char *format, ...)
{
    struct failure f = {0};
    char text[sizeof f.what / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (command) {
        snprintf(f.what, sizeof f.what, "%s: %s", command->name, text);
        snprintf(f.hint, sizeof f.hint, "See 'romcompat help %s'.", command->name);
    } else {
        snprintf(f.what, sizeof f.what, "%s", text);
        snprintf(f.hint, sizeof f.hint, "See 'romcompat help'.");
    }
    return report(&f);
}

int check_bucket(const struct command *command, uint64_t bucket)
{
    if (is_bucket(bucket) && bucket <= ROM_FILE_MAX)
        return STATUS_YES;
    return usage_error(command,
                       "--bucket: %" PRIu64 " is not a valid bucket (expected a power of two from "
                       "%" PRIu64 " to %zu)",
                       bucket, BUCKET_MIN, ROM_FILE_MAX);
}

int unknown_word(const struct command *command, const char *what, const char *word,
                 const char *before, const char *const *names, size_t count)
{
    const char *nearest = nearest_name(word, names, count);
    struct failure f = {0};

    if (!nearest)
        return usage_error(command, "%s '%s%s'", what, before, word);
    fail(&f, "%s%s%s '%s%s'", command ? command->name : "", command ? ": " : "", what, before,
         word);
    fail_hint(&f, "Did you mean %s%s?", before, nearest);
    return report(&f);
}

__attribute__((format(printf, 2, 0))) static void put_text(FILE *to, const char *format,
                                                           va_list args)
{
    char *text = xvasprintf(format, args);

    put_shown(to, text);
    free(text);
    putc('\n', to);
}

void print_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_text(stdout, format, args);
    va_end(args);
}

void put_line(FILE *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_text(to, format, args);
    va_end(args);
}

void json_print(struct json_object *document)
{
    char *text = json_document_text(document);

    fputs(text, stdout);
    free(text);
}

int finish_output(int status)
{
    const struct failure *unread = shipped_romsets_problem();

    if (unread)
        complain("warning: %s: it cannot be proposed as a fix", unread->what);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain("standard output: %s", strerror(errno));
    return status;
}
