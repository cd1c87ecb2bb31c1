#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard` with dnf 5 itself, as Debian forky has it: `make check-dnf`.
load ../cli/common
load ../cli/guard
load guard-rpm

setup_file() {
    local QEMU=${ROMCOMPAT_QEMU:-$TOP/build/qemu} program directory
    . "$TOP/tests/qemu/apt.bash"
    [ -d "$QEMU/dnf5" ] || (APT_BINARIES_ONLY=1 private_apt forky &&
        packages_into "$QEMU/dnf5" forky dnf5 rpm dash coreutils grep sed libc-bin)
    cd "$BATS_FILE_TMPDIR" || return
    cp -a "$QEMU/dnf5" host
    # Of base-files, which nothing depends on.
    mkdir -p host/{dev,proc,tmp,run,root,opt}
    for directory in bin sbin lib lib64; do
        [ -e host/$directory ] || ln -s usr/$directory host/$directory
    done
    make_packages
    furnish
    sed -i /^pluginpath=/d host/etc/dnf/dnf.conf # dnf 4's
    printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > host/etc/passwd
    printf 'root:x:0:\nnogroup:x:65534:\n' > host/etc/group
    # It keeps a repository of all packages, for which it wants createrepo_c.
    sed -i 's/^enabled = .*/enabled = 0/' host/etc/dnf/libdnf5-plugins/local.conf
    # With the libraries that it was built with.
    mkdir -p host/opt/own
    program=$BUILD/romcompat
    # shellcheck disable=SC2046
    cp "$program" $(ldd "$program" | grep -o '/[^ )]*') host/opt/own/
    printf '#!/bin/sh\nexec /opt/own/ld-linux-x86-64.so.2 --library-path /opt/own /opt/own/romcompat "$@"\n' \
        > host/usr/bin/romcompat
    chmod +x host/usr/bin/romcompat
    there ldconfig
    there rpm -U /ipxe-roms-1-1.noarch.rpm
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    cp -a "$BATS_FILE_TMPDIR/host" host
}

@test "dnf 5 warns and goes on by default" {
    run -0 there dnf5 -y upgrade ipxe-roms
    output_has "romcompat: what this does to the guests of this host:" "(saved): stranded: " \
        "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" "Fix: "
    [ "$(installed ipxe-roms)" = ipxe-roms-2-1.noarch ]
}

@test "stop: dnf 5 leaves everything as it was" {
    policy stop
    everything > before
    run -1 there dnf5 -y upgrade ipxe-roms
    output_has "romcompat: stopped, as policy in /etc/romcompat/guard.conf says: nothing was changed"
    run -1 there dnf5 -y install /instead-1-1.noarch.rpm
    output_has "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards none"
    run -1 there dnf5 -y remove ipxe-roms
    output_has "afterwards none"
    everything > after
    diff before after
}

@test "of a transaction without ROMs and firmware dnf 5's user hears nothing" {
    hears_nothing dnf5
}

@test "killed or gone, dnf 5 goes on, unless its configuration says stop" {
    goes_on dnf5
}
