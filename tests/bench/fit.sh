#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What fit makes of the EFI halves of Debian 12, 13 and forky against edk2's EfiCompress(), which
# iPXE's build has too: bytes, and seconds of the processor. Goals: 0.975 of its bytes, at most
# 0.5 s for 175 KB.
set -eu

TOP=$(cd "$(dirname "$0")/../.." && pwd)
tool=$ROMCOMPAT_BUILD/romcompat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/cli/releases.bash
. "$TOP/tests/cli/releases.bash"
fetch_releases "bookworm ipxe-qemu" "trixie ipxe-qemu" "forky ipxe-qemu"

edk2=$ROMCOMPAT_CACHE/edk2
if [ ! -d "$edk2/source" ]; then
    QEMU=$edk2
    # shellcheck source=tests/qemu/apt.bash
    . "$TOP/tests/qemu/apt.bash"
    mkdir -p "$edk2/download"
    private_apt bookworm
    (cd "$edk2/download" && quietly "$edk2/log/source.log" apt-get source --download-only edk2)
    mkdir "$edk2/source.new"
    tar -C "$edk2/source.new" --strip-components=1 --wildcards -xf "$edk2"/download/edk2_*.orig.tar.* \
        '*/BaseTools/Source/C/Common/*' '*/BaseTools/Source/C/Include/*'
    rm -rf "$edk2/download" "$edk2/apt"
    mv "$edk2/source.new" "$edk2/source"
fi

cat > "$work/edk2.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include "Compress.h"

int main(int argc, char **argv)
{
    static unsigned char in[1 << 22], out[1 << 22];
    UINT32 size, made = sizeof out;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

    if (!file)
        return 2;
    size = (UINT32)fread(in, 1, sizeof in, file);
    if (EfiCompress(in, size, out, &made) != 0)
        return 1;
    printf("%u\n", made);
    return 0;
}
C
c=$edk2/source/BaseTools/Source/C
cc -w -O2 -I"$c/Common" -I"$c/Include/Common" -I"$c/Include" -I"$c/Include/X64" -I"$c/Include/IndustryStandard" \
    -o "$work/edk2" "$work/edk2.c" "$c/Common/EfiCompress.c"

# seconds FILE: of the processor, as bash's time wrote them.
seconds() { awk '/^[0-9.]+ [0-9.]+$/ {print $1 + $2}' "$1"; }

cd "$work"
TIMEFORMAT='%U %S'
printf '%-26s %9s %9s %9s  %6s  %7s %7s\n' "EFI image, bytes" original edk2 fit ratio "edk2, s" "fit, s"
for suite in bookworm trixie forky; do
    mkdir "$suite"
    dpkg-deb -x "$(release "$suite" ipxe-qemu)" "$suite"
    while read -r rom; do
        "$tool" extract "$rom" -o image.efi
        { time ./edk2 image.efi > edk2.bytes; } 2> edk2.time
        { time "$tool" fit "$rom" -o fitted.rom > fit.log; } 2> fit.time
        ours=$("$tool" inspect --json fitted.rom | grep -o '"compressed_size": *[0-9]*' | grep -o '[0-9]*$')
        theirs=$(cat edk2.bytes)
        printf '%-26s %9s %9s %9s  %6s  %7s %7s\n' "$suite $(basename "$rom")" "$(stat -c %s image.efi)" "$theirs" \
            "$((ours + 8))" "$(awk "BEGIN {printf \"%.4f\", ($ours + 8) / $theirs}")" "$(seconds edk2.time)" "$(seconds fit.time)"
    done < <(find "$suite" -name 'efi-*.rom' -type f | sort)
done
