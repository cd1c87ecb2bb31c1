# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the bats files of `romcompat guard` with dnf and zypper: packages, a repository and a database
# of the test's own, in a root in host/.

# ipxe-roms 1, which is installed, 2, which has outgrown its bucket, and "instead", which takes its place
# and is in no repository; other, without any ROM.
make_packages() {
    rom tree/usr/share/qemu/efi-virtio.rom 200000
    rpm_of ipxe-roms 1
    rom tree/usr/share/qemu/efi-virtio.rom 600000
    rpm_of ipxe-roms 2
    mkdir -p tree/opt/other
    echo x > tree/opt/other/x
    rpm_of other 1
    mkdir -p tree/opt/instead
    echo x > tree/opt/instead/x
    rpm_of instead 1 "Obsoletes: ipxe-roms"
    mkdir repository
    cp rpms/noarch/{ipxe-roms-2,other-1}-1.noarch.rpm repository/
    createrepo_c -q repository
}

rpm_of() { # NAME VERSION LINE...: a package of tree/, which is used up
    local name=$1 version=$2
    shift 2
    {
        printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n' "$name" "$version"
        [ $# = 0 ] || printf '%s\n' "$@"
        printf '%%description\nx\n%%install\ncp -r %s/tree/. %%{buildroot}/\n%%files\n' "$PWD"
        (cd tree && find . -type f -printf '/%P\n')
    } > x.spec
    rpmbuild -bb --define "_topdir $PWD/rpmbuild" --define "_rpmdir $PWD/rpms" --define '__os_install_post %nil' \
        x.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; return 1; }
    rm -rf tree
}

# What the packages are about, and what is to run before a transaction.
furnish() {
    mkdir -p host/etc/{rpm,dnf,yum.repos.d,zypp/repos.d,libvirt/qemu} host/usr/share/qemu \
        host/var/{lib/rpm,cache,log,tmp,lib/dpkg/info,lib/libvirt/qemu/save}
    # Debian's rpm has its database in the home of who calls it.
    echo '%_dbpath /var/lib/rpm' > host/etc/rpm/macros
    printf '[main]\ngpgcheck=0\nreposdir=/etc/yum.repos.d\npluginpath=/usr/lib/dnf-plugins\n' > host/etc/dnf/dnf.conf
    printf '[own]\nname=own\nbaseurl=file:///repository\ngpgcheck=0\nenabled=1\nautorefresh=0\n' |
        tee host/etc/yum.repos.d/own.repo > host/etc/zypp/repos.d/own.repo
    cp -r repository host/
    cp rpms/noarch/{ipxe-roms,instead}-1-1.noarch.rpm host/
    make -s -C "$TOP" install-rpm-hooks DESTDIR="$PWD/host" prefix=/usr dnfplugindir=/usr/lib/dnf-plugins
    put_qemu
    guest web ""
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 pc.ram=1048576 \
        0000:00:03.0/virtio-net-pci.rom=262144 > host/var/lib/libvirt/qemu/save/web.save
}

# In host/, where no other program runs; with this machine's /usr in /real where there is one.
# shellcheck disable=SC2016
there() {
    local own=(unshare -m -p -f --kill-child)
    [ "$(id -u)" = 0 ] || own=(unshare -rm -p -f --kill-child)
    "${own[@]}" sh -euc '
        if [ -d host/real ]; then
            mount --bind /usr host/real
            mount -o remount,bind,ro host/real
        fi
        mount --rbind /dev host/dev
        mount -t proc proc host/proc
        exec chroot host /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 "$@"' sh "$@"
}

policy() { echo "policy = $1" > host/etc/romcompat/guard.conf; }
installed() { there rpm -q "$1"; }

# All that a package manager changes.
everything() {
    (cd host && find etc opt usr -type f ! -name '*.pyc' -exec sha256sum {} + | sort)
    there rpm -qa --qf '%{NEVRA} %{INSTALLTIME}\n' | sort
}

# What dnf 4 and dnf 5 do alike.
hears_nothing() { # PROGRAM: installs what is not about guests
    policy stop
    run -0 there "$1" -y install other
    output_lacks "romcompat:"
    [ "$(installed other)" = other-1-1.noarch ]
}

goes_on() { # PROGRAM: romcompat killed, and gone
    printf '#!/bin/sh\nkill -9 $$\n' > host/usr/bin/romcompat
    run -0 there "$1" -y install other
    run -0 there "$1" -y remove other
    policy stop
    run -1 there "$1" -y install other
    rm host/usr/bin/romcompat
    run -1 there "$1" -y install other
    policy warn
    run -0 there "$1" -y install other
}
