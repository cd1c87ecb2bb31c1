/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_report.h"
#include "commands/igvm_report.h"

#include <stdio.h>

#include "commands/maps.h"
#include "commands/store_room.h"
#include "outputs/json.h"

static struct json_object *volumes_array(const struct flash_image *image)
{
    struct json_object *array = json_list();
    char guid[GUID_TEXT_SIZE];

    for (size_t i = 0; i < image->volume_count && i < FLASH_VOLUMES_MAX; i++) {
        struct json_object *o = json_new();

        json_add_number(o, "offset", image->volumes[i].offset);
        json_add_number(o, "length", image->volumes[i].length);
        json_add_number(o, "free", image->volumes[i].free);
        json_add_text(o, "guid", guid_text(image->volumes[i].guid, guid));
        json_append(array, o);
    }
    return array;
}

static struct json_object *expects_object(const struct flash_expects *e)
{
    struct json_object *o;

    if (!e->source)
        return NULL;
    o = json_new();
    json_add_text(o, "source", e->source);
    json_add_text(o, "layout", e->layout ? e->layout->name : NULL);
    json_add_number(o, "volume_length", e->volume_length);
    json_add_number(o, "file_size", e->file_size);
    return o;
}

static struct json_object *metadata_object(const struct guided_metadata *m, bool is_tdx)
{
    struct json_object *o, *ranges;

    if (!m->present)
        return NULL;
    o = json_new();
    ranges = json_list();
    json_add_number(o, "version", m->version);
    for (size_t i = 0; i < m->section_count && i < GUIDED_SECTIONS_MAX; i++) {
        struct json_object *range = json_new();

        json_add_number(range, "type", m->sections[i].type);
        json_add_number(range, "address", m->sections[i].address);
        json_add_number(range, "size", m->sections[i].size);
        if (is_tdx) {
            json_add_number(range, "file_offset", m->sections[i].file_offset);
            json_add_number(range, "file_size", m->sections[i].file_size);
        }
        json_append(ranges, range);
    }
    json_add(o, "ranges", ranges);
    return o;
}

static struct json_object *table_object(const struct guided_table *t)
{
    struct json_object *o, *entries;
    char guid[GUID_TEXT_SIZE];

    if (!t->present)
        return NULL;
    o = json_new();
    entries = json_list();
    json_add_flag(o, "sound", t->sound);
    for (size_t i = 0; i < t->entry_count; i++) {
        struct json_object *entry = json_new();

        json_add_text(entry, "guid", guid_text(t->entries[i].guid, guid));
        json_add_text(entry, "name", guided_kind_name(t->entries[i].kind));
        json_add_number(entry, "offset", t->entries[i].data_at);
        json_add_number(entry, "size", t->entries[i].data_size);
        json_append(entries, entry);
    }
    json_add(o, "entries", entries);
    json_add(o, "sev", metadata_object(&t->sev, false));
    json_add(o, "tdx", metadata_object(&t->tdx, true));
    return o;
}

static struct json_object *variables_array(const struct flash_image *image)
{
    struct json_object *array = json_list();
    char guid[GUID_TEXT_SIZE], name[VARIABLE_NAME_SHOWN];

    for (size_t i = 0; i < image->store.variable_count; i++) {
        const struct variable *v = &image->store.variables[i];
        struct json_object *o = json_new();

        json_add_text(o, "name", variable_name(image->data, v, name, sizeof name));
        json_add_text(o, "guid", guid_text(v->vendor, guid));
        json_add_number(o, "attributes", v->attributes);
        json_add_number(o, "state", v->state);
        json_add_flag(o, "live", v->live);
        json_add_number(o, "size", v->data_size);
        json_add_number(o, "offset", v->offset);
        json_append(array, o);
    }
    return array;
}

static struct json_object *problems_array(const struct flash_image *image)
{
    struct json_object *array = json_list(), *o;
    const struct varstore *s = &image->store;
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (s->volume.defect != FV_SOUND) {
        o = json_new();
        json_add_text(o, "name", "volume-header");
        json_add_flag(o, "fatal", true);
        json_add_text(o, "text", fv_defect_text(&s->volume, image->size, text));
        json_append(array, o);
    }
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        o = json_new();
        json_add_text(o, "name", varstore_problem_name(s->problems[i].kind));
        json_add_flag(o, "fatal", varstore_problem_is_fatal(s->problems[i].kind));
        json_add_text(o, "text", varstore_problem_text(&s->problems[i], text));
        json_append(array, o);
    }
    return array;
}

static struct json_object *further_object(const struct flash_image *image)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < image->further_count && i < FLASH_FURTHER_MAX; i++)
        json_append(list, json_number(image->further_at[i]));
    return list;
}

static struct json_object *store_object(const struct flash_image *image)
{
    const struct varstore *s = &image->store;
    struct json_object *o = json_new();

    json_add_flag(o, "sound", s->sound);
    json_add_number(o, "volume_length", s->volume.length);
    json_add_text(o, "layout", s->layout ? s->layout->name : NULL);
    json_add(o, "problems", problems_array(image));
    if (!s->sound)
        return o;
    json_add_text(o, "format", s->format == VARSTORE_AUTHENTICATED ? "authenticated" : "plain");
    json_add_number(o, "size", s->size);
    json_add_number(o, "used", s->free_at - s->variables_at);
    json_add_number(o, "free", s->end - s->free_at);
    json_add(o, "room", store_room_object(s));
    json_add_text(o, "fault_tolerant_write", ftw_state_name(s->ftw.state));
    json_add(o, "variables", variables_array(image));
    return o;
}

struct json_object *flash_image_object(const struct flash_image *image)
{
    bool is_code = image->kind == FLASH_CODE || image->kind == FLASH_COMBINED;
    struct json_object *o = json_new();
    struct igvm igvm;

    json_add_text(o, "file", image->path);
    json_add_text(o, "kind", flash_kind_name(image->kind));
    json_add_number(o, "size", image->size);
    json_add_text(o, "sha256", image->sha256);
    json_add_text(o, "format", image->qcow2 ? "qcow2" : "raw");
    if (is_code) {
        json_add_text(o, "architecture", flash_architecture_name(image->architecture));
        json_add_flag(o, "secure_boot", image->secure_boot);
        json_add_flag(o, "smm", image->smm);
        json_add_flag(o, "shell", image->shell);
        json_add_flag(o, "xen", image->xen);
        json_add_flag(o, "debug", image->debug);
        json_add_flag(o, "tpm2", image->tpm2);
        json_add_flag(o, "iscsi", image->iscsi);
        json_add_flag(o, "pxe", image->pxe);
        json_add_flag(o, "http_boot", image->http_boot);
        json_add_flag(o, "uefi_vars", image->uefi_vars);
        json_add_flag(o, "nv_vars", image->nv_vars);
        json_add_text(o, "flash_driver", image->driver.name);
        json_add_flag(o, "flash_driver_checks_records", image->driver.checks_records);
        json_add_number(o, "files", image->file_count);
        json_add_text(o, "not_read", image->unread.what[0] ? image->unread.what : NULL);
        json_add(o, "expects", expects_object(&image->expects));
        json_add(o, "volumes", volumes_array(image));
        json_add(o, "guided_table", table_object(&image->table));
    }
    if (image->kind == FLASH_FOREIGN) {
        json_add_text(o, "foreign", image->foreign.what);
        json_add_text(o, "advice", image->foreign.advice);
        if (image->store_at)
            json_add_number(o, "store_at", image->store_at);
        if (image->store_length)
            json_add_number(o, "store_length", image->store_length);
        if (image->further_count)
            json_add(o, "further_stores_at", further_object(image));
        if (igvm_read(image->data, image->size, &igvm))
            json_add(o, "igvm", igvm_object(&igvm));
    }
    if (is_code && image->has_store)
        json_add_flag(o, "reads_own_store", image->reads_own_store);
    if (image->has_store)
        json_add(o, "store", store_object(image));
    if (image->has_list)
        json_add(o, "variables", variables_array(image));
    if (image->kind == FLASH_JSON) {
        json_add_text(o, "not_read", image->unread.what[0] ? image->unread.what : NULL);
        json_add_text(o, "refused", image->refused.what[0] ? image->refused.what : NULL);
    }
    return o;
}
