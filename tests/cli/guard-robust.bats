#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What must not stop a package manager, or keep it waiting, unless its configuration says stop: guard
# that is killed, a full disk, a host without libvirt, broken descriptions of guests, and packages that
# are none or that nobody would build.
load common
load guard

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    make_host
    rom tree/usr/share/qemu/efi-virtio.rom 300000
    deb ipxe 2
    cp ./*.deb host/
    # packaging/apt/apt-guard.in, with what it asks of apt.
    sed 's|@bindir@|/bin|' "$TOP/packaging/apt/apt-guard.in" > host/bin/apt-guard
    cp "$(command -v dash)" host/bin/
    printf '#!/bin/sh\nread -r mode < /mode; echo $mode\n' > host/bin/apt-config
    chmod +x host/bin/apt-{guard,config}
}

setup() {
    cp -a "$BATS_FILE_TMPDIR/host" "$BATS_TEST_TMPDIR/host"
    cd "$BATS_TEST_TMPDIR" || return
}

# A transaction of ipxe 2, by the script that apt runs. MODE
transaction() {
    echo "$1" > host/mode
    printf 'VERSION 3\nRomcompat::Guard=%s\n\n%s\n' "$1" "$(line ipxe 2)" > host/transaction
    APT_HOOK_INFO_FD=9 here /bin/sh -c 'exec /bin/apt-guard 9< /transaction'
}

# The processes of the test's own romcompat, that of the script first: numbers of processes begin
# again at their end, so that they are no order.
ours() {
    local pids
    pids=$(find /proc/[0-9]* -maxdepth 1 -name exe -lname "$BATS_TEST_TMPDIR/host/*/romcompat" 2> /dev/null |
        sed 's|/proc/||; s|/exe||' | paste -sd,)
    [ -z "$pids" ] || ps -o pid=,ppid= -p "$pids" | awk '
        {parent[$1] = $2}
        END {
            for (p in parent) if (!(parent[p] in parent)) print p
            for (p in parent) if (parent[p] in parent) print p
        }'
}

wait_until() { # COMMAND...: ten seconds at most
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" && return
        sleep 0.05
    done
    return 1
}
is_busy() { [ "$(ours | wc -l)" -ge 3 ]; }
is_over() { [ -z "$(ours)" ]; }

# Kills in the middle of it, while a QEMU does not answer. MODE SIGNAL WHICH: lines of ours()
killed() {
    local pid status=0 ended
    transaction "$1" > out 2>&1 &
    pid=$!
    wait_until is_busy
    mapfile -t ended < <(ours | sed -n "$3")
    kill "-$2" "${ended[@]}"
    wait $pid || status=$?
    [ $status = "$([ "$1" = stop ] && echo 1 || echo 0)" ] || { echo "$* $status"; cat out; return 1; }
    wait_until is_over || { echo "$* leaves:"; ours; return 1; }
}

# bats test_tags=long
@test "interrupted, ended or killed in the middle of it, apt goes on, unless it was told to stop" {
    local mode signal
    printf '#!/bin/sh\nwhile :; do :; done\n' > host/usr/bin/qemu-system-x86_64
    for mode in warn stop; do
        for signal in INT TERM KILL; do killed $mode $signal 1p; done
        # All that it started.
        killed $mode KILL '2,$p'
    done
}

@test "where nothing can be written, apt goes on, unless it was told to stop" {
    echo warn > host/mode
    run -0 transaction warn
    for mode in warn stop; do
        status_there=$([ $mode = stop ] && echo 1 || echo 0)
        full() { transaction "$mode" > /dev/full 2>&1; }
        run "-$status_there" full
        closed() { transaction "$mode" >&- 2>&-; }
        run "-$status_there" closed
        gone() { { transaction "$mode"; echo $? > status; } | :; return "$(cat status)"; }
        run "-$status_there" gone
    done
}

@test "a host without libvirt and without guests" {
    rm -r host/etc/libvirt host/var/lib/libvirt
    run -0 guard /ipxe_2.deb
    output_has "No guest is left behind (0 looked at)"
    run -0 transaction stop
}

@test "descriptions of guests that are broken, or no files, are named, and nobody waits for them" {
    local where i name
    for where in host/etc/libvirt/qemu host/run/libvirt/qemu host/var/lib/libvirt/qemu/snapshot/web; do
        mkdir -p $where
        : > $where/empty.xml
        echo '<domain' > $where/cut.xml
        head -c 4096 /dev/urandom > $where/bytes.xml
        printf '<domain type="kvm"><name>a\0b</name></domain>' > $where/nul.xml
        mkfifo $where/fifo.xml
        mkdir $where/directory.xml
        ln -s loop.xml $where/loop.xml
            truncate -s 2G $where/large.xml
        { printf '<!DOCTYPE d [<!ENTITY a0 "x">'
          for i in {1..20}; do printf '<!ENTITY a%d "&a%d;&a%d;">' "$i" $((i - 1)) $((i - 1)); done
          printf ']><domain type="kvm"><name>&a20;</name></domain>'; } > $where/bomb.xml
        printf '%0.s<domain>' {1..20000} > $where/deep.xml
    done
    # The directory that libvirt keeps for itself, as a pipe and as a file.
    mkfifo host/run/libvirt/qemu/web.status
    run -2 guard --seconds 20 /other-is-not-there.deb
    rom tree/usr/share/qemu/efi-virtio.rom 210000
    deb ipxe 3
    mv ipxe_3.deb host/
    run -2 guard /ipxe_3.deb
    for name in empty cut bytes fifo large bomb deep; do output_has "$name.xml"; done
    output_has "No guest is left behind, as far as is known" "note: and "
    run -1 guard /ipxe_2.deb
    output_has "stranded"
    run -0 transaction warn
    run -1 transaction stop
}

@test "what is no package, and one with names that nobody would give, keeps no one waiting" {
    local odd
    mkfifo host/fifo.deb
    ln -s /dev/zero host/zero.deb
    ln -s loop.deb host/loop.deb
    mkdir host/directory.deb
    truncate -s 2G host/sparse.deb
    { printf '\355\253\356\333'; head -c 92 /dev/zero; printf '\216\255\350\001\0\0\0\0\377\377\377\377\377\377\377\377'; } > host/header.rpm
    for odd in fifo.deb zero.deb loop.deb directory.deb sparse.deb header.rpm; do
        run -2 guard --seconds 10 /$odd
        run -0 apt warn "$(line ipxe 2 /$odd)"
        run -1 apt stop "$(line ipxe 2 /$odd)"
    done
    # Names that lead elsewhere, of several lines, and that say what they are not; and links.
    mkdir -p odd/usr/share/qemu "odd/usr/share/qemu/"$'\e[2J\n'
    rom odd/usr/share/qemu/efi-virtio.rom 300000
    rom odd/usr/share/qemu/$'\e[31m\nvgabios.rom' 300000
    rom odd/outside.rom 300000
    ln -s ../../../../../../etc/shadow odd/usr/share/qemu/pxe-virtio.rom
    ln -s loop.rom odd/usr/share/qemu/loop.rom
    (cd odd && tar -cPf ../data.tar --transform 's|^outside.rom|../../../usr/share/qemu/../qemu/efi-e1000.rom|' \
        outside.rom usr)
    printf 'Package: ipxe\nVersion: 9\nArchitecture: all\nMaintainer: M <m@x.example>\nDescription: x\n' > control
    printf '%s  %s\n' d41d8cd98f00b204e9800998ecf8427e $'../../\e[31m/usr/share/qemu/efi-virtio.rom' > md5sums
    tar -cf control.tar control md5sums
    echo 2.0 > debian-binary
    ar rc host/odd.deb debian-binary control.tar data.tar
    run -1 apt stop "$(line ipxe 9 /odd.deb)"
    output_has "afterwards 512K"
    [[ $output != *$'\e'* ]]
    [ ! -e host/usr/share/qemu/efi-e1000.rom ]
    # And in what apt says.
    run -0 apt warn $'ipxe\e[31m 1 all none < 2 all none /\e[31m.deb' $'../../ovmf 1 all none > - - none **REMOVE**'
    [[ $output != *$'\e'* ]]
}
