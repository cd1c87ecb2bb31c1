#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives as the real tools write them, through list_archive. What no tool would write
# is in tests/unit/test_archive.c.
load common

list() {
    "$BUILD/tests/cli/list_archive" "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    export LC_ALL=C TZ=UTC
    mkdir -p tree/dir
    printf '\x55\xaa\x01content' > tree/dir/a.rom
    ln -s a.rom tree/dir/link.rom
    ln -s /etc/passwd tree/outside
    head -c 100000 /dev/urandom > tree/noise
    SUM=$(sha256sum < tree/dir/a.rom)
    SUM=${SUM%% *}
    NOISE=$(sha256sum < tree/noise)
    NOISE=${NOISE%% *}
}

# The tree's files and links, whatever made the archive; $1 is the member.
has_tree() {
    show
    output_has "$1 file 10 $SUM dir/a.rom" "$1 file 100000 $NOISE noise" \
        "$1 symlink 0 - dir/link.rom -> a.rom" "$1 symlink 0 - outside -> /etc/passwd"
}

@test "tar in every format of GNU tar, under every compression, is read" {
    for format in v7 oldgnu gnu ustar pax; do
        tar -C tree --format=$format -cf t.tar .
        run -0 list t.tar
        has_tree plain
    done
    for z in gzip bzip2 xz zstd lzma; do
        tar -C tree --$z -cf t.wrong-suffix .
        run -0 list t.wrong-suffix
        has_tree plain
    done
}

@test "cpio in every format of GNU cpio is read" {
    for format in newc crc odc bin ustar; do
        (cd tree && find . | cpio --quiet -o -H $format) > t.cpio
        run -0 list t.cpio
        # The binary format has no size above 64K in a field, and links keep theirs.
        output_has "plain file 10 $SUM dir/a.rom" "plain file 100000 $NOISE noise" "symlink" "-> a.rom"
        gzip -kf t.cpio
        run -0 list t.cpio.gz
        output_has "plain file 10 $SUM dir/a.rom"
    done
}

@test "zip is read, stored or deflated, from a file or a pipe's output" {
    (cd tree && zip -qry ../t.zip . && zip -qry0 ../stored.zip .)
    for z in t stored; do
        run -0 list $z.zip
        has_tree plain
    done
    # No links into a pipe: zip 3.0-13 as Debian 12 first shipped it breaks off there.
    (cd tree && zip -q - dir/a.rom noise | cat > ../streamed.zip)
    run -0 list streamed.zip
    output_has "plain file 10 $SUM dir/a.rom" "plain file 100000 $NOISE noise"
}

@test "an encrypted zip: the entry is refused by name, skipping it works" {
    (cd tree && zip -qP secret ../t.zip noise && zip -q ../t.zip dir/a.rom)
    run -2 --separate-stderr list t.zip
    output_has "t.zip: entry noise: Passphrase required" "plain file 10 $SUM dir/a.rom"
    run -0 list --skip t.zip
}

@test "a .deb is read with every compression that dpkg-deb has" {
    mkdir tree/DEBIAN
    printf 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' > tree/DEBIAN/control
    for z in none gzip xz zstd; do
        dpkg-deb --root-owner-group -Z$z -b tree t.deb
        run -0 list t.deb
        has_tree data
        output_has "control file" " control"
        # control.tar first
        [[ "${lines[0]}" == control* && "${lines[-1]}" == data* ]]
    done
    dpkg-deb --root-owner-group --no-uniform-compression -Zxz -b tree t.deb
    run -0 list t.deb
    has_tree data
}

@test "an .rpm that rpmbuild made is read with every payload compression" {
    cat > t.spec <<SPEC
Name: t
Version: 1
Release: 1
Summary: t
License: GPL
BuildArch: noarch
%description
t
%install
mkdir -p %{buildroot}/lib
cp -a $PWD/tree/. %{buildroot}/lib/
ln %{buildroot}/lib/dir/a.rom %{buildroot}/lib/dir/z.rom
%files
/lib
SPEC
    for payload in w9.gzdio w9.bzdio w6.xzdio w3.zstdio w0.ufdio; do
        run -0 rpmbuild --quiet --define "_topdir $PWD/rpm" --define "_binary_payload $payload" \
            --define "_build_id_links none" -bb t.spec
        run -0 list rpm/RPMS/noarch/t-1-1.noarch.rpm
        output_has "plain file 100000 $NOISE lib/noise" "lib/dir/link.rom -> a.rom" \
            "lib/dir/a.rom" "plain hardlink 10 - lib/dir/z.rom -> lib/dir/a.rom"
    done
}

@test "names with bytes above ASCII are the same in every locale" {
    local name=$'\xc3\xa4-\xe6\xbc\xa2'
    mkdir n
    echo 1 > "n/$name"
    tar -C n --format=pax --pax-option=globexthdr.name=g -cf pax.tar "$name"
    tar -C n --format=gnu -cf gnu.tar "$name"
    (cd n && LC_ALL=C.UTF-8 zip -q ../u.zip "$name")
    (cd n && echo "./$name" | cpio --quiet -o -H newc > ../n.cpio)
    # Info-ZIP says so in an extra field; most others with bit 11 of the flags (APPNOTE
    # 6.3.10, 4.4.4), in the local header and in the central one.
    cp u.zip flag.zip
    for at in 6 $(($(grep -obUaP 'PK\x01\x02' u.zip | cut -d: -f1) + 8)); do
        printf '\x00\x08' | dd of=flag.zip bs=1 seek=$at conv=notrunc status=none
    done
    for locale in C C.UTF-8 POSIX; do
        for a in pax.tar gnu.tar u.zip flag.zip n.cpio; do
            LC_ALL=$locale run -0 list $a
            output_has "plain file 2 " " $name"
        done
    done
}

@test "devices, FIFOs, absolute names and .. are reported, and nothing is made of them" {
    mkfifo tree/fifo
    tar -C tree -P --transform='s,^\./dir/a\.rom,../../../../tmp/escaped,' --transform='s,^\./noise,/etc/romcompat-escaped,' -cf t.tar .
    touch trace listed
    tree_before=$(find . | sort)
    strace -f -o trace -e trace=execve,open,openat,creat,symlink,symlinkat,link,linkat,mkdir,mkdirat,mknod,mknodat,rename,unlink \
        "$BUILD/tests/cli/list_archive" t.tar > listed
    run -0 cat listed
    output_has "plain other 0 - fifo" " ../../../../tmp/escaped" " /etc/romcompat-escaped" " outside -> /etc/passwd"
    # One program, and no file but libraries, locale, and the archive itself.
    [ "$(grep -c execve trace)" = 1 ]
    run -1 grep -E 'escaped|passwd|fifo|O_CREAT|symlink|link\(|mk' trace
    [ "$(find . | sort)" = "$tree_before" ]
    [ ! -e /etc/romcompat-escaped ]
}

@test "an mtree file, which names files to be opened, is not an archive" {
    printf '#mtree\n/etc/passwd type=file size=10\n./x type=file contents=/etc/shadow\n' > t.mtree
    run -1 list t.mtree
    output_has "t.mtree: not an archive"
    gzip t.mtree
    run -2 list t.mtree.gz
    output_has "t.mtree.gz: what is in it is not an archive"
}

@test "no program is run for compressions that libarchive has only as a program" {
    # lrzip's, lzop's and grzip's magic.
    printf 'LRZI\0\6aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' > a
    printf '\x89LZO\0\r\n\x1a\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' > b
    printf 'GRZipII\0\2\4:)aaaaaaaaaaaaaaaaaaaaaaaaaaaa' > c
    for a in a b c; do
        run -1 strace -f -o trace -e trace=execve,clone,clone3,fork,vfork "$BUILD/tests/cli/list_archive" $a
        output_has "$a: not an archive"
        [ "$(grep -c '^' trace)" -le 2 ]
    done
}

@test "bombs are refused: of zeros after the end, of one great entry" {
    { tar -C tree -cb1 noise; head -c 32M /dev/zero; } | xz -1 > bomb.tar.xz
    run -2 list --limits ,,8M, bomb.tar.xz
    output_has "bomb.tar.xz: too many bytes after decompression (found 84" "limit 8388608)"
    truncate -s 20M big
    tar -cf - big | xz -0 > t.tar.xz
    run -2 list t.tar.xz
    output_has "t.tar.xz: entry big: too large (found 20971520 bytes, limit 16777216)"
    run -0 list --skip t.tar.xz
}

@test "a sparse file of a terabyte costs nothing to skip and is not taken" {
    truncate -s 1T huge
    for format in gnu pax; do
        tar -S --format=$format -cf t.tar huge tree/dir/a.rom
        run -0 list --skip t.tar
        output_has "plain file 1099511627776 - huge" "tree/dir/a.rom"
        run -2 list t.tar
        output_has "t.tar: entry huge: too large (found 1099511627776 bytes, limit 16777216)" "$SUM tree/dir/a.rom"
    done
}

@test "a sparse file that is taken has zeros for its holes, wherever they are" {
    truncate -s 300K holes
    for at in 0 100 200; do
        printf data | dd of=holes bs=1K seek=$at conv=notrunc status=none
    done
    for format in oldgnu gnu pax; do
        tar -S --format=$format -cf t.tar holes
        [ "$(stat -c %s t.tar)" -lt 100000 ] # or tar saw no holes
        run -0 list t.tar
        output_has "plain file 307200 $(sha256sum < holes | cut -d' ' -f1) holes"
    done
    truncate -s 300K first
    printf data | dd of=first bs=1K seek=200 conv=notrunc status=none
    tar -S -cf t.tar first
    run -0 list t.tar
    output_has "plain file 307200 $(sha256sum < first | cut -d' ' -f1) first"
}

# bats test_tags=long
@test "a hundred thousand entries are read, and more than the limit refused" {
    # 512 bytes each: one header a hundred thousand times.
    tar --format=ustar -cb1 -C tree dir/link.rom | head -c 512 > header
    for _ in {1..10}; do cat header; done > ten
    for _ in {1..100}; do cat ten; done > thousand
    { for _ in {1..100}; do cat thousand; done; head -c 1024 /dev/zero; } | gzip -1 > t.tar.gz
    list --skip t.tar.gz > listed
    [ "$(wc -l < listed)" = 100000 ]
    run -2 --separate-stderr list --skip --limits ,99999,, t.tar.gz
    # shellcheck disable=SC2154 # set by run
    [ "$stderr" = "t.tar.gz: too many entries (found more than 99999, limit 99999)" ]
}

# bats test_tags=no-asan,long
@test "a hundred megabytes with the dictionary of xz -6 are read in less than 32 MiB" {
    truncate -s 1M f{1..100}
    tar -cf - f* | xz --lzma2=preset=0,dict=8MiB > t.tar.xz
    env time -f %M -o rss "$BUILD/tests/cli/list_archive" t.tar.xz > /dev/null
    echo "peak: $(cat rss) KiB"
    [ "$(cat rss)" -lt 32768 ]
}

@test "a dictionary of a gigabyte is refused, and that of xz -9 is not" {
    tar -C tree -cf t.tar .
    xz -9k t.tar
    run -0 list t.tar.xz
    has_tree plain
    xz --lzma2=preset=0,dict=1GiB -kf t.tar
    run -2 list t.tar.xz
    output_has "t.tar.xz: xz asks for too large a dictionary (found 1073741824 bytes, limit 134217728)"
    xz --x86 --lzma2=preset=0,dict=192MiB -kf t.tar
    run -2 list t.tar.xz
    output_has "(found 201326592 bytes, limit"
    # One that stands behind a small one, in a stream or a block of its own, is as large.
    head -c 1000 t.tar | xz > t.tar.xz
    tail -c +1001 t.tar | xz --lzma2=preset=0,dict=1GiB >> t.tar.xz
    run -2 bash -c "$(limit_memory 1000000); \"\$0\" t.tar.xz" "$BUILD/tests/cli/list_archive"
    output_has "t.tar.xz: xz asks for too large a dictionary (found 1073741824 bytes, limit 134217728)"
    head -c 1000 t.tar | xz > t.tar.xz
    tail -c +1001 t.tar | xz -9 >> t.tar.xz
    run -0 list t.tar.xz
    has_tree plain
    zstd -q --ultra --long=31 -1 < t.tar > t.tar.zst
    run -2 list t.tar.zst
    output_has "t.tar.zst: zstd asks for too large a dictionary (found 2147483648 bytes, limit 134217728)"
    zstd -q --long=27 < t.tar > t.tar.zst
    run -0 list t.tar.zst
}

@test "what is not a regular file is refused without waiting" {
    mkfifo fifo
    for path in fifo /dev/null /dev/zero . missing; do
        run -2 timeout 5 "$BUILD/tests/cli/list_archive" $path
        output_has "$path: "
    done
    ln -s missing dangling
    run -2 list dangling
    output_has "dangling: No such file or directory"
}

@test "a text, an empty file and a ROM are no archives: status 1" {
    : > empty
    echo text > text
    for f in empty text tree/dir/a.rom tree/noise; do
        run -1 list $f
        output_has "$f: not an archive"
    done
}
