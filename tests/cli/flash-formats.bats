#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bats file_tags=long
# Firmware in qcow2 files, and under names of other distributions: every command knows it by
# the same test.
load common

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie
    cd "$BATS_FILE_TMPDIR" || return
    local d12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    mkdir -p {old,new}/usr/share/edk2/ovmf
    cp "$d12/OVMF/OVMF_CODE_4M.fd" old/usr/share/edk2/ovmf/code.img
    cp "$d12/OVMF/OVMF_VARS_4M.fd" old/usr/share/edk2/ovmf/vars.img
    qemu-img convert -O qcow2 old/usr/share/edk2/ovmf/code.img new/usr/share/edk2/ovmf/code.img
    qemu-img convert -O qcow2 old/usr/share/edk2/ovmf/vars.img new/usr/share/edk2/ovmf/vars.img
    cp "$d12/AAVMF/AAVMF_CODE.fd" old/usr/share/edk2/arm
    qemu-img convert -O qcow2 "$d12/AAVMF/AAVMF_CODE.fd" new/usr/share/edk2/arm
    head -c 64M /dev/zero | tee old/usr/share/edk2/vars-template-pflash.raw > new/usr/share/edk2/vars-template-pflash.raw
    for tree in old new; do tar cf $tree.tar -C $tree usr; done
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
}

# A disk of a guest is none, whatever lies beside firmware.
@test "check lists qcow2 images and ARM code under any name, from directories and packages" {
    # A budget of the files holds for the package, and the other way round.
    for what in "old old.tar" "new.tar new"; do
        romcompat check --write-budget "${what% *}" > budget
        for name in arm code.img vars.img vars-template-pflash.raw; do grep -qF -- "- match: $name" budget; done
        run -0 romcompat check --budget budget "${what#* }"
        output_has "arm   " "67108864  code " "code.img  " "3653632  code "
    done
    qemu-img create -q -f qcow2 "$BATS_TEST_TMPDIR/disk.img" 10G
    cp old/usr/share/edk2/ovmf/code.img "$BATS_TEST_TMPDIR/"
    run -0 romcompat check --write-budget "$BATS_TEST_TMPDIR"
    output_has "match: code.img"
    output_lacks disk.img
}

@test "check --against fails code that became qcow2, and is quiet where nothing changed" {
    run -0 romcompat check --against new new.tar
    for what in old old.tar; do
        run -1 romcompat check --against $what new
        output_has "FAIL code.img: it was a raw file and is a qcow2 file" "FAIL arm: it was a raw file"
        output_lacks "FAIL vars-template-pflash.raw"
    done
    run -1 romcompat check --against new old
    output_has "FAIL code.img: it was a qcow2 file and is a raw file"
}

@test "flash diff says what raw to qcow2 at one path does, though the content is the same" {
    run -1 romcompat flash diff old.tar new
    output_has "breaks cold boot: /usr/share/edk2/ovmf/code.img: a qcow2 file, and was raw" "Format mismatch" \
        "breaks cold boot: /usr/share/edk2/ovmf/vars.img: a qcow2 file, and was raw" \
        "breaks cold boot: /usr/share/edk2/arm: a qcow2 file, and was raw" "0 break migration, 3 break a cold boot"
    run -1 romcompat flash diff new old
    output_has "code.img: a raw file, and was qcow2"
    run -0 romcompat flash diff new new.tar
}

@test "flash args names the format of the code too; libvirt gets no mixed pair" {
    cd "$BATS_TEST_TMPDIR"
    qemu-img convert -O qcow2 "$D12/OVMF/OVMF_CODE_4M.fd" code
    romcompat varstore create --code code --empty --out vars
    romcompat varstore create --code code --empty --out raw --format raw
    run -0 romcompat flash args --code code --vars vars
    output_has "unit=0,format=qcow2,readonly=on,file=$PWD/code" "unit=1,format=qcow2,file=$PWD/vars" \
        "node-name=pflash0,driver=qcow2,read-only=on" "node-name=pflash1,driver=qcow2,file" \
        "type='pflash' format='qcow2'>$PWD/code</loader>" "<nvram format='qcow2'>$PWD/vars</nvram>"
    run -0 romcompat flash args --code code --vars raw
    output_has "unit=0,format=qcow2" "unit=1,format=raw,file=$PWD/raw" \
        "Older releases of libvirt refuse this pair, of which one is qcow2 and the other raw" "convert --format qcow2"
    output_lacks "<loader"
    for pair in "code raw" "$D12/OVMF/OVMF_CODE_4M.fd vars"; do
        # shellcheck disable=SC2086 # two words
        set -- $pair
        run -1 romcompat flash args --code "$1" --vars "$2" --form libvirt
        output_has "no way to start this with libvirt" "Older releases of libvirt refuse this pair"
    done
    run -0 romcompat flash args --code "$D12/OVMF/OVMF_CODE_4M.fd" --vars raw --form libvirt
    output_lacks "format="
}

@test "the stores inside a file of another kind are named, the first with how to extract it" {
    cd "$BATS_TEST_TMPDIR"
    "$BUILD/tests/cli/make_store" 4M A:1:4 > store
    # A volume without a store before the first of them is none.
    head -c 72 store | cat - /dev/zero | head -c 540672 > empty
    for part in 8192 empty 0 store 4096 store 512 store; do
        case $part in
        [0-9]*) head -c "$part" /dev/zero | tr '\0' '\1' ;;
        *) cat $part ;;
        esac
    done > container
    run -1 --separate-stderr romcompat flash inspect --json container
    [ "$(jq -c '.images[0] | [.kind, .store_at, .further_stores_at]' <<< "$output")" = \
        "[\"foreign\",548864,[$((548864 + 540672 + 4096)),$((548864 + 2 * 540672 + 4608))]]" ] || { show; false; }
    run -1 romcompat flash inspect container
    output_has "its variable store is at 0x86000" "another variable store is at 0x10b000" "another variable store is at 0x18f200"
    eval "$(sed -n 's/^ *extract it: //p' <<< "$output")"
    cmp store store.fd
}
