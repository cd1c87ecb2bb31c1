#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# QEMU from start to its first answer over QMP: the patched build with a map of 1,000
# rules against the same build without the library. Aim: within 1 % or 1 ms.
set -eu
BUILD=${ROMCOMPAT_BUILD:-build/release}
QEMU=build/qemu
PAIRS=${PAIRS:-100}

echo "QEMU start to first QMP answer, with 1,000 rules and without the library"
if ! [ -e $QEMU/bin/patched-7.2-x86_64 ] || ! [ -d $QEMU/roms/old ]; then
    echo "  no patched QEMU in $QEMU: make check-qemu builds it"
    exit 0
fi

maps=$(mktemp -d)
trap 'rm -rf "$maps"' EXIT
mkdir "$maps/romcompat.d"
{
    echo "romcompat-map 1"
    echo "set thousand"
    for i in $(seq 39); do echo "  machine pc-i440fx-type$i"; done
    # The 40th machine line and the 25th rom line: the rule that holds.
    echo "  machine pc-i440fx - 7.2"
    for i in $(seq 24); do echo "  rom efi-other$i.rom 262144 256k-efi-other$i.rom"; done
    echo "  rom efi-virtio.rom 262144 256k-efi-virtio.rom"
    echo "end"
} >"$maps/romcompat.d/thousand.map"

for version in 7.2 10.0; do
    [ -e "$QEMU/bin/patched-$version-x86_64" ] || continue
    debian=$QEMU/debian12
    [ $version = 7.2 ] || debian=$QEMU/debian13
    echo "QEMU $version, one virtio-net-pci:"
    "$BUILD/tests/bench/qemu_start" "$PAIRS" $QEMU/bin/patched-$version-x86_64 \
        $QEMU/bin/control-$version-x86_64 -nodefaults -no-user-config -display none -accel tcg -m 32 -S \
        -M pc-i440fx-7.2 -L $QEMU/roms/old -L "$maps" -L $debian/usr/share/seabios \
        -L $debian/usr/share/qemu -device virtio-net-pci -qmp stdio
done
