#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The project's own Debian packages, built, looked at, and used from a scratch root. They are
# compiled anew, which takes longer than `make check` may; library.bats looks at the lists of files.
load ../cli/common

setup_file() {
    cd "$TOP"
    packaging/setup/deb "$BATS_FILE_TMPDIR/deb" > "$BATS_FILE_TMPDIR/list"
}

setup() {
    cd "$BATS_FILE_TMPDIR/deb"
}

@test "lintian has no error and no warning about the project's packages" {
    run -0 lintian --allow-root --fail-on error,warning --tag-display-limit 0 ./*.changes
    output_lacks "E: " "W: "
}

@test "the tool, the library and its development files are packages of their own" {
    run -0 dpkg-deb -c romcompat_*.deb
    output_has ./usr/bin/romcompat man1/romcompat.1.gz romsets/debian-12-ipxe-efi.yaml completions/romcompat
    run -0 dpkg-deb -c libromcompat0_*.deb
    output_has libromcompat.so.0
    output_lacks romcompat.h
    run -0 dpkg-deb -c libromcompat-dev_*.deb
    output_has include/romcompat.h libromcompat.a pkgconfig/romcompat.pc libromcompat.so
}

@test "the library depends on libc alone" {
    run -0 dpkg-deb -f libromcompat0_*.deb Depends
    [[ "$output" =~ ^libc6\ \(\>=\ [0-9.]+\)$ ]]
}

@test "they unpack into a scratch root and the autopkgtests pass there" {
    root=$BATS_TEST_TMPDIR/root
    mkdir "$root"
    for deb in romcompat_*.deb libromcompat*.deb; do
        case $deb in *dbgsym*) ;; *) dpkg-deb -x "$deb" "$root" ;; esac
    done
    lib=$(dirname "$(find "$root" -name libromcompat.a)")
    export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root LD_LIBRARY_PATH=$lib
    AUTOPKGTEST_TMP=$BATS_TEST_TMPDIR run -0 sh "$TOP/packaging/debian/tests/compile-a-caller"
    output_has "the caller got its answer"
}

@test "every program that the unit tests run is essential or in Build-Depends" {
    cd "$BATS_TEST_TMPDIR"
    for test in "$BUILD"/tests/unit/test_*; do
        [[ $test == *.* ]] || strace -f --seccomp-bpf -qq -o trace -e trace=execve "$test" > tap 2>&1 || :
        cat trace >> all
    done
    wanted=$(sed -n '/^Build-Depends/,/^[A-Z]*[^ ]*:/p' "$TOP/packaging/debian/control")
    while read -r name; do
        package=$(dpkg -S "/bin/$name" "/usr/bin/$name" 2> /dev/null | grep -v "^diversion" | head -n 1 | cut -d: -f1)
        [ -n "$package" ] || { echo "$name: of no package"; return 1; }
        [ "$(dpkg-query -W -f '${Essential}' "$package")" = yes ] || grep -q "^ $package\b" <<< "$wanted" || {
            echo "$name of $package is neither essential nor in Build-Depends"
            return 1
        }
    done < <(grep -v ENOENT all | sed -n 's|.*execve("[^"]*/\([^"/]*\)".*= 0$|\1|p' | grep -v '^test_' | sort -u)
    grep -q lzop all
}
