#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common
load stock

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir maps local fw more
    cat >maps/ipxe.map <<-MAP
	romcompat-map 1
	set ipxe
	  package ipxe-qemu-256k-compat
	  machine pc-i440fx 2.4 10.0
	  machine pc-i440fx-xenial
	  rom efi-virtio.rom 262144 256k-efi-virtio.rom
	  rom efi-e1000.rom 262144 256k-efi-e1000.rom
	  rom no-host-has-this.rom 262144 no-host-has-that.rom
	end
	MAP
}

rom() { truncate -s "$2" "$1"; }
resolve() { romcompat resolve --maps maps --firmware fw --firmware more "$@"; }

@test "an installed ROM that fits is taken, with the bucket as length" {
    rom fw/efi-virtio.rom 262144
    run -0 resolve -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      fw/efi-virtio.rom" "romsize   262144" "rule      machine pc-i440fx 2.4 10.0, bucket 262144" \
        "map       maps/ipxe.map, lines 4 (machine) and 6 (rom)" "set       ipxe, package ipxe-qemu-256k-compat" \
        "installed fw/efi-virtio.rom, 262144 bytes" "compat    256k-efi-virtio.rom: not there"
}

@test "one byte more, and the compat ROM is taken" {
    rom fw/efi-virtio.rom 262145
    rom more/256k-efi-virtio.rom 262144
    run -0 resolve -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      more/256k-efi-virtio.rom" "romsize   262144"
}

@test "the first firmware directory that has the name decides" {
    rom fw/efi-virtio.rom 300000
    rom more/efi-virtio.rom 1000
    rom more/256k-efi-virtio.rom 262144
    run -0 resolve -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      more/256k-efi-virtio.rom" "installed fw/efi-virtio.rom, 300000 bytes"
}

@test "neither fits: the rule holds, and the error names the package" {
    rom fw/efi-virtio.rom 300000
    run -0 resolve -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      none fits" "install the package ipxe-qemu-256k-compat"
    output_lacks "romsize"
}

@test "neither fits, but the guest comes by migration: no file is needed" {
    rom fw/efi-virtio.rom 300000
    run -0 resolve --incoming -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      none needed" "romsize   262144"
    run -0 resolve --incoming --qemu 8.1 -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      none needed"
}

@test "... unless QEMU is older than 8.1 and reads it all the same" {
    rom fw/efi-virtio.rom 300000
    run -0 resolve --incoming --qemu 7.2 -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      none fits" "install the package"
    run -0 resolve --incoming --qemu 8.0.5 -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      none fits"
    run -2 resolve --qemu new -M pc-i440fx-7.2 efi-virtio.rom
    output_has "--qemu: 'new' is not a valid version"
}

@test "an exact line is named as one, and a +suffix is dropped" {
    run -0 resolve -M pc-i440fx-xenial+pve1 efi-virtio.rom
    output_has "rule      machine pc-i440fx-xenial," "lines 5 (machine) and 6 (rom)"
}

@test "no rule is status 1, also beside a ROM that has one" {
    run -1 resolve -M pc-i440fx-10.1 efi-virtio.rom
    output_has "rule      none for pc-i440fx-10.1"
    run -1 resolve -M pc-i440fx-7.2 other.rom efi-virtio.rom
    output_has "other.rom" "none for pc-i440fx-7.2" "machine pc-i440fx 2.4 10.0"
    run -0 resolve -M pc-i440fx-7.2 efi-e1000.rom efi-virtio.rom
}

@test "an alias stands for what it is in the QEMU that asks" {
    stock_qemu qemu-7 7.2.1
    rom fw/efi-virtio.rom 262144
    run -0 resolve --qemu ./qemu-7 -M pc efi-virtio.rom
    output_has "rule      machine pc-i440fx 2.4 10.0, bucket 262144"
    run -0 --separate-stderr resolve --json --qemu ./qemu-7 -M pc efi-virtio.rom
    [ "$(jq -r .machine <<< "$output")" = pc-i440fx-7.2 ]
    run -2 resolve --qemu ./qemu-7 -M q35 efi-virtio.rom
    output_has "q35: an alias, and which machine type it stands for is not known here"
    run -2 resolve --qemu ./qemu-7 -M pc-i440fx-9.9 efi-virtio.rom
    output_has "pc-i440fx-9.9: this QEMU has no such machine type"
    # No QEMU of this host is of that version.
    run -2 resolve --qemu 1.0 -M pc efi-virtio.rom
    output_has "pc: an alias"
}

@test "a broken map is reported, and the others serve" {
    echo nonsense >maps/a.map
    run -0 --separate-stderr resolve -M pc-i440fx-7.2 efi-virtio.rom
    [ "$stderr" = "romcompat: maps/a.map:1: 'nonsense' is not the start of a compat map (expected: romcompat-map 1)" ]
    output_has "maps/ipxe.map, lines 4"
}

@test "a file of the first --maps directory hides the second's" {
    sed 's/256k-/local-/' maps/ipxe.map >local/ipxe.map
    run -0 romcompat resolve --maps local --maps maps --firmware fw -M pc-i440fx-7.2 efi-virtio.rom
    output_has "local/ipxe.map" "local-efi-virtio.rom"
    echo 'romcompat-map 1' >local/ipxe.map
    run -1 romcompat resolve --maps local --maps maps --firmware fw -M pc-i440fx-7.2 efi-virtio.rom
}

@test "a --maps directory that is not there is status 2" {
    run -2 romcompat resolve --maps nowhere --firmware fw -M pc-i440fx-7.2 efi-virtio.rom
    output_has "romcompat: nowhere: No such file or directory"
}

@test "wrong usage is status 2 and says what is wrong" {
    run -2 romcompat resolve efi-virtio.rom
    output_has "--machine is missing"
    run -2 resolve -M pc-i440fx-7.2
    output_has "a ROM is missing"
    run -2 resolve -M pc-i440fx-7.2 /usr/lib/ipxe/qemu/efi-virtio.rom
    output_has "'/usr/lib/ipxe/qemu/efi-virtio.rom' is not a bare ROM file name"
    run -2 resolve -M 'pc i440fx' efi-virtio.rom
    output_has "'pc i440fx' is not a machine type"
    run -2 resolve -M pc-i440fx-7.2 ''
    run -2 resolve -M
}

@test "a directory in the place of a ROM is not taken" {
    mkdir fw/efi-virtio.rom
    rom more/256k-efi-virtio.rom 1000
    run -0 resolve -M pc-i440fx-7.2 efi-virtio.rom
    output_has "file      more/256k-efi-virtio.rom" "fw/efi-virtio.rom is not a regular file"
}

@test "--json says the same for programs" {
    rom fw/efi-virtio.rom 300000
    rom fw/256k-efi-virtio.rom 262144
    echo nonsense >maps/a.map
    run -1 --separate-stderr resolve --json -M pc-i440fx-7.2 efi-virtio.rom efi-e1000.rom none.rom
    echo "$output" >out.json
    # shellcheck disable=SC2016 # Perl's variables
    run -0 perl -MJSON::PP -0777 -ne '
        my $o = decode_json($_);
        my ($one, $two, $three) = @{$o->{roms}};
        $o->{machine} eq "pc-i440fx-7.2" and !$o->{incoming} or die "question";
        $one->{choice} eq "compat" and $one->{file} eq "fw/256k-efi-virtio.rom" or die "choice";
        $one->{romsize} == 262144 and !defined $one->{error} or die "romsize";
        my $rule = $one->{rule};
        $rule->{map} eq "maps/ipxe.map" and $rule->{machine_line} == 4 and $rule->{rom_line} == 6 or die "rule";
        $rule->{machine} eq "pc-i440fx 2.4 10.0" and !$rule->{exact} and $rule->{bucket} == 262144 or die "line";
        $one->{installed}{size} == 300000 and $one->{compat}{size} == 262144 or die "sizes";
        !defined $two->{choice} and $two->{error} =~ /install the package ipxe-qemu-256k-compat/ or die "error";
        !defined $three->{rule} and !defined $three->{error} or die "no rule";
        @{$o->{problems}} == 1 and $o->{problems}[0]{line} == 1 or die "problems";
        ' out.json
}

@test "without --maps the default directories are read, the local one first" {
    run -1 strace -f -e trace=openat -o trace romcompat resolve --firmware fw -M no-such-machine efi-virtio.rom
    grep -oE '/(etc|usr/share)/qemu/romcompat\.d' trace >order
    [ "$(uniq order | tr '\n' ' ')" = "/etc/qemu/romcompat.d /usr/share/qemu/romcompat.d " ]
}

@test "without --firmware the directories of Debian's QEMU are searched in its order" {
    run -0 strace -f -o trace romcompat resolve --maps maps -M pc-i440fx-7.2 no-host-has-this.rom
    grep -oE '"[^"]*/no-host-has-that\.rom"' trace >order
    diff - order <<-ORDER
	"/usr/share/qemu/no-host-has-that.rom"
	"/usr/share/seabios/no-host-has-that.rom"
	"/usr/lib/ipxe/qemu/no-host-has-that.rom"
	ORDER
}

@test "a full disk under standard output is status 2" {
    run -2 sh -c 'romcompat resolve --maps maps -M pc-i440fx-7.2 efi-virtio.rom >/dev/full'
}
