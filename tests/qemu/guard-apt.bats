#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `romcompat guard` with apt itself: a repository, a database of packages and guests of the test's own.
# All of it is in directories of the test, which apt and dpkg are told to use, in a root that is this
# machine's with other libvirt guests and another /var/lib/dpkg.
load ../cli/common
load ../cli/guard
. "$TOP/tests/cli/releases.bash"

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    fetch_releases "bookworm unattended-upgrades"
    # What is installed here goes into a database of its own, which knows of this machine's packages the
    # one that is upgraded and one that needs it: apt need not read a thousand in each of its runs.
    mkdir -p dpkg/info dpkg/updates dpkg/alternatives dpkg/triggers dpkg/parts
    {
        dpkg-query --status ipxe-qemu
        echo
        dpkg-query --status qemu-system-x86 | sed 's/^Depends: .*/Depends: ipxe-qemu/'
    } > dpkg/status
    cp /var/lib/dpkg/info/{format,ipxe-qemu.*,qemu-system-x86.*} dpkg/info/
    mkdir -p repository lists/partial cache/archives/partial etc/apt/apt.conf.d etc/apt/preferences.d save libvirt/qemu
    grown 600000 9
    deb_in tree ipxe-qemu 9
    mkdir -p tree/usr/share/doc/other
    echo x > tree/usr/share/doc/other/x
    deb_in tree other 1
    # What it needs comes with it, and removes something.
    mkdir -p tree/usr/share/doc/wants
    echo x > tree/usr/share/doc/wants/x
    deb_in tree wants 1 "Depends: ipxe-qemu (>= 9), other" "Conflicts: romcompat-goes"
    mkdir -p tree/usr/share/doc/goes
    echo x > tree/usr/share/doc/goes/x
    deb_in tree romcompat-goes 1
    (cd repository && dpkg-scanpackages -m . > Packages 2> /dev/null)
    echo "deb [trusted=yes] file:$PWD/repository ./" > etc/apt/sources.list
    sed -e "s|@libexecdir@|$PWD/installed/libexec|g" "$TOP/packaging/apt/romcompat-guard.in" > etc/apt/apt.conf.d/80romcompat-guard
    mkdir -p installed/libexec/romcompat
    sed -e "s|@bindir@|$BUILD|" "$TOP/packaging/apt/apt-guard.in" > installed/libexec/romcompat/apt-guard
    chmod 755 installed/libexec/romcompat/apt-guard
    "$BUILD/tests/cli/make_stream" -s 0 -m pc-q35-7.2 pc.ram=1048576 \
        0000:00:03.0/virtio-net-pci.rom=262144 > saved
}

grown() { # SIZE VERSION
    rom tree/usr/lib/ipxe/qemu/efi-virtio.rom "$1"
}

deb_in() { # TREE NAME VERSION FIELD...: a package in the repository
    local name=$2 version=$3
    mkdir -p "$1/DEBIAN"
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: M <m@x.example>\n' "$name" "$version"
        shift 3
        [ $# = 0 ] || printf '%s\n' "$@"
        echo 'Description: x'
    } > tree/DEBIAN/control
    dpkg-deb --root-owner-group -Znone -b tree "repository/${name}_${version}_all.deb" > /dev/null
    rm -rf tree
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    cp -a "$BATS_FILE_TMPDIR"/{dpkg,lists,cache,etc} .
    mkdir -p save libvirt/qemu root
    cp "$BATS_FILE_TMPDIR/saved" save/web.save
    cat > apt.conf << CONF
Dir::Etc "$PWD/etc/apt";
Dir::State::lists "$PWD/lists";
Dir::Cache "$PWD/cache";
Dir::Log "$PWD";
APT::Sandbox::User "root";
DPkg::Options { "--root=$PWD/root"; "--force-all"; "--force-not-root"; "--force-script-chrootless"; };
CONF
    export APT_CONFIG=$PWD/apt.conf
    unset DEBIAN_FRONTEND
}

# With other guests, and a database that may change.
there() {
    # dpkg unpacks below root/, whose database is the one that apt reads: what apt does to it counts, and
    # the machine's files stay.
    own_mounts sh -c '
        mkdir -p root/var/lib && mount --bind dpkg /var/lib/dpkg && mkdir -p root/var/lib/dpkg &&
        mount --bind dpkg root/var/lib/dpkg && mount -t tmpfs none /run &&
        mount --bind libvirt /etc/libvirt &&
        { [ -d /var/lib/libvirt ] || mkdir /var/lib/libvirt; } && mount -t tmpfs none /var/lib/libvirt &&
        mkdir -p /var/lib/libvirt/qemu && cp -r save /var/lib/libvirt/qemu/save &&
        exec "$@"' sh "$@"
}

apt_get() { there apt-get -y -q "$@"; }
# shellcheck disable=SC2016 # dpkg-query's
version() { there dpkg-query -W -f '${Version}' "$1"; }

# The database as it was.
fresh() { rm -rf dpkg root && cp -a "$BATS_FILE_TMPDIR/dpkg" . && mkdir root; }

setup_once() { there apt-get -q update > update.log 2>&1 || { cat update.log; return 1; }; }

@test "names are resolved by apt's simulation, from a repository on this machine, with what they remove" {
    setup_once
    run -1 there romcompat guard --json wants
    [ "$(jq -c '[.packages[].name] | sort' <<< "$output")" = '["ipxe-qemu","other","wants"]' ]
    output_has '"state": "saved"' '"verdict": "stranded"'
    run -0 there romcompat guard other
    output_has "No guest is left behind"
    run -2 there romcompat guard no-such-package
    output_has "no-such-package"
    # A repository that is not on this machine: into apt's cache.
    sed -i 's|file:|copy:|' etc/apt/sources.list
    setup_once
    run -1 there romcompat guard ipxe-qemu
    [ -f cache/archives/ipxe-qemu_9_all.deb ]
    [ -z "$(find /tmp -maxdepth 1 -name 'romcompat-*' -newer apt.conf -user "$(id -un)" 2> /dev/null)" ]
}

@test "apt warns and goes on by default" {
    setup_once
    run -0 apt_get install ipxe-qemu
    output_has "romcompat: what this does to the guests of this host:" "(saved): stranded: " \
        "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" "Fix: "
    [ "$(version ipxe-qemu)" = 9 ]
}

@test "stop leaves everything as it was" {
    local was
    setup_once
    was=$(version ipxe-qemu)
    { cat dpkg/status; ls dpkg/info root; } > before
    run -100 apt_get -o Romcompat::Guard=stop install ipxe-qemu
    output_has "romcompat: stopped, as Romcompat::Guard says: nothing was changed" "(saved): stranded: "
    { cat dpkg/status; ls dpkg/info root; } > after
    cmp before after
    [ "$(version ipxe-qemu)" = "$was" ]
    # By configuration, and together with others.
    echo 'Romcompat::Guard "stop";' > etc/apt/apt.conf.d/99local
    run -100 apt_get install wants
    run -0 apt_get install other
    output_lacks romcompat
}

@test "a removal counts, with what is removed because of it" {
    setup_once
    run -100 apt_get -o Romcompat::Guard=stop remove ipxe-qemu
    output_has "(saved): stranded: no QEMU will have its machine type pc-q35-7.2"
}

@test "killed, apt goes on, unless its configuration says stop" {
    setup_once
    printf '#!/bin/sh\nkill -9 $$\n' > killed
    chmod +x killed
    sed "s|@bindir@/romcompat|$PWD/killed|" "$TOP/packaging/apt/apt-guard.in" > apt-guard
    chmod +x apt-guard
    sed -i "s|[^ ]*/romcompat/apt-guard|$PWD/apt-guard|g" etc/apt/apt.conf.d/80romcompat-guard
    run -0 apt_get install other
    fresh
    echo 'Romcompat::Guard "stop";' > etc/apt/apt.conf.d/99local
    run -100 apt_get install other
}

@test "with a full disk apt goes on, and a name cannot be resolved: status 2" {
    local full='mkdir full && mount -t tmpfs -o size=4k,nr_inodes=1 none full && export TMPDIR=$PWD/full && exec "$@"'
    setup_once
    run -2 there sh -c "$full" sh romcompat guard ipxe-qemu
    output_has "/full/romcompat-" ": No space left on device"
    rmdir full
    run -0 there sh -c "$full" sh apt-get -y -q install ipxe-qemu
    output_has "(saved): stranded: " "0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M"
    [ "$(version ipxe-qemu)" = 9 ]
}

# apt with a romcompat of its own and a QEMU that does not answer; romcompat gets the signal. SIGNAL
killed_at_work() {
    local i pid=
    there sh -c 'mount --bind slow /usr/bin/qemu-system-x86_64 && exec apt-get -y -q install ipxe-qemu' &
    for ((i = 0; i < 400 && $(own_romcompats | wc -l) < 3; i++)); do sleep 0.05; done
    pid=$(own_romcompats | sort -n | head -1)
    kill "-$1" "$pid"
    wait $!
}
own_romcompats() {
    find /proc/[0-9]* -maxdepth 1 -name exe -lname "$PWD/romcompat" 2> /dev/null | sed 's|/proc/||; s|/exe||'
}

@test "killed in the middle of it, apt goes on and leaves nothing half installed, or changes nothing" {
    local signal
    setup_once
    cp "$BUILD/romcompat" .
    printf '#!/bin/sh\nwhile :; do :; done\n' > slow
    chmod +x slow
    sed "s|@bindir@|$PWD|" "$TOP/packaging/apt/apt-guard.in" > apt-guard
    chmod +x apt-guard
    sed -i "s|[^ ]*/romcompat/apt-guard|$PWD/apt-guard|g" etc/apt/apt.conf.d/80romcompat-guard
    for signal in TERM KILL; do
        run -0 killed_at_work $signal
        [ "$(version ipxe-qemu)" = 9 ]
        [ -z "$(there dpkg --audit)" ]
        [ -z "$(own_romcompats)" ]
        fresh
    done
    echo 'Romcompat::Guard "stop";' > etc/apt/apt.conf.d/99local
    run -100 killed_at_work KILL
    cmp dpkg/status "$BATS_FILE_TMPDIR/dpkg/status"
}

# The real one, out of Debian 12's package: installed, it would upgrade this machine.
unattended_upgrade() {
    local deb package held=()
    deb=$(release bookworm unattended-upgrades)
    dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/bin/unattended-upgrade > unattended-upgrade
    mapfile -t held < <(there dpkg-query -W -f '${Package}\n' | grep -vx ipxe-qemu | sort -u)
    for package in "${held[@]}"; do echo "$package hold"; done | there dpkg --set-selections
    cat > etc/apt/apt.conf.d/50unattended << CONF
Unattended-Upgrade::Origins-Pattern { "origin=*"; };
Unattended-Upgrade::LogDir "$PWD/log";
Unattended-Upgrade::Skip-Updates-On-Metered-Connections "false";
Unattended-Upgrade::OnlyOnACPower "false";
CONF
    rm -rf log && mkdir log
    there sh -c 'mkdir -p /run/lock && exec /usr/bin/python3 unattended-upgrade'
}

@test "unattended-upgrades logs what guard says, and stops where that says so" {
    setup_once
    run -0 unattended_upgrade
    grep -F "(saved): stranded: 0000:00:03.0/virtio-net-pci.rom has 256K, afterwards 1M" log/unattended-upgrades-dpkg.log
    [ "$(version ipxe-qemu)" = 9 ]
    fresh
    echo 'Romcompat::Guard "stop";' > etc/apt/apt.conf.d/99local
    run -1 unattended_upgrade
    grep -F "romcompat: stopped, as Romcompat::Guard says: nothing was changed" log/unattended-upgrades-dpkg.log
    grep -F ERROR log/unattended-upgrades.log
    [ "$(version ipxe-qemu)" != 9 ]
}
