#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # as make lint leaves them out for all bats files
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

# A system below root/ with a QEMU, ROMs, a map and a guest; programs in it are scripts.
make_root() {
    local file
    mkdir -p root/{bin,etc/libvirt/qemu,usr/bin,usr/share/qemu/romcompat.d,usr/share/OVMF}
    for file in $(ldd /bin/sh | grep -o '/[^ )]*'); do
        mkdir -p "root${file%/*}"
        cp -L "$file" "root$file"
    done
    cp -L /bin/sh root/bin/sh
    printf 'NAME=Fedora\nID=fedora\nVERSION_ID="42"\n' > root/etc/os-release
    cat > root/usr/bin/qemu-system-x86_64 << 'QEMU'
#!/bin/sh
# /etc/qemu/romcompat.d is what tells a QEMU with the library.
case $1 in
-version) echo 'QEMU emulator version 9.2.4 (qemu-9.2.4-1.fc42)' ;;
-L) echo /usr/bin/../share/qemu ;;
-M)
    echo 'Supported machines are:'
    echo 'pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-9.2)'
    echo 'pc-i440fx-9.2        Standard PC (i440FX + PIIX, 1996) (default)'
    echo 'q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-9.2)'
    echo 'pc-q35-9.2           Standard PC (Q35 + ICH9, 2009)'
    echo 'pc-q35-7.2           Standard PC (Q35 + ICH9, 2009) (deprecated)' ;;
*) exit 1 ;;
esac
QEMU
    cat > root/usr/bin/rpm << 'RPM'
#!/bin/sh
echo 'file /usr/share/qemu/none is not owned by any package'
echo 'ipxe-roms-qemu 20240119-3.fc42 /usr/share/qemu/efi-virtio.rom'
echo 'ipxe-roms-qemu 20240119-3.fc42 /usr/share/doc/x'
echo 'qemu-system-x86-core 2:9.2.4-1.fc42 /usr/bin/qemu-system-x86_64'
RPM
    chmod +x root/usr/bin/*
    head -c 300000 /dev/zero > root/usr/share/qemu/efi-virtio.rom
    printf '\125\252\001' > root/usr/share/qemu/own.bin
    printf 'QFI\373' > root/usr/share/OVMF/x.fd
    cat > root/usr/share/qemu/romcompat.d/a.map << 'MAP'
romcompat-map 1
set ipxe-efi-256k
  package ipxe-256k-compat
  machine pc-q35 - 8.0
  machine pc-i440fx-xenial
  rom efi-virtio.rom 262144 256k-efi-virtio.rom
end
MAP
    echo broken > root/usr/share/qemu/romcompat.d/b.map
    cat > root/etc/libvirt/qemu/web.xml << 'XML'
<domain type='kvm'><name>web</name><os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<interface type='network'><model type='virtio'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
<interface type='network'><model type='e1000'/><rom bar='off'/><address type='pci' domain='0x0000' bus='0x02' slot='0x01' function='0x0'/></interface>
</devices></domain>
XML
}

# A chroot needs root's rights, which a namespace gives too.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        unshare --map-root-user "$@"
    fi
}

in_root() { as_root romcompat inventory --root root --run "$@"; }

@test "where a libseccomp does not come back, programs of another root are not run, and it is said" {
    make_root
    LD_PRELOAD=$BUILD/tests/cli/preload/seccomp_loops.so run -2 --separate-stderr in_root
    [[ $stderr == *"fewer system calls: Cannot allocate memory"* ]]
}

@test "the inventory of a system in a directory has all that is there, by its own rpm" {
    make_root
    # Two that describe no guest, of which there may be more than the answer has.
    echo '<domain' > root/etc/libvirt/qemu/broken.xml
    printf "<domstatus><domain><metadata>%0200000d</metadata></domain><domain type='kvm'/></domstatus>" 1 \
        > root/etc/libvirt/qemu/two.xml
    run --separate-stderr -2 in_root --host node7
    [ "$(wc -l <<< "$output")" = 1 ]
    inv=$output
    is() { # FILTER EXPECTED
        [ "$(jq -c "$1" <<< "$inv")" = "$2" ] || { echo "$1: $(jq -c "$1" <<< "$inv")"; return 1; }
    }
    is '[.format, .version, .host, .system]' '["romcompat-inventory",1,"node7","fedora 42"]'
    is '.qemu | map([.path, .architecture, .version, .reads_maps, .package, .package_version])' \
        '[["/usr/bin/qemu-system-x86_64","x86_64","9.2.4",true,"qemu-system-x86-core","2:9.2.4-1.fc42"]]'
    is '.qemu[0] | [.machines, .aliases, .folders, .map_folders]' \
        '[["pc-i440fx-9.2","pc-q35-9.2","pc-q35-7.2"],{"pc":"pc-i440fx-9.2","q35":"pc-q35-9.2"},["/usr/share/qemu"],["/usr/share/qemu/romcompat.d"]]'
    is '.folders[0].roms | map([.name, .size, .chain_end, .bucket, .package])' \
        '[["efi-virtio.rom",300000,null,524288,"ipxe-roms-qemu"],["own.bin",3,null,4,null]]'
    is '.maps[0].sets[0] | [.name, .package, .map, .machines, .roms]' \
        '["ipxe-efi-256k","ipxe-256k-compat","/usr/share/qemu/romcompat.d/a.map",[{"name":"pc-q35","first":"-","last":"8.0"},{"name":"pc-i440fx-xenial"}],[{"rom":"efi-virtio.rom","bucket":262144,"compat_file":"256k-efi-virtio.rom"}]]'
    is '.maps[0].problems | length' 1
    is '.firmware | map([.path, .size, .kind])' '[["/usr/share/OVMF/x.fd",4,"qcow2"]]'
    is '.guests | map([.name, .machine, .architecture, .devices])' \
        '[["web","pc-q35-9.2","x86_64",[{"type":"virtio-net-pci","rom":true,"romfile":null},{"type":"e1000","rom":false,"romfile":null}]]]'
    is '.guests | map([.firmware, .loader, .loader_type, .nvram])' '[["bios",null,null,null]]'
    [[ $stderr == *"broken.xml"*"two.xml:1: a second <domain>"* ]]
    # The reader takes what the writer wrote.
    run -0 romcompat audit - <<< "$inv"
    output_has "class 1: node7" "fedora 42, QEMU 9.2.4 with maps"
    run --separate-stderr -2 in_root --metrics
    output_has "romcompat_inventory_partial 1"
    rm root/etc/libvirt/qemu/{broken,two}.xml
    run --separate-stderr -0 in_root --metrics
    output_has "romcompat_inventory_partial 0"
}

@test "what a hostile guest says of itself is left out, and the document is one that audits read" {
    make_root
    make_managers
    local long text
    long=$(head -c 5000 /dev/zero | tr '\0' a)
    for text in "$long" $'\e[31mx' $'\xff' ''; do
        printf 'name: %s\nmachine: %s\nnet0: virtio=AA\nargs: -device %s\n' "$text" "$text" "$text" > root/etc/pve/qemu-server/300.conf
        printf '[machine]\ntype = "%s"\n[drive "d"]\nif = "pflash"\nunit = "0"\nreadonly = "on"\nfile = "%s"\n[drive "e"]\nif = "pflash"\nunit = "1"\nfile = "%s"\n' \
            "$text" "$text" "$text" > root/run/incus/v1/qemu.conf
        unit hostile.service <<< "[Service]
ExecStart=/usr/bin/qemu-system-x86_64 -name '$text' -M '$text' -device e1000,romfile='/$text' -bios '/$text'"
        run --separate-stderr -0 in_root --host h
        [[ $stderr != *[[:cntrl:]]* ]]
        printf '%s\n' "$output" > h.json
        run romcompat audit --metrics h.json
        output_has "romcompat_hosts 1" "romcompat_inventories_unreadable 0"
    done
    # What is too long for every reader is not written.
    printf 'ID=%s\n' "$long" > root/etc/os-release
    run -2 in_root -o none.json
    output_has "the inventory:1: system: a string of 5000 bytes (expected 1 to 4096)"
    [ ! -e none.json ]
}

@test "a guest's firmware is what its XML says" {
    make_root
    guest() { # NAME OS
        cat > "root/etc/libvirt/qemu/$1.xml" <<XML
<domain type='kvm'><name>$1</name><os${3:-}><type arch='x86_64' machine='pc-q35-9.2'>hvm</type>$2</os></domain>
XML
    }
    guest chosen "" " firmware='efi'"
    guest flash "<loader readonly='yes' type='pflash'>/usr/share/OVMF/x.fd</loader><nvram template='/t.fd'>/n/flash.fd</nvram>"
    guest json "<loader type='rom'>/usr/share/edk2/x.fd</loader><varstore path='/n/v.json' template='/t.json'/>"
    guest rom "<loader>/usr/share/ovmf/OVMF.fd</loader>"
    run --separate-stderr -0 in_root
    [ "$(jq -c '.guests[] | [.name, .firmware, .loader, .loader_type, .nvram]' <<< "$output")" = '["chosen","efi",null,null,null]
["flash","efi","/usr/share/OVMF/x.fd","pflash","/n/flash.fd"]
["json","efi","/usr/share/edk2/x.fd","rom","/n/v.json"]
["rom",null,"/usr/share/ovmf/OVMF.fd","rom",null]
["web","bios",null,null,null]' ]
    [ "$(jq -c '[.guests[] | select(.uefi_vars) | .name, .template]' <<< "$output")" = '["json","/t.json"]' ]
    # Whether a guest with encrypted memory moves is never said without asking who forbids it.
    echo "<domain type='kvm'><name>sealed</name><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os><launchSecurity type='sev-snp'/></domain>" > root/etc/libvirt/qemu/sealed.xml
    run --separate-stderr -0 in_root
    [ "$(jq -c '.guests[] | select(.name == "sealed") | [.encryption, .doubt]' <<< "$output")" = '["snp",null]' ]
    [ "$(jq -c '.guests[] | select(.name == "flash") | [.encryption, .doubt]' <<< "$output")" = '[null,null]' ]
    echo "<domain type='kvm'><name>sealed</name><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os><launchSecurity type='&#9;strange'/></domain>" > root/etc/libvirt/qemu/sealed.xml
    run --separate-stderr -0 in_root
    [ "$(jq -r '.guests[] | select(.name == "sealed").encryption' <<< "$output")" = unknown ]
    # The store's path has the guest's name.
    run --separate-stderr -0 in_root --anonymous
    [ "$(jq -c '[.guests[] | .name, .nvram] | unique' <<< "$output")" = '[null]' ]
}

@test "what a guest's XML tells QEMU itself decides its cards, or is a doubt" {
    make_root
    told() { # XML EXPECTED: [the types of its cards, and what is not known of it]
        cat > root/etc/libvirt/qemu/told.xml <<XML
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>told</name><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
<devices><interface type='user'><model type='virtio'/></interface></devices>$1</domain>
XML
        run --separate-stderr -0 in_root
        [ "$(jq -c '.guests[] | select(.name == "told") | [([.devices[].type] | join(" ")), .doubt]' <<< "$output")" = "$2" ] || { show; false; }
    }
    arguments() {
        printf '<qemu:commandline>'
        printf "<qemu:arg value='%s'/>" "$@"
        printf '</qemu:commandline>'
    }
    told "" '["virtio-net-pci",null]'
    told "$(arguments -cpu host -machine hpet=off)" '["virtio-net-pci",null]'
    told "$(arguments -device e1000,id=x -device '{"driver":"vmxnet3"}')" '["virtio-net-pci e1000 vmxnet3",null]'
    told "$(arguments -global virtio-net-pci.romsize=262144)" '["virtio-net-pci","-global sets the romsize of virtio-net-pci"]'
    told "$(arguments -set device.net0.romfile=)" '["virtio-net-pci","-set device.net0.romfile="]'
    told "$(arguments -L /roms)" '["virtio-net-pci","-L /roms: it looks for ROM files elsewhere"]'
    for option in "-bios /x" "-machine pc" "-drive if=pflash,file=/x"; do
        # shellcheck disable=SC2086 # two words
        told "$(arguments $option)" '["virtio-net-pci","its firmware or machine, which <qemu:commandline> sets"]'
    done
    told "<qemu:override><qemu:device alias='net0'><qemu:frontend><qemu:property name='romsize' type='unsigned' value='65536'/></qemu:frontend></qemu:device></qemu:override>" \
        '["virtio-net-pci","the ROM of a card, which <qemu:override> or <qemu:commandline> sets"]'
}

# bats test_tags=long
@test "a card in a guest's XML is the device that QEMU makes of its model, or a doubt" {
    make_root
    has() { # DEVICES EXPECTED: [the cards with their ROM files, and what is not known]
        cat > root/etc/libvirt/qemu/web.xml <<XML
<domain type='kvm'><name>web</name><os><type arch='${3:-x86_64}' machine='pc-q35-9.2'>hvm</type></os><devices>$1</devices></domain>
XML
        run --separate-stderr -0 in_root
        [ "$(jq -c '.guests[] | [([.devices[] | .type + "=" + (.romfile // "")] | join(" ")), .doubt]' <<< "$output")" = "$2" ] || { show; false; }
    }
    nic() { echo "<interface type='user'><model type='$1'/>${2:-}</interface>"; }
    has "$(nic e1000-82540em)" '["e1000=",null]'
    has "$(nic virtio-net)$(nic virtio-net-pci)" '["virtio-net-pci= virtio-net-pci=",null]'
    has "$(nic virtio-transitional)$(nic virtio-non-transitional)" \
        '["virtio-net-pci-transitional= virtio-net-pci-non-transitional=",null]'
    # What is on another bus, or has no ROM.
    has "$(nic usb-net)$(nic igb)$(nic virtio "<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0000'/>")" '["",null]'
    has "<video><model type='none'/></video><video><model type='qxl'/></video><video><model type='qxl'/></video>" '["",null]'
    # What QEMU does not know, or nobody said.
    has "$(nic virtio-net-new)" '["","the ROM of a card of model virtio-net-new"]'
    has "$(nic virtio-net "" s390x)$(nic E1000)" '["virtio-net-pci=","the ROM of a card of model E1000"]'
    has "<interface type='user'/>" "[\"\",\"the ROM of a card of model ''\"]"
    has "<video><model type='new'/></video>" '["","the ROM of a card of model new"]'
    # An address that libvirt is to complete is on PCI.
    has "$(nic virtio "<address type='pci' multifunction='on'/>")" '["virtio-net-pci=",null]'
    # libvirt reads no <rom> there.
    has "<video><model type='vga'/><rom bar='off'/></video>" '["VGA=",null]'
    # Devices of the host: the file is a ROM as any other, their own is not known.
    vfio() { echo "<hostdev mode='subsystem' type='$1'><source><address bus='0x06'/></source>${2:-}</hostdev>"; }
    own='["","a device of its host (vfio): whether it can be moved is not known"]'
    has "$(vfio pci "<rom file='/x.rom'/>")" '["vfio-pci=/x.rom",null]'
    has "$(vfio pci)" "$own"
    has "$(vfio mdev)" "$own"
    has "$(vfio pci "<rom bar='off' file='/x.rom'/>")" "$own"
    has "$(vfio pci "<rom enabled='no'/>")" "$own"
    has "<interface type='hostdev'><rom file='/x.rom'/></interface>" '["vfio-pci=/x.rom",null]'
    has "<interface type='hostdev'/>" "$own"
    has "<interface type='network'><model type='virtio'/><actual type='hostdev'/></interface>" "$own"
    has "$(vfio usb)$(vfio pci "<teaming type='transient' persistent='ua-x'/>")" '["",null]'
    # None of which is a yes.
    for devices in "$(vfio pci "<rom file='/x.rom'/>")" "$(vfio pci)" "$(nic new)"; do
        has "$devices" '' || :
        printf '%s\n' "$output" > web.json
        run -2 romcompat preflight --guest web web.json web.json
        run -2 romcompat audit web.json
    done
}

# A process with the command line of a QEMU, which does nothing.
pretend_qemu() { # ARGUMENT...
    (exec -a qemu-system-x86_64 perl -e 'sleep 60' x "$@") 3>&- &
    pretended=$!
    until grep -qz "^x$" "/proc/$pretended/cmdline" 2> /dev/null; do sleep 0.05; done
}

# What Proxmox VE, Incus and systemd have below root/.
make_managers() {
    mkdir -p root/etc/pve/nodes/n/qemu-server root/etc/systemd/system/multi-user.target.wants \
        root/etc/vm root/var/lib/incus/virtual-machines/{v1,stopped} root/run/incus/v1
    [ ! -e root/usr/bin ] || ln -s qemu-system-x86_64 root/usr/bin/kvm
    ln -s nodes/n/qemu-server root/etc/pve/qemu-server
    printf 'name: pve-web\nnet0: virtio=AA,bridge=vmbr0\nmachine: pc-q35-9.2+pve1\nbios: ovmf\n' \
        > root/etc/pve/qemu-server/100.conf
    printf 'template: 1\n' > root/etc/pve/qemu-server/101.conf
    cat > root/var/lib/incus/virtual-machines/v1/backup.yaml << 'YAML'
container:
  name: v1
  architecture: x86_64
  type: virtual-machine
  expanded_config: {volatile.uuid: 1-2}
  expanded_devices:
    eth0: {type: nic, network: incusbr0}
YAML
    sed 's/v1/stopped/' root/var/lib/incus/virtual-machines/v1/backup.yaml \
        > root/var/lib/incus/virtual-machines/stopped/backup.yaml
    touch root/var/lib/incus/virtual-machines/v1/qemu.nvram
    cat > root/run/incus/v1/qemu.conf << 'CONF'
[machine]
type = "pc-q35-7.2"
[drive]
file = "/usr/share/OVMF/x.fd"
if = "pflash"
unit = "0"
[drive]
file = "/dev/fd/5"
if = "pflash"
unit = "1"
[device "qemu_gpu"]
driver = "virtio-vga"
CONF
    printf '[Service]\nEnvironmentFile=/etc/vm/%%i\nExecStart=/usr/bin/qemu-system-x86_64 -name %%i $ARGS\n' \
        > root/etc/systemd/system/vm@.service
    ln -s ../vm@.service root/etc/systemd/system/multi-user.target.wants/vm@unit-web.service
    echo 'ARGS="-M q35 -nodefaults -device rtl8139"' > root/etc/vm/unit-web
    printf '[Service]\nExecStart=/usr/bin/qemu-system-x86_64 -version\n' > root/etc/systemd/system/ask.service
}

@test "an emulator that is none of the QEMUs that were found is a doubt, a link to one is not" {
    make_root
    mkdir -p root/opt/bin
    ln -s qemu-system-x86_64 root/usr/bin/kvm
    printf '#!/bin/sh\nexec qemu-system-x86_64 "$@"\n' > root/usr/bin/qemu-own
    cp root/usr/bin/qemu-own root/opt/bin/kvm
    # doubt EMULATOR: of the guest that has it.
    doubt() {
        sed "s#/usr/bin/qemu-system-x86_64#$1#" web.xml > root/etc/libvirt/qemu/web.xml
        romcompat inventory --root root --run | jq -r '.guests[0].doubt'
    }
    cp root/etc/libvirt/qemu/web.xml .
    [ "$(doubt /usr/bin/kvm)" = null ]
    [ "$(doubt /opt/bin/kvm)" = null ]
    for emulator in /opt/bin/qemu-system-x86_64 /usr/bin/qemu-own; do
        [[ $(doubt $emulator) == "its emulator $emulator, which is none of the QEMUs that were found"* ]]
    done
}

@test "guests of Proxmox VE, Incus and systemd's services are read where they are described" {
    make_root
    make_managers
    run --separate-stderr -0 in_root
    [ "$(jq -c '.guests[] | select(.source != "libvirt") | [.source, .name, .machine, .running, .doubt]' <<< "$output")" = \
'["proxmox","pve-web","pc-q35-9.2",false,null]
["incus","stopped","pc-q35-9.2",false,null]
["incus","v1","pc-q35-7.2",false,null]
["systemd","unit-web","pc-q35-9.2",false,null]' ]
    [ "$(jq -c '.guests[] | select(.source != "libvirt") | [.firmware, .loader, .nvram, (.devices | map(.type))]' <<< "$output")" = \
'["efi","/usr/share/pve-edk2-firmware/OVMF_CODE.fd",null,["virtio-net-pci","VGA"]]
["efi",null,null,["virtio-vga","virtio-net-pci"]]
["efi","/usr/share/OVMF/x.fd","/var/lib/incus/virtual-machines/v1/qemu.nvram",["virtio-vga","virtio-net-pci"]]
["bios",null,null,["rtl8139"]]' ]
    printf 'broken\n' > root/etc/pve/qemu-server/102.conf
    run --separate-stderr -2 in_root
    [[ $stderr == *"102.conf:1: not of the form 'key: value'"* ]]
    [ "$(jq -c '[.guests[].tpm] | unique' <<< "$output")" = '[false]' ]
    echo 'tpmstate0: local:1,version=v2.0' >> root/etc/pve/qemu-server/100.conf
    sed -i 's/^  expanded_devices:$/&\n    tpm0: {type: tpm}/' root/var/lib/incus/virtual-machines/{v1,stopped}/backup.yaml
    sed -i "s#</devices>#<tpm model='tpm-crb'><backend type='emulator'/></tpm></devices>#" root/etc/libvirt/qemu/web.xml
    run --separate-stderr in_root
    [ "$(jq -r '[.guests[] | select(.tpm).name] | sort | join(" ")' <<< "$output")" = "pve-web stopped v1 web" ]
    # What swtpm emulates for libvirt and Proxmox VE; Incus may have one of its own.
    [ "$(jq -c '[.guests[] | select(.tpm) | [.name, .tpm_emulated]] | sort' <<< "$output")" = \
        '[["pve-web",true],["stopped",null],["v1",null],["web",true]]' ]
    [ "$(jq -c '[.swtpm, ([.guests[] | select(.tpm | not).tpm_emulated] | unique)]' <<< "$output")" = '[false,[false]]' ]
    # Snapshots with memory are guests that do not run.
    printf '[before]\nmachine: q35\nnet0: e1000=AA\nvmstate: local:s\nrunningmachine: pc-q35-7.2+pve0\n' >> root/etc/pve/qemu-server/100.conf
    run --separate-stderr in_root
    [ "$(jq -c '[.guests[] | select(.source == "proxmox") | [.name, .machine, .running, .devices[0].type]]' <<< "$output")" = \
        '[["pve-web","pc-q35-9.2",false,"virtio-net-pci"],["vm100, snapshot before","pc-q35-7.2",false,"e1000"]]' ]
    # Of Proxmox VE's own option.
    printf 'name: pve-sealed\nmachine: pc-q35-9.2\nbios: ovmf\namd-sev: es,no-debug=1\n' > root/etc/pve/qemu-server/104.conf
    run --separate-stderr in_root
    [ "$(jq -r '.guests[] | select(.name == "pve-sealed").encryption' <<< "$output")" = sev-es ]
}

# unit NAME: a file of a service, or what is added to one, from standard input.
unit() {
    mkdir -p "root/etc/systemd/system/$(dirname "$1")"
    cat > "root/etc/systemd/system/$1"
}

# guest NAME: machine type, image, cards and doubt of the only guest of that name.
guest() {
    jq -c --arg n "$1" '[.guests[] | select(.name == $n)] | if length == 1 then .[0] | [.machine, .loader, (.devices | map(.type)), .doubt] else length end' <<< "$output"
}

@test "units as people write them: comments in a command, a shell, drop-ins of a template, masks" {
    make_root
    mkdir -p root/usr/lib/systemd/system/drop@.service.d root/etc/systemd/system/multi-user.target.wants root/etc/vm
    unit lines.service << 'UNIT'
[Service]
Environment=CARD=rtl8139
EnvironmentFile=-/etc/vm/lines
Environment=CARD=e1000
ExecStart=/usr/bin/qemu-system-x86_64 -name "a b" \
  # a comment between
  ; and another
  -machine q35,accel=kvm -nodefaults -device ${CARD} $MORE \
  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
UNIT
    printf '# of a file\nMORE="-device pcnet"\nCARD=e1000e\n' > root/etc/vm/lines
    unit shell.service << 'UNIT'
[Service]
ExecStart=/bin/sh -c 'exec qemu-system-x86_64 -name shell -M pc-q35-9.2 -nodefaults -device e1000'
UNIT
    unit drop@.service <<< $'[Service]\nExecStart=/usr/bin/qemu-system-x86_64 -name %i -M ${M} -nodefaults -device e1000'
    ln -s ../drop@.service root/etc/systemd/system/multi-user.target.wants/drop@one.service
    unit drop@.service.d/20-b.conf <<< $'[Service]\nEnvironment=M=pc-q35-9.2'
    printf '[Service]\nEnvironment=M=hidden\n' > root/usr/lib/systemd/system/drop@.service.d/20-b.conf
    unit drop@one.service.d/10-a.conf <<< $'[Service]\nEnvironment=M=first'
    printf '[Service]\nExecStart=/usr/bin/qemu-system-x86_64 -name masked -M pc-q35-9.2\n' > root/usr/lib/systemd/system/masked.service
    ln -s /dev/null root/etc/systemd/system/masked.service
    unit shared-a-b.service <<< $'[Service]\nExecStart=/bin/false'
    unit shared-.service.d/10-a.conf <<< $'[Service]\nExecStart=/usr/bin/qemu-system-x86_64 -name shared -M ${M} -nodefaults'
    unit service.d/00-all.conf <<< $'[Service]\nEnvironment=M=pc-q35-7.2'
    unit contained.service <<< $'[Service]\nExecStart=/usr/bin/podman run --rm img qemu-system-x86_64 -name contained -M q35 -nodefaults'
    run --separate-stderr -0 in_root
    [ "$(guest shared)" = '["pc-q35-7.2",null,[],null]' ]
    [ "$(guest contained)" = '["pc-q35-9.2",null,[],"its unit starts it by another program: /usr/bin/podman"]' ]
    printf '%s\n' "$output" > host.json
    run -2 romcompat preflight --guest contained host.json host.json
    run --separate-stderr -0 in_root
    [ "$(guest 'a b')" = '["pc-q35-9.2","/usr/share/OVMF/OVMF_CODE_4M.fd",["e1000e","pcnet"],null]' ]
    [ "$(guest shell)" = '["pc-q35-9.2",null,["e1000"],"its unit starts it by another program: /bin/sh"]' ]
    [ "$(guest one)" = '["pc-q35-9.2",null,["e1000"],null]' ]
    [ "$(guest masked)" = 0 ]
}

@test "guests of Proxmox VE as people have them: EFI disks of storages, args, snapshots, cloud-init" {
    make_root
    make_managers
    local pve=root/etc/pve/qemu-server
    cat > $pve/200.conf << 'CONF'
#a comment
bios: ovmf
efidisk0: local-zfs:vm-200-disk-0,efitype=4m,pre-enrolled-keys=1,size=1M
ide2: local-lvm:vm-200-cloudinit,media=cdrom
machine: pc-q35-9.2+pve1
name: zfs
net0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1
ostype: l26
[snap]
bios: seabios
machine: pc-i440fx-5.1
net0: e1000=BC:24:11:AA:BB:CC,bridge=vmbr0
CONF
    printf 'name: viommu\nmachine: viommu=virtio,type=q35\nvga: serial0\nnet0: model=e1000e,macaddr=BC:24:11:00:00:02\n' > $pve/201.conf
    printf 'name: args\nargs: -cpu host --device virtio-net-pci\nnet0: rtl8139=AA\nvga: none\n' > $pve/202.conf
    printf 'name: smbios\nargs: -smbios type=1,serial=ds=nocloud\nnet0: rtl8139=AA\nvga: none\nmachine: q35\n' > $pve/203.conf
    run --separate-stderr -0 in_root
    [ "$(guest zfs)" = '["pc-q35-9.2","/usr/share/pve-edk2-firmware/OVMF_CODE_4M.secboot.fd",["virtio-net-pci","VGA"],null]' ]
    [ "$(guest viommu)" = '["pc-q35-9.2",null,["e1000e"],null]' ]
    [ "$(guest args | jq -r '.[3]')" = 'args: -cpu host --device virtio-net-pci' ]
    [ "$(guest smbios)" = '["pc-q35-9.2",null,["rtl8139"],null]' ]
}

@test "a guest whose description says too little, or is not there, is named as left out" {
    make_root
    make_managers
    echo "<domain type='kvm'><name>bare</name><os><type>hvm</type></os></domain>" > root/etc/libvirt/qemu/bare.xml
    run --separate-stderr -2 in_root
    [[ $stderr == *"/etc/libvirt/qemu/bare.xml: no name or no machine type, left out"* ]]
    rm root/etc/libvirt/qemu/bare.xml
    # As a pool of ZFS or Ceph has a machine that is stopped.
    ln -s ../storage-pools/zfs/virtual-machines/far root/var/lib/incus/virtual-machines/far
    run --separate-stderr -2 in_root
    [[ $stderr == *"/var/lib/incus/virtual-machines/far/backup.yaml: not there: its storage is not mounted"* ]]
    rm root/var/lib/incus/virtual-machines/far
    run -2 --separate-stderr as_root strace -f -qq -o trace -P /var/lib/incus/virtual-machines/v1/backup.yaml -e inject=access,newfstatat,stat,openat:error=EACCES "$BUILD/romcompat" inventory --root root --run
    [[ $stderr == *"/var/lib/incus/virtual-machines/v1/backup.yaml: Permission denied"* ]]
}

@test "an Incus machine whose configuration adds to its command line is not wholly known" {
    make_root
    make_managers
    sed -i 's/volatile.uuid: 1-2/volatile.uuid: 1-2, raw.qemu.conf: "[device \\"qemu_gpu\\"]"/' root/var/lib/incus/virtual-machines/stopped/backup.yaml
    sed -i 's/volatile.uuid: 1-2/volatile.uuid: 1-2, raw.qemu: "-nic user"/' root/var/lib/incus/virtual-machines/v1/backup.yaml
    run --separate-stderr -0 in_root
    [ "$(guest stopped | jq -r '.[3]')" = 'raw.qemu.conf changes what it is started with' ]
    [ "$(guest v1 | jq -r '.[3]')" = 'raw.qemu: -nic user' ]
}

@test "a service that runs is one guest" {
    make_root
    make_managers
    # The process is another system's, below whose root nothing runs.
    pretend_qemu -name unit-web -M q35
    run --separate-stderr in_root
    kill "$pretended"
    [ "$(jq '[.guests[] | select(.name == "unit-web")] | length' <<< "$output")" = 1 ]
    [ "$(jq '[.guests[] | select(.running)] | length' <<< "$output")" = 0 ]
}

# bats test_tags=long
@test "a guest that runs as another than it is described, or with a program that was replaced, is a doubt" {
    local uuid=8d1c6d0e-0000-4000-8000-00000000f1e2 described
    mkdir -p config/libvirt/qemu
    cat > config/libvirt/qemu/web.xml << XML
<domain type='kvm'><name>web</name><uuid>$uuid</uuid><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
<devices><interface type='network'><model type='e1000'/></interface></devices></domain>
XML
    # doubt ARGUMENT...: of it while a QEMU of it runs with these.
    doubt() {
        pretend_qemu -uuid "$uuid" -nodefaults "$@"
        XDG_CONFIG_HOME=$PWD/config romcompat inventory 2> /dev/null > here.json || [ $? = 2 ]
        XDG_CONFIG_HOME=$PWD/config romcompat inventory --anonymous 2> /dev/null > anonymous.json || [ $? = 2 ]
        kill "$pretended"
        jq -r '.guests[] | select(.name == "web" and .running) | .doubt' here.json
    }
    described='it runs with another machine type, firmware image or other cards than its description has'
    [ "$(doubt -machine pc-q35-7.2 -device e1000)" = null ]
    [ "$(doubt -machine pc-q35-7.1 -device e1000)" = "$described" ]
    [ "$(doubt -machine pc-q35-7.2 -device e1000 -device virtio-net-pci)" = "$described" ]
    [ "$(doubt -machine pc-q35-7.2)" = "$described" ]
    [ "$(doubt -machine pc-q35-7.2 -device e1000,rombar=0)" = "$described" ]
    [ "$(doubt -machine pc-q35-7.2 -device e1000 -bios /usr/share/ovmf/OVMF.fd)" = "$described" ]
    [[ $(doubt -machine pc-q35-7.2 -device e1000 -L /roms) == *"/roms"* ]]
    run -1 grep -q /roms anonymous.json
    cp "$(command -v perl)" qemu-system-x86_64
    pretend_qemu() { # the same, by a program that is not there any more
        mkdir -p old
        cp qemu-system-x86_64 old/
        (exec old/qemu-system-x86_64 -e 'sleep 60' x "$@") 3>&- &
        pretended=$!
        until grep -qz "^x$" "/proc/$pretended/cmdline" 2> /dev/null; do sleep 0.05; done
        rm old/qemu-system-x86_64
    }
    # Where there are QEMUs, it is none of them either.
    [[ $(doubt -machine pc-q35-7.2 -device e1000) == *" $PWD/old/qemu-system-x86_64, "* ]]
}

# A QEMU that does what it must not be able to; its version tells what it could.
hostile_qemu() {
    cat > root/usr/bin/qemu-system-x86_64 << 'QEMU'
#!/bin/sh
could=0
echo x 2> /dev/null > /written && could=1
[ -w / ] && could=$((could + 2))
[ $$ = 1 ] || could=$((could + 4))
cd ../../../../.. && [ -e proc/self ] && could=$((could + 8))
[ "$(ulimit -f)" = 0 ] && [ "$(ulimit -v)" = 4194304 ] && [ "$(ulimit -t)" = 30 ] || could=$((could + 16))
case $1 in
-version) echo "QEMU emulator version 9.2.$could" ;;
-L) echo /usr/share/qemu ;;
-M) echo 'pc-q35-9.2 x' ;;
esac
QEMU
}

@test "nothing of the system in a directory is run, unless --run asks for it" {
    make_root
    hostile_qemu
    for program in qemu-system-x86_64 rpm dpkg-query; do
        printf '#!/bin/sh\necho x > /ran\nexit 1\n' > root/usr/bin/$program
        chmod +x root/usr/bin/$program
    done
    run -2 --separate-stderr as_root strace -f -qq -o trace -e trace=execve,execveat "$BUILD/romcompat" inventory --root root
    [ "$(grep -c 'execve' trace)" = 1 ]
    [ ! -e root/ran ]
    [ "$(jq -c '.qemu' <<< "$output")" = '[]' ]
    [[ $stderr != *"no QEMU is installed"* ]]
    output_has "note: /usr/bin/qemu-system-x86_64: its version is not in the file, and it was not run"
    run -2 romcompat inventory --run
    output_has "--run needs --root"
}

# bats test_tags=no-asan
@test "what --run runs is nobody, shut off from this system, and has limits" {
    make_root
    hostile_qemu
    run -0 --separate-stderr in_root
    [ "$(jq -r '.qemu[0].version' <<< "$output")" = 9.2.0 ]
    [ ! -e root/written ]
    # As root of a user namespace too, which has no user nobody.
    if [ "$(id -u)" = 0 ]; then
        chmod -R a+rX root .
        chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"/*
        rm root/etc/libvirt/qemu/*
        run -0 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
            unshare --map-root-user "$BUILD/romcompat" inventory --root root --run
        [ "$(jq -r '.qemu[0].version' <<< "$output")" = 9.2.0 ]
    fi
    # Where the kernel refuses, nothing is run.
    run -2 --separate-stderr as_root strace -f -qq -o trace -e trace=pivot_root,execve -e inject=pivot_root:error=EPERM "$BUILD/romcompat" inventory --root root --run
    output_has "not run: it cannot be given a root directory of its own: Operation not permitted"
    [ "$(grep -c 'execve(' trace)" = 1 ]
}

# bats test_tags=long
@test "what is read of QEMU binaries and dpkg's database is what they say when they are run" {
    mkdir here
    run -0 --separate-stderr own_mounts sh -c 'mount --rbind / here &&
        romcompat inventory --host x > live && romcompat inventory --host x --root here > read &&
        romcompat inventory --host x --root here --run > run'
    # Of another system /proc and /sys say nothing, nor which QEMUs run.
    for file in live read run; do
        jq '.encryption = null | .guests |= map(select(.source != "process"))' $file > told
        mv told $file
    done
    cmp live run
    # But for the boards of other architectures, of which no guest is moved.
    for file in live read; do
        jq '.qemu |= map(select(.architecture == "x86_64" or .architecture == "i386")) | .folders |= sort' $file > $file.x86
    done
    diff live.x86 read.x86
    [ "$(jq '.qemu | length' read.x86)" -gt 0 ]
}

@test "a ROM or firmware image that may not be read is a note, and the status is 2" {
    make_root
    for file in /usr/share/qemu/own.bin /usr/share/qemu/efi-virtio.rom /usr/share/OVMF/x.fd; do
        run -2 --separate-stderr as_root strace -qq -o trace -P $file -e inject=openat:error=EACCES "$BUILD/romcompat" inventory --root root --run
        [[ $stderr == *"note: $file: Permission denied"* ]]
        [ "$(jq -r .format <<< "$output")" = romcompat-inventory ]
    done
}

@test "what is there in place of a ROM or firmware image is a note, and the status is 2" {
    make_root
    for file in usr/share/qemu/own.bin usr/share/qemu/efi-virtio.rom usr/share/OVMF/x.fd; do
        mv root/$file kept
        mkfifo root/$file
        run -2 --separate-stderr in_root
        [[ $stderr == *"note: /$file: not a file, left out (found a FIFO)"* ]]
        rm root/$file
        ln -s "${file##*/}" root/$file
        run -2 --separate-stderr in_root
        [[ $stderr == *"note: /$file: Too many levels of symbolic links: left out"* ]]
        rm root/$file
        mkdir root/$file
        run -0 --separate-stderr in_root
        rmdir root/$file
        mv kept root/$file
    done
}

@test "the QEMUs of this system's own root can be run in isolation" {
    run -0 --separate-stderr as_root romcompat inventory --root / --run
    [[ $stderr != *"not run"* ]]
    [ "$(jq '.qemu | length' <<< "$output")" -gt 0 ]
    [ "$(jq -r '.qemu[0].machines | length' <<< "$output")" -gt 0 ]
}

@test "--anonymous and --root leave the names out; --pretty says the same" {
    make_root
    run --separate-stderr -0 in_root --anonymous
    [ "$(jq -c '[.host, .guests[0].name]' <<< "$output")" = '[null,null]' ]
    run --separate-stderr -0 in_root
    [ "$(jq -c '[.host, .guests[0].name]' <<< "$output")" = '[null,"web"]' ]
    line=$output
    run --separate-stderr -0 in_root --pretty
    [ "$(wc -l <<< "$output")" -gt 50 ]
    [ "$(jq -c . <<< "$output")" = "$(jq -c . <<< "$line")" ]
}

# bats test_tags=long
@test "the same host gives the same bytes, into a file that appears whole" {
    run --separate-stderr -0 own_processes romcompat inventory -o one.json
    run --separate-stderr -0 own_processes romcompat inventory -o two.json
    [ -z "$output" ]
    cmp one.json two.json
    [ "$(jq -r .host one.json)" = "$(uname -n)" ]
    run --separate-stderr -0 own_processes romcompat inventory -o no/where/x.json
    cmp one.json no/where/x.json
    run -2 romcompat inventory -o one.json/x.json
    output_has "Not a directory"
    run --separate-stderr -0 own_processes romcompat inventory -o -
    [ ! -e - ]
    cmp one.json - <<< "$output"
}

@test "this host: versions, machine types, sizes and packages are what qemu, stat and dpkg say" {
    run --separate-stderr -0 own_processes romcompat inventory
    inv=$output
    while IFS=$'\t' read -r path version count; do
        "$path" -version | grep -qF "version $version"
        # Every line but the first, less the aliases.
        [ "$("$path" -M help | tail -n +2 | grep -vc '(alias of ')" = "$count" ]
    done < <(jq -r '.qemu[] | [.path, .version, (.machines | length)] | @tsv' <<< "$inv")
    while IFS=$'\t' read -r file size package version; do
        [ "$(stat -L -c %s "$file")" = "$size" ]
        [ -z "$package" ] && continue
        # shellcheck disable=SC2016
        [ "$(dpkg-query -W -f '${Version}' "$(dpkg-query -S "$file" | cut -d: -f1)")" = "$version" ]
    done < <(jq -r '.folders[] | .path as $p | .roms[] | [$p + "/" + .name, .size, .package // "", .package_version // ""] | @tsv' <<< "$inv" | sort -u -k3,3)
    while IFS=$'\t' read -r file sum; do
        [ "$(sha256sum < "$file" | cut -d' ' -f1)" = "$sum" ]
    done < <(jq -r '.firmware[] | [.path, .sha256] | @tsv' <<< "$inv")
}

# bats test_tags=long
@test "--qemu adds a binary, which comes first; a QEMU that does not answer is a note or an error" {
    make_root
    sed 's/9\.2\.4/7.2.1/; s/romcompat.d/x/' root/usr/bin/qemu-system-x86_64 > qemu-aarch64
    chmod +x qemu-aarch64
    run --separate-stderr -0 own_processes romcompat inventory --qemu ./qemu-aarch64
    [ "$(jq -c '.qemu[0] | [.path, .architecture, .version, .reads_maps]' <<< "$output")" = "[\"$PWD/qemu-aarch64\",\"aarch64\",\"7.2.1\",false]" ]
    # A name that says nothing of it.
    sed '1a [ "$1" != -machine ] || { cat >/dev/null; echo "{\\"return\\": {\\"arch\\": \\"ppc64\\"}}"; exit; }' qemu-aarch64 > own
    chmod +x own
    run --separate-stderr -0 own_processes romcompat inventory --qemu ./own
    [ "$(jq -r '.qemu[0].architecture' <<< "$output")" = ppc64 ]
    run -2 romcompat inventory --qemu /bin/true
    output_has "/bin/true -version: not the answer of a QEMU"
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' > bin/qemu-system-x86_64
    chmod +x bin/qemu-system-x86_64
    PATH=$PWD/bin:$PATH run --separate-stderr -2 own_processes romcompat inventory
    [[ $stderr == *"note: $PWD/bin/qemu-system-x86_64"* ]]
}

@test "wrong usage, and a root that is none, are status 2" {
    run -2 romcompat inventory operand
    run -2 romcompat inventory --host x --anonymous
    run -2 romcompat inventory --host ""
    run -2 romcompat inventory --root none
    output_has "none: No such file"
    run -0 romcompat inventory --help
}

# bats test_tags=long
@test "a guest whose QEMU was started before its image was last changed is a doubt" {
    local said='its QEMU was started before a ROM file, map or firmware image was last changed, and may have others'
    doubt() {
        romcompat inventory 2> /dev/null | jq -r '.guests[] | select(.name == "web") | .doubt'
    }
    head -c 4096 /dev/zero > code.fd
    sleep 2
    pretend_qemu -name web -machine pc-q35-7.2 -nodefaults -drive if=pflash,format=raw,file=code.fd,readonly=on
    [ "$(doubt)" = null ]
    # A link, which leads to another now, is as old as that.
    mv code.fd new.fd
    ln -s new.fd code.fd
    [ "$(doubt)" = "$said" ]
    mv new.fd code.fd
    [ "$(doubt)" = "$said" ]
    kill "$pretended"
    # The files of its QEMU: those that a directory has, and no others.
    mkdir -p own/firmware
    printf '#!/bin/sh\ncase $1 in -version) echo "QEMU emulator version 9.2.4" ;; -L) echo %s/own ;;\n*) echo "pc-q35-9.2 PC" ;; esac\n' \
        "$PWD" > qemu-system-x86_64
    chmod +x qemu-system-x86_64
    doubt() {
        romcompat inventory --qemu ./qemu-system-x86_64 2> /dev/null | jq -r '.guests[] | select(.name == "web") | .doubt'
    }
    sleep 2
    pretend_qemu -name web -machine pc-q35-9.2 -nodefaults
    : > own/firmware/x.json
    [ "$(doubt)" = null ]
    : > own/efi-virtio.rom
    [ "$(doubt)" = "$said" ]
    kill "$pretended"
}

# bats test_tags=long
@test "a QEMU that runs is a guest, with the cards and the firmware of its command line" {
    head -c 4096 /dev/zero > code.fd
    sleep 2 # what is newer than its process may not be what it has
    pretend_qemu -name 'web,debug-threads=on' -machine pc-q35-7.2,usb=off -nodefaults \
        -device '{"driver":"virtio-net-pci","romfile":""}' -device e1000 \
        -drive if=pflash,format=raw,file=code.fd,readonly=on -drive if=pflash,file=/n/web.fd
    run --separate-stderr romcompat inventory
    kill "$pretended"
    guest=$(jq -c '.guests[] | select(.name == "web")' <<< "$output")
    [ "$(jq -c '[.source, .running, .doubt, .machine, .architecture]' <<< "$guest")" = \
        '["process",true,null,"pc-q35-7.2","x86_64"]' ]
    [ "$(jq -c '[.firmware, .loader, .loader_type, .nvram]' <<< "$guest")" = \
        "[\"efi\",\"$PWD/code.fd\",\"pflash\",\"/n/web.fd\"]" ]
    [ "$(jq -c '.devices | map([.type, .rom])' <<< "$guest")" = '[["virtio-net-pci",false],["e1000",true]]' ]
    # Its image is nowhere that images are looked for.
    [ "$(jq -r --arg path "$PWD/code.fd" '.firmware[] | select(.path == $path) | .size' <<< "$output")" = 4096 ]
}

@test "what KVM and the QEMUs make of guests with encrypted memory is in the inventory" {
    run --separate-stderr romcompat inventory -o here.json
    # Never nothing on a machine whose /proc is read: the processor or the module says something.
    if grep -q '^flags' /proc/cpuinfo; then
        [ "$(jq -r '.encryption.tdx' here.json)" != null ]
    fi
    host() { # KVM QEMU ENCRYPTION
        cat << JSON
{"format":"romcompat-inventory","version":1,"host":"$1","encryption":$2,"qemu":[{"path":"/q","architecture":"x86_64",
"version":"7.2.0","reads_maps":false,"folders":[],"machines":["pc-q35-7.2"],"encryption":$3}],"folders":[],"guests":[
{"name":"g","machine":"pc-q35-7.2","firmware":"bios","encryption":$4,"devices":[]}]}
JSON
    }
    host a '{"sev":"on","snp":"on"}' '{"sev":"refuses","snp":"no-refusal"}' '"sev"' > a.json
    host b '{"sev":"on","snp":"off"}' '{"sev":"no-refusal","snp":"no-refusal"}' '"snp"' > b.json
    host c null null null > c.json
    # Of plain SEV all depends on QEMU.
    run -1 romcompat preflight --guest g a.json a.json
    output_has "/q: it refuses with 'SEV: Migration is not implemented'"
    run -2 romcompat preflight --guest g a.json b.json
    output_has "has no refusal that is known"
    run -1 romcompat preflight --guest g b.json b.json
    output_has "starts again there  no: its memory is encrypted (SNP): no SNP guest starts here: kvm_amd.sev_snp is off"
    run -2 romcompat preflight --guest g a.json c.json

    run -2 romcompat audit a.json b.json c.json
    output_has "Guests with encrypted memory (sev): g of a" "start    on a, b; not known for 1" \
        "Guests with encrypted memory (snp): g of b" "KVM lets an SNP guest be launched, and has no call that sends one" \
        "start    on a; not known for 1"
    run -2 --separate-stderr romcompat audit --json a.json b.json c.json
    [ "$(jq -c '.encrypted_guests | map([.encryption, .migrate, .starts_on, .starts_not_known])' <<< "$output")" = \
        '[["sev","unknown",["a","b"],1],["snp","no",["a"],1]]' ]
    # Of several QEMUs the worst counts, whichever comes first; one of which nothing is known is
    # worse than one that has no such guest.
    host e '{"sev":"on"}' null null | jq -c '.qemu += [.qemu[0] + {path: "/r", encryption: {sev: "no-such-guest"}}]' > e.json
    jq -c '.qemu |= reverse' e.json > f.json
    for file in e f; do
        run -2 --separate-stderr romcompat audit --json a.json $file.json
        [ "$(jq -c '.encrypted_guests | map([.migrate, .starts_on, .starts_not_known])' <<< "$output")" = '[["unknown",["a"],1]]' ]
    done
    run -1 romcompat audit a.json
    output_has "migrate  no: there is no other host"
    run -0 romcompat audit c.json
    output_lacks encrypted
    host d '{"sev":"yes"}' null null > d.json
    run -2 romcompat audit d.json
    output_has "encryption.sev: a word that is not known"
}

@test "a guest that is not wholly known has no firm answer" {
    pretend_qemu -name doubtful -machine pc-q35-7.2 -nodefaults -global virtio-net-pci.romsize=65536
    run --separate-stderr romcompat inventory -o here.json
    run --separate-stderr romcompat inventory --anonymous
    kill "$pretended"
    [[ $(jq -r '.guests[] | select(.name == "doubtful").doubt' here.json) == *"romsize of virtio-net-pci"* ]]
    [[ $output != *doubtful* && $output != *"virtio-net-pci.rom"* ]]
    pretend_qemu -name sealed -machine pc-q35-7.2,confidential-guest-support=sev0 -nodefaults
    run --separate-stderr romcompat inventory -o sealed.json
    kill "$pretended"
    [[ $(jq -r '.guests[] | select(.name == "sealed").doubt' sealed.json) == *"its memory is encrypted, and how is not known"* ]]
    pretend_qemu -name sealed -object sev-guest,id=sev0,policy=0x7 -machine pc-q35-7.2,confidential-guest-support=sev0 -nodefaults
    run --separate-stderr romcompat inventory -o sealed.json
    kill "$pretended"
    [ "$(jq -c '.guests[] | select(.name == "sealed") | [.encryption, .doubt]' sealed.json)" = '["sev-es",null]' ]
    host() { # DOUBT
        cat << JSON
{"format":"romcompat-inventory","version":1,"host":"h","qemu":[{"path":"/q","architecture":"x86_64",
"version":"7.2.0","reads_maps":false,"folders":[],"machines":["pc-q35-7.2"]}],"folders":[],"guests":[
{"name":"g","machine":"pc-q35-7.2","firmware":"bios","devices":[],"doubt":$1}]}
JSON
    }
    host null > known.json
    host '"-L /x"' > doubted.json
    run -0 romcompat preflight --guest g known.json doubted.json
    run -2 romcompat preflight --guest g doubted.json known.json
    output_has "-L /x"
}
