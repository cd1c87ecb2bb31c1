/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The budget reader and the judge: whatever is a budget can be checked against ROMs of
 * every shape, and each finding has its sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "release/verdict.h"
#include "target.h"

static struct measured_image images[] = {
    {.kind = "legacy", .has_ids = true, .vendor = 0x8086, .device = 0x100e, .legacy_length = 65536},
    {.kind = "efi-x64", .has_ids = true, .vendor = 0x1af4, .device = 0x1000, .is_efi = true},
};

static struct measured_rom rom_of(const char *path, uint64_t size, uint64_t chain_end,
                                  uint64_t bucket, size_t image_count)
{
    const char *slash = strrchr(path, '/');

    return (struct measured_rom){
        .place = (char *)path,
        .path = (char *)path,
        .name = slash ? slash + 1 : path,
        .size = size,
        .chain_end = chain_end,
        .bucket = bucket,
        .chain_bucket = bucket,
        .fill = size > chain_end ? OPTROM_FILL_UNIFORM : OPTROM_FILL_NONE,
        .fill_byte = 0xff,
        .image_count = image_count,
        .images = images,
        .error_count = image_count == 0,
    };
}

int try_input(const uint8_t *data, size_t size)
{
    struct measured_rom roms[] = {
        rom_of("usr/share/qemu/efi-e1000.rom", 262144, 160768, 262144, 2),
        rom_of("x/pxe-virtio.rom", 65537, 65536, 131072, 1),
        rom_of("a", 0, 0, 0, 0),
    };
    struct measured m = {.roms = roms, .count = 3, .capacity = 3};
    struct findings problems = {0};
    struct budget budget;
    struct failure f;

    if (budget_parse("fuzz.yaml", data, size, &budget, &problems, &f) < 0)
        return 0;
    if (!problems.counts[FINDING_ERROR]) {
        struct verdicts v;

        verdicts_init(&v, &m);
        judge_by_budget(&v, &budget);
        judge_by_release(&v, &m);
        verdicts_sort(&v);
        for (size_t i = 0; i < v.count; i++) {
            for (size_t k = 0; k < v.list[i].findings.count; k++) {
                if (!v.list[i].findings.list[k].what[0])
                    abort();
            }
        }
        verdicts_free(&v);
    }
    budget_free(&budget);
    findings_free(&problems);
    return 0;
}
