#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packager against what people use today: the same work, in the same run.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

efi=$here/romsets/debian-12-ipxe-efi.yaml
pxe=$here/romsets/debian-12-ipxe-pxe.yaml
deb=$(echo "$ROMCOMPAT_CACHE/$(sed -n '/^source:/,/^roms:/s/^  sha256: //p' "$efi")".*)

cat > pipeline <<'S'
# The shell pipeline of today: unpack, pad, sum, pack.
set -e
rm -rf p && mkdir -p p/x p/set/DEBIAN p/set/usr/share/qemu
dpkg-deb -x "$1" p/x
for rom in p/x/usr/lib/ipxe/qemu/*.rom; do
    name=${rom##*/}
    case $name in efi-*) size=262144 prefix=256k ;; *) size=131072 prefix=128k ;; esac
    out=p/set/usr/share/qemu/$prefix-$name
    objcopy -I binary -O binary --gap-fill 0xff --pad-to $size "$rom" "$out"
done
(cd p/set && sha256sum usr/share/qemu/* > ../SHA256SUMS)
if [ "${2:-}" = deb ]; then
    printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.example>\nDescription: a\n' > p/set/DEBIAN/control
    dpkg-deb -b p/set p/a.deb > /dev/null
fi
S

measure() {
    local json=$1
    shift
    hyperfine --warmup 3 --min-runs 15 --style basic --export-json "$json" "$@" > /dev/null 2> hyperfine.log ||
        { cat hyperfine.log >&2; exit 1; }
}

# table JSON: median times, and each against the first.
table() {
    perl -MJSON::PP -e '
        local $/; my $r = decode_json(<>)->{results}; my $base = $r->[0]{median};
        printf "  %-44s %9.1f ms  %6.2f\n", $_->{command}, 1000 * $_->{median}, $_->{median} / $base for @$r' "$1"
}

echo "16 ROMs of Debian 12's ipxe-qemu, median; last column against the first line"
measure build.json \
    -n "dpkg-deb -x (unpack and nothing else)" "rm -rf x && dpkg-deb -x $deb x" \
    -n "romcompat build (check, pad, sum, sync)" "rm -rf o && $tool build -q --offline -o o $efi $pxe" \
    -n "shell: dpkg-deb -x, objcopy, sha256sum" "sh pipeline $deb"
table build.json

echo
echo "the same with a package"
measure deb.json \
    -n "shell: ... and dpkg-deb -b" "sh pipeline $deb deb" \
    -n "romcompat build --deb (two packages, xz -9)" "rm -rf o && $tool build -q --offline --deb -o o $efi $pxe"
table deb.json

echo
echo "looking into 16 ROMs"
dpkg-deb -x "$deb" x
measure inspect.json \
    -n "romcompat --version (process start)" "$tool --version" \
    -n "romcompat inspect of 16 files" "$tool inspect x/usr/lib/ipxe/qemu" \
    -n "romcompat inspect of the .deb" "$tool inspect $deb" \
    -n "sha256sum of 16 files" "sha256sum x/usr/lib/ipxe/qemu/*.rom"
table inspect.json

echo
echo "peak memory"
for what in "build -q --offline -o o $efi $pxe" "inspect $deb"; do
    # shellcheck disable=SC2086
    command time -f "  %M KiB  romcompat ${what%% *}" "$tool" $what > /dev/null
done
