/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/fetching.h"

#include <stdlib.h>

#include "base/memory.h"

void fetching_init(struct fetching *f, int argc)
{
    *f = (struct fetching){.mirrors = xcalloc((size_t)argc, sizeof *f->mirrors)};
}

bool fetching_take(struct fetching *f, int key, const char *value)
{
    switch (key) {
    case KEY_OFFLINE:
        f->request.offline = true;
        return true;
    case KEY_MIRROR:
        f->mirrors[f->request.mirror_count++] = value;
        return true;
    case KEY_CACHE:
        f->request.cache_dir = value;
        return true;
    case 'q':
        f->quiet = true;
        return true;
    default:
        return false;
    }
}

void fetching_ready(struct fetching *f)
{
    f->request.mirrors = f->mirrors;
    if (!f->quiet)
        progress_bar_init(&f->bar, &f->request);
}

void fetching_free(struct fetching *f)
{
    free(f->mirrors);
}
