#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

# host NAME VERSION MAPS VIRTIO E1000 [PACKAGE BUCKET]: its inventory in NAME.json.
host() { "$BUILD/tests/cli/inventory_fleet" "$@" > "$1.json"; }

@test "hosts that are alike exchange guests: status 0" {
    host a 7.2.1 0 250000 140000
    host b 7.2.22 0 262144 250000
    run -0 romcompat audit a.json b.json
    output_has "class 1: a, b" "2 hosts in 1 class"
    output_lacks "refused 1" fixes
    run -0 romcompat audit --json a.json
    [ "$(jq -r '.verdict, .hosts, .plan' <<< "$output" | xargs)" = "yes 1 null" ]
}

@test "a ROM in another bucket is status 1, with the pair, the ROM, the machine types and the fix" {
    host a 7.2.1 1 250000 250000
    host b 7.2.1 1 300000 250000 compat-256k 262144
    run -1 romcompat audit a.json b.json
    output_has "refused 1 -> 2" "the guest has 256K, the destination has 512K" "efi-virtio.rom" \
        "x86_64: pc-i440fx-7.2" "refused 2 -> 1"
    output_lacks "ROMs           efi-e1000.rom"
}

@test "the fix is the package that another host's map names, where it is missing" {
    host a 7.2.1 1 250000 250000 compat-256k 262144
    host b 7.2.1 1 300000 250000
    sed -i 's/,"pc-i440fx-7.2"//' a.json b.json
    run -1 romcompat audit --json .
    [ "$(jq -c '.plan.classes[] | [.class, .packages]' <<< "$output")" = '[2,["compat-256k"]]' ]
    [ "$(jq -c '[.plan.installations, .plan.hosts, .plan.smallest, .plan.not_fixed]' <<< "$output")" = '[1,1,true,0]' ]
    # And it does: the same fleet with that map there.
    host b 7.2.1 1 300000 250000 compat-256k 262144
    sed -i 's/,"pc-i440fx-7.2"//; s/"name":"efi-virtio.rom",/"name":"262144-efi-virtio.rom","size":262144},{&/' b.json
    run -0 romcompat audit a.json b.json
}

@test "where no package is known, the fix is a compat set and says for what" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 1 300000 250000
    run -1 romcompat audit a.json b.json
    output_has "The smallest set that fixes it: 1 installation on 1 class, 1 host." "class 2 (1 host)" \
        "a compat set, which must be made:" "bucket 256K for efi-virtio.rom" "on x86_64: pc-i440fx-7.2, pc-q35-7.2"
    # One that comes with the program makes it.
    output_has "the romset ipxe-efi-256k makes it: romcompat build --deb" "/debian-12-ipxe-efi.yaml"
    run -1 romcompat audit --json a.json b.json
    [[ $(jq -r '.plan.classes[0].compat_set_rules[0].romset' <<< "$output") == */debian-12-ipxe-efi.yaml ]]
    host b 7.2.1 0 300000 250000
    run -1 romcompat audit a.json b.json
    output_has "2 installations on 1 class" "a QEMU that reads compat maps, in place of the stock one"
}

@test "a missing ROM file is refused in one direction alone, and its package is named" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 0 250000
    run -1 romcompat audit a.json b.json
    output_has "refused 1 -> 2" "the destination has no file" "the package that has efi-virtio.rom (elsewhere: ipxe-qemu)"
    output_lacks "refused 2 -> 1"
}

@test "a machine type that is not there is shown, and counts where it was asked for" {
    host a 7.2.1 0 250000 250000
    host b 10.0.2 0 250000 250000
    run -0 romcompat audit a.json b.json
    output_has "lacks   2 -> 1" "pc-q35-10.0" "no guest is known to need it"
    run -1 romcompat audit -M 'pc-q35-*' a.json b.json
    output_has "refused 2 -> 1" "does not have the machine type"
    run -0 romcompat audit -M 'pc-q35-7.*' a.json b.json
    output_lacks pc-q35-10.0
    # A guest has it.
    sed -i 's/"guests":\[\]/"guests":[{"name":"g","machine":"pc-q35-10.0","devices":[]}]/' b.json
    run -1 romcompat audit a.json b.json
    run -1 romcompat audit --guests a.json b.json
    run -0 romcompat audit --guests -M '*-7.2' a.json b.json
}

@test "a machine type that is asked for, and that no host has, is no yes" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    # One of no QEMU here, an alias, and one without versions.
    for pattern in 'pc-q35-99.*' pc microvm; do
        run -2 romcompat audit -M 'pc-q35-7.*' -M "$pattern" a.json b.json
        output_has "-M $pattern: no machine type with a version on any of these hosts matches it"
    done
    run -0 romcompat audit -M 'pc-q35-7.*' -M '*i440fx*' a.json b.json
}

# with_firmware NAME IMAGES [GUEST]: these firmware images (PATH:SIZE...) in NAME.json, and a guest
# with these members.
with_firmware() {
    local list='' image
    for image in $2; do
        list+="${list:+,}{\"path\":\"${image%:*}\",\"size\":${image#*:},\"kind\":\"code\"}"
    done
    sed -i "s#\"firmware\":\[\]#\"firmware\":[$list]#" "$1.json"
    [ -z "${3:-}" ] || sed -i "s#\"guests\":\[\]#\"guests\":[{\"name\":\"g\",\"machine\":\"pc-q35-7.2\",$3}]#" "$1.json"
}
CODE=/usr/share/OVMF/OVMF_CODE.fd CODE_4M=/usr/share/OVMF/OVMF_CODE_4M.fd

@test "hosts with a firmware image of another length are two classes, and refuse its guests" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    with_firmware a "$CODE:1966080"
    with_firmware b "$CODE:4194304"
    run -1 romcompat audit a.json b.json
    output_has "2 hosts in 2 classes" "refused 1 -> 2" "firmware image has another length" \
        "$CODE (1966080 bytes on class 1, 4194304 on class 2)"
    run -1 romcompat audit --json a.json b.json
    [ "$(jq -c '.problems | map([.reason, .needed, .firmware, (.pairs | length)])' <<< "$output")" = \
        "[[\"firmware_length\",true,[\"$CODE\"],2]]" ]
    [ "$(jq -c '[.classes[].firmware[]]' <<< "$output")" = '[1966080,4194304]' ]
    # No guest has it.
    run -0 romcompat audit --guests a.json b.json
}

@test "a firmware image that is not there counts where a guest has it or may have it" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    with_firmware a "$CODE:1966080 $CODE_4M:3653632"
    with_firmware b "$CODE_4M:3653632"
    run -0 romcompat audit a.json b.json
    output_has "2 hosts in 2 classes" "lacks   1 -> 2" "$CODE" "no guest is known to need it"
    cp a.json plain.json
    with_firmware a '' "\"firmware\":\"efi\",\"loader\":\"$CODE_4M\",\"loader_type\":\"pflash\",\"devices\":[]"
    run -0 romcompat audit a.json b.json
    sed -i "s#\"loader\":\"$CODE_4M\"#\"loader\":\"$CODE\"#" a.json
    run -1 romcompat audit a.json b.json
    output_has "refused 1 -> 2" "does not have the firmware image: QEMU does not start" "$CODE"
    output_lacks "refused 2 -> 1" "No file"
    run -1 romcompat audit --guests a.json b.json
    # The default BIOS is what it says; a guest of which nothing is said may have the image.
    cp plain.json a.json
    with_firmware a '' '"firmware":"bios","devices":[]'
    run -0 romcompat audit a.json b.json
    cp plain.json a.json
    with_firmware a '' '"emulator":"/usr/bin/qemu-system-x86_64","devices":[]'
    run -1 romcompat audit a.json b.json
    output_has "Of 1 guest on class 1 the inventory does not say which firmware they have."
}

@test "a firmware image of a directory that inventories do not list may be there, and so may any where none is listed" {
    local own=/opt/firmware/code.fd
    # unknown IMAGE OF-B: the guest of a has the image, and b lists these.
    unknown() {
        host a 7.2.1 0 250000 250000
        host b 7.2.1 0 250000 250000
        with_firmware a "$CODE_4M:3653632 $own:1966080" \
            "\"firmware\":\"efi\",\"loader\":\"$1\",\"loader_type\":\"pflash\",\"devices\":[]"
        with_firmware b "$2"
        run -2 romcompat audit --guests a.json b.json
        output_has "unknown 1 -> 2" "$1" "it is not known whether the destination has the firmware image"
        output_lacks "refused 1"
        run -2 romcompat audit --guests --json a.json b.json
        [ "$(jq -c '.problems | map([.reason, .needed, .known, .firmware])' <<< "$output")" = \
            "[[\"firmware\",true,false,[\"$1\"]]]" ]
    }
    unknown "$own" "$CODE_4M:3653632"
    unknown "$CODE_4M" ''
}

@test "another build of a firmware image, and other variable stores, are no other class" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    with_firmware a "$CODE:1966080 /usr/share/OVMF/OVMF_VARS.fd:131072"
    with_firmware b "$CODE:1966080"
    sed -i 's#OVMF_VARS.fd","size":131072,"kind":"code"#OVMF_VARS.fd","size":131072,"kind":"store"#' a.json
    run -0 romcompat audit a.json b.json
    output_has "2 hosts in 1 class"
}

@test "--expiry says with which QEMU the machine types of guests go" {
    host a 7.2.1 0 250000 250000
    host b 11.2.0 0 250000 250000
    sed -i 's/"pc-i440fx-7.2"\]/"pc-i440fx-5.2"]/; s/"guests":\[\]/"guests":[{"name":"g","machine":"pc-i440fx-5.2"},{"name":"h","machine":"pc-q35-7.2"}]/' a.json
    sed -i 's/"pc-q35-7.2",//' b.json
    run romcompat audit --expiry a.json b.json
    output_has "pc-i440fx-5.2       1  QEMU 9.1         QEMU 11.2        0 hosts   1 host  1" \
        "pc-q35-7.2          1  QEMU 10.2        QEMU 13.2"
    run romcompat audit --expiry --json a.json b.json
    [ "$(jq -c '.expiry[0] | [.machine, .guests, .deprecated_from, .gone_from, .hosts_gone_on]' <<< "$output")" = \
        '["pc-i440fx-5.2",1,"9.1","11.2",1]' ]
    run romcompat audit --json a.json b.json
    [ "$(jq -c .expiry <<< "$output")" = null ]
}

@test "inventories come as files, directories, JSON lines, on standard input and through pipes" {
    mkdir -p fleet/deep
    for i in 1 2 3; do host "n$i" 7.2.1 0 250000 250000; done
    cat n1.json n2.json > fleet/lines.jsonl
    jq . n3.json > fleet/deep/pretty.json
    echo ignored > fleet/notes.txt
    run -0 romcompat audit fleet
    output_has "n1, n2, n3" "3 hosts in 1 class"
    first=$output
    run -0 bash -c 'cat n1.json n2.json n3.json | romcompat audit -'
    [ "$output" = "$first" ]
    run -0 bash -c 'romcompat audit <(cat n1.json) <(jq . n2.json; cat n3.json)'
    [ "$output" = "$first" ]
    run -0 bash -c 'cat n1.json n2.json n3.json | tr -d "\n" | romcompat audit -'
    [ "$output" = "$first" ]
}

@test "a fleet with a known answer: classes, pairs and hosts are counted right" {
    "$BUILD/tests/cli/inventory_fleet" x 7.2.1 0 250000 250000 > one
    "$BUILD/tests/cli/inventory_fleet" x 7.2.1 0 300000 250000 > two
    "$BUILD/tests/cli/inventory_fleet" x 8.2.1 0 250000 250000 > three
    for i in $(seq 0 299); do
        case $((i % 6)) in 0 | 1 | 2) f=one ;; 3 | 4) f=two ;; 5) f=three ;; esac
        sed "s/\"host\":\"x\"/\"host\":\"node$i\"/" "$f"
    done > fleet.jsonl
    run -1 romcompat audit --json - < fleet.jsonl
    [ "$(jq -c '[.hosts, [.classes[].host_count], [.pairs[] | select(.verdict == "no") | [.from, .to]]]' <<< "$output")" = \
        '[300,[150,100,50],[[1,2],[2,1],[2,3],[3,2]]]' ]
    [ "$(jq -r '.classes[0].hosts[0:3] | @text' <<< "$output")" = '["node0","node1","node102"]' ]
    # Two hosts of class 1 and 3 together are more than those of 2, but one installation less.
    [ "$(jq -c '.plan.classes | map([.class, .qemu_that_reads_maps, (.compat_set_rules | length)])' <<< "$output")" = '[[2,true,1]]' ]
    run -1 romcompat audit --hosts - < fleet.jsonl
    output_has node299
    run -1 romcompat audit - < fleet.jsonl
    output_has "and 146 more"
}

@test "an inventory that cannot be read is named with its line, the others are compared: status 2" {
    host a 7.2.1 0 250000 250000
    { cat a.json; echo nonsense; sed 's/"size":250000/"size":-1/' a.json; jq -c '.host = "b"' a.json; cat a.json; } > fleet.jsonl
    run --separate-stderr -2 romcompat audit - < fleet.jsonl
    [[ $stderr == *"standard input:2: not JSON"* ]]
    [[ $stderr == *"standard input:3: folders[0].roms[0].size: a number of at least 0 was expected"* ]]
    [[ $stderr == *"standard input:5: a second inventory of the host a"* ]]
    output_has "2 hosts in 1 class" "3 inventories could not be read: there is no answer"
    run -2 romcompat audit fleet.jsonl none.json
    output_has "fleet.jsonl:3:" "none.json: No such file"
    for i in $(seq 100); do echo nonsense; done > bad.jsonl
    run -2 romcompat audit bad.jsonl
    output_has "bad.jsonl:20:" "further problems are only counted"
    output_lacks "bad.jsonl:21:"
}

@test "wrong usage, and nothing to read, are status 2" {
    run -2 romcompat audit
    output_has "INVENTORY is missing"
    mkdir empty
    run -2 romcompat audit empty
    output_has "no inventory was found"
    run -2 romcompat audit --nonsense x
    run -2 romcompat audit /dev/null
    run -0 romcompat audit --help
}

@test "a host is not its own destination under its name in another case, or with a domain" {
    # second STATUS NAME NAME: hosts of these names.
    second() {
        host "$2" 7.2.1 0 250000 250000
        host "$3" 7.2.1 0 250000 250000
        run "-$1" romcompat audit "$2.json" "$3.json"
    }
    second 2 node1 NODE1
    output_has "a second inventory of the host NODE1"
    second 2 Node1.example.org node1.example.org
    output_has "a second inventory of the host node1.example.org"
    second 2 node1 Node1.example.org
    output_has "the host Node1.example.org may be node1, of which there is an inventory"
    second 2 node1.example.org node1
    output_has "the host node1 may be node1.example.org"
    second 0 node1.example.org node1.example.net
    second 0 node1.example.org node10
}

@test "names from inventories cannot write to the terminal" {
    host a 7.2.1 0 250000 250000
    sed -i 's/"host":"a"/"host":"\\u001b[31mred"/; s/"system":"debian 12"/"system":"\\u0007bell"/' a.json
    run -0 romcompat audit a.json
    output_has '\x1b[31mred' '\x07bell'
}

@test "--svg draws the matrix, well-formed and the same each time" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 300000 250000
    host c 10.0.2 0 250000 250000
    run -1 romcompat audit --svg one.svg .
    run -1 romcompat audit --svg two.svg .
    cmp one.svg two.svg
    xmllint --noout one.svg
    [ "$(grep -c '"no"' one.svg)" = 5 ] # four pairs and the legend
    [ "$(grep -c '"lacks"' one.svg)" = 2 ]
    grep -q 'prefers-color-scheme:dark' one.svg
    run -1 romcompat audit --svg no/where/x.svg .
    cmp one.svg no/where/x.svg
    run -2 romcompat audit --svg one.svg/x.svg .
}

@test "preflight takes an inventory for the destination, and a guest out of another" {
    host a 7.2.1 0 250000 250000
    host b 10.0.2 1 300000 250000 compat-256k 262144
    host c 7.2.1 0 300000 250000
    "$BUILD/tests/cli/make_stream" -m pc-q35-7.2 pc.ram=0x4000000 0000:00:03.0/virtio-net-pci.rom=0x40000 > stream
    run -0 romcompat preflight stream a.json
    output_has "destination  a, /usr/bin/qemu-system-x86_64, QEMU 7.2.1" "/roms/efi-virtio.rom (250000 bytes)"
    run -0 romcompat preflight stream b.json
    output_has "reads compat maps" "none needed"
    run -1 romcompat preflight --loadvm stream b.json
    run -1 romcompat preflight stream c.json
    output_has "refused   256K   512K"
    run -1 romcompat preflight a.json -M pc-q35-7.2 --device virtio-net-pci --device e1000 c.json
    output_has "a guest of an inventory" "refused   256K   512K  device 1/virtio-net-pci.rom" \
        "lands     256K   256K  device 2/e1000.rom" "/roms/efi-virtio.rom (250000 bytes) of ipxe-qemu 1"
    run --separate-stderr -1 romcompat preflight --json a.json -M pc-q35-7.2 --device virtio-net-pci c.json
    [ "$(jq -c '.blocks[0] | [.guest_file, .guest_file_size, .guest_file_package]' <<< "$output")" = \
        '["/roms/efi-virtio.rom",250000,"ipxe-qemu 1"]' ]
    run -0 romcompat preflight a.json -M pc --device e1000 c.json
    output_has pc-i440fx-7.2
    sed -i 's/"guests":\[\]/"guests":[{"name":"web","machine":"pc-q35-7.2","devices":[{"type":"virtio-net-pci"},{"type":"e1000","romfile":"\/x"}]}]/' a.json
    run -1 romcompat preflight --json --guest web a.json c.json
    output_has '"machine": "pc-q35-7.2"' "the ROM of device 2 (e1000): it has a ROM file of its own"
    # Of the second card nothing can be said, so there is no yes.
    run -2 romcompat preflight --guest web a.json b.json
    sed -i 's/,{"type":"e1000","romfile":"\/x"}//' a.json
    run -0 romcompat preflight --guest web a.json b.json
}

@test "a UEFI guest of an inventory is judged by its firmware image there" {
    efi="\"devices\":[{\"type\":\"virtio-net-pci\"}],\"firmware\":\"efi\",\"loader_type\":\"pflash\""
    for h in a b; do host $h 7.2.1 0 250000 250000; done
    with_firmware a "$CODE:1966080 $CODE_4M:3653632 /opt/own.fd:4096" "$efi,\"loader\":\"$CODE\""
    with_firmware b "$CODE_4M:3653632"
    run -1 romcompat preflight --guest g a.json b.json
    output_has "arrives             no: system.flash0: QEMU does not start: $CODE is not there"
    sed -i "s#\"loader\":\"$CODE\"#\"loader\":\"$CODE_4M\"#" a.json
    run -0 romcompat preflight --guest g a.json b.json
    output_has "lands    3568K  3568K  system.flash0"
    # Whether the next cold start keeps the variables, the length does not tell; the sum may.
    run -2 romcompat preflight --start --guest g a.json b.json
    sed -i "s#\"size\":3653632#&,\"sha256\":\"$(printf 'a%.0s' {1..64})\"#" a.json b.json
    run -0 romcompat preflight --start --guest g a.json b.json
    sed -i 's#aaaa#bbbb#' b.json
    run -2 romcompat preflight --start --guest g a.json b.json
    output_has "is the same         no: system.flash0: $CODE_4M is another image there"
    sed -i 's/3653632/4194304/' b.json
    run -1 romcompat preflight --guest g a.json b.json
    output_has "refused  3568K     4M  system.flash0"
    # An image outside of where an inventory looks may be there all the same.
    sed -i "s#\"loader\":\"$CODE_4M\"#\"loader\":\"/opt/own.fd\"#" a.json
    run -2 romcompat preflight --guest g a.json b.json
    output_has "which file that is there is not known"
}

@test "a BIOS guest is judged by the BIOS that the inventory lists" {
    host b 7.2.1 0 250000 250000
    "$BUILD/tests/cli/make_stream" -m pc-q35-7.2 pc.ram=0x4000000 pc.bios=0x40000 > stream
    run -2 romcompat preflight stream b.json
    output_has "pc.bios: no default BIOS of the destination has this length"
    sed -i 's#"firmware":\[\]#"firmware":[{"path":"/roms/bios-256k.bin","size":262144,"kind":"bios"}]#' b.json
    run -0 romcompat preflight stream b.json
    output_has "lands     256K   256K  pc.bios    /roms/bios-256k.bin (262144 bytes)"
}

@test "an architecture goes by QEMU's name, whoever wrote it: Debian's amd64, libvirt's i686" {
    for h in a b; do host $h 7.2.1 0 250000 250000; done
    host c 7.2.1 0 300000 250000
    # goes STATUS TO ARCHITECTURE-THERE ARCHITECTURE-OF-GUEST
    goes() {
        jq -c ".qemu[0].architecture = \"$3\"" "$2.json" > to.json
        jq -c ".guests = [{name: \"g\", machine: \"pc-q35-7.2\", architecture: \"$4\", firmware: \"bios\", devices: [{type: \"virtio-net-pci\"}]}]" a.json > g.json
        run "-$1" romcompat preflight --guest g g.json to.json
        run "-$1" romcompat audit --guests g.json to.json
    }
    goes 0 b amd64 x86_64
    goes 1 c amd64 x86_64
    output_has "the guest has 256K, the destination has 512K"
    goes 0 b x86_64 amd64
    # libvirt starts it with the QEMU of x86_64 where there is no other.
    goes 0 b x86_64 i686
    goes 1 c x86_64 i686
    goes 1 b i386 x86_64
}

@test "of two guests of one name none is judged" {
    for h in a b; do host $h 7.2.1 0 250000 250000; done
    jq -c '.guests = [{name: "g", machine: "pc-q35-7.2", firmware: "bios", devices: []}]' a.json > g.json
    run -0 romcompat preflight --guest g g.json b.json
    jq -c '.guests += [.guests[0] + {devices: [{type: "vmxnet3"}]}]' g.json > two.json
    run -2 romcompat preflight --guest g two.json b.json
    output_has "two.json: 2 guests of the name g"
}

@test "a BIOS of another length, or none, refuses the BIOS guests of an inventory, and no others" {
    for h in a b; do host $h 7.2.1 0 250000 250000; done
    # bios HOST NAME SIZE...: the images in HOST.json.
    bios() {
        local list='' host=$1
        shift
        for ((; $#; )); do list+="${list:+,}{\"path\":\"/roms/$1\",\"size\":$2,\"kind\":\"bios\"}"; shift 2; done
        jq -c ".firmware = [$list]" "$host.json" > made.json
        mv made.json "$host.json"
    }
    # said STATUS MACHINE FIRMWARE: of a guest of host a, by preflight and by audit.
    said() {
        jq -c ".guests = [{name: \"g\", machine: \"$2\", firmware: $3, devices: []}]" a.json > g.json
        run "-$1" romcompat audit --guests g.json b.json
        run "-$1" romcompat preflight --guest g g.json b.json
    }
    bios a bios-256k.bin 262144
    bios b bios-256k.bin 262144
    said 0 pc-q35-7.2 '"bios"'
    # A guest of whose BIOS nothing is listed, where others are.
    bios a bios.bin 131072
    said 2 pc-q35-7.2 '"bios"'
    output_has "its BIOS bios-256k.bin is not in the inventory"
    bios a bios-256k.bin 262144 bios.bin 131072
    bios b bios-256k.bin 131072 bios.bin 131072
    said 1 pc-q35-7.2 '"bios"'
    output_has "pc.bios: the guest has 256K, the destination has 128K" "starts again there  yes"
    run -1 romcompat audit a.json b.json
    output_has "the destination's firmware image has another length" "bios-256k.bin (262144 bytes on class 1, 131072 on class 2)"
    bios b bios.bin 131072
    said 1 pc-q35-7.2 '"bios"'
    output_has "pc.bios: QEMU does not start: there is no bios-256k.bin"
    run -0 romcompat audit --guests a.json b.json
    # That of the oldest machine types counts where a guest has it.
    bios a bios-256k.bin 262144 bios.bin 131072
    bios b bios-256k.bin 262144
    run -0 romcompat audit a.json b.json
    output_lacks "bios.bin"
}

@test "a guest of which the inventory does not say what firmware it has gets no yes" {
    devices='"devices":[{"type":"virtio-net-pci"}]'
    for h in a b; do host $h 7.2.1 0 250000 250000; done
    with_firmware a "$CODE:1966080" "$devices"
    run -2 romcompat preflight --guest g a.json b.json
    output_has "does not say which firmware it has: take it again"
    sed -i 's#"devices":#"firmware":"efi",&#' a.json
    run -2 romcompat preflight --guest g a.json b.json
    output_has "libvirt chooses one when the guest is started"
    sed -i 's#"firmware":"efi"#"firmware":"bios"#' a.json
    run -0 romcompat preflight --guest g a.json b.json
    # An image for -bios is the block pc.bios.
    sed -i "s#\"firmware\":\"bios\"#\"loader\":\"$CODE\",\"loader_type\":\"rom\"#" a.json
    with_firmware b "$CODE:2097152"
    run -1 romcompat preflight --guest g a.json b.json
    output_has "refused  1920K     2M  pc.bios"
}

@test "what preflight does not know of a guest, the audit does not either, and says so" {
    for h in a b; do host $h 8.2.1 0 250000 250000; done
    # doubtful GUEST: of an alike host, where all others can go.
    doubtful() {
        jq -c ".guests = [{name: \"g\", machine: \"pc-q35-7.2\", firmware: \"bios\", devices: []} + $1]" a.json > g.json
        run -2 romcompat preflight --guest g g.json b.json
        run -2 romcompat audit g.json b.json
        output_has "For 1 guest the inventories lack something that decides where it can go"
        run --separate-stderr -2 romcompat audit --json g.json b.json
        [ "$(jq -c '[.verdict, .guests_not_known]' <<< "$output")" = '[null,1]' ]
    }
    doubtful '{doubt: "x"}'
    doubtful '{devices: null}'
    doubtful '{firmware: "efi"}'
    doubtful '{firmware: "coreboot"}'
    doubtful '{firmware: null, loader: "/none.fd", loader_type: "pflash"}'
    doubtful '{devices: [{type: "net-of-tomorrow"}]}'
    doubtful '{devices: [{type: "e1000", romfile: "/own.rom"}]}'
    jq -c '.guests = [{name: "g", machine: "pc-q35-7.2", firmware: "bios", devices: [{type: "net-of-tomorrow", rom: false}]}]' a.json > g.json
    run -0 romcompat audit g.json b.json
}

@test "a guest whose emulator is not the QEMU that is judged has no firm answer" {
    host a 8.2.1 0 250000 250000
    host b 8.2.1 0 250000 250000
    # said STATUS QEMU: of a guest whose emulator is a second QEMU with these members.
    said() {
        jq -c ".qemu += [.qemu[0] + {path: \"/usr/local/bin/qemu-system-x86_64\"} + $2]
            | .guests = [{name: \"g\", machine: \"pc-q35-7.2\", emulator: .qemu[1].path, firmware: \"bios\",
                devices: [{type: \"virtio-net-pci\"}]}]" a.json > g.json
        run "-$1" romcompat audit --guests g.json b.json
        run "-$1" romcompat preflight --guest g g.json b.json
    }
    said 0 '{}'
    said 2 '{folders: ["/usr/local/roms"]}'
    output_has "its emulator /usr/local/bin/qemu-system-x86_64 is not the QEMU that guests of pc-q35-7.2 are judged by"
    said 2 '{version: "9.0.0"}'
    jq -c '.qemu |= reverse | .folders += [{path: "/usr/local/roms", roms: .folders[0].roms}]' g.json > first.json
    run -0 romcompat preflight --guest g first.json b.json
}

@test "guests that do not start again where they are keep an audit from a yes" {
    host a 8.2.1 0 0 250000
    host b 8.2.1 0 0 250000
    jq -c '.guests = [{machine: "pc-q35-7.2", firmware: "bios", devices: [{type: "virtio-net-pci"}]}, {machine: "pc-q35-2.4", firmware: "bios", devices: []}]' a.json > g.json
    run -1 romcompat audit --html page.html g.json b.json
    output_has "2 guests do not start again on their own host: 1 for a ROM, firmware image or swtpm, 1 for a machine type that is not there."
    grep -q '<p>2 guests do not start again' page.html
    run --separate-stderr -1 romcompat audit --json g.json b.json
    [ "$(jq -c '[.verdict, .guests_without_file, .guests_without_machine]' <<< "$output")" = '["no",1,1]' ]
}

@test "a guest does not arrive on a QEMU for another architecture, whatever its machine types are called" {
    host a 8.2.1 0 250000 250000
    host b 8.2.1 0 250000 250000
    jq -c '.guests = [{name: "g", machine: "pc-q35-7.2", architecture: "x86_64", firmware: "bios", devices: []}]' a.json > g.json
    run -0 romcompat preflight --guest g g.json b.json
    jq -c '.architecture = "i386" | .qemu[0].architecture = "i386"' b.json > c.json
    run -1 romcompat preflight --guest g g.json c.json
    output_has "no QEMU for guests of x86_64 is installed there"
}

@test "the cards of a board, and a ROM without a BAR that has a RAM block, are not known" {
    # said STATUS MACHINE DEVICES: of a guest of host a, by preflight and by audit.
    said() {
        for h in a b; do
            host $h 7.2.1 0 250000 250000
            jq -c ".architecture = \"$arch\" | .qemu[0] += {architecture: \"$arch\", machines: [$machines]}" $h.json > made.json
            mv made.json $h.json
        done
        jq -c ".guests = [{name: \"g\", machine: \"$2\", firmware: \"bios\", devices: $3}]" a.json > g.json
        run "-$1" romcompat audit --guests g.json b.json
        run "-$1" romcompat preflight --guest g g.json b.json
    }
    local arch=x86_64 machines='"pc-i440fx-1.6", "pc-i440fx-1.7"'
    said 2 pc-i440fx-1.7 '[{type: "VGA", rom: false}]'
    output_has "the ROM of device 1 (VGA): without a BAR it has a RAM block of another name in pc-i440fx-1.7"
    said 0 pc-i440fx-1.6 '[{type: "VGA", rom: false}]'
    said 0 pc-i440fx-1.7 '[{type: "e1000"}]'
    arch=aarch64 machines='"raspi3b", "sbsa-ref", "virt-7.2"'
    said 2 sbsa-ref '[{type: "e1000"}]'
    output_has "which cards the board sbsa-ref has of its own is not known here"
    said 2 raspi3b '[{type: "e1000"}]'
    said 0 virt-7.2 '[{type: "e1000"}]'
    run -2 romcompat preflight -M sbsa-ref --device e1000 a.json b.json
}

@test "preflight with an inventory: what it cannot answer is status 2, a machine type that is not there 1" {
    host a 7.2.1 0 250000 250000
    host b 10.0.2 0 250000 250000
    run -2 romcompat preflight a.json b.json
    output_has "of which a guest must be named"
    run -2 romcompat preflight --guest none a.json b.json
    output_has "no guest of the name none"
    run -2 romcompat preflight -M pc-q35-99.0 --device e1000 a.json b.json
    run -1 romcompat preflight -M pc-q35-10.0 --device e1000 b.json a.json
    output_has "no QEMU there has the machine type pc-q35-10.0"
    run --separate-stderr -1 romcompat preflight --json -M pc-q35-10.0 --device e1000 b.json a.json
    [ "$(jq -c '[.verdict, .arrives.answer, .arrives.why, .blocks_not_judged]' <<< "$output")" = \
        "[\"refused\",\"no\",\"no QEMU there has the machine type pc-q35-10.0: 'unsupported machine type'\",0]" ]
    echo '{}' > x.json
    run -2 romcompat preflight -M pc-q35-7.2 --device e1000 a.json x.json
    output_has "x.json:1: not an inventory"
    : > stream
    run -2 romcompat preflight --guest web stream a.json
    output_has "are for an inventory"
    run -2 romcompat preflight -M pc-q35-7.2 --qemu x a.json b.json
}

@test "hosts that differ in everything, in every way, are an error and not work without end" {
    # Of 100 machine types each host has every other one, and ROMs of any length.
    awk 'BEGIN {
        srand(1)
        n = split("e1000 e1000e eepro100 ne2k_pci pcnet rtl8139 virtio vmxnet3", roms)
        for (h = 0; h < 240; h++) {
            printf "{\"format\":\"romcompat-inventory\",\"version\":1,\"host\":\"h%d\",\"architecture\":\"x86_64\",\"qemu\":[{\"path\":\"/q\",\"architecture\":\"x86_64\",\"version\":\"7.2.0\",\"reads_maps\":false,\"folders\":[\"/f\"],\"map_folders\":[],\"machines\":[\"pc-q35-7.2\"", h
            for (m = 0; m < 100; m++) if (rand() < 0.5) printf ",\"pc-q35-%d.%d\"", 8 + m / 10, m % 10
            printf "],\"aliases\":{}}],\"folders\":[{\"path\":\"/f\",\"roms\":["
            for (r = 1; r <= n; r++)
                printf "%s{\"name\":\"efi-%s.rom\",\"size\":%d,\"chain_end\":null,\"bucket\":null}", (r > 1 ? "," : ""), roms[r], 2 ^ (11 + int(rand() * 12))
            print "]}],\"maps\":[],\"firmware\":[],\"guests\":[]}"
        }
    }' > hosts.jsonl
    run -2 bash -c 'ulimit -t 60; romcompat audit hosts.jsonl'
    output_has "the input asks for too much: more than 400000000 comparisons"
}

# with_tpm NAME SWTPM [EMULATED]: whether swtpm is on the host NAME, in NAME.json, and a guest with a
# TPM, if it is said what emulates that.
with_tpm() {
    local guests='[]'
    [ -z "${3:-}" ] || guests="[{name: \"g\", machine: \"pc-q35-7.2\", firmware: \"bios\", tpm: true, tpm_emulated: $3, devices: []}]"
    jq -c ".swtpm = $2 | .guests = $guests" "$1.json" > made.json
    mv made.json "$1.json"
}

# bats test_tags=long
@test "a guest with an emulated TPM goes where swtpm is, and elsewhere it is not known or refused" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    # How many classes, the audit's status, that of preflight, what the audit says of the pair.
    tpm_case() { # SWTPM-OF-B EMULATED CLASSES AUDIT PREFLIGHT VERDICT
        with_tpm a true "$2"
        with_tpm b "$1"
        run "-$4" romcompat audit --json a.json b.json
        [ "$(jq '.classes | length' <<< "$output")" = "$3" ]
        [ "$(jq -c 'first(.pairs[] | select(.from == 1)) | .verdict' <<< "$output")" = "$6" ]
        # Arrival is as much in question as the next start.
        run "-$5" romcompat preflight --start --guest g a.json b.json
        run "-$5" romcompat preflight --guest g a.json b.json
    }
    tpm_case true true 1 0 0 ''
    tpm_case false true 2 1 1 '"no"'
    output_has "b does not have swtpm with swtpm_setup and swtpm_ioctl, which emulates the TPM of guest g" "apt install swtpm swtpm-tools"
    tpm_case null true 2 2 2 '"unknown"'
    output_has "it is not known whether b has swtpm, which emulates the TPM of guest g"
    # The host's own, passed through, needs none.
    tpm_case false false 2 0 0 '"yes"'
    tpm_case null false 2 0 0 '"yes"'
    # What emulates it is not known: the TPM of a QEMU that somebody started.
    tpm_case true null 1 0 0 ''
    tpm_case false null 2 2 2 '"unknown"'
    tpm_case null null 2 2 2 '"unknown"'
    with_tpm a true true
    with_tpm b false
    run -1 romcompat audit --html page.html a.json b.json
    output_has "refused 1 -> 2" "guests have a TPM that is emulated, and the destination does not have swtpm" \
        "debian 12, QEMU 7.2.1, ipxe-qemu 1, swtpm" "QEMU 7.2.1, ipxe-qemu 1, no swtpm"
    output_lacks "2 -> 1"
    grep -q '"why": *"guests have a TPM that is emulated' page.html
}

@test "an audit of a guest with a TPM on a host without swtpm, or of which that is not known" {
    host a 7.2.1 0 250000 250000
    with_tpm a false true
    run -1 romcompat audit a.json
    output_has "1 guest does not start again on its own host: 1 for a ROM, firmware image or swtpm"
    run -1 romcompat audit --metrics a.json
    output_has 'romcompat_guests_unstartable{reason="file"} 1'
    # An inventory from before it was asked.
    jq -c 'del(.swtpm, .guests[].tpm_emulated)' a.json > old.json
    run -2 romcompat audit old.json
    output_has "For 1 guest the inventories lack something that decides"
    jq -c '.guests[].tpm = false' old.json > none.json
    run -0 romcompat audit none.json
    # What is no flag is no inventory.
    jq -c '.swtpm = "yes"' a.json > bad.json
    run -2 romcompat audit bad.json
    output_has "bad.json:1: swtpm: true or false was expected"
    jq -c '.guests[].tpm_emulated = 1' a.json > bad.json
    run -2 romcompat audit bad.json
    output_has "tpm_emulated: true or false was expected"
}

# with_code NAME SUM LAYOUT SIZE [GUEST]: one firmware image in NAME.json, with what its inventory says of
# the store (JSON), and a guest with these members.
with_code() {
    jq -c --arg path "$CODE" ".firmware = [{path: \$path, size: 3653632, kind: \"code\", sha256: \"$2\", layout: $3, store_size: $4}]
        | .guests = [${5:+{name: \"g\", machine: \"pc-q35-7.2\", firmware: \"efi\", loader: \$path, devices: [], $5\}}]" "$1.json" > made.json
    mv made.json "$1.json"
}
FLASH='loader_type: "pflash"'

@test "with firmware that expects another store guests arrive, and do not start again there" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    with_code a 1 '"OVMF 4M"' 540672 "$FLASH"
    with_code b 2 '"OVMF 2M"' 131072
    run -1 romcompat audit --html page.html --svg picture.svg a.json b.json
    output_has "2 hosts in 2 classes" "arrives 1 -> 2" "guests land, and do not start again there" \
        "$CODE (OVMF 4M, 540672 bytes on class 1, OVMF 2M, 131072 bytes on class 2)" "2 land and do not start again there"
    output_lacks "refused 1"
    grep -q '"why": *"guests land, and do not start again there' page.html
    grep -q 'do not start again there' picture.svg
    run -1 romcompat audit --json a.json b.json
    [ "$(jq -c '[.verdict, (.pairs | map(.verdict)), (.problems | map([.reason, .known, .firmware]))]' <<< "$output")" = \
        "[\"no\",[\"arrives\",\"arrives\"],[[\"firmware_store\",true,[\"$CODE\"]]]]" ]
    [ "$(jq -c '.classes[].firmware_stores[]' <<< "$output" | xargs)" = "{layout:OVMF 4M,size:540672} {layout:OVMF 2M,size:131072}" ]
    run -1 romcompat audit --metrics a.json b.json
    output_has 'romcompat_class_pairs{verdict="arrives"} 2'
    # No guest of b has the image.
    run -1 romcompat audit --guests --json a.json b.json
    [ "$(jq -c '.pairs | map(.verdict)' <<< "$output")" = '["arrives","yes"]' ]
    # One guest at a time says the same.
    run -0 romcompat preflight --guest g a.json b.json
    run -1 romcompat preflight --start --guest g a.json b.json
    output_has "arrives             yes" \
        "starts again there  no: system.flash0: $CODE expects another variable store there: OVMF 2M, 131072 bytes, and the guest's is OVMF 4M, 540672 bytes"
    # Where it is not said how QEMU gets the image, it may be in flash: audit and preflight agree.
    jq -c 'del(.guests[].loader_type)' a.json > silent.json
    run -1 romcompat audit --guests silent.json b.json
    output_has "arrives 1 -> 2"
    run -1 romcompat preflight --start --guest g silent.json b.json
    output_has "starts again there  no: system.flash0: $CODE expects another variable store there"
}

@test "which store firmware expects counts where it is not known to be the same, and a guest has one" {
    host a 7.2.1 0 250000 250000
    host b 7.2.1 0 250000 250000
    host c 7.2.1 0 250000 250000
    store_case() { # STATUS CLASSES VERDICTS
        run "-$1" romcompat audit --guests --json a.json b.json
        [ "$(jq -c '[(.classes | length), (.pairs | map(.verdict))]' <<< "$output")" = "[$2,$3]" ]
    }
    with_code a 1 '"OVMF 4M"' 540672 "$FLASH"
    with_code b 2 '"OVMF 4M"' 540672
    store_case 0 1 '[]'
    with_code b 2 null null
    store_case 2 2 '["unknown","yes"]'
    run -2 romcompat preflight --start --guest g a.json b.json
    with_code b 2 '"OVMF 4M"' null
    store_case 2 2 '["unknown","yes"]'
    with_code b 2 null 131072
    store_case 1 2 '["arrives","yes"]'
    # The same bytes expect the same.
    with_code b 1 null null
    store_case 0 2 '["yes","yes"]'
    # Not so where another host of that class has others.
    with_code c 3 null null
    run -2 romcompat audit --guests a.json b.json c.json
    run -2 romcompat audit --guests a.json c.json b.json
    # Inventories from before it was in them.
    with_code a 1 null null "$FLASH"
    with_code b 2 null null
    store_case 0 1 '[]'
    # Guests without a store in flash.
    with_code a 1 '"OVMF 4M"' 540672 'loader_type: "rom"'
    with_code b 2 null null
    store_case 0 2 '["yes","yes"]'
    with_code a 1 '"OVMF 4M"' 540672 'loader_type: "rom", uefi_vars: true'
    with_code b 2 '"OVMF 2M"' 131072
    store_case 0 2 '["yes","yes"]'
}
