#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages that romcompat build makes of the shipped romsets, before lintian and dpkg: longer than
# `make check` may take.
load ../cli/common

EFI=$TOP/romsets/debian-12-ipxe-efi.yaml

setup_file() {
    romcompat fetch "$TOP"/romsets/*.yaml
    romcompat build -q --offline --deb -o "$BATS_FILE_TMPDIR/made" "$TOP"/romsets/*.yaml
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# source_of ROMSET: the verified file in the cache.
source_of() {
    local sum
    sum=$(sed -n '/^source:/,/^roms:/s/^  sha256: //p' "$1")
    echo "$ROMCOMPAT_CACHE"/"$sum".*
}

@test "lintian has no error and no warning about the packages" {
    # Debian 13's version of iPXE alone is longer than a file name may be.
    run -0 lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
        --suppress-tags package-has-long-file-name made/*.deb
    output_lacks "E: " "W: "
}

@test "the packages install beside ipxe-qemu of Debian 12 and of Debian 13, in a scratch root" {
    for romset in "$EFI" "$TOP/romsets/debian-13-ipxe-efi.yaml"; do
        root=$BATS_TEST_TMPDIR/root-${romset##*/}
        mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/triggers"
        : > "$root/var/lib/dpkg/status"
        : > "$root/var/lib/dpkg/available"
        run -0 dpkg --root="$root" --force-not-root --force-depends --log="$root/log" \
            -i "$(source_of "$romset")" made/*.deb
        output_lacks "trying to overwrite"
        [ -e "$root/usr/share/qemu/256k-efi-virtio.rom" ]
        [ -e "$root/usr/share/qemu/256k-trixie-efi-virtio.rom" ]
        [ "$(dpkg --root="$root" -l | grep -c '^ii')" = 9 ]
        run -0 dpkg --root="$root" --log="$root/log" -P ipxe-qemu-256k-compat
        [ ! -e "$root/usr/share/qemu/256k-efi-virtio.rom" ]
        [ -e "$root/usr/share/qemu/128k-pxe-virtio.rom" ]
    done
}
