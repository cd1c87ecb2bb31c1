# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by bats files: packages of several Debian releases, from the mirror that the
# machine itself is configured for, downloaded once and kept beside the other downloads.

RELEASES=$TOP/build/cache/releases

# fetch_releases ["SUITE PACKAGE..."]...: afterwards release SUITE PACKAGE is there; where one is
# missing, all of releases.list is fetched with it. Without an argument, that alone.
fetch_releases() {
    mkdir -p "$RELEASES"
    # Two bats files may run at the same time. `die` of apt.bash must end a subshell only.
    (
        flock 9
        listed=()
        mapfile -t listed < <(grep -v '^#' "$TOP/tests/cli/releases.list")
        [ $# -gt 0 ] || set -- "${listed[@]}"
        lines_are_there "$@" || download_lines "$@" "${listed[@]}"
    ) 9>"$RELEASES/.lock"
}

# lines_are_there "SUITE PACKAGE..."...
lines_are_there() {
    local line suite packages package
    for line; do
        read -r suite packages <<<"$line"
        for package in $packages; do
            release "$suite" "$package" >/dev/null 2>&1 || return 1
        done
    done
}

# download_lines "SUITE PACKAGE..."...: what is missing of them, from one reading of the indexes.
download_lines() {
    local line suite packages package
    declare -A missing=()
    for line; do
        read -r suite packages <<<"$line"
        for package in $packages; do
            release "$suite" "$package" >/dev/null 2>&1 || missing[$suite]+=" $package/$suite"
        done
    done
    # shellcheck disable=SC2034 # apt.bash reads both
    QEMU=$RELEASES/.apt-$$ APT_BINARIES_ONLY=1
    # shellcheck source=tests/qemu/apt.bash
    . "$TOP/tests/qemu/apt.bash"
    trap 'rm -rf "$QEMU"' EXIT
    private_apt "${!missing[@]}"
    for suite in "${!missing[@]}"; do
        mkdir -p "$QEMU/$suite" "$RELEASES/$suite"
        # shellcheck disable=SC2086 # several packages
        (cd "$QEMU/$suite" && quietly "$QEMU/log/download.log" apt-get download ${missing[$suite]}) || exit 2
        mv "$QEMU/$suite"/*.deb "$RELEASES/$suite/"
    done
}

# release SUITE PACKAGE: the path of its .deb.
release() {
    local found=("$RELEASES/$1/$2"_*.deb)

    [ -e "${found[0]}" ] || { echo "not there: $2 of $1" >&2; return 1; }
    echo "${found[0]}"
}
