/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fixtures/core_maker.h"
#include "fixtures/store_maker.h"
#include "formats/memory_core.h"
#include "tap.h"

#define MIB ((uint64_t)1 << 20)

/* Memory out of a core in a buffer. Of one that runs, `changes` reads of a volume differ. */
struct memory_file {
    uint8_t *bytes;
    size_t size;
    struct core core;
    unsigned changes, reads;
    uint64_t lowest;
};

static int read_file_bytes(void *context, uint64_t offset, void *to, size_t n, struct failure *f)
{
    struct memory_file *file = context;

    (void)f;
    memcpy(to, file->bytes + offset, n);
    return 0;
}

static int read_memory(struct guest_memory *m, uint64_t address, void *to, size_t n,
                       struct failure *f)
{
    struct memory_file *file = m->context;
    uint8_t *bytes = to;

    (void)f;
    if (address < file->lowest)
        file->lowest = address;
    for (size_t i = 0; i < n; i++) {
        const struct memory_range *r = memory_map_find(&m->map, address + i);

        if (!r) {
            ok(false, "no address is read that is not there");
            return -1;
        }
        bytes[i] = file->bytes[r->offset + (address + i - r->address)];
    }
    if (n > FV_HEADER_MIN && n != m->at_once && file->changes) {
        file->changes--;
        bytes[n - 1] ^= (uint8_t)++file->reads;
    }
    return 0;
}

static struct memory_file file;
static struct extracted h;
static struct failure why;

static int extract(const struct core_spec *spec, bool runs, unsigned changes)
{
    file = (struct memory_file){.changes = changes, .lowest = UINT64_MAX};
    file.bytes = make_core(spec, &file.size);
    struct core_source source = {&file, file.size, read_file_bytes};
    if (core_read(&source, &file.core, &why) != 0)
        return -2;
    struct guest_memory m = {.name = "guest",
                             .map = file.core.map,
                             .kind = "test",
                             .runs = runs,
                             .at_once = (size_t)MIB,
                             .context = &file,
                             .read = read_memory};
    int result = extract_store(&m, &h, &why);
    core_free(&file.core);
    free(file.bytes);
    return result;
}

static struct made_store store_with(const char *layout, const char *name)
{
    struct made_store s = make_store(layout, VARSTORE_AUTHENTICATED);

    if (name)
        add_made_variable(&s, &(struct variable_spec){.name = name, .vendor = 1, .size = 4});
    return s;
}

static bool holds(const char *name)
{
    uint8_t vendor[GUID_SIZE];
    struct varstore s;

    memset(vendor, 1, sizeof vendor);
    if (!h.found || varstore_read(h.store.data, h.store.size, &s) != 0)
        return false;
    bool has =
        s.sound && s.problem_count == 0 && varstore_find(h.store.data, &s, name, vendor) != NULL;
    varstore_free(&s);
    return has;
}

static void test_places(void)
{
    struct made_store s = store_with("OVMF 4M", "Here");
    struct core_spec spec = {.kind = MADE_RAW};

    add_piece(&spec, 3 * MIB + 0xf4000, s.data, s.size);
    is_int(extract(&spec, false, 0), 0, "raw memory is searched");
    ok(h.address == 3 * MIB + 0xf4000 && holds("Here"),
       "a volume that begins with a page is found");
    is_int(h.reads, 1, "a core is read once");
    is_int(h.store.size, 0x84000, "and makes a store as a file has it");
    extracted_free(&h);

    spec.pieces[0].address += 0x18;
    is_int(extract(&spec, false, 0), 0, "a volume that begins within a page");
    ok(!h.found && h.passed_count == 0, "is the driver's cache, and none");
    extracted_free(&h);

    bool found = true;
    for (uint64_t at = MIB - 2 * 4096; at <= MIB + 2 * 4096; at += 4096) {
        spec.pieces[0].address = at;
        found &= extract(&spec, false, 0) == 0 && h.address == at && holds("Here");
        extracted_free(&h);
    }
    ok(found, "it is found around the border of what is read at once");
    spec.pieces[0].address = 0;
    ok(extract(&spec, false, 0) == 0 && h.found && h.address == 0, "and at address 0");
    extracted_free(&h);
    free_made_store(&s);
}

static void test_borders(void)
{
    struct made_store s = store_with("OVMF 2M", "Split");
    struct core_spec spec = {.kind = MADE_ELF64}, xen = {.kind = MADE_XEN};
    uint64_t at = 0xff58000;

    add_piece(&spec, at + 0x1fff0, s.data + 0x1fff0, s.size - 0x1fff0);
    add_piece(&spec, at + 0x1003, s.data + 0x1003, 0x1fff0 - 0x1003);
    add_piece(&spec, at, s.data, 0x1003);
    ok(extract(&spec, false, 0) == 0 && h.address == at && holds("Split"),
       "a volume in pieces of a core is put together");
    extracted_free(&h);
    spec.pieces[1].length--;
    ok(extract(&spec, false, 0) == 0 && !h.found && h.passed_count == 1 &&
           strstr(h.passed[0].why, "truncated"),
       "one of which a byte is missing is skipped");
    extracted_free(&h);
    spec.pieces[1].length++;
    add_piece(&spec, at, NULL, 0x20000);
    ok(extract(&spec, false, 0) == 0 && h.found == holds("Split"), "overlapping pieces do no harm");
    extracted_free(&h);

    for (size_t i = s.size / 4096; i > 0; i--)
        add_piece(&xen, at + (i - 1) * 4096, s.data + (i - 1) * 4096, 4096);
    ok(extract(&xen, false, 0) == 0 && h.address == at && holds("Split"),
       "a volume of which the pages stand the other way round in a core of Xen");
    extracted_free(&h);
    free_made_store(&s);
}

static void test_choice(void)
{
    struct made_store low = store_with("OVMF 2M", "Low"), high = store_with("OVMF 2M", "High"),
                      empty = store_with("OVMF 2M", NULL), broken = store_with("OVMF 2M", "B");
    struct core_spec spec = {.kind = MADE_RAW};
    uint8_t odd[4096];

    memset(broken.data + 0x48, 0, 28);
    memcpy(odd, high.data, sizeof odd);
    store_le64(odd + 0x20, 0x21000);
    add_piece(&spec, 1 * MIB, low.data, low.size);
    add_piece(&spec, 2 * MIB, high.data, high.size);
    add_piece(&spec, 3 * MIB, empty.data, empty.size);
    add_piece(&spec, 4 * MIB, broken.data, broken.size);
    add_piece(&spec, 5 * MIB, odd, sizeof odd);
    is_int(extract(&spec, false, 0), 0, "several volumes are not one store");
    ok(h.address == 2 * MIB && holds("High"), "the highest with variables is taken");
    is_int(h.passed_count, 4, "the others are listed");
    ok(strstr(h.passed[0].why, "unknown length (0x21000)") &&
           strstr(h.passed[1].why, "no sound store") &&
           strstr(h.passed[2].why, "without variables") &&
           strstr(h.passed[3].why, "another store, with 1 variable"),
       "each with its reason");
    extracted_free(&h);
    is_int(extract(&spec, true, 0), 0, "of a guest that runs");
    ok(holds("High") && h.passed_count == 3 && file.lowest == 2 * MIB - 0x10000,
       "nothing below the store is read, but where one could be of which it is the spare area");
    is_int(h.reads, 2, "and the store twice");
    extracted_free(&h);
    spec.count = 1;
    spec.pieces[0] = (struct made_piece){0, 0x20000, empty.data, 0};
    ok(extract(&spec, false, 0) == 0 && !h.found && h.passed_count == 1,
       "only a store without variables is none");
    extracted_free(&h);
    free_made_store(&low);
    free_made_store(&high);
    free_made_store(&empty);
    free_made_store(&broken);
}

/* What is in the spare area was the store before it was last cleaned up. */
static void test_spare(void)
{
    struct made_store s = store_with("OVMF 4M", "Now"), old = store_with("OVMF 4M", "Old");
    struct core_spec spec = {.kind = MADE_RAW};

    memcpy(s.data + s.layout->spare_at, old.data, s.layout->spare_size);
    add_piece(&spec, MIB, s.data, s.size);
    add_piece(&spec, 3 * MIB, NULL, 1);
    ok(extract(&spec, false, 0) == 0 && h.address == MIB && holds("Now") && !holds("Old"),
       "the copy in a volume's spare area is not taken for the store");
    extracted_free(&h);
    ok(extract(&spec, true, 0) == 0 && h.address == MIB && holds("Now"),
       "nor is it in a guest that runs");
    extracted_free(&h);
    free_made_store(&s);
    free_made_store(&old);
}

/* What a guest was started with is in its memory too, and is not what it has now. */
static void test_image(void)
{
    struct made_store now = store_with("OVMF 2M", "Now"), then = store_with("OVMF 2M", "Then");
    struct core_spec spec = {.kind = MADE_RAW};
    uint8_t code[4096] = {0};

    memcpy(code + 0x10, fv_ffs2_guid, GUID_SIZE);
    memcpy(code + 0x28, "_FVH", 4);
    add_piece(&spec, MIB, now.data, now.size);
    add_piece(&spec, 2 * MIB, then.data, then.size);
    add_piece(&spec, 2 * MIB + then.size, code, sizeof code);
    ok(extract(&spec, false, 0) == 0 && h.address == MIB && holds("Now") && h.passed_count == 1 &&
           strstr(h.passed[0].why, "combined image"),
       "the store of the image that the guest was started from is not taken for its store");
    extracted_free(&h);
    free_made_store(&now);
    free_made_store(&then);
}

static void test_changes(void)
{
    struct made_store s = store_with("OVMF 2M", "Still");
    struct core_spec spec = {.kind = MADE_RAW};

    add_piece(&spec, MIB, s.data, s.size);
    add_piece(&spec, 2 * MIB - 1, s.data, 1); /* so that all is searched in whole windows */
    ok(extract(&spec, true, 4) == 0 && holds("Still"), "a store that is being written is read");
    ok(h.reads > 4, "again until it holds still");
    extracted_free(&h);
    ok(extract(&spec, true, 1000) == -1 && strstr(why.what, "all the time") && why.hint[0],
       "one that never does is given up, with a way out");
    free_made_store(&s);
}

int main(void)
{
    test_places();
    test_borders();
    test_choice();
    test_spare();
    test_image();
    test_changes();
    return tap_done();
}
