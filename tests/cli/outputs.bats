#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to outputs when a signal, a limit, another user or the disk comes between. strace
# makes the system call in question fail, or sends the signal when it is made.
load common
PATH=$BUILD:$PATH # signals are for the tool itself

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir src
    "$BUILD/tests/cli/make_rom" legacy:4:1af4:1041 > in.rom
    cp in.rom src/a.rom
    put_local_romset
}

teardown() {
    [ -z "${holder:-}" ] || kill "$holder" || :
}

with() { # INJECTION COMMAND... Whoever runs the tests may have signals ignored.
    strace -qq -f -o trace -e trace="${1%%:*}" -e inject="$1" env --default-signal "${@:2}"
}

no_temporaries() {
    [ -z "$(find . -name '*romcompat-*')" ] || { find . -name '*romcompat-*'; return 1; }
}

hold() { # FILE: another process keeps it locked.
    flock "$1" sleep 300 3>&- &
    holder=$!
    until ! flock --nonblock "$1" true; do sleep 0.01; done
}

@test "a temporary file or directory of another user is refused before anyone waits for its lock" {
    touch .out.rom.romcompat-new
    hold .out.rom.romcompat-new
    # The answer to the question who we are is another one here.
    run -2 timeout 60 strace -qq -o trace -e inject=geteuid:retval=4242 romcompat pad --bucket 64K in.rom -o out.rom
    output_has ".out.rom.romcompat-new: exists and is not ours (its owner is user $(id -u))"
    [ ! -e out.rom ] && [ -e .out.rom.romcompat-new ]
    kill "$holder"
    mkdir .set.romcompat-new
    hold .set.romcompat-new
    run -2 timeout 60 strace -qq -o trace -e inject=geteuid:retval=4242 romcompat build r.yaml -o set
    output_has ".set.romcompat-new: exists and is not ours"
}

@test "another process of the same user that holds the lock is waited for, but not for ever" {
    touch .out.rom.romcompat-new
    hold .out.rom.romcompat-new
    # Sleeping takes no time here.
    run -2 with clock_nanosleep:retval=0 timeout 60 romcompat pad --bucket 64K in.rom -o out.rom
    output_has "another process has been writing to it for more than 30 seconds"
    [ ! -e out.rom ]
    grep -qE '^#define OWN_LOCK_SECONDS 30 ' "$TOP/packaging/outputs/own_lock.h"
    grep -qF "waited for at most 30 seconds" <<< "$(manual)"
}

@test "where files may not become long enough, the write fails, and nothing is left" {
    run -2 bash -c 'ulimit -f 32; romcompat pad --bucket 256K in.rom -o out.rom'
    output_has "out.rom: File too large"
    run -2 bash -c 'ulimit -f 32; romcompat build r.yaml -o set'
    output_has "File too large"
    run -2 bash -c 'ulimit -f 0; romcompat inventory -o inventory.json'
    output_has "inventory.json: File too large"
    [ ! -e out.rom ] && [ ! -e set ] && [ ! -e inventory.json ]
    no_temporaries
}

@test "a signal that ends the program ends it, and leaves no temporary file or directory" {
    local name
    for name in INT TERM HUP QUIT; do
        run -"$((128 + $(kill -l $name)))" with "fsync:signal=$name" romcompat pad --bucket 64K in.rom -o out.rom
        [ ! -e out.rom ]
        no_temporaries
        run -"$((128 + $(kill -l $name)))" with "fsync:signal=$name" romcompat build r.yaml -o set
        [ ! -e set ]
        no_temporaries
    done
    # One that is ignored, as nohup does, stays so.
    run -0 bash -c "trap '' HUP; strace -qq -o trace -e inject=fsync:signal=HUP romcompat pad --bucket 64K in.rom -o out.rom"
    [ -e out.rom ]
}

@test "a reader that goes away is an error of the write" {
    run -0 bash -c 'romcompat pad --bucket 4M in.rom -o - 2> err | head -c 1 > one; echo "${PIPESTATUS[0]}"'
    [ "$output" = 2 ]
    grep -q "Broken pipe" err
}

@test "when the directory cannot be synced, that is said, and that the output stands" {
    run -2 with fsync:error=EIO:when=2 romcompat pad --bucket 64K in.rom -o out.rom
    output_has "out.rom: written, but its directory cannot be synced (Input/output error)"
    [ "$(stat -c %s out.rom)" = 65536 ]
    run -0 romcompat build r.yaml -o set
    n=$(find set | wc -l)
    rm -r set
    run -2 with "fsync:error=EIO:when=$((n + 1))" romcompat build r.yaml -o set
    output_has "set: written, but its directory cannot be synced"
    [ -e set/manifest.json ]
    no_temporaries
    # The sync of the file itself is another matter.
    run -2 with fsync:error=EIO:when=1 romcompat pad --bucket 64K in.rom -o new.rom
    output_has "new.rom: Input/output error"
    [ ! -e new.rom ]
}

@test "an output that is replaced keeps its owner, or is not replaced" {
    echo old > out.rom
    chmod 640 out.rom
    if [ "$(id -u)" = 0 ]; then
        chown 4242:4343 out.rom
        run -0 romcompat pad --bucket 64K in.rom -o out.rom
        [ "$(stat -c %u:%g:%a:%s out.rom)" = 4242:4343:640:65536 ]
        echo old > out.rom
        run -2 with fchown:error=EPERM romcompat pad --bucket 64K in.rom -o out.rom
        output_has "out.rom: not replaced: its owner 4242:4343 cannot be kept (Operation not permitted)"
        [ "$(cat out.rom)" = old ]
        no_temporaries
    else
        run -0 romcompat pad --bucket 64K in.rom -o out.rom
        [ "$(stat -c %u:%a out.rom)" = "$(id -u):640" ]
    fi
}

@test "a link is not taken for the directory that it leads to" {
    run -0 romcompat build r.yaml -o real
    ln -s real link
    for name in link link/; do
        run -2 romcompat build r.yaml -o "$name"
        output_has "a symbolic link, and only a directory is replaced as a whole" "Name the directory that it leads to."
    done
    ln -s nowhere dangling
    run -2 romcompat build r.yaml -o dangling
    output_has "a symbolic link"
    [ -L link ] && [ -L dangling ] && [ ! -e nowhere ]
}

@test "no directory is made for an output whose path is too long" {
    printf -v path 'x/%.0s' {1..3000}
    "$BUILD/tests/cli/make_store" 4M a:1:4 > store.fd
    run -2 --separate-stderr romcompat varstore export store.fd --out "${path}out.json"
    [[ $stderr == "romcompat: x/x/"* ]] || { show; false; }
    [ ! -e x ]
}
