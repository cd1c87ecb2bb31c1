#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

NIC=0000:00:03.0/virtio-net-pci.rom

@test "a log with a refused guest is explained, with the mend for its QEMU: status 0" {
    cd "$BATS_TEST_TMPDIR"
    cat > guest.log << LOG
2026-11-20 10:00:00.000+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4, qemu version: 7.2.22Debian 1:7.2+dfsg-7, kernel: 6.1
LC_ALL=C \\
/usr/bin/qemu-system-x86_64 \\
-machine pc-i440fx-7.2,usb=off,dump-guest-core=off \\
-incoming defer
2026-11-20T10:00:01.000000Z qemu-system-x86_64: Size mismatch: $NIC: 0x40000 != 0x80000: Invalid argument
2026-11-20T10:00:01.000000Z qemu-system-x86_64: error while loading state for instance 0x0 of device 'ram'
LOG
    run -0 romcompat explain guest.log
    output_has "guest.log:6, machine type pc-i440fx-7.2" "it brings 256K of $NIC" "512K long" \
        "On the source host efi-virtio.rom had more than 128K and at most 256K" "has more: up to 512K" \
        "-global virtio-net-pci.romfile=/usr/share/qemu/romcompat/256k-efi-virtio.1af4-1000.rom"
    # 7.2 reads the file even while the guest arrives.
    output_lacks "-global virtio-net-pci.romsize"
    sed -i 's/qemu version: 7.2.22/qemu version: 10.0.2/' guest.log
    run -0 romcompat explain guest.log
    output_has "-global virtio-net-pci.romsize=262144"
}

@test "the message of a QEMU before 5.2 is known, on standard input, and a ROM that shrank" {
    run -0 bash -c 'echo "qemu: Length mismatch: 0000:00:04.0/e1000.rom: 0x40000 in != 0x20000: Invalid argument" | romcompat explain'
    output_has "standard input:1" "256K of 0000:00:04.0/e1000.rom" "has less: at most 128K" \
        "-global e1000-base.romsize=262144"
}

@test "a block that the destination has not is explained" {
    run -0 romcompat explain <<< "qemu: Unknown ramblock \"$NIC\", cannot accept migration"
    output_has "virtio-net-pci (efi-virtio.rom)" "romfile='' or rombar=0"
    run -0 romcompat explain <<< 'qemu: Unknown ramblock "dimm1", cannot accept migration'
    output_has "do not have the same devices"
}

@test "a length that is not a ROM's gets no ROM's mend" {
    run -0 romcompat explain <<< 'qemu: Size mismatch: pc.bios: 0x40000 != 0x20000: Invalid argument'
    output_has "firmware image"
    output_lacks "-global"
    run -0 romcompat explain <<< 'qemu: Size mismatch: pc.ram: 0x40000000 != 0x20000000: Invalid argument'
    output_has "It is memory"
}

@test "the same refusal, again and again, is explained once" {
    run -0 bash -c 'for i in 1 2 3; do echo "Size mismatch: 0000:00:03.0/e1000.rom: 0x40000 != 0x80000"; done | romcompat explain -'
    output_has "standard input:1 (and 2 times more)"
    [ "$(grep -c 'The guest was refused' <<< "$output")" = 1 ]
}

@test "a log without any of that is status 1" {
    run -1 romcompat explain <<< "Size mismatch: none"
    output_has "no guest was refused"
    run -1 romcompat explain /dev/null
}

@test "what cannot be read, and wrong usage, are status 2" {
    run -2 romcompat explain "$BATS_TEST_TMPDIR/none.log"
    output_has "none.log: No such file or directory"
    run -2 romcompat explain "$BATS_TEST_TMPDIR"
    output_has "a folder, not a log"
    run -2 romcompat explain a b
    output_has "too many files (found 2, expected at most 1)"
}

@test "a line without end and bytes of any kind do no harm" {
    run -1 bash -c 'head -c 5000000 /dev/urandom | romcompat explain'
    run -1 bash -c 'head -c 50000000 /dev/zero | tr "\0" "a" | romcompat explain'
    run -0 bash -c 'printf "Size mismatch: \033[31m/e1000.rom: 0x1 != 0x2\n" | romcompat explain'
    output_has '\x1b[31m'
    output_lacks $'\e'
}
