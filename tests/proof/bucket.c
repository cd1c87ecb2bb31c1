/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bucket arithmetic: base/size. */
#include "proof.h"

#include "base/size.c"

/*
 * proof ceiling: the smallest power of two that is not below a number, or 0 where 64 bits do not hold it; any number
 * options: --unwind 66
 * mutation: packaging/base/size.c s/while (p && p < n)/while (p \&\& p <= n)/
 * mutation: packaging/base/size.c s/while (p && p < n)/while (p < n \&\& p < BUCKET_MAX)/
 */
void prove_ceiling(void)
{
    uint64_t n = nondet_u64(), p = power_of_two_ceiling(n);

    must((p == 0) == (n > UINT64_C(1) << 63));
    if (p) {
        must(is_power_of_two(p) && p >= n);
        must(p == 1 || p / 2 < n);
    }
}

/*
 * proof ceiling_order: a longer ROM never has a smaller bucket, and a bucket is its own; any two numbers
 * options: --unwind 66
 * mutation: packaging/base/size.c s/p <<= 1;/p = p == 4096 ? 16384 : p << 1;/
 */
void prove_ceiling_order(void)
{
    uint64_t a = nondet_u64(), b = nondet_u64();

    assume(a <= b && b <= UINT64_C(1) << 63);
    uint64_t low = power_of_two_ceiling(a), high = power_of_two_ceiling(b);
    must(low <= high);
    if (is_power_of_two(b))
        must(high == b);
}

/*
 * proof is_bucket: 2 KiB to 2 GiB and one bit alone; any number
 * options: --unwind 66
 * mutation: packaging/base/size.c s/size >= BUCKET_MIN/size > BUCKET_MIN/
 * mutation: packaging/base/size.c s/return n && (n & (n - 1)) == 0/return n \&\& (n \& (n >> 1)) == 0/
 */
void prove_is_bucket(void)
{
    uint64_t n = nondet_u64();
    bool found = false;

    for (unsigned shift = 11; shift <= 31; shift++)
        found = found || n == UINT64_C(1) << shift;
    must(is_bucket(n) == found);
}
