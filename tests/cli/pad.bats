#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

make_rom() { "$BUILD/tests/cli/make_rom" "$@"; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    make_rom legacy:4:1af4:1041+pnp efi:8:1af4:1041+compressed > in.rom # 6144 bytes
    sum=$(sha256sum < in.rom)
}

teardown() {
    [ -z "${open:-}" ] || rm -rf "$open"
}

# same_up_to N A B: the first N bytes are the same.
same_up_to() { cmp -n "$1" "$2" "$3"; }

# filled FILE FROM BYTE: everything from there on is BYTE (two hexadecimal digits).
filled() { [ -z "$(tail -c +$(($2 + 1)) "$1" | od -An -v -tx1 | tr -d ' \n' | sed "s/$3//g")" ]; }

no_temporaries() { [ -z "$(find . -name '*romcompat-new*')" ]; }

@test "pad appends FF up to the bucket and changes nothing else" {
    run -0 romcompat pad --bucket 16K in.rom -o out.rom
    [ -z "$output" ]
    [ "$(stat -c %s out.rom)" = 16384 ]
    same_up_to 6144 in.rom out.rom
    filled out.rom 6144 ff
    [ "$(sha256sum < in.rom)" = "$sum" ]
    no_temporaries
}

@test "the fill may be another byte, in decimal or hexadecimal" {
    run -0 romcompat pad --bucket 8K --fill 0 in.rom -o out.rom
    filled out.rom 6144 00
    run -0 romcompat pad --bucket 8K --fill 0x5A in.rom -o out.rom
    filled out.rom 6144 5a
    same_up_to 6144 in.rom out.rom
}

@test "a ROM of exactly its bucket stays what it is" {
    make_rom legacy:4 efi:12 > exact.rom
    run -0 romcompat pad --bucket 0x2000 exact.rom -o out.rom
    cmp exact.rom out.rom
}

@test "the output may be the input" {
    cp in.rom same.rom
    run -0 romcompat pad --bucket 8192 same.rom -o same.rom
    [ "$(stat -c %s same.rom)" = 8192 ]
    same_up_to 6144 in.rom same.rom
    run -0 romcompat pad --bucket 8192 same.rom -o same.rom
    [ "$(stat -c %s same.rom)" = 8192 ]
    no_temporaries
}

@test "padding beyond the bucket goes, data does not" {
    run -0 romcompat pad --bucket 64K in.rom -o large.rom
    run -0 romcompat pad --bucket 8K large.rom -o out.rom
    [ "$(stat -c %s out.rom)" = 8192 ]
    same_up_to 8192 large.rom out.rom
    run -0 romcompat pad --bucket 64K --fill 0x5a in.rom -o large.rom
    cp out.rom before.rom
    run -1 romcompat pad --bucket 8K large.rom -o out.rom
    output_has "large.rom: not padded: the 57344 bytes beyond the bucket of 8192 are data" \
               "A bucket of 65536 holds the whole file."
    cmp out.rom before.rom
}

@test "one byte of data over the bucket is refused" {
    make_rom legacy:4 efi:12 > over.rom
    printf B >> over.rom
    run -1 romcompat pad --bucket 8K over.rom -o out.rom
    output_has "the 1 bytes beyond the bucket of 8192 are data"
    [ ! -e out.rom ]
}

@test "a chain that does not fit is refused, and the bucket that holds it is named" {
    run -1 romcompat pad --bucket 4K in.rom -o out.rom
    output_has "in.rom: not padded: the image chain does not fit the bucket (found 6144 bytes, expected at most 4096)" \
               "The smallest bucket for it is 8192."
    [ ! -e out.rom ]
}

@test "a ROM with errors is refused, and each of them is named" {
    make_rom legacy:4+pnp checksum=1 efi:8 subsystem=1 > bad.rom
    run -1 romcompat pad --bucket 8K bad.rom -o out.rom
    output_has "bad.rom: image 0, offset 0x0: the image's bytes do not add up to 0" \
               "bad.rom: image 1, offset 0x808: the EFI subsystem" \
               "bad.rom: not padded: the ROM has 2 errors" "romcompat inspect"
    [ ! -e out.rom ]
}

@test "a ROM with warnings is padded" {
    make_rom legacy:4 revision=2 > warned.rom
    run -0 romcompat pad --bucket 4K warned.rom -o out.rom
    same_up_to 2048 warned.rom out.rom
}

@test "files that are no ROM are refused" {
    : > empty.rom
    run -1 romcompat pad --bucket 4K empty.rom -o out.rom
    output_has "empty.rom: offset 0x0: the file is empty"
    head -c 27 in.rom > short.rom
    run -1 romcompat pad --bucket 4K short.rom -o out.rom
    output_has "the file is too short for a ROM header (found 27, expected at least 28)"
    head -c 5000 in.rom > cut.rom
    run -1 romcompat pad --bucket 8K cut.rom -o out.rom
    output_has "the image ends past the end of the file (found 6144, expected at most 5000)"
    echo "not a ROM at all, but long enough to be one" > text.rom
    run -1 romcompat pad --bucket 4K text.rom -o out.rom
    output_has "the file does not begin with 55 AA"
    [ ! -e out.rom ]
}

@test "--ids changes vendor, device and checksum, and nothing else" {
    run -0 romcompat pad --bucket 8K in.rom -o plain.rom
    run -0 romcompat pad --bucket 8K --ids 1AF4:1000 in.rom -o out.rom
    # Each image's device 1041 becomes 1000: one byte at PCIR + 6, and byte 6 of the legacy image.
    run -1 cmp -l plain.rom out.rom
    [ "$(awk '{print $1 - 1, $2, $3}' <<< "$output" | grep -c .)" = 3 ]
    [ "$(awk '{print $1 - 1}' <<< "$output" | tr '\n' ' ')" = "6 34 2082 " ]
    # It is still a sound ROM.
    run -0 romcompat pad --bucket 16K out.rom -o again.rom
}

@test "--ids fixes the last byte where byte 6 is code" {
    make_rom legacy:4:1af4:1041+lastbyte > old.rom
    run -0 romcompat pad --bucket 2K --ids 1af4:1000 old.rom -o out.rom
    run -1 cmp -l old.rom out.rom
    [ "$(awk '{print $1 - 1}' <<< "$output" | tr '\n' ' ')" = "34 2047 " ]
}

@test "--ids is refused for a ROM without PCIR" {
    make_rom isa:4 > isa.rom
    run -1 romcompat pad --bucket 4K --ids 1af4:1000 isa.rom -o out.rom
    output_has "isa.rom: not padded: the ROM has no PCIR"
    [ ! -e out.rom ]
    run -0 romcompat pad --bucket 4K isa.rom -o out.rom
}

@test "wrong usage is status 2" {
    for bucket in 3000 1K 0 32M 4G 64Q -1 ''; do
        run -2 romcompat pad --bucket "$bucket" in.rom -o out.rom
        output_has "--bucket: " "is not a valid"
    done
    for fill in 256 -1 0x100 ff ''; do
        run -2 romcompat pad --bucket 8K --fill "$fill" in.rom -o out.rom
        output_has "--fill: '$fill' is not a number from 0 to 255"
    done
    for ids in 1af4 1af4:100 1af4-1000 1af4:1000x 11af4:1000 "1af4: 100" ''; do
        run -2 romcompat pad --bucket 8K --ids "$ids" in.rom -o out.rom
        output_has "--ids: '$ids' is not a valid pair of ids"
    done
    run -2 romcompat pad in.rom -o out.rom
    output_has "--bucket is missing"
    run -2 romcompat pad --bucket 8K in.rom
    output_has "--output is missing"
    run -2 romcompat pad --bucket 8K -o out.rom
    output_has "a ROM is missing"
    run -2 romcompat pad --bucket 8K in.rom in.rom -o out.rom
    output_has "too many operands (found 2, expected 1)"
    [ ! -e out.rom ]
}

@test "inputs that are no regular file are refused, none of them hangs" {
    mkdir directory
    mkfifo fifo
    ln -s nowhere dangling
    run -2 timeout 5 romcompat pad --bucket 8K directory -o out.rom
    output_has "directory: not a regular file (found a directory)"
    run -2 timeout 5 romcompat pad --bucket 8K fifo -o out.rom
    output_has "fifo: not a regular file (found a FIFO)"
    run -2 timeout 5 romcompat pad --bucket 8K /dev/zero -o out.rom
    output_has "/dev/zero: not a regular file (found a device)"
    run -2 timeout 5 romcompat pad --bucket 8K dangling -o out.rom
    output_has "dangling: No such file or directory"
    run -2 timeout 5 romcompat pad --bucket 8K missing.rom -o out.rom
    output_has "missing.rom: No such file or directory"
    truncate -s 16777217 big.rom
    run -2 romcompat pad --bucket 8K big.rom -o out.rom
    output_has "big.rom: file is too large (found 16777217 bytes, expected at most 16777216)"
    [ ! -e out.rom ]
}

@test "outputs that are no regular file are refused" {
    mkdir directory
    mkfifo fifo
    ln -s nowhere/out.rom dangling
    run -2 timeout 5 romcompat pad --bucket 8K in.rom -o directory
    output_has "directory: not a regular file, not written"
    run -2 timeout 5 romcompat pad --bucket 8K in.rom -o fifo
    output_has "fifo: not a regular file, not written"
    run -2 timeout 5 romcompat pad --bucket 8K in.rom -o dangling
    output_has "dangling: No such file or directory"
    run -0 romcompat pad --bucket 8K in.rom -o no/such/directory/out.rom
    [ "$(stat -c %s no/such/directory/out.rom)" = 8192 ]
    run -2 romcompat pad --bucket 8K in.rom -o in.rom/out.rom
    output_has "Not a directory"
    [ -d directory ] && [ -p fifo ] && [ -L dangling ]
    no_temporaries
}

@test "a link as output stays a link, and its file is replaced" {
    echo old > real.rom
    ln -s real.rom link.rom
    run -0 romcompat pad --bucket 8K in.rom -o link.rom
    [ -L link.rom ]
    [ "$(stat -c %s real.rom)" = 8192 ]
}

@test "a new ROM can be read by QEMU's user whatever the umask, an old file keeps its mode" {
    umask 027
    run -0 romcompat pad --bucket 8K in.rom -o new.rom
    [ "$(stat -c %a new.rom)" = 644 ]
    chmod 604 new.rom
    run -0 romcompat pad --bucket 16K in.rom -o new.rom
    [ "$(stat -c %a new.rom)" = 604 ]
}

# As somebody who is not root, to whom permissions mean something.
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

@test "an unreadable input, a read-only output and a read-only directory are refused" {
    open=$(mktemp -d /tmp/romcompat-pad.XXXXXX)
    cp "$BUILD/romcompat" in.rom "$open"
    cp in.rom "$open/secret.rom"
    chmod 000 "$open/secret.rom"
    mkdir "$open/closed"
    cp in.rom "$open/closed/out.rom"
    chmod 755 "$open"
    chmod 555 "$open/closed"
    echo keep > "$open/fixed.rom"
    chmod 444 "$open/fixed.rom"
    chmod 777 "$open"
    cd "$open"
    run -2 as_nobody ./romcompat pad --bucket 8K secret.rom -o out.rom
    output_has "secret.rom: Permission denied"
    run -2 as_nobody ./romcompat pad --bucket 8K in.rom -o closed/new.rom
    output_has "Permission denied"
    run -2 as_nobody ./romcompat pad --bucket 8K in.rom -o closed/out.rom
    output_has "Permission denied"
    cmp in.rom closed/out.rom
    run -2 as_nobody ./romcompat pad --bucket 8K in.rom -o fixed.rom
    output_has "fixed.rom: Permission denied"
    [ "$(cat fixed.rom)" = keep ]
    [ ! -e out.rom ]
    no_temporaries
}

@test "on a full disk the old output stands and nothing is left behind" {
    # A file system of 64K, seen by this one shell only.
    cat > full.sh <<'END'
mount -t tmpfs -o size=64k none disk || exit 99
cp in.rom disk/out.rom
head -c 40000 /dev/zero > disk/ballast
romcompat pad --bucket 64K in.rom -o disk/out.rom
status=$?
ls -A disk
cmp in.rom disk/out.rom || exit 98
exit $status
END
    mkdir disk
    run -2 unshare --mount --map-root-user bash full.sh
    output_has "disk/out.rom: No space left on device" "ballast"
    output_lacks romcompat-new
}

@test "killed at any moment, the old output or the new one stands whole" {
    run -0 romcompat pad --bucket 4M in.rom -o new.rom
    cp in.rom old.rom
    cp old.rom out.rom
    was_old=0 was_new=0
    # strace kills it on the way into the Nth of the calls that make the file.
    for call in openat write ftruncate fchmod fsync rename; do
        for n in 1 2 3; do
            cp old.rom out.rom
            strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
                romcompat pad --bucket 4M in.rom -o out.rom || true
            if cmp -s out.rom old.rom; then
                was_old=$((was_old + 1))
            else
                cmp out.rom new.rom
                was_new=$((was_new + 1))
            fi
        done
    done
    echo "old $was_old, new $was_new"
    [ "$was_old" -gt 3 ] && [ "$was_new" -gt 3 ]
    # At most the one temporary is left, and the next run takes it over.
    [ "$(find . -name '*romcompat-new*' | wc -l)" -le 1 ]
    run -0 romcompat pad --bucket 4M in.rom -o out.rom
    cmp out.rom new.rom
    no_temporaries
}
