/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_splice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/escape.h"

static void put_file(FILE *out, const struct domain_device *d, const uint8_t *data,
                     const char *file)
{
    if (!d->has_rom) {
        fwrite(data + d->indent_from, 1, d->indent_to - d->indent_from, out);
        fputs("<rom", out);
    }
    fputs(" file='", out);
    put_xml(out, file);
    fputs(d->has_rom ? "'" : "'/>", out);
}

/* What reads the result must see the same devices, and the files. */
static bool is_as_meant(const struct domain_xml *old, const struct domain_xml *new,
                        const char *const *files)
{
    if (!same_text(old->name, new->name) || !same_text(old->machine, new->machine) ||
        old->device_count != new->device_count)
        return false;
    for (size_t i = 0; i < old->device_count; i++) {
        const struct domain_device *a = &old->devices[i], *b = &new->devices[i];

        if (a->kind != b->kind || !same_text(a->model, b->model) || !same_text(a->mac, b->mac) ||
            a->address.bus != b->address.bus || a->address.slot != b->address.slot ||
            a->rom_bar != b->rom_bar || a->rom_enabled != b->rom_enabled ||
            !same_text(files[i] ? files[i] : a->rom_file, b->rom_file))
            return false;
    }
    return true;
}

static int check(const struct domain_xml *domain, const uint8_t *data, size_t size,
                 const char *const *files, struct failure *f)
{
    struct domain_xml again;

    if (domain_xml_parse("the XML with ROM files", data, size, &again, f) != 0)
        return -1;
    bool good = is_as_meant(domain, &again, files);
    domain_xml_free(&again);
    return good ? 0 : fail(f, "the XML with ROM files cannot be read back as intended");
}

int domain_splice(const struct domain_xml *domain, const uint8_t *data, size_t size,
                  const char *const *files, uint8_t **result, size_t *result_size,
                  struct failure *f)
{
    struct text made;
    size_t at = 0;

    for (size_t i = 0; i < domain->device_count; i++) {
        const struct domain_device *d = &domain->devices[i];

        /* Places follow each other as devices do. */
        if (files[i] && (d->rom_file || d->rom_place <= at || d->rom_place > size))
            return fail(f, "network card %zu has no place for a ROM file", i + 1);
        at = files[i] ? d->rom_place : at;
    }
    FILE *out = text_begin(&made);
    at = 0;
    for (size_t i = 0; i < domain->device_count; i++) {
        const struct domain_device *d = &domain->devices[i];

        if (!files[i])
            continue;
        fwrite(data + at, 1, d->rom_place - at, out);
        put_file(out, d, data, files[i]);
        at = d->rom_place;
    }
    fwrite(data + at, 1, size - at, out);
    uint8_t *bytes = (uint8_t *)text_end(&made);
    if (check(domain, bytes, made.length, files, f) != 0) {
        free(bytes);
        return -1;
    }
    *result = bytes;
    *result_size = made.length;
    return 0;
}
