/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_log.h"

#include <stdlib.h>

#include "tap.h"

/* The last message of a text, and how many there were. */
struct seen {
    struct log_message m;
    size_t count, line;
};

static void take(void *arg, const struct log_message *m, size_t line)
{
    struct seen *seen = arg;

    seen->m = *m;
    seen->line = line;
    seen->count++;
}

static struct seen read_copy(const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(n ? n : 1); /* no NUL behind it */
    struct log_scan scan = {0};
    struct seen seen = {0};

    memcpy(copy, text, n);
    if (migration_log_scan(&scan, copy, n, true, take, &seen) != n)
        seen.count = 999;
    free(copy);
    return seen;
}

/* A text, the one message in it, and its fields; what a kind does not have is 0 or "". */
static const struct message {
    const char *says; /* completes "The text ..." */
    const char *text;
    enum log_kind kind;
    const char *name, *other;
    uint64_t guest, there;
} messages[] = {
    {"of QEMU 5.2 and later has both lengths",
     "2026-11-20T10:00:01.0Z qemu-system-x86_64: Size mismatch: 0000:00:03.0/virtio-net-pci.rom: "
     "0x40000 != 0x80000: Invalid argument",
     LOG_LENGTHS, "0000:00:03.0/virtio-net-pci.rom", "", 0x40000, 0x80000},
    {"of a device that the destination lacks has its name",
     "Unknown savevm section or instance '0000:00:04.0/virtio-blk' 0. Make sure that your current "
     "VM "
     "setup matches your saved VM setup, including any hotplugged devices",
     LOG_DEVICE_UNKNOWN, "0000:00:04.0/virtio-blk", "", 0, 0},
    {"of a device state of another length has its name",
     "qemu-system-x86_64: Missing section footer for 0000:00:03.0/virtio-net", LOG_DEVICE,
     "0000:00:03.0/virtio-net", "", 0, 0},
    {"of a section of RAM without its end is about RAM",
     "qemu-system-x86_64: Missing section footer for ram", LOG_RAM, "", "", 0, 0},
    {"of a section of RAM in brackets is about RAM", "(kvm: Missing section footer for ram)",
     LOG_RAM, "", "", 0, 0},
    {"of a section that begins with ram is about that device", "Missing section footer for ramfb",
     LOG_DEVICE, "ramfb", "", 0, 0},
    {"of a section of RAM is about its content", "error while loading state section id 2(ram)",
     LOG_RAM_CONTENT, "", "", 0, 0},
    {"of a section of a device whose name ends with ram is about that device",
     "error while loading state section id 2(nvram)", LOG_DEVICE, "nvram", "", 0, 0},
    {"of pages of another size has the block",
     "Mismatched RAM page size pc.ram (local) 4096 != 2097152", LOG_RAM_PAGES, "pc.ram", "", 0, 0},
    {"of flags that are not known is about the stream",
     "kvm: Unknown combination of migration flags: 0x10", LOG_STREAM, "", "", 0, 0},
    {"of a block without a length is that of a stream that ended",
     "Size mismatch: pc.ram: 0x0 != 0x4000000: Invalid argument", LOG_STREAM_CUT, "", "", 0, 0},
    {"of a block without a name is that of a stream that ended",
     "Unknown ramblock \"\", cannot accept migration", LOG_STREAM_CUT, "", "", 0, 0},
    {"of a stream that ended says so", "load of migration failed: Input/output error",
     LOG_STREAM_CUT, "", "", 0, 0},
    {"of a device that the destination lacks is known as QEMU 10.2 has it",
     "Unknown section or instance '0000:00:04.0/virtio-blk' 0. Make sure that", LOG_DEVICE_UNKNOWN,
     "0000:00:04.0/virtio-blk", "", 0, 0},
    {"of a ROM that may not be opened says so",
     "Could not open option rom 'a.rom': Permission "
     "denied",
     LOG_ROM_DENIED, "a.rom", "", 0, 0},
    {"of a stream without a machine type says so",
     "qemu-system-x86_64: Configuration section missing", LOG_MACHINE_UNNAMED, "", "", 0, 0},
    {"of an unsupported machine type leaves its properties out",
     "-machine pc-q35-11.0,accel=kvm,usb=off: unsupported machine type", LOG_MACHINE_UNKNOWN,
     "pc-q35-11.0", "", 0, 0},
    {"of an unsupported machine type finds it behind type=",
     "-machine accel=kvm,type=pc-q35-11.0: unsupported machine type", LOG_MACHINE_UNKNOWN,
     "pc-q35-11.0", "", 0, 0},
    {"of libvirt's capabilities has the machine type",
     "invalid argument: the machine 'pc-q35-99.0' is not supported by emulator '/usr/bin/x'",
     LOG_MACHINE_UNKNOWN, "pc-q35-99.0", "", 0, 0},
    {"of tail(1) begins another guest's log", "==> /var/log/libvirt/qemu/web.log <==", LOG_START,
     "/var/log/libvirt/qemu/web.log", "", 0, 0},
    {"of QEMU before 5.2 has both lengths",
     "Length mismatch: 0000:00:03.0/e1000.rom: 0x40000 in != 0x20000: Invalid argument",
     LOG_LENGTHS, "0000:00:03.0/e1000.rom", "", 0x40000, 0x20000},
    {"of QEMU 1.6 to 2.1 has hexadecimal lengths without 0x",
     "Length mismatch: 0000:00:03.0/e1000.rom: 10000 in != 20000", LOG_LENGTHS,
     "0000:00:03.0/e1000.rom", "", 0x10000, 0x20000},
    {"of QEMU up to 1.5 has the guest's length in decimal",
     "Length mismatch: 0000:00:03.0/e1000.rom: 65536 in != 20000", LOG_LENGTHS,
     "0000:00:03.0/e1000.rom", "", 0x10000, 0x20000},
    {"inside an error of libvirt has lengths of 64 bits",
     "(vm='g'): Size mismatch: pc.bios: 0x40000 != 0xffffffffffffffff", LOG_LENGTHS, "pc.bios", "",
     0x40000, UINT64_MAX},
    {"with a colon and 0x in the block's name has that name",
     "Size mismatch: odd: 0x name: 0x1 != 0x2", LOG_LENGTHS, "odd: 0x name", "", 1, 2},
    {"that is wrapped before the lengths is read",
     "Length mismatch: 0000:00:03.0/e1000.rom:\n0x40000 in != 0x80000: Invalid argument",
     LOG_LENGTHS, "0000:00:03.0/e1000.rom", "", 0x40000, 0x80000},
    {"that is wrapped between its first words is read",
     "Size\nmismatch: 0000:00:03.0/e1000.rom: 0x40000 != 0x80000", LOG_LENGTHS,
     "0000:00:03.0/e1000.rom", "", 0x40000, 0x80000},
    {"that a terminal wrapped inside the block's name is read",
     "Size mismatch: 0000:00:03.0/e10\n00.rom: 0x40000 != 0x80000", LOG_LENGTHS,
     "0000:00:03.0/e1000.rom", "", 0x40000, 0x80000},
    {"that is wrapped inside the first length is read", "Size mismatch: x: 0x40\n000 != 0x80000",
     LOG_LENGTHS, "x", "", 0x40000, 0x80000},
    {"that is wrapped inside the last length is read as far as QEMU's reason follows",
     "Size mismatch: x: 0x40000 != 0x80\n000: Invalid argument", LOG_LENGTHS, "x", "", 0x40000,
     0x80000},
    {"with another line behind the last length ends there",
     "Size mismatch: x: 0x40000 != 0x80000\ndead: beef", LOG_LENGTHS, "x", "", 0x40000, 0x80000},
    {"that is quoted in a mail and wrapped is read",
     "> > Size mismatch:\n> > 0000:00:03.0/e1000.rom: 0x40000\n> > != 0x80000", LOG_LENGTHS,
     "0000:00:03.0/e1000.rom", "", 0x40000, 0x80000},
    {"that a table breaks inside the block's name has no edge in it",
     "| Size mismatch: 0000:00:03.0 |\n| /e1000.rom: 0x40000 !=      |\n| 0x80000                  "
     "   |",
     LOG_LENGTHS, "0000:00:03.0/e1000.rom", "", 0x40000, 0x80000},
    {"that a table breaks inside words and numbers is read",
     "| Size mism |\n| atch: x:  |\n| 0x40      |\n| 000 !=    |\n| 0x80000   |", LOG_LENGTHS, "x",
     "", 0x40000, 0x80000},
    {"that is wrapped before its sign has both lengths",
     "Size too large: x: 0x200000\n> 0x20000: Invalid argument", LOG_TOO_LARGE, "x", "", 0x200000,
     0x20000},
    {"that is quoted in a mail and wrapped before its sign has both lengths",
     "> Size too large: x: 0x200000\n> > 0x20000: Invalid argument", LOG_TOO_LARGE, "x", "",
     0x200000, 0x20000},
    {"that is quoted in a mail and wrapped behind its sign has both lengths",
     "> Size too large: x: 0x200000 >\n> 0x20000: Invalid argument", LOG_TOO_LARGE, "x", "",
     0x200000, 0x20000},
    {"of an ACPI table that grew has the limit",
     "Size too large: /rom@etc/acpi/tables: 0x200000 > 0x20000: Invalid argument", LOG_TOO_LARGE,
     "/rom@etc/acpi/tables", "", 0x200000, 0x20000},
    {"of an ACPI table that grew is known as QEMU before 5.2 had it",
     "Length too large: /rom@etc/acpi/tables: 0x200000 > 0x20000: Invalid argument", LOG_TOO_LARGE,
     "/rom@etc/acpi/tables", "", 0x200000, 0x20000},
    {"of an unknown block has its name",
     "qemu: Unknown ramblock \"0000:00:03.0/e1000.rom\", cannot accept migration", LOG_UNKNOWN,
     "0000:00:03.0/e1000.rom", "", 0, 0},
    {"of an unknown block is wrapped inside the quotes",
     "qemu: Unknown ramblock\n\"0000:00:03.0/\ne1000.rom\", cannot accept migration", LOG_UNKNOWN,
     "0000:00:03.0/e1000.rom", "", 0, 0},
    {"has only what came of a refused block",
     "error while loading state for instance 0x0 of device 'ram'", LOG_RAM, "", "", 0, 0},
    {"of a refused device has its name",
     "error while loading state for instance 0x0 of device '0000:00:03.0/virtio-net'", LOG_DEVICE,
     "0000:00:03.0/virtio-net", "", 0, 0},
    {"of an unknown capability has its name", "Received unknown capability mapped-ram",
     LOG_CAPABILITY, "mapped-ram", "", 0, 0},
    {"of two machine types has both", "Machine type received is 'virt-6.2' and local is 'virt-7.1'",
     LOG_MACHINE_DIFFERS, "virt-6.2", "virt-7.1", 0, 0},
    {"of an unsupported machine type has the type of the option",
     "qemu: -machine pc-q35-9.2: unsupported machine type", LOG_MACHINE_UNKNOWN, "pc-q35-9.2", "",
     0, 0},
    {"of an unsupported machine type may have no type", "qemu: unsupported machine type",
     LOG_MACHINE_UNKNOWN, "", "", 0, 0},
    {"of libvirt has the machine type that the emulator lacks",
     "Emulator '/usr/bin/kvm' does not support machine type 'pc-q35-rhel9.4.0'",
     LOG_MACHINE_UNKNOWN, "pc-q35-rhel9.4.0", "", 0, 0},

    {"of a missing romfile has its name",
     "-device x,netdev=n: failed to find romfile \"compat-256k-efi-virtio.rom\"", LOG_ROM_MISSING,
     "compat-256k-efi-virtio.rom", "", 0, 0},
    {"of a missing -option-rom has its name",
     "Could not open option rom 'kvmvapic.bin': No such file or directory", LOG_ROM_MISSING,
     "kvmvapic.bin", "", 0, 0},
    {"of an empty romfile has its name", "romfile \"a.rom\" is empty", LOG_ROM_EMPTY, "a.rom", "",
     0, 0},
    {"of a missing -option-rom has its name as QEMU 10.0 has it",
     "rom: file a.rom               : error Failed to open file \"/b/a.rom\": No such",
     LOG_ROM_MISSING, "/b/a.rom", "", 0, 0},
    {"of a romfile that was not read has its name", "failed to load romfile \"a.rom\"",
     LOG_ROM_UNREADABLE, "a.rom", "", 0, 0},
    {"of a romfile above 2 GiB has its name",
     "romfile \"a.rom\" too large (size cannot exceed 2 GiB)", LOG_ROM_HUGE, "a.rom", "", 0, 0},
    {"of a romfile above romsize has both sizes",
     "romfile \"big.rom\" (300000 bytes) is too large for ROM size 262144", LOG_ROM_OVER_SIZE,
     "big.rom", "", 300000, 262144},
    {"of an odd romsize has it", "ROM size 262145 is not a power of two", LOG_ROMSIZE_ODD, "", "",
     0, 262145},
    {"of a device without romsize has its type", "Property 'virtio-net-pci.romsize' not found",
     LOG_ROMSIZE_UNKNOWN, "virtio-net-pci", "", 0, 0},
    {"of a property romsize without a device is known", "Property '.romsize' not found",
     LOG_ROMSIZE_UNKNOWN, "", "", 0, 0},

    {"of libvirt before 9.2 that has no firmware names the type",
     "Unable to find any firmware to satisfy 'efi'", LOG_FIRMWARE_NONE, "efi", "", 0, 0},
    {"of libvirt that has no fitting firmware names the type",
     "Unable to find 'efi' firmware that is compatible with the current configuration",
     LOG_FIRMWARE_NONE, "efi", "", 0, 0},
    {"of a file that was not opened has the reason",
     "Could not open '/usr/share/OVMF/OVMF_CODE.fd': No such file or directory", LOG_FILE,
     "/usr/share/OVMF/OVMF_CODE.fd", "No such file or directory", 0, 0},
    {"of a file that was not opened has no more than the reason, in JSON",
     "{\"msg\":\"Could not open '/a/OVMF_CODE.fd': No such file or directory\",\"pos\":\"a:1\"}",
     LOG_FILE, "/a/OVMF_CODE.fd", "No such file or directory", 0, 0},
    {"of a file that was not opened has no more than the reason, with Perl's place behind it",
     "Could not open '/a/OVMF_CODE.fd': Permission denied at /usr/share/perl5/x.pm line 1.",
     LOG_FILE, "/a/OVMF_CODE.fd", "Permission denied", 0, 0},
    {"of a file that was not opened has the reason where it is wrapped",
     "Could not open '/a/OVMF_CODE.fd':\n> Permission\n> denied", LOG_FILE, "/a/OVMF_CODE.fd",
     "Permission denied", 0, 0},
    {"of a file that was not opened has a translated reason",
     "Could not open '/a/x.fd': Datei oder Verzeichnis nicht gefunden\"}", LOG_FILE, "/a/x.fd",
     "Datei oder Verzeichnis nicht gefunden", 0, 0},
    {"of a BIOS that was not loaded has its name", "qemu: could not load PC BIOS 'bios.bin'",
     LOG_FIRMWARE_BIOS, "bios.bin", "", 0, 0},
    {"of a firmware image that Arm's QEMU did not find has its name",
     "Could not find ROM image 'QEMU_EFI.fd'", LOG_FIRMWARE_FILE, "QEMU_EFI.fd", "", 0, 0},
    {"of a firmware without a template has the firmware",
     "unable to find any master var store for loader: /usr/share/OVMF/OVMF_CODE.fd",
     LOG_FIRMWARE_TEMPLATE, "/usr/share/OVMF/OVMF_CODE.fd", "", 0, 0},
    {"of two formats has both", "Format mismatch: loader.format='qcow2' nvram.format='raw'",
     LOG_FIRMWARE_FORMATS, "qcow2", "raw", 0, 0},
    {"of a flash image of a wrong size has it",
     "system firmware block device pflash0 has invalid size 296960", LOG_FIRMWARE_SIZE, "pflash0",
     "", 0, 296960},
    {"of a flash image of QEMU before 1.7 is known",
     "qemu: PC system firmware (pflash) must be a multiple of 0x1000", LOG_FIRMWARE_SIZE, "", "", 0,
     0},
    {"of libvirt about a file that its user cannot read has the reason",
     "Cannot access storage file '/a/g_VARS.fd' (as uid:64055, gid:104): Permission denied",
     LOG_FILE, "/a/g_VARS.fd", "Permission denied", 0, 0},
    {"of flash images that are too large together has the limit",
     "combined size of system firmware exceeds 8388608 bytes", LOG_FIRMWARE_TOTAL, "", "", 0,
     8388608},
    {"of flash images of QEMU up to 3.1 that are too large has the limit",
     "oversized backing file, pflash segments cannot be mapped under 00000000ff800000",
     LOG_FIRMWARE_TOTAL, "", "", 0, 8388608},
    {"of a flash device has its size and the file's",
     "device requires 67108864 bytes, block backend provides 786432 bytes", LOG_FIRMWARE_DEVICE, "",
     "", 67108864, 786432},
    {"of a flash device is known as QEMU from 9.0 on has it",
     "cfi.pflash01 device 'virt.flash0' requires 67108864 bytes, pflash0 block backend provides "
     "786432 bytes",
     LOG_FIRMWARE_DEVICE, "", "", 67108864, 786432},
    {"of a store without firmware has the unit", "qemu: pflash1 requires pflash0",
     LOG_FIRMWARE_UNIT, "1", "", 0, 0},

    {"of a command line has the machine type", "-machine pc-q35-7.2,usb=off \\", LOG_MACHINE,
     "pc-q35-7.2", "", 0, 0},
    {"of a command line has the machine type behind type=",
     "qemu-system-arm -machine type=virt-9.2", LOG_MACHINE, "virt-9.2", "", 0, 0},
    {"of a command line has the machine type behind other keys",
     "/usr/bin/kvm -id 100 -machine accel=tcg,smm=off,type=pc-q35-9.0+pve0 -S", LOG_MACHINE,
     "pc-q35-9.0+pve0", "", 0, 0},
    {"of a command line has a machine type in quotes",
     "/usr/bin/kvm -id 100 -machine 'hpet=off,type=pc-i440fx-9.2+pve1' -S", LOG_MACHINE,
     "pc-i440fx-9.2+pve1", "", 0, 0},
    {"of a command line has a machine type in quotes behind its key",
     "-machine type=\"pc-q35-7.2\",x=y", LOG_MACHINE, "pc-q35-7.2", "", 0, 0},
    {"of a command line has the machine type behind -M", "qemu -M q35", LOG_MACHINE, "q35", "", 0,
     0},
    {"of a command line that goes on in other lines has the type behind -M",
     "/usr/bin/qemu-system-x86_64 \\\n-name g \\\n-M pc-q35-7.2 \\\n", LOG_MACHINE, "pc-q35-7.2",
     "", 0, 0},
    {"of a list of words has the machine type",
     "process arguments '-bios, OVMF.fd, -machine, virt-6.2,gic-version=3, -accel, hvf'",
     LOG_MACHINE, "virt-6.2", "", 0, 0},
    {"of a JSON list of words has the machine type",
     "[\"qemu-system-aarch64\", \"-M\", \"virt-6.2\"]", LOG_MACHINE, "virt-6.2", "", 0, 0},
    {"of libvirt's XML has the machine type", "<type arch='x86_64' machine='pc-q35-9.2'>hvm</type>",
     LOG_MACHINE, "pc-q35-9.2", "", 0, 0},
    {"of Proxmox's configuration has the machine type", "machine: pc-i440fx-9.2+pve1", LOG_MACHINE,
     "pc-i440fx-9.2+pve1", "", 0, 0},
    {"of a file that grep names says so", "/var/log/libvirt/qemu/web.log:2026: x", LOG_OF_FILE,
     "/var/log/libvirt/qemu/web.log", "", 0, 0},
    {"of a domain that was started says so", "starting up libvirt version", LOG_START, "", "", 0,
     0},
    {"of a domain that ended has the reason", "shutting down, reason=migrated", LOG_ENDED,
     "migrated", "", 0, 0},
    {"of QMP says that QEMU is done with a guest",
     "{\"timestamp\": {\"seconds\": 1}, \"event\": \"MIGRATION\", \"data\": {\"status\": "
     "\"completed\"}}",
     LOG_COMPLETED, "", "", 0, 0},
    {"of QMP says that a guest is sent",
     "{\"arguments\": {\"uri\": \"tcp:h:1\"}, \"execute\": \"migrate\"}", LOG_OUTGOING, "", "", 0,
     0},
    {"of a monitor says that a guest is sent", "(qemu) migrate -d tcp:h:1", LOG_OUTGOING, "", "", 0,
     0},
    {"of QMP says that a guest is awaited", "{\"execute\": \"migrate-incoming\"}", LOG_INCOMING, "",
     "", 0, 0},
    {"of a monitor says that QEMU is done with a guest", "Migration status: completed",
     LOG_COMPLETED, "", "", 0, 0},
    {"of a failed migration is no more than that",
     "qemu: load of migration failed: Invalid argument", LOG_FAILED, "", "", 0, 0},
    {"of any other error of QEMU's shows that something failed",
     "2024-01-01T10:00:00.0Z /usr/bin/qemu-system-x86_64: Not a migration stream", LOG_FAILED, "",
     "", 0, 0},
    {"of another error of KVM's QEMU is an error, too",
     "kvm: get_pci_config_device: Bad config data: i=0x10", LOG_FAILED, "", "", 0, 0},
    {"of a migration that was cancelled is no arrival", "Migration status: cancelled", LOG_FAILED,
     "", "", 0, 0},
};

static const struct {
    const char *says, *text;
    unsigned major, minor, micro;
} versions[] = {
    {"libvirt's log", "qemu version: 7.2.22Debian 1:7.2+dfsg-7", 7, 2, 22},
    {"--version", "QEMU emulator version 10.0.3 (Debian 1:10.0.3)", 10, 0, 3},
    {"--version of QEMU 1.0", "QEMU PC emulator version 1.0 (qemu-kvm-1.0)", 1, 0, 0},
    {"a log in quotes", "running QEMU version '8.2.1'", 8, 2, 1},
    {"a monitor", "QEMU 2.11.1 monitor - type 'help' for more information", 2, 11, 1},
    {"pveversion", "pve-qemu-kvm: 9.2.0-7", 9, 2, 0},
    {"QMP's greeting",
     "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 3, \"minor\": 0, \"major\": 10}, ", 10, 0, 3},
    {"QMP's greeting without blanks",
     "{\"QMP\":{\"version\":{\"qemu\":{\"major\":11,\"micro\":2,"
     "\"minor\":1},",
     11, 1, 2},
};

static const struct {
    const char *says, *text;
} nothings[] = {
    {"An empty text", ""},
    {"A version without a number", "qemu version: "},
    {"A version of one number", "qemu version: 7"},
    {"The option -machine without a type", "-machine "},
    {"The option -M of ssh", "ssh -M virt-host1"},
    {"The option -M of another program on QEMU's line", "qemu -nographic; ssh -M pc-q35-7.2"},
    {"The option -M behind a message of QEMU", "kvm: info: starting ssh -M pc-q35-7.2"},
    {"A warning of QEMU's", "qemu-system-x86_64: warning: host doesn't support requested feature"},
    {"A warning about an option", "qemu-kvm: -device x: warning: 'x' is deprecated"},
    {"The end of a guest that ran", "qemu-system-x86_64: terminating on signal 15 from pid 1"},
    {"A message of another program", "qemu-img: Not a migration stream"},
    {"The option --machine of virt-install", "virt-install --machine pc-q35-7.2"},
    {"The option -machine in prose", "the -machine option of QEMU"},
    {"A list of machine types", "qemu-system-x86_64 -machine help"},
    {"A status of something else", "\"status\": \"completed\""},
};

/* Messages that are cut, or have another form: something failed, and no more is known. */
static const struct {
    const char *says, *text;
} cuts[] = {
    {"A source's text of a missing romfile",
     "error_setg(errp, 'failed to find romfile \"%s\"', pdev->romfile);"},
    {"A message about any romfile", "If you see failed to find romfile \"...\""},
    {"A machine type of prose", "Of \"unsupported machine type\" more is told elsewhere"},
    {"A mismatch without a block", "Size mismatch: "},
    {"A mismatch with one length", "Size mismatch: x: 0x1"},
    {"A mismatch that is cut before the second length", "Size mismatch: x: 0x1 != "},
    {"A mismatch whose second length has no 0x", "Size mismatch: x: 0x1 != 2"},
    {"A mismatch of a block without a name", "Size mismatch: : 0x1 != 0x2"},
    {"A mismatch with a length of 65 bits", "Size mismatch: x: 0x10000000000000000 != 0x2"},
    {"An unknown block whose name does not end", "Unknown ramblock \"x"},
    {"An unknown block without a name", "Unknown ramblock \"\""},
};

static void check_message(const struct message *t)
{
    struct seen seen = read_copy(t->text);

    if (!ok(seen.count == 1 && seen.m.kind == t->kind, "The text %s: it is recognized", t->says))
        printf("# %zu messages, the last of kind %d\n", seen.count, seen.m.kind);
    is_text(seen.m.name, t->name, "The text %s: its name is right", t->says);
    is_text(seen.m.other, t->other, "The text %s: its second name is right", t->says);
    is_int(seen.m.guest, t->guest, "The text %s: the guest's number is right", t->says);
    is_int(seen.m.there, t->there, "The text %s: the destination's number is right", t->says);
}

static void check_pieces(void)
{
    char *text = malloc(30000);
    struct log_scan scan = {0};
    struct seen seen = {0};
    size_t size = 0, at = 0;

    while (size < 20000)
        size += (size_t)sprintf(text + size, "line\n");
    size += (size_t)sprintf(text + size, "Size mismatch: x: 0x1 != 0x2\n");
    for (size_t end = 0; end < size; end = end + 5000 < size ? end + 5000 : size) {
        bool is_last = end + 5000 >= size;

        at += migration_log_scan(&scan, text + at, (is_last ? size : end + 5000) - at, is_last,
                                 take, &seen);
        if (is_last)
            break;
    }
    ok(seen.count == 1 && seen.line == 4001, "A message is found with its line in a text that is "
                                             "read in parts");
    free(text);
}

int main(void)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        check_message(&messages[i]);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct seen seen = read_copy(versions[i].text);
        const struct qemu_version *v = &seen.m.version;

        ok(seen.count == 1 && seen.m.kind == LOG_VERSION && v->major == versions[i].major &&
               v->minor == versions[i].minor && v->micro == versions[i].micro,
           "QEMU's version is read as %s has it", versions[i].says);
    }
    for (size_t i = 0; i < sizeof nothings / sizeof *nothings; i++)
        is_int(read_copy(nothings[i].text).count, 0, "%s is no message", nothings[i].says);

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct seen one = read_copy(cuts[i].text);

        ok(one.count == 1 && one.m.kind == LOG_FAILED, "%s is a failure, and no more",
           cuts[i].says);
    }

    char text[600] = "Could not open 'a.fd': ";
    memset(text + strlen(text), 'r', 400);
    is_int((int)strlen(read_copy(text).m.other), LOG_NAME_MAX, "A long reason is cut");
    memset(text, 0, sizeof text);
    strcpy(text, "Size mismatch: ");
    memset(text + 15, 'n', 256);
    strcpy(text + 15 + 256, ": 0x1 != 0x2");
    struct seen seen = read_copy(text);
    ok(seen.count == 1 && seen.m.kind == LOG_FAILED, "A block's name of 256 bytes is no name");
    seen = read_copy("Length mismatch: x: 10000 in != 20000");
    ok(seen.m.last.major == 2 && seen.m.last.minor == 1,
       "A length without 0x is of QEMU 2.1 or before");
    seen = read_copy("Length mismatch: x: 0x1 in != 0x2");
    ok(seen.m.last.major == 5 && seen.m.last.minor == 1,
       "'Length mismatch' is of QEMU 5.1 or before");
    seen = read_copy("one\ntwo\vthree\ffour\nerror: Size mismatch: x: 0x1 != 0x2");
    is_int(seen.line, 4, "A message's line counts only breaks of the file");
    check_pieces();
    return tap_done();
}
