#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_rom legacy:4:1af4:1041+pnp efi:8:1af4:1041 > both.rom
    make_pe 0x8664 0xb 3000 > x64.efi
    make_pe 0xaa64 0xb 5000 > aa64.efi
}

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }
make_pe() { "$BUILD/tests/cli/make_pe" "$@"; }

# images ROM: kind, ids and last bit of each, one a line.
images() {
    romcompat inspect --json "$1" |
        jq -r '.roms[].images[] | "\(.efi.machine_name // .type) \(.pcir.vendor):\(.pcir.device) \(.last)"'
}

@test "legacy half, x86 driver and ARM driver become one ROM in that order" {
    run -0 romcompat combine -o out.rom aa64.efi both.rom:legacy x64.efi
    output_has "legacy" "2048" "aarch64" "x86_64" "both.rom" "together" "bucket"
    run -0 romcompat inspect out.rom
    output_has "0  legacy  1af4:1041" "1  EFI     1af4:1041" "aarch64 boot driver, compressed" "x86_64 boot driver, compressed"
    output_lacks error warning
    cmp -n 2048 both.rom out.rom
}

@test "what went in comes out again" {
    romcompat combine -o out.rom both.rom:legacy x64.efi aa64.efi
    run -0 romcompat extract out.rom:1 -o one
    cmp one x64.efi
    run -0 romcompat extract out.rom:2 -o two
    cmp two aa64.efi
    run -0 romcompat extract out.rom:0 -o zero
    cmp zero <(head -c 2048 both.rom)
    romcompat extract out.rom:2 -o - | cmp - aa64.efi
}

@test "without a legacy part 512 bytes that carry the ids stand first" {
    run -0 romcompat combine --id 1af4:1000 -o out.rom x64.efi aa64.efi
    output_has "ids" "512"
    run -0 romcompat inspect out.rom
    output_has "0  legacy  1af4:1000         0..512" "1  EFI     1af4:1000       512.."
    output_lacks error warning
}

@test "the last bit stands on the last image alone" {
    romcompat combine -o out.rom both.rom:legacy x64.efi aa64.efi
    run -0 romcompat inspect --json out.rom
    [ "$(jq -c '[.roms[].images[].last]' <<<"$output")" = "[false,false,true]" ]
}

@test "--id is for all images, and a legacy image keeps its sum" {
    run -0 romcompat combine --id 8086:100e -o out.rom both.rom
    run -0 romcompat inspect out.rom
    output_has "0  legacy  8086:100e" "1  EFI     8086:100e"
    output_lacks 1af4 error warning
}

@test "ROMs of different devices are refused without --id" {
    make_rom efi:8:8086:100e machine=0xaa64 > other.rom
    run -1 romcompat combine -o out.rom both.rom other.rom
    output_has "both.rom is for 1af4:1041, other.rom for 8086:100e" "--id"
    run -0 romcompat combine --id 1af4:1041 -o out.rom both.rom other.rom
    run -2 romcompat combine -o out.rom x64.efi
    output_has "--id is needed"
}

@test "a machine twice is refused" {
    run -1 romcompat combine -o out.rom both.rom x64.efi
    output_has "x64.efi: a second image for x86_64: both.rom has one"
    run -1 romcompat combine -o out.rom both.rom both.rom:legacy
    output_has "a second image for legacy"
    [ ! -e out.rom ]
}

@test "runtime drivers are taken, applications and other files are not" {
    make_pe 0x8664 0xc 3000 > runtime.efi
    run -0 romcompat combine --id 1af4:1041 -o out.rom runtime.efi
    run -0 romcompat inspect out.rom
    output_has "x86_64 runtime driver"
    make_pe 0x8664 0xa 3000 > app.efi
    run -2 romcompat combine --id 1af4:1041 -o no.rom app.efi
    output_has "app.efi: an EFI application"
    make_pe 0x8664 0x2 3000 > windows.efi
    run -2 romcompat combine --id 1af4:1041 -o no.rom windows.efi
    output_has "windows.efi: not an EFI driver (found subsystem 2"
    make_pe 0x1234 0xb 3000 > strange.efi
    run -2 romcompat combine --id 1af4:1041 -o no.rom strange.efi
    output_has "strange.efi: an unknown machine type (found 0x1234)"
    head -c 100 x64.efi > short.efi
    run -2 romcompat combine --id 1af4:1041 -o no.rom short.efi
    output_has "short.efi: not a PE image"
    run -2 romcompat combine --id 1af4:1041 -o no.rom x64.efi:legacy
    output_has "a PE driver has no images to choose from"
    echo text > text
    run -2 romcompat combine -o no.rom text
    output_has "text: "
    [ ! -e no.rom ]
}

@test "--bucket pads, and refuses what is longer by how many bytes" {
    run -0 romcompat combine --bucket 16K -o out.rom both.rom aa64.efi
    [ "$(stat -c %s out.rom)" = 16384 ]
    run -1 romcompat combine --bucket 4K -o no.rom both.rom aa64.efi
    output_has "does not fit 4K" "too many"
    [ ! -e no.rom ]
}

@test "a short ROM is padded to 4 KiB, the smallest that UEFI firmware starts a driver from" {
    make_pe 0xaa64 0xb 600 > small.efi
    run -0 romcompat combine --id 1af4:1041 -o out.rom small.efi
    [ "$(stat -c %s out.rom)" = 4096 ]
    run -0 romcompat fit --drop legacy out.rom -o fitted.rom
    [ "$(stat -c %s fitted.rom)" = 4096 ]
}

@test "extract names what there is to choose from" {
    romcompat combine -o out.rom both.rom:legacy x64.efi aa64.efi
    run -1 romcompat extract out.rom -o no
    output_has "out.rom: 2 EFI images in it; out.rom:N says which image is meant"
    run -1 romcompat extract out.rom:3 -o no
    output_has "there is no image 3 (found 3 images, counted from 0)"
    make_rom legacy:4 > legacy.rom
    run -1 romcompat extract legacy.rom -o no
    output_has "no EFI image in it (found 1 of other kinds)"
    # What is no ROM has no images to choose from.
    echo text > text
    run -2 romcompat extract text -o no
    output_has "text: " "the file is too short for a ROM header"
    : > empty
    run -2 romcompat extract empty:0 -o no
    output_has "the file is empty"
    run -0 romcompat extract both.rom -o yes
    [ "$(head -c 2 yes)" = MZ ]
    make_rom legacy:4 efi:8 image-length=64 > broken.rom
    run -2 romcompat extract broken.rom:1 -o no
    output_has "broken.rom: image 1"
    [ ! -e no ]
}
