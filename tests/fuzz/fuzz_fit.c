/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a ROM to fit: what comes out reads without an error, is no longer, and is what a
 * second fit makes of it. */
#include <stdlib.h>
#include <string.h>

#include "formats/option_rom.h"
#include "romset/fit.h"
#include "target.h"

#define INPUT_MAX ((size_t)1 << 16) /* larger ones only cost time */

static void check(const struct fitted *once, const struct fit_options *options)
{
    struct failure f = {0};
    struct fitted twice;
    struct optrom rom;

    if (optrom_read(once->bytes, once->size, &rom) != 0 || rom.error_count)
        abort();
    optrom_free(&rom);
    if (once->chain_after > once->chain_before + (once->added_ids ? OPTROM_BLOCK : 0))
        abort();
    if (options->drop_count)
        return;
    if (fit_rom("fuzz", once->bytes, once->size, options, &twice, &f) != 0 ||
        twice.size != once->size || memcmp(twice.bytes, once->bytes, once->size) != 0)
        abort();
    free(twice.bytes);
}

int try_input(const uint8_t *data, size_t size)
{
    static const char *const drop[] = {"legacy"};
    const struct fit_options options[] = {{0}, {.drop = drop, .drop_count = 1}};
    struct failure f = {0};
    struct fitted fitted;

    for (size_t i = 0; i < 2 && size <= INPUT_MAX; i++) {
        if (fit_rom("fuzz", data, size, &options[i], &fitted, &f) == 0)
            check(&fitted, &options[i]);
        else if (!f.what[0] || fitted.bytes)
            abort();
        free(fitted.bytes);
    }
    return 0;
}
