#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash measure: launch digests that others published, and those of Debian's firmware against
# sums that are computed in another way.
load common

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm forky; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    DATA=$BATS_TEST_DIRNAME/../fixtures/launch-digests
    A=$DATA/ovmf_AmdSev_suffix.bin
    X=$DATA/ovmf_OvmfX64_suffix.bin
    FORKY=$ROMCOMPAT_CACHE/firmware/forky/usr/share/ovmf
    : > empty
}

# vector NAME EXPECTED OPTION...: whether the digest, or the words of the refusal, is that. A value
# has "_" in place of a space; the value of --vmsa is how many pages there must be.
vector() {
    local name=$1 expected=$2 pages='' words=()
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        A) words+=("$A") ;;
        X) words+=("$X") ;;
        --append) words+=("$1" "${2//_/ }"); shift ;;
        --svsm) words+=("$1" svsm.bin); shift ;;
        --vmsa) pages=$2; mkdir "$name"; words+=("$1" "$name"); shift ;;
        *) words+=("$1") ;;
        esac
        shift
    done
    if [[ $expected == *_* ]]; then
        run -2 romcompat flash measure "${words[@]}"
        output_has "${expected//_/ }"
    else
        run -0 romcompat flash measure "${words[@]}"
        output_has "$expected  ${words[-1]}"
    fi
    [ -z "$pages" ] || [ "$(find "$name" -name 'vmsa*.bin' -size 4096c | wc -l)" = "$pages" ]
}

@test "all digests of sev-snp-measure's tests are computed, and refused where they are there" {
    xz -dc "$DATA/svsm.bin.xz" > svsm.bin
    truncate -s 3653632 coconut-ovmf
    local count=0 line
    while read -r -a line; do
        vector "${line[@]}"
        count=$((count + 1))
    done < "$DATA/vectors"
    [ "$count" = 29 ]
}

@test "the pages of vCPUs are written, and the second starts at the reset block's address" {
    mkdir pages
    run -0 romcompat flash measure --mode snp --vcpus 3 --cpu EPYC-Milan --vmsa pages "$A"
    cmp pages/vmsa1.bin pages/vmsa2.bin
    # CS base, RIP and RDX.
    [ "$(od -An -tx8 -j0x18 -N8 pages/vmsa0.bin)" = " 00000000ffff0000" ]
    [ "$(od -An -tx8 -j0x178 -N8 pages/vmsa0.bin)" = " 000000000000fff0" ]
    [ "$(od -An -tx8 -j0x178 -N8 pages/vmsa1.bin)" = " 000000000000b004" ]
    [ "$(od -An -tx8 -j0x310 -N8 pages/vmsa1.bin)" = " 0000000000a00f11" ]
}

@test "the image's own digest stands in for its pages" {
    local digest
    digest=$(romcompat flash measure --json --mode snp --vcpus 2 --cpu EPYC-Genoa "$FORKY/OVMF.amdsev.fd" |
        sed -n 's/.*"image_digest": "\(.*\)".*/\1/p')
    run -0 romcompat flash measure --mode snp --vcpus 2 --cpu EPYC-Genoa "$FORKY/OVMF.amdsev.fd"
    # The last pages hold the table that is needed; the others may be anything.
    size=$(stat -Lc %s "$FORKY/OVMF.amdsev.fd")
    truncate -s "$size" other.fd
    tail -c 65536 "$FORKY/OVMF.amdsev.fd" | dd of=other.fd bs=65536 seek=$((size / 65536 - 1)) conv=notrunc status=none
    first=${output%% *}
    run -0 romcompat flash measure --mode snp --vcpus 2 --cpu EPYC-Genoa --image-digest "$digest" other.fd
    [ "${output%% *}" = "$first" ]
    run -0 romcompat flash measure --mode snp --vcpus 2 --cpu EPYC-Genoa other.fd
    [ "${output%% *}" != "$first" ]
}

# What TDX sums up, written another time.
mrtd() {
    perl -0777 -e '
        my ($path) = @ARGV;
        open my $h, "<:raw", $path or die; my $fw = <$h>;
        my $at = rindex($fw, pack("H*", "35657ae44a989847865e4685a7bf8ec2"));
        my $meta = length($fw) - unpack("V", substr($fw, $at - 6, 4));
        my ($magic, undef, undef, $count) = unpack("a4VVV", substr($fw, $meta, 16));
        die unless $magic eq "TDVF";
        for my $i (0 .. $count - 1) {
            my ($off, $len, $gpa, $size, $type, $attr) = unpack("VVQ<Q<VV", substr($fw, $meta + 16 + 32 * $i, 32));
            for (my $p = 0; $p < $size; $p += 4096) {
                print pack("a16Q<x104", "MEM.PAGE.ADD", $gpa + $p) unless $attr & 2;
                next unless $attr & 1;
                for (my $c = 0; $c < 4096; $c += 256) {
                    print pack("a16Q<x104", "MR.EXTEND", $gpa + $p + $c), substr($fw, $off + $p + $c, 256);
                }
            }
        }' "$1" | sha384sum | cut -d' ' -f1
}

@test "MRTD is what sha384sum says of the TDX module's messages" {
    local f
    for f in "$FORKY/OVMF.inteltdx.ms.fd" "$FORKY/OVMF.fd" "$FORKY/OVMF.amdsev.fd"; do
        run -0 romcompat flash measure --mode tdx "$f"
        [ "$output" = "$(mrtd "$f")  $f" ]
    done
    run -2 romcompat flash measure --mode tdx "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd"
    output_has "no TDX metadata: QEMU starts no such guest with it"
    run -2 romcompat flash measure --mode tdx "$FORKY/../OVMF/OVMF_CODE_4M.fd"
    output_has "range 0 of its TDX metadata is not in the file" "TDX takes the combined image"
}

@test "SEV's digest without a kernel is SHA-256 of the file, also of the disk in a qcow2 file" {
    local code=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd
    qemu-img convert -f raw -O qcow2 "$code" code.qcow2
    run -0 romcompat flash measure --mode sev code.qcow2
    [ "${output%% *}" = "$(sha256sum < "$code" | cut -d' ' -f1)" ]
}

@test "a published digest can be demanded: status 1 where the build has another" {
    run -0 romcompat flash measure --mode sev --expect b4c021e085fb83ceffe6571a3d357b4a98773c83c474e47f76c876708fe316da "$X"
    run -1 romcompat flash measure --mode sev --expect b4c021e085fb83ceffe6571a3d357b4a98773c83c474e47f76c876708fe316da "$A"
    run -1 romcompat flash measure --json --mode sev --expect b4c021e085fb83ceffe6571a3d357b4a98773c83c474e47f76c876708fe316da "$A"
    output_has '"format": "romcompat-flash-measure"' '"version": 1' '"as_expected": false'
    run -2 romcompat flash measure --mode sev --expect b4c0 "$A"
    output_has "--expect: not 64 or 96 hexadecimal digits: 'b4c0'"
}

# number OFFSET: the little-endian number of 48 bytes there in `auth`, as DER wants it.
number() { od -An -v -tx1 -j"$1" -N48 auth | tr -d '\n' | awk '{ for (i = NF; i; i--) printf "%s", $i }'; }

# signed BY OFFSET: whether the signature there in `auth` is that of the key BY over the file `message`.
signed() {
    printf 'asn1=SEQUENCE:both\n[both]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(number "$2")" "$(number $(($2 + 72)))" > form
    openssl asn1parse -genconf form -noout -out signature
    openssl ec -in "$DATA/$1" -pubout -out public 2> /dev/null
    openssl dgst -sha384 -verify public -signature signature message
}

@test "an ID block is signed, and the keys have the digests that sev-snp-measure gives" {
    run -0 romcompat flash measure --json --mode snp --vcpus 1 --cpu EPYC-v4 \
        --id-key "$DATA/id_key_test.pem" --author-key "$DATA/author_key_test.pem" "$A"
    # The figures of its tests/test_id_block.py, as hexadecimal digits.
    output_has '"id_key_digest": "870b7e35c53f8a72d0d322f75ab2af8262792aaf6579622ce4131c3f21f289e77cb0560a5e3b90b3932e674ec709cb14"' \
        '"author_key_digest": "63111c34bbfc0a4938f9a009bd074980d8172323e61599c9fd336da8673248e1dca98d0be8f76376a106b8afd4c0a057"' \
        'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA"'
    sed -n 's/.*"id_block": "\(.*\)".*/\1/p' <<< "$output" | base64 -d > block
    sed -n 's/.*"id_auth": "\(.*\)".*/\1/p' <<< "$output" | base64 -d > auth
    [ "$(stat -c %s block auth | xargs)" = "96 4096" ]
    [ "$(od -An -v -tx1 -N48 block | tr -d ' \n')" = 19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d ]
    cp block message
    signed id_key_test.pem 64
    dd if=auth of=message bs=4 skip=144 count=257 status=none
    signed author_key_test.pem 1664
    run -0 romcompat flash measure --mode snp --vcpus 1 --cpu EPYC-v4 --policy 0xb0000 --id-key "$DATA/id_key_test.pem" "$A"
    output_has "id-block=" ",id-auth=" "AAAAAACwAAAAAA,id-auth=AQAAAAAAAAAA"
    output_lacks "author-key-enabled"
}

@test "only a key of P-384 without a password signs an ID block" {
    openssl ecparam -name prime256v1 -genkey -noout -out small.pem
    openssl ec -in "$DATA/id_key_test.pem" -aes128 -passout pass:x -out locked.pem 2> /dev/null
    for key in small.pem locked.pem empty; do
        run -2 romcompat flash measure --mode snp --vcpus 1 --cpu EPYC --id-key "$key" "$A" < /dev/null
        output_has "$key: not a private key of the curve P-384, in PEM and without a password"
    done
}

# digest OPTION... FILE: the digest alone.
digest() { romcompat flash measure "$@" | cut -d' ' -f1; }

# bats test_tags=long
@test "flash check --from and flash diff print the digests before and after" {
    local old=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/ovmf/OVMF.fd new=$FORKY/OVMF.fd guest=(--vcpus 2 --cpu EPYC-Genoa)
    run -1 romcompat flash check --code "$new" --vars "$FORKY/../OVMF/OVMF_VARS_4M.fd" --from "$old" "${guest[@]}"
    output_has "launch digest sev"$'\n'"  old  $(digest --mode sev "$old")"$'\n'"  new  $(digest --mode sev "$new")" \
        "launch digest snp"$'\n'"  old  $(digest --mode snp "${guest[@]}" "$old")"$'\n'"  new  $(digest --mode snp "${guest[@]}" "$new")" \
        "launch digest tdx"$'\n'"  old  $(digest --mode tdx "$old")"$'\n'"  new  $(digest --mode tdx "$new")" \
        "launch digest sev-es" "launch digest snp-image"
    run -0 romcompat flash check --code "$FORKY/../OVMF/OVMF_CODE_4M.fd" --vars "$FORKY/../OVMF/OVMF_VARS_4M.fd" --from "$FORKY/../OVMF/OVMF_CODE_4M.fd"
    output_lacks "launch digest sev"
    mkdir -p a/usr/share/ovmf b/usr/share/ovmf
    cp "$new" a/usr/share/ovmf/
    cp "$FORKY/OVMF.amdsev.fd" b/usr/share/ovmf/OVMF.fd
    run romcompat flash diff a b
    output_has "launch digest tdx of /usr/share/ovmf/OVMF.fd"$'\n'"  old  $(digest --mode tdx "$new")"$'\n'"  new  $(digest --mode tdx "$FORKY/OVMF.amdsev.fd")"
    output_lacks "launch digest snp of" "launch digest sev-es"
    run romcompat flash diff --json "${guest[@]}" a b
    output_has '"launch_digests"' '"kind": "sev-es"' "\"new\": \"$(digest --mode snp "${guest[@]}" "$FORKY/OVMF.amdsev.fd")\""
    run romcompat flash diff -q a b
    output_lacks "launch digest"
    run -2 romcompat flash diff --vcpus 2 a b
    output_has "--vcpus and --cpu need each other"
    run -2 romcompat flash diff --vcpus 2 --cpu kvm64 a b
    output_has "no signature is known of 'kvm64'"
}

@test "a budget demands the published digests" {
    mkdir fw
    cp "$FORKY/OVMF.fd" fw/
    budget() { printf 'budget: b\nflash:\n  - match: OVMF.fd\n    sev-digest: %s\n    snp-image-digest: %s\n    tdx-digest: %s\n' "$@" > b.yaml; }
    local pages
    pages=$(romcompat flash measure --json --mode snp --vcpus 1 --cpu EPYC fw/OVMF.fd | sed -n 's/.*"image_digest": "\(.*\)".*/\1/p')
    budget "$(digest --mode sev fw/OVMF.fd | tr a-f A-F)" "$pages" "$(digest --mode tdx fw/OVMF.fd)"
    run -0 romcompat check --strict --budget b.yaml fw
    printf '\1' | dd of=fw/OVMF.fd bs=1 seek=600000 conv=notrunc status=none
    run -1 romcompat check --budget b.yaml fw
    output_has "its launch digest sev is $(digest --mode sev fw/OVMF.fd), expected" \
        "its launch digest snp-image is" "expected $pages" "its launch digest tdx is $(digest --mode tdx fw/OVMF.fd), expected"
    run romcompat check --against "$FORKY/OVMF.fd" fw
    output_has "note OVMF.fd: its launch digest sev was $(digest --mode sev "$FORKY/OVMF.fd") and is $(digest --mode sev fw/OVMF.fd)"
    budget 12 "$pages" "$pages"
    run -2 romcompat check --budget b.yaml fw
    output_has "'sev-digest' must be 64 hexadecimal digits (found '12')"
}

# bats test_tags=long
@test "a budget demands the published digests of guests, by vCPUs and CPU model" {
    mkdir fw
    cp "$FORKY/OVMF.amdsev.fd" fw/OVMF.fd
    # budget SEV-ES SNP VCPUS CPU
    budget() { printf 'budget: b\nunlisted: ignore\nflash:\n  - match: OVMF.fd\n    guests:\n      - vcpus: 1\n        cpu: EPYC\n        sev-es-digest: %s\n      - sev-es-digest: %s\n        snp-digest: %s\n        vcpus: %s\n        cpu: %s\n' "$one" "$@" > b.yaml; }
    local one es snp
    one=$(digest --mode sev-es --vcpus 1 --cpu EPYC fw/OVMF.fd)
    es=$(digest --mode sev-es --vcpus 3 --cpu EPYC-Genoa fw/OVMF.fd)
    snp=$(digest --mode snp --vcpus 3 --cpu EPYC-Genoa fw/OVMF.fd)
    budget "$es" "$snp" 3 EPYC-Genoa
    run -0 romcompat check --strict --budget b.yaml fw
    # In an archive, under a link's name.
    mkdir packed
    cp fw/OVMF.fd packed/real.fd
    ln -s real.fd packed/OVMF.fd
    tar -cf packed.tar packed
    run -0 romcompat check --budget b.yaml packed.tar
    budget "$es" "$snp" 4 EPYC-Genoa
    run -1 romcompat check --budget b.yaml fw
    output_has "its launch digest sev-es of a guest with 4 vCPUs of EPYC-Genoa is $(digest --mode sev-es --vcpus 4 --cpu EPYC-Genoa fw/OVMF.fd), expected $es" \
        "its launch digest snp of a guest with 4 vCPUs of EPYC-Genoa is"
    output_lacks "1 vCPU"
    budget "$es" "$snp" 3 EPYC-Milan
    run -1 romcompat check --budget b.yaml fw
    budget "$es" "$snp" 3 EPYC-Genoa
    cp "$FORKY/OVMF.fd" fw/OVMF.fd
    run -1 romcompat check --budget b.yaml --against "$FORKY/OVMF.amdsev.fd" fw
    output_has "its launch digest sev-es of a guest with 1 vCPU of EPYC is"
    mkdir old
    cp "$FORKY/OVMF.amdsev.fd" old/OVMF.fd
    run romcompat check --against old --vcpus 3 --cpu EPYC-Genoa fw
    output_has "its launch digest sev-es of a guest with 3 vCPUs of signature 0xa10f10 was $es and is $(digest --mode sev-es --vcpus 3 --cpu EPYC-Genoa fw/OVMF.fd)"
    # A store has none, and neither has an image without a reset block.
    printf 'budget: b\nflash:\n  - match: OVMF.fd\n    guests:\n      - {vcpus: 1, cpu: EPYC, snp-digest: %s}\n' "$snp" > b.yaml
    cp "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS_4M.fd" fw/OVMF.fd
    run -1 romcompat check --budget b.yaml fw
    output_has "its launch digest snp of a guest with 1 vCPU of EPYC is not there, expected $snp"
}

@test "a guest in a budget that cannot be is told with its line" {
    refused() {
        printf 'budget: b\nflash:\n  - match: OVMF.fd\n    guests: [%s]\n' "$2" > b.yaml
        run -2 romcompat check --budget b.yaml .
        output_has "$1"
    }
    refused "'cpu' must be one of" "{vcpus: 1, cpu: kvm64, sev-es-digest: 00}"
    refused "a guest lacks 'sev-es-digest' or 'snp-digest'" "{vcpus: 1, cpu: EPYC}"
    refused "'vcpus'" "{cpu: EPYC, snp-digest: 00}"
    refused "'vcpus' must be" "{vcpus: 0, cpu: EPYC, snp-digest: 00}"
    refused "'snp-digest' must be 96 hexadecimal digits" "{vcpus: 1, cpu: EPYC, snp-digest: 00}"
    run -2 romcompat check --against . --vcpus 2 .
    output_has "--vcpus and --cpu need each other"
    run -2 romcompat check --budget b.yaml --vcpus 2 --cpu EPYC .
    output_has "--vcpus and --cpu need --against"
}

@test "the disk in a qcow2 store is what an SVSM's guest has, and another file is no store" {
    local store=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS_4M.fd
    local guest=(flash measure --mode snp-svsm --vcpus 1 --cpu EPYC-v4 --svsm svsm.bin "${A/AmdSev/OvmfX64}")
    xz -dc "$DATA/svsm.bin.xz" > svsm.bin
    qemu-img convert -O qcow2 "$store" store.qcow2
    run -0 romcompat "${guest[@]}" --vars-size 540672
    local digest=$output
    for vars in "$store" store.qcow2; do
        run -0 romcompat "${guest[@]}" --vars "$vars"
        [ "$output" = "$digest" ]
    done
    echo '{"version": 2, "variables": []}' > json
    run -2 romcompat "${guest[@]}" --vars json
    output_has "json: not a variable store without code (found json)"
    run -2 romcompat "${guest[@]}" --vars "$A"
    output_has "not a variable store without code"
}

@test "what is not a firmware has no launch digest" {
    for word in '{"a": 1}' words; do
        echo "$word" > text
        run -2 romcompat flash measure --mode sev text
        output_has "text: not x86 firmware (found a text)" "download or decode the file itself"
    done
    head -c 65536 /dev/zero > blank
    run -2 romcompat flash measure --mode sev blank
    output_has "not x86 firmware (found blank)"
    output_lacks "varstore create"
    run -2 romcompat flash measure --mode sev "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_VARS_4M.fd"
    output_has "not x86 firmware (found store)"
    run -2 romcompat flash measure --mode sev "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/AAVMF/AAVMF_CODE.fd"
    output_has "not x86 firmware (found code)"
    run -2 romcompat flash measure --mode snp --vcpus 1 --cpu EPYC "$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd"
    output_has "no SEV metadata: QEMU starts no such guest with it"
}

@test "options that do not go together are refused" {
    refused() {
        local text=$1
        shift
        run -2 romcompat flash measure "$@" "$A"
        output_has "$text"
    }
    refused "snp needs --vcpus" --mode snp --cpu EPYC
    refused "snp needs --cpu or --cpu-signature" --mode snp --vcpus 1
    refused "no signature is known of 'EPYC-v0'" --mode snp --vcpus 1 --cpu EPYC-v0
    refused "neither a 32-bit number nor" --mode snp --vcpus 1 --cpu-signature 23.1
    refused "--vmsa: there is no state of vCPUs with sev" --mode sev --vmsa .
    refused "--initrd and --append need --kernel" --mode sev --append x
    refused "--kernel is not part of the digest of tdx" --mode tdx --kernel empty
    refused "--image-digest is for snp and snp-svsm only" --mode sev --image-digest 00
    refused "--image-digest: not 96 hexadecimal digits" --mode snp --vcpus 1 --cpu EPYC --image-digest 00
    refused "snp-svsm and --svsm need each other" --mode snp-svsm --vcpus 1 --cpu EPYC
    refused "snp-svsm needs --vars or --vars-size" --mode snp-svsm --vcpus 1 --cpu EPYC --svsm empty
    refused "--id-key: there is no ID block with tdx" --mode tdx --id-key x
    refused "--author-key needs --id-key" --mode snp --vcpus 1 --cpu EPYC --author-key x
    refused "--policy needs --id-key" --mode snp --vcpus 1 --cpu EPYC --policy 0x30000
    refused "--vmm ec2 is for snp only" --mode sev --vmm ec2
}

# move MODE CODE: the answer, and those of the parts, of the host below `host`.
move() {
    romcompat flash check --confidential --mode "$1" --root host --code "$2" --from "$2" --vars "$FORKY/../OVMF/OVMF_VARS_4M.fd" |
        sed -n '/^move/,/^  kernel/p' | awk '{print $2}' | xargs
}

# bats test_tags=long
@test "a confidential guest's move is answered part by part" {
    local code=$FORKY/OVMF.amdsev.fd amd=host/sys/module/kvm_amd/parameters intel=host/sys/module/kvm_intel/parameters
    local plain=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd
    mkdir -p $amd $intel host/proc host/usr/bin
    echo Y | tee $amd/sev $amd/sev_es > $amd/sev_snp
    printf 'QEMU emulator version 10.0\0sev-guest\0SEV: Migration is not implemented\0sev-snp-guest\0SEV-SNP: Migration is not implemented\0' > host/usr/bin/qemu-system-x86_64
    [ "$(move sev "$code")" = "no yes yes no yes" ]
    [ "$(move sev-es "$code")" = "no yes yes no no" ]
    [ "$(move snp "$code")" = "no yes yes no no" ]
    [ "$(move snp "$plain")" = "no no yes no no" ]
    # A QEMU without its refusal is never a yes, and neither is a host that cannot be asked.
    printf 'QEMU emulator version 10.0\0sev-guest\0' > host/usr/bin/qemu-system-x86_64
    [ "$(move sev "$code")" = "unknown yes yes unknown yes" ]
    [ "$(move snp "$code")" = "no yes yes no no" ]
    # What only starts QEMU does not say what that knows.
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec /opt/qemu "$@"\n' > host/usr/bin/qemu-system-x86_64
    [ "$(move sev "$code")" = "unknown yes yes unknown yes" ]
    [ "$(move snp "$code")" = "no yes yes unknown no" ]
    rm host/usr/bin/qemu-system-x86_64
    [ "$(move sev "$code")" = "unknown yes yes unknown yes" ]
    echo N > $amd/sev
    [ "$(move sev "$code")" = "no yes no unknown yes" ]
    rm $amd/sev
    [ "$(move sev "$code")" = "unknown yes unknown unknown yes" ]
    printf 'processor\t: 0\nflags\t\t: fpu sev_es xsev sevx\n' > host/proc/cpuinfo
    [ "$(move sev "$code")" = "no yes no unknown yes" ]
    printf 'processor\t: 0\nflags\t\t: fpu sev\n' > host/proc/cpuinfo
    [ "$(move sev "$code")" = "unknown yes unknown unknown yes" ]
    echo N > $intel/tdx
    [ "$(move tdx "$code")" = "no yes no unknown no" ]
}

# bats test_tags=long
@test "the move of a confidential guest names who forbids it, also in JSON, and is no part of the status" {
    mkdir -p host/usr/bin
    printf 'QEMU emulator version 10.0\0sev-guest\0SEV: Migration is not implemented\0' > qemu
    local code=$FORKY/../OVMF/OVMF_CODE_4M.fd
    local check=(flash check --confidential --code "$code" --from "$code" --vars "$FORKY/../OVMF/OVMF_VARS_4M.fd")
    run -0 romcompat "${check[@]}" --mode sev --root host --qemu qemu
    output_has "move       no" "qemu: it refuses with 'SEV: Migration is not implemented'" "kvm_amd.sev cannot be read"
    run -0 romcompat "${check[@]}" --mode snp --root host --qemu qemu --json
    output_has '"move": {' '"reason": "no-call"' '"qemu: it knows no sev-snp-guest"'
    # QEMU 11.1 refuses an SNP guest in other words than QEMU 9.1 to 11.0.
    for words in "SEV: Migration" "SEV-SNP: Migration"; do
        printf 'QEMU emulator version 11.1\0sev-snp-guest\0%s is not implemented\0' "$words" > new
        run -0 romcompat "${check[@]}" --mode snp --root host --qemu new
        output_has "new: it refuses with 'Migration is not implemented'"
    done
    printf '#!/bin/sh\nexec qemu\n' > wrapper
    run -0 romcompat "${check[@]}" --mode sev --root host --qemu wrapper
    output_has "move       unknown" "wrapper: it is not QEMU itself: name the program that it starts with --qemu"
    run -0 romcompat "${check[@]}"
    output_lacks "move  "
    run -2 romcompat flash check --mode sev --code "$code" --vars "$code"
    output_has "--mode needs --confidential"
    run -2 romcompat "${check[@]}" --qemu wrapper
    output_has "--qemu needs --mode"
}

@test "inspect says what is in an IGVM file, and what is wrong with a damaged one" {
    local file=$BATS_TEST_DIRNAME/../fuzz/corpus/igvm/snp-and-tdx
    run -1 romcompat flash inspect "$file"
    output_has "IGVM version 1, for x86_64, 11 headers" "PLATFORM   POLICY  MAY MIGRATE  MEASURED" \
        "SEV-SNP   0x30000  no                513           1        1      1      1" \
        "TDX           0x4  yes                 1           0        0      0      0" \
        "its ID block for SEV-SNP has the launch digest abababab"
    output_lacks "error:"
    run -1 romcompat flash inspect --json "$file"
    output_has '"igvm": {' '"platform": "TDX"' '"measured_pages": 513' '"may_migrate": false' '"defect": null'
    head -c 8191 "$file" > cut.igvm
    run -1 romcompat flash inspect cut.igvm
    output_has "error: it is not as long as its header says"
}
