/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/pending_write.h"
#include "flash/repair.h"
#include "formats/guid.h"

/* QEMU hw/i386/pc_sysfw.c: flash is a multiple of its sector, and at most max-fw-size. */
#define PC_FLASH_SECTOR 0x1000
#define PC_FLASH_MAX ((uint64_t)8 << 20)

const char *flash_answer_name(enum flash_answer answer)
{
    static const char *const names[] = {
        [FLASH_YES] = "yes", [FLASH_NO] = "no", [FLASH_UNKNOWN_ANSWER] = "unknown"};

    return names[answer];
}

__attribute__((format(printf, 4, 5))) static void decide(struct flash_verdict *v,
                                                         enum flash_answer answer,
                                                         const char *reason, const char *format,
                                                         ...)
{
    va_list args;

    v->answer = answer;
    v->reason = reason;
    va_start(args, format);
    vsnprintf(v->text, sizeof v->text, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void fix(struct flash_verdict *v, const char *format,
                                                      ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(v->fix, sizeof v->fix, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void warn(struct flash_check *check,
                                                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    findings_add(&check->warnings,
                 (struct finding){.grade = FINDING_WARNING, .what = xvasprintf(format, args)});
    va_end(args);
}

/* --- migrate ----------------------------------------------------------------------------- */

/* QEMU migrates both flash devices as RAM blocks and compares their lengths. */
static void refuse_length(struct flash_verdict *v, const char *block, uint64_t source,
                          uint64_t destination)
{
    decide(v, FLASH_NO, "size-mismatch",
           "the migration, or restoring a saved guest, fails: Size mismatch: %s: 0x%" PRIx64
           " != 0x%" PRIx64,
           block, source, destination);
    fix(v, "Keep the old firmware beside the new one on the destination.");
}

static void judge_known_source(struct flash_verdict *v, const struct flash_image *code,
                               const struct flash_image *from)
{
    if (from->architecture != code->architecture)
        decide(v, FLASH_NO, "architecture", "the guest runs %s firmware, this is for %s",
               flash_architecture_name(from->architecture),
               flash_architecture_name(code->architecture));
    else if (from->kind != code->kind)
        decide(v, FLASH_NO, "mode",
               "the migration fails: one side has flash devices and the other runs a combined "
               "image with -bios (Unknown ramblock \"%s\")",
               from->kind == FLASH_CODE ? "system.flash0" : "pc.bios");
    else if (from->size != code->size)
        refuse_length(v, code->kind == FLASH_CODE ? "system.flash0" : "pc.bios", from->size,
                      code->size);
}

static void judge_migration(struct flash_check *check, const struct flash_image *code,
                            const struct flash_image *vars, const struct flash_image *from)
{
    struct flash_verdict *v = &check->migrate;
    bool in_flash = !code->uefi_vars && vars->kind != FLASH_JSON;

    decide(v, FLASH_YES, "same-lengths",
           "the guest arrives, and runs its old firmware until it is powered off%s",
           from ? "" : " (judged by the store alone: --from makes it certain)");
    if (from)
        judge_known_source(v, code, from);
    /* The destination's store is made for its code; one of the guest's own length shows that
     * the guest's code is of that layout too. */
    if (v->answer == FLASH_YES && code->kind == FLASH_CODE && code->expects.file_size && in_flash &&
        code->architecture != ARCH_LOONGARCH64 && vars->size != code->expects.file_size)
        refuse_length(v, "system.flash1", vars->size, code->expects.file_size);
    if (v->answer == FLASH_YES && !code->expects.source && !from)
        decide(v, FLASH_UNKNOWN_ANSWER, "expected-store-unknown",
               "which store this code expects is not known: --from is needed");
    else if (v->answer == FLASH_YES && !in_flash && !from)
        decide(
            v, FLASH_UNKNOWN_ANSWER, "no-old-code",
            "of which length the guest's firmware is cannot be told from a JSON store: --from is "
            "needed");
}

/* --- cold boot ---------------------------------------------------------------------------- */

static const char *first_problem(const struct varstore *s, char text[VARSTORE_PROBLEM_TEXT_MAX])
{
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        if (varstore_problem_is_fatal(s->problems[i].kind) ||
            s->problems[i].kind == VARSTORE_SIZE_SHORT)
            return varstore_problem_text(&s->problems[i], text);
    }
    return "it is damaged";
}

/* Records behind sound headers. False when there is nothing to say against them. */
static bool judge_records(struct flash_verdict *v, const struct flash_image *code,
                          const struct varstore *s)
{
    const struct varstore_problem *bad = varstore_find_problem(s, VARSTORE_VARIABLE_CUT);
    const struct store_driver strict = {.name = "strict", .checks_records = true};
    struct varstore_problem why;
    char text[VARSTORE_PROBLEM_TEXT_MAX];
    bool x86 = flash_is_x86(code->architecture);

    /* A live variable without a name: OVMF of Debian 12 and 13 hangs on it, or writes over the
     * whole store; forky's takes it for the end of the list, and no guest is given what
     * follows, or is written later. Other bad names and states are not seen by a guest, and harm
     * nothing. */
    if (!bad)
        bad = varstore_find_problem(s, VARSTORE_NAMELESS);
    if (!bad)
        bad = varstore_find_problem(s, VARSTORE_NAME_HIDES);
    if (store_driver_refuses(&code->driver, s, &why))
        decide(v, FLASH_NO, "records-refused",
               "the store will be erased: this firmware's flash driver (%s) looks at every record, "
               "and does not accept %s",
               code->driver.name,
               s->format == VARSTORE_PLAIN ? "the plain format"
                                           : varstore_problem_text(&why, text));
    else if (x86 && bad)
        decide(v, FLASH_NO, "record-broken",
               "the firmware crashes, hangs or does not find variables for a damaged record, and "
               "may write over the store: %s",
               varstore_problem_text(bad, text));
    else if (bad || varstore_find_problem(s, VARSTORE_TOO_MANY))
        decide(
            v, FLASH_UNKNOWN_ANSWER, "record-broken",
            "what this firmware does with a damaged record is not known: %s",
            varstore_problem_text(bad ? bad : varstore_find_problem(s, VARSTORE_TOO_MANY), text));
    else if (!x86 && !code->driver.name && store_driver_refuses(&strict, s, &why))
        decide(
            v, FLASH_UNKNOWN_ANSWER, "driver-unknown",
            "whether this firmware looks at every record cannot be determined from it; if it does, "
            "it erases the store for %s",
            s->format == VARSTORE_PLAIN ? "its plain format" : varstore_problem_text(&why, text));
    else
        return false;
    if (s->format == VARSTORE_PLAIN)
        fix(v, "'romcompat varstore convert' makes a store of the authenticated format.");
    else
        fix(v, "'romcompat varstore repair' writes a store with every variable that can be "
               "saved, and names what cannot.");
    return true;
}

static bool judge_room(struct flash_verdict *v, const struct varstore_room *room)
{
    if (room->after_reclaim >= VARSTORE_STARVED)
        return false;
    decide(v, FLASH_NO, "full",
           "the store is full: %zu bytes are free, %zu once the firmware has reclaimed deleted "
           "variables, and below %d it takes minutes to start, or does not, and cannot write "
           "its boot order",
           room->free, room->after_reclaim, VARSTORE_STARVED);
    fix(v, "Delete variables that the guest no longer needs: 'romcompat flash inspect' lists "
           "them with their sizes.");
    return true;
}

/* Its variable driver reclaims a store with something other than free space behind the variables,
 * and with that erases what it does not read (edk2 Variable.c, VariableWriteServiceInitialize()). */
static bool judge_hidden(struct flash_verdict *v, const struct live_store *live)
{
    size_t hidden = varstore_find_problem(live->store, VARSTORE_TAIL_NOT_FREE)
                        ? repair_count_hidden(live->data, live->store)
                        : 0;

    if (!hidden)
        return false;
    decide(v, FLASH_NO, "hidden",
           "the guest starts with %zu variable%s: %zu more %s behind a damaged record, where the "
           "firmware does not find %s and erases %s",
           live->store->live_count, PLURAL(live->store->live_count), hidden,
           hidden == 1 ? "is" : "are", hidden == 1 ? "it" : "them", hidden == 1 ? "it" : "them");
    fix(v, "'romcompat varstore repair' writes a store with all of them, and names what cannot be "
           "saved.");
    return true;
}

/* What a write that was pending leaves behind it, or the store as it is without one. */
static void judge_after_write(struct flash_verdict *v, const struct flash_image *code,
                              const struct pending_write *write)
{
    struct varstore_room room;

    if (write->is_broken) {
        decide(v, FLASH_NO, "write-broken",
               "the firmware finishes a pending write that brings damaged variables");
        fix(v, "'romcompat varstore repair' carries it out, and saves every variable that can be "
               "saved.");
        return;
    }
    const struct varstore *s = write->after.store;
    varstore_room(s, &room);
    if (!(write->is_pending && judge_records(v, code, s)) && !judge_hidden(v, &write->after) &&
        !judge_room(v, &room))
        decide(v, FLASH_YES, "kept", "the guest starts with its %zu variable%s and keeps them%s",
               s->live_count, PLURAL(s->live_count),
               write->is_pending ? ", after the firmware has finished a pending write" : "");
}

/* Whether a record of the store passes its end, and a pending write puts another list in the
 * place of that one. OVMF without SMM then reclaims the store before the first variable that it
 * writes, for there is no room behind such a list, and reads what the write brought; with SMM it
 * reads that at once (edk2 Variable.c, UpdateVariable()). With a platform key it could start once
 * without Secure Boot: that is not promised. */
static bool write_replaces_records(const struct flash_image *code, const struct varstore *before,
                                   const struct pending_write *write)
{
    return write->is_pending && !write->is_broken && flash_is_x86(code->architecture) &&
           varstore_find_problem(before, VARSTORE_VARIABLE_CUT) &&
           !varstore_find_problem(before, VARSTORE_NAMELESS) &&
           !varstore_find_problem(before, VARSTORE_NAME_HIDES) &&
           !varstore_find(write->after.data, write->after.store, "PK", efi_global_guid);
}

/* A sound store. */
static void judge_variables(struct flash_verdict *v, const struct flash_image *code,
                            const struct flash_image *vars)
{
    struct pending_write write;

    pending_write_read(vars, &write);
    if (!write_replaces_records(code, &vars->store, &write) &&
        judge_records(v, code, &vars->store)) {
        /* The verdict is that of the records. */
    } else if (pending_write_loses(&write, code)) {
        decide(v, FLASH_NO, "write-pending",
               "the firmware reads the store before it finishes a pending write: the guest starts "
               "with the variables from before, and what it writes destroys those from after");
        fix(v, "'romcompat varstore repair' carries the write out first.");
    } else {
        judge_after_write(v, code, &write);
    }
    pending_write_close(&write);
}

/* What the header of the volume says beside its length. The flash driver of OVMF erases a store of
 * other blocks than its own (OvmfPkg QemuFlashFvbServicesRuntimeDxe/FwBlockService.c,
 * InitializeVariableFvHeader()); by the volume's attributes its other drivers see that they may write
 * (MdeModulePkg VariableDxe.c, GetFvbInfoByAddress()), and without a place to write to it crashes. That
 * of the virt machines goes by neither. False when there is nothing to say against it. */
static bool judge_volume(struct flash_verdict *v, const struct flash_image *code,
                         const struct varstore *s)
{
    const struct varstore_layout *l = code->expects.layout;
    const struct varstore_problem *bad = varstore_find_problem(s, VARSTORE_READ_ONLY);
    bool x86 = flash_is_x86(code->architecture);
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (x86 && l && s->volume.block_length != l->block_length)
        decide(
            v, FLASH_NO, "geometry",
            "the store will be erased, and the guest then crashes: its volume has blocks of 0x%x "
            "bytes, and the firmware expects 0x%x",
            s->volume.block_length, l->block_length);
    else if (x86 && bad)
        decide(v, FLASH_NO, "read-only", "the firmware crashes: %s",
               varstore_problem_text(bad, text));
    else if (!s->layout)
        decide(v, FLASH_UNKNOWN_ANSWER, "geometry-unknown",
               "what this firmware does with a volume header of 0x%x bytes and a block map of %zu "
               "parts is not known",
               s->volume.header_length, s->volume.block_entries);
    else
        return false;
    if (v->answer == FLASH_NO)
        fix(v, "'romcompat varstore repair' fixes the header while the variables are still there.");
    return true;
}

/* The header where the firmware looks for its volume, when the file has the right length. */
static void judge_content(struct flash_verdict *v, const struct flash_image *code,
                          const struct flash_image *vars)
{
    const struct varstore *s = &vars->store;
    bool x86 = flash_is_x86(code->architecture);
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (vars->kind == FLASH_BLANK && !x86) {
        decide(v, FLASH_YES, "blank",
               "the store is blank: the firmware formats it and starts "
               "without any variable");
    } else if (vars->kind == FLASH_BLANK && vars->blank == 0) {
        decide(v, FLASH_NO, "blank",
               "the store is blank (00): the guest starts, but its "
               "variables will not persist");
        fix(v, "'romcompat varstore create' makes an empty store that is kept.");
    } else if (vars->kind == FLASH_BLANK) {
        decide(v, FLASH_NO, "blank",
               "the store is blank (FF): the firmware crashes before it "
               "starts anything");
        fix(v, "'romcompat varstore create' makes an empty store.");
    } else if (!vars->has_store) {
        decide(v, FLASH_NO, "no-store",
               "there is no variable store in the file: the firmware "
               "%s",
               x86 ? "erases it, or crashes" : "formats it, and what it holds is lost");
    } else if (s->volume.defect != FV_SOUND) {
        decide(v, FLASH_NO, "header-broken",
               "the store will be erased%s: the firmware does not accept its header (%s)",
               x86 ? ", and the guest then crashes" : "",
               fv_defect_text(&s->volume, vars->size, text));
        fix(v, "'romcompat varstore repair' fixes the header while the variables are still there.");
    } else if (s->volume.length != code->expects.volume_length) {
        decide(v, FLASH_NO, "geometry",
               "the store's volume has 0x%" PRIx64 " bytes and the "
               "firmware expects 0x%" PRIx64 ": it will be erased or not be read",
               s->volume.length, code->expects.volume_length);
    } else if (!s->sound || (!x86 && s->layout && s->size != s->layout->store_size)) {
        decide(v, FLASH_NO, "store-broken", "the firmware %s: %s",
               x86 ? "crashes on the store" : "erases the store", first_problem(s, text));
        fix(v, "'romcompat varstore repair' fixes the header.");
    } else if (!judge_volume(v, code, s)) {
        judge_variables(v, code, vars);
    }
}

/* Whether it is a store of the right length with more behind it, as in a volume of LVM, RBD
 * or ZFS, whose sizes are rounded up. */
static bool is_padded(const struct flash_image *vars, uint64_t expected)
{
    return vars->has_store && vars->store.sound && vars->store.volume.length == expected;
}

/* Without size= the firmware looks for its store at the end of the volume, where what it finds
 * is not one: it treats that as it treats blank flash. */
static void judge_padded(struct flash_verdict *v, const struct flash_image *vars, uint64_t expected,
                         bool too_long)
{
    const uint8_t *tail = vars->data ? vars->data + (vars->size - expected) : NULL;
    bool erased = tail && tail[0] == 0xff && memcmp(tail, tail + 1, (size_t)expected - 1) == 0;

    decide(v, FLASH_NO, "store-padded",
           "the store is the first %" PRIu64 " bytes of %zu: QEMU needs size=%" PRIu64
           ", without which the firmware %s",
           expected, vars->size, expected,
           too_long ? "is not started at all: with the code that is more than 8 MiB"
           : erased ? "looks at erased flash after it, and crashes"
                    : "starts without the guest's variables, keeps nothing, and leaves the file "
                      "alone");
    fix(v, "With that (Proxmox does so by itself) ask again with --size %" PRIu64 ".", expected);
}

/* QEMU's block devices have blocks of 512 bytes: what is begun counts (block.c, bdrv_getlength()). */
static uint64_t device_length(size_t size)
{
    return ((uint64_t)size + 511) / 512 * 512;
}

static bool is_pc_flash(size_t size)
{
    return size && device_length(size) % PC_FLASH_SECTOR == 0;
}

/* QEMU puts code below 4 GiB and the store right below code; the firmware looks for the
 * store where the length that it expects would make it begin. */
static void judge_x86(struct flash_verdict *v, const struct flash_image *code,
                      const struct flash_image *vars)
{
    uint64_t expected = code->expects.volume_length;

    if (vars->size > expected && is_padded(vars, expected))
        judge_padded(v, vars, expected, vars->size + code->size > PC_FLASH_MAX);
    else if (!is_pc_flash(code->size))
        decide(v, FLASH_NO, "qemu-refuses",
               "QEMU does not start: the code has %zu bytes, not a multiple of %d", code->size,
               PC_FLASH_SECTOR);
    else if (!is_pc_flash(vars->size) ||
             device_length(vars->size) + device_length(code->size) > PC_FLASH_MAX)
        decide(v, FLASH_NO, "qemu-refuses",
               "QEMU does not start: the store has %zu bytes, not a "
               "multiple of %d, or with the code more than 8 MiB",
               vars->size, PC_FLASH_SECTOR);
    else if (vars->size < expected)
        decide(v, FLASH_NO, "store-too-small",
               "variables will not persist: the guest starts as "
               "if all were well, but sees none of its variables and loses new ones at power-off "
               "(the store has 0x%zx bytes, the firmware expects 0x%" PRIx64 ")",
               vars->size, expected);
    else if (vars->size > expected)
        decide(v, FLASH_NO, "store-too-large",
               "the firmware crashes, and writes into the middle "
               "of the store, at 0x%" PRIx64 " (the store has 0x%zx bytes, the firmware expects "
               "0x%" PRIx64 ")",
               vars->size - expected, vars->size, expected);
    else
        judge_content(v, code, vars);
    if (v->answer == FLASH_NO && vars->size != expected && vars->has_store && vars->store.sound &&
        !v->fix[0])
        fix(v,
            "'romcompat varstore convert' makes a store of this layout with the same variables.");
}

/* Firmware that keeps its variables with QEMU's uefi-vars device, which has them in JSON. */
static void judge_uefi_vars(struct flash_verdict *v, const struct flash_image *code,
                            const struct flash_image *vars)
{
    if (!vars->size) {
        decide(
            v, FLASH_YES, "blank",
            "the store is an empty file, as QEMU makes it: the guest starts without any variable, "
            "with the uefi-vars device of QEMU 10.0 or later");
    } else if (vars->kind == FLASH_FOREIGN || vars->kind == FLASH_UNKNOWN) {
        decide(v, FLASH_NO, "vars-foreign",
               "the store is %s, and QEMU's uefi-vars device, which keeps the variables of this "
               "firmware, takes JSON",
               vars->kind == FLASH_FOREIGN ? vars->foreign.what : "nothing that is known");
        fix(v, "'romcompat varstore create' makes an empty store.");
    } else if (vars->kind != FLASH_JSON) {
        decide(v, FLASH_NO, "uefi-vars",
               "this firmware keeps its variables with QEMU's uefi-vars device and does not look "
               "at flash: the guest starts without them");
        if (vars->has_store || vars->has_list)
            fix(v, "'romcompat varstore export' writes them as the JSON that the device takes.");
    } else if (!vars->has_list) {
        decide(v, FLASH_NO, "json-broken", "QEMU does not start, or reads it otherwise: %.300s",
               vars->unread.what);
    } else if (!code->uefi_vars) {
        decide(v, FLASH_NO, "json-store",
               "the store is the JSON of QEMU's uefi-vars device, and this firmware keeps its "
               "variables in flash: it does not see them");
        fix(v, "'romcompat varstore convert' makes a store for this firmware.");
    } else if (vars->refused.what[0]) {
        decide(v, FLASH_NO, "json-refused",
               "QEMU's uefi-vars device does not take the store as it is: %.300s",
               vars->refused.what);
    } else {
        decide(v, FLASH_YES, "kept",
               "the guest starts with its %zu variable%s and keeps them, with the uefi-vars device "
               "of QEMU 10.0 or later",
               vars->store.live_count, PLURAL(vars->store.live_count));
    }
}

static void judge_cold_boot(struct flash_verdict *v, const struct flash_image *code,
                            const struct flash_image *vars)
{
    uint64_t device = flash_device_size(code->architecture);

    if (code->uefi_vars || vars->kind == FLASH_JSON)
        judge_uefi_vars(v, code, vars);
    else if (vars->kind == FLASH_NV_VARS) {
        decide(v, FLASH_NO, "vars-nvvars",
               "the store is a \\NvVars file, which firmware reads from a FAT volume of the "
               "guest, not from flash");
        fix(v, "'romcompat varstore convert' makes a store of its variables.");
    } else if (code->kind == FLASH_COMBINED)
        decide(v, FLASH_NO, "combined-code",
               "the code is a combined image, with a store of its "
               "own: the guest starts, but its variables are neither read nor kept");
    else if (vars->kind == FLASH_COMBINED || vars->kind == FLASH_CODE)
        decide(v, FLASH_NO, "vars-is-code", "the store is a firmware image, not a variable store");
    else if (vars->kind == FLASH_FOREIGN) {
        decide(v, FLASH_NO, "vars-foreign", "the store is %s", vars->foreign.what);
        fix(v, "%s", vars->foreign.advice);
    } else if (!code->expects.source)
        decide(v, FLASH_UNKNOWN_ANSWER, "expected-store-unknown",
               "which store this code expects cannot be determined from it");
    else if (flash_is_x86(code->architecture))
        judge_x86(v, code, vars);
    else if (code->architecture == ARCH_LOONGARCH64 &&
             (vars->size > LOONGARCH_FLASH_SIZE || vars->size < code->expects.volume_length))
        decide(v, FLASH_NO, "qemu-refuses",
               "the store has %zu bytes: QEMU takes up to %" PRIu64
               ", and the firmware needs 0x%" PRIx64,
               vars->size, LOONGARCH_FLASH_SIZE, code->expects.volume_length);
    else if (device && vars->size != device) {
        decide(v, FLASH_NO, "qemu-refuses",
               "QEMU does not start: device requires %" PRIu64 " bytes, the store has %zu", device,
               vars->size);
        if (vars->size > device && vars->has_store)
            fix(v,
                "QEMU uses the beginning of a larger volume when it is given size=%" PRIu64
                ": ask again with --size %" PRIu64 ".",
                device, device);
    } else if (device && code->size != device)
        decide(v, FLASH_NO, "qemu-refuses",
               "QEMU does not start with this as flash: device "
               "requires %" PRIu64 " bytes, the code has %zu",
               device, code->size);
    else
        judge_content(v, code, vars);
}

/* What layout it expects may be known of damaged code too, from what is not compressed in it. */
static void doubt_code(struct flash_verdict *v, const struct flash_image *code)
{
    if (code->unread.what[0])
        decide(v, FLASH_UNKNOWN_ANSWER, "code-unread",
               "whether the guest starts is not known: not all of the code could be read: %.300s",
               code->unread.what);
    else if (!code->driver.name && !code->uefi_vars)
        decide(v, FLASH_UNKNOWN_ANSWER, "driver-unknown",
               "whether the guest starts is not known: no driver of flash was found in the code");
}

struct flash_verdict flash_check_cold_boot(const struct flash_image *code,
                                           const struct flash_image *vars)
{
    struct flash_verdict v = {0};

    judge_cold_boot(&v, code, vars);
    if (v.answer == FLASH_YES)
        doubt_code(&v, code);
    return v;
}

/* --- measured, and what else changed -------------------------------------------------------- */

static void judge_measurement(struct flash_check *check, const struct flash_image *code,
                              const struct flash_image *from)
{
    struct flash_verdict *v = &check->measured;

    if (!from)
        decide(v, FLASH_UNKNOWN_ANSWER, "no-old-code",
               "without --from there is nothing to compare with");
    else if (strcmp(from->sha256, code->sha256) == 0)
        decide(v, FLASH_YES, "identical",
               "the firmware is the same, byte for byte: a launch "
               "digest stays what it was");
    else
        decide(v, FLASH_NO, "different",
               "the firmware differs: a confidential guest (SEV, "
               "SEV-ES, SNP, TDX) measures differently, and its owner gives it no secrets");
}

static void warn_of_room(struct flash_check *check, const struct varstore *s, bool enrolled)
{
    struct varstore_room room;

    varstore_room(s, &room);
    if (room.after_reclaim < VARSTORE_TIGHT)
        warn(check,
             "the store is nearly full: %zu bytes are free, %zu after a reclaim; a start "
             "with a new device, or an operating system's update, may fail to write its "
             "boot option",
             room.free, room.after_reclaim);
    else if (enrolled && room.largest < VARSTORE_DBX_TODAY)
        warn(check, "no room for a dbx of today's size: at most %zu bytes fit (expected %d)",
             room.largest, VARSTORE_DBX_TODAY);
    if (varstore_find_problem(s, VARSTORE_TAIL_NOT_FREE))
        warn(check, "after the last variable is something other than free space: 'romcompat "
                    "varstore repair' looks for variables there");
}

static void warn_of_records(struct flash_check *check, const struct flash_image *code,
                            const struct flash_image *vars)
{
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (vars->store.format == VARSTORE_PLAIN || !vars->store.has_bad_record[true])
        return;
    warn(check, "a damaged record that this firmware skips: %.120s%s",
         varstore_problem_text(&vars->store.bad_record[true], text),
         flash_is_x86(code->architecture)
             ? ""
             : "; that of edk2 stable202302 and later (Debian 13) erases the whole store for it: "
               "repair it before an upgrade");
}

static void warn_of_losses(struct flash_check *check, const struct flash_image *code,
                           const struct flash_image *vars, const struct flash_image *from)
{
    check->loses_secure_boot = !code->secure_boot && vars->enrolled;
    check->loses_smm = from && from->smm && !code->smm && vars->enrolled;
    check->needs_smm = from && !from->smm && code->smm;
    check->loses_tpm = from && from->tpm2 && !code->tpm2;
    if (check->loses_secure_boot)
        warn(check, "the store has Secure Boot keys, but this code has no Secure Boot: unsigned "
                    "programs will be started, without warning");
    else if (from && from->secure_boot && !code->secure_boot)
        warn(check, "the old code has Secure Boot and this one does not");
    if (from && from->smm && !code->smm)
        warn(check, "the old code keeps its variables in SMM and this one does not: the guest can "
                    "write to protected ones");
    if (check->needs_smm)
        warn(check, "this code needs SMM (-machine smm=on, and flash that is secure) and the old "
                    "one did not");
    if (from && from->shell && !code->shell)
        warn(check, "the old code has the UEFI shell and this one does not");
    if (check->loses_tpm)
        warn(check,
             "the old code has TPM 2.0 and this one does not: disks sealed to a TPM do not open");
    if (from && ((from->iscsi && !code->iscsi) || (from->pxe && !code->pxe) ||
                 (from->http_boot && !code->http_boot)))
        warn(check, "the old code starts guests over%s%s%s and this one does not",
             from->iscsi && !code->iscsi ? " iSCSI" : "", from->pxe && !code->pxe ? " PXE" : "",
             from->http_boot && !code->http_boot ? " HTTP" : "");
    if (from && from->xen && !code->xen)
        warn(check, "the old code has drivers for Xen and this one does not");
    if (vars->has_store && vars->store.sound && vars->store.format == VARSTORE_PLAIN &&
        code->secure_boot)
        warn(check, "the store is of the plain format, without time stamps: Secure Boot needs the "
                    "authenticated one");
    if (check->cold_boot.answer == FLASH_YES && vars->has_store && vars->store.sound)
        warn_of_records(check, code, vars);
    if (vars->has_store && vars->store.sound)
        warn_of_room(check, &vars->store, vars->enrolled);
    if (code->nv_vars && code->kind == FLASH_COMBINED)
        warn(check, "%s", FLASH_NV_VARS_NOTE);
    if (code->unread.what[0])
        warn(check, "not all of the code could be read: %.200s", code->unread.what);
}

void flash_check(const struct flash_image *code, const struct flash_image *vars,
                 const struct flash_image *from, struct flash_check *check)
{
    *check = (struct flash_check){0};
    judge_migration(check, code, vars, from);
    check->cold_boot = flash_check_cold_boot(code, vars);
    judge_measurement(check, code, from);
    warn_of_losses(check, code, vars, from);
}

void flash_check_igvm(const struct flash_image *code, const struct flash_image *from,
                      struct flash_check *check)
{
    *check = (struct flash_check){0};
    judge_measurement(check, code, from);
    /* No release of Debian has a QEMU that takes such files. */
    decide(&check->migrate, FLASH_UNKNOWN_ANSWER, "not-tried",
           "whether QEMU makes the same RAM blocks of an IGVM file there was never tried");
    decide(&check->cold_boot, FLASH_YES, "no-store",
           "an IGVM file has no variable store that could be another");
}

void flash_check_free(struct flash_check *check)
{
    findings_free(&check->warnings);
}

void flash_check_confidential(struct flash_check *check)
{
    warn(check, "%s", FLASH_CONFIDENTIAL_NOTE);
}
