#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash args, on the firmware that Debian 12 and 13 ship; tests/qemu/test-launch starts guests.
load common

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
}

store() { romcompat varstore create --code "$1" --out "$2" > create.log; } # CODE FILE

# domain TYPE: the snippet on standard input inside a whole domain.
domain() {
    echo "<domain type='qemu'><name>d</name><uuid>12121212-1212-1212-1212-121212121212</uuid><memory>65536</memory><vcpu>1</vcpu>$(cat)<devices/></domain>"
}

@test "the words that a shell sees are paths as they are, with commas doubled for QEMU" {
    name="a, \"b\" & 'c' \$d <e>.fd"
    store "$D12/OVMF/OVMF_CODE.fd" "$name"
    for form in qemu blockdev; do
        line=$(romcompat flash args --form $form --code "$D12/OVMF/OVMF_CODE.fd" --vars "$name" -M pc-q35-7.2)
        eval "words=($line)"
        [ "${words[0]}" = qemu-system-x86_64 ]
        [[ " ${words[*]} " == *" -machine pc-q35-7.2"* ]]
        last=${words[${#words[@]} - 1]}
        [[ "$last" == *"=$PWD/a,, \"b\" & 'c' \$d <e>.fd" ]]
        [ "${last##*file=}" = "$PWD/${name//,/,,}" ] || [ "${last##*filename=}" = "$PWD/${name//,/,,}" ]
    done
    run -0 romcompat flash args --json --code "$D12/OVMF/OVMF_CODE.fd" --vars "$name"
    output_has '"smm": false' '"machine_types": "pc-q35-*, pc-i440fx-*"' '"cold_boot": "yes"' '"xl": null' \
        "a,, \\\"b\\\" & 'c' \$d <e>.fd"
}

@test "code with SMM gets q35, smm=on, secure flash and no suspend to RAM; other machines are refused" {
    code=$D12/OVMF/OVMF_CODE_4M.secboot.fd
    store "$code" s.fd
    run -0 romcompat flash args --code "$code" --vars s.fd
    output_has "-machine q35,smm=on" "-global driver=cfi.pflash01,property=secure,value=on" \
        "-global ICH9-LPC.disable_s3=1" "readonly=on,file=$code" "pflash0=pflash0,pflash1=pflash1" \
        "<loader readonly='yes' secure='yes' type='pflash'>$code</loader>" "<smm state='on'/>" "Machine types: pc-q35-*"
    output_lacks "pc-i440fx"
    run -1 romcompat flash args --code "$code" --vars s.fd -M pc-i440fx-7.2
    output_has "x86_64 firmware with SMM does not start on 'pc-i440fx-7.2' (expected pc-q35-*)"
    [ -z "$(romcompat flash args --code "$code" --vars s.fd -M microvm 2> log)" ]
    run -2 romcompat flash args --code "$code" --vars s.fd -M 'q35,smm=off'
    output_has "is not a machine type"
}

@test "libvirt takes the XML: its schema, and its parser" {
    name="a & <b> 'c' \"d\".fd"
    store "$D12/OVMF/OVMF_CODE.secboot.fd" "$name"
    romcompat flash args --form libvirt --code "$D12/OVMF/OVMF_CODE.secboot.fd" --vars "$name" \
        --template "$D12/OVMF/OVMF_VARS.fd" > os
    domain < os > d.xml
    run -0 virt-xml-validate d.xml domain
    [ "$(xmllint --xpath 'string(/domain/os/nvram)' d.xml)" = "$PWD/$name" ]
    [ "$(xmllint --xpath 'string(/domain/os/nvram/@template)' d.xml)" = "$D12/OVMF/OVMF_VARS.fd" ]
    run -0 virsh -c test:///default "define --validate d.xml; dumpxml d"
    output_has "secure='yes'" "<smm state='on'/>" "<suspend-to-mem enabled='no'/>"
    for code in "$D12/ovmf/OVMF.fd" "$D13/qemu-efi-aarch64/QEMU_EFI.fd"; do
        romcompat flash args --form libvirt --code "$code" | domain > d.xml
        run -0 virt-xml-validate d.xml domain
        [ "$(xmllint --xpath 'string(/domain/os/loader[@type="rom"])' d.xml)" = "$code" ]
    done
}

# bats test_tags=long
@test "the template of libvirt's XML is what flash map finds, if it goes with the code and is of the store's format" {
    code=$PWD/code.fd vars=$PWD/vars.fd
    cp "$D12/OVMF/OVMF_CODE.fd" code.fd
    cp "$D12/OVMF/OVMF_VARS.fd" vars.fd
    store "$code" s.fd
    template() { # ARGUMENT...: what the XML names, or nothing
        romcompat flash args --form libvirt --code code.fd --vars s.fd "$@" > os
        domain < os | xmllint --xpath 'string(/domain/os/nvram/@template)' -
    }
    [ "$(template --libvirt-nvram "$code:$vars")" = "$vars" ]
    romcompat flash args --json --code code.fd --vars s.fd --libvirt-nvram "$code:$vars" > o.json
    [ "$(jq -r .template o.json)" = "$vars" ]
    [ "$(template --template other.fd)" = "$PWD/other.fd" ]
    [ -z "$(template)" ]
    [ -z "$(template --libvirt-nvram "$code:$PWD/gone.fd")" ]
    [ -z "$(template --libvirt-nvram "$code:$D13/OVMF/OVMF_VARS_4M.fd")" ]
    romcompat varstore create --code code.fd --template vars.fd --out s.qcow2 --format qcow2
    [ -z "$(template --vars s.qcow2 --libvirt-nvram "$code:$vars")" ]
    [ -z "$(template --libvirt-nvram 'no list')" ]
    run -2 romcompat flash args --code code.fd --vars s.fd --template vars.fd --libvirt-nvram "$code:$vars"
    output_has "--template and --libvirt-nvram exclude each other"
}

@test "xl gets a combined image, and is told what is not kept; a pair it cannot start" {
    run -0 romcompat flash args --code "$D12/ovmf/OVMF.fd"
    output_has "-bios $D12/ovmf/OVMF.fd" 'bios = "ovmf"' "bios_path_override = \"$D12/ovmf/OVMF.fd\"" \
        "the variables of the store inside this image" "romcompat xen run" "is gone at power-off" "keeps no"
    run -0 romcompat flash args --code "$D13/ovmf/OVMF.fd"
    output_has "does not look at the store inside the image"
    cp "$D13/ovmf/OVMF.fd" 'back\slash"quote.fd'
    run -0 romcompat flash args --form xl --code 'back\slash"quote.fd'
    output_has "bios_path_override = \"$PWD/back\\\\slash\\\"quote.fd\""
    store "$D12/OVMF/OVMF_CODE.fd" s.fd
    run -0 romcompat flash args --code "$D12/OVMF/OVMF_CODE.fd" --vars s.fd
    output_has "xl cannot start this"
    output_lacks "bios_path_override"
    run -1 romcompat flash args --form xl --code "$D12/OVMF/OVMF_CODE.fd" --vars s.fd
}

@test "a pair that does not fit is refused with the reason, and printed with --force" {
    run -1 romcompat flash args --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars "$D12/OVMF/OVMF_VARS.fd"
    output_has "variables will not persist" "varstore convert" "--force"
    output_lacks "qemu-system"
    run -0 romcompat flash args --force --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars "$D12/OVMF/OVMF_VARS.fd"
    output_has "variables will not persist" "qemu-system-x86_64"
}

# bats test_tags=long
@test "ARM: files of the flash's length, a smaller image with -bios, and what else to do with it" {
    store "$D13/AAVMF/AAVMF_CODE.fd" s.fd
    run -0 romcompat flash args --code "$D13/AAVMF/AAVMF_CODE.fd" --vars s.fd
    output_has "qemu-system-aarch64" "-machine virt" "-cpu max" "<type arch='aarch64' machine='virt'>"
    run -0 romcompat flash args --code "$D13/qemu-efi-aarch64/QEMU_EFI.fd"
    output_has "-bios $D13/qemu-efi-aarch64/QEMU_EFI.fd" "pad a copy of the code to 67108864 bytes"
    output_lacks "bios_path_override"
    run -1 romcompat flash args --code "$D13/qemu-efi-aarch64/QEMU_EFI.fd" --vars s.fd
    output_has "found 3145728, expected 67108864" "truncate -s 67108864"
    head -c 786432 s.fd > short.fd
    run -1 romcompat flash args --code "$D13/AAVMF/AAVMF_CODE.fd" --vars short.fd
    output_has "short.fd: the flash of virt takes a file of its own length only (found 786432, expected 67108864)"
    run -1 romcompat flash args --code "$D13/AAVMF/AAVMF_CODE.fd" --vars s.fd -M q35
    output_has "expected virt-*"
}

@test "SEV: args and check --confidential say that QEMU blocks the migration" {
    store "$D13/OVMF/OVMF_CODE_4M.fd" s.fd
    run -0 romcompat flash args --code "$D13/OVMF/OVMF_CODE_4M.fd" --vars s.fd
    output_has "blocks the migration of SEV, SEV-ES and SNP guests" "launch digest"
    run -0 romcompat flash check --confidential --code "$D13/OVMF/OVMF_CODE_4M.fd" --from "$D13/OVMF/OVMF_CODE_4M.fd" --vars s.fd
    output_has "warning: QEMU up to 11.1 blocks the migration of SEV, SEV-ES and SNP guests"
    run -0 romcompat flash check --code "$D13/OVMF/OVMF_CODE_4M.fd" --from "$D13/OVMF/OVMF_CODE_4M.fd" --vars s.fd
    output_lacks "blocks the migration"
}

@test "wrong usage and what is no code are status 2; code alone, and SMM with -bios, are 1" {
    run -2 romcompat flash args
    output_has "--code is missing"
    run -2 romcompat flash args --code x --form html
    output_has "expected qemu, blockdev, libvirt or xl"
    run -2 romcompat flash args --code x --template y
    output_has "--template needs --vars"
    run -2 romcompat flash args --code "$D12/OVMF/OVMF_VARS.fd"
    output_has "not firmware code (found store)"
    run -2 romcompat flash args --code nothing-here
    run -1 romcompat flash args --code "$D12/OVMF/OVMF_CODE.fd"
    output_has "code without a store" "varstore create"
    cp "$D13/OVMF/OVMF_CODE_4M.fd" $'new\nline.fd'
    store "$D13/OVMF/OVMF_CODE_4M.fd" s.fd
    run -2 romcompat flash args --code $'new\nline.fd' --vars s.fd
    output_has "cannot be printed for pasting"
}
