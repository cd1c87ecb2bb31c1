/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flashset without errors has all that packing it takes for granted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flash/flashset.h"
#include "target.h"

static void check(const struct flashset *set)
{
    if (!set->name || !set->summary || !set->package || !set->source.name || !set->image_count ||
        !set->descriptor_count || (!set->prefix && !set->source.version))
        abort();
    for (size_t i = 0; i < set->image_count; i++) {
        const struct flashset_image *image = &set->images[i];

        if (!image->file || !image->name || strchr(image->name, '/') || image->file[0] == '/')
            abort();
    }
    for (size_t i = 0; i < set->descriptor_count; i++) {
        const struct flashset_descriptor *d = &set->descriptors[i];

        if (!d->name || !d->code_image || (d->vars && !d->vars_image) ||
            (!d->from && (!d->description || !d->has_features || !d->target_count)))
            abort();
    }
}

int try_input(const uint8_t *data, size_t size)
{
    struct findings problems = {0};
    struct flashset set;
    struct failure f;

    if (flashset_parse("fuzz.yaml", data, size, &set, &problems, &f) < 0)
        return 0;
    if (!problems.counts[FINDING_ERROR])
        check(&set);
    flashset_free(&set);
    findings_free(&problems);
    return 0;
}
