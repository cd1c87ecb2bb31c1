# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What every bats file loads: where the built things are, and one wrapper.
# A file that must fail when the feature breaks says so with `run -N`.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=${ROMCOMPAT_BUILD:-$TOP/build/release}
PATH=$BUILD:$PATH
# Every document that is made is checked against its schema: see check-cli in GNUmakefile.
if [ -n "${ROMCOMPAT_DOCUMENTS:-}" ]; then
    PATH=$BATS_TEST_DIRNAME/collect:$PATH
fi
export ROMCOMPAT_CACHE=${ROMCOMPAT_CACHE:-$TOP/build/cache}
# Tests decide about these themselves.
unset SOURCE_DATE_EPOCH http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY all_proxy ALL_PROXY

# Shows the command, its status and its output when a test fails.
show() {
    echo "\$ ${BATS_RUN_COMMAND:-?}"
    echo "status ${status:-?}"
    echo "${output:-}"
    [ -z "${stderr:-}" ] || printf 'stderr:\n%s\n' "$stderr"
}

# output_has TEXT...: each TEXT stands somewhere in $output (and $stderr).
output_has() {
    local text
    for text; do
        if [[ "${output:-}
${stderr:-}" != *"$text"* ]]; then
            echo "missing: $text"
            show
            return 1
        fi
    done
}

output_lacks() {
    local text
    for text; do
        if [[ "${output:-}
${stderr:-}" == *"$text"* ]]; then
            echo "must not be there: $text"
            show
            return 1
        fi
    done
}

# Mounts of its own for a command; without root as the root of a user namespace.
own_mounts() {
    if [ "$(id -u)" = 0 ]; then
        unshare -m "$@"
    else
        unshare -rm "$@"
    fi
}

# The manual of the subcommands, all its pages as one line of text.
manual() {
    local page
    for page in "$TOP"/packaging/man/romcompat*.1; do MANWIDTH=200 man -l "$page"; done | tr -s '[:space:]' ' '
}

# A romset in r.yaml that needs no network, for the ROM that stands in src/a.rom.
put_local_romset() {
    cat > r.yaml << Y
romset: local
summary: one ROM from a directory
bucket: 64K
package: local-compat
source:
  directory: src
roms:
  - file: a.rom
    sha256: $(sha256sum src/a.rom | cut -d' ' -f1)
machines:
  - pc-q35: 2.4..7.2
Y
}
