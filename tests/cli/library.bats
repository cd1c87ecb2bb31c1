#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The library as others get it: installed, found by pkg-config, linked, run.
load common

setup_file() {
    export STAGE=$BATS_FILE_TMPDIR/stage
    local variant=${ROMCOMPAT_BUILD##*/}
    # An instrumented library cannot be linked by a caller that knows nothing of it.
    case $variant in asan | coverage | fuzz) variant=release ;; esac
    make -s -C "$BATS_TEST_DIRNAME/../.." VARIANT="${variant:-release}" install DESTDIR="$STAGE" prefix=/usr \
        >"$BATS_FILE_TMPDIR/install.log" 2>&1 || { cat "$BATS_FILE_TMPDIR/install.log"; return 1; }
}

setup() {
    export PKG_CONFIG_SYSROOT_DIR=$STAGE PKG_CONFIG_PATH=$STAGE/usr/lib/pkgconfig
    export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >x.map <<-MAP
	romcompat-map 1
	set s
	  package p
	  machine pc-i440fx 2.4 10.0
	  rom efi-virtio.rom 262144 256k-efi-virtio.rom
	end
	MAP
    # Valid C and valid C++ alike.
    cat >caller.c <<-'C'
	#include <romcompat.h>
	#include <stdio.h>

	int main(void)
	{
	    struct romcompat *maps;
	    struct romcompat_rule rule;
	    struct romcompat_decision decision;
	    char text[300];
	    const char *directories[] = {"."};

	    if (romcompat_open_folders(directories, 1, &maps) != ROMCOMPAT_OK ||
	        romcompat_find(maps, "pc-i440fx-7.2", "efi-virtio.rom", &rule) != ROMCOMPAT_OK)
	        return 1;
	    printf("%s %u %s\n", rule.map, (unsigned)rule.bucket, rule.compat_file);
	    if (romcompat_decide(rule.bucket, 300000, 262144, 0, &decision) != ROMCOMPAT_OK)
	        return 1;
	    printf("%d %u\n", decision.file, (unsigned)decision.romsize);
	    romcompat_explain(&rule, "pc-i440fx-7.2", 300000, ROMCOMPAT_MISSING, text, sizeof text);
	    puts(text);
	    puts(romcompat_library_version());
	    romcompat_close(maps);
	    return 0;
	}
	C
}

answers() {
    output_has "./x.map 262144 256k-efi-virtio.rom" "2 262144" "install the package p"
    [ "${lines[3]}" = "$(pkg-config --modversion romcompat)" ]
}

@test "a C program is compiled by pkg-config against the installed library, and runs with it" {
    # shellcheck disable=SC2046
    cc -Wall -Wextra -Wundef -pedantic -Werror -std=c99 $(pkg-config --cflags romcompat) \
        -o caller caller.c $(pkg-config --libs romcompat)
    objdump -p caller | grep -q 'NEEDED *libromcompat\.so\.0$'
    run -0 env LD_LIBRARY_PATH="$STAGE/usr/lib" ./caller
    answers
    # The test above would pass with a static library too: without the directory it must not run.
    run -127 env -u LD_LIBRARY_PATH ./caller
}

@test "a C program is linked with the static library, and needs no libromcompat to run" {
    # shellcheck disable=SC2046
    cc $(pkg-config --cflags romcompat) -o caller caller.c -Wl,-Bstatic $(pkg-config --static --libs romcompat) -Wl,-Bdynamic
    run -1 grep -q 'NEEDED *libromcompat' <(objdump -p caller)
    run -0 ./caller
    answers
}

@test "a C++ program is compiled against the installed library, and runs with it" {
    cp caller.c caller.cc
    # shellcheck disable=SC2046
    c++ -Wall -Wextra -pedantic -Werror -std=c++11 $(pkg-config --cflags romcompat) \
        -o caller caller.cc $(pkg-config --libs romcompat)
    run -0 env LD_LIBRARY_PATH="$STAGE/usr/lib" ./caller
    answers
}

@test "the header stands alone" {
    echo '#include <romcompat.h>' >alone.c
    # shellcheck disable=SC2046
    cc -Wall -Wextra -pedantic -Werror -std=c99 $(pkg-config --cflags romcompat) -c alone.c
}

@test "the soname is libromcompat.so.0, and the links lead to the library" {
    local lib=$STAGE/usr/lib
    run -0 objdump -p "$lib/libromcompat.so"
    [[ "$output" =~ SONAME\ +libromcompat\.so\.0[[:space:]] ]]
    [ "$(readlink "$lib/libromcompat.so")" = libromcompat.so.0 ]
    [ "$(readlink -f "$lib/libromcompat.so.0")" = "$(readlink -f "$lib")/libromcompat.so.$(pkg-config --modversion romcompat)" ]
}

@test "the library needs libc.so.6 and nothing else" {
    run -0 sh -c "objdump -p '$STAGE/usr/lib/libromcompat.so.0' | awk '\$1 == \"NEEDED\" {print \$2}'"
    [ "$output" = libc.so.6 ]
}

@test "the library exports exactly what its header declares" {
    grep -oE '\bromcompat_[a-z_]+\(' "$STAGE/usr/include/romcompat.h" | tr -d '(' | sort -u >declared
    nm -D --defined-only "$STAGE/usr/lib/libromcompat.so" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort -u >exported
    [ -s declared ]
    diff declared exported
    # Each with a version, so that a later interface can stand beside it.
    run -1 grep -v '@@ROMCOMPAT_0$' <(nm -D --with-symbol-versions --defined-only "$STAGE/usr/lib/libromcompat.so" | awk '$2 != "A"')
}

@test "the static library takes no other name from its user" {
    run -0 sh -c "nm --defined-only --extern-only '$STAGE/usr/lib/libromcompat.a' | awk 'NF == 3 {print \$3}' | sort -u"
    diff <(grep -oE '\bromcompat_[a-z_]+\(' "$STAGE/usr/include/romcompat.h" | tr -d '(' | sort -u) <(echo "$output")
}

@test "pkg-config names no directory of the build" {
    run -0 cat "$STAGE/usr/lib/pkgconfig/romcompat.pc"
    output_lacks "$TOP" "$STAGE" "@"
    output_has "prefix=/usr" "Version: "
}

@test "the installed manual pages of the library format without a warning" {
    for page in man3/libromcompat.3 man5/romcompat-map.5; do
        run -0 sh -c "MANWIDTH=80 man --warnings=all -l '$STAGE/usr/share/man/$page' 2>&1 >page"
        [ -z "$output" ]
        [ "$(wc -l <page)" -gt 60 ]
    done
}

@test "the manual page names every function and every code of the header" {
    local page=$STAGE/usr/share/man/man3/libromcompat.3 word
    for word in $(grep -oE '\bromcompat_[a-z_]+\(|\bROMCOMPAT_E_[A-Z_]+ =' "$STAGE/usr/include/romcompat.h" | tr -d '(= '); do
        grep -q "$word" "$page" || { echo "missing: $word"; return 1; }
    done
}

@test "the page of the map format names every limit of the header with its number" {
    local page=$STAGE/usr/share/man/man5/romcompat-map.5 name number
    while read -r name number; do
        grep -Eq "(^|[^0-9])$number([^0-9]|$)" "$page" || { echo "missing: $name $number"; return 1; }
    done < <(sed -nE 's/^#define ROMCOMPAT_(M(AX|IN)_[A-Z_]+) ([0-9]+)u?.*/\1 \3/p' "$STAGE/usr/include/romcompat.h")
}

@test "the licences of the tool and of the library are installed" {
    cmp "$TOP/COPYING" "$STAGE/usr/share/doc/romcompat/COPYING"
    cmp "$TOP/COPYING.LIB" "$STAGE/usr/share/doc/romcompat/COPYING.LIB"
}

@test "uninstall leaves no file and no directory of its own behind" {
    cp -a "$STAGE" again
    make -s -C "$TOP" install-rpm-hooks DESTDIR="$PWD/again" prefix=/usr
    make -s -C "$TOP" uninstall DESTDIR="$PWD/again" prefix=/usr
    run -0 find again ! -type d
    [ -z "$output" ]
    run -0 find again -name '*romcompat*'
    [ -z "$output" ]
}

@test "a library without the symbols that its Debian package lists is noticed" {
    cp "$TOP/packaging/debian/libromcompat0.symbols" .
    run -0 dpkg-gensymbols -c4 -v0.1.0 -plibromcompat0 -e"$STAGE/usr/lib/libromcompat.so.0" \
        -Ilibromcompat0.symbols -O/dev/null
    sed -i 's/^ romcompat_find@/ romcompat_lost@/' libromcompat0.symbols
    run -2 dpkg-gensymbols -c4 -v0.1.0 -plibromcompat0 -e"$STAGE/usr/lib/libromcompat.so.0" \
        -Ilibromcompat0.symbols -O/dev/null
}

@test "each installed file is of exactly one Debian package or of none by choice, and no package lists what is not installed" {
    # As Debian's libdir has it: usr/lib/TRIPLET.
    mkdir debian
    cp -a "$STAGE/." debian/
    mkdir debian/usr/lib/triplet
    mv debian/usr/lib/libromcompat* debian/usr/lib/pkgconfig debian/usr/lib/triplet/
    cd debian
    while read -r line; do
        # shellcheck disable=SC2086 # the lists have patterns
        find $line ! -type d
    done < <(cat "$TOP"/packaging/debian/*.install "$TOP/packaging/debian/not-installed") > ../packaged
    find -- * ! -type d > ../installed
    diff <(sort ../packaged) <(sort ../installed)
}
