/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's memory with a store and code in it, of which any bytes are any others: its variables are
 * taken out. And that store and a combined image of both: they are put in, and no byte of the code
 * is another. The input is a list of changes: where (4 bytes), how many (1 byte), and these.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/effort.h"
#include "fixtures/image_maker.h"
#include "fixtures/store_maker.h"
#include "flash/extract.h"
#include "flash/inject.h"
#include "formats/firmware_file.h"
#include "target.h"

struct bytes {
    const uint8_t *data;
    size_t size;
};

static void must(bool condition)
{
    if (!condition)
        abort();
}

static int read_bytes(struct guest_memory *m, uint64_t address, void *to, size_t n,
                      struct failure *f)
{
    const struct bytes *b = m->context;

    (void)f;
    must(in_range(b->size, address, n));
    memcpy(to, b->data + address, n);
    return 0;
}

static void extract(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    struct memory_range range = {.address = 0, .length = size, .offset = 0};
    struct guest_memory memory = {.name = "fuzz",
                                  .map = {.ranges = &range, .count = 1},
                                  .kind = "memory",
                                  .at_once = 65536,
                                  .context = &bytes,
                                  .read = read_bytes};
    struct extracted *e = calloc(1, sizeof *e);
    struct failure f;

    if (extract_store(&memory, e, &f) == 0) {
        must(!e->found || (e->store.data && e->address < size));
        extracted_free(e);
    }
    free(e);
}

/* A page, the store from there on, and code behind it. */
enum { STORE_AT = 4096 };
static struct made_store made;
static struct made_bytes code;

static void make_parts(void)
{
    struct made_bytes sections = {0};
    uint8_t program[0x100] = {'M', 'Z'};

    made = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    add_made_variable(&made, &(struct variable_spec){.name = "a", .vendor = 1, .size = 100});
    add_made_variable(&made, &(struct variable_spec){.name = "b", .vendor = 2, .size = 3});
    program[0x3c] = 0x40;
    memcpy(program + 0x40, "PE\0", 4);
    store_le16(program + 0x44, 0x8664);
    add_section(&sections, SECTION_PE32, program, sizeof program);
    code = make_volume(FFS_DXE_CORE, &sections);
    free_made_bytes(&sections);
}

static void change(uint8_t *memory, size_t all, const uint8_t *data, size_t size)
{
    while (size > 5) {
        size_t at = load_le32(data) % all, n = data[4];

        data += 5;
        size -= 5;
        if (n > size)
            n = size;
        if (n > all - at)
            n = all - at;
        memcpy(memory + at, data, n);
        data += n;
        size -= n;
    }
}

static void take(const uint8_t *data, size_t size, struct flash_image *image)
{
    uint8_t *copy = malloc(size + 1);

    memcpy(copy, data, size);
    flash_take("fuzz", copy, size, image);
}

static void inject(const uint8_t *data)
{
    struct flash_image store, combined;
    struct injected in;
    struct failure f;

    take(made.data, made.size, &store);
    take(data, made.size + code.size, &combined);
    if (inject_store(&store, &combined, &in, &f) == 0) {
        must(!in.image || (in.size == made.size + code.size &&
                           memcmp(in.image + made.size, data + made.size, code.size) == 0));
        injected_free(&in);
    }
    flash_close(&store);
    /* The changed store into a sound image. */
    take(data, made.size, &store);
    if (inject_store(&store, &combined, &in, &f) == 0)
        injected_free(&in);
    flash_close(&store);
    flash_close(&combined);
}

int try_input(const uint8_t *data, size_t size)
{
    if (!made.data)
        make_parts();
    size_t all = STORE_AT + made.size + code.size;
    uint8_t *memory = calloc(all, 1);

    memcpy(memory + STORE_AT, made.data, made.size);
    memcpy(memory + STORE_AT + made.size, code.data, code.size);
    change(memory, all, data, size);
    extract(memory, all);
    effort_forget();
    inject(memory + STORE_AT);
    free(memory);
    return 0;
}
