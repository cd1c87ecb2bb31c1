/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/key_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void take_list(struct key_source *source, enum key_list list, const uint8_t *data,
                      size_t size)
{
    struct key_source_list *to = &source->lists[list];

    to->data = xmalloc(size ? size : 1);
    memcpy(to->data, data, size);
    to->size = size;
}

/* NULL where they are sound, and there is one at least. */
static const char *what_is_wrong(const uint8_t *data, size_t size)
{
    struct signature_walk walk;
    struct signature s;

    signature_walk_init(&walk, data, size);
    while (signature_next(&walk, &s))
        ;
    if (walk.broken)
        return walk.broken;
    return walk.count ? NULL : "there are no signatures in it";
}

static int take_store(struct key_source *source, const struct flash_image *image,
                      enum key_list into, struct failure *f)
{
    struct live_store live;

    if (live_store_open(image, &live, f) != 0)
        return -1;
    for (int i = LIST_PK; i <= LIST_DBX; i++) {
        const struct variable *v =
            varstore_find(live.data, live.store, key_list_name(i), key_list_vendor(i));
        const char *wrong;

        if (!v || !v->data_size || (into == KEY_LISTS ? i == LIST_PK : i != (int)into))
            continue;
        wrong = what_is_wrong(live.data + v->data_at, v->data_size);
        if (wrong) {
            live_store_close(&live);
            return fail(f, "%s: its %s is damaged: %s", source->path, key_list_name(i), wrong);
        }
        take_list(source, (enum key_list)i, live.data + v->data_at, v->data_size);
        memcpy(source->lists[i].time, v->timestamp, VARIABLE_TIME_SIZE);
    }
    live_store_close(&live);
    return 0;
}

static int take_certificate(struct key_source *source, const uint8_t *data, size_t size,
                            enum key_list into, const uint8_t *owner, struct failure *f)
{
    uint8_t *der;
    size_t der_size;

    if (certificate_der(source->path, data, size, &der, &der_size, f) != 0) {
        fail(f, "%s: nothing to enroll: neither a store, nor signature lists, nor a certificate",
             source->path);
        if (memmem(data, size, "PRIVATE KEY-----", 16))
            return fail_hint(f, "It is a private key, which stays with its owner: name the "
                                "certificate.");
        return -1;
    }
    if (!owner) {
        free(der);
        fail(f, "%s: a certificate, which has no owner", source->path);
        return fail_hint(f, "--owner GUID says whose it is.");
    }
    const struct signature s = {
        .type = signature_kind_guid(SIGNATURE_X509), .owner = owner, .data = der, .size = der_size};
    struct key_source_list *to = &source->lists[into];
    to->size = signature_list_size(&s, 1);
    to->data = xmalloc(to->size);
    signature_list_write(to->data, &s, 1);
    free(der);
    return 0;
}

static int take_file(struct key_source *source, const uint8_t *data, size_t size,
                     enum key_list into, const uint8_t *owner, struct failure *f)
{
    size_t at = signed_value_at(data, size);

    if (into == KEY_LISTS) {
        fail(f, "%s: not a store, so that it does not say for which list its keys are",
             source->path);
        return fail_hint(f, "--into KEK, db or dbx does.");
    }
    if (size > KEY_SOURCE_MAX)
        return fail(f, "%s: too large (found %zu bytes, expected at most %zu)", source->path, size,
                    KEY_SOURCE_MAX);
    const char *wrong = what_is_wrong(data + at, size - at);
    if (at && wrong)
        return fail(f, "%s: the signed value is damaged: %s", source->path, wrong);
    if (wrong)
        return take_certificate(source, data, size, into, owner, f);
    take_list(source, into, data + at, size - at);
    if (at)
        memcpy(source->lists[into].time, data, VARIABLE_TIME_SIZE);
    return 0;
}

int key_source_read(const char *path, enum key_list into, const uint8_t *owner,
                    struct key_source *source, struct failure *f)
{
    struct flash_image image;

    *source = (struct key_source){.path = path};
    int result = flash_open(path, &image, f);
    if (result == 0 && (image.has_store || image.has_list || image.kind == FLASH_JSON))
        result = take_store(source, &image, into, f);
    else if (result == 0)
        result = take_file(source, image.data, image.size, into, owner, f);
    flash_close(&image);
    if (result != 0)
        key_source_free(source);
    return result;
}

void key_source_free(struct key_source *source)
{
    for (int i = 0; i < KEY_LISTS; i++)
        free(source->lists[i].data);
    *source = (struct key_source){0};
}
