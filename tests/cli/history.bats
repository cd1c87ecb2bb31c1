#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# romcompat history: the figures that are shipped, and new ones.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export ROMCOMPAT_HISTORY=$TOP/romsets/history
}

# source_of ROMSET: the verified file in the cache; `make check` has fetched it.
source_of() {
    local sum
    sum=$(sed -n '/^source:/,/^roms:/s/^  sha256: //p' "$TOP/romsets/$1.yaml")
    echo "$ROMCOMPAT_CACHE"/"$sum".*
}

# A history of one ROM: `begin FILE SIZE...`, releases r1, r2...
begin() {
    local file=$1 n=0 size
    shift
    printf 'history: local\nsummary: one ROM\nreleases:\n' > "$file"
    for size; do
        n=$((n + 1))
        printf '  - release: r%d\n    source: x\n    roms:\n      a.rom: {size: %d, chain-end: %d, bucket: 128K}\n' \
            $n "$size" "$size" >> "$file"
    done
}

@test "every ROM of every history that is shipped is shown, the most urgent of each first" {
    run -0 romcompat history
    output_has "debian-ipxe-qemu: " "debian-seabios: " "qemu-tarballs: " "ubuntu-ipxe-qemu: "
    [[ "${lines[2]}" == *"pxe-"*"leaves it in forky + 2"* ]] || { show; false; }
    [ "$(grep -c '^  efi-.*rom' <<< "$output")" = 10 ] || { show; false; }
    output_has "One more step like that to 13 would leave the bucket" "gone after 11"
}

@test "without ROMCOMPAT_HISTORY the histories beside the program are read, in a build tree and installed" {
    run -0 romcompat history --json
    shipped=$(jq -S '[.histories[].history]' <<< "$output")
    run -0 env -u ROMCOMPAT_HISTORY "$BUILD/romcompat" history --json
    [ "$(jq -S '[.histories[].history]' <<< "$output")" = "$shipped" ]
    mkdir -p usr/bin usr/share/romcompat/romsets/history
    cp "$BUILD/romcompat" usr/bin/
    cp "$TOP/romsets/history/debian-seabios.yaml" usr/share/romcompat/romsets/history/
    run -0 env -u ROMCOMPAT_HISTORY usr/bin/romcompat history --json
    [ "$(jq -r '.histories[].history' <<< "$output")" = debian-seabios ]
}

@test "what is shipped of Debian 12 and 13 is what their packages measure" {
    for pair in ipxe-qemu:12:debian-12-ipxe-efi ipxe-qemu:13:debian-13-ipxe-efi seabios:12:debian-12-vgabios; do
        IFS=: read -r package release romset <<< "$pair"
        rm -f new.yaml
        run -0 romcompat history --add "$release" --data new.yaml "$(source_of "$romset")"
        # From the release's first line to the next release's.
        sed -n '/release: /,$p' new.yaml > new
        sed -n "/release: $release\$/,/- release: /p" "$TOP/romsets/history/debian-$package.yaml" |
            sed '1!{/- release: /d}' > shipped
        diff shipped new
        grep -q 'package:' new
    done
}

@test "a bucket that was left is marked, and the one that will be is told with its release" {
    printf 'history: local\nsummary: s\nreleases:\n' > h.yaml
    printf '  - release: %s\n    date: %s\n    source: x\n    roms:\n      a.rom: {size: %d, chain-end: %d, bucket: %s}\n' \
        1.0 2020-01-01 65536 65536 64K 1.1 2021-01-01 65537 65537 128K 1.2 2022-01-01 100000 100000 128K >> h.yaml
    run -0 romcompat history --data h.yaml
    output_has "+1!" "! a.rom went from 64K to 128K in 1.1" "+34463" "31072" "leaves it in 1.2 + 2, about 2023-10"
    # (100,000 - 65,536) / 2 a release: 117,232 in the first, 134,464 in the second.
    begin exact.yaml 131070 131071
    run -0 romcompat history --data exact.yaml
    output_has "leaves it in r2 + 2"
    begin long.yaml 1 2 3 4 5 6 7 8
    run -0 romcompat history --data long.yaml
    output_has "Releases before r2 are not shown"
    begin shrinks.yaml 131071 131070
    run -0 romcompat history --data shrinks.yaml
    output_has "holds"
}

@test "--rom picks ROMs by a shell pattern, and status 1 says that none matches" {
    run -0 romcompat history --rom 'efi-virtio*'
    output_has "efi-virtio.rom"
    output_lacks "pxe-virtio" "vgabios" "debian-seabios"
    run -1 romcompat history --rom 'none*'
    output_has "no ROM of the history matches 'none*'"
}

@test "--json has every figure" {
    run -0 --separate-stderr romcompat history --json --rom pxe-virtio.rom --data "$ROMCOMPAT_HISTORY/debian-ipxe-qemu.yaml"
    output_has '"history": "debian-ipxe-qemu"' '"present": "forky"' '"chain_end": 110080' '"growth": 34304' \
        '"crosses_in": 2' '"outlook": "crosses"' '"headroom": 22016' '"version": "2.0.0+dfsg-5"' '"snapshot": true'
    run -0 romcompat history --json
    [ "$(grep -c '"history":' <<< "$output")" = 4 ]
    run -1 --separate-stderr romcompat history --json --rom none
    output_has '"histories"'
}

@test "--svg draws well-formed XML with both colour schemes, the same on any day, and keeps its mode" {
    touch c.svg && chmod 640 c.svg
    run -0 romcompat history --svg c.svg
    romcompat history --svg d.svg > /dev/null
    cmp c.svg d.svg
    [ "$(stat -c %a c.svg)" = 640 ]
    perl -e 'undef $/; $_ = <>; my $open = () = /<(?:text|title|svg|style|desc)\b/g; my $close = () = m{</(?:text|title|svg|style|desc)>}g;
        exit($open == $close && m{</svg>\n\z} ? 0 : 1)' c.svg
    grep -q 'prefers-color-scheme:dark' c.svg
    for bucket in 64K 128K 256K 512K; do grep -q ">$bucket</text>" c.svg; done
    grep -q 'pxe-virtio.rom  22016 left, leaves 128K in +2' c.svg
    run -0 romcompat history --svg no/such/dir/c.svg
    cmp no/such/dir/c.svg c.svg
    : > file
    run -2 romcompat history --svg file/c.svg
    output_has "Not a directory"
}

@test "--add appends to the one history of the package, and leaves every byte before it" {
    cp "$ROMCOMPAT_HISTORY"/*.yaml .
    before=$(stat -c %s debian-ipxe-qemu.yaml)
    run -0 romcompat history --data . --add duke "$(source_of debian-13-ipxe-efi)"
    output_has "./debian-ipxe-qemu.yaml: duke added, 16 ROMs"
    cmp -n "$before" "$ROMCOMPAT_HISTORY/debian-ipxe-qemu.yaml" debian-ipxe-qemu.yaml
    tail -c +$((before + 1)) debian-ipxe-qemu.yaml > added
    [ "$(head -n 1 added)" = "  - release: duke" ]
    run -0 romcompat history --data debian-ipxe-qemu.yaml --rom efi-virtio.rom
    output_has duke
    cmp "$ROMCOMPAT_HISTORY/ubuntu-ipxe-qemu.yaml" ubuntu-ipxe-qemu.yaml

    cp debian-ipxe-qemu.yaml before
    run -2 romcompat history --data . --add duke "$(source_of debian-13-ipxe-efi)"
    output_has "release 'duke' is there already" "another name"
    cmp before debian-ipxe-qemu.yaml
}

@test "--add measures a directory and a ROM, which do not say package and day themselves" {
    mkdir roms
    "$BUILD/tests/cli/make_rom" pad=4096 legacy:4 > roms/a.rom
    "$BUILD/tests/cli/make_rom" legacy:8 > roms/b.rom
    touch -d 2024-05-06T12:00:00Z roms/*.rom
    run -2 romcompat history --data . --add 1 roms
    output_has "nothing says to which history this belongs" "--data FILE"
    run -0 romcompat history --data new.yaml --package my-roms --version 1.0-1 --add 1 roms
    run -0 romcompat history --data new.yaml --date 2025-01-01 --snapshot --add 2 roms/a.rom
    diff new.yaml - <<'Y'
history: new
summary: Option ROMs of my-roms
releases:
  - release: 1
    package: my-roms
    version: 1.0-1
    date: 2024-05-06
    source: measured
    roms:
      a.rom: {size: 4096, chain-end: 2048, bucket: 4K}
      b.rom: {size: 4096, chain-end: 4096, bucket: 4K}
  - release: 2
    date: 2025-01-01
    source: measured
    snapshot: yes
    roms:
      a.rom: {size: 4096, chain-end: 2048, bucket: 4K}
Y
    tar -cf roms.tar roms/b.rom roms/a.rom
    run -0 romcompat history --data tar.yaml --package my-roms --version 1.0-1 --add 1 roms.tar
    diff <(sed -n '/release: 1/,/release: 2/p' new.yaml | grep -v 'release: 2') <(sed -n '/release: 1/,$p' tar.yaml)
    mkdir roms/more
    "$BUILD/tests/cli/make_rom" legacy:16 > roms/more/a.rom
    run -2 romcompat history --data new.yaml --add 3 roms
    output_has "a second ROM of that name"
    mkdir empty
    run -2 romcompat history --data new.yaml --add 3 empty
    [ "$(grep -c release: new.yaml)" = 2 ]
}

@test "a history that is wrong, missing or not readable is status 2, and named" {
    run -2 romcompat history --data none.yaml
    output_has "none.yaml: No such file or directory"
    mkdir empty
    run -2 romcompat history --data empty
    output_has "empty: no history in this directory"
    begin h.yaml 1000
    sed -i 's/bucket: 128K/bucket: 100K/' h.yaml
    run -2 romcompat history --data h.yaml
    output_has "h.yaml:7:" "power of two"
    ROMCOMPAT_HISTORY=none run -2 romcompat history
    output_has "none: No such file or directory"
}

@test "options of --add without it, and the other way round, are wrong usage" {
    run -2 romcompat history file
    output_has "an operand needs --add"
    run -2 romcompat history --snapshot
    output_has "need --add"
    run -2 romcompat history --add 1
    output_has "measures one PATH (found 0)"
    run -2 romcompat history --add 1 --json x
    output_has "--add excludes"
    run -2 romcompat history --add 1 --date 2023-02-30 x
    output_has "is not a valid date (expected YYYY-MM-DD)"
    run -2 romcompat history --add 1 --version x y
    output_has "must begin with a digit"
}
