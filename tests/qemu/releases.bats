#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every firmware image of four Debian releases: what is expected of each, what lint says of
# their packages, and what diff says of two releases. No guest is started; there is only much
# to unpack.
load ../cli/common
load ../cli/releases

BULLSEYE="ovmf ovmf-ia32 qemu-efi-aarch64 qemu-efi-arm"
TRIXIE="$BULLSEYE qemu-efi-riscv64 qemu-efi-loongarch64"
FORKY="ovmf-generic ovmf-amdsev ovmf-inteltdx qemu-efi-aarch64 qemu-efi-riscv64 qemu-efi-loongarch64"

setup_file() {
    fetch_releases "bullseye $BULLSEYE" "bookworm $BULLSEYE" "trixie $TRIXIE" "forky $FORKY"
    # A directory of packages each: what else is kept of the suite must not be in it.
    for suite in bullseye bookworm trixie forky; do
        mkdir "$BATS_FILE_TMPDIR/$suite"
        for package in $(packages $suite); do
            ln -s "$(release $suite "$package")" "$BATS_FILE_TMPDIR/$suite/"
        done
    done
}

packages() {
    case $1 in bullseye | bookworm) echo "$BULLSEYE" ;; trixie) echo "$TRIXIE" ;; forky) echo "$FORKY" ;; esac
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

# images SUITE: a line for each: path, kind, architecture, features, layout, bytes of a store.
images() {
    local package
    for package in $(packages "$1"); do
        dpkg-deb -x "$(release "$1" "$package")" unpacked
        find unpacked -name '*.fd' -type f -print0 | sort -z | xargs -0 -r romcompat flash inspect --json |
            python3 -c '
import json, sys
for i in json.load(sys.stdin)["images"]:
    line = [i["file"].replace("unpacked/usr/share/", ""), i["kind"]]
    if i["kind"] in ("code", "combined"):
        e = i["expects"]
        line += [i["architecture"]] + [n.replace("_", "-") for n in ("secure_boot", "smm", "shell", "xen", "debug") if i[n]]
        line += [e["layout"].replace(" ", "-"), str(e["file_size"])]
    if i["kind"] in ("store", "combined"):
        s = i["store"]
        line += ["in-it" if i["kind"] == "combined" else "", s["layout"].replace(" ", "-"), "keys" if any(v["live"] and v["name"] == "PK" for v in s["variables"]) else "empty"]
    print(*[w for w in line if w])'
        rm -r unpacked
    done
}

# has_images SUITE: each line of the table is there, and no image is what inspect cannot read.
has_images() {
    images "$1" > "$1.images"
    grep "^$1 " "$BATS_TEST_DIRNAME/releases.table" | cut -d' ' -f2- | sort > "$1.expected"
    sort "$1.images" | comm -13 - "$1.expected" > missing
    [ ! -s missing ] || { echo "expected, and not found:"; cat missing; echo "found:"; cat "$1.images"; return 1; }
    ! grep -E ' (unknown|qcow2)$' "$1.images"
}

@test "every image of Debian 11 is what it is expected to be" { has_images bullseye; }
@test "every image of Debian 12 is what it is expected to be" { has_images bookworm; }
@test "every image of Debian 13 is what it is expected to be" { has_images trixie; }
@test "every image of forky is what it is expected to be" { has_images forky; }

@test "lint: Debian 11 has no error, 12 and 13 one each, forky none" {
    run -0 romcompat flash lint bullseye
    output_has "17 images, 6 descriptors: 0 errors"
    run -1 romcompat flash lint bookworm
    output_has "50-edk2-aarch64-secure.json: the executable /usr/share/AAVMF/AAVMF_CODE.secboot.fd is not there" "19 images, 8 descriptors: 1 error,"
    run -1 romcompat flash lint trixie
    output_has "60-edk2-i386.json: claims amd-sev" "24 images, 11 descriptors: 1 error," \
        "loongarch64/QEMU_EFI.fd is a debug build"
    run -0 romcompat flash lint forky
}

@test "diff 11 to 12: Xen's drivers left the combined image, iSCSI the ARM ones, and nothing else breaks" {
    run -1 romcompat flash diff -q bullseye bookworm
    output_has "breaks cold boot: /usr/share/ovmf/OVMF.fd: lost the drivers for Xen" "AAVMF_CODE.fd: lost iSCSI" "QEMU_EFI.fd: lost iSCSI" "0 break migration, 4 break a cold boot, 0 weaken protection"
}

@test "diff 12 to 13: 2M images, combined images, Secure Boot, descriptors" {
    run -1 romcompat flash diff bookworm trixie
    output_has "4 break migration" "7 break a cold boot, 12 weaken protection" "AAVMF_CODE.fd: lost TPM 2.0" "AAVMF32_CODE.fd: lost HTTP boot" "OVMF.fd: size 2097152 -> 4194304" "OVMF_CODE.fd: gone" "OVMF_VARS.ms.fd: gone" \
        "AAVMF32_CODE.fd: lost Secure Boot" "AAVMF_CODE.fd: lost Secure Boot" "OVMF_CODE_4M.fd: lost Secure Boot" \
        "60-edk2-aarch64.json: executable /usr/share/AAVMF/AAVMF_CODE.fd -> " "QEMU_EFI.fd: size 2097152 -> 3145728" \
        "OVMF_CODE_4M.fd: gained SEV metadata" "OVMF_CODE_4M.fd: gained TDX metadata"
}

@test "diff 13 to forky: the 32-bit firmware is gone, with its descriptors" {
    run -1 romcompat flash diff trixie forky
    for name in AAVMF/AAVMF32_CODE OVMF/OVMF32_CODE_4M OVMF/OVMF32_CODE_4M.secboot; do
        output_has "breaks migration: /usr/share/$name.fd: gone"
    done
    output_has "AAVMF32_VARS.fd: gone" "OVMF32_VARS_4M.fd: gone" "60-edk2-arm.json: gone: libvirt" "now there is none" \
        "60-edk2-x86_64-amdsev.json: new, for /usr/share/ovmf/OVMF.amdsev.fd"
}

@test "map: every descriptor's code of Debian 13 has a template that fits" {
    for package in $(packages trixie); do dpkg-deb -x "$(release trixie "$package")" root; done
    mapfile -t codes < <(grep -h -A1 '"executable"' root/usr/share/qemu/firmware/*.json | sed -n 's/.*"filename": "\(.*\)".*/\1/p' | sort -u)
    [ ${#codes[@]} -ge 9 ]
    run -0 romcompat flash map --root root "${codes[@]}"
    output_lacks "NOT" "no template" "note:"
    rm -r root
}
