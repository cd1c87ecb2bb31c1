# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced: hosts of Debian 12 with apt, QEMU and a libvirtd of their own, for `romcompat guard`. Each is
# build/qemu/guard/bookworm, which make-guard-root made, under an overlay that goes with the test.
# All live in a PID namespace whose first process is the test: when that ends, so do they.
#
#     in_namespace "$@"     first thing in the test
#     guard_begin
#     host_create NAME; own_install NAME    romcompat and romcompat-guard, by its apt
#     in_host NAME COMMAND...
#     libvirt_start NAME; v NAME ARGUMENT...    its libvirtd, and virsh there
#     repository PACKAGE... what each host's apt can install

: "${TOP:?}" "${BUILD:?}" "${QEMU:?}"

in_namespace() {
    [ -z "${ROMCOMPAT_IN_NAMESPACE:-}" ] || return 0
    ROMCOMPAT_IN_NAMESPACE=1 exec unshare --mount --propagation private --pid --fork \
        --kill-child=KILL --mount-proc "$0" "$@"
}

count=0 failed=0
ok() { # NAME COMMAND...
    local name=$1 said
    shift
    count=$((count + 1))
    if said=$("$@" 2>&1); then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        failed=1
        echo "# ${said//$'\n'/$'\n'# }"
    fi
}
not() { ! "$@"; }
# Each TEXT is in what the last `try` said.
says() {
    local text
    for text; do
        grep -qF -- "$text" "$LAB/said" || { echo "not said: $text"; cat "$LAB/said"; return 1; }
    done
}
says_nothing_of() { ! grep -F -- "$1" "$LAB/said"; }
# try STATUS COMMAND...: what it says is in $LAB/said.
try() {
    local wanted=$1 status=0
    shift
    "$@" >"$LAB/said" 2>&1 </dev/null || status=$?
    [ $status = "$wanted" ] || { echo "status $status of $*"; cat "$LAB/said"; return 1; }
}
done_testing() {
    echo "1..$count"
    exit $failed
}

guard_begin() {
    mkdir -p "$QEMU/scratch"
    # On a disk where much is written: GUARD_ON_DISK.
    LAB=$(mktemp -d "$QEMU/scratch/guard-XXXXXX")
    trap 'umount -lR "$LAB"/*/root 2>/dev/null; umount -l "$LAB" 2>/dev/null; rm -rf --one-file-system "$LAB"' EXIT
    [ -n "${GUARD_ON_DISK:-}" ] || mount -t tmpfs -o mode=755 romcompat-guard "$LAB" || { echo "Bail out! no tmpfs"; exit 2; }
    mkdir "$LAB/repository"
}

# The packages of `make deb`, where ROMCOMPAT_DEBS names their directory; else the same files, quickly.
own_packages() {
    local stage=$LAB/stage name depends=
    if [ -n "${ROMCOMPAT_DEBS:-}" ]; then
        cp "$ROMCOMPAT_DEBS"/romcompat{,-guard}_*.deb "$LAB/repository/"
        return
    fi
    make -s -C "$TOP" install DESTDIR="$stage" prefix=/usr >"$LAB/install.log" 2>&1 || { cat "$LAB/install.log"; return 1; }
    mkdir -p "$LAB"/{romcompat,romcompat-guard}/{DEBIAN,usr} "$LAB/romcompat-guard/etc/apt" "$LAB/romcompat-guard/usr/libexec"
    mv "$stage/etc/apt/apt.conf.d" "$LAB/romcompat-guard/etc/apt/"
    mv "$stage/usr/libexec/romcompat" "$LAB/romcompat-guard/usr/libexec/"
    mv "$stage"/usr/{bin,share} "$LAB/romcompat/usr/"
    mv "$stage/etc" "$LAB/romcompat/"
    for name in romcompat romcompat-guard; do
        printf 'Package: %s\nVersion: 0.1.0\nArchitecture: amd64\nMaintainer: M <m@x.example>\n%sDescription: x\n' \
            $name "${depends:-}" >"$LAB/$name/DEBIAN/control"
        depends=$'Depends: romcompat\n'
        (cd "$LAB/$name" && find etc -type f -printf '/%p\n') >"$LAB/$name/DEBIAN/conffiles"
        dpkg-deb --root-owner-group -Znone -b "$LAB/$name" "$LAB/repository/" >/dev/null
        rm -r "${LAB:?}/$name"
    done
    rm -r "$stage"
}

repository() {
    [ $# = 0 ] || cp "$@" "$LAB/repository/"
    (cd "$LAB/repository" && dpkg-scanpackages -m . >Packages 2>/dev/null)
}

# A package of Debian's with other files. remade DEB VERSION-SUFFIX COMMAND...: the command runs in
# its unpacked directory.
remade() {
    local deb=$1 suffix=$2 tree=$LAB/tree
    shift 2
    rm -rf "$tree"
    dpkg-deb -R "$deb" "$tree"
    (cd "$tree" && "$@")
    sed -i "s/^Version: .*/&$suffix/" "$tree/DEBIAN/control"
    (cd "$tree" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Znone -b "$tree" "$LAB/repository/" >/dev/null
    rm -rf "$tree"
}

host_mount() {
    local root=$LAB/$1/root
    mkdir -p "$LAB/$1"/{upper,work,root}
    mount -t overlay -o "lowerdir=$QEMU/guard/bookworm,upperdir=$LAB/$1/upper,workdir=$LAB/$1/work" guard "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    mkdir -p "$root/run/lock" "$root/repository"
    mount --bind "$LAB/repository" "$root/repository"
}

host_create() {
    local root=$LAB/$1/root
    host_mount "$1"
    echo "deb [trusted=yes] file:/repository ./" >"$root/etc/apt/sources.list"
    rm -f "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*_*
    # No service manager runs there.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    cat >>"$root/etc/libvirt/qemu.conf" <<'END'
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
END
    in_host "$1" apt-get -q update >"$LAB/$1/apt.log" 2>&1 || { cat "$LAB/$1/apt.log"; return 1; }
}
# romcompat and romcompat-guard, by the host's apt.
own_install() {
    in_host "$1" apt-get -qy install romcompat-guard >>"$LAB/$1/apt.log" 2>&1 || { cat "$LAB/$1/apt.log"; return 1; }
}

in_host() {
    local name=$1
    shift
    env -u APT_CONFIG LC_ALL=C.UTF-8 DEBIAN_FRONTEND="${FRONTEND-noninteractive}" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root chroot "$LAB/$name/root" "$@"
}
apt_get() {
    local name=$1
    shift
    in_host "$name" apt-get -qy "$@"
}
# shellcheck disable=SC2016 # dpkg-query's
version() { in_host "$1" dpkg-query -W -f '${Version}' "$2"; }

libvirt_start() {
    # Debian's qemu.conf has QEMU run as libvirt-qemu.
    in_host "$1" sh -c 'echo $$ >/run/libvirtd.own; exec libvirtd' >"$LAB/$1/libvirtd.log" 2>&1 </dev/null &
    for _ in {1..300}; do
        v "$1" list >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    cat "$LAB/$1/libvirtd.log"
    return 1
}
# Its guests go on.
libvirt_stop() {
    local pid
    pid=$(in_host "$1" cat /run/libvirt/libvirtd.pid 2>/dev/null || in_host "$1" cat /run/libvirtd.pid)
    kill "$pid"
    for _ in {1..100}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}
v() {
    local name=$1
    shift
    in_host "$name" timeout 120 virsh -q -c qemu:///system "$@"
}

# domain MACHINE [OS [DEVICES [FEATURES]]]: the XML of a guest with a virtio card.
domain() { # HOST NAME MACHINE [OS [DEVICES [FEATURES]]]
    cat >"$LAB/$1/root/root/$2.xml" <<END
<domain type='qemu'><name>$2</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='$3'>hvm</type>${4:-}</os><features><acpi/>${6:-}</features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><interface type='user'><model type='virtio'/></interface>
${5:-}<video><model type='none'/></video><memballoon model='none'/></devices></domain>
END
    v "$1" define "/root/$2.xml" >/dev/null
}
# UEFI firmware of 2 or 4 MiB, for domain's OS.
uefi() { # CODE VARS
    echo "<loader readonly='yes' type='pflash'>/usr/share/OVMF/$1</loader><nvram template='/usr/share/OVMF/$2'/>"
}
# The length of the RAM block of a guest's first option ROM.
rom_length() {
    v "$1" qemu-monitor-command "$2" --hmp info ramblock | tr -d '\r' |
        awk '$1 ~ /^0000:.*\.rom$/ {sub(/0x0+/, "0x", $5); print $5; exit}'
}
