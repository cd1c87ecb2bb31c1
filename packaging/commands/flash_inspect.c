/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/flash_report.h"
#include "commands/igvm_report.h"
#include "commands/maps.h"
#include "flash/image.h"
#include "formats/nv_vars.h"
#include "outputs/escape.h"
#include "outputs/json.h"

/* ---- code ---- */

static void print_table(const struct guided_table *t)
{
    char guid[GUID_TEXT_SIZE];

    if (!t->present)
        return;
    print_line("  GUIDed table%s:", t->sound ? "" : " (broken)");
    for (size_t i = 0; i < t->entry_count; i++)
        print_line("    %s  %s", guid_text(t->entries[i].guid, guid),
                   guided_kind_name(t->entries[i].kind));
    if (t->sev.present)
        print_line("    SEV metadata: version %u, %zu range%s", t->sev.version,
                   t->sev.section_count, PLURAL(t->sev.section_count));
    if (t->tdx.present)
        print_line("    TDX metadata: version %u, %zu range%s", t->tdx.version,
                   t->tdx.section_count, PLURAL(t->tdx.section_count));
}

static void print_code(const struct flash_image *image)
{
    const struct flash_expects *e = &image->expects;
    char guid[GUID_TEXT_SIZE];
    struct columns c;

    print_line("  Secure Boot %s, SMM %s, shell %s, Xen %s", image->secure_boot ? "yes" : "no",
               image->smm ? "yes" : "no", image->shell ? "yes" : "no", image->xen ? "yes" : "no");
    print_line("  TPM 2.0 %s, iSCSI %s, PXE %s, HTTP boot %s", image->tpm2 ? "yes" : "no",
               image->iscsi ? "yes" : "no", image->pxe ? "yes" : "no",
               image->http_boot ? "yes" : "no");
    if (image->driver.name)
        print_line("  flash driver %s looks at %s of a store", image->driver.name,
                   image->driver.checks_records ? "every record" : "the headers");
    if (e->source)
        print_line("  expects a store of %" PRIu64 " bytes (%s, as its %s says)", e->file_size,
                   e->layout ? e->layout->name : "unknown layout", e->source);
    else
        print_line("  which store it expects is not known");
    if (image->nv_vars)
        print_line("  without a flash device it keeps variables in \\" NV_VARS_NAME
                   " on a FAT volume of the guest");
    if (image->uefi_vars)
        print_line("  keeps its variables with QEMU's uefi-vars device");
    if (image->has_store)
        print_line("  without a flash device it %s the store inside it",
                   image->reads_own_store ? "starts with the variables of" : "does not read");
    columns_init(&c, "lrrrl", "VOLUME", "OFFSET", "LENGTH", "FREE", "GUID", NULL);
    for (size_t i = 0; i < image->volume_count && i < FLASH_VOLUMES_MAX; i++) {
        const struct flash_volume *v = &image->volumes[i];

        columns_add(&c, "%zu", i);
        columns_add(&c, "0x%zx", v->offset);
        columns_add(&c, "0x%" PRIx64, v->length);
        columns_add(&c, "0x%" PRIx64, v->free);
        columns_add(&c, "%s", guid_text(v->guid, guid));
    }
    columns_print(&c, 2);
    print_table(&image->table);
}

/* ---- a store ---- */

static void print_variables(const struct flash_image *image)
{
    char guid[GUID_TEXT_SIZE], name[VARIABLE_NAME_SHOWN];
    struct columns c;

    columns_init(&c, "lrrll", "GUID", "SIZE", "ATTRIBUTES", "STATE", "NAME", NULL);
    for (size_t i = 0; i < image->store.variable_count; i++) {
        const struct variable *v = &image->store.variables[i];

        columns_add(&c, "%s", guid_text(v->vendor, guid));
        columns_add(&c, "%zu", v->data_size);
        columns_add(&c, "0x%x", v->attributes);
        columns_add(&c, "%02x %s", v->state, variable_state_name(v));
        columns_add(&c, "%s", variable_name(image->data, v, name, sizeof name));
    }
    columns_print(&c, 2);
}

static void print_store(const struct flash_image *image)
{
    const struct varstore *s = &image->store;
    struct varstore_room room;
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (s->volume.defect != FV_SOUND)
        print_line("  error: %s", fv_defect_text(&s->volume, image->size, text));
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++)
        print_line("  %s: %s", varstore_problem_is_fatal(s->problems[i].kind) ? "error" : "warning",
                   varstore_problem_text(&s->problems[i], text));
    if (!s->sound)
        return;
    print_line("  store: %s, %s variables, %zu live of %zu; %zu bytes used, %zu free",
               s->layout ? s->layout->name : "unknown layout",
               s->format == VARSTORE_AUTHENTICATED ? "authenticated" : "plain", s->live_count,
               s->variable_count, s->free_at - s->variables_at, s->end - s->free_at);
    varstore_room(s, &room);
    print_line(
        "  room: %zu bytes live, %zu garbage, %zu free, %zu after a reclaim; largest variable "
        "that fits %zu; today's dbx (%d bytes) %s",
        room.live, room.garbage, room.free, room.after_reclaim, room.largest, VARSTORE_DBX_TODAY,
        room.largest >= VARSTORE_DBX_TODAY ? "fits" : "does not fit");
    print_line("  fault-tolerant write: %s", ftw_state_name(s->ftw.state));
    if (s->variable_count)
        print_variables(image);
}

static void print_cut(const struct flash_image *image)
{
    char from[32];
    const char *const words[] = {"tail", "-c", from, "--", image->path, NULL};
    char *command;

    snprintf(from, sizeof from, "+%zu", image->store_at + 1);
    command = shell_command(words);
    print_line("  extract it: %s | head -c %zu >store.fd", command, image->store_length);
    free(command);
}

static void print_further(const struct flash_image *image)
{
    for (size_t i = 0; i < image->further_count && i < FLASH_FURTHER_MAX; i++)
        print_line("  another variable store is at 0x%zx", image->further_at[i]);
    if (image->further_count > FLASH_FURTHER_MAX)
        print_line("  ... and %zu more", image->further_count - FLASH_FURTHER_MAX);
}

static void print_image(const struct flash_image *image)
{
    struct igvm igvm;
    bool is_code = image->kind == FLASH_CODE || image->kind == FLASH_COMBINED;

    print_line("%s: %s, %s%s%zu bytes", image->path, flash_kind_name(image->kind),
               is_code ? flash_architecture_name(image->architecture) : "", is_code ? ", " : "",
               image->size);
    print_line("  SHA-256 %s%s", image->sha256,
               image->qcow2 ? ", of the disk in a qcow2 file" : "");
    if (image->unread.what[0])
        print_line("  warning: %s", image->unread.what);
    if (image->refused.what[0])
        print_line("  warning: QEMU's uefi-vars device does not take it: %s", image->refused.what);
    if (is_code)
        print_code(image);
    if (image->has_store)
        print_store(image);
    if (image->has_list) {
        print_line("  %s, %zu variable%s",
                   image->kind == FLASH_JSON ? "the store of QEMU's uefi-vars device"
                                             : "variables that firmware without flash kept",
                   image->store.variable_count, PLURAL(image->store.variable_count));
        print_variables(image);
    }
    if (image->kind == FLASH_FOREIGN) {
        print_line("  %s", image->foreign.what);
        if (image->store_at)
            print_line("  its variable store is at 0x%zx", image->store_at);
        if (image->store_length)
            print_cut(image);
        print_further(image);
        if (igvm_read(image->data, image->size, &igvm))
            igvm_print(&igvm);
        print_line("  %s", image->foreign.advice);
    }
    if (image->kind == FLASH_BLANK)
        print_line("  every byte is %02X", image->data[0]);
}

/* ---- */

static bool is_good(const struct flash_image *image)
{
    if (image->kind == FLASH_UNKNOWN || image->kind == FLASH_FOREIGN || image->unread.what[0] ||
        image->refused.what[0])
        return false;
    return !image->has_store || image->store.sound;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct json_job *job = settings;
    struct json_object *images = json_list();
    int status = STATUS_YES;

    for (size_t i = 0; i < count; i++) {
        struct flash_image image;
        struct failure f;

        if (flash_open(operands[i], &image, &f) != 0) {
            status = report(&f);
            continue;
        }
        if (job->json)
            json_append(images, flash_image_object(&image));
        else
            print_image(&image);
        if (!is_good(&image) && status == STATUS_YES)
            status = STATUS_NO;
        flash_close(&image);
    }
    if (job->json) {
        struct json_object *o = json_document("romcompat-flash-inspect", 1);

        json_add(o, "images", images);
        json_print(o);
    } else {
        json_object_put(images);
    }
    return finish_output(status);
}

extern const struct command flash_inspect_command;
const struct command flash_inspect_command = {
    .name = "flash inspect",
    .summary = "show what is in firmware images and variable stores",
    .synopsis = "[--json] FILE...",
    .details =
        "FILE is a code image, a variable store, or both in one. The store that code expects is\n"
        "read from the code itself.\n"
        "\n"
        "The status is 1 if a FILE is none of these, or a store that firmware would not accept.",
    .options = json_options,
    .settings_size = sizeof(struct json_job),
    .operand = "a FILE",
    .least = 1,
    .run = run,
};
