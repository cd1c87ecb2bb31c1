#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# preflight against the QEMU of this machine. test_preflight.c has the same with more versions.
load ../cli/common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    QEMU=$(command -v qemu-system-x86_64)
}

@test "every device with a ROM that this machine's QEMU has is known" {
    run -0 "$BUILD/tests/qemu/test_preflight_devices" "$QEMU"
    output_has "with a ROM, "
    output_lacks "not ok"
}

@test "a dozen guests fare as preflight says" {
    local rom
    mkdir -p scratch roms/{old,grown,small,empty}
    for rom in efi-virtio.rom efi-e1000e.rom vgabios-stdvga.bin; do
        truncate -s 250000 roms/old/$rom
        truncate -s 262145 roms/grown/$rom
        truncate -s 131072 roms/small/$rom
    done
    ROMCOMPAT_QEMU=$PWD ROMCOMPAT_BUILD=$BUILD run -0 "$BUILD/tests/qemu/test_preflight_here" "$QEMU"
    run -0 cat scratch/agreement.txt
    output_has "12 cases, 12 agree, 0 disagree" lands refused
}

# A paused guest of that QEMU, saved as `saved`.
save() { # ARG...
    {
        echo '{"execute": "qmp_capabilities"}'
        echo '{"execute": "migrate", "arguments": {"uri": "exec:cat > saved; touch sent"}}'
        while [ ! -e sent ]; do sleep 0.05; done
        sleep 0.1
        echo '{"execute": "quit"}'
    } | timeout 60 "$QEMU" -nodefaults -display none -accel tcg -S -m 16 -qmp stdio "$@" >/dev/null
}

@test "--try says what QEMU says of a whole guest, and leaves all files as they are" {
    local given=(-nodefaults -accel tcg -m 16 -M pc -device VGA)
    local card=(-device "e1000,netdev=u" -netdev "user,id=u,hostfwd=tcp:127.0.0.1:1-:1")
    truncate -s 1M disk.img
    save -M pc -device VGA -drive if=none,id=d,format=raw,file=disk.img -device virtio-blk-pci,drive=d \
        -device e1000,netdev=u -netdev user,id=u
    sha256sum saved disk.img >sums
    run -0 romcompat preflight --try --qemu "$QEMU" saved -- "${given[@]}" -pidfile pid -D log \
        -drive if=none,id=d,format=raw,file=disk.img -device virtio-blk-pci,drive=d "${card[@]}" \
        -chardev file,id=c,path=chardev -monitor unix:monitor,server=on,wait=off -serial file:serial \
        -netdev tap,id=n,script=./script
    output_has "tried there         yes" "Only what was tried includes the state of devices and CPUs"
    run -0 romcompat preflight --json --try --qemu "$QEMU" saved -- "${given[@]}" \
        -blockdev '{"driver":"file","filename":"disk.img","node-name":"f"}' \
        -blockdev '{"driver":"raw","file":"f","node-name":"d"}' -device '{"driver":"virtio-blk-pci","drive":"d"}' \
        "${card[@]}"
    output_lacks "has no peer"
    # Without the disk the machine is another one, which its RAM does not tell.
    run -1 romcompat preflight --try --qemu "$QEMU" saved -- "${given[@]}" -device e1000,addr=4
    output_has "arrives             yes" "tried there         no: " "QEMU: " \
        "It refuses the state of a device or CPU, which no ROM file fixes"
    output_lacks "warning:"
    run -0 sha256sum -c sums
    run -0 ls
    output_lacks pid log chardev monitor serial
}

@test "--try runs nothing of which it does not know that it leaves the host alone" {
    save -M pc
    run -2 romcompat preflight --try --qemu "$QEMU" saved -- -M pc -virtfs local,path=.
    output_has "-virtfs: not known to be free of side effects on the host"
    run -2 romcompat preflight --try --qemu "$QEMU" saved -- -M pc -device vfio-pci,host=00:01.0
    output_has "a device of the host or of another process cannot be tried"
    run -2 romcompat preflight --try --qemu "$QEMU" saved -- -M pc -drive file=gone.img
    output_has "gone.img"
    run -2 romcompat preflight --try --qemu "$QEMU" saved -- -M pc -set drive.d.file=x
    run -2 romcompat preflight --try --qemu "$QEMU" saved
    output_has "a bare stream does not say how its QEMU was started"
    run -2 romcompat preflight --try --qmp socket -- -M pc
    run -2 romcompat preflight --try - -- -M pc
}
