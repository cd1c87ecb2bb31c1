/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table of codes, and the problems of a collection. */
#include "collection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum romcompat_code. */
static const char *const texts[] = {
    [ROMCOMPAT_OK] = "no error",
    [ROMCOMPAT_E_ARGUMENT] = "an argument is not one of the documented values",
    [ROMCOMPAT_E_MEMORY] = "no memory is left",
    [ROMCOMPAT_E_NO_RULE] = "no rule applies",
    [ROMCOMPAT_E_NO_FILE] = "no ROM file fits the bucket",
    [ROMCOMPAT_E_READ] = "cannot be read",
    [ROMCOMPAT_E_TYPE] = "not a regular file",
    [ROMCOMPAT_E_LIMIT] = "a limit is exceeded",
    [ROMCOMPAT_E_BYTE] = "a byte that no map may contain",
    [ROMCOMPAT_E_FORMAT] = "not a compat map of a version that is understood",
    [ROMCOMPAT_E_SYNTAX] = "not the syntax of a compat map",
    [ROMCOMPAT_E_NAME] = "a name that is not allowed",
    [ROMCOMPAT_E_BUCKET] = "not a bucket",
    [ROMCOMPAT_E_VERSION] = "not a version or not a range",
    [ROMCOMPAT_E_DUPLICATE] = "given twice",
    [ROMCOMPAT_E_EMPTY] = "a set without machines or without ROMs",
    [ROMCOMPAT_E_CONFLICT] = "two sets give different answers",
};

const char *romcompat_strerror(int code)
{
    if (code < 0 || (size_t)code >= sizeof texts / sizeof texts[0])
        return "unknown code";
    return texts[code];
}

const char *romcompat_library_version(void)
{
    return ROMCOMPAT_VERSION;
}

int add_problem(struct romcompat *c, int code, const char *file, uint32_t line, const char *format,
                ...)
{
    char what[1024], place[16] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (line)
        snprintf(place, sizeof place, ":%u", (unsigned int)line);
    if (!make_room(&c->problem, c->problems, &c->problem_capacity, sizeof *c->problem))
        return ROMCOMPAT_E_MEMORY;

    /* One block: the file's name, its NUL, the text. */
    size_t name = strlen(file) + 1;
    size_t text = name + strlen(place) + 2 + strlen(what);
    char *block = malloc(name + text);
    if (!block)
        return ROMCOMPAT_E_MEMORY;
    memcpy(block, file, name);
    snprintf(block + name, text, "%s%s: %s", file, place, what);
    c->problem[c->problems++] =
        (struct romcompat_problem){.code = code, .line = line, .file = block, .text = block + name};
    return code;
}

size_t romcompat_problem_count(const struct romcompat *maps)
{
    return maps ? maps->problems : 0;
}

int romcompat_problem_at(const struct romcompat *maps, size_t index,
                         struct romcompat_problem *problem)
{
    if (!maps || !problem || index >= maps->problems)
        return ROMCOMPAT_E_ARGUMENT;
    *problem = maps->problem[index];
    return ROMCOMPAT_OK;
}
