#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Perl expressions stand in single quotes.
# shellcheck disable=SC2016
load common

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_rom pad=8192 legacy:4:1af4:1041+pnp+rev3+ipxe efi:8:1af4:1041+compressed > good.rom
    make_rom legacy:4:8086:100e checksum=1 > bad.rom
    make_rom legacy:4 revision=2 > warned.rom
}

# json EXPRESSION: of the object in $output; the expression sees it as `o`.
json() {
    printf '%s' "$output" > "$BATS_TEST_TMPDIR/out.json"
    perl -MJSON::PP -e 'local $/; open my $f, "<", shift; my $o = decode_json(<$f>);
        my $v = eval shift; die $@ if $@; print defined $v ? $v : "null"' \
        "$BATS_TEST_TMPDIR/out.json" "$1"
}

@test "a ROM is shown with size, chain end, bucket, headroom, fill and all its images" {
    run -0 romcompat inspect good.rom
    [ "${#lines[@]}" = 5 ]
    [[ "${lines[0]}" =~ ^ROM\ +size\ +chain\ end\ +bucket\ +headroom\ +fill$ ]]
    [[ "${lines[2]}" =~ ^good\.rom\ +8192\ +6144\ +8K\ +2048\ +0xff$ ]]
    [[ "${lines[3]}" =~ ^\ +0\ +legacy\ +1af4:1041\ +0\.\.2048\ +PnP\ \"Boot\ ROM\",\ UNDI\ 2\.1,\ 2\ listed\ devices,\ PCIR\ rev\ 3$ ]]
    [[ "${lines[4]}" =~ ^\ +1\ +EFI\ +1af4:1041\ +2048\.\.6144\ +x86_64\ boot\ driver,\ compressed\ 4032\ of\ 16384$ ]]
}

@test "a ROM with an error is status 1, and the error is named" {
    run -1 romcompat inspect bad.rom
    output_has "  error: image 0, offset 0x0: the image's bytes do not add up to 0 (found 0x"
}

@test "a ROM with a warning only is status 0" {
    run -0 romcompat inspect warned.rom
    output_has "  warning: image 0, offset 0x28: the PCIR revision is neither 0 nor 3 (found 2)"
    output_lacks "error"
}

@test "several ROMs stand in one table, with totals" {
    run -1 romcompat inspect good.rom bad.rom warned.rom
    [ "$(grep -c '^ROM ' <<< "$output")" = 1 ]
    output_has "3 ROMs, 1 error, 1 warning"
}

@test "ROMs of different directories stand in a table each" {
    mkdir -p a b
    cp good.rom a
    cp warned.rom b
    run -0 romcompat inspect a b
    [ "$(grep -c '^ROM ' <<< "$output")" = 2 ]
    output_has "a/" "b/" "2 ROMs, 0 errors, 1 warning"
}

@test "in a directory only files that begin with 55 AA are ROMs" {
    mkdir directory
    cp good.rom directory/a.rom
    cp bad.rom directory/b.anything
    echo text > directory/README
    : > directory/empty
    run -1 romcompat inspect directory
    output_has "directory/" "a.rom" "b.anything" "2 ROMs"
    output_lacks README "empty"
}

@test "ROMs are found in a tar, a zip and a deb, without unpacking" {
    mkdir -p tree/usr/share/qemu tree/DEBIAN
    cp good.rom bad.rom tree/usr/share/qemu/
    tar -C tree -czf roms.tar.gz usr
    (cd tree && zip -qr ../roms.zip usr)
    printf 'Package: roms\nVersion: 1\nArchitecture: all\nMaintainer: x <x@y>\nDescription: x\n' > tree/DEBIAN/control
    dpkg-deb --root-owner-group -b tree roms.deb > /dev/null
    before=$(ls -A)
    for archive in roms.tar.gz roms.zip roms.deb; do
        run -1 romcompat inspect "$archive"
        output_has "$archive: usr/share/qemu/" "good.rom" "bad.rom" "2 ROMs, 1 error, 0 warnings"
    done
    [ "$(ls -A)" = "$before" ]
}

@test "an operand is read as a ROM whatever is in it" {
    : > empty.rom
    echo "some text that is surely no ROM, nor an archive" > text.rom
    run -1 romcompat inspect empty.rom
    output_has "error: offset 0x0: the file is empty"
    run -1 romcompat inspect text.rom
    output_has "error: offset 0x0: the file does not begin with 55 AA (found 0x6f73, expected 0xaa55)"
}

@test "a header before 55 AA is named with the command that leaves it out, and the chain behind it is shown" {
    mkdir "a dir"
    { printf NVGI; head -c 1020 /dev/zero; cat good.rom; } > "a dir/dump.rom"
    run -1 romcompat inspect "a dir/dump.rom"
    output_has "other bytes precede the first image (found 1024, expected 0)" "1024..3072" \
        "tail -c +1025 -- 'a dir/dump.rom' > NEW.rom"
    sh -c "$(grep -o "tail -c.*" <<< "$output")"
    cmp NEW.rom good.rom
    # A directory has more files than ROMs: there it is a note.
    cp good.rom "a dir"
    run -0 romcompat inspect "a dir"
    output_has "note: a dir/dump.rom: skipped: 1024 bytes precede its first image; 'tail -c +1025'"
    tar -cf dumps.tar "a dir"
    run -0 romcompat inspect dumps.tar
    output_has "note: dumps.tar: a dir/dump.rom: skipped: 1024 bytes"
}

@test "what cannot be read is status 2, and the rest is shown all the same" {
    mkfifo fifo
    ln -s nowhere dangling
    run -2 romcompat inspect missing.rom bad.rom
    output_has "missing.rom: No such file or directory" "bad.rom" "error: image 0"
    run -2 timeout 5 romcompat inspect fifo
    output_has "fifo: not a regular file (found a FIFO)"
    run -2 timeout 5 romcompat inspect dangling
    output_has "dangling: No such file or directory"
    run -2 romcompat inspect
    output_has "a FILE is missing"
}

@test "control bytes of a ROM or its name do not reach the terminal" {
    make_rom legacy:2+pnp > raw.rom
    # The product's text becomes ESC [ 2 J: byte sums must stay, so two bytes pay for it.
    perl -e 'local $/; my $d = <STDIN>; my $i = index($d, "Boot ROM"); my $s = unpack("%8C*", substr($d, $i, 8));
        my $t = "\e[2J\xc3" . chr(1) . chr(1); $t .= chr(($s - unpack("%8C*", $t)) & 0xff);
        substr($d, $i, 8) = $t; print $d' < raw.rom > $'es\e[31mc.rom'
    run -0 romcompat inspect $'es\e[31mc.rom'
    output_lacks $'\e'
    output_has '\x1b[2J' 'es\x1b[31mc.rom'
    run -0 romcompat inspect --json $'es\e[31mc.rom'
    output_lacks $'\e'
    [[ "$(json '$o->{roms}[0]{images}[0]{pnp}[0]{product}')" == *'[2J\xc3'* ]]
}

@test "--json holds all of it under fixed keys" {
    run -0 romcompat inspect --json good.rom
    [ "$(json 'join ",", sort keys %$o')" = format,problems,roms,version ]
    [ "$(json 'join ",", sort keys %{$o->{roms}[0]}')" = \
      bucket,chain_bucket,chain_end,defects,entry,errors,fill,headroom,images,name,padding,path,size,warnings ]
    [ "$(json 'join ",", @{$o->{roms}[0]}{qw(name path size chain_end padding fill bucket chain_bucket headroom)}')" = \
      good.rom,good.rom,8192,6144,2048,0xff,8192,8192,2048 ]
    [ "$(json 'join ",", sort keys %{$o->{roms}[0]{images}[1]}')" = \
      checksum,efi,header_length,ipxe,last,length,offset,pcir,pnp,type,undi ]
    [ "$(json 'join ",", @{$o->{roms}[0]{images}[0]{pcir}}{qw(offset revision length vendor device class indicator)}')" = \
      28,3,28,1af4,1041,020000,00 ]
    [ "$(json 'join ",", @{$o->{roms}[0]{images}[0]{pcir}{devices}}')" = 1000,1041 ]
    [ "$(json 'join ",", @{$o->{roms}[0]{images}[1]{efi}}{qw(machine machine_name subsystem_name compressed_size original_size)}')" = \
      "8664,x86_64,boot driver,4032,16384" ]
    [ "$(json '$o->{roms}[0]{images}[0]{efi}')" = null ]
    [ "$(json '$o->{roms}[0]{entry}')" = null ]
}

@test "--json names defects and keeps the exit status" {
    run -1 romcompat inspect --json bad.rom warned.rom
    [ "$(json 'join ",", map {"$_->{grade} $_->{name}"} map {@{$_->{defects}}} @{$o->{roms}}')" = \
      "error checksum-wrong,warning pcir-revision-unknown" ]
    [ "$(json 'join ",", @{$o->{roms}[1]{defects}[0]}{qw(image offset found)}')" = 0,40,2 ]
    [ "$(json '$o->{roms}[1]{defects}[0]{expected}')" = null ]
    run -2 --separate-stderr romcompat inspect --json missing.rom good.rom
    [ "$(json 'scalar @{$o->{roms}}')" = 1 ]
    [ "$(json '$o->{problems}[0]')" = "missing.rom: No such file or directory" ]
}

@test "hundreds of images or defects do not flood the terminal, --json has them all" {
    for _ in $(seq 1 100); do make_rom legacy:1 revision=2 indicator=0; done > long.rom
    make_rom legacy:1 >> long.rom
    run -0 romcompat inspect long.rom
    output_has "and 69 more images" "and 68 more errors and warnings"
    [ "${#lines[@]}" -lt 80 ]
    run -0 romcompat inspect --json long.rom
    [ "$(json 'scalar @{$o->{roms}[0]{images}}')" = 101 ]
    [ "$(json 'scalar @{$o->{roms}[0]{defects}}')" = 100 ]
}
