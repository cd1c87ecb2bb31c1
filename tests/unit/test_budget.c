/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of budgets: what it takes, and how it names what it does not take. */
#include "tap.h"

#include "flash/image.h"

#include <stdlib.h>

#include "release/budget.h"

/* The problems of a text, one a line. */
static char *problems_of(const char *text)
{
    struct findings problems = {0};
    struct budget budget;
    struct failure f = {0};
    static char all[8192];

    all[0] = '\0';
    if (budget_parse("b.yaml", (const uint8_t *)text, strlen(text), &budget, &problems, &f) < 0) {
        snprintf(all, sizeof all, "%s", f.what);
        return all;
    }
    for (size_t i = 0; i < problems.count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? "\n" : "", problems.list[i].what);
    }
    budget_free(&budget);
    findings_free(&problems);
    return all;
}

static void refused(const char *text, const char *problem, const char *name)
{
    is_text(problems_of(text), problem, "%s", name);
}

/* The caller frees *budget. */
static void read_good(const char *text, struct budget *budget, const char *name)
{
    struct findings problems = {0};
    struct failure f;

    is_int(budget_parse("b", (const uint8_t *)text, strlen(text), budget, &problems, &f), 0, "%s",
           name);
    is_int(problems.count, 0, "and nothing is wrong with it");
    findings_free(&problems);
}

#define RULE(text) "budget: b\nroms:\n  - match: \"*.rom\"\n    " text "\n"

static void test_flash(void)
{
    static const char text[] = "budget: b\n"
                               "flash:\n"
                               "  - match: [OVMF_CODE.fd, \"*_CODE_4M*.fd\"]\n"
                               "    kind: code\n"
                               "    architecture: x86_64\n"
                               "    size: 3653632\n"
                               "    store: 0x84000\n"
                               "    features: [secure-boot, smm]\n"
                               "    without: shell\n"
                               "    template: OVMF_VARS_4M.fd\n"
                               "    margin: 64K\n"
                               "  - match: A.fd\n"
                               "    size: 64M\n"
                               "    margin: 5%\n";
    struct budget b;

    read_good(text, &b, "a budget of flash images alone is read");
    is_int(b.rule_count, 0, "it has no rules for ROMs");
    const struct flash_rule *rule = flash_rule_for(&b, "usr/share/OVMF/OVMF_CODE_4M.secboot.fd");
    ok(rule == &b.flash_rules[0], "the first rule that matches holds");
    is_text(rule->kind, "code", "... with its kind");
    is_text(rule->architecture, "x86_64", "... its architecture");
    is_int(rule->size, 3653632, "... its size");
    is_int(rule->store, 0x84000, "... its store");
    is_int(rule->features, 1 << FEATURE_SECURE_BOOT | 1 << FEATURE_SMM, "what must be there");
    is_int(rule->without, 1 << FEATURE_SHELL, "... what must not");
    is_text(rule->template.list[0].text, "OVMF_VARS_4M.fd", "... its template");
    is_int(rule->margin.bytes, 65536, "and its margin");
    is_int(flash_rule_for(&b, "A.fd")->size, 64 << 20, "a size may be that of ARM's flash");
    is_int(flash_rule_for(&b, "A.fd")->margin.percent, 5, "a margin may be a part");
    ok(!flash_rule_for(&b, "B.fd"), "what no rule names has none");
    budget_free(&b);
}

#define FLASH_RULE(text) "budget: b\nflash:\n  - match: A.fd\n    " text "\n"

static void test_flash_mistakes(void)
{
    refused(FLASH_RULE("kind: rom"),
            "b.yaml:4:11: 'kind' must be code, store, combined or blank (found 'rom')",
            "a kind that there is not is refused");
    refused(FLASH_RULE("features: [secureboot]"),
            "b.yaml:4:16: unknown feature 'secureboot' (did you mean 'secure-boot'?)",
            "a misspelt feature is refused");
    refused(FLASH_RULE("size: 129M"),
            "b.yaml:4:11: 'size' must be a size from 1 to 128M (found '129M')",
            "a size above what is read is refused");
    refused(FLASH_RULE("bucket: 256K"), "b.yaml:4:5: unknown key 'bucket'",
            "a key of ROMs is refused");
    refused("budget: b\nflash: []\n", "b.yaml:2:8: 'flash' must have 1 to 1000 entries (found 0)",
            "an empty list of flash rules is refused");
    refused("budget: b\nflash:\n  - kind: code\n", "b.yaml:3:5: a rule lacks 'match'",
            "a rule of flash without a pattern is refused");
    refused("budget: b\nflash:\n  - {match: A, features: smm, without: smm}\n",
            "b.yaml:3:5: a feature is in both 'features' and 'without'",
            "a feature cannot be both");
}

static void test_forms(void)
{
    static const char text[] = "budget: b\n"
                               "unlisted: warn\n"
                               "required: [a.rom, \"x/b?.rom\"]\n"
                               "roms:\n"
                               "  - match: [\"efi-*.rom\", old.rom]\n"
                               "    bucket: 256K\n"
                               "    max-chain: 200000\n"
                               "    margin: 5%\n"
                               "    padded: yes\n"
                               "    fill: [0xff, 0]\n"
                               "    images: [legacy, efi-x64]\n"
                               "    ids: [8086:100E, 1af4:1000]\n"
                               "    compressed: no\n"
                               "    nics: 8\n"
                               "    defects: ignore\n"
                               "  - match: \"*\"\n"
                               "    min-bucket: 0x10000\n"
                               "    max-bucket: 131072\n"
                               "    margin: 4K\n"
                               "    ids: qemu\n";
    struct budget b;

    read_good(text, &b, "a budget with every key is read");
    is_int(b.rule_count, 2, "it has its rules");
    is_int(b.unlisted, BUDGET_SAYS_WARN, "unlisted is taken over");
    is_int(b.required.count, 2, "required is a list");
    const struct budget_rule *rule = &b.rules[0];
    is_int(rule->match.count, 2, "a rule may have several patterns");
    is_int(rule->bucket, 262144, "a bucket may be 256K");
    is_int(rule->bucket_line, 6, "and its line is known, for whoever must raise it");
    is_int(rule->max_chain, 200000, "a chain may be any number");
    is_int(rule->margin.percent, 5, "a margin may be a part of the bucket");
    is_int(rule->padded, BUDGET_MUST, "the budget says padded: yes");
    is_int(rule->compressed, BUDGET_MUST_NOT, "the budget says compressed: no");
    ok(rule->fill_count == 2 && rule->fills[0] == 0xff && rule->fills[1] == 0, "a fill is a byte");
    ok(rule->image_count == 2 && strcmp(rule->images[1], "efi-x64") == 0,
       "an image is a known kind");
    ok(rule->id_count == 2 && rule->ids[0].vendor == 0x8086 && rule->ids[0].device == 0x100e,
       "ids are hexadecimal, in either case");
    is_int(rule->nics, 8, "nics is a number");
    is_int(rule->defects, BUDGET_SAYS_IGNORE, "defects is taken over");
    rule = &b.rules[1];
    ok(rule->min_bucket == 65536 && rule->max_bucket == 131072, "sizes are 0x10000 or 131072 too");
    ok(rule->margin.bytes == 4096 && rule->qemu_ids, "a margin may be bytes, ids QEMU's");
    ok(rule->defects == BUDGET_SAYS_ERROR && !rule->padded, "what is not said has its default");
    budget_free(&b);
}

static bool matches(const char *pattern, const char *path)
{
    struct budget_pattern p = {(char *)pattern, 1};

    return budget_pattern_matches(&p, path);
}

static void test_patterns(void)
{
    ok(matches("efi-*.rom", "usr/lib/ipxe/qemu/efi-e1000.rom"),
       "a pattern is checked against the last part of the path");
    ok(matches("efi-*.rom", "efi-e1000.rom"), "which may be all of it");
    ok(!matches("efi-*.rom", "efi-x/pxe-e1000.rom"), "and not against a directory");
    ok(matches("ipxe.efi/*.rom", "usr/share/ipxe.efi/8086100e.rom"),
       "a pattern with a slash is checked against one part more");
    ok(!matches("ipxe.efi/*.rom", "usr/share/ipxe/8086100e.rom"), "which must match as well");
    ok(!matches("ipxe/*.rom", "my-ipxe/8086100e.rom"), "from its first letter on");
    ok(!matches("a/b/*.rom", "b/x.rom"), "a path with fewer parts does not match");
    ok(!matches("a*.rom", "a/b.rom") && !matches("share/*", "share/a/b.rom"),
       "a star does not pass a slash");
    ok(matches("pxe-[en]*.rom", "pxe-ne2k_pci.rom") && !matches("pxe-[en]*.rom", "pxe-pcnet.rom"),
       "letters may be listed");
    ok(matches("a\\*.rom", "a*.rom") && !matches("a\\*.rom", "ab.rom"), "a star may be itself");
    ok(matches("virti?.rom", "virtio.rom"), "a question mark is one letter");
}

static void test_ids(void)
{
    struct budget_ids ids[QEMU_IDS_MAX];

    is_int(qemu_ids_of("efi-virtio.rom", ids), 2, "virtio has a transitional and a modern id");
    ok(ids[0].vendor == 0x1af4 && ids[0].device == 0x1000 && ids[1].device == 0x1041,
       "... both of them");
    is_int(qemu_ids_of("256k-efi-e1000.rom", ids), 3, "a compat ROM is for the same devices");
    is_int(qemu_ids_of("e1000.rom", ids), 3, "a prefix is not needed");
    is_int(qemu_ids_of("vgabios-qxl.bin", ids), 1, "display devices are known");
    is_int(qemu_ids_of("efi-ee1000.rom", ids), 0, "half a name is none");
    is_int(qemu_ids_of("linuxboot.bin", ids), 0, "what no PCI device loads is unknown");
}

int main(void)
{
    test_forms();
    test_flash();
    test_flash_mistakes();
    test_patterns();
    test_ids();

    refused("roms:\n  - match: a\n", "b.yaml:1:1: the budget lacks 'budget'", "a name is required");
    refused("budget: b\n", "b.yaml:1:1: the budget lacks 'roms' or 'flash'",
            "a budget without rules is refused");
    refused("budget: b\nroms: []\n", "b.yaml:2:7: 'roms' must have 1 to 1000 entries (found 0)",
            "no rule at all is refused");
    refused("budget: b\nroms: x\n", "b.yaml:2:7: 'roms' must be a list (found text)",
            "rules are a list");
    refused("budget: b\nrom: []\nroms: [{match: a}]\n",
            "b.yaml:2:1: unknown key 'rom' (did you mean 'roms'?)",
            "an unknown key is named, with the one that was meant");
    refused("budget: b\nroms:\n  - bucket: 256K\n", "b.yaml:3:5: a rule lacks 'match'",
            "a rule of ROMs without a pattern is refused");
    refused("budget: b\nroms:\n  - efi.rom\n", "b.yaml:3:5: a rule must be a map (found text)",
            "a rule that is not a map is refused");
    refused(RULE("buckets: 256K"), "b.yaml:4:5: unknown key 'buckets' (did you mean 'bucket'?)",
            "a misspelt rule is no rule that is silently not kept");
    refused(RULE("bucket: 200K"),
            "b.yaml:4:13: 'bucket' must be a power of two from 2K to 16M (found '200K')",
            "a bucket is a power of two");
    refused(RULE("bucket: 1K"),
            "b.yaml:4:13: 'bucket' must be a power of two from 2K to 16M (found '1K')",
            "1K is below the smallest");
    refused(RULE("max-bucket: 32M"),
            "b.yaml:4:17: 'max-bucket' must be a power of two from 2K to 16M (found '32M')",
            "32M is above the largest");
    refused(RULE("bucket: big"), "b.yaml:4:13: 'bucket' must be a size such as 256K (found 'big')",
            "a word is not a size");
    refused(RULE("bucket: [256K]"), "b.yaml:4:13: 'bucket' must be text (found a list)",
            "a bucket is one");
    refused(RULE("bucket: 256K\n    max-bucket: 512K"),
            "b.yaml:5:17: 'max-bucket' beside 'bucket': a rule has one or the other",
            "exact and at most contradict each other");
    refused(RULE("min-bucket: 256K\n    max-bucket: 128K"),
            "b.yaml:4:17: 'min-bucket' 262144 is above 'max-bucket' 131072: nothing can fit",
            "bounds that nothing fits are refused");
    refused(RULE("margin: 100%"),
            "b.yaml:4:13: 'margin' must be bytes such as 16K, or 1% to 99% (found '100%')",
            "the whole bucket is no margin");
    refused(RULE("margin: 5 %"),
            "b.yaml:4:13: 'margin' must be bytes such as 16K, or 1% to 99% (found '5 %')",
            "a blank before the sign is refused");
    refused(RULE("bucket: 16K\n    margin: 16K"),
            "b.yaml:5:13: 'margin' 16384 is not below the bucket of 16384",
            "a margin that no ROM can keep is refused");
    refused(RULE("bucket: 16K\n    max-chain: 16385"),
            "b.yaml:5:16: 'max-chain' 16385 is above the bucket of 16384",
            "a limit that never holds is refused");
    refused(RULE("padded: maybe"),
            "b.yaml:4:13: 'padded' must be yes, no, true or false (found 'maybe')",
            "yes or no, nothing else");
    refused(RULE("padded: no\n    fill: 0xff"),
            "b.yaml:5:11: 'fill' beside 'padded: no': there is nothing to fill",
            "a fill without padding is refused");
    refused(RULE("fill: 256"), "b.yaml:4:11: 'fill' must be a byte from 0 to 0xff (found '256')",
            "a list of fills has bytes");
    refused(RULE("images: [legacy, efi-x46]"),
            "b.yaml:4:22: unknown kind of image 'efi-x46' (did you mean 'efi-x64'?)",
            "an unknown image is named, with the one that was meant");
    refused(RULE("images: []"), "b.yaml:4:13: 'images' must have 1 to 256 entries (found 0)",
            "an empty list of images is refused");
    refused(RULE("images: [[legacy]]"),
            "b.yaml:4:14: an entry of 'images' must be text (found a list)",
            "a list inside a list is refused");
    refused(RULE("ids: 8086-100e"),
            "b.yaml:4:10: 'ids' must be 'qemu' or VVVV:DDDD in hexadecimal (found '8086-100e')",
            "ids have a colon");
    refused(RULE("ids: 8086:100e0"),
            "b.yaml:4:10: 'ids' must be 'qemu' or VVVV:DDDD in hexadecimal (found '8086:100e0')",
            "ids have four digits");
    refused(RULE("nics: 0"), "b.yaml:4:11: 'nics' must be a number from 1 to 64 (found '0')",
            "no NIC is no rule");
    refused(RULE("nics: {a: b}"), "b.yaml:4:11: 'nics' must be text (found a map)",
            "a map is not a number");
    refused(RULE("defects: fatal"),
            "b.yaml:4:14: 'defects' must be error, warn or ignore (found 'fatal')",
            "three words for what to do");
    refused("budget: b\nunlisted: no\nroms: [{match: a}]\n",
            "b.yaml:2:11: 'unlisted' must be error, warn or ignore (found 'no')",
            "the same for unlisted");
    refused("budget: b\nroms: [{match: \"\"}]\n",
            "b.yaml:2:16: 'match' must not be empty (found '')", "an empty pattern is refused");
    refused("budget: b\nroms: [{match: /a}]\n",
            "b.yaml:2:16: 'match' must not begin with a slash (found '/a')",
            "a pattern from the root is refused");
    refused("budget: b\nroms: [{match: \"*a*a*a*a*a*a*a*a*\"}]\n",
            "b.yaml:2:16: 'match' is too long (limits: 256 bytes, 8 stars) (found "
            "'*a*a*a*a*a*a*a*a*')",
            "a pattern that takes forever to match is refused");
    refused("budget: a/b\nroms: [{match: a}]\n",
            "b.yaml:1:9: 'budget' must not contain a slash (found 'a/b')", "a name stands alone");
    refused(RULE("nics: 0\n    bucket: 3"),
            "b.yaml:4:11: 'nics' must be a number from 1 to 64 (found '0')\n"
            "b.yaml:5:13: 'bucket' must be a power of two from 2K to 16M (found '3')",
            "all mistakes are listed");
    refused("- a\n", "b.yaml:1:1: a budget must be a map (found a list)", "a list is not a budget");
    refused("a: [\n", "b.yaml:2:1: did not find expected node content while parsing a flow node",
            "what is no YAML is refused");
    return tap_done();
}
