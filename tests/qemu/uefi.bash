# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced: boots firmware under TCG with a script for the UEFI shell, and listens at the
# serial port.

BOOT_SECONDS=180

# boot_shell NAME SCRIPT WORD...: starts QEMU by WORDs (program first), in which the firmware
# is named, with the script on a disk; returns when the guest has ended, died or had its time.
# What it said is in NAME.serial, what QEMU said in NAME.log. With SHELL_FILE set, that shell
# is what the firmware boots.
boot_shell() {
    local name=$1 script=$2 pid second=0
    shift 2
    mkdir -p "$name.fs"
    printf '%b' "$script" >"$name.fs/startup.nsh"
    if [ -n "${SHELL_FILE:-}" ]; then
        mkdir -p "$name.fs/EFI/BOOT"
        cp "$name.fs/startup.nsh" "$name.fs/EFI/BOOT/"
        cp "$SHELL_FILE" "$name.fs/EFI/BOOT/BOOTX64.EFI"
    fi
    "$@" -accel tcg -m 256 -nodefaults -display none -no-reboot -serial "file:$name.serial" \
        -drive "file=fat:rw:$name.fs,format=raw,if=none,id=d" -device virtio-blk-pci,drive=d,romfile= >"$name.log" 2>&1 </dev/null &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ $second -lt $BOOT_SECONDS ]; do
        grep -qsa 'Exception Type' "$name.serial" && break
        sleep 1
        second=$((second + 1))
    done
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ -e "$name.serial" ] || : >"$name.serial"
}
