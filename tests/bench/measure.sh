#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# flash measure against sev-snp-measure, where that is in PATH (it is in no release of Debian), else
# against snp-reference, a plain program in Python as that is; on forky's image of 4 MiB with 64 vCPUs.
# Goal: twenty times faster. The last lines are what neither can do without: to start, and SHA-384 of
# the image.
set -eu

tool=$ROMCOMPAT_BUILD/romcompat
here=$(cd "$(dirname "$0")/../.." && pwd)
"$here/tests/cli/fetch-firmware" "$ROMCOMPAT_CACHE/firmware" bookworm forky > /dev/null
image=$ROMCOMPAT_CACHE/firmware/forky/usr/share/ovmf/OVMF.amdsev.fd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

commands=(-n "romcompat flash measure" "$tool flash measure --mode snp --vcpus 64 --cpu EPYC-v4 $image")
if command -v sev-snp-measure > /dev/null; then
    commands+=(-n "sev-snp-measure" "sev-snp-measure --mode snp --vcpus 64 --vcpu-type EPYC-v4 --ovmf $image")
else
    echo "sev-snp-measure is not in PATH: tests/bench/snp-reference, which is ours, stands in for it"
    commands+=(-n "snp-reference (Python)" "python3 $here/tests/bench/snp-reference 64 0x800f12 $image")
fi
[ "$(sh -c "${commands[2]}" | cut -d' ' -f1)" = "$(sh -c "${commands[5]}")" ] || {
    echo "the two give different digests" >&2
    exit 1
}
commands+=(-n "romcompat --version" "$tool --version" -n "sha384sum" "sha384sum $image")
hyperfine -N --warmup 2 --min-runs 20 --style basic --export-json "$work/result.json" "${commands[@]}" > /dev/null 2>&1
echo "SNP's digest of 4 MiB with 64 vCPUs: median and processor time"
perl -MJSON::PP -e '
    local $/; my $r = decode_json(<>)->{results};
    printf "  %-28s %8.1f ms  %8.1f ms\n", $_->{command}, 1000 * $_->{median}, 1000 * ($_->{user} + $_->{system}) for @$r;
    printf "  the first takes 1/%.0f of the time of the second\n", $r->[1]{median} / $r->[0]{median};
' "$work/result.json"
