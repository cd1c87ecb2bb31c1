#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# preflight --try of a guest whose RAM is full, 4 GiB (GIB=4), against what its QEMU needs to load the same
# file, in turns (ROUNDS=3); the file is in the page cache for both. Goal: at most 1.2 times as long.
set -eu
BUILD=$(readlink -f "${ROMCOMPAT_BUILD:-build/release}")
QEMU=$PWD/build/qemu
GIB=${GIB:-4} ROUNDS=${ROUNDS:-3}

echo "preflight --try of a stream of $GIB GiB, and QEMU's own load: seconds, and of them processor time"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# speak LINE...: each when the one before is answered, the last when the guest has gone or come.
speak() {
    local line
    read -r line # the greeting
    for command; do
        echo "$command"
        while read -r line && [[ $line != *'"return"'* ]]; do :; done
    done
    while read -r line; do
        case $line in *'"completed"'*) break ;; *'"failed"'*) echo "$line" >&2; exit 1 ;; esac
    done
    echo '{"execute": "quit"}'
    cat >/dev/null
}
# qemu ARGUMENT... -- LINE...
qemu() {
    local arguments=()
    while [ "$1" != -- ]; do arguments+=("$1"); shift; done
    shift
    rm -f to from
    mkfifo to from
    "$program" "${given[@]}" "${arguments[@]}" -S -qmp stdio <to >from &
    speak "$@" >to <from
    wait $!
}
events='{"execute": "migrate-set-capabilities", "arguments": {"capabilities": [{"capability": "events", "state": true}]}}'
hello='{"execute": "qmp_capabilities"}'

of_version() {
    program=$QEMU/bin/stock-$1-x86_64
    debian=$QEMU/debian12
    [ "$1" = 7.2 ] || debian=$QEMU/debian13
    given=(-nodefaults -no-user-config -display none -accel tcg -M "pc-i440fx-7.2,memory-backend=ram" -m "${GIB}G"
        -L "$debian/usr/share/seabios" -L "$debian/usr/share/qemu")
    [ -e "$program" ] || { echo "  no QEMU $1 in build/qemu: make check-qemu fetches it"; exit 0; }
}

# No two pages are the same, and none is of zeros. Both QEMUs load what the older one saves.
of_version 7.2
openssl enc -aes-128-ctr -nosalt -pass pass:x -md sha256 </dev/zero 2>/dev/null | head -c "${GIB}G" >ram || true
qemu -object "memory-backend-file,id=ram,size=${GIB}G,mem-path=ram" -- "$hello" "$events" \
    '{"execute": "migrate-set-parameters", "arguments": {"max-bandwidth": 1000000000000}}' \
    '{"execute": "migrate", "arguments": {"uri": "exec:cat >saved"}}'
rm ram
cat saved >/dev/null

load() {
    exec 4<saved
    qemu -incoming defer -- "$hello" "$events" '{"execute": "migrate-incoming", "arguments": {"uri": "fd:4"}}'
    exec 4<&-
}
try() { "$BUILD/romcompat" preflight --try --qemu "$program" saved -- "${given[@]}" >said; }
TIMEFORMAT='%R %U %S'
for version in 7.2 10.0; do
    of_version $version
    given+=(-object "memory-backend-ram,id=ram,size=${GIB}G")
    for _ in $(seq "$ROUNDS"); do
        for way in load try; do
            { time "$way" 2>&3; } 3>&2 2>>"$way.$version"
        done
    done
    awk -v version=$version '
        FNR == 1 { way++ }
        { n[way]++; if (n[way] == 1 || $1 < best[way]) { best[way] = $1; cpu[way] = $2 + $3 } }
        END { printf "  QEMU %-5s  QEMU alone %6.2f (%.2f)   --try %6.2f (%.2f)   %.2f times\n",
            version, best[1], cpu[1], best[2], cpu[2], best[2] / best[1] }' "load.$version" "try.$version"
done
