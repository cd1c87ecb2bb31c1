#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# romcompat build on the real packages; `make check` has fetched them into the cache. What lintian and
# dpkg make of its packages is in tests/qemu/compat-packages.bats.
load common

EFI=$TOP/romsets/debian-12-ipxe-efi.yaml
PXE=$TOP/romsets/debian-12-ipxe-pxe.yaml
BOCHS=$TOP/romsets/debian-12-vgabios-bochs.yaml # small

setup_file() {
    # dpkg-deb takes a second for it.
    romcompat build -q --offline --deb -o "$BATS_FILE_TMPDIR/made" "$EFI"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    MADE=$BATS_FILE_TMPDIR/made
}

# source_of ROMSET: the verified file in the cache.
source_of() {
    local sum
    sum=$(sed -n '/^source:/,/^roms:/s/^  sha256: //p' "$1")
    echo "$ROMCOMPAT_CACHE"/"$sum".*
}

# A directory with one ROM, and a romset that names it: for cases that need no network.
local_romset() {
    mkdir -p src
    make_rom > src/a.rom
    put_local_romset
}

# A small good ROM: the VGA BIOS of bochs-display out of Debian 12's seabios.
make_rom() {
    dpkg-deb --fsys-tarfile "$(source_of "$BOCHS")" |
        tar -xO ./usr/share/seabios/vgabios-bochs-display.bin
}

@test "Debian 12's EFI ROMs come out equal byte for byte, with 0xFF up to the bucket" {
    run -0 romcompat build --offline -o out "$EFI"
    output_has "ipxe-efi-256k" "efi-virtio.rom" "256K"
    mkdir deb && dpkg-deb -x "$(source_of "$EFI")" deb
    for rom in deb/usr/lib/ipxe/qemu/efi-*.rom; do
        made=out/usr/share/qemu/256k-${rom##*/}
        size=$(stat -c %s "$rom")
        [ "$(stat -c %s "$made")" = 262144 ]
        cmp -n "$size" "$rom" "$made"
        [ -z "$(tail -c +$((size + 1)) "$made" | tr -d '\377')" ]
    done
    [ "$(find out/usr/share/qemu -name '256k-*' | wc -l)" = 8 ]
}

@test "Debian 13's EFI ROMs, already padded, come out as they are" {
    romcompat build -q --offline -o out "$TOP/romsets/debian-13-ipxe-efi.yaml"
    mkdir deb && dpkg-deb -x "$(source_of "$TOP/romsets/debian-13-ipxe-efi.yaml")" deb
    for rom in deb/usr/share/qemu/efi-*.rom; do
        cmp "$rom" "out/usr/share/qemu/256k-trixie-${rom##*/}"
    done
}

@test "every romset that is shipped builds, all of them into one set" {
    run -0 romcompat build -q --offline -o out "$TOP"/romsets/*.yaml
    [ -z "$output" ]
    (cd out && sha256sum --quiet -c SHA256SUMS)
    [ "$(find out -name '*.map' | wc -l)" = "$(find "$TOP"/romsets -maxdepth 1 -name "*.yaml" | wc -l)" ]
}

@test "SHA256SUMS names every file, and the manifest the same sums" {
    romcompat build -q --offline -o out "$EFI" "$PXE"
    for made in "$MADE" out; do
        (cd "$made" && sha256sum --quiet -c SHA256SUMS)
        diff <(cd "$made" && find . -type f ! -name SHA256SUMS | sed 's#^\./##' | LC_ALL=C sort) \
            <(sed 's/^[0-9a-f]*  //' "$made/SHA256SUMS" | LC_ALL=C sort)
    done
    grep -q '\.deb$' "$MADE/SHA256SUMS"
    cd out
    for key in '"romset": "ipxe-efi-256k"' '"source_package": "ipxe"' '"chain_end": 249344' \
        '"source_version": "1.0.0+git-20190125.36a4c85-5.1"' '"bucket": 262144' '"fill": "0xff"'; do
        grep -qF -- "$(echo "$key" | tr -d ' ')" <(tr -d ' ' < manifest.json) || { echo "$key"; false; }
    done
    sum=$(sha256sum usr/share/qemu/256k-efi-virtio.rom | cut -d' ' -f1)
    grep -q "$sum" manifest.json
}

@test "the map says what the romset says, and the resolver reads it" {
    romcompat build -q --offline -o out "$EFI"
    map=out/usr/share/qemu/romcompat.d/ipxe-efi-256k.map
    grep -qx "romcompat-map 1" "$map"
    grep -qx "  machine pc-i440fx - 7.2" "$map"
    grep -qx "  rom efi-virtio.rom 262144 256k-efi-virtio.rom" "$map"
    run -0 romcompat resolve -M pc-q35-7.2 --maps out/usr/share/qemu/romcompat.d \
        --firmware out/usr/share/qemu efi-virtio.rom
    output_has "256k-efi-virtio.rom"
}

@test "the same romset gives the same bytes: other directory, day, time zone, umask, locale, cores" {
    mkdir -p two/deep/er
    (cd two/deep/er && umask 077 && TZ=Asia/Kathmandu LC_ALL=C.UTF-8 taskset -c 0 \
        romcompat build -q --offline --deb -o out "$EFI")
    diff -r "$MADE" two/deep/er/out
    stamps() { (cd "$1" && find . -printf '%p %m %s %Ts\n' | sort); }
    diff <(stamps "$MADE") <(stamps two/deep/er/out)
}

@test "SOURCE_DATE_EPOCH is the date of everything, and changes the package" {
    SOURCE_DATE_EPOCH=1500000000 romcompat build -q --offline --deb -o out "$BOCHS"
    [ -z "$(find out ! -newermt @1499999999)" ]
    [ -z "$(find out -newermt @1500000000)" ]
    dpkg-deb --fsys-tarfile out/*.deb | tar -tv --utc --full-time > list
    run -1 grep -v "2017-07-14 02:40:00" list
    SOURCE_DATE_EPOCH=tomorrow run -2 romcompat build --offline -o out2 "$EFI"
    output_has "SOURCE_DATE_EPOCH: not seconds since 1970 (found 'tomorrow')"
    [ ! -e out2 ]
}

@test "the package has the fields that were promised" {
    deb=$MADE/ipxe-qemu-256k-compat_1.0.0+git-20190125.36a4c85-5.1+compat1_all.deb
    field() { dpkg-deb -f "$deb" "$1"; }
    [ "$(field Package)" = ipxe-qemu-256k-compat ]
    [ "$(field Architecture)" = all ]
    [ "$(field Multi-Arch)" = foreign ]
    [ "$(field Static-Built-Using)" = "ipxe (= 1.0.0+git-20190125.36a4c85-5.1)" ]
    dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/share/doc/ipxe-qemu-256k-compat/copyright > copyright
    dpkg-deb --fsys-tarfile "$(source_of "$EFI")" | tar -xO ./usr/share/doc/ipxe-qemu/copyright > original
    cmp copyright original
    mkdir x && dpkg-deb -R "$deb" x
    (cd x && md5sum --quiet -c DEBIAN/md5sums)
    [ "$(find x -type f ! -path '*/DEBIAN/*' | wc -l)" = "$(wc -l < x/DEBIAN/md5sums)" ]
    [ -z "$(find x ! -path 'x/DEBIAN*' ! -perm 644 -type f)" ]
    dpkg-deb -c "$deb" | grep -v ' root/root ' && false
    zcat x/usr/share/doc/ipxe-qemu-256k-compat/changelog.Debian.gz > changelog
    [ "$(dpkg-parsechangelog -l changelog -S Version)" = "$(field Version)" ]
}

@test "Ubuntu's prefix and paths are a matter of the romset" {
    sed 's#^bucket:.*#&\nprefix: compat-256k-\ninstall-path: usr/lib/ipxe/qemu#' "$EFI" > u.yaml
    romcompat build -q --offline -o out u.yaml
    [ -e out/usr/lib/ipxe/qemu/compat-256k-efi-virtio.rom ]
    grep -q "rom efi-virtio.rom 262144 compat-256k-efi-virtio.rom" out/usr/share/qemu/romcompat.d/*.map
}

@test "a directory is a source, with another fill if wanted" {
    local_romset
    echo "fill: 0" >> r.yaml
    run -0 romcompat build -o out r.yaml
    [ "$(stat -c %s out/usr/share/qemu/64k-a.rom)" = 65536 ]
    [ -z "$(tail -c +28673 out/usr/share/qemu/64k-a.rom | tr -d '\0')" ]
    [ "$(stat -c %Y out/usr/share/qemu/64k-a.rom)" = 946684800 ]
}

@test "archives of other kinds are sources: tar.gz, tar.xz, tar.zst, zip" {
    local_romset
    for kind in tar.gz tar.xz tar.zst zip; do
        case $kind in
        zip) (cd src && zip -q ../a.zip a.rom) ;;
        *) tar -caf a.$kind -C src ./a.rom ;;
        esac
        sed "s#  directory: src#  archive: a.$kind\n  sha256: $(sha256sum a.$kind | cut -d' ' -f1)#" r.yaml > k.yaml
        run -0 romcompat build -o out-$kind k.yaml
        cmp -n 28672 src/a.rom out-$kind/usr/share/qemu/64k-a.rom
    done
}

@test "a file: URL and a single ROM are sources too" {
    local_romset
    sed "s#  directory: src#  url: file://$PWD/src/a.rom\n  sha256: $(sha256sum src/a.rom | cut -d' ' -f1)#" r.yaml > k.yaml
    run -0 romcompat build --cache cache -o out k.yaml
    cmp -n 28672 src/a.rom out/usr/share/qemu/64k-a.rom
}

# --- refusals -----------------------------------------------------------------------

# refused TEXT...: status 2, each TEXT in the message, nothing made, nothing left over.
refused() {
    run -2 romcompat build --offline -o out r.yaml
    output_has "$@"
    [ ! -e out ]
    [ -z "$(find . -name '*.romcompat-new')" ]
}

@test "a ROM with another sum than the romset's is refused, both sums named" {
    local_romset
    printf x >> src/a.rom
    refused "a.rom: wrong SHA-256 (found $(sha256sum src/a.rom | cut -d' ' -f1), expected "
}

@test "a ROM that does not fit its bucket is refused, and the right bucket is named" {
    local_romset
    sed -i 's/bucket: 64K/bucket: 16K/' r.yaml
    refused "a.rom" "16384" "This ROM needs 'bucket: 32K'"
}

@test "a ROM with errors is refused with the first of them" {
    local_romset
    head -c 20000 src/a.rom > b && mv b src/a.rom
    sed -i '/sha256/d' r.yaml
    refused "a.rom" "28672"
}

@test "a ROM that the source has not is refused" {
    sed 's#efi-virtio.rom#efi-nothing.rom#' "$EFI" > r.yaml
    refused "r.yaml:" "the source has no file 'usr/lib/ipxe/qemu/efi-nothing.rom'"
}

@test "a ROM that is a link in the source is refused" {
    sed 's#usr/lib/ipxe/qemu/efi-virtio.rom#usr/lib/ipxe/virtio-net.rom#' "$EFI" > r.yaml
    refused "is not a file in the source, but a link to qemu/pxe-virtio.rom"
}

@test "a .deb of another version than the romset says is refused" {
    sed 's#^  version: .*#  version: 2.0-1#' "$EFI" > r.yaml
    refused "ipxe-qemu has another version (found '1.0.0+git-20190125.36a4c85-5.1', expected '2.0-1')"
}

@test "a package without maintainer or copyright is refused with what to add" {
    local_romset
    run -2 romcompat build --deb -o out r.yaml
    output_has "a package needs a maintainer" "Add 'maintainer: NAME <ADDRESS>' to the file."
    echo "maintainer: A B <a@b.example>" >> r.yaml
    run -2 romcompat build --deb -o out r.yaml
    output_has "a package needs a copyright file" "copyright: PATH"
    echo "copyright: COPY" >> r.yaml && echo free > src/COPY
    run -0 romcompat build --deb -o out r.yaml
    [ "$(dpkg-deb -f out/*.deb Maintainer)" = "A B <a@b.example>" ]
}

@test "romsets that contradict each other are not built together" {
    local_romset
    sed 's/romset: local/romset: other/; s/package: .*/package: other/; s/64K/128K/' r.yaml > s.yaml
    run -2 romcompat build -o out r.yaml s.yaml
    output_has "gets another answer in r.yaml"
    [ ! -e out ]
}

# --- the old output or the new one, whole ----------------------------------------------

@test "an earlier output is replaced, anything else is not" {
    local_romset
    romcompat build -q -o out r.yaml
    sed -i 's/summary: .*/summary: changed/' r.yaml
    run -0 romcompat build -q -o out r.yaml
    grep -q "# changed" out/usr/share/qemu/romcompat.d/local.map

    echo mine > out/usr/share/qemu/notes
    run -2 romcompat build -o out r.yaml
    output_has "not replaced: 'usr/share/qemu/notes' in it was not made by" "Name another directory with -o"
    [ "$(cat out/usr/share/qemu/notes)" = mine ]

    mkdir home && echo precious > home/file
    run -2 romcompat build -o home r.yaml
    output_has "home: not replaced"
    [ "$(cat home/file)" = precious ]

    mkdir empty
    run -0 romcompat build -o empty r.yaml
    [ -e empty/manifest.json ]

    echo file > plain
    run -2 romcompat build -o plain r.yaml
    output_has "plain: not a directory"
    run -2 romcompat build -o . r.yaml
    output_has "not replaced"
    run -2 romcompat build -o plain/below r.yaml
    output_has "Not a directory"
}

@test "a full disk loses nothing and leaves nothing" {
    local_romset
    mkdir small
    run -0 unshare -m bash -euc '
        mount -t tmpfs -o size=300k tmpfs small
        cp -R r.yaml src small/ && cd small
        romcompat build -q -o out r.yaml
        before=$(sha256sum out/SHA256SUMS)
        sed "s/bucket: 64K/bucket: 256K/; s/64K/256K/" r.yaml > big.yaml
        ! romcompat build -o out big.yaml 2> message
        grep -q "No space left on device" message
        [ "$(sha256sum out/SHA256SUMS)" = "$before" ]
        (cd out && sha256sum --quiet -c SHA256SUMS)
        [ -z "$(find . -name "*.romcompat-new")" ]'
    show
}

@test "a directory that may not be written to is refused" {
    local_romset
    mkdir ro && chmod 555 ro && chmod 755 . .. src && chmod 644 r.yaml
    if [ "$(id -u)" = 0 ]; then
        run -0 unshare -m bash -euc 'mount --bind ro ro && mount -o remount,ro,bind ro
            status=0; romcompat build -o ro/out r.yaml 2> message || status=$?
            [ $status = 2 ] && grep -q "Read-only file system" message'
        show
    else
        run -2 romcompat build -o ro/out r.yaml
        output_has "Permission denied"
    fi
}

# bats test_tags=long
@test "kill -9 at any moment: the old output stands or the new one does, whole, and nothing piles up" {
    local_romset
    romcompat build -q -o out r.yaml
    for i in $(seq 60); do
        sed -i "s/summary: .*/summary: run $i/" r.yaml
        "$BUILD/romcompat" build -q -o out r.yaml &
        pid=$!
        sleep "0.00$((i % 10))"
        kill -9 $pid 2> /dev/null || true
        wait $pid 2> /dev/null || true
        (cd out && sha256sum --quiet -c SHA256SUMS)
        [ "$(find . -maxdepth 1 -name '.*romcompat-new' | wc -l)" -le 1 ]
    done
    romcompat build -q -o out r.yaml
    grep -q "# run 60" out/usr/share/qemu/romcompat.d/local.map
    [ -z "$(find . -name '*.romcompat-new')" ]
}

@test "a signal ends dpkg-deb before what it writes is removed" {
    mkdir bin
    # Writes into the directory that is to go, as fast as it can.
    cat > bin/dpkg-deb << DPKG
#!/bin/sh
for to; do :; done
: > $PWD/started
while :; do : > "\${to%/*}/one"; : > "\${to%/*}/two"; : > "\${to%/*}/three"; done
DPKG
    chmod +x bin/dpkg-deb
    for _ in 1 2 3 4 5; do
        rm -f started
        PATH=$PWD/bin:$PATH "$BUILD/romcompat" build -q --offline --deb -o out "$BOCHS" &
        pid=$!
        for _ in {1..500}; do [ -e started ] || sleep 0.01; done
        kill -TERM $pid
        status=0
        wait $pid || status=$?
        [ $status = 143 ]
        [ -z "$(find . -name '*.romcompat-new')" ]
    done
}

@test "eight builds of one directory at a time leave one whole output" {
    local_romset
    for i in 1 2 3 4 5 6 7 8; do
        "$BUILD/romcompat" build -q -o out r.yaml &
    done
    wait
    (cd out && sha256sum --quiet -c SHA256SUMS)
    [ -z "$(find . -name '*.romcompat-new')" ]
}

@test "directories above the output are made, and - is refused" {
    local_romset
    run -0 romcompat build -q -o a/b/out r.yaml
    (cd a/b/out && sha256sum --quiet -c SHA256SUMS)
    run -2 romcompat build -o - r.yaml
    output_has "--output: a directory cannot be written to standard output"
    [ ! -e - ]
}

@test "usage: without a romset, with a bad option, with a missing file" {
    run -2 romcompat build
    output_has "a ROMSET is missing"
    run -2 romcompat build -o
    output_has "option '-o' needs a value"
    run -2 romcompat build none.yaml
    output_has "none.yaml: No such file or directory"
}
