/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include "commands/maps.h"
#include "flash/lint.h"
#include "outputs/json.h"

static const struct option_spec options[] = {
    TREE_WITH_OPTION("read this package as well, as if installed beside (repeatable)"),
    JSON_OPTION(struct tree_job, json),
    {0},
};

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
    struct json_object *o = json_document("romcompat-flash-lint", 1),
                       *list = json_object_new_array();

    for (size_t i = 0; i < lint->count; i++) {
        const struct lint_finding *l = &lint->list[i];

        json_object_array_add(
            list, tree_finding_object(grade_name(l->grade), l->reason, "file", l->file, l->text));
    }
    json_add_text(o, "tree", operand);
    json_add_number(o, "images", tree->image_count);
    json_add_number(o, "descriptors", tree->descriptor_count);
    json_add_number(o, "errors", lint->errors);
    json_add_number(o, "warnings", lint->count - lint->errors);
    json_add(o, "findings", list);
    json_print(o);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct tree_job *job = settings;
    const char *operand = operands[0];
    struct firmware_tree tree;
    struct firmware_lint lint;
    struct failure f;

    (void)count;
    if (firmware_tree_read(operand, (char **)job->with.list, job->with.count, NULL, &tree, &f) != 0)
        return report(&f);
    firmware_lint(&tree, &lint);
    if (job->json)
        print_json(operand, &tree, &lint);
    else
        print_findings(&tree, &lint);
    int status = lint.errors ? STATUS_NO : STATUS_YES;
    firmware_lint_free(&lint);
    firmware_tree_free(&tree);
    return finish_output(status);
}

extern const struct command flash_lint_command;
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
    .settings_size = sizeof(struct tree_job),
    .operand = "a TREE",
    .least = 1,
    .most = 1,
    .run = run,
};
