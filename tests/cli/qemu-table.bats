#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common
load stock

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_stock_host
}

table() {
    romcompat qemu-table --maps maps --qemu ./qemu-7 "$@"
}

# QEMU's own headers, as far as the table needs them.
compile() { # FILE MACHINE: prints the properties that the machine type gets
    mkdir -p hw qemu
    cat > qemu/osdep.h << 'C'
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#define G_N_ELEMENTS(a) (sizeof(a) / sizeof *(a))
typedef struct { const char *driver, *property, *value; } GlobalProperty;
typedef struct { const char *name; int compat_props; } MachineClass;
static void compat_props_add(int to, GlobalProperty *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s.%s=%s\n", p[i].driver, p[i].property, p[i].value);
    (void)to;
}
C
    : > hw/boards.h
    : > hw/qdev-properties.h
    { cat "$1"; echo 'int main(void) { MachineClass mc = {"'"$2"'", 0}; romcompat_compat_props_add(&mc); return 0; }'; } > main.c
    ${CC:-cc} -Wall -Wextra -Werror -I. -o table main.c && ./table
}

@test "a ROM of another length gets its length, through the parent of its siblings" {
    run -0 --separate-stderr table --firmware small
    printf '%s\n' "$output" > table.c
    run -0 compile table.c pc-i440fx-7.2
    [ "$output" = "virtio-net-pci-base.romsize=262144" ]
    run -0 compile table.c pc-q35-7.2
    [ "$output" = "virtio-net-pci-base.romsize=262144" ]
    run -0 compile table.c pc-i440fx-8.0
    [ -z "$output" ]
}

@test "a ROM that has outgrown its length gets a file for each id, by its bare name" {
    run -0 --separate-stderr table --firmware grown --firmware compat
    output_has "must be made of" "romcompat pad --bucket 262144 --ids 8086:100c 256k-efi-e1000.rom -o 256k-efi-e1000.8086-100c.rom"
    printf '%s\n' "$output" > table.c
    run -0 compile table.c pc-i440fx-7.2
    [ "$output" = "virtio-net-pci.romfile=256k-efi-virtio.1af4-1000.rom
virtio-net-pci-transitional.romfile=256k-efi-virtio.1af4-1000.rom
virtio-net-pci-non-transitional.romfile=256k-efi-virtio.rom
e1000.romfile=256k-efi-e1000.rom
e1000-82544gc.romfile=256k-efi-e1000.8086-100c.rom" ]
}

@test "devices can be named, and stand for their siblings" {
    run -0 --separate-stderr table --firmware grown --firmware compat e1000-82544gc
    output_has '{ "e1000", "romfile"' '{ "e1000-82544gc", "romfile"'
    output_lacks virtio-net-pci\"
}

@test "a name that this QEMU does not know is an error: ne2000" {
    run -2 --separate-stderr table --firmware small ne2000
    [ -z "$output" ]
    output_has "ne2000: this QEMU has no such device type"
    run -2 table --firmware small e1000-82545em
    output_has "Did you mean e1000-82544gc?"
}

@test "json has the same properties" {
    run -0 --separate-stderr table --json --firmware small
    output_has '"driver": "virtio-net-pci-base"' '"property": "romsize"' '"value": "262144"' '"pc-i440fx-7.2",' '"pc-q35-7.2"'
    output_lacks pc-i440fx-8.0 '"pc"'
    run -0 --separate-stderr table --json --firmware grown --firmware compat
    output_has '"roms_to_make"' '"file": "256k-efi-virtio.1af4-1000.rom"' '"ids": "1af4:1000"'
}

@test "a file that is not there is status 1, and so is nothing to say" {
    run -1 --separate-stderr table --firmware grown
    output_has "neither efi-e1000.rom nor 256k-efi-e1000.rom there fits" "install the package some-compat"
    run -1 table --firmware small e1000
    output_has "no machine type of it needs a property"
}

@test "wrong usage is status 2" {
    run -2 table -f yaml
    output_has "unknown option"
    run -2 romcompat qemu-table --maps maps --firmware small
    output_has "--qemu is missing"
    run -2 table --firmware small e1000,id=a
    output_has "is not a device type"
}
