/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/machine_types.h"
#include "formats/qemu_versions.h"

#include <string.h>

#include "tap.h"

static enum qemu_answer has(unsigned major, unsigned minor, enum qemu_feature feature)
{
    struct qemu_version v = {major, minor, 0};

    return qemu_has(&v, feature);
}

static void check_versions(void)
{
    struct qemu_version v, from = {10, 0, 13}, to = {11, 1, 2}, other = {7, 2, 22}, none = {0};
    char text[QEMU_VERSION_TEXT_MAX];

    ok(has(5, 2, QEMU_ROMSIZE) == QEMU_NO && has(6, 0, QEMU_ROMSIZE) == QEMU_YES,
       "romsize exists from QEMU 6.0 on");
    ok(has(8, 0, QEMU_SKIPS_ROM_FILES) == QEMU_NO && has(8, 1, QEMU_SKIPS_ROM_FILES) == QEMU_YES &&
           has(10, 0, QEMU_SKIPS_ROM_FILES) == QEMU_YES,
       "an arriving guest needs no ROM files from QEMU 8.1 on");
    ok(has(5, 1, QEMU_SIZE_MISMATCH) == QEMU_NO && has(5, 2, QEMU_SIZE_MISMATCH) == QEMU_YES,
       "the message is 'Size mismatch' from QEMU 5.2 on");
    ok(has(2, 1, QEMU_HEX_PREFIX) == QEMU_NO && has(2, 10, QEMU_HEX_PREFIX) == QEMU_YES,
       "lengths in messages begin with 0x from QEMU 2.2 on");
    ok(has(8, 2, QEMU_MAPPED_RAM) == QEMU_NO && has(9, 0, QEMU_MAPPED_RAM) == QEMU_YES,
       "mapped-ram streams are read from QEMU 9.0 on");
    ok(has(0, 0, QEMU_ROMSIZE) == QEMU_NOT_KNOWN, "nothing is said of a version that is not known");
    for (int i = 0; i < QEMU_FEATURE_COUNT; i++)
        ok(qemu_fact(i)->what && qemu_fact(i)->source && qemu_fact(i)->first.major,
           "fact %d of the table has a name, a source and a first version", i);

    struct qemu_origin ten = {from, none, "pc-q35", false}, seven = {other, none, "pc-q35", false},
                       eleven = {to, none, "pc-q35", false}, any = {none, none, "pc-q35", false},
                       newer = {none, {10, 1, 0}, "pc-q35", false},
                       arm = {other, none, "virt", false}, arm_kvm = {other, none, "virt", true};
    ok(qemu_refusing_pair(&ten, &to) && strstr(qemu_refusing_pair(&ten, &to)->message, "vring"),
       "10.0 to 11.1 is known to refuse guests");
    ok(!qemu_refusing_pair(&eleven, &from) && !qemu_refusing_pair(&seven, &to) &&
           !qemu_refusing_pair(&ten, &none),
       "no other pair of versions is known to refuse guests of PCs");
    ok(qemu_refusing_pair(&any, &to) != NULL,
       "a guest of a QEMU that is not known may be of one that is refused");
    ok(!qemu_refusing_pair(&newer, &to), "but not where its machine type is newer than that QEMU");
    ok(qemu_refusing_pair(&arm, &from) && !qemu_refusing_pair(&arm, &other) &&
           !qemu_refusing_pair(&arm_kvm, &from),
       "an Arm guest under TCG is refused by every other version, and one under KVM is not known "
       "to be");
    ok(machine_release("pc-q35-4.0.1", &v) && v.major == 4 && v.minor == 0 && v.micro == 1 &&
           !machine_release("pc-q35-rhel9.4.0", &v) && !machine_release("microvm", &v),
       "a machine type with QEMU's own version tells the first QEMU that had it");

    ok(qemu_version_read("7.2.22", 6, &v) == 0 && v.major == 7 && v.minor == 2 && v.micro == 22,
       "a version of three numbers is read");
    ok(qemu_version_read("10.0", 4, &v) == 0 && v.major == 10 && v.micro == 0,
       "a version of two numbers is read");
    ok(qemu_version_read("7", 1, &v) != 0 && qemu_version_read("7.", 2, &v) != 0 &&
           qemu_version_read("7.2-rc1", 7, &v) != 0 && qemu_version_read("", 0, &v) != 0 &&
           qemu_version_read("4294967303.2", 12, &v) != 0,
       "what is not a version is refused");
    v = (struct qemu_version){7, 2, 22};
    is_text(qemu_version_text(&v, text), "7.2.22", "a version is written with its third number");
}

static void check_machines(void)
{
    static const char *const families[][2] = {
        {"pc-q35-7.2", "pc-q35"},
        {"pc-i440fx-focal", "pc-i440fx"},
        {"pc-1.3", "pc"},
        {"pc-q35-rhel9.4.0", "pc-q35"},
        {"rhel6.6.0", "rhel"},
        {"virt-10.0", "virt"},
        {"virt", "virt"},
        {"pseries-2.12-sxxm", "pseries"},
        {"pc-q35-9.2+pve1", "pc-q35"},
        {"microvm", "microvm"},
    };

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct machine_family *f = machine_family_of(families[i][0]);

        is_text(f ? f->name : "none", families[i][1], "%s is of the family %s", families[i][0],
                families[i][1]);
    }
    ok(!machine_family_of("pc") && !machine_family_of("q35") && !machine_family_of("nonsense") &&
           !machine_family_of("") && !machine_family_of("pcx-1.0"),
       "aliases and unknown names are of no family");
    is_text(machine_family_of_alias("q35")->name, "pc-q35", "q35 is an alias of pc-q35's");
    ok(!machine_family_of_alias("pc-q35-7.2"), "a machine type is not an alias");

    ok(!machine_family_on("riscv64", "virt")->nic && machine_family_on("arm", "virt-7.2")->nic &&
           !machine_family_on("or1k", "virt") && machine_family_on("x86_64", "q35"),
       "a family is one of an architecture");
    ok(machine_cards_are_known("x86_64", "pc") && machine_cards_are_known(NULL, "virt-7.2") &&
           !machine_cards_are_known("aarch64", "sbsa-ref") &&
           !machine_cards_are_known("aarch64", "raspi3b"),
       "what boards have of their own is known of some machine types alone");

    ok(machine_is_up_to("pc-i440fx-2.6", 2, 6) && !machine_is_up_to("pc-i440fx-2.10", 2, 6),
       "versions of machine types are compared as numbers");
    ok(!machine_is_up_to("pc-q35-rhel7.6.0", 99, 0) && !machine_is_up_to("pc-q35-focal", 99, 0),
       "RHEL's versions and codenames are not QEMU's versions");

    static const struct {
        const char *machine;
        struct machine_expiry when;
    } expiries[] = {
        {"pc-q35-5.2", {{9, 1, 0}, {11, 2, 0}}},       {"virt-7.2", {{10, 2, 0}, {13, 2, 0}}},
        {"pc-i440fx-10.0", {{13, 0, 0}, {16, 0, 0}}},  {"pc-q35-2.4", {{9, 1, 0}, {10, 1, 0}}},
        {"pc-q35-2.12", {{9, 1, 0}, {10, 1, 0}}},      {"pc-q35-4.0.1", {{9, 1, 0}, {10, 1, 0}}},
        {"pc-q35-9.2+pve1", {{12, 2, 0}, {15, 2, 0}}}, {"pc-i440fx-1.7", {{7, 0, 0}, {8, 2, 0}}},
        {"pc-i440fx-2.3", {{8, 2, 0}, {9, 1, 0}}},
    };
    for (size_t i = 0; i < sizeof expiries / sizeof *expiries; i++) {
        struct machine_expiry when = {.removed = {0}};

        machine_expiry(expiries[i].machine, &when);
        ok(memcmp(&when, &expiries[i].when, sizeof when) == 0,
           "%s is deprecated from QEMU %u.%u and gone from %u.%u", expiries[i].machine,
           expiries[i].when.deprecated.major, expiries[i].when.deprecated.minor,
           expiries[i].when.removed.major, expiries[i].when.removed.minor);
    }
    struct machine_expiry none;
    ok(!machine_expiry("pc-q35-rhel9.4.0", &none) && !machine_expiry("microvm", &none) &&
           !machine_expiry("pc-q35-focal", &none) && !machine_expiry("pc-1.3", &none),
       "of machine types without QEMU's own versions no end is known");

    is_text(machine_bioses("pc-q35-7.2")[0], "bios-256k.bin",
            "the machine type pc-q35-7.2 loads bios-256k.bin");
    is_text(machine_bioses("pc-i440fx-1.7")[0], "bios.bin", "up to 1.7 PCs load bios.bin");
    is_text(machine_bioses("microvm")[0], "bios-microvm.bin", "microvm loads a BIOS of its own");
    ok(!machine_bioses("virt-7.2")[0], "virt has no default BIOS");

    is_text(architecture_of_binary("/usr/bin/qemu-system-amd64"), "x86_64",
            "Debian's link qemu-system-amd64 is for x86_64");
    is_text(architecture_of_binary("qemu-system-x86_64-microvm"), "x86_64",
            "what follows the architecture in a binary's name is dropped");
    is_text(architecture_of_binary("patched-10.0-aarch64"), "aarch64",
            "the end of a binary's name may be the architecture");
    ok(!architecture_of_binary("qemu-kvm") && !architecture_of_binary("qemu-system-new"),
       "a name without a known architecture has none");
}

int main(void)
{
    check_versions();
    check_machines();
    return tap_done();
}
