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
static void put_command(FILE *to, const char *before, const char *word, const char *after)
{
    char *quoted = shell_command((const char *[]){word, NULL});

    put_line(to, "    %s%s%s", before, quoted, after);
    free(quoted);
}

static void put_install(FILE *to, const struct known_package *p, const char *path)
{
    bool is_proxmox = p->proxmox && is_proxmox_file(path);

    if (p->debian && !is_proxmox)
        put_line(to, "    apt install %-24s # Debian, Ubuntu", p->debian);
    if (p->fedora && !is_proxmox)
        put_line(to, "    dnf install %-24s # Fedora, RHEL", p->fedora);
    if (p->proxmox)
        put_line(to, "    apt install --reinstall %-12s # Proxmox VE", p->proxmox);
}

/* Where this host has the file, and in which package; else which package is known to. */
static void explain_package(FILE *to, const char *name)
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
                put_line(to, "On this host it is %s, of package %s %s.", path, owner.package,
                         owner.version ? owner.version : "");
            else
                put_line(to, "On this host it is %s, which belongs to no package.", path);
            package_owner_free(&owner);
        }
        destination_close(&here);
    }
    if (known) {
        put_line(to, "Install the package that has it on the host that printed this:");
        put_install(to, known, name);
    } else {
        put_line(to, "No package that has it is known here: copy it from the host where the guest "
                     "ran.");
    }
}

/* --- RAM blocks ------------------------------------------------------------------------------- */

static void explain_rom_lengths(FILE *to, const struct logged_refusal *f,
                                const struct rom_device *device)
{
    const struct log_message *l = &f->message;
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];
    struct preflight p;

    size_format(l->guest, in);
    put_line(
        to,
        "It holds the option ROM of a %s, and is as long as the ROM file, rounded up to a power",
        device->types[0]);
    put_line(to, "of two. On the source host %s had more than %s and at most %s bytes when the",
             rom_device_block_file(device, f->machine), size_format(l->guest / 2, here), in);
    put_line(to, "guest was started; on the destination it has %s %s.",
             l->there > l->guest ? "more: up to" : "less: at most", size_format(l->there, here));
    struct saved_block block = {.name = (char *)l->name, .length = l->guest};
    struct saved_guest guest = {
        .block_count = 1, .blocks = &block, .machine = f->machine[0] ? (char *)f->machine : NULL};
    preflight_of_lengths(&guest, &l->there, &f->version, &p);
    put_fixes(to, &p, true);
    preflight_free(&p);
}

static bool is_table(const char *block)
{
    return strncmp(block, "/rom@etc/", 9) == 0;
}

static void put_table(FILE *to, bool grew)
{
    put_line(to, "It is a table that QEMU itself makes for the guest's firmware (ACPI), and not a "
                 "file. It");
    put_line(to, "%s",
             grew ? "grew on the source: with more devices, bridges, processors or memory slots, "
                    "or in a newer"
                  : "depends on the machine type and its options, on devices, processors, memory "
                    "slots, and the");
    put_line(to, "QEMU. Start the destination with the source's machine type, -smp (maxcpus), "
                 "memory slots and");
    put_line(to, "devices, those plugged in later too; use a QEMU there that is not older than the "
                 "source's.");
}

static void explain_lengths(FILE *to, const struct logged_refusal *f)
{
    const struct log_message *l = &f->message;
    const struct rom_device *device = NULL;
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    put_line(to, "The guest was refused: it has %s of %s, and the destination QEMU made",
             size_format(l->guest, in), l->name);
    put_line(to, "that block %s long.", size_format(l->there, here));
    switch (ram_block_is_flash(l->name, l->guest) ? RAM_BLOCK_FLASH
                                                  : ram_block_kind_of(l->name, &device)) {
    case RAM_BLOCK_ROM:
        explain_rom_lengths(to, f, device);
        break;
    case RAM_BLOCK_BIOS:
    case RAM_BLOCK_FLASH:
        put_line(to, "It is a firmware image: the destination needs a file of the source's exact "
                     "size.");
        put_line(to, "Install the version of the firmware's package that the source host has, or "
                     "look for");
        put_line(to, "an image of that size there:");
        put_line(to, "    romcompat flash map");
        break;
    case RAM_BLOCK_MEMORY:
        put_line(to,
                 "It is memory: the guest must be configured with the same sizes on both sides.");
        break;
    default:
        if (is_table(l->name))
            put_table(to, false);
        else
            put_line(to, "It is not a block of an option ROM that is known here.");
    }
}

static void explain_too_large(FILE *to, const struct log_message *m)
{
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];

    put_line(to, "The guest was refused: it has %s of %s, and the destination QEMU has room",
             size_format(m->guest, in), m->name);
    put_line(to, "for %s.", size_format(m->there, here));
    if (is_table(m->name))
        put_table(to, true);
}

static void explain_unknown(FILE *to, const struct logged_refusal *f)
{
    const struct log_message *m = &f->message;
    const struct rom_device *device = NULL;
    enum ram_block_kind kind = ram_block_kind_of(m->name, &device);

    put_line(to, "The guest was refused: it has the RAM block %s, and the destination QEMU",
             m->name);
    put_line(to, "has none of that name.");
    switch (kind) {
    case RAM_BLOCK_ROM:
        break;
    case RAM_BLOCK_BIOS:
    case RAM_BLOCK_FLASH:
        put_line(to, "It holds firmware: one side was started with flash images (pflash) and the "
                     "other with a");
        put_line(to, "BIOS (-bios, or the default one). Start the destination with the source's "
                     "<loader> and");
        put_line(to, "<nvram>; 'romcompat flash map' lists the firmware of a host.");
        return;
    default:
        if (is_table(m->name)) {
            put_table(to, false);
            return;
        }
        put_line(to,
                 "So the two sides do not have the same devices, or not at the same addresses.");
        if (kind != RAM_BLOCK_MEMORY || (m->name[0] != '/' && strchr(m->name, '/')))
            return;
        put_line(to, "It is memory, whose name comes from the machine type, from a memory backend "
                     "(-object");
        put_line(to, "memory-backend-ram,id=..., in libvirt NUMA cells and <memory>) or from a "
                     "device. Start the");
        put_line(to, "destination with the source's machine type, backends and devices.");
        return;
    }
    put_line(
        to,
        "It holds the option ROM of device %s (%s). Either the device is not at that address on",
        device->types[0], rom_device_block_file(device, f->machine));
    put_line(
        to,
        "the destination, or it is there without its ROM: with romfile='' or rombar=0, in libvirt");
    put_line(to,
             "<rom enabled='no'/> or <rom bar='off'/>. Remove that: a device without a ROM cannot");
    put_line(to, "take a guest that has one. Where the ROM file is missing, install it.");
    explain_package(to, rom_device_block_file(device, f->machine));
}

/* --- machine types and state -------------------------------------------------------------------- */

static void explain_machine(FILE *to, const struct log_message *m)
{
    if (m->kind == LOG_MACHINE_DIFFERS) {
        put_line(to, "The guest was refused: its machine type is %s, and the destination QEMU was",
                 m->name);
        put_line(to, "started with %s. Start the destination with the first:", m->other);
        put_command(to, "-machine ", m->name, "");
        return;
    }
    if (m->kind == LOG_MACHINE_UNNAMED) {
        put_line(to, "The guest was refused: its stream does not name a machine type, as those of "
                     "machine types");
        put_line(to, "up to 2.3, and the destination QEMU was started with a newer type. "
                     "Start it with the");
        put_line(to, "guest's machine type; where the guest has a newer one, the file or "
                     "connection is not that of");
        put_line(to, "a guest's state, or is not at its beginning.");
        return;
    }
    if (m->name[0])
        put_line(to, "QEMU did not start: it does not have the machine type %s.", m->name);
    else
        put_line(to, "QEMU did not start: it does not have the machine type that it was given.");
    put_line(to,
             "Either it is older than that type, or so much newer that the type was removed, or "
             "another");
    put_line(to,
             "distribution's. A guest keeps its type for life: it can go only to a QEMU that has "
             "it. Ask");
    put_line(to, "which types the QEMU there has:");
    put_line(to, "    qemu-system-x86_64 -machine help");
}

static void explain_stream(FILE *to, const struct log_message *m)
{
    switch (m->kind) {
    case LOG_RAM_PAGES:
        put_line(to,
                 "The guest was refused: the pages of its memory%s%s have another size or "
                 "address on the",
                 m->name[0] ? ", block " : "", m->name);
        put_line(to, "destination. Give it the same huge pages and memory backends on both sides. "
                     "No ROM file is");
        put_line(to, "the cause: these are as long there as in the guest.");
        break;
    case LOG_RAM_CONTENT:
        put_line(to, "The guest was refused while the content of its memory was read: the "
                     "destination QEMU had");
        put_line(to, "accepted all RAM blocks, those of ROMs too, so that no length of one and no "
                     "ROM file is the");
        put_line(to, "cause. The connection broke, the source stopped, or the two sides do not "
                     "have the same");
        put_line(to, "migration capabilities: the log of the source says more.");
        break;
    case LOG_STREAM:
        put_line(to, "The guest was refused: the destination QEMU found in its stream what it "
                     "does not expect");
        put_line(to, "there. It ended early or was damaged, or the two sides do not have the same "
                     "migration");
        put_line(to, "capabilities (compress, xbzrle, multifd, postcopy-ram, mapped-ram), or "
                     "their QEMUs differ too");
        put_line(to, "much. No ROM file is the cause: QEMU names a block that it refuses.");
        break;
    case LOG_STREAM_CUT:
        put_line(to, "The guest did not arrive: its stream ended early. The connection broke, the "
                     "source QEMU");
        put_line(to, "stopped or gave up, or the file of a saved guest is cut; the log of the "
                     "source may say why.");
        put_line(to, "This does not tell whether a RAM block or a ROM differs.");
        break;
    default:
        put_line(to, "A connection broke: the other side has gone, or the way to it. Where that "
                     "is a destination");
        put_line(to, "QEMU, it may have refused the guest: why is in its own log there");
        put_line(to, "(/var/log/libvirt/qemu/GUEST.log). This does not tell whether a RAM block "
                     "or a ROM differs.");
    }
}

static void explain_state(FILE *to, const struct log_message *m)
{
    switch (m->kind) {
    case LOG_RAM:
        put_line(to, "The guest was refused for its RAM; whether a block differs, and which, the "
                     "log does not say");
        put_line(to, "here: only what came of it. Look for 'Size mismatch', 'Length mismatch' or "
                     "'Unknown ramblock'");
        put_line(to, "in QEMU's own log on the destination, or ask whether one differs:");
        put_line(to,
                 "    romcompat preflight --qmp SOCKET OTHER-HOST.json   # or a save image of the "
                 "guest");
        break;
    case LOG_DEVICE:
        put_line(to,
                 "The guest was refused for the state of the device %s, not for a ROM: its "
                 "versions or",
                 m->name);
        put_line(to,
                 "properties differ on the two sides. Start both with the same machine type and "
                 "the same");
        put_line(to, "properties of that device. Device state is not judged here.");
        break;
    case LOG_DEVICE_UNKNOWN:
        put_line(to, "The guest was refused: it has the device %s, and the destination QEMU",
                 m->name);
        put_line(to, "does not, or has it at another address. Start the destination with the "
                     "devices of the");
        put_line(
            to,
            "source at the same addresses, those plugged in later too. No ROM file fixes that.");
        break;
    default:
        put_line(to,
                 "The guest was refused: its stream has the capability %s, which the destination "
                 "QEMU",
                 m->name);
        put_line(to, "does not know. Use a newer QEMU there%s.",
                 strcmp(m->name, "mapped-ram") == 0
                     ? " (9.0 or later), or save the guest in another format than sparse"
                     : ", or turn the capability off on the source");
    }
}

/* --- ROM files ---------------------------------------------------------------------------------- */

/* It need not be missing: no package is named. */
static void explain_denied(FILE *to, const char *path)
{
    put_line(to, "That it is missing is not said: the user QEMU runs as (libvirt-qemu, qemu) may "
                 "not open it, or");
    put_line(to, "not enter a directory above it, or AppArmor or SELinux forbids it. Owners and "
                 "modes, and what");
    put_line(to, "was forbidden:");
    put_command(to, "namei -l ", path, "");
    put_line(to, "    journalctl -k --grep=DENIED              # AppArmor");
    put_line(to, "    ausearch -m avc -ts recent               # SELinux");
    put_line(to, "Files in /usr/share/qemu and the directories of firmware packages are allowed; "
                 "SELinux's label");
    put_line(to, "of a file that was moved comes back with");
    put_command(to, "restorecon -v ", path, "");
}

/* QEMU hw/core/loader.c, rom_add_file(): of an option ROM a message, and no more. */
static void put_without_rom(FILE *to)
{
    put_line(to, "Without the ROM of a device it does not start, or does not add the device; without "
                 "another");
    put_line(to, "option ROM (-option-rom, kvmvapic.bin) it goes on.");
}

static void explain_rom_file(FILE *to, const struct log_message *m)
{
    switch (m->kind) {
    case LOG_ROM_MISSING:
        put_line(to, "QEMU did not find the ROM file %s.", m->name);
        put_without_rom(to);
        put_line(to, "A file that the user QEMU runs as cannot read counts as not found: it needs "
                     "mode 0644, and");
        put_line(to, "each directory above it mode 0755; AppArmor or SELinux may forbid it too.");
        break;
    case LOG_ROM_DENIED:
        put_line(to, "QEMU was denied permission to open the ROM file %s.", m->name);
        put_without_rom(to);
        explain_denied(to, m->name);
        return;
    case LOG_ROM_EMPTY:
        put_line(to, "QEMU did not start, or did not add a device: the ROM file %s is empty.",
                 m->name);
        break;
    case LOG_ROM_UNREADABLE:
        put_line(to,
                 "QEMU did not start, or did not add a device: it did not read the ROM file %s "
                 "to its",
                 m->name);
        put_line(to, "end. The file was cut or exchanged meanwhile, or its disk fails.");
        break;
    default:
        put_line(to,
                 "QEMU did not start, or did not add a device: the ROM file %s is too large: "
                 "more than 2 GiB,",
                 m->name);
        put_line(to, "or a directory. It is not a ROM: name the right file.");
    }
    explain_package(to, m->name);
}

static void explain_romsize(FILE *to, const struct logged_refusal *f)
{
    const struct log_message *m = &f->message;
    char size[SIZE_TEXT_MAX], there[SIZE_TEXT_MAX];

    size_format(m->there, there);
    if (m->kind == LOG_ROMSIZE_ODD) {
        put_line(to,
                 "QEMU did not start, or did not add a device: romsize=%" PRIu64
                 " is not a power of two.",
                 m->there);
        put_line(to, "Give the length that the guest's block has:");
        put_line(to, "    romsize=%" PRIu64, power_of_two_ceiling(m->there));
        return;
    }
    if (m->kind == LOG_ROM_OVER_SIZE) {
        put_line(to, "QEMU did not start, or did not add a device: the ROM file %s has %s bytes,",
                 m->name, size_format(m->guest, size));
        put_line(to,
                 "more than romsize, %s. QEMU before 8.1 reads the file even for a guest that "
                 "arrives; every",
                 there);
        put_line(to,
                 "QEMU does with -loadvm and at a cold start. Give it the ROM that the guest was "
                 "started with,");
        put_line(to, "padded to that length, and no romsize (OLD is a directory with that ROM):");
        const char *slash = strrchr(m->name, '/'), *base = slash ? slash + 1 : m->name;
        char *before = xasprintf("romcompat pad --bucket %s OLD/", there);
        char *after = xasprintf(" -o /usr/share/qemu/%s-ROM", there);
        put_command(to, before, base, after);
        free(before);
        free(after);
        put_line(to, "    romfile=/usr/share/qemu/%s-ROM", there);
        return;
    }
    put_line(to,
             "QEMU did not start, or did not add a device: its %s does not have the property "
             "romsize,",
             m->name[0] ? m->name : "device");
    put_line(to, "which PCI devices have in QEMU 6.0 and later, and others never. Remove romsize; "
                 "for a PCI device");
    put_line(to, "give a ROM file of the block's length instead: the ROM that the guest");
    put_line(to, "was started with, padded (OLD is a directory with that ROM):");
    put_line(to, "    romcompat pad --bucket 256K OLD/efi-virtio.rom -o "
                 "/usr/share/qemu/256K-efi-virtio.rom");
    put_line(to, "    romfile=/usr/share/qemu/256K-efi-virtio.rom");
}

/* --- firmware ------------------------------------------------------------------------------------- */

/* Whether it is a guest's own, in libvirt's directory or elsewhere, and no template of a package. */
static bool is_store(const char *path)
{
    return strncmp(path, "/usr/", 5) != 0 && (strstr(path, "nvram") || strstr(path, "/varstore") ||
                                              (strstr(path, "_VARS") && !known_package_of(path)));
}

static void explain_firmware_file(FILE *to, const struct log_message *m)
{

    put_line(to, "The guest did not start: %s could not be opened%s%s.", m->name,
             m->other[0] ? ": " : "", m->other);
    if (strstr(m->other, "Permission denied")) {
        if (is_store(m->name))
            put_line(to, "It is the guest's own variable store: a new one in its place would have "
                         "neither its boot entries nor its keys.");
        explain_denied(to, m->name);
        return;
    }
    if (is_store(m->name)) {
        put_line(to, "It is the guest's own variable store, which no package has: copy it from the "
                     "host where the");
        put_line(to,
                 "guest ran. Without it the guest gets a new one, and loses its boot entries and "
                 "keys:");
        put_command(to, "romcompat varstore create --code CODE --out ", m->name, "");
        return;
    }
    put_line(to, "It is firmware. Where a newer version of its package has it under another name, "
                 "such as");
    put_line(to,
             "OVMF_CODE_4M.fd for OVMF_CODE.fd, a store of the old one must be converted first: "
             "ask");
    put_line(to, "    romcompat flash map");
    put_line(to, "    romcompat flash check --code NEW_CODE --vars VARS");
    explain_package(to, m->name);
}

/* hw/i386/x86.c, x86_bios_rom_init(): one message for each of these. */
static void explain_bios(FILE *to, const struct log_message *m)
{
    put_line(to,
             "QEMU did not start: it did not load %s, which is its BIOS (-bios, or the "
             "default one).",
             m->name);
    put_line(to, "It was not found, the user QEMU runs as cannot read it, or its size is 0 or "
                 "not a multiple of");
    put_line(to, "65536.");
    if (strstr(m->name, ".fd")) {
        put_line(to, "An image that is made for flash, such as OVMF_CODE_4M.fd, is given as flash "
                     "instead:");
        put_command(to, "romcompat flash args --code ", m->name, " --vars VARS");
    }
    explain_package(to, m->name);
}

static void explain_firmware_none(FILE *to, const struct log_message *m)
{
    put_line(to,
             "The guest did not start: libvirt knows no firmware of type '%s' that fits it: none "
             "is",
             m->name);
    put_line(to,
             "described in /usr/share/qemu/firmware, or none for its machine type, Secure Boot, "
             "SMM or");
    put_line(to, "format. Install one, then see what is described:");
    const char *file = strcmp(m->name, "bios") == 0 ? "bios.bin" : "OVMF_CODE.fd";
    struct known_package package = *known_package_of(file);

    package.proxmox = NULL; /* it has no libvirt */
    put_install(to, &package, file);
    if (strcmp(m->name, "bios") != 0)
        put_line(to, "    apt install qemu-efi-aarch64         # for a guest of Arm");
    put_line(to, "    romcompat flash map");
}

static void explain_flash_size(FILE *to, const struct log_message *m)
{
    if (m->kind == LOG_FIRMWARE_SIZE) {
        if (m->there)
            put_line(to,
                     "QEMU did not start: the flash image %s has %" PRIu64 " bytes. Its size "
                     "must be a multiple of",
                     m->name, m->there);
        else
            put_line(to,
                     "QEMU did not start: a flash image has a wrong size. It must be a multiple "
                     "of");
        put_line(to,
                 "4096, and not 0. The file is cut, not a flash image, or a qcow2 image that is "
                 "read as raw (give");
        put_line(to, "format=qcow2).");
    } else if (m->kind == LOG_FIRMWARE_TOTAL) {
        put_line(to,
                 "QEMU did not start: firmware and variable store together are larger than %" PRIu64
                 " bytes.",
                 m->there);
        put_line(to, "One of them is not for this machine: an image of Arm has 64 MiB. Where a "
                     "volume was rounded");
        put_line(to, "up, give the store's own size (size=540672). From QEMU 6.0 on the limit is "
                     "-machine");
        put_line(to, "max-fw-size.");
    } else if (!m->guest) {
        put_line(to, "QEMU did not start: the file of a flash device is shorter than the device, "
                     "or cannot be");
        put_line(to, "read. The machine's flash has a fixed size: use the image that is made for "
                     "flash");
        put_line(to, "(AAVMF_CODE.fd, AAVMF_VARS.fd), of 64 MiB on Arm's virt.");
    } else {
        put_line(to,
                 "QEMU did not start: the flash has %" PRIu64 " bytes, and its file %" PRIu64 ".",
                 m->guest, m->there);
        if (m->there < m->guest) {
            put_line(to, "The machine's flash has a fixed size: use the image that is made for "
                         "flash");
            put_line(to, "(AAVMF_CODE.fd, AAVMF_VARS.fd), or fill a copy up with zeros:");
            put_line(to, "    truncate -s %" PRIu64 " COPY", m->guest);
        } else {
            put_line(to, "Use an image of the flash's size.");
        }
    }
    put_line(to, "What the firmware files of this host are:");
    put_line(to, "    romcompat flash map");
}

static void explain_firmware(FILE *to, const struct log_message *m)
{
    switch (m->kind) {
    case LOG_FIRMWARE_FILE:
        explain_firmware_file(to, m);
        break;
    case LOG_FIRMWARE_BIOS:
        explain_bios(to, m);
        break;
    case LOG_FIRMWARE_NONE:
        explain_firmware_none(to, m);
        break;
    case LOG_FIRMWARE_TEMPLATE:
        put_line(to, "The guest did not start: it has no variable store yet, and libvirt knows no "
                     "template for");
        put_line(to,
                 "its firmware %s. Name one in the XML (<nvram template='...'>), or make the "
                 "store:",
                 m->name);
        put_command(to, "romcompat varstore create --code ", m->name,
                    " --out /var/lib/libvirt/qemu/nvram/GUEST_VARS.fd");
        explain_package(to, m->name);
        break;
    case LOG_FIRMWARE_FORMATS:
        put_line(to,
                 "The guest did not start: its firmware is of format '%s' and its variable store "
                 "of '%s';",
                 m->name, m->other);
        put_line(to, "libvirt takes both of one format only. Convert the store to the firmware's, "
                     "and name its");
        put_line(to, "format in the XML:");
        put_line(to, "    qemu-img convert -O %s VARS NEW_VARS    # <nvram format='%s'>",
                 strcmp(m->name, "qcow2") == 0 ? "qcow2" : "raw",
                 strcmp(m->name, "qcow2") == 0 ? "qcow2" : "raw");
        break;
    case LOG_FIRMWARE_UNIT:
        put_line(to,
                 "QEMU did not start: it was given a variable store as flash unit %s, and no "
                 "firmware as the",
                 m->name);
        put_line(to, "unit before: -drive if=pflash,unit=0 is missing, in libvirt <loader "
                     "type='pflash'>.");
        break;
    case LOG_FIRMWARE_SMM:
        put_line(to, "The guest did not start: its firmware has Secure Boot, which needs SMM. In "
                     "libvirt: machine");
        put_line(to, "type q35, and <smm state='on'/> in <features>; or firmware without Secure "
                     "Boot.");
        break;
    case LOG_FIRMWARE_MACHINE:
        put_line(to, "The guest did not start: its firmware has Secure Boot, which needs machine "
                     "type q35. A guest");
        put_line(to, "keeps its type for life: give this one firmware without Secure Boot "
                     "(secure='no' in <loader>).");
        put_line(to, "What the firmware files of this host are:");
        put_line(to, "    romcompat flash map");
        break;
    default:
        explain_flash_size(to, m);
    }
}

void explain_refusal(FILE *to, const struct logged_refusal *f)
{
    switch (f->message.kind) {
    case LOG_LENGTHS:
        explain_lengths(to, f);
        break;
    case LOG_TOO_LARGE:
        explain_too_large(to, &f->message);
        break;
    case LOG_UNKNOWN:
        explain_unknown(to, f);
        break;
    case LOG_MACHINE_DIFFERS:
    case LOG_MACHINE_UNKNOWN:
    case LOG_MACHINE_UNNAMED:
        explain_machine(to, &f->message);
        break;
    case LOG_RAM_PAGES:
    case LOG_RAM_CONTENT:
    case LOG_STREAM:
    case LOG_STREAM_CUT:
    case LOG_CONNECTION:
        explain_stream(to, &f->message);
        break;
    case LOG_RAM:
    case LOG_DEVICE:
    case LOG_DEVICE_UNKNOWN:
    case LOG_CAPABILITY:
        explain_state(to, &f->message);
        break;
    case LOG_ROM_MISSING:
    case LOG_ROM_DENIED:
    case LOG_ROM_EMPTY:
    case LOG_ROM_UNREADABLE:
    case LOG_ROM_HUGE:
        explain_rom_file(to, &f->message);
        break;
    case LOG_ROM_OVER_SIZE:
    case LOG_ROMSIZE_ODD:
    case LOG_ROMSIZE_UNKNOWN:
        explain_romsize(to, f);
        break;
    default:
        explain_firmware(to, &f->message);
    }
}
