/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/guard_conf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"

enum { GUARD_CONF_MAX = 64 << 10 };

static char *trimmed(char *text)
{
    static const char blanks[] = " \t\r";

    text += strspn(text, blanks);
    for (size_t n = strlen(text); n && strchr(blanks, text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

/* False: not understood. */
static bool take_line(char *line, char **policy)
{
    line[strcspn(line, "#")] = '\0';
    char *key = trimmed(line), *value = strchr(key, '=');

    if (!*key)
        return true;
    if (!value)
        return false;
    *value++ = '\0';
    value = trimmed(value);
    if (strcmp(trimmed(key), "policy") != 0 || !*value)
        return false;
    free(*policy);
    *policy = xstrdup(value);
    return true;
}

int guard_conf_parse(const char *name, const char *text, size_t size, char **policy,
                     struct failure *f)
{
    char *copy = xstrndup(text, size), *rest = copy;
    unsigned line_number = 0;
    int result = 0;

    *policy = NULL;
    /* What stands behind it would not be seen here, but by other readers of the file. */
    if (memchr(text, '\0', size))
        result = fail(f, "%s: not text: it contains a NUL byte", name);
    for (char *line; (line = strsep(&rest, "\n"));) {
        line_number++;
        if (!take_line(line, policy))
            result = fail(f, "%s:%u: not understood (expected policy = warn, ask, stop or off)",
                          name, line_number);
    }
    free(copy);
    return result;
}

int guard_conf_read(char **policy, struct failure *f)
{
    uint8_t *data;
    size_t size;

    *policy = NULL;
    if (access(GUARD_CONF, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (read_file(GUARD_CONF, GUARD_CONF_MAX, &data, &size, f) != 0)
        return -1;
    int result = guard_conf_parse(GUARD_CONF, (const char *)data, size, policy, f);
    free(data);
    return result;
}
