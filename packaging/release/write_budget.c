/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A first budget of what stands, for a maintainer to start from. */
#include "release/first_files.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "base/utf8.h"
#include "outputs/yaml_text.h"
#include "release/budget.h"
#include "romset/names.h"

/* The share of the bucket that a first budget asks to keep free, where all have it. */
enum { FIRST_MARGIN = 5 };

static bool all_have(const struct measured_rom *rom, bool compressed)
{
    size_t efi = 0;

    for (size_t i = 0; i < rom->image_count; i++) {
        if (rom->images[i].is_efi && rom->images[i].compressed != compressed)
            return false;
        efi += rom->images[i].is_efi;
    }
    return efi > 0;
}

static bool has_qemu_ids(const struct measured_rom *rom)
{
    struct budget_ids ids[QEMU_IDS_MAX];
    size_t count = qemu_ids_of(rom->name, ids), with_ids = 0;

    for (size_t i = 0; i < rom->image_count; i++) {
        size_t k = 0;

        if (!rom->images[i].has_ids)
            continue;
        with_ids++;
        while (k < count &&
               (ids[k].vendor != rom->images[i].vendor || ids[k].device != rom->images[i].device))
            k++;
        if (k == count)
            return false;
    }
    return with_ids > 0;
}

static bool has_margin(const struct measured_rom *rom)
{
    return rom->chain_end <= rom->bucket &&
           rom->bucket - rom->chain_end >= rom->bucket * FIRST_MARGIN / 100;
}

/* What a rule says beside 'match': ROMs for which that is the same share one. */
static char *rule_of(const struct measured_rom *rom)
{
    char bucket[SIZE_TEXT_MAX];
    struct text text;
    FILE *to = text_begin(&text);

    if (is_bucket(rom->bucket))
        fprintf(to, "    bucket: %s\n", size_format(rom->bucket, bucket));
    else
        fputs("    max-bucket: 2K\n", to);
    if (has_margin(rom))
        fprintf(to, "    margin: %d%%\n", FIRST_MARGIN);
    if (rom->size == rom->bucket && rom->fill != OPTROM_FILL_NONE)
        fputs("    padded: yes\n", to);
    if (rom->fill == OPTROM_FILL_UNIFORM)
        fprintf(to, "    fill: 0x%02x\n", rom->fill_byte);
    for (size_t i = 0, n = 0; i < rom->image_count; i++) {
        if (strcmp(rom->images[i].kind, "unknown") == 0 ||
            strcmp(rom->images[i].kind, "efi-unknown") == 0)
            continue;
        fprintf(to, "%s%s", n++ ? ", " : "    images: [", rom->images[i].kind);
        if (i + 1 == rom->image_count)
            fputs("]\n", to);
    }
    if (has_qemu_ids(rom))
        fputs("    ids: qemu\n", to);
    if (all_have(rom, true))
        fputs("    compressed: yes\n", to);
    if (rom->error_count)
        fputs("    defects: warn\n", to);
    return text_end(&text);
}

struct draft {
    const struct measured_rom *rom;
    char *rule;
    const char *name; /* the part of its path that the budget names it by */
    bool again;       /* the same name and rule came before: a copy, as in a build tree */
};

static int by_name(const void *one, const void *other)
{
    const struct draft *a = one, *b = other;
    int order = strcmp(a->rom->name, b->rom->name);

    return order ? order : strcmp(a->rom->place, b->rom->place);
}

static int by_rule(const void *one, const void *other)
{
    const struct draft *a = one, *b = other;
    int order = strcmp(a->rule, b->rule);

    return order ? order : strcmp(a->name, b->name);
}

/* Fedora has ipxe/8086100e.rom and ipxe.efi/8086100e.rom: names that need more than one
 * rule get their directory. Drafts are sorted by name. */
static void choose_names(struct draft *drafts, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        bool differ = false;

        for (end = i; end < count && strcmp(drafts[end].rom->name, drafts[i].rom->name) == 0; end++)
            differ |= strcmp(drafts[end].rule, drafts[i].rule) != 0;
        for (size_t k = i; k < end; k++) {
            const char *name = drafts[k].rom->name, *path = drafts[k].rom->path;

            if (differ && name > path) {
                for (name--; name > path && name[-1] != '/'; name--)
                    ;
            }
            drafts[k].name = *name == '/' ? drafts[k].rom->name : name;
        }
    }
}

/* How many different names there are. Drafts are sorted by rule. */
static size_t mark_copies(struct draft *drafts, size_t count)
{
    size_t names = 0;

    for (size_t i = 0; i < count; i++) {
        drafts[i].again = i > 0 && by_rule(&drafts[i], &drafts[i - 1]) == 0;
        names += !drafts[i].again;
    }
    return names;
}

/* "ipxe-qemu" of "../ipxe-qemu_2.0.0+dfsg-5_all.deb". */
static void put_budget_name(FILE *to, const char *operand)
{
    size_t length = strlen(operand);

    while (length && operand[length - 1] == '/')
        length--;
    char *path = xstrndup(operand, length);
    char *name = xstrndup(base_name(path), strcspn(base_name(path), "_"));

    fputs("budget: ", to);
    put_yaml_text(to, bare_name_problem(name) ? "roms" : name);
    putc('\n', to);
    free(name);
    free(path);
}

static void put_item(FILE *to, const char *indent, const char *name)
{
    fprintf(to, "%s- ", indent);
    put_yaml_pattern(to, name);
    putc('\n', to);
}

/* A file whose name no budget can have. */
static int check_name(const char *path, const char *name, struct failure *f)
{
    char *pattern = yaml_pattern(name);
    const char *problem =
        utf8_is(pattern, strlen(pattern)) ? budget_pattern_problem(pattern) : "must be UTF-8";
    int result = 0;

    if (problem) {
        fail(f, "%s: a budget cannot have this name: it %s", path, problem);
        result = fail_hint(f, "Give the file another name, or name the others as operands.");
    }
    free(pattern);
    return result;
}

static int check_file_names(const struct draft *drafts, size_t count, const struct measured *m,
                            struct failure *f)
{
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++)
        result = check_name(drafts[i].rom->place, drafts[i].name, f);
    for (size_t i = 0; i < m->flash_count && result == 0; i++)
        result = check_name(m->flash[i].place, m->flash[i].name, f);
    return result;
}

/* Rules with the names that share them; a list has its limit. */
static size_t put_rules(FILE *to, const struct draft *drafts, size_t count)
{
    size_t rules = 0, in_list = 0;

    for (size_t i = 0; i < count; i++) {
        if (in_list == 0 && !drafts[i].again) {
            fputs("  - match:\n", to);
            rules++;
        }
        if (!drafts[i].again) {
            put_item(to, "      ", drafts[i].name);
            in_list++;
        }
        bool ends = i + 1 == count || strcmp(drafts[i + 1].rule, drafts[i].rule) != 0;
        if (in_list && (ends || in_list == BUDGET_LIST_MAX)) {
            fputs(drafts[i].rule, to);
            in_list = 0;
        }
    }
    return rules;
}

static size_t put_budget(FILE *to, const char *operand, const struct draft *drafts, size_t count,
                         size_t names, const struct measured *m)
{
    fputs("# Written by 'romcompat check --write-budget'; see romcompat-budget(5). Each rule says "
          "what its\n"
          "# files are today.\n",
          to);
    put_budget_name(to, operand);
    fputs("unlisted: error\n", to);
    if (names + m->flash_count <= BUDGET_LIST_MAX) {
        fputs("required:\n", to);
        for (size_t i = 0; i < count; i++) {
            if (!drafts[i].again)
                put_item(to, "  ", drafts[i].name);
        }
        for (size_t i = 0; i < m->flash_count; i++) {
            if (flash_is_written(m, i))
                put_item(to, "  ", m->flash[i].name);
        }
    }
    if (!count)
        return 0;
    fputs("roms:\n", to);
    return put_rules(to, drafts, count);
}

char *write_budget(const char *operand, const struct measured *m, struct failure *f)
{
    struct draft *drafts;
    struct text made;

    if (!m->count && !m->flash_count) {
        fail(f, "there is neither a ROM nor a flash image to write a budget from");
        return NULL;
    }
    drafts = xcalloc(m->count + 1, sizeof *drafts);
    for (size_t i = 0; i < m->count; i++)
        drafts[i] = (struct draft){.rom = &m->roms[i], .rule = rule_of(&m->roms[i])};
    qsort(drafts, m->count, sizeof *drafts, by_name);
    choose_names(drafts, m->count);
    qsort(drafts, m->count, sizeof *drafts, by_rule);
    size_t names = mark_copies(drafts, m->count);
    FILE *to = text_begin(&made);
    size_t rules = put_budget(to, operand, drafts, m->count, names, m);
    write_flash_rules(to, m);
    char *text = text_end(&made);
    if (check_file_names(drafts, m->count, m, f) != 0) {
        free(text);
        text = NULL;
    } else if (rules > BUDGET_RULES_MAX) {
        fail(f, "%zu ROMs need more rules than a budget has (found %zu, limit %d)", m->count, rules,
             BUDGET_RULES_MAX);
        fail_hint(f, "Write one for a part of them.");
        free(text);
        text = NULL;
    }
    for (size_t i = 0; i < m->count; i++)
        free(drafts[i].rule);
    free(drafts);
    return text;
}
