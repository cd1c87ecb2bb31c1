#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash inspect and flash check, on the firmware that Debian 12 and 13 ship.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
}

# is FILE WORDS: what inspect says of code, in short.
is() {
    local found
    found=$(romcompat flash inspect --json "$1" | tr -d ' \n' | sed -E 's/.*"kind":"([a-z]+)".*"architecture":"([a-z0-9_]+)","secure_boot":([a-z]+),"smm":([a-z]+),"shell":([a-z]+),"xen":([a-z]+),.*"layout":"([^"]+)","volume_length":[0-9]+,"file_size":([0-9]+).*/\1 \2 \3 \4 \5 \6 \7 \8/')
    [ "$found" = "$2" ] || { echo "$1: $found, expected $2"; return 1; }
}

@test "inspect tells kind, architecture, Secure Boot, SMM, shell, Xen and the expected store" {
    is "$D12/OVMF/OVMF_CODE.fd" "code x86_64 true false true false OVMF2M 131072"
    is "$D12/OVMF/OVMF_CODE.secboot.fd" "code x86_64 true true true false OVMF2M 131072"
    is "$D12/OVMF/OVMF_CODE_4M.fd" "code x86_64 true false true false OVMF4M 540672"
    is "$D12/OVMF/OVMF_CODE_4M.secboot.fd" "code x86_64 true true true false OVMF4M 540672"
    is "$D12/OVMF/OVMF32_CODE_4M.secboot.fd" "code i386 true true true false OVMF4M 540672"
    is "$D12/AAVMF/AAVMF_CODE.fd" "code aarch64 true false true false virt 67108864"
    is "$D13/OVMF/OVMF_CODE_4M.fd" "code x86_64 false false true false OVMF4M 540672"
    is "$D13/OVMF/OVMF_CODE_4M.secboot.fd" "code x86_64 true true false false OVMF4M 540672"
    is "$D13/qemu-efi-aarch64/QEMU_EFI.fd" "code aarch64 false false true false virt 67108864"
    run -0 romcompat flash inspect "$D12/ovmf/OVMF.fd"
    output_has "combined, x86_64, 2097152 bytes" "as its flash driver says" "TDX metadata: version 1" \
        "SEV metadata: version 1" "store: OVMF 2M, authenticated" "SHA-256 $(sha256sum < "$D12/ovmf/OVMF.fd" | cut -c1-64)"
}

@test "SEV and TDX metadata came with Debian 13's 4M code" {
    run -0 romcompat flash inspect "$D12/OVMF/OVMF_CODE_4M.secboot.fd"
    output_has "SEV-ES reset block" "SEV hash table"
    output_lacks "TDX metadata"
    run -0 romcompat flash inspect "$D13/OVMF/OVMF_CODE_4M.fd"
    output_has "SEV metadata: version 1" "TDX metadata: version 1"
}

@test "inspect lists the variables of a template with the keys of Microsoft" {
    run -0 romcompat flash inspect "$D12/OVMF/OVMF_VARS.ms.fd"
    output_has "store, 131072 bytes" "31 live of" "3f live" "dbx" "3c deleted" "fault-tolerant write: idle"
    run -0 romcompat flash inspect "$D12/AAVMF/AAVMF_VARS.fd"
    output_has "blank, 67108864 bytes" "every byte is 00"
    run -0 romcompat flash inspect "$D12/AAVMF/AAVMF_VARS.ms.fd"
    output_has "store: virt, authenticated variables, 22 live of 29"
}

@test "inspect: what is not an image is status 1, what cannot be read is 2" {
    printf 'x%.0s' {1..9000} > text
    run -1 romcompat flash inspect text
    output_has "text: foreign, 9000 bytes" "a text"
    printf '../.git/annex/objects/zZ/8x/SHA256E-s9--ab.fd/SHA256E-s9--ab.fd' > link.fd
    for command in "flash check --vars link.fd --code" "flash args --code" "varstore show" "varstore export"; do
        read -ra words <<< "$command"
        run -2 romcompat "${words[@]}" link.fd
        output_has "link.fd: not " "(found a git-annex link, not the file that it leads to)" "  Fetch the file: git annex get FILE."
    done
    make_store 2M A:1:4 > vars
    printf '\1' | dd of=vars bs=1 seek=50 conv=notrunc status=none
    run -1 romcompat flash inspect vars
    output_has "error: volume header: wrong checksum"
    printf 'QFI\373 and more of it than four bytes, so that it is one' > q.qcow2
    run -2 romcompat flash inspect q.qcow2
    output_has "q.qcow2: a qcow2 file that is cut off"
    run -2 romcompat flash inspect text nothing-here
    output_has "nothing-here: No such file"
    run -2 romcompat flash inspect
    output_has "a FILE is missing"
    : > empty
    run -1 romcompat flash inspect empty
}

@test "a code image cut anywhere is told, and never crashes" {
    for size in 100 4096 100000 1700000; do
        head -c $size "$D12/OVMF/OVMF_CODE.fd" > cut.fd
        run -1 romcompat flash inspect cut.fd
    done
}

@test "an LZMA bomb is refused by the length that it announces" {
    cp "$D12/OVMF/OVMF_CODE.fd" bomb.fd
    # The data begins with its properties and the dictionary's size; the length is at 5.
    at=$(grep -obUaP '\x5d\x00\x00\x00\x01' bomb.fd | head -n 1 | cut -d: -f1)
    printf '\377\377\377\377\0\0\0\0' | dd of=bomb.fd bs=1 seek=$((at + 5)) conv=notrunc status=none
    run -1 romcompat flash inspect bomb.fd
    output_has "LZMA data: too large"
}

@test "code that lost or won bytes at its end, or a volume's header, is no yes: measured with QEMU 10.0" {
    local code=$D13/OVMF/OVMF_CODE_4M.fd vars=$D13/OVMF/OVMF_VARS_4M.fd
    # changed STATUS SIZE TEXT...: the code with that many bytes.
    changed() {
        cp "$code" changed.fd
        truncate -s "$2" changed.fd
        run "-$1" romcompat flash check --code changed.fd --vars "$vars" --from changed.fd
        output_has "${@:3}"
    }
    # Where the processor starts is other code, or none: QEMU starts, and the guest does nothing.
    changed 2 3649536 "at 0x348000: volume header: wrong volume length (found 0x34000, the file has 0x33000)"
    changed 2 3657728 "its last volume ends at 0x37c000, and the processor starts at the end of the file, at 0x37d000"
    # "system firmware block device pflash0 has invalid size 3654144".
    changed 1 3653633 "QEMU does not start: the code has 3653633 bytes, not a multiple of 4096"
    cp "$code" changed.fd
    printf '\1' | dd of=changed.fd bs=1 seek=$((0x348032)) conv=notrunc status=none
    run -2 romcompat flash check --code changed.fd --vars "$vars"
    output_has "at 0x348000: volume header: wrong checksum"
}

@test "what goes with code of which not all can be read is not known, though its layout is" {
    cp "$D13/OVMF/OVMF_CODE_4M.fd" packed.fd
    printf 'no LZMA' | dd of=packed.fd bs=1 seek=$((0x40000)) conv=notrunc status=none
    run -2 romcompat flash check --code packed.fd --vars "$D13/OVMF/OVMF_VARS_4M.fd"
    output_has "not all of the code could be read" "LZMA data: damaged"
    cp "$D13/OVMF/OVMF_CODE_4M.fd" volume.fd # its first volume, which holds the drivers
    printf 'xxxx' | dd of=volume.fd bs=1 seek=$((0x28)) conv=notrunc status=none
    run -2 romcompat flash check --code volume.fd --vars "$D13/OVMF/OVMF_VARS_4M.fd"
    output_has "no driver of flash was found in the code"
    run -1 romcompat flash check --code volume.fd --vars "$D12/OVMF/OVMF_VARS.fd"
    run -2 romcompat varstore create --code packed.fd --template "$D13/OVMF/OVMF_VARS_4M.fd" --out new.fd
    [ ! -e new.fd ]
}

# answers MIGRATE COLD-BOOT: the two verdicts of the last check.
answers() {
    [[ "$output" =~ migrate\ +$1\ .*cold-boot\ +$2\  ]] || { show; return 1; }
}

@test "4M store, 4M code of the next release: lands, starts, keeps" {
    make_store 4M Boot0000:1:40 BootOrder:1:2 > vars
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars vars --from "$D12/OVMF/OVMF_CODE_4M.fd"
    answers yes yes
    output_has "with its 2 variables" "the old code has Secure Boot and this one does not"
}

@test "2M store, 4M code: refused on both counts, with QEMU's own words" {
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars "$D12/OVMF/OVMF_VARS.fd" --from "$D12/OVMF/OVMF_CODE.fd"
    answers no no
    output_has "Size mismatch: system.flash0: 0x1e0000 != 0x37c000" "variables will not persist" "varstore convert"
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars "$D12/OVMF/OVMF_VARS.fd"
    output_has "Size mismatch: system.flash1: 0x20000 != 0x84000"
}

@test "4M store, 2M code: the firmware would write into the store at 0x64000" {
    run -1 romcompat flash check --code "$D12/OVMF/OVMF_CODE.fd" --vars "$D13/OVMF/OVMF_VARS_4M.fd" --from "$D13/OVMF/OVMF_CODE_4M.fd"
    answers no no
    output_has "crashes" "at 0x64000"
}

# bats test_tags=long
@test "a wrong byte in the header, a blank store, a combined image, a store of another machine" {
    make_store 4M A:1:4 > vars
    printf '\1' | dd of=vars bs=1 seek=50 conv=notrunc status=none
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars vars
    answers yes no
    output_has "the store will be erased, and the guest then crashes" "varstore repair"
    head -c 540672 /dev/zero > zero
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars zero
    output_has "the store is blank (00)" "will not persist"
    tr '\0' '\377' < zero > ones
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars ones
    output_has "the store is blank (FF)" "crashes"
    run -0 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars "$D12/AAVMF/AAVMF_VARS.fd"
    output_has "the firmware formats it"
    make_store 4M A:1:4 > vars
    run -1 romcompat flash check --code "$D12/ovmf/OVMF.fd" --vars vars --from "$D12/OVMF/OVMF_CODE_4M.fd"
    answers no no
    output_has 'Unknown ramblock "system.flash0"' "neither read nor kept"
    run -1 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars vars
    output_has "device requires 67108864 bytes, the store has 540672"
}

# bats test_tags=long
@test "check: a write that was pending is lost by OVMF without SMM, unless it is at its place already" {
    make_store 4M A:1:200 B:2:60 pending=C:1:6 > torn
    make_store 4M pending=C:1:6 > placed
    make_store virt A:1:200 B:2:60 pending=C:1:6 > arm
    truncate -s 64M arm
    for code in "$D12/OVMF/OVMF_CODE_4M.fd" "$D13/OVMF/OVMF_CODE_4M.fd"; do
        run -1 romcompat flash check --code "$code" --vars torn
        output_has "the firmware reads the store before it finishes a pending write" "varstore repair"
        run -0 romcompat flash check --code "$code" --vars placed
        output_has "starts with its 1 variable and keeps them, after the firmware has finished a pending write"
    done
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.secboot.fd" --vars torn
    run -0 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars arm
    output_has "its 3 variables"
    # The fix that is printed.
    romcompat varstore repair torn --out mended
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars mended
    output_has "its 3 variables"
}

# byte FILE OFFSET OCTAL
# shellcheck disable=SC2059
byte() { printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# bats test_tags=long
@test "check: a pending write that brings a damaged record is no yes of any firmware" {
    make_store 4M A:1:200 B:2:60 pending=C:1:6 > nameless
    byte nameless $((0x42000 + 0x64 + 36)) 0 # the name of A, in the spare area
    cp nameless cut
    byte cut $((0x42000 + 0x64 + 43)) 177    # its length
    make_store virt A:1:200 B:2:60 pending=C:1:6 > arm
    truncate -s 64M arm
    byte arm $((0x80000 + 0x64 + 2)) 55
    for store in nameless cut; do
        run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.secboot.fd" --vars $store
        output_has "varstore repair"
        run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars $store
    done
    run -1 romcompat flash check --code "$D13/AAVMF/AAVMF_CODE.fd" --vars arm
    output_has "found 0x2d, expected 0x3f"
}

@test "check: where something is behind the variables, the firmware reclaims, and a pending write is kept" {
    make_store 4M A:1:200 B:2:60 pending=C:1:6 > torn
    byte torn 100 1
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars torn
    output_has "its 3 variables and keeps them, after the firmware has finished a pending write"
}

@test "check: a pending write replaces a list whose first record passes the end, but of a store with keys that is no yes" {
    make_store 4M A:1:200 B:2:60 pending=C:1:6 > list
    byte list $((0x64 + 39)) 162
    for code in "$D12/OVMF/OVMF_CODE_4M.fd" "$D13/OVMF/OVMF_CODE_4M.fd" "$D13/OVMF/OVMF_CODE_4M.secboot.fd"; do
        run -0 romcompat flash check --code "$code" --vars list
        output_has "its 3 variables and keeps them, after the firmware has finished a pending write"
    done
    # The same write over the keys of a template.
    cp "$D13/OVMF/OVMF_VARS_4M.ms.fd" keys
    dd if=list of=keys bs=4096 skip=$((0x41)) seek=$((0x41)) count=1 conv=notrunc status=none
    dd if="$D13/OVMF/OVMF_VARS_4M.ms.fd" of=keys bs=4096 seek=$((0x42)) count=$((0x42)) conv=notrunc status=none
    byte keys $((0x64 + 39)) 162
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars keys
    output_has "a variable's name and data pass the end of the store"
    # Without a write there is nothing to read in its place.
    make_store 4M A:1:200 B:2:60 > alone
    byte alone $((0x64 + 39)) 162
    run -1 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars alone
}

@test "an enrolled store and a code that lost Secure Boot: a warning" {
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars "$D12/OVMF/OVMF_VARS_4M.ms.fd" --from "$D12/OVMF/OVMF_CODE_4M.ms.fd"
    output_has "unsigned programs will be started" "keeps its variables in SMM"
}

@test "--confidential lets only identical firmware pass" {
    make_store 4M A:1:4 > vars
    run -1 romcompat flash check --confidential --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars vars --from "$D12/OVMF/OVMF_CODE_4M.fd"
    cp "$D12/OVMF/OVMF_CODE_4M.fd" same
    run -0 romcompat flash check --confidential --code "$D12/OVMF/OVMF_CODE_4M.fd" --vars vars --from same
    output_has "the same, byte for byte"
    run -2 romcompat flash check --confidential --code same --vars vars
    output_has "--confidential needs --from"
}

@test "check: wrong usage, a file that is no code, and a qcow2 store are status 2" {
    make_store 4M A:1:4 > vars
    run -2 romcompat flash check --code vars
    output_has "--vars is missing"
    run -2 romcompat flash check --code vars --vars vars
    output_has "vars: not firmware code (found store)"
    run -2 romcompat flash check --code "$D12/OVMF/OVMF_CODE.fd" --vars nothing
    printf 'QFI\373' > q
    truncate -s 131072 q
    run -2 romcompat flash check --code "$D12/OVMF/OVMF_CODE.fd" --vars q
    output_has "q: a qcow file of another version"
    run -2 romcompat flash check --code vars --vars vars more
    output_has "'more': no operand is expected"
}

@test "--json has the three verdicts with a stable reason" {
    make_store 2M A:1:4 > vars
    run -1 romcompat flash check --json --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars vars --from "$D12/OVMF/OVMF_CODE.fd"
    output_has '"reason": "size-mismatch"' '"reason": "store-too-small"' '"reason": "different"'
}

@test "flash and varstore name their subcommands, and each explains itself" {
    for group in flash varstore; do
        run -2 romcompat $group
        output_has "a subcommand is missing"
        run -2 romcompat $group frobnicate
        output_has "unknown subcommand 'frobnicate'"
        for sub in $(romcompat help --options $group | grep -v ^-); do
            run -0 romcompat help $group "$sub"
            output_has "romcompat $group $sub" "Usage:"
            run -2 romcompat $group "$sub" --no-such-option
            output_has "unknown option '--no-such-option'"
            grep -q "^\.Cm $group $sub" "$TOP/packaging/man/romcompat.1"
        done
    done
}
