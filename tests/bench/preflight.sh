#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A libvirt save image of a few MiB beside the same of 4 GiB: only the head is read, so
# that both cost the same. Aim: under 10 ms.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$ROMCOMPAT_BUILD:$ROMCOMPAT_BUILD/tests/cli:$PATH
cd "$work"
mkdir roms
truncate -s 250000 roms/efi-virtio.rom
blocks=(pc.ram=0x100000 0000:00:03.0/virtio-net-pci.rom=0x40000)

make_stream -m pc-q35-7.2 -s 0 "${blocks[@]}" > raw-small
make_stream -m pc-q35-7.2 -s 6 -r "${blocks[@]}" > sparse-small
for kind in raw sparse; do
    truncate -s 4M $kind-small
    cp $kind-small $kind-large
    truncate -s 4G $kind-large
    romcompat preflight $kind-large roms > out
done
hyperfine --warmup 5 --runs 100 -N --style basic \
    -n "raw, 4 MiB" "romcompat preflight raw-small roms" \
    -n "raw, 4 GiB" "romcompat preflight raw-large roms" \
    -n "sparse, 4 MiB" "romcompat preflight sparse-small roms" \
    -n "sparse, 4 GiB" "romcompat preflight sparse-large roms" 2> /dev/null | grep -E 'Benchmark|Time'

# As much as libvirt's own zstd: what is not unpacked costs nothing either.
make_stream -m pc-q35-7.2 "${blocks[@]}" > stream
head -c 64M /dev/urandom >> stream
zstd -q stream
strace -e trace=read,pread64 -o trace romcompat preflight stream.zst roms > out
awk -F'= ' '/stream|\(/ && $NF > 0 {n += $NF} END {printf "zstd, 64 MiB: %d KiB read, libraries and all\n", n / 1024}' trace
