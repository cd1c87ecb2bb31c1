/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/key_changes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

/* Counts in *count what `from` has and `without` has not; of certificates also their names. */
static char *missing_text(const struct keys *from, const struct keys *without, bool certificates,
                          size_t *count)
{
    struct text names, text;
    FILE *to = text_begin(&names);

    *count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct key *key = &from->list[i];

        if ((key->signature.kind == SIGNATURE_X509) != certificates ||
            signature_revokes_nothing(&key->signature) || keys_have(without, &key->signature))
            continue;
        if (certificates && *count < KEY_NAMES_SHOWN)
            fprintf(to, "%s%s", *count ? ", " : "",
                    key->is_certificate ? key->certificate.name : "one that is damaged");
        ++*count;
    }
    text_end(&names);
    to = text_begin(&text);
    fprintf(to, "%zu %s%s", *count, certificates ? "certificate" : "hash",
            *count == 1    ? ""
            : certificates ? "s"
                           : "es");
    if (certificates && *count)
        fprintf(to, " (%s%s)", names.at, *count > KEY_NAMES_SHOWN ? ", ..." : "");
    free(names.at);
    return text_end(&text);
}

static void compare(const struct secure_boot *old, const struct secure_boot *new,
                    enum key_list list, struct key_changes *changes)
{
    for (int i = 0; i < 4; i++) {
        bool lost = i < 2, certificates = i % 2 == 0;
        const struct keys *from = &(lost ? old : new)->lists[list],
                          *without = &(lost ? new : old)->lists[list];
        struct key_change c = {.list = list, .certificates = certificates, .lost = lost};

        c.text = missing_text(from, without, certificates, &c.count);
        if (c.count)
            changes->list[changes->count++] = c;
        else
            free(c.text);
    }
}

void key_changes_find(const struct flash_image *old, const struct flash_image *new,
                      struct key_changes *changes)
{
    struct live_store before, after;
    struct secure_boot was, is;
    struct failure f;

    *changes = (struct key_changes){0};
    if (live_store_open(old, &before, &f) != 0)
        return;
    if (live_store_open(new, &after, &f) == 0) {
        secure_boot_read(&before, &was);
        secure_boot_read(&after, &is);
        for (int i = 0; i < KEY_LISTS; i++)
            compare(&was, &is, (enum key_list)i, changes);
        secure_boot_free(&was);
        secure_boot_free(&is);
        live_store_close(&after);
    }
    live_store_close(&before);
}

void key_changes_free(struct key_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->list[i].text);
    *changes = (struct key_changes){0};
}
