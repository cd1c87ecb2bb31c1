/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/fetching.h"

struct fetch_request fetching_request(struct fetching *f)
{
    struct fetch_request request = {.cache_dir = f->cache,
                                    .offline = f->offline,
                                    .mirrors = f->mirrors.list,
                                    .mirror_count = f->mirrors.count};

    if (!f->quiet)
        progress_bar_init(&f->bar, &request);
    return request;
}
