#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore extract, from cores and raw memory, and from peers that speak QMP.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }
make_core() { "$BUILD/tests/cli/make_core" "$@"; }

SIZE=0x2000000 AT=0x1ef4000

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_store 4M Boot0000:1:80 Two:2:4 Gone:1:7:3d Orphan:2:6:3e > store
}

# peer MODE: a QEMU in that mode, whose guest has the file `ram`.
peer() {
    rm -f socket
    "$BUILD/tests/cli/qmp_memory" socket "$1" ram > asked 3>&- &
    PEER=$!
    until [ -S socket ]; do sleep 0.01; done
}

# live FILE: "size name" of every live variable, sorted.
live() { romcompat flash inspect "$1" | awk '$4 == "3f" {print $2, $NF}' | sort; }

@test "extract reads every kind of core, and makes the same store of each" {
    for kind in elf64 elf32 xen raw; do
        make_core $kind $SIZE store@$AT > core
        run -0 romcompat varstore extract --core core --out $kind
        output_has "$kind: 3 variables" "OVMF 4M, from 0x1ef4000 of core" "01010101-0101-0101-0101-010101010101          1     80"
        [ "$(stat -c %a $kind)" = 600 ]
    done
    output_has "(raw memory)"
    cmp elf64 elf32
    cmp elf64 xen
    cmp elf64 raw
    [ "$(live raw)" = $'4 Two\n6 Orphan\n80 Boot0000' ]
}

@test "what was extracted is inspected, converted and injected" {
    make_core elf64 $SIZE store@$AT > core
    romcompat varstore extract --core core --out got
    run -0 romcompat flash inspect got
    output_has "got: store, 540672 bytes" "3 live of 3"
    run -0 romcompat varstore convert got --code "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE.fd" --out small
    output_has "3 variables"
    run -0 romcompat varstore inject got --into "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/ovmf/OVMF.fd" --out image
    output_has "3 variables" "OVMF 2M"
    [ "$(live image)" = "$(live got)" ]
}

@test "a pending write is carried out; what is not the store is skipped, and said" {
    make_store 2M A:1:4 B:1:5000 pending=C:1:6 > high
    make_store 2M > template
    make_store 2M Old:1:4 > low
    make_core xen $SIZE low@0x400000 template@0x1800000 high@0x1c00000 store@0x1000018 > core
    run -0 romcompat varstore extract --core core --out got
    output_has "3 variables" "from 0x1c00000 of core" "after a write that was pending" \
        "skipped at 0x1c10000: the spare area of the volume at 0x1c00000" \
        "skipped at 0x1800000: a store without variables" "skipped at 0x400000: another store, with 1 variable"
    run -0 --separate-stderr romcompat varstore extract --core core --out again --json
    [[ $(tr -d ' \n' <<< "$output") == '{"format":"romcompat-varstore-extract","version":1,"written":true,"source":"core","kind":"ELFcoreofXen","cut":false,"store":"again","address":29360128,"layout":"OVMF2M","reads":1,"write_replayed":true,"variables":3,'*'"passed_over":[{"address":29425664,'* ]]
    cmp got again
}

@test "no store is status 1, with the reason; a core that is cut off says so" {
    make_core elf64 $SIZE store@0x1ef4018 > core
    run -1 romcompat varstore extract --core core --out no
    output_has "core: no variables found" "(ELF core)" "flash device"
    make_core elf64 $SIZE store@$AT > core
    truncate -s -600K core
    run -1 romcompat varstore extract --core core --out no
    output_has "which is cut off" "a truncated volume"
    run -1 --separate-stderr romcompat varstore extract --core core --out no --json
    [[ $(tr -d ' \n' <<< "$output") == '{"format":"romcompat-varstore-extract","version":1,"written":false,'*'"cut":true,"store":null,"address":null,'* ]]
    : > core
    run -1 romcompat varstore extract --core core --out no
    [ ! -e no ]
}

@test "a running guest is asked for its memory, and nothing else; no file is left with it" {
    make_core raw $SIZE store@$AT > ram
    peer good
    run -0 romcompat varstore extract --qmp socket --out got
    output_has "3 variables" "of socket (running guest)"
    wait "$PEER"
    [ "$(sed -E 's/.*"execute": "([^"]*)".*/\1/' asked | uniq)" = $'qmp_capabilities\nhuman-monitor-command\nadd-fd\npmemsave\nremove-fd' ]
    grep -q '"command-line": "info mtree -f"' asked
    grep -q '"fdset-id": 7' asked
    # From the top: half of its 32 MiB, what would make it a spare area or a part of an image,
    # then the store twice.
    [ "$(grep -c pmemsave asked)" = 5 ]
    romcompat varstore extract --core ram --out same
    cmp got same
}

@test "a guest that writes all the time is status 2, with a way out" {
    make_core raw $SIZE store@$AT > ram
    peer changing
    run -2 romcompat varstore extract --qmp socket --out no
    output_has "all the time" "0x1ef4000" "Pause the guest"
    [ ! -e no ]
}

@test "a QEMU that cannot hand its memory over is status 2, with another way" {
    make_core raw $SIZE store@$AT > ram
    peer denied
    run -2 romcompat varstore extract --qmp socket --out no
    output_has "Permission denied" "may not write there" "--core"
    peer no-fd
    run -2 romcompat varstore extract --qmp socket --out no
    output_has "No file descriptor" "--core"
    for mode in short long; do
        peer $mode
        run -2 romcompat varstore extract --qmp socket --out no
        output_has "wrote another length"
    done
    peer none
    run -2 romcompat varstore extract --qmp socket --out no
    output_has "names no RAM"
    peer hang-up
    run -2 romcompat varstore extract --qmp socket --out no
    output_has "closed by the other side"
    for mode in close garbage endless; do
        rm -f socket
        "$BUILD/tests/cli/qmp_peer" socket $mode store > asked 3>&- &
        until [ -S socket ]; do sleep 0.01; done
        run -2 romcompat varstore extract --qmp socket --out no
    done
    run -2 romcompat varstore extract --qmp nothing --out no
    output_has "nothing: No such file"
    [ ! -e no ]
}

@test "other files, what exists already and wrong usage are status 2" {
    make_core elf64 $SIZE store@$AT > core
    echo mine > there
    run -2 romcompat varstore extract --core core --out there
    output_has "exists already"
    [ "$(cat there)" = mine ]
    printf 'KDUMP   ' > kdump
    run -2 romcompat varstore extract --core kdump --out no
    output_has "kdump: not a core that is read here (found a compressed kdump core)" "--format elf"
    printf 'LibvirtQemudSave' > saved
    run -2 romcompat varstore extract --core saved --out no
    output_has "a saved guest of libvirt"
    run -2 romcompat varstore extract --core /bin/true --out no
    output_has "not a core (found type"
    run -2 romcompat varstore extract --core /dev/zero --out no
    output_has "not a regular file"
    run -2 romcompat varstore extract --core none --out no
    run -2 romcompat varstore extract --out no
    output_has "--qmp or --core is missing"
    run -2 romcompat varstore extract --qmp a --core b --out no
    output_has "not both"
    run -2 romcompat varstore extract --core core
    output_has "--out is missing"
    run -2 romcompat varstore extract core --out no
    [ ! -e no ]
}

@test "of a huge core only what is below 4 GiB is read" {
    make_core elf64 $SIZE store@$AT > core
    # The second piece, of memory from 1 MiB on, is now 1 TiB long, of holes.
    truncate -s 1T core
    at=$((64 + 56 * 2))
    printf '\0\0\0\0\0\1' | dd of=core bs=1 seek=$((at + 32)) conv=notrunc status=none
    run -0 bash -c "$(limit_memory 300000); timeout 20 romcompat varstore extract --core core --out got"
    output_has "3 variables"
}

@test "a running guest with a flash device: its whole content, a pending write carried out" {
    "$BUILD/tests/cli/make_store" 4M A:1:4 B:2:300 > ram
    for mode in flash busy; do
        rm -f got
        peer $mode
        run -0 romcompat varstore extract --qmp socket --out got
        output_has "2 variables" "from its flash device at 0x0 of socket (running guest)"
        cmp got ram
    done
    peer flash
    romcompat varstore export --qmp socket > json
    romcompat varstore export ram | cmp - json
    "$BUILD/tests/cli/make_store" 4M A:1:4 B:2:300 pending=New:3:8 > ram
    peer flash
    run -0 romcompat varstore extract --qmp socket --out replayed --json
    output_has '"in_flash": true' '"write_replayed": true' '"variables": 3'
    run -0 romcompat flash inspect replayed
    output_has "3f live  New" "fault-tolerant write: idle"
    peer flash
    romcompat varstore export --qmp socket > json
    romcompat varstore export ram | cmp - json
    # The whole device, also behind the store.
    "$BUILD/tests/cli/make_store" virt A:1:4 > ram
    truncate -s 64M ram
    peer flash
    run -0 romcompat varstore extract --qmp socket --out virt
    [ "$(stat -c %s virt)" = 67108864 ]
    cmp virt ram
}

@test "export --qmp: of a guest that writes all the time, and of one without variables, nothing" {
    "$BUILD/tests/cli/make_store" 4M A:1:4 > ram
    head -c 540672 /dev/zero > ram
    peer flash
    run -1 romcompat varstore export --qmp socket --out no
    output_has "no variables found, neither in flash nor in RAM"
    # A device that answers with its status has not said that there is no store.
    peer writing
    run -2 romcompat varstore export --qmp socket --out no
    output_has "socket: the guest writes to its flash device at 0x0 all the time" "Try again while it runs"
    run -2 romcompat varstore export --qmp socket ram
    output_has "a FILE or --qmp, not both"
    run -2 romcompat varstore export
    output_has "a FILE or --qmp is missing"
    [ ! -e no ]
}
