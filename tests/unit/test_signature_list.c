/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signature lists, sound and hostile. */
#include <stdlib.h>

#include "base/bytes.h"
#include "formats/signature_list.h"

#include "tap.h"

struct made {
    uint8_t bytes[4096];
    size_t size;
};

/* A list of that kind with `count` entries of `size` bytes, of which the first is its number. */
static void add_list(struct made *m, enum signature_kind kind, size_t header, size_t count,
                     size_t size)
{
    uint8_t *list = m->bytes + m->size;

    memcpy(list, signature_kind_guid(kind), GUID_SIZE);
    store_le32(list + 16, (uint32_t)(28 + header + count * (16 + size)));
    store_le32(list + 20, (uint32_t)header);
    store_le32(list + 24, (uint32_t)(16 + size));
    memset(list + 28, 0xee, header);
    for (size_t i = 0; i < count; i++) {
        uint8_t *entry = list + 28 + header + i * (16 + size);

        memset(entry, 0x77, 16);
        memset(entry + 16, 0, size);
        entry[16] = (uint8_t)i;
    }
    m->size += load_le32(list + 16);
}

/* How many entries are read of a copy that ends where it should; *broken: why no more. */
static size_t count_of(const struct made *m, size_t size, const char **broken)
{
    struct signature_walk walk;
    struct signature s;
    size_t count = 0;
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, m->bytes, size);
    signature_walk_init(&walk, copy, size);
    while (signature_next(&walk, &s))
        count++;
    *broken = walk.broken;
    free(copy);
    return count;
}

static void test_lists(void)
{
    struct made m = {.size = 0};
    struct signature_walk walk;
    struct signature s;
    const char *broken;

    is_int(count_of(&m, 0, &broken), 0, "an empty variable has no entries");
    ok(!broken, "an empty variable is not a damaged one");
    add_list(&m, SIGNATURE_X509, 0, 1, 100);
    add_list(&m, SIGNATURE_SHA256, 12, 3, 32);
    is_int(count_of(&m, m.size, &broken), 4, "the entries of two lists are read");
    ok(!broken, "lists that end where they should are not damaged");
    signature_walk_init(&walk, m.bytes, m.size);
    signature_next(&walk, &s);
    ok(s.kind == SIGNATURE_X509 && s.size == 100, "the first entry is a certificate of 100 bytes");
    signature_next(&walk, &s);
    signature_next(&walk, &s);
    ok(s.kind == SIGNATURE_SHA256 && s.data[0] == 1 && s.owner[0] == 0x77,
       "a list with a header has its entries behind that");
}

static void refuse(struct made m, size_t at, uint32_t value, const char *name)
{
    const char *broken;

    store_le32(m.bytes + at, value);
    count_of(&m, m.size, &broken);
    ok(broken != NULL, "%s", name);
}

static void test_damage(void)
{
    struct made m = {.size = 0};
    const char *broken;
    size_t whole = 0;

    add_list(&m, SIGNATURE_SHA256, 0, 2, 32);
    for (size_t size = 1; size < m.size; size++) {
        count_of(&m, size, &broken);
        whole += !broken;
    }
    is_int(whole, 0, "a list that is cut off anywhere is a damaged one");
    refuse(m, 16, 27, "a list shorter than its header is refused");
    refuse(m, 16, 0xffffffff, "a list longer than the variable is refused");
    refuse(m, 20, 0xfffffff0, "a list header that overflows is refused");
    refuse(m, 24, 0, "entries without a length are refused");
    refuse(m, 24, 16, "entries that are an owner alone are refused");
    refuse(m, 24, 47, "entries that do not fill their list are refused");
    refuse(m, 24, 96, "a hash of another length than its type has is refused");
}

static void test_writing(void)
{
    struct made m = {.size = 0};
    struct signature_walk walk;
    struct signature s, again;
    uint8_t out[28 + 16 + 32];

    add_list(&m, SIGNATURE_SHA256, 0, 1, 32);
    signature_walk_init(&walk, m.bytes, m.size);
    signature_next(&walk, &s);
    is_int(signature_list_size(&s, 1), sizeof out, "a list of one hash has 76 bytes");
    signature_list_write(out, &s, 1);
    ok(memcmp(out, m.bytes, sizeof out) == 0, "a list that is written is the one that was read");
    signature_walk_init(&walk, out, sizeof out);
    signature_next(&walk, &again);
    ok(signature_is(&s, &again), "the same hash is the same signature");
    out[sizeof out - 1] ^= 1;
    ok(!signature_is(&s, &again), "another hash is another signature");
}

int main(void)
{
    test_lists();
    test_damage();
    test_writing();
    return tap_done();
}
