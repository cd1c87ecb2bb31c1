#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What monitoring reads: metrics, alert rules, the plugin, Ansible's local fact, and the example of
# the manual.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    monitoring=$TOP/packaging/monitoring
}

# host NAME VIRTIO [GUEST...]: an inventory in NAME.json, with guests that have a virtio card.
host() {
    local name=$1 size=$2
    shift 2
    "$BUILD/tests/cli/inventory_fleet" "$name" 7.2.1 0 "$size" 250000 |
        jq -c '.guests = [$ARGS.positional[] | {name: ., machine: "pc-q35-7.2", firmware: "bios",
            devices: [{type: "virtio-net-pci"}]}]' --args "$@" > "$name.json"
}

@test "metrics are what promtool takes, with the guests that no other host takes" {
    host a 250000 'we"b' db
    host b 300000 mail
    host c 300000
    echo '{' > broken.json
    run --separate-stderr -2 romcompat audit --metrics a.json b.json c.json broken.json
    promtool check metrics <<< "$output"
    [ "$(tail -1 <<< "$output")" = "# EOF" ]
    output_has "romcompat_hosts 3" "romcompat_classes 2" "romcompat_inventories_unreadable 1" \
        'romcompat_class_pairs{verdict="no"} 2' 'romcompat_guests 3' 'romcompat_guests_unknown 0' \
        'romcompat_guests_stranded{class="1"} 0' 'romcompat_guests_stranded{class="2"} 2' \
        'romcompat_machine_guests{architecture="x86_64",machine="pc-q35-7.2",deprecated_from="10.2",gone_from="13.2"} 3' \
        'romcompat_stores_at_risk{reason="kek_expired"} 0'
}

@test "a guest whose ROM is gone does not start again, and one with a doubt is not judged" {
    host a 0 web
    jq -c '.guests[0].doubt = "x" | .host = "b"' a.json > b.json
    jq -c '.guests[0].machine = "pc-q35-99.0" | .host = "c"' a.json > c.json
    run --separate-stderr romcompat audit --metrics a.json b.json c.json
    output_has 'romcompat_guests_unstartable{reason="file"} 1' 'romcompat_guests_unknown 1' \
        'romcompat_guests_unstartable{reason="machine"} 1'
}

@test "inventory writes metrics of its host to a file, whole or not at all" {
    run -0 romcompat inventory --metrics -o here.prom
    promtool check metrics < here.prom
    grep -q '^romcompat_inventory_partial 0$' here.prom
    run -1 grep stranded here.prom
    run -2 romcompat inventory --metrics -o /proc/none/x.prom
    host a 250000
    run -0 romcompat audit --metrics -o fleet.prom a.json
    [ -z "$output" ]
    grep -q '^romcompat_hosts 1$' fleet.prom
    run -2 romcompat audit -o x a.json
    run -2 romcompat audit --metrics --json a.json
}

# The metrics as series that have had these values for two days.
series() { sed -n "/^#/!s/^\(.*\) \([0-9]*\)\$/      - series: '\1'\n        values: '\2+0x1500'/p"; }

@test "the alert rules are valid, and fire on a fleet with stranded guests" {
    promtool check rules "$monitoring/romcompat-alerts.yml"
    cp "$monitoring/romcompat-alerts.yml" .
    host a 250000 web db
    host b 300000
    romcompat audit --metrics -o seeded.prom . || true
    host b 250000
    romcompat audit --metrics -o well.prom a.json b.json
    for fleet in seeded well; do
        {
            printf 'rule_files: [romcompat-alerts.yml]\ntests:\n  - interval: 1m\n    input_series:\n'
            series < $fleet.prom
            printf '    alert_rule_test:\n      - eval_time: 1d\n        alertname: RomcompatGuestsStranded\n'
            [ $fleet = well ] || printf '        exp_alerts: [{exp_labels: {severity: critical}, exp_annotations: {%s, %s}}]\n' \
                'summary: "2 guests have no other host to go to"' \
                'description: "romcompat audit names the ROMs and machine types, and the fewest installations that fix it."'
        } > $fleet.yml
        promtool test rules $fleet.yml
    done
}

@test "the plugin answers in one line, with the statuses of monitoring plugins" {
    plugin() { "$monitoring/check_romcompat" "$@"; }
    mkdir well refused
    host well/a 250000 web
    host well/b 250000
    run -0 plugin well
    [ "$output" = "ROMCOMPAT OK - 2 hosts in 1 classes, 0 pairs refused, 0 guests stranded|hosts=2 classes=1 refused=0 stranded=0 unreadable=0" ]
    host refused/a 250000 web
    host refused/b 300000
    run -2 plugin refused
    output_has "CRITICAL - 2 hosts in 2 classes, 2 pairs refused, 1 guests stranded|"
    jq -c '.qemu[0].machines += ["pc-q35-7.1"]' well/b.json > more.json
    run -1 plugin well/a.json more.json
    output_has WARNING
    echo '{' > well/broken.json
    run -3 plugin well
    output_has "UNKNOWN" "1 inventories unreadable"
    run -3 plugin nowhere
}

@test "Ansible's local fact is an inventory" {
    run -0 sh "$monitoring/romcompat.fact"
    [ "$(jq -r .format <<< "$output")" = romcompat-inventory ]
}

@test "the example with jq in the manual counts guests by machine type" {
    host a 250000 web db
    host b 250000 mail
    cat a.json b.json > fleet.jsonl
    example=$(sed -n '/monitoring.bats runs it/,/^\.Ed/p' "$TOP/packaging/man/romcompat-fleet.1" | sed '1,2d;$d')
    [ -n "$example" ]
    run -0 bash -c "$example"
    [ "$output" = "pc-q35-7.2 3" ]
}
