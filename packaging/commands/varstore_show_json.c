/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <json-c/json.h>

#include "base/hex.h"
#include "base/memory.h"
#include "commands/store_room.h"
#include "commands/varstore_show.h"
#include "outputs/json.h"

static struct json_object *certificate_object(const struct shown_store *s,
                                              const struct certificate *c)
{
    struct json_object *o = json_new();

    json_add_text(o, "name", c->name);
    json_add_text(o, "subject", c->subject);
    json_add_text(o, "issuer", c->issuer);
    json_add_text(o, "serial", c->serial);
    json_add_text(o, "sha256", c->sha256);
    json_add_text(o, "not_before", c->not_before);
    json_add_text(o, "not_after", c->not_after);
    json_add_flag(o, "expired", certificate_expired(s, c));
    return o;
}

static struct json_object *key_object(const struct shown_store *s, const struct key *key)
{
    const struct signature *sig = &key->signature;
    struct json_object *o = json_new();
    char guid[GUID_TEXT_SIZE];

    json_add_text(o, "kind", signature_kind_name(sig->kind));
    json_add_text(o, "owner", guid_text(sig->owner, guid));
    json_add_text(o, "owner_name", owner_name(sig->owner));
    if (sig->kind == SIGNATURE_X509) {
        json_add(o, "certificate",
                 key->is_certificate ? certificate_object(s, &key->certificate) : NULL);
    } else {
        char *hex = hex_encode(sig->data, sig->size, xmalloc(2 * sig->size + 1));

        json_add_text(o, "data", hex);
        free(hex);
    }
    return o;
}

static struct json_object *keys_object(const struct shown_store *s, const struct keys *keys)
{
    struct json_object *o = json_new(), *entries = json_list(), *kinds = json_new();

    json_add_number(o, "count", keys->count);
    for (int i = 0; i < SIGNATURE_KINDS; i++) {
        if (keys->kinds[i])
            json_add_number(kinds, signature_kind_name((enum signature_kind)i), keys->kinds[i]);
    }
    json_add(o, "kinds", kinds);
    for (size_t i = 0; i < keys->count; i++) {
        if (s->all || keys->list[i].signature.kind == SIGNATURE_X509)
            json_append(entries, key_object(s, &keys->list[i]));
    }
    json_add(o, "entries", entries);
    json_add_text(o, "damage", keys->broken);
    return o;
}

static struct json_object *known_array(const struct shown_store *s)
{
    struct json_object *array = json_list();

    for (int i = 0; i < KNOWN_CERTIFICATES; i++) {
        struct json_object *o = json_new();

        json_add_text(o, "name", known_certificate_name((enum known_certificate)i));
        json_add_text(o, "list", key_list_name(known_certificate_list((enum known_certificate)i)));
        json_add_flag(o, "there", s->secure_boot.known[i]);
        json_append(array, o);
    }
    return array;
}

static struct json_object *boot_array(const struct boot_options *options)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < options->count; i++) {
        const struct boot_option *b = &options->list[i];
        struct json_object *o = json_new();

        json_add_number(o, "number", b->number);
        json_add_flag(o, "in_order", b->ordered);
        json_add_flag(o, "damaged", !b->sound || b->option.path.broken);
        if (b->sound) {
            json_add_flag(o, "active", b->option.active);
            json_add_text(o, "description", b->option.description);
            json_add_text(o, "path", b->option.path.text);
            json_add_flag(o, "names_mac", b->option.path.has_mac);
            json_add_flag(o, "names_disk", b->option.path.has_disk_id);
        }
        json_append(array, o);
    }
    return array;
}

static struct json_object *problems_array(const struct varstore *s)
{
    struct json_object *array = json_list();
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++)
        json_append(array, json_string(varstore_problem_text(&s->problems[i], text)));
    return array;
}

struct json_object *shown_store_object(const struct shown_store *s)
{
    struct json_object *o = json_new(), *keys = json_new();
    static const char *const states[] = {
        [SECURE_BOOT_ON] = "on", [SECURE_BOOT_OFF] = "off", [SECURE_BOOT_SETUP] = "setup"};

    json_add_text(o, "file", s->image->path);
    json_add_text(o, "kind", flash_kind_name(s->image->kind));
    json_add_text(o, "secure_boot", states[s->secure_boot.state]);
    json_add_text(o, "sbat_level", s->secure_boot.sbat[0] ? s->secure_boot.sbat : NULL);
    for (int i = 0; i < KEY_LISTS; i++)
        json_add(keys, key_list_name((enum key_list)i),
                 s->secure_boot.lists[i].variable ? keys_object(s, &s->secure_boot.lists[i])
                                                  : NULL);
    json_add(o, "keys", keys);
    json_add(o, "microsoft", known_array(s));
    json_add(o, "boot", boot_array(&s->boot));
    json_add(o, "room", s->image->has_store ? store_room_object(s->live->store) : NULL);
    json_add(o, "problems", problems_array(&s->image->store));
    return o;
}
