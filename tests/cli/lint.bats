#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

@test "every romset that is shipped is free of errors and warnings, alone and together" {
    run -0 romcompat lint "$TOP"/romsets/*.yaml
    output_has "no errors, no warnings"
}

@test "a mistake is named with file, line and column, and the status is 1" {
    sed 's/^bucket:/buckt:/' "$TOP/romsets/debian-12-ipxe-efi.yaml" > "$BATS_TEST_TMPDIR/r.yaml"
    run -1 romcompat lint "$BATS_TEST_TMPDIR/r.yaml"
    output_has "r.yaml:7:1: unknown key 'buckt' (did you mean 'bucket'?)" "lacks 'bucket'"
}

@test "a warning alone leaves the status 0" {
    sed 's/^machines:/machines:\n  - q35/' "$TOP/romsets/debian-12-ipxe-efi.yaml" > "$BATS_TEST_TMPDIR/r.yaml"
    run -0 romcompat lint "$BATS_TEST_TMPDIR/r.yaml"
    output_has "warning: " "'q35' is an alias"
}

@test "two romsets with two answers for one machine type are status 1" {
    sed 's/^romset: .*/romset: other/; s/^package: .*/package: other/; s/^bucket: .*/bucket: 512K/' \
        "$TOP/romsets/debian-12-ipxe-efi.yaml" > "$BATS_TEST_TMPDIR/r.yaml"
    run -1 romcompat lint "$TOP/romsets/debian-12-ipxe-efi.yaml" "$BATS_TEST_TMPDIR/r.yaml"
    output_has "'efi-virtio.rom' of 'pc-i440fx' gets another answer in"
}

@test "a file that is missing, no YAML, a directory or a FIFO is status 2" {
    run -2 romcompat lint "$BATS_TEST_TMPDIR/none.yaml"
    output_has "none.yaml: No such file or directory"
    printf 'a: [\n' > "$BATS_TEST_TMPDIR/bad.yaml"
    run -2 romcompat lint "$BATS_TEST_TMPDIR/bad.yaml"
    output_has "bad.yaml:2:1: "
    run -2 romcompat lint "$BATS_TEST_TMPDIR"
    output_has "not a regular file (found a directory)"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    run -2 timeout 5 romcompat lint "$BATS_TEST_TMPDIR/fifo"
    output_has "not a regular file (found a FIFO)"
}

@test "without a romset the status is 2" {
    run -2 romcompat lint
    output_has "a ROMSET is missing"
}

@test "control bytes in a file name do not reach the terminal" {
    run -2 romcompat lint "$BATS_TEST_TMPDIR/"$'\e[31mred'
    output_has '\x1b[31mred'
    output_lacks $'\e'
}

@test "a billion laughs cost nothing" {
    {
        echo "a: &a [x,x,x,x,x,x,x,x,x]"
        for c in b c d e f g h i; do
            echo "$c: &$c [*a,*a,*a,*a,*a,*a,*a,*a,*a]"
        done
    } > "$BATS_TEST_TMPDIR/r.yaml"
    run -2 timeout 5 romcompat lint "$BATS_TEST_TMPDIR/r.yaml"
    output_has "r.yaml:1:4: anchors (&name) are not supported"
}

@test "two hundred problems are enough" {
    { echo "romset: aa"; for i in $(seq 900); do echo "k$i: v"; done; } > "$BATS_TEST_TMPDIR/r.yaml"
    run -1 romcompat lint "$BATS_TEST_TMPDIR/r.yaml"
    [ "${#lines[@]}" -eq 200 ]
}
