# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced: boots firmware under TCG with a script for the UEFI shell, and listens at the
# serial port.

BOOT_SECONDS=180

# Several scripts boot firmware at the same time, and under TCG each guest wants a CPU: no more
# of them run at once than this, whoever starts them. Most of a boot is waiting for the shell's
# countdown.
GUESTS_AT_ONCE=$(($(nproc) + 2))

# take_turn: waits until another guest may run; done_turn ends it. QEMU must not inherit $turn,
# an open file.
take_turn() {
    local i
    while :; do
        for ((i = 0; i < GUESTS_AT_ONCE; i++)); do
            exec {turn}>"$QEMU/log/guest.$i"
            flock -n "$turn" && return
            exec {turn}>&-
        done
        sleep 1
    done
}
done_turn() { exec {turn}>&-; }

# start_shell NAME SCRIPT WORD...: starts QEMU by WORDs (program first), in which the firmware
# is named, with the script on a disk, and lets it run as $SHELL_PID. What it says is in
# NAME.serial, what QEMU says in NAME.log. With SHELL_FILE set, that shell is what the firmware
# boots.
start_shell() {
    local name=$1 script=$2
    shift 2
    mkdir -p "$name.fs"
    printf '%b' "$script" >"$name.fs/startup.nsh"
    if [ -n "${SHELL_FILE:-}" ]; then
        mkdir -p "$name.fs/EFI/BOOT"
        cp "$name.fs/startup.nsh" "$name.fs/EFI/BOOT/"
        cp "$SHELL_FILE" "$name.fs/EFI/BOOT/BOOTX64.EFI"
    fi
    take_turn
    "$@" -accel tcg -m 256 -nodefaults -display none -no-reboot -serial "file:$name.serial" \
        -drive "file=fat:rw:$name.fs,format=raw,if=none,id=d" -device virtio-blk-pci,drive=d,romfile= >"$name.log" 2>&1 </dev/null {turn}>&- &
    SHELL_PID=$!
}

# await_shell NAME [TEXT]: until the guest has said TEXT, has ended, died or had its time.
await_shell() {
    local second=0
    while kill -0 "$SHELL_PID" 2>/dev/null && [ $second -lt $BOOT_SECONDS ]; do
        grep -qsa "${2:-Exception Type}" "$1.serial" && break
        grep -qsa 'Exception Type' "$1.serial" && break
        sleep 1
        second=$((second + 1))
    done
    [ -e "$1.serial" ] || : >"$1.serial"
}

# end_process PID: of a child. QEMU 7.2 with SMM and flash can hang in its own end after SIGTERM.
end_process() {
    local tenth=0
    kill "$1" 2>/dev/null
    while kill -0 "$1" 2>/dev/null && [ $tenth -lt 100 ]; do
        sleep 0.1
        tenth=$((tenth + 1))
    done
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

end_shell() {
    end_process "$SHELL_PID"
    done_turn
}

# boot_shell NAME SCRIPT WORD...: all three, for a script that ends the guest.
boot_shell() {
    start_shell "$@"
    await_shell "$1"
    end_shell
}
