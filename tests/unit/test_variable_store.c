/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading, replaying and writing variable stores. */
#include <stdlib.h>

#include "base/bytes.h"
#include "fixtures/store_maker.h"
#include "formats/variable_store_internal.h"

#include "tap.h"

/* From a heap copy of exactly that size, so that sanitizers see every step beyond. */
static uint8_t *read_copy(const struct made_store *m, size_t size, struct varstore *s)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, m->data, size);
    if (varstore_read(copy, size, s) != 0)
        abort();
    return copy;
}

static bool has_problem(const struct varstore *s, enum varstore_problem_kind kind)
{
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        if (s->problems[i].kind == kind)
            return true;
    }
    return false;
}

static void test_empty_stores(void)
{
    for (const struct varstore_layout *l = varstore_layouts; l->name; l++) {
        for (int format = 0; format < 2; format++) {
            struct made_store m = make_store(l->name, (enum varstore_format)format);
            uint8_t *out = malloc(l->volume_length);
            struct varstore s;

            if (!out)
                abort();
            uint8_t *copy = read_copy(&m, m.size, &s);
            ok(s.sound && s.layout == l && (int)s.format == format && s.problem_count == 0,
               "%s: an empty store, format %d, is read without a problem", l->name, format);
            is_int(s.variable_count, 0, "... it has no variables");
            is_int(s.ftw.state, FTW_IDLE, "... no write is pending");
            varstore_format(out, l, (enum varstore_format)format);
            ok(memcmp(out, m.data, m.size) == 0, "... varstore_format() makes the same bytes");
            varstore_free(&s);
            free(copy);
            free(out);
            free_made_store(&m);
        }
    }
}

static void test_which_live(void)
{
    static const struct {
        uint8_t first, second; /* states of two variables of one key */
        int live;              /* which: 0, 1, -1 none */
        const char *text;
    } rows[] = {
        {0x3f, 0x3d, 0, "3f lives and 3d does not"},
        {0x3c, 0x3f, 1, "3c is deleted"},
        {0x3e, 0x3f, 1, "3e with a 3f twin behind it is replaced"},
        {0x3f, 0x3e, 0, "3e with a 3f twin before it is replaced"},
        {0x3e, 0x3d, 0, "an orphan 3e lives"},
        {0x3e, 0x7f, 0, "3e lives while its successor is only a header"},
        {0x3e, 0x3e, 1, "of two orphan 3e the last lives"},
        {0x3f, 0x3f, 0, "of two 3f the first is what firmware finds"},
        {0x3d, 0x3c, -1, "3d and 3c: none lives"},
        {0x7f, 0xff, -1, "7f and ff: none lives"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
        struct varstore s;

        add_made_variable(&m, &(struct variable_spec){
                                  .name = "Key", .vendor = 1, .size = 5, .state = rows[i].first});
        size_t second = add_made_variable(
            &m, &(struct variable_spec){
                    .name = "Key", .vendor = 1, .size = 7, .state = rows[i].second});
        (void)second;
        uint8_t *copy = read_copy(&m, m.size, &s);
        ok(s.live_count == (rows[i].live >= 0) &&
               (rows[i].live < 0 || s.variables[rows[i].live].live),
           "of two variables in states %02x and %02x: %s", rows[i].first, rows[i].second,
           rows[i].text);
        is_int(has_problem(&s, VARSTORE_DUPLICATE), rows[i].first == 0x3f && rows[i].second == 0x3f,
               "... a duplicate is named only where both are 3f");
        varstore_free(&s);
        free(copy);
        free_made_store(&m);
    }
}

static void test_keys_and_fields(void)
{
    static const uint8_t one[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct made_store m = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct varstore s;
    char name[32], tiny[3];

    add_made_variable(&m, &(struct variable_spec){.name = "Boot0000",
                                                  .vendor = 1,
                                                  .size = 3,
                                                  .attributes = 0x27,
                                                  .count = 0x1122334455,
                                                  .time = 9,
                                                  .key = 77,
                                                  .fill = 0xab});
    add_made_variable(&m, &(struct variable_spec){.name = "Boot0000", .vendor = 2, .size = 4});
    add_made_variable(&m, &(struct variable_spec){.name = "Boot000", .vendor = 1, .size = 0});
    uint8_t *copy = read_copy(&m, m.size, &s);
    is_int(s.live_count, 3, "one name under two GUIDs is two variables");
    const struct variable *v = varstore_find(copy, &s, "Boot0000", one);
    ok(v == &s.variables[0], "a variable is found by name and GUID");
    ok(v && v->attributes == 0x27 && v->monotonic_count == 0x1122334455 &&
           v->public_key_index == 77 && v->timestamp[15] == 9 && v->data_size == 3,
       "attributes, count, key index, time and size are read");
    ok(v && copy[v->data_at] == 0xab, "the data stands where data_at says");
    is_text(variable_name(copy, v, name, sizeof name), "Boot0000", "the name is made text");
    is_text(variable_name(copy, v, tiny, sizeof tiny), "Bo", "a name is cut at the buffer");
    ok(!varstore_find(copy, &s, "Boot00000", one), "a longer name is not found");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);
}

static void test_headers(void)
{
    static const struct {
        size_t offset;
        uint8_t value;
        enum fv_defect defect;
        const char *text;
    } rows[] = {
        {0x32, 0x01, FV_CHECKSUM, "one wrong byte of the checksum"},
        {0x22, 0x07, FV_CHECKSUM, "one wrong byte of the length"},
        {0x28, 'X', FV_NO_SIGNATURE, "no signature"},
        {0x37, 1, FV_REVISION_WRONG, "another revision"},
        {0x30, 0x49, FV_HEADER_LENGTH, "an odd header length"},
        {0x30, 0x10, FV_HEADER_LENGTH, "a header length below the least"},
        {0x31, 0xff, FV_CHECKSUM, "a header length that takes in the variables"},
    };
    struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    struct varstore s;
    uint8_t *copy;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t old = m.data[rows[i].offset];

        m.data[rows[i].offset] = rows[i].value;
        copy = read_copy(&m, m.size, &s);
        ok(s.volume.defect == rows[i].defect && !s.sound, "volume header: %s is told",
           rows[i].text);
        varstore_free(&s);
        free(copy);
        m.data[rows[i].offset] = old;
    }
    store_le32(m.data + 0x38, 0x1f);
    fv_fix_checksum(m.data, 0x48);
    copy = read_copy(&m, m.size, &s);
    is_int(s.volume.defect, FV_BLOCK_MAP, "a block map that does not cover the volume is told");
    varstore_free(&s);
    free(copy);
    store_le32(m.data + 0x38, 0x2000);
    fv_fix_checksum(m.data, 0x48);
    copy = read_copy(&m, m.size, &s);
    ok(s.sound, "a block map of the whole device is taken, as edk2's NOR flash driver writes it");
    varstore_free(&s);
    free(copy);
    store_le64(m.data + 0x40, UINT64_C(0x100000001));
    fv_fix_checksum(m.data, 0x48);
    copy = read_copy(&m, m.size, &s);
    is_int(s.volume.defect, FV_BLOCK_MAP, "a block map without end is told");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);
}

static void test_store_header(void)
{
    static const struct {
        size_t offset;
        uint8_t value;
        enum varstore_problem_kind kind;
        bool sound;
    } rows[] = {
        {0x48, 0x00, VARSTORE_FORMAT_UNKNOWN, false}, {0x5a, 0x01, VARSTORE_SIZE_WRONG, false},
        {0x5c, 0x00, VARSTORE_NOT_FORMATTED, false},  {0x5d, 0xff, VARSTORE_NOT_HEALTHY, false},
        {0x59, 0xde, VARSTORE_SIZE_SHORT, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
        char text[VARSTORE_PROBLEM_TEXT_MAX];
        struct varstore s;

        m.data[rows[i].offset] = rows[i].value;
        uint8_t *copy = read_copy(&m, m.size, &s);
        ok(has_problem(&s, rows[i].kind) && s.sound == rows[i].sound,
           "a store whose byte 0x%zx is 0x%02x has the fault %s", (size_t)rows[i].offset,
           rows[i].value, varstore_problem_name(rows[i].kind));
        is_int(varstore_problem_is_fatal(rows[i].kind), !rows[i].sound, "... its weight is known");
        ok(strlen(varstore_problem_text(&s.problems[0], text)) > 10, "and a text is there");
        varstore_free(&s);
        free(copy);
        free_made_store(&m);
    }
}

/* A guest that asks for the next name gets one that begins with NUL, and begins anew. */
static void test_nameless(void)
{
    struct made_store m = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct varstore s;

    for (int i = 0; i < 2 * VARSTORE_PROBLEMS_MAX; i++)
        add_made_variable(&m, &(struct variable_spec){.name = "X", .state = 0x55, .size = 4});
    size_t bad =
        add_made_variable(&m, &(struct variable_spec){.name = "Bad", .vendor = 1, .size = 4});
    m.data[bad + 60] = 0;
    uint8_t *copy = read_copy(&m, m.size, &s);
    ok(varstore_find_problem(&s, VARSTORE_NAMELESS) && !s.live_count,
       "a name that begins with NUL is none, and is told after any number of other faults");
    is_int(varstore_find_problem(&s, VARSTORE_STATE_UNKNOWN)->offset, 0x66,
           "... of which the first is kept");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);
}

/* Firmware finds such a variable in the place of others, which guests are then told nothing of. */
static void test_hiding_names(void)
{
    static const struct {
        size_t at; /* of the byte in the name of "Bad" that becomes another one */
        uint8_t value;
        bool hides;
        const char *other, *what;
    } rows[] = {
        {2, 0, true, "X", "a NUL inside a name hides what comes after it"},
        {6, 'X', false, "Y", "a name without end that none begins with hides none"},
        {6, 'X', true, "BadXY", "a name without end hides one that begins with it"},
    };
    struct varstore s;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_store m = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
        size_t bad =
            add_made_variable(&m, &(struct variable_spec){.name = "Bad", .vendor = 1, .size = 4});

        add_made_variable(&m,
                          &(struct variable_spec){.name = rows[i].other, .vendor = 1, .size = 4});
        m.data[bad + 60 + rows[i].at] = rows[i].value;
        uint8_t *copy = read_copy(&m, m.size, &s);
        ok(varstore_find_problem(&s, rows[i].hides ? VARSTORE_NAME_HIDES : VARSTORE_NAME_BAD) &&
               !varstore_find_problem(&s, rows[i].hides ? VARSTORE_NAME_BAD : VARSTORE_NAME_HIDES),
           "%s", rows[i].what);
        varstore_free(&s);
        free(copy);
        free_made_store(&m);
    }
}

static void test_hostile_variables(void)
{
    struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    struct varstore s;

    add_made_variable(&m, &(struct variable_spec){.name = "Good", .vendor = 1, .size = 4});
    size_t bad =
        add_made_variable(&m, &(struct variable_spec){.name = "Bad", .vendor = 1, .size = 4});
    static const uint32_t sizes[] = {0xfffffffe, 0x10000, 0x7fffffff, 0xdfb8};
    for (size_t i = 0; i < 4; i++) {
        for (size_t field = 36; field <= 40; field += 4) {
            uint32_t old = load_le32(m.data + bad + field);

            store_le32(m.data + bad + field, sizes[i]);
            uint8_t *copy = read_copy(&m, m.size, &s);
            ok(s.variable_count == 1 && s.live_count == 1 && has_problem(&s, VARSTORE_VARIABLE_CUT),
               "a length of 0x%x at %zu ends the reading; what stands before is kept", sizes[i],
               field);
            varstore_free(&s);
            free(copy);
            store_le32(m.data + bad + field, old);
        }
    }
    m.data[bad + 60 + 6] = 'x'; /* its terminator */
    uint8_t *copy = read_copy(&m, m.size, &s);
    ok(s.live_count == 1 && has_problem(&s, VARSTORE_NAME_BAD), "a name without end does not live");
    varstore_free(&s);
    free(copy);
    m.data[0xd000] = 0;
    copy = read_copy(&m, m.size, &s);
    ok(has_problem(&s, VARSTORE_TAIL_NOT_FREE), "bytes behind the last variable are told");
    varstore_free(&s);
    free(copy);
    for (size_t size = 0; size < m.size; size += size < 0x200 ? 1 : 0x3fd) {
        copy = read_copy(&m, size, &s);
        if (s.sound)
            break;
        varstore_free(&s);
        free(copy);
        copy = NULL;
    }
    ok(!copy, "a store cut anywhere is not sound");
    free_made_store(&m);
}

/* The spare area holds blocks 0 and 1 with another content than their place. */
static struct made_store pending(const struct ftw_spec *spec)
{
    struct made_store m = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct made_store n = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);

    add_made_variable(&m, &(struct variable_spec){.name = "Old", .vendor = 1, .size = 8});
    add_made_variable(&n, &(struct variable_spec){.name = "New", .vendor = 1, .size = 5000});
    memcpy(m.data + m.layout->spare_at, n.data, 0x40000);
    free_made_store(&n);
    size_t at = add_made_write(&m, 0,
                               &(struct ftw_spec){.allocated = true,
                                                  .spare_completed = true,
                                                  .destination_completed = true,
                                                  .completed = true,
                                                  .offset = 0x48,
                                                  .length = m.layout->store_size});
    add_made_write(&m, at, spec);
    return m;
}

static void test_writes(void)
{
    struct ftw_spec spec = {.allocated = true, .offset = 0x48, .length = 0x3ffb8};
    struct made_store m = pending(&spec);
    struct varstore s;
    uint8_t *copy = read_copy(&m, m.size, &s);

    ok(s.ftw.state == FTW_STARTED && s.ftw.writes == 1, "a write whose spare is not complete is "
                                                        "not pending");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);

    spec.spare_completed = true;
    m = pending(&spec);
    memset(m.data, 0xff, 0x200); /* the copy was cut when block 0 had been erased */
    copy = read_copy(&m, m.size, &s);
    ok(!s.sound, "a store torn by the cut is not sound");
    varstore_free(&s);
    struct varstore_fixed fixed;
    ok(varstore_fix(copy, m.layout, &fixed) && fixed.write_replayed && !fixed.volume_header,
       "fixing replays the pending write, and that fixes all");
    ok(varstore_read(copy, m.size, &s) == 0 && s.sound && s.live_count == 1 &&
           s.variables[0].data_size == 5000 && s.ftw.state == FTW_IDLE && s.ftw.writes == 2,
       "the new content is at its place and nothing is pending any more");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);

    m = pending(&spec);
    copy = read_copy(&m, m.size, &s);
    ok(s.ftw.state == FTW_PENDING && s.ftw.target == 0 && s.ftw.length == 0x40000,
       "a pending write says which blocks");
    varstore_replay(copy, &s);
    ok(memcmp(copy, copy + m.layout->spare_at, 0x40000) == 0, "replay copies whole blocks");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);

    static const struct {
        size_t field;
        uint64_t value;
        const char *text;
    } lies[] = {
        {16, 0x1000, "an offset past the block"},
        {24, 0, "no length"},
        {24, UINT64_MAX, "a length past the spare area"},
        {32, 0, "a target in the spare area"},
        {32, (uint64_t)-0x41800, "a target inside a block"},
        {32, UINT64_MAX / 2, "a target far off"},
        {32, (uint64_t)-0x1000, "a target whose blocks reach the spare area"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        m = pending(&spec);
        store_le64(m.data + m.layout->ftw_at + 32 + 80 + 40 + lies[i].field, lies[i].value);
        copy = read_copy(&m, m.size, &s);
        ok(s.ftw.state != FTW_PENDING && has_problem(&s, VARSTORE_FTW_QUEUE),
           "a record with %s is not carried out", lies[i].text);
        varstore_free(&s);
        free(copy);
        free_made_store(&m);
    }
    m = pending(&spec);
    m.data[m.layout->ftw_at + 16] ^= 1;
    copy = read_copy(&m, m.size, &s);
    ok(s.ftw.state == FTW_NONE && has_problem(&s, VARSTORE_FTW_HEADER),
       "a working block with a wrong checksum is not believed");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);

    m = pending(&spec);
    m.data[m.layout->ftw_at + 20] &= 0xfd;
    copy = read_copy(&m, m.size, &s);
    is_int(s.ftw.state, FTW_NONE, "a working block that is marked as invalid is not believed");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);

    m = pending(&spec);
    uint8_t *header = m.data + m.layout->ftw_at;
    store_le64(header + 24, m.layout->ftw_size - 32 - 4);
    store_le32(header + 16, ftw_header_crc(header));
    copy = read_copy(&m, m.size, &s);
    ok(s.ftw.state == FTW_NONE && has_problem(&s, VARSTORE_FTW_QUEUE),
       "a working block of another length is not believed, as firmware makes it anew");
    varstore_free(&s);
    free(copy);
    free_made_store(&m);
}

static void test_appending(void)
{
    struct made_store m = make_store("virt", VARSTORE_AUTHENTICATED);
    struct made_store plain = make_store("OVMF 2M", VARSTORE_PLAIN);
    struct varstore_writer w;
    struct varstore s, again;
    size_t count = 0;

    add_made_variable(&plain,
                      &(struct variable_spec){
                          .name = "Lang", .vendor = 3, .size = 3, .fill = 'e', .state = 0x3e});
    uint8_t *copy = read_copy(&plain, plain.size, &s);
    ok(s.sound && s.live_count == 1, "a plain store is read");
    varstore_writer_init(&w, m.data, m.layout, VARSTORE_AUTHENTICATED);
    while (varstore_append(&w, copy, &s.variables[0]))
        count++;
    is_int(count, (m.layout->store_size - 28) / (60 + 10 + 3 + 3),
           "variables go in until it is full");
    ok(m.data[w.at] == 0xff && w.at <= w.end, "nothing is written of the one that does not fit");
    uint8_t *second = read_copy(&m, m.size, &again);
    ok(again.live_count == 1 && again.variables[0].state == VARIABLE_LIVE &&
           again.variables[0].data_size == 3 && second[again.variables[0].data_at] == 'e',
       "a plain variable in transition becomes a live authenticated one");
    varstore_free(&again);
    varstore_free(&s);
    free(second);
    free(copy);
    free_made_store(&m);
    free_made_store(&plain);
}

static void test_fixing(void)
{
    struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    struct varstore_fixed fixed;

    add_made_variable(&m, &(struct variable_spec){.name = "Key", .vendor = 1, .size = 5});
    uint8_t *copy = malloc(m.size);
    if (!copy)
        abort();
    memcpy(copy, m.data, m.size);
    ok(varstore_fix(copy, m.layout, &fixed) && !fixed.volume_header && !fixed.store_header &&
           memcmp(copy, m.data, m.size) == 0,
       "a sound store is not changed");
    memset(copy, 0, 0x64);
    ok(varstore_fix(copy, m.layout, &fixed) && fixed.volume_header && fixed.store_header &&
           memcmp(copy, m.data, m.size) == 0,
       "both headers are made again, byte for byte");
    memset(copy, 0xff, m.size);
    ok(!varstore_fix(copy, m.layout, &fixed), "nothing is made of a blank file");
    free(copy);
    free_made_store(&m);
}

int main(void)
{
    test_empty_stores();
    test_which_live();
    test_keys_and_fields();
    test_headers();
    test_store_header();
    test_nameless();
    test_hiding_names();
    test_hostile_variables();
    test_writes();
    test_appending();
    test_fixing();
    return tap_done();
}
