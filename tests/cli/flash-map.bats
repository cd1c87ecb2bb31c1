#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flash map, and what varstore create makes of its answers.
load common

setup_file() { "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    T=$ROMCOMPAT_CACHE/firmware/trixie
    D12=$ROMCOMPAT_CACHE/firmware/bookworm
    # A root directory of our own, with Debian 12's images.
    mkdir -p root/usr/share/qemu/firmware root/etc/qemu/firmware
    ln -s "$D12/usr/share/OVMF" root/usr/share/OVMF
}

# descriptor FILE CODE [VARS]
descriptor() {
    printf '{"description":"d","interface-types":["uefi"],"mapping":{"device":"flash",%s"executable":{"filename":"%s","format":"raw"}%s},"targets":[{"architecture":"x86_64","machines":["pc-q35-*"]}],"features":[],"tags":[]}\n' \
        "$([ $# = 3 ] || echo '"mode":"stateless",')" "$2" "${3:+,\"nvram-template\":{\"filename\":\"$3\",\"format\":\"raw\"\}}" > "root/$1"
}

CODE=/usr/share/OVMF/OVMF_CODE_4M.fd VARS=/usr/share/OVMF/OVMF_VARS_4M.fd MS=/usr/share/OVMF/OVMF_VARS_4M.ms.fd

# bats test_tags=long
@test "every code image that a descriptor of Debian 13 names has a template that fits" {
    run -0 romcompat flash map --root "$T" $CODE /usr/share/OVMF/OVMF_CODE_4M.ms.fd /usr/share/AAVMF/AAVMF_CODE.no-secboot.fd /usr/share/AAVMF/AAVMF_CODE.ms.fd
    output_has "$MS  $T/usr/share/qemu/firmware/40-edk2-x86_64-secure-enrolled.json" "expects a store of 540672 bytes (OVMF 4M)" "it fits"
    output_lacks "NOT" "libvirt's default"
}

@test "what only a link leads to is found, with the word that libvirt does not" {
    run -0 romcompat flash map --root "$T" /usr/share/OVMF/OVMF_CODE_4M.snakeoil.fd
    output_has "only /usr/share/OVMF/OVMF_CODE_4M.secboot.fd has a template" "libvirt compares names"
}

@test "descriptors come first, by file name over all directories, then libvirt's list" {
    descriptor usr/share/qemu/firmware/60-a.json $CODE $VARS
    descriptor etc/qemu/firmware/50-b.json $CODE $MS
    run -0 romcompat flash map --root root $CODE
    [[ "${lines[2]}" == *"$MS  root/etc/qemu/firmware/50-b.json"* ]]
    [[ "${lines[3]}" == *"$VARS  root/usr/share/qemu/firmware/60-a.json"* ]]
    run -0 romcompat flash map --root root --libvirt-nvram "[ \"$CODE:/other\" ]" $CODE
    [[ "${lines[4]}" == *"/other  --libvirt-nvram"* ]]
    run -0 romcompat flash map --root root --json $CODE
    output_has '"source": "descriptor"' '"fits": "yes"' '"expected_size": 540672'
}

@test "a file of the administrator hides one of the same name; an empty one masks it" {
    descriptor usr/share/qemu/firmware/60-a.json $CODE $VARS
    descriptor etc/qemu/firmware/60-a.json $CODE $MS
    run -0 romcompat flash map --root root $CODE
    output_has "$MS"
    output_lacks "$VARS"
    : > root/etc/qemu/firmware/60-a.json
    run -1 romcompat flash map --root root $CODE
    output_has "no template"
    # libvirt skips a link to no file, so that it hides nothing.
    ln -sf /dev/null root/etc/qemu/firmware/60-a.json
    run -0 romcompat flash map --root root $CODE
    output_has "$VARS"
}

@test "for another user than root the home comes first" {
    # Another user must reach it, which is not so below the test's own directory.
    place=$(mktemp -d)
    chmod 755 "$place"
    mkdir -p "$place/.config/qemu/firmware"
    descriptor 10-mine.json $CODE $VARS
    cp root/10-mine.json "$place/.config/qemu/firmware/"
    cp "$BUILD/romcompat" "$place/"
    chmod -R a+rX "$place"
    as_user() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --clear-groups "$@"; else "$@"; fi; }
    run as_user env -u XDG_CONFIG_HOME HOME="$place" "$place/romcompat" flash map $CODE
    output_has "$place/.config/qemu/firmware/10-mine.json"
    run as_user env XDG_CONFIG_HOME=/nowhere HOME="$place" "$place/romcompat" flash map $CODE
    output_lacks "10-mine.json"
    rm -r "$place"
}

@test "without descriptors: the list of qemu.conf, else the one that libvirt has compiled in" {
    run -0 romcompat flash map --root root /usr/share/OVMF/OVMF_CODE.fd
    output_has "/usr/share/OVMF/OVMF_VARS.fd  libvirt's default list"
    mkdir -p root/etc/libvirt
    printf '# nvram = [ "no" ]\nuser = "x"\nnvram = [\n  "%s:%s", # ours\n  "/a:/b"\n]\nmax = 7\n' $CODE $MS > root/etc/libvirt/qemu.conf
    run -0 romcompat flash map --root root $CODE
    output_has "$MS  root/etc/libvirt/qemu.conf"
    run -1 romcompat flash map --root root /usr/share/OVMF/OVMF_CODE.fd
    output_has "no template"
    descriptor usr/share/qemu/firmware/60-a.json /other $VARS
    run -1 romcompat flash map --root root $CODE
    output_has "libvirt ignores it where there are descriptors"
    # A FIFO was taken for no qemu.conf.
    rm root/etc/libvirt/qemu.conf
    mkfifo root/etc/libvirt/qemu.conf
    run romcompat flash map --root root $CODE
    output_has "qemu.conf cannot be read"
}

@test "a template that does not fit, one that is gone, and a stateless descriptor are status 1" {
    run -1 romcompat flash map --root root --libvirt-nvram "$CODE:/usr/share/OVMF/OVMF_VARS.fd" $CODE
    output_has "it does NOT fit: variables will not persist"
    run -1 romcompat flash map --root root --libvirt-nvram "$CODE:/gone.fd" $CODE
    output_has "gone.fd: No such file"
    descriptor usr/share/qemu/firmware/60-a.json $CODE
    run -1 romcompat flash map --root root $CODE
    output_has "no template"
}

@test "broken lists and wrong usage are status 2, with the line" {
    run -2 romcompat flash map --root root --libvirt-nvram '"/a:/b:/c"' $CODE
    output_has "not a pair of code and store: '/a:/b:/c'"
    printf 'a = 1\nnvram = [ "x:y"\nb = 2\n' > conf
    run -2 romcompat flash map --root root --libvirt-nvram conf $CODE
    output_has "conf:3: not the syntax"
    run -2 romcompat flash map --root root --libvirt-nvram "/a" $CODE
    output_has "without its other half"
    run -2 romcompat flash map
    output_has "a CODE, --store or --domain was expected"
    run -2 romcompat flash map --root "$T" --libvirt 11.3 "$CODE"
    output_has "--libvirt needs --domain"
    run -2 romcompat flash map --root "$T" --defined "$CODE"
    output_has "--defined needs --domain"
    run -2 romcompat flash map --root root /no/code.fd
    output_has "No such file"
}

@test "create copies the template that map finds, and refuses one that does not fit the code" {
    run -0 romcompat varstore create --root "$T" --code /usr/share/OVMF/OVMF_CODE_4M.ms.fd --out ms
    output_has "a copy of $T$MS"
    cmp ms "$T$MS"
    [ "$(stat -c %a:%U ms)" = "600:$(id -un)" ]
    run -0 romcompat varstore create --root "$T" --code /usr/share/OVMF/OVMF_CODE_4M.ms.fd --empty --out empty
    cmp empty "$T$VARS"
    run -1 romcompat varstore create --root root --libvirt-nvram "$CODE:/usr/share/OVMF/OVMF_VARS.fd" --code $CODE --out no
    output_has "not copied" "variables will not persist"
    run -2 romcompat varstore create --root root --libvirt-nvram "$CODE:/gone.fd" --code $CODE --out no
    output_has "--empty makes an empty store"
    [ ! -e no ]
    run -2 romcompat varstore create --code "$T$CODE" --empty --template x --out no
    output_has "exclude each other"
}

@test "--owner gives the store away; only root can, and only to who is there" {
    run -2 romcompat varstore create --code "$T$CODE" --out x --owner no-such-user
    output_has "there is no user 'no-such-user'"
    run -2 romcompat varstore create --code "$T$CODE" --out x --owner 0:no-such-group
    output_has "there is no group 'no-such-group'"
    if [ "$(id -u)" = 0 ]; then
        run -0 romcompat varstore create --code "$T$CODE" --out x --owner 12345:54321
        [ "$(stat -c %u:%g:%a x)" = 12345:54321:600 ]
    else
        run -2 romcompat varstore create --code "$T$CODE" --out x --owner 12345
        output_has "only root can give"
    fi
}

@test "an owner or group that cannot be set is an error, and no store is made" {
    run -2 strace -qq -o trace -e inject=fchown:error=EPERM romcompat varstore create --code "$T$CODE" --out x --owner "$(id -u):$(id -g)"
    output_has "x: not made: its owner or group cannot be set (Operation not permitted)"
    [ ! -e x ]
}

# bats test_tags=no-asan
@test "without /proc a new store is made all the same" {
    # With root's rights, and where those do not help.
    for way in "" "setpriv --bounding-set=-dac_read_search"; do
        rm -f x
        # shellcheck disable=SC2086 # none, or a command with its option
        run -0 own_mounts sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
            $way romcompat varstore create --code "$T$CODE" --out x
        [ "$(stat -c %a:%s x)" = "600:$(stat -c %s "$T"/usr/share/OVMF/OVMF_VARS_4M.fd)" ]
        [ -z "$(find . -name '.romcompat-*')" ]
    done
    run -2 own_mounts sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
        romcompat varstore create --code "$T$CODE" --out y --format qcow2
    output_has "qcow2 needs /proc, which is not mounted"
    [ ! -e y ]
}

# domain OS [FEATURES [MORE]]: guest.xml, a guest on a Q35 machine.
domain() {
    printf "<domain type='kvm'><name>web</name>%s<features><acpi/>%s</features>%s</domain>\n" \
        "<os${1%%>*}><type arch='x86_64' machine='${MACHINE:-q35}'>hvm</type>${1#*>}</os>" "${2:-}" "${3:-}" > guest.xml
}
chosen() { romcompat flash map --root "$T" --json --domain guest.xml "$@" | jq -r '.domains[0] | [.choice, .code, .template] | join(" ")'; }
ENROLLED='/usr/share/OVMF/OVMF_CODE_4M.ms.fd /usr/share/OVMF/OVMF_VARS_4M.ms.fd'
SECURE='/usr/share/OVMF/OVMF_CODE_4M.secboot.fd /usr/share/OVMF/OVMF_VARS_4M.fd'

# bats test_tags=long
@test "the installed firmware that keeps a store is listed in libvirt's order, the rest with the reason" {
    run -0 romcompat flash map --root "$T" --store "$D12$MS"
    output_has "keeps it   $CODE  $VARS" "x86_64: the guest starts with its" "warning: the store has Secure Boot keys" \
        "no         /usr/share/AAVMF/AAVMF_CODE.ms.fd" "QEMU does not start"
    output_lacks "not known" "No such file"
    [ "$(romcompat flash map --root "$T" --store "$D12$MS" --json | jq -r '[.stores[0].firmware[] | select(.keeps == "yes" and .architecture == "x86_64") | .matched] | .[0]')" = "${ENROLLED% *}" ]
    "$BUILD/tests/cli/make_store" 2M A:1:4 > old.fd
    run -1 romcompat flash map --root "$T" --store old.fd
    run -2 romcompat flash map --root "$T" --store "$D12$CODE"
    output_has "not a variable store"
}

# bats test_tags=long
@test "libvirt's choice for a guest follows the features that it asks for and refuses" {
    domain " firmware='efi'>"
    [ "$(chosen)" = "descriptor $ENROLLED" ]
    domain " firmware='efi'><firmware><feature enabled='no' name='enrolled-keys'/></firmware>"
    [ "$(chosen)" = "descriptor $SECURE" ]
    domain " firmware='efi'><firmware><feature enabled='no' name='secure-boot'/></firmware>"
    [ "$(chosen)" = "descriptor $CODE $VARS" ]
    domain " firmware='efi'>" "<smm state='off'/>"
    [ "$(chosen --libvirt 11.3)" = "descriptor $CODE $VARS" ]
    for machine in virt virt-8.2; do
        domain " firmware='efi'>"
        sed -i "s/x86_64/aarch64/; s/q35/$machine/" guest.xml
        [ "$(chosen)" = "descriptor /usr/share/AAVMF/AAVMF_CODE.ms.fd /usr/share/AAVMF/AAVMF_VARS.ms.fd" ]
    done
    MACHINE=pc domain " firmware='efi'>"
    [ "$(chosen)" = "descriptor $CODE $VARS" ]
    run -0 romcompat flash map --root "$T" --domain guest.xml
    output_has "40-edk2-x86_64-secure-enrolled.json: it is not for pc of x86_64"
}

@test "a guest for which libvirt finds no firmware is status 1, with a reason for each descriptor" {
    domain " firmware='efi'>" '' "<launchSecurity type='sev-snp'/>"
    run -1 romcompat flash map --root "$T" --domain guest.xml
    output_has "libvirt refuses it: Unable to find 'efi' firmware that is compatible with the current configuration" \
        "60-edk2-x86_64.json: it does not have amd-sev-snp, which the guest asks for"
    domain " firmware='efi'><loader format='qcow2'/>"
    run -1 romcompat flash map --root "$T" --libvirt 11.3.0 --domain guest.xml
    output_has "its code is raw, and the guest asks for qcow2"
    domain " firmware='efi'><varstore/>"
    run -2 romcompat flash map --root "$T" --domain guest.xml
    output_has "<varstore>, which libvirt has since 12.1, is not judged"
}

@test "where versions of libvirt choose differently, it is known of a version that is named" {
    domain " firmware='efi'>" "<smm state='off'/>"
    run -2 romcompat flash map --root "$T" --domain guest.xml
    output_has "not known: libvirt 9.0 refuses it (domain has SMM turned off but chosen firmware requires it); libvirt 11.3 takes $CODE with the template $VARS; libvirt 12.8 takes" \
        "--libvirt VERSION says which one it is"
    run -1 romcompat flash map --root "$T" --libvirt 9.0 --domain guest.xml
    output_has "libvirt refuses it: domain has SMM turned off"
    # Between two whose rules are known.
    run -2 romcompat flash map --root "$T" --libvirt 10.0 --domain guest.xml
    run -0 romcompat flash map --root "$T" --libvirt 12.0 --domain guest.xml
    run -2 romcompat flash map --root "$T" --json --domain guest.xml
    domain " firmware='efi'><nvram templateFormat='qcow2'/>"
    [ "$(chosen --libvirt 11.3)" = "descriptor $ENROLLED" ]
    run -1 romcompat flash map --root "$T" --libvirt 13.0 --domain guest.xml
    output_has "its template is raw, and the guest asks for qcow2"
    for wrong in 8.9 eleven 11.; do
        run -2 romcompat flash map --root "$T" --libvirt $wrong --domain guest.xml
        output_lacks "libvirt chooses"
    done
    # A descriptor's SMM is the guest's, which only Q35 has.
    MACHINE=pc domain "><loader type='pflash' readonly='yes'>${SECURE% *}</loader>"
    run -1 romcompat flash map --root "$T" --domain guest.xml
    output_has "as they are written" "no template of which libvirt could make one"
    output_lacks "Secure boot is supported with q35"
    domain "><loader type='pflash' readonly='yes' secure='yes'>${SECURE% *}</loader>"
    [ "$(chosen --libvirt 11.3)" = "descriptor $SECURE" ]
    run -1 romcompat flash map --root "$T" --libvirt 9.0 --domain guest.xml
    output_has "Secure boot requires SMM feature enabled"
    domain "><nvram>/own/VARS.fd</nvram>"
    run -1 romcompat flash map --root "$T" --domain guest.xml
    output_has "no loader path specified"
}

@test "libvirt 9.0 has no firmware where one descriptor is none for it; later ones skip that" {
    mkdir -p r/usr/share/qemu
    ln -s "$T/usr/share/OVMF" r/usr/share/OVMF
    cp -r "$T/usr/share/qemu/firmware" r/usr/share/qemu/
    domain " firmware='efi'>"
    run -0 romcompat flash map --root r --libvirt 9.0 --domain guest.xml
    own=r/usr/share/qemu/firmware/90-own.json
    own() { # ARCHITECTURE MAPPING
        printf '{"description":"x","interface-types":["uefi"],"mapping":%s,"targets":[{"architecture":"%s","machines":["*"]}],"features":[],"tags":[]}' \
            "$2" "$1" > $own
    }
    own x86_64 '{"device":"igvm","filename":"/x.igvm"}'
    run -1 romcompat flash map --root r --libvirt 9.0 --domain guest.xml
    output_has "90-own.json (unknown device type)"
    run -0 romcompat flash map --root r --libvirt 11.3 --domain guest.xml
    run -2 romcompat flash map --root r --domain guest.xml
    own loongarch64 '{"device":"memory","filename":"/x.fd"}'
    run -1 romcompat flash map --root r --libvirt 9.0 --domain guest.xml
    output_has "unknown architecture 'loongarch64'"
    own amd64 '{"device":"memory","filename":"/x.fd"}'
    run -2 romcompat flash map --root r --libvirt 9.0 --domain guest.xml
    output_has "targets[0]: 'amd64' is unknown"
    : > r/usr/share/qemu/firmware/90-own.json # masked
    run -0 romcompat flash map --root r --libvirt 9.0 --domain guest.xml
}

@test "a loader that no descriptor has gets the template of libvirt's list, or is taken as it is written" {
    domain "><loader type='pflash' readonly='yes'>/usr/share/OVMF/OVMF_CODE.fd</loader>"
    [ "$(chosen)" = "list /usr/share/OVMF/OVMF_CODE.fd /usr/share/OVMF/OVMF_VARS.fd" ]
    domain "><loader type='pflash' readonly='yes'>/own/CODE.fd</loader><nvram template='/own/VARS.fd'/>"
    [ "$(chosen)" = "as-written /own/CODE.fd /own/VARS.fd" ]
    domain ">"
    [ "$(chosen)" = "bios  " ]
}

@test "the store that a guest has is checked against the firmware that libvirt gives it" {
    mkdir -p r/usr/share/qemu r/nvram
    ln -s "$T/usr/share/OVMF" r/usr/share/OVMF
    cp -r "$T/usr/share/qemu/firmware" r/usr/share/qemu/
    "$BUILD/tests/cli/make_store" 2M A:1:4 > r/nvram/old.fd
    cp "$D12$VARS" r/nvram/good.fd
    domain " firmware='efi'><nvram>/nvram/old.fd</nvram>"
    run -1 romcompat flash map --root r --domain guest.xml
    output_has "its store /nvram/old.fd: " "variables will not persist"
    domain " firmware='efi'><nvram>/nvram/good.fd</nvram>"
    run -0 romcompat flash map --root r --domain guest.xml
    output_has "its store /nvram/good.fd: the guest starts with its"
    # libvirt makes one that is not there.
    domain " firmware='efi'><nvram>/nvram/none.fd</nvram>"
    run -0 romcompat flash map --root r --domain guest.xml
    output_lacks "its store"
}

@test "files of another format than QEMU is told do not start a guest" {
    mkdir -p r/usr/share/qemu r/nvram
    ln -s "$T/usr/share/OVMF" r/usr/share/OVMF
    cp -r "$T/usr/share/qemu/firmware" r/usr/share/qemu/
    cp "$D12$VARS" r/nvram/raw.fd
    qemu-img convert -f raw -O qcow2 "$D12$VARS" r/nvram/disk.qcow2
    domain " firmware='efi'><nvram>/nvram/disk.qcow2</nvram>"
    run -1 romcompat flash map --root r --domain guest.xml
    output_has "/nvram/disk.qcow2 is qcow2, and QEMU is told that it is raw: the guest does not start"
    domain "><loader type='pflash' readonly='yes'>$CODE</loader><nvram format='qcow2'>/nvram/disk.qcow2</nvram>"
    run -0 romcompat flash map --root r --libvirt 11.3 --domain guest.xml
    domain "><loader type='pflash' readonly='yes'>$CODE</loader><nvram format='qcow2'>/nvram/raw.fd</nvram>"
    run -1 romcompat flash map --root r --libvirt 11.3 --domain guest.xml
    output_has "/nvram/raw.fd is raw, and QEMU is told that it is qcow2"
    domain "><loader type='pflash' readonly='yes' format='qcow2'>$CODE</loader><nvram format='qcow2'>/nvram/disk.qcow2</nvram>"
    run -1 romcompat flash map --root r --libvirt 11.3 --domain guest.xml
    output_has "$CODE is raw, and QEMU is told that it is qcow2"
    descriptor usr/share/qemu/firmware/60-a.json $CODE /nvram/disk.qcow2
    mkdir root/nvram
    cp r/nvram/disk.qcow2 root/nvram/
    run -1 romcompat flash map --root root $CODE
    output_has "it does NOT fit: it is qcow2, and libvirt takes it for raw: a new guest does not start"
}

@test "a guest whose firmware, or the template of its new store, is not there or does not fit is status 1" {
    mkdir -p r/usr/share/qemu/firmware r/own
    descriptor() { # MAPPING
        printf '{"description": "x", "interface-types": ["uefi"], "mapping": %s, "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}], "features": [], "tags": []}' \
            "$1" > r/usr/share/qemu/firmware/50-own.json
    }
    descriptor '{"device": "flash", "mode": "split", "executable": {"filename": "/own/CODE.fd", "format": "raw"}, "nvram-template": {"filename": "/own/VARS.fd", "format": "raw"}}'
    domain " firmware='efi'>"
    run -1 romcompat flash map --root r --domain guest.xml
    output_has "/own/CODE.fd is not there: the guest does not start"
    cp "$T$CODE" r/own/CODE.fd
    run -1 romcompat flash map --root r --domain guest.xml
    output_has "/own/VARS.fd is not there: the guest does not start"
    "$BUILD/tests/cli/make_store" 2M A:1:4 > r/own/VARS.fd
    run -1 --separate-stderr romcompat flash map --root r --json --domain guest.xml
    [ "$(jq -c '.domains[0] | [.choice, .keeps_store, .starts]' <<< "$output")" = '["descriptor",null,"no"]' ]
    [[ $output == *"variables will not persist"* ]]
    cp "$D12$VARS" r/own/VARS.fd
    run -0 romcompat flash map --root r --domain guest.xml
    domain "><loader type='pflash' readonly='yes'>/own/CODE.fd</loader>"
    rm r/usr/share/qemu/firmware/*
    run -1 romcompat flash map --root r --domain guest.xml
    output_has "no template of which libvirt could make one"
    domain "><loader type='pflash' readonly='yes'>/own/CODE.fd</loader><nvram>/own/VARS.fd</nvram>"
    run -0 romcompat flash map --root r --domain guest.xml
    # Of firmware with a JSON store only older rules are known.
    descriptor '{"device": "memory", "filename": "/own/CODE.fd", "uefi-vars": {"template": "/own/vars.json"}}'
    domain " firmware='efi'>"
    run -0 romcompat flash map --root r --libvirt 11.3 --domain guest.xml
    run -2 romcompat flash map --root r --libvirt 12.8 --domain guest.xml
    output_has "whether a guest without <varstore> gets firmware of QEMU's uefi-vars device is not judged"
    run -2 romcompat flash map --root r --domain guest.xml
    output_has "libvirt 12.8 is not judged"
}
