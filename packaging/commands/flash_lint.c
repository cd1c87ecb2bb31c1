/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include "base/text.h"
#include "commands/maps.h"
#include "commands/finding_report.h"
#include "flash/lint.h"
#include "outputs/json.h"

static const struct option_spec options[] = {
    TREE_WITH_OPTION("read this package as well, as if both were installed (repeatable)"),
    JSON_OPTION(struct tree_job, json),
    {0},
};

static void print_lines(const struct firmware_tree *tree, const struct findings *findings)
{
    print_findings(findings);
    print_line("%zu image%s, %zu descriptor%s: %zu error%s, %zu warning%s", tree->image_count,
               PLURAL(tree->image_count), tree->descriptor_count, PLURAL(tree->descriptor_count),
               findings->counts[FINDING_ERROR], PLURAL(findings->counts[FINDING_ERROR]),
               findings->counts[FINDING_WARNING], PLURAL(findings->counts[FINDING_WARNING]));
}

static void print_json(const char *operand, const struct firmware_tree *tree,
                       const struct findings *findings)
{
    struct json_object *o = json_document("romcompat-flash-lint", 1);

    json_add_text(o, "tree", operand);
    json_add_number(o, "images", tree->image_count);
    json_add_number(o, "descriptors", tree->descriptor_count);
    json_add_number(o, "errors", findings->counts[FINDING_ERROR]);
    json_add_number(o, "warnings", findings->counts[FINDING_WARNING]);
    json_add(o, "findings", findings_array(findings));
    json_print(o);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct tree_job *job = settings;
    const char *operand = operands[0];
    struct firmware_tree tree;
    struct findings findings;
    struct failure f;

    (void)count;
    if (firmware_tree_read(operand, (char **)job->with.list, job->with.count, NULL, &tree, &f) != 0)
        return report(&f);
    firmware_lint(&tree, &findings);
    if (job->json)
        print_json(operand, &tree, &findings);
    else
        print_lines(&tree, &findings);
    int status = findings.counts[FINDING_ERROR] ? STATUS_NO : STATUS_YES;
    findings_free(&findings);
    firmware_tree_free(&tree);
    return finish_output(status);
}

extern const struct command flash_lint_command;
const struct command flash_lint_command = {
    .name = "flash lint",
    .summary = "check firmware descriptors against the images that they name",
    .synopsis = "[--with PACKAGE]... [--json] TREE",
    .details =
        "TREE is a directory that is treated as a root directory ('/' for this host), a package,\n"
        "or a directory of packages. Files that descriptors and links name must exist, templates\n"
        "must go with the code, images must be as long as the machine's flash, and the features\n"
        "that a descriptor claims must be in the image. A missing file that a dependency of the\n"
        "package may contain is only a warning.\n"
        "\n"
        "The status is 1 if there is an error; warnings alone leave it 0.",
    .options = options,
    .settings_size = sizeof(struct tree_job),
    ONE_OPERAND("a TREE"),
    .run = run,
};
