#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# dh_romcompat in a real source package, built by dpkg-buildpackage with the installed addon.
load ../cli/common

setup_file() {
    export STAGE=$BATS_FILE_TMPDIR/stage
    local variant=${ROMCOMPAT_BUILD##*/}
    make -s -C "$BATS_TEST_DIRNAME/../.." VARIANT="${variant:-release}" install DESTDIR="$STAGE" prefix=/usr \
        >"$BATS_FILE_TMPDIR/install.log" 2>&1 || { cat "$BATS_FILE_TMPDIR/install.log"; return 1; }
}

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }

setup() {
    export PATH=$STAGE/usr/bin:$PATH PERL5LIB=$STAGE/usr/share/perl5
    # A build machine knows nothing of the make that runs these tests.
    unset MAKEFLAGS MFLAGS MAKELEVEL DH_VERBOSE DH_OPTIONS DEB_BUILD_PROFILES
    export DEB_BUILD_OPTIONS=''
    cd "$BATS_TEST_TMPDIR" || return 1
    source_package
}

# A source package whose build puts two ROMs into my-roms, and a text into my-notes.
source_package() {
    mkdir -p my-roms-1.0/debian/source my-roms-1.0/roms
    cd my-roms-1.0 || return 1
    make_rom legacy:20 efi:30 >roms/efi-one.rom # 25,600 bytes: 32K
    make_rom legacy:20 >roms/pxe-two.rom        # 10,240 bytes: 16K
    echo notes >notes.txt
    echo '3.0 (native)' >debian/source/format
    cat >debian/changelog <<-'C'
	my-roms (1.0) unstable; urgency=medium

	  * ROMs.

	 -- A Maintainer <maint@roms.example>  Mon, 02 Jun 2025 10:00:00 +0000
	C
    cat >debian/control <<-'C'
	Source: my-roms
	Section: misc
	Priority: optional
	Maintainer: A Maintainer <maint@roms.example>
	Build-Depends: debhelper-compat (= 13), dh-sequence-romcompat
	Rules-Requires-Root: no
	Standards-Version: 4.6.2

	Package: my-roms
	Architecture: all
	Depends: ${misc:Depends}
	Description: option ROMs
	 ROMs of a test.

	Package: my-notes
	Architecture: any
	Depends: ${misc:Depends}
	Description: notes about option ROMs
	 Notes of a test.
	C
    printf '#!/usr/bin/make -f\n%%:\n\tdh $@\n' >debian/rules
    chmod +x debian/rules
    echo 'roms/*.rom usr/share/qemu' >debian/my-roms.install
    echo 'notes.txt usr/share/my-notes' >debian/my-notes.install
    echo 'Files: *' >debian/copyright
    cat >debian/romcompat.budget <<-'B'
	budget: my-roms
	unlisted: error
	roms:
	  - match: "efi-*.rom"
	    bucket: 32K
	  - match: "pxe-*.rom"
	    bucket: 16K
	B
}

# build full: the packages, as a build machine makes them. -d: the addon is not installed as a
# package here. build binary|binary-arch|binary-indep: what it calls for that, without what it
# does before and after, which takes most of the time.
build() {
    case $1 in
    full) dpkg-buildpackage -d -us -uc --build=full 2>&1 ;;
    *)
        [ ! -d debian/.debhelper ] || debian/rules clean > /dev/null 2>&1
        debian/rules "$1" 2>&1
        ;;
    esac
}

# The ROM leaves its 32 KiB.
grow() {
    make_rom legacy:20 efi:50 >roms/efi-one.rom # 35,840 bytes
}

@test "a package within its budget is built, and its ROMs were checked after dh_install" {
    run -0 build full
    output_has "2 ROMs, budget my-roms: 0 failures"
    [ -f ../my-roms_1.0.dsc ] && [ -f ../my-roms_1.0_all.deb ]
    dpkg-deb -c ../my-roms_1.0_all.deb | grep -q ./usr/share/qemu/efi-one.rom
    # In that order.
    [[ "$output" == *"dh_install"$'\n'*"dh_romcompat"$'\n'*"dh_installdocs"* ]] || { show; false; }
}

@test "a ROM that leaves its bucket stops the build, with the numbers" {
    grow
    run -2 build binary
    output_has "efi-one.rom" "35840" "32K" "dh_romcompat: error"
    ! ls ../*.deb
}

@test "dh_romcompat --fit brings a ROM back into its bucket, and the budget is checked against that" {
    make_rom legacy:40 efi:50 >roms/efi-one.rom # 46,080 bytes
    run -2 build binary
    output_has "46080"
    printf '\noverride_dh_romcompat:\n\tdh_romcompat --fit\n' >>debian/rules
    run -0 build binary
    output_has "20992" "2 ROMs, budget my-roms: 0 failures"
    dpkg-deb --fsys-tarfile ../my-roms_1.0_all.deb | tar -xO ./usr/share/qemu/efi-one.rom >fitted.rom
    [ "$(stat -c %s fitted.rom)" -lt 32768 ]
    romcompat extract roms/efi-one.rom -o before.efi
    romcompat extract fitted.rom -o after.efi
    cmp before.efi after.efi
    # What fit cannot bring back stops the build as before.
    make_rom legacy:65 efi:50 >roms/efi-one.rom
    run -2 build binary
    output_has "dh_romcompat: error"
}

@test "a romset beside the raised budget makes the compat package in the same build" {
    mkdir debian/compat-roms
    cp roms/efi-one.rom debian/compat-roms/
    cp roms/efi-one.rom "$BATS_TEST_TMPDIR/old.rom"
    grow
    sed -i 's/bucket: 32K/bucket: 64K/' debian/romcompat.budget
    cat >debian/romcompat.romset <<-R
	romset: my-roms-32k
	summary: option ROMs of release 1, 32 KiB buckets
	bucket: 32K
	package: my-roms-32k-compat
	source:
	  directory: compat-roms
	roms:
	  - file: efi-one.rom
	    sha256: $(sha256sum debian/compat-roms/efi-one.rom | cut -d' ' -f1)
	machines:
	  - pc-q35: -..10.0
	R
    # Forgotten in debian/control: the stanza is shown.
    run -2 build binary
    output_has "the package 'my-roms-32k-compat', which debian/control does not declare" \
        "Package: my-roms-32k-compat" 'Description: option ROMs of release 1, 32 KiB buckets'

    sed -n '/^Package: my-roms-32k-compat/,/^ These/p' <<<"$output" >stanza
    (echo && cat stanza) >>debian/control && rm stanza
    run -0 build full
    output_has "2 ROMs, budget my-roms: 0 failures"
    deb=../my-roms-32k-compat_1.0_all.deb
    dpkg-deb -x $deb out
    [ "$(stat -c %s out/usr/share/qemu/32k-efi-one.rom)" = 32768 ]
    cmp -n 25600 "$BATS_TEST_TMPDIR/old.rom" out/usr/share/qemu/32k-efi-one.rom
    run -0 romcompat resolve -M pc-q35-7.2 --maps out/usr/share/qemu/romcompat.d --firmware out/usr/share/qemu efi-one.rom
    output_has 32k-efi-one.rom
    diff <(find out -type f -printf '%P %m\n' | grep -v share/doc | sort) - <<-'L'
	usr/share/qemu/32k-efi-one.rom 644
	usr/share/qemu/romcompat.d/my-roms-32k.map 644
	L
    # The large ROM is in the other package, and the compat ROM is not checked against its budget.
    [ "$(dpkg-deb --fsys-tarfile ../my-roms_1.0_all.deb | tar -xO ./usr/share/qemu/efi-one.rom | wc -c)" = 35840 ]
    # And it can be built from the source package that came out.
    dpkg-source -x ../my-roms_1.0.dsc again >/dev/null
    cmp debian/romcompat.romset again/debian/romcompat.romset
    cmp debian/compat-roms/efi-one.rom again/debian/compat-roms/efi-one.rom
}

@test "the old ROM may stay in the package that it was released in" {
    build binary >/dev/null
    cp ../my-roms_1.0_all.deb debian/
    rm -f ../*.deb
    grow
    sed -i 's/bucket: 32K/bucket: 64K/' debian/romcompat.budget
    cat >debian/old.romcompat.romset <<-R
	romset: my-roms-32k
	summary: option ROMs of release 1, 32 KiB buckets
	bucket: 32K
	package: my-roms-32k-compat
	source:
	  archive: my-roms_1.0_all.deb
	  sha256: $(sha256sum debian/my-roms_1.0_all.deb | cut -d' ' -f1)
	roms:
	  - file: usr/share/qemu/efi-one.rom
	machines:
	  - pc-q35: -..10.0
	R
    cat >>debian/control <<-'C'

	Package: my-roms-32k-compat
	Architecture: all
	Depends: ${misc:Depends}
	Description: old ROMs
	 ROMs of a test.
	C
    run -0 build binary
    dpkg-deb -c ../my-roms-32k-compat_1.0_all.deb | grep -q ./usr/share/qemu/32k-efi-one.rom
}

@test "a build of the half that has no ROM checks nothing and passes; the other half is checked" {
    grow
    run -0 build binary-arch
    run -2 build binary-indep
    output_has 35840
}

@test "a package has its own budget, which the common one then does not cover" {
    cp debian/romcompat.budget debian/my-roms.romcompat.budget
    sed -i 's/bucket: 32K/bucket: 2K/' debian/romcompat.budget
    run -2 build binary
    output_has "debian/romcompat.budget: no package has a ROM for it"
    rm debian/romcompat.budget
    run -0 build binary
    output_has "2 ROMs, budget my-roms: 0 failures"
    grow
    run -2 build binary
    output_has 35840
}

@test "options after -- go to romcompat check" {
    printf 'override_dh_romcompat:\n\tdh_romcompat -- --strict --junit ../report.xml\n' >>debian/rules
    run -0 build binary
    grep -q '<testsuite' ../report.xml
    sed -i 's/bucket: 32K/bucket: 32K\n    margin: 16K/' debian/romcompat.budget
    run -2 build binary
    output_has efi-one.rom
}

@test "the sequence without a budget and without a romset is a warning" {
    rm debian/romcompat.budget
    run -0 build binary
    output_has "neither debian/romcompat.budget nor debian/romcompat.romset is there"
}
