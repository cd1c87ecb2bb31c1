#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The libvirt hook alone: XML in, XML out. Real libvirt daemons are in tests/qemu/test-libvirt.

load common

setup() {
    # The hook looks at files as user nobody.
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"/* 2>/dev/null || :
    cd "$BATS_TEST_TMPDIR" || return
    mkdir roms maps
    truncate -s 300000 roms/efi-virtio.rom # 512K, not 256K
    truncate -s 100000 roms/efi-e1000.rom  # 128K, not 256K
    truncate -s 250000 roms/efi-rtl8139.rom
    truncate -s 262144 roms/256k-efi-virtio.rom roms/256k-efi-e1000.rom roms/256k-efi-rtl8139.rom
    cat >maps/debian.map <<'END'
romcompat-map 1
set ipxe-efi-256k
  package ipxe-qemu-256k-compat
  machine pc-i440fx - 7.2
  machine pc-q35 - 7.2
  rom efi-virtio.rom 262144 256k-efi-virtio.rom
  rom efi-e1000.rom 262144 256k-efi-e1000.rom
  rom efi-rtl8139.rom 262144 256k-efi-rtl8139.rom
  rom efi-pcnet.rom 262144 256k-efi-pcnet.rom
end
END
    V=$PWD/roms/256k-efi-virtio.rom E=$PWD/roms/256k-efi-e1000.rom
}

hook() { romcompat libvirt-hook --maps maps --firmware roms g migrate begin -; }

# A guest with the given inside of <devices>.
guest() {
    printf "<domain type='kvm'>\n  <name>g</name>\n  <os><type arch='x86_64' machine='%s'>hvm</type></os>\n  <devices>\n%s\n  </devices>\n</domain>\n" "${2:-pc-i440fx-7.2}" "$1"
}

nic() { # MODEL [MORE [TYPE]]
    printf "    <interface type='%s'>\n      <mac address='52:54:00:00:00:01'/>\n      <model type='%s'/>%s\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n    </interface>" "${3:-user}" "$1" "${2:-}"
}

# unchanged TEXT...: comes out as it went in, byte for byte.
unchanged() {
    local text
    for text; do
        printf '%s' "$text" >in
        hook <in >out 2>err || { cat err; return 1; }
        cmp in out || { diff in out; cat err; return 1; }
    done
}

# becomes IN OUT
becomes() {
    printf '%s' "$1" >in
    printf '%s' "$2" >expected
    hook <in >out 2>err || { cat err; return 1; }
    diff expected out && cmp expected out
}

@test "a card whose ROM has outgrown its bucket gets the compat ROM, in a line of its own" {
    becomes "$(guest "$(nic virtio)")" \
        "$(guest "$(nic virtio | sed "s|.*<address.*|&\n      <rom file='$V'/>|")")"
    grep -q "libvirt-hook: guest g: network card 0000:00:03.0 (virtio-net-pci): gets $V: pc-i440fx-7.2 needs 256K, and efi-virtio.rom gives 512K here" err
}

@test "so does one whose ROM has become too small" {
    becomes "$(guest "$(nic e1000)")" "$(guest "$(nic e1000 | sed "s|.*<address.*|&\n      <rom file='$E'/>|")")"
}

@test "a <rom> that is there gets the attribute, and keeps all it has" {
    for tag in "<rom bar='on'@/>" '<rom bar="on"@ />' "<rom@/>" "<rom@></rom>" $'<rom\n bar="on"@\n><!-- x --></rom>'; do
        becomes "$(guest "$(nic virtio "${tag/@/}")")" "$(guest "$(nic virtio "${tag/@/ file=\'$V\'}")")"
    done
}

@test "every card is looked at for itself" {
    printf -v both '%s\n%s\n%s' "$(nic virtio)" "$(nic rtl8139)" "$(nic virtio-transitional "<rom/>")"
    becomes "$(guest "$both")" "$(guest "$(printf '%s\n%s\n%s' "$(nic virtio | sed "s|.*<address.*|&\n      <rom file='$V'/>|")" "$(nic rtl8139)" "$(nic virtio-transitional "<rom file='$V'/>")")")"
}

@test "what the XML says of a ROM is left alone" {
    for rom in "<rom file='/own.rom'/>" "<rom file=''/>" "<rom bar='off'/>" "<rom enabled='no'/>" "<rom/><rom/>"; do
        unchanged "$(guest "$(nic virtio "$rom")")"
    done
    unchanged "$(guest "$(nic virtio)" | sed "s|<name>|<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-global'/><arg value='virtio-net-pci.romsize=262144'/></commandline>&|")"
}

@test "where there is nothing to do the XML passes byte for byte" {
    unchanged "$(guest "")" "$(guest "$(nic rtl8139)")" "$(guest "$(nic virtio)" pc-i440fx-8.0)" \
        "$(guest "$(nic virtio)" pc-i440fx)" "$(guest "$(nic igb)")" "$(guest "$(nic no-such-card)")" \
        "$(guest "$(nic virtio '' hostdev)")" "$(guest "$(nic virtio "<teaming type='transient' persistent='ua-x'/>")")" \
        "$(guest "<interface type='user'/>")" \
        "$(guest "$(nic virtio | sed "s/<address.*/<address type='ccw'\\/>/")")" \
        "$(guest "<video><model type='cirrus'/></video>")"
    [ ! -s err ]
}

@test "comments, CDATA, namespaces, quotes and CR LF are kept and not taken for elements" {
    before="<!-- $(nic virtio) --><metadata><a:b xmlns:a='x'>$(nic virtio)</a:b></metadata><description><![CDATA[$(nic virtio)]]></description>"
    unchanged "$(guest "" | sed "s|<name>|${before//$'\n'/}&|")"
    becomes "$(guest "$(nic virtio | tr "'" '"' | sed 's/$/\r/')" | sed "s|<name>|${before//$'\n'/}&|")" \
        "$(guest "$(nic virtio | tr "'" '"' | sed 's/$/\r/' | sed "s|.*<address.*|&\n      <rom file='$V'/>\r|")" | sed "s|<name>|${before//$'\n'/}&|")"
    becomes "$(guest "<interface type='user'><model type='virtio'/><!-- </interface> --></interface>")" \
        "$(guest "<interface type='user'><model type='virtio'/><rom file='$V'/><!-- </interface> --></interface>")"
}

@test "a path is written so that XML gives it back" {
    mv roms "it's <&> roms"
    guest "$(nic virtio)" | romcompat libvirt-hook --maps maps --firmware "$PWD/it's <&> roms" g restore begin - >out
    [ "$(xmllint --xpath 'string(//rom/@file)' out)" = "$PWD/it's <&> roms/256k-efi-virtio.rom" ]
}

@test "a thousand cards are done in one go" {
    for _ in {1..1000}; do nic virtio; done >nics
    guest "$(cat nics)" >in
    hook <in >out 2>err
    [ "$(grep -c "<rom file='$V'/>" out)" = 1000 ]
    grep -v '<rom file' out | cmp - in
}

@test "what is no domain's XML passes byte for byte, and is logged" {
    unchanged "" $'\n' "garbage" "<network/>" "<domain>" "<domain><name>x</domain>" \
        "$(guest "$(nic virtio)" | sed '1s/^/<!DOCTYPE domain [<!ENTITY a "b">]>/')"
    grep -q 'guest g: its XML:1: has a document type' err
    head -c 100000 /dev/urandom >in
    hook <in >out 2>err
    cmp in out
}

@test "XML beyond the limit passes byte for byte" {
    guest "$(nic virtio)" | sed "s|<name>|<!-- $(head -c 100000 /dev/zero | tr '\0' x) -->&|" >small
    { sed '/<devices>/,$d' small; head -c 40000000 /dev/zero | tr '\0' ' '; sed -n '/<devices>/,$p' small; } >in
    hook <in >out 2>err
    cmp in out
    grep -q 'longer than 16777216 bytes' err
}

@test "without a map, a ROM, or the right to read it the XML is passed on, and why is logged" {
    guest "$(nic virtio)" >in
    rm roms/256k-efi-virtio.rom
    hook <in >out 2>err
    cmp in out
    grep -q 'no 256k-efi-virtio.rom that fits is there' err
    grep -q 'Install ipxe-qemu-256k-compat.' err
    truncate -s 1000 roms/256k-efi-virtio.rom
    hook <in >out 2>err
    cmp in out
    grep -q '256k-efi-virtio.rom has another bucket' err
    truncate -s 262144 roms/256k-efi-virtio.rom
    chmod 0 roms/256k-efi-virtio.rom
    hook <in >out 2>err
    cmp in out
    grep -q '256k-efi-virtio.rom cannot be read' err
    chmod 644 roms/256k-efi-virtio.rom
    echo broken >>maps/debian.map
    hook <in >out 2>err
    cmp in out
    grep -q 'debian.map:11: .*this map is left out' err
    rm -r maps
    hook <in >out 2>err
    cmp in out
}

@test "the QEMU that the XML names is asked where it looks" {
    cat >qemu <<END
#!/bin/sh
case \$1 in
-version) echo "QEMU emulator version 7.2.22 (Debian)" ;;
-L) echo $PWD/roms ;;
esac
END
    chmod +x qemu
    mv maps roms/romcompat.d
    guest "<emulator>$PWD/qemu</emulator>$(nic virtio)" >in
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    grep -q "<rom file='$V'/>" out
    # One that reads maps itself needs no help.
    echo '# /etc/qemu/romcompat.d libromcompat.so.0' >>qemu
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    cmp in out
    [ ! -s err ]
    rm qemu
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    cmp in out
    grep -q "$PWD/qemu: No such file" err
}

# What the emulator starts is known by how long it sleeps, for it can write no file.
MARK=$$$RANDOM
sleeps() { pgrep -f "^sleep 60[.]$MARK$1\$" >/dev/null; }

@test "a QEMU that hangs is given up, with all that it started" {
    printf '#!/bin/sh\nsleep 60.%s1 &\nwait\n' "$MARK" >qemu
    chmod +x qemu
    guest "<emulator>$PWD/qemu</emulator>$(nic virtio)" >in
    romcompat libvirt-hook --seconds 5 g migrate begin - <in >out 2>err 3>&- &
    hook=$!
    for _ in {1..200}; do ! sleeps 1 || break; sleep 0.02; done
    sleeps 1
    wait $hook
    cmp in out
    grep -q 'its XML is passed on: no answer in 5 seconds' err
    for _ in {1..50}; do sleeps 1 || break; sleep 0.05; done
    run -1 sleeps 1
}

@test "what the emulator leaves behind ends with the hook, also in a session of its own" {
    # It answers once that is there.
    cat >qemu <<END
#!/bin/sh
setsid sleep 60.${MARK}2 </dev/null >/dev/null 2>&1 &
until pgrep -f '^sleep 60[.]${MARK}2\$' >/dev/null; do sleep 0.02; done
END
    chmod +x qemu
    guest "<emulator>$PWD/qemu</emulator>$(nic virtio)" >in
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    cmp in out
    run ! grep -q 'no answer' err
    run -1 sleeps 2
}

@test "the emulator can write to no file, where the kernel has Landlock" {
    /usr/bin/python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) <= 0)' || skip "this kernel has none"
    printf '#!/bin/sh\necho >%s/made\n' "$PWD" >qemu
    chmod +x qemu
    chmod 777 .
    guest "<emulator>$PWD/qemu</emulator>$(nic virtio)" >in
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    cmp in out
    [ ! -e made ]
    grep -q made err
}

@test "a crash of what reads the XML passes it on" {
    # The emulator kills who asked it, above the supervisor of both.
    # shellcheck disable=SC2016 # the emulator expands it
    printf '#!/bin/sh\nread -r _ _ _ supervisor _ </proc/$PPID/stat\nkill -SEGV "$supervisor"\nsleep 1\n' >qemu
    chmod +x qemu
    guest "<emulator>$PWD/qemu</emulator>$(nic virtio)" >in
    romcompat libvirt-hook g migrate begin - <in >out 2>err
    cmp in out
    grep -q 'its XML is passed on: ended by signal 11' err
}

@test "other operations end at once, without reading" {
    for words in "prepare begin" "start begin" "started begin" "stopped end" "release end" \
        "migrate end" "reconnect begin" "attach begin"; do
        # shellcheck disable=SC2086
        run -0 --separate-stderr timeout 2 romcompat libvirt-hook g $words - < <(sleep 5)
        [ -z "$output$stderr" ]
    done
}

@test "wrong usage is said" {
    run -2 romcompat libvirt-hook g migrate
    output_has "GUEST OPERATION SUB-OPERATION EXTRA is missing"
    run -2 romcompat libvirt-hook --seconds 0 g migrate begin -
    output_has "--seconds: '0' is not a number from 1 to 300"
}

@test "the script for qemu.d always succeeds, and takes any name of a guest" {
    mkdir bin
    sed "s|@bindir@|$PWD/bin|g" "$TOP/packaging/libvirt/romcompat.in" >script
    chmod +x script
    guest "$(nic virtio)" >in
    # Without the tool: no output, which libvirt takes for "as it was".
    run -0 ./script g migrate begin - <in
    [ -z "$output" ]
    printf '#!/bin/sh\necho "$@"; exit 2\n' >bin/romcompat
    chmod +x bin/romcompat
    run -0 ./script --json migrate begin - <in
    [ "$output" = "libvirt-hook -- --json migrate begin -" ]
    run -0 ./script g started begin - </dev/null
    [ -z "$output" ]
}

@test "XML that is refused far behind its start is read no further" {
    filler=$(head -c 200000 /dev/zero | tr '\0' x)
    unchanged "<domstatus><domain><metadata>$filler</metadata></domain><domain type='kvm'/></domstatus>"
    grep -q 'a second <domain>' err
}
