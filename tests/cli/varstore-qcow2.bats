#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Variable stores in qcow2 files, as libvirt and Fedora keep them.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }
raw() { qemu-img convert -O raw "$1" "$2"; }
format() { qemu-img info -U "$1" | sed -n 's/^file format: //p'; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    CODE=$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF/OVMF_CODE_4M.fd
    make_store 4M A:1:4 B:2:300 > raw
    qemu-img convert -O qcow2 raw q
}

@test "inspect and check look at the disk in a qcow2 file" {
    run -0 romcompat flash inspect q
    output_has "q: store, 540672 bytes" "$(sha256sum raw | cut -c1-64), of the disk in a qcow2 file" "2 live of 2"
    run -0 romcompat flash inspect --json q
    output_has '"format": "qcow2"' '"size": 540672'
    run -0 romcompat flash check --code "$CODE" --vars q
    qemu-img convert -O qcow2 "$CODE" code
    run -0 romcompat flash check --code code --vars q --from "$CODE"
    output_has "the same, byte for byte"
}

@test "convert, create, repair and import write in the format that they found, or are told" {
    run -0 romcompat varstore convert q --code "$CODE" --out converted
    [ "$(format converted)" = qcow2 ]
    raw converted converted.raw
    cmp raw converted.raw
    run -0 romcompat varstore convert q --code "$CODE" --out as-raw --format raw
    cmp raw as-raw
    run -0 romcompat varstore create --code "$CODE" --template q --out created
    [ "$(format created)" = qcow2 ]
    [ "$(stat -c %a created)" = 600 ]
    run -0 romcompat varstore create --code "$CODE" --out empty --format qcow2
    run -0 romcompat flash check --code "$CODE" --vars empty
    cp raw broken.raw
    printf '\1\1' | dd of=broken.raw bs=1 seek=50 conv=notrunc status=none
    qemu-img convert -O qcow2 broken.raw broken
    chmod 640 broken
    run -0 romcompat varstore repair broken --out repaired
    [ "$(format repaired)$(stat -c %a repaired)" = qcow2640 ]
    raw repaired repaired.raw
    cmp raw repaired.raw
    romcompat varstore export q --out q.json 2> lost
    run -0 romcompat varstore import q.json --into q --out imported
    [ "$(format imported)" = qcow2 ]
    raw imported imported.raw
    cmp raw imported.raw
    run -2 romcompat varstore convert q --code "$CODE" --out x --format vmdk
    output_has "--format: 'vmdk' is not a valid FORMAT (expected raw or qcow2)"
}

@test "a store of 64 MiB takes little room, and comes back whole" {
    make_store virt A:1:4 > arm
    truncate -s 64M arm
    qemu-img convert -O qcow2 arm arm.q
    code=${CODE%/OVMF/*}/AAVMF/AAVMF_CODE.fd
    run -0 romcompat varstore convert arm.q --code "$code" --out new
    [ "$(stat -c %s new)" -lt 4000000 ]
    raw new new.raw
    cmp arm new.raw
}

@test "without qemu-img the message says which package has it, and nothing is written" {
    tool=$(command -v romcompat)
    PATH=/nonexistent run -2 "$tool" varstore convert q --code "$CODE" --out x
    output_has "q: qcow2 needs the program qemu-img, which is not installed" "qemu-utils"
    PATH=/nonexistent run -2 "$tool" varstore convert raw --code "$CODE" --out x --format qcow2
    output_has "x: qcow2 needs the program qemu-img"
    [ ! -e x ]
}

# never_asked WORDS FILE: refused in those words before qemu-img could look at it.
never_asked() {
    run -2 romcompat flash inspect "$2"
    output_has "$1"
    run -2 romcompat varstore convert "$2" --code "$CODE" --out x
    output_has "$1"
    [ ! -e x ]
    [ ! -e asked ]
}

@test "a file that leads to other files, is encrypted or too large never reaches qemu-img" {
    qemu-img create -q -f qcow2 -b /etc/passwd -F raw backed
    qemu-img create -q -f qcow2 -o data_file=secret,data_file_raw=on beside 540672
    qemu-img create -q -f qcow2 --object secret,id=s,data=x -o encrypt.format=aes,encrypt.key-secret=s locked 540672
    qemu-img create -q -f qcow2 large 129M
    head -c 90 q > torn
    mkdir bin
    printf '#!/bin/sh\ntouch "%s/asked"\nexit 1\n' "$PWD" > bin/qemu-img
    chmod +x bin/qemu-img
    PATH=$PWD/bin:$PATH
    never_asked "backed: a qcow2 file with a backing file" backed
    never_asked "beside: a qcow2 file whose data is in another file" beside
    never_asked "locked: an encrypted qcow2 file" locked
    never_asked "large: a qcow2 file of an impossible size (found 135266304 bytes" large
    never_asked "torn: a qcow2 file that is cut off (found 90 bytes)" torn
}

@test "a damaged file, a full disk and a guest that runs leave nothing" {
    cp q torn
    truncate -s 70000 torn
    printf '\377\377\377\377\377\377' | dd of=torn bs=1 seek=42 conv=notrunc status=none
    run -2 romcompat varstore convert torn --code "$CODE" --out x
    output_has "torn: a qcow2 file that is cut off or damaged: a part of its disk is at 0xffffffffffff, and the file has 0x11170 bytes"
    # What is behind its end QEMU reads as zeros.
    head -c "$(($(stat -c %s q) - 65536))" q > torn
    run -2 romcompat flash inspect torn
    output_has "cut off or damaged" "qemu-img check"
    printf '\0\0\0\0\0\0\0\77' | dd of=torn bs=1 seek=24 conv=notrunc status=none
    run -2 romcompat varstore convert torn --code "$CODE" --out x
    run -2 "$BUILD/tests/cli/hold_image" q romcompat varstore convert q --code "$CODE" --out x
    output_has "q: in use"
    # shellcheck disable=SC2016
    run -2 bash -c 'ulimit -f 100; trap "" XFSZ; romcompat varstore convert q --code "$1" --out x' bash "$CODE"
    [ -z "$(find . -name 'x*' -o -name '.romcompat*')" ]
}
