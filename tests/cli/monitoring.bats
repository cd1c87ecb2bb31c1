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

@test "guests with encrypted memory are counted by whether they may migrate, and their hosts" {
    host a 250000 web
    jq -c '.host = "b" | .encryption = {snp: "on"} | .qemu[0].encryption = {snp: "no-refusal"} | .guests[0].encryption = "snp"' a.json > b.json
    run --separate-stderr -1 romcompat audit --metrics a.json b.json
    promtool check metrics <<< "$output"
    output_has 'romcompat_encrypted_guests{encryption="snp",migrate="no"} 1' \
        'romcompat_encrypted_start_hosts{encryption="snp"} 1'
    # Of one host it is not asked where they go: the guest is a process, and the family is there without.
    run -0 own_processes romcompat inventory --metrics
    promtool check metrics <<< "$output"
    output_has '# TYPE romcompat_encrypted_guests gauge'
    output_lacks migrate=
}

@test "inventory writes metrics of its host to a file, whole or not at all" {
    run -0 own_processes romcompat inventory --metrics -o here.prom
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
series() { sed -n "/^#/!s/^\(.*\) \([0-9]*\)\$/      - series: '\1'\n        values: '\2+0x3000'/p"; }

# fires ALERT LABELS SUMMARY: how promtool asks for it, with the description that the rules have.
fires() {
    description=$(awk -v alert="$1" '/alert:/ {is = $3 == alert} is && /description:/ {sub(/^ */, ", "); print}' romcompat-alerts.yml)
    printf "      - {eval_time: 2d, alertname: %s, exp_alerts: [{exp_labels: {%s}, exp_annotations: {summary: '%s'%s}}]}\n" \
        "$1" "$2" "$3" "$description"
}

# alerts_of FLEET: promtool holds the series of FLEET.prom against the alerts on standard input.
alerts_of() {
    {
        printf 'rule_files: [romcompat-alerts.yml]\ntests:\n  - interval: 1m\n    input_series:\n'
        series < "$1.prom"
        printf '    alert_rule_test:\n'
        cat
    } > "$1.yml"
    promtool test rules "$1.yml"
}

# bats test_tags=long
@test "the alert rules are valid, and each fires on a fleet that has its trouble, none on one without" {
    promtool check rules "$monitoring/romcompat-alerts.yml"
    cp "$monitoring/romcompat-alerts.yml" .
    mkdir seeded well
    # b has another ROM than a, c no machine type of its guest; d deprecates one that e has given up;
    # its other guests have encrypted memory, and a store that is full.
    host seeded/a 250000 web db
    host seeded/b 300000
    host c 0 lost
    jq -c '.guests[0].machine = "pc-q35-99.0"' c.json > seeded/c.json
    host d 270000 old sealed full
    jq -c '.qemu[0] += {version: "10.0.0", machines: ["pc-q35-7.2", "pc-q35-3.0"], encryption: {snp: "no-refusal"}} |
        .encryption = {snp: "on"} | .guests[0].machine = "pc-q35-3.0" | .guests[1].encryption = "snp" |
        .guests[2].store = {secure_boot: "setup", after_reclaim: 0, largest_variable: 0}' d.json > seeded/d.json
    host e 270000
    jq -c '.qemu[0] += {version: "11.1.0", machines: ["pc-q35-11.1"]}' e.json > seeded/e.json
    echo '{' > seeded/broken.json
    romcompat audit --metrics -o seeded.prom seeded || true
    old='architecture: x86_64, machine: pc-q35-3.0, deprecated_from: "9.1", gone_from: "10.1"'
    {
        fires RomcompatGuestsStranded 'severity: critical' '3 guests have no other host to go to'
        fires RomcompatGuestsUnstartable 'severity: critical, reason: machine' \
            '1 guests do not start again on their own host (machine)'
        fires RomcompatMachineTypeGone "severity: critical, $old" 'pc-q35-3.0 is gone on 1 hosts, and guests have it'
        fires RomcompatMachineTypeDeprecated "severity: warning, $old" \
            'pc-q35-3.0 is deprecated on 1 hosts; QEMU 10.1 will not have it'
        fires RomcompatEncryptedGuestsOnOneHost 'severity: warning, encryption: snp' \
            'Guests with encrypted memory (snp) start on 1 hosts'
        fires RomcompatStoresAtRisk 'severity: warning, reason: starved' '1 variable stores: starved'
        fires RomcompatInventoriesUnreadable 'severity: warning' \
            '1 inventories could not be read: there is no answer about their hosts'
    } > fire
    alerts_of seeded < fire
    sed -n 's/^ *- alert: //p' romcompat-alerts.yml | sort > rules
    sed 's/.*alertname: \([A-Za-z]*\),.*/\1/' fire | sort | diff - rules
    host well/a 250000 web
    host well/b 250000
    romcompat audit --metrics -o well.prom well
    sed 's/.*/      - {eval_time: 2d, alertname: &}/' rules | alerts_of well
}

@test "the plugin answers in one line, with the statuses of monitoring plugins" {
    plugin() { "$monitoring/check_romcompat" "$@"; }
    mkdir well refused
    host well/a 250000 web
    host well/b 250000
    run -0 plugin well
    [ "$output" = "ROMCOMPAT OK - 2 hosts in 1 class, 0 pairs refused, 0 guests stranded|hosts=2 classes=1 refused=0 stranded=0 unreadable=0" ]
    host refused/a 250000 web
    host refused/b 300000
    run -2 plugin refused
    output_has "CRITICAL - 2 hosts in 2 classes, 2 pairs refused, 1 guest stranded|"
    jq -c '.qemu[0].machines += ["pc-q35-7.1"]' well/b.json > more.json
    run -1 plugin well/a.json more.json
    output_has WARNING "1 pair lacks machine types or firmware|"
    jq -c '.encryption = {snp: "on"} | .qemu[0].encryption = {snp: "no-refusal"} | .guests[0].encryption = "snp"' well/a.json > sealed.json
    run -2 plugin sealed.json well/b.json
    output_has "1 guest with encrypted memory may not migrate|"
    echo '{' > well/broken.json
    run -3 plugin well
    output_has "UNKNOWN" "1 inventory unreadable"
    run -3 plugin nowhere
}

@test "Ansible's local fact is an inventory" {
    run -0 --separate-stderr sh "$monitoring/romcompat.fact"
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
