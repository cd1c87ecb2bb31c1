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
