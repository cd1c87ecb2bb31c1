#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# preflight against the QEMU of this machine. tests/qemu has the same with more versions.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    QEMU=$(command -v qemu-system-x86_64)
}

@test "every device with a ROM that this machine's QEMU has is known" {
    run -0 "$BUILD/tests/qemu/test_preflight_devices" "$QEMU"
    output_has "with a ROM, "
    output_lacks "not ok"
}

@test "a dozen guests fare as preflight says" {
    local rom
    mkdir -p work roms/{old,grown,small,empty}
    for rom in efi-virtio.rom efi-e1000e.rom vgabios-stdvga.bin; do
        truncate -s 250000 roms/old/$rom
        truncate -s 262145 roms/grown/$rom
        truncate -s 131072 roms/small/$rom
    done
    ROMCOMPAT_QEMU=$PWD ROMCOMPAT_BUILD=$BUILD run -0 "$BUILD/tests/qemu/test_preflight_here" "$QEMU"
    run -0 cat work/agreement.txt
    output_has "12 cases, 12 agree, 0 disagree" lands refused
}
