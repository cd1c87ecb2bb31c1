/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/size.h"

#include "tap.h"

static void parses(const char *text, uint64_t expected)
{
    uint64_t size = 1;

    ok(size_parse(text, &size), "\"%s\" is a size", text);
    is_int(size, expected, "\"%s\" is %llu bytes", text, (unsigned long long)expected);
}

static void refuses(const char *text)
{
    uint64_t size = 4711;

    ok(!size_parse(text, &size) && size == 4711, "\"%s\" is refused and leaves the result alone",
       text);
}

int main(void)
{
    char text[SIZE_TEXT_MAX];

    parses("262144", 262144);
    parses("0x40000", 262144);
    parses("256K", 262144);
    parses("256k", 262144);
    parses("256KiB", 262144);
    parses("0", 0);
    parses("2G", UINT64_C(1) << 31);
    parses("18446744073709551615", UINT64_MAX);
    refuses("");
    refuses(" 1");
    refuses("-1");
    refuses("+1");
    refuses("0x");
    refuses("1 K");
    refuses("1T");
    refuses("256KX");
    refuses("18446744073709551616");
    refuses("18446744073709551615K");

    is_text(size_format(262144, text), "256K", "a multiple of 1024 is written with its unit");
    is_text(size_format(262145, text), "262145", "any other size is written in bytes");
    is_text(size_format(0, text), "0", "zero is written as 0");

    is_int(power_of_two_ceiling(262144), 262144, "an exact power of two is its own bucket");
    is_int(power_of_two_ceiling(262145), 524288,
           "one byte over a power of two needs the next bucket");
    is_int(power_of_two_ceiling(0), 1, "the ceiling of 0 is 1");
    is_int(power_of_two_ceiling(UINT64_MAX), 0, "a ceiling that 64 bits cannot hold is 0");
    ok(!is_bucket(1024), "1 KiB is not a bucket: edk2 does not see such a BAR");
    ok(is_bucket(2048), "2 KiB is the smallest bucket");
    ok(is_bucket(BUCKET_MAX), "2 GiB is the largest bucket");
    ok(!is_bucket(BUCKET_MAX * 2), "4 GiB is not a bucket");
    ok(!is_bucket(3000), "3000 is not a bucket");
    return tap_done();
}
