/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/flash_report.h"

#include <json-c/json.h>
#include <stdio.h>

#include "commands/maps.h"

static void add_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text_or_null(text));
}

static void add_number(struct json_object *o, const char *key, uint64_t n)
{
    json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_bool(struct json_object *o, const char *key, bool b)
{
    json_object_object_add(o, key, json_object_new_boolean(b));
}

static struct json_object *volumes_array(const struct flash_image *image)
{
    struct json_object *array = json_object_new_array();
    char guid[GUID_TEXT_SIZE];

    for (size_t i = 0; i < image->volume_count && i < FLASH_VOLUMES_MAX; i++) {
        struct json_object *o = json_object_new_object();

        add_number(o, "offset", image->volumes[i].offset);
        add_number(o, "length", image->volumes[i].length);
        add_number(o, "free", image->volumes[i].free);
        add_text(o, "guid", guid_text(image->volumes[i].guid, guid));
        json_object_array_add(array, o);
    }
    return array;
}

static struct json_object *expects_object(const struct flash_expects *e)
{
    struct json_object *o;

    if (!e->source)
        return NULL;
    o = json_object_new_object();
    add_text(o, "source", e->source);
    add_text(o, "layout", e->layout ? e->layout->name : NULL);
    add_number(o, "volume-length", e->volume_length);
    add_number(o, "file-size", e->file_size);
    return o;
}

static struct json_object *metadata_object(const struct guided_metadata *m, bool is_tdx)
{
    struct json_object *o, *ranges;

    if (!m->present)
        return NULL;
    o = json_object_new_object();
    ranges = json_object_new_array();
    add_number(o, "version", m->version);
    for (size_t i = 0; i < m->section_count && i < GUIDED_SECTIONS_MAX; i++) {
        struct json_object *range = json_object_new_object();

        add_number(range, "type", m->sections[i].type);
        add_number(range, "address", m->sections[i].address);
        add_number(range, "size", m->sections[i].size);
        if (is_tdx) {
            add_number(range, "file-offset", m->sections[i].file_offset);
            add_number(range, "file-size", m->sections[i].file_size);
        }
        json_object_array_add(ranges, range);
    }
    json_object_object_add(o, "ranges", ranges);
    return o;
}

static struct json_object *table_object(const struct guided_table *t)
{
    struct json_object *o, *entries;
    char guid[GUID_TEXT_SIZE];

    if (!t->present)
        return NULL;
    o = json_object_new_object();
    entries = json_object_new_array();
    add_bool(o, "sound", t->sound);
    for (size_t i = 0; i < t->entry_count; i++) {
        struct json_object *entry = json_object_new_object();

        add_text(entry, "guid", guid_text(t->entries[i].guid, guid));
        add_text(entry, "name", guided_kind_name(t->entries[i].kind));
        add_number(entry, "offset", t->entries[i].data_at);
        add_number(entry, "size", t->entries[i].data_size);
        json_object_array_add(entries, entry);
    }
    json_object_object_add(o, "entries", entries);
    json_object_object_add(o, "sev", metadata_object(&t->sev, false));
    json_object_object_add(o, "tdx", metadata_object(&t->tdx, true));
    return o;
}

static struct json_object *variables_array(const struct flash_image *image)
{
    struct json_object *array = json_object_new_array();
    char guid[GUID_TEXT_SIZE], name[VARIABLE_NAME_SHOWN];

    for (size_t i = 0; i < image->store.variable_count; i++) {
        const struct variable *v = &image->store.variables[i];
        struct json_object *o = json_object_new_object();

        add_text(o, "name", variable_name(image->data, v, name, sizeof name));
        add_text(o, "guid", guid_text(v->vendor, guid));
        add_number(o, "attributes", v->attributes);
        add_number(o, "state", v->state);
        add_bool(o, "live", v->live);
        add_number(o, "size", v->data_size);
        add_number(o, "offset", v->offset);
        json_object_array_add(array, o);
    }
    return array;
}

static struct json_object *problems_array(const struct flash_image *image)
{
    struct json_object *array = json_object_new_array(), *o;
    const struct varstore *s = &image->store;
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (s->volume.defect != FV_SOUND) {
        o = json_object_new_object();
        add_text(o, "name", "volume-header");
        add_bool(o, "fatal", true);
        add_text(o, "text", fv_defect_text(&s->volume, image->size, text));
        json_object_array_add(array, o);
    }
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        o = json_object_new_object();
        add_text(o, "name", varstore_problem_name(s->problems[i].kind));
        add_bool(o, "fatal", varstore_problem_is_fatal(s->problems[i].kind));
        add_text(o, "text", varstore_problem_text(&s->problems[i], text));
        json_object_array_add(array, o);
    }
    return array;
}

static struct json_object *room_object(const struct varstore *s)
{
    struct json_object *o = json_object_new_object();
    struct varstore_room room;

    varstore_room(s, &room);
    add_number(o, "size", room.size);
    add_number(o, "live", room.live);
    add_number(o, "garbage", room.garbage);
    add_number(o, "free", room.free);
    add_number(o, "after_reclaim", room.after_reclaim);
    add_number(o, "largest_variable", room.largest);
    add_bool(o, "fits_dbx_of_today", room.largest >= VARSTORE_DBX_TODAY);
    return o;
}

static struct json_object *store_object(const struct flash_image *image)
{
    const struct varstore *s = &image->store;
    struct json_object *o = json_object_new_object();

    add_bool(o, "sound", s->sound);
    add_number(o, "volume-length", s->volume.length);
    add_text(o, "layout", s->layout ? s->layout->name : NULL);
    json_object_object_add(o, "problems", problems_array(image));
    if (!s->sound)
        return o;
    add_text(o, "format", s->format == VARSTORE_AUTHENTICATED ? "authenticated" : "plain");
    add_number(o, "size", s->size);
    add_number(o, "used", s->free_at - s->variables_at);
    add_number(o, "free", s->end - s->free_at);
    json_object_object_add(o, "room", room_object(s));
    add_text(o, "fault-tolerant-write", ftw_state_name(s->ftw.state));
    json_object_object_add(o, "variables", variables_array(image));
    return o;
}

struct json_object *flash_image_object(const struct flash_image *image)
{
    bool is_code = image->kind == FLASH_CODE || image->kind == FLASH_COMBINED;
    struct json_object *o = json_object_new_object();

    add_text(o, "file", image->path);
    add_text(o, "kind", flash_kind_name(image->kind));
    add_number(o, "size", image->size);
    add_text(o, "sha256", image->sha256);
    add_text(o, "format", image->qcow2 ? "qcow2" : "raw");
    if (is_code) {
        add_text(o, "architecture", flash_architecture_name(image->architecture));
        add_bool(o, "secure-boot", image->secure_boot);
        add_bool(o, "smm", image->smm);
        add_bool(o, "shell", image->shell);
        add_bool(o, "xen", image->xen);
        add_bool(o, "debug", image->debug);
        add_bool(o, "tpm2", image->tpm2);
        add_bool(o, "iscsi", image->iscsi);
        add_bool(o, "pxe", image->pxe);
        add_bool(o, "http_boot", image->http_boot);
        add_text(o, "flash_driver", image->driver.name);
        add_bool(o, "flash_driver_checks_records", image->driver.checks_records);
        add_number(o, "files", image->file_count);
        add_text(o, "not-read", image->unread.what[0] ? image->unread.what : NULL);
        json_object_object_add(o, "expects", expects_object(&image->expects));
        json_object_object_add(o, "volumes", volumes_array(image));
        json_object_object_add(o, "guided-table", table_object(&image->table));
    }
    if (image->kind == FLASH_FOREIGN) {
        add_text(o, "foreign", image->foreign.what);
        add_text(o, "advice", image->foreign.advice);
        if (image->store_at)
            add_number(o, "store_at", image->store_at);
    }
    if (is_code && image->has_store)
        add_bool(o, "reads-own-store", image->reads_own_store);
    if (image->has_store)
        json_object_object_add(o, "store", store_object(image));
    return o;
}
