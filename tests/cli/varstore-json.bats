#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore export and import, against virt-fw-vars of Debian 13's python3-virt-firmware.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }
virt_fw_vars() { "$BATS_FILE_TMPDIR/virt-fw-vars" "$@"; }

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie
    "$BATS_TEST_DIRNAME/virt-firmware" "$BATS_FILE_TMPDIR"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    D12=$ROMCOMPAT_CACHE/firmware/bookworm/usr/share
    CODE=$ROMCOMPAT_CACHE/firmware/trixie/usr/share/OVMF/OVMF_CODE_4M.fd
    ENROLLED=$D12/OVMF/OVMF_VARS_4M.ms.fd
}

# live FILE: "GUID size name" of every live variable, sorted.
live() { romcompat flash inspect "$1" | awk '$4 == "3f" || $4 == "3e" {if ($5 ~ /^live/) print $1, $2, $NF}' | sort; }

@test "an exported store becomes, imported, a store that exports the same" {
    run -0 romcompat varstore export "$ENROLLED" --out all.json
    [ "$output" = "" ]
    run -0 romcompat varstore import all.json --code "$CODE" --out new
    output_has "31 variables"
    run -0 romcompat flash check --code "$CODE" --vars new
    romcompat varstore export new > again.json
    cmp all.json again.json
    [ "$(live new)" = "$(live "$ENROLLED")" ]
}

@test "--out - is standard output in every varstore subcommand, and no file of that name appears" {
    run -0 romcompat varstore export "$ENROLLED" --out no/such/all.json
    romcompat varstore export "$ENROLLED" --out - > all.json
    cmp all.json no/such/all.json
    romcompat varstore import all.json --code "$CODE" --out to/file
    romcompat varstore import all.json --code "$CODE" --out - > imported 2> note
    cmp imported to/file
    grep -q '31 variables' note
    romcompat varstore convert "$ENROLLED" --code "$CODE" --out - > converted
    [ "$(live converted)" = "$(live "$ENROLLED")" ]
    romcompat varstore create --empty --code "$CODE" --out - > empty
    [ "$(stat -c %s empty)" = 540672 ]
    romcompat varstore inject "$ENROLLED" --into "$D12/ovmf/OVMF.fd" --out - > combined
    [ "$(stat -c %s combined)" = "$(stat -Lc %s "$D12/ovmf/OVMF.fd")" ]
    run -2 romcompat varstore inject "$ENROLLED" --into "$D12/ovmf/OVMF.fd" --out - --json
    output_has "--json and --out - both need standard output"
    [ ! -e - ]
}

# bats test_tags=long
@test "virt-fw-vars reads what is exported, and import reads what virt-fw-vars writes" {
    romcompat varstore export "$ENROLLED" --out ours.json
    virt_fw_vars -i "$D12/OVMF/OVMF_VARS_4M.fd" --set-json ours.json -o by-virt-fw
    [ "$(live by-virt-fw)" = "$(live "$ENROLLED")" ]
    virt_fw_vars -i "$ENROLLED" --output-json theirs.json
    run -0 romcompat varstore import theirs.json --code "$CODE" --out by-us
    romcompat varstore export by-us --out back.json
    # Byte for byte the same data and time stamps, through both.
    cat > compare.py <<'END'
import json, sys
def variables(path):
    return {(v["guid"], v["name"]): (v["attr"], v["data"], v.get("time", "0" * 32))
            for v in json.load(open(path))["variables"]}
sys.exit(not variables("ours.json") == variables("theirs.json") == variables("back.json"))
END
    run -0 /usr/bin/python3 compare.py
}

@test "of one name under two GUIDs virt-fw-vars loses one, and an orphan in transition; export does not" {
    make_store 4M Name:1:4 Name:2:5 Orphan:1:6:3e > old
    virt_fw_vars -i old --output-json theirs.json
    [ "$(grep -c '"name"' theirs.json)" = 1 ]
    run -0 romcompat varstore export old
    [ "$(grep -c '"name"' <<< "$output")" = 3 ]
}

@test "import --into replaces what has the same name and GUID, and keeps all else" {
    make_store 4M Name:1:4:3f:9 Name:2:5 Other:1:6 > old
    cp old before
    make_store 2M Name:2:50 New:1:7 > some
    romcompat varstore export some --out some.json
    run -0 romcompat varstore import some.json --into old --out new
    output_has "4 variables" "OVMF 4M"
    [ "$(live new | cut -d' ' -f2- | sort -k2)" = $'4 Name\n50 Name\n7 New\n6 Other' ]
    cmp old before
    run -2 romcompat varstore import some.json --into old --out new
    output_has "new: exists already"
}

@test "what the JSON or the store has no place for is named in one line" {
    make_store 2M Count:1:2:3f:77 > old
    run -0 --separate-stderr romcompat varstore export old
    [ "$stderr" = "romcompat: warning: old: not in the JSON, which has no place for it: the monotonic count of 1 variable, the key index of 1" ]
    echo "${output/\"data\":/\"digest\":\"00\", \"data\":}" > digest.json
    run -0 --separate-stderr romcompat varstore import digest.json --code "$CODE" --out new
    output_has "the digest of 1 variable,"
}

@test "a name that is not ASCII is said of an export, and not put into a JSON store: QEMU reads another" {
    cat > new.json << 'JSON'
{ "version": 2, "variables": [
  { "name": "Größe", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "0304" } ] }
JSON
    make_store 4M A:1:4 > old
    run -0 romcompat varstore import new.json --into old --out new
    run -0 --separate-stderr romcompat varstore export new --out back.json
    [[ $stderr == *"warning: new: of a name that is not ASCII, as that of 1 variable, QEMU's uefi-vars device makes another"* ]]
    [ "$(jq -r '.variables[1].name' back.json)" = Größe ]
    "$BUILD/tests/cli/make_code" SecureBootConfigDxe VirtMmCommunication > pv.fd
    run -1 romcompat varstore convert new --code pv.fd --out made.json
    output_has "romcompat: new: of a name that is not ASCII"
    [ ! -e made.json ]
    echo '{ "version": 2, "variables": [] }' > store.json
    run -2 romcompat varstore import new.json --into store.json --out made.json
    output_has "store.json: of a name that is not ASCII, as that of 1 variable, QEMU's uefi-vars device makes another"
    [ ! -e made.json ]
}

@test "export reads through a write that was pending, and a store of 64 MiB" {
    make_store 2M A:1:4 pending=C:1:6 > old
    run -0 romcompat varstore export old
    output_has '"name": "C"'
    make_store virt A:1:4 > arm
    truncate -s 64M arm
    romcompat varstore export arm --out arm.json
    romcompat varstore import arm.json --into arm --out new
    # With counts and key indexes, which the JSON does not hold.
    cmp arm new
}

@test "what does not fit is named, and nothing is written" {
    make_store 4M Small:1:4 Huge:1:60000 > old
    romcompat varstore export old > old.json 2> lost
    make_store 2M A:1:1 > into
    run -1 romcompat varstore import old.json --into into --out new
    output_has "1 variable will not fit a store of OVMF 2M" "Huge (60000 bytes)"
    [ ! -e new ]
}

@test "a guest that runs, wrong usage and what is not a JSON are status 2, and nothing is written" {
    make_store 4M A:1:4 > old
    romcompat varstore export old > good.json 2> lost
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore export old --out new
    output_has "old: in use"
    run -2 "$BUILD/tests/cli/hold_image" old romcompat varstore import good.json --into old --out new
    output_has "old: in use"
    run -2 romcompat varstore import good.json --out new
    output_has "--code or --into is missing"
    run -2 romcompat varstore import good.json --code "$CODE" --into old --out new
    output_has "exclude each other"
    run -2 romcompat varstore import old --into old --out new
    output_has "old:1: not JSON"
    run -2 romcompat varstore import good.json --into "$D12/ovmf/OVMF.fd" --out new
    output_has "not a variable store without code (found combined)"
    run -2 romcompat varstore export "$CODE" --out new
    output_has "not a variable store (found code)"
    sed 's/"data": "./"data": "/' good.json > odd.json
    run -2 romcompat varstore import odd.json --into old --out new
    output_has "odd.json: variable 1 (A): 'data': an odd number"
    [ ! -e new ]
}

@test "import --into the JSON of QEMU's uefi-vars device replaces by name and GUID, and keeps all else" {
    cat > store.json << 'JSON'
{ "version": 2, "other": 7, "variables": [
  { "name": "A", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "01", "digest": "aa" },
  { "name": "A", "guid": "13131313-1313-1313-1313-131313131313", "attr": 3, "data": "02" } ] }
JSON
    cat > new.json << 'JSON'
{ "version": 2, "variables": [
  { "name": "B", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "0304" },
  { "name": "A", "guid": "12121212-1212-1212-1212-121212121212", "attr": 7, "data": "ff" } ] }
JSON
    run -0 romcompat varstore import new.json --into store.json --out made.json
    output_has "made.json: 2 variables in the JSON of store.json"
    [ "$(jq -c '[.other, (.variables[] | [.name, .guid[0:2], .attr, .data])]' made.json)" = \
        '[7,["A","12",7,"ff"],["A","13",3,"02"],["B","12",7,"0304"]]' ]
    run -2 romcompat varstore import new.json --into store.json --out made.json
    run -2 romcompat varstore import new.json --into store.json --format qcow2 --out other.json
    echo '{ "version": 2, "variables": [ { "name": "A" } ] }' > broken.json
    run -2 romcompat varstore import new.json --into broken.json --out other.json
    [ ! -e other.json ]
}
