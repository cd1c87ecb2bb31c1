#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard`, in a root of its own: a host with a QEMU, a ROM and guests.
load common
load guard

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    make_host
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

# bats test_tags=no-asan
@test "a ROM that outgrows its bucket strands the saved guest: status 1, with block and both lengths" {
    run -1 guard /ipxe_2.deb
    output_has "This leaves guests behind: 1 stranded" "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 512K" "Fix: "
    output_lacks "bios (off)"
    run -1 guard --json /ipxe_2.deb
    [ ! -d "${ROMCOMPAT_DOCUMENTS:-}" ] || cat <<< "$output" > "$(mktemp "$ROMCOMPAT_DOCUMENTS/XXXXXXXXXX")"
    [ "$(jq -c '[.stranded, .packages, (.guests[] | select(.state == "saved") | .verdict, .length, .length_there)]' <<< "$output")" = \
        '[1,[{"name":"ipxe","version":"2"}],"stranded",262144,524288]' ]
}

# bats test_tags=no-asan
@test "what is no package is said on standard error, also with --json: status 2" {
    run -2 --separate-stderr guard --json /etc/libvirt/qemu/bios.xml
    [ -z "$output" ]
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == "romcompat: /etc/libvirt/qemu/bios.xml: not an archive"* ]]
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

# bats test_tags=no-asan
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

# bats test_tags=no-asan
@test "a package with nothing but the name of the release is not about guests" {
    mkdir -p tree/usr/lib
    echo 'ID=debian' > tree/usr/lib/os-release
    deb base-files 2
    cp base-files_2.deb host/
    # What asks this QEMU gets no answer.
    printf '#!/bin/sh\nwhile :; do :; done\n' > host/usr/bin/qemu-system-x86_64
    run -0 guard --apt --seconds 1 < <(printf 'VERSION 3\nRomcompat::Guard=stop\n\n%s\n' "$(line base-files 2)")
    [ -z "$output" ]
}

# bats test_tags=no-asan
@test "of a transaction without ROMs and firmware apt's user hears nothing" {
    run -0 apt stop "$(line other 2)"
    [ -z "$output" ]
}

@test "links and conffiles, which are in no list of checksums, are found in packages of any size" {
    # Each is above what is read whole for its size alone.
    large() { # NAME FILE CONTROL...: with a link in the directory of QEMU's ROMs
        mkdir -p "tree/usr/share/$1" tree/usr/share/qemu
        head -c 2200000 /dev/zero > "tree/usr/share/$1/$2"
        ln -s "../$1/$2" tree/usr/share/qemu/efi-virtio.rom
        deb "$1" 2
        mv "$1_2.deb" host/
    }
    printf '/usr/share/doc/one\n' | tee host/var/lib/dpkg/info/{named,depends}.list > list
    large named a.rom
    run -0 apt warn "$(line named 2)"
    output_has "This leaves guests behind" efi-virtio.rom
    DEB_FIELDS='Depends: libc6, qemu-system-data (>= 1)' large depends blob
    run -0 apt warn "$(line depends 2)"
    output_has "This leaves guests behind" efi-virtio.rom
    mkdir -p tree/{DEBIAN,usr/share/big,etc/qemu/romcompat.d}
    head -c 2200000 /dev/zero > tree/usr/share/big/blob
    echo 'romcompat-map 9' > tree/etc/qemu/romcompat.d/odd.map
    echo /etc/qemu/romcompat.d/odd.map > tree/DEBIAN/conffiles
    deb map 2
    # Whoever reads further than the lists finds it cut off.
    head -c 1500000 map_2.deb > host/map_2.deb
    run -1 apt stop "$(line map 2)"
    output_has "/map_2.deb" "nothing was changed"
    # A small one is read whole.
    mkdir -p tree/usr/share/{x,qemu}
    echo x > tree/usr/share/x/blob
    ln -s ../x/blob tree/usr/share/qemu/efi-virtio.rom
    deb small 2
    mv small_2.deb host/
    run -0 apt warn "$(line small 2)"
    output_has "This leaves guests behind" efi-virtio.rom
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

# bats test_tags=no-asan,long
@test "--since says what dpkg did, by its logs and those that were put away, to guests that are saved" {
    mkdir -p host/var/log
    cat > host/var/log/dpkg.log << 'LOG'
2026-11-20 10:00:00 startup archives unpack
2026-11-20 10:00:01 upgrade ipxe:all 1 2
2026-11-20 10:00:01 status half-configured ipxe:all 1
2026-11-20 10:00:02 upgrade other:all 0 1
2026-11-21 10:00:02 upgrade other:all 1 2
LOG
    echo '2026-11-10 10:00:01 upgrade ipxe:all 0 1' | gzip > host/var/log/dpkg.log.2.gz
    echo '2026-11-15 10:00:01 remove qemu-system-x86:amd64 7 <none>' > host/var/log/dpkg.log.1
    # Nothing is in the way.
    run -0 guard --since 2026-11-01
    output_has "2026-11-20 ipxe 0 -> 2" "2026-11-15 qemu-system-x86 7 -> removed" "No guest is left behind (1 looked at)"
    output_lacks other
    rom host/usr/share/qemu/efi-virtio.rom 300000
    run -1 guard --since 2026-11-12
    output_has "2026-11-20 ipxe 1 -> 2" "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K" "Fix: "
    run -1 guard --since last
    output_has "dpkg changed nothing that guests need" "1 stranded"
    run -1 guard --since 2026-11-12 --json
    [ ! -d "${ROMCOMPAT_DOCUMENTS:-}" ] || cat <<< "$output" > "$(mktemp "$ROMCOMPAT_DOCUMENTS/XXXXXXXXXX")"
    [ "$(jq -c '.packages[0]' <<< "$output")" = '{"name":"ipxe","version":"2","old_version":"1","day":"2026-11-20"}' ]
    run -2 guard --since yesterday
    output_has "expected YYYY-MM-DD, or last"
    run -2 guard --since last /ipxe_2.deb
    echo x > host/var/log/dpkg.log.3.gz
    run -2 guard --since last
    output_has "dpkg.log.3.gz"
    rm host/var/log/*
    run -2 guard --since last
    output_has "there is no log of dpkg"
    touch host/var/log/dpkg.log{,.{1..999},.1.gz}
    run -2 guard --since last
    output_has "/var/log: more than 1000 logs of dpkg"
}

@test "a list of apt's that is too long is said to be so, and stops apt where that was asked for" {
    for mode in warn stop; do
        {
            printf 'VERSION 3\nRomcompat::Guard=%s\n\n' $mode
            yes "$(line other 2)" | head -c 17000000
        } > long
        run "-$([ $mode = stop ] && echo 1 || echo 0)" guard --apt < long
        output_has "list of packages is too long (limit 16777216 bytes)"
    done
}

# bats test_tags=long
@test "hostile names, and a thousand guests, in bounded time" {
    local i xml
    mkdir -p tree/usr/share/{qemu,OVMF}
    rom $'tree/usr/share/qemu/\e[31mred.rom' 1000
    rom tree/usr/share/qemu/efi-virtio.rom 300000
    : > $'tree/usr/share/OVMF/$(touch x).fd'
    deb ipxe 5
    mv ipxe_5.deb host/
    xml=$(< host/etc/libvirt/qemu/bios.xml)
    for ((i = 0; i < 1000; i++)); do echo "${xml/<name>bios/<name>guest$i}" > "host/etc/libvirt/qemu/g$i.xml"; done
    (cd host/var/lib/libvirt/qemu/save && tee g{0..999}.save < old.save > old2.save)
    run -1 apt stop "$(line ipxe 5)"
    output_has "This leaves guests behind: 1002 stranded"
    [[ $output != *$'\e'* ]]
    [ ! -e host/x ]
}

@test "a package of 2 GiB does not hold apt up" {
    mkdir -p tree/usr/share/qemu tree/DEBIAN
    printf 'Package: ipxe\nVersion: 6\nArchitecture: all\nMaintainer: M <m@x.example>\nDescription: x\n' > tree/DEBIAN/control
    dpkg-deb --root-owner-group -Zzstd -z1 -b tree empty.deb > /dev/null
    truncate -s 2G tree/usr/share/qemu/efi-virtio.rom
    # The headers of four entries, and what follows the last as pieces compressed once, which takes a
    # second where tar and dpkg-deb take ten.
    head -c 64M /dev/zero | zstd -q > zeros
    { tar --owner=0 --group=0 -cf - -C tree ./usr | head -c 2048 | zstd -q
        for _ in {1..32}; do cat zeros; done
        head -c 1024 /dev/zero | zstd -q; } > data.tar.zst
    ar x empty.deb control.tar.zst
    echo 2.0 > debian-binary
    ar rc host/ipxe_6.deb debian-binary control.tar.zst data.tar.zst
    rm -rf tree
    run -0 apt warn "$(line ipxe 6)"
    output_has "romcompat: what this does"
    run -1 apt stop "$(line ipxe 6)"
}

@test "ask waits for an answer at a terminal alone, and takes no for an answer" {
    local host=(chroot host)
    [ "$(id -u)" = 0 ] || host=(unshare --map-root-user chroot host)
    { printf 'VERSION 3\nRomcompat::Guard=ask\n\n'; line ipxe 2; } > host/list
    printf 'APT_HOOK_INFO_FD=9 /bin/romcompat guard --apt 9< /list\necho "status $?"\n' > host/at-terminal
    asked() { { sleep 0.2; echo "$1"; sleep 0.2; } | env -u DEBIAN_FRONTEND "${2:-A=1}" script -qec "${host[*]} /bin/sh /at-terminal" /dev/null; }
    run asked n
    output_has "install anyway? [y/N]" "status 1"
    run asked y
    output_has "[y/N]" "status 0"
    run asked y DEBIAN_FRONTEND=noninteractive
    output_has "1 stranded" "status 0"
    output_lacks "[y/N]"
}
