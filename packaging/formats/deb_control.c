/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/deb_control.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A piece of the text; never ended by NUL. */
struct span {
    const char *at;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
    while (s.length && is_blank(s.at[0])) {
        s.at++;
        s.length--;
    }
    while (s.length && is_blank(s.at[s.length - 1]))
        s.length--;
    return s;
}

/* isalnum() asks the locale. */
static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters and digits, and after the first also the `others`. */
static bool is_made_of(struct span s, const char *others)
{
    if (!s.length || !is_alnum(s.at[0]))
        return false;
    for (size_t i = 1; i < s.length; i++)
        if (!is_alnum(s.at[i]) && (!s.at[i] || !strchr(others, s.at[i])))
            return false;
    return true;
}

/* Debian Policy 5.6.1, 5.6.7, 5.6.8 and 5.6.12. */
#define NAME_OTHERS "+-."
#define VERSION_OTHERS ".+-~:"
#define ARCHITECTURE_OTHERS "-"

static int keep(const char *name, const char *field, struct span value, const char *others,
                char kept[DEB_VALUE_SIZE], struct failure *f)
{
    if (value.length >= DEB_VALUE_SIZE)
        return fail(f, "%s: %s is too long (found %zu bytes, limit %d)", name, field, value.length,
                    DEB_VALUE_SIZE - 1);
    if (!is_made_of(value, others))
        return fail(f, "%s: %s is '%.*s' (expected letters, digits and %s)", name, field,
                    (int)value.length, value.at, others);
    memcpy(kept, value.at, value.length);
    kept[value.length] = '\0';
    return 0;
}

/* "ipxe" or "ipxe (1.2)". */
static int keep_source(const char *name, struct span value, struct deb_control *c,
                       struct failure *f)
{
    const char *open = memchr(value.at, '(', value.length);

    if (open) {
        struct span version = {open + 1, value.length - (size_t)(open - value.at) - 1};

        if (!version.length || version.at[version.length - 1] != ')')
            return fail(f, "%s: Source is '%.*s' (expected NAME or NAME (VERSION))", name,
                        (int)value.length, value.at);
        version.length--;
        if (keep(name, "version in Source", trim(version), VERSION_OTHERS, c->source_version, f))
            return -1;
        value.length = (size_t)(open - value.at);
    }
    return keep(name, "Source", trim(value), NAME_OTHERS, c->source, f);
}

static int keep_multi_arch(const char *name, struct span value, struct deb_control *c,
                           struct failure *f)
{
    static const char *const known[] = {"no", "same", "foreign", "allowed"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (value.length == strlen(known[i]) && memcmp(value.at, known[i], value.length) == 0) {
            memcpy(c->multi_arch, known[i], value.length + 1);
            return 0;
        }
    }
    return fail(f, "%s: Multi-Arch is '%.*s' (expected no, same, foreign or allowed)", name,
                (int)(value.length < DEB_VALUE_SIZE ? value.length : DEB_VALUE_SIZE), value.at);
}

/* Goes into the control file of another package: one line, nothing that could end it. */
static int keep_maintainer(const char *name, struct span value, struct deb_control *c,
                           struct failure *f)
{
    if (value.length >= DEB_VALUE_SIZE)
        return fail(f, "%s: Maintainer is too long (found %zu bytes, limit %d)", name, value.length,
                    DEB_VALUE_SIZE - 1);
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
            return fail(f, "%s: Maintainer contains a control character (found 0x%02x)", name,
                        (unsigned char)value.at[i]);
    memcpy(c->maintainer, value.at, value.length);
    c->maintainer[value.length] = '\0';
    return 0;
}

enum field { PACKAGE, VERSION, SOURCE, ARCHITECTURE, MULTI_ARCH, MAINTAINER, FIELDS };
static const char *const field_names[FIELDS] = {"Package",      "Version",    "Source",
                                                "Architecture", "Multi-Arch", "Maintainer"};

static enum field field_of(struct span key)
{
    enum field i;

    for (i = 0; i < FIELDS; i++)
        if (key.length == strlen(field_names[i]) &&
            strncasecmp(key.at, field_names[i], key.length) == 0)
            break;
    return i;
}

static int keep_field(const char *name, enum field field, struct span value, struct deb_control *c,
                      struct failure *f)
{
    switch (field) {
    case PACKAGE:
        return keep(name, "Package", value, NAME_OTHERS, c->package, f);
    case VERSION:
        return keep(name, "Version", value, VERSION_OTHERS, c->version, f);
    case SOURCE:
        return keep_source(name, value, c, f);
    case ARCHITECTURE:
        return keep(name, "Architecture", value, ARCHITECTURE_OTHERS, c->architecture, f);
    case MULTI_ARCH:
        return keep_multi_arch(name, value, c, f);
    case MAINTAINER:
        return keep_maintainer(name, value, c, f);
    default:
        return 0;
    }
}

int deb_control_parse(const char *name, const void *text, size_t size, struct deb_control *control,
                      struct failure *f)
{
    struct deb_control c = {0};
    bool seen[FIELDS + 1] = {false};
    const char *at = text, *end = at + size;
    size_t number = 0;

    if (size > DEB_CONTROL_MAX)
        return fail(f, "%s: too large (found %zu bytes, limit %zu)", name, size, DEB_CONTROL_MAX);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct span line = {at, (size_t)((stop ? stop : end) - at)};

        number++;
        at = stop ? stop + 1 : end;
        if (!trim(line).length) {
            if (number == 1)
                continue;
            break; /* the end of the paragraph */
        }
        if (is_blank(line.at[0]) || line.at[0] == '#')
            continue; /* goes on with a field such as Description */

        const char *colon = memchr(line.at, ':', line.length);
        if (!colon)
            return fail(f, "%s:%zu: not a line of a control file (expected FIELD: VALUE)", name,
                        number);
        struct span key = trim((struct span){line.at, (size_t)(colon - line.at)});
        struct span value =
            trim((struct span){colon + 1, line.length - (size_t)(colon - line.at) - 1});
        enum field field = field_of(key);
        if (field == FIELDS)
            continue;
        if (seen[field])
            return fail(f, "%s:%zu: a second %s", name, number, field_names[field]);
        seen[field] = true;
        if (keep_field(name, field, value, &c, f) != 0)
            return -1;
    }
    for (enum field i = 0; i < FIELDS; i++)
        if (!seen[i] && i != SOURCE && i != MULTI_ARCH && i != MAINTAINER)
            return fail(f, "%s: %s is missing", name, field_names[i]);
    /* deb-control(5): Source is left out where it would repeat Package, and its version
     * where it would repeat Version. */
    if (!seen[SOURCE])
        memcpy(c.source, c.package, sizeof c.source);
    if (!c.source_version[0])
        memcpy(c.source_version, c.version, sizeof c.source_version);
    *control = c;
    return 0;
}
