/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/variable_store_internal.h"

/* What edk2 builds for a layout take as one variable, header and name included:
 * PcdMaxAuthVariableSize in OvmfPkg/OvmfPkgX64.dsc. That of other platforms is not known. */
static size_t most_of_layout(const struct varstore_layout *l)
{
    switch (l ? l->volume_length : 0) {
    case 0x20000:
        return 0x2800;
    case 0x84000:
        return 0x8400;
    default:
        return SIZE_MAX;
    }
}

void varstore_room(const struct varstore *s, struct varstore_room *room)
{
    size_t size = s->end - s->variables_at, used = s->free_at - s->variables_at;
    /* "dbx", its NUL, and the padding behind it. */
    size_t overhead = variable_header_forms[s->format].size + 8 + VARIABLE_ALIGNMENT - 1;

    *room = (struct varstore_room){.size = size, .live = s->live_bytes, .free = size - used};
    room->garbage = used > s->live_bytes ? used - s->live_bytes : 0;
    room->after_reclaim = size > s->live_bytes ? size - s->live_bytes : 0;
    size_t most = most_of_layout(s->layout);
    if (most > room->after_reclaim)
        most = room->after_reclaim;
    room->largest = most > overhead ? most - overhead : 0;
}
