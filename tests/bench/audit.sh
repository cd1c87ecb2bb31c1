#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inventories of a fleet, ten guests on each host, 48 classes: time and peak memory of the
# audit. Goal: linear, and 100,000 in under 10 s and 1 GiB; with HOSTS=1000000, in a stream, in
# under 100 s. Beside it what one would do by hand today: jq for the ROM sizes of each host, sorted
# and counted, which tells the classes and nothing else.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
make=$ROMCOMPAT_BUILD/tests/bench/inventories
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# timed COMMAND...: seconds of wall clock and of the processor, KiB at the peak. The answer
# is no, so that the status is 1.
timed() { command time -f '%e %U %S %M' -o timed "$@" > out || [ $? = 1 ]; }

by_hand() {
    jq -c '[[.qemu[].version], [.qemu[].reads_maps], [.folders[].roms[] | [.name, .bucket]]]' "$1" |
        sort | uniq -c
}
export -f by_hand

printf '%s\n' 'an audit of inventories (wall clock, processor time, a host, peak memory)'
# ours FILE: `-` is a stream.
ours() {
    timed "$tool" audit "$1"
    tail -1 out > answer
}

for hosts in 1000 10000 100000 ${HOSTS:-}; do
    if [ "$hosts" -gt 100000 ]; then
        "$make" "$hosts" | ours -
        awk -v n="$hosts" \
            '{printf "  %7d hosts, streamed  %8.2f s  %8.2f s  %6.1f us  %6d KiB\n", n, $1, $2 + $3, 1e6 * ($2 + $3) / n, $4}' timed | tail -1
        continue
    fi
    "$make" "$hosts" > fleet.jsonl
    ours fleet.jsonl
    awk -v n="$hosts" -v b="$(stat -c %s fleet.jsonl)" \
        '{printf "  %7d hosts, %4d MB   %8.2f s  %8.2f s  %6.1f us  %6d KiB\n", n, b / 1e6, $1, $2 + $3, 1e6 * ($2 + $3) / n, $4}' timed | tail -1
    took=$(awk 'END {print $2 + $3}' timed)
    timed bash -c 'by_hand fleet.jsonl'
    awk -v took="$took" 'END {printf "          jq, sort, uniq   %8.2f s  %8.2f s  %.1f times the processor time\n", $1, $2 + $3, ($2 + $3) / took}' timed
done
printf '  the last line of that answer: %s\n' "$(cat answer)"

printf '%s\n' 'an inventory of this host'
for _ in 1 2 3; do timed "$tool" inventory 2> /dev/null; done
awk 'END {printf "  %.2f s wall clock, %.2f s processor time, %d KiB\n", $1, $2 + $3, $4}' timed
