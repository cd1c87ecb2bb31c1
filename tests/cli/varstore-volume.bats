#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Stores in volumes that are larger than they are, as Proxmox has them on LVM, RBD and ZFS,
# and on block devices; tests/qemu boots them.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
    CODE=$D12/OVMF/OVMF_CODE_4M.fd
    make_store 4M Boot0000:1:40 SetMe:2:8 > exact
    cp exact padded
    truncate -s 4M padded
    DEVICE=
}

teardown() { [ -z "$DEVICE" ] || as_root losetup -d "$DEVICE"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# on_device FILE: DEVICE is a block device with its bytes.
on_device() {
    DEVICE=$(as_root losetup -f --show "$1")
    [ "$(id -u)" = 0 ] || sudo -n chown "$(id -u)" "$DEVICE"
}

# bats test_tags=long
@test "a store in a larger volume is kept with size=, and without it the reason says so" {
    for code in "$CODE" "$D13/OVMF/OVMF_CODE_4M.fd"; do
        run -1 romcompat flash check --code "$code" --vars padded
        output_has "the first 540672 bytes of 4194304" "keeps nothing, and leaves the file alone" "--size 540672" \
            "system.flash1: 0x400000 != 0x84000"
        output_lacks crashes
        run -0 romcompat flash check --code "$code" --vars padded --size 540672
        output_has "starts with its 2 variables and keeps them"
        run -0 romcompat flash check --code "$code" --vars padded --size 528K
    done
    # Erased flash where the firmware looks is another matter, as is more than QEMU takes.
    { cat exact; head -c 3653632 /dev/zero | tr '\0' '\377'; } > erased
    run -1 romcompat flash check --code "$CODE" --vars erased
    output_has "looks at erased flash after it, and crashes" "--size 540672"
    truncate -s 8M padded
    run -1 romcompat flash check --code "$CODE" --vars padded
    output_has "more than 8 MiB" "--size 540672"
    # A store of another layout is another store, whatever the file's length.
    make_store 2M A:1:4 > small
    truncate -s 4M small
    run -1 romcompat flash check --code "$CODE" --vars small
    output_lacks "--size"
    run -1 romcompat flash check --code "$CODE" --vars padded --size 128K
    output_has "variables will not persist"
    run -2 romcompat flash check --code "$CODE" --vars exact --size 1M
    output_has "exact: shorter than the part to be read (found 540672 bytes, expected at least 1048576)"
}

@test "64 MiB of a larger volume are the flash of a virt machine" {
    cp --sparse=always "$D13/AAVMF/AAVMF_VARS.fd" arm
    truncate -s 72M arm
    run -1 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars arm
    output_has "device requires 67108864 bytes, the store has 75497472" "--size 67108864"
    run -0 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars arm --size 64M
}

# bats test_tags=long
@test "flash args gives QEMU the size, and libvirt no answer that would lose variables" {
    run -1 romcompat flash args --code "$CODE" --vars padded
    output_has "--size 540672"
    run -0 romcompat flash args --code "$CODE" --vars padded --size 540672
    output_has "if=pflash,unit=1,format=raw,size=540672,file=$PWD/padded" \
        "node-name=pflash1,driver=raw,size=540672,file.driver=file,file.filename=$PWD/padded" "libvirt has no such setting"
    output_lacks "<nvram"
    run -1 romcompat flash args --code "$CODE" --vars padded --size 540672 --form libvirt
    output_has "libvirt has no such setting"
    [ "$(romcompat flash args --code "$CODE" --vars padded --size 540672 --json | jq .libvirt)" = null ]
    run -2 romcompat flash args --code "$CODE" --size 540672
    output_has "--size needs --vars"
    qemu-img convert -O qcow2 padded q
    run -2 romcompat flash args --code "$CODE" --vars q --size 540672
    output_has "q: a qcow2 file has its own size"
}

@test "variables of a larger volume are exported, converted and repaired" {
    romcompat varstore export exact > want
    romcompat varstore export padded | cmp - want
    romcompat varstore export padded --size 540672 | cmp - want
    run -0 romcompat varstore convert padded --code "$CODE" --out converted
    cmp converted exact
    printf '\1\1' | dd of=padded bs=1 seek=50 conv=notrunc status=none
    run -0 romcompat varstore repair padded --size 540672 --out repaired
    cmp repaired exact
}

# bats test_tags=long
@test "a block device is read, written where told and never replaced" {
    on_device padded
    run -0 romcompat flash check --code "$CODE" --vars "$DEVICE" --size 540672
    run -0 romcompat flash inspect "$DEVICE"
    output_has "store, 4194304 bytes" "2 live of 2"
    romcompat varstore export exact > want
    romcompat varstore export "$DEVICE" | cmp - want
    run -0 romcompat flash args --code "$CODE" --vars "$DEVICE" --size 540672 --form blockdev
    output_has "size=540672,file.driver=host_device,file.filename=$DEVICE"
    make_store 4M Other:3:9 > other
    run -2 romcompat varstore convert other --code "$CODE" --out "$DEVICE"
    output_has "$DEVICE: a block device, which is not replaced" "--in-place writes the store to its begin"
    cmp -n 540672 "$DEVICE" exact
    printf behind | dd of=padded bs=1 seek=540672 conv=notrunc status=none
    run -0 romcompat varstore convert other --code "$CODE" --out "$DEVICE" --in-place
    [ -b "$DEVICE" ]
    cmp -n 540672 padded other
    [ "$(tail -c +540673 padded | head -c 6)" = behind ]
    run -2 romcompat varstore convert other --code "$CODE" --out plain --in-place
    output_has "plain: not a block device, which --in-place is for"
    [ ! -e plain ]
    run -2 romcompat varstore convert other --code "$D13/AAVMF/AAVMF_CODE.fd" --out "$DEVICE" --in-place
    output_has "too small (found 4194304 bytes, expected at least 67108864)"
    as_root losetup -d "$DEVICE"
    on_device exact
    run -0 romcompat flash args --code "$CODE" --vars "$DEVICE" --form libvirt
    output_has "<nvram type='block'><source dev=\"$DEVICE\"/></nvram>"
}

@test "certificates are enrolled into a store on a block device, and undone, with nothing behind it touched" {
    { cat "$D12/OVMF/OVMF_VARS_4M.ms.fd"; head -c 3653632 /dev/urandom; } > volume
    cp volume before
    on_device volume
    mkdir kept
    enroll() { run "$1" romcompat varstore enroll "${@:2}" --size 540672 "$DEVICE"; }
    from=(--merge --from "$D13/OVMF/OVMF_VARS_4M.snakeoil.fd")
    enroll -1 --check "${from[@]}"
    enroll -2 "${from[@]}"
    output_has "$DEVICE: a block device, which is not replaced" "--in-place writes to its beginning, and --keep DIR"
    enroll -2 --in-place "${from[@]}"
    output_has "$DEVICE: a block device, with no place beside it for the old store" "--keep DIR"
    cmp volume before
    enroll -0 --in-place --keep kept "${from[@]}"
    output_has "the old store is kept/dev!${DEVICE##*/}."
    cmp -s volume before && return 1
    cmp <(tail -c +540673 volume) <(tail -c +540673 before)
    # The same as in a file.
    head -c 540672 before > file.fd
    romcompat varstore enroll "${from[@]}" file.fd > log
    cmp -n 540672 volume file.fd
    enroll -0 --check "${from[@]}"
    enroll -2 --undo --keep kept
    printf x | dd of="$DEVICE" bs=1 seek=262000 conv=notrunc status=none
    enroll -2 --undo --keep kept --in-place
    output_has "has been written to since kept/dev!"
    enroll -0 --undo --keep kept --in-place --force
    cmp volume before
    [ -z "$(ls kept)" ]
}
