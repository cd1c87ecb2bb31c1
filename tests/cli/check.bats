#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# romcompat check: budgets, releases, reports, and the files that it writes.
load common
load releases

make_rom() {
    "$BUILD/tests/cli/make_rom" "$@"
}

setup_file() {
    fetch_releases "bullseye ipxe-qemu seabios qemu-system-data" \
        "bookworm ipxe-qemu seabios qemu-system-data" \
        "trixie ipxe-qemu seabios qemu-system-data" \
        "forky ipxe-qemu seabios qemu-system-data"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    export LC_ALL=C.UTF-8
    BUDGETS=$TOP/romsets/budgets
    # As it was, and in its next release: the same, a little longer, too long.
    mkdir -p old/lib
    make_rom legacy:20 efi:30 > old/lib/efi-one.rom
    make_rom legacy:20:8086:100e > old/lib/pxe-one.rom
    cp -r old same
    cp -r old grown
    make_rom legacy:20 efi:40 > grown/lib/efi-one.rom
    cp -r old big
    make_rom legacy:65 efi:15 > big/lib/efi-one.rom # too long even where it is compressed
    cat > budget.yaml <<'EOF'
budget: mine
roms:
  - match: "efi-*.rom"
    bucket: 32K
    margin: 4K
    images: [legacy, efi-x64]
  - match: "pxe-*.rom"
    max-bucket: 16K
EOF
}

# pack DIRECTORY VERSION: a .deb of it, named as dpkg-deb would.
pack() {
    rm -rf pack.tmp
    mkdir -p pack.tmp/usr/share/qemu pack.tmp/usr/share/doc/my-roms pack.tmp/DEBIAN
    echo "License: GPL-2" > pack.tmp/usr/share/doc/my-roms/copyright
    cp "$1"/lib/*.rom pack.tmp/usr/share/qemu/
    printf 'Package: my-roms\nVersion: %s\nArchitecture: all\nSource: my\nMaintainer: A <a@b.example>\nDescription: a\n' "$2" > pack.tmp/DEBIAN/control
    dpkg-deb --root-owner-group -b pack.tmp "my-roms_$2_all.deb" > /dev/null
}

# --- answers ------------------------------------------------------------------------

@test "ROMs that keep the budget are status 0, with a table" {
    run -0 romcompat check --budget budget.yaml same
    output_has "efi-one.rom  25600      25600     32K" "7168  21.9 %  ok" "2 ROMs, budget mine: 0 failures, 0 warnings"
}

@test "a ROM beyond its bucket is status 1, the worst first, with the bytes and what can be done" {
    run -1 romcompat check --budget budget.yaml big
    [[ "${lines[1]}" == "efi-one.rom  40960      40960     64K"*">     -8192  -25.0 %  FAIL" ]] || { show; false; }
    output_has "FAIL efi-one.rom: the bucket is 64K, expected 32K: the image chain ends at 40960, 8192 bytes beyond it." \
        "Shrink it by 8192 bytes; or set 'bucket' to 64K (budget.yaml:4) and ship a compat set" \
        "romcompat check --write-romset mine-32k --package-from OLD.deb PATH"
}

@test "a warning is status 0, and 1 with --strict" {
    make_rom legacy:20 efi:40 > same/lib/efi-one.rom
    run -0 romcompat check --budget budget.yaml same
    output_has "warn efi-one.rom: only 2048 bytes (6.2 %) are left to the edge of 32K, fewer than the margin of 4096."
    run -1 romcompat check --strict --budget budget.yaml same
}

@test "a file that is padded too far is told apart from a chain that is too long" {
    make_rom pad=65536 fill=0xff legacy:20 efi:30 > same/lib/efi-one.rom
    run -1 romcompat check -b budget.yaml same
    output_has "the file has 65536 bytes, but its image chain ends at 25600 and would fit." \
        "romcompat pad --bucket 32K efi-one.rom -o efi-one.rom"
    (cd same/lib && romcompat pad --bucket 32K efi-one.rom -o efi-one.rom)
    run -0 romcompat check -b budget.yaml same
}

@test "a ROM that no rule names is a failure, a warning or nothing" {
    make_rom legacy:4 > same/lib/other.bin
    run -1 romcompat check -b budget.yaml same
    output_has "FAIL other.bin: no rule of the budget names it."
    sed 's/^roms:/unlisted: warn\nroms:/' budget.yaml > b.yaml
    run -0 romcompat check -b b.yaml same
    output_has "warn other.bin"
    sed 's/^roms:/unlisted: ignore\nroms:/' budget.yaml > b.yaml
    run -0 romcompat check -b b.yaml same
    output_has "other.bin" "0 failures, 0 warnings"
}

@test "a ROM that must exist is missed, also where there is not a ROM at all" {
    sed 's/^roms:/required: [efi-one.rom, pxe-two.rom]\nroms:/' budget.yaml > b.yaml
    run -1 romcompat check -b b.yaml same
    output_has "FAIL pxe-two.rom: it is not there, and b.yaml:2 requires it." "2 ROMs, budget mine: 1 failure"
    mkdir empty
    run -1 romcompat check -b b.yaml empty
    output_has "empty: no option ROM in it" "0 ROMs, budget mine: 2 failures"
}

@test "without any ROM there is no answer" {
    mkdir empty
    run -2 romcompat check -b budget.yaml empty
    output_has "empty: no option ROM in it" "there is nothing to check"
    rm same/lib/*
    mkdir -p p/DEBIAN p/usr/share/doc
    printf 'Package: p\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.example>\nDescription: a\n' > p/DEBIAN/control
    dpkg-deb --root-owner-group -b p p.deb > /dev/null
    run -2 romcompat check -b budget.yaml p.deb
    output_has "p.deb: no option ROM in it"
    # Beside packages that have some it is worth a line and no more.
    run -0 romcompat check -b budget.yaml p.deb old
    output_has "p.deb: no option ROM in it" "0 failures"
}

@test "what cannot be read is no answer, and the rest is still told" {
    run -2 romcompat check -b budget.yaml big missing
    output_has "missing: No such file or directory" "FAIL efi-one.rom"
    pack old 1
    head -c $(($(stat -c %s my-roms_1_all.deb) / 2)) my-roms_1_all.deb > cut.deb
    run -2 romcompat check -b budget.yaml cut.deb
}

@test "a malformed budget is named with line and column, all mistakes at once, before any ROM is read" {
    printf 'budget: b\nroms:\n  - match: a\n    bukket: 32K\n    margin: 200%%\n' > bad.yaml
    run -2 romcompat check -b bad.yaml missing
    output_has "bad.yaml:4:5: unknown key 'bukket' (did you mean 'bucket'?)" "bad.yaml:5:13: 'margin' must be"
    output_lacks "missing:"
    run -2 romcompat check -b none.yaml same
    output_has "none.yaml: No such file or directory"
}

@test "usage that makes no sense is status 2" {
    run -2 romcompat check same
    output_has "--budget FILE or --against OLD is missing"
    run -2 romcompat check -b budget.yaml
    output_has "a PATH is missing"
    run -2 romcompat check -b budget.yaml --json --junit - same
    run -2 romcompat check -b budget.yaml --json-file - --json same
    run -2 romcompat check --write-budget --against old same
    run -2 romcompat check --write-romset x same
    output_has "--write-romset needs --package-from"
    run -2 romcompat check -b budget.yaml --until 7.2 same
    run -2 romcompat check --write-romset xy --package-from old --until today same
    output_has "--until: 'today' must be"
    run -2 romcompat check --write-romset 'x/y' --package-from old same
}

# --- forms of PATH --------------------------------------------------------------------

@test "a ROM, a directory, a .deb, a .rpm and a .changes file are checked alike" {
    pack big 1
    run -1 romcompat check -b budget.yaml my-roms_1_all.deb
    output_has "FAIL efi-one.rom"
    run -1 romcompat check -b budget.yaml big/lib/efi-one.rom
    output_has "FAIL efi-one.rom" "1 ROM,"
    cat > r.spec <<EOF
Name: r
Version: 1
Release: 1
Summary: r
License: GPL
BuildArch: noarch
%description
r
%install
mkdir -p %{buildroot}/usr/share/qemu
cp $PWD/big/lib/*.rom %{buildroot}/usr/share/qemu/
%files
/usr/share/qemu
EOF
    run -0 rpmbuild --quiet --define "_topdir $PWD/rpm" -bb r.spec
    run -1 romcompat check -b budget.yaml rpm/RPMS/noarch/r-1-1.noarch.rpm
    output_has "FAIL efi-one.rom"
    {
        printf 'Format: 1.8\nChecksums-Sha256:\n'
        echo " $(sha256sum my-roms_1_all.deb | cut -d' ' -f1) $(stat -c %s my-roms_1_all.deb) my-roms_1_all.deb"
        echo " $(sha256sum budget.yaml | cut -d' ' -f1) 1 my_1.buildinfo"
    } > my_1_all.changes
    run -1 romcompat check -b budget.yaml my_1_all.changes
    output_has "FAIL efi-one.rom" "2 ROMs"
    (cd / && romcompat check -b "$OLDPWD/budget.yaml" "$OLDPWD/my_1_all.changes") | grep -q "2 ROMs"
}

@test "a .changes file whose package is another one, or is gone, is no answer" {
    pack same 1
    printf 'Checksums-Sha256:\n %s 12 my-roms_1_all.deb\n' "$(sha256sum budget.yaml | cut -d' ' -f1)" > x.changes
    run -2 romcompat check -b budget.yaml x.changes
    output_has "my-roms_1_all.deb: wrong SHA-256"
    rm my-roms_1_all.deb
    run -2 romcompat check -b budget.yaml x.changes
    output_has "my-roms_1_all.deb: No such file or directory"
}

@test "a build tree with the same ROMs twice names them by path" {
    mkdir -p debian/tmp debian/my-roms
    cp -r same/lib debian/tmp/
    cp -r same/lib debian/my-roms/
    run -0 romcompat check -b budget.yaml debian
    output_has "debian/tmp/lib/efi-one.rom" "debian/my-roms/lib/efi-one.rom" "4 ROMs"
}

# bats test_tags=long
@test "ten thousand ROMs in one tree are all looked at" {
    mkdir tree
    make_rom legacy:4 > rom
    for d in $(seq 100); do
        mkdir "tree/$d"
        # shellcheck disable=SC2046 # a name each
        (cd "tree/$d" && tee $(seq -f 'efi-%g.rom' 100) < ../../rom > /dev/null)
    done
    cp big/lib/efi-one.rom tree/57/efi-57.rom
    printf 'budget: b\nroms:\n  - match: "efi-*.rom"\n    max-bucket: 2K\n' > b.yaml
    run -1 romcompat check -q -b b.yaml tree
    output_has "10000 ROMs, budget b: 1 failure" "tree/57/efi-57.rom"
    [ "${#lines[@]}" -le 6 ]
}

# --- against the previous release --------------------------------------------------------

@test "the same ROMs are no change, and growth is a note" {
    run -0 romcompat check --against old same
    output_has "2 ROMs: 0 failures, 0 warnings"
    output_lacks FAIL "warn " "note "
    run -0 romcompat check --strict --against old grown
    output_has "note efi-one.rom: grew by 5120 bytes: the image chain ended at 25600 and ends at 30720."
}

@test "a changed bucket is a failure that names both lengths as QEMU would" {
    pack old 1
    pack big 2
    run -1 romcompat check --against my-roms_1_all.deb my-roms_2_all.deb
    output_has "FAIL efi-one.rom: the bucket was 32K and is 64K" "Size mismatch: 0x8000 != 0x10000" \
        "romcompat check --write-romset compat-32k --package-from my-roms_1_all.deb PATH"
    # Once the budget names the new bucket it is meant.
    sed 's/32K/64K/' budget.yaml > b.yaml
    run -0 romcompat check --against old -b b.yaml big
    output_has "warn efi-one.rom: the bucket was 32K and is 64K"
}

@test "a ROM that vanished is a failure, one that appeared a note" {
    mv same/lib/efi-one.rom same/lib/efi-two.rom
    run -1 romcompat check --against old same
    output_has "FAIL efi-one.rom: it is gone: the older release had it with 25600 bytes, bucket 32K." \
        "note efi-two.rom: it is new."
    # Also where no ROM is left.
    rm same/lib/*
    run -1 romcompat check --against old same
    output_has "FAIL efi-one.rom" "FAIL pxe-one.rom"
}

@test "changed ids, images and compression are told" {
    make_rom legacy:20:8086:1229 efi:30+compressed > same/lib/efi-one.rom
    make_rom legacy:16 efi:4 > same/lib/pxe-one.rom
    run -0 romcompat check --against old same
    output_has "warn efi-one.rom: vendor and device changed" "note efi-one.rom: EFI compression changed: plain before, compressed now" \
        "warn pxe-one.rom: the images changed: legacy before, legacy, efi-x64 now"
}

# --- reports for programs ------------------------------------------------------------------

@test "JSON has every number and every finding" {
    run -1 romcompat check -b budget.yaml --against old --json-file r.json big
    output_has "FAIL efi-one.rom"
    perl -MJSON::PP -e '
        local $/; open F, "r.json"; my $r = decode_json(<F>);
        my ($rom) = grep { $_->{name} eq "efi-one.rom" } @{$r->{roms}};
        die unless $r->{format} eq "romcompat-check" && $r->{version} == 1 && $r->{result} eq "no" && $r->{budget} eq "mine";
        die unless $rom->{size} == 40960 && $rom->{chain_end} == 40960 && $rom->{bucket} == 65536;
        die unless $rom->{edge} == 32768 && $rom->{headroom} == -8192 && $rom->{result} eq "failure";
        die unless $rom->{old}{bucket} == 32768 && $rom->{rule_line} == 3 && $rom->{nics} == 22;
        die unless $rom->{images}[1]{type} eq "efi-x64" && !$rom->{images}[1]{compressed};
        die unless join(",", map { "$_->{grade}:$_->{check}" } @{$rom->{findings}})
            eq "error:bucket,error:bucket-changed,note:grown";'
    run -1 romcompat check -b budget.yaml --json big
    perl -MJSON::PP -e 'local $/; decode_json(<STDIN>)' <<< "$output"
}

@test "JUnit has one case a ROM, and control bytes of names do not break it" {
    cp big/lib/efi-one.rom "big/lib/efi-<&>\"$(printf '\001\377')ü.rom"
    run -1 romcompat check -b budget.yaml --junit r.xml big
    run -0 xmllint --noout r.xml
    grep -q '<testsuite name="romcompat.mine" tests="3" failures="2" errors="0"' r.xml
    grep -qF 'name="efi-&lt;&amp;&gt;&quot;\x01\xffü.rom"' r.xml
    grep -qF '<failure type="bucket" message="the bucket is 64K, expected 32K' r.xml
    run -2 romcompat check -b budget.yaml --junit r.xml same missing
    grep -qF '<error message="missing: No such file or directory"/>' r.xml
    make_rom legacy:20 efi:40 > same/lib/efi-one.rom
    romcompat check -b budget.yaml --junit r.xml same > /dev/null
    grep -q 'failures="0"' r.xml
    grep -qF '<system-out>warning: only 2048 bytes' r.xml
    run -1 romcompat check --strict -b budget.yaml --junit r.xml same
    grep -qF '<failure type="margin"' r.xml
}

@test "a report that cannot be written is no answer" {
    run -0 romcompat check -b budget.yaml --json-file no/such/r.json same
    jq -e . no/such/r.json > /dev/null
    run -2 --separate-stderr romcompat check -b budget.yaml --json-file budget.yaml/r.json same
    [[ $stderr == *"Not a directory"* && $output != *'"roms"'* ]] || { show; false; }
}

# --- files that it writes ----------------------------------------------------------------

@test "a written budget is kept by what it was written from, and broken by growth" {
    for path in old "$(release trixie ipxe-qemu)" "$(release bullseye seabios)" "$(release forky qemu-system-data)"; do
        romcompat check --write-budget "$path" > w.yaml
        run -0 romcompat check --strict -b w.yaml "$path"
    done
    romcompat check --write-budget old > w.yaml
    grep -q '^budget: old$' w.yaml
    run -1 romcompat check -b w.yaml big
    run -1 romcompat check -b w.yaml old/lib/efi-one.rom
    output_has "FAIL pxe-one.rom: it is not there"
    # A name that is a pattern is that name.
    mv old/lib/efi-one.rom 'old/lib/efi-[a]*.rom'
    romcompat check --write-budget old > w.yaml
    run -0 romcompat check --strict -b w.yaml old
}

@test "a budget of more ROMs than a list may name has several rules" {
    rm -r old/lib/*
    make_rom legacy:4 > rom
    # shellcheck disable=SC2046 # a name each
    (cd old/lib && tee $(seq -f 'r%g.rom' 600) < ../../rom > /dev/null)
    cp -r old/lib old/copy
    romcompat check --write-budget old > w.yaml
    [ "$(grep -c 'match:' w.yaml)" = 3 ]
    [ "$(grep -c '    - r1.rom' w.yaml)" = 1 ]
    run -0 romcompat check --strict -b w.yaml old
    output_has "1200 ROMs, budget old: 0 failures, 0 warnings"
}

@test "two ROMs of one name that differ are named with their directories" {
    mkdir old/other
    make_rom legacy:60 > old/other/pxe-one.rom
    romcompat check --write-budget old > w.yaml
    grep -qx '  - other/pxe-one.rom' w.yaml && grep -qx '  - lib/pxe-one.rom' w.yaml
    grep -qx '  - efi-one.rom' w.yaml
    run -0 romcompat check --strict -b w.yaml old
    cp old/other/pxe-one.rom old/lib/
    run -1 romcompat check -b w.yaml old
    output_has "FAIL old/lib/pxe-one.rom: the bucket is"
}

@test "a written romset is taken by lint and build: from the package itself, and from a directory" {
    pack old 1:2.0-1
    pack big 1:3.0-1
    romcompat check --write-romset my-32k --package-from my-roms_1:2.0-1_all.deb --until 7.2 --local my-roms_1:3.0-1_all.deb > my.yaml
    run -0 romcompat lint my.yaml
    output_has "no errors, no warnings"
    # The two can be moved together; on a pipe there is no place to name the source from.
    grep -qx "  archive: my-roms_1:2.0-1_all.deb" my.yaml || grep -qx '  archive: "my-roms_1:2.0-1_all.deb"' my.yaml
    romcompat check --write-romset my-32k --package-from my-roms_1:2.0-1_all.deb --local my-roms_1:3.0-1_all.deb | grep -qF "archive: \"$PWD/my-roms"
    run -0 romcompat build --deb -o set my.yaml
    output_has "usr/share/qemu/32k-efi-one.rom" "my-32k-compat_2.0-1+compat1_all.deb"
    output_lacks pxe-one
    [ "$(stat -c %s set/usr/share/qemu/32k-efi-one.rom)" = 32768 ]
    grep -q "machine pc-q35 - 7.2" set/usr/share/qemu/romcompat.d/my-32k.map
    romcompat check --write-romset my-32k --package-from old big/lib/efi-one.rom > my.yaml
    run -0 romcompat build -o set my.yaml
    grep -q "machine pc-q35 - -" set/usr/share/qemu/romcompat.d/my-32k.map
    # A package of a mirror is named by its place in the pool.
    romcompat check --write-romset my-32k --package-from my-roms_1:2.0-1_all.deb my-roms_1:3.0-1_all.deb > my.yaml
    grep -q '  path: pool/main/m/my/my-roms_2.0-1_all.deb' my.yaml
    grep -q '  version: "1:2.0-1"' my.yaml
}

@test "a romset of Debian 12's ROMs, written by the tool, is fetched and built" {
    mkdir new
    dpkg-deb -x "$(release trixie ipxe-qemu)" new
    romcompat pad --bucket 512K new/usr/share/qemu/efi-virtio.rom -o new/usr/share/qemu/efi-virtio.rom
    romcompat check --write-romset ipxe-efi-256k --package-from "$(release bookworm ipxe-qemu)" --until 7.2 new > r.yaml
    run -0 romcompat lint r.yaml
    run -0 romcompat build --offline -o set r.yaml
    output_has 256k-efi-virtio.rom
    grep -qxF "  path: pool/main/i/ipxe/ipxe-qemu_1.0.0+git-20190125.36a4c85-5.1_all.deb" r.yaml
}

@test "a romset of packages in a directory or a .changes file is asked to name one of them" {
    pack old 1
    mkdir pool
    mv my-roms_1_all.deb pool/
    run -2 romcompat check --write-romset my-32k --package-from pool big
    output_has "the ROM is in a package inside pool" "Name that package with --package-from."
    printf 'Checksums-Sha256:\n %s 12 my-roms_1_all.deb\n' "$(sha256sum pool/*.deb | cut -d' ' -f1)" > pool/x.changes
    run -2 romcompat check --write-romset my-32k --package-from pool/x.changes big
    output_has "the ROM is in a package inside pool/x.changes"
    run -0 romcompat check --write-romset my-32k --package-from pool/my-roms_1_all.deb big
}

@test "where no ROM has left its bucket no romset is written, and several buckets are asked about" {
    run -1 romcompat check --write-romset my-32k --package-from old grown
    output_has "no ROM has left its bucket"
    make_rom legacy:40 > big/lib/pxe-one.rom
    run -2 romcompat check --write-romset my --package-from old big
    output_has "ROMs of several buckets have changed (efi-one.rom of 32K, pxe-one.rom of 16K)" "--bucket 32K, then --bucket 16K"
    romcompat check --write-romset my-16k --bucket 16K --package-from old big > my.yaml
    run -0 romcompat build -o set my.yaml
    output_has 16k-pxe-one.rom
    output_lacks efi-one
}

# --- real packages ------------------------------------------------------------------------

@test "the shipped budget of ipxe-qemu: Debian 11 and 12 pass with warnings, 13 and forky without" {
    for suite in bullseye bookworm; do
        run -0 romcompat check -b "$BUDGETS/ipxe-debian.yaml" "$(release $suite ipxe-qemu)"
        output_has "16 ROMs, budget ipxe-qemu: 0 failures, 6 warnings" \
            "warn efi-virtio.rom: only 12800 bytes (4.9 %) are left to the edge of 256K"
        output_lacks "warn pxe"
    done
    for suite in trixie forky; do
        run -0 romcompat check --strict -b "$BUDGETS/ipxe-debian.yaml" "$(release $suite ipxe-qemu)"
        output_has "16 ROMs, budget ipxe-qemu: 0 failures, 0 warnings"
    done
    # And it fails where it should: 8 NICs were possible with Debian 12.
    sed 's/nics: 4/nics: 8/' "$BUDGETS/ipxe-debian.yaml" > b.yaml
    run -0 romcompat check -b b.yaml "$(release bookworm ipxe-qemu)"
    run -1 romcompat check -b b.yaml "$(release trixie ipxe-qemu)"
    output_has "FAIL efi-e1000.rom: under BIOS it starts on 4 NICs, expected 8"
}

@test "the shipped budgets of vgabios and qemu-system-data hold from Debian 11 to forky" {
    for suite in bullseye bookworm trixie forky; do
        run -0 romcompat check --strict -b "$BUDGETS/seabios-vgabios.yaml" "$(release $suite seabios)"
        run -0 romcompat check --strict -b "$BUDGETS/qemu-system-data.yaml" "$(release $suite qemu-system-data)"
    done
    sed 's/bucket: 64K/bucket: 32K/' "$BUDGETS/seabios-vgabios.yaml" | sed 's/margin: 8K/margin: 1K/' > b.yaml
    run -1 romcompat check -b b.yaml "$(release forky seabios)"
}

@test "from Debian 12 to 13 no bucket changes, though every ROM does" {
    run -0 romcompat check --against "$(release bookworm ipxe-qemu)" "$(release trixie ipxe-qemu)"
    output_has "note pxe-virtio.rom: grew by 34304 bytes" "note efi-virtio.rom: EFI compression changed" "0 failures, 1 warning"
    run -0 romcompat check --strict --against "$(release bookworm seabios)" "$(release trixie seabios)"
}

# --- what others check today ------------------------------------------------------------------

# chain_of BYTES: a ROM file of that size; the chain is nearly all of it.
chain_of() {
    make_rom pad="$1" fill="${2:-0xff}" legacy:20 "efi:$((($1 / 512) - 20))+compressed"
}

@test "Fedora's check and its budget: where they agree, and where not" {
    # Theirs: pad to 256K with zeros, then fail above 262144 bytes.
    theirs() { truncate -s '>256K' "$1" && [ "$(stat -c %s "$1")" -le 262144 ]; }
    # shellcheck disable=SC2317 # run calls it
    ours() { romcompat check -q ${2:+"$2"} -b "$BUDGETS/ipxe-fedora.yaml" "$1" > out; }
    mkdir ipxe.efi
    rom=ipxe.efi/8086100e.rom
    chain_of 200192 0 > $rom; theirs $rom; run -0 ours $rom
    chain_of 262144 0 > $rom; theirs $rom; run -0 ours $rom
    chain_of 262145 0 > $rom; run ! theirs $rom; run -1 ours $rom
    # Theirs has no margin, and does not look inside.
    chain_of 261632 0 > $rom; theirs $rom; run -1 ours $rom --strict
    grep -q "warn 8086100e.rom: only 512 bytes" out
    make_rom legacy:20 > $rom; theirs $rom; run -1 ours $rom
    grep -q "it lacks efi-x64" out
    make_rom pad=262144 fill=0 legacy:20 efi:200 > $rom; theirs $rom; run -1 ours $rom
    grep -q "is not compressed" out
    mkdir ipxe
    make_rom pad=131073 fill=0 legacy:20 > ipxe/8086100e.rom
    run -1 ours ipxe/8086100e.rom
}

@test "SUSE's check and its budget: where they agree, and where not" {
    # Theirs: virtio at most 64K, all others from 64K to 128K.
    theirs() {
        local size
        size=$(stat -c %s "$1")
        case $1 in
        *virtio*) [ "$size" -le 65536 ] ;;
        *) [ "$size" -ge 65536 ] && [ "$size" -le 131072 ] ;;
        esac
    }
    ours() { romcompat check -q -b "$BUDGETS/ipxe-suse.yaml" "$1" > out; }
    compare() { # NAME SIZE THEIRS OURS
        make_rom pad="$2" fill=0xff legacy:20 > "$1"
        local a=0 b=0
        theirs "$1" || a=$?
        ours "$1" || b=$?
        [ "$a $b" = "$3 $4" ] || { echo "$1 $2: theirs $a ours $b"; cat out; return 1; }
    }
    compare pxe-virtio.rom 65536 0 0
    compare pxe-virtio.rom 65537 1 1
    compare pxe-virtio.rom 32769 0 0
    compare pxe-virtio.rom 32768 0 1 # bucket 32K
    compare pxe-e1000.rom 65536 0 1 # bucket 64K
    compare pxe-e1000.rom 65537 0 0
    compare pxe-e1000.rom 65535 1 1
    compare pxe-e1000.rom 131072 0 0
    compare pxe-e1000.rom 131073 1 1
}

@test "Ubuntu's check and its budget: where they agree, and where not" {
    # Theirs: the next power of two above the size must be that of the rule.
    theirs() {
        local size bucket=1 want=524288
        size=$(stat -c %s "$1")
        while [ $bucket -le "$size" ]; do bucket=$((bucket * 2)); done
        case $1 in compat-256k-*) want=262144 ;; esac
        [ $bucket -eq $want ]
    }
    ours() { romcompat check -q -b "$BUDGETS/ipxe-ubuntu.yaml" "$1" > out; }
    compare() {
        make_rom pad="$2" fill=0xff legacy:20 efi:30 > "$1"
        local a=0 b=0
        theirs "$1" || a=$?
        ours "$1" || b=$?
        [ "$a $b" = "$3 $4" ] || { echo "$1 $2: theirs $a ours $b"; cat out; return 1; }
    }
    compare efi-virtio.rom 301056 0 0
    compare efi-virtio.rom 524287 0 0
    compare efi-virtio.rom 524288 1 0 # an exact power of two is its own bucket
    compare efi-virtio.rom 524289 1 1
    compare efi-virtio.rom 262145 0 0
    compare efi-virtio.rom 262144 0 1 # bucket 256K
    compare efi-virtio.rom 262143 1 1
    compare compat-256k-efi-virtio.rom 262143 0 0
    compare compat-256k-efi-virtio.rom 262144 1 0
    compare compat-256k-efi-virtio.rom 262145 1 1
}

@test "the manual names the limits of budgets that the code has" {
    page=$(manual "$TOP/packaging/man/romcompat-budget.5")
    limit() { # HEADER NAME VALUE TEXT
        grep -qE "$2 +[=(]?.*$3" "$TOP/packaging/$1" || { echo "$1: $2 is not $3"; return 1; }
        grep -qF -- "$4" <<< "$page" || { echo "not in the manual: $4"; return 1; }
    }
    limit release/budget.h BUDGET_RULES_MAX 1000 "1 to 1000 rules"
    limit release/budget.h BUDGET_LIST_MAX 256 "Up to 256 patterns"
    limit release/budget.h BUDGET_NICS_MAX 64 "1 to 64"
    limit release/budget.c PATTERN_STARS_MAX 8 "at most 8 stars"
    limit release/budget.c PATTERN_LENGTH_MAX 256 "of at most 256 bytes"
    limit release/measure.h SHADOW_RAM_SIZE 122880 "SeaBIOS has 122880 bytes"
    page=$(manual)
    limit formats/deb_changes.h DEB_CHANGES_MAX '1 << 20' "a .changes file 1 MiB"
    limit release/budget.h BUDGET_RULES_MAX 1000 "a budget 1 MiB and 1000 rules"
}

# --- on a terminal ----------------------------------------------------------------------------

@test "the table fits 80 and 120 columns, and a command is not wrapped" {
    for width in 80 120; do
        script -qec "stty cols $width; romcompat check -b $BUDGETS/ipxe-debian.yaml '$(release bookworm ipxe-qemu)'" /dev/null | tr -d '\r' > out
        [ "$(wc -L < out)" -le $width ] || { cat out; false; }
        grep -q "█" out
    done
    script -qec "stty cols 80; romcompat check -b budget.yaml big" /dev/null | tr -d '\r' > out
    grep -qx "       romcompat check --write-romset mine-32k --package-from OLD.deb PATH" out || { cat out; false; }
    LC_ALL=C romcompat check -b budget.yaml same > out
    grep -q "#####" out
}

@test "a name that no budget can have is refused when a budget is to be written" {
    mkdir odd
    for name in $'a\tb.rom' $'a\nb.rom' $'a\xff.rom' '*********.rom' "$(printf 'n%.0s' {1..250})*******.rom"; do
        rm -f odd/*
        "$BUILD/tests/cli/make_rom" legacy:4:1af4:1041 > "odd/${name:0:255}"
        run -2 --separate-stderr romcompat check --write-budget odd
        [ -z "$output" ]
        output_has "a budget cannot have this name: it "
    done
    rm odd/*
    "$BUILD/tests/cli/make_rom" legacy:4:1af4:1041 > 'odd/a b*[c]é.rom'
    run -0 --separate-stderr romcompat check --write-budget odd
    echo "$output" > w.yaml
    run -0 romcompat check --budget w.yaml odd
}
