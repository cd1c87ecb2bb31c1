# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by bats files: packages of several Debian releases, from the mirror that the
# machine itself is configured for, downloaded once and kept beside the other downloads.

RELEASES=$TOP/build/cache/releases

# fetch_releases "SUITE PACKAGE..."...: afterwards release SUITE PACKAGE is there.
fetch_releases() {
    mkdir -p "$RELEASES"
    # Two bats files may run at the same time. `die` of apt.bash must end a subshell only.
    (
        flock 9
        missing=() suites=()
        for line; do
            read -r suite packages <<<"$line"
            for package in $packages; do
                release "$suite" "$package" >/dev/null 2>&1 || { missing+=("$line"); suites+=("$suite"); break; }
            done
        done
        [ ${#missing[@]} -gt 0 ] || exit 0
        # shellcheck disable=SC2034 # apt.bash reads both
        QEMU=$RELEASES/.apt-$$ APT_BINARIES_ONLY=1
        # shellcheck source=tests/qemu/apt.bash
        . "$TOP/tests/qemu/apt.bash"
        trap 'rm -rf "$QEMU"' EXIT
        private_apt "${suites[@]}"
        for line in "${missing[@]}"; do
            read -r suite packages <<<"$line"
            mkdir -p "$QEMU/$suite" "$RELEASES/$suite"
            for package in $packages; do
                (cd "$QEMU/$suite" && quietly "$QEMU/log/download.log" apt-get download "$package/$suite") || exit 2
            done
            mv "$QEMU/$suite"/*.deb "$RELEASES/$suite/"
        done
    ) 9>"$RELEASES/.lock"
}

# release SUITE PACKAGE: the path of its .deb.
release() {
    local found=("$RELEASES/$1/$2"_*.deb)

    [ -e "${found[0]}" ] || { echo "not there: $2 of $1" >&2; return 1; }
    echo "${found[0]}"
}
