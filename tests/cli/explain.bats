#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

NIC=0000:00:03.0/virtio-net-pci.rom

@test "a log with a refused guest is explained, with the fix for its QEMU: status 0" {
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
    output_has "guest.log:6, machine type pc-i440fx-7.2" "it has 256K of $NIC" "512K long" \
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
        ":1, QEMU 5.1 or older" "-global e1000.romfile="
    output_lacks romsize
}

@test "a block that the destination has not is explained" {
    run -0 romcompat explain <<< "qemu: Unknown ramblock \"$NIC\", cannot accept migration"
    output_has "virtio-net-pci (efi-virtio.rom)" "romfile='' or rombar=0"
    run -0 romcompat explain <<< 'qemu: Unknown ramblock "dimm1", cannot accept migration'
    output_has "do not have the same devices"
}

@test "the ROM of an old machine type is the one it has there" {
    local old=$'/usr/bin/kvm -M pc-i440fx-1.4 -S\nkvm: '
    explains 0 "${old}Length mismatch: $NIC: 0x10000 in != 0x40000: Invalid argument" \
        "On the source host pxe-virtio.rom had" "ROM pxe-virtio.rom, machine type pc-i440fx-1.4" "OLD/pxe-virtio.rom"
    output_lacks efi-virtio
    explains 0 "${old}Unknown ramblock \"$NIC\", cannot accept migration" "virtio-net-pci (pxe-virtio.rom)"
    output_lacks efi-virtio
    # By default it has none there; a guest with the block was given one.
    explains 0 $'/usr/bin/kvm -M pc-i440fx-2.5\nSize mismatch: 0000:00:03.0/vmxnet3.rom: 0x40000 != 0x80000' \
        "efi-vmxnet3.rom had"
}

@test "a length that is not a ROM's gets no ROM's fix" {
    run -0 romcompat explain <<< 'qemu: Size mismatch: pc.bios: 0x40000 != 0x20000: Invalid argument'
    output_has "firmware image"
    output_lacks "-global"
    run -0 romcompat explain <<< 'qemu: Size mismatch: virt.flash0: 0x400000 != 0x1000000: Invalid argument'
    output_has "firmware image"
    run -0 romcompat explain <<< 'qemu: Size mismatch: pc.ram: 0x40000000 != 0x20000000: Invalid argument'
    output_has "It is memory"
}

@test "the same refusal, again and again, is explained once" {
    run -0 bash -c 'for i in 1 2 3; do echo "Size mismatch: 0000:00:03.0/e1000.rom: 0x40000 != 0x80000"; done | romcompat explain -'
    output_has "standard input:1 (and 2 times more)"
    [ "$(grep -c 'The guest was refused' <<< "$output")" = 1 ]
}

# explains STATUS LOG TEXT...: what explain answers, and that it says each TEXT.
explains() {
    run "-$1" romcompat explain <<< "$2"
    shift 2
    output_has "$@"
}

@test "the message of a QEMU before 6.0 gets no fix with romsize" {
    explains 0 "Length mismatch: $NIC: 0x80000 in != 0x40000: Invalid argument" "QEMU 5.1 or older" "romfile="
    output_lacks romsize
    # Its ROM is the larger one: the one there can be padded.
    explains 0 "Length mismatch: $NIC: 0x40000 in != 0x80000: Invalid argument" "romfile="
    output_lacks romsize
    explains 0 "Length mismatch: $NIC: 10000 in != 20000" "QEMU 2.1 or older" "64K of $NIC" "128K long"
    output_lacks romsize
}

@test "a ROM file that QEMU did not take is explained, with its package and the fix" {
    explains 0 'kvm: -device x: failed to find romfile "efi-virtio.rom"' \
        "did not find the ROM file efi-virtio.rom" "counts as not found" "apt install ipxe-qemu"
    explains 0 'failed to find romfile "compat-256k-efi-virtio.rom"' \
        "apt install ipxe-qemu-256k-compat-efi-roms"
    explains 0 'failed to find romfile "mine.rom"' "No package that has it is known here"
    explains 0 'romfile "efi-e1000.rom" is empty' "efi-e1000.rom is empty" "apt install ipxe-qemu"
    explains 0 'failed to load romfile "a.rom"' "did not read the ROM file a.rom"
    explains 0 'romfile "a.rom" too large (size cannot exceed 2 GiB)' "more than 2 GiB"
    explains 0 'ROM size 262145 is not a power of two' "romsize=524288"
    explains 0 "romfile \"a b.rom\" (300000 bytes) is too large for ROM size 262144" \
        "300000 bytes" "romcompat pad --bucket 256K OLD/'a b.rom' -o"
    explains 0 "Property 'virtio-net-pci.romsize' not found" "QEMU 6.0 and later" "Remove romsize"
    # A device that is not on PCI has none in any QEMU.
    explains 0 $'QEMU emulator version 10.0.2\nProperty "virtio-net-device.romsize" not found' "PCI devices" "others never"
    output_lacks "5.2 or older"
}

@test "a machine type that was refused is named, and what to start instead" {
    explains 0 "Machine type received is 'virt-6.2' and local is 'virt-7.1'" \
        "its machine type is virt-6.2" "started with virt-7.1" "-machine virt-6.2"
    explains 0 "qemu: -machine pc-q35-9.2: unsupported machine type" "machine type pc-q35-9.2"
    explains 0 $'/usr/bin/kvm -M pc-q35-99.1 -S\nkvm: unsupported machine type' "pc-q35-99.1"
}

@test "an ACPI table that grew, and a refusal that names no block, say what to do" {
    explains 0 'Size too large: /rom@etc/acpi/tables: 0x200000 > 0x20000' "has 2M of" "for 128K" \
        "that QEMU itself makes"
    explains 0 "qemu: error while loading state for instance 0x0 of device 'ram'" \
        "refused for its RAM" "romcompat preflight"
    # QEMU 2.1 and before made it of a fixed length.
    explains 0 'Length mismatch: /rom@etc/acpi/tables: 2000 in != 3000' "that QEMU itself makes" "depends on"
    explains 0 'Unknown ramblock "/rom@etc/acpi/tables", cannot accept migration' "that QEMU itself makes" "depends on"
    output_lacks "grew on the source"
    # It is not said again beside the block.
    explains 0 "error while loading state for instance 0x0 of device 'ram': Size mismatch: $NIC: 0x40000 != 0x80000" \
        "it has 256K"
    output_lacks "refused for its RAM"
}

@test "firmware that is missing or does not fit is explained, with its package and the fix" {
    explains 0 "error: operation failed: Unable to find any firmware to satisfy 'efi'" \
        "no firmware of type 'efi'" "apt install ovmf"
    explains 0 "Unable to find 'efi' firmware that is compatible with the current configuration" \
        "no firmware of type 'efi'"
    explains 0 "qemu: Could not open '/usr/share/OVMF/OVMF_CODE.fd': No such file or directory" \
        "OVMF_CODE.fd could not be opened: No such file" "apt install ovmf" "romcompat flash check"
    explains 0 "Could not open '/var/lib/libvirt/qemu/nvram/g_VARS.fd': No such file or directory" \
        "own variable store" "romcompat varstore create --code CODE --out /var/lib/libvirt/qemu/nvram/g_VARS.fd"
    explains 0 "unable to find any master var store for loader: /usr/share/AAVMF/AAVMF_CODE.fd" \
        "no template" "apt install qemu-efi-aarch64"
    explains 0 "Format mismatch: loader.format='qcow2' nvram.format='raw'" "format 'qcow2'" \
        "qemu-img convert -O qcow2"
    explains 0 "system firmware block device pflash0 has invalid size 296960" "296960 bytes" \
        "multiple of"
    explains 0 "device requires 67108864 bytes, block backend provides 786432 bytes" \
        "truncate -s 67108864"
    explains 0 'Unknown ramblock "system.flash0", cannot accept migration' "<loader>"
}

@test "a ROM, a BIOS or flash that may not be opened is not said to be missing" {
    local file
    for file in "Could not open '/usr/share/OVMF/OVMF_CODE_4M.fd': Permission denied" \
        "Cannot access storage file '/usr/share/OVMF/OVMF_CODE_4M.fd' (as uid:64055, gid:104): Permission denied" \
        "kvm: -drive if=pflash,unit=1,file=/srv/y.raw: Could not open '/srv/y.raw': Permission denied" \
        '-blockdev {"driver":"file","filename":"/srv/y","node-name":"libvirt-pflash1-storage","auto-read-only":true,"discard":"unmap"}: Could not open '"'/srv/y': Permission denied" \
        "Could not open '/srv/bios-256k.bin': Permission denied" \
        "Could not open '/var/lib/libvirt/qemu/nvram/g_VARS.fd': Permission denied" \
        "Could not open '/srv/a b.rom': Permission denied" \
        "Could not open '/srv/g_VARS.fd': Permission"$'\n'"denied" \
        "qemu: Could not open option rom '/srv/x.rom': Permission denied"; do
        explains 0 "$file" "AppArmor or SELinux forbids it" "namei -l " "restorecon -v "
        output_lacks "apt install" "Install the package" "varstore create" "did not find" "romcompat flash map"
    done
    output_has "permission to open the ROM file /srv/x.rom"
    explains 0 "Could not open '/srv/a.rom': No such file or directory" "did not find the ROM file /srv/a.rom"
}

@test "an option ROM that QEMU goes on without is a ROM, and nobody's failure to start" {
    local message open=$'\u201c' close=$'\u201d' # GLib's quotes
    for message in "Could not open option rom 'kvmvapic.bin': No such file or directory" \
        "rom: file kvmvapic.bin        : error Failed to open file ${open}kvmvapic.bin$close: No such file or directory"; do
        explains 0 "$message" "did not find the ROM file kvmvapic.bin" "it goes on" "apt install qemu-system-data"
        output_lacks "did not start:" "did not start, or" firmware
    done
    explains 0 "rom: file /srv/x            : error Failed to open file $open/srv/x$close: Permission denied" \
        "denied permission to open the ROM file /srv/x" "namei -l"
}

@test "a BIOS that was not loaded may have a size that no x86 machine takes" {
    explains 0 "qemu: could not load PC BIOS '/srv/OVMF_CODE_4M.fd'" "not a multiple of" "65536" \
        "romcompat flash args --code /srv/OVMF_CODE_4M.fd"
    output_lacks "could not be opened"
    explains 0 "qemu: could not load PC BIOS 'bios-256k.bin'" "65536" "apt install seabios"
    output_lacks "flash args"
}

@test "flash messages of QEMU up to 3.1 are known" {
    explains 0 "oversized backing file, pflash segments cannot be mapped under 00000000ff800000" \
        "QEMU 3.1 or older" "larger than 8388608 bytes" "From QEMU 6.0 on"
    explains 0 "PC system firmware (pflash) cannot have zero size" "QEMU 3.1 or older" "multiple of"
    explains 0 "PC system firmware (pflash) must be a multiple of 0x1000" "QEMU 3.1 or older" "multiple of"
    explains 0 "Initialization of device cfi.pflash01 failed: failed to read the initial flash content" \
        "QEMU 3.1 or older" "shorter than the device"
}

@test "Proxmox's packages are named, alone for a file in its directories" {
    explains 0 'failed to find romfile "efi-virtio.rom"' "pve-qemu-kvm " "apt install ipxe-qemu "
    explains 0 'failed to find romfile "/usr/share/kvm/efi-virtio.rom"' "--reinstall pve-qemu-kvm "
    output_lacks ipxe-qemu ipxe-roms-qemu
    local file
    for file in OVMF_CODE_4M.secboot.fd:ovmf OVMF_SEV_CODE_4M.fd:ovmf OVMF32_CODE_4M.secboot.fd:ovmf \
        OVMF_CODE.fd:legacy OVMF_VARS.ms.fd:legacy AAVMF_CODE.fd:aarch64 RISCV_VIRT_CODE.fd:riscv; do
        explains 0 "TASK ERROR: EFI base image '/usr/share/pve-edk2-firmware//${file%:*}' not found" \
            "apt install --reinstall pve-edk2-firmware-${file#*:} "
        output_lacks Debian Fedora
    done
    # Proxmox has no libvirt.
    explains 0 "Unable to find any firmware to satisfy 'efi'" "apt install ovmf "
    output_lacks Proxmox
}

@test "a connection that broke says nothing of ROMs: status 2" {
    local message
    for message in "error: operation failed: job 'migration out' failed: Unable to write to socket: Broken pipe" \
        "qemu-kvm: Unable to read from socket: Connection reset by peer" "Connection reset by peer" "kvm: Broken pipe" \
        "error: unable to connect to server at 'h:49152': Connection refused" \
        "internal error: Lost connection to destination host" "ssh: connect to host h port 22: No route to host"; do
        explains 2 "$message" "A connection broke" "does not tell whether a RAM block or a ROM differs" \
            "no answer: line 1 says that something failed, and not why"
        output_lacks "which block" "time more"
    done
    explains 2 "qemu-system-x86_64: load of migration failed: Input/output error" "its stream ended early" "does not tell"
    # Nor is a block or a device the cause where the stream ended within it.
    for message in ram 0000:00:03.0/virtio-net; do
        explains 2 "kvm: error while loading state for instance 0x0 of device '$message'"$'\nkvm: load of migration failed: Input/output error' \
            "its stream ended early"
        output_lacks "was refused"
    done
    # What QEMU makes of the zeros behind the end: no block has a length of 0, or no name.
    for message in "Size mismatch: pc.ram: 0x0 != 0x4000000: Invalid argument" "Size mismatch: $NIC: 0x0 != 0x40000" \
        "Length mismatch: $NIC: 0x0 in != 0x40000" 'Unknown ramblock "", cannot accept migration' "Getting RAM address failed"; do
        explains 2 "kvm: $message"$'\nkvm: error while loading state for instance 0x0 of device "ram"\nkvm: load of migration failed: Invalid argument' \
            "its stream ended early"
        output_lacks "was refused" "-global"
    done
    explains 2 "load of migration failed: Input/output error: error while loading state for instance 0x0 of device 'ram': Unable to read from socket: Connection reset by peer" \
        "its stream ended early"
    output_lacks "was refused" "A connection broke"
    # Beside a refusal it is what came of it.
    explains 0 "kvm: Size mismatch: $NIC: 0x40000 != 0x80000: Invalid argument"$'\nerror: Unable to write to socket: Broken pipe' \
        "it has 256K of $NIC"
    output_lacks "A connection broke"
    run -2 --separate-stderr romcompat explain --json <<< "Connection reset"
    jq -e '.findings == [.findings[0]] and .findings[0].kind == "connection" and .failed_line == 1' <<< "$output"
}

@test "what is wrong with the content of memory, or with the stream, is no ROM's" {
    local message
    for message in "Received an unexpected compressed page" "Unknown combination of migration flags: 0x10" \
        "Unexpected RAM flags: 32" "Unexpected flags: 0x8" "Failed to load XBZRLE page - wrong compression!" \
        "Failed to decompress XBZRLE page at 0x1000" "Invalid compressed data length: 9999" "Illegal RAM offset 0x40000" \
        "Capability postcopy-ram is off, but received capability is on" "multifd 3: flags received 4 flags expected 2"; do
        explains 0 "kvm: $message"$'\nkvm: error while loading state section id 2(ram)\nkvm: load of migration failed: Invalid argument' \
            "in its stream" "ended early or was damaged" "No ROM file is the cause"
        output_lacks "which block" "romcompat preflight" "the content of its memory"
    done
    explains 0 $'kvm: error while loading state section id 2(ram)\nkvm: load of migration failed: Input/output error' \
        "accepted all RAM blocks" "no ROM file is the" "The connection broke"
    output_lacks "which block" "does not tell"
    explains 0 $'kvm: Mismatched RAM page size pc.ram (local) 2097152 != 4096\nerror while loading state for instance 0x0 of device "ram"' \
        "the pages of its memory, block pc.ram" "huge pages"
    output_lacks "which, the log"
    explains 0 "Unknown section or instance '0000:00:04.0/virtio-blk' 0. Make sure that" "it has the device 0000:00:04.0/virtio-blk"
    explains 0 "savevm: unsupported version 3 for '0000:00:04.0/virtio-blk' v2" "state of the device 0000:00:04.0/virtio-blk"
}

@test "a disk that could not be opened is not firmware: status 2" {
    local disk
    # Nor is one of a guest, or in a directory, that is named after firmware.
    for disk in /srv/disk.qcow2 /srv/images/ovmf-test.qcow2 /srv/my_code/disk.img /home/u/seabios-tests/d.qcow2 \
        /srv/vgabios/d.img /srv/ovmf.iso /srv/nvram-tests.qcow2 /srv/s390-debian.img /srv/opensbi-guest.raw; do
        explains 2 "qemu: Could not open '$disk': No such file or directory" \
            "nothing known found, but line 1 says that something failed"
        explains 2 "error: Cannot access storage file '$disk' (as uid:64055, gid:108): Permission denied" "nothing known"
    done
    for disk in /usr/share/qemu/ovmf-x86_64-ms-4m-code.bin /usr/share/OVMF/OVMF_CODE_4M.secboot.qcow2 /srv/OVMF.FD \
        /usr/share/qemu/s390-ccw.img /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.elf; do
        explains 0 "qemu: Could not open '$disk': No such file or directory" "$disk could not be opened" "It is firmware"
    done
    for disk in /var/lib/incus/virtual-machines/v/qemu.nvram /srv/images/g_VARS.qcow2 /home/u/.config/libvirt/qemu/nvram/g; do
        explains 0 "qemu: Could not open '$disk': No such file or directory" "$disk could not be opened" \
            "It is the guest's own variable store"
    done
}

@test "a log is read compressed, in UTF-16, in JSON, in a mail and in HTML" {
    cd "$BATS_TEST_TMPDIR"
    echo "kvm: Size mismatch: $NIC: 0x40000 != 0x80000: Invalid argument" > log
    gzip -k log
    xz -k log
    bzip2 -k log
    zstd -q log
    gzip -c log.xz > twice
    iconv -t UTF-16 log > log.utf16
    iconv -t UTF-16BE log > log.utf16be
    sed 's/^/> /; s/rom: /rom:=20=\n/; s/!=/!=3D/' log > log.mail
    sed 's/^/<pre>/; s/!=/<b>\&ne;<\/b>/' log > log.html
    for file in log log.gz log.xz log.bz2 log.zst twice log.utf16 log.utf16be log.mail log.html; do
        run -0 romcompat explain "$file"
        output_has "$file:1" "it has 256K of $NIC" "512K long"
    done
    head -c 200 log.xz > cut.xz
    head -c 60 log.gz > cut.gz
    run -2 romcompat explain cut.gz
    output_has "cut.gz: "
    explains 0 '{"msg":"qemu-kvm: Unknown ramblock \"pc.ram2\", cannot accept migration"}' pc.ram2
    (head -c 200000 /dev/zero | tr '\0' x; cat log) > long
    run -0 romcompat explain long
}

@test "a message wrapped in a table, a comment or a quoted mail, or escaped by Markdown or a syslog, is read" {
    local mark
    for mark in '| ' '# ' '// ' ' * ' '+ ' 'AB> ' '> > ' $'\u2502 '; do
        explains 0 "${mark}kvm: Size mismatch: $NIC: |"$'\n'"${mark}0x40000 != 0x80000: Invalid |" \
            "it has 256K of $NIC," "512K long"
    done
    explains 0 "kvm: Size mismatch: $NIC:\\"$'\n0x40000 != 0x80000' "it has 256K of $NIC,"
    explains 0 'Size mismatch: 0000:00:03.0/virtio\-net\-pci.rom: 0x40000 \!= 0x80000' "it has 256K of $NIC,"
    explains 0 "a#012Size mismatch: $NIC: 0x40000 != 0x80000#012b\\012" "it has 256K of $NIC,"
    # Of CSV, and of a shell.
    explains 0 '"x","Unknown ramblock ""pc.bios"", cannot accept migration"' "RAM block pc.bios,"
    explains 0 "'Unknown ramblock \"'\"pc.bios\"'\", cannot accept migration'" "RAM block pc.bios,"
    # What begins the next line of a log is no part of a name.
    run romcompat explain <<< "host qemu[1]: Size mismatch: $NIC:"$'\nhost qemu[1]: 0x40000 != 0x80000'
    output_lacks "qemu[1], and"
}

# refused_of TEXT WORD...: a refusal behind the text, with what is said of its machine and QEMU.
refused_of() {
    explains 0 "$1"$'\n'"kvm: Size mismatch: $NIC: 0x40000 != 0x80000" "it has 256K" "${@:2}"
}

@test "the machine type and version of a log are those of the guest, in any shape" {
    refused_of "qemu-system-x86_64 -machine '{\"type\":\"pc-q35-8.2\",\"accel\":\"kvm\"}'" "machine type pc-q35-8.2"
    refused_of "qemu-system-x86_64 -machine '{\"accel\": \"kvm\", \"type\": \"pc-q35-8.2\"}'" "machine type pc-q35-8.2"
    refused_of "machine: viommu=intel,type=pc-q35-8.1" "machine type pc-q35-8.1"
    refused_of $'[machine]\ngraphics = "off"\ntype = "q35"\naccel = "kvm"' "machine type q35"
    # What libvirt asks a QEMU with before is no guest's.
    refused_of $'/usr/bin/kvm -M pc-q35-7.2 -S\n/usr/bin/kvm -S -nodefaults -machine none,accel=tcg' \
        "machine type pc-q35-7.2"
    refused_of $'Using API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.7' "QEMU 7.2.7"
    refused_of $'(qemu) info version\n7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)' "QEMU 7.2.22"
    # Of two, nothing says which one refused it, and a QEMU before 8.1 reads the file of a guest that arrives.
    refused_of $'Destination: QEMU emulator version 7.2.22\nSource: QEMU emulator version 10.0.2' "A QEMU before 8.1"
    output_lacks "input:3, QEMU"
    refused_of $'qemu version: 7.2.22\nx starting up libvirt version: 9.0.0, qemu version: 10.0.2' "QEMU 10.0.2"
    refused_of $'qemu version: 10.0.2\nQEMU emulator version 10.0.2' "QEMU 10.0.2"
    # grep's lines are of different guests.
    explains 0 $'a.log:-machine pc-q35-7.2,usb=off\nb.log:-machine pc-q35-8.0,usb=off\nb.log:kvm: Size mismatch: x: 0x1 != 0x2' \
        "machine type pc-q35-8.0"
    explains 0 $'a.log:-machine pc-q35-7.2,usb=off\nb.log:kvm: Size mismatch: x: 0x1 != 0x2' "input:2"
    output_lacks "machine type"
    for other in "make -M pc-i440fx-2.0" "ps -M pc-1.0" "man --machine pc-q35-2.0"; do
        refused_of "$other"
        output_lacks "input:2, machine"
    done
}

@test "libvirt's refusals of a machine type are known, and the state of a device of an old QEMU" {
    explains 0 "error: invalid argument: could not find capabilities for arch=x86_64 domaintype=kvm machine=pc-q35-9.2 " \
        "does not have the machine type pc-q35-9.2"
    explains 0 "error: unsupported configuration: Target domain machine type pc-q35-8.0 does not match source pc-q35-6.2" \
        "machine type is pc-q35-6.2" "started with pc-q35-8.0" "-machine pc-q35-6.2"
    explains 0 "error while loading state section id 36(0000:00:04.0/virtio-net)" \
        "state of the device 0000:00:04.0/virtio-net"
    explains 0 "Unknown savevm section or instance '0000:00:04.0/virtio-blk' 0. Make sure" \
             "it has the device 0000:00:04.0/virtio-blk"
    explains 0 "qemu-kvm: Missing section footer for 0000:00:01.3/piix4_pm" "state of the device 0000:00:01.3/piix4_pm"
    explains 0 "qemu: Configuration section missing" "does not name a machine type"
    explains 0 'Unknown ramblock "/objects/ram-node0", cannot accept migration' "It is memory" "a memory backend"
    explains 0 'Unknown ramblock "0000:00:02.0/vga.vram", cannot accept migration' "the same devices"
}

@test "firmware that other programs miss, and that of other machines, is named" {
    explains 0 "TASK ERROR: EFI base image '/usr/share/pve-edk2-firmware//OVMF_CODE_4M.fd' not found" \
        "OVMF_CODE_4M.fd could not be opened" "romcompat flash map"
    explains 0 'Error: Required EFI firmware settings file missing "/opt/incus/share/qemu/OVMF_VARS.4MB.ms.fd"' \
        "OVMF_VARS.4MB.ms.fd could not be opened"
    explains 0 "error: unsupported configuration: Secure boot is supported with q35 machine types only" \
        "needs machine type q35"
    explains 0 'qemu-system-riscv64: Unable to load the RISC-V firmware "opensbi-riscv64-generic-fw_dynamic.bin"' \
        "apt install opensbi"
    explains 0 "qemu-system-s390x: could not load bootloader 's390-ccw.img'" "apt install qemu-system-data"
    explains 0 "qemu-system-ppc64: Could not find OPAL firmware 'skiboot.lid'" "apt install qemu-system-data"
    local message
    for message in "Failed to load ROM image 'x.bin'" "Couldn't find rom image 'x.bin'." "Failed to load firmware from x.bin" \
        "unable to load firmware image 'x.bin'" "could not find firmware/kernel file 'x.bin'"; do
        explains 0 "qemu-system-arm: $message" "x.bin could not be opened"
    done
}

@test "no firm no where anything failed, in other languages too" {
    local arrived='{"data": {"status": "completed"}, "timestamp": 1, "event": "MIGRATION"}'
    explains 2 "$arrived"
    arrived='{"data": {"status": "completed"}, "event": "MIGRATION"}'
    explains 1 "$arrived" "no guest was refused"
    local line
    for line in "Fehler: Interner Fehler" "erreur : opération" "błąd: x" "ошибка: x" "错误：x" "エラー: x" \
        'kvm: Failed to get "write" lock' "kvm: Permission denied" "could not open" \
        "kvm: Broken pipe" "Connection timed out" "cannot stat x" "Unsupported thing" "Killed" \
        '{"id": 1, "error": {"class": "GenericError", "desc": "x"}}' "ERROR nova.virt.libvirt.driver" 'level=error msg="x"' \
        "kvm[1]: qemu exited with status 1" "VM 100 qmp command 'migrate' - got timeout" "guest crashed" \
        "Size mismatch: 0000:00:03.0/virtio-ne" 'Unknown ramblock "pc.' "[error] x"; do
        explains 2 "$arrived"$'\n'"$line" "line 2 says that something failed"
    done
}

@test "a firm no is only said where the log shows a guest that arrived: status 1" {
    explains 1 '{"event": "MIGRATION", "data": {"status": "completed"}}' "no guest was refused"
    explains 1 $'2026 starting up libvirt version: 9.0.0\n/usr/bin/kvm -incoming defer\n2026: shutting down, reason=shutdown' \
        "no guest was refused"
    # What a QEMU has sent need not have arrived, and a saved guest has not.
    local sends
    for sends in '{"execute": "migrate", "arguments": {"uri": "exec:cat > f"}}' '(qemu) migrate -d tcp:h:4444'; do
        explains 2 "$sends"$'\n{"event": "MIGRATION", "data": {"status": "completed"}}' "nothing known found"
        explains 2 "$sends"$'\nMigration status: completed' "nothing known found"
        explains 1 "$sends"$'\n{"execute": "migrate-incoming"}\nMigration status: completed' "no guest was refused"
    done
    # One that was never to arrive.
    explains 2 $'2026 starting up libvirt version: 9.0.0\n/usr/bin/kvm -S\n2026: shutting down, reason=shutdown' \
        "nothing known found"
    # Something failed beside.
    explains 2 $'{"event": "MIGRATION", "data": {"status": "completed"}}\nerror: internal error: no' \
        "line 2 says that something failed"
}

@test "a log without any of that is no answer: status 2" {
    explains 2 "Size mismatch: none" "nothing known found"
    run -2 romcompat explain /dev/null
    run -2 romcompat explain /bin/true
    output_has "not readable as text"
}

@test "what cannot be read, and wrong usage, are status 2" {
    run -2 romcompat explain "$BATS_TEST_TMPDIR/none.log"
    output_has "none.log: No such file or directory"
    run -2 romcompat explain "$BATS_TEST_TMPDIR"
    output_has "a directory, not a log"
    run -2 romcompat explain a b
    output_has "too many operands (found 2, expected at most 1)"
}

# bats test_tags=long
@test "a line without end and bytes of any kind do no harm" {
    run -2 bash -c 'head -c 1000000 /dev/urandom | romcompat explain'
    run -2 bash -c 'head -c 20000000 /dev/zero | tr "\0" "a" | romcompat explain'
    run -0 bash -c 'printf "Size mismatch: \001\302\233/e1000.rom: 0x1 != 0x2\n" | romcompat explain'
    output_has '\x01' "/e1000.rom"
    output_lacks $'\1' $'\302\233'
}

@test "an error of QEMU's that is not known takes away the firm no, a warning does not" {
    arrived() {
        explains "$1" $'migration finished successfully (duration 00:00:05)\n'"$2" "$3"
    }
    arrived 2 "qemu-system-x86_64: Not a migration stream" "line 2 says that something failed"
    arrived 2 "kvm: get_pci_config_device: Bad config data: i=0x10 read: 81" "line 2"
    arrived 2 '{"event": "MIGRATION", "data": {"status": "cancelled"}}' "line 2"
    arrived 1 "kvm: warning: host doesn't support requested feature" "no guest was refused"
    arrived 1 $'(qemu) info ramblock\n -drive file=x,werror=stop,rerror=stop \\' "no guest was refused"
    arrived 1 "qemu-system-x86_64: terminating on signal 15 from pid 1 (libvirtd)" "no guest was refused"
    arrived 0 "qemu-system-x86_64: Size mismatch: $NIC: 0x40000 != 0x80000: Invalid argument" "The guest was refused"
}

@test "--json has each finding with its names, its lengths and what can be pasted" {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' "Size mismatch: 0000:00:03.0/virtio-net-pci.rom: 0x40000 != 0x80000: Invalid argument" \
        "qemu-system-x86_64: -device e1000: romfile \"a b.rom\" (300000 bytes) is too large for ROM size 262144" > log
    run -0 --separate-stderr romcompat explain --json log
    jq -e '.format == "romcompat-explain" and .source == "log" and .arrived == false and .left_out == 0 and
        (.findings | length == 2) and
        (.findings[0] | .kind == "lengths" and .line == 1 and .times == 1 and .other == null and
            .name == "0000:00:03.0/virtio-net-pci.rom" and .length == 262144 and .length_there == 524288) and
        (.findings[1] | .kind == "rom_over_romsize" and .line == 2 and .length == 300000 and
            (.fixes | any(startswith("romcompat pad --bucket 256K OLD/'"'"'a b.rom'"'"' -o "))) and
            (.text | contains("a b.rom has 300000 bytes")))' <<< "$output"
    for named in "qemu version: 2.11.1;2.11.1" ";null"; do
        printf '%s\n' "${named%;*}" "Length mismatch: 0000:00:03.0/e1000.rom: 0x80000 in != 0x40000: Invalid argument" > log
        run -0 --separate-stderr romcompat explain --json log
        local qemu=${named#*;}
        [ "$(jq -r '.findings[0] | "\(.qemu) \(.qemu_at_most)"' <<< "$output")" = "$qemu ${qemu/null/5.1}" ] || { show; false; }
    done
    echo "nothing of a guest" > log
    run -2 --separate-stderr romcompat explain --json log
    jq -e '.findings == [] and .failed_line == null' <<< "$output"
    [[ $stderr == *"nothing known found"* ]] || { show; false; }
}
