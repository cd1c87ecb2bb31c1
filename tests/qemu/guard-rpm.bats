#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard` with Debian 12's dnf and zypper themselves, in a root that has this machine's programs
# and nothing else of it.
load ../cli/common
load ../cli/guard
load guard-rpm

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    make_packages
    make_world
    furnish
    cp "$BUILD/romcompat" host/usr/bin/
    there rpm -U /ipxe-roms-1-1.noarch.rpm
}

# The root: /real is this machine's /usr, and what is written to has directories of its own.
make_world() {
    local directory
    mkdir -p host/{real,proc,dev,tmp,run,root,opt,etc} host/usr/{bin,sbin,lib,share/qemu,libexec}
    for directory in bin sbin lib share; do
        find "/usr/$directory" -mindepth 1 -maxdepth 1 ! -name 'qemu*' -printf "/real/$directory/%f\n" |
            xargs ln -s -t "host/usr/$directory"
        [ $directory = share ] || ln -s "usr/$directory" "host/$directory"
    done
    ln -s /real/lib64 host/usr/lib64
    ln -s usr/lib64 host/lib64
    cp -L /etc/{passwd,group,nsswitch.conf,ld.so.cache} host/etc/
    cp -r /etc/ld.so.conf* host/etc/
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    cp -a "$BATS_FILE_TMPDIR/host" host
}

@test "dnf warns and goes on by default" {
    run -0 there dnf -y upgrade ipxe-roms
    output_has "romcompat: what this does to the guests of this host:" "(saved): stranded: " \
        "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" "Fix: "
    [ "$(installed ipxe-roms)" = ipxe-roms-2-1.noarch ]
}

@test "stop: dnf leaves everything as it was" {
    policy stop
    everything > before
    run -1 there dnf -y upgrade ipxe-roms
    output_has "romcompat: stopped, as policy in /etc/romcompat/guard.conf says: nothing was changed" \
        "(saved): stranded: " "Error: romcompat: nothing was changed"
    everything > after
    diff before after
    # A package that takes its place, and its removal.
    run -1 there dnf -y install /instead-1-1.noarch.rpm
    output_has "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards none"
    run -1 there dnf -y remove ipxe-roms
    output_has "afterwards none"
    everything > after
    diff before after
}

@test "of a transaction without ROMs and firmware dnf's user hears nothing" {
    hears_nothing dnf
}

@test "killed or gone, dnf goes on, unless its configuration says stop" {
    goes_on dnf
}

@test "another root is not this host" {
    policy stop
    run -0 there dnf -y --installroot=/elsewhere --setopt=reposdir=/etc/yum.repos.d install ipxe-roms
    output_lacks "romcompat:"
}

zypp() { there zypper --non-interactive --no-gpg-checks "$@"; }

@test "zypper warns and goes on by default" {
    run -0 zypp update ipxe-roms
    output_has "romcompat: what this does to the guests of this host:" "(saved): stranded: " \
        "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" "Fix: "
    [ "$(installed ipxe-roms)" = ipxe-roms-2-1.noarch ]
}

@test "stop: zypper leaves everything as it was" {
    policy stop
    everything > before
    run zypp update ipxe-roms
    show
    [ "$status" != 0 ]
    everything > after
    diff before after
}
