/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/systemd_unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/qemu_command.h"

#define SPACE " \t\r\n"

struct variable {
    char *name, *value;
    bool is_of_file; /* of EnvironmentFile=, which outweighs Environment= wherever it stands */
};

/* systemd.exec(5): with these a service sees other files than this host has. */
static const char *const views[] = {
    "RootDirectory",       "RootImage",       "RootMStack",
    "MountImages",         "ExtensionImages", "ExtensionDirectories",
    "TemporaryFileSystem", "BindPaths",       "BindReadOnlyPaths"};
enum { VIEWS = sizeof views / sizeof *views };

struct unit {
    const char *name;
    struct systemd_qemu *qemu;
    char *start;          /* ExecStart= of a QEMU; the last one holds */
    char *changes[VIEWS]; /* the value of each that changes what it sees */
    struct variable *variables;
    size_t variable_count, word_capacity;
};

#define doubt(u, ...) keep_first(&(u)->qemu->doubt, __VA_ARGS__)

/* --- words ---------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* What stands behind a backslash; *at is moved behind it. */
static char unescape(const char **at)
{
    static const char names[] = "abfnrtvs", values[] = "\a\b\f\n\r\t\v ";
    const char *name = strchr(names, **at);
    int high, low;

    if (**at == 'x' && (high = hex_digit((*at)[1])) >= 0 && (low = hex_digit((*at)[2])) >= 0) {
        *at += 3;
        return high || low ? (char)(high * 16 + low) : '?';
    }
    char c = name && **at ? values[name - names] : **at;
    if (**at)
        ++*at;
    return c;
}

/* The next word; NULL at the end. `quotes`: they are not part of it. */
static char *next_word(const char **at)
{
    struct text word;
    char quote = '\0';

    *at += strspn(*at, SPACE);
    if (!**at)
        return NULL;
    FILE *out = text_begin(&word);
    while (**at && (quote || !strchr(SPACE, **at))) {
        char c = *(*at)++;

        if (c == '\\')
            fputc(unescape(at), out);
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
        else
            fputc(c, out);
    }
    return text_end(&word);
}

/* --- specifiers ----------------------------------------------------------------------------- */

/* "web" of "vm@web.service", up to *end. */
static const char *instance_of(const char *unit, const char **end)
{
    const char *at = strchr(unit, '@');

    *end = strrchr(unit, '.');
    if (!*end)
        *end = unit + strlen(unit);
    return at && at < *end ? at + 1 : *end;
}

/* Systemd.unit(5), "Specifiers": those that the name decides; others are a doubt. */
static char *expand_specifiers(struct unit *u, const char *text)
{
    const char *end, *instance = instance_of(u->name, &end);
    const char *at = strchr(u->name, '@');
    int prefix = (int)((at ? at : end) - u->name);
    struct text made;
    FILE *out = text_begin(&made);

    for (; *text; text++) {
        if (*text != '%' || !text[1]) {
            fputc(*text, out);
            continue;
        }
        char c = *++text;
        bool plain = !memchr(instance, '-', (size_t)(end - instance)) &&
                     !memchr(instance, '\\', (size_t)(end - instance));
        if (c == '%')
            fputc('%', out);
        else if (c == 'i' || (c == 'I' && plain))
            fprintf(out, "%.*s", (int)(end - instance), instance);
        else if (c == 'p')
            fprintf(out, "%.*s", prefix, u->name);
        else if (c == 'n')
            fputs(u->name, out);
        else if (c == 'N')
            fprintf(out, "%.*s", (int)(end - u->name), u->name);
        else
            doubt(u, "%%%c in its unit", c);
    }
    return text_end(&made);
}

/* --- variables ------------------------------------------------------------------------------ */

static const char *variable(const struct unit *u, const char *name, size_t length)
{
    const char *value = "";
    bool is_of_file = false;

    for (size_t i = 0; i < u->variable_count; i++) {
        const struct variable *v = &u->variables[i];

        if (strncmp(v->name, name, length) == 0 && !v->name[length] &&
            v->is_of_file >= is_of_file) {
            value = v->value;
            is_of_file = v->is_of_file;
        }
    }
    return value;
}

/* NAME=VALUE. */
static void set_variable(struct unit *u, const char *text, bool is_of_file)
{
    const char *equals = strchr(text, '=');

    if (!equals || u->variable_count == SYSTEMD_VARIABLES_MAX) {
        if (equals)
            doubt(u, "more than %d variables", SYSTEMD_VARIABLES_MAX);
        return;
    }
    APPEND_ONE(u->variables, u->variable_count,
               (struct variable){xstrndup(text, (size_t)(equals - text)), xstrdup(equals + 1),
                                 is_of_file});
}

/* What an empty value takes back. */
static void forget_variables(struct unit *u, bool is_of_file)
{
    size_t kept = 0;

    for (size_t i = 0; i < u->variable_count; i++) {
        if (u->variables[i].is_of_file != is_of_file) {
            u->variables[kept++] = u->variables[i];
            continue;
        }
        free(u->variables[i].name);
        free(u->variables[i].value);
    }
    u->variable_count = kept;
}

static void free_variables(struct unit *u)
{
    forget_variables(u, false);
    forget_variables(u, true);
    free(u->variables);
}

static void set_variables(struct unit *u, const char *text)
{
    char *word;

    if (!*text)
        forget_variables(u, false);
    while ((word = next_word(&text)) != NULL) {
        char *expanded = expand_specifiers(u, word);

        set_variable(u, expanded, false);
        free(expanded);
        free(word);
    }
}

/* Lines NAME=VALUE, whose values may stand in quotes. */
static void read_environment(struct unit *u, const char *file)
{
    bool optional = *file == '-';
    char *path = expand_specifiers(u, file + optional), *rest, *line;
    struct failure f;
    uint8_t *data;
    size_t size;

    if (!*path) {
        forget_variables(u, true);
        free(path);
        return;
    }
    if (read_file(path, SYSTEMD_UNIT_MAX, &data, &size, &f) != 0) {
        if (!optional)
            doubt(u, "%s", f.what);
        free(path);
        return;
    }
    char *text = rest = xstrndup((const char *)data, size);
    while ((line = strsep(&rest, "\n")) != NULL) {
        line += strspn(line, SPACE);
        size_t n = strcspn(line, "=");
        const char *at = line + n + 1;

        if (!*line || *line == '#' || *line == ';' || !line[n])
            continue;
        bool quoted = *at == '"' || *at == '\'';
        char *value = quoted ? next_word(&at) : xstrdup(at);
        char *pair = xasprintf("%.*s=%s", (int)n, line, value ? value : "");
        set_variable(u, pair, true);
        free(pair);
        free(value);
    }
    free(text);
    free(data);
    free(path);
}

/* ${NAME} in a word, and $$. */
static char *expand_variables(struct unit *u, const char *word)
{
    struct text made;
    FILE *out = text_begin(&made);

    for (; *word; word++) {
        const char *end = *word == '$' && word[1] == '{' ? strchr(word, '}') : NULL;

        if (end) {
            fputs(variable(u, word + 2, (size_t)(end - word) - 2), out);
            word = end;
        } else {
            fputc(*word, out);
            if (*word == '$' && word[1] == '$')
                word++;
        }
    }
    return text_end(&made);
}

/* --- the command line ----------------------------------------------------------------------- */

static void add_word(struct unit *u, char *word)
{
    struct systemd_qemu *q = u->qemu;

    if (q->count == QEMU_ARGUMENTS_MAX) {
        doubt(u, "more than %d words", QEMU_ARGUMENTS_MAX);
        free(word);
        return;
    }
    APPEND(q->words, q->count, u->word_capacity, word);
}

/* A word that is `$NAME` alone becomes as many words as there are in its value. */
static void take_word(struct unit *u, char *word)
{
    size_t name = *word == '$'
                      ? strspn(word + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "_0123456789")
                      : 0;

    if (name && !word[1 + name]) {
        const char *value = variable(u, word + 1, name);
        char *part;

        while ((part = next_word(&value)) != NULL)
            add_word(u, part);
    } else {
        char *expanded = expand_specifiers(u, word);

        add_word(u, expand_variables(u, expanded));
        free(expanded);
    }
    free(word);
}

/* A word of what runs another program where it is itself: `taskset -c 0-3`, `env A=B`. What is not
 * known to do so may be podman, chroot or ssh. */
static bool stays_here(const char *word)
{
    static const char *const programs[] = {
        "chrt",   "env",    "ionice",  "nice",        "nohup",           "numactl", "prlimit",
        "setsid", "stdbuf", "taskset", "systemd-cat", "systemd-inhibit", NULL};

    return is_one_of(base_name(word), programs) || *word == '-' || strchr(word, '=') ||
           !word[strspn(word, "0123456789abcdefABCDEFx,-")];
}

/* Words before the QEMU, of a program that starts it, are dropped. */
static void drop_wrapper(struct unit *u)
{
    struct systemd_qemu *q = u->qemu;
    size_t at = 0;

    while (at < q->count && !qemu_command_is_qemu(q->words[at]))
        at++;
    for (size_t i = 0; i < at; i++) {
        if (at < q->count && !stays_here(q->words[i]))
            doubt(u, "its unit starts it by another program: %s", q->words[i]);
        free(q->words[i]);
    }
    memmove(q->words, q->words + at, (q->count - at) * sizeof *q->words);
    q->count -= at;
}

/* A command in one word, as a shell's: its words, as far as quotes and escapes are alike. */
static void split_word(struct unit *u, const char *command)
{
    char *word;

    while ((word = next_word(&command)) != NULL)
        add_word(u, word);
}

/* The QEMU is in a word that another program reads: `sh -c 'exec qemu-system-x86_64 ...'`. What that
 * makes of it is not known. */
static void take_inner(struct unit *u)
{
    struct systemd_qemu *q = u->qemu;
    char *inner = NULL;

    for (size_t i = 0; i < q->count; i++)
        if (qemu_command_is_qemu(q->words[i]))
            return;
    for (size_t i = 0; i < q->count; i++)
        if (!inner && strpbrk(q->words[i], SPACE) &&
            (strstr(q->words[i], "qemu-system-") || strstr(q->words[i], "kvm ")))
            inner = xstrdup(q->words[i]);
    if (inner) {
        doubt(u, "its unit starts it by another program: %s", q->words[0]);
        split_word(u, inner);
    }
    free(inner);
}

static void take_start(struct unit *u)
{
    const char *at = u->start + strspn(u->start, "@-:+!|");
    bool has_name = memchr(u->start, '@', (size_t)(at - u->start)) != NULL;
    char *word;

    for (size_t i = 0; (word = next_word(&at)) != NULL; i++)
        if (has_name && i == 1)
            free(word);
        else
            take_word(u, word);
    take_inner(u);
    if (u->qemu->count)
        drop_wrapper(u);
}

/* --- the unit ------------------------------------------------------------------------------- */

/* Whether BindPaths= puts anything but the file itself at a place: SOURCE[:DESTINATION[:OPTIONS]]. */
static bool binds_others(const char *value)
{
    bool others = false;
    char *word;

    while ((word = next_word(&value)) != NULL) {
        const char *source = word + (*word == '-');
        size_t n = strcspn(source, ":");
        const char *destination = source[n] ? source + n + 1 : source;

        others |= strcspn(destination, ":") != n || strncmp(source, destination, n) != 0;
        free(word);
    }
    return others;
}

static void take_view(struct unit *u, size_t which, const char *value)
{
    bool is_bind = strncmp(views[which], "Bind", 4) == 0;

    if (!*value || strcmp(value, "/") == 0) {
        free(u->changes[which]);
        u->changes[which] = NULL;
    } else if (!u->changes[which] && (!is_bind || binds_others(value))) {
        u->changes[which] = xstrdup(value);
    }
}

static void finish_views(struct unit *u)
{
    for (size_t i = 0; i < VIEWS; i++) {
        if (u->changes[i])
            doubt(u, "the files that it sees: %s=%s in its unit", views[i], u->changes[i]);
        free(u->changes[i]);
    }
}

static void take_line(struct unit *u, const char *key, size_t length, const char *value)
{
    static const char *const keys[] = {"ExecStart", "Environment", "EnvironmentFile",
                                       "WorkingDirectory"};
    size_t which = 0;

    while (which < 4 && (strncmp(keys[which], key, length) != 0 || keys[which][length]))
        which++;
    for (size_t i = 0; i < VIEWS; i++)
        if (strncmp(views[i], key, length) == 0 && !views[i][length])
            take_view(u, i, value);
    /* A variable may be the QEMU, where no other command names one. */
    if (which == 0 && (!*value || strstr(value, "qemu") || strstr(value, "kvm") ||
                       (!u->start && strchr(value, '$')))) {
        free(u->start);
        u->start = *value ? xstrdup(value) : NULL;
    } else if (which == 1) {
        set_variables(u, value);
    } else if (which == 2) {
        read_environment(u, value);
    } else if (which == 3) {
        free(u->qemu->directory);
        value += *value == '-';
        u->qemu->directory = *value == '/' ? expand_specifiers(u, value) : NULL;
    }
}

/* A line with those that a backslash at the end adds to it; comments between them are left out. */
static char *next_line(char **rest)
{
    struct text made;
    FILE *out = text_begin(&made);
    bool goes_on = false, any = false;
    char *line;

    while ((line = strsep(rest, "\n")) != NULL) {
        size_t n = strlen(line), blanks = strspn(line, SPACE);

        any = true;
        if (goes_on && (line[blanks] == '#' || line[blanks] == ';'))
            continue;
        if (n && line[n - 1] == '\r')
            line[--n] = '\0';
        goes_on = n && line[n - 1] == '\\';
        if (goes_on)
            line[n - 1] = ' ';
        fputs(line, out);
        if (!goes_on)
            break;
    }
    char *text = text_end(&made);
    if (any)
        return text;
    free(text);
    return NULL;
}

int systemd_unit_qemu(const char *name, const uint8_t *data, size_t size, struct systemd_qemu *qemu,
                      struct failure *f)
{
    struct systemd_qemu made = {0};
    struct unit u = {.name = name, .qemu = &made};
    bool in_service = false;

    if (size > SYSTEMD_UNIT_MAX)
        return fail(f, "%s: more than %zu bytes", name, SYSTEMD_UNIT_MAX);
    if (memchr(data, '\0', size))
        return fail(f, "%s: not a valid unit (it has a NUL)", name);
    char *text = xstrndup((const char *)data, size), *rest = text, *line;
    while ((line = next_line(&rest)) != NULL) {
        char *key = line + strspn(line, SPACE);
        size_t length = strcspn(key, "= \t");
        char *equals = key + length + strspn(key + length, " \t");

        if (*key == '[')
            in_service = strncmp(key, "[Service]", 9) == 0;
        else if (in_service && *key != '#' && *key != ';' && *equals == '=')
            take_line(&u, key, length, equals + 1 + strspn(equals + 1, SPACE));
        free(line);
    }
    if (u.start)
        take_start(&u);
    finish_views(&u);
    free(u.start);
    free_variables(&u);
    free(text);
    *qemu = made;
    return 0;
}

void systemd_qemu_free(struct systemd_qemu *qemu)
{
    free_texts(qemu->words, qemu->count);
    free(qemu->directory);
    free(qemu->doubt);
    *qemu = (struct systemd_qemu){0};
}
