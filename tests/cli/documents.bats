#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What users read: manual pages, completion, README.
load common

@test "every manual page is formatted without a warning" {
    # As man does it, in one process.
    run -0 env LC_ALL=C groff -z -t -K utf8 -mandoc -Tascii -rLL=78n -wall "$TOP"/packaging/man/*.[1-8] "$TOP"/resolver/man/*.[1-8]
    [ -z "$output" ] || { echo "$output"; false; }
}

@test "every manual page passes mandoc's lint" {
    run -0 mandoc -Tlint -W warning "$TOP"/packaging/man/*.[1-8] "$TOP"/resolver/man/*.[1-8] "$TOP"/tests/qemu/handler/*.7
    [ -z "$output" ] || { echo "$output"; false; }
}

@test "one manual page has a section for each subcommand, and romcompat(1) names it" {
    for sub in $(romcompat help --options); do
        case $sub in
        help) continue ;;
        flash | varstore | xen) names=$(romcompat help --options "$sub" | grep -v ^- | sed "s/^/$sub /") ;;
        *) names=$sub ;;
        esac
        while read -r name; do
            [ "$(cat "$TOP"/packaging/man/romcompat-*.1 | grep -cx "\.Ss $name")" = 1 ] || { echo "no section: $name"; false; }
            grep -qx "\.Cm $name [,.]" "$TOP/packaging/man/romcompat.1" || { echo "not in romcompat(1): $name"; false; }
        done <<< "$names"
    done
}

# leaves: every subcommand that runs, "flash inspect" for one of a group.
leaves() {
    local sub
    for sub in $(romcompat help --options); do
        case $sub in
        flash | varstore | xen) romcompat help --options "$sub" | grep -v ^- | sed "s/^/$sub /" ;;
        *) echo "$sub" ;;
        esac
    done
}

@test "the SYNOPSIS of the manual has every option of every subcommand, and no other" {
    # "NAME --option" and "NAME -o" for each option in a SYNOPSIS of a page.
    awk '/^\.Sh/ {on = $2 == "SYNOPSIS"} !on {next} /^\.Nm/ {name = ""}
        /^\.Cm/ {name = $2 ($3 == "" ? "" : " " $3)}
        {sub(/^\.Fl/, "Fl"); for (i = 1; i < NF; i++) if ($i == "Fl") {
            if ($(i + 1) == "Fl") print name, "--" $(i + 2); else if ($(i - 1) != "Fl") print name, "-" $(i + 1)}}
    ' "$TOP"/packaging/man/romcompat-*.1 | sort -u > "$BATS_TEST_TMPDIR/manual"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/manual")" -gt 90 ]
    leaves | grep -vx help > "$BATS_TEST_TMPDIR/leaves"
    while read -r name; do
        # shellcheck disable=SC2086 # two words of a group
        romcompat help $name | sed -nE "s/^  (-.|  )[, ] --([a-z0-9-]+).*/\1 --\2/p" | grep -v -- --help |
            while read -r first second; do
                short=${second:+$first} long=${second:-$first}
                grep -qxF -- "$name $long" "$BATS_TEST_TMPDIR/manual" ||
                    grep -qxF -- "$name ${short:-none}" "$BATS_TEST_TMPDIR/manual" || echo "not in SYNOPSIS: $name $long"
                echo "$name $long"
                [ -z "$short" ] || echo "$name $short"
            done
    done < "$BATS_TEST_TMPDIR/leaves" > "$BATS_TEST_TMPDIR/all"
    grep "^not in SYNOPSIS" "$BATS_TEST_TMPDIR/all" && false
    run -1 grep -vxF -f "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/manual"
}

@test "the usage of every subcommand has its options, and names no others" {
    while read -r name; do
        # shellcheck disable=SC2086
        help=$(romcompat help $name)
        usage=$(sed -n '/^Usage:/,/^$/p' <<< "$help")
        options=$(sed -n '/^Options:/,/^$/p' <<< "$help")
        for word in $(grep -oE -- '(^|[[ ])--?[a-zA-Z][a-z0-9-]*' <<< "$usage" | tr -d '[ '); do
            grep -qE -- "^ +(-., )?$word( |$)|^  $word, " <<< "$options" || { echo "$name: usage has $word"; false; }
        done
    done < <(leaves)
}

@test "the manual names the limits that the code has" {
    page=$(manual)
    limit() { # HEADER NAME VALUE TEXT
        grep -qE "^#define $2 +.*$3" "$TOP/packaging/$1" || { echo "$1: $2 is not $3"; return 1; }
        grep -qF -- "$4" <<< "$page" || { echo "not in the manual: $4"; return 1; }
    }
    limit inputs/file.h ROM_FILE_MAX '16 << 20' "a ROM 16 MiB"
    limit formats/option_rom.h OPTROM_IMAGES_MAX 1024 "images of a ROM 1024"
    limit inputs/dpkg_history.h DPKG_HISTORY_FILES_MAX 1000 "at most 1,000 logs"
    limit inputs/dpkg_history.h DPKG_HISTORY_CHANGES_MAX 1000000 "1,000,000 changes"
    limit inputs/archive.h UNPACK_ENTRY_MAX '16 << 20' "one entry that is read 16 MiB"
    limit inputs/archive.h UNPACK_ENTRIES_MAX 500000 "entries 500,000"
    limit inputs/archive.h UNPACK_TOTAL_MAX '4 << 30' "decompression 4 GiB"
    limit inputs/archive.h UNPACK_HEADER_MAX '8 << 20' "of an entry 8 MiB"
    limit inputs/file.h FLASH_FILE_MAX '128 << 20' "flash image, or qcow2 disk of one 128 MiB"
    limit flash/image.h FLASH_DECODED_MAX '128 << 20' "after decompression 128 MiB"
    limit inputs/lzop.h LZOP_BLOCK_MAX '16 << 20' "a block of lzop's is at most 16 MiB"
    limit fleet/inventory.h INVENTORY_DOCUMENT_MAX '16 << 20' "16 MiB a document"
    limit fleet/inventory.h INVENTORY_LIST_MAX 20000 "20,000 entries a list"
    limit fleet/inventory.h INVENTORY_TEXT_MAX 4096 "4,096 bytes a text"
    limit fleet/fleet.h FLEET_HOSTS_MAX 10000000 "10,000,000 hosts"
    limit fleet/fleet.h FLEET_CLASSES_MAX 1000 "1,000 classes"
    limit fleet/fleet.h FLEET_MACHINES_MAX 4096 "4,096 machine types"
    limit fleet/inventory_read.h INVENTORY_KEPT_MAX '256 << 20' "256 MiB of different contents"
    limit fleet/fix_plan.h FIX_STEPS_MAX 100000000 "exact up to 100,000,000 steps"
    limit fleet/fix_plan.h FIX_SETS_MAX 5 "At most 5 packages"
    limit fleet/fix_plan.h FIX_COLUMNS_MAX 256 "256 lengths chosen"
    limit fleet/matrix.h MATRIX_CLASSES_MAX 60 "at most 60 of them"

    budget() {
        grep -qF "[EFFORT_$1] = {$2}" <(sed 's/"[^"]*", //' "$TOP/packaging/base/effort.c") || { echo "$1 is not $2"; return 1; }
        grep -qF -- "$3" <<< "$page" || { echo "not in the manual: $3"; return 1; }
    }
    budget UNPACKED '(uint64_t)512 << 20, 128, 1' "unpacked bytes 512 MiB 128 a byte"
    budget TEXT '(uint64_t)64 << 20, 64, 1' "unpacked bytes of logs 64 MiB 64 a byte"
    budget ENTRIES '100000, 1, 16' "entries of archives 100,000 1 for 16 bytes"
    budget FILES '16384, 1, 128' "ROMs and firmware images 16,384 1 for 128 bytes"
    budget PARSED '1500000, 1, 1' "values of JSON documents read 1,500,000 1 a byte"
    budget VALUES '250000, 1, 8' "values of JSON documents made 250,000 1 for 8 bytes"
    budget COMPARISONS '400000000, 0, 1' "comparisons 400,000,000 none"
    limit formats/option_rom.h OPTROM_TEXT_MAX 255 "cut off after 255 bytes"
    limit inputs/unstream.h UNPACK_DICTIONARY_MAX '128 << 20' "a dictionary or window of at most 128 MiB"
    limit inputs/lzma.h LZMA_OUTPUT_MAX '64 << 20' "of which one section 64 MiB"
    limit flash/image.h FLASH_PACKED_MAX 64 "flash image, compressed sections 64"
    limit formats/guided_table.h GUIDED_SECTIONS_MAX 64 "metadata that is measured 64 ranges, of 256 MiB in all"
    limit formats/igvm.h IGVM_AREAS_MAX 1024 "parameter areas of an IGVM file 1024"
    limit flash/measure.h MEASURE_RANGES_MAX '256 << 20' "of 256 MiB in all; 4096 vCPUs"
    limit flash/confidential.h QEMU_FILE_MAX '256 << 20' "of at most 256 MiB, know such guests"
    limit inputs/crypto.h P384_FILE_MAX '64 << 10' "PEM files of at most 64 KiB"
    limit flash/measure.h MEASURE_VCPUS_MAX 4096 "4096 vCPUs"
    limit formats/variable_store.h VARSTORE_VARIABLES_MAX 16384 "variable store, variables 16384"
    limit formats/signature_list.h SIGNATURES_MAX 65536 "a list of keys 65,536"
    limit inputs/certificate.h CERTIFICATE_MAX '64 << 10' "a certificate 64 KiB"
    limit flash/key_source.h KEY_SOURCE_MAX '1 << 20' "a file of lists 1 MiB"
    limit commands/enroll_journal.h ENROLL_JOURNAL_MAX '64 << 20' "journal of enroll 64 MiB"
    limit formats/device_path.h DEVICE_PATH_NODES_MAX 64 "64 nodes"
    limit formats/device_path.h DEVICE_PATH_TEXT_MAX 1024 "1024 bytes of text"
    limit formats/memory_map.h MEMORY_TOP '4 << 30' "searched below 4 GiB"
    limit formats/memory_core.h CORE_HEADERS_MAX 65536 "headers of a core 65,536"
    limit formats/memory_core.h CORE_NAMES_MAX 4096 "names 4096 bytes"
    limit formats/memory_core.h CORE_NOTES_MAX '1u << 20' "notes 1 MiB"
    limit flash/extract.h EXTRACT_READS_MAX 10 "until two are the same 10"
    limit flash/extract.h EXTRACTED_PASSED_MAX 32 "32 volumes listed"
    limit inputs/guest_memory.h QMP_MEMORY_AT_ONCE '16 << 20' "16 MiB at a time"
    limit inputs/rom_files.h ROM_DIRECTORY_DEPTH_MAX 64 "directories in directories 64"
    limit flash/generations.h GENERATIONS_MAX 1000 "says, at most 1000"
    limit inputs/xl.h XL_ANSWER_MAX '4 << 20' "an answer of xl 4 MiB, 30 seconds"
    limit inputs/xl.h XL_ANSWER_SECONDS 30 "4 MiB, 30 seconds"
    limit inputs/xl.h XL_CREATE_SECONDS 600 "to start or end a domain 600 seconds"
    limit guest/xen_variables.h XEN_EXTRACT_SECONDS 300 "to find and read the variables 300 seconds"
    limit guest/xen_variables.h XEN_INJECT_SECONDS 60 "to make an image 60 seconds"
    limit inputs/download.h DOWNLOAD_SIZE_MAX '512' "a download 512 MiB"
    limit inputs/download.h DOWNLOAD_REDIRECTS_MAX 10 "redirections of a download 10"
}

# completes WORD...: what bash offers for the last word.
completes() {
    bash -c '
        source "$1/packaging/completion/romcompat.bash"; shift
        compopt() { :; }
        COMP_WORDS=(romcompat "$@"); COMP_CWORD=$#
        _romcompat; printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP" "$@"
}

@test "bash completes subcommands, their options and files" {
    run -0 completes bu
    [ "$output" = build ]
    run -0 completes help ins
    [ "$output" = inspect ]
    run -0 completes help flash ins
    [ "$output" = inspect ]
    run -0 completes build --de
    [ "$output" = --deb ]
    run -0 completes pad --bu
    [ "$output" = "--bucket=" ]
    run -0 completes flash che
    [ "$output" = check ]
    run -0 completes flash check --conf
    [ "$output" = --confidential ]
    # What it offers for each subcommand is what that accepts.
    while read -r name; do
        # shellcheck disable=SC2086
        completes $name -- | sed 's/=$//' | sort > "$BATS_TEST_TMPDIR/offered"
        # shellcheck disable=SC2086
        romcompat help $name | sed -nE 's/^  .{4}(--[a-z0-9-]+).*/\1/p' | sort | diff - "$BATS_TEST_TMPDIR/offered"
    done < <(leaves)
    cd "$TOP"
    run -0 completes lint READ
    [ "$output" = README.md ]
}
