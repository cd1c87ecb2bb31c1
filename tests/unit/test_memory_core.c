/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/memory_core.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fixtures/core_maker.h"
#include "formats/memory_tree.h"
#include "tap.h"

#define PAGE 4096

struct file {
    const uint8_t *bytes;
    size_t size;
};

static int read_bytes(void *context, uint64_t offset, void *to, size_t n, struct failure *f)
{
    const struct file *file = context;

    (void)f;
    if (!in_range(file->size, offset, n)) {
        ok(false, "nothing is read past the end of the file");
        return -1;
    }
    memcpy(to, file->bytes + offset, n);
    return 0;
}

static struct failure why;

static int read_core(const uint8_t *bytes, size_t size, struct core *core)
{
    struct file file = {bytes, size};
    struct core_source source = {&file, size, read_bytes};

    why = (struct failure){0};
    return core_read(&source, core, &why);
}

/* "0x1000+0x2000 ..." of the map. */
static const char *map_text(const struct memory_map *map)
{
    static char text[512];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < map->count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s0x%llx+0x%llx", i ? " " : "",
                                 (unsigned long long)map->ranges[i].address,
                                 (unsigned long long)map->ranges[i].length);
    return text;
}

static void is_map(const struct core_spec *spec, enum core_kind kind, const char *map,
                   const char *name)
{
    struct core core;
    size_t size;
    uint8_t *bytes = make_core(spec, &size);

    if (!ok(read_core(bytes, size, &core) == 0, "%s: it is read", name)) {
        printf("# %s\n", why.what);
    } else {
        bool right = core.kind == kind && strcmp(map_text(&core.map), map) == 0 && !core.cut;

        for (size_t i = 0; i < spec->count; i++) {
            const struct memory_range *r = memory_map_find(&core.map, spec->pieces[i].address);

            if (r && spec->pieces[i].bytes)
                right &= bytes[r->offset + (spec->pieces[i].address - r->address)] ==
                         spec->pieces[i].bytes[0];
        }
        if (!ok(right, "%s: its memory is %s", name, map))
            printf("# %s %s\n", core_kind_name(core.kind), map_text(&core.map));
        core_free(&core);
    }
    free(bytes);
}

static void is_refused(const uint8_t *bytes, size_t size, const char *text, const char *name)
{
    struct core core;

    if (!ok(read_core(bytes, size, &core) != 0 && strstr(why.what, text) != NULL, "%s", name))
        printf("# %s\n", why.what);
}

static uint8_t one[PAGE], two[3 * PAGE];

static void test_kinds(void)
{
    struct core_spec spec = {.kind = MADE_ELF64};

    memset(one, 1, sizeof one);
    memset(two, 2, sizeof two);
    add_piece(&spec, 0x100000, two, sizeof two);
    add_piece(&spec, 0x5000, one, sizeof one);
    is_map(&spec, CORE_ELF, "0x5000+0x1000 0x100000+0x3000", "a 64-bit core, not in order");
    spec.many = true;
    is_map(&spec, CORE_ELF, "0x5000+0x1000 0x100000+0x3000", "a count in section 0");
    spec.kind = MADE_ELF32;
    is_map(&spec, CORE_ELF, "0x5000+0x1000 0x100000+0x3000", "a 32-bit core");
    spec.kind = MADE_XEN;
    is_map(&spec, CORE_XEN, "0x5000+0x1000 0x100000+0x3000", "a core of Xen");
    spec.kind = MADE_RAW;
    is_map(&spec, CORE_RAW, "0x0+0x103000", "raw memory");

    struct core_spec far = {.kind = MADE_ELF64};
    add_piece(&far, UINT64_C(0xfffff000), one, sizeof one);
    add_piece(&far, UINT64_C(0xffffe000), one, sizeof one);
    add_piece(&far, UINT64_C(0x100000000), two, sizeof two);
    add_piece(&far, UINT64_MAX - 100, one, sizeof one);
    is_map(&far, CORE_ELF, "0xffffe000+0x1000 0xfffff000+0x1000",
           "nothing of what is above 4 GiB is kept");
    far.pieces[0].length = sizeof one;
    far.count = 1;
    far.pieces[0] = (struct made_piece){UINT64_C(0xfffff000), sizeof two, two, 0};
    is_map(&far, CORE_ELF, "0xfffff000+0x1000", "a piece across 4 GiB ends there");

    struct core_spec twice = {.kind = MADE_ELF64};
    add_piece(&twice, 0x1000, two, sizeof two);
    add_piece(&twice, 0x3000, NULL, 2 * PAGE);
    add_piece(&twice, 0x2000, NULL, PAGE); /* all of it is in the first */
    is_map(&twice, CORE_ELF, "0x1000+0x3000 0x4000+0x1000", "pieces that overlap are there once");
}

static void test_partial(void)
{
    struct core_spec spec = {.kind = MADE_ELF64};

    add_piece(&spec, 0x1000, two, sizeof two);
    spec.pieces[0].claims = PAGE;
    is_map(&spec, CORE_PARTIAL, "0x1000+0x1000", "a piece that is longer than its bytes");
    spec.kind = MADE_ELF32;
    is_map(&spec, CORE_PARTIAL, "0x1000+0x1000", "one of a 32-bit core");
}

static void test_xen(void)
{
    struct core_spec spec = {.kind = MADE_XEN};
    struct core core;
    size_t size;

    add_piece(&spec, 0x3000, one, PAGE);
    add_piece(&spec, 0x2000, two, PAGE);
    add_piece(&spec, UINT64_MAX, NULL, PAGE); /* a frame without a page */
    add_piece(&spec, UINT64_C(1) << 40, NULL, PAGE);
    is_map(&spec, CORE_XEN, "0x2000+0x1000 0x3000+0x1000", "pages that are not in order");

    uint8_t *bytes = make_core(&spec, &size);
    is_int(read_core(bytes, size - 3 * PAGE, &core), 0, "a core of Xen without its last pages");
    ok(core.cut && strcmp(map_text(&core.map), "0x3000+0x1000") == 0, "... says so");
    core_free(&core);
    store_le64(bytes + 64 + 256 + 32, 3 * 8);
    is_refused(bytes, size, ".xen_pfn: shorter", "fewer frame numbers than pages are refused");
    store_le64(bytes + 64 + 256 + 24, UINT64_MAX - 8);
    store_le64(bytes + 64 + 256 + 32, UINT64_MAX);
    is_refused(bytes, size, ".xen_pfn: past the end", "frame numbers past the end are refused");
    store_le64(bytes + 64 + 128 + 32, UINT64_MAX);
    is_refused(bytes, size, ".note.Xen: longer", "notes without end are refused");
    store_le64(bytes + 64 + 128 + 32, 16);
    is_refused(bytes, size, "without the note", "notes without the page size are refused");
    free(bytes);

    spec.page_size = 65536;
    bytes = make_core(&spec, &size);
    is_refused(bytes, size, "wrong page size (found 65536", "another page size is refused");
    free(bytes);
    spec.paravirtual = true;
    bytes = make_core(&spec, &size);
    is_refused(bytes, size, "paravirtualized", "a core of a paravirtualized guest is refused");
    memset(bytes + 64 + 64 * 5, 'x', 60);
    is_refused(bytes, size, "without memory", "a core with other sections is refused");
    free(bytes);
}

static void test_lies(void)
{
    struct core_spec spec = {.kind = MADE_ELF64};
    struct core core;
    size_t size;

    add_piece(&spec, 0x1000, two, sizeof two);
    add_piece(&spec, 0x9000, one, sizeof one);
    spec.pieces[0].claims = UINT64_MAX;
    uint8_t *bytes = make_core(&spec, &size);
    is_int(read_core(bytes, size, &core), 0, "a piece that claims more than the file has");
    ok(core.cut && core.map.ranges[0].length == sizeof two + sizeof one, "is what there is of it");
    core_free(&core);
    uint8_t *segment = bytes + 64 + 56;
    store_le64(segment + 8, UINT64_MAX - 5);
    is_int(read_core(bytes, size, &core), 0, "a piece past the end of the file");
    ok(core.cut && strcmp(map_text(&core.map), "0x9000+0x1000") == 0, "... is not there");
    core_free(&core);

    bool read_all = true;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1);

        memcpy(copy, bytes, cut);
        if (read_core(copy, cut, &core) == 0)
            core_free(&core);
        else
            read_all &= why.what[0] != '\0';
        free(copy);
    }
    ok(read_all, "cut anywhere it is read as far as it goes, or refused with a reason");

    store_le64(bytes + 32, UINT64_MAX - 56);
    is_refused(bytes, size, "past the end of the file", "program headers past the end are refused");
    store_le16(bytes + 54, 55);
    is_refused(bytes, size, "wrong length of a program header", "so are those of another length");
    store_le16(bytes + 54, 56);
    store_le16(bytes + 56, 0xffff);
    store_le64(bytes + 40, size);
    is_refused(bytes, size, "section header 0", "so is a count that stands nowhere");
    store_le64(bytes + 40, 64);
    store_le32(bytes + 64 + 44, UINT32_MAX);
    is_refused(bytes, size, "more program headers", "so are more program headers than are read");
    store_le16(bytes + 16, 2);
    is_refused(bytes, size, "not a core (found type 2", "so is a program");
    bytes[5] = 2;
    is_refused(bytes, size, "not little-endian", "so is a core of the other byte order");
    bytes[4] = 3;
    is_refused(bytes, size, "class 3", "so is a class that is none");
    is_refused(bytes, 20, "class 3", "so is a header that is cut off");
    memcpy(bytes, "KDUMP   ", 8);
    is_refused(bytes, size, "kdump", "so is a compressed core");
    ok(strstr(why.hint, "elf") != NULL, "with what makes another");
    is_int(read_core(bytes, 0, &core), 0, "an empty file is raw memory");
    is_int(core.map.count, 0, "... without any");
    free(bytes);
}

static void test_map(void)
{
    struct memory_map map = {0};

    memory_map_add(&map, 0x3000, 0x1000, 0);
    memory_map_add(&map, 0x1000, 0x1000, 0x5000);
    memory_map_add(&map, 0x2000, 0x1000, 0x6000);
    memory_map_finish(&map);
    is_int(map.count, 2, "neighbours in memory and file become one range");
    ok(memory_map_has(&map, 0x1000, 0x3000), "memory is there across ranges");
    ok(!memory_map_has(&map, 0x1000, 0x3001), "and ends where it ends");
    ok(!memory_map_has(&map, 0xfff, 2), "and begins where it begins");
    ok(!memory_map_has(&map, UINT64_MAX, UINT64_MAX), "no address is out of bounds");
    memory_map_free(&map);
}

static void test_tree(void)
{
    static const char text[] =
        "FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n"
        "  0000000000000000-0000000000000007 (prio 0, ram): no\n\n"
        "FlatView #1\n AS \"memory\", root: system\n AS \"cpu-memory-0\", root: system\n"
        " Root memory region: system\n"
        "  0000000000000000-00000000000bffff (prio 0, ram): pc.ram\r\n"
        "  00000000000c0000-00000000000dffff (prio 1, rom): pc.rom\n"
        "  0000000000100000-000000007fffffff (prio 0, ram): pc.ram @0000000000100000\n"
        "  00000000ffc00000-00000000ffffffff (prio 0, romd): system.flash0\n"
        "  0000000100000000-000000017fffffff (prio 0, ram): pc.ram @0000000080000000\n\n"
        "FlatView #2\n AS \"cpu-smm-0\", root: memory\n"
        "  0000000000001000-0000000000001fff (prio 0, ram): no\n";
    struct memory_map map;
    struct memory_flash flash;

    ok(memory_tree_read(text, &map, &flash), "info mtree -f is read");
    is_text(map_text(&map), "0x0+0xc0000 0x100000+0x7ff00000", "RAM below 4 GiB, nothing else");
    is_int(flash.count, 1, "its flash device is found");
    is_int(flash.list[0].length, 0x400000, "the flash device has its length");
    memory_map_free(&map);
    ok(!memory_tree_read("", &map, &flash), "an empty answer has none");
    ok(!memory_tree_read("FlatView #0\n AS \"memory\", root: x\n  zz-0 (prio 0, ram): x\n"
                         "  9-1 (prio 0, ram): x\n  5 (prio 0, ram): x",
                         &map, &flash),
       "nor has one that makes no sense");
}

int main(void)
{
    test_kinds();
    test_partial();
    test_xen();
    test_lies();
    test_map();
    test_tree();
    return tap_done();
}
