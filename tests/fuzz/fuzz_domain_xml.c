/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a domain's XML; and where that is read, a ROM file for every card that has a
 * place for one: the result must read as it was meant (domain_splice() looks itself), and
 * without what was put in be the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "inputs/domain_xml.h"
#include "guest/domain_splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    } else if (strstr(f.what, "does not read as it was meant")) {
        abort();
    }
    free(files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct domain_xml x;
    struct failure f;

    if (domain_xml_parse("fuzz", data, size, &x, &f) == 0) {
        splice(&x, data, size);
        domain_xml_free(&x);
    } else if (!f.what[0] || strchr(f.what, '\n')) {
        abort();
    }
    return 0;
}
