/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a domain's XML; and where that is read, a ROM file for every card that has a
 * place for one: the result must read as it was meant (domain_splice() looks itself), and
 * without what was put in be the same bytes. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "inputs/domain_xml.h"
#include "guest/domain_splice.h"
#include "target.h"

static const char file[] = "/usr/share/qemu/a<&'\".rom";

static void splice(const struct domain_xml *x, const uint8_t *data, size_t size)
{
    const char **files = calloc(x->device_count + 1, sizeof *files);
    uint8_t *result = NULL;
    size_t result_size = 0, added = 0;
    struct failure f;

    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];

        if (d->rom_file || !d->rom_place)
            continue;
        files[i] = file;
        if (d->rom_place > size || d->indent_to > size || d->indent_from > d->indent_to)
            abort();
        added++;
    }
    if (domain_splice(x, data, size, files, &result, &result_size, &f) == 0) {
        if (added ? result_size <= size : result_size != size || memcmp(result, data, size) != 0)
            abort();
        free(result);
    } else if (strstr(f.what, "cannot be read back as intended")) {
        abort();
    }
    free(files);
}

static bool parse(const uint8_t *data, size_t size, bool splices)
{
    struct domain_xml x;
    struct failure f;
    bool is_read = domain_xml_parse("fuzz", data, size, &x, &f) == 0;

    if (is_read && splices)
        splice(&x, data, size);
    if (is_read) {
        free(domain_xml_encryption(&x));
        domain_xml_free(&x);
    } else if (!f.what[0]) {
        abort();
    }
    return is_read;
}

/* libxml2 drops what it has read of a long document, and moves the rest: so the same once more,
 * behind a comment, or where the input ends its XML declaration. */
static bool parse_far_behind(const uint8_t *data, size_t size)
{
    enum { FAR = 192 << 10 };
    const uint8_t *head =
        size > 5 && memcmp(data, "<?xml", 5) == 0 ? memchr(data, '>', size) : NULL;
    size_t before = head ? (size_t)(head + 1 - data) : 0;
    uint8_t *text = malloc(size + FAR);

    memcpy(text, data, before);
    memset(text + before, 'x', FAR);
    memcpy(text + before, "<!--", 4);
    memcpy(text + before + FAR - 3, "-->", 3);
    memcpy(text + before + FAR, data + before, size - before);
    bool is_read = parse(text, size + FAR, false);
    free(text);
    return is_read;
}

int try_input(const uint8_t *data, size_t size)
{
    bool is_read = parse(data, size, true);

    /* White space and a byte order mark may stand only at the very beginning. */
    if (size && (data[0] == '<') && parse_far_behind(data, size) != is_read)
        abort();
    return 0;
}
