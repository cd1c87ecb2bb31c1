#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# flash inspect against virt-fw-dump, varstore convert against virt-fw-vars, on the firmware of
# Debian 12 and 13. Goals: ten times faster, memory below twice the image. Most of what is left
# of inspect is liblzma, which both use: the first line of each group is liblzma alone.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/tests/cli/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie > /dev/null
"$here/tests/cli/virt-firmware" "$work/theirs" > /dev/null
cd "$work"
PATH=$work/theirs:$PATH
D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
code=$D13/OVMF/OVMF_CODE_4M.fd arm=$D13/AAVMF/AAVMF_CODE.fd

# The compressed volume of an image as a .lzma file of its own.
lzma_of() {
    local at
    at=$(LC_ALL=C grep -obUaP '\x5d\x00\x00\x00\x01' "$1" | head -n 1 | cut -d: -f1)
    tail -c +$((at + 1)) "$1" > "$2.lzma"
}

measure() {
    hyperfine --warmup 2 --min-runs 10 --style basic --export-json result.json "$@" > /dev/null 2> hyperfine.log ||
        { cat hyperfine.log >&2; exit 1; }
    # The time of the processor is steady where other work shares the machine.
    perl -MJSON::PP -e '
        local $/; my $r = decode_json(<>)->{results}; my $base = $r->[-1];
        for (@$r) {
            my ($cpu, $cpu0) = map { $_->{user} + $_->{system} } $_, $base;
            printf "  %-44s %9.1f ms  %6.1f x  %9.1f ms  %6.1f x\n", $_->{command}, 1000 * $_->{median},
                $base->{median} / $_->{median}, 1000 * $cpu, $cpu0 / $cpu;
        }' result.json
}
peak() { # NAME FILE COMMAND...
    local name=$1 size
    size=$(stat -Lc %s "$2")
    shift 2
    command time -f %M -o peak "$@" > /dev/null 2>&1
    awk -v name="$name" -v size="$size" '{printf "  %-44s %9d KiB  %5.2f of the image\n", name, $1, $1 * 1024 / size}' peak
}

echo "median and processor time, and how many times faster than the last line of the group"
for image in "$code" "$arm"; do
    lzma_of "$image" "${image##*/}"
    echo "${image##*/}, $(stat -Lc %s "$image") bytes"
    measure -n "liblzma alone, on its compressed volume" -i "xz --format=lzma -dc ${image##*/}.lzma > /dev/null" \
        -n "romcompat flash inspect" "$tool flash inspect $image > /dev/null" \
        -n "virt-fw-dump" "virt-fw-dump -i $image > /dev/null"
    peak "romcompat flash inspect" "$image" "$tool" flash inspect "$image"
    peak "virt-fw-dump" "$image" virt-fw-dump -i "$image"
done

echo
echo "a store with the keys of Microsoft, from 2M to 4M"
cp "$D12/OVMF/OVMF_VARS.ms.fd" old.fd
measure -n "romcompat varstore convert" "rm -f new.fd; $tool varstore convert old.fd --code $code --out new.fd > /dev/null" \
    -n "virt-fw-vars to JSON and into the template" "rm -f theirs.fd; virt-fw-vars -i old.fd --output-json x.json 2> /dev/null &&
        virt-fw-vars -i $D13/OVMF/OVMF_VARS_4M.fd --set-json x.json -o theirs.fd 2> /dev/null"
rm -f new.fd
peak "romcompat varstore convert" "$code" "$tool" varstore convert old.fd --code "$code" --out new.fd
