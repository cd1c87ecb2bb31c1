/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/deb_relations.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/deb_changelog.h"

static bool begins_field(const char *line, size_t length, const char *field)
{
    size_t n = strlen(field);

    return length > n && line[n] == ':' && strncasecmp(line, field, n) == 0;
}

char *deb_field(const char *text, size_t size, const char *field)
{
    const char *at = text, *end = text + size;
    struct text value;
    FILE *out = NULL;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);

        if (length == 0 && at > text)
            break; /* the end of the paragraph */
        if (out && *at != ' ' && *at != '\t')
            break;
        if (out) {
            fwrite(at, 1, length, out);
        } else if (begins_field(at, length, field)) {
            out = text_begin(&value);
            fwrite(at + strlen(field) + 1, 1, length - strlen(field) - 1, out);
        }
        at = stop ? stop + 1 : end;
    }
    return out ? text_end(&value) : NULL;
}

/* "<<", "<=", "=", ">=", ">>" of deb-control(5); "<" and ">" of old are as "<=" and ">=". */
static bool version_holds(const char *relation, const char *version)
{
    static const struct {
        const char *sign;
        bool less, same, more;
    } signs[] = {{"<<", true, false, false}, {"<=", true, true, false}, {">>", false, false, true},
                 {">=", false, true, true},  {"=", false, true, false}, {"<", true, true, false},
                 {">", false, true, true}};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].sign);

        if (strncmp(relation, signs[i].sign, n) != 0)
            continue;
        relation += n + strspn(relation + n, " \t");
        char *wanted = xstrndup(relation, strcspn(relation, " \t)"));
        int order = deb_version_compare(version, wanted);
        free(wanted);
        return order < 0 ? signs[i].less : order > 0 ? signs[i].more : signs[i].same;
    }
    return false;
}

bool deb_relation_holds(const char *field, const char *package, const char *version)
{
    size_t n = strlen(package);

    for (const char *at = field; *at;) {
        at += strspn(at, " \t\n,|");
        size_t name = strcspn(at, " \t\n,|:("), whole = strcspn(at, ",|");
        const char *open = memchr(at, '(', whole);

        if (name == n && strncmp(at, package, n) == 0 &&
            (!open || version_holds(open + 1 + strspn(open + 1, " \t"), version)))
            return true;
        at += whole;
    }
    return false;
}

void deb_relation_names(const char *field, void (*take)(void *arg, const char *name), void *arg)
{
    for (const char *at = field; *at; at += strcspn(at, ",|")) {
        at += strspn(at, " \t\n,|");
        char *name = xstrndup(at, strcspn(at, " \t\n,|:("));

        if (*name)
            take(arg, name);
        free(name);
    }
}
