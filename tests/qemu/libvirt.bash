# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced: several hosts with libvirt on one machine. Each is a libvirtd of its own in system
# mode, in a mount and a UTS namespace: its own /etc/libvirt, /run and so on, its own directory
# of ROMs at /usr/share/qemu, its own name. All live in one PID namespace, whose first process
# is the test: when that ends, however it ends, the kernel ends them all. What they write is in
# a tmpfs of that namespace and goes with it: nothing is ever removed by name.
#
#     in_namespace "$@"         first thing in the test
#     lab_begin
#     host_create NAME ROMS...  the host's ROMs are what these directories hold, later ones first
#                               (with LIBVIRT set, its libvirt is the one unpacked there; with
#                               SHARE set, what is in that directory is below its /usr/share)
#     host_start NAME; host_stop NAME
#     on NAME COMMAND...        runs it on that host
#     v NAME ARGUMENT...        virsh there

in_namespace() {
    [ -z "${ROMCOMPAT_IN_NAMESPACE:-}" ] || return 0
    ROMCOMPAT_IN_NAMESPACE=1 exec unshare --mount --propagation private --pid --fork \
        --kill-child=KILL --mount-proc "$0" "$@"
}

lab_begin() {
    local stock source
    source=$(readlink -f "$QEMU")
    # A directory that every machine has, and that the test has no use for. A socket's path has
    # at most 107 bytes: the name must be short.
    for LAB in /mnt /media /srv; do
        case $TOP/:$source/:$BUILD/ in *"$LAB"/*) ;; *) break ;; esac
    done
    mount -t tmpfs -o mode=755 romcompat-lab "$LAB" || { echo "Bail out! no tmpfs can be mounted"; exit 2; }
    mkdir -p "$LAB"/{qemu,bin,libexec}
    # The hook works as nobody, who need not be able to enter the directory of the project.
    mount --bind "$source" "$LAB/qemu"
    mount -o remount,bind,ro "$LAB/qemu"
    stock=$(sed "s|$source|$LAB/qemu|g" "$QEMU/bin/stock-7.2-x86_64")
    echo "${stock/'"$@"'/-L /usr/share/qemu '"$@"'}" >"$LAB/bin/qemu"
    chmod 755 "$LAB/bin/qemu"
    cp "$BUILD/romcompat" "$LAB/bin/"
    # What Debian's libvirt-daemon-system would have made.
    { cat /etc/passwd; echo "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin"; } >"$LAB/passwd"
    { cat /etc/group; echo "libvirt-qemu:x:64055:"; echo "kvm:x:64056:"; } >"$LAB/group"
}

host_create() {
    local name=$1 directory=$LAB/$1
    shift
    mkdir -p "$directory"/{etc/hooks/qemu.d,lib,run,log,cache,roms}
    cp "$QEMU"/debian12/usr/share/seabios/*.bin "$QEMU"/debian12/usr/share/qemu/kvmvapic.bin "$directory/roms/"
    local roms
    for roms; do
        cp -r "$roms"/. "$directory/roms/"
    done
    cat >"$directory/etc/libvirtd.conf" <<END
auth_unix_rw = "none"
host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
log_outputs = "1:file:$directory/log/libvirtd.log"
log_filters = "1:util.command 3:*"
END
    cat >"$directory/etc/qemu.conf" <<END
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
remember_owner = 0
END
    [ -z "${LIBVIRT:-}" ] || ln -s "$LIBVIRT" "$directory/libvirt"
    [ -z "${SHARE:-}" ] || ln -s "$SHARE" "$directory/share"
    # What a QEMU can do takes seconds to find out, and is the same on each host.
    [ ! -d "$LAB/capabilities" ] || cp -rp "$LAB/capabilities" "$directory/cache/qemu"
}

host_start() {
    local name=$1 directory=$LAB/$1
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --uts --propagation private sh -ec '
        cd "$1"
        if [ -d share ]; then
            mkdir share.old
            mount --bind /usr/share share.old
            mount -t tmpfs -o mode=755 romcompat-share /usr/share
            ln -s "$1"/share.old/* /usr/share/
            ln -sfn "$1"/share/* /usr/share/
            rm -f /usr/share/qemu /usr/share/libvirt
            mkdir /usr/share/libvirt
            mount --bind share.old/libvirt /usr/share/libvirt
        fi
        mkdir -p /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /usr/share/qemu
        mount --bind etc /etc/libvirt
        mount --bind lib /var/lib/libvirt
        mount --bind log /var/log/libvirt
        mount --bind cache /var/cache/libvirt
        mount --bind roms /usr/share/qemu
        mount --bind ../passwd /etc/passwd
        mount --bind ../group /etc/group
        [ ! -d libexec ] || mount --bind libexec ../libexec
        [ ! -e qemu ] || mount --bind qemu ../bin/qemu
        mount --bind run /run
        hostname "$2"
        [ -d libvirt ] || exec libvirtd -f /etc/libvirt/libvirtd.conf
        mount --bind libvirt/usr/share/libvirt /usr/share/libvirt
        libraries=$1/libvirt/usr/lib/x86_64-linux-gnu
        LIBVIRT_DRIVER_DIR=$libraries/libvirt/connection-driver exec "$libraries/ld-linux-x86-64.so.2" \
            --library-path "$libraries" "$1/libvirt/usr/sbin/libvirtd" -f /etc/libvirt/libvirtd.conf' sh "$directory" "$name" >>"$directory/log/out" 2>&1 &
    echo $! >"$directory/pid"
    for _ in {1..300}; do
        v "$name" list >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    sed 's/^/# /' "$directory/log/out"
    tail -n 20 "$directory/log/libvirtd.log" | sed 's/^/# /'
    return 1
}

# Its guests go on.
host_stop() {
    local pid
    pid=$(cat "$LAB/$1/pid")
    kill "$pid"
    for _ in {1..100}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid"
}

on() {
    local pid
    pid=$(cat "$LAB/$1/pid")
    shift
    nsenter --target "$pid" --mount --uts "$@"
}

v() {
    local name=$1
    shift
    on "$name" timeout 60 virsh -q -c qemu:///system "$@"
}

# migrate GUEST FROM TO: as libvirtd on FROM does it, peer to peer.
migrate() {
    v "$2" migrate --live --p2p "$1" "qemu+unix:///system?socket=$LAB/$3/run/libvirt/libvirt-sock" \
        --migrateuri "unix://$LAB/$3/migration"
}

# The RAM blocks of a guest that option ROMs made, with their lengths: "0000:00:03.0/virtio-net-pci.rom 0x40000".
rom_blocks() {
    v "$1" qemu-monitor-command "$2" --hmp info ramblock | tr -d '\r' |
        awk '$1 ~ /^0000:.*\.rom$/ {sub(/0x0+/, "0x", $5); print $1, $5}' | sort
}
