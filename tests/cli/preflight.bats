#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

NIC=0000:00:03.0/virtio-net-pci.rom

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir old grown small
    truncate -s 250000 old/efi-virtio.rom old/efi-e1000.rom old/bios-256k.bin
    truncate -s 262144 old/bios-256k.bin grown/bios-256k.bin
    truncate -s 262145 grown/efi-virtio.rom
    truncate -s 250000 grown/efi-e1000.rom
    truncate -s 100000 small/efi-virtio.rom
    # Of directories alone nobody knows which machine types the QEMU there has.
    fake_qemu q 7.2.0 "$PWD/none"
    fake_qemu q9 9.0.0 "$PWD/none" # and reads mapped-ram
}

stream() { # OPTION... NAME=LENGTH...
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 "$@" > guest
}

# A QEMU as far as preflight asks it.
fake_qemu() { # FILE VERSION DIRECTORY...
    local file=$1 version=$2
    shift 2
    {
        echo '#!/bin/sh'
        echo "case \$1 in -version) echo 'QEMU emulator version $version (Debian)';;"
        printf -- "-L) printf '%%s\\\\n' %s;;\n" "$*"
        echo "-M) echo 'Supported machines are:'"
        for machine in pc-i440fx-7.2 pc-i440fx-9.2 pc-i440fx-2.3 pc-i440fx-1.4 microvm ${machines:-}; do
            echo "echo '$machine  Standard PC'"
        done
        echo "echo 'pc  Standard PC (alias of pc-i440fx-7.2)'"
        echo "echo 'pc-i440fx-4.0  Standard PC (deprecated)';; *) exit 1;; esac"
    } > "$file"
    chmod +x "$file"
}

# A save image of libvirt.
image() { # XML BLOCK=SIZE...
    local xml=$1
    shift
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 "$@" >bare
    perl -e 'print "LibvirtQemudSave", pack("V19", 2, length($ARGV[0]) + 9), $ARGV[0], "\0" x 9' "$xml" | cat - bare >guest
}

ramblock() {
    cat << TABLE
              Block Name    PSize              Offset               Used              Total
                  pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 0x0000000004000000
$NIC    4 KiB  0x0000000004040000 0x0000000000040000 0x0000000000040000
TABLE
}

@test "of a machine type up to 2.10, Ubuntu's QEMU has another ROM: where that is there, the answer is not known" {
    # ubuntu STATUS MACHINE SIZE: of a guest whose ROM has that length, where both files are there.
    ubuntu() {
        stream -m "$2" pc.ram=0x4000000 pc.bios=0x40000 "$NIC=$3"
        run "-$1" romcompat preflight --qemu ./q guest ubuntu
    }
    cp -r grown ubuntu
    head -c 200000 /dev/zero > ubuntu/compat-256k-efi-virtio.rom
    machines='pc-i440fx-2.10 pc-i440fx-2.11 pc-i440fx-xenial pc-i440fx-bionic' fake_qemu q 8.2.2 "$PWD/none"
    ubuntu 2 pc-i440fx-2.10 0x40000
    output_has "compat-256k-efi-virtio.rom, which has another length than efi-virtio.rom"
    ubuntu 2 pc-i440fx-2.10 0x80000
    ubuntu 2 pc-i440fx-xenial 0x40000
    ubuntu 1 pc-i440fx-2.11 0x40000
    ubuntu 0 pc-i440fx-2.11 0x80000
    ubuntu 1 pc-i440fx-bionic 0x40000
    # Both have one length.
    head -c 300000 /dev/zero > ubuntu/compat-256k-efi-virtio.rom
    ubuntu 1 pc-i440fx-2.10 0x40000
}

@test "a guest whose ROMs are the destination's lands: status 0" {
    stream pc.ram=0x4000000 pc.bios=0x40000 $NIC=0x40000 0000:00:04.0/e1000.rom=0x40000 pc.rom=0x20000
    run -0 romcompat preflight --qemu ./q guest old
    output_has "migration stream" "pc-i440fx-7.2" "lands     256K   256K  $NIC" "3 of 5 RAM blocks"
    output_lacks refused unknown -global
}

@test "a ROM that has grown is status 1, with both lengths, the file, and what fixes it" {
    stream pc.ram=0x4000000 $NIC=0x40000 0000:00:04.0/e1000.rom=0x40000
    run -1 romcompat preflight --all-fixes guest grown
    output_has "refused   256K   512K  $NIC" "grown/efi-virtio.rom (262145 bytes)" \
        "lands     256K   256K  0000:00:04.0/e1000.rom" \
        "-global virtio-net-pci.romsize=262144" \
        "romcompat build -o ipxe-efi-256k" "/romsets/debian-12-ipxe-efi.yaml" \
        "romcompat pad --bucket 262144 --ids 1af4:1000 ipxe-efi-256k/usr/share/qemu/256k-efi-virtio.rom -o /usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom" \
        "-global virtio-net-pci.romfile=/usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom" \
        "<rom file='/usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom'/>"
    output_lacks "-global e1000"
}

@test "a ROM that has shrunk needs its length alone" {
    stream $NIC=0x40000
    run -1 romcompat preflight guest small
    output_lacks "<qemu:arg" "ROMSET.yaml"
    output_has "-global virtio-net-pci.romsize=262144" "--all-fixes shows other ways."
    run -1 romcompat preflight --all-fixes guest small
    output_has "refused   256K   128K" "-global virtio-net-pci.romsize=262144" "<qemu:arg value='virtio-net-pci.romsize=262144'/>"
    output_lacks romfile "romcompat pad"
}

@test "a ROM that is missing is status 1" {
    stream 0000:00:03.0/rtl8139.rom=0x40000
    run -1 romcompat preflight guest old
    output_has "refused" "QEMU does not start: there is no efi-rtl8139.rom"
}

@test "a ROM of exactly the bucket lands, one byte more does not" {
    stream $NIC=0x40000
    truncate -s 262144 old/efi-virtio.rom
    run -0 romcompat preflight --qemu ./q guest old
    truncate -s 262145 old/efi-virtio.rom
    run -1 romcompat preflight guest old
}

@test "mapped-ram is not checked by QEMU: the guest is accepted with the wrong size, status 1" {
    stream -r pc.ram=0x100000 $NIC=0x40000
    run -1 romcompat preflight guest grown
    output_has "mapped-ram" "is accepted with the wrong size   256K   512K" "next migration carries the wrong length"
    stream -r pc.ram=0x100000 $NIC=0x40000
    run -1 romcompat preflight guest small
    output_has "is accepted with the wrong size   256K   128K" "Partial read"
    run -0 romcompat preflight --qemu ./q9 guest old
    # A QEMU before 9.0 does not read such a stream at all.
    run -1 romcompat preflight --qemu ./q guest old
    output_has "arrives             no: QEMU 7.2 does not read mapped-ram" "Received unknown capability mapped-ram"
}

@test "a block that is not known is unknown, status 2, and never lands" {
    stream $NIC=0x40000 0000:00:05.0/new-nic.rom=0x40000
    run -2 romcompat preflight guest old
    output_has "unknown   256K      -  0000:00:05.0/new-nic.rom" "lands"
    # A refusal beside it is the answer.
    run -1 romcompat preflight guest grown
}

@test "firmware images that the guest's configuration names are unknown, not refused" {
    stream system.flash0=0x200000 pc.bios=0x80000
    run -2 romcompat preflight guest old
    output_has "system.flash0" "unknown" "exactly this length"
}

@test "--file names the file of a block that has no default" {
    truncate -s 2M code.fd
    stream system.flash0=0x200000 isa-bios=0x20000 $NIC=0x40000
    run -0 romcompat preflight --qemu ./q --file system.flash0=code.fd --file isa-bios=code.fd guest old
    output_has "lands       2M     2M  system.flash0"
    truncate -s 4M code.fd
    run -1 romcompat preflight --file system.flash0=code.fd --file isa-bios=code.fd guest old
    output_has "the guest has 2M, the destination has 4M"
    # An option ROM of the user's own, in place of the default.
    truncate -s 100 own.rom
    stream $NIC=0x1000 # no RAM block is shorter than a page
    run -0 romcompat preflight --qemu ./q --file $NIC=own.rom guest old
    run -1 romcompat preflight --file $NIC=none.rom guest old
    output_has "none.rom is not there"
    run -2 romcompat preflight --file $NIC guest old
    output_has "is not BLOCK=FILE"
}

@test "libvirt save images are read, compressed or not" {
    for format in "0" "6 -r"; do
        # shellcheck disable=SC2086 # a number and perhaps an option
        stream -s $format $NIC=0x40000
        run -0 romcompat preflight --qemu ./q9 guest old
        output_has "libvirt save image, "
        run -1 romcompat preflight guest grown
    done
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 $NIC=0x40000 > bare
    zstd -q < bare > guest
    run -1 romcompat preflight guest grown
    output_has "migration stream, zstd"
    # As libvirt has lzop write it, on the way to a pipe as well.
    lzop -qc < bare > packed
    stream -s 4 $NIC=0x40000
    head -c -"$(stat -c %s bare)" guest | cat - packed > save
    run -1 romcompat preflight save grown
    output_has "libvirt save image, lzop" "refused   256K   512K"
    run -1 bash -c 'cat save | romcompat preflight - grown'
    run -0 romcompat preflight --qemu ./q packed old
    output_has "migration stream, lzop"
    head -c 100 packed > short
    run -2 romcompat preflight short old
    output_has "short: lzop: truncated"
}

@test "a snapshot in a qcow2 image is read, and can only be loaded" {
    stream -q before $NIC=0x40000
    run -1 romcompat preflight guest grown
    output_has "guest (qcow2 image, snapshot 'before'), pc-i440fx-7.2" "refused   256K   512K" \
        "-global virtio-net-pci.romfile="
    output_lacks "-global virtio-net-pci.romsize="
    run -0 romcompat preflight --qemu ./q --snapshot before guest old
    run -2 romcompat preflight --snapshot after guest old
    output_has "no snapshot 'after'" "'before'"
    stream -q before -q after $NIC=0x40000
    run -2 romcompat preflight guest old
    output_has "2 snapshots with the state of a guest" "--snapshot: 'before', 'after'"
    run -0 romcompat preflight --qemu ./q --snapshot after guest old
    run -2 bash -c 'romcompat preflight --snapshot after - old < guest'
    output_has "cannot be read from a pipe"
    stream $NIC=0x40000
    run -2 romcompat preflight --snapshot after guest old
    output_has "not a qcow2 image, so it has no snapshot 'after'"
    run -2 romcompat preflight --snapshot after --qmp socket
    output_has "is for a qcow2 image"
}

@test "the XML of a libvirt save image names the files of firmware and cards" {
    xml="<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'/><loader type='pflash'>$PWD/code.fd</loader>
<nvram template='$PWD/template.fd'>$PWD/vars.fd</nvram></os><devices><interface><model type='virtio'/><rom file='$PWD/own.rom'/>
<address type='pci' bus='0' slot='3'/></interface></devices></domain>"
    fake_qemu qemu 7.2.0 "$PWD/grown"
    image "$xml" system.flash0=0x200000 isa-bios=0x20000 system.flash1=0x20000 $NIC=0x40000
    truncate -s 2M code.fd
    truncate -s 128K vars.fd
    truncate -s 256K own.rom
    run -0 romcompat preflight --qemu ./qemu guest
    output_has "system.flash0" "$PWD/code.fd (2097152 bytes)" "$PWD/vars.fd" "$PWD/own.rom"
    # A store that libvirt would make of its template.
    mv vars.fd template.fd
    run -0 romcompat preflight --qemu ./qemu guest
    output_has "$PWD/template.fd"
    truncate -s 4M code.fd
    run -1 romcompat preflight --qemu ./qemu guest
    output_has "the guest has 2M, the destination has 4M"
    # --file takes precedence over the XML.
    truncate -s 2M other.fd
    run -0 romcompat preflight --qemu ./qemu --file system.flash0=other.fd guest
    # A directory is another host, where these names may be anything.
    run -2 romcompat preflight guest old
    output_has "the guest's XML names $PWD/code.fd, and which file that is there is not known"
    # Through a pipe as well; and XML that cannot be read is no XML.
    run -0 bash -c 'cat guest | romcompat preflight --qemu ./qemu --file system.flash0=other.fd -'
    image "<domain" system.flash0=0x200000
    run -2 romcompat preflight --qemu ./qemu guest
    output_has "a firmware image that the guest's configuration names"
}

@test "a guest whose variables the uefi-vars device keeps needs QEMU 10.0, its store or template, and firmware that knows it" {
    PATH=$ROMCOMPAT_BUILD/tests/cli:$PATH
    make_code SecureBootConfigDxe VirtMmCommunication > pv.fd
    make_code SecureBootConfigDxe > plain.fd
    length=$(stat -c %s pv.fd)
    varstore() { # ATTRIBUTES [CODE]
        image "<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'/><loader type='rom' format='raw'>$PWD/${2:-pv.fd}</loader>
<varstore $1/></os><devices/></domain>" "pc.bios=$length"
    }
    fake_qemu qemu 10.0.0 "$PWD/old"
    fake_qemu older 9.2.0 "$PWD/old"
    echo '{ "version": 2, "variables": [ ] }' > store.json
    varstore "path='$PWD/store.json' template='$PWD/t.json'"
    run -0 romcompat preflight --start --qemu ./qemu guest
    run -1 romcompat preflight --qemu ./older guest
    output_has "kept by the uefi-vars device (<varstore>), which QEMU has from 10.0 on: QEMU there is 9.2"
    # A directory of ROM files says nothing of a QEMU.
    run -2 romcompat preflight --file "pc.bios=pv.fd" guest old
    output_has "whether the QEMU there has the machine type pc-i440fx-7.2 is not known"
    # What is not there arrives with the guest, and keeps it from starting again.
    mv store.json t.json
    run -0 romcompat preflight --start --qemu ./qemu guest
    rm t.json
    run -0 romcompat preflight --qemu ./qemu guest
    run -1 romcompat preflight --start --qemu ./qemu guest
    output_has "neither its variable store $PWD/store.json nor the template $PWD/t.json is there"
    varstore "path='$PWD/store.json'"
    run -2 romcompat preflight --start --qemu ./qemu guest
    output_has "of which template libvirt makes one is not known"
    echo '{ "version": 2, "variables": [ { "name": "A" } ] }' > store.json
    run -1 romcompat preflight --start --qemu ./qemu guest
    output_has "QEMU does not start, or reads it otherwise: $PWD/store.json: variable 1 (A): 'guid' is missing"
    echo '{ "version": 2, "variables": [ ] }' > store.json
    varstore "path='$PWD/store.json'" plain.fd
    run -1 romcompat preflight --start --qemu ./qemu --file "pc.bios=pv.fd" guest
    output_has "this firmware keeps its variables in flash"
}

@test "a card to which the XML gives no ROM, and one of which QEMU is told more, are no yes" {
    card() { # ROM QEMU
        image "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><devices><interface type='user'>
<model type='virtio'/>$1<address type='pci' domain='0' bus='0' slot='3' function='0'/></interface></devices>$2</domain>" $NIC=0x40000
    }
    fake_qemu qemu 7.2.0 "$PWD/old"
    card "<rom bar='on'/>"
    run -0 romcompat preflight --qemu ./qemu guest
    for rom in "bar='off'" "enabled='no'" "file=''"; do
        card "<rom $rom/>"
        run -1 romcompat preflight --qemu ./qemu guest
        output_has "the guest's XML gives the device no ROM, in <rom>: 'Unknown ramblock'" "starts again there  yes" \
                   "'virsh save-image-edit'"
    done
    for value in virtio-net-pci.romsize=524288 virtio-net-pci.romfile=; do
        card "" "<qemu:commandline><qemu:arg value='-global'/><qemu:arg value='$value'/></qemu:commandline>"
        run -2 romcompat preflight --qemu ./qemu guest
        output_has "say with --file or --romsize what this device has"
    done
    run -0 romcompat preflight --qemu ./qemu --romsize $NIC=256K guest
    # What decides other files than those of the card.
    card "" "<qemu:commandline><qemu:arg value='-cpu'/><qemu:arg value='host'/></qemu:commandline>"
    run -0 romcompat preflight --qemu ./qemu guest
    card "" "<qemu:commandline><qemu:arg value='-bios'/><qemu:arg value='/x'/></qemu:commandline>"
    run -2 romcompat preflight --qemu ./qemu guest
    output_has "its firmware or machine, which <qemu:commandline> sets"
    card "" "<qemu:override><qemu:device alias='net0'><qemu:frontend><qemu:property name='romsize' type='unsigned' value='524288'/></qemu:frontend></qemu:device></qemu:override>"
    run -2 romcompat preflight --qemu ./qemu guest
    run -1 romcompat preflight --qemu ./qemu --romsize $NIC=512K guest
}

@test "XML in a libvirt save image that is refused far behind its start is read no further" {
    fake_qemu qemu 7.2.0 "$PWD/grown"
    filler=$(head -c 200000 /dev/zero | tr '\0' x)
    image "<domstatus><domain><metadata>$filler</metadata></domain><domain type='kvm'/></domstatus>" $NIC=0x40000
    run -1 romcompat preflight --qemu ./qemu guest
    output_has "refused"
}

@test "where the libvirt hook is installed, a refused card has a note of what it does" {
    image "<domain><name>g</name><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><devices><interface type='user'>
<model type='virtio'/><address type='pci' domain='0' bus='0' slot='3' function='0'/></interface></devices></domain>" $NIC=0x40000
    fake_qemu qemu 7.2.0 "$PWD/grown"
    mkdir -p etc/libvirt/hooks/qemu.d grown/romcompat.d
    printf '%s\n' 'romcompat-map 1' 'set s' '  package some-compat' '  machine pc-i440fx - 7.2' \
        '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' end > grown/romcompat.d/s.map
    truncate -s 262144 grown/256k-efi-virtio.rom
    printf '#!/bin/sh\n' > etc/libvirt/hooks/qemu.d/romcompat
    here() { own_mounts sh -c 'mount --bind etc /etc && exec "$@"' sh romcompat preflight "$@"; }
    run -1 here --qemu ./qemu guest
    output_has "refused   256K   512K"
    output_lacks "libvirt hook" # it is not executable
    chmod +x etc/libvirt/hooks/qemu.d/romcompat
    run -1 here --qemu ./qemu guest
    output_has "refused   256K   512K" "the libvirt hook here fixes it where libvirt restores the image: the card gets $PWD/grown/256k-efi-virtio.rom"
    run -1 here --json --qemu ./qemu guest
    output_has '"note": "the libvirt hook here fixes it'
    # Directories are another host, and a stream is not restored by libvirt.
    run -1 here guest grown
    output_lacks "libvirt hook"
    run -1 here --qemu ./qemu bare
    output_lacks "libvirt hook"
    rm grown/256k-efi-virtio.rom
    run -1 here --qemu ./qemu guest
    output_has "the libvirt hook here cannot fix it: " "no 256k-efi-virtio.rom that fits is there"
}

@test "a pipe, standard input, and saved 'info ramblock' are read too" {
    stream $NIC=0x40000
    run -1 bash -c 'cat guest | romcompat preflight - grown'
    output_has "standard input (migration stream)"
    mkfifo fifo
    cat guest > fifo &
    run -1 romcompat preflight fifo grown
    ramblock > table
    run -1 romcompat preflight table grown
    output_has "output of 'info ramblock'" "refused   256K   512K"
    run -2 romcompat preflight --qemu ./q table old
    output_has "the guest's machine type is not known: give it with --machine" "lands     256K"
    run -0 romcompat preflight --qemu ./q -M pc-i440fx-7.2 table old
}

@test "the table of 'info ramblock' is found in what people paste around it" {
    ramblock > table
    (echo "qm> info ramblock"; cat table; printf 'qm> quit') > prompts
    (echo '```'; cat table; echo '```') > fences
    sed 's/^/Jan 01 10:00:00 host qemu[1]: /' table > logged
    sed 's/^/> /; s/$/\r/' table | iconv -t UTF-16 > mailed
    printf '{"return": "%s", "id": "libvirt-9"}\n' "$(sed 's/$/\\r\\n/' table | tr -d '\n')" > answer
    sed 's/.*/{"log":"&\\n","stream":"stdout"}/' table > container
    for file in prompts fences logged mailed answer container; do
        run -1 romcompat preflight $file grown
        output_has "output of 'info ramblock'" "refused   256K   512K  $NIC"
        run -0 romcompat preflight --qemu ./q -M pc-i440fx-7.2 $file old
    done
    # Cut in a row: what is missing could be refused.
    head -c -40 table > short
    run -2 romcompat preflight short old
    output_has "not a line of 'info ramblock'"
}

@test "a table of 'info ramblock' with rows left out, or wrapped behind a name, is status 2" {
    ramblock > table
    run -0 romcompat preflight --qemu ./q -M pc-i440fx-7.2 table old
    for mark in ... '<snip>' '[...]' '[snip]' '…' '-- 8< --' '(other rows)'; do
        sed "2a $mark" table > left_out
        run -2 romcompat preflight --qemu ./q -M pc-i440fx-7.2 left_out old
        output_has "left_out:3: not a line of 'info ramblock': the table may not be whole" "no row left out"
        sed "3s/.*/$mark/" table > left_out
        run -2 romcompat preflight --qemu ./q -M pc-i440fx-7.2 left_out old
    done
    # The ROM that is refused is the one that a mail wrapped.
    for quote in '' '> ' 'Jan 01 10:00:00 host qemu[1]: '; do
        { ramblock; printf '0000:00:04.0/e1000.rom\n    4 KiB  0x0000000004080000 0x0000000000080000 0x0000000000080000\n'; } |
            sed "s/^/$quote/" > wrapped
        run -2 romcompat preflight --qemu ./q -M pc-i440fx-7.2 wrapped old
        output_has "wrapped:4: not a line of 'info ramblock'"
    done
}

@test "an image that libvirt did not finish is never status 0" {
    stream -s 0 -p $NIC=0x40000
    run -2 romcompat preflight guest old
    output_has "libvirt did not finish this image"
}

@test "a stream of QEMU 2.3, which names no machine type, is judged where both ROMs agree" {
    "$BUILD/tests/cli/make_stream" $NIC=0x40000 > guest
    run -2 romcompat preflight guest old
    output_has "QEMU 2.3 or before" "up to 1.4 the ROM is pxe-virtio.rom"
    run -0 romcompat preflight --qemu ./q --machine pc-i440fx-2.3 guest old
    run -1 romcompat preflight --machine pc-i440fx-1.4 guest old
    output_has "there is no pxe-virtio.rom"
    truncate -s 200000 old/pxe-virtio.rom
    run -2 romcompat preflight --qemu ./q guest old
    output_has "lands     256K   256K" "machine type is not known (it is of QEMU 2.3 or before)"
}

@test "up to 1.4 the siblings of a NIC kept its ROM, and one NIC had none" {
    "$BUILD/tests/cli/make_stream" 0000:00:03.0/e1000.rom=0x40000 > guest
    truncate -s 100000 old/pxe-e1000.rom
    run -2 romcompat preflight --machine pc-i440fx-1.4 guest old
    output_has "the block does not say which it is"
    truncate -s 200000 old/pxe-e1000.rom
    run -0 romcompat preflight --qemu ./q --machine pc-i440fx-1.4 guest old
    "$BUILD/tests/cli/make_stream" 0000:00:03.0/vmxnet3.rom=0x40000 > guest
    truncate -s 200000 old/efi-vmxnet3.rom
    run -1 romcompat preflight --machine pc-i440fx-1.4 guest old
    output_has "has no ROM in a machine type that old"
    run -2 romcompat preflight --qemu ./q guest old
    output_has "lands     256K   256K"
}

@test "the package of the destination's file is named, and what is known of the guest's" {
    stream pc.bios=0x40000 $NIC=0x40000
    run -0 romcompat preflight --qemu ./q guest /usr/bin/../lib/ipxe/qemu /usr/share/seabios
    output_has "/usr/lib/ipxe/qemu/efi-virtio.rom (" "ipxe-qemu $(dpkg-query -W -f '${Version}' ipxe-qemu)" \
        "seabios $(dpkg-query -W -f '${Version}' seabios)" "efi-virtio.rom of 131073..262144 bytes"
    run -0 romcompat preflight --qemu ./q --json guest /usr/lib/ipxe/qemu /usr/share/seabios
    output_has '"file_package": "ipxe-qemu ' '"guest_file_least": 131073' '"guest_file_most": 262144' '"guest_set": null'
    # An inventory has the packages of another host.
    romcompat inventory > host.json
    stream $NIC=0x40000
    run -0 romcompat preflight guest host.json
    output_has "ipxe-qemu $(dpkg-query -W -f '${Version}' ipxe-qemu)"
    mkdir maps
    printf '%s\n' 'romcompat-map 1' 'set s' '  package some-compat' '  machine pc-i440fx - 7.2' \
        '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' end > maps/s.map
    run -0 romcompat preflight --qemu ./q --maps maps guest old
    output_has "bytes, as in some-compat"
    stream $NIC=0x80000
    run -1 romcompat preflight --maps maps guest old
    output_has "262145..524288 bytes"
    output_lacks "as in"
}

@test "one fix is recommended: the shortest that is known to work on the destination" {
    stream $NIC=0x40000
    fake_qemu qemu-7 7.2.1 "$PWD/grown"
    fake_qemu qemu-10 10.0.2 "$PWD/grown"
    run -1 romcompat preflight --qemu ./qemu-10 guest
    [ "$(grep -c '^    ' <<< "$output")" = 1 ]
    output_has "    -global virtio-net-pci.romsize=262144" "--all-fixes shows other ways."
    # An older QEMU needs a file, which a romset that is shipped has for this machine type.
    run -1 romcompat preflight --qemu ./qemu-7 guest
    [ "$(grep -c '^    ' <<< "$output")" = 3 ]
    output_has "    romcompat build -o ipxe-efi-256k " "    -global virtio-net-pci.romfile="
    # None has one of 512K, nor for a machine type of its own.
    stream $NIC=0x80000
    mkdir huge
    head -c 600000 /dev/zero > huge/efi-virtio.rom
    fake_qemu qemu-7 7.2.1 "$PWD/huge"
    run -1 romcompat preflight --qemu ./qemu-7 guest
    output_has "No fix is known to work there; --all-fixes shows what there is."
    output_lacks "    -global"
    run -1 romcompat preflight --all-fixes --qemu ./qemu-7 guest
    output_has "romcompat pad --bucket 524288 --ids 1af4:1000 OLD/efi-virtio.rom"
    run -1 --separate-stderr romcompat preflight --json --qemu ./qemu-7 guest
    [ "$(jq '[.fixes[] | select(.recommended)] | length' <<< "$output")" = 0 ]
    # libvirt's guests are told through libvirt.
    stream $NIC=0x40000
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 -s 0 $NIC=0x40000 > image
    run -1 romcompat preflight --qemu ./qemu-10 image
    output_has "while the guest arrives (not for its next start):" "    <qemu:commandline"
    output_lacks "    -global"
}

@test "a virtio-net-pci has the ids of its place: behind a PCIe port, or a bridge to conventional PCI" {
    local place
    for place in 05.0:00.0:1041 05.0:00.1:1041 05.0:01.0:1000 05.0:00.0:02.0:1000 1e.0:01.0:00.0:1041 05.0:1000; do
        stream -m pc-q35-7.2 "0000:00:${place%:*}/virtio-net-pci.rom=0x40000"
        run -1 romcompat preflight --all-fixes guest grown
        output_has "--ids 1af4:${place##*:} "
    done
    # A type that says what it is has its own ids there, too.
    stream -m pc-q35-7.2 0000:00:05.0:00.0/virtio-net-pci-transitional.rom=0x40000
    run -1 romcompat preflight --all-fixes guest grown
    output_lacks 1af4:1041
}

@test "a file that was named for a ROM gets a fix, where it fits the block" {
    stream $NIC=0x40000
    head -c 100000 /dev/urandom > "own rom"
    fake_qemu qemu-10 10.0.2 "$PWD/old"
    run -1 romcompat preflight --qemu ./qemu-10 --file "$NIC=own rom" guest
    output_has "    romsize=262144    # to the -device of $NIC"
    # A QEMU without romsize, or of which nothing is known, takes the length of a copy.
    run -1 romcompat preflight --file "$NIC=own rom" guest old
    output_has "'romfile=./own rom.262144'    # to the -device of $NIC"
    grep '^    [ct]' <<< "$output" | sh
    cmp -n 100000 "own rom" "own rom.262144"
    run -0 romcompat preflight -M pc-i440fx-7.2 --qemu ./qemu-10 --file "$NIC=own rom.262144" guest
    head -c 300000 /dev/zero > long
    run -1 romcompat preflight --qemu ./qemu-10 --file "$NIC=long" guest
    output_has "For $NIC no fix is known: it must have a file of 256K there."
}

@test "two NICs of one type and two lengths get a property each, and no -global" {
    stream $NIC=0x40000 0000:00:04.0/virtio-net-pci.rom=0x20000
    run -1 romcompat preflight --all-fixes guest grown
    output_has "romsize=262144    # to the -device of $NIC" "romsize=131072    # to the -device of 0000:00:04.0"
    output_lacks "-global"
}

@test "two cards of one type and two lengths get a property each in libvirt's XML, by their aliases" {
    fake_qemu qemu-10 10.0.2 "$PWD/small"
    local cards="" i
    for i in 3 4; do
        cards+="<interface type='user'><model type='virtio'/><alias name='net$i'/><address type='pci' bus='0' slot='$i'/></interface>"
    done
    image "<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os><devices>$cards</devices></domain>" \
        $NIC=0x40000 0000:00:04.0/virtio-net-pci.rom=0x80000
    run -1 romcompat preflight --qemu ./qemu-10 guest
    output_has "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>" "<qemu:device alias='net3'>" \
        "<qemu:property name='romsize' type='unsigned' value='262144'/>" "<qemu:device alias='net4'>" \
        "<qemu:property name='romsize' type='unsigned' value='524288'/>" "libvirt 8.2 or later"
    # What holds for the type would hold for both.
    output_lacks "qemu:arg"
    # Without an alias nothing is known to reach one of them alone.
    image "<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os><devices>${cards//<alias name=\'net4\'\/>/}</devices></domain>" \
        $NIC=0x40000 0000:00:04.0/virtio-net-pci.rom=0x80000
    run -1 romcompat preflight --json --qemu ./qemu-10 guest
    jq -e '[.fixes[] | select(.recommended)] == []' <<< "$output"
}

@test "the QEMU of the destination is asked for its version and directories" {
    stream $NIC=0x40000
    fake_qemu qemu-7 7.2.1 "$PWD/grown"
    fake_qemu qemu-10 10.0.2 "$PWD/grown"
    run -1 romcompat preflight --qemu ./qemu-7 guest
    output_has "QEMU 7.2.1" "-global virtio-net-pci.romfile="
    output_lacks "-global virtio-net-pci.romsize="
    run -1 romcompat preflight --qemu ./qemu-10 guest
    output_has "QEMU 10.0.2" "-global virtio-net-pci.romsize="
    output_lacks "-global virtio-net-pci.romfile="
    run -1 romcompat preflight --loadvm --qemu ./qemu-10 guest
    output_has "-global virtio-net-pci.romfile="
    output_lacks "-global virtio-net-pci.romsize="
    # A directory comes before its own.
    run -0 romcompat preflight --qemu ./qemu-10 guest old
}

@test "a destination that reads maps gets their answer" {
    stream $NIC=0x40000
    mkdir -p maps
    printf '%s\n' 'romcompat-map 1' 'set s' '  package some-compat' '  machine pc-i440fx - 7.2' \
        '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' end > maps/s.map
    run -1 romcompat preflight --maps maps guest grown
    output_has "QEMU does not start" "apt install some-compat"
    truncate -s 262144 grown/256k-efi-virtio.rom
    run -0 romcompat preflight --qemu ./q --maps maps guest grown
    output_has "grown/256k-efi-virtio.rom (262144 bytes)"
    # From 8.1 on an incoming guest needs no file, but a snapshot does.
    rm grown/256k-efi-virtio.rom
    fake_qemu qemu-10 10.0.2 "$PWD/grown"
    run -0 romcompat preflight --maps maps --qemu ./qemu-10 guest
    output_has "none needed"
    run -1 romcompat preflight --maps maps --loadvm --qemu ./qemu-10 guest
    # Without a machine type no rule can be looked up.
    ramblock > table
    run -2 romcompat preflight --maps maps table grown
    output_has unknown "give it with --machine"
    run -1 romcompat preflight --maps maps -M pc-i440fx-7.2 table grown
    # The rule is of another machine type.
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-9.2 $NIC=0x40000 > guest
    run -1 romcompat preflight --maps maps guest grown
    output_has "refused   256K   512K"
    # QEMU reads the maps in its data directories only if it is linked with the library.
    mv maps grown/romcompat.d
    stream $NIC=0x40000
    run -1 romcompat preflight --qemu ./qemu-10 guest
    echo '# reads its data directories below /romcompat.d' >> qemu-10
    run -0 romcompat preflight --qemu ./qemu-10 guest
    output_has "reads compat maps"
}

@test "a QEMU that fails, hangs or is none is status 2" {
    stream $NIC=0x40000
    run -2 romcompat preflight --qemu ./none guest
    output_has "./none: No such file or directory"
    run -2 romcompat preflight --qemu true guest
    output_has "not the answer of a QEMU"
    run -2 romcompat preflight --qemu false guest
    output_has "exit status 1"
    printf '#!/bin/sh\nexec sleep 60\n' > hangs
    chmod +x hangs
    run -2 timeout 30 romcompat preflight --qemu ./hangs guest
    output_has "no answer in 10 seconds"
}

peer() { # MODE [SOCKET]: starts the other side of the socket
    local socket=${2:-socket}
    ramblock > table
    rm -f "$socket"
    "$BUILD/tests/cli/qmp_peer" "$socket" "$1" table > asked 3>&- &
    for _ in $(seq 100); do
        [ ! -S "$socket" ] || return 0
        sleep 0.05
    done
    return 1
}

@test "a running QEMU is asked over QMP, and told nothing" {
    for mode in good old; do
        peer $mode
        run -1 romcompat preflight --qmp socket grown
        output_has "socket (running QEMU), pc-i440fx-7.2" "refused   256K   512K"
        wait
        grep -q '"x-query-ramblock"' asked
        run -1 grep -vE '"execute": "(qmp_capabilities|x-query-ramblock)"|"qom-get", "arguments": \{"path": "/machine", "property": "(type|confidential-guest-support|memory-encryption)"\}|"command-line": "info ramblock"' asked
    done
    peer good
    run -0 romcompat preflight --qemu ./q --qmp socket old
}

@test "a running guest whose memory is encrypted is refused by what forbids its migration" {
    cp q knows-sev
    echo "# sev-guest, SEV: Migration is not implemented" >> knows-sev
    peer sev-guest
    run -1 romcompat preflight --qemu ./knows-sev --qmp socket old
    output_has "arrives             no: its memory is encrypted (SEV): ./knows-sev: it refuses with 'SEV: Migration is not implemented'"
    peer sev-guest
    run -1 romcompat preflight --json --qemu ./q --qmp socket old
    run -0 jq -r '.verdict, .starts_again.answer, .starts_again.why' <<< "$output"
    [ "${lines[0]}" = refused ]
    [ "${lines[1]}" = no ]
    peer tdx-guest
    run -1 romcompat preflight --qmp socket old
    output_has "its memory is encrypted (TDX): KVM has no call that sends a TDX guest"
    # Of plain SEV no kernel forbids it, and what a directory's QEMU does is not known.
    peer sev-guest
    run -2 romcompat preflight --qmp socket old
    output_has "its memory is encrypted (SEV): what the QEMU and the processor there make of it is not known"
    # It is the policy that makes it another kind.
    peer sev-es-guest
    run -1 romcompat preflight --qmp socket old
    output_has "its memory is encrypted (SEV-ES): KVM has no call that sends the state of an SEV-ES guest's vCPUs"
    peer s390-pv-guest
    run -2 romcompat preflight --qemu ./q --qmp socket old
    output_has "its memory is encrypted (s390-pv-guest): whether such a guest moves, or starts there, is not known"
}

@test "launchSecurity in libvirt's XML is memory that is encrypted" {
    image "<domain type='kvm'><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><launchSecurity type='sev-snp'/></domain>" $NIC=0x40000
    run -1 romcompat preflight guest old
    output_has "its memory is encrypted (SNP): KVM lets an SNP guest be launched, and has no call that sends one"
    image "<domain type='kvm'><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><launchSecurity type='sev'><policy>0x0007</policy></launchSecurity></domain>" $NIC=0x40000
    run -1 romcompat preflight guest old
    output_has "its memory is encrypted (SEV-ES)"
    image "<domain type='kvm'><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><launchSecurity type='new'/></domain>" $NIC=0x40000
    run -2 romcompat preflight guest old
    output_has "its memory is encrypted (new): whether such a guest moves"
}

@test "a QMP peer that closes, sends garbage or never ends is status 2" {
    peer close
    run -2 romcompat preflight --qmp socket old
    output_has "socket: closed by the other side"
    peer garbage
    run -2 romcompat preflight --qmp socket old
    output_has "not a QMP socket"
    peer endless
    run -2 romcompat preflight --qmp socket old
    output_has "an answer is too long (limit 8388608 bytes)"
    peer events
    run -2 romcompat preflight --qmp socket old
    output_has "too many messages and no answer (limit 1000)"
    run -2 romcompat preflight --qmp none old
    output_has "none: No such file or directory"
    run -2 romcompat preflight --qmp table old
    output_has "table: Connection refused"
}

# bats test_tags=long
@test "a QMP peer that answers nonsense, or half, is status 2 with a reason" {
    while read -r mode reason; do
        peer "$mode"
        run -2 romcompat preflight --qmp socket old
        output_has "$reason"
    done << 'MODES'
half socket: closed by the other side
binary socket: not a QMP socket
deep socket: not a QMP socket
refuse socket: an error
number socket: the answer
cut socket:3: not a line
million socket: an answer is too long (limit 8388608 bytes)
MODES
}

@test "a QMP peer that stalls, or drips, is given up after ten seconds, with a way out" {
    peer stall
    peer drip slow
    timeout 30 romcompat preflight --qmp slow old > dripped 2>&1 3>&- && status=0 || status=$? &
    run -2 timeout 30 romcompat preflight --qmp socket old
    output_has "no answer in 10 seconds" "virsh qemu-monitor-command"
    wait
    grep -q "no answer in 10 seconds" dripped
}

@test "--json says the same as one object" {
    stream pc.ram=0x4000000 $NIC=0x40000
    run -1 romcompat preflight --json guest grown
    output_has '"verdict": "refused"' '"machine": "pc-i440fx-7.2"' '"length": 262144' '"length_there": 524288' \
        '"file_size": 262145' '"virtio-net-pci"' '"rom": "efi-virtio.rom"' '"blocks_not_judged": 1' \
        '"kind": "arguments"' '-global virtio-net-pci.romsize=262144"'
    run -0 romcompat preflight --qemu ./q --json guest old
    output_has '"verdict": "lands"'
}

@test "wrong usage, and what is no guest, are status 2" {
    run -2 romcompat preflight
    output_has "a SOURCE is missing"
    run -2 romcompat preflight none
    output_has "none: No such file or directory"
    run -2 romcompat preflight old
    output_has "old: a directory, not a saved guest"
    run -2 romcompat preflight old/efi-virtio.rom
    output_has "not a saved guest"
    stream $NIC=0x40000
    run -2 romcompat preflight guest guest
    output_has "guest: not a directory with ROM files"
    head -c 70 guest > part
    run -2 romcompat preflight part old
    output_has "part: cut off in "
}

@test "control bytes in a block's name do not reach the terminal" {
    stream $'0000:00:03.0/\e[31m.rom=0x40000'
    run -2 romcompat preflight guest old
    output_has '\x1b[31m'
    output_lacks $'\e'
}

@test "the manual names the limits of preflight" {
    page=$(manual)
    limit() { # HEADER NAME VALUE TEXT
        grep -qE "^#define $2 +.*$3" "$TOP/packaging/$1" || { echo "$1: $2 is not $3"; return 1; }
        grep -qF -- "$4" <<< "$page" || { echo "not in the manual: $4"; return 1; }
    }
    limit formats/migration_stream.h MIGRATION_BLOCKS_MAX 16384 "RAM blocks of a guest 16,384"
    limit formats/migration_stream.h MIGRATION_SUBSECTIONS_MAX 32 "32, 64 and 64"
    limit formats/migration_stream.h MIGRATION_CAPABILITIES_MAX 64 "32, 64 and 64"
    limit formats/migration_stream.h MIGRATION_COMMANDS_MAX 64 "32, 64 and 64"
    limit formats/migration_stream.h MIGRATION_OTHER_SECTIONS_MAX 65536 "before that of RAM 64 KiB"
    limit formats/libvirt_save.h LIBVIRT_SAVE_DATA_MAX '16u << 20' "XML of a libvirt save image 16 MiB"
    limit formats/qcow2_snapshot.h QCOW2_SNAPSHOTS_MAX 65536 "snapshots of a qcow2 image 65,536"
    limit inputs/qcow2_state.h QCOW2_SNAPSHOT_TABLE_MAX '64. << 20' "in 64 MiB"
    limit inputs/saved_guest.h RAMBLOCK_TEXT_MAX '4 << 20' "output of 'info ramblock' 4 MiB"
    limit inputs/xml_names.h XML_NAMES_MAX 4096 "declarations of namespaces 4096 each"
    limit inputs/xml_names.h XML_ATTRIBUTES_MAX 256 "attributes of an element 256"
    limit inputs/qmp_session.h QMP_ANSWER_MAX '8 << 20' "10 seconds, 8 MiB"
    limit inputs/qmp_session.h QMP_ANSWER_SECONDS 10 "10 seconds, 8 MiB"
    limit inputs/qemu_binary.h QEMU_ANSWER_SECONDS 10 "10 seconds, 8 MiB"
}

@test "each file of the destination is looked at once, whatever is asked of it" {
    stream $NIC=0x40000 0000:00:04.0/virtio-net-pci.rom=0x40000
    "$BUILD/tests/cli/make_rom" pad=262656 fill=0xff legacy:4:1af4:1041 efi:8 > grown/efi-virtio.rom
    mkdir maps
    printf '%s\n' 'romcompat-map 1' 'set s' '  machine pc-i440fx - 7.2' \
        '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' end > maps/s.map
    "$BUILD/tests/cli/make_rom" pad=262656 fill=0xff legacy:4:1af4:1041 efi:8 > grown/256k-efi-virtio.rom
    for options in "" "--maps maps"; do
        # shellcheck disable=SC2086 # none, or an option with its value
        run -1 strace -f -o trace -e trace=file "$BUILD/romcompat" preflight $options guest grown
        output_has "refused"
        [ "$(grep -c '"grown/efi-virtio.rom"' trace)" = 1 ]
        [ "$(grep -c '256k-efi-virtio.rom"' trace)" -le 1 ]
    done
}

@test "a machine type that the destination's QEMU does not have is refused, and an alias is resolved" {
    stream $NIC=0x40000
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-9.1 $NIC=0x40000 > guest
    run -1 romcompat preflight --qemu ./q guest old
    output_has "arrives             no: no QEMU there has the machine type pc-i440fx-9.1: 'unsupported machine type'" \
        "starts again there  no" "lands     256K   256K"
    run -1 romcompat preflight --json --qemu ./q guest old
    output_has '"verdict": "refused"' "unsupported machine type"
    run -1 romcompat preflight --qemu ./q -M nonsense guest old
    # A type that is there, and not the guest's.
    run -1 romcompat preflight --qemu ./q -M pc guest old
    output_has "Machine type received is 'pc-i440fx-9.1' and local is 'pc-i440fx-7.2'"
    stream $NIC=0x40000
    run -0 romcompat preflight --qemu ./q -M pc guest old
    output_has "(migration stream), pc-i440fx-7.2"
    run -0 romcompat preflight --qemu ./q -M pc-i440fx-7.2+pve1 guest old
    # Proxmox's QEMU writes no such name, and none takes it.
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2+pve1 $NIC=0x40000 > guest
    run -1 romcompat preflight --qemu ./q guest old
    output_has "Machine type received is 'pc-i440fx-7.2+pve1' and local is 'pc-i440fx-7.2'"
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-9.1 $NIC=0x40000 > guest
    # Of directories alone it is not known; and a block that is refused is the answer.
    run -2 romcompat preflight guest old
    output_has "arrives             not known: whether the QEMU there has the machine type pc-i440fx-9.1 is not known" "--qemu"
    run -1 romcompat preflight guest grown
    # One that is to be dropped is known.
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-4.0 $NIC=0x40000 > guest
    run -0 romcompat preflight --qemu ./q guest old
    output_has "note: pc-i440fx-4.0 is deprecated there"
}

@test "arriving, starting again and being the same are three answers, of which the first is asked" {
    stream $NIC=0x40000
    mkdir -p maps
    printf '%s\n' 'romcompat-map 1' 'set s' '  package some-compat' '  machine pc-i440fx - 7.2' \
        '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' end > maps/s.map
    fake_qemu qemu-10 10.0.2 "$PWD/grown"
    # The content comes with the guest, and its next start needs a file that is not there.
    run -0 romcompat preflight --maps maps --qemu ./qemu-10 guest
    output_has "arrives             yes" "starts again there  no: $NIC: QEMU does not start" "is the same         not known"
    run -1 romcompat preflight --start --maps maps --qemu ./qemu-10 guest
    truncate -s 262144 grown/256k-efi-virtio.rom
    run -0 romcompat preflight --start --maps maps --qemu ./qemu-10 guest
    run -2 romcompat preflight --same --maps maps --qemu ./qemu-10 guest
    run -2 romcompat preflight --json --same --maps maps --qemu ./qemu-10 guest
    output_has '"arrives": {' '"starts_again": {' '"is_same": {' '"answer": "not known"'
}

@test "blocks that no file gives a length are the guest's configuration" {
    stream $NIC=0x40000 tpm-ppi=0x1000 tpm-crb-cmd=0x1000 vmsvga.fifo=0x20000 0000:00:02.0/qxl.vgavram=0x1000000 \
        mem-dimm0=0x4000000 memnvdimm0=0x4000000 0000:00:04.0/memvirtiomem0=0x4000000 my-backend_1=0x100000 ivshmem=0x100000 \
        acpi-erst=0x10000 microvm.ram=0x100000 riscv_virt_board.ram=0x100000 riscv_virt_board.mrom=0x10000 \
        loongarch.ram=0x100000 mach-virt.tag=0x1000 virt.secure-ram=0x100000
    # It has a TPM, and whatever emulates that is there.
    mkdir bin
    install -m 755 /dev/null bin/swtpm
    install -m 755 /dev/null bin/swtpm_setup
    install -m 755 /dev/null bin/swtpm_ioctl
    PATH=$PWD/bin:$PATH run -0 romcompat preflight --qemu ./q guest old
    output_has "1 of 16 RAM blocks"
    # virtio-mem and ivshmem have their backend's id behind their own place.
    stream $NIC=0x40000 0000:00:13.0/vm0=0x100000 0000:00:08.0/shm0=0x100000
    run -0 romcompat preflight --qemu ./q guest old
    output_has "1 of 3 RAM blocks"
    # So long a name may be one of a ROM that lost its end.
    stream $NIC=0x40000 0000:00:08.0/a-network-card-of-31-characters=0x40000
    run -2 romcompat preflight --qemu ./q guest old
}

@test "the flash of a LoongArch guest is as long as its image" {
    fake_qemu q10 10.0.2 "$PWD/none"
    sed -i 's/microvm  /virt  /' q10
    "$BUILD/tests/cli/make_stream" -m virt loongarch.ram=0x4000000 virt.flash0=0x400000 virt.flash1=0x1000000 > guest
    run -2 romcompat preflight --guest-qemu 10.0 --qemu ./q10 guest old
    output_has "unknown     4M      -  virt.flash0" "unknown    16M      -  virt.flash1"
    truncate -s 4M code
    truncate -s 16M vars
    run -0 romcompat preflight --guest-qemu 10.0 --qemu ./q10 --file virt.flash0=code --file virt.flash1=vars guest old
    truncate -s 8M code
    run -1 romcompat preflight --guest-qemu 10.0 --qemu ./q10 --file virt.flash0=code --file virt.flash1=vars guest old
    # Arm's has 64 MiB whatever the image.
    "$BUILD/tests/cli/make_stream" -m virt mach-virt.ram=0x4000000 virt.flash0=0x4000000 > guest
    run -0 romcompat preflight --guest-qemu 10.0 --qemu ./q10 guest old
}

@test "a RAM block without a name in 'info ramblock' is read past" {
    ramblock > table
    printf '%30s    4 KiB  0x0000000000080000 0x0000000004000000 0x0000000004000000\n' "" >> table
    printf '%30s    4 KiB  0x0000000000080000 0x0000000004000000 0x0000000004000000 0x00007f0000000000 rw\n' "" >> table
    run -0 romcompat preflight --qemu ./q -M pc-i440fx-7.2 table old
    output_has "1 of 2 RAM blocks"
}

@test "a flash image that is a qcow2 file or a device is as long as the disk in it, and isa-bios is its end" {
    stream system.flash0=0x200000 isa-bios=0x20000 $NIC=0x40000
    qemu-img create -q -f qcow2 code.qcow2 2M
    run -0 romcompat preflight --qemu ./q --file system.flash0=code.qcow2 guest old
    output_has "system.flash0                    ./code.qcow2 (2097152 bytes)" "lands     128K   128K  isa-bios"
    qemu-img create -q -f qcow2 code.qcow2 4M
    run -1 romcompat preflight --qemu ./q --file system.flash0=code.qcow2 guest old
    # libvirt's XML says which format it is.
    xml="<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'/><loader type='pflash' format='FORMAT'>$PWD/code.qcow2</loader></os></domain>"
    qemu-img create -q -f qcow2 code.qcow2 2M
    image "${xml/FORMAT/qcow2}" system.flash0=0x200000 isa-bios=0x20000
    run -0 romcompat preflight --qemu ./q guest
    image "${xml/FORMAT/raw}" system.flash0=0x200000 isa-bios=0x20000
    run -1 romcompat preflight --qemu ./q guest
    rm code.qcow2
    truncate -s 2M code.qcow2
    run -0 romcompat preflight --qemu ./q guest
    image "${xml/FORMAT/qcow2}" system.flash0=0x200000 isa-bios=0x20000
    run -1 romcompat preflight --qemu ./q guest
    output_has "QEMU does not start" "code.qcow2 is not qcow2, as QEMU is told"
    # QEMU starts with one of two files, and with others that are not read here.
    qemu-img create -q -f qcow2 below.qcow2 2M
    rm code.qcow2
    qemu-img create -q -f qcow2 -F qcow2 -b below.qcow2 code.qcow2
    run -2 romcompat preflight --qemu ./q guest
    output_has "its length is not known" "a qcow2 file with a backing file"
}

@test "the ROM of a device without a default is rounded as QEMU does, by --file and in libvirt's XML" {
    truncate -s 50000 own.rom
    stream 0000:00:03.0/igb.rom=0x10000
    run -0 romcompat preflight --qemu ./q --file 0000:00:03.0/igb.rom=own.rom guest old
    truncate -s 70000 own.rom
    run -1 romcompat preflight --qemu ./q --file 0000:00:03.0/igb.rom=own.rom guest old
    xml="<domain><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os><devices><interface><model type='igb'/>
<rom file='$PWD/own.rom'/><address type='pci' bus='0' slot='3'/></interface></devices></domain>"
    image "$xml" 0000:00:03.0/igb.rom=0x20000
    run -0 romcompat preflight --qemu ./q guest
}

@test "a BIOS is that of the machine type, not any of its length" {
    truncate -s 262144 old/bios-256k.bin
    truncate -s 131072 old/bios-microvm.bin
    "$BUILD/tests/cli/make_stream" -m microvm pc.bios=0x40000 > guest
    run -2 romcompat preflight --qemu ./q guest old
    "$BUILD/tests/cli/make_stream" -m microvm pc.bios=0x20000 > guest
    run -0 romcompat preflight --qemu ./q --guest-qemu 7.2 guest old
    output_has "old/bios-microvm.bin"
    # qboot.rom is another property's.
    truncate -s 65536 old/qboot.rom
    "$BUILD/tests/cli/make_stream" -m microvm pc.bios=0x10000 > guest
    run -2 romcompat preflight --qemu ./q --guest-qemu 7.2 guest old
    output_has "qboot.rom of the destination has this length"
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-1.4 pc.bios=0x40000 > guest
    run -2 romcompat preflight --qemu ./q guest old
}

@test "the machine type of an old guest is that of libvirt's XML" {
    xml="<domain><os><type arch='x86_64' machine='pc-i440fx-2.3'/></os></domain>"
    "$BUILD/tests/cli/make_stream" $NIC=0x40000 >bare
    perl -e 'print "LibvirtQemudSave", pack("V19", 2, length($ARGV[0]) + 9), $ARGV[0], "\0" x 9' "$xml" | cat - bare >guest
    run -0 romcompat preflight --qemu ./q guest old
    output_has "pc-i440fx-2.3"
    # An alias that stands for a newer one there cannot be its own.
    perl -e 'print "LibvirtQemudSave", pack("V19", 2, length($ARGV[0]) + 9), $ARGV[0], "\0" x 9' "${xml/pc-i440fx-2.3/pc}" | cat - bare >guest
    run -1 romcompat preflight --qemu ./q guest old
    output_has "'Configuration section missing'"
    run -1 romcompat preflight --qemu ./q -M pc-i440fx-7.2 bare old
}

@test "a file that QEMU's user cannot read counts as not there" {
    stream $NIC=0x40000
    # Of root no file is hidden: so as a user of its own, who may reach the directory.
    chmod o+x . old
    chmod 600 old/efi-virtio.rom
    run -1 setpriv --reuid=65534 --regid=65534 --clear-groups "$BUILD/romcompat" preflight - old < guest
    output_has "old/efi-virtio.rom cannot be read by the user that QEMU runs as"
}

@test "a QEMU of 5.2 that wants a machine type before it names its directories is asked with none" {
    stream $NIC=0x40000
    fake_qemu q5 5.2.0 "$PWD/old"
    sed -i 's/^-L) /-L) [ "$*" = "-L help -M none" ] || exit 1; /' q5
    run -0 romcompat preflight --qemu ./q5 guest
    output_has "old/efi-virtio.rom"
}

@test "a machine type without versions is not known to arrive on another QEMU version" {
    truncate -s 131072 old/bios-microvm.bin
    "$BUILD/tests/cli/make_stream" -m microvm pc.bios=0x20000 > guest
    run -2 romcompat preflight --qemu ./q guest old
    output_has "microvm has no versions" "give it with --guest-qemu"
    run -2 romcompat preflight --qemu ./q --guest-qemu 6.0 guest old
    run -0 romcompat preflight --qemu ./q --guest-qemu 7.2.22 guest old
    # riscv64's virt is one, and Arm's CPUs have no part in it; on Arm the name is an alias, which no
    # stream has.
    fake_qemu q10 10.0.2 "$PWD/none"
    sed -i 's/microvm  /virt  /' q10
    "$BUILD/tests/cli/make_stream" -m virt riscv_virt_board.ram=0x4000000 > guest
    run -2 romcompat preflight --qemu ./q10 guest old
    output_has "virt has no versions" "give it with --guest-qemu"
    output_lacks "Arm"
    run -0 romcompat preflight --guest-qemu 10.0 --qemu ./q10 guest old
    sed -i "s/virt  Standard PC/virt-10.0  QEMU/; s/'pc  .*/'virt  QEMU (alias of virt-10.0)'/" q10
    run -1 romcompat preflight --guest-qemu 10.0 --qemu ./q10 guest old
    output_has "'Machine type received is 'virt' and local is 'virt-10.0''"
}

@test "a length that the device is given decides, and not its file" {
    stream $NIC=0x80000
    run -1 romcompat preflight --qemu ./q guest old
    run -0 romcompat preflight --qemu ./q --romsize $NIC=512K guest old
    run -1 romcompat preflight --qemu ./q --romsize $NIC=1M guest old
    output_has "the guest has 512K, the destination has 1M"
    # 7.2 reads the file also where a guest arrives; 9.0 does when it starts.
    stream $NIC=0x40000
    run -1 romcompat preflight --qemu ./q --romsize $NIC=256K guest grown
    output_has "is too large for a romsize of 256K"
    run -0 romcompat preflight --qemu ./q9 --romsize $NIC=256K guest grown
    run -1 romcompat preflight --qemu ./q9 --romsize $NIC=256K --loadvm guest grown
    run -1 romcompat preflight --qemu ./q9 --romsize $NIC=256K --start guest grown
    run -1 romcompat preflight --qemu ./q9 --romsize $NIC=262143 guest old
    output_has "is not a power of two"
    fake_qemu q5 5.2.0 "$PWD/none"
    run -1 romcompat preflight --qemu ./q5 --romsize $NIC=256K guest old
    output_has "it has no property romsize"
    run -2 romcompat preflight --qemu ./q --romsize $NIC guest old
    run -2 romcompat preflight --qemu ./q --romsize $NIC=0 guest old
}

@test "a saved guest that may be of a QEMU that the destination refuses is not known to arrive" {
    fake_qemu q11 11.1.2 "$PWD/none"
    stream $NIC=0x40000
    run -2 romcompat preflight --qemu ./q11 guest old
    output_has "which QEMU the guest comes from is not known" "VQ 0 vring.num"
    run -2 romcompat preflight --qemu ./q11 --guest-qemu 10.0.13 guest old
    output_has "QEMU 11.1.2 refuses guests of QEMU 10.0.13"
    run -0 romcompat preflight --qemu ./q11 --guest-qemu 7.2 guest old
    run -2 romcompat preflight --qemu ./q --guest-qemu seven guest old
    run -2 romcompat preflight --qemu ./q11 --guest-qemu 10.0.13 --loadvm guest old
}

@test "no fix is printed where no file helps, and none is recommended that leaves a block" {
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-8.0 $NIC=0x40000 > guest
    run -1 romcompat preflight --qemu ./q guest grown
    output_has "No file or argument fixes this: it needs another QEMU there."
    output_lacks romfile= romsize=
    stream $NIC=0x40000 0000:00:04.0/igb.rom=0x10000
    truncate -s 70000 own.rom
    run -1 romcompat preflight --qemu ./q9 --file 0000:00:04.0/igb.rom=own.rom guest grown
    output_has "For 0000:00:04.0/igb.rom no fix is known" "No fix is known to work there"
    output_lacks "-global"
    run -1 romcompat preflight --qemu ./q9 --all-fixes --file 0000:00:04.0/igb.rom=own.rom guest grown
    output_has "-global virtio-net-pci.romsize=262144"
}

@test "--try does without what virsh answers where that has no arguments, or too many" {
    stream -s 0 $NIC=262144
    mkdir bin
    printf '#!/bin/sh\necho A=b q\n' > bin/virsh
    chmod +x bin/virsh
    PATH=$PWD/bin:$PATH run -2 romcompat preflight --qemu ./q --try guest
    output_has "no arguments in its answer" "Give QEMU's arguments after --."
    printf '#!/bin/sh\necho q $(seq 20001)\n' > bin/virsh
    PATH=$PWD/bin:$PATH run -2 romcompat preflight --qemu ./q --try guest
    output_has "too many arguments (limit 20000)" "Give QEMU's arguments after --."
}

@test "a saved guest with an emulated TPM needs swtpm, swtpm_setup and swtpm_ioctl there" {
    local tpm="<devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices>"
    local xml="<domain><name>g</name><os><type arch='x86_64' machine='pc-i440fx-7.2'/></os>$tpm</domain>" tool
    # What `romcompat` has in PATH beside this.
    mkdir bin
    for tool in sh cat; do ln -s "$(command -v $tool)" "bin/$tool"; done
    with_bin() { PATH=$PWD/bin "$BUILD/romcompat" preflight --start --qemu ./q guest old; }
    image "$xml" $NIC=0x40000
    run -1 with_bin
    output_has "arrives             no: this host does not have swtpm with swtpm_setup and swtpm_ioctl, which emulates the TPM of guest g" \
        "starts again there  no: this host" "The programs that emulate its TPM, on this host" "    apt install swtpm swtpm-tools"
    install -m 755 /dev/null bin/swtpm
    install -m 755 /dev/null bin/swtpm_ioctl
    run -1 with_bin
    install -m 644 /dev/null bin/swtpm_setup
    run -1 with_bin
    chmod 755 bin/swtpm_setup
    run -0 with_bin
    output_lacks swtpm
    # Of another host it is what its inventory says.
    "$BUILD/tests/cli/inventory_fleet" b 7.2.0 0 250000 0 > b.json
    run -2 romcompat preflight --start guest b.json
    output_has "it is not known whether b has swtpm, which emulates the TPM of guest g"
    jq -c '.swtpm = false' b.json > none.json
    run -1 romcompat preflight guest none.json
    jq -c '.swtpm = true' b.json > has.json
    run -0 romcompat preflight --start guest has.json
    # One of the host's own, and one that something else emulates.
    for tool in passthrough external; do
        image "${xml/emulator/$tool}" $NIC=0x40000
        run -0 romcompat preflight --start guest none.json
    done
    # A stream has blocks of a TPM, and does not say what emulates it.
    stream $NIC=0x40000 tpm-ppi=0x400
    run -2 romcompat preflight guest none.json
    output_has "it is not known whether swtpm emulates the TPM of the guest, which is not on b"
    run -0 romcompat preflight guest has.json
}
