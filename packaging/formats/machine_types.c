/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/machine_types.h"

#include <string.h>

#include "base/text.h"
#include "romcompat.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PC .architectures = {"x86_64", "i386"}
#define OLD_PC_CARDS .nic = "e1000", .video = "cirrus"

const struct machine_family machine_families[] = {
    {"pc-i440fx", "1.4", PC, .aliases = {"pc", "ubuntu"}, .has_versions = true,
     .bioses = {"bios-256k.bin"}, .nic = "e1000", .video = "std", .old_video = "cirrus",
     .is_default = true},
    {"pc-q35", "1.4", PC, .aliases = {"q35", "ubuntu-q35"}, .has_versions = true, .express = true,
     .bioses = {"bios-256k.bin"}, .nic = "e1000e", .old_nic = "e1000", .video = "std",
     .old_video = "cirrus"},
    {"pc", "0.10", "1.3", PC, .has_versions = true, .bioses = {"bios.bin"}, OLD_PC_CARDS},
    {"rhel", PC, .has_versions = true, .bioses = {"bios.bin"}, OLD_PC_CARDS},
    {"virt", "2.6", .architectures = {"aarch64", "arm"}, .has_versions = true, .express = true,
     .nic = "virtio-net-pci", .has_no_video = true},
    {"virt", .architectures = {"m68k"}, .has_versions = true, .has_no_video = true},
    {"virt", .architectures = {"riscv64", "riscv32"}, .express = true, .has_no_video = true},
    {"virt", .architectures = {"loongarch64"}, .express = true, .nic = "virtio-net-pci",
     .has_no_video = true},
    {"pseries", "2.1", .architectures = {"ppc64"}, .aliases = {"pseries"}, .has_versions = true,
     .video = "std", .is_default = true},
    {"s390-ccw-virtio", "2.4", .architectures = {"s390x"}, .aliases = {"s390-ccw-virtio"},
     .has_versions = true, .is_default = true},
    {"xenfv", "3.1", "4.2", PC, .has_versions = true, .bioses = {"bios.bin"}, .nic = "e1000",
     .video = "std"},
    /* QEMU hw/i386/microvm.c, microvm_memory_init(): by whether it has ACPI. */
    {"microvm", PC, .express = true, .bioses = {"bios-microvm.bin", "qboot.rom"},
     .has_no_video = true},
    {"isapc", PC, .bioses = {"bios.bin"}, .has_no_video = true},
    /* QEMU hw/arm/sbsa-ref.c, create_pcie(): a VGA, from 8.1 on a bochs-display, whatever -vga
     * says. */
    {"sbsa-ref", .architectures = {"aarch64"}, .express = true, .has_own_cards = true},
    {0},
};

/* "pc-q35" of "pc-q35-7.2"; "rhel" of "rhel6.6.0". */
static bool is_of(const char *machine, const char *family)
{
    for (; *family; machine++, family++)
        if (*machine != *family)
            return false;
    return *machine == '\0' || *machine == '-' || (*machine >= '0' && *machine <= '9');
}

const struct machine_family *machine_family_of_alias(const char *name)
{
    for (const struct machine_family *f = machine_families; f->name; f++)
        for (size_t i = 0; i < MACHINE_ALIASES_MAX && f->aliases[i]; i++)
            if (*f->aliases[i] == *name && strcmp(f->aliases[i], name) == 0)
                return f;
    return NULL;
}

const struct machine_family *machine_family_of(const char *machine)
{
    const struct machine_family *found = NULL;

    if (machine_family_of_alias(machine))
        return NULL;
    for (const struct machine_family *f = machine_families; f->name; f++)
        if (is_of(machine, f->name) && (!found || strlen(f->name) > strlen(found->name)))
            found = f;
    return found;
}

/* Of a machine type that has QEMU's own version. */
static bool read_version(const char *machine, struct romcompat_version *version)
{
    const struct machine_family *family = machine_family_of(machine);
    struct romcompat_machine m;

    if (!family || !family->first || romcompat_machine_parse(machine, &m) != ROMCOMPAT_OK ||
        m.family_length != strlen(family->name))
        return false;
    *version = m.version;
    return true;
}

bool machine_is_versioned(const char *machine)
{
    const struct machine_family *family = machine_family_of(machine);
    struct romcompat_machine m;

    return romcompat_machine_parse(machine, &m) == ROMCOMPAT_OK &&
           (m.family_length > 0 ||
            (family && family->has_versions && strlen(family->name) < m.name_length));
}

bool machine_is_up_to(const char *machine, unsigned major, unsigned minor)
{
    struct romcompat_version version, end = {2, {(uint16_t)major, (uint16_t)minor}};

    return read_version(machine, &version) && romcompat_version_compare(&version, &end) <= 0;
}

bool machine_release(const char *machine, struct qemu_version *release)
{
    struct romcompat_version version;

    if (!read_version(machine, &version))
        return false;
    *release = (struct qemu_version){version.part[0], version.part[1], version.part[2]};
    return true;
}

/* The release of QEMU that many years after the type's own, or `least` where that is later. */
static struct qemu_version later(const struct romcompat_version *from, unsigned years,
                                 struct qemu_version least)
{
    /* Before 3.0 there were more than three releases a major version. */
    bool old = from->part[1] > 2;
    struct qemu_version result = {from->part[0] + old + years, old ? 0 : from->part[1], 0};

    return qemu_version_compare(&result, &least) < 0 ? least : result;
}

bool machine_expiry(const char *machine, struct machine_expiry *expiry)
{
    struct romcompat_version version;

    if (!read_version(machine, &version) || machine_family_of(machine)->last)
        return false;
    if (machine_is_up_to(machine, 1, 7)) {
        *expiry = (struct machine_expiry){{7, 0, 0}, {8, 2, 0}};
    } else if (machine_is_up_to(machine, 2, 3)) {
        *expiry = (struct machine_expiry){{8, 2, 0}, {9, 1, 0}};
    } else {
        expiry->deprecated = later(&version, 3, (struct qemu_version){9, 1, 0});
        expiry->removed = later(&version, 6, (struct qemu_version){10, 1, 0});
    }
    return true;
}

static bool is_on(const struct machine_family *family, const char *architecture)
{
    for (size_t i = 0; architecture && i < MACHINE_ARCHITECTURES_MAX && family->architectures[i];
         i++)
        if (strcmp(family->architectures[i], architecture) == 0)
            return true;
    return !architecture;
}

const struct machine_family *machine_family_on(const char *architecture, const char *machine)
{
    const struct machine_family *named = machine_family_of_alias(machine);

    if (!named)
        named = machine_family_of(machine);
    for (const struct machine_family *f = named; f && f->name; f++)
        if (strcmp(f->name, named->name) == 0 && is_on(f, architecture))
            return f;
    return NULL;
}

bool machine_cards_are_known(const char *architecture, const char *machine)
{
    const struct machine_family *family = machine_family_on(architecture, machine);

    return family && !family->has_own_cards;
}

bool machine_has_option_rom_blocks(const char *machine)
{
    return machine_is_up_to(machine, 1, 7) && !machine_is_up_to(machine, 1, 6);
}

bool machine_has_virt_flash(const char *machine)
{
    const struct machine_family *family = machine_family_of(machine);

    return family && strcmp(family->name, "virt") == 0;
}

const char *const *machine_bioses(const char *machine)
{
    static const char *const none[] = {NULL}, *const old[] = {"bios.bin", NULL};
    const struct machine_family *family = machine_family_of(machine);

    if (!family)
        return none;
    /* QEMU hw/i386/pc_piix.c and pc_q35.c: "firmware=bios-256k.bin" from 2.0 on. */
    return machine_is_up_to(machine, 1, 7) ? old : family->bioses;
}

/* QEMU hw/i386/pc_piix.c, pc_q35.c and hw/arm/virt.c: default_nic. */
const char *machine_nic(const struct machine_family *family, const char *machine)
{
    return family->old_nic && machine_is_up_to(machine, 2, 11) ? family->old_nic : family->nic;
}

/* The same files, default_display; without one, Cirrus (system/vl.c, get_default_vga_model()). */
const char *machine_video(const struct machine_family *family, const char *machine)
{
    return family->old_video && machine_is_up_to(machine, 2, 1) ? family->old_video : family->video;
}

const char *machine_default(const char *architecture)
{
    for (const struct machine_family *f = machine_families; f->name; f++)
        for (size_t i = 0; f->is_default && f->architectures[i]; i++)
            if (strcmp(f->architectures[i], architecture) == 0)
                return f->aliases[0];
    return NULL;
}

/* --- emulators --------------------------------------------------------------------------- */

static const char *const architectures[] = {
    "aarch64",      "alpha",  "arm",     "avr",    "cris",     "hppa",    "i386",
    "loongarch64",  "m68k",   "mips",    "mips64", "mips64el", "mipsel",  "microblaze",
    "microblazeel", "nios2",  "or1k",    "ppc",    "ppc64",    "riscv32", "riscv64",
    "rx",           "s390x",  "sh4",     "sh4eb",  "sparc",    "sparc64", "tricore",
    "x86_64",       "xtensa", "xtensaeb"};

/* Debian's names of architectures, under which its packages have links (qemu's debian/rules); and
 * libvirt's (src/util/virarch.c). */
static const char *const links[][2] = {
    {"i686", "i386"},     {"armv6l", "arm"},    {"armv7l", "arm"},   {"amd64", "x86_64"},
    {"arm64", "aarch64"}, {"armel", "arm"},     {"armhf", "arm"},    {"loong64", "loongarch64"},
    {"powerpc", "ppc"},   {"ppc64el", "ppc64"}, {"ppc64le", "ppc64"}};

static const char *architecture_named(const char *text, size_t length)
{
    for (size_t i = 0; i < COUNT(architectures); i++)
        if (strlen(architectures[i]) == length && strncmp(text, architectures[i], length) == 0)
            return architectures[i];
    for (size_t i = 0; i < COUNT(links); i++)
        if (strlen(links[i][0]) == length && strncmp(text, links[i][0], length) == 0)
            return links[i][1];
    return NULL;
}

const char *architecture_of_qemu(const char *name)
{
    const char *known = architecture_named(name, strlen(name));

    return known ? known : name;
}

const char *architecture_of_binary(const char *path)
{
    static const char prefix[] = "qemu-system-";
    const char *name = base_name(path);
    const char *dash = strrchr(name, '-');

    if (strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
        return architecture_named(name, strcspn(name, "-"));
    }
    /* "patched-10.0-x86_64" */
    return dash ? architecture_named(dash + 1, strlen(dash + 1)) : NULL;
}
