/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat explain` says about each kind of message. */
#include "commands/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/command.h"
#include "commands/preflight.h"
#include "guest/destination.h"
#include "inputs/package_owner.h"
#include "outputs/escape.h"

/* --- packages and commands ------------------------------------------------------------------ */

/* A command that can be pasted: `before`, the word in quotes where it needs them, `after`. */
static void print_command(const char *before, const char *word, const char *after)
{
    char *quoted = shell_command((const char *[]){word, NULL});

    print_line("    %s%s%s", before, quoted, after);
    free(quoted);
}

static void print_install(const struct known_package *p)
{
    if (p->debian)
        print_line("    apt install %-24s # Debian, Ubuntu", p->debian);
    if (p->fedora)
        print_line("    dnf install %-24s # Fedora, RHEL", p->fedora);
}

/* Where this host has the file, and in which package; else which package is known to. */
static void explain_package(const char *name)
{
    const struct known_package *known = known_package_of(name);
    struct destination here;
    struct failure f;

    if (destination_of_directories(&here, destination_default_directories,
                                   DESTINATION_DEFAULT_DIRECTORIES, &f) == 0) {
        const struct rom_file *file = destination_file(&here, name);

        if (file && file->path && file->size >= 0) {
            const char *path = file->path;
            struct package_owner owner = {0};

            package_owners(&path, 1, false, &owner);
            if (owner.package)
                print_line("On this host it is %s, of package %s %s.", path, owner.package,
                           owner.version ? owner.version : "");
            else
                print_line("On this host it is %s, which is of no package.", path);
            package_owner_free(&owner);
        }
        destination_close(&here);
    }
    if (known) {
        print_line("Install the package that has it on the host that printed this:");
        print_install(known);
    } else {
        print_line("No package that has it is known here: copy it from the host where the guest "
                   "ran.");
    }
}

/* --- RAM blocks ------------------------------------------------------------------------------- */

static void explain_rom_lengths(const struct arrival_finding *f, const struct rom_device *device)
{
    const struct log_message *l = &f->message;
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];
    struct preflight p;

    size_format(l->guest, in);
    print_line(
        "It holds the option ROM of a %s, and is as long as the ROM file, rounded up to a power",
        device->types[0]);
    print_line("of two. On the source host %s had more than %s and at most %s bytes when the",
               device->rom, size_format(l->guest / 2, here), in);
    print_line("guest was started; on the destination it has %s %s.",
               l->there > l->guest ? "more: up to" : "less: at most", size_format(l->there, here));
    struct saved_block block = {.name = (char *)l->name, .length = l->guest};
    struct saved_guest guest = {
        .block_count = 1, .blocks = &block, .machine = f->machine[0] ? (char *)f->machine : NULL};
    preflight_of_lengths(&guest, &l->there, &f->version, &p);
    print_mends(&p, true);
    preflight_free(&p);
}

static void explain_lengths(const struct arrival_finding *f)
{
    const struct log_message *l = &f->message;
    const struct rom_device *device = NULL;
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    print_line("The guest was refused: it has %s of %s, and the QEMU that should take it made",
               size_format(l->guest, in), l->name);
    print_line("that block %s long.", size_format(l->there, here));
    switch (ram_block_kind_of(l->name, &device)) {
    case RAM_BLOCK_ROM:
        explain_rom_lengths(f, device);
        break;
    case RAM_BLOCK_BIOS:
    case RAM_BLOCK_FLASH:
        print_line("It is a firmware image: the destination needs a file of the source's exact "
                   "size.");
        print_line("Install the version of the firmware's package that the source host has, or "
                   "look for");
        print_line("an image of that size there:");
        print_line("    romcompat flash map");
        break;
    case RAM_BLOCK_MEMORY:
        print_line("It is memory: the guest must be configured with the same sizes on both sides.");
        break;
    default:
        print_line("It is not a block of an option ROM that is known here.");
    }
}

static void explain_too_large(const struct log_message *m)
{
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    print_line("The guest was refused: it has %s of %s, and the QEMU that should take it has room",
               size_format(m->guest, in), m->name);
    print_line("for %s.", size_format(m->there, here));
    if (strncmp(m->name, "/rom@etc/", 9) != 0)
        return;
    print_line("It is a table that QEMU itself makes for the guest's firmware (ACPI), and not a "
               "file. It");
    print_line("grew on the source: with more devices, bridges, processors or memory slots, or in "
               "a newer");
    print_line("QEMU. Start the destination with the source's machine type, -smp (maxcpus), "
               "memory slots and");
    print_line("devices, those plugged in later too; use a QEMU there that is not older than the "
               "source's.");
}

static void explain_unknown(const struct log_message *m)
{
    const struct rom_device *device = NULL;

    print_line("The guest was refused: it has the RAM block %s, and the QEMU that", m->name);
    print_line("should take it has none of that name.");
    switch (ram_block_kind_of(m->name, &device)) {
    case RAM_BLOCK_ROM:
        break;
    case RAM_BLOCK_BIOS:
    case RAM_BLOCK_FLASH:
        print_line("It holds firmware: one side was started with flash images (pflash) and the "
                   "other with a");
        print_line("BIOS (-bios, or the default one). Start the destination with the source's "
                   "<loader> and");
        print_line("<nvram>; 'romcompat flash map' lists the firmware of a host.");
        return;
    default:
        print_line("So the two sides do not have the same devices, or not at the same addresses.");
        return;
    }
    print_line(
        "It holds the option ROM of device %s (%s). Either the device is not at that address on",
        device->types[0], device->rom);
    print_line(
        "the destination, or it is there without its ROM: with romfile='' or rombar=0, in libvirt");
    print_line(
        "<rom enabled='no'/> or <rom bar='off'/>. Remove that: a device without a ROM cannot");
    print_line("take a guest that has one. Where the ROM file is missing, install it.");
    explain_package(device->rom);
}

/* --- machine types and state -------------------------------------------------------------------- */

static void explain_machine(const struct log_message *m)
{
    if (m->kind == LOG_MACHINE_DIFFERS) {
        print_line("The guest was refused: its machine type is %s, and the QEMU that should take "
                   "it was",
                   m->name);
        print_line("started with %s. Start the destination with the first:", m->other);
        print_command("-machine ", m->name, "");
        return;
    }
    if (m->name[0])
        print_line("QEMU did not start: it does not have the machine type %s.", m->name);
    else
        print_line("QEMU did not start: it does not have the machine type that it was given.");
    print_line("Either it is older than that type, or so much newer that the type was removed, or "
               "another");
    print_line("distribution's. A guest keeps its type for life: it can go only to a QEMU that has "
               "it. Ask");
    print_line("which types the QEMU there has:");
    print_line("    qemu-system-x86_64 -machine help");
}

static void explain_state(const struct log_message *m)
{
    switch (m->kind) {
    case LOG_RAM:
        print_line("The guest was refused for its RAM; which block, the log does not say here: "
                   "only what");
        print_line("came of it. Look for 'Size mismatch', 'Length mismatch' or 'Unknown ramblock' "
                   "in QEMU's own");
        print_line("log on the destination, or ask which block differs:");
        print_line(
            "    romcompat preflight --qmp SOCKET OTHER-HOST.json   # or a save image of the "
            "guest");
        break;
    case LOG_DEVICE:
        print_line("The guest was refused for the state of the device %s, not for a ROM: its "
                   "versions or",
                   m->name);
        print_line("properties differ on the two sides. Start both with the same machine type and "
                   "the same");
        print_line("properties of that device. Device state is not judged here.");
        break;
    default:
        print_line("The guest was refused: its stream has the capability %s, which the QEMU that "
                   "should take",
                   m->name);
        print_line("it does not know. Use a newer QEMU there%s.",
                   strcmp(m->name, "mapped-ram") == 0
                       ? " (9.0 or later), or save the guest in another format than sparse"
                       : ", or turn the capability off on the source");
    }
}

/* --- ROM files ---------------------------------------------------------------------------------- */

static void explain_rom_file(const struct log_message *m)
{
    switch (m->kind) {
    case LOG_ROM_MISSING:
        print_line("QEMU did not start, or did not add a device: it did not find the ROM file %s.",
                   m->name);
        print_line("A file that the user QEMU runs as cannot read counts as not found: it needs "
                   "mode 0644, and");
        print_line("each directory above it mode 0755; AppArmor or SELinux may forbid it too.");
        break;
    case LOG_ROM_EMPTY:
        print_line("QEMU did not start, or did not add a device: the ROM file %s is empty.",
                   m->name);
        break;
    case LOG_ROM_UNREADABLE:
        print_line("QEMU did not start, or did not add a device: it did not read the ROM file %s "
                   "to its",
                   m->name);
        print_line("end. The file was cut or exchanged meanwhile, or its disk fails.");
        break;
    default:
        print_line("QEMU did not start, or did not add a device: the ROM file %s is too large: "
                   "more than 2 GiB,",
                   m->name);
        print_line("or a directory. It is not a ROM: name the right file.");
    }
    explain_package(m->name);
}

static void explain_romsize(const struct arrival_finding *f)
{
    const struct log_message *m = &f->message;
    char size[SIZE_TEXT_MAX], there[SIZE_TEXT_MAX];

    size_format(m->there, there);
    if (m->kind == LOG_ROMSIZE_ODD) {
        print_line("QEMU did not start, or did not add a device: romsize=%" PRIu64
                   " is not a power of two.",
                   m->there);
        print_line("Give the length that the guest's block has:");
        print_line("    romsize=%" PRIu64, power_of_two_ceiling(m->there));
        return;
    }
    if (m->kind == LOG_ROM_OVER_SIZE) {
        print_line("QEMU did not start, or did not add a device: the ROM file %s has %s bytes,",
                   m->name, size_format(m->guest, size));
        print_line("more than romsize, %s. QEMU before 8.1 reads the file even for a guest that "
                   "arrives; every",
                   there);
        print_line("QEMU does with -loadvm and at a cold start. Give it the ROM that the guest was "
                   "started with,");
        print_line("padded to that length, and no romsize (OLD is a directory with that ROM):");
        const char *slash = strrchr(m->name, '/'), *base = slash ? slash + 1 : m->name;
        char *before = xasprintf("romcompat pad --bucket %s OLD/", there);
        char *after = xasprintf(" -o /usr/share/qemu/%s-ROM", there);
        print_command(before, base, after);
        free(before);
        free(after);
        print_line("    romfile=/usr/share/qemu/%s-ROM", there);
        return;
    }
    if (m->name[0])
        print_line("QEMU did not start: its %s does not have the property romsize, which is in "
                   "QEMU 6.0 and later.",
                   m->name);
    else
        print_line("QEMU did not start: its devices do not have the property romsize, which is in "
                   "QEMU 6.0 and");
    print_line("%sRemove romsize, and give a ROM file of the block's length instead: the ROM that "
               "the guest",
               m->name[0] ? "" : "later. ");
    print_line("was started with, padded (OLD is a directory with that ROM):");
    print_line("    romcompat pad --bucket 256K OLD/efi-virtio.rom -o "
               "/usr/share/qemu/256K-efi-virtio.rom");
    print_line("    romfile=/usr/share/qemu/256K-efi-virtio.rom");
}

/* --- firmware ------------------------------------------------------------------------------------- */

static void explain_firmware_file(const struct log_message *m)
{
    bool is_store = strstr(m->name, "/nvram/") || strstr(m->name, "/varstore");

    print_line("The guest did not start: %s could not be opened%s%s.", m->name,
               m->other[0] ? ": " : "", m->other);
    if (is_store) {
        print_line("It is the guest's own variable store, which no package has: copy it from the "
                   "host where the");
        print_line("guest ran. Without it the guest gets a new one, and loses its boot entries and "
                   "keys:");
        print_command("romcompat varstore create --code CODE --out ", m->name, "");
        return;
    }
    print_line("It is firmware. Where a newer version of its package has it under another name, "
               "such as");
    print_line("OVMF_CODE_4M.fd for OVMF_CODE.fd, a store of the old one must be converted first: "
               "ask");
    print_line("    romcompat flash map");
    print_line("    romcompat flash check --code NEW_CODE --vars VARS");
    explain_package(m->name);
}

static void explain_firmware_none(const struct log_message *m)
{
    print_line("The guest did not start: libvirt knows no firmware of type '%s' that fits it: none "
               "is",
               m->name);
    print_line("described in /usr/share/qemu/firmware, or none for its machine type, Secure Boot, "
               "SMM or");
    print_line("format. Install one, then see what is described:");
    print_install(known_package_of(strcmp(m->name, "bios") == 0 ? "bios.bin" : "OVMF_CODE.fd"));
    if (strcmp(m->name, "bios") != 0)
        print_line("    apt install qemu-efi-aarch64         # for a guest of Arm");
    print_line("    romcompat flash map");
}

static void explain_flash_size(const struct log_message *m)
{
    if (m->kind == LOG_FIRMWARE_SIZE) {
        if (m->there)
            print_line("QEMU did not start: the flash image %s has %" PRIu64 " bytes. Its size "
                       "must be a multiple of",
                       m->name, m->there);
        else if (!m->name[0])
            print_line("QEMU did not start: a flash image has a wrong size. It must be a multiple "
                       "of");
        else
            print_line("QEMU did not start: the flash image of unit %s has a wrong size. It must "
                       "be a multiple of",
                       m->name);
        print_line("4096, and not 0. The file is cut, not a flash image, or a qcow2 image that is "
                   "read as raw (give");
        print_line("format=qcow2).");
    } else if (m->kind == LOG_FIRMWARE_TOTAL) {
        print_line(
            "QEMU did not start: firmware and variable store together are larger than %" PRIu64
            " bytes.",
            m->there);
        print_line("One of them is not for this machine: an image of Arm has 64 MiB. Where a "
                   "volume was rounded");
        print_line("up, give the store's own size (size=540672); the limit is -machine "
                   "max-fw-size.");
    } else {
        print_line("QEMU did not start: the flash has %" PRIu64 " bytes, and its file %" PRIu64 ".",
                   m->guest, m->there);
        if (m->there < m->guest) {
            print_line("The machine's flash has a fixed size: use the image that is made for "
                       "flash");
            print_line("(AAVMF_CODE.fd, AAVMF_VARS.fd), or fill a copy up with zeros:");
            print_line("    truncate -s %" PRIu64 " COPY", m->guest);
        } else {
            print_line("Use an image of the flash's size.");
        }
    }
    print_line("What the firmware files of this host are:");
    print_line("    romcompat flash map");
}

static void explain_firmware(const struct log_message *m)
{
    switch (m->kind) {
    case LOG_FIRMWARE_FILE:
        explain_firmware_file(m);
        break;
    case LOG_FIRMWARE_NONE:
        explain_firmware_none(m);
        break;
    case LOG_FIRMWARE_TEMPLATE:
        print_line("The guest did not start: it has no variable store yet, and libvirt knows no "
                   "template for");
        print_line("its firmware %s. Name one in the XML (<nvram template='...'>), or make the "
                   "store:",
                   m->name);
        print_command("romcompat varstore create --code ", m->name,
                      " --out /var/lib/libvirt/qemu/nvram/GUEST_VARS.fd");
        explain_package(m->name);
        break;
    case LOG_FIRMWARE_FORMATS:
        print_line("The guest did not start: its firmware is of format '%s' and its variable store "
                   "of '%s';",
                   m->name, m->other);
        print_line("libvirt takes both of one format only. Convert the store to the firmware's, "
                   "and name its");
        print_line("format in the XML:");
        print_line("    qemu-img convert -O %s VARS NEW_VARS    # <nvram format='%s'>",
                   strcmp(m->name, "qcow2") == 0 ? "qcow2" : "raw",
                   strcmp(m->name, "qcow2") == 0 ? "qcow2" : "raw");
        break;
    case LOG_FIRMWARE_UNIT:
        print_line("QEMU did not start: it was given a variable store as flash unit %s, and no "
                   "firmware as the",
                   m->name);
        print_line("unit before: -drive if=pflash,unit=0 is missing, in libvirt <loader "
                   "type='pflash'>.");
        break;
    case LOG_FIRMWARE_SMM:
        print_line("The guest did not start: its firmware has Secure Boot, which needs SMM. In "
                   "libvirt: machine");
        print_line("type q35, and <smm state='on'/> in <features>; or firmware without Secure "
                   "Boot.");
        break;
    default:
        explain_flash_size(m);
    }
}

void explain_finding(const struct arrival_finding *f)
{
    switch (f->message.kind) {
    case LOG_LENGTHS:
        explain_lengths(f);
        break;
    case LOG_TOO_LARGE:
        explain_too_large(&f->message);
        break;
    case LOG_UNKNOWN:
        explain_unknown(&f->message);
        break;
    case LOG_MACHINE_DIFFERS:
    case LOG_MACHINE_UNKNOWN:
        explain_machine(&f->message);
        break;
    case LOG_RAM:
    case LOG_DEVICE:
    case LOG_CAPABILITY:
        explain_state(&f->message);
        break;
    case LOG_ROM_MISSING:
    case LOG_ROM_EMPTY:
    case LOG_ROM_UNREADABLE:
    case LOG_ROM_HUGE:
        explain_rom_file(&f->message);
        break;
    case LOG_ROM_OVER_SIZE:
    case LOG_ROMSIZE_ODD:
    case LOG_ROMSIZE_UNKNOWN:
        explain_romsize(f);
        break;
    default:
        explain_firmware(&f->message);
    }
}
