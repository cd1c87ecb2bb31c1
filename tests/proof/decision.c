/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file and which length a device gets: resolver/decide.c. */
#include "proof.h"

#include "decide.c"

static bool fits_in(int64_t size, uint32_t bucket)
{
    return size >= 1 && (uint64_t)size <= bucket;
}

static bool is_asked_rightly(uint32_t bucket, unsigned flags)
{
    bool is_bucket = false;

    for (unsigned shift = 0; shift < 32; shift++)
        is_bucket = is_bucket || bucket == UINT32_C(1) << shift;
    return is_bucket && bucket >= ROMCOMPAT_MIN_BUCKET && bucket <= ROMCOMPAT_MAX_BUCKET &&
           (flags == 0 || flags == ROMCOMPAT_INCOMING || flags == ROMCOMPAT_READS_INCOMING ||
            flags == (ROMCOMPAT_INCOMING | ROMCOMPAT_READS_INCOMING));
}

/*
 * proof decision: the romsize is the bucket, a file that is chosen fits it, the installed one is preferred, and a refusal leaves the answer as it was; any bucket, sizes and flags
 * options: --unwind 34
 * mutation: resolver/decide.c s/size <= (int64_t)bucket/size < (int64_t)bucket/
 * mutation: resolver/decide.c s/size > 0/size >= 0/
 * mutation: resolver/decide.c s/!(flags & ROMCOMPAT_READS_INCOMING)/(flags \& ROMCOMPAT_READS_INCOMING)/
 * mutation: resolver/decide.c s/(bucket & (bucket - 1))/(bucket \& 1)/
 * mutation: resolver/decide.c s/\.romsize = bucket/.romsize = (uint32_t)installed_size/
 */
void prove_decision(void)
{
    uint32_t bucket = nondet_u32();
    int64_t installed = nondet_i64(), compat = nondet_i64();
    unsigned flags = nondet_u32();
    struct romcompat_decision d = {.file = -1, .romsize = 7};
    int code = romcompat_decide(bucket, installed, compat, flags, &d);
    bool incoming = flags == ROMCOMPAT_INCOMING;

    must((code == ROMCOMPAT_E_ARGUMENT) == !is_asked_rightly(bucket, flags));
    if (code != ROMCOMPAT_OK)
        must(d.file == -1 && d.romsize == 7);
    if (code == ROMCOMPAT_E_ARGUMENT)
        return;
    must(code == ROMCOMPAT_OK || code == ROMCOMPAT_E_NO_FILE);
    must((code == ROMCOMPAT_E_NO_FILE) ==
         (!fits_in(installed, bucket) && !fits_in(compat, bucket) && !incoming));
    if (code == ROMCOMPAT_OK) {
        must(d.romsize == bucket);
        must((d.file == ROMCOMPAT_FILE_INSTALLED) == fits_in(installed, bucket));
        must((d.file == ROMCOMPAT_FILE_COMPAT) ==
             (!fits_in(installed, bucket) && fits_in(compat, bucket)));
        must((d.file == ROMCOMPAT_FILE_NONE) ==
             (!fits_in(installed, bucket) && !fits_in(compat, bucket)));
    }
    must(romcompat_decide(bucket, installed, compat, flags, NULL) == ROMCOMPAT_E_ARGUMENT);
}
