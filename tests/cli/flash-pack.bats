#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bats file_tags=long
# flash pack, on the firmware of Debian 12; tests/qemu/test-launch starts a guest from it.
load common

setup_file() {
    # What all tests look at is packed once: 200 MB of ARM's flash take their time.
    romcompat flash pack --deb -o "$BATS_FILE_TMPDIR/packed" "$TOP"/romsets/flash/debian-12-ovmf.yaml > "$BATS_FILE_TMPDIR/log"
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    PACKED=$BATS_FILE_TMPDIR/packed
    D12=$ROMCOMPAT_CACHE/firmware/bookworm
    D13=$ROMCOMPAT_CACHE/firmware/trixie
}

# flashset [LINE...]: a small one on standard output; a LINE "key: value" replaces its key's.
flashset() {
    local line text="flashset: f-1
summary: some firmware
package: f-compat
prefix: old-
source: {directory: $D12}
images:
  - file: usr/share/OVMF/OVMF_CODE.fd
  - file: usr/share/OVMF/OVMF_CODE.secboot.fd
  - file: usr/share/OVMF/OVMF_VARS.fd
  - file: usr/share/OVMF/OVMF_VARS_4M.fd
  - file: usr/share/OVMF/OVMF_CODE_4M.fd
  - file: usr/share/ovmf/OVMF.fd
descriptors:
  - name: d
    code: OVMF_CODE.fd
    vars: OVMF_VARS.fd
    from: usr/share/qemu/firmware/60-edk2-x86_64.json"
    for line; do
        if grep -q "^ *${line%%:*}:" <<< "$text"; then
            # shellcheck disable=SC2001
            text=$(sed "s|^\( *\)\(- \)\?${line%%:*}:.*|\1\2$line|" <<< "$text")
        else
            case $line in
            features:* | targets:* | description:*) text+=$'\n'"    $line" ;;
            *) text=${text/images:/$line$'\n'images:} ;;
            esac
        fi
    done
    # Only the images that are used: each costs its time.
    while IFS= read -r line; do
        [[ $line != "  - file: "* ]] || grep -q ": ${line##*/}\$" <<< "$text" || continue
        echo "$line"
    done <<< "$text"
}

@test "Debian 12's 2M and 4M images get versioned names, descriptors that sort last, and a manifest" {
    cd "$PACKED"
    sha256sum -c --quiet SHA256SUMS
    for image in OVMF_CODE OVMF_CODE.secboot OVMF_VARS OVMF_VARS.ms OVMF_CODE_4M OVMF_CODE_4M.secboot; do
        cmp "usr/share/OVMF/compat/2022.11-$image.fd" "$D12/usr/share/OVMF/$image.fd"
    done
    for d in usr/share/qemu/firmware/*; do
        [[ "$d" == */90-ovmf-bookworm-* ]]
        for path in $(grep -o '"/usr/[^"]*' "$d" | tr -d '"'); do [ -f ".$path" ]; done
        grep -q '"description": ".*(compat, of edk2 2022.11-6+deb12u2)"' "$d"
    done
    # Warnings there are: Debian 12 did not claim all that is in the images.
    run -0 romcompat flash lint .
    output_has "6 descriptors: 0 errors"
    run -0 cat usr/share/qemu/firmware/90-ovmf-bookworm-2m-secure-enrolled.json
    output_has '"/usr/share/OVMF/compat/2022.11-OVMF_CODE.secboot.fd"' '"/usr/share/OVMF/compat/2022.11-OVMF_VARS.ms.fd"' \
        '"pc-q35-*"' '"enrolled-keys"' '"requires-smm"'
    output_lacks "i440fx" "verbose"
    run -0 cat manifest.json
    output_has '"flashset": "ovmf-bookworm"' '"expects": "OVMF 2M"' '"compared_with": "edk2 2025.02-8+deb13u1"' \
        '"date": "2025-11-08"' '"CVE-2025-3770"'
}

@test "the security fixes that it lacks are told, and those that Debian 12 has got are not" {
    run -0 cat "$BATS_FILE_TMPDIR/log" "$PACKED/usr/share/doc/ovmf-compat-bookworm/README.Debian"
    output_has "security fixes that edk2 2025.02-8+deb13u1 has and this firmware lacks" \
        "2025-11-08  2025.02-8+deb13u1  CVE-2024-13176, CVE-2024-38805, CVE-2025-3770" \
        "As the changelog of edk2 2025.02-8+deb13u1 tells, it lacks:" "CVE-2024-6119"
    # 2022.11-6+deb12u2 and deb12u1 brought them.
    output_lacks "CVE-2024-38796" "CVE-2023-45229"
}

@test "lintian has nothing to say, and dpkg installs the package beside Debian 13's" {
    deb=$(echo "$PACKED"/*.deb)
    run -0 lintian --allow-root --fail-on error,warning,info "$deb"
    [ -z "$output" ]
    mkdir -p root/var/lib/dpkg
    touch root/var/lib/dpkg/status
    # shellcheck source=tests/cli/releases.bash
    . "$TOP/tests/cli/releases.bash"
    fetch_releases "trixie ovmf"
    run -0 dpkg --root="$PWD/root" --force-script-chrootless --log=/dev/null -i "$(release trixie ovmf)" "$deb"
    [ -f root/usr/share/OVMF/OVMF_CODE_4M.fd ]
    run -0 romcompat flash inspect root/usr/share/OVMF/compat/2022.11-OVMF_CODE.fd
    cp root/usr/share/OVMF/compat/2022.11-OVMF_VARS.fd guest.fd
    run -0 romcompat flash args --code root/usr/share/OVMF/compat/2022.11-OVMF_CODE.fd --vars guest.fd
}

@test "the same flashset gives the same bytes" {
    flashset "maintainer: A B <a@example.org>" "copyright: usr/share/doc/ovmf/copyright" > f.yaml
    romcompat flash pack -q --deb -o one f.yaml
    romcompat flash pack -q --deb -o two f.yaml
    [ -f one/f-compat_0+compat1_all.deb ]
    run -0 diff -r one two
    [ "$(stat -c %Y one/manifest.json)" = "$(stat -c %Y two/manifest.json)" ]
}

@test "ARM's images, shipped as a flashset too, are packed below AAVMF" {
    romcompat flash pack -o arm "$TOP"/romsets/flash/debian-12-aavmf.yaml > log
    cmp arm/usr/share/AAVMF/compat/2022.11-AAVMF_CODE.fd "$D12/usr/share/AAVMF/AAVMF_CODE.fd"
    run -0 cat arm/usr/share/qemu/firmware/90-aavmf-bookworm-secure.json
    # The file that Debian 12's own descriptor names is not there.
    output_has '"/usr/share/AAVMF/compat/2022.11-AAVMF_CODE.fd"' '"secure-boot"' '"virt-*"'
    [ -f arm/usr/share/qemu-efi-aarch64/compat/2022.11-QEMU_EFI.fd ]
}

@test "a directory is a source as well, and what it cannot tell is said" {
    flashset > f.yaml
    run -0 romcompat flash pack -o out f.yaml
    output_has "security fixes that it lacks: not known" "usr/share/OVMF/compat/old-OVMF_CODE.fd"
    run -2 romcompat flash pack --deb -o deb f.yaml
    output_has "a package needs a maintainer"
    [ ! -e deb ]
    flashset "description: new, for -bios" "features: []" "targets: {x86_64: [pc-q35-*]}" "code: OVMF.fd" |
        sed '/ vars:/d; / from:/d' > memory.yaml
    run -0 romcompat flash pack -o memory memory.yaml
    run -0 cat memory/usr/share/qemu/firmware/90-f-1-d.json
    output_has '"device": "memory"' '"filename": "/usr/share/ovmf/compat/old-OVMF.fd"' '"new, for -bios (compat, of'
}

@test "what does not go together is refused before anything appears" {
    refused() { # TEXT LINE...
        local text=$1
        shift
        flashset "$@" > f.yaml
        run -2 romcompat flash pack -o out f.yaml
        output_has "$text" || return 1
        [ ! -e out ]
    }
    refused "'OVMF_VARS_4M.fd' does not fit 'OVMF_CODE.fd': the firmware crashes" "vars: OVMF_VARS_4M.fd"
    refused "claims 'secure-boot', and there is no Secure Boot" "source: {directory: $D13}" \
        "code: OVMF_CODE_4M.fd" "vars: OVMF_VARS_4M.fd" "features: [secure-boot]"
    refused "claims 'requires-smm', and there is no SMM" "features: [secure-boot, requires-smm]"
    refused "does not claim 'requires-smm', and there is SMM" "code: OVMF_CODE.secboot.fd" "features: [secure-boot]"
    refused "claims 'enrolled-keys', and there is no enrolled keys" "features: [enrolled-keys]"
    refused "names 'pc-i440fx-*', and SMM needs pc-q35-*" "code: OVMF_CODE.secboot.fd" "features: [secure-boot, requires-smm]"
    refused "is for aarch64, and the firmware for x86_64" "targets: {aarch64: [virt-*]}"
    refused "unknown image 'other.fd'" "code: other.fd"
    refused "a guest that libvirt confines cannot read firmware at /usr/lib/old-OVMF_CODE.fd" "install-path: usr/lib"
    refused "'package' must have 2 to 120" "package: x"
    flashset | sed '/ from:/d' > f.yaml
    run -2 romcompat flash pack -o out f.yaml
    output_has "a descriptor without 'from' needs description, features and targets"
    run -2 romcompat flash pack
    output_has "a FLASHSET is missing"
    run -2 romcompat flash pack nothing.yaml
    mkdir mine && touch mine/file
    flashset > f.yaml
    run -2 romcompat flash pack -o mine f.yaml
    output_has "not replaced"
}
