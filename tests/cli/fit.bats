#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bats file_tags=long
load common
load releases

setup_file() {
    fetch_releases "bookworm ipxe-qemu" "trixie ipxe-qemu" "forky ipxe-qemu"
    for suite in bookworm trixie forky; do
        mkdir "$BATS_FILE_TMPDIR/$suite"
        dpkg-deb -x "$(release $suite ipxe-qemu)" "$BATS_FILE_TMPDIR/$suite"
        mkdir "$BATS_FILE_TMPDIR/$suite/roms"
        find "$BATS_FILE_TMPDIR/$suite/usr" -name 'efi-*.rom' -type f -exec cp {} "$BATS_FILE_TMPDIR/$suite/roms/" \;
    done
    # Fitting takes a third of a second a ROM: those that several tests look at are made once.
    romcompat fit "$(release bookworm ipxe-qemu)" -o "$BATS_FILE_TMPDIR/fitted"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    R=$BATS_FILE_TMPDIR
    cp "$R/bookworm/roms/efi-virtio.rom" in.rom # 249344 bytes, not compressed
    fitted=$R/fitted/efi-virtio.rom
}

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }
make_pe() { "$BUILD/tests/cli/make_pe" "$@"; }

# byte FILE OFFSET: decimal.
byte() { od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '; }
# word FILE OFFSET: 16 bits, little endian.
word() { echo $(($(byte "$1" "$2") + 256 * $(byte "$1" $(($2 + 1))))); }

# compressed ROM|DIRECTORY: the bytes of each EFI payload, the two sizes included, in order of the ROMs' names.
compressed() {
    romcompat inspect --json "$1" | jq -r '.roms | sort_by(.name)[] | [.images[] | select(.efi) | .efi.compressed_size + 8] | add'
}

@test "fit compresses the EFI image of Debian 12's ROM and changes no byte of the legacy half" {
    run -0 romcompat fit in.rom -o out.rom
    output_has "in.rom" "249344" "175104" "74240" "256K"
    [ "$(stat -c %s out.rom)" = 175104 ]
    cmp -n 75776 in.rom out.rom
    run -0 romcompat inspect out.rom
    output_has "x86_64 boot driver, compressed" "of 173512"
    output_lacks error warning
}

@test "the payload comes out of the fitted ROM byte for byte" {
    romcompat extract in.rom -o before.efi
    romcompat extract "$fitted" -o after.efi
    cmp before.efi after.efi
    [ "$(stat -c %s after.efi)" = 173512 ]
}

@test "initialisation size and image length of a fitted image end with its payload" {
    cp "$fitted" out.rom
    offset=$(word out.rom $((75776 + 0x16)))
    pcir=$(word out.rom $((75776 + 0x18)))
    [ "$(((offset + $(compressed out.rom) + 511) / 512))" = "$(word out.rom $((75776 + 2)))" ]
    [ "$(word out.rom $((75776 + 2)))" = "$(word out.rom $((75776 + pcir + 0x10)))" ]
    [ $((pcir % 4)) = 0 ]
}

@test "each of the 24 ROMs of Debian 12, 13 and forky is at most 0.975 of what edk2's encoder makes" {
    # Debian 12: measured with edk2's EfiCompress() of the payload. 13 and forky: iPXE's build used
    # that encoder, and what it made stands in the ROMs.
    declare -A edk2=([e1000]=101029 [e1000e]=101036 [eepro100]=100697 [ne2k_pci]=100241 [pcnet]=100203 [rtl8139]=101658 [virtio]=101712 [vmxnet3]=99163)
    declare -A most=([bookworm]=99200 [trixie]=48520 [forky]=37810)
    count=0
    mkdir bookworm
    cp "$R"/fitted/efi-*.rom bookworm/
    for suite in bookworm trixie forky; do
        [ $suite = bookworm ] || romcompat fit "$R/$suite/roms" -o $suite
        mapfile -t old < <(compressed "$R/$suite/roms")
        mapfile -t new < <(compressed $suite)
        i=0
        for rom in "$R/$suite/roms"/*.rom; do
            device=$(basename "$rom" .rom)
            device=${device#efi-}
            [ $suite != bookworm ] || old[i]=${edk2[$device]}
            echo "$suite $device: ${old[i]} -> ${new[i]}"
            [ $((new[i] * 1000)) -le $((old[i] * 975)) ]
            [ "$device" != virtio ] || [ "${new[i]}" -le "${most[$suite]}" ]
            count=$((count + 1)) i=$((i + 1))
        done
    done
    [ $count = 24 ]
}

@test "what is smallest already stays as it is, and a second fit changes nothing" {
    run -0 romcompat fit "$fitted" -o twice.rom
    cmp "$fitted" twice.rom
}

@test "fit gives the same bytes each time, and OUT may be IN" {
    romcompat fit in.rom -o in.rom
    cmp "$fitted" in.rom
}

@test "with --bucket the ROM is padded; what does not fit is refused, and by how much is said" {
    run -0 romcompat fit --bucket 256K in.rom -o out.rom
    [ "$(stat -c %s out.rom)" = 262144 ]
    run -1 romcompat fit --bucket 128K in.rom -o small.rom
    output_has "in.rom: does not fit 128K: compressed, the image chain has 175104 bytes, 44032 too many"
    [ ! -e small.rom ]
    run -2 romcompat fit --bucket 100K in.rom -o small.rom
    output_has "--bucket: 102400 is not a valid bucket"
}

@test "a ROM that leaves its bucket for another one is noted" {
    cat in.rom > large.rom; truncate -s 300544 large.rom
    run -0 romcompat fit large.rom -o out.rom
    output_has "note: large.rom: the bucket was 512K and is 256K: guests that have the other one do not arrive"
}

@test "--drop legacy leaves an image in front that only carries the ids" {
    run -0 romcompat fit --drop legacy in.rom -o out.rom
    output_has "512 bytes with the ids precede the EFI image"
    run -0 romcompat inspect out.rom
    output_has "0  legacy  1af4:1041         0..512" "1  EFI     1af4:1041       512.."
    output_lacks error warning
    [ "$(byte out.rom 3)" = 203 ] # retf
    romcompat extract in.rom -o before.efi
    romcompat extract out.rom -o after.efi
    cmp before.efi after.efi
}

@test "--drop of a machine leaves the legacy image, marked as the last and with its sum" {
    run -0 romcompat fit --drop x86_64 in.rom -o out.rom
    [ "$(stat -c %s out.rom)" = 75776 ]
    run -0 romcompat inspect out.rom
    output_lacks error warning
    [ "$(cmp -l -n 75776 in.rom out.rom | wc -l)" = 2 ]
}

@test "--drop of all images, of none, and of what is not an image is refused" {
    run -1 romcompat fit --drop legacy --drop x86_64 in.rom -o out.rom
    output_has "in.rom: not fitted: no image would be left"
    run -1 romcompat fit --drop aarch64 in.rom -o out.rom
    output_has "there is no image to drop"
    run -2 romcompat fit --drop pxe in.rom -o out.rom
    output_has "--drop: 'pxe' is not a kind of image"
}

@test "a directory and a package give a directory with a manifest of both checksums" {
    cp -a "$R/fitted" out
    [ "$(find out -type f | wc -l)" = 18 ]
    (cd out && sha256sum -c --quiet SHA256SUMS)
    run -0 jq -r '.fitted[] | select(.name == "efi-virtio.rom") | .input.sha256, .output.size' out/manifest.json
    [ "${lines[0]}" = "$(sha256sum < in.rom | cut -d' ' -f1)" ]
    [ "${lines[1]}" = 175104 ]
    cmp out/pxe-virtio.rom "$R"/bookworm/usr/lib/ipxe/qemu/pxe-virtio.rom
    mkdir roms
    cp in.rom roms/
    run -0 romcompat fit roms -o out
    [ "$(find out -type f | wc -l)" = 3 ]
    mkdir mine; touch mine/file
    run -2 romcompat fit roms -o mine
    output_has "mine: not replaced"
    [ -e mine/file ]
}

@test "a directory appears whole or not at all" {
    mkdir roms
    cp in.rom roms/a.rom
    make_rom legacy:4 efi:8 image-length=0 > roms/b.rom
    run -1 romcompat fit roms -o out
    output_has "roms/b.rom: not fitted: image 1"
    [ ! -e out ]
}

@test "a damaged payload is refused before anything is written" {
    cp "$fitted" out.rom
    printf '\377\377\377\377' | dd of=out.rom bs=1 seek=$((75776 + 0x60)) conv=notrunc status=none
    run -2 romcompat fit out.rom -o again.rom
    output_has "out.rom: image 1: the compressed payload"
    [ ! -e again.rom ]
    run -2 romcompat extract out.rom -o again.efi
    output_has "out.rom: image 1: the compressed payload"
    [ ! -e again.efi ]
}

@test "data behind the chain are never left out in silence" {
    cp in.rom data.rom
    echo "somebody's data" >> data.rom
    run -1 romcompat fit data.rom -o out.rom
    output_has "data.rom: not fitted: what follows its last image is data, not padding"
}

@test "a ROM without an EFI image is copied, and one of ISA as well" {
    cp "$R"/bookworm/usr/lib/ipxe/qemu/pxe-virtio.rom .
    run -0 romcompat fit pxe-virtio.rom -o out.rom
    cmp pxe-virtio.rom out.rom
    make_rom isa:4 > isa.rom
    run -0 romcompat fit isa.rom -o out.rom
    cmp isa.rom out.rom
}

@test "a ROM that was cut off between two images is noted" {
    head -c 75776 in.rom > cut.rom
    run -0 romcompat fit cut.rom -o out.rom
    output_has "note: cut.rom: no image was marked as the last one"
    run -0 romcompat fit in.rom -o out.rom
    output_lacks "marked as the last"
}

@test "standard output gets the ROM alone" {
    romcompat fit in.rom -o - 2>/dev/null | cmp - "$fitted"
    run -2 romcompat fit "$R/bookworm/roms" -o -
    output_has "cannot be written to standard output"
}

@test "--report writes nothing and says what is saved, at the pace of the history" {
    cat > history.yaml <<END
history: example
summary: two releases
releases:
  - release: 1
    source: measured
    roms:
      in.rom: {size: 239344, chain-end: 239344, bucket: 256K}
  - release: 2
    source: measured
    roms:
      in.rom: {size: 249344, chain-end: 249344, bucket: 256K}
END
    run -0 romcompat fit --report --data history.yaml in.rom
    output_has "a release" "+10000" "7.4" "74240"
    sed -i 's/239344/259344/g' history.yaml
    run -0 romcompat fit --report --data history.yaml in.rom
    output_has "-10000" "holds"
    cp in.rom other.rom
    run -0 romcompat fit --report --data history.yaml other.rom
    output_has "not known"
    rm other.rom
    [ "$(find . -type f | sort)" = "./history.yaml
./in.rom" ]
    run -2 romcompat fit --report in.rom -o out.rom
    output_has "expected either --output or --report"
    run -2 romcompat fit in.rom
    output_has "expected either --output or --report"
}

@test "check says what fit would do for a ROM that outgrew its bucket" {
    mkdir old new
    cp in.rom new/a.rom
    printf 'budget: b1\nroms:\n  - match: a.rom\n    bucket: 128K\n' > small.yaml
    run -1 romcompat check -b small.yaml new
    output_lacks "fit brings it"
    make_rom legacy:4:1af4:1041 efi:600:1af4:1041 > new/a.rom
    printf 'budget: b1\nroms:\n  - match: a.rom\n    bucket: 256K\n' > budget.yaml
    run -1 romcompat check -b budget.yaml new
    output_has "fit brings it to" "romcompat fit --bucket 256K a.rom -o a.rom"
    make_rom legacy:4:1af4:1041 efi:200:1af4:1041 > old/a.rom
    run -1 romcompat check --against old new
    output_has "fit brings it to" "romcompat fit --bucket 128K a.rom -o a.rom"
    romcompat fit --bucket 256K new/a.rom -o new/a.rom
    run -0 romcompat check -b budget.yaml new
}

@test "inspect and check warn of a ROM whose first image is for EFI" {
    make_rom efi:8:8086:100e > first.rom
    run -0 romcompat inspect first.rom
    output_has "the first image is for EFI: on a device of other ids"
    printf 'budget: b1\nroms:\n  - match: first.rom\n    max-bucket: 256K\n' > budget.yaml
    run -0 romcompat check -b budget.yaml first.rom
    output_has "warn first.rom: its first image is for EFI" "romcompat combine puts an image before it"
    romcompat combine -o fixed.rom first.rom
    run -0 romcompat inspect fixed.rom
    output_lacks "for EFI"
}

@test "a romset with transform: fit makes fitted ROMs, and records what became what" {
    mkdir source
    cp in.rom source/efi-virtio.rom
    cp "$R/bookworm/roms/efi-e1000.rom" source/
    cat > set.yaml <<END
romset: fitted-256k
summary: fitted ROMs
bucket: 256K
transform: fit
package: fitted-256k
source:
  directory: source
roms:
  - file: efi-virtio.rom
  - file: efi-e1000.rom
    transform: none
machines:
  - pc-q35: -..7.2
END
    run -0 romcompat build -q -o out set.yaml
    romcompat fit --bucket 256K in.rom -o want.rom
    cmp want.rom out/usr/share/qemu/256k-efi-virtio.rom
    cmp -n 249856 source/efi-e1000.rom out/usr/share/qemu/256k-efi-e1000.rom
    before=$(sha256sum < in.rom | cut -d' ' -f1) after=$(sha256sum < want.rom | cut -d' ' -f1)
    grep -qx "# fit efi-virtio.rom: SHA-256 $before became $after" out/usr/share/qemu/romcompat.d/fitted-256k.map
    run ! grep "fit efi-e1000" out/usr/share/qemu/romcompat.d/fitted-256k.map
    run -0 romcompat map out/usr/share/qemu/romcompat.d/fitted-256k.map
    run -0 jq -c '[.sets[0].roms[] | [.transform, .input.sha256, .output.sha256]][0]' out/manifest.json
    [ "$output" = "[\"fit\",\"$before\",\"$after\"]" ]
    sed -i 's/transform: fit/transform: zip/' set.yaml
    run -1 romcompat lint set.yaml
    output_has "'transform' must be fit or none (found 'zip')"
    # What is too long alone fits when it is compressed.
    sed -i 's/transform: zip/transform: fit/; s/transform: none/transform: fit/' set.yaml
    make_rom legacy:4:1af4:1041 efi:600:1af4:1041 > source/efi-e1000.rom
    run -0 romcompat build -q -o out set.yaml
    sed -i 's/transform: fit/transform: none/' set.yaml
    run -2 romcompat build -q -o out set.yaml
    output_has "the image chain does not fit the bucket"
}

@test "%romcompat_fit puts the fitted ROM in the place of the ROM, and stops where it does not fit" {
    macro() { rpm --load "$TOP/packaging/rpm/macros.romcompat" --eval "%romcompat_fit $*" > macro.sh; sh -ec ". ./macro.sh; echo after the macro"; }
    cp in.rom a.rom
    cp in.rom b.rom
    run -0 macro -b 256K a.rom b.rom
    output_has "after the macro"
    [ "$(stat -c %s a.rom)" = 262144 ]
    cmp a.rom b.rom
    run -1 macro -b 128K in.rom
    output_has "44032 too many"
    output_lacks "after the macro"
}
