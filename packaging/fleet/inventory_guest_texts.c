/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_guest_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/inventory_entries.h"
#include "formats/json_members.h"

static void free_guest(unsigned kind, void *guest)
{
    (void)kind;
    inventory_guest_release(guest);
    free(guest);
}

struct kept_texts *inventory_guest_texts_new(void)
{
    return kept_texts_new(GUEST_TEXTS_MAX, free_guest);
}

/* --- what a guest has for itself ------------------------------------------------------------- */

enum own { NAME, NVRAM, STORE, FILE_OF_STORE, OWNS };

static const char *const keys_of_guest[] = {"name", "nvram", "store", NULL};
static const char *const keys_of_store[] = {"file", NULL};

/* The text of one guest, and what it has in common with others: all but its own values. */
struct guest_text {
    struct json_member_place own[OWNS]; /* a value of NULL: it is not there */
    const char *copied;                 /* up to here; the rest of the text is in common, too */
    char *common;
    size_t common_size;
};

static void copy_up_to(struct guest_text *g, const char *end)
{
    memcpy(g->common + g->common_size, g->copied, (size_t)(end - g->copied));
    g->common_size += (size_t)(end - g->copied);
}

/* Whether all is as it usually is: keys without escapes, each of our own once, with a value that
 * needs no parser. */
static bool take_members(struct guest_text *g, const char *text, size_t size,
                         const char *const *keys, enum own first)
{
    struct json_members walk = {text, size, 0};
    struct json_member_place m;
    enum json_skim found;

    while ((found = json_next_member(&walk, &m)) == JSON_FOUND) {
        size_t i = 0;

        while (keys[i] && !json_is_key(&m, keys[i]))
            i++;
        if (memchr(m.key, '\\', m.key_length) || (keys[i] && g->own[first + i].value))
            return false;
        if (!keys[i])
            continue;
        g->own[first + i] = m;
        if (*m.value == '{' && first + i == STORE) {
            if (!take_members(g, m.value, m.value_length, keys_of_store, FILE_OF_STORE))
                return false;
        } else if (json_is_plain_text(&m) || json_is_null(&m)) {
            copy_up_to(g, m.value);
            g->copied = m.value + m.value_length;
        } else {
            return false;
        }
    }
    return found == JSON_END && walk.at == size;
}

static char *own_text(const struct guest_text *g, enum own which)
{
    const struct json_member_place *m = &g->own[which];

    return m->value && *m->value == '"' ? xstrndup(m->value + 1, m->value_length - 2) : NULL;
}

/* --- guests --------------------------------------------------------------------------------- */

static struct inventory_guest guest_like(const struct inventory_guest *like,
                                         const struct guest_text *g)
{
    struct inventory_guest guest = *like;

    guest.like = like;
    guest.name = own_text(g, NAME);
    guest.nvram = own_text(g, NVRAM);
    if (like->store) {
        guest.store = xmalloc(sizeof *guest.store);
        *guest.store = *like->store;
        guest.store->file = own_text(g, FILE_OF_STORE);
    }
    return guest;
}

/* As an entry of a list in a document, so that it may be nested as deeply as anything there. */
static struct json_object *tree_of(const char *text, size_t size)
{
    char *list = xmalloc(size + 4);
    struct json_object *tree = NULL;
    struct failure f;

    memcpy(list, "[[", 2);
    memcpy(list + 2, text, size);
    memcpy(list + 2 + size, "]]", 2);
    int result = json_tree_parse("guests", (const uint8_t *)list, size + 4, &tree, &f);
    free(list);
    return result == 0 ? tree : NULL;
}

static bool parse(const char *text, size_t size, struct inventory_guest *guest)
{
    struct place place = {NULL, "guests", NO_INDEX};
    struct json_object *tree = tree_of(text, size);
    struct failure f;

    *guest = (struct inventory_guest){0};
    if (!tree)
        return false;
    if (!json_tree_is_whole(tree, text, size)) {
        json_object_put(tree);
        return false;
    }
    struct json_object *entry = json_object_array_get_idx(json_object_array_get_idx(tree, 0), 0);
    int result = inventory_kinds[GUESTS].read(entry, &place, guest, &f);
    json_object_put(tree);
    if (result != 0)
        inventory_guest_release(guest);
    return result == 0;
}

/* `common` has room for all of the text. */
static bool read_guest(struct kept_texts *kept, const char *text, size_t size, char *common,
                       struct inventory_guest *guest)
{
    struct guest_text g = {.copied = text, .common = common};

    if (!take_members(&g, text, size, keys_of_guest, NAME))
        return parse(text, size, guest);
    copy_up_to(&g, text + size);
    struct kept_text key = {0, common, g.common_size, 0};
    void **found = kept_texts_find(kept, &key);
    struct inventory_guest *like = found ? *found : NULL;
    if (!like) {
        if (!parse(text, size, guest))
            return false;
        if (!kept_texts_have_room(kept, key.size + sizeof *like))
            return true;
        like = xmalloc(sizeof *like);
        *like = *guest;
        kept_texts_add(kept, &key, like);
    }
    *guest = guest_like(like, &g);
    return true;
}

struct inventory_guests *inventory_guests_of_text(struct kept_texts *kept, const char *text,
                                                  size_t size)
{
    struct inventory_guests *guests = xcalloc(1, sizeof *guests);
    struct json_members walk = {text, size, 0};
    struct json_member_place entry;
    char *common = xmalloc(size + 1);
    enum json_skim found;
    size_t capacity = 0;

    while ((found = json_next_entry(&walk, &entry)) == JSON_FOUND) {
        guests->list = xgrow(guests->list, guests->count, &capacity, sizeof *guests->list);
        if (guests->count == INVENTORY_LIST_MAX || *entry.value != '{' ||
            !read_guest(kept, entry.value, entry.value_length, common,
                        &guests->list[guests->count])) {
            found = JSON_WRONG;
            break;
        }
        guests->count++;
    }
    free(common);
    if (found == JSON_END && walk.at == size)
        return guests;
    inventory_guests_free(guests);
    return NULL;
}
