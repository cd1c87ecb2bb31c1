#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Variables without a flash store around them: the JSON of QEMU's uefi-vars device, and the file
# \NvVars on a guest's FAT volume.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }
make_code() { "$BUILD/tests/cli/make_code" "$@"; }

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie forky
    "$BATS_TEST_DIRNAME/virt-firmware" "$BATS_FILE_TMPDIR"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    D13=$ROMCOMPAT_CACHE/firmware/trixie/usr/share
    FORKY=$ROMCOMPAT_CACHE/firmware/forky/usr/share
    CODE=$D13/OVMF/OVMF_CODE_4M.fd
    ENROLLED=$D12/OVMF/OVMF_VARS_4M.ms.fd
    make_code SecureBootConfigDxe VirtMmCommunication > pv.fd
}

# nv_vars JSON: the variables of an export as the firmware writes them to \NvVars.
nv_vars() {
    jq -r '.variables[] | [(.name), (.guid), (.attr), (.data)] | @tsv' "$1" | while IFS=$'\t' read -r name guid attributes data; do
        u32() { printf '%08x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/'; }
        u32 $((2 * ${#name} + 2))
        printf '%s\0' "$name" | iconv -t UTF-16LE | od -An -v -tx1 | tr -d ' \n'
        echo -n "${guid:6:2}${guid:4:2}${guid:2:2}${guid:0:2}${guid:11:2}${guid:9:2}${guid:16:2}${guid:14:2}${guid:19:4}${guid:24}"
        u32 "$attributes"
        u32 $((${#data} / 2))
        echo -n "$data"
    done | xxd -r -p
}

# bats test_tags=long
@test "a JSON store is inspected, exported as it is, and converted to flash and back" {
    romcompat varstore export "$ENROLLED" --out store.json
    run -0 romcompat flash inspect store.json
    output_has "store.json: json" "the store of QEMU's uefi-vars device, 31 variables" "3f live  dbx"
    [ "$(romcompat flash inspect --json store.json | jq '.images[0] | .kind, (.variables | length)' | xargs)" = "json 31" ]
    romcompat varstore export store.json | cmp - store.json
    run -0 romcompat varstore convert store.json --code "$CODE" --out flash.fd
    output_has "31 variables"
    run -0 romcompat flash check --code "$CODE" --vars flash.fd
    romcompat varstore export flash.fd | cmp - store.json
    "$BATS_FILE_TMPDIR/virt-fw-vars" -i "$D12/OVMF/OVMF_VARS_4M.fd" --set-json store.json -o theirs.fd
    romcompat varstore export theirs.fd | jq -S '.variables | sort_by(.name, .guid)' > theirs
    jq -S '.variables | sort_by(.name, .guid)' store.json | cmp - theirs
    run -0 romcompat varstore convert flash.fd --code pv.fd --out back.json
    cmp back.json store.json
    run -0 romcompat varstore inject store.json --into "$D12/ovmf/OVMF.fd" --out image
}

@test "a JSON store goes with firmware that has the device's driver, and a flash store does not" {
    make_store 4M A:1:4 > flash.fd
    romcompat varstore export flash.fd --out store.json
    run -0 romcompat flash check --code pv.fd --vars store.json --from pv.fd
    output_has "starts with its 1 variable and keeps them, with the uefi-vars device of QEMU 10.0"
    run -1 romcompat flash check --code "$CODE" --vars store.json
    output_has "this firmware keeps its variables in flash" "varstore convert"
    output_lacks "Size mismatch"
    run -1 romcompat flash check --code pv.fd --vars flash.fd
    output_has "keeps its variables with QEMU's uefi-vars device" "varstore export"
    one='{ "version": 2, "variables": [ { "name": "A", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "01" } ] }'
    echo '{ "version": 2, "variables": [ { "name": "A" } ] }' > broken.json
    run -1 romcompat flash check --code pv.fd --vars broken.json
    output_has "QEMU does not start, or reads it otherwise: broken.json: variable 1 (A): 'guid' is missing"
    # QEMU 10.0 starts with this one and has eight bits of data.
    echo "${one/\"01\"/\"010\"}" > half.json
    run -1 romcompat flash check --code pv.fd --vars half.json
    output_has "or reads it otherwise: half.json: variable 1 (A): 'data': an odd number of hexadecimal digits"
    # What QEMU 10.0 and 11.0 said, or did.
    for row in "s/2,/2, \"note\": 1,/ 'note' is not a member that QEMU knows" \
        "s/7,/7,\"note\":1,/ 'note' is not a member that QEMU knows" \
        "s/7,/7,\"digest\":1,/ 'digest' is not a string" \
        "s/\"A\"/\"A\t\"/ a control character in a string" \
        "s/\"A\"/\"é\"/ variable 1 (é): QEMU makes another name"; do
        sed "${row%%/ *}/" <<< "$one" > odd.json
        run -1 romcompat flash check --code pv.fd --vars odd.json --from pv.fd
        output_has "QEMU's uefi-vars device does not take the store as it is: odd.json: ${row#*/ }"
        run -0 romcompat varstore export odd.json
    done
    : > empty.json
    run -0 romcompat flash check --code pv.fd --vars empty.json --from pv.fd
    output_has "an empty file, as QEMU makes it"
    run -2 romcompat flash check --code pv.fd --vars empty.json
    run -1 romcompat flash inspect broken.json
    run -2 romcompat varstore export broken.json
    output_has "broken.json: variable 1 (A): 'guid' is missing"
}

@test "a JSON store with more variables than the device has room for is refused, as QEMU does" {
    # json BYTES: a store for which the device counts so many, 96 for each variable.
    json() {
        printf '{ "version": 2, "variables": [ { "name": "A", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "'
        head -c $((2 * ($1 - 96 - 4))) /dev/zero | tr '\0' 0
        printf '" }%s ] }\n' "${2:-}"
    }
    # Measured with QEMU 10.0 and 11: of 262,145 bytes it says this; at its first start with 262,144 it
    # adds two variables of 242 bytes, and at its second it says this.
    json 262145 > odd.json
    run -1 romcompat flash check --code pv.fd --vars odd.json --from pv.fd
    output_has "out of variable memory (262387 > 262144)"
    json 262144 > odd.json
    run -1 romcompat flash check --code pv.fd --vars odd.json --from pv.fd
    output_has "out of variable memory at its second start (262386 > 262144)"
    json 261902 > full.json
    run -0 romcompat flash check --code pv.fd --vars full.json --from pv.fd
    # What it does not take is not made for it.
    json 200 | jq '.variables[0].name = "B"' > more.json
    run -2 romcompat varstore import more.json --into full.json --out made.json
    output_has "full.json: QEMU's uefi-vars device does not start with its variables: out of variable memory (262344 > 262144)"
    [ ! -e made.json ]
}

@test "flash args starts the device: QEMU, and libvirt's <varstore>" {
    run -0 romcompat varstore create --code pv.fd --empty --out "s,1.json"
    run -0 romcompat flash args --code pv.fd --vars s,1.json --template "/t&.json" --force
    output_has "-bios $PWD/pv.fd" "-device uefi-vars-x64,jsonfile=$PWD/s,,1.json" \
        "<loader type='rom' format='raw'>$PWD/pv.fd</loader>" \
        "<varstore path=\"$PWD/s,1.json\" template=\"/t&amp;.json\"/>" "QEMU 10.0; libvirt has <varstore> since 12.1"
    output_lacks pflash "<nvram"
    run -1 romcompat flash args --code "$CODE" --vars s,1.json
}

@test "a descriptor with uefi-vars in its merged form is read, and its template checked" {
    mkdir -p root/usr/share/{qemu/firmware,edk2}
    cp pv.fd root/usr/share/edk2/OVMF.qemuvars.fd
    romcompat varstore export "$ENROLLED" --out root/usr/share/edk2/vars.json
    descriptor() {
        cat > root/usr/share/qemu/firmware/60-pv.json <<END
{ "description": "OVMF, uefi-vars", "interface-types": ["uefi"],
  "mapping": { "device": "memory", "filename": "/usr/share/edk2/OVMF.qemuvars.fd", "uefi-vars": $1 },
  "targets": [ { "architecture": "x86_64", "machines": ["pc-q35-*"] } ],
  "features": [ $2 ], "tags": [] }
END
    }
    descriptor '{"template": "/usr/share/edk2/vars.json"}' '"host-uefi-vars", "secure-boot", "enrolled-keys"'
    run -0 romcompat flash lint root
    output_has "0 errors, 2 warnings"
    tar cf package.tar -C root usr
    run -0 romcompat flash lint package.tar
    output_has "0 errors, 2 warnings"
    run -0 romcompat flash map --root root /usr/share/edk2/OVMF.qemuvars.fd
    output_has "/usr/share/edk2/vars.json"
    run -0 romcompat varstore create --root root --code /usr/share/edk2/OVMF.qemuvars.fd --out guest.json
    cmp guest.json root/usr/share/edk2/vars.json
    descriptor '{"template": "/usr/share/edk2/vars.json"}' '"secure-boot", "enrolled-keys"'
    run -0 romcompat flash lint root
    output_has "'host-uefi-vars' is not claimed"
    descriptor '{"template": "/usr/share/edk2/gone.json"}' '"host-uefi-vars"'
    run -1 romcompat flash lint root
    output_has "/usr/share/edk2/gone.json"
    cp "$D12/OVMF/OVMF_VARS_4M.fd" root/usr/share/edk2/flash.fd
    descriptor '{"template": "/usr/share/edk2/flash.fd"}' '"host-uefi-vars"'
    run -1 romcompat flash lint root
    output_has "the template /usr/share/edk2/flash.fd does not fit"
    echo '[]' > root/usr/share/edk2/list.json
    descriptor '{"template": "/usr/share/edk2/list.json"}' '"host-uefi-vars"'
    run -1 romcompat flash lint root
    output_has "the template /usr/share/edk2/list.json does not fit" "the store is a text, and QEMU's uefi-vars device"
    for hostile in 7 null '"/a\u0000b"' '[]'; do
        descriptor "{\"template\": $hostile}" '"host-uefi-vars"'
        run -1 romcompat flash lint root
        output_has "mapping.uefi-vars: 'template' is missing, or not a string" "libvirt skips"
    done
    for hostile in '[]' null '"/usr/share/edk2/vars.json"'; do
        descriptor "$hostile" '"host-uefi-vars"'
        run -1 romcompat flash lint root
        output_has "mapping: 'uefi-vars' is missing, or not of type object" "libvirt skips"
    done
    # As it was proposed first; and the same in flash, where no firmware looks for JSON.
    unmerged() { # DEVICE FORMAT
        descriptor '{}' '"host-uefi-vars", "secure-boot", "enrolled-keys"'
        sed -i "s|\"mapping\": .*},$|\"mapping\": { \"device\": \"$1\", \"mode\": \"split\", \"executable\": { \"filename\": \"/usr/share/edk2/OVMF.qemuvars.fd\", \"format\": \"raw\" }, \"nvram-template\": { \"filename\": \"/usr/share/edk2/vars.json\", \"format\": \"$2\" } },|" root/usr/share/qemu/firmware/60-pv.json
    }
    unmerged memory json
    run -0 romcompat flash lint root
    output_has "0 errors"
    unmerged flash raw
    run -1 romcompat flash lint root
    output_has "the template /usr/share/edk2/vars.json is JSON" "the mapping is flash"
    unmerged memory raw
    run -1 romcompat flash lint root
    output_has "mapping.nvram-template: 'raw' is unknown" "libvirt skips"
    descriptor '{}' '"host-uefi-vars"'
    run -1 romcompat flash lint root
    output_has "mapping.uefi-vars: 'template' is missing" "libvirt skips"
    descriptor '{"template": "/usr/share/edk2/vars.json", "tempalte": 1}' '"host-uefi-vars", "secure-boot"'
    run romcompat flash lint root
    output_has "mapping.uefi-vars: 'tempalte' is unknown (did you mean 'template'?)"
}

@test "a NvVars file is inspected, exported, converted and injected" {
    make_store 4M BootOrder:1:4 Boot0000:2:80 > store.fd
    romcompat varstore export store.fd | jq '.variables[] |= del(.time)' > want.json
    nv_vars want.json > NvVars
    run -0 romcompat flash inspect NvVars
    output_has "NvVars: NvVars" "variables that firmware without flash kept, 2 variables"
    romcompat varstore export NvVars | jq '.variables[] |= del(.time)' | cmp - want.json
    run -0 romcompat varstore convert NvVars --code "$CODE" --out new.fd
    run -0 romcompat flash check --code "$CODE" --vars new.fd
    run -1 romcompat flash check --code "$CODE" --vars NvVars
    output_has "is a \\NvVars file" "varstore convert"
    printf x >> NvVars
    run -1 romcompat flash inspect NvVars
    output_has "NvVars: unknown"
}

# bats test_tags=long
@test "which firmware keeps a NvVars file is told from it: Debian 13's and forky's, not 12's" {
    for image in "$D13/ovmf/OVMF.fd" "$FORKY/ovmf/OVMF.fd"; do
        run -0 romcompat flash inspect "$image"
        output_has "keeps variables in \\NvVars on a FAT volume of the guest"
        run -0 romcompat flash args --code "$image"
        output_has "what the operating system writes to its variables is gone" "in the file \\NvVars on a FAT volume"
    done
    run -0 romcompat flash inspect "$D12/ovmf/OVMF.fd"
    output_lacks NvVars
    run -0 romcompat flash args --code "$D12/ovmf/OVMF.fd"
    output_has "keeps no \\NvVars file"
    make_store 4M A:1:4 > store.fd
    run -0 --separate-stderr romcompat varstore inject store.fd --into "$FORKY/ovmf/OVMF.fd" --out image
    output_has "warning: image: this firmware also reads the file \\NvVars of the guest's FAT volume, which takes precedence over these variables"
    make_store 2M A:1:4 > small.fd
    run -0 --separate-stderr romcompat varstore inject small.fd --into "$D12/ovmf/OVMF.fd" --out image12
    output_lacks NvVars
}
