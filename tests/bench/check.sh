#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The release check against the least that could be done: decompressing the package, and
# reading the files. Goal: a .deb of 16 ROMs within 1.2 times dpkg-deb --fsys-tarfile.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

budget=$here/romsets/budgets/ipxe-debian.yaml
cached() { echo "$ROMCOMPAT_CACHE/$(sed -n '/^source:/,/^roms:/s/^  sha256: //p' "$here/romsets/$1.yaml")".*; }
old=$(cached debian-12-ipxe-efi)
new=$(cached debian-13-ipxe-efi)

measure() {
    local json=$1
    shift
    hyperfine --warmup "$warmup" --min-runs "$runs" --style basic --export-json "$json" "$@" > /dev/null 2> hyperfine.log ||
        { cat hyperfine.log >&2; exit 1; }
    # The time of the processor is steady where other work shares the machine.
    perl -MJSON::PP -e '
        local $/; my $r = decode_json(<>)->{results}; my $base = $r->[0];
        for (@$r) {
            my ($cpu, $cpu0) = map { $_->{user} + $_->{system} } $_, $base;
            printf "  %-44s %9.1f ms  %5.2f  %9.1f ms  %5.2f\n", $_->{command}, 1000 * $_->{median},
                $_->{median} / $base->{median}, 1000 * $cpu, $cpu / $cpu0;
        }' "$json"
}

echo "a package of 16 ROMs: median and processor time, each against the first line"
warmup=3 runs=40
for deb in "$old" "$new"; do
    measure deb.json \
        -n "dpkg-deb --fsys-tarfile > /dev/null" "dpkg-deb --fsys-tarfile $deb" \
        -n "romcompat check --budget" "$tool check --budget $budget $deb" \
        -n "dpkg-deb -x, stat of each (today's checks)" "rm -rf x && dpkg-deb -x $deb x && find x -name '*.rom' -exec stat -c %s {} +"
done
measure against.json \
    -n "dpkg-deb --fsys-tarfile of both" "dpkg-deb --fsys-tarfile $old; dpkg-deb --fsys-tarfile $new" \
    -n "romcompat check --against" "$tool check --against $old $new"

echo
echo "10,000 ROM files of 107 to 256 KiB"
dpkg-deb -x "$new" x
mkdir tree
roms=(x/usr/share/qemu/*.rom)
for i in $(seq 0 99); do
    mkdir "tree/$i"
    for k in $(seq 0 99); do
        rom=${roms[(i * 100 + k) % ${#roms[@]}]}
        # Shared blocks, where the file system can: 2 GB else.
        cp --reflink=auto "$rom" "tree/$i/${rom##*/}-$k.rom"
    done
done
sed 's/^roms:/roms:\n  - match: "efi-*"\n    bucket: 256K\n  - match: "pxe-*"\n    bucket: 128K/; /^required/,/^roms/{/^required/d;/^  - .*rom$/d}' "$budget" > b.yaml
warmup=1 runs=2
measure tree.json \
    -n "sha256sum" "find tree -type f -print0 | xargs -0 sha256sum" \
    -n "romcompat check --budget" "$tool check --budget b.yaml tree" \
    -n "romcompat check -q --json-file" "$tool check -q --budget b.yaml --json-file r.json tree"

echo
echo "peak memory"
command time -f "  %M KiB  romcompat check of the package" "$tool" check -q --budget "$budget" "$new" > /dev/null
command time -f "  %M KiB  romcompat check of 10,000 files" "$tool" check -q --budget b.yaml tree > /dev/null
