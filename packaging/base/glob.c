/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/glob.h"

#include <stddef.h>

#include "base/effort.h"

/* Whether `c` is in the set that begins at `p`, behind its bracket. *end is behind the closing one;
 * NULL: there is none. */
static bool is_in_set(const char *p, unsigned char c, const char **end, uint64_t *steps)
{
    bool is_not = *p == '!' || *p == '^', found = false;
    const char *first = p + is_not;

    *end = NULL;
    /* A closing bracket that comes first is one of the set: POSIX.1-2017, XBD 9.3.5. */
    for (p = first; *p && (*p != ']' || p == first); p++) {
        ++*steps;
        unsigned char from = (unsigned char)*p, to = from;

        if (p[1] == '-' && p[2] && p[2] != ']') {
            to = (unsigned char)p[2];
            p += 2;
        }
        found |= from <= c && c <= to;
    }
    if (!*p)
        return false;
    *end = p + 1;
    return found != is_not;
}

/* Whether what stands first in the glob takes `c`; *next is behind it. */
static bool takes(const char *glob, char c, bool is_path, const char **next, uint64_t *steps)
{
    const char *end;

    *next = glob + 1;
    if (*glob == '?')
        return !is_path || c != '/';
    if (*glob == '[') {
        bool is_in = is_in_set(glob + 1, (unsigned char)c, &end, steps);

        if (end) {
            *next = end;
            return is_in && !(is_path && c == '/');
        }
    }
    if (*glob == '\\' && glob[1]) {
        glob++;
        *next = glob + 1;
    }
    return *glob == c;
}

bool glob_matches(const char *glob, const char *text, bool is_path)
{
    const char *star = NULL, *from = NULL, *next;
    uint64_t steps = 16;
    bool matches = true;

    /* Only the last star is ever tried anew: what those before it took is as short as can be. */
    while (matches && (*text || *glob)) {
        steps++;
        if (*glob == '*') {
            star = ++glob;
            from = text;
        } else if (*text && *glob && takes(glob, *text, is_path, &next, &steps)) {
            glob = next;
            text++;
        } else if (star && *from && !(is_path && *from == '/')) {
            text = ++from;
            glob = star;
        } else {
            matches = false;
        }
    }
    effort_must_spend(EFFORT_COMPARISONS, steps);
    return matches;
}
