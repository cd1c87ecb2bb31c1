/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romcompat.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tap.h"

enum { BUCKET = 262144, OLD = ROMCOMPAT_READS_INCOMING, IN = ROMCOMPAT_INCOMING };

static void gives(int64_t installed, int64_t compat, unsigned int flags, int file, const char *what)
{
    struct romcompat_decision d = {.file = 77};

    is_int(romcompat_decide(BUCKET, installed, compat, flags, &d), ROMCOMPAT_OK,
           "%s, flags %u, installed %" PRId64 ", compat %" PRId64, what, flags, installed, compat);
    is_int(d.file, file, "... is file %d", file);
    is_int(d.romsize, BUCKET, "... with the bucket as length");
}

static void refuses(int64_t installed, int64_t compat, unsigned int flags, const char *what)
{
    struct romcompat_decision d = {.file = 77, .romsize = 78};

    is_int(romcompat_decide(BUCKET, installed, compat, flags, &d), ROMCOMPAT_E_NO_FILE,
           "%s, flags %u, installed %" PRId64 ", compat %" PRId64, what, flags, installed, compat);
    ok(d.file == 77 && d.romsize == 78, "... and the output is untouched");
}

static void no_bucket(uint32_t bucket)
{
    struct romcompat_decision d = {.file = 77};

    is_int(romcompat_decide(bucket, 1, 1, 0, &d), ROMCOMPAT_E_ARGUMENT, "%u is not a bucket",
           bucket);
    is_int(d.file, 77, "... and the output is untouched");
}

static void explains(const char *package, const char *compat_file, int64_t installed,
                     int64_t compat, const char *expected)
{
    struct romcompat_rule rule = {
        .rom = "efi-virtio.rom", .compat_file = compat_file, .package = package, .bucket = BUCKET};
    char text[512];
    size_t length = romcompat_explain(&rule, "pc-i440fx-7.2", installed, compat, text, sizeof text);

    is_text(text, expected,
            "the text for installed %" PRId64 " and %s %" PRId64 " (%s) names what fixes it",
            installed, compat_file, compat, package ? package : "no package");
    is_int(length, strlen(expected), "... and its length is returned");
}

int main(void)
{
    static const unsigned int every[] = {0, IN, OLD, IN | OLD};
    const int missing = ROMCOMPAT_MISSING;

    for (int i = 0; i < 4; i++) {
        unsigned int f = every[i];

        gives(BUCKET, missing, f, ROMCOMPAT_FILE_INSTALLED,
              "an installed ROM of the bucket's size");
        gives(BUCKET, BUCKET, f, ROMCOMPAT_FILE_INSTALLED, "an installed ROM beside a compat ROM");
        gives(1, BUCKET + 1, f, ROMCOMPAT_FILE_INSTALLED, "an installed ROM of one byte");
        gives(BUCKET / 2, missing, f, ROMCOMPAT_FILE_INSTALLED,
              "an installed ROM that by itself would get half the bucket");
        gives(BUCKET + 1, BUCKET, f, ROMCOMPAT_FILE_COMPAT, "an installed ROM one byte too large");
        gives(missing, BUCKET, f, ROMCOMPAT_FILE_COMPAT, "no installed ROM, a compat ROM");
        gives(0, BUCKET, f, ROMCOMPAT_FILE_COMPAT, "an empty installed ROM, a compat ROM");
        gives(INT64_MAX, 1, f, ROMCOMPAT_FILE_COMPAT, "the largest of files, a compat ROM");
        gives(INT64_MIN, 1, f, ROMCOMPAT_FILE_COMPAT, "any negative size is a missing file");
        gives((INT64_C(1) << 32) + 1, 1, f, ROMCOMPAT_FILE_COMPAT,
              "a size whose low 32 bits would fit");
    }
    static const int64_t useless[] = {-1, 0, BUCKET + 1, INT64_MAX};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            gives(useless[i], useless[j], IN, ROMCOMPAT_FILE_NONE,
                  "no file fits, incoming, files not read");
            refuses(useless[i], useless[j], IN | OLD, "no file fits, incoming, files read");
            refuses(useless[i], useless[j], 0, "no file fits, cold boot of a new QEMU");
            refuses(useless[i], useless[j], OLD, "no file fits, cold boot of an old QEMU");
        }
    }

    no_bucket(0);
    no_bucket(1);
    no_bucket(1024);
    no_bucket(2049);
    no_bucket(262143);
    no_bucket(3u << 20);
    no_bucket(UINT32_MAX);
    struct romcompat_decision d;
    for (uint32_t bucket = 2048; bucket; bucket <<= 1) {
        is_int(romcompat_decide(bucket, bucket, -1, 0, &d), ROMCOMPAT_OK, "%u is a bucket", bucket);
        is_int(d.romsize, bucket, "... and the length");
    }
    is_int(romcompat_decide(BUCKET, 1, 1, 4, &d), ROMCOMPAT_E_ARGUMENT,
           "a flag of the future is refused");
    is_int(romcompat_decide(BUCKET, 1, 1, 0, NULL), ROMCOMPAT_E_ARGUMENT, "no output is refused");

    explains("ipxe-qemu-256k-compat", "256k-efi-virtio.rom", 300000, -1,
             "machine type pc-i440fx-7.2 needs a ROM efi-virtio.rom of at most 262144 bytes: the "
             "installed one has 300000 bytes, 256k-efi-virtio.rom is missing; install the package "
             "ipxe-qemu-256k-compat");
    explains("p", "c.rom", -1, 524288,
             "machine type pc-i440fx-7.2 needs a ROM efi-virtio.rom of at most 262144 bytes: the "
             "installed one is missing, c.rom has 524288 bytes; install the package p");
    explains("p", "c.rom", 0, 0,
             "machine type pc-i440fx-7.2 needs a ROM efi-virtio.rom of at most 262144 bytes: the "
             "installed one is empty, c.rom is empty; install the package p");
    explains(NULL, "c.rom", 300000, -1,
             "machine type pc-i440fx-7.2 needs a ROM efi-virtio.rom of at most 262144 bytes: the "
             "installed one has 300000 bytes, c.rom is missing; install a c.rom that fits");
    explains("p", "efi-virtio.rom", 300000, 300000,
             "machine type pc-i440fx-7.2 needs a ROM efi-virtio.rom of at most 262144 bytes: the "
             "installed one has 300000 bytes; install the package p");

    struct romcompat_rule rule = {.rom = "r", .compat_file = "c", .package = "p", .bucket = 2048};
    char text[512], whole[512], few[11];
    memset(few, 'x', sizeof few);
    size_t length = romcompat_explain(&rule, "m", -1, -1, whole, sizeof whole);
    is_int(romcompat_explain(&rule, "m", -1, -1, few, 10), length,
           "a short buffer: the whole length");
    is_int(strlen(few), 9, "... the text cut at the buffer");
    is_int(few[10], 'x', "... and nothing behind it");
    is_int(romcompat_explain(&rule, "m", -1, -1, NULL, 0), length, "no buffer: the length");
    is_int(romcompat_explain(&rule, "m", -1, -1, few + 10, 0), length,
           "a buffer of no bytes likewise");
    is_int(few[10], 'x', "... and is left alone");
    romcompat_explain(&rule, "a\nb\x1b[2J\x7f", -1, -1, text, sizeof text);
    ok(strncmp(text, "machine type a?b?[2J? needs", 27) == 0,
       "control bytes of a machine type are not passed on");
    char huge[4000];
    memset(huge, 'a', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    is_int(romcompat_explain(&rule, huge, -1, -1, text, sizeof text),
           length - 1 + ROMCOMPAT_MAX_NAME, "a machine type without end is cut");
    is_int(romcompat_explain(NULL, "m", -1, -1, text, sizeof text), 0, "no rule, no text");
    is_text(text, "", "... but a terminated one");
    is_int(romcompat_explain(&rule, NULL, -1, -1, text, sizeof text), 0, "no machine, no text");

    bool all = true;
    for (int code = ROMCOMPAT_OK; code <= ROMCOMPAT_E_CONFLICT; code++) {
        const char *t = romcompat_strerror(code);
        all = all && t && *t && strcmp(t, "unknown code") != 0;
        for (int other = 0; other < code; other++)
            all = all && strcmp(t, romcompat_strerror(other)) != 0;
    }
    ok(all, "every code has a text of its own");
    is_text(romcompat_strerror(ROMCOMPAT_E_CONFLICT + 1), "unknown code",
            "one code more is unknown");
    is_text(romcompat_strerror(-1), "unknown code", "so is a negative one");
    is_text(romcompat_strerror(-2147483647 - 1), "unknown code", "so is the lowest number");
    is_text(romcompat_library_version(), ROMCOMPAT_VERSION, "the library knows its version");
    return tap_done();
}
