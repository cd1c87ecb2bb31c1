/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GUIDed table, firmware files and sections, LZMA data, and a whole image of them. */
#include <stdlib.h>
#include <unistd.h>

#include <lzma.h>

#include "base/effort.h"
#include "base/bytes.h"
#include "flash/image.h"
#include "formats/firmware_file.h"
#include "formats/guided_table.h"
#include "inputs/lzma.h"

#include "fixtures/image_maker.h"
#include "tap.h"

static const uint8_t footer[GUID_SIZE] =
    GUID_BYTES(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);
static const uint8_t tdx[GUID_SIZE] =
    GUID_BYTES(0xe47a6535, 0x984a, 0x4798, 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2);

enum { IMAGE = 0x400, TABLE_END = IMAGE - 50, TDX_AT = 0x100 };

/* An image whose table has one entry: TDX metadata with one CFV section of 0x84000 bytes. */
static void make_table(uint8_t image[IMAGE])
{
    memset(image, 0, IMAGE);
    memcpy(image + IMAGE - 48, footer, GUID_SIZE);
    store_le16(image + TABLE_END, 18 + 22);
    uint8_t *entry = image + TABLE_END - 22;
    store_le32(entry, IMAGE - TDX_AT);
    store_le16(entry + 4, 22);
    memcpy(entry + 6, tdx, GUID_SIZE);
    memcpy(image + TDX_AT, "TDVF", 4);
    store_le32(image + TDX_AT + 4, 48);
    store_le32(image + TDX_AT + 8, 1);
    store_le32(image + TDX_AT + 12, 1);
    store_le32(image + TDX_AT + 16 + 4, 0x84000);
    store_le32(image + TDX_AT + 16 + 24, TDX_SECTION_CFV);
}

static void test_table(void)
{
    uint8_t image[IMAGE];
    struct guided_table t;

    make_table(image);
    ok(guided_table_read(image, IMAGE, &t) && t.sound && t.entry_count == 1 &&
           t.entries[0].kind == GUIDED_TDX_METADATA && t.entries[0].data_size == 4,
       "an entry is read backwards from the footer");
    ok(t.tdx.present && t.tdx.section_count == 1 && t.tdx.sections[0].file_size == 0x84000 &&
           t.tdx.sections[0].type == TDX_SECTION_CFV,
       "TDX metadata is found from the image's end");
    ok(guided_table_has(&t, GUIDED_TDX_METADATA) && !guided_table_has(&t, GUIDED_IGVM),
       "what is in the table can be asked");
    static const struct {
        size_t at;
        uint16_t value;
        const char *text;
    } lies[] = {
        {TABLE_END, 0xffff, "a total that walks out of the image"},
        {TABLE_END, 17, "a total below the footer's own"},
        {TABLE_END, 18 + 21, "a total that cuts an entry"},
        {TABLE_END - 22 + 4, 0, "an entry of length 0"},
        {TABLE_END - 22 + 4, 0xffff, "an entry that walks out of the table"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        make_table(image);
        store_le16(image + lies[i].at, lies[i].value);
        ok(guided_table_read(image, IMAGE, &t) && !t.sound, "%s is told", lies[i].text);
    }
    make_table(image);
    store_le32(image + TDX_AT + 12, 0x10000000);
    guided_table_read(image, IMAGE, &t);
    ok(t.sound && !t.tdx.present, "metadata with more sections than the image holds is none");
    make_table(image);
    store_le32(image + TABLE_END - 22, IMAGE + 1);
    guided_table_read(image, IMAGE, &t);
    ok(t.sound && !t.tdx.present, "metadata before the image is none");
    ok(!guided_table_read(image, 49, &t) && !guided_table_read(image, 0, &t),
       "an image too short for a footer has no table");
}

static void test_files(void)
{
    uint8_t volume[0x200];
    struct ffs_walk walk;
    struct ffs_file file;
    struct fv_header header = {.length = sizeof volume, .header_length = 0x48};

    memcpy(header.guid, fv_ffs2_guid, GUID_SIZE);
    memset(volume, 0xff, sizeof volume);
    uint8_t *first = volume + 0x48;
    memset(first, 0, 24);
    first[18] = 7;
    first[20] = 24 + 5;
    ffs_walk_init(&walk, volume, &header);
    ok(ffs_next(&walk, &file) && file.type == 7 && file.size == 5 && file.body == first + 24,
       "a file's header is 24 bytes");
    ok(!ffs_next(&walk, &file) && !walk.broken, "free space ends the volume");
    first[21] = 0xff;
    ffs_walk_init(&walk, volume, &header);
    ok(!ffs_next(&walk, &file) && walk.broken, "a file that passes the volume is told");
    first[20] = 3;
    first[21] = 0;
    ffs_walk_init(&walk, volume, &header);
    ok(!ffs_next(&walk, &file) && walk.broken, "a file shorter than its header is told");
    first[20] = 0;
    first[19] = 1;
    store_le64(first + 24, UINT64_MAX - 3);
    ffs_walk_init(&walk, volume, &header);
    ok(!ffs_next(&walk, &file) && walk.broken, "a large file of nearly 2^64 bytes is told");
    header.ext_header = 0x1f8;
    ffs_walk_init(&walk, volume, &header);
    ok(!ffs_next(&walk, &file) && walk.broken, "an extended header past the volume is told");
}

static void test_sections(void)
{
    uint8_t bytes[64] = {24 + 2, 0, 0, SECTION_GUID_DEFINED};
    struct section_walk walk;
    struct section s;

    store_le16(bytes + 20, 24);
    section_walk_init(&walk, bytes, 26);
    ok(section_next(&walk, &s) && s.guid == bytes + 4 && s.body == bytes + 24 && s.size == 2,
       "a GUIDed section's data begins where it says");
    for (unsigned at = 0; at < 24; at++) {
        store_le16(bytes + 20, (uint16_t)at);
        section_walk_init(&walk, bytes, 26);
        if (section_next(&walk, &s))
            break;
    }
    ok(walk.broken, "data that begins inside the header is told");
    store_le16(bytes + 20, 27);
    section_walk_init(&walk, bytes, 26);
    ok(!section_next(&walk, &s) && walk.broken, "data that begins behind the section is told");
    bytes[0] = 3;
    section_walk_init(&walk, bytes, 26);
    ok(!section_next(&walk, &s) && walk.broken, "a section shorter than its header is told");
    bytes[0] = bytes[1] = bytes[2] = 0xff;
    store_le32(bytes + 4, 0x7fffffff);
    section_walk_init(&walk, bytes, 26);
    ok(!section_next(&walk, &s) && walk.broken, "a long section past the file is told");
}

static void test_lzma(void)
{
    uint8_t plain[5000], packed[6000], *out;
    struct failure f;
    size_t size, out_size;
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_options_lzma options;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * i >> 8);
    lzma_lzma_preset(&options, 1);
    if (lzma_alone_encoder(&stream, &options) != LZMA_OK)
        abort();
    stream.next_in = plain;
    stream.avail_in = sizeof plain;
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    while (lzma_code(&stream, LZMA_FINISH) == LZMA_OK)
        ;
    size = sizeof packed - stream.avail_out;
    lzma_end(&stream);
    store_le64(packed + 5, sizeof plain); /* edk2 writes it, liblzma does not */
    ok(lzma_decode(packed, size, sizeof plain, &out, &out_size, &f) == 0 &&
           out_size == sizeof plain && memcmp(out, plain, out_size) == 0,
       "LZMA data comes out as it went in");
    free(out);
    ok(lzma_decode(packed, size, sizeof plain - 1, &out, &out_size, &f) == -1 &&
           strstr(f.what, "too large"),
       "more than the limit is refused before it is decoded");
    ok(lzma_decode(packed, size / 2, sizeof plain, &out, &out_size, &f) == -1 &&
           strstr(f.what, "cut off"),
       "data that is cut off is told");
    ok(lzma_decode(packed, 12, sizeof plain, &out, &out_size, &f) == -1, "so is half a header");
    store_le64(packed + 5, UINT64_MAX);
    ok(lzma_decode(packed, size, UINT64_MAX, &out, &out_size, &f) == -1,
       "data without a length is refused");
    store_le64(packed + 5, sizeof plain);
    store_le32(packed + 1, 0xffffffff);
    ok(lzma_decode(packed, size, sizeof plain, &out, &out_size, &f) == -1 &&
           strstr(f.what, "memory"),
       "a dictionary of 4 GiB is refused");
}

/* 32 MiB of zeros in 5 KiB: each image may have them, and a hundred images not. */
static void test_budget(void)
{
    enum { SIZE = 32 << 20, FITS = 512 / 32 };
    struct made_bytes plain = {calloc(1, SIZE), SIZE}, packed = pack_lzma(&plain);
    struct failure f = {0};
    size_t size;
    int done = 0;
    uint8_t *out;

    effort_forget();
    while (done < 100 && lzma_decode(packed.data, packed.size, SIZE, &out, &size, &f) == 0) {
        free(out);
        done++;
    }
    is_int(done, FITS, "one run unpacks no more firmware than is in proportion to its size");
    ok(strstr(f.what, "asks for too much: more than 536870912 unpacked bytes"), "and says so (%s)", f.what);
    effort_given(1 << 20);
    while (done < 100 && lzma_decode(packed.data, packed.size, SIZE, &out, &size, &f) == 0) {
        free(out);
        done++;
    }
    is_int(done, FITS + 128 / 32, "each byte that is read allows 128 unpacked ones more");
    effort_forget();
    ok(lzma_decode(packed.data, packed.size, SIZE, &out, &size, &f) == 0,
       "the next run may unpack as much again");
    free(out);
    effort_forget();
    free_made_bytes(&plain);
    free_made_bytes(&packed);
}

static void test_image(void)
{
    char path[] = "/tmp/romcompat-image-XXXXXX";
    struct flash_image image;
    struct failure f;
    int fd = mkstemp(path);
    uint8_t table[IMAGE];

    make_table(table);
    if (fd < 0 || write(fd, table, IMAGE) != IMAGE)
        abort();
    ok(flash_open(path, &image, &f) == 0 && image.kind == FLASH_UNKNOWN,
       "an image without volumes is not taken for code");
    flash_close(&image);
    if (ftruncate(fd, 0) != 0)
        abort();
    ok(flash_open(path, &image, &f) == 0 && image.kind == FLASH_FOREIGN, "nor is an empty file");
    flash_close(&image);
    if (ftruncate(fd, (off_t)FLASH_FILE_MAX + 1) != 0)
        abort();
    ok(flash_open(path, &image, &f) == -1 && strstr(f.what, "too large"),
       "a file one byte over the limit is refused");
    close(fd);
    unlink(path);
}

int main(void)
{
    test_table();
    test_files();
    test_sections();
    test_lzma();
    test_budget();
    test_image();
    return tap_done();
}
