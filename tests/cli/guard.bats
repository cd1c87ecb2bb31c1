#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard`, in a root of its own: a host with a QEMU, a ROM and guests.
load common

setup_file() {
    local file name
    cd "$BATS_FILE_TMPDIR" || return
    mkdir -p host/{bin,dev,tmp,proc,etc/libvirt/qemu,usr/bin,usr/share/qemu,usr/share/OVMF,var/lib/dpkg/info} \
        host/var/lib/libvirt/qemu/save
    for file in /bin/sh "$BUILD/romcompat"; do
        for name in $(ldd "$file" | grep -o '/[^ )]*'); do
            mkdir -p "host${name%/*}"
            cp -L "$name" "host$name"
        done
        cp -L "$file" host/bin/
    done
    cat > host/usr/bin/qemu-system-x86_64 << 'QEMU'
#!/bin/sh
case $1 in
-version) echo 'QEMU emulator version 7.2.22' ;;
-L) echo /usr/share/qemu ;;
-M) echo 'pc-q35-7.2        Standard PC (default)' ;;
*) exit 1 ;;
esac
QEMU
    chmod +x host/usr/bin/qemu-system-x86_64
    rom host/usr/share/qemu/efi-virtio.rom 200000
    "$BUILD/tests/cli/make_code" > code.fd || return
    cp code.fd host/usr/share/OVMF/OVMF_CODE.fd
    printf '/usr/share/qemu/efi-virtio.rom\n' > host/var/lib/dpkg/info/ipxe.list
    printf '/usr/share/OVMF/OVMF_CODE.fd\n' > host/var/lib/dpkg/info/ovmf.list
    printf '/usr/share/doc/other\n' > host/var/lib/dpkg/info/other.list
    printf 'Package: ipxe\nVersion: 1\n\nPackage: ovmf\nVersion: 1\n\nPackage: other\nVersion: 1\n' \
        > host/var/lib/dpkg/status
    guest bios ""
    guest efi "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram>/n/efi.fd</nvram>"
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 pc.ram=1048576 \
        0000:00:03.0/virtio-net-pci.rom=262144 > host/var/lib/libvirt/qemu/save/old.save
    rom tree/usr/share/qemu/efi-virtio.rom 300000
    deb ipxe 2
    rom tree/usr/share/qemu/efi-virtio.rom 210000
    deb ipxe 3
    mkdir -p tree/usr/share/OVMF
    cp code.fd tree/usr/share/OVMF/OVMF_CODE_4M.fd
    deb ovmf 2
    mkdir -p tree/usr/share/doc
    echo x > tree/usr/share/doc/other
    deb other 2
    cp ./*.deb host/
}

setup() {
    cp -a "$BATS_FILE_TMPDIR/host" "$BATS_TEST_TMPDIR/host"
    cd "$BATS_TEST_TMPDIR" || return
}

rom() { # FILE SIZE
    mkdir -p "${1%/*}"
    { printf '\125\252\001'; head -c $(($2 - 3)) /dev/zero; } > "$1"
}

guest() { # NAME OS
    cat > "host/etc/libvirt/qemu/$1.xml" <<XML
<domain type='kvm'><name>$1</name><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>$2</os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<interface type='network'><model type='virtio'/><address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/></interface>
</devices></domain>
XML
}

deb() { # NAME VERSION: a package of tree/, which is used up
    mkdir -p tree/DEBIAN
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: M <m@x.example>\nDescription: x\n' "$1" "$2" \
        > tree/DEBIAN/control
    (cd tree && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Znone -b tree "${1}_$2.deb" > out.log
    rm -rf tree
}

# In the host's root.
here() {
    if [ "$(id -u)" = 0 ]; then
        chroot host "$@"
    else
        unshare --map-root-user chroot host "$@"
    fi
}
guard() { here /bin/romcompat guard "$@"; }

# apt MODE LINE...: what apt would say.
apt() {
    local mode=$1
    shift
    {
        printf 'VERSION 3\nAPT::Architecture=amd64\nRomcompat::Guard=%s\n\n' "$mode"
        printf '%s\n' "$@"
    } | guard --apt
}
line() { printf '%s 1 all none < %s all none %s\n' "$1" "$2" "${3:-/$1_$2.deb}"; }

@test "a ROM that outgrows its bucket strands the saved guest: status 1, with block and both lengths" {
    run -1 guard /ipxe_2.deb
    output_has "This leaves guests behind: 1 stranded" "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 512K" "Fix: "
    output_lacks "bios (off)"
    run -1 guard --json /ipxe_2.deb
    [ ! -d "${ROMCOMPAT_DOCUMENTS:-}" ] || cat <<< "$output" > "$(mktemp "$ROMCOMPAT_DOCUMENTS/XXXXXXXXXX")"
    [ "$(jq -c '[.stranded, .packages, (.guests[] | select(.state == "saved") | .verdict, .length, .length_there)]' <<< "$output")" = \
        '[1,[{"name":"ipxe","version":"2"}],"stranded",262144,524288]' ]
}

@test "a ROM that stays in its bucket strands nobody: status 0" {
    run -0 guard /ipxe_3.deb
    output_has "No guest is left behind"
}

@test "firmware that vanishes strands the guest that is off: status 1" {
    run -1 guard /ovmf_2.deb
    output_has "efi (off): stranded" "/usr/share/OVMF/OVMF_CODE.fd is not there"
    output_lacks "(saved)"
}

@test "what was in a guest's way before is no news" {
    rom host/usr/share/qemu/efi-virtio.rom 400000
    run -0 guard /ipxe_2.deb
    output_has "No guest is left behind" "no worse off than today"
}

@test "an image that cannot be read, and broken XML, are named, and no yes: status 2" {
    echo '<domain' > host/etc/libvirt/qemu/broken.xml
    echo x > host/var/lib/libvirt/qemu/save/odd.save
    run -2 guard /ipxe_3.deb
    output_has "broken.xml" "odd.save (saved): not known"
}

@test "apt goes on with a warning, and stops where it is told to" {
    run -0 apt warn "$(line ipxe 2)"
    output_has "1 stranded"
    run -1 apt stop "$(line ipxe 2)"
    output_has "1 stranded" "nothing was changed"
    run -0 apt stop "$(line ipxe 3)"
    run -0 apt off "$(line ipxe 2)"
    [ -z "$output" ]
    # Nobody is at a terminal: no question.
    run -0 apt ask "$(line ipxe 2)"
    output_lacks "[y/N]"
}

@test "of a transaction without ROMs and firmware apt's user hears nothing" {
    run -0 apt stop "$(line other 2)"
    [ -z "$output" ]
}

@test "a package that is removed counts, and one of its other packages does not" {
    run -1 apt stop 'ovmf 1 all none > - - none **REMOVE**'
    output_has "efi (off): stranded"
    run -0 apt stop 'other 1 all none > - - none **REMOVE**' 'ovmf 1 all none < 2 all none **CONFIGURE**'
}

@test "whatever goes wrong, apt goes on, unless it was told to stop" {
    for mode in warn stop; do
        status_there=$([ $mode = stop ] && echo 1 || echo 0)
        run "-$status_there" apt $mode "$(line ipxe 2 /gone.deb)"
        echo broken > host/broken.deb
        run "-$status_there" apt $mode "$(line ipxe 2 /broken.deb)"
    done
    run -0 guard --apt <<< 'VERSION 2'
    run -0 guard --apt < /dev/null
    run -0 apt warn 'a line of three'
    run -0 apt mode "$(line ipxe 2)"
    output_has 'Romcompat::Guard is "mode"'
}

@test "the answer has a limit of time" {
    printf '#!/bin/sh\nwhile :; do :; done\n' > host/usr/bin/qemu-system-x86_64
    run -2 guard --seconds 1 /ipxe_2.deb
    output_has "1 s"
    run -0 guard --apt --seconds 1 < <(printf 'VERSION 3\n\n%s\n' "$(line ipxe 2)")
}
