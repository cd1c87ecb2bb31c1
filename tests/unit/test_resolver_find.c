/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule holds, which maps contradict each other, and the lists for tools. */
#include "romcompat.h"

#include "tap.h"
#include "fixtures/maps.h"

static const char example[] = "romcompat-map 1\n"
                              "set ipxe-efi-256k\n"
                              "  package ipxe-qemu-256k-compat\n"
                              "  machine pc-i440fx 2.4 10.0\n"
                              "  machine pc-q35 - 4.0\n"
                              "  machine pc-i440fx-xenial\n"
                              "  machine virt 6.0 -\n"
                              "  machine pc-q35-rhel 8.0.0 9.4.0\n"
                              "  rom efi-virtio.rom 262144 256k-efi-virtio.rom\n"
                              "  rom efi-e1000.rom  524288 512k-efi-e1000.rom\n"
                              "end\n"
                              "set other\n"
                              "  machine pseries-2.12-sxxm\n"
                              "  machine pc-i440fx 2.0 2.3\n"
                              "  rom efi-virtio.rom 524288 512k-efi-virtio.rom\n"
                              "end\n";

static void holds(const struct romcompat *maps, const char *machine, uint32_t line, bool exact)
{
    struct romcompat_rule r = {0};

    if (!ok(romcompat_find(maps, machine, "efi-virtio.rom", &r) == ROMCOMPAT_OK, "%s has a rule",
            machine))
        return;
    is_int(r.machine_line, line, "... in line %u", line);
    is_int(r.exact, exact, "... %s", exact ? "that names it" : "of its family");
    is_int(r.bucket, line < 12 ? 262144 : 524288, "... with its set's bucket");
    is_int(r.rom_line, line < 12 ? 9 : 15, "... from its set's rom line");
}

static void misses(const struct romcompat *maps, const char *machine, const char *rom)
{
    struct romcompat_rule r = {.bucket = 77};

    is_int(romcompat_find(maps, machine, rom, &r), ROMCOMPAT_E_NO_RULE, "no rule for '%s', '%s'",
           machine, rom);
    is_int(r.bucket, 77, "... and the output is untouched");
}

static void lookups(void)
{
    struct romcompat *maps = maps_of(example);
    struct romcompat_rule r;

    is_int(romcompat_find(maps, "pc-i440fx-7.2", "efi-e1000.rom", &r), ROMCOMPAT_OK,
           "a rule is found");
    is_text(r.set, "ipxe-efi-256k", "... with its set");
    is_text(r.package, "ipxe-qemu-256k-compat", "... its package");
    is_text(r.rom, "efi-e1000.rom", "... its ROM");
    is_text(r.compat_file, "512k-efi-e1000.rom", "... its compat ROM");
    is_text(r.map, "t.map", "... its map");
    is_int(r.bucket, 524288, "... its bucket");
    is_int(r.machine_line, 4, "... its machine line");
    is_int(r.rom_line, 10, "... its rom line");
    is_int(r.exact, 0, "... and that it is a range");
    is_int(romcompat_find(maps, "pc-i440fx-2.0", "efi-virtio.rom", &r), ROMCOMPAT_OK,
           "a rule of another set is found");
    ok(!r.package, "... which names no package");

    holds(maps, "pc-i440fx-2.4", 4, false);
    holds(maps, "pc-i440fx-2.4.1", 4, false);
    holds(maps, "pc-i440fx-2.10", 4, false);
    holds(maps, "pc-i440fx-10.0", 4, false);
    holds(maps, "pc-i440fx-10.0.0", 4, false);
    holds(maps, "pc-i440fx-9.2+pve1", 4, false);
    holds(maps, "pc-i440fx-xenial", 6, true);
    holds(maps, "pc-i440fx-xenial+pve1", 6, true);
    holds(maps, "pc-q35-0.0", 5, false);
    holds(maps, "pc-q35-4.0", 5, false);
    holds(maps, "virt-6.0", 7, false);
    holds(maps, "virt-65535.65535.65535.65535", 7, false);
    holds(maps, "pc-q35-rhel8.0.0", 8, false);
    holds(maps, "pc-q35-rhel9.4.0", 8, false);
    holds(maps, "pseries-2.12-sxxm", 13, true);
    holds(maps, "pc-i440fx-2.3", 14, false);
    holds(maps, "pc-i440fx-2.0", 14, false);

    misses(maps, "pc-i440fx-1.7", "efi-virtio.rom");
    misses(maps, "pc-i440fx-2.3.1", "efi-virtio.rom");
    misses(maps, "pc-i440fx-10.0.1", "efi-virtio.rom");
    misses(maps, "pc-i440fx-10.1", "efi-virtio.rom");
    misses(maps, "pc-i440fx-100.0", "efi-virtio.rom");
    misses(maps, "pc-q35-4.0.1", "efi-virtio.rom");
    misses(maps, "pc-q35-4.1", "efi-virtio.rom");
    misses(maps, "virt-5.2", "efi-virtio.rom");
    misses(maps, "virt", "efi-virtio.rom");
    misses(maps, "pc-i440fx", "efi-virtio.rom");
    misses(maps, "pc-i440fx-focal", "efi-virtio.rom");
    misses(maps, "pc-i440fx-xenial-hpb", "efi-virtio.rom");
    misses(maps, "pseries-2.12", "efi-virtio.rom");
    misses(maps, "pc-q35-rhel9.6.0", "efi-virtio.rom");
    misses(maps, "pc-2.4", "efi-virtio.rom");
    misses(maps, "PC-I440FX-2.4", "efi-virtio.rom");
    misses(maps, "none", "efi-virtio.rom");
    misses(maps, "", "efi-virtio.rom");
    misses(maps, "+pve1", "efi-virtio.rom");
    misses(maps, "pc i440fx-7.2", "efi-virtio.rom");
    misses(maps, "pc-i440fx-7.2", "efi-rtl8139.rom");
    misses(maps, "pc-i440fx-7.2", "256k-efi-virtio.rom");
    misses(maps, "pc-i440fx-7.2", "/usr/share/qemu/efi-virtio.rom");
    misses(maps, "pc-i440fx-7.2", "");
    misses(maps, "pc-i440fx-2.0", "efi-e1000.rom");
    is_int(romcompat_find(NULL, "m", "r", &r), ROMCOMPAT_E_ARGUMENT, "no maps is a wrong argument");
    is_int(romcompat_find(maps, NULL, "r", &r), ROMCOMPAT_E_ARGUMENT, "so is not a machine");
    is_int(romcompat_find(maps, "m", NULL, &r), ROMCOMPAT_E_ARGUMENT, "so is not a ROM");
    is_int(romcompat_find(maps, "m", "r", NULL), ROMCOMPAT_E_ARGUMENT, "so is no output");
    romcompat_close(maps);

    maps = maps_of("romcompat-map 1\n");
    is_int(romcompat_problem_count(maps), 0, "a map without sets is no problem");
    misses(maps, "pc-i440fx-7.2", "efi-virtio.rom");
    romcompat_close(maps);
}

static void lists(void)
{
    struct romcompat *maps = maps_of(example);
    struct romcompat_set s;
    struct romcompat_machine_rule m;
    struct romcompat_rom r;
    struct romcompat_problem p;

    is_int(romcompat_set_count(maps), 2, "every set is listed");
    is_int(romcompat_set_at(maps, 0, &s), ROMCOMPAT_OK, "the first set is there");
    is_text(s.name, "ipxe-efi-256k", "... has its name");
    is_text(s.package, "ipxe-qemu-256k-compat", "... its package");
    is_text(s.map, "t.map", "... its map");
    is_int(s.line, 2, "... its line");
    is_int(s.machines, 5, "... its machine lines");
    is_int(s.roms, 2, "... and its rom lines");
    is_int(romcompat_set_at(maps, 1, &s), ROMCOMPAT_OK, "the second set is there");
    is_text(s.name, "other", "... has its own name");
    ok(!s.package, "... and no package");
    is_int(romcompat_machine_rule_at(maps, 0, 0, &m), ROMCOMPAT_OK,
           "a range of machine types is there");
    is_text(m.name, "pc-i440fx", "... has its family");
    is_text(m.first, "2.4", "... its first version");
    is_text(m.last, "10.0", "... its last");
    is_int(m.line, 4, "... its line");
    is_int(m.exact, 0, "... and is no exact one");
    romcompat_machine_rule_at(maps, 0, 1, &m);
    ok(!m.first && m.last && strcmp(m.last, "4.0") == 0, "a range may be open below");
    romcompat_machine_rule_at(maps, 0, 3, &m);
    ok(m.first && strcmp(m.first, "6.0") == 0 && !m.last, "a range may be open above");
    romcompat_machine_rule_at(maps, 1, 0, &m);
    is_text(m.name, "pseries-2.12-sxxm", "an exact line has the machine type");
    ok(m.exact && !m.first && !m.last, "... and no versions");
    is_int(romcompat_rom_at(maps, 0, 1, &r), ROMCOMPAT_OK, "a ROM of a set is there");
    is_text(r.file, "efi-e1000.rom", "... has its name");
    is_text(r.compat_file, "512k-efi-e1000.rom", "... its compat ROM");
    is_int(r.bucket, 524288, "... its bucket");
    is_int(r.line, 10, "... and its line");

    is_int(romcompat_set_at(maps, 2, &s), ROMCOMPAT_E_ARGUMENT, "there is no third set");
    is_int(romcompat_set_at(maps, (size_t)-1, &s), ROMCOMPAT_E_ARGUMENT,
           "nor one before the first");
    is_int(romcompat_machine_rule_at(maps, 0, 5, &m), ROMCOMPAT_E_ARGUMENT,
           "no sixth machine line");
    is_int(romcompat_machine_rule_at(maps, 2, 0, &m), ROMCOMPAT_E_ARGUMENT, "none of a third set");
    is_int(romcompat_rom_at(maps, 0, 2, &r), ROMCOMPAT_E_ARGUMENT, "no third rom line");
    is_int(romcompat_rom_at(maps, 2, 0, &r), ROMCOMPAT_E_ARGUMENT, "no rom line of a third set");
    is_int(romcompat_problem_at(maps, 0, &p), ROMCOMPAT_E_ARGUMENT,
           "a map without problems has none at 0");
    is_int(romcompat_set_at(maps, 0, NULL), ROMCOMPAT_E_ARGUMENT, "no output is a wrong argument");
    is_int(romcompat_set_at(NULL, 0, &s), ROMCOMPAT_E_ARGUMENT, "so is no collection");
    is_int(romcompat_set_count(NULL), 0, "no collection has no sets");
    is_int(romcompat_problem_count(NULL), 0, "... and no problems");
    romcompat_close(maps);
}

/* Two sets, of machine and rom lines a and b. */
static struct romcompat *two(const char *ma, const char *ra, const char *mb, const char *rb)
{
    char text[512];

    snprintf(text, sizeof text,
             "romcompat-map 1\nset a\nmachine %s\nrom r.rom %s\nend\nset b\nmachine %s\n"
             "rom r.rom %s\nend\n",
             ma, ra, mb, rb);
    return maps_of(text);
}

static void agree(const char *ma, const char *ra, const char *mb, const char *rb)
{
    struct romcompat *maps = two(ma, ra, mb, rb);

    is_text(problem_text(maps, 0), "", "'%s' %s goes with '%s' %s", ma, ra, mb, rb);
    is_int(romcompat_set_count(maps), 2, "... and both sets serve");
    romcompat_close(maps);
    maps = two(mb, rb, ma, ra);
    is_text(problem_text(maps, 0), "", "... in either order");
    romcompat_close(maps);
}

static void differ(const char *ma, const char *ra, const char *mb, const char *rb)
{
    struct romcompat *maps = two(ma, ra, mb, rb);

    is_int(problem_code(maps, 0), ROMCOMPAT_E_CONFLICT, "'%s' %s contradicts '%s' %s", ma, ra, mb,
           rb);
    is_int(romcompat_set_count(maps), 0, "... so that nothing of the map serves");
    is_text(answer(maps, "pc-3.0", "r.rom"), "", "... nor is found");
    romcompat_close(maps);
    maps = two(mb, rb, ma, ra);
    is_int(problem_code(maps, 0), ROMCOMPAT_E_CONFLICT, "... in either order");
    romcompat_close(maps);
}

static void conflicts(void)
{
    const char *x = "2048 x.rom", *y = "2048 y.rom", *z = "4096 x.rom";

    differ("pc 2.0 4.0", x, "pc 3.0 5.0", y);
    differ("pc 2.0 4.0", x, "pc 3.0 5.0", z);
    differ("pc 2.0 4.0", x, "pc 4.0 5.0", y);
    differ("pc 2.0 4.0", x, "pc 4.0.0 5.0", y);
    differ("pc 2.0 9.0", x, "pc 3.0 3.0", y);
    differ("pc - -", x, "pc 3.0 3.0", y);
    differ("pc - 3.0", x, "pc 3.0 -", y);
    differ("pc - -", x, "pc - -", y);
    differ("pc 2.9 2.10", x, "pc 2.10 2.11", y);
    differ("pc-focal", x, "pc-focal", y);
    agree("pc 2.0 4.0", x, "pc 3.0 5.0", x);
    agree("pc 2.0 4.0", x, "pc 4.0.1 5.0", y);
    agree("pc 2.0 2.9", x, "pc 2.10 2.11", y);
    agree("pc - 2.9", x, "pc 2.9.1 -", y);
    agree("pc 2.0 4.0", x, "pcx 2.0 4.0", y);
    agree("pc 2.0 4.0", x, "pc-3.0", y);
    agree("pc-focal", x, "pc-jammy", y);
    agree("pc-focal", x, "pc-focal", x);

    struct romcompat *maps = two("pc 2.0 4.0", x, "pc-3.0", y);
    is_text(answer(maps, "pc-3.0", "r.rom"), "y.rom", "an exact line beats a range");
    is_text(answer(maps, "pc-3.1", "r.rom"), "x.rom", "... and leaves its neighbours to the range");
    romcompat_close(maps);
    maps = two("pc-3.0", y, "pc 2.0 4.0", x);
    is_text(answer(maps, "pc-3.0", "r.rom"), "y.rom", "... also when it stands first");
    romcompat_close(maps);

    maps = two("pc 2.0 9.0", x, "pc 3.0 4.0", x);
    struct romcompat_rule r;
    romcompat_find(maps, "pc-3.5", "r.rom", &r);
    is_text(r.set, "a", "of two lines that hold, the first is named");
    romcompat_close(maps);
    maps = two("pc 3.0 4.0", x, "pc 2.0 9.0", x);
    romcompat_find(maps, "pc-3.5", "r.rom", &r);
    is_text(r.set, "a", "... also when it is the narrower one");
    romcompat_find(maps, "pc-4.5", "r.rom", &r);
    is_text(r.set, "b", "... and the other where it alone holds");
    romcompat_close(maps);

    maps = two("pc 2.0 4.0", "262144 a.rom", "pc 3.0 -", "524288 b.rom");
    is_text(problem_text(maps, 0),
            "t.map:8: r.rom for machine pc is 524288 b.rom here (machine line 7), but 262144 a.rom "
            "in t.map:4 (machine line 3)",
            "a conflict names both places");
    struct romcompat_problem p;
    romcompat_problem_at(maps, 0, &p);
    is_int(p.line, 8, "... the later one as a number too");
    is_text(p.file, "t.map", "... and its file");
    romcompat_close(maps);

    maps = maps_of(
        "romcompat-map 1\nset a\nmachine pc - -\nrom r.rom 2048 x\nrom r.rom 2048 y\nend\n");
    is_int(problem_code(maps, 0), ROMCOMPAT_E_CONFLICT, "a set may contradict itself");
    romcompat_close(maps);

    /* Same answer and nested in each other, then one in the middle that differs. */
    maps = maps_of(
        "romcompat-map 1\nset a\nmachine pc 1.0 100.0\nmachine pc 2.0 3.0\nrom r.rom 2048 x\n"
        "end\nset b\nmachine pc 50.0 51.0\nrom r.rom 2048 y\nend\n");
    is_int(problem_code(maps, 0), ROMCOMPAT_E_CONFLICT, "a range inside another hides no conflict");
    romcompat_close(maps);
}

int main(void)
{
    lookups();
    lists();
    conflicts();
    return tap_done();
}
