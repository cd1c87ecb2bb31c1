/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inputs/sha256.h"
#include "tap.h"

/* NIST's examples for FIPS 180-4, SHA-256. */
#define SUM_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SUM_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SUM_OF_TWO_BLOCKS "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
#define SUM_OF_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void known_sums(void)
{
    char hex[SHA256_TEXT_SIZE];

    sha256_text(NULL, 0, hex);
    is_text(hex, SUM_OF_NOTHING, "no bytes have the sum of nothing");
    sha256_text("abc", 3, hex);
    is_text(hex, SUM_OF_ABC, "abc has NIST's sum");
    sha256_text(two_blocks, strlen(two_blocks), hex);
    is_text(hex, SUM_OF_TWO_BLOCKS, "a message of two blocks has NIST's sum");
}

static void pieces_make_the_sum_of_the_whole(void)
{
    char hex[SHA256_TEXT_SIZE];
    char piece[999];
    struct sha256 *s = sha256_new();

    memset(piece, 'a', sizeof piece);
    for (int left = 1000000; left > 0;) {
        size_t n = left < (int)sizeof piece ? (size_t)left : sizeof piece;
        sha256_add(s, piece, n);
        sha256_add(s, NULL, 0);
        left -= (int)n;
    }
    sha256_finish(s, hex);
    is_text(hex, SUM_OF_MILLION_A, "a million a in odd pieces has NIST's sum");

    s = sha256_new();
    sha256_add(s, "abc", 3);
    sha256_free(s);
    sha256_free(NULL);
    ok(true, "a sum that nobody wants can be dropped");
}

static void files(void)
{
    char directory[] = "/tmp/romcompat-sha256-XXXXXX";
    char path[64], missing[64], fifo[64];
    char hex[SHA256_TEXT_SIZE] = "untouched";
    uint64_t size = 7;
    struct failure f = {0};

    if (!mkdtemp(directory))
        return (void)ok(false, "a temporary directory can be made");
    snprintf(path, sizeof path, "%s/abc", directory);
    snprintf(missing, sizeof missing, "%s/missing", directory);
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    FILE *out = fopen(path, "w");
    if (!out || fputs("abc", out) < 0 || fclose(out) != 0 || mkfifo(fifo, 0600) != 0)
        return (void)ok(false, "temporary files can be made");

    is_int(sha256_of_file(missing, hex, &size, &f), -1, "a missing file is a failure");
    ok(strstr(f.what, missing) && strstr(f.what, "No such file"), "... that names it: %s", f.what);
    is_int(sha256_of_file(directory, hex, &size, &f), -1, "a directory is refused");
    ok(strstr(f.what, "not a regular file"), "... and called no regular file: %s", f.what);
    is_int(sha256_of_file(fifo, hex, &size, &f), -1, "a FIFO is refused without waiting");
    is_text(hex, "untouched", "... and the sum is left alone");
    is_int(size, 7, "... and so is the size");
    is_int(sha256_of_file(path, hex, &size, &f), 0, "a file can be summed");
    is_text(hex, SUM_OF_ABC, "... with the sum of its bytes");
    is_int(size, 3, "... and their number");

    unlink(path);
    unlink(fifo);
    rmdir(directory);
}

static void form(void)
{
    ok(sha256_is_text(SUM_OF_ABC), "64 hexadecimal digits are a sum");
    ok(!sha256_is_text(SUM_OF_ABC "0"), "... 65 are not");
    ok(!sha256_is_text(&SUM_OF_ABC[1]), "... 63 are not");
    ok(!sha256_is_text("Ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
       "capital digits are not the form that is written");
    ok(!sha256_is_text(""), "an empty text is not");
}

int main(void)
{
    known_sums();
    pieces_make_the_sum_of_the_whole();
    files();
    form();
    return tap_done();
}
