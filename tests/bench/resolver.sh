#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The resolver: opening maps, lookups, size. Aims: 1,000 rules opened in under 200 us,
# a lookup under 200 ns, under 40 KiB of text. Medians on an otherwise idle machine.
set -eu
BUILD=${ROMCOMPAT_BUILD:-build/release}

echo "resolver: compat maps"
"$BUILD/tests/bench/resolver"
text=$(size "$(readlink -f "$BUILD/libromcompat.so")" | awk 'NR == 2 {print $1}')
echo "text of libromcompat.so: $text bytes (aim: under 40960)"
