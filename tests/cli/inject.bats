#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore inject, on the combined images that Debian 12 and 13 ship.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    SMALL=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/ovmf/OVMF.fd
    LARGE=$ROMCOMPAT_CACHE/firmware/trixie/usr/share/ovmf/OVMF.fd
}

# live FILE: "size name" of every live variable, sorted.
live() { romcompat flash inspect "$1" | awk '$4 == "3f" {print $2, $NF}' | sort; }

@test "inject changes the store of the image and nothing else" {
    make_store 2M Boot0001:1:40 Gone:1:7:3d Orphan:2:6:3e > store
    chmod 640 store
    cp store before
    run -0 romcompat varstore inject store --into "$SMALL" --out image
    output_has "image: 2 variables" "in its store of OVMF 2M"
    output_lacks "warning"
    [ "$(live image)" = $'40 Boot0001\n6 Orphan' ]
    [ "$(stat -c '%s %a' image)" = "2097152 640" ]
    cmp -i 131072 image "$SMALL"
    run -0 romcompat flash inspect image
    output_has "combined, x86_64" "starts with the variables of the store inside it"
    cmp store before
}

@test "inject carries a 2M store into a 4M image and back, and says what does not fit" {
    make_store 2M A:1:4 B:1:5000 pending=C:1:6 > old
    run -0 romcompat varstore inject old --into "$LARGE" --out image
    output_has "3 variables" "OVMF 4M" "after a write that was pending"
    [ "$(live image)" = $'4 A\n5000 B\n6 C' ]
    cmp -i 540672 image "$LARGE"
    make_store 4M Small:1:4 Huge:1:60000 > new
    run -1 romcompat varstore inject new --into "$SMALL" --out no
    output_has "1 variable will not fit" "Huge (60000 bytes)"
    run -1 --separate-stderr romcompat varstore inject new --into "$SMALL" --out no --json
    [[ $(tr -d ' \n' <<< "$output") == '{"format":"romcompat-varstore-inject","version":1,"written":false,'*'"does_not_fit":["01010101-0101-0101-0101-010101010101Huge(60000bytes)"]'* ]]
    [ ! -e no ]
}

@test "inject warns where the firmware does not read the store inside its image" {
    make_store 4M A:1:4 > store
    run -0 --separate-stderr romcompat varstore inject store --into "$LARGE" --out image --json
    [[ $stderr == *"does not read the store inside its image"* ]]
    [[ $(tr -d ' \n' <<< "$output") == '{"format":"romcompat-varstore-inject","version":1,"written":true,"image":"image","layout":"OVMF4M","variables":1,'*'"reads_own_store":false,"reads_nv_vars":true}' ]]
    run -0 romcompat flash inspect image
    output_has "does not read the store inside it"
}

@test "inject names what the image itself held" {
    make_store 2M PK:1:4 Both:1:5 > first
    romcompat varstore inject first --into "$SMALL" --out held
    make_store 2M Both:1:6 Both:2:7 > second
    run -0 romcompat varstore inject second --into held --out image
    output_has "not in second: 01010101-0101-0101-0101-010101010101 PK"
    output_lacks "Both"
    [ "$(live image)" = $'6 Both\n7 Both' ]
}

@test "inject: damage, code, a guest that runs, wrong usage are status 2, and nothing is written" {
    make_store 2M A:1:4 > store
    run -2 romcompat varstore inject store --into store --out x
    output_has "not a combined image" "(found store)"
    run -2 romcompat varstore inject store --into "$BATS_TEST_DIRNAME/common.bash" --out x
    output_has "not a combined image" "(found a text)" "download or decode the file itself"
    run -2 romcompat varstore inject store --into "${SMALL%ovmf/*}OVMF/OVMF_CODE.fd" --out x
    output_has "(found code)" "varstore convert"
    run -2 romcompat varstore inject "${SMALL%ovmf/*}OVMF/OVMF_CODE.fd" --into "$SMALL" --out x
    output_has "not a variable store (found code)"
    cp "$SMALL" broken
    printf '\377' | dd of=broken bs=1 seek=89 conv=notrunc status=none
    run -2 romcompat varstore inject store --into broken --out x
    output_has "broken: the store in it is damaged"
    printf '\377\377\377' | dd of=store bs=1 seek=$((0x64 + 40)) conv=notrunc status=none
    run -2 romcompat varstore inject store --into "$SMALL" --out x
    output_has "pass the end of the store"
    make_store 2M A:1:4 > store
    run -2 "$BUILD/tests/cli/hold_image" store romcompat varstore inject store --into "$SMALL" --out x
    output_has "store: in use"
    run -2 romcompat varstore inject store --out x
    output_has "--into is missing"
    run -2 romcompat varstore inject --into "$SMALL" --out x
    output_has "a FILE is missing"
    run -2 romcompat varstore inject store --into "$SMALL"
    output_has "--out is missing"
    [ ! -e x ]
}

@test "an image that exists is never replaced, also not the input; a full disk leaves nothing" {
    make_store 2M A:1:4 > store
    echo mine > image
    run -2 romcompat varstore inject store --into "$SMALL" --out image
    output_has "exists already"
    [ "$(cat image)" = mine ]
    cp "$SMALL" own
    run -2 romcompat varstore inject store --into own --out own
    cmp own "$SMALL"
    # shellcheck disable=SC2016
    run -2 bash -c 'ulimit -f 100; trap "" XFSZ; romcompat varstore inject store --into "$1" --out full' bash "$SMALL"
    output_has "full: File too large"
    [ ! -e full ]
}
