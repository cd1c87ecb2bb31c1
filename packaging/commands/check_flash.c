/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash images in the report of `romcompat check`. */
#include <inttypes.h>
#include <json-c/json.h>

#include "commands/check.h"
#include "commands/columns.h"

static bool is_shown(const struct verdict *verdict, bool quiet)
{
    return verdict->flash && !(quiet && verdict_grade(verdict) == FINDING_NOTE);
}

static void add_row(struct columns *c, const struct check *check, const struct verdict *verdict)
{
    const struct flash_image *image = &verdict->flash->image;
    const struct flash_volume *v = flash_main_volume(image);
    uint64_t store = flash_store_length(image);
    char text[FEATURES_TEXT_MAX];

    columns_add(c, "%s", check_label(check, verdict));
    columns_add(c, "%zu", image->size);
    columns_add(c, "%s", flash_kind_name(image->kind));
    if (store)
        columns_add(c, "%" PRIu64, store);
    else
        columns_add(c, "-");
    if (v) {
        columns_add(c, "%" PRIu64, v->free);
        columns_add(c, "%.1f %%", 100.0 * (double)v->free / (double)v->length);
    } else {
        columns_add(c, "-");
        columns_add(c, "%s", "");
    }
    columns_add(c, "%s", features_text(flash_features(image), text));
    columns_add(c, "%s", check_result_word(verdict));
}

void check_print_flash(const struct check *check, bool quiet)
{
    static const char *const heads[] = {"flash image", "size", "kind",     "store",
                                        "free",        "",     "features", ""};
    const struct verdicts *v = check->verdicts;
    size_t rows = 0;
    struct columns c;

    for (size_t i = 0; i < v->count; i++)
        rows += is_shown(&v->list[i], quiet);
    if (!rows)
        return;
    columns_init(&c, "lrlrrrll");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        columns_add(&c, "%s", heads[i]);
    for (size_t i = 0; i < v->count; i++) {
        if (is_shown(&v->list[i], quiet))
            add_row(&c, check, &v->list[i]);
    }
    columns_print(&c, 0);
}

/* --- for programs ------------------------------------------------------------------------- */

static void add(struct json_object *to, const char *key, struct json_object *value)
{
    json_object_object_add(to, key, value);
}

static void add_measures(struct json_object *o, const struct measured_flash *flash)
{
    const struct flash_image *image = &flash->image;
    const struct flash_volume *v = flash_main_volume(image);
    struct json_object *features = json_object_new_array();
    unsigned has = flash_features(image);

    add(o, "size", json_object_new_uint64(image->size));
    add(o, "sha256", json_object_new_string(image->sha256));
    add(o, "kind", json_object_new_string(flash_kind_name(image->kind)));
    add(o, "architecture", json_object_new_string(flash_architecture_name(image->architecture)));
    add(o, "store", json_object_new_uint64(flash_store_length(image)));
    add(o, "volume", v ? json_object_new_uint64(v->length) : NULL);
    add(o, "free", v ? json_object_new_uint64(v->free) : NULL);
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        if (has & 1u << i)
            json_object_array_add(features, json_object_new_string(flash_feature_names[i]));
    }
    add(o, "features", features);
}

struct json_object *check_flash_object(const struct verdict *verdict)
{
    struct json_object *o = json_object_new_object(), *old = NULL;

    add(o, "name", json_object_new_string(verdict->name));
    add(o, "place", verdict->flash ? json_object_new_string(verdict->flash->place) : NULL);
    if (verdict->flash)
        add_measures(o, verdict->flash);
    add(o, "rule-line",
        verdict->flash_rule ? json_object_new_int64(verdict->flash_rule->line) : NULL);
    if (verdict->old_flash) {
        old = json_object_new_object();
        add(old, "place", json_object_new_string(verdict->old_flash->place));
        add_measures(old, verdict->old_flash);
    }
    check_add_judgement(o, verdict, old);
    return o;
}
