#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bats file_tags=long
# check on packages of UEFI firmware: those of Debian 12 and 13, and the shipped budgets.
load common
# shellcheck source=tests/cli/releases.bash
. "$BATS_TEST_DIRNAME/releases.bash"

setup_file() {
    fetch_releases "bookworm ovmf qemu-efi-aarch64" "trixie ovmf qemu-efi-aarch64"
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie forky
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    BUDGETS=$TOP/romsets/budgets
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
}

@test "each release keeps its own budget, links and all" {
    for suite in 12:bookworm 13:trixie; do
        for package in ovmf qemu-efi-aarch64; do
            run -0 romcompat check --strict --budget "$BUDGETS/$package-debian-${suite%:*}.yaml" "$(release "${suite#*:}" $package)"
            output_has "flash images, budget $package: 0 failures, 0 warnings"
        done
    done
    output_has "AAVMF_CODE.fd " "AAVMF_CODE.ms.fd"
}

@test "Debian 13's ovmf breaks Debian 12's budget by what was lost" {
    run -1 romcompat check --budget "$BUDGETS/ovmf-debian-12.yaml" --json-file report.json --junit report.xml "$(release trixie ovmf)"
    output_has "FAIL OVMF_CODE.fd: it is not there, and" "FAIL OVMF_VARS.fd: it is not there" \
        "FAIL OVMF_CODE_4M.fd: it lacks secure-boot (found sev, sev-es, snp, tdx, shell, tpm2, iscsi, pxe, http-boot): a guest with keys" \
        "FAIL OVMF_CODE_4M.secboot.fd: it lacks shell" \
        "it has 4194304 bytes, expected 2097152" "Size mismatch: 0x200000 != 0x400000" \
        "its store has 0x84000 bytes, expected 0x20000" "romcompat flash pack" "10 flash images" "FAIL usr/share/ovmf/OVMF.fd:"
    xmllint --noout report.xml
    run -0 grep -c '<testcase' report.xml
    run -0 cat report.json
    output_has $'"roms": [\n  ]' '"flash": [' '"check": "required"' '"check": "features"' '"free": 1870856' '"result": "no"' '"kind": "combined"'
}

@test "AAVMF_CODE.fd, a link in Debian 13, lost Secure Boot; QEMU_EFI.fd grew" {
    run -1 romcompat check -q --budget "$BUDGETS/qemu-efi-aarch64-debian-12.yaml" "$(release trixie qemu-efi-aarch64)"
    output_has "FAIL AAVMF_CODE.fd: it lacks secure-boot, tpm2 (found shell, pxe, http-boot)" "it has 3145728 bytes, expected 2097152"
}

@test "--against names the same losses without a budget, and what was gained" {
    run -1 romcompat check --against "$(release bookworm ovmf)" "$(release trixie ovmf)"
    output_has "FAIL OVMF_CODE.fd: it is gone: the older release had it (code, 1966080 bytes)" \
        "FAIL OVMF_CODE_4M.fd: it lost secure-boot" "warn OVMF_CODE_4M.secboot.fd: it lost shell" \
        "it had 2097152 bytes and has 4194304" "note OVMF_CODE_4M.fd: it gained snp, tdx" \
        "note OVMF_CODE_4M.fd: 1929080 bytes of its volume were free and 1870856 are" \
        "note OVMF_CODE_4M.secboot.strictnx.fd: it is new"
    # Said once, also where a budget says it too.
    run -1 romcompat check --budget "$BUDGETS/ovmf-debian-12.yaml" --against "$(release bookworm ovmf)" "$(release trixie ovmf)"
    output_has "it lacks secure-boot"
    output_lacks "it lost secure-boot"
}

@test "a first budget is kept by what it was written from, a directory too" {
    mkdir fw
    cp "$D12/OVMF/OVMF_CODE.fd" "$D12/OVMF/OVMF_VARS.fd" fw/
    cp "$D12/OVMF/OVMF_CODE.fd" fw/without-suffix
    ln -s OVMF_CODE.fd fw/OVMF_CODE.link.fd
    romcompat check --write-budget fw > b.yaml
    run -0 cat b.yaml
    output_has "required:" "  - OVMF_CODE.link.fd" "size: 1966080" "template: OVMF_VARS.fd" "match: without-suffix"
    output_lacks "roms:"
    run -0 romcompat check --strict --budget b.yaml fw
    output_has "4 flash images"
}

@test "a budget says which certificates and how many hashes a template must have" {
    mkdir new old
    cp "$ROMCOMPAT_CACHE/firmware/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd" new/
    cp "$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF/OVMF_VARS_4M.ms.fd" old/
    romcompat check --write-budget new > b.yaml
    run -0 cat b.yaml
    output_has '    kek: ["Debian UEFI Secure Boot (PK/KEK key)", "Microsoft Corporation KEK CA 2011", "Microsoft Corporation KEK 2K CA 2023"]' \
        '"Microsoft UEFI CA 2023", "Microsoft Option ROM UEFI CA 2023"]' '    dbx: 443'
    run -0 romcompat check --strict --budget b.yaml new
    run -1 romcompat check --budget b.yaml old
    output_has "its KEK has no certificate 'Microsoft Corporation KEK 2K CA 2023'" \
        "its db has no certificate 'Windows UEFI CA 2023'" "hashes in its dbx: 0, expected at least 443" "5 failures"
    # What a budget does not ask for was meant to go; a sum names a certificate, too.
    printf 'budget: b\nflash:\n  - {match: "*", kek: A1117F516A32CEFCBA3F2D1ACE10A87972FD6BBE8FE0D0B996E09E65D802A503, db: Microsoft Corporation UEFI CA 2011}\n' > b.yaml
    run -1 romcompat check --budget b.yaml --against new old
    output_has "warn OVMF_VARS_4M.ms.fd: its KEK lost 1 certificate" "warn OVMF_VARS_4M.ms.fd: its db lost 3 certificates" \
        "FAIL OVMF_VARS_4M.ms.fd: its dbx lost 443 hashes" ": 1 failure, 2 warnings"
    for wrong in 'dbx: 0' 'dbx: 65537' 'kek: []' 'db: {a: b}' 'kek: ""'; do
        printf 'budget: b\nflash:\n  - {match: "*", %s}\n' "$wrong" > b.yaml
        run -2 romcompat check --budget b.yaml old
        output_has "b.yaml:3:"
    done
    # A rule that asks a file for keys which has none to read.
    printf 'budget: b\nflash:\n  - {match: "*", dbx: 1}\n' > b.yaml
    dd if=/dev/urandom of=new/OVMF_VARS_4M.ms.fd bs=4096 count=1 status=none
    run -1 romcompat check --budget b.yaml new
    output_has "its lists of keys cannot be read"
}

@test "a first budget has the sums of certificates that share a name" {
    mkdir fw
    for i in 1 2; do
        cp "$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF/OVMF_VARS_4M.ms.fd" fw/vars.fd
        openssl req -x509 -newkey rsa:2048 -nodes -keyout key -subj /CN=Twin -days 3650 -outform DER -out $i.der 2> log
    done
    romcompat varstore enroll --from 1.der --from 2.der --into db --owner 12345678-1234-1234-1234-123456789abc fw/vars.fd
    rm fw/*.old
    romcompat check --write-budget fw > b.yaml
    run -0 cat b.yaml
    output_has "$(sha256sum 1.der | cut -c1-64)" "$(sha256sum 2.der | cut -c1-64)" "Microsoft Corporation UEFI CA 2011"
    output_lacks Twin
    run -0 romcompat check --budget b.yaml fw
    cp "$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF/OVMF_VARS_4M.ms.fd" fw/vars.fd
    romcompat varstore enroll --from 1.der --into db --owner 12345678-1234-1234-1234-123456789abc fw/vars.fd
    rm fw/*.old
    run -1 romcompat check --budget b.yaml fw
    output_has "its db has no certificate '$(sha256sum 2.der | cut -c1-64)'"
}

@test "what a server or Git put in the place of firmware is not passed, and no budget is written of it" {
    mkdir fw
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 540672\n' > fw/OVMF_VARS.fd
    printf 'budget: b\nflash:\n  - {match: "*"}\n' > b.yaml
    run -1 romcompat check --budget b.yaml fw
    output_has "FAIL OVMF_VARS.fd: it is not a QEMU flash image: it is a Git LFS pointer"
    mkdir -p root/usr/share/OVMF
    mv fw/OVMF_VARS.fd root/usr/share/OVMF/
    run -0 romcompat flash lint root
    output_has "warning: /usr/share/OVMF/OVMF_VARS.fd: not a QEMU flash image: it is a Git LFS pointer"
    mv root/usr/share/OVMF/OVMF_VARS.fd fw/
    cp "$D12/OVMF/OVMF_VARS.fd" fw/V.fd
    romcompat check --write-budget fw > b.yaml
    run cat b.yaml
    output_has "V.fd"
    output_lacks OVMF_VARS foreign
}

@test "a tar archive is VirtualBox's NVRAM only where its members are" {
    mkdir efi
    echo x > efi/nvram
    tar -cf v.nvram efi/nvram
    cp "$D12/OVMF/OVMF_VARS.fd" g.fd
    tar -cf g.tar g.fd
    run -1 romcompat flash inspect v.nvram
    output_has "an NVRAM of VirtualBox" "set the guest's variables up again"
    run -1 romcompat flash inspect g.tar
    output_has "a tar archive" "Unpack it first."
    output_lacks VirtualBox
}

@test "templates, margins, kinds and damage" {
    mkdir fw
    cp "$D12/OVMF/OVMF_CODE.fd" fw/CODE.fd
    cp "$D12/OVMF/OVMF_VARS_4M.fd" fw/VARS.fd
    printf 'budget: b\nunlisted: ignore\nflash:\n  - {match: CODE.fd, template: VARS.fd, margin: 50%%, kind: combined, architecture: i386, without: smm}\n  - {match: VARS.fd, features: enrolled-keys}\n' > b.yaml
    run -1 romcompat check --budget b.yaml fw
    output_has "its template 'VARS.fd' does not fit it: the firmware crashes" "it is code, expected combined" \
        "it is for x86_64, expected i386" "warn CODE.fd: only 240176 bytes (13.7 %) of its volume are free" \
        "FAIL VARS.fd: it lacks enrolled-keys (found none)"
    output_lacks "it has smm"
    rm fw/VARS.fd
    head -c 100000 fw/CODE.fd > fw/cut.fd
    printf 'budget: b\nunlisted: ignore\nflash:\n  - {match: "*.fd", template: VARS.fd}\n' > b.yaml
    run -1 romcompat check --budget b.yaml fw
    output_has "its template 'VARS.fd' is not there" "FAIL cut.fd: it is not a QEMU flash image"
    printf 'budget: b\nflash:\n  - match: "*.fd"\n' > b.yaml
    mkdir empty
    run -2 romcompat check --budget b.yaml empty
    output_has "empty: no flash image in it"
}

@test "a budget of ROMs is not about flash images, and the other way round" {
    mkdir fw
    cp "$D12/OVMF/OVMF_VARS.fd" fw/
    printf '\125\252\1' > fw/a.rom
    truncate -s 512 fw/a.rom
    printf 'budget: b\nroms:\n  - {match: "*.rom", defects: ignore}\n' > roms.yaml
    run -0 romcompat check --budget roms.yaml fw
    output_has "1 ROM, budget b"
    output_lacks "OVMF_VARS"
    printf 'budget: b\nflash:\n  - match: "*.fd"\n' > flash.yaml
    run -0 romcompat check --budget flash.yaml fw
    output_has "1 flash image, budget b"
    output_lacks "a.rom"
}
