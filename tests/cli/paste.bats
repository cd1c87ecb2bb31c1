#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands that are printed to be pasted: with names that want to be commands themselves.
load common
load stock

# No slash, for it is a part of file names; no NUL. Every command that it could run is a touch.
BAD=$'-x\ntouch a;touch b|touch c&"`touch d`"$(touch e)\'touch f\'!#-->]]><y/>\e\x9b\xe2\x80\xae\\'
BAD=${BAD//\//}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir stubs
    # What is run says so, word by word, and touch is never run.
    cat > stub << 'STUB'
#!/bin/sh
{ printf '%s\0' "${0##*/}" "$@" && printf '\n\0'; } >> "$RAN"
STUB
    chmod +x stub
    for name in romcompat apt dnf tail mkdir touch qemu-img qemu-system-x86_64; do cp stub "stubs/$name"; done
}

# A guest whose network card has 256K, a host with more, and a map with a rule for it.
make_guest_and_host() { # [MACHINE]
    mkdir -p maps old
    truncate -s 262145 old/efi-virtio.rom
    printf '%s\n' 'romcompat-map 1' "set s" "  package a;touch\${IFS}g;'\"\$(touch)" "  machine pc-i440fx - 7.2" \
        "  rom efi-virtio.rom 262144 a;touch\${IFS}h;.rom" end > maps/m.map
    "$BUILD/tests/cli/make_stream" -m "${1:-pc-i440fx-7.2}" "0000:00:03.0$BAD/virtio-net-pci.rom=0x40000" > guest
}

# pasted FILE: what a person pastes into a shell; the words that were run are then in the file ran.
pasted() {
    : > ran
    mkdir -p away
    (cd away && PATH=$PWD/../stubs RAN=$PWD/../ran /bin/sh) < "$1" 2> errors || :
    if grep -qzx touch ran; then
        echo "it ran:"
        cat -A ran "$1"
        return 1
    fi
}

# ran WORD...: a command of these words was run, byte for byte.
ran() {
    printf '%s\0' "$@" $'\n' > wanted
    /usr/bin/python3 -c 'import sys; sys.exit(open("wanted", "rb").read() not in open("ran", "rb").read())' && return
    cat -A wanted ran errors
    return 1
}

# The indented lines of what was printed, which are those to paste.
commands() {
    sed -n 's/^    //p' <<< "$output" > lines
    [ -s lines ]
}

@test "preflight: no name of a block, machine type or package is run" {
    for machine in "pc-i440fx-7.2" "pc-i440fx-7.2$BAD"; do
        make_guest_and_host "$machine"
        for maps in "" "--maps maps"; do
            # shellcheck disable=SC2086 # an option or none
            run -1 --separate-stderr romcompat preflight --all-fixes $maps guest old
            output_lacks "apt install"
            commands
            pasted lines
            ran romcompat build --deb ROMSET.yaml
            # shellcheck disable=SC2086
            run -1 --separate-stderr romcompat preflight --json $maps guest old
            /usr/bin/python3 -c 'import json, sys
for fix in json.load(sys.stdin)["fixes"]:
    print(fix["text"])' <<< "$output" > texts
            pasted texts
        done
    done
}

@test "preflight: the XML for libvirt stays what it is" {
    make_guest_and_host
    run -1 --separate-stderr romcompat preflight --json guest old
    /usr/bin/python3 -c 'import json, sys
import xml.etree.ElementTree as xml
count = 0
for fix in json.load(sys.stdin)["fixes"]:
    if fix["kind"] != "libvirt":
        continue
    tree = xml.fromstring("<domain xmlns:qemu=\"q\">" + fix["text"] + "</domain>")
    names = {e.tag.split("}")[-1] for e in tree.iter()}
    assert names <= {"domain", "rom", "commandline", "arg"}, names
    count += 1
sys.exit(not count)' <<< "$output"
}

@test "preflight: a package with a name of Debian is installed" {
    make_guest_and_host
    sed -i 's/  package .*/  package some-compat/' maps/m.map
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 0000:00:03.0/virtio-net-pci.rom=0x40000 > guest
    run -1 --separate-stderr romcompat preflight --all-fixes --maps maps guest old
    commands
    pasted lines
    ran apt install some-compat
}

@test "check: the ROM to pad is one word, whatever it is called" {
    tree() { # DIRECTORY SIZE
        mkdir -p "$1"
        "$BUILD/tests/cli/make_rom" "pad=$2" legacy:2:1af4:1000 > "$1/$BAD.rom"
    }
    tree was 3000
    tree is 5000
    tar -cf old.tar was
    run romcompat check --against was is
    [ "$status" = 1 ]
    sed -n 's/^.*: \(romcompat .*\)$/\1/p' <<< "$output" > lines
    [ -s lines ]
    pasted lines
    ran romcompat pad --bucket 4K "./$BAD.rom" -o "$BAD.rom"
    printf 'budget: b\nroms:\n  - match: "*"\n    bucket: 16K\n    ids: [8086:100e]\n' > budget.yaml
    run -1 romcompat check --budget budget.yaml is
    sed -n 's/^.*: \(romcompat .*\)$/\1/p' <<< "$output" > lines
    pasted lines
    ran romcompat pad --bucket 16K "./$BAD.rom" -o "$BAD.rom"
    ran romcompat pad --bucket 8K --ids 8086:100e "./$BAD.rom" -o "$BAD.rom"
    # What inspect is asked about stands at the front of its sentence.
    printf 'U\252\1' > "is/$BAD.rom"
    run -1 romcompat check --budget budget.yaml is
    sed -n 's/^ *\(romcompat inspect .*\) shows more\.$/\1/p' <<< "$output" > lines
    pasted lines
    ran romcompat inspect "./$BAD.rom"
}

@test "lint: a romset with errors is one word" {
    printf 'romset: A\npackage: B\n' > "$BAD.yaml"
    run romcompat build "./$BAD.yaml"
    sed -n 's/^.*lists all [0-9]* errors: //p' <<< "$output" > lines
    [ -s lines ]
    pasted lines
    ran romcompat lint "./$BAD.yaml"
}

@test "args and qemu-table: a file is one word, wherever it is" {
    make_stock_host
    mkdir -- "$BAD"
    mv compat "./$BAD/compat"
    run -1 --separate-stderr romcompat args --maps maps --qemu ./qemu-7 -M pc-i440fx-7.2 \
        --firmware grown --firmware "$BAD/compat" virtio-net-pci "e1000,id=$BAD"
    while read -r line; do printf 'romcompat %s\n' "$line"; done <<< "$output" > lines
    pasted lines
    ran romcompat -device "e1000,id=$BAD,romfile=$PWD/$BAD/compat/256k-efi-e1000.rom"
    sed -n 's/^  //p' <<< "$stderr" > lines
    [ -s lines ]
    pasted lines
    ran romcompat pad --bucket 262144 --ids 1af4:1000 "$PWD/$BAD/compat/256k-efi-virtio.rom" \
        -o /usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom
    # A map's names are printable ASCII without blanks.
    name="a;touch\${IFS}h;'\$(touch)'*.rom"
    mv "./$BAD/compat/256k-efi-e1000.rom" "./$BAD/compat/$name"
    sed -i "s/256k-efi-e1000.rom/${name//&/\\&}/" maps/s.map
    run -0 --separate-stderr romcompat qemu-table --maps maps --qemu ./qemu-7 --firmware grown --firmware "$BAD/compat"
    sed -n 's/^ \*   \(romcompat pad\)/\1/p' <<< "$output" > lines
    pasted lines
    ran romcompat pad --bucket 262144 --ids 8086:100c "$name" -o "${name%.rom}.8086-100c.rom"
}

@test "explain: the ROM, firmware or store of a log is one word" {
    name=${BAD//$'\n'/}
    printf '%s\n' "qemu-system-x86_64: -device e1000: romfile \"$name.rom\" (300000 bytes) is too large for ROM size 262144" \
        "Could not open '/var/lib/libvirt/qemu/nvram/$name': No such file or directory" > log
    run romcompat explain log
    commands
    pasted lines
}

@test "inspect: the dump to cut is one word" {
    { head -c 1024 /dev/zero; "$BUILD/tests/cli/make_rom" legacy:2; } > "$BAD.rom"
    run romcompat inspect "./$BAD.rom"
    sed -n 's/^.*Leave them out: //p' <<< "$output" > lines
    pasted lines
    ran tail -c +1025 -- "./$BAD.rom"
}

@test "flash args: each path is one word, in a shell and in XML" {
    "$TOP/tests/cli/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm
    code=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE.fd
    # Control characters are refused: neither libvirt nor xl can have them.
    name=${BAD//[$'\n\e']/}
    romcompat varstore create --code "$code" --out "./$name.fd" > create.log
    run -0 --separate-stderr romcompat flash args --form qemu --code "$code" --vars "./$name.fd" -M pc-q35-7.2
    printf '%s\n' "$output" > lines
    pasted lines
    ran qemu-system-x86_64 -machine pc-q35-7.2 -drive "if=pflash,unit=0,format=raw,readonly=on,file=$code" \
        -drive "if=pflash,unit=1,format=raw,file=$PWD/./$name.fd"
    run -0 romcompat flash args --form libvirt --code "$code" --vars "./$name.fd" -M pc-q35-7.2
    { echo "<domain>" && cat <<< "$output" && echo "</domain>"; } > domain.xml
    xmllint --noout domain.xml
    run -0 xmllint --xpath 'name(//nvram/..)' domain.xml
    [ "$output" = os ]
}
