#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard` as the hook of dnf and of zypper, by messages in their protocols, in a root of its own.
# tests/qemu/guard-rpm.bats has dnf and zypper themselves.
load common
load guard

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    make_host
    rom "$PWD/tree/usr/share/qemu/efi-virtio.rom" 300000
    mkdir -p tree/usr/share/doc
    echo x > tree/usr/share/doc/other
    cat > x.spec << SPEC
Name: ipxe
Version: 2
Release: 1
Summary: x
License: x
BuildArch: noarch
%description
x
%package -n other
Summary: x
%description -n other
x
%install
cp -r $PWD/tree/. %{buildroot}/
%files
/usr/share/qemu/efi-virtio.rom
%files -n other
/usr/share/doc/other
SPEC
    rpmbuild -bb --define "_topdir $PWD/rpmbuild" --define "_rpmdir $PWD/rpms" --define '__os_install_post %nil' \
        x.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; return 1; }
    cp rpms/noarch/*.rpm host/
    # What the database of rpm says: of it no more is used.
    cat > host/bin/rpm << 'RPM'
#!/bin/sh
for name; do
    case $name in
    ipxe) echo "ipxe /usr/share/qemu/efi-virtio.rom" ;;
    ovmf) echo "ovmf /usr/share/OVMF/OVMF_CODE.fd" ;;
    new) echo "package new is not installed" ;;
    esac
done
RPM
    chmod +x host/bin/rpm
}

setup() {
    cp -a "$BATS_FILE_TMPDIR/host" "$BATS_TEST_TMPDIR/host"
    cd "$BATS_TEST_TMPDIR" || return
}

policy() { mkdir -p host/etc/romcompat && printf '%s\n' "$@" > host/etc/romcompat/guard.conf; }

in_() { printf '{"name": "%s", "direction": "IN", "location": "%s", "repo_id": "%s"}' "$1" "$2" "${3:-}"; }
out() { printf '{"name": "%s", "direction": "OUT"}' "$1"; }
packages() { local IFS=,; printf '{"trans_packages": [%s]}\n' "$*"; }
dnf() { packages "$@" | guard --dnf; }

ipxe=$(in_ ipxe /ipxe-2-1.noarch.rpm)
other=$(in_ other /other-2-1.noarch.rpm)

# bats test_tags=no-asan
@test "dnf goes on with a warning, and stops where it is told to" {
    run -0 dnf "$ipxe" "$(out ipxe)" "$other"
    output_has "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 512K"
    policy '# of this host' 'policy = stop # or not'
    run -1 dnf "$ipxe" "$(out ipxe)"
    output_has "1 stranded" "policy in /etc/romcompat/guard.conf says: nothing was changed"
    policy 'policy = off'
    run -0 dnf "$ipxe"
    [ -z "$output" ]
    policy 'policy = ask'
    run -0 dnf "$ipxe"
    output_lacks "[y/N]"
    policy 'policy = often'
    run -0 dnf "$ipxe"
    output_has 'policy in /etc/romcompat/guard.conf is "often" (expected warn, ask, stop or off)' "1 stranded"
    policy 'stop'
    run -0 dnf "$ipxe"
    output_has "/etc/romcompat/guard.conf:1: not understood" "1 stranded"
}

# bats test_tags=no-asan
@test "of a transaction without ROMs and firmware the user of dnf and zypper hears nothing" {
    policy 'policy=stop'
    run -0 dnf "$other" "$(out other)" "$(out new)"
    [ -z "$output" ]
}

@test "a package that goes counts by what rpm's database has of it; a broken database is no yes" {
    policy 'policy=stop'
    run -1 dnf "$(out ovmf)"
    output_has "efi (off): stranded" "dnf versionlock add"
    printf '#!/bin/sh\necho "error: cannot open Packages database" >&2\nexit 1\n' > host/bin/rpm
    run -1 dnf "$(out new)"
    output_has "rpm: error: cannot open Packages database"
    # Behind more warnings than are read, too.
    printf '#!/bin/sh\nprintf "warning: %%05000d\\n" 0 >&2\necho "error: cannot open Packages database" >&2\nexit 1\n' > host/bin/rpm
    run -1 dnf "$(out new)"
    output_has "rpm: more on its standard error than is read"
    rm host/bin/rpm
    run -1 dnf "$(out new)"
}

@test "whatever goes wrong, dnf goes on, unless it was told to stop" {
    local text
    for mode in warn stop; do
        policy "policy = $mode"
        status_there=$([ $mode = stop ] && echo 1 || echo 0)
        echo broken > host/broken.rpm
        for text in '' '{' '[]' '{"trans_packages": 1}' '{"trans_packages": [1]}' \
            '{"trans_packages": [{"name": "a", "direction": "UP"}]}' "$(packages "$(in_ ipxe /gone.rpm)")" \
            "$(packages "$(in_ ipxe /broken.rpm)")"; do
            run "-$status_there" guard --dnf <<< "$text"
            run "-$status_there" dnf5 "$text"
        done
        for text in '' '{' '{"TransactionStepList": 1}' '{"TransactionStepList": [1]}' \
            '{"TransactionStepList": [{"type": "U", "solvable": {"n": "ipxe"}}]}'; do
            run "-$status_there" zypp "$text"
        done
    done
    run -2 guard --dnf --zypp
}

# What libdnf5 answers to the two requests; what was asked is in asked.
dnf5() {
    { echo '{"op":"reply","return":{"keys_val":[{"key":"cachedir","value":"/var/cache/libdnf5"}]}}'
      echo "$1"; } | guard --dnf5 > asked
}

# bats test_tags=no-asan
@test "libdnf5 is asked in JSON, and packages are found in its cache" {
    local cache=host/var/cache/libdnf5
    mkdir -p $cache/own-0123456789abcdef/packages $cache/own-x/packages
    cp host/ipxe-2-1.noarch.rpm $cache/own-0123456789abcdef/packages/
    policy 'policy = stop'
    run -1 --separate-stderr dnf5 "{\"return\": $(packages "$(in_ ipxe Packages/i/ipxe-2-1.noarch.rpm own)" "$(out ipxe)")}"
    output_has "afterwards 512K" "nothing was changed"
    [ "$(jq -c '[.op, .domain]' asked)" = $'["get","conf"]\n["get","trans_packages"]' ]
    # The same name of another repository is not it.
    mv $cache/own-0123456789abcdef $cache/own2-0123456789abcdef
    run -1 --separate-stderr dnf5 "{\"return\": $(packages "$(in_ ipxe Packages/i/ipxe-2-1.noarch.rpm own)")}"
    output_has "ipxe: not downloaded yet: what it does to guests is not known" "Fix: "
    run -0 --separate-stderr dnf5 "{\"return\": $(packages "$(in_ new Packages/n/new-2-1.noarch.rpm own)")}"
    [ -z "$stderr" ]
}

step() { # TYPE NAME
    printf '{"type": "%s", "stage": "", "solvable": {"n": "%s", "e": 1, "v": "2", "r": "1", "a": "noarch"}}' "$1" "$2"
}
steps() { local IFS=,; printf '{"TransactionStepList": [%s]}\n' "$*"; }
frame() { printf '%s\n%s\n%s\0' "$1" "${3:+$3
}" "${2:-}"; }
# BODY: of COMMITBEGIN; the answers are in answers, with newlines for NULs.
zypp() {
    { frame PLUGINBEGIN '' userdata:x; frame COMMITBEGIN "$1"; frame COMMITEND; frame OTHER; frame PLUGINEND
      frame _DISCONNECT; frame TOO-LATE; } | guard --zypp | tr '\0' '\n' > answers
    return "${PIPESTATUS[1]}"
}

# bats test_tags=no-asan
@test "a commit plugin of libzypp answers each message, warns, and stays silent where it is to stop" {
    mkdir -p host/var/cache/zypp/packages/own/noarch
    cp host/*-2-1.noarch.rpm host/var/cache/zypp/packages/own/noarch/
    run -0 zypp "$(steps "$(step + ipxe)" '{"solvable": {"n": "ipxe"}}' '{"solvable": {"n": "patch:x"}}')"
    output_has "(saved): stranded: " "afterwards 512K"
    [ "$(grep . answers | tr '\n' ' ')" = "ACK ACK ACK _ENOMETHOD ACK ACK " ]
    run -0 zypp "$(steps "$(step + other)" "$(step M new)")"
    [ -z "$output" ]
    policy 'policy = stop'
    run -1 zypp "$(steps "$(step - ovmf)")"
    output_has "efi (off): stranded" "nothing was changed"
    [ "$(grep . answers | tr '\n' ' ')" = "ACK " ]
}

@test "zypper is asked before it downloads: packages of a repository in a directory are read there" {
    mkdir -p host/etc/zypp/repos.d host/srv/own/noarch
    mv host/*-2-1.noarch.rpm host/srv/own/noarch/
    policy 'policy = stop'
    run -1 zypp "$(steps "$(step + ipxe)")"
    output_has "ipxe: not downloaded yet: what it does to guests is not known" "Fix: the same command with --download-only first"
    printf '[own]\nbaseurl = dir:///srv/own?x=y\n' > host/etc/zypp/repos.d/own.repo
    run -1 zypp "$(steps "$(step + ipxe)")"
    output_has "afterwards 512K"
}

@test "hostile names from dnf and zypper neither reach the terminal nor find files" {
    policy 'policy = stop'
    run -1 dnf '{"name": "qemu\u001b[31m\n../x", "direction": "IN", "location": "/../\u001b[31m\n.rpm"}'
    [[ $output != *$'\e'* ]]
    run -0 zypp "$(steps "$(step + '../../../ipxe')")"
    run -1 zypp "$(steps "$(step + 'qemu\u001b[31m\n../x')")"
    [[ $output != *$'\e'* ]]
    run -1 --separate-stderr dnf5 "{\"return\": $(packages "$(in_ ipxe ../../../../ipxe-2-1.noarch.rpm ../..)")}"
    output_has "ipxe: not downloaded yet"
}

# bats test_tags=no-asan
@test "hostile names in an .rpm reach no terminal and no shell" {
    local directory=$PWD/tree/usr/share/qemu name
    rom "$directory/efi-virtio.rom" 300000
    for name in QESCQ '$(touch owned)' "'\`touch owned\`\"" $'\u202ecba\u2066' '--><script>' '-rf' "$(printf 'n%.0s' {1..251})"; do
        rom "$directory/$name.rom" 1000
    done
    sed "s|^cp .*|cp -r $PWD/tree/. %{buildroot}/|; s|^Version: .*|Version: 3|; /^%package/,/^x/d; s|^/usr/share/qemu/.*|/usr/share/qemu|; /^%files -n/,\$d" \
        "$BATS_FILE_TMPDIR/x.spec" > hostile.spec
    rpmbuild -bb --define "_topdir $PWD/rpmbuild" --define "_rpmdir $PWD/rpms" --define '__os_install_post %nil' \
        --define '_binary_payload w.ufdio' hostile.spec > log 2>&1 || { cat log; return 1; }
    # rpmbuild itself makes no package with such a name.
    sed 's/QESCQ/\x1b[2J\a/g' rpms/noarch/ipxe-3-1.noarch.rpm > host/ipxe-3-1.noarch.rpm
    policy 'policy = stop'
    run -1 dnf "$(in_ ipxe /ipxe-3-1.noarch.rpm)"
    output_has "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 512K"
    [[ $output != *[$'\e\a\u202e\u2066']* ]]
    run -1 guard --json /ipxe-3-1.noarch.rpm
    jq -e '.stranded == 1' <<< "$output" > /dev/null
    [[ $output != *$'\e'* ]]
    [ ! -e owned ] && [ ! -e host/owned ]
}

@test "a macro for scriptlets is refused: guard runs before a transaction, not in it" {
    run rpm --load "$TOP/packaging/rpm/macros.romcompat" --eval '%romcompat_guard ovmf'
    [ "$status" != 0 ]
    output_has "not in a scriptlet"
}

# Whether what stands before romcompat stops, once that was killed: the two that are shell, and dnf 4's.
stops_without() { # CONFIGURATION
    local source
    printf '#!/bin/sh\nkill -KILL $$\n' > killed/romcompat
    for source in dnf/dnf5-guard.in zypp/romcompat.in; do
        sed "s|@bindir@|$PWD/killed|; s|/etc/romcompat/guard.conf|$1|" "$TOP/packaging/$source" > hook
        # No zypper is ended: what runs it is none.
        ! sh hook > /dev/null 2>&1 || return 1
    done
    python3 - "$TOP/packaging/dnf/romcompat.py.in" "$1" << 'EOF'
import sys, types
for name in ("dnf", "dnf.exceptions", "dnf.transaction"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["dnf"].Plugin = object
plugin = {}
exec(open(sys.argv[1]).read(), plugin)
plugin["CONFIGURATION"] = sys.argv[2]
sys.exit(not plugin["must_stop"]())
EOF
}

# bats test_tags=long
@test "whoever reads guard.conf understands it alike" {
    local text
    mkdir killed
    touch killed/romcompat
    chmod +x killed/romcompat
    for text in 'policy = stop' 'policy=stop\r' '\tpolicy\t=\tstop \t# or not' 'policy = stop#' 'policy = warn\r\npolicy = stop\r\n\r' '\n\npolicy=stop'; do
        printf '%b\n' "$text" > conf
        policy "$(cat conf)"
        run -1 guard --dnf <<< '{'
        output_has "nothing was changed"
        stops_without "$PWD/conf" || { cat -A conf; return 1; }
    done
    for text in '' 'policy = warn' '# policy = stop' 'policy = "stop"' 'policy = stopped' 'policy stop' 'my policy = stop' 'xpolicy=stop' 'policy = warn # stop'; do
        printf '%b\n' "$text" > conf
        policy "$(cat conf)"
        run -0 guard --dnf <<< '{'
        ! stops_without "$PWD/conf" || { cat -A conf; return 1; }
    done
    # What stands behind a zero is not passed over.
    printf 'policy = warn\n\0\npolicy = stop\n' > host/etc/romcompat/guard.conf
    run guard --dnf <<< '{'
    output_has "/etc/romcompat/guard.conf: not text: it contains a NUL byte"
}
