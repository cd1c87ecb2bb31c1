/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/store_driver.h"

#include <string.h>

#include "base/bytes.h"
#include "formats/guid.h"

enum { MACHINE_ARM = 0x1c2, MACHINE_AARCH64 = 0xaa64, MACHINE_RISCV64 = 0x5064 };

/* A release build has no messages to recognise it by. But to walk the records a driver compares with
 * the number that each begins with, 0x55aa, which older ones never use: as the operand of an
 * instruction in AArch64 (MOVZ Wn, #0x55aa) and in Thumb-2 (MOVW Rn, #0x55aa). */
static bool is_start_id(uint16_t machine, const uint8_t *code)
{
    if (machine == MACHINE_AARCH64)
        return (load_le32(code) & 0xffffffe0) == (0x52800000 | 0x55aa << 5);
    return load_le16(code) == 0xf245 && (load_le16(code + 2) & 0xf0ff) == 0x50aa;
}

/* CMP Wn, #0xff: the state of a record that was never written. */
static bool is_unwritten_state(uint16_t machine, const uint8_t *code)
{
    if (machine == MACHINE_AARCH64)
        return (load_le32(code) & 0xfffffc1f) == (0x7100001f | 0xff << 10);
    return (load_le16(code) & 0xf8ff) == 0x28ff;
}

static bool has_instruction(uint16_t machine, const struct section *program,
                            bool (*is)(uint16_t machine, const uint8_t *code))
{
    size_t step = machine == MACHINE_AARCH64 ? 4 : 2;

    for (size_t at = 0; in_range(program->size, at, 4); at += step) {
        if (is(machine, program->body + at))
            return true;
    }
    return false;
}

struct store_driver store_driver_of_program(const struct section *program)
{
    uint16_t machine = section_machine(program);
    struct store_driver d = {
        .takes_plain = varstore_guid_in(program->body, program->size, VARSTORE_PLAIN),
    };

    if (!varstore_guid_in(program->body, program->size, VARSTORE_AUTHENTICATED))
        return d;
    if (machine == MACHINE_ARM || machine == MACHINE_AARCH64) {
        d.checks_records = has_instruction(machine, program, is_start_id);
        d.knows_unwritten = has_instruction(machine, program, is_unwritten_state);
    } else {
        /* RISC-V and LoongArch have the driver since edk2 stable202305: after it learned to
         * look at records (stable202302), and that of LoongArch after unwritten ones too. */
        d.checks_records = true;
        d.knows_unwritten = machine != MACHINE_RISCV64;
    }
    return d;
}

bool store_driver_named(const struct section *name, const struct store_driver *program,
                        struct store_driver *driver)
{
    /* OvmfPkg VirtNorFlashDxe since edk2 stable202211, ArmPlatformPkg NorFlashDxe before;
     * OvmfPkg QemuFlashFvbServicesRuntimeDxe, which looks at the volume's header alone. */
    static const struct {
        const char *name;
        bool virt, looks_inside;
    } drivers[] = {
        {"VirtNorFlashDxe", true, true},  {"ArmVeNorFlashDxe", true, false},
        {"NorFlashDxe", true, false},     {"FvbServicesRuntimeDxe", false, false},
        {"FvbServicesSmm", false, false},
    };

    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (!section_name_is(name, drivers[i].name))
            continue;
        *driver = *program;
        driver->name = drivers[i].name;
        driver->erases = drivers[i].virt;
        driver->checks_records &= drivers[i].looks_inside;
        /* The others leave the kind of store to the driver of the variables, which knows both. */
        driver->takes_plain |= !drivers[i].virt;
        return true;
    }
    return false;
}

bool store_driver_refuses(const struct store_driver *driver, const struct varstore *s,
                          struct varstore_problem *why)
{
    if (!driver->name || !s->sound)
        return false;
    if (!driver->takes_plain && s->format == VARSTORE_PLAIN) {
        *why = (struct varstore_problem){.kind = VARSTORE_FORMAT_UNKNOWN, .offset = s->header_at};
        return true;
    }
    if (!driver->checks_records || !s->has_bad_record[driver->knows_unwritten])
        return false;
    *why = s->bad_record[driver->knows_unwritten];
    return true;
}
