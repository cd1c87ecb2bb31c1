/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file \NvVars, from its first to its last byte. */
#include <stdlib.h>

#include "base/bytes.h"
#include "formats/nv_vars.h"

#include "tap.h"

struct made {
    uint8_t bytes[1024];
    size_t size;
};

static void add(struct made *m, const char *name, uint32_t attributes, size_t data_size)
{
    size_t units = strlen(name) + 1;

    store_le32(m->bytes + m->size, (uint32_t)(2 * units));
    m->size += 4;
    for (size_t i = 0; i < units; i++, m->size += 2)
        store_le16(m->bytes + m->size, (uint8_t)name[i]);
    memset(m->bytes + m->size, 0x11, GUID_SIZE);
    store_le32(m->bytes + m->size + GUID_SIZE, attributes);
    store_le32(m->bytes + m->size + GUID_SIZE + 4, (uint32_t)data_size);
    m->size += GUID_SIZE + 8;
    memset(m->bytes + m->size, 'd', data_size);
    m->size += data_size;
}

static struct made make(void)
{
    struct made m = {.size = 0};

    add(&m, "BootOrder", 7, 4);
    add(&m, "Empty", 3, 0);
    return m;
}

/* Of that very size: what reads one byte too many is seen by ASan. */
static bool reads(const struct made *m, size_t size, struct varstore *store)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, m->bytes, size);
    bool read = nv_vars_read(copy, size, store);
    free(copy);
    return read;
}

static void test_variables(void)
{
    struct made m = make();
    struct varstore store;
    char name[32];

    ok(reads(&m, m.size, &store), "a file of two variables is read");
    is_int(store.live_count, 2, "both variables of it are live");
    ok(strcmp(variable_name(m.bytes, &store.variables[0], name, sizeof name), "BootOrder") == 0,
       "the first has its name");
    is_int(store.variables[0].data_size, 4, "it has its data");
    is_int(store.variables[1].data_size, 0, "the second has none");
    varstore_free(&store);
}

static void test_damage(void)
{
    struct made m = make();
    struct varstore store;
    size_t read = 0;

    for (size_t size = 0; size < m.size; size++) {
        if (reads(&m, size, &store)) {
            read++;
            varstore_free(&store);
        }
    }
    is_int(read, 1, "cut off it is read only where the first variable ends");
    m.bytes[m.size++] = 0;
    ok(!reads(&m, m.size, &store), "a byte behind the last variable is refused");
    m = make();
    store_le32(m.bytes, 0xfffffffe);
    ok(!reads(&m, m.size, &store), "a name longer than the file is refused");
    m = (struct made){.size = 0};
    add(&m, "A", 6, 1);
    ok(!reads(&m, m.size, &store), "a volatile variable is refused");
    m = (struct made){.size = 0};
    add(&m, "", 7, 1);
    ok(!reads(&m, m.size, &store), "a name without a character is refused");
}

int main(void)
{
    test_variables();
    test_damage();
    return tap_done();
}
