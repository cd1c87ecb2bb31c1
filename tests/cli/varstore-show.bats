#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# varstore show, on the templates of Debian 12, 13 and forky: what certificates are is held
# against openssl, what is in the lists against virt-fw-vars and virt-fw-dump.
load common

make_store() { "$BUILD/tests/cli/make_store" "$@"; }

setup_file() {
    "$BATS_TEST_DIRNAME/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm trixie forky
    "$BATS_TEST_DIRNAME/virt-firmware" "$BATS_FILE_TMPDIR"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    FIRMWARE=$ROMCOMPAT_CACHE/firmware
    FORKY=$FIRMWARE/forky/usr/share/OVMF/OVMF_VARS_4M.ms.fd
    D12=$FIRMWARE/bookworm/usr/share/OVMF/OVMF_VARS_4M.ms.fd
}

# show FILTER ARGUMENT...
show_json() { romcompat varstore show --json "${@:2}" | jq -r "$1"; }

# with NAME GUID HEX: store.fd is an empty store with that variable.
with() {
    echo "{\"version\":2,\"variables\":[{\"name\":\"$1\",\"guid\":\"$2\",\"attr\":39,\"data\":\"$3\"}]}" > v.json
    rm -f store.fd
    romcompat varstore import v.json --code "$FIRMWARE/forky/usr/share/OVMF/OVMF_CODE_4M.fd" --out store.fd > log
}
DB=d719b2cb-3d3a-4596-a3bc-dad00e67656f
GLOBAL=8be4df61-93ca-11d2-aa0d-00e098032b8c

# bats test_tags=long
@test "every certificate of three templates is what openssl says it is" {
    checked=0
    for suite in bookworm trixie forky; do
        mkdir -p $suite
        template=$FIRMWARE/$suite/usr/share/OVMF/OVMF_VARS_4M.ms.fd
        (cd $suite && "$BATS_FILE_TMPDIR/virt-fw-vars" -i "$template" --extract-certs > log 2>&1)
        # shellcheck disable=SC2016 # jq's own
        show_json '.stores[0].keys | to_entries[] | .key as $k | .value.entries // [] | .[].certificate
            | [$k, .sha256, .subject, .issuer, .serial, .not_before, .not_after] | @tsv' "$template" | sort > "$suite.ours"
        for pem in "$suite"/*.pem; do
            list=${pem#*/}
            openssl x509 -in "$pem" -noout -fingerprint -sha256 -subject -issuer -serial -startdate -enddate \
                -dateopt iso_8601 -nameopt RFC2253,-esc_msb |
                awk -v OFS='\t' -v list="${list%%-*}" '{key = $0; sub(/=.*/, "", key); sub(/[^=]*=/, ""); has[key] = $0}
                    END {sum = has["sha256 Fingerprint"]; gsub(":", "", sum)
                        sub(" ", "T", has["notBefore"]); sub(" ", "T", has["notAfter"])
                        print list, tolower(sum), has["subject"], has["issuer"], has["serial"], has["notBefore"], has["notAfter"]}'
        done | sort > "$suite.theirs"
        diff "$suite.ours" "$suite.theirs"
        checked=$((checked + $(wc -l < "$suite.ours")))
    done
    [ $checked = 19 ]
}

@test "the Microsoft certificates of 2011 and 2023, owners and dbx of each template" {
    run -0 romcompat varstore show "$D12" "$FORKY"
    output_has "Secure Boot: on" "KEK no   Microsoft Corporation KEK 2K CA 2023" "dbx: 1 entry (1 sha256)" \
        "KEK yes  Microsoft Corporation KEK 2K CA 2023" "db  yes  Microsoft Option ROM UEFI CA 2023" \
        "dbx: 443 entries (443 sha256)" "owner    77fa9abd-0359-4d32-bd60-28f4e78f784b (Microsoft)"
    [ "$(show_json '[.stores[].microsoft[] | select(.there) | .name] | length' "$D12" "$FORKY")" = 10 ]
    [ "$(show_json '.stores[0].keys.dbx.kinds.sha256, (.stores[0].keys.dbx.entries | length)' --all "$FORKY" | xargs)" = "443 443" ]
    # The hashes are those that are there, one list after the other.
    romcompat varstore export "$FORKY" | jq -r '.variables[] | select(.name == "dbx") | .data' > raw
    show_json '.stores[0].keys.dbx.entries[].data' --all "$FORKY" > hashes
    [ "$(grep -oFf hashes raw | sort -u | wc -l)" = "$(sort -u hashes | wc -l)" ]
    "$BATS_FILE_TMPDIR/virt-fw-dump" -i "$FORKY" > dump 2>&1
    grep -q 'dsize=0x532c .*name=dbx' dump
}

@test "what has expired depends on the day" {
    expired() { show_json '[.stores[0].keys[] | select(.) | .entries[].certificate | select(.expired) | .name] | unique | join(",")' "$@" "$FORKY"; }
    [ "$(expired --date 2026-06-24)" = "" ]
    [ "$(expired --date 2026-06-25)" = "Microsoft Corporation KEK CA 2011" ]
    [ "$(expired --date 2026-10-20)" = "Microsoft Corporation KEK CA 2011,Microsoft Corporation UEFI CA 2011,Microsoft Windows Production PCA 2011" ]
    run -0 romcompat varstore show --date 2026-06-25 "$FORKY"
    output_has "2011-06-24T20:41:29Z to 2026-06-24T20:51:29Z, expired"
    run -2 romcompat varstore show --date 2026-02-30 "$FORKY"
    output_has "'2026-02-30' is not a date"
}

@test "Secure Boot is on, off or in setup mode; an SBAT level is shown" {
    state() { show_json .stores[0].secure_boot "$1"; }
    [ "$(state "$FORKY")" = on ]
    make_store 4M A:1:4 > empty.fd
    [ "$(state empty.fd)" = setup ]
    romcompat varstore export "$FORKY" > with.json
    jq '.variables += [{"name":"SecureBootEnable","guid":"f0a30bc7-af08-4556-99c4-001009c93a44","attr":3,"data":"00"}]' with.json > off.json
    [ "$(state off.json)" = off ]
    jq '(.variables[] | select(.name == "SecureBootEnable") | .data) = "01"' off.json > on.json
    [ "$(state on.json)" = on ]
    sbat=$(printf 'sbat,1,2024010900\ngrub,4\n' | xxd -p)
    with SbatLevel 605dab50-e046-4300-abb6-3dd810dd8b23 "$sbat"
    run -0 romcompat varstore show store.fd
    output_has "Secure Boot: setup mode; SBAT level 2024010900"
}

@test "own certificates, MOK lists, and DER that is none or hostile" {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout k -subj '/CN=Zoë & co/O=Ö' -utf8 -days 3650 -outform DER -out own.der 2> log
    list() { # TYPE OWNER HEX
        local size=$((${#3} / 2))
        u32() { printf '%08x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/'; }
        echo -n "$1$(u32 $((size + 44)))00000000$(u32 $((size + 16)))$2$3"
    }
    x509=a159c0a5e494a74a87b5ab155c2bf072
    own=$(list $x509 11111111111111111111111111111111 "$(xxd -p own.der | tr -d '\n')")
    with MokList 605dab50-e046-4300-abb6-3dd810dd8b23 "$own"
    run -0 romcompat varstore show store.fd
    output_has "MokList: 1 entry (1 x509)" "    Zoë & co" "owner    11111111-1111-1111-1111-111111111111" "CN=Zoë & co"
    with db $DB "$own$(list $x509 22222222222222222222222222222222 deadbeef)$own"
    run -1 romcompat varstore show store.fd
    output_has "db: 3 entries" "entry 1: not a valid certificate"
    # 10,000 levels of DER, a list that is cut, and one of another length.
    with db $DB "$(list $x509 22222222222222222222222222222222 "$(printf '308000%.0s' {1..10000})")"
    run -1 romcompat varstore show store.fd
    output_has "entry 0: not a valid certificate"
    with db $DB "${own}aabb"
    run -1 romcompat varstore show store.fd
    output_has "a list is cut off; the rest is not read" "Zoë & co"
    [ "$(show_json .stores[0].keys.db.damage store.fd)" = "a list is cut off" ]
    with dbx $DB "$(list 2616c4c14c509240aca941f936934328 22222222222222222222222222222222 "$(printf 'ab%.0s' {1..31})")"
    run -1 romcompat varstore show store.fd
    output_has "not as long as its type says"
}

@test "boot options stand in their order, in UEFI's words, with what a clone does not find" {
    option() { # DESCRIPTION PATH-HEX
        local size=$((${#2} / 2))
        printf '01000000%02x%02x%s0000%s' $((size % 256)) $((size / 256)) "$(printf %s "$1" | iconv -t UTF-16LE | xxd -p | tr -d '\n')" "$2"
    }
    root=02010c00d041030a00000000 end=7fff0400
    mac=030b2500525400123456$(printf '00%.0s' {1..26})01
    cat > b.json <<END
{"version":2,"variables":[
 {"name":"Boot0000","guid":"$GLOBAL","attr":7,"data":"$(option Disk "${root}0101060002050302080000000000$end")"},
 {"name":"Boot0001","guid":"$GLOBAL","attr":7,"data":"$(option Net "$root$mac$end")"},
 {"name":"Boot000A","guid":"$GLOBAL","attr":7,"data":"0100"},
 {"name":"BootNext","guid":"$GLOBAL","attr":7,"data":"0000"},
 {"name":"BootOrder","guid":"$GLOBAL","attr":7,"data":"010009000000"}]}
END
    run -0 romcompat varstore show b.json
    output_has "once, before the others: Boot0000" "Boot0001* Net" "PciRoot(0x0)/MAC(525400123456,0x1)" \
        "names a MAC address: a clone with another does not find it" "PciRoot(0x0)/Pci(0x5,0x2)/Scsi(0x0,0x0)" \
        "Boot000A  damaged" "Boot0009  is in BootOrder and does not exist"
    [ "$(show_json '[.stores[0].boot[] | .number] | join(" ")' b.json)" = "1 0 10" ]
}

@test "room and damage are shown; what is not a store is status 2, and the others are shown" {
    make_store 4M A:1:4 > good.fd
    run -0 romcompat varstore show good.fd
    output_has "today's dbx (21292 bytes) fits" "health: no damage"
    run -2 romcompat varstore show /dev/null good.fd
    output_has "good.fd: OVMF 4M, 1 variable" "not a regular file"
    run -2 romcompat varstore show "$FIRMWARE/forky/usr/share/OVMF/OVMF_CODE_4M.fd"
    output_has "not a variable store (found code)"
}
