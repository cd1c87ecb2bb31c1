/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of lzop, in pieces as a pipe delivers them: no block is longer than the
 * limit. */
#include <stdlib.h>

#include "inputs/lzop.h"
#include "target.h"

struct rest {
    const uint8_t *at;
    size_t left;
};

static int64_t pull(void *arg, const uint8_t **bytes, struct failure *f)
{
    enum { PIECE = 61 };
    struct rest *r = arg;
    size_t n = r->left < PIECE ? r->left : PIECE;

    (void)f;
    *bytes = r->at;
    r->at += n;
    r->left -= n;
    return (int64_t)n;
}

int try_input(const uint8_t *data, size_t size)
{
    enum { TOTAL_MAX = 64 << 20 };
    struct rest r = {data, size};
    const uint8_t *bytes = NULL;
    struct failure f = {0};
    struct lzop *z;
    int64_t n, total = 0;

    if (lzop_open("fuzz", pull, &r, &z, &f) == 0) {
        while ((n = lzop_read(z, &bytes, &f)) > 0 && total < TOTAL_MAX) {
            if (n > LZOP_BLOCK_MAX)
                abort();
            total += n;
        }
        lzop_close(z);
        if (n < 0 && !f.what[0])
            abort();
    } else if (!f.what[0]) {
        abort();
    }
    return 0;
}
