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
# an open file. Of many that wait one looks for a place that is free, the others wait at its door.
take_turn() {
    local door i
    exec {door}>"$QEMU/log/guest.door"
    flock "$door"
    while :; do
        for ((i = 0; i < GUESTS_AT_ONCE; i++)); do
            exec {turn}>"$QEMU/log/guest.$i"
            flock -n "$turn" && { exec {door}>&-; return; }
            exec {turn}>&-
        done
        sleep 0.5
    done
}
done_turn() { exec {turn}>&-; }

# start_shell NAME SCRIPT WORD...: starts QEMU by WORDs (program first), in which the firmware
# is named, with the script on a disk, and lets it run as $SHELL_PID. What it says is in
# NAME.serial, what QEMU says in NAME.log. With SHELL_FILE set, that shell is what the firmware
# boots. With VOLUME set, the disk is that file, a FAT volume, and not a directory in which QEMU
# looks for what the guest wrote: of a file that grew while it was written it may find nothing.
start_shell() {
    local name=$1 script=$2 disk=fat:rw:$1.fs
    shift 2
    mkdir -p "$name.fs"
    printf '%b' "$script" >"$name.fs/startup.nsh"
    if [ -n "${SHELL_FILE:-}" ]; then
        mkdir -p "$name.fs/EFI/BOOT"
        cp "$name.fs/startup.nsh" "$name.fs/EFI/BOOT/"
        cp "$SHELL_FILE" "$name.fs/EFI/BOOT/BOOTX64.EFI"
    fi
    if [ -n "${VOLUME:-}" ]; then
        [ -e "$VOLUME" ] || mformat -C -i "$VOLUME" -T 131072 ::
        mcopy -Q -o -s -i "$VOLUME" "$name.fs"/* ::/
        disk=$VOLUME
    fi
    take_turn
    "$@" -accel tcg -m 256 -nodefaults -display none -no-reboot -serial "file:$name.serial" \
        -drive "file=$disk,format=raw,if=none,id=d" -device virtio-blk-pci,drive=d,romfile= >"$name.log" 2>&1 </dev/null {turn}>&- &
    SHELL_PID=$!
}

# is_written FILE: within the last seconds.
is_written() { [ -n "$1" ] && [ $(($(date +%s) - $(stat -c %Y "$1" 2>/dev/null || echo 0))) -lt 20 ]; }

# await_shell NAME [TEXT]: until the guest has said TEXT, has ended, died or had its time. With
# STORE_FILE set, its time goes on while it writes to that: firmware carries out a pending write
# of a store byte by byte, each of which QEMU writes to the file, which took five minutes on a
# busy machine.
await_shell() {
    local second=0 writing=0
    while kill -0 "$SHELL_PID" 2>/dev/null && [ $second -lt $BOOT_SECONDS ] && [ $writing -lt 900 ]; do
        grep -qsa "${2:-Exception Type}" "$1.serial" && break
        grep -qsa 'Exception Type' "$1.serial" && break
        sleep 1
        if is_written "${STORE_FILE:-}"; then writing=$((writing + 1)); else second=$((second + 1)); fi
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
