#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore convert, create and repair, on the firmware that Debian 12 and 13 ship.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
    NEW=$D13/OVMF/OVMF_CODE_4M.fd
    OLD=$D12/OVMF/OVMF_CODE.fd
}

# live FILE: "GUID size name" of every live variable, sorted.
live() { romcompat flash inspect "$1" | awk '$4 == "3f" || $4 == "3e" {if ($5 ~ /^live/) print $1, $2, $NF}' | sort; }

@test "an empty store is the one that the distribution ships, byte for byte" {
    run -0 romcompat varstore create --code "$NEW" --out 4m
    cmp 4m "$D13/OVMF/OVMF_VARS_4M.fd"
    [ "$(stat -c %a 4m)" = 600 ]
    run -0 romcompat varstore create --code "$OLD" --out 2m
    cmp 2m "$D12/OVMF/OVMF_VARS.fd"
    run -0 romcompat varstore create --code "$D13/AAVMF/AAVMF_CODE.fd" --out arm
    cmp arm "$D13/AAVMF/AAVMF_VARS.fd"
}

# bats test_tags=long
@test "convert looks no deeper into code than it must, and sees the same store as create" {
    make_store 2M > none
    for code in "$D13"/OVMF/OVMF_CODE_4M*.fd "$D12"/OVMF/OVMF_CODE*.fd "$D13/AAVMF/AAVMF_CODE.fd"; do
        rm -f created converted
        romcompat varstore create --code "$code" --out created
        romcompat varstore convert none --code "$code" --out converted
        cmp created converted
    done
    # Where TDX metadata tells it, a compressed volume that is broken goes unseen.
    cp "$NEW" code
    at=$(LC_ALL=C grep -obUaP '\x5d\x00\x00\x00\x01' code | head -n 1 | cut -d: -f1)
    printf '\377\377\377\377' | dd of=code bs=1 seek=$((at + 5)) conv=notrunc status=none
    rm converted
    run -0 romcompat varstore convert none --code code --out converted
    run -1 romcompat flash inspect code
}

@test "create copies a template that goes with the code, and no other" {
    run -0 romcompat varstore create --code "$NEW" --template "$D13/OVMF/OVMF_VARS_4M.ms.fd" --out ms
    cmp ms "$D13/OVMF/OVMF_VARS_4M.ms.fd"
    run -1 romcompat varstore create --code "$NEW" --template "$D12/OVMF/OVMF_VARS.ms.fd" --out no
    output_has "not copied" "variables will not persist"
    [ ! -e no ]
}

@test "what is written never replaces anything; of 50 at once one succeeds" {
    echo mine > there
    run -2 romcompat varstore create --code "$NEW" --out there
    output_has "exists already"
    [ "$(cat there)" = mine ]
    ln -s nowhere link
    run -2 romcompat varstore create --code "$NEW" --out link
    [ ! -e nowhere ]
    make_store 2M A:1:4 > good
    cp good broken
    printf '\1\1' | dd of=broken bs=1 seek=50 conv=notrunc status=none
    for _ in {1..50}; do
        { romcompat varstore repair broken --out race > /dev/null 2>&1 && echo won; } &
    done > winners
    wait
    [ "$(cat winners)" = won ]
    cmp race good
    [ "$(find . -name '.romcompat*' | wc -l)" = 0 ]
}

@test "create: wrong usage, and what takes no store, are status 2" {
    run -2 romcompat varstore create --out x
    output_has "--code is missing"
    run -2 romcompat varstore create --code "$NEW"
    output_has "--out is missing"
    run -2 romcompat varstore create --code "$D12/ovmf/OVMF.fd" --out x
    output_has "not firmware code that takes a store (found combined)"
    run -2 romcompat varstore create --code "$NEW" --out /dev/null/x
    run -2 romcompat varstore create --code "$NEW" --out x operand
    [ ! -e x ]
}

@test "convert takes the variables of a 2M store to the 4M layout, and back" {
    run -0 romcompat varstore convert "$D12/OVMF/OVMF_VARS.ms.fd" --code "$NEW" --out 4m
    output_has "31 variables"
    run -0 romcompat flash check --code "$NEW" --vars 4m
    [ "$(live 4m)" = "$(live "$D12/OVMF/OVMF_VARS.ms.fd")" ]
    [ "$(live 4m | wc -l)" = 31 ]
    run -0 romcompat varstore convert 4m --code "$OLD" --out 2m
    [ "$(live 2m)" = "$(live 4m)" ]
    run -0 romcompat varstore convert 2m --code "$D13/AAVMF/AAVMF_CODE.fd" --out arm
    [ "$(stat -c %s arm)" = 67108864 ]
    [ "$(live arm)" = "$(live 4m)" ]
}

@test "convert keeps doubles of a name, an orphan in transition, counts; drops what is deleted" {
    make_store 2M Name:1:4 Name:2:5 Orphan:1:6:3e Gone:1:7:3d Twin:1:8:3e Twin:1:9:3f Count:1:2:3f:77 > old
    cp old before
    run -0 romcompat varstore convert old --code "$NEW" --out new
    output_has "5 variables"
    cmp old before
    [ "$(live new | cut -d' ' -f2- | sort)" = $'2 Count\n4 Name\n5 Name\n6 Orphan\n9 Twin' ]
    # 60 bytes before the name: the monotonic count at 8, the time stamp at 16, the key at 32.
    at=$(grep -obUaP 'C\x00o\x00u\x00n\x00t' new | head -n 1 | cut -d: -f1)
    [ "$(od -An -tx1 -j $((at - 60 + 8)) -N 28 new | tr -d ' \n')" = "4d00000000000000$(printf '05%.0s' {1..16})06000000" ]
}

@test "convert replays a write that was pending when the power went" {
    make_store 2M A:1:4 B:1:5000 pending=C:1:6 > old
    cp old before
    run -0 romcompat varstore convert old --code "$NEW" --out new
    output_has "3 variables" "after a write that was pending"
    [ "$(live new | awk '{print $3}' | tr '\n' ' ')" = "A B C " ]
    cmp old before
}

@test "convert makes a plain store an authenticated one" {
    make_store 2M plain A:1:4 B:1:5:3e > old
    run -0 romcompat varstore convert old --code "$NEW" --out new
    output_has "2 variables" "from the plain format"
    run -0 romcompat flash check --code "$NEW" --vars new
}

@test "what does not fit is named, and then nothing is written" {
    make_store 4M Small:1:4 Huge:1:60000 Also:2:50000 > old
    run -1 romcompat varstore convert old --code "$OLD" --out new
    output_has "1 variable will not fit" "Huge (60000 bytes)"
    [ ! -e new ]
}

@test "convert: damage, a guest that runs, wrong usage are status 2, and nothing is written" {
    make_store 2M A:1:4 B:1:5 > old
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore convert old --code "$NEW" --out new
    output_has "old: in use"
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore repair old --out new
    output_has "old: in use"
    printf '\377\377\377' | dd of=old bs=1 seek=$((0x64 + 40)) conv=notrunc status=none
    run -2 romcompat varstore convert old --code "$NEW" --out new
    output_has "pass the end of the store"
    run -2 romcompat varstore convert "$NEW" --code "$NEW" --out new
    output_has "not a variable store (found code)"
    run -2 romcompat varstore convert old --code old --out new
    run -2 romcompat varstore convert old --out new
    output_has "--code is missing"
    run -2 romcompat varstore convert --code "$NEW" --out new
    output_has "a FILE is missing"
    [ ! -e new ]
}

@test "convert keeps the mode of the old store, and a full disk leaves nothing" {
    make_store 2M A:1:4 > old
    chmod 640 old
    run -0 romcompat varstore convert old --code "$NEW" --out new
    [ "$(stat -c %a new)" = 640 ]
    # shellcheck disable=SC2016
    run -2 bash -c 'ulimit -f 100; trap "" XFSZ; romcompat varstore convert old --code "$1" --out full' bash "$NEW"
    output_has "full: File too large"
    [ ! -e full ]
}

@test "repair writes both headers anew and changes nothing else" {
    make_store 4M A:1:4 B:1:5 > good
    cp good broken
    printf '\1\1' | dd of=broken bs=1 seek=50 conv=notrunc status=none
    head -c 28 /dev/zero | dd of=broken bs=1 seek=72 conv=notrunc status=none
    run -2 romcompat varstore convert broken --code "$NEW" --out x
    output_has "varstore repair"
    run -0 romcompat varstore repair broken --out fixed
    output_has "repaired: volume header store header; 2 variables"
    cmp good fixed
    run -0 romcompat varstore repair good --out x
    output_has "nothing to repair"
    run -2 romcompat varstore repair "$BATS_TEST_DIRNAME/common.bash" --out x
    output_has "not a variable store (found a text)" "download or decode the file itself"
    run -2 romcompat varstore repair "$NEW" --out x
    output_has "its length is that of no known store"
    head -c 540672 /dev/zero > zero
    run -2 romcompat varstore repair zero --out x
    output_has "no variable store was found"
    [ ! -e x ]
}

# bats test_tags=long
@test "Debian 13's firmware erases a store for one damaged record, Debian 12's keeps it; repair saves the rest" {
    make_store virt A:1:4 Gone:1:8:2d B:1:4 > store
    truncate -s 64M store
    run -0 romcompat flash check --code "$D12/AAVMF/AAVMF_CODE.fd" --vars store
    output_has "starts with its 2 variables and keeps them" "warning: a damaged record"
    run -1 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars store
    output_has "the store will be erased" "VirtNorFlashDxe" "found 0x2d" "varstore repair"
    run -0 romcompat varstore repair store --out fixed
    output_has "repaired: records; 2 variables" "not saved: 01010101-0101-0101-0101-010101010101 Gone (8 bytes)"
    run -0 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars fixed
    [ "$(live fixed)" = "$(live store)" ]
    run -0 romcompat varstore repair fixed --out x
    output_has "nothing to repair"
}

@test "repair finds the variables that a record with a wrong length hides" {
    make_store 4M A:1:4 Cut:1:8 B:1:5 C:2:6:3d > store
    at=$(grep -obUaP 'C\x00u\x00t' store | head -n 1 | cut -d: -f1)
    printf '\0\0\5\0' | dd of=store bs=1 seek=$((at - 20)) conv=notrunc status=none
    run -1 romcompat flash check --code "$NEW" --vars store
    output_has "crashes, hangs or does not find variables for a damaged record" "varstore repair"
    run -0 romcompat varstore repair store --out fixed
    output_has "found after a damaged variable: 01010101-0101-0101-0101-010101010101 B (5 bytes)" "not saved: 01010101-0101-0101-0101-010101010101 Cut"
    run -0 romcompat flash check --code "$NEW" --vars fixed
    [ "$(live fixed | cut -d' ' -f2-)" = $'4 A\n5 B' ]
}

@test "variables that a record hides are lost to the guest, and free space that is not erased is a warning" {
    make_store 4M A:1:4 Hides:1:8 B:1:5 C:1:6 D:2:6:3d > store
    at=$(grep -obUaP 'H\x00i\x00d\x00e\x00s' store | head -n 1 | cut -d: -f1)
    # hidden OFFSET BYTES: these in the record's header, from its beginning on.
    hidden() {
        cp store hidden
        # shellcheck disable=SC2059 # the bytes are escapes
        printf "$2" | dd of=hidden bs=1 seek=$((at - 60 + $1)) conv=notrunc status=none
        run -1 romcompat flash check --code "$NEW" --vars hidden
        output_has "cold-boot  no       the guest starts with $3: 2 more are behind a damaged record" "varstore repair"
    }
    hidden 0 '\0' "1 variable"
    hidden 2 '\377' "1 variable"
    hidden 40 '\0' "2 variables"
    run -0 romcompat varstore repair hidden --out fixed
    run -0 romcompat flash check --code "$NEW" --vars fixed
    # Bytes that are no variables, and a copy of one that is there.
    free=$(romcompat flash inspect store | sed -n 's/.* \([0-9]*\) bytes used.*/\1/p')
    cp store tail
    dd if=store of=tail bs=1 skip=100 seek=$((100 + free + 60)) count=70 conv=notrunc status=none
    run -0 romcompat flash check --code "$NEW" --vars tail
    output_has "something other than free space"
}

@test "a full store is not a store to start with, one that is nearly full a warning" {
    make_store 4M Fill:1:261950 > full
    run -1 romcompat flash check --code "$NEW" --vars full
    output_has "the store is full" "reclaimed"
    make_store 4M Fill:1:250000 > tight
    run -0 romcompat flash check --code "$NEW" --vars tight
    output_has "nearly full"
}
