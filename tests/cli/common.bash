# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What every bats file loads: where the built things are, and one wrapper.
# A file that must fail when the feature breaks says so with `run -N`.

bats_require_minimum_version 1.5.0

# Before every command bats takes down the stack, for the line of one that fails: a third of the
# CPU time of these tests. Bash 5 has that line in the ERR trap as well.
set +T
bats_error_trap() {
    bats_check_status_from_trap
    # Of `return 1` in the test itself it has none.
    if [[ -z $BATS_DEBUG_LAST_STACK_TRACE_IS_VALID && ${FUNCNAME[1]} != bats_perform_test ]]; then
        bats_capture_stack_trace
    fi
    BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
}

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

# Kilobytes of address space, for `bash -c`; AddressSanitizer takes terabytes, so none there.
limit_memory() {
    case $BUILD in */asan) echo : ;; *) echo "ulimit -v $1" ;; esac
}

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

# The same with processes of its own: the QEMUs of other tests, and of this machine, are not seen.
own_processes() {
    own_mounts --pid --fork --mount-proc "$@"
}

# The manual of the subcommands, all its pages, or those named, as one line of text. Of mandoc,
# which takes a tenth of the time of groff.
manual() { # [PAGE...]
    [ $# -gt 0 ] || set -- "$TOP"/packaging/man/romcompat*.1
    mandoc -Tutf8 -O width=200 "$@" | LC_ALL=C.UTF-8 sed 's/.\x08//g' | tr -s '[:space:]' ' '
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
