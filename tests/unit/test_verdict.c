/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule of a budget with a ROM that keeps it and one that breaks it, and every
 * bucket with its exact power of two, one byte below and one above. */
#include "tap.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/size.h"
#include "fixtures/rom_maker.h"
#include "release/verdict.h"

/* One ROM under one rule; the findings as "grade check, ...". */
static char *judged(const char *path, const struct rom_spec *spec, const char *rule)
{
    static char all[512];
    char *text = NULL;
    struct made_rom made = make_rom(spec);
    struct measured m = {.roms = calloc(1, sizeof(struct measured_rom)), .count = 1, .capacity = 1};
    struct findings problems = {0};
    struct budget budget;
    struct verdicts v;
    struct failure f;

    if (asprintf(&text, "budget: b\nroms:\n  - match: \"*.rom\"\n    %s\n", rule) < 0)
        abort();
    if (measure_rom(path, path, made.data, made.size, false, m.roms) < 0 ||
        budget_parse("b.yaml", (const uint8_t *)text, strlen(text), &budget, &problems, &f) < 0 ||
        problems.count) {
        printf("# %s\n", problems.count ? problems.list[0].what : f.what);
        abort();
    }
    verdicts_init(&v, &m);
    judge_by_budget(&v, &budget);
    all[0] = '\0';
    for (size_t i = 0; i < v.list[0].findings.count; i++) {
        static const char *const grades[] = {"note", "warn", "fail"};
        size_t used = strlen(all);

        snprintf(all + used, sizeof all - used, "%s%s %s", i ? ", " : "",
                 grades[v.list[0].findings.list[i].grade], v.list[0].findings.list[i].check);
        if (!v.list[0].findings.list[i].what[0])
            strcat(all, " without a word");
    }
    verdicts_free(&v);
    budget_free(&budget);
    measured_free(&m);
    free_rom(&made);
    free(text);
    return all;
}

#define SPEC(...) (&(struct rom_spec){__VA_ARGS__})
#define LEGACY_ROM SPEC(.images = {{.type = ROM_LEGACY, .blocks = 4}})
#define is_judged(path, spec, rule, expected, name) \
    is_text(judged(path, spec, rule), expected, "%s", name)

/* A ROM file of any size from one block on: one image, and fill up to the size. */
static const char *bucket_of_size(uint64_t size, const char *rule)
{
    return judged("a.rom",
                  SPEC(.images = {{.type = ROM_LEGACY, .blocks = 2}}, .pad_to = size, .fill = 0xff),
                  rule);
}

/* QEMU hw/pci/pci.c, pci_add_option_rom(): pow2ceil(size). */
static void test_powers_of_two(void)
{
    for (uint64_t bucket = 2048; bucket <= 16 << 20; bucket *= 2) {
        char exact[64], least[64], most[64];

        snprintf(exact, sizeof exact, "bucket: %" PRIu64, bucket);
        snprintf(least, sizeof least, "min-bucket: %" PRIu64, bucket);
        snprintf(most, sizeof most, "max-bucket: %" PRIu64, bucket);
        is_text(bucket_of_size(bucket, exact), "",
                "a ROM of exactly %" PRIu64 " bytes is in that bucket", bucket);
        is_text(bucket_of_size(bucket - 1, exact), "",
                "a ROM of a byte less than %" PRIu64 " is in that bucket too", bucket);
        is_text(bucket_of_size(bucket, most), "", "and at most in it");
        is_text(bucket_of_size(bucket, least), "", "and at least");
        if (bucket < 16 << 20) {
            is_text(bucket_of_size(bucket + 1, exact), "fail bucket",
                    "a ROM of a byte more than %" PRIu64 " is not in that bucket", bucket);
            is_text(bucket_of_size(bucket + 1, most), "fail max-bucket", "nor at most in it");
        }
        if (bucket > 2048) {
            is_text(bucket_of_size(bucket / 2, exact), "fail bucket",
                    "a ROM of half of %" PRIu64 " bytes is in the bucket below", bucket);
            is_text(bucket_of_size(bucket / 2, least), "fail min-bucket", "... not at least in it");
            is_text(bucket_of_size(bucket / 2 + 1, least), "",
                    "a ROM of a byte more than half of %" PRIu64 " is", bucket);
        }
    }
}

static void test_sizes(void)
{
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 4}}), "max-chain: 2048", "",
              "a chain as long as the limit is kept");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 5}}), "max-chain: 2048",
              "fail max-chain", "a block more is not");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 4}}, .pad_to = 8192),
              "max-chain: 2048", "", "padding is not part of the chain");

    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 6}}, .pad_to = 4096),
              "bucket: 4K\n    margin: 1024", "", "exactly the margin left is enough");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 6}}, .pad_to = 4096),
              "bucket: 4K\n    margin: 1025", "warn margin",
              "a byte less is a warning, however long the file is");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 6}}), "margin: 25%", "",
              "25 % of the bucket left are enough for 25 %");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 6}}), "margin: 26%",
              "warn margin", "and not for 26 %");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 6}}),
              "max-bucket: 8K\n    margin: 2K", "",
              "with max-bucket the margin is to that edge, not to the ROM's own");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 9}}),
              "bucket: 4K\n    margin: 1K", "fail bucket",
              "a chain beyond the edge has no margin to warn of");
}

static void test_padding(void)
{
    struct rom_spec bare = {.images = {{.type = ROM_LEGACY, .blocks = 3}}};
    struct rom_spec padded = {
        .images = {{.type = ROM_LEGACY, .blocks = 3}}, .pad_to = 2048, .fill = 0xff};
    struct rom_spec zeros = {.images = {{.type = ROM_LEGACY, .blocks = 3}}, .pad_to = 2048};
    struct rom_spec half = {
        .images = {{.type = ROM_LEGACY, .blocks = 5}}, .pad_to = 3072, .fill = 0xff};

    is_judged("a.rom", &padded, "padded: yes", "", "a ROM as long as its bucket is padded");
    is_judged("a.rom", LEGACY_ROM, "padded: yes", "", "also where its chain is that long");
    is_judged("a.rom", &bare, "padded: yes", "fail padded", "a bare ROM is not");
    is_judged("a.rom", &half, "padded: yes", "fail padded", "nor one padded part of the way");
    is_judged("a.rom", &bare, "padded: no", "", "padded: no takes a bare ROM");
    is_judged("a.rom", &padded, "padded: no", "fail padded", "and refuses a padded one");
    is_judged("a.rom", &padded, "fill: 0xff", "", "padding of FF is allowed where that is said");
    is_judged("a.rom", &zeros, "fill: 0xff", "fail fill", "padding of 00 is not");
    is_judged("a.rom", &zeros, "fill: [0xff, 0]", "", "... unless both are");
    is_judged("a.rom", &bare, "fill: 0xff", "", "without padding there is no fill");
    is_judged("a.rom", &padded, "bucket: 4K\n    padded: yes", "fail bucket",
              "a ROM padded to the wrong bucket is told so once");
}

static void test_content(void)
{
    struct rom_spec both = {.images = {{.type = ROM_LEGACY, .blocks = 2},
                                       {.type = ROM_EFI, .blocks = 2, .compressed = true}}};
    struct rom_spec plain = {
        .images = {{.type = ROM_LEGACY, .blocks = 2}, {.type = ROM_EFI, .blocks = 2}}};
    struct rom_spec arm = {.images = {{.type = ROM_LEGACY, .blocks = 2},
                                      {.type = ROM_EFI, .blocks = 2, .machine = 0xaa64}}};
    struct rom_spec odd = {
        .images = {{.type = ROM_LEGACY, .blocks = 2},
                   {.type = ROM_EFI, .blocks = 2, .vendor = 0x8086, .device = 0x1229}}};
    struct rom_spec isa = {.images = {{.type = ROM_ISA, .blocks = 4}}};

    is_judged("a.rom", &both, "images: [legacy, efi-x64]", "", "all images that are asked for");
    is_judged("a.rom", &both, "images: legacy", "", "others may be there");
    is_judged("a.rom", LEGACY_ROM, "images: [legacy, efi-x64]", "fail images",
              "a lost EFI image is a failure");
    is_judged("a.rom", &arm, "images: efi-x64", "fail images", "EFI for another machine is no x64");
    is_judged("a.rom", &arm, "images: efi-aa64", "", "but aa64");
    is_judged("a.rom", &isa, "images: isa", "", "a ROM without PCIR is isa");

    is_judged("a.rom", &both, "ids: 8086:100e", "", "the vendor and device of every image");
    is_judged("a.rom", &odd, "ids: 8086:100e", "fail ids", "one image with another is a failure");
    is_judged("a.rom", &odd, "ids: [8086:100e, 8086:1229]", "", "unless both are allowed");
    is_judged("a.rom", &isa, "ids: 8086:100e", "fail ids", "a ROM without any is a failure");
    is_judged("efi-e1000.rom", &both, "ids: qemu", "", "as QEMU's e1000 has it");
    is_judged("efi-rtl8139.rom", &both, "ids: qemu", "fail ids, fail ids",
              "e1000's ids in both images of rtl8139's ROM");
    is_judged("efi-other.rom", &both, "ids: qemu", "fail ids",
              "a ROM that no QEMU device loads has nothing to be compared with");

    is_judged("a.rom", &both, "compressed: yes", "", "a compressed EFI image");
    is_judged("a.rom", &plain, "compressed: yes", "fail compressed", "one that is not");
    is_judged("a.rom", &plain, "compressed: no", "", "and the other way");
    is_judged("a.rom", &both, "compressed: no", "fail compressed", "... the other way round");
    is_judged("a.rom", LEGACY_ROM, "compressed: yes", "", "without EFI nothing is uncompressed");
}

static void test_nics(void)
{
    is_int(shadow_ram_nics(75776), 12, "Debian 12's e1000 ROM starts on 12 NICs");
    is_int(shadow_ram_nics(109056), 4, "Debian 13's on 4");
    is_int(shadow_ram_nics(122880), 1, "one that fills the shadow RAM on one");
    is_int(shadow_ram_nics(122881), 0, "a byte more on none");
    is_int(shadow_ram_nics(122880 - 4096), 2, "4096 bytes fewer on two");
    is_int(shadow_ram_nics(122880 - 4095), 1, "4095 bytes fewer on one");
    /* 122880 - 7 * 4096 = 94208 = 184 blocks */
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 184}}), "nics: 8", "",
              "a ROM that starts on exactly 8 NICs keeps 'nics: 8'");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 185}}), "nics: 8",
              "fail nics", "a block more is 7");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 255}}), "nics: 1",
              "fail nics", "the longest legacy image starts on none");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_EFI, .blocks = 255}}), "nics: 8",
              "warn efi-first", "an EFI image takes no shadow RAM, but should not be the first");
    is_judged("a.rom", SPEC(.images = {{.type = ROM_LEGACY, .blocks = 4}}), "nics: 64", "fail nics",
              "more NICs than the shadow RAM has room for are never kept");
}

static void test_defects(void)
{
    struct rom_spec broken = {.images = {{.type = ROM_EFI, .blocks = 4, .subsystem = 5}}};

    is_judged("a.rom", LEGACY_ROM, "defects: error", "", "a ROM without errors");
    is_judged("a.rom", &broken, "max-bucket: 2K", "fail defects",
              "a ROM that firmware does not run is a failure by itself");
    is_judged("a.rom", &broken, "defects: warn", "warn defects", "or a warning");
    is_judged("a.rom", &broken, "defects: ignore", "", "or nothing");
}

/* --- several ROMs ------------------------------------------------------------------------ */

static void add_rom(struct measured *m, const char *path)
{
    struct made_rom made = make_rom(LEGACY_ROM);

    m->roms = realloc(m->roms, (m->count + 1) * sizeof *m->roms);
    if (!m->roms || measure_rom(path, path, made.data, made.size, false, &m->roms[m->count]) < 0)
        abort();
    m->count++;
    free_rom(&made);
}

static void judge_set(const char *text, const char *paths[], struct verdicts *v, struct measured *m,
                      struct budget *budget)
{
    struct findings problems = {0};
    struct failure f;

    *m = (struct measured){0};
    for (; *paths; paths++)
        add_rom(m, *paths);
    if (budget_parse("b.yaml", (const uint8_t *)text, strlen(text), budget, &problems, &f) < 0 ||
        problems.count)
        abort();
    verdicts_init(v, m);
    judge_by_budget(v, budget);
}

static void test_sets(void)
{
    struct verdicts v;
    struct measured m;
    struct budget b;

    judge_set("budget: b\nroms: [{match: \"efi-*\", bucket: 4K}, {match: \"*.rom\"}]\n",
              (const char *[]){"x/efi-a.rom", "x/pxe-a.rom", "x/a.bin", NULL}, &v, &m, &b);
    verdicts_sort(&v);
    ok(v.failures == 2 && v.count == 3, "each ROM has one verdict");
    is_text(v.list[2].name, "pxe-a.rom", "the ROM without a failure comes last");
    ok(budget_rule_for(&b, "x/efi-a.rom") == &b.rules[0], "the first rule that matches wins");
    ok(!budget_rule_for(&b, "x/a.bin"), "a ROM may have no rule");
    verdicts_free(&v);
    budget_free(&b);
    measured_free(&m);

    judge_set("budget: b\nunlisted: warn\nroms: [{match: x}]\n", (const char *[]){"a", NULL}, &v,
              &m, &b);
    ok(v.failures == 0 && v.warnings == 1, "an unlisted ROM may be a warning");
    verdicts_free(&v);
    budget_free(&b);
    measured_free(&m);

    judge_set("budget: b\nunlisted: ignore\nroms: [{match: x}]\n", (const char *[]){"a", NULL}, &v,
              &m, &b);
    ok(v.failures == 0 && v.warnings == 0, "or nothing");
    verdicts_free(&v);
    budget_free(&b);
    measured_free(&m);

    judge_set("budget: b\nrequired: [a.rom, b.rom, \"c*\"]\nroms: [{match: \"*\"}]\n",
              (const char *[]){"d/a.rom", "d/c1.rom", NULL}, &v, &m, &b);
    is_int(v.failures, 1, "a required ROM that is missing is a failure");
    is_text(v.list[2].name, "b.rom", "under its own name");
    is_text(v.list[2].findings.list[0].check, "required", "and for that reason");
    ok(!v.list[2].rom, "it has no measures");
    verdicts_free(&v);
    budget_free(&b);
    measured_free(&m);
}

int main(void)
{
    test_powers_of_two();
    test_sizes();
    test_padding();
    test_content();
    test_nics();
    test_defects();
    test_sets();
    return tap_done();
}
