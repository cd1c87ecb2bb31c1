#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What inventory and audit say of guests' variable stores, with the firmware packages of Debian.
load common

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm forky
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    FIRMWARE=$ROMCOMPAT_CACHE/firmware
    NVRAM=/var/lib/libvirt/qemu/nvram
    mkdir -p "root$NVRAM" root/etc/libvirt/qemu root/usr/share/qemu
    cp -r "$FIRMWARE/forky/usr/share/OVMF" root/usr/share/
    cp -r "$FIRMWARE/forky/usr/share/qemu/firmware" root/usr/share/qemu/
}

# A chroot needs root's rights, which a namespace gives too.
of_root() {
    if [ "$(id -u)" = 0 ]; then
        romcompat inventory --root root --host node "$@"
    else
        unshare --map-root-user romcompat inventory --root root --host node "$@"
    fi
}

# With a QEMU that starts its guests.
in_root() {
    of_root "$@" | jq -c '.qemu = [{path: "/usr/bin/qemu-system-x86_64", architecture: "x86_64",
        version: "7.2.0", reads_maps: false, folders: [], machines: ["pc-q35-7.2"]}]'
}

# guest NAME CODE [TEMPLATE]: it has the store NAME.fd.
guest() {
    cat > "root/etc/libvirt/qemu/$1.xml" << XML
<domain type='kvm'><name>$1</name><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
<loader type='pflash'>/usr/share/OVMF/$2</loader><nvram${3:+ template='$3'}>$NVRAM/$1.fd</nvram></os></domain>
XML
}

of_guest() { jq -c ".guests[] | select(.name == \"$1\") | .store | $2" fleet.json; }

# bats test_tags=long
@test "an inventory says of each image what flash inspect says: layout and store; and what it can do" {
    in_root > fleet.json
    local path count=0 asked='.images[0] | [if .kind == "store" then .store.layout else .expects.layout end, .expects.file_size]'
    while read -r path; do
        jq -c --arg path "$path" '.firmware[] | select(.path == $path) | [.layout, .store_size]' fleet.json > said
        romcompat flash inspect --json "root$path" | jq -c "$asked" | cmp - said
        count=$((count + 1))
    done < <(jq -r '.firmware[] | select(.kind == "code" or .kind == "store") | .path' fleet.json)
    [ "$count" -gt 1 ]
    of_image() { jq -c --arg path "/usr/share/OVMF/$1" '.firmware[] | select(.path == $path) | .features - ["sev", "sev-es", "snp", "tdx"]' fleet.json; }
    [ "$(of_image OVMF_CODE_4M.ms.fd)" = '["secure-boot","smm","tpm2","iscsi","pxe","http-boot"]' ]
    [ "$(of_image OVMF_VARS_4M.ms.fd)" = '["enrolled-keys"]' ]
}

@test "an inventory says the same of an image that a package brings" {
    mkdir -p tree/DEBIAN tree/usr/share/OVMF
    cp root/usr/share/OVMF/OVMF_CODE_4M.ms.fd tree/usr/share/OVMF/NEW_CODE.fd
    printf 'Package: new\nVersion: 1\nArchitecture: all\nMaintainer: M <m@x.example>\nDescription: x\n' > tree/DEBIAN/control
    dpkg-deb --root-owner-group -Znone -b tree new.deb > out.log
    of_root --with new.deb > with.json
    [ "$(jq -c '[.firmware[] | select(.path | endswith("/OVMF_CODE_4M.ms.fd", "/NEW_CODE.fd")) | [.layout, .store_size, .features]] | unique | map(.[0:2])' with.json)" = '[["OVMF 4M",540672]]' ]
    jq -e '.firmware[] | select(.path | endswith("/NEW_CODE.fd")) | .features | index("smm")' with.json > out.log
}

@test "an inventory says which certificates a store has, how much room, and what its template has beyond it" {
    cp "$FIRMWARE/bookworm/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "root$NVRAM/old.fd"
    guest old OVMF_CODE_4M.ms.fd
    in_root > fleet.json
    [ "$(of_guest old '[.file, .problem, .secure_boot, .kek_until, .template]')" = \
        "[\"$NVRAM/old.fd\",null,\"on\",\"2026-06-24\",\"/usr/share/OVMF/OVMF_VARS_4M.ms.fd\"]" ]
    [ "$(of_guest old .format)" = '"raw"' ]
    [ "$(of_guest old .template_has_more)" = '{"kek":1,"db":3,"dbx":443}' ]
    [ "$(of_guest old '.microsoft | length')" = 3 ]
    # The same as the program that shows one store.
    [ "$(of_guest old '[.after_reclaim, .largest_variable]')" = \
        "$(romcompat varstore show --json "root$NVRAM/old.fd" | jq -c '.stores[0].room | [.after_reclaim, .largest_variable]')" ]
}

# bats test_tags=long
@test "after the template was enrolled, as the audit says, nothing is wrong: status 1, then 0" {
    cp "$FIRMWARE/bookworm/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "root$NVRAM/old.fd"
    guest old OVMF_CODE_4M.ms.fd
    in_root > fleet.json
    run -1 romcompat audit --stores --date 2026-11-01 fleet.json
    output_has "node: guest old: $NVRAM/old.fd" "expired on 2026-06-24" \
        "lacks Microsoft Corporation KEK 2K CA 2023, Windows UEFI CA 2023" "1 in KEK, 3 in db, 443 in dbx" \
        "romcompat varstore enroll --merge --from /usr/share/OVMF/OVMF_VARS_4M.ms.fd $NVRAM/old.fd" \
        "1 with an expired KEK only, 1 without certificates of 2023, 1 behind their firmware's template"
    run -0 romcompat audit --date 2026-11-01 fleet.json
    output_has "Variable stores of 1 guest: 1 with an expired KEK only" "(--stores lists them)"
    run -1 romcompat audit --stores --json --date 2026-06-24 fleet.json
    [ "$(jq -c '.stores | [.guests, .counts.kek_expired, .counts.lacks_2023, (.findings[0].troubles | keys)]' <<< "$output")" = \
        '[1,0,1,["behind_template","lacks_2023"]]' ]
    romcompat varstore enroll --merge --from root/usr/share/OVMF/OVMF_VARS_4M.ms.fd "root$NVRAM/old.fd" > log
    in_root > fleet.json
    run -0 romcompat audit --stores --date 2026-11-01 fleet.json
    output_has "Variable stores of 1 guest: nothing is wrong with them"
}

@test "a store that is full, one that two guests have, and one that is not there" {
    "$BUILD/tests/cli/make_store" 4M A:1:260000 > "root$NVRAM/full.fd"
    cp "$FIRMWARE/forky/usr/share/OVMF/OVMF_VARS_4M.fd" "root$NVRAM/one.fd"
    ln -s one.fd "root$NVRAM/two.fd"
    for name in full one two gone; do guest $name OVMF_CODE_4M.fd; done
    in_root > fleet.json
    run -2 romcompat audit --stores fleet.json
    output_has "the guest two has the same store" "the guest one has the same store" \
        "its firmware does not start" "$NVRAM/gone.fd: No such file or directory" \
        "Variable stores of 4 guests: 1 not known, 2 shared with another guest, 1 short of room"
    # Whoever did not ask for them gets the answer about hosts.
    run -0 romcompat audit fleet.json
}

@test "a template that the guest's configuration names is the one that counts" {
    cp "$FIRMWARE/bookworm/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "root$NVRAM/own.fd"
    cp "root$NVRAM/own.fd" root/own_template.fd
    guest own OVMF_CODE_4M.ms.fd /own_template.fd
    in_root > fleet.json
    [ "$(of_guest own '[.template, .template_has_more.dbx]')" = '["/own_template.fd",0]' ]
}

@test "damage, qcow2 without a program to read it, and other files are problems, never a yes" {
    printf 'QFI\373' > "root$NVRAM/qcow2.fd"
    echo hello > "root$NVRAM/text.fd"
    mkfifo "root$NVRAM/fifo.fd"
    for name in qcow2 text fifo; do guest $name OVMF_CODE_4M.fd; done
    in_root > fleet.json
    [[ $(of_guest qcow2 .problem) = *"a qcow2 file, and no program is run"* ]]
    [[ $(of_guest text .problem) = *"not a variable store"* ]]
    [[ $(of_guest fifo .problem) = *"not a regular file or block device"* ]]
    run -2 romcompat audit --stores fleet.json
    output_has "Variable stores of 3 guests: 3 not known"
}

# bats test_tags=long
@test "without names an inventory has no path of a store, and an older one is not known" {
    cp "$FIRMWARE/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "root$NVRAM/secret.fd"
    for name in secret hidden; do guest $name OVMF_CODE_4M.ms.fd; done
    if [ "$(id -u)" = 0 ]; then
        romcompat inventory --root root --anonymous > fleet.json
    else
        unshare --map-root-user romcompat inventory --root root --anonymous > fleet.json
    fi
    run -1 grep -e secret -e hidden fleet.json
    [ "$(jq -c '[.guests[].store | .secure_boot, .problem]' fleet.json)" = '[null,"it could not be read","on",null]' ]
    in_root | jq -c 'del(.guests[].store)' > fleet.json
    run -2 romcompat audit --stores fleet.json
    output_has "its inventory does not say what is in it"
}

@test "--date takes a day" {
    run -2 romcompat audit --date 2026-02-30 .
    output_has "--date: '2026-02-30' is not a date (expected YYYY-MM-DD)"
}
