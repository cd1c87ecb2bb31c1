/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* QEMU migration/qemu-file-types.h, migration/savevm.h, migration/ram.c. */
enum {
    FILE_MAGIC = 0x5145564d,
    FILE_VERSION = 3,
    SECTION_EOF = 0x00,
    SECTION_START = 0x01,
    SECTION_FULL = 0x04,
    SUBSECTION = 0x05,
    CONFIGURATION = 0x07,
    COMMAND = 0x08,
    COMMAND_POSTCOPY_ADVISE = 3, /* MIG_CMD_POSTCOPY_ADVISE */
    RAM_VERSION = 4,
    RAM_FLAG_MEM_SIZE = 0x04,
    RAM_FLAGS = 0x3ff, /* below the smallest target page */
    MAPPED_RAM_VERSION = 1,
    MAPPED_RAM_HEADER = 4 + 3 * 8,
    UUID_SIZE = 16,
};

/* One for each field: what stands in s->field once s->want bytes of it are there. */
enum state {
    MAGIC,
    AFTER_HEADER, /* a section type, or the configuration */
    MACHINE_LENGTH,
    MACHINE,
    AFTER_MACHINE, /* a section type, or a subsection of the configuration */
    SUBSECTION_LENGTH,
    SUBSECTION_NAME, /* and its version */
    PAGE_BITS,
    UUID,
    CAPABILITY_COUNT,
    CAPABILITY_LENGTH,
    CAPABILITY,
    SECTION,
    COMMAND_HEADER,
    SECTION_ID,   /* and the length of its name */
    SECTION_NAME, /* instance and version */
    OTHER_SECTION,
    RAM_TOTAL,
    BLOCK_LENGTH,
    BLOCK,      /* name and length */
    BLOCK_WORD, /* is the next byte the first of a page size or address, or a name's length? */
    BLOCK_WORD_VALUE,
    BLOCK_MAPPED,
    COMPLETE,
    BROKEN,
};

/* What the bytes in s->field are, for messages. */
static const char *const field_names[] = {
    [MAGIC] = "the magic number and version",
    [AFTER_HEADER] = "the first section",
    [MACHINE_LENGTH] = "the length of the machine type",
    [MACHINE] = "the machine type",
    [AFTER_MACHINE] = "what follows the configuration",
    [SUBSECTION_LENGTH] = "a subsection",
    [SUBSECTION_NAME] = "a subsection's name",
    [PAGE_BITS] = "the page size",
    [UUID] = "the UUID",
    [CAPABILITY_COUNT] = "the number of capabilities",
    [CAPABILITY_LENGTH] = "a capability",
    [CAPABILITY] = "a capability",
    [SECTION] = "a section",
    [COMMAND_HEADER] = "a command",
    [SECTION_ID] = "a section",
    [SECTION_NAME] = "a section's name",
    [OTHER_SECTION] = "the section of RAM",
    [RAM_TOTAL] = "the size of all RAM blocks",
    [BLOCK_LENGTH] = "a RAM block",
    [BLOCK] = "a RAM block",
    [BLOCK_WORD] = "a RAM block",
    [BLOCK_WORD_VALUE] = "a RAM block",
    [BLOCK_MAPPED] = "the mapped-ram header of a block",
};

bool migration_stream_looks_like(const uint8_t *head, size_t n)
{
    return n >= 4 && load_be32(head) == FILE_MAGIC;
}

static void expect(struct migration_stream *s, enum state state, size_t want)
{
    s->state = state;
    s->want = want;
    s->have = 0;
    s->field_at = s->position;
}

void migration_stream_begin(struct migration_stream *s, const char *name, uint64_t offset)
{
    *s = (struct migration_stream){.position = offset, .name = name};
    expect(s, MAGIC, 8);
}

void migration_stream_end(struct migration_stream *s)
{
    free(s->blocks);
    s->blocks = NULL;
    s->block_count = s->capacity = 0;
}

enum migration_answer migration_stream_cut(const struct migration_stream *s, struct failure *f)
{
    const char *what = s->state < COMPLETE ? field_names[s->state] : "the stream";

    return fail(f, "%s: cut off in %s at byte %" PRIu64 " (found %zu bytes of it, expected %zu)",
                s->name, what, s->field_at, s->have, s->want);
}

static int bad_type(struct migration_stream *s, unsigned type, struct failure *f)
{
    if (type == SECTION_EOF)
        return fail(f, "%s: byte %" PRIu64 ": the stream ends before its RAM", s->name,
                    s->field_at);
    return fail(f,
                "%s: byte %" PRIu64 ": unknown section type (found 0x%02x, expected 0x01, 0x04 "
                "or 0x08)",
                s->name, s->field_at, type);
}

/* What the type byte of a section leads to. */
static int begin_section(struct migration_stream *s, unsigned type, struct failure *f)
{
    switch (type) {
    case SECTION_START:
    case SECTION_FULL:
        expect(s, SECTION_ID, 5);
        return 0;
    case COMMAND:
        if (s->commands++ == MIGRATION_COMMANDS_MAX)
            return fail(f, "%s: byte %" PRIu64 ": too many commands before the RAM (limit %d)",
                        s->name, s->field_at, MIGRATION_COMMANDS_MAX);
        expect(s, COMMAND_HEADER, 4);
        return 0;
    default:
        return bad_type(s, type, f);
    }
}

static bool field_is(const struct migration_stream *s, size_t n, const char *text)
{
    return n == strlen(text) && memcmp(s->field, text, n) == 0;
}

static int read_header(struct migration_stream *s, struct failure *f)
{
    uint32_t magic = load_be32(s->field), version = load_be32(s->field + 4);

    if (magic != FILE_MAGIC)
        return fail(f,
                    "%s: byte %" PRIu64 ": not a migration stream (found 0x%08x, expected 0x%08x)",
                    s->name, s->field_at, magic, FILE_MAGIC);
    if (version != FILE_VERSION)
        return fail(f,
                    "%s: byte %" PRIu64 ": unknown version of the stream (found %u, expected %d)",
                    s->name, s->field_at + 4, version, FILE_VERSION);
    expect(s, AFTER_HEADER, 1);
    return 0;
}

/* A NUL in a name would hide what comes behind it from everything that reads texts. */
static int keep_name(struct migration_stream *s, const char *what, char *to, const uint8_t *name,
                     size_t n, struct failure *f)
{
    if (memchr(name, '\0', n))
        return fail(f, "%s: byte %" PRIu64 ": %s contains a NUL", s->name, s->field_at, what);
    memcpy(to, name, n);
    to[n] = '\0';
    return 0;
}

static int read_machine_length(struct migration_stream *s, struct failure *f)
{
    uint32_t n = load_be32(s->field);

    if (n == 0 || n > MIGRATION_MACHINE_MAX)
        return fail(f,
                    "%s: byte %" PRIu64 ": the machine type is too long or empty (found %u bytes, "
                    "expected 1 to %d)",
                    s->name, s->field_at, n, MIGRATION_MACHINE_MAX);
    expect(s, MACHINE, n);
    return 0;
}

static int read_subsection_name(struct migration_stream *s, struct failure *f)
{
    size_t n = s->want - 4;
    uint32_t version = load_be32(s->field + n);

    if (version != 1)
        return fail(f,
                    "%s: byte %" PRIu64 ": unknown version of subsection '%.*s' (found %u, "
                    "expected 1)",
                    s->name, s->field_at + n, (int)n, (const char *)s->field, version);
    if (field_is(s, n, "configuration/target-page-bits"))
        expect(s, PAGE_BITS, 4);
    else if (field_is(s, n, "configuration/capabilities"))
        expect(s, CAPABILITY_COUNT, 4);
    else if (field_is(s, n, "configuration/uuid"))
        expect(s, UUID, UUID_SIZE);
    else
        return fail(f,
                    "%s: byte %" PRIu64 ": unknown subsection '%.*s' (its length is not known, so "
                    "nothing after it can be read)",
                    s->name, s->field_at, (int)n, (const char *)s->field);
    return 0;
}

static int read_page_bits(struct migration_stream *s, struct failure *f)
{
    uint32_t bits = load_be32(s->field);

    /* 10 (the smallest of old Arm) to 16; QEMU itself compares it with its own. */
    if (bits < 10 || bits > 24)
        return fail(f,
                    "%s: byte %" PRIu64 ": impossible page size (found %u bits, expected 10 to 24)",
                    s->name, s->field_at, bits);
    s->page_bits = bits;
    expect(s, AFTER_MACHINE, 1);
    return 0;
}

static void next_capability(struct migration_stream *s)
{
    if (s->capabilities_left == 0) {
        expect(s, AFTER_MACHINE, 1);
        return;
    }
    s->capabilities_left--;
    expect(s, CAPABILITY_LENGTH, 1);
}

static int read_capability_count(struct migration_stream *s, struct failure *f)
{
    uint32_t n = load_be32(s->field);

    if (n > MIGRATION_CAPABILITIES_MAX)
        return fail(f, "%s: byte %" PRIu64 ": too many capabilities (found %u, limit %d)", s->name,
                    s->field_at, n, MIGRATION_CAPABILITIES_MAX);
    s->capabilities_left = n;
    next_capability(s);
    return 0;
}

/* The list holds what the destination must have as well: QEMU migration/savevm.c,
 * should_validate_capability(). */
static void read_capability(struct migration_stream *s)
{
    if (field_is(s, s->want, "mapped-ram"))
        s->mapped_ram = true;
    else if (field_is(s, s->want, "x-ignore-shared"))
        s->ignore_shared = true;
    next_capability(s);
}

static void read_command(struct migration_stream *s)
{
    s->postcopy |= load_be16(s->field) == COMMAND_POSTCOPY_ADVISE;
    s->skip = load_be16(s->field + 2);
    s->state = SECTION; /* which begins behind the data */
    s->want = 1;
    s->have = 0;
}

static int read_section_name(struct migration_stream *s, struct failure *f)
{
    size_t n = s->want - 8;
    uint32_t version = load_be32(s->field + n + 4);

    if (!field_is(s, n, "ram")) {
        /* virtio-mem and the like, in QEMU's own order. What is in it only QEMU knows, so
         * the section of RAM is searched for. */
        expect(s, OTHER_SECTION, 17);
        return 0;
    }
    if (version != RAM_VERSION)
        return fail(f,
                    "%s: byte %" PRIu64 ": unknown version of the section of RAM (found %u, "
                    "expected %d)",
                    s->name, s->field_at + n + 4, version, RAM_VERSION);
    expect(s, RAM_TOTAL, 8);
    return 0;
}

/* s->field is a window over the bytes: type, section id, name, instance, version. */
static int read_other_section(struct migration_stream *s, struct failure *f)
{
    static const char tail[] = "\3ram\0\0\0\0\0\0\0\4";

    if (s->field[0] == SECTION_START && memcmp(s->field + 5, tail, sizeof tail - 1) == 0) {
        expect(s, RAM_TOTAL, 8);
        return 0;
    }
    if (++s->others > MIGRATION_OTHER_SECTIONS_MAX)
        return fail(f, "%s: byte %" PRIu64 ": no section of RAM in %d bytes after another section",
                    s->name, s->field_at, MIGRATION_OTHER_SECTIONS_MAX);
    memmove(s->field, s->field + 1, s->want - 1);
    s->have--;
    s->field_at++;
    return 0;
}

static int read_total(struct migration_stream *s, struct failure *f)
{
    uint64_t total = load_be64(s->field);

    if ((total & RAM_FLAGS) != RAM_FLAG_MEM_SIZE)
        return fail(f,
                    "%s: byte %" PRIu64 ": the list of RAM blocks does not begin here (found flags "
                    "0x%x, expected 0x%x)",
                    s->name, s->field_at, (unsigned)(total & RAM_FLAGS), RAM_FLAG_MEM_SIZE);
    s->ram_total = total & ~(uint64_t)RAM_FLAGS;
    if (s->ram_total == 0)
        expect(s, COMPLETE, 0);
    else
        expect(s, BLOCK_LENGTH, 1);
    return 0;
}

/* Where the next block begins, unless this was the last. What a last one has behind its
 * length does not matter. */
static void next_block(struct migration_stream *s)
{
    expect(s, s->blocks_total == s->ram_total ? COMPLETE : BLOCK_LENGTH, 1);
}

static int read_block(struct migration_stream *s, struct failure *f)
{
    size_t n = s->want - 8;
    struct migration_block block = {.length = load_be64(s->field + n)};

    if (keep_name(s, "the name of a RAM block", block.name, s->field, n, f) != 0)
        return -1;
    if (s->block_count == MIGRATION_BLOCKS_MAX)
        return fail(f, "%s: byte %" PRIu64 ": too many RAM blocks (limit %d)", s->name, s->field_at,
                    MIGRATION_BLOCKS_MAX);
    if (block.length > s->ram_total - s->blocks_total)
        return fail(
            f,
            "%s: byte %" PRIu64 ": RAM block '%s' is longer than what is left of all (found "
            "%" PRIu64 " bytes, expected at most %" PRIu64 ")",
            s->name, s->field_at + n, block.name, block.length, s->ram_total - s->blocks_total);
    if (s->block_count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 32;
        void *blocks = realloc(s->blocks, capacity * sizeof *s->blocks);

        if (!blocks)
            return fail(f, "%s: out of memory", s->name);
        s->blocks = blocks;
        s->capacity = capacity;
    }
    s->blocks[s->block_count++] = block;
    s->blocks_total += block.length;
    s->words = 0;
    if (s->mapped_ram)
        expect(s, BLOCK_MAPPED, (s->ignore_shared ? 8 : 0) + MAPPED_RAM_HEADER);
    else if (s->blocks_total != s->ram_total && (s->ignore_shared || s->postcopy))
        expect(s, BLOCK_WORD, 1);
    else
        next_block(s);
    return 0;
}

/*
 * With postcopy a block of huge pages has its page size here, and others have nothing;
 * with x-ignore-shared every block has its address. The stream does not say which it
 * is; but the first byte of either is 0, and the length of a name never.
 */
static void read_block_word(struct migration_stream *s)
{
    unsigned most = s->ignore_shared + s->postcopy, least = s->ignore_shared;
    uint8_t first = s->field[0];

    if (s->words < least || (s->words < most && first == 0)) {
        s->words++;
        expect(s, BLOCK_WORD_VALUE, 7);
        return;
    }
    s->state = BLOCK_LENGTH; /* this is the byte */
}

static int read_mapped(struct migration_stream *s, struct failure *f)
{
    struct migration_block *block = &s->blocks[s->block_count - 1];
    const uint8_t *header = s->field + s->want - MAPPED_RAM_HEADER;
    uint32_t version = load_be32(header);
    uint64_t next;

    if (version != MAPPED_RAM_VERSION)
        return fail(f,
                    "%s: byte %" PRIu64 ": unknown version of mapped-ram (found %u, expected %d)",
                    s->name, s->position - MAPPED_RAM_HEADER, version, MAPPED_RAM_VERSION);
    block->pages_offset = load_be64(header + 20);
    if (__builtin_add_overflow(block->pages_offset, block->length, &next) ||
        block->pages_offset < s->position || next > INT64_MAX)
        return fail(f,
                    "%s: byte %" PRIu64
                    ": the pages of RAM block '%s' are at an impossible place (found "
                    "offset 0x%" PRIx64 ", expected at least 0x%" PRIx64 ")",
                    s->name, s->position - 8, block->name, block->pages_offset, s->position);
    next_block(s);
    if (s->state != COMPLETE)
        s->skip = next - s->position;
    return 0;
}

static int read_length(struct migration_stream *s, const char *what, enum state state, size_t more,
                       struct failure *f)
{
    size_t n = s->field[s->want - 1];

    if (n == 0)
        return fail(f, "%s: byte %" PRIu64 ": %s without a name", s->name,
                    s->field_at + s->want - 1, what);
    expect(s, state, n + more);
    return 0;
}

/* Acts on the field that is complete. 0 or -1. */
static int step(struct migration_stream *s, struct failure *f)
{
    unsigned type = s->field[0];

    switch ((enum state)s->state) {
    case MAGIC:
        return read_header(s, f);
    case AFTER_HEADER:
        if (type == CONFIGURATION) {
            expect(s, MACHINE_LENGTH, 4);
            return 0;
        }
        return begin_section(s, type, f);
    case MACHINE_LENGTH:
        return read_machine_length(s, f);
    case MACHINE:
        if (keep_name(s, "the machine type", s->machine, s->field, s->want, f) != 0)
            return -1;
        s->has_machine = true;
        expect(s, AFTER_MACHINE, 1);
        return 0;
    case AFTER_MACHINE:
        if (type != SUBSECTION)
            return begin_section(s, type, f);
        if (s->subsections++ == MIGRATION_SUBSECTIONS_MAX)
            return fail(f, "%s: byte %" PRIu64 ": too many subsections (limit %d)", s->name,
                        s->field_at, MIGRATION_SUBSECTIONS_MAX);
        expect(s, SUBSECTION_LENGTH, 1);
        return 0;
    case SUBSECTION_LENGTH:
        return read_length(s, "a subsection", SUBSECTION_NAME, 4, f);
    case SUBSECTION_NAME:
        return read_subsection_name(s, f);
    case PAGE_BITS:
        return read_page_bits(s, f);
    case UUID:
        memcpy(s->uuid, s->field, UUID_SIZE);
        s->has_uuid = true;
        expect(s, AFTER_MACHINE, 1);
        return 0;
    case CAPABILITY_COUNT:
        return read_capability_count(s, f);
    case CAPABILITY_LENGTH:
        return read_length(s, "a capability", CAPABILITY, 0, f);
    case CAPABILITY:
        read_capability(s);
        return 0;
    case SECTION:
        return begin_section(s, type, f);
    case COMMAND_HEADER:
        read_command(s);
        return 0;
    case SECTION_ID:
        return read_length(s, "a section", SECTION_NAME, 8, f);
    case SECTION_NAME:
        return read_section_name(s, f);
    case OTHER_SECTION:
        return read_other_section(s, f);
    case RAM_TOTAL:
        return read_total(s, f);
    case BLOCK_LENGTH:
        return read_length(s, "a RAM block", BLOCK, 8, f);
    case BLOCK:
        return read_block(s, f);
    case BLOCK_WORD:
        read_block_word(s);
        return 0;
    case BLOCK_WORD_VALUE:
        expect(s, BLOCK_WORD, 1);
        return 0;
    case BLOCK_MAPPED:
        return read_mapped(s, f);
    case COMPLETE:
    case BROKEN:
        break;
    }
    return 0;
}

enum migration_answer migration_stream_feed(struct migration_stream *s, const uint8_t *bytes,
                                            size_t n, struct failure *f)
{
    while (s->state != COMPLETE) {
        if (s->state == BROKEN)
            return fail(f, "%s: the stream could not be read", s->name);
        size_t part = s->skip < n ? (size_t)s->skip : n;

        /* A skip beyond what is given is the caller's, who may seek. */
        if (s->skip > n) {
            s->position += s->skip;
            s->field_at = s->position;
            s->skip = 0;
            return MIGRATION_MORE;
        }
        if (s->skip) {
            s->skip = 0;
            s->position += part;
            s->field_at = s->position;
            bytes += part;
            n -= part;
        }
        if (s->have < s->want && n == 0)
            return MIGRATION_MORE;
        part = s->want - s->have < n ? s->want - s->have : n;
        memcpy(s->field + s->have, bytes, part);
        s->have += part;
        s->position += part;
        bytes += part;
        n -= part;
        if (s->have == s->want && step(s, f) != 0) {
            s->state = BROKEN;
            return MIGRATION_BAD;
        }
    }
    return MIGRATION_DONE;
}
