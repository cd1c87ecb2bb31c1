#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# %romcompat_check and %romcompat_build in a real spec file, built by rpmbuild.
load common

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export HOME=$PWD
    mkdir -p top/SOURCES
    make_rom legacy:20 efi:30 >top/SOURCES/efi-one.rom # 25,600 bytes: 32K
    make_rom legacy:20 >top/SOURCES/pxe-two.rom        # 10,240 bytes: 16K
    cat >top/SOURCES/budget.yaml <<-'B'
	budget: my-roms
	unlisted: error
	roms:
	  - match: "efi-*.rom"
	    bucket: 32K
	  - match: "pxe-*.rom"
	    bucket: 16K
	B
    spec '%romcompat_check %{SOURCE2}'
}

# spec INSTALL-LINE [MORE]: the spec file, with a line at the end of %install.
spec() {
    cat >my-roms.spec <<-S
	%global debug_package %{nil}
	Name: my-roms
	Version: ${version:-1.0}
	Release: 1
	Summary: option ROMs
	License: GPL-2.0-or-later
	BuildArch: noarch
	Source0: efi-one.rom
	Source1: pxe-two.rom
	Source2: budget.yaml
	Source3: old.yaml
	%description
	ROMs of a test.
	%prep
	%build
	%install
	mkdir -p %{buildroot}/usr/share/qemu
	cp %{SOURCE0} %{SOURCE1} %{buildroot}/usr/share/qemu/
	$1
	echo after the macro
	%files
	/usr/share/qemu/efi-one.rom
	/usr/share/qemu/pxe-two.rom
	${2:-}
	S
    touch top/SOURCES/old.yaml
}

build() {
    rpmbuild --load "$TOP/packaging/rpm/macros.romcompat" --define "_topdir $PWD/top" -bb my-roms.spec 2>&1
}

contents() {
    rpm -qp --nosignature --qf '[%{filenames} %{filesizes} %{filemodes:perms}\n]' "$1"
}

@test "the macro file is taken in where rpm looks for it: no macro of it is left unexpanded" {
    run -0 rpm --load "$TOP/packaging/rpm/macros.romcompat" --eval '%romcompat_check -s -j r.xml b.yaml x y' \
        --eval '%romcompat_build -f my.files a.yaml'
    output_has "set -e -- b.yaml x y" "--strict --junit r.xml" "romcompat_list=my.files" 'echo "%dir'
    output_lacks "%romcompat" "%%" "%{-" "%{*"
}

@test "a package within its budget is built" {
    run -0 build
    output_has "2 ROMs, budget my-roms: 0 failures" "after the macro"
    contents top/RPMS/noarch/my-roms-1.0-1.noarch.rpm | grep -q '/usr/share/qemu/efi-one.rom 25600'
}

@test "a ROM that leaves its bucket stops rpmbuild, with the numbers" {
    make_rom legacy:20 efi:50 >top/SOURCES/efi-one.rom
    run -1 build
    output_has efi-one.rom 35840 32K "Bad exit status"
    # In the trace of the script it would stand as "+ echo after".
    output_lacks "+ echo after the macro"
    [ ! -e top/RPMS/noarch/my-roms-1.0-1.noarch.rpm ]
}

@test "paths, -s and -j go to romcompat check" {
    spec '%romcompat_check -j report.xml %{SOURCE2} %{buildroot}/usr/share/qemu/pxe-two.rom'
    run -0 build
    output_has "1 ROM, budget my-roms"
    find . -name report.xml | grep -q .
    sed -i 's/bucket: 32K/bucket: 32K\n    margin: 16K/' top/SOURCES/budget.yaml
    spec '%romcompat_check %{SOURCE2}'
    run -0 build
    spec '%romcompat_check -s %{SOURCE2}'
    run -1 build
    output_has "Bad exit status"
    spec '%romcompat_check'
    run -1 build
    output_has "romcompat_check needs a budget"
}

@test "a romset makes the compat package in the same build" {
    version=1.0 spec '%romcompat_check %{SOURCE2}'
    build >/dev/null
    mv top/RPMS/noarch/my-roms-1.0-1.noarch.rpm top/SOURCES/
    make_rom legacy:20 efi:50 >top/SOURCES/efi-one.rom
    sed -i 's/bucket: 32K/bucket: 64K/' top/SOURCES/budget.yaml
    version=2.0 spec "%romcompat_check %{SOURCE2}
%romcompat_build -f compat.files %{SOURCE3}" "%package 32k-compat
Summary: option ROMs of release 1
%description 32k-compat
ROMs of a test.
%files 32k-compat -f compat.files"
    cat >top/SOURCES/old.yaml <<-R
	romset: my-roms-32k
	summary: option ROMs of release 1, 32 KiB buckets
	bucket: 32K
	package: my-roms-32k-compat
	source:
	  archive: my-roms-1.0-1.noarch.rpm
	  sha256: $(sha256sum top/SOURCES/my-roms-1.0-1.noarch.rpm | cut -d' ' -f1)
	roms:
	  - file: usr/share/qemu/efi-one.rom
	machines:
	  - pc-q35: -..10.0
	R
    run -0 build
    diff <(contents top/RPMS/noarch/my-roms-32k-compat-2.0-1.noarch.rpm | sed 's/map [0-9]*/map/; s/\.d [0-9]*/.d/') - <<-'L'
	/usr/share/qemu/32k-efi-one.rom 32768 -rw-r--r--
	/usr/share/qemu/romcompat.d drwxr-xr-x
	/usr/share/qemu/romcompat.d/my-roms-32k.map -rw-r--r--
	L
    contents top/RPMS/noarch/my-roms-2.0-1.noarch.rpm | grep -q '/usr/share/qemu/efi-one.rom 35840'
    rpm2cpio top/RPMS/noarch/my-roms-32k-compat-2.0-1.noarch.rpm | cpio -i --to-stdout --quiet '*.map' >x.map
    run -0 romcompat map x.map
    output_has my-roms-32k
}
