/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/live_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int refuse_damage(const struct flash_image *image, const struct varstore *s,
                         struct failure *f)
{
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        enum varstore_problem_kind kind = s->problems[i].kind;

        if (varstore_problem_is_fatal(kind) || kind == VARSTORE_VARIABLE_CUT ||
            kind == VARSTORE_TOO_MANY)
            return fail(f, "%s: not converted: %s", image->path,
                        varstore_problem_text(&s->problems[i], text));
    }
    return 0;
}

/* The volume alone: the image of a virt machine is eighty times as long. */
static void replay(const struct flash_image *image, struct live_store *live)
{
    size_t size = (size_t)image->store.volume.length;

    live->copy = xmalloc(size);
    memcpy(live->copy, live->data, size);
    varstore_replay(live->copy, &image->store);
    if (varstore_read(live->copy, size, &live->own) != 0)
        give_up("out of memory");
    live->replayed = true;
    live->data = live->copy;
    live->store = &live->own;
}

int live_store_open(const struct flash_image *image, struct live_store *live, struct failure *f)
{
    char text[FV_DEFECT_TEXT_MAX];

    *live = (struct live_store){.data = image->data ? image->data : image->store_bytes,
                                .store = &image->store};
    if (image->has_list)
        return 0;
    if (image->kind == FLASH_JSON) {
        *f = image->unread;
        return -1;
    }
    if (!image->has_store)
        return flash_refuse_store(image, "a variable store", f);
    if (image->store.volume.defect != FV_SOUND) {
        fail(f, "%s: %s", image->path, fv_defect_text(&image->store.volume, image->size, text));
        return fail_hint(f, "'romcompat varstore repair' makes a store of it that can be converted "
                            "over.");
    }
    if (image->store.ftw.state == FTW_PENDING)
        replay(image, live);
    if (refuse_damage(image, live->store, f) != 0) {
        live_store_close(live);
        return -1;
    }
    return 0;
}

void live_store_close(struct live_store *live)
{
    varstore_free(&live->own);
    free(live->copy);
    *live = (struct live_store){0};
}
