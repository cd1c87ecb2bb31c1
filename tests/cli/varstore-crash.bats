#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Variable stores under races, kills and full disks: a new file is whole or not there, nothing
# lies beside it, and what it was made of is what it was.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    mkdir "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
    cd "$BATS_TEST_TMPDIR/in" || return
    CODE=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE.fd
    make_store 2M Name:1:4 Name:2:5 Orphan:1:6:3e pending=Late:1:700 > old
    cp old broken
    printf '\1\1' | dd of=broken bs=1 seek=50 conv=notrunc status=none
    romcompat varstore export old --out json 2> lost
    sha256sum ./* > ../sums
}

nothing_beside() { # FILE...: no other file is there, and the old ones are untouched
    local found
    sha256sum --quiet -c ../sums || return
    found=$(find ../out -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')
    [ "$found" = "${*:+$* }" ] || { echo "found: $found"; return 1; }
}

# make HOW OUT: a new store in one of the four ways.
make() {
    case $1 in
    create) romcompat varstore create --code "$CODE" --out "$2" ;;
    convert) romcompat varstore convert old --code "$CODE" --out "$2" ;;
    repair) romcompat varstore repair broken --out "$2" ;;
    import) romcompat varstore import json --into old --out "$2" ;;
    qcow2) romcompat varstore repair broken --out "$2" --format qcow2 ;;
    esac
}
ways='create convert repair import qcow2'

# bats test_tags=long
@test "of 50 that make one store in four ways at once, one succeeds and all others say why" {
    for how in $ways; do make "$how" "../$how" > /dev/null 2>&1; done
    for i in {1..50}; do
        # shellcheck disable=SC2086
        how=$(set -- $ways; shift $((i % 4)); echo "$1")
        {
            status=0
            make "$how" ../out/race > /dev/null 2> "../error.$i" || status=$?
            echo "$status $how"
        } &
    done > ../ends
    wait
    cat ../ends
    [ "$(grep -c '^0 ' ../ends)" = 1 ]
    [ "$(grep -c '^2 ' ../ends)" = 49 ]
    cmp ../out/race "../$(sed -n 's/^0 //p' ../ends)"
    [ "$(cat ../error.* | sort -u)" = "romcompat: ../out/race: exists already, and is not replaced" ]
    nothing_beside race
}

@test "killed at each call that touches the new file, it is whole or not there" {
    for how in convert import; do
        case $how in
        convert) words=(varstore convert old --code "$CODE" --out ../out/x) ;;
        import) words=(varstore import json --into old --out ../out/x) ;;
        esac
        # Openings of libraries and inputs come first: what counts is at the end.
        opened=$(strace -c -e trace=openat -o /dev/stdout romcompat "${words[@]}" 2> /dev/null | awk '$NF == "openat" {print $4}')
        mv ../out/x ../$how
        for call in openat:$((opened - 1)) openat:"$opened" write:1 fchown:1 fchmod:1 fsync:1 linkat:1 fsync:2; do
            ended=0
            strace -o /dev/null -e trace="${call%:*}" -e inject="${call%:*}:signal=KILL:when=${call#*:}" \
                romcompat "${words[@]}" > /dev/null 2>&1 || ended=$?
            [ $ended = 137 ] # each of these calls is made
            if [ -e ../out/x ]; then
                cmp ../out/x ../$how
                rm ../out/x
            fi
            nothing_beside
        done
    done
}

# bats test_tags=long
@test "killed at any time, it is whole or not there" {
    killed=0
    for how in $ways; do
        make "$how" "../$how" > /dev/null 2>&1
        for _ in {1..5}; do
            make "$how" ../out/x > /dev/null 2>&1 &
            pid=$!
            sleep "0.0$((RANDOM % 10))"
            # The shell's function is a process of its own: what it runs goes first.
            pkill -KILL -P $pid || true
            wait $pid || killed=$((killed + 1))
            if [ -e ../out/x ]; then
                cmp ../out/x "../$how"
                rm ../out/x
            fi
            nothing_beside
        done
    done
    echo "killed: $killed of 25"
    [ "$killed" -ge 3 ]
}

@test "on a full disk nothing is left, and the message says so" {
    for how in $ways; do
        export CODE how
        export -f make
        # shellcheck disable=SC2016
        run -2 bash -c 'ulimit -f 60; trap "" XFSZ; make $how ../out/x' bash
        output_has "File too large"
        nothing_beside
    done
}

@test "a store that a guest runs with is refused by all that read one" {
    for how in convert import; do
        export CODE how
        export -f make
        # shellcheck disable=SC2016
        run -2 "$BUILD/tests/cli/hold_image" old bash -c 'make $how ../out/x'
        output_has "old: in use: a running guest writes to it"
    done
    run -2 "$BUILD/tests/cli/hold_image" broken romcompat varstore repair broken --out ../out/x
    output_has "broken: in use"
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore create --code "$CODE" --template old --out ../out/x
    output_has "old: in use"
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore export old --out ../out/x
    output_has "old: in use"
    nothing_beside
}
