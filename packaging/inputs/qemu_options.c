/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/option_text.h"
#include "inputs/json.h"

void qemu_option_free(struct qemu_option *option)
{
    for (size_t i = 0; i < option->count; i++) {
        free(option->values[i].name);
        free(option->values[i].value);
    }
    free(option->values);
    free(option->group);
    *option = (struct qemu_option){0};
}

struct qemu_option qemu_option_copy(const struct qemu_option *option)
{
    struct qemu_option copy = {.group = xstrdup(option->group),
                               .values = xcalloc(option->count + 1, sizeof *copy.values),
                               .count = option->count};

    for (size_t i = 0; i < option->count; i++)
        copy.values[i] = (struct qemu_option_value){xstrdup(option->values[i].name),
                                                    xstrdup(option->values[i].value)};
    return copy;
}

const char *qemu_option_value(const struct qemu_option *option, const char *name)
{
    for (size_t i = option->count; i > 0; i--)
        if (strcmp(option->values[i - 1].name, name) == 0)
            return option->values[i - 1].value;
    return NULL;
}

const char *qemu_option_implied(const char *group)
{
    static const char *const names[][2] = {
        {"audiodev", "driver"}, {"blockdev", "driver"}, {"chardev", "backend"},
        {"device", "driver"},   {"machine", "type"},    {"mon", "chardev"},
        {"name", "guest"},      {"net", "type"},        {"netdev", "type"},
        {"nic", "type"},        {"object", "qom-type"}, {"tpmdev", "type"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], group) == 0)
            return names[i][1];
    return NULL;
}

/* Takes both over. 0 or -1. */
static int add(struct qemu_option *option, char *name, char *value, struct failure *f)
{
    if (option->count == QEMU_OPTION_VALUES_MAX) {
        free(name);
        free(value);
        return fail(f, "-%s: more than %d properties", option->group, QEMU_OPTION_VALUES_MAX);
    }
    APPEND_ONE(option->values, option->count, (struct qemu_option_value){name, value});
    return 0;
}

/* --- JSON ---------------------------------------------------------------------------------- */

static int add_members(struct qemu_option *option, const char *prefix, struct json_object *object,
                       unsigned depth, struct failure *f)
{
    if (depth == QEMU_OPTION_DEPTH_MAX)
        return fail(f, "-%s: JSON objects nested more than %d deep", option->group,
                    QEMU_OPTION_DEPTH_MAX);
    json_object_object_foreach(object, key, member)
    {
        char *name = xasprintf("%s%s%s", prefix, *prefix ? "." : "", key);
        const char *value = json_object_is_type(member, json_type_boolean)
                                ? (json_object_get_boolean(member) ? "on" : "off")
                                : json_object_get_string(member);
        int result = 0;

        if (json_object_is_type(member, json_type_object)) {
            result = add_members(option, name, member, depth + 1, f);
            free(name);
        } else if (value && !json_object_is_type(member, json_type_array)) {
            result = add(option, name, xstrdup(value), f);
        } else {
            free(name);
        }
        if (result != 0)
            return -1;
    }
    return 0;
}

static int read_json(struct qemu_option *option, const char *text, struct failure *f)
{
    char *name = xasprintf("-%s", option->group);
    struct json_object *root;
    int result = json_tree_parse(name, (const uint8_t *)text, strlen(text), &root, f);

    if (result == 0) {
        result = add_members(option, "", root, 0, f);
        json_object_put(root);
    }
    free(name);
    return result;
}

/* --- text ---------------------------------------------------------------------------------- */

static int read_text(struct qemu_option *option, const char *implied, const char *text,
                     struct failure *f)
{
    struct option_property p;
    bool first = true;

    while (option_text_next(&text, &p)) {
        char *value = xmalloc(p.raw_length + 1);
        char *name;

        option_text_value(&p, value, p.raw_length + 1);
        if (p.name) {
            name = xstrndup(p.name, p.name_length);
        } else if (first && implied) {
            name = xstrdup(implied);
        } else {
            name = value;
            value = xstrdup("on");
        }
        if (add(option, name, value, f) != 0)
            return -1;
        first = false;
    }
    return 0;
}

int qemu_option_of_text(struct qemu_option *option, const char *group, const char *implied,
                        const char *text, struct failure *f)
{
    struct qemu_option made = {.group = xstrdup(group)};
    int result = *text == '{' ? read_json(&made, text, f) : read_text(&made, implied, text, f);

    if (result != 0)
        qemu_option_free(&made);
    else
        *option = made;
    return result;
}

/* --- a file -------------------------------------------------------------------------------- */

/* `[group]` or `[group "id"]`; false: neither. */
static bool read_section(char *line, struct qemu_option *option)
{
    char *end = strrchr(line, ']'), *id = strchr(line, '"'), *close;

    if (*line != '[' || !end || end == line + 1)
        return false;
    *end = '\0';
    close = id ? strchr(id + 1, '"') : NULL;
    if (id && (!close || close == id + 1 || id == line + 1 || id[-1] != ' '))
        return false;
    option->group = xstrndup(line + 1, id ? (size_t)(id - line) - 2 : (size_t)(end - line) - 1);
    if (id) {
        *close = '\0';
        return add(option, xstrdup("id"), xstrdup(id + 1), NULL) == 0;
    }
    return true;
}

/* `name = "value"`. */
static bool read_value(char *line, struct qemu_option *option, struct failure *f)
{
    char *name = line + strspn(line, " \t");
    size_t length = strcspn(name, " \t=");
    char *value = strchr(name + length, '"'), *end = value ? strchr(value + 1, '"') : NULL;

    if (!length || !end || name[length + strspn(name + length, " \t")] != '=')
        return false;
    *end = '\0';
    return add(option, xstrndup(name, length), xstrdup(value + 1), f) == 0;
}

int qemu_config_parse(const char *name, const uint8_t *data, size_t size,
                      void (*section)(void *arg, const struct qemu_option *option), void *arg,
                      struct failure *f)
{
    struct qemu_option option = {0};
    char *text = xstrndup((const char *)data, size), *rest = text, *line;
    unsigned number = 0;
    int result = 0;

    while (result == 0 && (line = strsep(&rest, "\n")) != NULL) {
        struct failure why = {0};
        bool is_section = *line == '[';

        number++;
        if (!*line || *line == '#' || *line == '\r')
            continue;
        if (is_section && option.group)
            section(arg, &option);
        if (is_section)
            qemu_option_free(&option);
        if (is_section ? !read_section(line, &option)
                       : !option.group || !read_value(line, &option, &why))
            result = fail(f, "%s:%u: %s", name, number,
                          why.what[0] ? why.what : "neither [group \"id\"] nor name = \"value\"");
    }
    if (result == 0 && option.group)
        section(arg, &option);
    qemu_option_free(&option);
    free(text);
    return result;
}
