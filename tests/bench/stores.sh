#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore enroll on 1,000 stores against virt-fw-vars, which gets the same KEK, db and dbx as JSON,
# one store a run; and varstore show against virt-fw-dump. Goal: 50 times faster per store.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
here=$(cd "$(dirname "$0")/../.." && pwd)
stores=${1:-1000} theirs=${2:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/tests/cli/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm forky > /dev/null
"$here/tests/cli/virt-firmware" "$work/theirs" > /dev/null
cd "$work"
PATH=$work/theirs:$PATH
old=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS_4M.ms.fd
new=$ROMCOMPAT_CACHE/firmware/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd

# copies N: a directory `fleet` with N guests' stores.
copies() {
    rm -rf fleet
    mkdir fleet
    for ((i = 0; i < $1; i++)); do cp "$old" "fleet/$i.fd"; done
}
# took NAME RUNS COMMAND...: the time for each of them, in `each`; the log is shown when it fails.
took() {
    local name=$1 runs=$2 begin
    shift 2
    begin=$EPOCHREALTIME
    "$@" > log 2>&1 || { cat log >&2; exit 1; }
    each=$(awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="$runs" 'BEGIN {print 1000 * (b - a) / n}')
    printf '  %-44s %5d stores  %9.2f ms each\n' "$name" "$runs" "$each"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "  %.1f times faster\n", a / b}'; }
# shellcheck disable=SC2317 # called by took
one_by_one() { for store in fleet/*.fd; do "$@" "$store" || return; done; }
# shellcheck disable=SC2317
set_keys() { virt-fw-vars -i "$1" --set-json keys.json -o "$1.new"; }

echo "certificates and dbx of Debian forky's template, into stores of Debian 12's"
"$tool" varstore export "$new" 2> /dev/null | jq '.variables |= map(select(.name | IN("KEK", "db", "dbx")))' > keys.json
copies "$stores"
took "romcompat varstore enroll, one run" "$stores" "$tool" varstore enroll --merge --from "$new" fleet/*.fd
ours=$each
copies "$theirs"
took "romcompat varstore enroll, a run for each" "$theirs" one_by_one "$tool" varstore enroll --merge --from "$new"
copies "$theirs"
took "virt-fw-vars --set-json, a run for each" "$theirs" one_by_one set_keys
ratio "$each" "$ours"

echo "what is in a store"
copies "$theirs"
took "romcompat varstore show --all, a run for each" "$theirs" one_by_one "$tool" varstore show --all
ours=$each
took "virt-fw-dump, a run for each" "$theirs" one_by_one virt-fw-dump -i
ratio "$each" "$ours"
