#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash measure of IGVM files. Nobody has published the digest of one that can be had here: they are
# compared with those of igvm-digest, which was written from the specifications.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    VCPU="vcpu 0xfffffffff000 1 0 0x31 1"
    PATH=$BATS_TEST_DIRNAME:$PATH
}

# file NAME LINE...: an IGVM file for SNP alone, with these lines.
file() {
    local name=$1
    shift
    printf '%s\n' "platform 1 2" "policy 0xb0000 1" "$@" | make-igvm > "$name"
}

# digest MODE FILE: as it must be.
digest() { igvm-digest "$1" "$2"; }

@test "an IGVM file's digests are those of its own pages and vCPUs, for each of its platforms" {
    make-igvm > all.igvm <<'END'
platform 1 2
platform 2 3
platform 4 4
platform 8 5
platform 16 0
policy 0x30000 1
header 0x305 24
area 0x3000 7
insert 0x800000 0x1f 7
page 0x1000 0xff abc
page 0x2000 0xff -
page 0x3000 0xff x 2
page 0x4000 1 - 0 1
page 0x5000 1 - 0 2
page 0x6000 1 z 0 3
page 0x200000 1 - 1
page 0x9000 2 only-tdx
page 0xa000 16 only-native
vcpu 0xfffffffff000 1 0 0x31 1
vcpu 0xfffffffff000 8 0 0x30 0
END
    for mode in snp tdx sev sev-es; do
        run -0 romcompat flash measure --mode $mode all.igvm
        [ "$output" = "$(digest $mode all.igvm)  all.igvm" ]
    done
    # The formats' second version has a longer header and the same contents.
    file one.igvm "page 0x1000 1 abc" "$VCPU"
    file two.igvm "version 2" "page 0x1000 1 abc" "$VCPU"
    [ "$(romcompat flash measure --mode snp two.igvm | cut -c1-96)" = "$(digest snp one.igvm)" ]
    run -0 romcompat flash measure --json --mode snp --vcpus 1 --expect "$(digest snp one.igvm)" one.igvm
    output_has '"as_expected": true' '"vcpus": 1' '"doubts": [' "\"digest\": \"$(digest snp one.igvm)\""
    run -1 romcompat flash measure --mode snp --expect "$(digest snp all.igvm)" one.igvm
}

@test "an IGVM file's own ID block is compared, and one is signed with the file's policy" {
    file right.igvm "page 0x1000 1 abc" "$VCPU"
    file wrong.igvm "page 0x1000 1 abd" "$VCPU" "id 1 $(digest snp right.igvm)"
    file right.igvm "page 0x1000 1 abc" "$VCPU" "id 1 $(digest snp right.igvm)"
    run -0 romcompat flash measure --mode snp right.igvm
    run -1 romcompat flash measure --mode snp wrong.igvm
    output_has "$(digest snp wrong.igvm)  wrong.igvm" \
        "its ID block has the launch digest $(digest snp right.igvm): no guest starts with this file"
    run -0 romcompat flash measure --json --mode snp right.igvm --id-key "$BATS_TEST_DIRNAME/../fixtures/launch-digests/id_key_test.pem"
    output_has "\"id_block_digest\": \"$(digest snp right.igvm)\""
    sed -n 's/.*"id_block": "\(.*\)".*/\1/p' <<< "$output" | base64 -d > block
    [ "$(od -An -v -tx1 -N48 block | tr -d ' \n')" = "$(digest snp right.igvm)" ]
    [ "$(od -An -tx8 -j88 block)" = " 00000000000b0000" ]
}

# doubted WORDS LINE...: whether there is a digest, no answer for QEMU, and one for Hyper-V.
doubted() {
    local words=$1
    shift
    file doubted.igvm "$@"
    run -2 romcompat flash measure --mode snp doubted.igvm
    output_has "$(digest snp doubted.igvm)  doubted.igvm" \
        "doubted.igvm: QEMU's guest may have another digest: " "$words"
    run -2 romcompat flash measure --json --mode snp doubted.igvm
    run -0 romcompat flash measure --mode snp --vmm hyperv doubted.igvm
    output_has "$(digest snp doubted.igvm)  doubted.igvm"
}

@test "where QEMU and KVM measure otherwise than the format says there is no answer for them" {
    doubted "before the pages that precede it in the file" "area 4096 1" "page 0x1000 1 a" "insert 0x9000 1 1" "$VCPU"
    doubted "after the pages that follow it" "page 0x1000 1 a" "$VCPU" "page 0x2000 1 b"
    doubted "measures a page that is marked as shared" "page 0x1000 1 a 4" "$VCPU"
    doubted "KVM measures a vCPU's state at 0xfffffffff000 (found 0x1000)" "vcpu 0x1000 1 0 0x31 1"
    doubted "the first vCPU only" "$VCPU" "vcpu 0xfffffffff000 1 1 0x31 1"
    doubted "the first state is that of vCPU 3" "vcpu 0xfffffffff000 1 3 0x31 1"
    doubted "0x30 or 0x31 (found 0x11)" "vcpu 0xfffffffff000 1 0 0x11 1"
    doubted "SEV_FEATURES 0x20" "vcpu 0xfffffffff000 1 0 0x31 0x20"
    doubted "for what is at 0xca in it" "vcpu 0xfffffffff000 1 0 0x31 1 0xca 1"
    doubted "a header of type 0x30a" "header 0x30a 16" "$VCPU"
    # QEMU loads no such file for TDX: nothing of it is doubted there.
    printf '%s\n' "platform 1 3" "header 0x30a 16" "page 0x1000 1 a" "page 0x2000 1 b 4" | make-igvm > tdx.igvm
    run -0 romcompat flash measure --mode tdx tdx.igvm
    [ "$output" = "$(digest tdx tdx.igvm)  tdx.igvm" ]
    # Which bytes of the file a large page has is not agreed on; for Hyper-V nothing is known of one.
    file large.igvm "page 0x200000 1 a 1" "$VCPU"
    run -2 romcompat flash measure --mode snp large.igvm
    output_has "$(digest snp large.igvm)" "QEMU takes 4096 bytes of a page of 2 MiB"
    run -2 romcompat flash measure --mode snp --vmm hyperv large.igvm
    output_has "what is measured of it is not known"
    output_lacks "$(digest snp large.igvm)"
}

@test "an IGVM file whose digest is not known has none printed" {
    refused() {
        local words=$1 mode=$2
        shift 2
        file refused.igvm "$@"
        run -2 romcompat flash measure --mode "$mode" refused.igvm
        [[ $output != [0-9a-f]*"  refused.igvm"* ]]
        output_has "refused.igvm: " "$words"
    }
    refused "no TDX guest starts with it" tdx "$VCPU"
    refused "it has no state of a vCPU for SEV-SNP" snp "page 0x1000 1 a"
    refused "a header of the unknown type 0x400" snp "header 0x400 8" "$VCPU"
    refused "put into memory that is not there" snp "insert 0x1000 1 1" "$VCPU"
    refused "put into memory twice" snp "area 4096 1" "insert 0x1000 1 1" "insert 0x2000 1 1" "$VCPU"
    refused "above 268435456 bytes" snp "area 0x20000000 1" "insert 0x1000 1 1" "$VCPU"
    printf '%s\n' "platform 1 2" "platform 2 2" "$VCPU" | make-igvm > twice.igvm
    run -2 romcompat flash measure --mode snp twice.igvm
    output_has "it has the platform SEV-SNP twice"
    printf '%s\n' "platform 4 4" "page 0x1000 4 - 0 1" | make-igvm > secrets.igvm
    run -2 romcompat flash measure --mode sev secrets.igvm
    output_has "a page for SNP's secrets or CPUID is for SEV, too"
    file cut.igvm "page 0x1000 1 a" "$VCPU"
    truncate -s -1 cut.igvm
    run -2 romcompat flash measure --mode snp cut.igvm
    output_has "a broken IGVM file: it is not as long as its header says"
    file two.igvm "page 0x1000 1 a" "$VCPU"
    run -2 romcompat flash measure --mode snp --vcpus 4 two.igvm
    output_has "it has the state of 1 vCPU: what is measured of a guest with 4 is not known"
}

# move OPTION...: the answer, and those of the parts, of the host below `host`.
move() {
    romcompat flash check --confidential --root host "$@" | sed -n '/^move/,/^  kernel/p' | awk '{print $2}' | xargs
}

@test "the move of a guest in an IGVM file asks its policy, and whether QEMU takes such files" {
    local sev=host/sys/module/kvm_amd/parameters
    mkdir -p $sev host/usr/bin
    echo Y | tee $sev/sev > $sev/sev_snp
    printf 'QEMU emulator version 12\0sev-guest\0sev-snp-guest\0igvm-cfg\0IGVM: Unknown header type\0' > host/usr/bin/qemu-system-x86_64
    printf '%s\n' "platform 1 2" "policy 0x70000 1" "page 0x1000 1 a" "$VCPU" | make-igvm > yes.igvm
    file no.igvm "page 0x1000 1 a" "$VCPU"
    printf '%s\n' "platform 4 4" "page 0x1000 4 a" | make-igvm > sev.igvm
    [ "$(move --mode snp --code yes.igvm --from yes.igvm)" = "no yes yes unknown no" ]
    [ "$(move --mode snp --code no.igvm --from no.igvm)" = "no no yes unknown no" ]
    [ "$(move --mode sev --code sev.igvm --from sev.igvm)" = "unknown yes yes unknown yes" ]
    [ "$(move --mode tdx --code sev.igvm --from sev.igvm)" = "no no unknown no no" ]
    printf '%s\n' "platform 1 3" "policy 4 1" "page 0x1000 1 a" | make-igvm > tdx.igvm
    [ "$(move --mode tdx --code tdx.igvm --from tdx.igvm)" = "no unknown unknown no no" ]
    run -2 romcompat flash check --confidential --mode snp --root host --code no.igvm --from no.igvm
    output_has "measured   yes" "no.igvm: its policy, 0xb0000, forbids a migration" "was never tried"
    printf 'QEMU emulator version 12\0sev-guest\0igvm-cfg\0' > host/usr/bin/qemu-system-x86_64
    run -2 romcompat flash check --confidential --mode sev --root host --code sev.igvm --from sev.igvm
    output_has "qemu     no       host/usr/bin/qemu-system-x86_64: it does not support IGVM files"
    # The same pages with another policy have the same digest; with another page they do not.
    run -1 romcompat flash check --confidential --json --mode snp --root host --code no.igvm --from yes.igvm
    output_has '"reason": "policy"' "\"new\": \"$(digest snp no.igvm)\"" '"vars": null'
    file other.igvm "page 0x1000 1 b" "$VCPU"
    run -1 romcompat flash check --confidential --code other.igvm --from no.igvm
    output_has "launch digest snp"$'\n'"  old  $(digest snp no.igvm)"$'\n'"  new  $(digest snp other.igvm)"
    run -2 romcompat flash check --code no.igvm --vars no.igvm
    output_has "an IGVM file has no variable store: leave out --vars"
    head -c 4096 /dev/zero > zeros
    run -2 romcompat flash check --code no.igvm --from zeros
    output_has "zeros: not firmware code"
    run -2 romcompat flash check --code zeros
}

@test "flash diff prints the digests of IGVM files before and after" {
    mkdir -p a/usr/share/qemu b/usr/share/qemu
    for x in a b; do
        # Small ones are not opened on a host's disk.
        file $x/usr/share/qemu/x.igvm "page 0x1000 1 $x" "page 0x200000 1 q 1" "$VCPU"
    done
    run -0 romcompat flash diff a b
    output_has "changes measurement: /usr/share/qemu/x.igvm" \
        "launch digest snp of /usr/share/qemu/x.igvm"$'\n'"  old  $(digest snp a/usr/share/qemu/x.igvm)"$'\n'"  new  $(digest snp b/usr/share/qemu/x.igvm)"
    output_lacks "launch digest tdx"
    tar -cf a.tar -C a usr
    run -0 romcompat flash diff a.tar b
    output_has "launch digest snp of /usr/share/qemu/x.igvm"
    run -0 romcompat flash diff a a
    output_lacks "launch digest"
    mv b/usr/share/qemu/x.igvm b/usr/share/qemu/y.igvm
    run -1 romcompat flash diff a b
    output_has "/usr/share/qemu/x.igvm: gone (it was an IGVM file): a guest that uses this path does not start" "y.igvm: new"
}

@test "what an IGVM file says itself is no option" {
    file a.igvm "$VCPU"
    for option in "--cpu EPYC" "--cpu-signature 1" "--guest-features 1" "--kernel x" "--image-digest 00" "--vars x" "--vmsa ."; do
        # shellcheck disable=SC2086
        run -2 romcompat flash measure --mode snp $option a.igvm
        output_has "${option%% *}: an IGVM file itself determines what is measured"
    done
    run -2 romcompat flash measure --mode snp-svsm a.igvm
    output_has "the SVSM is in the IGVM file: --mode snp"
    run -2 romcompat flash measure --mode snp --vmm gce a.igvm
    output_has "--vmm gce is not for IGVM files"
    printf 'x' > no.igvm
    run -2 romcompat flash measure --mode sev --vmm hyperv no.igvm
    output_has "--vmm hyperv is for IGVM files only"
}
