/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Padding a ROM to a bucket, and writing other ids into it. */
#include "rom_checks.h"

#include "base/size.h"

static struct made_rom made;
static struct optrom rom;

static void read_it(void)
{
    optrom_free(&rom);
    if (optrom_read(made.data, made.size, &rom) != 0)
        abort();
}

static void make_two(size_t pad_to, uint8_t fill)
{
    free_rom(&made);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 4}, {.type = ROM_EFI, .blocks = 8}},
        .pad_to = pad_to,
        .fill = fill});
    read_it();
}

static void answers(uint64_t bucket, enum optrom_pad_answer expected, const char *text,
                    const char *what)
{
    char buf[OPTROM_PAD_TEXT_MAX];
    enum optrom_pad_answer answer = optrom_pad_check(made.data, &rom, bucket);

    is_int(answer, expected, "%s", what);
    if (text)
        is_text(optrom_pad_text(answer, &rom, bucket, buf, sizeof buf), text,
                "and the text says so");
}

static void test_what_fits(void)
{
    make_two(0, 0);
    answers(8192, OPTROM_PAD_FITS, NULL, "a chain of 6144 bytes fits 8K");
    answers(BUCKET_MAX, OPTROM_PAD_FITS, NULL, "and 2G");
    answers(4096, OPTROM_PAD_CHAIN_TOO_LONG,
            "the image chain does not fit the bucket (found 6144 bytes, expected at most 4096)",
            "but not 4K");
    answers(12288, OPTROM_PAD_BAD_BUCKET,
            "12288 is not a bucket (expected a power of two from 2048 to 2147483648)",
            "12K is not a bucket");
    answers(1024, OPTROM_PAD_BAD_BUCKET, NULL, "1K is below the smallest bucket");
    answers(0, OPTROM_PAD_BAD_BUCKET, NULL, "0 is not a bucket");
    answers(BUCKET_MAX * 2, OPTROM_PAD_BAD_BUCKET, NULL, "4G is above the largest bucket");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_EFI, .blocks = 512}}});
    read_it();
    answers(262144, OPTROM_PAD_FITS, NULL, "a chain of exactly the bucket fits");
    rom_resize(&made, 262145, 0x42);
    read_it();
    answers(
        262144, OPTROM_PAD_WOULD_CUT_DATA,
        "the 1 bytes beyond the bucket of 262144 are data, not padding (expected all 00 or all FF)",
        "one byte of data over the bucket is not cut off");
    made.data[262144] = 0xff;
    read_it();
    answers(262144, OPTROM_PAD_FITS, NULL, "one byte of padding over the bucket is");

    make_two(16384, 0xff);
    answers(8192, OPTROM_PAD_FITS, NULL, "padding of FF beyond the bucket may go");
    make_two(16384, 0x00);
    answers(8192, OPTROM_PAD_FITS, NULL, "padding of 00 as well");
    make_two(16384, 0x5a);
    answers(8192, OPTROM_PAD_WOULD_CUT_DATA, NULL, "other bytes, all the same, may not");
    make_two(16384, 0xff);
    made.data[16383] = 0;
    read_it();
    answers(8192, OPTROM_PAD_WOULD_CUT_DATA, NULL, "nor padding with one other byte in it");
    make_two(16384, 0xff);
    made.data[7000] = 0;
    read_it();
    answers(8192, OPTROM_PAD_FITS, NULL, "data between chain and bucket stays and is no reason");

    make_two(0, 0);
    rom_set(&made, 0, HEADER_FIELD_CHECKSUM, made.data[6] + 1u);
    read_it();
    answers(8192, OPTROM_PAD_ROM_HAS_ERRORS, "the ROM has 1 error",
            "a ROM with an error is refused");
    make_two(0, 0);
    rom_set(&made, 0, PCIR_FIELD_REVISION, 2);
    read_it();
    answers(8192, OPTROM_PAD_FITS, NULL, "a ROM with a warning is not");
}

static bool all_are(const uint8_t *p, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != value)
            return false;
    }
    return true;
}

static void test_padding(void)
{
    uint8_t out[16384];

    make_two(0, 0);
    is_int(optrom_pad(made.data, &rom, out, sizeof out, 0xff), OPTROM_PAD_FITS,
           "a padded ROM reads as the same ROM");
    ok(memcmp(out, made.data, made.size) == 0, "every byte of the file stays");
    ok(all_are(out + made.size, sizeof out - made.size, 0xff), "what follows is the fill");
    make_two(7000, 0x11);
    optrom_pad(made.data, &rom, out, 8192, 0x22);
    ok(memcmp(out, made.data, 7000) == 0 && all_are(out + 7000, 1192, 0x22),
       "padding that is already there stays as it is");
    make_two(16384, 0xff);
    memcpy(out, made.data, 16384);
    optrom_pad(out, &rom, out, 8192, 0x22);
    ok(memcmp(out, made.data, 8192) == 0, "padding beyond the bucket goes, in place");

    /* An image that is cut off two bytes before its PCIR ends, behind a chain without last bit. */
    free_rom(&made);
    made = make_rom(
        &(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1, .not_last = true}}});
    struct made_rom other =
        make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1}}});
    rom_append(&made, &other);
    free_rom(&other);
    rom_insert(&made, 512, 3, 0x11);
    rom_resize(&made, 515 + ROM_PCIR_AT + 0x16, 0);
    read_it();
    answers(2048, OPTROM_PAD_FITS, NULL, "data behind the chain is no reason by itself");
    is_int(optrom_pad(made.data, &rom, out, 2048, 0xff), OPTROM_PAD_WOULD_CHANGE,
           "but it is where the fill makes an image of it");
}

/* Sets 1234:5678 in a copy and counts the bytes that changed. */
static size_t renumber(enum optrom_ids_answer expected, const char *what)
{
    uint8_t *copy = malloc(made.size);
    size_t changed = 0;
    struct optrom now;

    if (!copy)
        abort();
    memcpy(copy, made.data, made.size);
    read_it();
    is_int(optrom_set_ids(copy, &rom, 0x1234, 0x5678), expected, "%s", what);
    for (size_t i = 0; i < made.size; i++)
        changed += copy[i] != made.data[i];
    if (expected == OPTROM_IDS_SET) {
        bool right = optrom_read(copy, made.size, &now) == 0 &&
                     now.image_count == rom.image_count && now.defect_count == rom.defect_count;

        for (size_t i = 0; right && i < now.image_count; i++)
            right = (!now.images[i].has_pcir ||
                     (now.images[i].vendor == 0x1234 && now.images[i].device == 0x5678)) &&
                    now.images[i].checksum == rom.images[i].checksum;
        ok(right, "... every image has the new ids and the checksum that it had");
        optrom_free(&now);
    }
    memcpy(made.data, copy, made.size);
    free(copy);
    return changed;
}

static void test_ids(void)
{
    static const uint16_t devices[] = {0x100e, 0x100f, 0};
    uint8_t before[512];

    make_two(8192, 0xff);
    is_int(renumber(OPTROM_IDS_SET, "ids are written to a legacy and an EFI image"), 9,
           "four bytes of each and one checksum are all that changes");
    is_int(made.data[0x806], 0, "byte 6 of an EFI image is part of its signature and stays");
    is_int(renumber(OPTROM_IDS_SET, "the same ids once more"), 0, "... change nothing");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY,
                                                   .blocks = 1,
                                                   .revision = 3,
                                                   .devices = devices,
                                                   .sum_in_last_byte = true}}});
    memcpy(before, made.data, sizeof before);
    is_int(renumber(OPTROM_IDS_SET, "ids are written to a ROM with code in byte 6"), 5,
           "four bytes of ids and one of the sum change");
    ok(made.data[6] == before[6] && made.data[511] != before[511],
       "the sum is fixed in the last byte");
    ok(memcmp(made.data + ROM_DEVICES_AT, before + ROM_DEVICES_AT, 16) == 0,
       "the device list stays as it is");

    make_two(0, 0);
    rom_set(&made, 0, HEADER_FIELD_CHECKSUM, made.data[6] + 7u);
    renumber(OPTROM_IDS_SET, "a sum that was wrong before");

    make_two(0, 0);
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 12);
    renumber(OPTROM_IDS_SET, "a length byte that covers the next image as well");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 2}, {.type = ROM_LEGACY, .blocks = 2}}});
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 4);
    is_int(renumber(OPTROM_IDS_SET, "a length byte that covers another sum"), 10,
           "both sums are fixed, the inner one first");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1},
                                                  {.type = ROM_OPEN_FIRMWARE, .blocks = 1},
                                                  {.type = ROM_HP_PA, .blocks = 1}}});
    is_int(renumber(OPTROM_IDS_SET, "ids are written to images of every code type"), 13,
           "and only the legacy one has a sum");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_ISA, .blocks = 4}}});
    is_int(renumber(OPTROM_IDS_NO_PCIR, "a ROM without PCIR has no place for ids"), 0,
           "and is left alone");

    /* PCIR at 0x14: its ids are the bytes of the pointer to it. */
    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 4}}});
    memmove(made.data + 0x14, made.data + ROM_PCIR_AT, 0x18);
    memcpy(made.data + 0x18, "\x14\x00\x00\x00", 4);
    rom_fix(&made, 0);
    is_int(renumber(OPTROM_IDS_WOULD_BREAK,
                    "ids that share their bytes with the PCIR pointer are refused"),
           0, "and nothing changes");
}

int main(void)
{
    test_what_fits();
    test_padding();
    test_ids();
    optrom_free(&rom);
    free_rom(&made);
    return tap_done();
}
