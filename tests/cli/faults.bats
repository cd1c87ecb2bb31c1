#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is written when memory runs out or a system call fails, at each of the places where that
# can be: the old output or the new one, whole, and no temporary.
# bats file_tags=no-asan
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir src
    "$BUILD/tests/cli/make_rom" legacy:4:1af4:1041 > in.rom
    cp in.rom src/a.rom
    put_local_romset
    sed 's/summary: .*/summary: another/; s/64K/128K/' r.yaml > s.yaml
    romcompat pad --bucket 64K in.rom -o old.rom
    romcompat pad --bucket 128K in.rom -o new.rom
    romcompat build -q r.yaml -o old
    romcompat build -q s.yaml -o new
}

fresh() {
    rm -rf out out.rom
    cp old.rom out.rom
    cp -a old out
}

# whole: both outputs are the old one or the new one, and nothing else is there.
whole() {
    cmp -s out.rom old.rom || cmp -s out.rom new.rom || { echo "out.rom is neither"; return 1; }
    diff -r out old > /dev/null || diff -r out new > /dev/null || { echo "out is neither"; return 1; }
    [ -z "$(find . -name '*romcompat-*')" ] || { find . -name '*romcompat-*'; return 1; }
}

# answers_after WHAT STATUS...: the last status is one of these.
answers_after() {
    local what=$1 wanted
    shift
    for wanted; do [ "$status" != "$wanted" ] || return 0; done
    echo "$what: status $status"
    cat message
    return 1
}

# Not by its bare name: what stands before the tool in PATH must not be what fails.
pad() { "$@" "$BUILD/romcompat" pad --bucket 128K in.rom -o out.rom; }
build() { "$@" "$BUILD/romcompat" build -q s.yaml -o out; }

# without_memory COMMAND STEP STATUS...: one allocation of every STEP fails, alone and with all
# that follow.
without_memory() {
    local preload=$BUILD/tests/cli/preload/fail_malloc.so command=$1 step=$2 n all
    shift 2
    fresh
    "$command" env "LD_PRELOAD=$preload" COUNT_MALLOC=count
    [ "$(cat count)" -gt 20 ]
    for ((n = 1; n <= $(cat count); n += step)); do
        for all in "" FAIL_ALL=1; do
            fresh
            status=0
            # shellcheck disable=SC2086 # none or one
            "$command" env "LD_PRELOAD=$preload" "FAIL_MALLOC=$n" $all > message 2>&1 || status=$?
            answers_after "$command, allocation $n $all" 0 "$@"
            whole
            [ "$status" = 0 ] || [ -s message ] || { echo "allocation $n: no message"; return 1; }
        done
    done
}

# bats test_tags=long
@test "when memory runs out, pad says so with status 2" {
    without_memory pad 1 2
}

# bats test_tags=long
@test "when memory runs out, build says so, or a library aborts; neither leaves half an output" {
    without_memory build 97 2 134 139
}

# bats test_tags=long
@test "a library that ends the program where there is no memory gives no answer" {
    tar -cJf in.tar.xz src
    LD_PRELOAD=$BUILD/tests/cli/preload/fail_malloc.so COUNT_MALLOC=count "$BUILD/romcompat" inspect in.tar.xz > all
    for ((n = 1; n <= $(cat count); n++)); do
        status=0
        LD_PRELOAD=$BUILD/tests/cli/preload/fail_malloc.so FAIL_MALLOC=$n "$BUILD/romcompat" inspect in.tar.xz > some 2> message || status=$?
        answers_after "allocation $n" 0 2 134 139
        # An answer is a whole one.
        [ "$status" != 0 ] || cmp all some
    done
}

@test "a libseccomp that does not come back, as without memory, is given up with a message" {
    cat > qemu << 'SCRIPT'
#!/bin/sh
case $1 in
-version) echo QEMU emulator version 7.2.0 ;;
-L) echo "$PWD" ;;
esac
SCRIPT
    chmod +x qemu
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 0000:00:03.0/virtio-net-pci.rom=262144 > a.save
    LD_PRELOAD=$BUILD/tests/cli/preload/seccomp_loops.so run -2 --separate-stderr \
        timeout 60 "$BUILD/romcompat" preflight --qemu ./qemu --file virtio-net-pci=in.rom --try a.save -- -machine pc-q35-7.2
    [ "$stderr" = "romcompat: ./qemu: cannot become user nobody: Cannot allocate memory" ]
    [ -z "$output" ]
}

# bats test_tags=long
@test "a system call that fails, whichever and wherever, leaves the old output or the new one" {
    local call n command error
    for command in pad build; do
        for call in write:ENOSPC fsync:EIO ftruncate:EIO fchmod:EPERM rename:EXDEV renameat2:EIO mkdir:ENOSPC mkdirat:ENOSPC linkat:EIO; do
            error=${call#*:}
            for ((n = 1; n < 60; n++)); do
                fresh
                status=0
                "$command" strace -qq -o trace -e trace="${call%:*}" -e inject="${call%:*}:error=$error:when=$n" > message 2>&1 || status=$?
                grep -q INJECTED trace || break
                answers_after "$command, $call number $n" 0 2
                whole || { echo "$command, $call number $n"; cat message; return 1; }
            done
        done
    done
}

@test "a crash leaves no temporary either" {
    local name
    for name in SEGV BUS ABRT FPE ILL; do
        fresh
        status=0
        pad strace -qq -o trace -e trace=fsync -e inject=fsync:signal=$name > message 2>&1 || status=$?
        [ "$status" = "$((128 + $(kill -l $name)))" ]
        grep -q "aborted by a fault in it, or because memory ran out" message
        whole
    done
}

# bats test_tags=long
@test "a signal that comes while a program is started or ends leaves nothing of what it writes" {
    local preload=$BUILD/tests/cli/preload/fail_call.so n
    sed 's/^source:/maintainer: A <a@b>\ncopyright: copyright\n&\n  version: 1/' r.yaml > d.yaml
    echo free > src/copyright
    deb() { rm -rf deb; status=0; env "LD_PRELOAD=$preload" "$@" "$BUILD/romcompat" build -q --deb d.yaml -o deb > message 2>&1 || status=$?; }
    deb COUNT_CALLS=count
    [ "$status" = 0 ]
    for ((n = 1; n <= $(sed -n 's/^close //p' count); n++)); do
        deb FAIL_CALL=close FAIL_NUMBER="$n" FAIL_SIGNAL=15
        answers_after "close number $n" 143 0
        [ -z "$(find . -name '*romcompat-*')" ] || { echo "close number $n"; find . -name '*romcompat-*'; return 1; }
    done
}

@test "a fault in the tool ends the program that writes first, and leaves nothing of it" {
    sed 's/^source:/maintainer: A <a@b>\ncopyright: copyright\n&\n  version: 1/' r.yaml > d.yaml
    echo free > src/copyright
    mkdir bin
    cat > bin/dpkg-deb << 'SCRIPT'
#!/bin/sh
: > started
while mkdir -p ".deb.romcompat-new/scratch/$((n += 1))"; do :; done
SCRIPT
    chmod +x bin/dpkg-deb
    PATH=$PWD/bin:$PATH "$BUILD/romcompat" build -q --deb d.yaml -o deb 2> message 3>&- &
    until [ -e started ]; do sleep 0.05; done
    kill -BUS $!
    status=0
    wait $! || status=$?
    [ "$status" = 135 ]
    sleep 0.3
    grep -q "aborted by a fault" message
    [ -z "$(find . -name '*romcompat-*' -o -name deb)" ]
}
