/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First files for a maintainer: a budget of what stands, and the romset of ROMs that have
 * left their bucket. */
#include "commands/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "base/utf8.h"
#include "formats/deb_control.h"
#include "formats/machine_types.h"
#include "inputs/archive.h"
#include "romset/names.h"

/* --- YAML ------------------------------------------------------------------------------ */

void put_yaml_text(FILE *to, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+~-";
    size_t length = strspn(text, plain);

    /* "-" alone would begin a list, "~" is null to others; 1.0 stays text for our reader. */
    if (*text && !text[length] && (isalnum((unsigned char)*text) || *text == '_')) {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(to, "\\x%02x", *p);
        else
            putc(*p, to);
    }
    putc('"', to);
}

/* A pattern that means the name and no other; free it. */
static char *pattern_of(const char *name)
{
    char *pattern = xmalloc(2 * strlen(name) + 1), *p = pattern;

    for (; *name; name++) {
        if (strchr("*?[]\\!", *name))
            *p++ = '\\';
        *p++ = *name;
    }
    *p = '\0';
    return pattern;
}

void put_yaml_pattern(FILE *to, const char *name)
{
    char *pattern = pattern_of(name);

    put_yaml_text(to, pattern);
    free(pattern);
}

/* --- a budget ----------------------------------------------------------------------------- */

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
    char *pattern = pattern_of(name);
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
        fail(f, "there is not a ROM and no flash image to write a budget of");
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

/* --- a romset -------------------------------------------------------------------------------- */

/* Package, version and so on of a .deb; 1: it is none, 0, or -1. */
static int read_control(const char *path, struct deb_control *control, struct failure *f)
{
    struct unpacker *u;
    struct unpacked entry;
    int more, result = 1;

    more = unpacker_open(path, NULL, &u, f);
    if (more == UNPACK_NOT_AN_ARCHIVE)
        return 1;
    if (more < 0)
        return -1;
    while (result == 1 && (more = unpacker_next(u, &entry, f)) > 0 &&
           entry.member == UNPACKED_DEB_CONTROL) {
        uint8_t *text;
        size_t size;

        if (strcmp(entry.name, "control") != 0)
            continue;
        result = unpacker_take(u, &text, &size, f);
        if (result == 0) {
            result = deb_control_parse(path, text, size, control, f);
            free(text);
        }
    }
    unpacker_close(u);
    return more < 0 ? -1 : result;
}

static const struct measured_rom *of_name(const struct measured *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->roms[i].name, name) == 0)
            return &m->roms[i];
    }
    return NULL;
}

/* The old ROMs that have another bucket now, at most one of a name; `chosen` has room for all. */
static int choose_roms(const struct romset_request *request, const struct measured *old,
                       const struct measured *now, const struct measured_rom **chosen,
                       size_t *count, struct failure *f)
{
    char one[SIZE_TEXT_MAX], other[SIZE_TEXT_MAX];

    for (size_t i = 0; i < old->count; i++) {
        const struct measured_rom *rom = &old->roms[i], *later = of_name(now, rom->name);

        if (!later || later->bucket == rom->bucket || of_name(old, rom->name) != rom)
            continue;
        if (request->bucket && rom->bucket != request->bucket)
            continue;
        if (*count && chosen[0]->bucket != rom->bucket) {
            size_format(chosen[0]->bucket, one);
            size_format(rom->bucket, other);
            fail(f,
                 "ROMs of several buckets have changed (%s of %s, %s of %s), and a romset has one",
                 chosen[0]->name, one, rom->name, other);
            return fail_hint(f, "Write one for each: --bucket %s, then --bucket %s.", one, other);
        }
        chosen[(*count)++] = rom;
    }
    if (!*count) {
        fail(f, "no ROM has left its bucket%s: there is not a romset to write",
             request->bucket ? " of that size" : "");
        return 1;
    }
    if (!is_bucket(chosen[0]->bucket))
        return fail(f, "%s: its bucket of %" PRIu64 " bytes is not one that a compat ROM can have",
                    chosen[0]->place, chosen[0]->bucket);
    return 0;
}

/* pool/main/i/ipxe/NAME_VERSION_all.deb: Debian's pool is sorted by source package, "lib"
 * packages under four letters; an epoch is in no file name. */
static char *pool_path(const struct deb_control *control)
{
    const char *colon = strchr(control->version, ':');
    int letters = strncmp(control->source, "lib", 3) == 0 && control->source[3] ? 4 : 1;

    return xasprintf("pool/main/%.*s/%s/%s_%s_%s.deb", letters, control->source, control->source,
                     control->package, colon ? colon + 1 : control->version, control->architecture);
}

static void put_machines(FILE *to, const char *until)
{
    if (!until)
        fputs(
            "# Every machine type, those of tomorrow as well: end the ranges at the newest whose\n"
            "# guests have started with these ROMs.\n",
            to);
    fputs("machines:\n", to);
    for (const struct machine_family *m = machine_families; m->name; m++)
        if (m->first && !m->last)
            fprintf(to, "  - %s: -..%s\n", m->name, until ? until : "-");
    fputs("  - pc: -..1.3\n  - pseries-2.12-sxxm\n", to);
}

/* `path` as seen from `directory`, where it is in or below it. */
static const char *seen_from(const char *directory, const char *path)
{
    size_t n = directory ? strlen(directory) : 0;

    return n && strncmp(path, directory, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1
                                                                                  : path;
}

static int put_source(FILE *to, const struct romset_request *request,
                      const struct deb_control *control, struct failure *f)
{
    char sum[SHA256_TEXT_SIZE], whole[PATH_MAX];

    if (control && !request->local) {
        char *path = pool_path(control);

        fputs("source:\n  deb: ", to);
        put_yaml_text(to, control->package);
        fprintf(to, "\n  version: \"%s\"\n  path: ", control->version);
        put_yaml_text(to, path);
        free(path);
    } else {
        struct failure ignored;
        bool is_file = sha256_of_file(request->package_from, sum, NULL, &ignored) == 0;

        if (!realpath(request->package_from, whole))
            return fail(f, "%s: cannot be found", request->package_from);
        fprintf(to, "source:\n  %s: ", is_file ? "archive" : "directory");
        put_yaml_text(to, seen_from(request->directory, whole));
        if (!is_file) {
            putc('\n', to);
            return 0;
        }
    }
    if (sha256_of_file(request->package_from, sum, NULL, f) < 0)
        return -1;
    fprintf(to, "\n  sha256: %s\n", sum);
    return 0;
}

/* A romset has one source: a ROM of a package that stands in a directory, or is listed by a
 * .changes file, is not in what was named. */
static int check_source(const struct romset_request *request, const struct measured_rom *rom,
                        struct failure *f)
{
    size_t length = strlen(request->package_from);

    if (strncmp(rom->place, request->package_from, length) == 0 &&
        (strcmp(rom->place, rom->path) == 0 || rom->place[length] == ':'))
        return 0;
    fail(f, "%s: the ROM is in a package inside of %s", rom->place, request->package_from);
    return fail_hint(f, "Name that package with --package-from.");
}

/* Where a ROM stands in the source: in a directory, relative to it. */
static const char *file_in_source(const struct romset_request *request,
                                  const struct measured_rom *rom)
{
    size_t length = strlen(request->package_from);
    const char *path = rom->path;

    if (strncmp(path, request->package_from, length) == 0)
        path += length;
    while (*path == '/')
        path++;
    return *path ? path : rom->name;
}

static int put_romset(FILE *to, const struct romset_request *request,
                      const struct deb_control *control, const struct measured_rom *const *chosen,
                      size_t count, struct failure *f)
{
    char bucket[SIZE_TEXT_MAX];

    size_format(chosen[0]->bucket, bucket);
    fprintf(to,
            "# Written by 'romcompat check --write-romset'; see romcompat-romset(5).\nromset: "
            "%s\nsummary: ",
            request->name);
    char *summary = control ? xasprintf("option ROMs of %s %s in buckets of %s", control->package,
                                        control->version, bucket)
                            : xasprintf("option ROMs in buckets of %s", bucket);
    put_yaml_text(to, summary);
    free(summary);
    fprintf(to, "\nbucket: %s\npackage: %s-compat\n", bucket, request->name);
    if (put_source(to, request, control, f) < 0)
        return -1;
    fputs("roms:\n", to);
    for (size_t i = 0; i < count; i++) {
        const char *file = file_in_source(request, chosen[i]);
        const char *problem = relative_path_problem(file);

        if (check_source(request, chosen[i], f) < 0)
            return -1;
        if (problem)
            return fail(f, "%s: a path in a romset %s", chosen[i]->place, problem);
        fputs("  - file: ", to);
        put_yaml_text(to, file);
        fprintf(to, "\n    sha256: %s\n", chosen[i]->sha256);
    }
    put_machines(to, request->until);
    return 0;
}

int write_romset(const struct romset_request *request, const struct measured *old,
                 const struct measured *now, char **text, struct failure *f)
{
    const struct measured_rom **chosen = xcalloc(old->count + 1, sizeof *chosen);
    struct deb_control control;
    struct failure not_read;
    size_t count = 0;

    int result = choose_roms(request, old, now, chosen, &count, f);
    if (result == 0) {
        int is_deb = read_control(request->package_from, &control, &not_read) == 0;
        struct text made;

        result = put_romset(text_begin(&made), request, is_deb ? &control : NULL, chosen, count, f);
        *text = text_end(&made);
        if (result != 0) {
            free(*text);
            *text = NULL;
        }
    }
    free(chosen);
    return result;
}
