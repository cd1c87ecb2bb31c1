/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "fixtures/inventory_maker.h"
#include "fleet/exchange_texts.h"
#include "fleet/matrix.h"
#include "fleet/stranded.h"
#include "fleet/fix_plan.h"
#include "tap.h"

#define OLD "\"pc-q35-7.2\",\"pc-i440fx-7.2\",\"microvm\""
#define NEW "\"pc-q35-10.0\",\"pc-q35-7.2\",\"pc-i440fx-7.2\",\"microvm\""

struct judged {
    struct fleet fleet;
    struct exchange exchange;
    struct fix_plan plan;
};

/* `members`: further ones of the document, with a comma at the end. */
static void add_with(struct fleet *fleet, const struct made_host *host, const char *members)
{
    char *made = make_inventory(host), *at = strstr(made, "\"qemu\""), *text = NULL;
    if (asprintf(&text, "%.*s%s%s", (int)(at - made), made, members, at) < 0)
        abort();
    free(made);
    struct json_document d = {"fleet", 1, text, strlen(text) - 1, false};
    struct failure f = {{0}, {0}};
    size_t end;

    if (fleet_add(fleet, &d, &end, &f) != 0)
        ok(false, "the fixture is read (%s)", f.what);
    free(text);
}

static void judge_with(struct judged *t, const struct made_host *hosts, size_t count,
                       const struct exchange_question *question, const char *const *members)
{
    static const struct exchange_question all;
    struct failure f = {{0}, {0}};

    fleet_init(&t->fleet);
    for (size_t i = 0; i < count; i++)
        add_with(&t->fleet, &hosts[i], members ? members[i] : "");
    if (fleet_ready(&t->fleet, &f) != 0)
        ok(false, "the fleet is ready (%s)", f.what);
    exchange_find(&t->fleet, question ? question : &all, &t->exchange);
    fix_plan_find(&t->exchange, &t->plan);
}

static void judge(struct judged *t, const struct made_host *hosts, size_t count,
                  const struct exchange_question *question)
{
    judge_with(t, hosts, count, question, NULL);
}

static void forget(struct judged *t)
{
    fix_plan_free(&t->plan);
    exchange_free(&t->exchange);
    fleet_free(&t->fleet);
}

static enum exchange_verdict verdict(const struct judged *t, size_t from, size_t to)
{
    return t->exchange.verdicts[(from - 1) * t->fleet.class_count + to - 1];
}

#define TELL(t, hosts) judge(t, hosts, sizeof hosts / sizeof *hosts, NULL)

static void check_classes(void)
{
    struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "7.2.22", OLD, false, 262144, 140000, NULL, NULL},
        {"c", "7.2.1", OLD, false, 262145, 250000, NULL, NULL},
        {"d", "7.2.1", OLD, true, 250000, 250000, NULL, NULL},
        {"e", "8.2.1", OLD, false, 250000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.fleet.class_count, 4, "five hosts make four classes");
    is_int(t.fleet.classes[0].hosts, 2, "hosts with the same buckets are alike, whatever the size");
    is_text(t.fleet.hosts[0].name, "a", "and their names are in the first class");
    is_text(t.fleet.hosts[1].name, "b", "... both of them");
    is_int(t.fleet.machine_count, 2, "machine types without a version are left out");
    is_int(t.exchange.group_count, 1, "machine types that are alike are asked about once");
    forget(&t);
}

static void check_lengths(void)
{
    struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", OLD, false, 262145, 250000, NULL, NULL},
        {"c", "7.2.1", OLD, false, 0, 250000, NULL, NULL},
    };
    const struct exchange_refusal *p;
    struct judged t;
    size_t count;

    TELL(&t, hosts);
    is_int(verdict(&t, 1, 2), EXCHANGE_NO, "a ROM in another bucket: refused");
    is_int(verdict(&t, 2, 1), EXCHANGE_NO, "... in both directions");
    is_int(verdict(&t, 1, 3), EXCHANGE_NO, "a ROM that is missing there: refused");
    is_int(verdict(&t, 3, 1), EXCHANGE_YES, "a ROM that is missing here: no guest has it");
    p = &t.exchange.refusals[0];
    is_int(p->reason, EXCHANGE_LENGTH, "the first refusal is about a length");
    ok(p->from != p->to && p->from + p->to == 18 + 19, "... 256K and 512K");
    is_text(t.fleet.roms[__builtin_ctzll(p->roms)], "efi-virtio.rom", "... of that ROM");
    is_int(p->roms & (p->roms - 1), 0, "and no other");
    size_t *machines = exchange_machines_of(&t.exchange, p, &count);
    char *text = exchange_machines_text(&t.fleet, machines, count);
    is_text(text, "x86_64: pc-i440fx-7.2, pc-q35-7.2", "on all machine types");
    free(text);
    free(machines);
    forget(&t);
}

static void check_machines(void)
{
    static const char guest[] =
        "{\"name\":\"g\",\"machine\":\"pc-q35-10.0\",\"devices\":[{\"type\":"
        "\"virtio-net-pci\"}]}";
    static const char *const patterns[] = {"pc-q35-1*"};
    struct exchange_question question = {patterns, 1, false};
    struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "10.0.2", NEW, false, 250000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(verdict(&t, 2, 1), EXCHANGE_LACKS, "a machine type that is not there is told of");
    is_int(verdict(&t, 1, 2), EXCHANGE_YES, "in that direction alone");
    is_int(t.plan.is_needed, false, "and nothing is to be fixed");
    forget(&t);
    judge(&t, hosts, 2, &question);
    is_int(verdict(&t, 2, 1), EXCHANGE_NO, "it is a refusal where it was asked for");
    forget(&t);
    hosts[1].guests = guest;
    TELL(&t, hosts);
    is_int(verdict(&t, 2, 1), EXCHANGE_NO, "and where a guest has it");
    is_int(verdict(&t, 1, 2), EXCHANGE_YES, "of the host that it would leave");
    forget(&t);
}

/* QEMU 11.1 refuses guests of 10.0 with virtio devices, whatever the files are. */
static void check_pairs(void)
{
    static const char e1000[] = "{\"machine\":\"pc-q35-7.2\",\"firmware\":\"bios\","
                                "\"devices\":[{\"type\":\"e1000\"}]}";
    static const char virtio[] = "{\"machine\":\"pc-q35-7.2\",\"firmware\":\"bios\","
                                 "\"devices\":[{\"type\":\"virtio-net-pci\"}]}";
    struct exchange_question question = {NULL, 0, true};
    struct made_host hosts[] = {
        {"a", "10.0.13", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "11.1.2", OLD, false, 250000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(verdict(&t, 1, 2), EXCHANGE_NO, "a QEMU that is known to refuse guests of the other");
    is_int(verdict(&t, 2, 1), EXCHANGE_YES, "... in that direction alone");
    is_int(t.exchange.refusals[0].reason, EXCHANGE_QEMU, "... is the reason");
    is_int(t.plan.is_needed, false, "... which no installation fixes");
    forget(&t);
    hosts[0].guests = virtio;
    judge(&t, hosts, 2, &question);
    is_int(verdict(&t, 1, 2), EXCHANGE_NO, "a guest with such a device is refused");
    is_int(stranded_state_of(&t.fleet, &t.fleet.profiles[0]), STRANDED_ALONE, "and is stranded");
    forget(&t);
    hosts[0].guests = e1000;
    judge(&t, hosts, 2, &question);
    is_int(verdict(&t, 1, 2), EXCHANGE_UNKNOWN,
           "of one whose other devices are not known it is not known");
    is_int(stranded_state_of(&t.fleet, &t.fleet.profiles[0]), STRANDED_DOUBT,
           "nor where it may go");
    forget(&t);
}

/* What decides for machine types without a version is not looked at: only among alike hosts is it
 * known, where these have other machine types that tell their versions. */
static void check_unversioned(void)
{
#define MICROVM "{\"machine\":\"microvm\",\"firmware\":\"bios\",\"devices\":["
    static const struct {
        const char *machines, *guest, *version_there;
        size_t hosts, unknown;
        const char *name;
    } rows[] = {
        {OLD, MICROVM "]}", "7.2.1", 2, 0, "a guest of microvm goes to an alike host"},
        {OLD, MICROVM "]}", "8.2.1", 2, 1, "to another version it is not known"},
        {"\"microvm\"", MICROVM "]}", "8.2.1", 2, 1, "nor where no machine type tells versions"},
        {"\"microvm\"", MICROVM "]}", "7.2.1", 1, 0, "a host alone has nowhere to send it"},
        {OLD, MICROVM "{\"type\":\"frobnicator\"}]}", "7.2.1", 1, 1, "nor what it is made of"},
    };
    struct judged t;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_host hosts[] = {
            {"a", "7.2.1", rows[i].machines, false, 250000, 250000, NULL, rows[i].guest},
            {"b", rows[i].version_there, rows[i].machines, false, 250000, 250000, NULL, NULL},
        };

        judge(&t, hosts, rows[i].hosts, NULL);
        is_int(t.fleet.unknown_guests, rows[i].unknown, "no version: %s", rows[i].name);
        forget(&t);
    }
#undef MICROVM
}

static void check_guests(void)
{
    static const char e1000[] = "{\"machine\":\"pc-q35-7.2\",\"devices\":[{\"type\":\"e1000\"}]}";
    static const char virtio[] =
        "{\"machine\":\"pc-q35-7.2\",\"devices\":[{\"type\":\"virtio-net-pci\"}]}";
    static const char own_rom[] = "{\"machine\":\"pc-q35-7.2\",\"devices\":[{\"type\":"
                                  "\"virtio-net-pci\",\"romfile\":\"/x.rom\"},{\"type\":"
                                  "\"virtio-net-pci\",\"rom\":false}]}";
    struct exchange_question question = {NULL, 0, true};
    struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, e1000},
        {"b", "7.2.1", OLD, false, 300000, 250000, NULL, own_rom},
    };
    struct judged t;

    judge(&t, hosts, 2, &question);
    is_int(verdict(&t, 1, 2), EXCHANGE_YES, "of guests alone: no guest has the ROM that differs");
    is_int(verdict(&t, 2, 1), EXCHANGE_YES, "a ROM of its own, or none, is not a default ROM");
    forget(&t);
    hosts[0].guests = virtio;
    judge(&t, hosts, 2, &question);
    is_int(verdict(&t, 1, 2), EXCHANGE_NO, "a guest that has it is refused");
    is_int(verdict(&t, 2, 1), EXCHANGE_YES, "the other direction has none");
    forget(&t);
}

/* A guest's TPM: what the inventories say of it, of the host that it goes to, and the answer. */
static void check_tpms(void)
{
#define NO_SWTPM "\"swtpm\":false,"
#define TPM(emulated)                                                                           \
    "{\"machine\":\"pc-q35-7.2\",\"firmware\":\"bios\",\"tpm\":true,\"tpm_emulated\":" emulated \
    ",\"devices\":[]}"
    static const struct {
        const char *guest, *there;
        enum exchange_verdict verdict;
        const char *name;
    } rows[] = {
        {TPM("true"), NO_SWTPM, EXCHANGE_NO, "one that swtpm emulates is refused without swtpm"},
        {TPM("true"), "\"swtpm\":null,", EXCHANGE_UNKNOWN,
         "where nothing is said of swtpm, it is not known"},
        {TPM("null"), NO_SWTPM, EXCHANGE_UNKNOWN, "nor what emulates it, without swtpm"},
        {TPM("null"), "", EXCHANGE_UNKNOWN, "nor either of them"},
        {TPM("false"), NO_SWTPM, EXCHANGE_YES, "one that is passed through needs no swtpm"},
    };
    struct judged t;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_host hosts[] = {
            {"a", "7.2.1", OLD, false, 250000, 250000, NULL, rows[i].guest},
            {"b", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        };
        const char *members[] = {"\"swtpm\":true,", rows[i].there};

        judge_with(&t, hosts, 2, NULL, members);
        is_int(t.fleet.class_count, 2, "%s: hosts with and without swtpm are two classes",
               rows[i].name);
        is_int(verdict(&t, 1, 2), rows[i].verdict, "a TPM: %s", rows[i].name);
        is_int(verdict(&t, 2, 1), EXCHANGE_YES, "%s: no guest has one: it does not count",
               rows[i].name);
        is_int(t.fleet.unknown_guests, 0, "%s: at home it has what it needs", rows[i].name);
        is_int(stranded_state_of(&t.fleet, &t.fleet.profiles[0]),
               rows[i].verdict == EXCHANGE_YES  ? STRANDED_NOT
               : rows[i].verdict == EXCHANGE_NO ? STRANDED_ALONE
                                                : STRANDED_DOUBT,
               "%s: and so much has another host for it", rows[i].name);
        forget(&t);
        members[0] = rows[i].there;
        judge_with(&t, hosts, 2, NULL, members);
        is_int(t.fleet.class_count, 1, "%s: hosts of which the same is said are one class",
               rows[i].name);
        is_int(stranded_state_of(&t.fleet, &t.fleet.profiles[0]),
               rows[i].verdict == EXCHANGE_YES  ? STRANDED_NOT
               : rows[i].verdict == EXCHANGE_NO ? STRANDED_HERE
                                                : STRANDED_DOUBT,
               "%s: and the guest's own host is no exception", rows[i].name);
        forget(&t);
    }
#undef TPM
#undef NO_SWTPM
}

/* Which store two images expect: what is known of them, and whether it is the same. */
static void check_stores(void)
{
    static const struct {
        struct expected_store a, b;
        enum qemu_answer answer;
        const char *name;
    } rows[] = {
        {{"1", NULL, 0}, {"1", NULL, 0}, QEMU_YES, "the same bytes"},
        {{"1", "OVMF 4M", 0}, {"1", NULL, 131072}, QEMU_YES, "the same bytes, whatever is said"},
        {{"1", "OVMF 4M", 540672}, {"2", "OVMF 4M", 540672}, QEMU_YES, "all is said and the same"},
        {{NULL, "OVMF 4M", 540672}, {NULL, "OVMF 2M", 540672}, QEMU_NO, "another layout"},
        {{NULL, "OVMF 4M", 540672}, {NULL, "OVMF 4M", 131072}, QEMU_NO, "another size"},
        {{NULL, NULL, 540672}, {NULL, "OVMF 4M", 131072}, QEMU_NO, "another size alone"},
        {{NULL, "OVMF 4M", 0}, {NULL, "OVMF 4M", 540672}, QEMU_NOT_KNOWN, "one size is open"},
        {{"1", "OVMF 4M", 540672}, {"2", NULL, 0}, QEMU_NOT_KNOWN, "all of one is open"},
        {{NULL, NULL, 0}, {NULL, NULL, 0}, QEMU_NOT_KNOWN, "nothing is said"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        is_int(expected_store_same(&rows[i].a, &rows[i].b), rows[i].answer,
               "the stores of two images: %s", rows[i].name);
        is_int(expected_store_same(&rows[i].b, &rows[i].a), rows[i].answer,
               "the other way round, the stores of two images: %s", rows[i].name);
    }
}

static void check_maps(void)
{
    char *set = make_set("small", "pc-q35", "-", "7.2", 262144);
    struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "10.0.2", NEW, true, 300000, 250000, set, NULL},
        {"c", "10.0.2", NEW, false, 300000, 250000, set, NULL},
        {"d", "7.2.1", OLD, true, 300000, 250000, set, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.fleet.class_count, 4, "a QEMU that reads the maps is another class");
    for (size_t i = 0; i < t.exchange.refusal_count; i++) {
        const struct exchange_refusal *p = &t.exchange.refusals[i];
        size_t count, *machines = exchange_machines_of(&t.exchange, p, &count);

        if (p->reason == EXCHANGE_LENGTH && p->pairs[0].from == 0 && p->pairs[0].to == 1)
            is_text(t.fleet.machines[machines[0]].name, "pc-i440fx-7.2",
                    "the rule holds for its family: the other one is refused");
        free(machines);
    }
    /* No compat ROM is there: a guest may arrive from 8.1 on, whose content the stream brings. */
    const fleet_length *b = t.fleet.classes[1].lengths, *d = t.fleet.classes[3].lengths;
    size_t q35 = 0, virtio = 0;
    while (strcmp(t.fleet.machines[q35].name, "pc-q35-7.2") != 0)
        q35++;
    while (strcmp(t.fleet.roms[virtio], "efi-virtio.rom") != 0)
        virtio++;
    is_int(b[q35 * t.fleet.rom_count + virtio], 18, "without a file, QEMU 10.0 takes the rule's");
    is_int(d[q35 * t.fleet.rom_count + virtio], 0, "and QEMU 7.2 does not start");
    forget(&t);
    free(set);
}

/* --- fixes ----------------------------------------------------------------------------------- */

static void check_known_package(void)
{
    char *set = make_set("compat-256k", "pc-q35", "-", "7.2", 262144);
    struct made_host hosts[] = {
        {"a", "7.2.1", "\"pc-q35-7.2\"", true, 250000, 250000, set, NULL},
        {"b", "7.2.1", "\"pc-q35-7.2\"", true, 300000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.plan.count, 1, "one class is touched");
    is_int(t.plan.installations, 1, "... by one installation");
    is_int(t.plan.installs[0].class, 1, "the one without the map");
    is_int(t.plan.installs[0].set_count, 1, "... of a package");
    is_text(t.plan.installs[0].sets[0]->package, "compat-256k", "that another host has");
    is_int(t.plan.unfixed, 0, "... which fixes all");
    ok(t.plan.is_proven, "and nothing smaller does");
    forget(&t);
    free(set);
}

static void check_made_set(void)
{
    struct made_host hosts[] = {
        {"a", "7.2.1", "\"pc-q35-7.2\"", true, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", "\"pc-q35-7.2\"", true, 300000, 250000, NULL, NULL},
        {"c", "7.2.1", "\"pc-q35-7.2\"", true, 300000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.plan.count, 1, "no package is known: a set must be made, for one class");
    is_int(t.plan.installs[0].class, 1, "the one with fewer hosts");
    is_int(t.plan.installs[0].made_count, 1, "... with one rule");
    is_int(t.plan.installs[0].made[0].length, 19, "to the length that most hosts have");
    is_int(t.plan.made_sets, 1, "... one set");
    is_int(t.plan.hosts, 1, "... on one host");
    forget(&t);
}

/* The greedy choice keeps what most hosts have; but these are three classes without the patch
 * against one that has it. */
static void check_cheapest_side(void)
{
    struct made_host hosts[] = {
        {"a", "7.2.1", "\"pc-q35-7.2\"", false, 250000, 250000, NULL, NULL},
        {"b", "8.2.1", "\"pc-q35-7.2\"", true, 300000, 250000, NULL, NULL},
        {"c", "8.2.1", "\"pc-q35-7.2\"", true, 300000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.plan.installations, 1, "a set on the hosts that read maps is one installation");
    is_int(t.plan.installs[0].class, 0, "on the class that has the patch");
    is_int(t.plan.installs[0].needs_patch, false, "no QEMU is replaced");
    forget(&t);
    hosts[1].reads_maps = hosts[2].reads_maps = false;
    TELL(&t, hosts);
    is_int(t.plan.installations, 2, "where none reads maps, a QEMU and a set");
    ok(t.plan.installs[0].needs_patch, "the QEMU is one of them");
    is_int(t.plan.hosts, 1, "on the fewest hosts");
    forget(&t);
}

/* On q35 it is cheapest to touch "a", one host; but "b" must be touched for i440fx in any case,
 * and then that is enough. */
static void check_not_greedy(void)
{
    static const char both[] = "\"pc-q35-7.1\",\"pc-q35-7.2\",\"pc-i440fx-7.2\"";
    struct made_host hosts[] = {
        {"a", "7.2.1", both, true, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", both, true, 300000, 250000, NULL, NULL},
        {"b2", "7.2.1", both, true, 300000, 250000, NULL, NULL},
        {"c", "7.2.1", "\"pc-i440fx-7.2\"", true, 250000, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.plan.installations, 1, "the first cheap choice is not the last word");
    is_int(t.plan.installs[0].class, 0, "one installation, on the larger class");
    is_int(t.plan.installs[0].made_count, 1, "one rule for both machine types");
    forget(&t);
}

static void check_missing_file(void)
{
    struct made_host hosts[] = {
        {"a", "7.2.1", "\"pc-q35-7.2\"", false, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", "\"pc-q35-7.2\"", false, 0, 250000, NULL, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(t.plan.installs[0].class, 1, "a missing file is fixed where it is missing");
    is_int(t.plan.installs[0].file_count, 1, "by the package that brings it");
    is_int(t.plan.installs[0].made_count, 0, "and no set is made");
    forget(&t);
}

/* Two maps of one class pin what two others pin otherwise: nothing can join them all. */
static void check_contradiction(void)
{
    char *small = make_set("small", "pc-q35", "-", "7.2", 262144);
    char *large = make_set("large", "pc-q35", "-", "7.2", 524288);
    struct made_host hosts[] = {
        {"a", "9.2.1", "\"pc-q35-7.2\"", true, 250000, 250000, small, NULL},
        {"b", "9.2.1", "\"pc-q35-7.2\"", true, 250000, 250000, large, NULL},
    };
    struct judged t;

    TELL(&t, hosts);
    is_int(verdict(&t, 1, 2), EXCHANGE_NO, "two maps that contradict each other: refused");
    is_int(t.plan.unfixed, 1, "no package fixes that");
    is_int(t.plan.count, 0, "and none is proposed");
    forget(&t);
    free(small);
    free(large);
}

/* Every choice of lengths, by force, against the search. */
static void check_against_force(void)
{
    static const unsigned long sizes[] = {100000, 250000, 300000};
    static const char *const names[] = {"h0", "h1", "h2", "h3"};
    bool all_good = true;
    unsigned state = 1;

    for (int round = 0; round < 60; round++) {
        struct made_host hosts[4];
        size_t best = 1000;
        struct judged t;

        for (size_t i = 0; i < 4; i++) {
            state = state * 1103515245 + 12345;
            unsigned r = state >> 16;
            hosts[i] = (struct made_host){names[i],
                                          i % 2 ? "9.2.1" : "7.2.1",
                                          "\"pc-q35-7.2\",\"pc-i440fx-7.2\"",
                                          r & 1,
                                          sizes[r / 2 % 3],
                                          250000,
                                          NULL,
                                          NULL};
        }
        TELL(&t, hosts);
        /* One length for each machine type; a class pays for every ROM that is to change. */
        for (unsigned a = 17; a <= 19; a++)
            for (unsigned b = 17; b <= 19; b++) {
                size_t price = 0;

                for (size_t c = 0; c < t.fleet.class_count; c++) {
                    const struct fleet_class *class = &t.fleet.classes[c];
                    size_t virtio = 0, made = 0;

                    while (strcmp(t.fleet.roms[virtio], "efi-virtio.rom") != 0)
                        virtio++;
                    for (size_t m = 0; m < 2; m++)
                        made |= class->lengths[m * t.fleet.rom_count + virtio] != (m ? b : a);
                    price += made + (made && !class->qemus[0]->reads_maps);
                }
                best = price < best ? price : best;
            }
        all_good &= t.plan.installations == best && t.plan.is_proven && !t.plan.unfixed;
        forget(&t);
    }
    ok(all_good, "the search finds what trying everything finds");
}

/* Counted twice, it would be a host that its own guests can go to. */
static void check_second(void)
{
    const struct made_host hosts[] = {
        {"a", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"a", "7.2.1", OLD, false, 300000, 250000, NULL, NULL},
    };
    struct failure f = {{0}, {0}};
    struct fleet fleet;

    fleet_init(&fleet);
    for (size_t i = 0; i < 3; i++) {
        char *text = make_inventory(&hosts[i]);
        struct json_document d = {"fleet", (unsigned)i + 1, text, strlen(text) - 1, false};
        size_t end;
        int result = fleet_add(&fleet, &d, &end, &f);

        is_int(result, i == 2 ? -1 : 0, "inventory %zu is%s taken", i + 1, i == 2 ? " not" : "");
        free(text);
    }
    is_text(f.what, "fleet:3: a second inventory of the host a", "... and why");
    ok(fleet.host_count == 2 && fleet.class_count == 1, "... nor counted");
    /* More than the table of names has room for at first. */
    bool all_new = true, all_known = true;
    for (int i = 0; i < 6000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i % 3000);
        const struct made_host host = {name, "7.2.1", OLD, false, 250000, 250000, NULL, NULL};
        char *text = make_inventory(&host);
        struct json_document d = {"fleet", 1, text, strlen(text) - 1, false};
        size_t end;

        if (i < 3000)
            all_new &= fleet_add(&fleet, &d, &end, &f) == 0;
        else
            all_known &= fleet_add(&fleet, &d, &end, &f) != 0;
        free(text);
    }
    ok(all_new && all_known, "of many hosts each is known by its name");
    fleet_free(&fleet);
}

static void check_picture(void)
{
    struct made_host hosts[] = {
        {"<&>", "7.2.1", OLD, false, 250000, 250000, NULL, NULL},
        {"b", "7.2.1", OLD, false, 300000, 250000, NULL, NULL},
    };
    struct judged t;
    size_t length;

    TELL(&t, hosts);
    char *svg = matrix_svg(&t.exchange, &length);
    ok(svg && strstr(svg, "class=\"no\"") && strstr(svg, "debian 12, QEMU 7.2.1"),
       "the picture has the refusals and the classes");
    is_int(strlen(svg), length, "and its length");
    free(svg);
    forget(&t);
}

int main(void)
{
    check_classes();
    check_lengths();
    check_machines();
    check_unversioned();
    check_guests();
    check_pairs();
    check_tpms();
    check_stores();
    check_maps();
    check_known_package();
    check_made_set();
    check_cheapest_side();
    check_not_greedy();
    check_missing_file();
    check_contradiction();
    check_against_force();
    check_second();
    check_picture();
    return tap_done();
}
