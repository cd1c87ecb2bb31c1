/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/expected_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum qemu_answer expected_store_same(const struct expected_store *a, const struct expected_store *b)
{
    if (a->sha256 && b->sha256 && strcmp(a->sha256, b->sha256) == 0)
        return QEMU_YES;
    if ((a->layout && b->layout && strcmp(a->layout, b->layout) != 0) ||
        (a->size && b->size && a->size != b->size))
        return QEMU_NO;
    return a->layout && b->layout && a->size && b->size ? QEMU_YES : QEMU_NOT_KNOWN;
}

const char *expected_store_text(const struct expected_store *s, char text[EXPECTED_STORE_TEXT_MAX])
{
    if (s->size)
        snprintf(text, EXPECTED_STORE_TEXT_MAX, "%.100s%s%" PRIu64 " bytes",
                 s->layout ? s->layout : "", s->layout ? ", " : "", s->size);
    else
        snprintf(text, EXPECTED_STORE_TEXT_MAX, "%.100s",
                 s->layout ? s->layout : "one that is not known");
    return text;
}
