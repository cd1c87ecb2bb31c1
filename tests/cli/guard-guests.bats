#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which guests `romcompat guard` sees: those that run, with this machine's QEMU; snapshots; and what
# those that are off lose, with the firmware packages of Debian 12 and 13.
load common
load guard
load releases

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    make_host
    rm host/var/lib/libvirt/qemu/save/old.save host/etc/libvirt/qemu/*
    rom tree/usr/share/qemu/efi-virtio.rom 300000
    deb ipxe 2
    cp ipxe_2.deb host/
    # The same for this machine's own package.
    rom tree/usr/lib/ipxe/qemu/efi-virtio.rom 600000
    deb ipxe-qemu 9
    mkdir -p tree/usr/lib/ipxe/qemu
    cp /usr/lib/ipxe/qemu/efi-virtio.rom tree/usr/lib/ipxe/qemu/
    rom tree/usr/lib/ipxe/qemu/efi-e1000.rom 600000
    deb ipxe-qemu 10
    "$TOP/tests/cli/fetch-firmware" "$RELEASES/firmware" bookworm trixie
    fetch_releases "bookworm ovmf" "trixie ovmf"
}

setup() {
    cp -a "$BATS_FILE_TMPDIR/host" "$BATS_TEST_TMPDIR/host"
    cd "$BATS_TEST_TMPDIR" || return
    cp "$BATS_FILE_TMPDIR"/*.deb .
    mkdir -p etc/qemu run/libvirt/qemu bin ipxe
    unset QEMU_PID
    UUID=00000000-1111-2222-3333-444444444444
}

teardown() {
    [ -z "${QEMU_PID:-}" ] || { kill "$QEMU_PID"; wait "$QEMU_PID" || true; }
}

# A paused guest of this machine's QEMU, with a card at 00:03.0, that serves QMP on `socket`.
run_qemu() { # ARG...
    qemu-system-x86_64 -machine pc-q35-7.2,accel=tcg -S -m 16 -nodefaults -display none -name live \
        -device virtio-net-pci,addr=3 "$@" 2> qemu.log 3>&- &
    QEMU_PID=$!
    for _ in {1..600}; do [ -S "${SOCKET:-socket}" ] && return; sleep 0.1; done
    cat qemu.log
    return 1
}

# On this machine, with the guests and the libvirt of this test alone.
machine() {
    own_mounts sh -c 'mount --bind etc /etc/libvirt && mount --bind run /run && exec "$@"' sh \
        romcompat guard "$@"
}

# Once its socket is free: QEMU has its file before it listens, and another test's guard may be
# asking this guest, too.
machine_asks() { # ARG...
    for _ in {1..40}; do
        run machine "$@"
        [[ $output != *derived* ]] && return
        sleep 0.25
    done
}

# What the document in $output says of `live`. There may be other guests on this machine.
live() { # FIELD...
    jq -r ".guests[] | select(.guest == \"live\") | [$(IFS=,; echo "$*")] | join(\" \")" <<< "$output"
}

# The same, with the ROM files of ipxe/.
there() {
    own_mounts sh -c 'mount --bind ipxe /usr/lib/ipxe/qemu && mount --bind etc /etc/libvirt && mount --bind run /run && exec "$@"' sh \
        romcompat guard "$@"
}

# Without this machine's processes.
alone() {
    own_mounts --pid --fork --mount-proc sh -c 'mount --bind etc /etc/libvirt && mount --bind run /run && exec "$@"' sh \
        romcompat guard "$@"
}

live_xml() { # DEVICE: the XML of `live`, with one more card
    printf '<domain type="qemu"><name>live</name><uuid>%s</uuid><os><type arch="x86_64" machine="pc-q35-7.2">hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator><interface type="user"><model type="virtio"/></interface>%s</devices></domain>' "$UUID" "${1:-}"
}

# bats test_tags=long
@test "a guest that runs is asked for its lengths on a QMP socket that is free" {
    run_qemu -qmp unix:socket,server=on,wait=off
    machine_asks ./ipxe-qemu_9.deb
    output_has "live (running, lengths asked): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M"
    machine_asks --json ./ipxe-qemu_9.deb
    [ "$(live .state .lengths .length)" = "running asked 262144" ]
    kill "$QEMU_PID"
    wait "$QEMU_PID" || true
    rm -f socket
    run_qemu -chardev socket,id=m,path=socket,server=on,wait=off -mon chardev=m,mode=control
    machine_asks ./ipxe-qemu_9.deb
    output_has "live (running, lengths asked): stranded"
}

@test "one whose socket has a client keeps it, and its lengths are derived" {
    run_qemu -qmp unix:socket,server=on,wait=off
    /usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect("socket")
print(s.recv(4096).decode(), flush=True)
s.sendall(b"{\"execute\": \"qmp_capabilities\"}\n")
s.recv(4096)
sys.stdin.readline()
s.sendall(b"{\"execute\": \"query-status\"}\n")
print(s.recv(4096).decode(), flush=True)' > client < <(while [ ! -e asked ]; do sleep 0.1; done; echo) 3>&- &
    for _ in {1..100}; do grep -q QMP client && break; sleep 0.1; done
    run machine ./ipxe-qemu_9.deb
    output_has "live (running, lengths derived): stranded" "has 256K, afterwards 1M"
    touch asked
    wait $!
    grep -q '"return"' client
}

# bats test_tags=long
@test "the length that counts is the guest's own, not that of the file that is there now" {
    run_qemu -qmp unix:socket,server=on,wait=off
    cp -a /usr/lib/ipxe/qemu/. ipxe
    rom ipxe/efi-virtio.rom 600000
    # It cannot come back today, and the package does not change that.
    run there ./ipxe-qemu_9.deb
    output_has "no worse off than today"
    # Without being asked it would seem to have 1 MiB, and to lose it.
    run there --json ./ipxe-qemu_10.deb
    [ "$(live .lengths .verdict)" = "asked fine" ]
}

# bats test_tags=long
@test "libvirt is asked for its guests, once something is newer than they are" {
    SOCKET=other run_qemu -uuid "$UUID" -chardev socket,id=x,path=other,server=on,wait=off -device isa-serial,chardev=x
    live_xml > etc/qemu/live.xml
    mkdir -p run/libvirt
    : > run/libvirt/libvirt-sock
    cat > bin/virsh << 'VIRSH'
#!/bin/sh
echo "$@" > asked
# As virsh does it: without a line end behind what echo says.
echo "$4" | tr ';' '\n' | while read -r command rest; do
    case $command in
    echo) printf %s "$rest" ;;
    qemu-monitor-command) printf '%s\n' '              Block Name    PSize              Offset               Used              Total                HVA  RO' \
        '0000:00:03.0/virtio-net-pci.rom    4 KiB  0x0000000000000000 0x0000000000020000 0x0000000000020000 0x0000000000000000 rw' ;;
    esac
done
VIRSH
    chmod +x bin/virsh
    PATH=$PWD/bin:$PATH
    run machine ./ipxe-qemu_9.deb
    output_has "live (running, lengths derived): stranded"
    [ ! -e asked ]
    sleep 1.1
    cp -a /usr/lib/ipxe/qemu/. ipxe
    run there --json ./ipxe-qemu_9.deb
    [ "$(live .lengths .length .was_so)" = "asked 131072 true" ]
    # Where it does not answer, nothing is known of a guest that is older than a ROM file.
    printf '#!/bin/sh\nexit 1\n' > bin/no-answer
    chmod +x bin/no-answer
    mkdir none
    cp bin/no-answer none/virsh
    cp -a /usr/lib/ipxe/qemu/. ipxe
    PATH=$PWD/none:$PATH run there --json ./ipxe-qemu_10.deb
    [ "$(live .lengths .verdict .was_so)" = "derived not known true" ]
    run -0 cat asked
    output_has "-q -c qemu:///system echo romcompat-"
    [[ $output =~ " romcompat-"[0-9a-f]{16}" $QEMU_PID; qemu-monitor-command $UUID --hmp 'info ramblock';" ]]
    # What one guest's QEMU answers is not taken for the answer of another.
    sed -i 's/ echo) .*/ echo) printf %s "${rest% *} 1"; printf "\\n%s\\n" "romcompat '"$QEMU_PID"'" "romcompat-0123456789abcdef '"$QEMU_PID"'" ;;/' bin/virsh
    grep -q 0123456789abcdef bin/virsh
    run there --json ./ipxe-qemu_9.deb
    [ "$(live .lengths)" = derived ]
}

# bats test_tags=long
@test "what runs is told by libvirt's live XML, and its next start by the defined one" {
    SOCKET=other run_qemu -uuid "$UUID" -chardev socket,id=x,path=other,server=on,wait=off -device isa-serial,chardev=x
    live_xml > etc/qemu/live.xml
    # A card that was plugged in while it ran.
    { echo "<domstatus state='running' pid='$QEMU_PID'>"
      live_xml '<interface type="user"><model type="e1000"/></interface>'
      echo "</domstatus>"; } > run/libvirt/qemu/live.xml
    run machine ./ipxe-qemu_10.deb
    output_has "live (running, lengths derived): stranded: device 2/e1000.rom has 256K, afterwards 1M"
    # A transient guest: nothing else describes it.
    rm etc/qemu/live.xml
    run machine ./ipxe-qemu_10.deb
    output_has "live (running, lengths derived): stranded: device 2/e1000.rom"
    # Of a user's own libvirt; and what libvirt left behind of one that has ended is none.
    mkdir -p run/user/1000/libvirt/qemu/run
    mv run/libvirt/qemu/live.xml run/user/1000/libvirt/qemu/run/
    sed "s/$UUID/00000000-0000-0000-0000-000000000000/; s/>live</>gone</" \
        run/user/1000/libvirt/qemu/run/live.xml > run/libvirt/qemu/gone.xml
    run machine ./ipxe-qemu_10.deb
    output_has "live (running, lengths derived): stranded: device 2/e1000.rom"
    output_lacks gone
    echo '<domstatus' > run/libvirt/qemu/broken.xml
    run machine ./ipxe-qemu_10.deb
    output_has "note: " "broken.xml" "device 2/e1000.rom"
}

# bats test_tags=long
@test "a snapshot in the disk of a defined guest counts: each of them" {
    qemu-img create -q -f qcow2 disk.qcow2 1M
    printf 'savevm one\nsavevm two\nquit\n' | timeout 120 qemu-system-x86_64 -machine pc-q35-7.2,accel=tcg -S -m 16 \
        -nodefaults -display none -device virtio-net-pci,addr=3 -drive file=disk.qcow2,if=virtio -monitor stdio > /dev/null 2>&1
    qemu-img snapshot -c disk-alone disk.qcow2
    live_xml "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$PWD/disk.qcow2'/><target dev='vda'/></disk>" \
        > etc/qemu/live.xml
    run -1 alone ./ipxe-qemu_9.deb
    output_has "2 stranded" "live (snapshot one, in $PWD/disk.qcow2): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" \
        "live (snapshot two, in "
    run -0 alone ./ipxe-qemu_10.deb
    # Named, without a guest.
    rm etc/qemu/live.xml
    run -1 alone --saved disk.qcow2 ./ipxe-qemu_9.deb
    output_has "disk.qcow2 (snapshot one, in disk.qcow2): stranded" "2 stranded"
    # A table of snapshots that cannot be read may be anything.
    live_xml "<disk type='file' device='disk'><source file='$PWD/disk.qcow2'/></disk>" > etc/qemu/live.xml
    printf '\377\377\377\377\377\377\377\377' | dd of=disk.qcow2 bs=1 seek=64 conv=notrunc status=none
    run -2 alone ./ipxe-qemu_10.deb
    output_has "disk.qcow2" "whether there are snapshots in it is not known"
}

@test "the memory of an external snapshot counts, and one that is gone does not" {
    mkdir -p host/var/lib/libvirt/qemu/snapshot/web host/s
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 pc.ram=1048576 \
        0000:00:03.0/virtio-net-pci.rom=262144 > host/s/memory
    printf '<domainsnapshot><name>before</name><memory snapshot="external" file="/s/%s"/><domain type="kvm"><name>web</name><os><type arch="x86_64" machine="pc-q35-7.2">hvm</type></os></domain></domainsnapshot>' \
        memory > host/var/lib/libvirt/qemu/snapshot/web/before.xml
    run -1 guard /ipxe_2.deb
    output_has "web (snapshot before, memory in /s/memory): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 512K"
    rm host/s/memory
    run -0 guard /ipxe_2.deb
    echo '<domainsnapshot>' > host/var/lib/libvirt/qemu/snapshot/web/broken.xml
    run -2 guard /ipxe_2.deb
    output_has "broken.xml"
}

# The host has Debian 12's firmware, and a guest of it that is off, with a store of its own.
with_firmware() { # IMAGE STORE [XML]
    local firmware=$RELEASES/firmware/bookworm/usr/share/OVMF
    rm -r host/usr/share/OVMF
    cp -a "$firmware" host/usr/share/OVMF
    (cd host && find usr/share/OVMF ! -type d | sed 's|^|/|') > host/var/lib/dpkg/info/ovmf.list
    cp -L "$firmware/$2" host/store.fd
    guest uefi "<loader readonly='yes' type='pflash'>/usr/share/OVMF/$1</loader><nvram>/store.fd</nvram>"
    [ -z "${3:-}" ] || sed -i "s|</devices>|$3</devices>|" host/etc/libvirt/qemu/uefi.xml
}

@test "Debian 13's firmware takes the 2 MiB images away, and keeps the 4 MiB ones" {
    cp "$(release trixie ovmf)" host/ovmf.deb
    with_firmware OVMF_CODE.fd OVMF_VARS.fd
    run -1 guard /ovmf.deb
    output_has "uefi (off): stranded: " "OVMF_CODE.fd is not there" "    apt-mark hold ovmf"
    with_firmware OVMF_CODE_4M.fd OVMF_VARS_4M.fd
    run -0 guard /ovmf.deb
    output_has "No guest is left behind (1 looked at)"
}

@test "a store of the uefi-vars device: its template may not go before it is made, nor its firmware lose the driver" {
    PATH=$ROMCOMPAT_BUILD/tests/cli:$PATH
    local edk2=usr/share/edk2
    mkdir -p "host/$edk2" "tree/$edk2"
    make_code SecureBootConfigDxe VirtMmCommunication > "host/$edk2/OVMF.qemuvars.fd"
    cp "host/$edk2/OVMF.qemuvars.fd" "tree/$edk2/"
    echo '{ "version": 2, "variables": [ ] }' | tee "host/$edk2/vars.json" > host/store.json
    printf '/%s\n' "$edk2/OVMF.qemuvars.fd" "$edk2/vars.json" > host/var/lib/dpkg/info/ovmf.list
    sed -i 's/7\.2\.22/10.0.0/' host/usr/bin/qemu-system-x86_64
    guest uefi "<loader type='rom'>/$edk2/OVMF.qemuvars.fd</loader><varstore path='/store.json' template='/$edk2/vars.json'/>"
    deb ovmf 2
    cp ovmf_2.deb host/
    run -0 guard /ovmf_2.deb
    mv host/store.json .
    run -1 guard /ovmf_2.deb
    output_has "uefi (off): stranded: it has no variable store yet, and the template /$edk2/vars.json is not there any more"
    mkdir -p "tree/$edk2"
    cp "host/$edk2/vars.json" "host/$edk2/OVMF.qemuvars.fd" "tree/$edk2/"
    deb ovmf 3
    cp ovmf_3.deb host/
    run -0 guard /ovmf_3.deb
    mv store.json host/
    mkdir -p "tree/$edk2"
    make_code SecureBootConfigDxe > "tree/$edk2/OVMF.qemuvars.fd"
    deb ovmf 4
    cp ovmf_4.deb host/
    run -1 guard /ovmf_4.deb
    output_has "uefi (off): stranded: the store is the JSON of QEMU's uefi-vars device, and this firmware keeps its variables in flash"
}

@test "firmware that starts a guest and takes Secure Boot, SMM or its TPM away is no fair exchange" {
    local old=$RELEASES/firmware/bookworm/usr/share/OVMF
    # Under the name of the one with Secure Boot, one without.
    mkdir -p tree/usr/share/OVMF
    cp -L "$RELEASES"/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd tree/usr/share/OVMF/OVMF_CODE_4M.ms.fd
    deb ovmf 3
    cp ovmf_3.deb host/
    with_firmware OVMF_CODE_4M.ms.fd OVMF_VARS_4M.ms.fd
    run -1 guard /ovmf_3.deb
    output_has "uefi (off): stranded: it starts, and "
    # One that knows no TPM: of no interest to a guest that has none.
    mkdir -p tree/usr/share/OVMF
    cp -L "$old/OVMF_CODE_4M.fd" tpm.fd
    cp tpm.fd tree/usr/share/OVMF/OVMF_CODE_4M.fd
    deb ovmf 4
    cp ovmf_4.deb host/
    with_firmware OVMF_CODE_4M.fd OVMF_VARS_4M.fd
    run -0 guard /ovmf_4.deb
}

@test "an emulated TPM whose program is removed keeps its guest from starting, and one of the host's does not" {
    mkdir -p host/usr/bin
    for name in swtpm swtpm_setup swtpm_ioctl; do
        : > host/usr/bin/$name
        chmod 755 host/usr/bin/$name
    done
    echo /usr/bin/swtpm > host/var/lib/dpkg/info/swtpm.list
    sed 's/^Package: .*/Package: swtpm/; /^$/q' host/var/lib/dpkg/status > stanza
    cat stanza >> host/var/lib/dpkg/status
    guest tpm ""
    sed -i "s|</devices>|<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>&|" host/etc/libvirt/qemu/tpm.xml
    run -1 apt stop 'swtpm 1 all none > - - none **REMOVE**'
    output_has "tpm (off): stranded: its TPM is emulated by /usr/bin/swtpm, which does not exist any more" "    apt-mark hold swtpm"
    sed -i "s|type='emulator'|type='passthrough'|" host/etc/libvirt/qemu/tpm.xml
    run -0 apt stop 'swtpm 1 all none > - - none **REMOVE**'
}

@test "a ROM file that a guest names itself, and that goes, strands it" {
    rom host/usr/share/qemu/own.rom 1000
    echo /usr/share/qemu/own.rom >> host/var/lib/dpkg/info/ipxe.list
    guest own ""
    sed -i "s|<model type='virtio'/>|&<rom file='/usr/share/qemu/own.rom'/>|" host/etc/libvirt/qemu/own.xml
    run -1 guard /ipxe_2.deb
    output_has "own (off): stranded: its ROM file /usr/share/qemu/own.rom does not exist any more"
    sed -i '/own.rom/d' host/var/lib/dpkg/info/ipxe.list
    run -0 guard /ipxe_2.deb
}
