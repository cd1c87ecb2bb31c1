# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the bats files of `romcompat guard`: a host in a root of its own, with a QEMU, a ROM,
# a firmware image and guests, and packages for it.

# The host in host/, with code.fd beside it.
make_host() {
    local file name
    mkdir -p host/{bin,dev,tmp,proc,etc/libvirt/qemu,usr/bin,usr/share/qemu,usr/share/OVMF,var/lib/dpkg/info} \
        host/var/lib/libvirt/qemu/save
    for file in /bin/sh /usr/bin/dpkg-query "$BUILD/romcompat"; do
        for name in $(ldd "$file" | grep -o '/[^ )]*'); do
            mkdir -p "host${name%/*}"
            cp -L "$name" "host$name"
        done
        cp -L "$file" host/bin/
    done
    put_qemu
    rom host/usr/share/qemu/efi-virtio.rom 200000
    "$BUILD/tests/cli/make_code" > code.fd || return
    cp code.fd host/usr/share/OVMF/OVMF_CODE.fd
    printf '/usr/share/qemu/efi-virtio.rom\n' > host/var/lib/dpkg/info/ipxe.list
    printf '/usr/share/OVMF/OVMF_CODE.fd\n' > host/var/lib/dpkg/info/ovmf.list
    printf '/usr/share/doc/other\n' > host/var/lib/dpkg/info/other.list
    printf 'Package: %s\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: M\nDescription: x\n\n' \
        ipxe ovmf other > host/var/lib/dpkg/status
    guest bios ""
    guest efi "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram>/n/efi.fd</nvram>"
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 pc.ram=1048576 \
        0000:00:03.0/virtio-net-pci.rom=262144 > host/var/lib/libvirt/qemu/save/old.save
}

# What a QEMU says of itself.
put_qemu() {
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

deb() { # NAME VERSION: a package of tree/, which is used up; with DEB_FIELDS in its control file
    mkdir -p tree/DEBIAN
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: M <m@x.example>\n%sDescription: x\n' "$1" "$2" \
        "${DEB_FIELDS:+$DEB_FIELDS$'\n'}" > tree/DEBIAN/control
    (cd tree && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Znone -b tree "${1}_$2.deb" > out.log
    rm -rf tree
}

# In the host's root. What runs the tests in the background may have them ignore SIGINT.
here() {
    if [ "$(id -u)" = 0 ]; then
        env --default-signal=INT chroot host "$@"
    else
        env --default-signal=INT unshare --map-root-user chroot host "$@"
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
