/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/check.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/command.h"
#include "commands/finding_report.h"
#include "outputs/json.h"

/* --- for a person --------------------------------------------------------------------- */

enum { WIDTH_DEFAULT = 80, WIDTH_MAX = 120, BAR_MIN = 8, BAR_MAX = 40 };

/* Columns of the terminal, or 0 where standard output is none. */
static size_t terminal_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* How much of the way to the edge is taken. The last cell fills only when nothing is
 * left; a chain beyond the edge is shown by an arrow. */
static void draw_bar(const struct verdict *verdict, size_t width, char *bar)
{
    bool wide = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *full = wide ? "█" : "#", *empty = wide ? "░" : ".";
    uint64_t end = verdict->rom->chain_end, edge = verdict->edge ? verdict->edge : 1;
    size_t filled = end >= edge ? width : (size_t)(end * width / edge);

    *bar = '\0';
    for (size_t i = 0; i < width; i++)
        bar = stpcpy(bar, end > edge && i + 1 == width ? ">" : i < filled ? full : empty);
}

/* What stands in the row of one ROM, bar aside. */
enum { NAME, SIZE, CHAIN_END, BUCKET, HEADROOM, PERCENT, CELLS };

static void fill_row(const struct check *check, const struct verdict *verdict, char *row[CELLS])
{
    int64_t headroom = verdict_headroom(verdict);
    char bucket[SIZE_TEXT_MAX];

    row[NAME] = xstrdup(check_label(check, verdict));
    row[SIZE] = xasprintf("%" PRIu64, verdict->rom->size);
    row[CHAIN_END] = xasprintf("%" PRIu64, verdict->rom->chain_end);
    row[BUCKET] = xstrdup(size_format(verdict->rom->bucket, bucket));
    row[HEADROOM] = xasprintf("%" PRId64, headroom);
    row[PERCENT] = xasprintf("%.1f %%", 100.0 * (double)headroom /
                                            (double)(verdict->edge ? verdict->edge : 1));
}

static void print_table(const struct check *check, bool quiet)
{
    static const char *const heads[CELLS] = {"ROM", "size", "chain end", "bucket", "headroom", ""};
    const struct verdicts *v = check->verdicts;
    size_t widest[CELLS], width = terminal_width(), rows = 0, others = sizeof "  FAIL";
    char *row[CELLS], bar[4 * BAR_MAX + 1];
    struct columns c;

    for (int k = 0; k < CELLS; k++)
        widest[k] = strlen(heads[k]);
    for (size_t i = 0; i < v->count; i++) {
        if (!v->list[i].rom || (quiet && verdict_grade(&v->list[i]) == FINDING_NOTE))
            continue;
        fill_row(check, &v->list[i], row);
        for (int k = 0; k < CELLS; k++) {
            widest[k] = strlen(row[k]) > widest[k] ? strlen(row[k]) : widest[k];
            free(row[k]);
        }
        rows++;
    }
    if (!rows)
        return;
    for (int k = 0; k < CELLS; k++)
        others += widest[k] + 2;
    width = width ? width : WIDTH_DEFAULT;
    size_t cells = width > others + BAR_MIN ? width - others : BAR_MIN;
    cells = cells > BAR_MAX ? BAR_MAX : cells;

    columns_init(&c, "lrrrlrrl", NULL);
    for (int k = 0; k < CELLS; k++) {
        if (k == HEADROOM)
            columns_add(&c, "used");
        columns_add(&c, "%s", heads[k]);
    }
    columns_add(&c, "%s", "");
    for (size_t i = 0; i < v->count; i++) {
        const struct verdict *verdict = &v->list[i];

        if (!verdict->rom || (quiet && verdict_grade(verdict) == FINDING_NOTE))
            continue;
        fill_row(check, verdict, row);
        draw_bar(verdict, cells, bar);
        for (int k = 0; k < CELLS; k++) {
            if (k == HEADROOM)
                columns_add(&c, "%s", bar);
            columns_add(&c, "%s", row[k]);
            free(row[k]);
        }
        columns_add(&c, "%s", check_result_word(verdict));
    }
    columns_print(&c, 0);
}

/* A paragraph, wrapped on a terminal; `indent` is that of its further lines. */
static void print_wrapped(size_t indent, const char *text)
{
    size_t width = terminal_width();

    if (width <= indent + 20) {
        print_line("%s", text);
        return;
    }
    for (size_t room = width; strlen(text) > room; room = width - indent) {
        size_t cut = room;

        while (cut > indent && text[cut] != ' ')
            cut--;
        if (cut <= indent) /* one long word */
            cut = strcspn(text + indent, " ") + indent;
        if (!text[cut])
            break;
        print_line("%.*s", (int)cut, text);
        text += cut + 1;
        printf("%*s", (int)indent, "");
    }
    print_line("%s", text);
}

static void print_fix(const char *fix)
{
    const char *command = strstr(fix, ": romcompat ");
    bool ended = fix[strlen(fix) - 1] == '.' || command;
    char *text = xasprintf("     %s%s", fix, ended ? "" : ".");

    /* A command is to be copied: it is neither wrapped nor ended with a dot. */
    if (command && terminal_width() && strlen(text) > terminal_width()) {
        char *before = xasprintf("     %.*s:", (int)(command - fix), fix);

        print_wrapped(5, before);
        print_line("       %s", command + 2);
        free(before);
    } else {
        print_wrapped(5, text);
    }
    free(text);
}

/* All findings of a grade. A fix that several in a row share is printed once, after them. */
static void print_grade(const struct check *check, enum finding_grade grade)
{
    static const char *const words[] = {"note", "warn", "FAIL"};
    const char *fix = NULL;

    for (size_t i = 0; i < check->verdicts->count; i++) {
        const struct verdict *verdict = &check->verdicts->list[i];

        for (size_t k = 0; k < verdict->findings.count; k++) {
            const struct finding *finding = &verdict->findings.list[k];

            if (finding->grade != grade)
                continue;
            if (fix && (!finding->fix || strcmp(fix, finding->fix) != 0))
                print_fix(fix);
            char *text =
                xasprintf("%s %s: %s.", words[grade], check_label(check, verdict), finding->what);
            print_wrapped(5, text);
            free(text);
            fix = finding->fix;
        }
    }
    if (fix)
        print_fix(fix);
}

void check_print(const struct check *check, bool quiet)
{
    const struct verdicts *v = check->verdicts;

    print_table(check, quiet);
    check_print_flash(check, quiet);
    if (v->failures + v->warnings + (quiet ? 0 : v->notes))
        putchar('\n');
    print_grade(check, FINDING_ERROR);
    print_grade(check, FINDING_WARNING);
    if (!quiet)
        print_grade(check, FINDING_NOTE);
    if (quiet && !check_failed(check))
        return;
    if (v->count)
        putchar('\n');
    char *counts = check->images && !check->roms
                       ? xasprintf("%zu flash image%s", check->images, PLURAL(check->images))
                   : check->images
                       ? xasprintf("%zu ROM%s, %zu flash image%s", check->roms, PLURAL(check->roms),
                                   check->images, PLURAL(check->images))
                       : xasprintf("%zu ROM%s", check->roms, PLURAL(check->roms));
    print_line("%s%s%s: %zu failure%s, %zu warning%s", counts, check->budget ? ", budget " : "",
               check->budget ? check->budget->name : "", v->failures, PLURAL(v->failures),
               v->warnings, PLURAL(v->warnings));
    free(counts);
}

/* --- JSON ------------------------------------------------------------------------------- */

static struct json_object *images_array(const struct measured_rom *rom)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < rom->image_count; i++) {
        const struct measured_image *image = &rom->images[i];
        struct json_object *o = json_new();
        char id[8];

        json_add_text(o, "type", image->kind);
        snprintf(id, sizeof id, "%04x", image->vendor);
        json_add(o, "vendor", image->has_ids ? json_string(id) : NULL);
        snprintf(id, sizeof id, "%04x", image->device);
        json_add(o, "device", image->has_ids ? json_string(id) : NULL);
        json_add(o, "compressed", image->is_efi ? json_flag(image->compressed) : NULL);
        json_append(list, o);
    }
    return list;
}

static void add_measures(struct json_object *o, const struct measured_rom *rom)
{
    char fill[8];

    json_add_number(o, "size", rom->size);
    json_add_number(o, "chain_end", rom->chain_end);
    json_add_number(o, "bucket", rom->bucket);
    snprintf(fill, sizeof fill, "0x%02x", rom->fill_byte);
    json_add_text(o, "fill",
                  rom->fill == OPTROM_FILL_NONE    ? "none"
                  : rom->fill == OPTROM_FILL_MIXED ? "mixed"
                                                   : fill);
    json_add(o, "images", images_array(rom));
}

static struct json_object *rom_object(const struct verdict *verdict)
{
    struct json_object *o = json_new(), *old = NULL;
    uint64_t legacy = verdict->rom ? measured_legacy_length(verdict->rom) : 0;

    json_add_text(o, "name", verdict->name);
    json_add_text(o, "place", verdict->rom ? verdict->rom->place : NULL);
    if (verdict->rom) {
        add_measures(o, verdict->rom);
        json_add_number(o, "edge", verdict->edge);
        json_add(o, "headroom", json_integer(verdict_headroom(verdict)));
        json_add(o, "nics", legacy ? json_integer(shadow_ram_nics(legacy)) : NULL);
    }
    json_add(o, "rule_line", verdict->rule ? json_integer(verdict->rule->line) : NULL);
    if (verdict->old) {
        old = json_new();
        json_add_text(old, "place", verdict->old->place);
        add_measures(old, verdict->old);
    }
    check_add_judgement(o, verdict, old);
    return o;
}

char *check_json(const struct check *check)
{
    struct json_object *root = json_document("romcompat-check", 1), *roms = json_list();
    struct json_object *problems = json_list(), *flash = json_list();
    const struct verdicts *v = check->verdicts;

    json_add_text(root, "budget", check->budget ? check->budget->name : NULL);
    json_add_text(root, "budget_file", check->budget ? check->budget->file : NULL);
    json_add_text(root, "against", check->against);
    json_add_text(root, "result",
                  check->problem_count || !v->count ? "no-answer"
                  : check_failed(check)             ? "no"
                                                    : "yes");
    json_add_number(root, "failures", v->failures);
    json_add_number(root, "warnings", v->warnings);
    json_add_number(root, "notes", v->notes);
    for (size_t i = 0; i < v->count; i++) {
        const struct verdict *verdict = &v->list[i];
        /* What a budget of flash images requires and does not find is one. */
        bool is_flash = verdict->flash || verdict->old_flash ||
                        (check->without_roms && !verdict->rom && !verdict->old);

        json_append(is_flash ? flash : roms,
                    is_flash ? check_flash_object(verdict) : rom_object(verdict));
    }
    json_add(root, "roms", roms);
    json_add(root, "flash", flash);
    for (size_t i = 0; i < check->problem_count; i++)
        json_append(problems, json_string(check->problems[i]));
    json_add(root, "problems", problems);
    return json_document_text(root);
}

/* --- JUnit ------------------------------------------------------------------------------ */

char *check_junit(const struct check *check)
{
    const struct verdicts *v = check->verdicts;
    enum finding_grade fails = check->strict ? FINDING_WARNING : FINDING_ERROR;
    size_t failed = 0;
    struct text text;
    FILE *to = text_begin(&text);
    char *suite =
        check->budget ? xasprintf("romcompat.%s", check->budget->name) : xstrdup("romcompat.check");

    for (size_t i = 0; i < v->count; i++)
        failed += verdict_grade(&v->list[i]) >= fails;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", to);
    put_xml_attribute(to, "name", suite);
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\" time=\"0\">\n",
            v->count + check->problem_count, failed, check->problem_count);
    for (size_t i = 0; i < check->problem_count; i++) {
        fputs("    <testcase", to);
        put_xml_attribute(to, "classname", suite);
        fprintf(to, " name=\"reading %zu\" time=\"0\">\n      <error", i + 1);
        put_xml_attribute(to, "message", check->problems[i]);
        fputs("/>\n    </testcase>\n", to);
    }
    for (size_t i = 0; i < v->count; i++)
        put_test_case(to, suite, check_label(check, &v->list[i]), &v->list[i].findings, fails);
    fputs("  </testsuite>\n</testsuites>\n", to);
    free(suite);
    return text_end(&text);
}
