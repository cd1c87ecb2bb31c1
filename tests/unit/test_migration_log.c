/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_log.h"

#include <stdlib.h>

#include "tap.h"

static struct log_line read_copy(const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(n ? n : 1); /* no NUL behind it */

    memcpy(copy, text, n);
    struct log_line l = migration_log_read(copy, n);
    free(copy);
    return l;
}

static void lengths(const char *text, const char *name, uint64_t guest, uint64_t there)
{
    struct log_line l = read_copy(text);

    is_int(l.kind, LOG_LENGTHS, "%s", text);
    is_text(l.name, name, "names the block");
    is_int(l.guest, guest, "the guest's length");
    is_int(l.there, there, "the destination's length");
}

static void nothing(const char *text)
{
    is_int(read_copy(text).kind, LOG_NOTHING, "'%s' says nothing", text);
}

int main(void)
{
    lengths("2026-11-20T10:00:01.0Z qemu-system-x86_64: Size mismatch: "
            "0000:00:03.0/virtio-net-pci.rom: "
            "0x40000 != 0x80000: Invalid argument",
            "0000:00:03.0/virtio-net-pci.rom", 0x40000, 0x80000);
    lengths("Length mismatch: 0000:00:03.0/e1000.rom: 0x40000 in != 0x20000: Invalid argument",
            "0000:00:03.0/e1000.rom", 0x40000, 0x20000);
    lengths("error: internal error: QEMU unexpectedly closed the monitor (vm='g'): Size mismatch: "
            "pc.bios: 0x40000 != 0xffffffffffffffff",
            "pc.bios", 0x40000, UINT64_MAX);
    lengths("Size mismatch: odd: 0x name: 0x1 != 0x2", "odd: 0x name", 1, 2);

    struct log_line l =
        read_copy("qemu: Unknown ramblock \"0000:00:03.0/e1000.rom\", cannot accept migration");
    ok(l.kind == LOG_UNKNOWN && !strcmp(l.name, "0000:00:03.0/e1000.rom"), "an unknown block");
    l = read_copy("starting up libvirt version: 9.0.0, qemu version: 7.2.22Debian");
    ok(l.kind == LOG_VERSION && l.major == 7 && l.minor == 2, "the version in libvirt's log");
    l = read_copy("-machine pc-q35-7.2,usb=off \\");
    ok(l.kind == LOG_MACHINE && !strcmp(l.name, "pc-q35-7.2"), "a machine type");
    l = read_copy("qemu -machine type=virt-9.2 -m 64");
    ok(l.kind == LOG_MACHINE && !strcmp(l.name, "virt-9.2"), "a machine type with its key");
    l = read_copy("qemu -M q35");
    ok(l.kind == LOG_MACHINE && !strcmp(l.name, "q35"), "a machine type after -M");

    nothing("");
    nothing("Size mismatch: ");
    nothing("Size mismatch: x: 0x1");
    nothing("Size mismatch: x: 0x1 != ");
    nothing("Size mismatch: x: 0x1 != 2");
    nothing("Size mismatch: : 0x1 != 0x2");
    nothing("Size mismatch: x: 0x10000000000000000 != 0x2");
    nothing("Unknown ramblock \"x");
    nothing("Unknown ramblock \"\"");
    nothing("qemu version: ");
    nothing("qemu version: 7");
    nothing("-machine ");

    char text[600] = "Size mismatch: ";
    memset(text + 15, 'n', 256);
    strcpy(text + 15 + 256, ": 0x1 != 0x2");
    nothing(text);
    return tap_done();
}
