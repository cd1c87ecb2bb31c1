/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <romcompat.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"
/* A prefix and a name together stay below ROMCOMPAT_MAX_NAME. */
#define NAME_LENGTH_MAX 120

static bool only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

static bool printable(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~')
            return false;
    }
    return true;
}

const char *bare_name_problem(const char *text)
{
    if (!*text)
        return "must not be empty";
    if (strlen(text) > NAME_LENGTH_MAX)
        return "is too long (limit 120 bytes)";
    if (strchr(text, '/'))
        return "must not contain a slash";
    if (text[0] == '.')
        return "must not begin with a dot";
    /* '#' begins a comment in a map. */
    if (!printable(text) || strchr(text, '#'))
        return "must be printable ASCII without blanks and '#'";
    return NULL;
}

const char *relative_path_problem(const char *text)
{
    if (!*text)
        return "must not be empty";
    if (*text == '/')
        return "must be relative, without a leading slash";
    for (const char *part = text;;) {
        size_t length = strcspn(part, "/");

        if (length == 0)
            return "must not contain an empty component";
        if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
            return "must not contain '.' or '..' as a component";
        if (!part[length])
            break;
        part += length + 1;
    }
    return line_problem(text);
}

const char *package_name_problem(const char *text)
{
    if (strlen(text) < 2 || strlen(text) > NAME_LENGTH_MAX)
        return "must have 2 to 120 characters";
    if (!only(text, LOWER DIGIT "+-.") || !strchr(LOWER DIGIT, text[0]))
        return "may contain lower-case letters, digits and '+-.' only, and begins with a letter or "
               "digit";
    return NULL;
}

const char *package_version_problem(const char *text)
{
    if (!*text || strlen(text) > NAME_LENGTH_MAX)
        return "must have 1 to 120 characters";
    if (!strchr(DIGIT, text[0]))
        return "must begin with a digit";
    if (!only(text, LOWER UPPER DIGIT ".+-~:"))
        return "may contain letters, digits and '.+-~:' only";
    return NULL;
}

const char *sha256_problem(const char *text)
{
    return strlen(text) == 64 && only(text, DIGIT "abcdef") ? NULL
                                                            : "must be 64 lower-case hex digits";
}

const char *machine_name_problem(const char *text)
{
    if (!*text || strlen(text) > NAME_LENGTH_MAX)
        return "must have 1 to 120 characters";
    if (strchr(text, '+'))
        return "must be without the '+suffix', which is dropped before a name is looked up";
    if (!only(text, LOWER UPPER DIGIT "._-") || strchr("._-", text[0]))
        return "may contain letters, digits and '._-' only, and begins with a letter or digit";
    return NULL;
}

const char *machine_version_problem(const char *text)
{
    struct romcompat_version version;

    return romcompat_version_parse(text, strlen(text), &version) == ROMCOMPAT_OK
               ? NULL
               : "must be two to four numbers with dots between them, such as 10.0";
}

const char *summary_problem(const char *text)
{
    if (!*text || strlen(text) > NAME_LENGTH_MAX)
        return "must have 1 to 120 characters";
    return line_problem(text);
}

const char *line_problem(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return "must be one line without control characters";
    }
    return NULL;
}
