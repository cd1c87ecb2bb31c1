#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names out of files, maps and guests: what of them reaches a terminal, and what a program reads.
load common

# Invalid UTF-8 and CSI as a byte, CSI as a character, an override of the direction, no width.
BAD=$'\xff\x9b2J\xc2\x9b6n\xe2\x80\xaegpj\xe2\x80\x8b\e[31m'
# As a person sees it, and as a program has it after json.loads().
SHOWN='\xff\x9b2J\u009b6n\u202egpj\u200b\x1b[31m'

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir maps roms old
    truncate -s 300000 old/efi-virtio.rom
    "$BUILD/tests/cli/make_rom" legacy:2 > "roms/a$BAD.rom"
    # A map takes printable ASCII alone, but its own name may be any.
    printf '%s\n' 'romcompat-map 1' "set s" "  package p" "  machine pc-i440fx - 7.2" \
        "  rom efi-virtio.rom 262144 a.rom" end > "maps/m$BAD.map"
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 "0000:00:03.0$BAD/virtio-net-pci.rom=0x40000" > guest
}

# What a terminal could take for more than text.
plain() {
    LC_ALL=C.UTF-8 /usr/bin/python3 -c '
import sys
text = sys.stdin.buffer.read().decode("utf-8", "strict")
bad = [c for c in text if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0
       or ord(c) in range(0x200b, 0x2010) or ord(c) in range(0x202a, 0x202f)
       or ord(c) in range(0x2060, 0x2070) or ord(c) == 0xfeff]
sys.exit("hidden: %r in %s" % (bad, text) if bad else 0)'
}

# holds BYTES: a string of the document has them, when each \xNN is its byte again.
holds() {
    /usr/bin/python3 -c '
import json, os, re, sys
def strings(o):
    if isinstance(o, str): yield o
    elif isinstance(o, dict): yield from (s for p in o.items() for v in p for s in strings(v))
    elif isinstance(o, list): yield from (s for v in o for s in strings(v))
def undo(s):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), s.encode("utf-8", "strict"))
document = json.loads(sys.stdin.buffer.read().decode("utf-8", "strict"))
want = os.fsencode(sys.argv[1])
sys.exit(not any(want in undo(s) for s in strings(document)))' "$1"
}

# both STATUS COMMAND...: as a table and as JSON, both fit for who reads them.
both() {
    local status=$1
    shift
    run "-$status" "$@"
    output_has "$SHOWN"
    plain <<< "$output"
}

@test "inspect shows a file's name, and its JSON has the bytes" {
    both 0 romcompat inspect "roms/a$BAD.rom"
    run -0 --separate-stderr romcompat inspect --json roms
    plain <<< "$output"
    holds "a$BAD.rom" <<< "$output"
    both 2 romcompat inspect "missing$BAD"
}

@test "check shows the names of ROMs in directories and archives, and its report has the bytes" {
    both 1 romcompat check --against roms old
    tar -cf "x$BAD.tar" roms
    both 0 romcompat check --against old --json-file report.json --junit report.xml "x$BAD.tar"
    plain < report.json
    holds "a$BAD.rom" < report.json
    xmllint --noout report.xml
    plain < report.xml
}

@test "preflight shows the names of RAM blocks, and its JSON has the bytes" {
    both 1 romcompat preflight --maps maps guest old
    run -1 --separate-stderr romcompat preflight --json --maps maps guest old
    plain <<< "$output"
    holds "0000:00:03.0$BAD/virtio-net-pci.rom" <<< "$output"
}

@test "map and resolve show what a map names, and their JSON has the bytes" {
    run -0 romcompat map "maps/m$BAD.map"
    output_has "$SHOWN"
    plain <<< "$output"
    run -0 romcompat map --json "maps/m$BAD.map"
    plain <<< "$output"
    holds "maps/m$BAD.map" <<< "$output"
    run -0 romcompat resolve -M pc-i440fx-7.2 --maps maps --firmware old efi-virtio.rom
    output_has "$SHOWN"
    plain <<< "$output"
    run -0 romcompat resolve --json -M pc-i440fx-7.2 --maps maps --firmware old efi-virtio.rom
    plain <<< "$output"
    holds "maps/m$BAD.map" <<< "$output"
    echo "set $BAD" > bad.map
    run -1 romcompat map bad.map
    plain <<< "$output"
}

@test "inventory has the bytes of a host's and a directory's name" {
    run -0 --separate-stderr own_processes romcompat inventory --host "h$BAD"
    plain <<< "$output"
    holds "h$BAD" <<< "$output"
}

@test "a message about wrong usage shows the word" {
    for words in "$BAD" "inspect --$BAD" "check --bucket=$BAD" "help $BAD"; do
        # shellcheck disable=SC2086 # words
        run -2 romcompat $words
        plain <<< "$output"
    done
}

@test "explain shows the names of a log" {
    printf '%s\n' "Size mismatch: 0000:00:03.0$BAD/virtio-net-pci.rom: 0x40000 != 0x80000: Invalid argument" > "log$BAD"
    run romcompat explain "log$BAD"
    [ "$status" != 139 ]
    output_has "log$SHOWN"
    plain <<< "$output"
}
