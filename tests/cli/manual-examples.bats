#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The EXAMPLES of the manual, run as they are printed. Files that they name are put where the
# commands look for them; of paths below /usr/share only the beginning is another.
load common
load releases

setup_file() {
    fetch_releases "bookworm ipxe-qemu ovmf" "trixie ipxe-qemu ovmf" "forky ovmf-generic"
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    MAN=$TOP/packaging/man
    SHARE=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    export ROMCOMPAT_HISTORY=$TOP/romsets/history
}

# examples PAGE: its commands, one a line, also those that go on after a backslash.
examples() {
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh S/p' "$MAN/$1" | sed -e ':next' -e '/\\e$/ {N; s/ *\\e\n */ /; b next' -e '}' |
        sed -nE 's/^(\.Dl )?(romcompat .*)/\2/p' |
        sed "s#/usr/share/romcompat/#$TOP/#g; s#/usr/share/OVMF#$SHARE/OVMF#g; s#/var/lib/libvirt/qemu/save/##g; s#/var/log/libvirt/qemu/##g"
}

# block PAGE N: the N-th literal block of its EXAMPLES.
block() {
    sed -n '/^\.S[hH] EXAMPLES/,/^\.S[hH] SEE/p' "$MAN/$1" |
        awk -v want="$2" '/^\.(Bd|EX)/ {n++; next} /^\.(Ed|EE)/ {inside = 0; n += 0; done = n; next} n == want && done != n' |
        sed 's/\\&//g; s/\\e/\\/g'
}

# run_examples PAGE: each ends with an answer, yes or no, and prints it unless it writes a file.
run_examples() {
    local line count=0
    while read -r line; do
        run --separate-stderr own_processes sh -c "$line"
        if [[ $status -gt 1 || ( -z $output$stderr && $line != *">"* && $line != *" -o "* && $line != *--out* ) ]]; then
            echo "$line"; show; return 1
        fi
        count=$((count + 1))
    done < <(examples "$1")
    [ "$count" -gt 0 ] || { echo "no example in $1"; return 1; }
}

# bats test_tags=long
@test "every page of subcommands has examples, and each of them runs" {
    ln -s "$(release bookworm ipxe-qemu)" "$(release trixie ipxe-qemu)" .
    ln -s "$(release bookworm ovmf)" ovmf_2022.11-6_all.deb
    ln -s "$(release trixie ovmf)" ovmf_2025.02-8_all.deb
    mkdir fleet
    dpkg-deb --fsys-tarfile "$(release bookworm ipxe-qemu)" | tar -xO ./usr/lib/ipxe/qemu/efi-virtio.rom > efi-virtio.rom
    "$BUILD/tests/cli/make_pe" 0xaa64 0xb 60000 > virtio-aa64.efi
    cp "$SHARE/OVMF/OVMF_VARS_4M.fd" guest_VARS.fd
    "$BUILD/tests/cli/make_stream" -m pc-i440fx-7.2 0000:00:03.0/virtio-net-pci.rom=262144 > guest.save
    echo "qemu: Size mismatch: 0000:00:03.0/virtio-net-pci.rom: 0x40000 != 0x80000: Invalid argument" > guest.log
    for page in "$MAN"/romcompat*.1; do
        run_examples "${page##*/}"
    done
    [ "$(stat -c %s 256k-efi-virtio.rom)" = 262144 ]
    cmp aa64.efi virtio-aa64.efi
    cmp guest.fd new.fd || [ -s new.fd ]
    [ -d out ]
}

@test "the romset of romcompat-romset(5) passes lint" {
    block romcompat-romset.5 1 > romset.yaml
    run -0 romcompat lint romset.yaml
}

# bats test_tags=long
@test "of the budgets of romcompat-budget(5) Debian 12's ROMs keep one and forky's firmware the other" {
    block romcompat-budget.5 1 > roms.yaml
    block romcompat-budget.5 2 > flash.yaml
    run -0 romcompat check -b roms.yaml "$(release bookworm ipxe-qemu)"
    output_has "efi-virtio.rom"
    run -0 romcompat check -b flash.yaml "$(release forky ovmf-generic)"
    output_has OVMF_CODE_4M.ms.fd
    run -1 romcompat check -b flash.yaml "$(release bookworm ovmf)"
    output_has "its KEK has no certificate 'Microsoft Corporation KEK 2K CA 2023'" "2 failures"
}

@test "the flashset of romcompat-flashset(5) is packed" {
    block romcompat-flashset.5 1 > flashset.yaml
    run -0 romcompat flash pack -o packed flashset.yaml
    [ -e packed/manifest.json ]
}

@test "the history of romcompat-history(5) is read and shown" {
    block romcompat-history.5 1 > history.yaml
    run -0 romcompat history --data history.yaml
    output_has efi-virtio.rom 160256
}

@test "the inventory of romcompat-inventory(5) is read by audit" {
    block romcompat-inventory.5 1 > node7.json
    run -0 romcompat audit node7.json
    output_has "debian 12" "QEMU 7.2.22"
}

@test "the map of romcompat-map(5) is read" {
    block romcompat-map.5 1 > example.map
    run -0 romcompat map example.map
    output_has ipxe-efi-256k
}
