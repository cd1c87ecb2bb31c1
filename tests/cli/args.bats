#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common
load stock

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_stock_host
}

args() { # OPTION... DEVICE...
    romcompat args --maps maps -M pc-i440fx-7.2 "$@"
}

@test "an installed ROM of another length needs its length said, for all siblings at once" {
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware small virtio-net-pci
    [ "$output" = "-global virtio-net-pci-base.romsize=262144" ]
    run -0 --separate-stderr args --firmware small virtio-net-pci virtio-net-pci-transitional
    [ "$output" = "-global virtio-net-pci-base.romsize=262144" ]
}

@test "QEMU's other names of a device are that device" {
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware small virtio-net
    [ "$output" = "-global virtio-net-pci-base.romsize=262144" ]
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware small virtio-net,id=a e1000-82540em,id=b
    [ "$output" = "-device virtio-net,id=a,romsize=262144
-device e1000-82540em,id=b" ]
}

@test "an installed ROM of the right length needs nothing" {
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware small e1000 e1000,id=a
    [ "$output" = "-device e1000,id=a" ]
    output_has "no argument needed: the installed efi-e1000.rom has that length"
}

@test "from 8.1 on an arriving guest brings its ROM: the length is enough, and its next start is spoken of" {
    run -0 --separate-stderr args --qemu ./qemu-10 --firmware grown --incoming e1000
    [ "$output" = "-global e1000-base.romsize=262144" ]
    output_has "the guest's next start needs more (ask without --incoming)"
    for way in --loadvm ""; do
        # shellcheck disable=SC2086 # an option or none
        run -1 --separate-stderr args --qemu ./qemu-10 --firmware grown $way e1000
        [ -z "$output" ]
        output_has "neither efi-e1000.rom nor 256k-efi-e1000.rom there fits" "install the package some-compat"
    done
    run -1 args --qemu ./qemu-7 --firmware grown --incoming e1000
}

@test "a compat ROM that names the device is named, and its sibling gets a copy" {
    run -1 --separate-stderr args --qemu ./qemu-7 --firmware grown --firmware compat e1000
    [ "$output" = "-global e1000.romfile=$PWD/compat/256k-efi-e1000.rom
-global e1000-82544gc.romfile=/usr/share/qemu/romcompat/256k-efi-e1000.8086-100c.rom" ]
    output_has "romcompat pad --bucket 262144 --ids 8086:100c $PWD/compat/256k-efi-e1000.rom -o /usr/share/qemu/romcompat/256k-efi-e1000.8086-100c.rom"
    run -0 args --qemu ./qemu-7 --firmware grown --firmware compat e1000,addr=3
}

@test "--write makes the copies, whole, with the device's ids; then the status is 0" {
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware grown --firmware compat --write for/copies virtio-net-pci
    [ "$output" = "-global virtio-net-pci.romfile=$PWD/for/copies/256k-efi-virtio.1af4-1000.rom
-global virtio-net-pci-transitional.romfile=$PWD/for/copies/256k-efi-virtio.1af4-1000.rom
-global virtio-net-pci-non-transitional.romfile=$PWD/compat/256k-efi-virtio.rom" ]
    romcompat pad --bucket 256K --ids 1af4:1000 compat/256k-efi-virtio.rom -o by-hand.rom
    cmp by-hand.rom for/copies/256k-efi-virtio.1af4-1000.rom
    [ "$(ls -A for/copies)" = 256k-efi-virtio.1af4-1000.rom ]
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware grown --firmware compat --write for/copies virtio-net-pci
    output_lacks "was made of"
    # One that names another device is made again.
    cp compat/256k-efi-virtio.rom for/copies/256k-efi-virtio.1af4-1000.rom
    run -0 args --qemu ./qemu-7 --firmware grown --firmware compat --write for/copies virtio-net-pci
    cmp by-hand.rom for/copies/256k-efi-virtio.1af4-1000.rom
}

@test "a ROM that cannot be copied is status 2, and leaves nothing" {
    head -c 262144 /dev/zero > compat/256k-efi-virtio.rom
    run -2 --separate-stderr args --firmware grown --firmware compat --write copies virtio-net-pci
    [ -z "$output" ]
    output_has "256k-efi-virtio.rom: the ROM has"
    [ ! -e copies ]
}

@test "the text of a -device keeps its words, and what it says of the ROM is left alone" {
    run -0 --separate-stderr args --firmware small "virtio-net-pci,id=a b,addr=3"
    [ "$output" = "-device 'virtio-net-pci,id=a b,addr=3,romsize=262144'" ]
    run -0 --separate-stderr args --firmware small virtio-net-pci,romfile= virtio-net-pci,romsize=524288 \
        virtio-net-pci,rombar=0
    [ "$output" = "-device virtio-net-pci,romfile=
-device virtio-net-pci,romsize=524288
-device virtio-net-pci,rombar=0" ]
    output_has "left as it is: romfile= is given" "romsize= is given" "rombar=0"
}

@test "a virtio-net-pci behind a PCIe port has other ids" {
    run -0 --separate-stderr romcompat args --maps maps -M pc-q35-7.2 --firmware grown --firmware compat \
        --write copies virtio-net-pci,bus=rp1 virtio-net-pci,bus=pcie.0 virtio-net-pci,bus=br,disable-legacy=off
    [ "$output" = "-device virtio-net-pci,bus=rp1,romfile=$PWD/compat/256k-efi-virtio.rom
-device virtio-net-pci,bus=pcie.0,romfile=$PWD/copies/256k-efi-virtio.1af4-1000.rom
-device virtio-net-pci,bus=br,disable-legacy=off,romfile=$PWD/copies/256k-efi-virtio.1af4-1000.rom" ]
    # Not on a machine without PCI Express, nor on one of 2.6.
    for machine in pc-i440fx-7.2 pc-q35-2.6; do
        run -0 --separate-stderr romcompat args --maps maps -M $machine --firmware grown --firmware compat \
            --write copies virtio-net-pci,bus=rp1
        output_has copies/256k-efi-virtio.1af4-1000.rom
    done
}

@test "--json has the same arguments as words" {
    run -1 --separate-stderr args --json --firmware grown --firmware compat virtio-net-pci,id=a
    output_has '"-device",' '"virtio-net-pci,id=a,romfile=/usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom"' \
        '"complete": false' '"answer": "romfile"' '"ids": "1af4:1000"' \
        "\"made_of\": \"$PWD/compat/256k-efi-virtio.rom\"" '"romcompat pad --bucket 262144'
    run -0 --separate-stderr args --json --firmware small virtio-net-pci
    output_has '"virtio-net-pci-base.romsize=262144"' '"complete": true' '"romsize": 262144' '"romfile": null'
}

@test "--libvirt has a file inside the device, and a length in the domain" {
    run -0 --separate-stderr args --libvirt --firmware grown --firmware compat --write "it's" virtio-net-pci,id=a
    output_has "<rom file='$PWD/it&apos;s/256k-efi-virtio.1af4-1000.rom'/>"
    run -0 --separate-stderr args --libvirt --firmware small virtio-net-pci
    output_has "<qemu:arg value='virtio-net-pci-base.romsize=262144'/>" "</qemu:commandline>"
}

@test "an alias stands for its machine type, where the QEMU is known" {
    run -0 --separate-stderr romcompat args --maps maps -M pc --qemu ./qemu-7 --firmware small virtio-net-pci
    [ "$output" = "-global virtio-net-pci-base.romsize=262144" ]
    run -0 --separate-stderr romcompat args --maps maps -M pc-i440fx-7.2+pve1 --qemu ./qemu-7 --firmware small virtio-net-pci
    [ "$output" = "-global virtio-net-pci-base.romsize=262144" ]
    run -2 romcompat args --maps maps -M pc --firmware small virtio-net-pci
    output_has "pc: an alias, and which machine type it stands for is not known here" --qemu
}

@test "names that are not known are status 2, with the nearest" {
    run -2 romcompat args --maps maps -M pc-i440fx-7.1 --qemu ./qemu-7 virtio-net-pci
    output_has "this QEMU has no such machine type" "Did you mean pc-i440fx-7.2?"
    run -2 romcompat args --maps maps -M pc-q36-7.2 --firmware small virtio-net-pci
    output_has "pc-q36-7.2: no map has a rule" "Did you mean pc-q35-7.2?"
    run -2 args --qemu ./qemu-7 ne2000
    output_has "ne2000: this QEMU has no such device type"
    run -2 args --qemu ./qemu-7 e1000-82545em
    output_has "e1000-82545em: this QEMU has no such device type" "Did you mean e1000-82544gc?"
    run -2 args --firmware small e100
    output_has "e100: no device with a ROM" "Did you mean e1000?"
    run -2 args --firmware small '{"driver": "e1000"}'
    output_has "JSON is not read"
}

@test "without a rule the status is 1; a device without a ROM needs nothing" {
    run -1 --separate-stderr romcompat args --maps maps -M pc-i440fx-8.0 --qemu ./qemu-7 --firmware small virtio-net-pci
    [ -z "$output" ]
    output_has "no rule for efi-virtio.rom"
    run -0 --separate-stderr args --qemu ./qemu-7 --firmware small igb
    [ -z "$output" ]
    output_has "igb: no argument needed"
}

@test "no maps, a QEMU that is none, and wrong usage are status 2" {
    mkdir empty
    run -2 romcompat args --maps empty -M pc-i440fx-7.2 --firmware small e1000
    output_has "no compat map says which ROM lengths guests expect"
    run -2 args --qemu true e1000
    run -2 args --qemu ./none e1000
    sed -i 's/.*"return".*/echo no JSON/' qemu-7
    run -2 args --qemu ./qemu-7 e1000
    output_has "./qemu-7"
    run -2 romcompat args e1000
    output_has "--machine is missing"
    run -2 args
    output_has "a DEVICE is missing"
    run -2 args --incoming --loadvm e1000
    run -2 args --json --libvirt e1000
    run -2 args --firmware none e1000
}

@test "the manual names the limits of args" {
    page=$(manual)
    grep -qx '#define DEVICE_TEXT_NAME_MAX 63 .*' "$TOP/packaging/formats/device_text.h"
    grep -qF 'type, id or bus in a -device option 63 bytes' <<< "$page"
    grep -q '#define QEMU_TYPES_ANSWER_MAX ((size_t)1 << 20)' "$TOP/packaging/inputs/qemu_types.h"
    grep -qF "QEMU's list of device types 10 seconds, 1 MiB" <<< "$page"
    grep -qF "/usr/share/qemu/romcompat" <<< "$page"
    grep -q '"/usr/share/qemu/romcompat"' "$TOP/packaging/guest/stock.h"
}

@test "a QEMU before 6.0 is never told romsize: it gets a padded copy, and status 1 while that is missing" {
    stock_qemu qemu-5 5.2.0
    run -1 romcompat args -M pc-i440fx-7.2 --maps maps --qemu ./qemu-5 --firmware small virtio-net-pci,id=n
    output_has "this QEMU has no property romsize" "romfile=/usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom"
    output_lacks "romsize="
    run -0 romcompat args -M pc-i440fx-7.2 --maps maps --qemu ./qemu-5 --firmware small --write "$PWD/roms" --incoming virtio-net-pci,id=n
    output_has "romfile=$PWD/roms/256k-efi-virtio.1af4-1000.rom"
    output_lacks "romsize="
    [ "$(stat -c %s roms/256k-efi-virtio.1af4-1000.rom)" = 262144 ]
}

@test "up to pc-i440fx-1.4 the siblings of e1000 have its later ROM already" {
    sed -i 's/pc-i440fx-8.0  /pc-i440fx-1.4  /; s/e1000-82544gc/e1000-82545em/' qemu-10
    printf '%s\n' 'romcompat-map 1' 'set s' '  machine pc-i440fx 1.4 1.4' \
        '  rom efi-e1000.rom 1048576 1m-efi-e1000.rom' '  rom pxe-e1000.rom 131072 128k-pxe-e1000.rom' end > maps/s.map
    "$BUILD/tests/cli/make_rom" pad=100000 fill=0xff legacy:4:8086:100e > grown/pxe-e1000.rom
    run romcompat args --maps maps --qemu ./qemu-10 -M pc-i440fx-1.4 --firmware grown e1000-82545em
    output_has "-global e1000-82545em.romsize=1048576"
    output_has "e1000: no argument needed: the installed pxe-e1000.rom has that length"
    sed -i /pxe-e1000/d maps/s.map
    run romcompat args --maps maps --qemu ./qemu-10 -M pc-i440fx-1.4 --firmware grown e1000-82545em
    output_has "romcompat: e1000: no rule for pxe-e1000.rom"
    # Where no file fits, each ROM is named with the type that has it.
    printf '%s\n' 'romcompat-map 1' 'set s' '  machine pc-i440fx 1.4 1.4' \
        '  rom efi-e1000.rom 4096 4k-efi-e1000.rom' '  rom pxe-e1000.rom 4096 4k-pxe-e1000.rom' end > maps/s.map
    run -1 romcompat args --maps maps --qemu ./qemu-10 -M pc-i440fx-1.4 --firmware grown e1000-82545em
    output_has "e1000: neither pxe-e1000.rom" "e1000-82545em: neither efi-e1000.rom"
}

@test "a copy is readable for QEMU's user under any umask" {
    (umask 077; "$BUILD/romcompat" args -M pc-i440fx-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown --write "$PWD/roms" virtio-net-pci,id=n)
    [ "$(stat -c %a roms/256k-efi-virtio.1af4-1000.rom)" = 644 ]
}

@test "a virtio-net-pci behind a bridge to conventional PCI has the ids of one on a root bus" {
    run romcompat args -M pc-q35-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown virtio-net-pci,bus=br1
    output_lacks "1af4-1000"
    run romcompat args -M pc-q35-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown pcie-pci-bridge,id=br1 virtio-net-pci,bus=br1
    output_has "1af4-1000"
    run romcompat args -M pc-q35-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown \
        id=br1,driver=pcie-pci-bridge id=n,bus=br1,driver=virtio-net-pci
    output_has "1af4-1000"
    run romcompat args -M pc-q35-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown virtio-net-pci,bus=pcie.0,disable-legacy=on
    output_lacks "1af4-1000"
    # A type that says what it is has its own ids behind a port, too.
    run romcompat args -M pc-q35-7.2 --maps maps --qemu ./qemu-7 --firmware compat --firmware grown virtio-net-pci-transitional,bus=rp
    output_has "1af4-1000"
}
