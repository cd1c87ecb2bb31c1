#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# romcompat xen, on a host whose xl is a program of the tests, and a library of theirs dom0's kernel;
# with a real Xen: `make check-xen`.
load common

UUID=6b1fdb55-7a0a-4a31-a9bb-4b6e0c2f0d17

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    PATH=$BATS_TEST_DIRNAME/xen-host:$PATH
    SMALL=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/ovmf/OVMF.fd
    export XEN_HOST=$PWD
    KERNEL=(env "LD_PRELOAD=$BUILD/tests/cli/preload/privcmd.so" ASAN_OPTIONS=verify_asan_link_order=0)
    echo $UUID > uuid
    : > domains
    : > lives
    : > g1.cfg
    config '' "$SMALL"
    memory first Boot0000:0x11:80
    memory second Boot0000:0x11:80 Two:0x22:4
}

# config MEMBERS FIRMWARE: what xl -N create answers.
config() {
    cat > config.json <<EOF
{"c_info": {"type": "hvm", "name": "g1", "uuid": "UUID"},
 "b_info": {"type.hvm": {"bios": "ovmf", "system_firmware": "$2"}}, $1 "on_soft_reset": "soft_reset"}
EOF
}

# memory FILE VARIABLE...: a guest's memory with these variables.
memory() {
    local name=$1
    shift
    "$BUILD/tests/cli/make_store" 4M "$@" > "$name.store"
    "$BUILD/tests/cli/make_core" raw 0x2000000 "$name.store@0x1ef4000" > "$name"
}

# xen SUBCOMMAND...: those that read a domain's memory with the tests' kernel.
xen() {
    local sub=$1
    shift
    case $sub in
    run | save) "${KERNEL[@]}" "$BUILD/romcompat" xen "$sub" --state state "$@" ;;
    *) romcompat xen "$sub" --state state "$@" ;;
    esac
}
start() { xen run "$@"; }
# begin: the same in the background, as $!.
begin() { "${KERNEL[@]}" "$BUILD/romcompat" xen run --state state g1.cfg > log 2>&1 3>&- & }
# live FILE: names of the live variables, sorted.
live() { romcompat flash inspect "$1" | awk '$4 == "3f" {print $NF}' | sort; }

# bats test_tags=long
@test "a domain that powers off is kept, and destroyed; the next start has its variables" {
    echo "---s-- 0 first" > lives
    run -0 start g1.cfg
    output_has "starts from $SMALL, for the first time" "domain 5 has powered off" \
        "$UUID: 1 variable of domain 5 kept as generation 1"
    [ "$(cat firmware.path)" = "$SMALL" ]
    [ "$(tail -n 1 orders)" = "destroy 5" ]
    grep -q 'create .*g1.cfg .*on_poweroff="preserve" on_reboot="preserve" on_crash="preserve"' orders
    [ "$(stat -c %a state/$UUID state/$UUID/*.store)" = $'700\n600' ]
    cmp state/$UUID/*.store first.store

    echo "---s-- 0 second" > lives
    run -0 start g1.cfg
    output_has "starts from $SMALL with generation 1" "2 variables of domain 6 kept as generation 2"
    [ "$(cat firmware.path)" = "state/$UUID/firmware.fd" ]
    [ "$(stat -c %a state/$UUID/firmware.fd)" = 600 ]
    [ "$(live firmware.6)" = Boot0000 ]
    cmp -i 131072 firmware.6 "$SMALL"
}

# bats test_tags=long
@test "a reboot starts the domain again with what it had; the same variables are kept once" {
    config '"on_reboot": "restart",' "$SMALL"
    printf '%s\n' "---s-- 1 second" "---s-- 0 second" > lives
    run -0 start g1.cfg
    output_has "domain 5 wants to reboot" "with generation 1" "domain 6 has powered off" \
        "the variables of domain 6 are those of the newest generation"
    [ "$(live firmware.6)" = $'Boot0000\nTwo' ]
    [ "$(find state/$UUID -name '*.store' | wc -l)" = 1 ]
}

# bats test_tags=long
@test "what the configuration says of an end is done: preserve, and a crash" {
    config '"on_poweroff": "preserve", "on_crash": "restart",' "$SMALL"
    printf '%s\n' "---sc- 3 first" "---s-- 0 second" > lives
    run -0 start g1.cfg
    output_has "domain 5 has crashed" "domain 6 has powered off" "domain 6 is preserved"
    [ "$(grep -c destroy orders)" = 1 ]
}

@test "a domain that is here already is taken over, whoever shares its name" {
    printf '%-40s %5d %5lu %5d     %6s  %8.1f %s %8s %16s\n' g1 3 128 1 ---s-- 1.5 11111111-2222-3333-4444-555555555555 0 - > others
    printf '%-40s %5d %5lu %5d     %6s  %8.1f %s %8s %16s\n' g1 4 128 1 ---s-- 1.5 $UUID 0 - > mine
    cat others mine > domains
    echo 4 > id
    cp second memory.4
    run -0 start g1.cfg
    output_has "domain 4 is here already" "2 variables of domain 4 kept as generation 1"
    run ! grep -q '^create' orders
    [ "$(tail -n 1 orders)" = "destroy 4" ]
    cat others mine > domains
    run -2 xen save g1
    output_has "two domains have this name" "$UUID"
}

@test "a domain that cannot be read is left as it is, and kept by the next run" {
    echo "---s-- 0 nothing" > lives
    run -2 start g1.cfg
    output_has "cannot be limited to domain 5: No such file" "domain 5 is left as it is"
    run ! grep -q '^destroy' orders
    cp first memory.5
    run -0 start g1.cfg
    output_has "domain 5 is here already" "kept as generation 1"
    [ "$(tail -n 1 orders)" = "destroy 5" ]
}

@test "another user's locks are not waited for" {
    [ "$(id -u)" = 0 ] || skip "only root can make a file of another user's"
    printf '%-40s %5d %5lu %5d     %6s  %8.1f %s %8s %16s\n' g1 4 128 1 ---s-- 1.5 $UUID 0 - > domains
    echo 4 > id
    cp second memory.4
    mkdir -p state/$UUID
    touch state/$UUID/lock state/$UUID/run
    chown 1 state/$UUID/lock state/$UUID/run
    run -2 xen save $UUID
    output_has "lock: exists and is not ours"
    run -2 start g1.cfg
    output_has "run: exists and is not ours"
}

@test "a run that was killed is taken up by the next, and two at once are refused" {
    echo "------ - first" > lives
    begin
    until [ -s domains ]; do kill -0 $!; sleep 0.05; done
    run -2 start g1.cfg
    output_has "another process keeps these variables"
    kill -9 $!
    wait $! || :
    # As it powers off later.
    sed -i 's/------/---s--/; s/ - / 0 /' domains
    run -0 start g1.cfg
    output_has "domain 5 is here already" "kept as generation 1"
    [ "$(grep -c '^create' orders)" = 1 ]
}

# bats test_tags=long
@test "SIGTERM asks the domain to shut down, and its variables are kept" {
    config '"on_poweroff": "restart",' "$SMALL"
    echo "------ - first" > lives
    begin
    until [ -s domains ]; do kill -0 $!; sleep 0.05; done
    kill $!
    wait $!
    grep -q "domain 5 is asked to shut down" log
    grep -q "kept as generation 1" log
    [ "$(grep -c '^create' orders)" = 1 ]
}

@test "a domain that is gone, or suspended for a migration, is left to xl" {
    echo "---ss- 2 first" > lives
    begin
    until [ -s domains ]; do kill -0 $!; sleep 0.05; done
    sleep 0.5
    : > domains
    wait $!
    grep -q "is no longer on this host" log
    run ! ls state/$UUID/*.store
    run ! grep -q '^destroy' orders
}

# bats test_tags=long
@test "firmware that does not read its own store is refused before anything is started" {
    config '' "$ROMCOMPAT_CACHE/firmware/trixie/usr/share/ovmf/OVMF.fd"
    run -2 start g1.cfg
    output_has "does not read the store inside its image" "flash inspect"
    run ! grep -q '^create' orders
    echo "---s-- 0 first" > lives
    run -0 start --firmware "$SMALL" g1.cfg
    echo junk > junk
    run -2 start --firmware junk g1.cfg
    output_has "junk: "
}

@test "configurations whose variables cannot be kept are refused, with what to write" {
    rm uuid
    run -2 start g1.cfg
    output_has "g1.cfg: no UUID" 'uuid = "'
    echo $UUID > uuid
    sed -i 's/"ovmf"/"seabios"/' config.json
    run -2 start g1.cfg
    output_has 'bios = "ovmf"'
    config '"on_crash": "coredump-destroy",' "$SMALL"
    run -2 start g1.cfg
    output_has "on_crash has an unsupported value (found \"coredump-destroy\", expected destroy, restart or preserve)"
    echo "g1.cfg:3: config parsing error" > refuse
    run -2 start g1.cfg
    output_has "g1.cfg:3: config parsing error"
    rm refuse
    echo '{}' > config.json
    run -2 start g1.cfg
    output_has "has no name or no UUID"
    run -2 start missing.cfg
    output_has "missing.cfg: No such file"
    [ ! -e state ]
}

# bats test_tags=long
@test "list, show and restore: an earlier generation becomes the newest, and old ones go" {
    printf '%s\n' "---s-- 0 first" > lives
    start g1.cfg
    echo "---s-- 0 second" > lives
    start g1.cfg
    run -0 xen list
    output_has "UUID" "$UUID            2  20" "g1.cfg"
    run -0 xen show $UUID
    output_has "$UUID: $PWD/g1.cfg" "1  20" "2  20" "state/$UUID/00000002-"
    run -0 romcompat varstore show state/$UUID/00000002-*.store
    run -0 --separate-stderr xen list --json
    [ "$(jq -c '.domains[] | [.uuid, .here, .domain_id, (.generations | map(.number))]' <<< "$output")" = "[\"$UUID\",false,null,[1,2]]" ]
    run -0 xen restore $UUID --generation 1 --keep 2
    output_has "the next start is with generation 3"
    [ "$(find state/$UUID -name '*.store' | wc -l)" = 2 ]
    cmp state/$UUID/00000003-*.store first.store
    run -0 xen restore $UUID --file second.store
    cmp state/$UUID/00000004-*.store second.store
    run -0 xen restore $UUID --file second.store
    output_has "with these variables already"

    run -2 xen restore $UUID --generation 77
    output_has "no generation 77"
    run -2 xen restore $UUID --file g1.cfg
    output_has "g1.cfg: not a sound variable store (found an empty file)" "Download or copy it again"
    run -2 xen restore $UUID
    run -2 xen show nobody
    output_has "neither a UUID nor the name of a domain"
    run -1 xen show 11111111-2222-3333-4444-555555555555
    touch down
    run -0 xen list
    output_has "?"
    run -2 xen restore $UUID --generation 3
}

@test "a domain whose generations cannot be read is status 2, as a table and as JSON" {
    mkdir state
    echo > state/$UUID
    run -2 xen list
    output_has "state/$UUID: Not a directory"
    run -2 --separate-stderr xen list --json
    [ "$(jq -c '.domains[].generations' <<< "$output")" = "[]" ]
    [[ $stderr == *"state/$UUID: Not a directory"* ]]
    run -2 xen show $UUID
}

@test "a domain that is here is kept on demand, and not restored" {
    echo "------ - second" > lives
    xl create g1.cfg "bios_path_override=\"$SMALL\""
    run -0 xen save g1
    output_has "2 variables of domain 5 kept as generation 1"
    run -2 xen restore $UUID --generation 1
    output_has "domain 5 is on this host now"
    run -0 --separate-stderr xen show g1 --json
    [ "$(jq -c '.domains[0] | [.here, .domain_id, .name]' <<< "$output")" = '[true,5,"g1"]' ]
    : > domains
    run -2 xen save $UUID
    output_has "no domain of this host has this UUID"
}
