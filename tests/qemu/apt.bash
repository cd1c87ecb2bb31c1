# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced: packages and sources of several Debian releases through a private apt
# configuration below $QEMU/apt, from the mirror that the machine itself is
# configured for. The machine's own lists and packages are left alone.

: "${QEMU:?}"

say() { printf '  %-6s %s\n' "$1" "$2"; }
die() {
    echo "romcompat: $*" >&2
    exit 2
}

# quietly LOG COMMAND...: the whole log is shown when the command fails.
quietly() {
    local log=$1
    shift
    mkdir -p "${log%/*}"
    "$@" >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        die "failed: $*"
    }
}

# The archive that /etc/apt names. Origin is known only after an apt-get update;
# until then, and on a mirror under another name, the first archive has to do.
mirror() {
    local targets
    # shellcheck disable=SC2016 # apt expands these
    targets=$(env -u APT_CONFIG apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages')
    { grep '^Debian|Debian|' <<<"$targets" || cat <<<"$targets"; } | sed 's/.*|//; q'
}

# private_apt: makes the configuration and reads the indexes, once a run.
private_apt() {
    [ -z "${APT_IS_READY:-}" ] || return 0
    local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
    command -v apt-get >/dev/null || die "apt-get is missing: the tests take QEMU from a Debian mirror"
    [ -e $keyring ] || die "$keyring is missing: install debian-archive-keyring"
    uri=$(mirror)
    [ -n "$uri" ] || die "apt has no archive configured; see sources.list(5)"
    mkdir -p "$QEMU"/apt/{lists/partial,archives/partial}
    : >"$QEMU/apt/status"
    for suite in "$@"; do
        echo "deb [signed-by=$keyring] $uri $suite main"
        # The other half of what there is to read: left out where no source is wanted.
        [ -n "${APT_BINARIES_ONLY:-}" ] || echo "deb-src [signed-by=$keyring] $uri $suite main"
    done >"$QEMU/apt/sources.list"
    # Container images tell apt to keep no cache of what it has read: each call would read it all.
    # An empty status file and no essential packages: apt then answers with all
    # that a program needs, down to its libc, and with nothing else.
    cat >"$QEMU/apt/apt.conf" <<EOF
Dir::State "$QEMU/apt";
Dir::State::lists "$QEMU/apt/lists";
Dir::State::status "$QEMU/apt/status";
Dir::Cache "$QEMU/apt";
Dir::Cache::archives "$QEMU/apt/archives";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "$QEMU/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
pkgCacheGen::Essential "none";
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Retries "3";
EOF
    export APT_CONFIG=$QEMU/apt/apt.conf
    say APT "indexes of $*"
    quietly "$QEMU/log/apt.log" apt-get update
    APT_IS_READY=1
}

# packages_into DIRECTORY SUITE PACKAGE...: unpacks them and what they depend on.
packages_into() {
    local directory=$1 suite=$2 deb
    shift 2
    rm -rf "$directory" "$directory.new"
    mkdir -p "$directory.new"
    rm -f "$QEMU"/apt/archives/*.deb
    quietly "$QEMU/log/apt.log" apt-get install -y --download-only -t "$suite" "$@"
    for deb in "$QEMU"/apt/archives/*.deb; do
        dpkg-deb -x "$deb" "$directory.new" || die "$deb: cannot be unpacked"
    done
    rm -f "$QEMU"/apt/archives/*.deb
    mv "$directory.new" "$directory"
}

# The newest source package of this version that the mirror serves.
source_version() {
    apt-cache showsrc --only-source qemu 2>/dev/null |
        sed -n "s/^Version: \(1:${1//./\\.}[.+].*\)/\1/p" | sort -uV | tail -n 1
}
