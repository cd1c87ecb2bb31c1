#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What fit makes of the EFI halves of Debian 12, 13 and forky against edk2's EfiCompress() and
# iPXE's: bytes, and seconds of the processor. iPXE's build compressed those of 13 and forky, so
# that its bytes stand in the ROMs; it does not compress those of 12. Goals: 0.975 of edk2's bytes,
# at most 0.5 s for 175 KB.
set -eu

TOP=$(cd "$(dirname "$0")/../.." && pwd)
tool=$ROMCOMPAT_BUILD/romcompat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/cli/releases.bash
. "$TOP/tests/cli/releases.bash"
fetch_releases "bookworm ipxe-qemu" "trixie ipxe-qemu" "forky ipxe-qemu"
"$TOP/tests/qemu/build-edk2" "$ROMCOMPAT_CACHE/edk2"
edk2=$ROMCOMPAT_CACHE/edk2/edk2-compression

# seconds FILE: of the processor, as bash's time wrote them.
seconds() { awk '/^[0-9.]+ [0-9.]+$/ {print $1 + $2}' "$1"; }

# compressed ROM: bytes of its EFI payload with the two sizes before it, or - where it is none.
compressed() {
    "$tool" inspect --json "$1" | jq -r '.roms[].images[].efi | select(.) | if .compressed then .compressed_size + 8 else "-" end'
}

cd "$work"
TIMEFORMAT='%U %S'
printf '%-26s %9s %9s %9s %9s  %6s  %7s %7s\n' "EFI image, bytes" original edk2 iPXE fit ratio "edk2, s" "fit, s"
for suite in bookworm trixie forky; do
    mkdir "$suite"
    dpkg-deb -x "$(release "$suite" ipxe-qemu)" "$suite"
    while read -r rom; do
        "$tool" extract "$rom" -o image.efi
        { time "$edk2" efi image.efi edk2.bytes; } 2> edk2.time
        { time "$tool" fit "$rom" -o fitted.rom > fit.log; } 2> fit.time
        ours=$(compressed fitted.rom)
        theirs=$(stat -c %s edk2.bytes)
        printf '%-26s %9s %9s %9s %9s  %6s  %7s %7s\n' "$suite $(basename "$rom")" "$(stat -c %s image.efi)" "$theirs" \
            "$(compressed "$rom")" "$ours" "$(awk "BEGIN {printf \"%.4f\", $ours / $theirs}")" "$(seconds edk2.time)" "$(seconds fit.time)"
    done < <(find "$suite" -name 'efi-*.rom' -type f | sort)
done
