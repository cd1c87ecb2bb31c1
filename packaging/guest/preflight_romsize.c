/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU makes of romsize= and a ROM file. */
#include <inttypes.h>

#include "base/memory.h"
#include "base/size.h"
#include "guest/preflight.h"

char *preflight_romsize_fault(const struct preflight_line *line, const struct destination *to,
                              bool incoming, bool *is_known)
{
    enum qemu_answer skips = incoming ? qemu_has(&to->version, QEMU_SKIPS_ROM_FILES) : QEMU_NO;
    const struct rom_file *file = line->installed;
    char size[SIZE_TEXT_MAX];

    *is_known = true;
    if (qemu_has(&to->version, QEMU_ROMSIZE) == QEMU_NO)
        return xstrdup("it has no property romsize (6.0 and later do)");
    if (!is_power_of_two(line->romsize))
        return xasprintf("romsize=%" PRIu64 " is not a power of two", line->romsize);
    if (skips == QEMU_YES)
        return NULL;
    *is_known = skips == QEMU_NO;
    if (!file || file->size < 0)
        return xasprintf("there is no %s", line->rom ? line->rom : "ROM file");
    if (file->size == 0)
        return xasprintf("%s is empty", line->rom);
    if ((uint64_t)file->size > line->romsize)
        return xasprintf("%s (%" PRId64 " bytes) is too large for a romsize of %s", line->rom,
                         file->size, size_format(line->romsize, size));
    return NULL;
}
