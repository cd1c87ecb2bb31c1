/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One map, romcompat-map(5):
 *
 *     romcompat-map 1
 *     set NAME
 *       package NAME
 *       machine FAMILY FIRST LAST       "-" leaves an end open
 *       machine NAME
 *       rom NAME BUCKET COMPAT-NAME
 *     end
 *
 * Words are separated by blanks and tabs, '#' starts a comment, and the rest
 * of the line is one directive. Words are terminated in place, in the
 * map's own buffer, so that nothing is copied.
 */
#include "collection.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 5 }; /* one more than any directive has */

struct parser {
    struct romcompat *c;
    uint32_t map;
    const char *path;
    uint32_t line;
    bool has_format; /* the first line was seen */
    bool in_set;
    struct names set_names;
    uint32_t first_set; /* of this map */
    uint64_t rules;     /* of all sets before the open one */
    struct word {
        char *text;
        size_t length;
        unsigned int class; /* the byte_class of all its bytes together */
    } word[WORDS];
    unsigned int words;
};

#define wrong(p, code, ...) add_problem((p)->c, code, (p)->path, (p)->line, __VA_ARGS__)

/* ---- one line to words ---- */

static int wrong_byte(struct parser *p, unsigned char byte)
{
    if (byte == '\r')
        return wrong(p, ROMCOMPAT_E_BYTE, "carriage return (lines end with a line feed alone)");
    return wrong(p, ROMCOMPAT_E_BYTE, "byte 0x%02x is not allowed here", byte);
}

/* Splits [at, end); *end is the line feed or the NUL behind the map, and becomes NUL. */
static int split(struct parser *p, char *at, char *end)
{
    p->words = 0;
    for (;;) {
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        if (at == end || *at == '#')
            break;
        struct word word = {.text = at};
        while (at < end && is_word_byte(*at))
            word.class |= byte_class[(unsigned char)*at++];
        word.length = (size_t)(at - word.text);
        if (at < end && *at != ' ' && *at != '\t' && *at != '#')
            return wrong_byte(p, (unsigned char)*at);
        if (p->words == WORDS)
            return wrong(p, ROMCOMPAT_E_SYNTAX, "too many words after '%.60s'", p->word[0].text);
        p->word[p->words++] = word;
        if (at < end && *at == '#')
            break;
        *at = '\0';
        at += at < end;
    }
    if (at < end) {
        char *comment = at;

        for (; at < end; at++) {
            unsigned char byte = (unsigned char)*at;

            if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
                return wrong_byte(p, byte);
        }
        *comment = '\0'; /* it may touch the last word */
    }
    return ROMCOMPAT_OK;
}

static int expect_words(struct parser *p, unsigned int count, const char *form)
{
    if (p->words == count)
        return ROMCOMPAT_OK;
    return wrong(p, ROMCOMPAT_E_SYNTAX, "'%s' has %u word%s (expected: %s)", p->word[0].text,
                 p->words, p->words == 1 ? "" : "s", form);
}

/* ---- checks of single words ---- */

static int check_name(struct parser *p, const char *what, const struct word *name)
{
    if (name->length > ROMCOMPAT_MAX_NAME)
        return wrong(p, ROMCOMPAT_E_NAME, "the %s has %zu bytes (at most %d are allowed)", what,
                     name->length, ROMCOMPAT_MAX_NAME);
    if ((name->class & BYTE_SLASH) ||
        (name->length <= 2 && (strcmp(name->text, ".") == 0 || strcmp(name->text, "..") == 0)))
        return wrong(p, ROMCOMPAT_E_NAME, "the %s '%s' is not a bare name", what, name->text);
    return ROMCOMPAT_OK;
}

static int check_machine(struct parser *p, const struct word *name, struct romcompat_machine *m)
{
    int code = check_name(p, "machine type", name);

    if (code != ROMCOMPAT_OK)
        return code;
    if (name->class & BYTE_PLUS)
        return wrong(p, ROMCOMPAT_E_NAME,
                     "the machine type '%s' can match nothing: what starts at '+' is dropped "
                     "before a lookup",
                     name->text);
    if (romcompat_machine_parse(name->text, m) != ROMCOMPAT_OK)
        return wrong(p, ROMCOMPAT_E_NAME, "'%s' is not a machine type", name->text);
    return ROMCOMPAT_OK;
}

static int read_end(struct parser *p, const struct word *word, uint64_t open, const char **text,
                    uint64_t *number)
{
    struct romcompat_version v;

    if (strcmp(word->text, "-") == 0) {
        *text = NULL;
        *number = open;
        return ROMCOMPAT_OK;
    }
    if (romcompat_version_parse(word->text, word->length, &v) != ROMCOMPAT_OK)
        return wrong(p, ROMCOMPAT_E_VERSION,
                     "'%.60s' is not a version (expected numbers such as 2.4 or 4.0.1, or -)",
                     word->text);
    *text = word->text;
    *number = version_number(&v);
    return ROMCOMPAT_OK;
}

static int read_bucket(struct parser *p, const char *word, uint32_t *bucket)
{
    uint64_t n = 0;
    const char *at = word;

    /* Ten digits hold the largest bucket and cannot overflow. */
    for (; *at >= '0' && *at <= '9' && at - word < 10; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    if (*at || *word == '0' || n < ROMCOMPAT_MIN_BUCKET || n > ROMCOMPAT_MAX_BUCKET ||
        (n & (n - 1)))
        return wrong(p, ROMCOMPAT_E_BUCKET,
                     "'%.60s' is not a bucket (expected a power of two from %d to %u, in bytes)",
                     word, ROMCOMPAT_MIN_BUCKET, ROMCOMPAT_MAX_BUCKET);
    *bucket = (uint32_t)n;
    return ROMCOMPAT_OK;
}

/* ---- directives ---- */

static struct set *open_set(struct parser *p)
{
    return &p->c->set[p->c->sets - 1];
}

/* Counts before a line is added: so neither lines nor rules can exceed the limit. */
static int check_rules(struct parser *p, uint32_t machines, uint32_t roms)
{
    uint64_t of_set = (uint64_t)(machines ? machines : 1) * (roms ? roms : 1);

    if (p->rules + of_set > ROMCOMPAT_MAX_RULES)
        return wrong(p, ROMCOMPAT_E_LIMIT, "more than %d rules (machine lines times rom lines)",
                     ROMCOMPAT_MAX_RULES);
    return ROMCOMPAT_OK;
}

static int do_format(struct parser *p)
{
    static const char number[] = {'0' + ROMCOMPAT_FORMAT, '\0'};

    if (strcmp(p->word[0].text, "romcompat-map") != 0)
        return wrong(p, ROMCOMPAT_E_FORMAT,
                     "'%.60s' is not the start of a compat map (expected: romcompat-map %s)",
                     p->word[0].text, number);
    if (p->words < 2 || strcmp(p->word[1].text, number) != 0)
        return wrong(p, ROMCOMPAT_E_FORMAT,
                     "map version '%.60s' is not understood (expected: romcompat-map %s)",
                     p->words < 2 ? "" : p->word[1].text, number);
    if (p->words > 2)
        return wrong(p, ROMCOMPAT_E_FORMAT,
                     "romcompat-map has %u words (expected: romcompat-map %s)", p->words, number);
    p->has_format = true;
    return ROMCOMPAT_OK;
}

static int do_set(struct parser *p)
{
    struct romcompat *c = p->c;
    int code = expect_words(p, 2, "set NAME");

    if (code != ROMCOMPAT_OK || (code = check_name(p, "set", &p->word[1])) != ROMCOMPAT_OK)
        return code;
    uint32_t known = p->set_names.count;
    uint32_t id = names_add(&p->set_names, &c->keys, p->word[1].text, p->word[1].length);
    if (id == NO_ID)
        return ROMCOMPAT_E_MEMORY;
    if (id < known)
        return wrong(p, ROMCOMPAT_E_DUPLICATE, "set '%s' is there already, in line %u",
                     p->word[1].text, c->set[p->first_set + id].line);
    if (c->sets == ROMCOMPAT_MAX_SETS)
        return wrong(p, ROMCOMPAT_E_LIMIT, "more than %d sets", ROMCOMPAT_MAX_SETS);
    if (!make_room(&c->set, c->sets, &c->set_capacity, sizeof *c->set))
        return ROMCOMPAT_E_MEMORY;
    c->set[c->sets++] = (struct set){
        .name = p->word[1].text,
        .map = p->map,
        .line = p->line,
        .first_machine = c->machines,
        .first_rom = c->roms,
    };
    p->in_set = true;
    return ROMCOMPAT_OK;
}

static int do_package(struct parser *p)
{
    int code = expect_words(p, 2, "package NAME");

    if (code != ROMCOMPAT_OK || (code = check_name(p, "package", &p->word[1])) != ROMCOMPAT_OK)
        return code;
    if (open_set(p)->package)
        return wrong(p, ROMCOMPAT_E_DUPLICATE, "set '%s' has a package already: %s",
                     open_set(p)->name, open_set(p)->package);
    open_set(p)->package = p->word[1].text;
    return ROMCOMPAT_OK;
}

static int do_machine(struct parser *p)
{
    struct romcompat *c = p->c;
    struct machine_line line = {.line = p->line, .set = c->sets - 1, .key = NO_ID};
    struct romcompat_machine m;
    int code;

    if (p->words != 2 && p->words != 4)
        return expect_words(p, 0, "machine NAME, or machine FAMILY FIRST LAST");
    if ((code = check_machine(p, &p->word[1], &m)) != ROMCOMPAT_OK)
        return code;
    line.name = p->word[1].text;
    line.last = UINT64_MAX;
    if (p->words == 2) {
        line.exact = true;
    } else {
        if (m.family_length || line.name[m.name_length - 1] == '-')
            return wrong(p, ROMCOMPAT_E_NAME,
                         "'%s' is not a family (expected what precedes '-X.Y' in a machine "
                         "type)",
                         line.name);
        if ((code = read_end(p, &p->word[2], 0, &line.first_text, &line.first)) != ROMCOMPAT_OK ||
            (code = read_end(p, &p->word[3], UINT64_MAX, &line.last_text, &line.last)) !=
                ROMCOMPAT_OK)
            return code;
        if (line.first > line.last)
            return wrong(p, ROMCOMPAT_E_VERSION, "the range is empty: %s is above %s",
                         p->word[2].text, p->word[3].text);
    }
    struct set *set = open_set(p);
    if ((code = check_rules(p, set->machines + 1, set->roms)) != ROMCOMPAT_OK)
        return code;
    if (!make_room(&c->machine, c->machines, &c->machine_capacity, sizeof *c->machine))
        return ROMCOMPAT_E_MEMORY;
    c->machine[c->machines++] = line;
    set->machines++;
    return ROMCOMPAT_OK;
}

static int do_rom(struct parser *p)
{
    struct romcompat *c = p->c;
    struct rom_line line = {.line = p->line, .id = NO_ID};
    int code = expect_words(p, 4, "rom NAME BUCKET COMPAT-NAME");

    if (code != ROMCOMPAT_OK || (code = check_name(p, "ROM", &p->word[1])) != ROMCOMPAT_OK ||
        (code = read_bucket(p, p->word[2].text, &line.bucket)) != ROMCOMPAT_OK ||
        (code = check_name(p, "compat ROM", &p->word[3])) != ROMCOMPAT_OK)
        return code;
    line.file = p->word[1].text;
    line.compat_file = p->word[3].text;
    struct set *set = open_set(p);
    if ((code = check_rules(p, set->machines, set->roms + 1)) != ROMCOMPAT_OK)
        return code;
    if (!make_room(&c->rom, c->roms, &c->rom_capacity, sizeof *c->rom))
        return ROMCOMPAT_E_MEMORY;
    c->rom[c->roms++] = line;
    set->roms++;
    return ROMCOMPAT_OK;
}

static int do_end(struct parser *p)
{
    int code = expect_words(p, 1, "end");

    if (code != ROMCOMPAT_OK)
        return code;
    const struct set *set = open_set(p);
    if (!set->machines || !set->roms)
        return wrong(p, ROMCOMPAT_E_EMPTY, "set '%s' (line %u) has no %s", set->name, set->line,
                     set->machines ? "rom" : "machine");
    p->rules += (uint64_t)set->machines * set->roms;
    p->in_set = false;
    return ROMCOMPAT_OK;
}

static const struct directive {
    const char *name;
    bool in_set;
    int (*run)(struct parser *p);
} directives[] = {
    {"machine", true, do_machine}, {"rom", true, do_rom}, {"set", false, do_set},
    {"package", true, do_package}, {"end", true, do_end},
};

static int do_line(struct parser *p)
{
    if (!p->has_format)
        return do_format(p);
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        const struct directive *d = &directives[i];

        if (p->word[0].text[0] != d->name[0] || strcmp(p->word[0].text, d->name) != 0)
            continue;
        if (d->in_set == p->in_set)
            return d->run(p);
        if (p->in_set)
            return wrong(p, ROMCOMPAT_E_SYNTAX, "'%s' inside set '%s' (line %u), which lacks 'end'",
                         d->name, open_set(p)->name, open_set(p)->line);
        return wrong(p, ROMCOMPAT_E_SYNTAX, "'%s' outside a set", d->name);
    }
    return wrong(p, ROMCOMPAT_E_SYNTAX,
                 "unknown directive '%.60s' (expected set, package, machine, rom or end)",
                 p->word[0].text);
}

static int parse_lines(struct parser *p, char *at, char *end)
{
    int code;

    while (at < end) {
        char *feed = memchr(at, '\n', (size_t)(end - at));
        char *line_end = feed ? feed : end;

        p->line++;
        if (line_end - at > ROMCOMPAT_MAX_LINE)
            return wrong(p, ROMCOMPAT_E_LIMIT, "the line has %zu bytes (at most %d are allowed)",
                         (size_t)(line_end - at), ROMCOMPAT_MAX_LINE);
        if ((code = split(p, at, line_end)) != ROMCOMPAT_OK ||
            (p->words && (code = do_line(p)) != ROMCOMPAT_OK))
            return code;
        at = line_end + (feed != NULL);
    }
    if (!p->has_format) {
        p->line = 0;
        return wrong(p, ROMCOMPAT_E_FORMAT, "empty (expected: romcompat-map %d)", ROMCOMPAT_FORMAT);
    }
    if (p->in_set)
        return wrong(p, ROMCOMPAT_E_SYNTAX, "set '%s' (line %u) lacks 'end'", open_set(p)->name,
                     open_set(p)->line);
    return ROMCOMPAT_OK;
}

int map_parse(struct romcompat *c, uint32_t map, size_t size)
{
    struct parser p = {
        .c = c,
        .map = map,
        .path = c->map[map].path,
        .first_set = c->sets,
        .rules = c->rules,
    };
    uint32_t machines = c->machines, roms = c->roms;
    int code = parse_lines(&p, c->map[map].data, c->map[map].data + size);

    names_free(&p.set_names);
    if (code == ROMCOMPAT_OK) {
        c->rules = p.rules;
    } else {
        c->sets = p.first_set;
        c->machines = machines;
        c->roms = roms;
    }
    return code;
}
