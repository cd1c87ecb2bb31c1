# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ROMs, maps and a QEMU for args.bats and qemu-table.bats.

make_stock_host() { # in the current directory
    local make=$BUILD/tests/cli/make_rom
    mkdir grown small compat maps
    "$make" pad=262656 fill=0xff legacy:4:1af4:1041 efi:8 > grown/efi-virtio.rom
    "$make" pad=262656 fill=0xff legacy:4:8086:100e efi:8 > grown/efi-e1000.rom
    "$make" pad=100000 fill=0xff legacy:4:1af4:1041 efi:8 > small/efi-virtio.rom
    "$make" pad=262144 fill=0xff legacy:4:8086:100e efi:8 > small/efi-e1000.rom
    "$make" pad=262144 fill=0xff legacy:4:1af4:1041 efi:8 > compat/256k-efi-virtio.rom
    "$make" pad=262144 fill=0xff legacy:4:8086:100e efi:8 > compat/256k-efi-e1000.rom
    printf '%s\n' 'romcompat-map 1' 'set s' '  package some-compat' '  machine pc-i440fx 2.4 7.2' \
        '  machine pc-q35 - 7.2' '  rom efi-virtio.rom 262144 256k-efi-virtio.rom' \
        '  rom efi-e1000.rom 262144 256k-efi-e1000.rom' end > maps/s.map
    stock_qemu qemu-7 7.2.1
    stock_qemu qemu-10 10.0.2
}

# A QEMU as far as it is asked: its version, directories, machine types and device types.
stock_qemu() { # FILE VERSION
    cat > "$1" << QEMU
#!/bin/sh
case \$1 in
-version) echo 'QEMU emulator version $2 (Debian)' ;;
-L) echo $PWD/none ;;
-M) printf '%s\n' 'Supported machines are:' 'pc       Standard PC (alias of pc-i440fx-7.2)' \\
        'pc-i440fx-7.2        Standard PC' 'pc-i440fx-8.0        Standard PC' 'pc-q35-7.2   Standard PC' ;;
-machine)
    cat > /dev/null
    echo '{"QMP": {"version": {}, "capabilities": []}}'
    echo '{"return": {}}'
    printf '{"return": ['
    for t in virtio-net-pci virtio-net-pci-transitional virtio-net-pci-non-transitional; do
        printf '{"name": "%s", "parent": "virtio-net-pci-base"}, ' \$t
    done
    for t in e1000 e1000-82544gc; do printf '{"name": "%s", "parent": "e1000-base"}, ' \$t; done
    printf '{"name": "virtio-net-pci-base", "parent": "pci-device", "abstract": true}, '
    printf '{"name": "e1000-base", "parent": "pci-device", "abstract": true}, '
    printf '{"name": "pcie-pci-bridge", "parent": "pci-device"}, '
    echo '{"name": "igb", "parent": "pci-device"}]}'
    echo '{"return": {}}' ;;
*) exit 1 ;;
esac
QEMU
    chmod +x "$1"
}
