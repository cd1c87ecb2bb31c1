#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore enroll, with the templates of Debian 13 and forky; virt-fw-vars reads the results.
# tests/qemu/test-enroll has the firmware act on them.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" trixie forky
    "$BATS_TEST_DIRNAME/virt-firmware" "$BATS_FILE_TMPDIR"
    cd "$BATS_FILE_TMPDIR" || return
    openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -subj /CN=Own -days 3650 -out own.pem 2> log
    openssl x509 -in own.pem -outform DER -out own.der
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF
    FORKY=$ROMCOMPAT_CACHE/firmware/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd
    cp "$D13/OVMF_VARS_4M.ms.fd" old.fd
    cp old.fd guest.fd
    OWNER=12345678-1234-1234-1234-123456789abc
    cp "$BATS_FILE_TMPDIR"/own.{key,pem,der} .
}

enroll() { romcompat varstore enroll "$@"; }
value() { romcompat varstore export "$1" | jq -r ".variables[] | select(.name == \"$2\") | .data"; }
# others FILE: all variables but the three lists, as they are.
others() { romcompat varstore export "$1" | jq -c '.variables[] | select(.name | IN("KEK", "db", "dbx") | not)'; }
names() { romcompat varstore show --json "$1" | jq -r ".stores[0].keys.$2.entries[].certificate.name"; }

@test "a template's certificates and hashes are added, and nothing that was there is lost" {
    run -0 enroll --from "$FORKY" --merge guest.fd
    output_has "guest.fd: KEK 2 -> 3 entries, new: Microsoft Corporation KEK 2K CA 2023" \
        "guest.fd: db 2 -> 5 entries, new: Windows UEFI CA 2023, Microsoft UEFI CA 2023, Microsoft Option ROM UEFI CA 2023" \
        "guest.fd: dbx 1 -> 444 entries, new: 443 hashes" "guest.fd: enrolled; the old store is guest.fd.2" "reclaimed 3484 bytes"
    cmp guest.fd.2*.old old.fd
    diff <(others old.fd) <(others guest.fd)
    for list in KEK db dbx; do
        old=$(value old.fd $list)
        [[ $(value guest.fd $list) == "$old"* ]]
        diff <(romcompat varstore export old.fd | jq ".variables[] | select(.name == \"$list\") | .time, .attr") \
            <(romcompat varstore export guest.fd | jq ".variables[] | select(.name == \"$list\") | .time, .attr")
    done
    [ "$(romcompat varstore show --json guest.fd | jq '[.stores[0].microsoft[].there] | all')" = true ]
    run -0 romcompat flash check --code "$D13/OVMF_CODE_4M.ms.fd" --vars guest.fd
    "$BATS_FILE_TMPDIR/virt-fw-vars" -i guest.fd -p -v > theirs 2>&1
    [ "$(grep -c 'subject CN=' theirs)" = 9 ]
    grep -q 'EfiCertSha256 count=443' theirs
    grep -q 'subject CN=Microsoft Corporation KEK 2K CA 2023' theirs
    run -0 enroll --from "$FORKY" --merge guest.fd
    output_has "guest.fd: complete"
    [ "$(find . -name '*.old' | wc -l)" = 1 ]
}

@test "--check and --dry-run change nothing; --check is status 1 and a list" {
    cp "$FORKY" new.fd
    run -1 enroll --from "$FORKY" --merge --check guest.fd new.fd
    output_has "guest.fd: lacks entries" "new.fd: complete" "KEK 2 -> 3"
    run -1 enroll --from "$FORKY" --merge --check --json guest.fd new.fd
    [ "$(jq -r '[.stores[] | .result] | join(" ")' <<< "$output")" = "lacks complete" ]
    [ "$(jq -c '.stores[0].lists.dbx' <<< "$output")" = '{"before":1,"after":444,"certificates":[],"hashes":443}' ]
    run -0 enroll --from "$FORKY" --merge --check new.fd
    run -0 enroll --from "$FORKY" --merge --dry-run guest.fd
    output_has "guest.fd: would be changed"
    make_store 4M Big:1:240000 > full.fd
    cp full.fd full.before
    run -1 enroll --from "$FORKY" --merge --dry-run full.fd
    output_has "full.fd: does not fit, also once deleted"
    cmp full.fd full.before
    cmp guest.fd old.fd
    # The other way round nothing is lost, and the hash of no bytes is not missed.
    run -0 enroll --from old.fd --merge --check new.fd
}

@test "certificates as DER and PEM, .esl and .auth go into the list that is named" {
    run -0 enroll --from own.der --into db --owner "$OWNER" guest.fd
    [ "$(names guest.fd db | tail -n 1)" = Own ]
    [ "$(names guest.fd KEK)" = "$(names old.fd KEK)" ]
    run -0 enroll --from own.pem --into KEK --owner "$OWNER" guest.fd
    [ "$(romcompat varstore show --json guest.fd | jq -r '.stores[0].keys.KEK.entries[-1].owner')" = "$OWNER" ]
    # The same certificate of another owner is there already.
    run -0 enroll --from own.der --into db --owner 00000000-0000-0000-0000-000000000001 guest.fd
    output_has "guest.fd: complete"
    value "$FORKY" dbx | xxd -r -p > dbx.esl
    run -0 enroll --from dbx.esl --into dbx guest.fd
    output_has "443 hashes"
    # EFI_VARIABLE_AUTHENTICATION_2: time, a WIN_CERTIFICATE without a signature, the value.
    cp old.fd auth.fd
    { printf '\352\007\013\001\0\0\0\0\0\0\0\0\0\0\0\0\030\0\0\0\0\002\361\016'; echo 9dd2af4adf68ee498aa9347d375665a7 | xxd -r -p; cat dbx.esl; } > dbx.auth
    run -0 enroll --from dbx.auth --into dbx auth.fd
    [ "$(value auth.fd dbx)" = "$(value guest.fd dbx)" ]
    run -2 enroll --from own.der --into db guest.fd
    output_has "a certificate, which has no owner" "--owner GUID"
    run -2 enroll --from own.der --merge guest.fd
    output_has "not a store" "--into"
    run -2 enroll --from own.key --into db --owner "$OWNER" guest.fd
    output_has "own.key: nothing to enroll" "a private key, which stays with its owner"
    printf x >> dbx.esl
    run -2 enroll --from dbx.esl --into dbx guest.fd
}

@test "standard output is no journal, and no directory for old stores" {
    run -2 enroll --from "$FORKY" --merge --journal - guest.fd
    output_has "cannot go to standard output" "name a file"
    run -2 enroll --from "$FORKY" --merge --keep - guest.fd
    output_has "name a directory"
    [ ! -e ./- ]
    cmp guest.fd old.fd
}

@test "PK is changed only when asked by name, and is one key" {
    run -0 enroll --from "$FORKY" --merge guest.fd
    [ "$(value guest.fd PK)" = "$(value old.fd PK)" ]
    run -0 enroll --from own.der --into PK --owner "$OWNER" guest.fd
    output_has "guest.fd: PK replaced, new: Own"
    [ "$(names guest.fd PK)" = Own ]
    make_store 4M A:1:4 > none.fd
    run -0 enroll --from "$FORKY" --merge none.fd
    output_has "none.fd: KEK 0 -> 3" "it has no PK: Secure Boot stays in setup mode"
    [ "$(names none.fd db | wc -l)" = 5 ]
}

@test "undo puts the old store back, but not over what the guest has written since" {
    enroll --from "$FORKY" --merge guest.fd > log
    run -0 enroll --undo guest.fd
    cmp guest.fd old.fd
    [ "$(find . -name '*.old' | wc -l)" = 0 ]
    run -2 enroll --undo guest.fd
    output_has "there is no old store beside it"
    enroll --from "$FORKY" --merge guest.fd > log
    printf x | dd of=guest.fd bs=1 seek=540000 conv=notrunc status=none
    run -2 enroll --undo guest.fd
    output_has "has been written to since" "--force"
    # Nor what another user put beside it under such a name.
    if [ "$(id -u)" = 0 ]; then
        chown 1 guest.fd.*.old
        run -2 enroll --undo --force guest.fd
        output_has "not kept by this program (its owner is user 1)"
        chown 0 guest.fd.*.old
    fi
    run -0 enroll --undo --force guest.fd
    cmp guest.fd old.fd
}

@test "qcow2 and JSON stores, modes and owners" {
    qemu-img convert -O qcow2 old.fd guest.qcow2
    chmod 640 guest.qcow2
    run -0 enroll --from "$FORKY" --merge guest.qcow2
    [ "$(qemu-img info -U guest.qcow2 | sed -n 's/^file format: //p') $(stat -c %a guest.qcow2)" = "qcow2 640" ]
    enroll --from "$FORKY" --merge guest.fd > log
    qemu-img convert -O raw guest.qcow2 raw
    cmp raw guest.fd
    romcompat varstore export old.fd | jq '.variables[0].digest = "ab"' > guest.json
    run -0 enroll --from "$FORKY" --merge guest.json
    output_has "guest.json: enrolled"
    [ "$(jq -r '.variables[0].digest' guest.json)" = ab ]
    diff <(romcompat varstore export guest.json | jq -S .) <(romcompat varstore export guest.fd | jq -S .)
    jq '.variables += [{name: "Big", guid: "12121212-1212-1212-1212-121212121212", attr: 7, data: ("00" * 240000)}]' \
        guest.json > full.json
    jq '.variables |= map(select(.name != "db" and .name != "dbx" and .name != "KEK"))' full.json > full.new
    mv full.new full.json
    cp full.json full.before
    run -1 enroll --from "$FORKY" --merge full.json
    output_has "full.json: does not fit: QEMU's uefi-vars device would be out of variable memory"
    cmp full.json full.before
    run -0 enroll --undo guest.json
    [ "$(jq -r '.variables[0].digest' guest.json)" = ab ]
}

@test "many stores in one run: one that is in use, damaged or full does not stop the others" {
    cp old.fd a.fd
    cp old.fd b.fd
    cp old.fd used.fd
    make_store 4M Big:1:240000 > full.fd
    cp full.fd full.before
    run -2 "$BUILD/tests/cli/hold_image" used.fd \
        romcompat varstore enroll --from "$FORKY" --merge --journal kept/journal --json a.fd used.fd full.fd nothing.fd b.fd
    output_has "used.fd: in use: a running guest writes to it" "full.fd: does not fit, also once deleted" "nothing.fd: No such file"
    jq -r '.stores[] | [.store, .result] | @tsv' <<< "$(sed '/^romcompat:/d' <<< "$output")" > results
    diff results <(printf '%s\t%s\n' a.fd enrolled used.fd failed full.fd no-room nothing.fd failed b.fd enrolled)
    cmp used.fd old.fd
    cmp full.fd full.before
    [ "$(sed 1d kept/journal)" = "$PWD/a.fd
$PWD/b.fd" ]
    # Resumed, those that are noted are not looked at.
    cp old.fd a.fd
    run -0 enroll --from "$FORKY" --merge --journal kept/journal a.fd used.fd b.fd
    output_has "a.fd: done before" "used.fd: enrolled" "b.fd: done before"
    cmp a.fd old.fd
    # Stores of the same name elsewhere are others, as is a run of other sources.
    mkdir elsewhere
    cp old.fd elsewhere/a.fd
    cd elsewhere
    run -0 enroll --from "$FORKY" --merge --journal ../kept/journal a.fd
    output_has "a.fd: enrolled"
    run -2 enroll --from own.der --into db --owner "$OWNER" --journal ../kept/journal a.fd
    output_has "own.der: No such file"
    run -2 enroll --from ../own.der --into db --owner "$OWNER" --journal ../kept/journal a.fd
    output_has "../kept/journal: not the journal of a run of this kind with these sources" "--journal NEW"
    run -2 enroll --undo --journal ../kept/journal a.fd
    # What was cut off in the last line is no store that is done.
    printf '%s/ol' "$PWD" >> ../kept/journal
    cp a.fd ol
    run -0 enroll --from "$FORKY" --merge --journal ../kept/journal ol a.fd
    output_has "ol: complete" "a.fd: done before"
    [ "$(tail -n 1 ../kept/journal)" = "$PWD/ol" ]
}

@test "a journal is one's own: no link, no other user's, no name that makes two lines of it" {
    cp old.fd a.fd
    ln -s elsewhere link
    run -2 enroll --from "$FORKY" --merge --journal link a.fd
    [ ! -e elsewhere ]
    mkfifo fifo
    run -2 timeout 20 romcompat varstore enroll --from "$FORKY" --merge --journal fifo a.fd
    output_has "fifo: not a regular file"
    if [ "$(id -u)" = 0 ]; then
        touch other && chown 1 other
        run -2 enroll --from "$FORKY" --merge --journal other a.fd
        output_has "other: exists and is not ours"
    fi
    cmp a.fd old.fd
    # A store in a directory like this must not say of another that it is done.
    mkdir -p "x"$'\n'"$PWD"
    cp old.fd "x"$'\n'"$PWD/a.fd"
    journal=$PWD/journal store=$PWD/a.fd
    cd "x"$'\n'"$PWD"
    run -2 enroll --from "$FORKY" --merge --journal "$journal" a.fd
    output_has "cannot be recorded"
    run -0 enroll --from "$FORKY" --merge --journal "$journal" "$store"
    output_has "a.fd: enrolled"
    # What cannot be recorded is said.
    cp "$BATS_TEST_TMPDIR/old.fd" "$store"
    run -2 env "LD_PRELOAD=$BUILD/tests/cli/preload/fail_call.so" ASAN_OPTIONS=verify_asan_link_order=0 \
        FAIL_CALL=fsync FAIL_NUMBER=1 FAIL_ERRNO=28 romcompat varstore enroll --from "$FORKY" --merge --journal "$journal.new" "$store"
    output_has "journal.new: No space left on device"
}

# bats test_tags=long
@test "a run that is killed is resumed: each store is the old one or the new one, and none is left out" {
    enroll --from "$FORKY" --merge guest.fd > log
    mkdir many
    for i in {1..60}; do cp old.fd "many/$i.fd"; done
    # In front of one of its calls, of which each store takes five.
    run -137 env "LD_PRELOAD=$BUILD/tests/cli/preload/fail_call.so" ASAN_OPTIONS=verify_asan_link_order=0 \
        FAIL_CALL=fsync FAIL_NUMBER=101 FAIL_SIGNAL=9 FAIL_MARK="$PWD/mark" \
        romcompat varstore enroll --from "$FORKY" --merge --journal journal many/*.fd
    [ -e mark ]
    done=$(($(wc -l < journal) - 1))
    [ "$done" -ge 4 ] && [ "$done" -lt 60 ]
    for store in many/*.fd; do cmp -s "$store" old.fd || cmp "$store" guest.fd; done
    run -0 enroll --from "$FORKY" --merge --journal journal --json many/*.fd
    [ "$(jq '[.stores[] | select(.result == "noted")] | length' <<< "$output")" -ge "$done" ]
    [ "$(jq '[.stores[] | select(.result | IN("noted", "enrolled", "complete") | not)] | length' <<< "$output")" = 0 ]
    for store in many/*.fd; do cmp "$store" guest.fd; done
    # One that was kept when the run was killed may be kept again.
    [ "$(find many -name '*.old' | wc -l)" -ge 60 ]
    for kept in many/*.old; do cmp "$kept" old.fd; done
}

@test "a terminal shows how many stores are done, and a pipe does not" {
    for i in {1..5}; do cp old.fd "$i.fd"; done
    cp old.fd used.fd
    run -2 script -qec "stty cols 60; romcompat varstore enroll --from $FORKY --merge --check ?.fd nothing.fd used.fd > report" /dev/null
    [[ "$output" == *"[------"*"] 0 of 7  1.fd"*"] 6 of 7  used.fd"* ]]
    # A message begins on a line of its own.
    [[ "$output" == *$'\r\033[Kromcompat: nothing.fd: No such file'* ]]
    run -2 enroll --from "$FORKY" --merge --check 1.fd nothing.fd
    output_lacks " of 2" $'\r'
}

@test "a guest with a TPM: that it will ask for a recovery key is said" {
    romcompat varstore export old.fd | jq '.variables += [{"name":"MemoryOverwriteRequestControl","guid":"e20939be-32d4-41be-a150-897f85d49829","attr":7,"data":"00"}]' > tpm.json
    run -0 enroll --from "$FORKY" --merge --dry-run tpm.json
    output_has "TPM" "BitLocker"
    run -0 enroll --from "$FORKY" --merge --dry-run guest.fd
    output_lacks TPM
}

# bats test_tags=long
@test "wrong usage, damaged lists, and 10,000 entries" {
    run -2 enroll --merge guest.fd
    output_has "--from is missing"
    run -2 enroll --from "$FORKY" guest.fd
    output_has "--into or --merge is missing"
    run -2 enroll --from "$FORKY" --into dbz guest.fd
    output_has "'dbz' is not a list (expected PK, KEK, db or dbx)"
    run -2 enroll --undo --merge guest.fd
    run -2 enroll --from "$FORKY" --merge "$D13/OVMF_CODE_4M.fd"
    output_has "not a variable store without code (found code)"
    romcompat varstore export old.fd | jq '(.variables[] | select(.name == "dbx") | .data) += "ff"' > damaged.json
    run -2 enroll --from "$FORKY" --merge damaged.json
    output_has "its dbx is damaged (a list is cut off): nothing can be added"
    # hashes COUNT: a list with so many.
    hashes() {
        printf '2616c4c14c509240aca941f936934328%s0000000030000000' \
            "$(perl -e 'print unpack "H8", pack "V", 28 + 48 * shift' "$1")"
        for ((i = 1; i <= $1; i++)); do printf '%032x%064x' 1 "$i"; done
    }
    hashes 10000 | xxd -r -p > many.esl
    hashes 5000 | xxd -r -p > half.esl
    echo '{"version":2,"variables":[]}' > many.json
    run -1 enroll --from many.esl --into dbx many.json
    output_has "many.json: does not fit"
    run -0 enroll --from half.esl --into dbx many.json
    output_has "5000 hashes"
    run -0 enroll --from half.esl --into dbx --check many.json
    run -1 enroll --from many.esl --into dbx guest.fd
    output_has "does not fit"
    cmp guest.fd old.fd
}
