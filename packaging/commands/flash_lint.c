/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "commands/maps.h"
#include "flash/lint.h"

enum { KEY_JSON = 256, KEY_WITH };

static const struct option_spec options[] = {
    {KEY_WITH, "with", "PACKAGE", "read this package as well, as if installed beside (repeatable)"},
    {KEY_JSON, "json", NULL, "print one JSON object"},
    {0},
};

extern const struct command flash_lint_command;

static const char *grade_name(enum lint_grade grade)
{
    return grade == LINT_ERROR ? "error" : "warning";
}

static void print_findings(const struct firmware_tree *tree, const struct firmware_lint *lint)
{
    for (size_t i = 0; i < lint->count; i++)
        print_line("%s: %s: %s", grade_name(lint->list[i].grade), lint->list[i].file,
                   lint->list[i].text);
    print_line("%zu images, %zu descriptors: %zu errors, %zu warnings", tree->image_count,
               tree->descriptor_count, lint->errors, lint->count - lint->errors);
}

static void print_json(const char *operand, const struct firmware_tree *tree,
                       const struct firmware_lint *lint)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();

    for (size_t i = 0; i < lint->count; i++) {
        struct json_object *one = json_object_new_object();

        json_object_object_add(one, "grade", text_or_null(grade_name(lint->list[i].grade)));
        json_object_object_add(one, "reason", text_or_null(lint->list[i].reason));
        json_object_object_add(one, "file", text_or_null(lint->list[i].file));
        json_object_object_add(one, "text", text_or_null(lint->list[i].text));
        json_object_array_add(list, one);
    }
    json_object_object_add(o, "tree", text_or_null(operand));
    json_object_object_add(o, "images", json_object_new_uint64(tree->image_count));
    json_object_object_add(o, "descriptors", json_object_new_uint64(tree->descriptor_count));
    json_object_object_add(o, "errors", json_object_new_uint64(lint->errors));
    json_object_object_add(o, "warnings", json_object_new_uint64(lint->count - lint->errors));
    json_object_object_add(o, "findings", list);
    put_json(o);
}

static int lint_one(const char *operand, char *const *with, size_t count, bool json)
{
    struct firmware_tree tree;
    struct firmware_lint lint;
    struct failure f;

    if (firmware_tree_read(operand, with, count, &tree, &f) != 0)
        return report(&f);
    firmware_lint(&tree, &lint);
    if (json)
        print_json(operand, &tree, &lint);
    else
        print_findings(&tree, &lint);
    int status = lint.errors ? STATUS_NO : STATUS_YES;
    firmware_lint_free(&lint);
    firmware_tree_free(&tree);
    return status;
}

static int run(int argc, char **argv)
{
    char **with = xcalloc((size_t)argc, sizeof *with);
    struct option_reader r;
    const char *value = NULL;
    size_t count = 0;
    bool json = false;
    int key, status = -1;

    option_reader_init(&r, &flash_lint_command, argc, argv);
    while (status < 0 && (key = next_option(&r, &value)) != OPTION_END) {
        if (key == OPTION_BAD)
            status = STATUS_NO_ANSWER;
        else if (key == OPTION_HELPED)
            status = STATUS_YES;
        else if (key == KEY_WITH)
            with[count++] = (char *)value;
        else
            json = true;
    }
    if (status < 0 && argc - r.first != 1)
        status = usage_error(&flash_lint_command, "one TREE at a time (found %d operands)",
                             argc - r.first);
    else if (status < 0)
        status = lint_one(argv[r.first], with, count, json);
    free(with);
    return finish_output(status);
}

const struct command flash_lint_command = {
    .name = "flash lint",
    .summary = "check firmware descriptors against the images that they name",
    .synopsis = "[--with PACKAGE]... [--json] TREE",
    .details =
        "TREE is a folder that is taken for a root folder ('/' for this host), a package, or a\n"
        "folder of packages. Files that descriptors and links name must be there, templates must\n"
        "go with the code, images must be as long as the machine's flash, and what is claimed of\n"
        "an image must be in it. A file that a package lacks, and that one it depends on may\n"
        "have, is a warning.\n"
        "\n"
        "The status is 1 if there is an error; warnings alone leave it 0.",
    .options = options,
    .run = run,
};
