#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash lint, on packages of Debian and on trees that differ from them in one point: those of
# Debian's bugs 1117405, 1121739 and 1121768 among them.
load common
load releases

setup_file() {
    fetch_releases "bookworm qemu-efi-aarch64" "trixie ovmf ovmf-ia32" "forky ovmf ovmf-amdsev"
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie forky
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    T=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
    mkdir -p root/usr/share/{OVMF,qemu/firmware} root/etc/qemu/firmware
    J=root/usr/share/qemu/firmware/60-edk2-x86_64.json
}

# One image and its template, with Debian 13's descriptor.
one() {
    cp "$T"/OVMF/OVMF_{CODE,VARS}_4M.fd root/usr/share/OVMF/
    cp "$T/qemu/firmware/60-edk2-x86_64.json" "$J"
}

# edited SED: the descriptor, changed; lint's answer.
edited() {
    sed -i "$1" "$J"
    run romcompat flash lint root
}

# bats test_tags=long
@test "Debian 12 ships a descriptor whose executable is nowhere" {
    run -1 romcompat flash lint "$(release bookworm qemu-efi-aarch64)"
    output_has "error: /usr/share/qemu/firmware/50-edk2-aarch64-secure.json: the executable /usr/share/AAVMF/AAVMF_CODE.secboot.fd is not there" \
        "5 images, 3 descriptors: 1 error," "60-edk2-aarch64.json: /usr/share/AAVMF/AAVMF_CODE.fd has Secure Boot, which is not claimed"
}

@test "Debian 13 claims SEV of 32-bit firmware; its 64-bit package has no error" {
    run -1 romcompat flash lint "$(release trixie ovmf-ia32)"
    output_has "error: /usr/share/qemu/firmware/60-edk2-i386.json: claims amd-sev, which /usr/share/OVMF/OVMF32_CODE_4M.fd does not have"
    run -0 romcompat flash lint "$(release trixie ovmf)"
    output_has " 0 errors" "is a release build" "amd-sev-es is not claimed"
    run -0 romcompat flash lint --json "$(release trixie ovmf)"
    output_has '"grade": "warning"' '"check": "unclaimed-feature"' '"errors": 0'
}

@test "a template that lacks what new guests must have is told from one that has it" {
    run -0 romcompat flash lint "$(release trixie ovmf)"
    output_has "warning: /usr/share/OVMF/OVMF_VARS_4M.ms.fd: has Microsoft's certificates of 2011 and lacks their successors (Microsoft Corporation KEK 2K CA 2023, Windows UEFI CA 2023," \
        "warning: /usr/share/OVMF/OVMF_VARS_4M.ms.fd: dbx has no hash"
    mkdir -p root/usr/share/OVMF
    cp "$ROMCOMPAT_CACHE"/firmware/forky/usr/share/OVMF/OVMF_VARS_4M.{ms,snakeoil}.fd root/usr/share/OVMF/
    run -0 romcompat flash lint root
    output_has "2 images, 0 descriptors: 0 errors, 0 warnings"
    # A list that ends in its midst, in a variable that is whole: firmware keeps the store.
    V=root/usr/share/OVMF/OVMF_VARS_4M.ms.fd
    romcompat varstore export "$V" | jq '(.variables[] | select(.name == "KEK") | .data) |= .[:-2]' > cut.json
    romcompat varstore import cut.json --into "$V" --out cut.fd
    mv cut.fd "$V"
    run -1 romcompat flash lint root
    output_has "error: ${V#root}: KEK is damaged at byte"
}

@test "a dropped combined image leaves a link to nothing (Debian bug 1117405)" {
    mkdir -p root/usr/share/ovmf
    cp "$T/ovmf/OVMF.fd" root/usr/share/ovmf/
    ln -s ../ovmf/OVMF.fd root/usr/share/qemu/OVMF.fd
    one
    run -0 romcompat flash lint root
    rm root/usr/share/ovmf/OVMF.fd
    run -1 romcompat flash lint root
    output_has "error: /usr/share/qemu/OVMF.fd: what the link names, ../ovmf/OVMF.fd, which leads to /usr/share/ovmf/OVMF.fd is not there"
}

@test "templates that were not brought to 64 MiB (Debian bug 1121739)" {
    mkdir -p root/usr/share/AAVMF
    cp --sparse=always "$T"/AAVMF/AAVMF_{CODE.secboot,VARS.ms,VARS.snakeoil}.fd root/usr/share/AAVMF/
    ln -s AAVMF_CODE.secboot.fd root/usr/share/AAVMF/AAVMF_CODE.ms.fd
    cp "$T/qemu/firmware/40-edk2-aarch64-secure-enrolled.json" root/usr/share/qemu/firmware/
    run -0 romcompat flash lint root
    truncate -s 786432 root/usr/share/AAVMF/AAVMF_VARS.*.fd
    run -1 romcompat flash lint root
    output_has "40-edk2-aarch64-secure-enrolled.json: /usr/share/AAVMF/AAVMF_VARS.ms.fd is not as long as the machine's flash, and QEMU does not start (found 786432 bytes, expected 67108864)" \
        "warning: /usr/share/AAVMF/AAVMF_VARS.snakeoil.fd: a store beside"
}

@test "an image in another directory than its descriptor says (Debian bug 1121768)" {
    dpkg-deb -x "$(release forky ovmf-amdsev)" moved
    run -0 romcompat flash lint moved
    mkdir moved/usr/share/OVMF
    mv moved/usr/share/ovmf/OVMF.amdsev.fd moved/usr/share/OVMF/
    run -1 romcompat flash lint moved
    output_has "60-edk2-x86_64-amdsev.json: the executable /usr/share/ovmf/OVMF.amdsev.fd is not there"
}

@test "a package without firmware is no answer, and with the one that it depends on is one" {
    run -2 romcompat flash lint "$(release forky ovmf)"
    output_has "no firmware image and no firmware descriptor"
    run -0 romcompat flash lint --with "$(release forky ovmf-amdsev)" "$(release forky ovmf)"
    output_has "1 image, 1 descriptor:"
    run -0 romcompat flash lint --with "$(release forky ovmf-amdsev)" "$(release forky ovmf-amdsev)"
    output_lacks "in two packages" # one package, named twice
}

@test "what a package depends on may have the file: a warning that names it" {
    mkdir -p p/DEBIAN p/usr/share/qemu/firmware
    cp "$T/qemu/firmware/60-edk2-x86_64.json" p/usr/share/qemu/firmware/
    printf 'Package: p\nVersion: 1\nArchitecture: all\nMaintainer: m <m@example.org>\nDepends: ovmf\nDescription: d\n' > p/DEBIAN/control
    dpkg-deb --root-owner-group -b p p.deb > built
    run -0 romcompat flash lint p.deb
    output_has "warning: /usr/share/qemu/firmware/60-edk2-x86_64.json: the executable /usr/share/OVMF/OVMF_CODE_4M.fd is not there; p depends on ovmf, which --with adds"
    run -1 romcompat flash lint --with "$(release trixie ovmf)" p.deb
    output_has "error: /usr/share/qemu/firmware/60-edk2-x86_64.json: in two packages: p and ovmf"
    output_lacks "is not there"
}

# bats test_tags=long
@test "templates, kinds and claims that are not what the image has" {
    one
    run -0 romcompat flash lint root
    output_has " 0 errors"
    edited 's/"acpi-s3"/"secure-boot"/'
    output_has "error: /usr/share/qemu/firmware/60-edk2-x86_64.json: claims secure-boot, which /usr/share/OVMF/OVMF_CODE_4M.fd does not have"
    edited 's/"secure-boot"/"requires-smm", "enrolled-keys"/'
    output_has "claims requires-smm" "claims enrolled-keys" "'pc-i440fx-*' has no SMM"
    edited 's/"requires-smm", "enrolled-keys"/"intel-tdx", "amd-sev-snp", "amd-sev-es"/'
    [ "$status" = 0 ] || show
    output_lacks "claims intel-tdx" "claims amd-sev"
    edited 's/OVMF_VARS_4M/OVMF_CODE_4M/'
    output_has "does not fit" "not a variable store"
    edited 's/OVMF_CODE_4M/OVMF_VARS_4M/g'
    output_has "OVMF_VARS_4M.fd is not what mode 'split' needs (found store, expected code)"
    cp "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS.fd" root/usr/share/OVMF/OVMF_VARS_4M.fd
    one
    cp "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS.fd" root/usr/share/OVMF/OVMF_VARS_4M.fd
    run -1 romcompat flash lint root
    output_has "the template /usr/share/OVMF/OVMF_VARS_4M.fd does not fit /usr/share/OVMF/OVMF_CODE_4M.fd: variables will not persist"
}

@test "keys and values that the format does not have, and machines that nobody has" {
    one
    edited 's/"tags"/"tagz"/; s/"acpi-s3"/"acpi-s33"/; s/pc-q35-\*/q35/'
    [ "$status" = 0 ]
    output_has "descriptor: 'tagz' is unknown (did you mean 'tags'?)" "'acpi-s33' is unknown" "matches 'q35', which is an alias"
    edited 's/"flash"/"flesh"/'
    [ "$status" = 1 ]
    output_has "mapping.device: 'flesh' is unknown (did you mean 'flash'?): libvirt skips the descriptor"
    edited 's/"description"/description/'
    [ "$status" = 1 ]
    output_has "60-edk2-x86_64.json:2: not JSON"
    one
    edited 's/"x86_64",/"aarch64",/'
    output_has "firmware for another architecture (found x86_64, expected aarch64)" "no machine type of aarch64 that is known matches 'pc-i440fx-*'"
    one
    edited '0,/"raw"/s//"qcow2"/'
    output_has "does not have the format that is claimed (found raw, expected qcow2)"
}

@test "links and names in the directory of descriptors" {
    one
    ln -s nowhere.json root/etc/qemu/firmware/10-gone.json
    run -1 romcompat flash lint root
    output_has "10-gone.json: a link to nowhere.json, which is not there: libvirt then reads no descriptor at all"
    rm root/etc/qemu/firmware/10-gone.json
    ln -s /dev/null root/etc/qemu/firmware/60-edk2-x86_64.json
    run -0 romcompat flash lint root
    output_has "a link to /dev/null, which libvirt skips" "60-edk2-x86_64.json: claims verbose-dynamic"
    rm root/etc/qemu/firmware/60-edk2-x86_64.json
    : > root/etc/qemu/firmware/60-edk2-x86_64.json
    run -0 romcompat flash lint root
    output_lacks "claims verbose-dynamic"
    rm root/etc/qemu/firmware/60-edk2-x86_64.json
    cp "$J" "${J%.json}.json.dpkg-old"
    run -0 romcompat flash lint root
    output_has "60-edk2-x86_64.json.dpkg-old: not named .json, but libvirt reads it nevertheless" \
        "60-edk2-x86_64.json.dpkg-old: never chosen: /usr/share/qemu/firmware/60-edk2-x86_64.json has the same priority"
    mv "${J%.json}.json.dpkg-old" "${J%/*}/90-old.json"
    run -0 romcompat flash lint root
    output_lacks "never chosen"
}

@test "links of a tree are followed inside of it, and in no circle" {
    one
    mv root/usr/share/OVMF root/usr/share/edk2
    ln -s /usr/share/edk2 root/usr/share/OVMF
    run -0 romcompat flash lint root
    rm root/usr/share/OVMF
    ln -s "$PWD/root/usr/share/edk2" root/usr/share/OVMF
    run -1 romcompat flash lint root
    output_has "which leads to $PWD/root/usr/share/edk2/OVMF_CODE_4M.fd is not there"
    rm root/usr/share/OVMF
    ln -s a root/usr/share/b
    ln -s b root/usr/share/a
    ln -s a root/usr/share/OVMF
    run -1 romcompat flash lint root
}

@test "this host, wrong usage, and what is no tree" {
    run romcompat flash lint /
    [ "$status" -le 1 ] || output_has "no firmware image"
    run -2 romcompat flash lint
    output_has "a TREE is missing"
    run -2 romcompat flash lint "$J" nothing
    run -2 romcompat flash lint nothing
    output_has "nothing: No such file"
    run -2 romcompat flash lint "$BATS_TEST_FILENAME"
    output_has "neither a directory nor a package"
    mkdir empty
    run -2 romcompat flash lint empty
    output_has "no firmware image and no firmware descriptor in it"
    run -2 romcompat flash lint --with empty root
}
