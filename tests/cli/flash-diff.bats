#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash diff: the regressions between releases of Debian's firmware, and single changes.
# All packages of all releases are compared in tests/qemu/test-releases.
load common
load releases

setup_file() {
    fetch_releases "bullseye ovmf" "bookworm ovmf qemu-efi-aarch64" "trixie ovmf qemu-efi-aarch64"
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie forky
}

# says PACKAGE.SUITE TEXT...: the comparison with the suite after it has these lines. It is made once.
says() {
    local package=${1%.*} suite=${1##*.} file=$BATS_FILE_TMPDIR/$1 next=trixie
    [ "$suite" != bullseye ] || next=bookworm
    [ -e "$file" ] || romcompat flash diff "$(release "$suite" "$package")" "$(release "$next" "$package")" > "$file" ||
        echo "status $?" >> "$file"
    output=$(cat "$file")
    shift
    output_has "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
    mkdir -p {old,new}/usr/share/{OVMF,qemu/firmware}
}

both() { romcompat flash diff old new; }

# descriptor FILE CODE VARS FEATURES MACHINE
descriptor() {
    printf '{"description":"d","interface-types":["uefi"],"mapping":{"device":"flash","executable":{"filename":"%s","format":"raw"},"nvram-template":{"filename":"%s","format":"raw"}},"targets":[{"architecture":"x86_64","machines":["%s"]}],"features":[%s],"tags":[]}\n' \
        "$2" "$3" "$5" "$4" > "$1"
}

# bats test_tags=long
@test "Debian 11 to 12: the Xen drivers left the combined image" {
    says ovmf.bullseye "breaks cold boot: /usr/share/ovmf/OVMF.fd: lost the drivers for Xen" "status 1" \
        "harmless: /usr/share/OVMF/OVMF_CODE.fd: gained TDX metadata" "0 break migration, 1 break a cold boot"
}

# bats test_tags=long
@test "Debian 12 to 13: Secure Boot is gone at an unchanged path" {
    says ovmf.bookworm "weakens protection: /usr/share/OVMF/OVMF_CODE_4M.fd: lost Secure Boot" "status 1" \
        "weakens protection: /usr/share/ovmf/OVMF.fd: lost Secure Boot"
    says qemu-efi-aarch64.bookworm "weakens protection: /usr/share/AAVMF/AAVMF_CODE.fd: lost Secure Boot" "status 1" \
        "weakens protection: /usr/share/qemu-efi-aarch64/QEMU_EFI.fd: lost Secure Boot"
}

# bats test_tags=long
@test "Debian 12 to 13: the 2M images are gone, with the links to them" {
    for name in OVMF_CODE OVMF_CODE.secboot OVMF_CODE.ms; do
        says ovmf.bookworm "breaks migration: /usr/share/OVMF/$name.fd: gone (it was code, x86_64, 1966080 bytes)"
    done
    says ovmf.bookworm "breaks cold boot: /usr/share/OVMF/OVMF_VARS.fd: gone" "breaks cold boot: /usr/share/OVMF/OVMF_VARS.ms.fd: gone"
}

# bats test_tags=long
@test "Debian 12 to 13: combined images grew, with QEMU's own words, and expect another store" {
    says ovmf.bookworm "breaks migration: /usr/share/ovmf/OVMF.fd: size 2097152 -> 4194304" "Size mismatch: pc.bios: 0x200000 != 0x400000" \
        "OVMF.fd: expects a store of 0x84000 bytes, and not 0x20000"
    says qemu-efi-aarch64.bookworm "harmless: /usr/share/qemu-efi-aarch64/QEMU_EFI.fd: size 2097152 -> 3145728"
}

# bats test_tags=long
@test "Debian 12 to 13: SEV and TDX metadata in the 4M code, and what is measured" {
    says ovmf.bookworm "OVMF_CODE_4M.fd: gained SEV metadata" "OVMF_CODE_4M.fd: gained TDX metadata" \
        "changes measurement: /usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
    output_lacks "OVMF_CODE_4M.ms.fd" # a link that leads where it did
}

# bats test_tags=long
@test "Debian 12 to 13: a path is a link to another image now, and a descriptor names it" {
    says qemu-efi-aarch64.bookworm "AAVMF_CODE.fd: leads to AAVMF_CODE.no-secboot.fd, and was a file" \
        "AAVMF_CODE.ms.fd: leads to AAVMF_CODE.secboot.fd, and was AAVMF_CODE.fd" \
        "breaks cold boot: /usr/share/qemu/firmware/60-edk2-aarch64.json: executable /usr/share/AAVMF/AAVMF_CODE.fd -> /usr/share/AAVMF/AAVMF_CODE.no-secboot.fd" \
        "AAVMF_VARS.fd: a formatted store, and was blank"
}

@test "the same release is no change" {
    cp "$D13"/OVMF/OVMF_{CODE,VARS}_4M.fd old/usr/share/OVMF/
    cp "$D13/qemu/firmware/60-edk2-x86_64.json" old/usr/share/qemu/firmware/
    run -0 romcompat flash diff old old
    [ "$output" = "0 break migration, 0 break a cold boot, 0 weaken protection, 0 change measurement, 0 harmless" ]
}

@test "a combined image that was dropped, and the link to it (Debian bug 1117405)" {
    mkdir {old,new}/usr/share/ovmf
    cp "$D13/ovmf/OVMF.fd" old/usr/share/ovmf/
    cp "$D13/OVMF/OVMF_VARS_4M.fd" new/usr/share/OVMF/
    for t in old new; do ln -s ../ovmf/OVMF.fd $t/usr/share/qemu/OVMF.fd; done
    run -1 both
    output_has "breaks migration: /usr/share/ovmf/OVMF.fd: gone" "breaks migration: /usr/share/qemu/OVMF.fd: a link to ../ovmf/OVMF.fd, where no image is"
}

@test "templates that lost their length or their keys (Debian bug 1121739)" {
    mkdir {old,new}/usr/share/AAVMF
    cp --sparse=always "$D13/AAVMF/AAVMF_VARS.ms.fd" old/usr/share/AAVMF/
    head -c 786432 "$D13/AAVMF/AAVMF_VARS.ms.fd" > new/usr/share/AAVMF/AAVMF_VARS.ms.fd
    cp "$D13/OVMF/OVMF_VARS_4M.ms.fd" old/usr/share/OVMF/v.fd
    cp "$D13/OVMF/OVMF_VARS_4M.fd" new/usr/share/OVMF/v.fd
    run -1 both
    output_has "breaks cold boot: /usr/share/AAVMF/AAVMF_VARS.ms.fd: size 67108864 -> 786432: a new guest does not start: device requires 67108864 bytes" \
        "weakens protection: /usr/share/OVMF/v.fd: lost its Secure Boot keys"
    run -1 romcompat flash diff new old
    output_has "gained Secure Boot keys"
}

@test "a path that leads to another layout, or to another kind of image" {
    cp "$D12"/OVMF/OVMF_{CODE,VARS}.fd old/usr/share/OVMF/
    cp "$D13"/OVMF/OVMF_{CODE,VARS}_4M.fd new/usr/share/OVMF/
    ln -s OVMF_CODE_4M.fd new/usr/share/OVMF/OVMF_CODE.fd
    ln -s OVMF_VARS_4M.fd new/usr/share/OVMF/OVMF_VARS.fd
    run -1 both
    output_has "breaks migration: /usr/share/OVMF/OVMF_CODE.fd: size 1966080 -> 3653632" "Size mismatch: system.flash0: 0x1e0000 != 0x37c000" \
        "OVMF_CODE.fd: leads to OVMF_CODE_4M.fd, and was a file" "Size mismatch: system.flash1: 0x20000 != 0x84000" \
        "breaks cold boot: /usr/share/OVMF/OVMF_CODE.fd: expects a store of 0x84000 bytes"
    rm new/usr/share/OVMF/OVMF_CODE.fd
    cp "$D13/ovmf/OVMF.fd" new/usr/share/OVMF/OVMF_CODE.fd
    run -1 both
    output_has "breaks migration: /usr/share/OVMF/OVMF_CODE.fd: combined, and not code as before"
}

@test "SMM that came makes guests fail, SMM that went leaves them unprotected" {
    cp "$D13/OVMF/OVMF_CODE_4M.fd" old/usr/share/OVMF/a.fd
    cp "$D13/OVMF/OVMF_CODE_4M.secboot.fd" new/usr/share/OVMF/a.fd
    run -1 both
    output_has "breaks cold boot: /usr/share/OVMF/a.fd: gained SMM" "harmless: /usr/share/OVMF/a.fd: gained Secure Boot"
    run -1 romcompat flash diff new old
    output_has "weakens protection: /usr/share/OVMF/a.fd: lost SMM"
}

# bats test_tags=long
@test "descriptors: gone, renamed, other paths, features and targets" {
    C=/usr/share/OVMF/OVMF_CODE_4M.fd V=/usr/share/OVMF/OVMF_VARS_4M.fd
    for t in old new; do cp "$D13"/OVMF/OVMF_{CODE,VARS}_4M.fd $t/usr/share/OVMF/; done
    O=old/usr/share/qemu/firmware N=new/usr/share/qemu/firmware
    descriptor $O/50-a.json $C $V '"secure-boot","verbose-static"' 'pc-q35-*'
    run -1 both
    output_has "breaks cold boot: /usr/share/qemu/firmware/50-a.json: gone: libvirt finds no 'efi' firmware for guests that have $C" \
        "was the first for x86_64 pc-q35-10.0, and now there is none"
    cp $O/50-a.json $N/60-a.json
    run -0 both
    output_has "harmless: /usr/share/qemu/firmware/50-a.json: another name, and with it another priority: /usr/share/qemu/firmware/60-a.json"
    rm $N/60-a.json
    descriptor $N/50-a.json $C $C '"requires-smm","acpi-s3"' 'pc-i440fx-*'
    run -1 both
    output_has "50-a.json: template $V -> $C: libvirt finds no" "lost the feature secure-boot: libvirt" "harmless: /usr/share/qemu/firmware/50-a.json: lost the feature verbose-static" \
        "gained the feature requires-smm: libvirt" "harmless: /usr/share/qemu/firmware/50-a.json: gained the feature acpi-s3" \
        "lost the target x86_64 pc-q35-*" "gained the target x86_64 pc-i440fx-*"
    descriptor $N/50-a.json /elsewhere $V '"secure-boot","verbose-static"' 'pc-*'
    run -1 both
    output_has "executable $C -> /elsewhere: libvirt finds no"
    output_lacks "lost the target"
    # Another one still has the old paths.
    cp $O/50-a.json $N/70-a.json
    run -0 both
    output_has "new guests of x86_64 pc-q35-10.0 get /elsewhere, and not $C as before"
}

@test "--quiet, --json, wrong usage, and what is no tree" {
    cp "$D13/OVMF/OVMF_CODE_4M.fd" old/usr/share/OVMF/a.fd
    cp "$D13/OVMF/OVMF_CODE_4M.secboot.fd" new/usr/share/OVMF/a.fd
    run -1 romcompat flash diff -q old new
    output_has "gained SMM"
    output_lacks "harmless:" "changes measurement:"
    run -1 romcompat flash diff --json old new
    output_has '"breaks": true' '"grade": "breaks cold boot"' '"reason": "smm"'
    run -2 romcompat flash diff old
    output_has "OLD or NEW is missing"
    run -2 romcompat flash diff old nothing
    run -2 romcompat flash diff nothing old
    output_has "nothing: No such file"
}

@test "a template that loses certificates or hashes is graded by what new guests lose" {
    cp "$ROMCOMPAT_CACHE/firmware/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd" old/usr/share/OVMF/V.fd
    cp "$D13/OVMF/OVMF_VARS_4M.ms.fd" new/usr/share/OVMF/V.fd
    run -1 romcompat flash diff old new
    output_has "breaks cold boot: /usr/share/OVMF/V.fd: db lost 3 certificates (Windows UEFI CA 2023, Microsoft UEFI CA 2023, Microsoft Option ROM UEFI CA 2023)" \
        "weakens protection: /usr/share/OVMF/V.fd: KEK lost 1 certificate (Microsoft Corporation KEK 2K CA 2023)" \
        "weakens protection: /usr/share/OVMF/V.fd: dbx lost 443 hashes: new guests start what was revoked"
    run -0 romcompat flash diff new old
    output_has "harmless: /usr/share/OVMF/V.fd: db gained 3 certificates" "harmless: /usr/share/OVMF/V.fd: dbx gained 443 hashes" \
        "0 weaken protection"
    run -1 romcompat check --against old/usr/share/OVMF new/usr/share/OVMF
    output_has "FAIL V.fd: its db lost 3 certificates (Windows UEFI CA 2023" "FAIL V.fd: its KEK lost 1 certificate" \
        "FAIL V.fd: its dbx lost 443 hashes"
    run -0 romcompat check --against new/usr/share/OVMF old/usr/share/OVMF
    output_has "note V.fd: its dbx gained 443 hashes"
    # The same in qcow2, where only the format is another.
    mv new/usr/share/OVMF/V.fd V.raw
    qemu-img convert -O qcow2 V.raw new/usr/share/OVMF/V.fd
    run -1 romcompat flash diff old new
    output_has "db lost 3 certificates" "a qcow2 file, and was raw"
}

@test "descriptors of globs that multiply are an error, not work without end" {
    for i in 1 2 3 4 5; do
        awk -v n=$i 'BEGIN {
            printf "{\"description\":\"d\",\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/c\",\"format\":\"raw\"},\"nvram-template\":{\"filename\":\"/v\",\"format\":\"raw\"}},\"targets\":["
            for (t = 0; t < 80; t++) {
                printf "%s{\"architecture\":\"x86_64\",\"machines\":[", (t ? "," : "")
                for (m = 0; m < 80; m++) printf "%s\"pc-*-%d-%d\"", (m ? "," : ""), t, m
                printf "]}"
            }
            printf "],\"features\":[],\"tags\":[]}"
        }' > old/usr/share/qemu/firmware/$i.json
        sed 's/pc-\*/pd-*/g' old/usr/share/qemu/firmware/$i.json > new/usr/share/qemu/firmware/$i.json
    done
    run -2 bash -c 'ulimit -t 60; romcompat flash diff old new'
    output_has "the input asks for too much: more than 400000000 comparisons"
}
