#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What guard adds to apt where no package concerns guests: 1, 40 and 400 packages that are upgraded, or new,
# beside `dpkg-deb --contents` of the same, which is what a script would look into them with. Aim: below
# 0.3 s. The packages are made here: 200 files each, of 20 KiB to 1 MiB under xz, as Debian's are.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tool=$ROMCOMPAT_BUILD/romcompat

# Four kinds of package, as building 400 takes minutes; each is there a hundred times under other names.
kilobytes=(20 60 200 800)
for kind in 0 1 2 3; do
    tree=$work/tree-$kind
    mkdir -p "$tree/DEBIAN" "$tree/usr/share/p$kind"
    printf 'Package: p%s\nVersion: 2\nArchitecture: all\nMaintainer: M <m@x.example>\nDepends: libc6\nDescription: x\n' \
        $kind > "$tree/DEBIAN/control"
    for ((file = 0; file < 200; file++)); do
        head -c $((kilobytes[kind] * 1024 * 3 / 4 / 200)) /dev/urandom | base64 > "$tree/usr/share/p$kind/file-$file"
    done
    (cd "$tree" && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Zxz -b "$tree" "$work/kind-$kind.deb" > "$work/log"
done
for ((i = 0; i < 400; i++)); do
    ln "$work/kind-$((i % 4)).deb" "$work/p$i.deb"
done

# transaction OLD COUNT: as apt tells of it.
transaction() {
    printf 'VERSION 3\nRomcompat::Guard=warn\n\n'
    for ((i = 0; i < $2; i++)); do
        echo "guard-bench-$i $1 all none < 2 all none $work/p$i.deb"
    done
}
commands=()
for count in 1 40 400; do
    transaction 1 $count > "$work/upgraded-$count"
    transaction - $count > "$work/new-$count"
    commands+=(-n "guard, $count upgraded" "$tool guard --apt < $work/upgraded-$count"
        -n "guard, $count new" "$tool guard --apt < $work/new-$count"
        -n "dpkg-deb --contents, $count" "for ((i = 0; i < $count; i++)); do dpkg-deb --contents $work/p\$i.deb; done")
done
hyperfine --shell bash --warmup 1 --runs 5 --style basic --export-json "$work/result.json" "${commands[@]}" > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
echo "before apt runs dpkg: median and processor time"
jq -r '.results | to_entries[] | [.value.command, .value.median * 1000, (.value.user + .value.system) * 1000] | @tsv' \
    "$work/result.json" | while IFS=$'\t' read -r name median processor; do
    printf '  %-28s %8.1f ms  %8.1f ms\n' "$name" "$median" "$processor"
done
jq -r '.results | [range(0; 9; 3) as $i | .[$i + 2].median / .[$i + 1].median] |
    "  dpkg-deb --contents takes \(map(. * 10 | round / 10 | tostring) | join(", ")) times as long as guard with new ones"' \
    "$work/result.json"
