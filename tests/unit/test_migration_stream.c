/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_stream.h"

#include <stdlib.h>

#include "fixtures/stream_maker.h"
#include "tap.h"

/* Feeds data[base, size) in pieces of `piece` bytes, as a file does that can seek. */
static enum migration_answer read_in_pieces(const struct made_stream *m, size_t base, size_t size,
                                            size_t piece, struct migration_stream *s,
                                            struct failure *f)
{
    enum migration_answer answer;

    migration_stream_begin(s, "x", base);
    do {
        if (s->position >= size)
            return migration_stream_cut(s, f);
        size_t n = size - (size_t)s->position < piece ? size - (size_t)s->position : piece;
        uint8_t *copy = malloc(n); /* nothing behind it */

        memcpy(copy, m->data + s->position, n);
        answer = migration_stream_feed(s, copy, n, f);
        free(copy);
    } while (answer == MIGRATION_MORE);
    return answer;
}

static const struct stream_spec plain = {
    .machine = "pc-i440fx-7.2",
    .page_bits = 12,
    .uuid = "0123456789abcdef",
    .capabilities = {"x-colo"},
    .pings = 2,
    .blocks = {{.name = "pc.ram", .length = 0x4000000},
               {.name = "0000:00:03.0/virtio-net-pci.rom", .length = 0x40000},
               {.name = "/rom@etc/acpi/rsdp", .length = 0x1000}},
};

/* The three blocks of `plain` come out, whatever else is in the stream. */
static void gives_blocks(const struct stream_spec *spec, const char *what)
{
    struct made_stream m = make_stream(spec);
    const size_t pieces[] = {1, 3, 100, 1 << 20};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct migration_stream s;
        struct failure f = {0};
        enum migration_answer a = read_in_pieces(&m, spec->base, m.size, pieces[i], &s, &f);
        bool right = a == MIGRATION_DONE && s.block_count == 3 &&
                     !strcmp(s.blocks[0].name, "pc.ram") && s.blocks[0].length == 0x4000000 &&
                     !strcmp(s.blocks[1].name, "0000:00:03.0/virtio-net-pci.rom") &&
                     s.blocks[1].length == 0x40000 &&
                     !strcmp(s.blocks[2].name, "/rom@etc/acpi/rsdp");

        if (!ok(right, "%s: the blocks, read %zu bytes at a time", what, pieces[i]))
            printf("# answer %d, %zu blocks: %s\n", a, s.block_count, f.what);
        migration_stream_end(&s);
    }
    free(m.data);
}

static void is_refused(const struct stream_spec *spec, const char *text, const char *what)
{
    struct made_stream m = make_stream(spec);
    struct migration_stream s;
    struct failure f = {0};
    enum migration_answer a = read_in_pieces(&m, spec->base, m.size, 64, &s, &f);

    if (!ok(a == MIGRATION_BAD && strstr(f.what, text), "%s", what))
        printf("# answer %d: '%s', expected '%s'\n", a, f.what, text);
    is_int(migration_stream_feed(&s, m.data, 1, &f), MIGRATION_BAD, "%s: and it stays so", what);
    migration_stream_end(&s);
    free(m.data);
}

static void test_fields(void)
{
    struct made_stream m = make_stream(&plain);
    struct migration_stream s;
    struct failure f = {0};

    is_int(read_in_pieces(&m, 0, m.size, 64, &s, &f), MIGRATION_DONE, "a stream is read");
    is_text(s.machine, "pc-i440fx-7.2", "the machine type of a stream is read");
    is_int(s.page_bits, 12, "the page size of a stream is read");
    ok(s.has_uuid && !memcmp(s.uuid, "0123456789abcdef", 16), "the UUID of a stream is read");
    is_int(s.ram_total, 0x4041000, "the size of all blocks");
    ok(!s.mapped_ram && !s.ignore_shared && !s.postcopy, "... no special form");
    is_int(s.position, m.size - 8, "not a byte behind the list is taken");
    migration_stream_end(&s);
    free(m.data);
}

static void test_forms(void)
{
    struct stream_spec spec = plain;

    gives_blocks(&spec, "a plain stream");
    spec.machine = NULL;
    gives_blocks(&spec, "a machine type of before 2.4, which sends no configuration");
    spec = plain;
    spec.postcopy = true;
    gives_blocks(&spec, "postcopy announced, no huge pages");
    spec.blocks[0].page_size = 2 << 20;
    gives_blocks(&spec, "postcopy with a block of huge pages");
    spec.capabilities[1] = "x-ignore-shared";
    spec.addresses = true;
    gives_blocks(&spec, "x-ignore-shared and postcopy with huge pages");
    spec.postcopy = false;
    spec.blocks[0].page_size = 0;
    gives_blocks(&spec, "x-ignore-shared");
    spec = plain;
    spec.other_section = 5000;
    gives_blocks(&spec, "another section before RAM");
    spec = plain;
    spec.base = 4711;
    gives_blocks(&spec, "a stream that begins inside its file");
    spec.capabilities[1] = "mapped-ram";
    spec.mapped = true;
    gives_blocks(&spec, "mapped-ram");
}

static void test_mapped_reads_little(void)
{
    struct stream_spec spec = plain;

    spec.capabilities[1] = "mapped-ram";
    spec.mapped = true;
    struct made_stream m = make_stream(&spec);
    struct migration_stream s;
    struct failure f = {0};
    size_t fed = 0;

    migration_stream_begin(&s, "x", 0);
    enum migration_answer a;
    do {
        a = migration_stream_feed(&s, m.data + s.position, 64, &f);
        fed += 64;
    } while (a == MIGRATION_MORE);
    is_int(a, MIGRATION_DONE, "a mapped-ram file of 64 MiB is read");
    ok(fed < 4096, "and less than 4 KiB of it");
    is_int(s.blocks[1].pages_offset, 0x4200000, "the offset of a block's pages");
    ok(s.mapped_ram, "and the reader says that it is one");
    migration_stream_end(&s);
    free(m.data);
}

static void test_lies(void)
{
    struct stream_spec spec = plain;
    char long_name[300];

    memset(long_name, 'm', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';

    spec.magic = 0x12345678;
    is_refused(&spec, "x: byte 0: not a migration stream (found 0x12345678, expected 0x5145564d)",
               "a stream with another magic number");
    spec = plain;
    spec.version = 2;
    is_refused(&spec, "x: byte 4: unknown version of the stream (found 2, expected 3)",
               "version 2, which no QEMU of today reads");
    spec = plain;
    spec.machine = long_name;
    is_refused(&spec, "x: byte 9: the machine type is too long or empty (found 299 bytes",
               "a machine type of 299 bytes");
    spec.machine = "";
    is_refused(&spec, "too long or empty (found 0 bytes", "an empty machine type");
    spec = plain;
    spec.subsections = 1000000;
    is_refused(&spec, "too many subsections (limit 32)", "a stream of subsections without end");
    spec = plain;
    spec.other_subsection = "configuration/new";
    is_refused(&spec, "unknown subsection 'configuration/new'", "a subsection of a later QEMU");
    spec = plain;
    spec.capability_count = 0xffffffff;
    is_refused(&spec, "too many capabilities (found 4294967295, limit 64)",
               "a stream of capabilities without end");
    spec = plain;
    spec.page_bits = 64;
    is_refused(&spec, "impossible page size (found 64 bits", "pages of 2^64 bytes");
    spec = plain;
    spec.pings = 1000000;
    is_refused(&spec, "too many commands before the RAM (limit 64)",
               "a stream of commands without end");
    spec = plain;
    spec.ram_version = 5;
    is_refused(&spec, "unknown version of the section of RAM (found 5, expected 4)",
               "a section of RAM of another version");
    spec = plain;
    spec.flags = 8;
    is_refused(&spec, "the list of RAM blocks does not begin here (found flags 0x8",
               "pages where the list should be");
    spec = plain;
    spec.total = 0x1000;
    is_refused(&spec, "RAM block 'pc.ram' is longer than what is left of all (found 67108864",
               "a block longer than all of them");
    spec = plain;
    spec.blocks[0].length = 0;
    spec.repeat = 1000000;
    is_refused(&spec, "too many RAM blocks (limit 16384)", "a million blocks of no length");
    spec = plain;
    spec.blocks[1].name = "";
    is_refused(&spec, "a RAM block without a name", "a block without a name");
    spec = plain;
    spec.other_section = 1 << 20;
    is_refused(&spec, "no section of RAM in 65536 bytes after another section",
               "another section without end");
    spec = plain;
    spec.capabilities[1] = "mapped-ram";
    spec.mapped = true;
    spec.mapped_version = 2;
    is_refused(&spec, "unknown version of mapped-ram (found 2, expected 1)",
               "mapped-ram of another version");
    spec.mapped_version = 0;
    spec.blocks[0].pages_offset = 1;
    is_refused(&spec, "are at an impossible place (found offset 0x1", "pages inside the head");
    spec.blocks[0].pages_offset = UINT64_MAX - 5;
    is_refused(&spec, "are at an impossible place (found offset 0xfffffffffffffffa",
               "pages behind the end of all offsets");
}

/* Every cut is named, and no flipped bit does harm. */
static void cut_and_flip(const struct stream_spec *spec, const char *what)
{
    struct made_stream m = make_stream(spec);
    struct migration_stream s;
    struct failure f;
    size_t head, wrong = 0;

    read_in_pieces(&m, 0, m.size, m.size, &s, &f);
    head = (size_t)s.position;
    migration_stream_end(&s);
    for (size_t size = 0; size < head; size++) {
        f = (struct failure){0};
        enum migration_answer a = read_in_pieces(&m, 0, size, 7, &s, &f);
        if (a != MIGRATION_BAD || !strstr(f.what, "x: cut off in ")) {
            printf("# cut at %zu: answer %d '%s'\n", size, a, f.what);
            wrong++;
        }
        migration_stream_end(&s);
    }
    is_int(wrong, 0, "%s: cut at each of %zu bytes, it is said so", what, head);
    wrong = 0;
    for (size_t bit = 0; bit < 8 * head; bit++) {
        f = (struct failure){0};
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum migration_answer a = read_in_pieces(&m, 0, m.size, 64, &s, &f);
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        wrong += a == MIGRATION_BAD ? !f.what[0] : a != MIGRATION_DONE;
        migration_stream_end(&s);
    }
    is_int(wrong, 0, "%s: with any one bit flipped it is read or refused with a reason", what);
    free(m.data);
}

int main(void)
{
    struct stream_spec spec = plain;

    test_fields();
    test_forms();
    test_mapped_reads_little();
    test_lies();
    cut_and_flip(&spec, "a plain stream");
    spec.postcopy = true;
    spec.blocks[0].page_size = 2 << 20;
    spec.capabilities[0] = "x-ignore-shared";
    spec.addresses = true;
    cut_and_flip(&spec, "postcopy and x-ignore-shared");
    ok(migration_stream_looks_like((const uint8_t *)"QEVM", 4) &&
           !migration_stream_looks_like((const uint8_t *)"QEV", 3),
       "four bytes tell a stream");
    return tap_done();
}
