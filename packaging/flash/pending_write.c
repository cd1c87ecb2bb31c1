/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/pending_write.h"

#include <string.h>

#include "flash/live_store.h"

static bool is_in_place(const struct flash_image *image, const struct live_store *live)
{
    const struct varstore *s = &image->store;
    const uint8_t *data = image->data ? image->data : image->store_bytes;

    return s->variables_at == live->store->variables_at && s->free_at == live->store->free_at &&
           memcmp(data + s->variables_at, live->data + s->variables_at,
                  s->free_at - s->variables_at) == 0;
}

void pending_write_read(const struct flash_image *store, struct pending_write *write)
{
    struct failure f;

    *write = (struct pending_write){.is_pending = store->store.ftw.state == FTW_PENDING};
    if (live_store_open(store, &write->after, &f) != 0)
        write->is_broken = true;
    else
        write->is_in_place = is_in_place(store, &write->after);
    write->is_reclaimed = varstore_find_problem(&store->store, VARSTORE_TAIL_NOT_FREE) != NULL;
}

bool pending_write_loses(const struct pending_write *write, const struct flash_image *code)
{
    return write->is_pending && !write->is_in_place && !write->is_reclaimed &&
           flash_is_x86(code->architecture) && !code->ftw_pei;
}

void pending_write_close(struct pending_write *write)
{
    live_store_close(&write->after);
}
