/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the flash driver of a firmware demands of a store, and what flash_check() makes of it. */
#include <stdlib.h>

#include "base/bytes.h"
#include "fixtures/image_maker.h"
#include "fixtures/store_maker.h"
#include "flash/check.h"
#include "flash/repair.h"
#include "formats/firmware_file.h"

#include "tap.h"

enum { DATA_SIZE_AT = 40, NAME_SIZE_AT = 36, STATE_AT = 2, NAME_AT = 60, X86 = 0x8664 };

static const uint8_t authenticated[GUID_SIZE] =
    GUID_BYTES(0xaaf32c78, 0x947b, 0x439a, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92);
static const uint8_t plain[GUID_SIZE] =
    GUID_BYTES(0xddcf3616, 0x3275, 0x4164, 0x98, 0xb6, 0xfe, 0x85, 0x70, 0x7f, 0xfe, 0x7d);

/* A flash driver: its name, the machine that it is for, and what is in its program. */
struct driver_spec {
    const char *name;
    uint16_t machine;
    uint32_t instructions[2];
    bool has_plain;
};

/* Bytes of each of the two flash devices. */
static size_t device_size(const struct driver_spec *spec)
{
    return spec->machine == X86      ? 0x37c000
           : spec->machine == 0x6264 ? 16u << 20
           : spec->machine == 0x5064 ? 32u << 20
                                     : 64u << 20;
}

static void make_code(const struct driver_spec *spec, struct flash_image *image)
{
    uint8_t program[0x200] = {'M', 'Z'}, *header = program + 0x100;
    struct made_bytes sections = {0};

    program[0x3c] = 0x40;
    memcpy(program + 0x40, "PE\0", 4);
    store_le16(program + 0x44, spec->machine);
    memcpy(program + 0x60, authenticated, GUID_SIZE);
    if (spec->has_plain)
        memcpy(program + 0x70, plain, GUID_SIZE);
    store_le32(program + 0x90, spec->instructions[0]);
    store_le32(program + 0xa0, spec->instructions[1]);
    if (spec->machine == X86) {
        memcpy(header + 0x10, fv_nv_guid, GUID_SIZE);
        store_le64(header + 0x20, 0x84000);
        memcpy(header + 0x28, "_FVH", 4);
        store_le32(header + 0x38, 0x84);
        store_le32(header + 0x3c, 0x1000);
    }
    add_section(&sections, SECTION_PE32, program, sizeof program);
    add_name_section(&sections, spec->name);
    struct made_bytes volume = make_volume(FFS_DXE_CORE, &sections);
    free_made_bytes(&sections);
    size_t size = device_size(spec);
    uint8_t *bytes = calloc(size, 1);
    if (!bytes)
        abort();
    /* An x86 processor starts at the end of the file. */
    memcpy(spec->machine == X86 ? bytes + size - volume.size : bytes, volume.data, volume.size);
    free_made_bytes(&volume);
    flash_take("code", bytes, size, image);
}

/* Each image is made and looked through once: some have 64 MiB. */
static struct {
    const struct driver_spec *spec;
    struct flash_image image;
} codes[10];

static const struct flash_image *code_of(const struct driver_spec *spec)
{
    size_t i = 0;

    while (codes[i].spec && codes[i].spec != spec)
        i++;
    if (!codes[i].spec) {
        codes[i].spec = spec;
        make_code(spec, &codes[i].image);
    }
    return &codes[i].image;
}

static struct flash_image image_of(struct made_store *store, size_t size)
{
    struct flash_image image;
    uint8_t *bytes = calloc(size, 1);

    if (!bytes)
        abort();
    memcpy(bytes, store->data, store->size);
    flash_take("store", bytes, size, &image);
    return image;
}

static struct flash_verdict cold_boot(const struct driver_spec *spec, struct made_store *store)
{
    const struct flash_image *code = code_of(spec);
    struct flash_image vars =
        image_of(store, spec->machine == X86 ? store->size : device_size(spec));
    struct flash_verdict boots = flash_check_cold_boot(code, &vars);

    flash_close(&vars);
    return boots;
}

static bool says(struct flash_verdict v, enum flash_answer answer, const char *reason)
{
    if (v.answer == answer && strcmp(v.reason, reason) == 0)
        return true;
    printf("# %s %s: %s\n", flash_answer_name(v.answer), v.reason, v.text);
    return false;
}

#define MOVZ_START_ID (0x52800000u | 0x55aa << 5 | 3)
#define CMP_UNWRITTEN (0x7100001fu | 0xff << 10 | 2 << 5)
static const struct driver_spec strict = {"VirtNorFlashDxe",
                                          0xaa64,
                                          {MOVZ_START_ID, CMP_UNWRITTEN},
                                          false},
                                strict_2023 = {"VirtNorFlashDxe", 0xaa64, {MOVZ_START_ID}, false},
                                lenient = {"VirtNorFlashDxe", 0xaa64, {0}, true},
                                old = {"ArmVeNorFlashDxe", 0xaa64, {0}, true},
                                thumb = {"VirtNorFlashDxe", 0x1c2, {0x53aaf245}, false},
                                riscv = {"VirtNorFlashDxe", 0x5064, {0}, false},
                                nameless = {"SomeFlashDxe", 0xaa64, {0}, true},
                                ovmf = {"FvbServicesRuntimeDxe", X86, {0}, false};

/* Three variables, the middle one in that state, with one number of it another. */
static struct made_store damaged(const char *layout, uint8_t state, size_t at, uint32_t value)
{
    struct made_store s = make_store(layout, VARSTORE_AUTHENTICATED);
    size_t middle;

    add_made_variable(&s, &(struct variable_spec){.name = "Keep0", .vendor = 1, .size = 8});
    middle = add_made_variable(
        &s, &(struct variable_spec){.name = "Keep1", .vendor = 1, .size = 8, .state = state});
    add_made_variable(&s, &(struct variable_spec){.name = "Keep2", .vendor = 1, .size = 8});
    if (at == STATE_AT)
        s.data[middle + at] = (uint8_t)value;
    else if (at == NAME_AT) /* its NUL becomes a character */
        s.data[middle + NAME_AT + 2 * strlen("Keep1")] = (uint8_t)value;
    else if (at)
        store_le32(s.data + middle + at, value);
    return s;
}

static void test_virt(void)
{
    static const struct {
        const char *what;
        uint8_t state;
        size_t at;
        uint32_t value;
        bool is_cut,
            hides; /* `hides`: the variable behind it, which the list then does not reach */
    } kinds[] = {
        {"a live variable in a state that none can have", 0x3f, STATE_AT, 0x2d, false, false},
        {"a deleted variable in a state that none can have", 0x3c, STATE_AT, 0x2c, false, false},
        {"a deleted variable whose name has no end", 0x3c, NAME_AT, 'x', false, false},
        {"a live variable whose name has no end", 0x3f, NAME_AT, 'x', false, false},
        {"a deleted variable with a name of an odd length", 0x3d, NAME_SIZE_AT, 13, false, false},
        {"an unfinished variable with an empty name", 0x7f, NAME_SIZE_AT, 2, false, true},
        {"a live variable whose data passes the store's end", 0x3f, DATA_SIZE_AT, 0x50000, true,
         false},
        {"a deleted variable whose name passes the store's end", 0x3c, NAME_SIZE_AT, 0x50000, true,
         false},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made_store s = damaged("virt", kinds[i].state, kinds[i].at, kinds[i].value);

        ok(says(cold_boot(&strict, &s), FLASH_NO, "records-refused"),
           "firmware that looks at every record erases a store with %s", kinds[i].what);
        ok(says(cold_boot(&thumb, &s), FLASH_NO, "records-refused") &&
               says(cold_boot(&riscv, &s), FLASH_NO, "records-refused"),
           "so does that of 32-bit ARM and of RISC-V with %s", kinds[i].what);
        if (kinds[i].is_cut)
            ok(says(cold_boot(&lenient, &s), FLASH_UNKNOWN_ANSWER, "record-broken"),
               "what firmware that looks at headers alone does with %s is not known",
               kinds[i].what);
        else if (kinds[i].hides)
            ok(says(cold_boot(&lenient, &s), FLASH_NO, "hidden") &&
                   says(cold_boot(&old, &s), FLASH_NO, "hidden"),
               "firmware that looks at headers alone does not reach what follows %s",
               kinds[i].what);
        else
            ok(says(cold_boot(&lenient, &s), FLASH_YES, "kept") &&
                   says(cold_boot(&old, &s), FLASH_YES, "kept"),
               "firmware that looks at headers alone keeps a store with %s", kinds[i].what);
        if (!kinds[i].is_cut)
            ok(says(cold_boot(&nameless, &s), FLASH_UNKNOWN_ANSWER, "driver-unknown"),
               "without a driver that is known there is no yes for %s", kinds[i].what);
        free_made_store(&s);
    }
    struct made_store good = damaged("virt", 0x3c, 0, 0);
    ok(says(cold_boot(&strict, &good), FLASH_YES, "kept"),
       "firmware that looks at every record keeps a store without damage");
    ok(says(cold_boot(&nameless, &good), FLASH_UNKNOWN_ANSWER, "driver-unknown"),
       "without a driver that is known there is no yes for a store without damage either");
    free_made_store(&good);

    struct made_store unwritten = damaged("virt", 0x3f, STATE_AT, 0xff);
    ok(says(cold_boot(&strict, &unwritten), FLASH_NO, "hidden"),
       "a record that was never written ends the list for firmware since stable202402, and what "
       "follows is lost");
    ok(says(cold_boot(&strict_2023, &unwritten), FLASH_NO, "records-refused"),
       "firmware of 2023 erases the store for a record that was never written");
    free_made_store(&unwritten);

    struct made_store old_format = make_store("virt", VARSTORE_PLAIN);
    add_made_variable(&old_format, &(struct variable_spec){.name = "A", .vendor = 1, .size = 8});
    ok(says(cold_boot(&strict, &old_format), FLASH_NO, "records-refused"),
       "firmware whose flash driver knows the authenticated format alone erases a plain store");
    ok(says(cold_boot(&lenient, &old_format), FLASH_YES, "kept"),
       "firmware whose flash driver knows both formats keeps a plain store");
    free_made_store(&old_format);
}

static void test_start_at_end(void)
{
    struct made_store s = make_store("virt", VARSTORE_AUTHENTICATED);
    size_t room = 0x48 + s.layout->store_size - s.at;

    add_made_variable(&s, &(struct variable_spec){.name = "A", .vendor = 1, .size = 200000});
    room = 0x48 + s.layout->store_size - s.at;
    add_made_variable(&s, &(struct variable_spec){
                              .name = "B", .vendor = 1, .size = room - 60 - 4 - 40, .state = 0x3c});
    ok(says(cold_boot(&strict, &s), FLASH_YES, "kept"),
       "firmware that looks at every record keeps a store without room for another header");
    store_le16(s.data + s.at, 0x55aa);
    ok(says(cold_boot(&strict, &s), FLASH_NO, "records-refused"),
       "and erases it when a record begins where no header has room");
    free_made_store(&s);
}

/* QEMU's LoongArch machine gives a flash device the length of its file. */
static void test_loongarch(void)
{
    static const struct driver_spec loongarch = {"VirtNorFlashDxe", 0x6264, {0}, false};
    struct made_store s = damaged("virt", 0x3c, 0, 0);
    const struct flash_image *code = code_of(&loongarch);
    struct flash_image vars;
    const size_t sizes[] = {0xc0000,   4u << 20, 12u << 20, 16u << 20, (16u << 20) + 4096,
                            32u << 20, 0x80000};
    struct flash_check check;

    for (size_t i = 0; i < 7; i++) {
        vars = image_of(&s, sizes[i] < s.size ? s.size : sizes[i]);
        if (sizes[i] < s.size)
            vars.size = sizes[i];
        flash_check(code, &vars, NULL, &check);
        ok(check.migrate.answer == FLASH_YES &&
               check.cold_boot.answer == (i < 4 ? FLASH_YES : FLASH_NO),
           "a LoongArch store of 0x%zx bytes %s", sizes[i], i < 4 ? "is kept" : "does not start");
        flash_check_free(&check);
        flash_close(&vars);
    }
    ok(code->expects.file_size == 16u << 20, "a new LoongArch store is made as long as Debian's");
    free_made_store(&s);
}

/* The store of QEMU's uefi-vars device has no length that the firmware's would follow from. */
static void test_json(void)
{
    static const struct driver_spec device = {"VirtMmCommunication", 0xaa64, {0}, false};
    static const char json[] = "{\"version\": 2, \"variables\": []}";
    const struct flash_image *code = code_of(&device);
    uint8_t *bytes = calloc(sizeof json, 1);
    struct flash_check check;
    struct flash_image vars;

    if (!bytes)
        abort();
    memcpy(bytes, json, sizeof json - 1);
    flash_take("store.json", bytes, sizeof json - 1, &vars);
    flash_check(code, &vars, NULL, &check);
    ok(says(check.migrate, FLASH_UNKNOWN_ANSWER, "no-old-code") &&
           says(check.cold_boot, FLASH_YES, "kept"),
       "that a guest with a JSON store arrives is not known without its old code");
    flash_check_free(&check);
    flash_check(code, &vars, code, &check);
    ok(says(check.migrate, FLASH_YES, "same-lengths"), "with code of the same length it arrives");
    flash_check_free(&check);
    flash_close(&vars);
}

static void test_x86(void)
{
    struct made_store s = damaged("OVMF 4M", 0x3f, DATA_SIZE_AT, 0x50000);
    ok(says(cold_boot(&ovmf, &s), FLASH_NO, "record-broken"),
       "OVMF does not start with a variable whose data passes the end of the store");
    free_made_store(&s);
    s = damaged("OVMF 4M", 0x3f, NAME_SIZE_AT, 0);
    ok(says(cold_boot(&ovmf, &s), FLASH_NO, "record-broken"),
       "OVMF does not start with a live variable without a name");
    free_made_store(&s);
    s = damaged("OVMF 4M", 0x3f, STATE_AT, 0x2d);
    ok(says(cold_boot(&ovmf, &s), FLASH_YES, "kept"),
       "OVMF skips a variable in a state that none can have");
    free_made_store(&s);
}

static bool repair_makes(struct made_store *bad, const struct made_store *good)
{
    struct flash_image image = image_of(bad, bad->size);
    struct repaired r = {0};
    struct failure f;
    bool same = repair_store(&image, &r, &f) == 0 && r.headers.volume_header && r.data &&
                memcmp(r.data, good->data, good->size) == 0;

    repaired_free(&r);
    flash_close(&image);
    return same;
}

/* The volume's header with other numbers than firmware writes, and a checksum that is right. */
static void test_volume(void)
{
    enum { ATTRIBUTES_AT = 0x2c, LENGTH_AT = 0x30, MAP_AT = 0x38, WRITE_STATUS = 0x20 };
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
        enum flash_answer virt, x86;
        const char *reason; /* of OVMF */
    } kinds[] = {
        {"more blocks than it needs", MAP_AT, 0x2000, FLASH_YES, FLASH_YES, "kept"},
        {"blocks of four times the length", MAP_AT + 4, 0, FLASH_UNKNOWN_ANSWER, FLASH_NO,
         "geometry"},
        {"attributes by which it cannot be written", ATTRIBUTES_AT, 0x4feff & ~WRITE_STATUS,
         FLASH_YES, FLASH_NO, "read-only"},
        {"no attribute but that it can be written", ATTRIBUTES_AT, WRITE_STATUS, FLASH_YES,
         FLASH_YES, "kept"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int x86 = 0; x86 < 2; x86++) {
            struct made_store s = damaged(x86 ? "OVMF 4M" : "virt", 0x3f, 0, 0);
            struct made_store good = damaged(s.layout->name, 0x3f, 0, 0);
            uint32_t value = kinds[i].value ? kinds[i].value : 4 * s.layout->block_length;

            store_le32(s.data + kinds[i].at, value);
            fv_fix_checksum(s.data, FV_HEADER_MIN);
            struct flash_verdict v = cold_boot(x86 ? &ovmf : &strict, &s);
            ok(x86 ? says(v, kinds[i].x86, kinds[i].reason) : v.answer == kinds[i].virt,
               "%s with a volume of %s", x86 ? "OVMF" : "a virt machine's firmware", kinds[i].what);
            if (x86 && kinds[i].x86 == FLASH_NO)
                ok(repair_makes(&s, &good), "repair mends a volume of %s", kinds[i].what);
            free_made_store(&good);
            free_made_store(&s);
        }
    }
    struct made_store s = damaged("OVMF 4M", 0x3f, 0, 0);
    memmove(s.data + 0x50, s.data + 0x48, 0x3ff00);
    memset(s.data + MAP_AT, 0, 0x50 - MAP_AT);
    store_le32(s.data + MAP_AT, 0x80);
    store_le32(s.data + MAP_AT + 4, 0x1000);
    store_le32(s.data + MAP_AT + 8, 4);
    store_le32(s.data + MAP_AT + 12, 0x1000);
    store_le16(s.data + LENGTH_AT, 0x50);
    fv_fix_checksum(s.data, 0x50);
    ok(says(cold_boot(&ovmf, &s), FLASH_UNKNOWN_ANSWER, "geometry-unknown"),
       "what firmware does with a volume header that none writes is not known");
    free_made_store(&s);
}

static void test_room(void)
{
    static const struct {
        size_t left, garbage;
        bool starts;
        const char *what;
    } kinds[] = {
        {8, 0, false, "8 bytes free"},
        {3996, 0, false, "a few bytes less than it needs"},
        {4000, 0, true, "as much free as it needs"},
        {8, 30000, true, "8 bytes free and much to reclaim"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made_store s = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
        size_t end = 0x48 + s.layout->store_size;

        if (kinds[i].garbage)
            add_made_variable(
                &s, &(struct variable_spec){
                        .name = "Gone", .vendor = 1, .size = kinds[i].garbage, .state = 0x3d});
        add_made_variable(
            &s, &(struct variable_spec){
                    .name = "Fill", .vendor = 1, .size = end - s.at - 60 - 10 - kinds[i].left - 2});
        struct flash_verdict v = cold_boot(&ovmf, &s);
        ok(says(v, kinds[i].starts ? FLASH_YES : FLASH_NO, kinds[i].starts ? "kept" : "full"),
           "firmware %s with %s", kinds[i].starts ? "gets through" : "does not get through",
           kinds[i].what);
        free_made_store(&s);
    }
}

static void test_repair(void)
{
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
        size_t found, lost;
    } kinds[] = {
        {"in a state that none can have", STATE_AT, 0x2d, 0, 1},
        {"whose name has no end", NAME_AT, 'x', 0, 1},
        {"whose data passes the store's end", DATA_SIZE_AT, 0x50000, 1, 1},
        {"whose name passes the store's end", NAME_SIZE_AT, 0x50000, 1, 1},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made_store s = damaged("virt", 0x3f, kinds[i].at, kinds[i].value), made;
        struct flash_image image = image_of(&s, VIRT_FLASH_SIZE);
        struct repaired r;
        struct failure f;

        if (repair_store(&image, &r, &f) != 0)
            abort();
        made = s;
        made.data = r.data;
        ok(r.data && r.records && r.variable_count == 2 && r.found_count == kinds[i].found &&
               r.lost_count == kinds[i].lost && says(cold_boot(&strict, &made), FLASH_YES, "kept"),
           "repair saves the variables around one %s, and strict firmware takes the result",
           kinds[i].what);
        repaired_free(&r);
        flash_close(&image);
        free_made_store(&s);
    }
}

int main(void)
{
    test_virt();
    test_start_at_end();
    test_loongarch();
    test_json();
    test_x86();
    test_volume();
    test_room();
    test_repair();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        flash_close(&codes[i].image);
    return tap_done();
}
