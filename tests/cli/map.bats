#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >good.map <<-MAP
	romcompat-map 1
	set ipxe
	  package ipxe-qemu-256k-compat
	  machine pc-i440fx 2.4 10.0
	  machine pc-q35 - 10.0
	  machine virt 6.0 -
	  machine pc - -
	  machine pc-i440fx-xenial
	  rom efi-virtio.rom 262144 256k-efi-virtio.rom
	  rom odd.rom 2048 2k-odd.rom
	end
	MAP
    sed 's/256k-efi/other-efi/' good.map >other.map
    printf 'romcompat-map 1\nset s\nmachin x\n' >broken.map
}

@test "map prints every line of a good map and is status 0" {
    run -0 --separate-stderr romcompat map good.map
    [ -z "$stderr" ]
    diff - <(echo "$output") <<-TABLE
	good.map:2: set ipxe, package ipxe-qemu-256k-compat
	  LINE  MACHINE           VERSIONS
	     4  pc-i440fx         2.4 .. 10.0
	     5  pc-q35            .. 10.0
	     6  virt              6.0 ..
	     7  pc                all
	     8  pc-i440fx-xenial  this one
	  LINE  ROM             BUCKET  COMPAT ROM
	     9  efi-virtio.rom    256K  256k-efi-virtio.rom
	    10  odd.rom             2K  2k-odd.rom
	TABLE
}

@test "a broken map is status 1, with file, line and what is wrong" {
    run -1 --separate-stderr romcompat map broken.map
    [ "$stderr" = "romcompat: broken.map:3: unknown directive 'machin' (expected set, package, machine, rom or end)" ]
    [ -z "$output" ]
}

@test "a broken map among good ones: the good ones are printed" {
    run -1 --separate-stderr romcompat map broken.map good.map
    output_has "good.map:2: set ipxe" "broken.map:3:"
}

@test "maps that contradict each other are status 1, and both places are named" {
    run -1 --separate-stderr romcompat map good.map other.map
    output_has "good.map:2: set ipxe" "romcompat: other.map:9: efi-virtio.rom for machine pc-i440fx" \
        "other-efi-virtio.rom here (machine line 4)" "in good.map:9 (machine line 4)"
    output_lacks "other.map:2: set"
}

@test "the same map twice agrees with itself" {
    run -0 romcompat map good.map good.map
}

@test "a map that cannot be read is status 2, also among good ones" {
    run -2 --separate-stderr romcompat map good.map none.map
    output_has "good.map:2: set ipxe" "romcompat: none.map: No such file or directory"
    run -2 romcompat map good.map . broken.map
    output_has ".: not a regular file" "broken.map:3"
}

@test "a FIFO does not hang" {
    mkfifo fifo.map
    run -2 timeout 10 "$BUILD/romcompat" map fifo.map
    output_has "fifo.map: not a regular file"
}

@test "control bytes of a file name are shown, not sent" {
    cp broken.map $'x\e[2J.map'
    run -1 romcompat map $'x\e[2J.map'
    output_has 'x\x1b[2J.map:3'
}

@test "--json says the same for programs" {
    run -1 --separate-stderr romcompat map --json good.map broken.map
    echo "$output" >out.json
    # shellcheck disable=SC2016 # Perl's variables
    run -0 perl -MJSON::PP -0777 -ne '
        my $o = decode_json($_);
        my ($set, $problem) = ($o->{sets}[0], $o->{problems}[0]);
        @{$o->{sets}} == 1 and @{$o->{problems}} == 1 or die "counts";
        $set->{name} eq "ipxe" and $set->{package} eq "ipxe-qemu-256k-compat" or die "set";
        $set->{map} eq "good.map" and $set->{line} == 2 or die "place";
        @{$set->{machines}} == 5 and @{$set->{roms}} == 2 or die "lines";
        $set->{machines}[0]{family} eq "pc-i440fx" and $set->{machines}[0]{first} eq "2.4" or die "range";
        defined $set->{machines}[1]{first} and die "open end";
        $set->{machines}[4]{machine} eq "pc-i440fx-xenial" or die "exact";
        $set->{roms}[0]{bucket} == 262144 and $set->{roms}[0]{compat_file} eq "256k-efi-virtio.rom" or die "rom";
        $problem->{file} eq "broken.map" and $problem->{line} == 3 and length $problem->{text} or die "problem";
        ' out.json
}

@test "without a file the default directories are read, the local one first" {
    run -0 strace -f -e trace=openat -o trace romcompat map
    grep -oE '/(etc|usr/share)/qemu/romcompat\.d' trace >order
    [ "$(uniq order | tr '\n' ' ')" = "/etc/qemu/romcompat.d /usr/share/qemu/romcompat.d " ]
}

@test "a full disk under standard output is status 2" {
    run -2 sh -c 'romcompat map good.map >/dev/full'
    run -2 sh -c 'romcompat map --json good.map >/dev/full'
}

@test "a map or a directory of maps that every user may write to is a note" {
    mkdir -m 777 open
    cp good.map open/
    for command in "map open/good.map" "resolve --maps open -M pc-i440fx-7.2 efi-virtio.rom"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr romcompat $command
        [[ $stderr == *"note: open: every user may write to it, and so choose the ROMs of guests"* ]] || { show; return 1; }
        [[ $stderr != *"note: open/good.map"* ]]
    done
    chmod 755 open
    chmod 666 open/good.map
    run -0 --separate-stderr romcompat map open/good.map
    output_has "note: open/good.map: every user may write to it"
}
