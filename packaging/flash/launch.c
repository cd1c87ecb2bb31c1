/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/launch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "flash/check.h"
#include "formats/machine_types.h"
#include "inputs/file.h"

static const struct target {
    enum flash_architecture architecture;
    const char *program, *machine, *families;
    const char *cpu;
} targets[] = {
    {ARCH_I386, "qemu-system-i386", "q35", "pc-q35-*, pc-i440fx-*", NULL},
    {ARCH_X86_64, "qemu-system-x86_64", "q35", "pc-q35-*, pc-i440fx-*", NULL},
    {ARCH_ARM, "qemu-system-arm", "virt", "virt-*", NULL},
    /* The default CPU of virt has no 64-bit mode. */
    {ARCH_AARCH64, "qemu-system-aarch64", "virt", "virt-*", "max"},
    {ARCH_RISCV64, "qemu-system-riscv64", "virt", "virt", NULL},
    {ARCH_LOONGARCH64, "qemu-system-loongarch64", "virt", "virt", NULL},
};

__attribute__((format(printf, 2, 3))) static void note(struct launch *l, const char *format, ...)
{
    va_list args;

    if (l->note_count == LAUNCH_NOTES_MAX)
        return;
    va_start(args, format);
    l->notes[l->note_count++] = xvasprintf(format, args);
    va_end(args);
}

/* --- the machine type ------------------------------------------------------------------- */

static bool is_family(const char *machine, const char *name)
{
    const struct machine_family *family = machine_family_of_alias(machine);

    if (!family)
        family = machine_family_of(machine);
    return family && strcmp(family->name, name) == 0;
}

static int pick_machine(struct launch *l, const struct target *t, const char *machine,
                        struct failure *f)
{
    bool fits;

    if (l->smm)
        l->families = "pc-q35-*";
    else
        l->families = t->families;
    if (!machine)
        machine = t->machine;
    if (strlen(machine) >= sizeof l->machine ||
        machine[strspn(machine,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-")])
        return fail(f, "'%.80s' is not a machine type", machine);
    if (!flash_is_x86(t->architecture))
        fits = is_family(machine, "virt");
    else
        fits = is_family(machine, "pc-q35") || (!l->smm && is_family(machine, "pc-i440fx"));
    if (!fits) {
        fail(f, "%s: %s firmware%s does not start on '%s' (expected %s)", l->code->path,
             flash_architecture_name(t->architecture), l->smm ? " with SMM" : "", machine,
             l->families);
        return 1;
    }
    strcpy(l->machine, machine);
    return 0;
}

/* --- the files --------------------------------------------------------------------------- */

/* Absolute without following links: a name that a package's upgrade points elsewhere is
 * meant to be followed later. */
static int take_path(const char *path, char **absolute, struct failure *f)
{
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return fail(f, "%s: a path with control characters cannot be printed for pasting",
                        path);
    }
    *absolute = absolute_path(path);
    return **absolute == '/'
               ? 0
               : fail(f, "%s: the directory that it is relative to: %s", path, strerror(errno));
}

static int take_paths(struct launch *l, const char *template_path, struct failure *f)
{
    if (take_path(l->code->path, &l->code_path, f) != 0 ||
        (l->vars && take_path(l->vars->path, &l->vars_path, f) != 0) ||
        (template_path && take_path(template_path, &l->template_path, f) != 0))
        return -1;
    return 0;
}

/* Whether it can be the image of -bios, where there is not a store of the guest's own. */
static int check_alone(const struct launch *l, const struct target *t, struct failure *f)
{
    const struct flash_image *code = l->code;

    if (flash_is_x86(t->architecture) && code->kind == FLASH_CODE && !code->uefi_vars) {
        fail(f, "%s: this is code without a store, which QEMU takes as flash only", code->path);
        fail_hint(f, "Name the guest's store with --vars; 'romcompat varstore create' makes one.");
        return 1;
    }
    if (l->smm) {
        fail(f, "%s: code with SMM keeps its variables in flash and does not start with -bios",
             code->path);
        return 1;
    }
    if (flash_device_size(t->architecture) && code->size > flash_device_size(t->architecture)) {
        fail(f, "%s: too large for the flash of %s (found %zu bytes, limit %llu)", code->path,
             l->machine, code->size, (unsigned long long)flash_device_size(t->architecture));
        return 1;
    }
    return 0;
}

/* QEMU would say "device requires 67108864 bytes, block backend provides 786432". */
static int check_lengths(const struct launch *l, const struct target *t, struct failure *f)
{
    const struct flash_image *both[] = {l->code, l->vars};

    for (int i = 0; i < 2; i++) {
        const struct flash_image *image = both[i];

        if (!flash_device_size(t->architecture) ||
            image->size == flash_device_size(t->architecture))
            continue;
        fail(f,
             "%s: the flash of %s takes a file of its own length only (found %zu, expected %llu)",
             image->path, l->machine, image->size,
             (unsigned long long)flash_device_size(t->architecture));
        if (image->size < flash_device_size(t->architecture))
            fail_hint(f, "Pad a copy of it: cp FILE COPY; truncate -s %llu COPY%s",
                      (unsigned long long)flash_device_size(t->architecture),
                      i == 0 ? "; or leave out --vars, for -bios" : "");
        return 1;
    }
    return 0;
}

/* --- what should be known ---------------------------------------------------------------- */

/* libvirt took formats from 9.2 on, and then refused a mixed pair: "Format mismatch:
 * loader.format=... nvram.format=...". 11.3 has no such check (src/qemu/qemu_firmware.c). */
static void note_formats(struct launch *l)
{
    if (l->code->qcow2 != l->vars->qcow2) {
        note(l,
             "Older releases of libvirt refuse this pair, of which one is qcow2 and the other raw "
             "(11.3 does not): 'romcompat varstore convert --format %s' makes a store of the "
             "format of the code.",
             l->code->qcow2 ? "qcow2" : "raw");
        l->not_libvirt = true;
    } else if (l->code->qcow2) {
        note(l, "Code and store are qcow2: libvirt 9.2 and later accept them.");
    }
    if (!l->vars_size)
        return;
    note(l,
         "Only the first %llu bytes of %s are flash: without size= the firmware does not find its "
         "variables. libvirt has no such setting; it needs a file, or a volume, of that length.",
         (unsigned long long)l->vars_size, l->vars_path);
    l->not_libvirt = true;
}

static void note_flash(struct launch *l)
{
    if (l->smm)
        note(l, "This code needs SMM: machine type q35, smm=on, flash that only SMM may write, and "
                "no suspend to RAM (disable_s3).");
    note_formats(l);
    note(l,
         "%s is shared and read-only, %s belongs to this guest alone: make one for each guest "
         "with 'romcompat varstore create'.",
         l->code_path, l->vars_path);
    note(l,
         "On both sides of a migration the two files must have the same lengths (%zu and %zu "
         "bytes).",
         l->code->size, l->vars->size);
}

static void note_uefi_vars(struct launch *l)
{
    note(l, "The uefi-vars device came with QEMU 10.0; libvirt has <varstore> since 12.1.");
    note(l, "%s belongs to this guest alone: QEMU rewrites it with each change.", l->vars_path);
}

static void note_bios(struct launch *l, const struct target *t)
{
    note(l, "With -bios there is no flash: what the operating system writes to its variables is "
            "gone at power-off.");
    note(l, "%s",
         l->code->nv_vars ? FLASH_NV_VARS_NOTE
                          : "So is what is set before it starts: this firmware keeps no \\NvVars "
                            "file on the guest's volumes.");
    if (flash_is_x86(t->architecture))
        note(l, "To keep them on QEMU, give the guest a private copy as its only, writable flash "
                "(-drive if=pflash,unit=0,format=raw,file=COPY); its RAM blocks then differ from "
                "those with -bios, so that it cannot be migrated from one to the other.");
    else if (l->code->size < flash_device_size(t->architecture))
        note(l,
             "To keep them, pad a copy of the code to %llu bytes and give the guest a store of "
             "that length, then ask again with --vars.",
             (unsigned long long)flash_device_size(t->architecture));
}

static void note_confidential(struct launch *l)
{
    const struct guided_table *t = &l->code->table;

    if (!t->sev.present && !guided_table_has(t, GUIDED_SEV_ES_RESET) &&
        !guided_table_has(t, GUIDED_SEV_HASHES))
        return;
    note(l, "%s", FLASH_CONFIDENTIAL_NOTE);
    note(l,
         "A confidential guest's launch digest covers the firmware: with any other firmware, even "
         "of the same length, it differs. The store is measured %s.",
         l->vars ? "only with -bios, not here" : "too, as part of the image");
}

static void note_xen(struct launch *l)
{
    if (l->vars) {
        note(l, "Xen: xl cannot start this. It has no option for a variable store, and with Xen "
                "QEMU has no flash devices (hw/i386/pc_piix.c). It needs a combined image; "
                "'romcompat varstore inject' puts variables into one.");
        return;
    }
    note(l, "Xen: xl keeps nothing that the guest writes to its variables; 'romcompat xen run', in "
            "place of 'xl create', does.");
    note(l, l->code->reads_own_store
                ? "Xen: at each start the guest has the variables of the store inside this image."
                : "Xen: this build does not look at the store inside the image: the guest starts "
                  "without variables each time.");
    if (!l->code->xen)
        note(l, "Xen: there are no drivers for Xen's disks and network cards in this image.");
}

/* --- all of it ------------------------------------------------------------------------------ */

static const struct target *target_of(enum flash_architecture architecture)
{
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (targets[i].architecture == architecture)
            return &targets[i];
    }
    return NULL;
}

int launch_decide(const struct flash_image *code, const struct flash_image *vars,
                  const char *machine, const char *template_path, struct launch *l,
                  struct failure *f)
{
    const struct target *t = target_of(code->architecture);
    int result;

    *l = (struct launch){.code = code, .vars = vars, .smm = code->smm};
    l->uefi_vars = vars && vars->kind == FLASH_JSON;
    if (vars && vars->part)
        l->vars_size = vars->size;
    l->vars_on_device = vars && is_block_device(vars->path);
    if (code->kind != FLASH_CODE && code->kind != FLASH_COMBINED)
        return flash_refuse(code, "firmware code", f);
    if (!t)
        return fail(f, "%s: which machine this is for is not known", code->path);
    l->program = t->program;
    l->cpu = t->cpu;
    result = pick_machine(l, t, machine, f);
    if (result == 0)
        result = vars && !l->uefi_vars ? check_lengths(l, t, f) : check_alone(l, t, f);
    if (result == 0)
        result = take_paths(l, template_path, f);
    if (result != 0) {
        launch_free(l);
        return result;
    }
    if (l->uefi_vars)
        note_uefi_vars(l);
    else if (vars)
        note_flash(l);
    else
        note_bios(l, t);
    if (flash_is_x86(t->architecture)) {
        note_confidential(l);
        note_xen(l);
    } else if (l->cpu) {
        note(l, "The CPU is an example; with KVM take -cpu host.");
    }
    return 0;
}

void launch_free(struct launch *l)
{
    free(l->code_path);
    free(l->vars_path);
    free(l->template_path);
    for (size_t i = 0; i < l->note_count; i++)
        free(l->notes[i]);
    *l = (struct launch){0};
}
