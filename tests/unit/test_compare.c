/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROMs against those of the previous release: what counts as a change, and which ROM was
 * which where names stand more than once. */
#include "tap.h"

#include <stdlib.h>

#include "fixtures/rom_maker.h"
#include "release/verdict.h"

struct file {
    const char *path;
    struct rom_spec spec;
};

#define LEGACY(n) .spec = {.images = {{.type = ROM_LEGACY, .blocks = (n)}}}

static void measure_files(struct measured *m, const struct file *files)
{
    *m = (struct measured){0};
    for (; files && files->path; files++) {
        struct made_rom made = make_rom(&files->spec);

        m->roms = realloc(m->roms, (m->count + 1) * sizeof *m->roms);
        if (!m->roms || measure_rom(files->path, files->path, made.data, made.size, true,
                                    &m->roms[m->count]) < 0)
            abort();
        m->count++;
        free_rom(&made);
    }
}

/* All findings, sorted as they are shown: "name: fail check, ...". */
static char *compared(const struct file *before, const struct file *after, const char *budget_text)
{
    static const char *const grades[] = {"note", "warn", "fail"};
    static char all[1024];
    struct findings problems = {0};
    struct measured old, now;
    struct budget budget = {0};
    struct verdicts v;
    struct failure f;

    measure_files(&old, before);
    measure_files(&now, after);
    if (budget_text && budget_parse("b", (const uint8_t *)budget_text, strlen(budget_text), &budget,
                                    &problems, &f) < 0)
        abort();
    verdicts_init(&v, &now);
    if (budget_text)
        judge_by_budget(&v, &budget);
    judge_by_release(&v, &old);
    verdicts_sort(&v);
    all[0] = '\0';
    for (size_t i = 0; i < v.count; i++) {
        for (size_t k = 0; k < v.list[i].findings.count; k++) {
            size_t used = strlen(all);

            snprintf(all + used, sizeof all - used, "%s%s: %s %s", used ? ", " : "", v.list[i].name,
                     grades[v.list[i].findings.list[k].grade], v.list[i].findings.list[k].check);
        }
    }
    verdicts_free(&v);
    budget_free(&budget);
    measured_free(&old);
    measured_free(&now);
    return all;
}

#define FILES(...) ((const struct file[]){__VA_ARGS__, {0}})
#define is_change(before, after, expected, name) \
    is_text(compared(before, after, NULL), expected, "%s", name)

int main(void)
{
    const struct file *four = FILES({"a.rom", LEGACY(4)});

    is_change(four, four, "", "the same ROM is no change");
    is_change(four, FILES({"elsewhere/a.rom", LEGACY(4)}), "", "a ROM that has moved is the same");
    is_change(four, FILES({"a.rom", LEGACY(5)}), "a.rom: fail bucket-changed, a.rom: note grown",
              "a ROM that has left its bucket is a failure");
    is_change(FILES({"a.rom", LEGACY(5)}), four, "a.rom: fail bucket-changed, a.rom: note shrunk",
              "also downwards: guests with the larger one do not land");
    is_change(FILES({"a.rom", LEGACY(5)}), FILES({"a.rom", LEGACY(6)}), "a.rom: note grown",
              "growing inside of the bucket is worth a note");
    is_change(
        FILES({"a.rom", LEGACY(5)}),
        FILES({"a.rom", .spec = {.images = {{.type = ROM_LEGACY, .blocks = 5}}, .pad_to = 4096}}),
        "a.rom: note grown", "so is padding");
    is_change(four, FILES({"b.rom", LEGACY(4)}), "a.rom: fail vanished, b.rom: note appeared",
              "a ROM that is gone is a failure, a new one is not");
    is_change(four, NULL, "a.rom: fail vanished", "that none is left is a failure");
    is_change(NULL, four, "a.rom: note appeared", "that none was there is not");

    const struct file *both = FILES(
        {"a.rom",
         .spec = {.images = {{.type = ROM_LEGACY, .blocks = 2}, {.type = ROM_EFI, .blocks = 2}}}});
    is_change(
        both,
        FILES({"a.rom", .spec = {.images = {{.type = ROM_LEGACY, .blocks = 2},
                                            {.type = ROM_EFI, .blocks = 2, .compressed = true}}}}),
        "a.rom: note compression-changed", "compression is worth a note");
    is_change(both,
              FILES({"a.rom", .spec = {.images = {{.type = ROM_LEGACY, .blocks = 2},
                                                  {.type = ROM_EFI,
                                                   .blocks = 2,
                                                   .device = 0x1229,
                                                   .vendor = 0x8086}}}}),
              "a.rom: warn ids-changed", "another vendor or device is a warning");
    is_change(
        both,
        FILES({"a.rom", .spec = {.images = {{.type = ROM_LEGACY, .blocks = 2},
                                            {.type = ROM_EFI, .blocks = 2, .machine = 0xaa64}}}}),
        "a.rom: warn images-changed", "an image of another kind is a warning");
    is_change(both, FILES({"a.rom", LEGACY(3)}),
              "a.rom: warn ids-changed, a.rom: warn images-changed, "
              "a.rom: note compression-changed, a.rom: note shrunk",
              "a lost image shows in all that it had");

    /* Debian's build trees have debian/tmp and debian/PACKAGE. */
    is_change(four, FILES({"debian/tmp/a.rom", LEGACY(4)}, {"debian/x/a.rom", LEGACY(4)}), "",
              "two copies are both the old ROM");
    is_change(FILES({"debian/tmp/a.rom", LEGACY(4)}, {"debian/x/a.rom", LEGACY(4)}), four, "",
              "one of two copies is enough");
    is_change(FILES({"x/a.rom", LEGACY(4)}, {"y/a.rom", LEGACY(3)}),
              FILES({"x/a.rom", LEGACY(4)}, {"y/a.rom", LEGACY(3)}), "",
              "two ROMs of one name are told apart by their directories");
    is_change(FILES({"x/a.rom", LEGACY(4)}, {"y/a.rom", LEGACY(3)}), FILES({"x/a.rom", LEGACY(4)}),
              "a.rom: fail vanished", "one of them is missed when it is gone");
    is_change(FILES({"x/a.rom", LEGACY(4)}), FILES({"x/a.rom", LEGACY(4)}, {"y/a.rom", LEGACY(3)}),
              "a.rom: note appeared", "and noticed when it is new");

    is_text(compared(four, FILES({"a.rom", LEGACY(5)}),
                     "budget: b\nroms: [{match: a.rom, bucket: 4K}]\n"),
            "a.rom: warn bucket-changed, a.rom: note grown",
            "a new bucket that the budget names is meant, and a warning");
    is_text(compared(four, FILES({"a.rom", LEGACY(5)}),
                     "budget: b\nroms: [{match: a.rom, max-bucket: 4K}]\n"),
            "a.rom: fail bucket-changed, a.rom: note grown",
            "one that the budget merely has room for is a failure");
    return tap_done();
}
