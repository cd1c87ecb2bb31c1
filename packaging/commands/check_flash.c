/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash images in the report of `romcompat check`. */
#include <inttypes.h>

#include "commands/check.h"
#include "commands/columns.h"
#include "outputs/json.h"

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
    const struct verdicts *v = check->verdicts;
    size_t rows = 0;
    struct columns c;

    for (size_t i = 0; i < v->count; i++)
        rows += is_shown(&v->list[i], quiet);
    if (!rows)
        return;
    columns_init(&c, "lrlrrrll", "flash image", "size", "kind", "store", "free", "", "features", "",
                 NULL);
    for (size_t i = 0; i < v->count; i++) {
        if (is_shown(&v->list[i], quiet))
            add_row(&c, check, &v->list[i]);
    }
    columns_print(&c, 0);
}

/* --- for programs ------------------------------------------------------------------------- */

static void add_measures(struct json_object *o, const struct measured_flash *flash)
{
    const struct flash_image *image = &flash->image;
    const struct flash_volume *v = flash_main_volume(image);
    struct json_object *features = json_list();
    unsigned has = flash_features(image);

    json_add_number(o, "size", image->size);
    json_add_text(o, "sha256", image->sha256);
    json_add_text(o, "kind", flash_kind_name(image->kind));
    json_add_text(o, "architecture", flash_architecture_name(image->architecture));
    json_add_number(o, "store", flash_store_length(image));
    json_add(o, "volume", v ? json_number(v->length) : NULL);
    json_add(o, "free", v ? json_number(v->free) : NULL);
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        if (has & 1u << i)
            json_append(features, json_string(flash_feature_names[i]));
    }
    json_add(o, "features", features);
}

struct json_object *check_flash_object(const struct verdict *verdict)
{
    struct json_object *o = json_new(), *old = NULL;

    json_add_text(o, "name", verdict->name);
    json_add(o, "place", verdict->flash ? json_string(verdict->flash->place) : NULL);
    if (verdict->flash)
        add_measures(o, verdict->flash);
    json_add(o, "rule_line", verdict->flash_rule ? json_integer(verdict->flash_rule->line) : NULL);
    if (verdict->old_flash) {
        old = json_new();
        json_add_text(old, "place", verdict->old_flash->place);
        add_measures(old, verdict->old_flash);
    }
    check_add_judgement(o, verdict, old);
    return o;
}
