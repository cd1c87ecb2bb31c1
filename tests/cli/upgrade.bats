#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts as they would be after packages are installed: `inventory --with`, `audit --upgrade`.
load common
load releases

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p root/etc root/var/lib/dpkg/info root/usr/bin
    printf 'ID=debian\nVERSION_ID="12"\n' > root/etc/os-release
    : > root/var/lib/dpkg/status
}

# A QEMU as it stands in a package: what qemu_file.c looks for.
qemu() { # FILE VERSION MACHINE...
    local file=$1 version=$2 machine
    shift 2
    mkdir -p "${file%/*}"
    {
        printf '\177ELF QEMU emulator version %s\0/usr/share/qemu\0/usr/lib/ipxe/qemu\0' "$version"
        for machine; do printf '%s-machine\0' "$machine"; done
    } > "$file"
    chmod +x "$file"
}

rom() { # FILE SIZE
    mkdir -p "${1%/*}"
    { printf '\125\252\001'; head -c $(($2 - 3)) /dev/zero; } > "$1"
}

# deb NAME VERSION [FIELD...]: a package of tree/, which is used up.
deb() {
    local name=$1 version=$2
    shift 2
    mkdir -p tree/DEBIAN
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: M <m@x.example>\n' "$name" "$version"
        [ $# = 0 ] || printf '%s\n' "$@"
        printf 'Description: x\n'
    } > tree/DEBIAN/control
    dpkg-deb --root-owner-group -Znone -b tree "${name}_$version.deb" > out.log
    rm -rf tree
}

# install NAME_VERSION.deb...: into root/, with dpkg's database.
install_debs() {
    local file name
    for file; do
        name=$(dpkg-deb -f "$file" Package)
        dpkg-deb -x "$file" root
        { dpkg-deb -f "$file" | sed '1a Status: install ok installed'; echo; } >> root/var/lib/dpkg/status
        dpkg-deb --fsys-tarfile "$file" | tar t | sed -e 's|^\.||' -e 's|/$||' \
            > "root/var/lib/dpkg/info/$name.list"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        unshare --map-root-user "$@"
    fi
}
inventory() { as_root romcompat inventory --root root "$@"; }

# Two releases of three packages.
two_releases() {
    qemu tree/usr/bin/qemu-system-x86_64 7.2.22 pc-q35-7.1 pc-q35-7.2
    deb qemu 7.2
    rom tree/usr/lib/ipxe/qemu/efi-virtio.rom 200000
    rom tree/usr/lib/ipxe/qemu/efi-e1000.rom 200000
    deb ipxe 1
    mkdir -p tree/usr/share/OVMF tree/usr/share/qemu
    head -c 4096 /dev/zero > tree/usr/share/OVMF/OVMF_CODE.fd
    head -c 8192 /dev/zero > tree/usr/share/OVMF/OVMF_CODE_4M.fd
    ln -s ../OVMF/OVMF_CODE_4M.fd tree/usr/share/qemu/OVMF.fd
    deb ovmf 2022
    install_debs qemu_7.2.deb ipxe_1.deb ovmf_2022.deb
    qemu tree/usr/bin/qemu-system-x86_64 10.0.2 pc-q35-7.2 pc-q35-10.0
    ln -s qemu-system-x86_64 tree/usr/bin/qemu-system-amd64
    deb qemu 10.0
    rom tree/usr/share/qemu/efi-virtio.rom 300000
    deb ipxe 2
    mkdir -p tree/usr/share/OVMF tree/usr/share/qemu
    head -c 8192 /dev/zero | tr '\0' x > tree/usr/share/OVMF/OVMF_CODE_4M.fd
    ln -s ../OVMF/OVMF_CODE_4M.fd tree/usr/share/qemu/OVMF.fd
    deb ovmf 2025
}

@test "a host with new packages is, byte for byte, the host on which they are installed" {
    two_releases
    run -0 --separate-stderr inventory --with ./qemu_10.0.deb --with ./ipxe_2.deb --with ./ovmf_2025.deb
    with=$output
    [ "$(jq -c '[.qemu[].version, (.folders[].roms[]? | .name, .bucket), .firmware[].path]' <<< "$with")" = \
        '["10.0.2","efi-virtio.rom",524288,"/usr/share/OVMF/OVMF_CODE_4M.fd","/usr/share/qemu/OVMF.fd"]' ]
    rm -rf root
    setup
    install_debs qemu_10.0.deb ipxe_2.deb ovmf_2025.deb
    run -0 --separate-stderr inventory
    [ "$output" = "$with" ]
}

@test "what a package replaces, conflicts with or breaks goes, and nothing else does" {
    two_releases
    rom tree/usr/share/qemu/efi-rtl8139.rom 100000
    deb newrom 1 'Breaks: ovmf (<< 2023)' 'Conflicts: ipxe (= 2)'
    run -0 --separate-stderr inventory --with ./newrom_1.deb
    [ "$(jq -c '[.qemu[].version, (.folders[].roms[] | .name), .firmware[].path]' <<< "$output")" = \
        '["7.2.22","efi-rtl8139.rom","efi-e1000.rom","efi-virtio.rom"]' ]
}

@test "a diverted file of a package does not take the place of what is there" {
    two_releases
    printf '/usr/lib/ipxe/qemu/efi-virtio.rom\n/usr/lib/ipxe/qemu/efi-virtio.rom.distrib\n:\n' \
        > root/var/lib/dpkg/diversions
    mv root/usr/lib/ipxe/qemu/efi-virtio.rom root/usr/lib/ipxe/qemu/efi-virtio.rom.distrib
    rom root/usr/lib/ipxe/qemu/efi-virtio.rom 100000
    rom tree/usr/lib/ipxe/qemu/efi-virtio.rom 300000
    deb ipxe 3
    run -0 --separate-stderr inventory --with ./ipxe_3.deb
    [ "$(jq -c '[.folders[].roms[] | [.name, .size]]' <<< "$output")" = \
        '[["efi-virtio.rom",100000],["efi-virtio.rom.distrib",300000]]' ]
}

@test "a link of this host into a package has what the new package has there" {
    two_releases
    ln -s /usr/lib/ipxe/qemu/efi-virtio.rom root/usr/share/qemu/efi-virtio.rom
    ln -s /usr/lib/ipxe/qemu/efi-e1000.rom root/usr/share/qemu/efi-e1000.rom
    rom tree/usr/lib/ipxe/qemu/efi-virtio.rom 300000
    deb ipxe 3
    run -0 --separate-stderr inventory --with ./ipxe_3.deb
    [ "$(jq -c '[.folders[] | .path, (.roms[] | .name, .size)]' <<< "$output")" = \
        '["/usr/share/qemu","efi-virtio.rom",300000,"/usr/lib/ipxe/qemu","efi-virtio.rom",300000]' ]
}

@test "a map comes with its package, and the administrator's own below /etc stays" {
    two_releases
    qemu root/usr/bin/qemu-system-x86_64 7.2.22 pc-q35-7.2 /romcompat.d
    printf '/romcompat.d\0' >> root/usr/bin/qemu-system-x86_64
    map() { printf 'romcompat-map 1\nset %s\n  machine pc-q35 - 8.0\n  rom efi-virtio.rom 262144 %s\nend\n' "$1" "$2"; }
    mkdir -p root/etc/qemu/romcompat.d tree/etc/qemu/romcompat.d tree/usr/share/qemu/romcompat.d
    map own own.rom > root/etc/qemu/romcompat.d/a.map
    map theirs their.rom > tree/etc/qemu/romcompat.d/a.map
    map hidden x.rom > tree/usr/share/qemu/romcompat.d/a.map
    sed 's/rom efi-virtio/rom efi-e1000/' <(map new new.rom) > tree/usr/share/qemu/romcompat.d/b.map
    map clash y.rom > tree/usr/share/qemu/romcompat.d/c.map
    rom tree/usr/share/qemu/new.rom 262144
    deb compat 1
    run -0 --separate-stderr inventory --with ./compat_1.deb
    [ "$(jq -c '[.maps[] | .folders, (.sets[] | .name, .map)]' <<< "$output")" = \
        '[["/etc/qemu/romcompat.d","/usr/share/qemu/romcompat.d"],"own","/etc/qemu/romcompat.d/a.map","new","/usr/share/qemu/romcompat.d/b.map"]' ]
    [[ $(jq -r '.maps[].problems[]' <<< "$output") == *c.map* ]]
    [ "$(jq -r '.folders[0].roms[].name' <<< "$output")" = new.rom ]
}

@test "a QEMU of a package whose machine types cannot be read is unknown: status 2" {
    two_releases
    mkdir -p tree/usr/bin
    printf 'QEMU emulator version 11.0.0' > tree/usr/bin/qemu-system-x86_64
    deb qemu 11
    run -2 --separate-stderr inventory --with ./qemu_11.deb
    [[ $stderr == *"/usr/bin/qemu-system-x86_64: its machine types are not in the file"* ]]
    [ "$(jq '.qemu | length' <<< "$output")" = 0 ]
}

@test "what is no package, comes twice, or is not there is refused with status 2" {
    two_releases
    echo x > x.deb
    run -2 inventory --with ./x.deb
    output_has "x.deb"
    run -2 inventory --with ./gone.deb
    output_has "gone.deb: No such file"
    run -2 inventory --with ./ipxe_2.deb --with ./ipxe_2.deb
    output_has "package ipxe a second time"
    run -2 inventory --with ipxe-qemu
    output_has "with --root a package must be a file"
}

@test "hostile names in a package are left out, named without harm, and are status 2" {
    two_releases
    mkdir -p tree/usr/share/OVMF
    printf x > "tree/usr/share/OVMF/$(printf 'a\033[31m.fd')"
    ln -s ../../../../../../etc/passwd tree/usr/share/OVMF/OVMF_CODE_4M.fd
    deb ovmf 9
    run -2 --separate-stderr inventory --with ./ovmf_9.deb
    [[ $stderr == *'a\x1b[31m.fd: a name that is not printable ASCII, left out'* ]]
    [[ $stderr == *"/usr/share/OVMF/OVMF_CODE_4M.fd: leads to /etc/passwd, which is in none of the packages"* ]]
}

@test "an .rpm is read as a .deb is" {
    two_releases
    # Nothing there says which files an installed package of that name has: it is known in part.
    run -2 --separate-stderr inventory --with "$TOP/tests/fuzz/corpus/package/links.rpm"
    [[ $stderr == *"note: rpm: No such file or directory"* ]]
    [ "$(jq -c '[.folders[0].roms[] | [.name, .package, .package_version]]' <<< "$output")" = \
        '[["efi-virtio.rom","my-roms","2:1.5-3"],["pxe-virtio.rom","my-roms","2:1.5-3"]]' ]
}

# Two guests in root/: one with an image of both releases, one with one of the old alone.
two_guests() {
    local name
    mkdir -p root/etc/libvirt/qemu
    for name in CODE CODE_4M; do
        cat > root/etc/libvirt/qemu/$name.xml <<XML
<domain type='kvm'><name>$name</name><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_$name.fd</loader><nvram>/n/$name.fd</nvram></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<interface type='network'><model type='virtio'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
</devices></domain>
XML
    done
}

@test "the audit of hosts with new packages is that of hosts on which they are installed" {
    two_releases
    two_guests
    inventory --host a > a.json
    inventory --host b > b.json
    run -2 --separate-stderr romcompat audit --json --upgrade 'a*=./qemu_10.0.deb' --upgrade 'a*=./ipxe_2.deb' \
        --upgrade 'a*=./ovmf_2025.deb' a.json b.json
    jq -S 'del(.upgrade)' <<< "$output" > planned
    jq -S .upgrade <<< "$output" > left
    mv root/etc/libvirt .
    rm -rf root
    setup
    install_debs qemu_10.0.deb ipxe_2.deb ovmf_2025.deb
    mv libvirt root/etc/
    inventory --host a > a.json
    romcompat audit --json a.json b.json | jq -S 'del(.upgrade)' > installed
    diff planned installed
    # The guest whose image vanishes cannot start; of the other it is not known without its store.
    [ "$(jq -c '[.hosts, .left_behind, .not_known, (.guests[] | .guest, .state, .is_known)]' left)" = \
        '[1,1,1,"CODE","off",true,"CODE_4M","off",false]' ]
    [[ $(jq -r '.guests[0].why' left) == *"/usr/share/OVMF/OVMF_CODE.fd is not there"* ]]
}

# running HOST MACHINE [DEVICE]: its inventory, with a guest with BIOS.
running() {
    inventory --host "$1" | jq -c --arg m "$2" --arg d "${3:-virtio-net-pci}" \
        '.guests = [{name: "g", machine: $m, firmware: "bios", source: "libvirt", running: true, devices: [{type: $d}]}]' > "$1.json"
}

@test "an order of upgrade: alike hosts one after the other, where guests go, what status" {
    two_releases
    running a pc-q35-7.2
    running b pc-q35-7.2
    run -0 romcompat audit --upgrade '*=./qemu_10.0.deb' a.json b.json
    output_has "An order of upgrade in which at every step each guest has a host to go to:" \
        "1. a, b, one after the other" "guests of the last of them go to: debian 12, QEMU 10.0.2"
    run -0 --separate-stderr romcompat audit --json --upgrade '*=./qemu_10.0.deb' a.json b.json
    [ "$(jq -c '.upgrade.order | [.answer, .steps[].hosts, .blocked, .further_host]' <<< "$output")" = '["yes",["a","b"],[],null]' ]
}

@test "no order of upgrade: which guests, before which host, why, and what to do first" {
    two_releases
    running a pc-q35-7.2
    running b pc-q35-7.1 e1000
    run -1 romcompat audit --upgrade '*=./qemu_10.0.deb' --upgrade '*=./ipxe_2.deb' a.json b.json
    output_has "There is no order of upgrade in which each guest has a host to go to." \
        "before b (the last like it): 1 guest with pc-q35-7.1 has no host to go to" \
        "no QEMU will have its machine type pc-q35-7.1" \
        "before b (the last like it): 1 guest with pc-q35-7.2 has no host to go to" \
        "the guest has 256K, the destination has 512K" \
        "no host will accept them after the upgrade, whatever the order" \
        "No package restores the machine type" "install first: a QEMU that reads compat maps, and what this makes: romcompat build --deb -o compat-set" \
        "With one more host like this, or one of them that stays as it is, there is an order: debian 12, QEMU 7.2.22"
    # One that stays is enough.
    run -1 --separate-stderr romcompat audit --json --upgrade 'a=./qemu_10.0.deb' --upgrade 'a=./ipxe_2.deb' a.json b.json
    [ "$(jq -c '.upgrade.order | [.answer, (.steps[] | .hosts, (.guests_go_to | length))]' <<< "$output")" = '["yes",["a"],0]' ]
}

@test "an order is not known where a guest is not, and a host alone has none" {
    two_releases
    running a pc-q35-7.2
    run -1 romcompat audit --upgrade '*=./qemu_10.0.deb' a.json
    output_has "before a: 1 guest with pc-q35-7.2 has no host to go to" "no other host accepts them while this one is upgraded" \
        "With one more host like this, or one of them that stays as it is, there is an order: debian 12, QEMU 10.0.2"
    sed -i 's/"running":true/"running":true,"doubt":"its disk"/' a.json
    jq -c '.host = "b"' a.json > b.json
    run -2 romcompat audit --upgrade '*=./qemu_10.0.deb' a.json b.json
    output_has "An order of upgrade is not known: of 2 guests on hosts that change it is not known where they can go"
}

@test "hosts that no pattern matches stay as they are, and a rule without a package is refused" {
    two_releases
    inventory --host a > a.json
    inventory --host b > b.json
    run -0 romcompat audit --upgrade 'c=./ipxe_2.deb' a.json b.json
    output_has "2 hosts in 1 class" "0 hosts upgraded: 0 guests left behind"
    run -2 romcompat audit --upgrade './ipxe_2.deb' a.json
    output_has "--upgrade ./ipxe_2.deb: PATTERN=PACKAGE was expected"
    # A host whose files have no owners: which go is not known.
    sed -i 's/"package":"[^"]*"/"package":null/g' a.json
    run -2 romcompat audit --upgrade '*=./ipxe_2.deb' a.json
    output_has "does not say of which packages its files are"
}

@test "an upgrade that brings or takes away swtpm decides where a guest with a TPM goes" {
    "$BUILD/tests/cli/inventory_fleet" a 7.2.1 0 250000 250000 > made.json
    jq -c '.qemu[0].package = "qemu" | .guests = [{name: "g", machine: "pc-q35-7.2", firmware: "bios", running: true, tpm: true, tpm_emulated: true, devices: []}]' \
        made.json > base.json
    swtpm_files() { # NAME...
        local name
        for name; do mkdir -p tree/usr/bin; : > "tree/usr/bin/$name"; done
    }
    upgraded() { # SWTPM STATUS PACKAGE...: of the host with `swtpm`, after the packages
        local swtpm=$1 status=$2 args=()
        shift 2
        jq -c ".swtpm = $swtpm" base.json > a.json
        for p; do args+=(--upgrade "a=$p"); done
        run "-$status" romcompat audit "${args[@]}" a.json
    }
    swtpm_files swtpm swtpm_ioctl
    deb swtpm 2
    swtpm_files swtpm_setup
    deb swtpm-tools 2
    upgraded false 1 swtpm_2.deb swtpm-tools_2.deb # a host alone has no order
    output_has "0 guests left behind, not known for 0"
    upgraded null 2 swtpm_2.deb
    output_has "0 guests left behind, not known for 1" "it is not known whether a has swtpm"
    upgraded true 1 swtpm_2.deb
    output_has "0 guests left behind, not known for 0"
    # A version without it.
    swtpm_files other
    deb swtpm 3
    upgraded true 1 swtpm_3.deb
    output_has "1 guest left behind" "a does not have swtpm"
    # One that conflicts with it.
    mkdir tree
    deb foe 1 'Conflicts: swtpm-tools'
    upgraded true 1 foe_1.deb
    output_has "1 guest left behind"
    # With some versions of it, and which is there is not known.
    mkdir tree
    deb foe 2 'Breaks: swtpm-tools (<< 5)'
    upgraded true 2 foe_2.deb
    output_has "not known for 1" "it is not known whether a has swtpm"
}

@test "an inventory --with packages has the swtpm that they bring" {
    swtpm() { jq .swtpm < <(as_root romcompat inventory --root root "$@" 2> log); }
    [ "$(swtpm)" = false ]
    mkdir -p tree/usr/bin root/usr/bin
    : > tree/usr/bin/swtpm
    : > tree/usr/bin/swtpm_ioctl
    deb swtpm 1
    [ "$(swtpm --with swtpm_1.deb)" = false ]
    install -m 755 /dev/null root/usr/bin/swtpm_setup
    [ "$(swtpm)" = false ]
    [ "$(swtpm --with swtpm_1.deb)" = true ]
    install -m 755 /dev/null root/usr/bin/swtpm
    install -m 644 /dev/null root/usr/bin/swtpm_ioctl
    [ "$(swtpm)" = false ] # it cannot be executed
    chmod 755 root/usr/bin/swtpm_ioctl
    [ "$(swtpm)" = true ]
    # It goes with its package.
    install_debs swtpm_1.deb
    chmod 755 root/usr/bin/swtpm root/usr/bin/swtpm_ioctl
    mkdir tree
    deb swtpm 2
    [ "$(swtpm --with swtpm_2.deb)" = false ]
}

@test "an audit of an upgrade looks into the firmware of its packages" {
    "$TOP/tests/cli/fetch-firmware" "$RELEASES/firmware" bookworm
    local code=/usr/share/OVMF/OVMF_CODE_4M.fd
    mkdir -p tree/usr/share/OVMF
    cp -L "$RELEASES/firmware/bookworm$code" "tree$code"
    deb ovmf 2
    "$BUILD/tests/cli/inventory_fleet" a 7.2.1 0 250000 250000 > made.json
    before() { # LAYOUT SIZE: of the store that the image expects before the upgrade
        jq -c --arg path $code ".firmware = [{path: \$path, size: 3653632, kind: \"code\", sha256: \"1\",
            layout: \"$1\", store_size: $2, package: \"ovmf\", package_version: \"1\"}]
            | .guests = [{name: \"g\", machine: \"pc-q35-7.2\", firmware: \"efi\", loader: \$path, loader_type: \"pflash\", devices: []}]" made.json > a.json
        sed 's/"host":"a"/"host":"b"/' a.json > b.json
    }
    before 'OVMF 2M' 131072
    run -1 romcompat audit --upgrade a=ovmf_2.deb a.json b.json
    output_has "a: g (off)" "expects another variable store there: OVMF 4M, 540672 bytes, and the guest's is OVMF 2M, 131072 bytes" \
        "guests land, and do not start again there"
    before 'OVMF 4M' 540672
    run -2 romcompat audit --upgrade a=ovmf_2.deb a.json b.json
    output_has "2 hosts in 1 class"
}
