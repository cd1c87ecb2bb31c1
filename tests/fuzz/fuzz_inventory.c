/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inventories as they come in a file, and all that is told of them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fleet/exchange_texts.h"
#include "fleet/matrix.h"
#include "fleet/fix_plan.h"
#include "target.h"

static size_t take(void *arg, const struct json_document *d)
{
    struct failure f;
    size_t end;

    fleet_add(arg, d, &end, &f);
    return end;
}

static void ignore(void *arg, const struct failure *f)
{
    (void)arg;
    (void)f;
}

static void tell(struct fleet *fleet, bool of_guests)
{
    struct exchange_question question = {.of_guests = of_guests};
    struct exchange exchange;
    struct fix_plan plan;
    size_t length;

    exchange_find(fleet, &question, &exchange);
    fix_plan_find(&exchange, &plan);
    for (size_t i = 0; i < exchange.refusal_count; i++) {
        struct exchange_block *blocks;
        size_t count, *machines = exchange_machines_of(&exchange, &exchange.refusals[i], &count);

        free(exchange_machines_text(fleet, machines, count));
        free(machines);
        count = exchange_blocks(&exchange, &exchange.refusals[i], &blocks);
        exchange_blocks_free(blocks, count);
    }
    free(matrix_svg(&exchange, &length));
    fix_plan_free(&plan);
    exchange_free(&exchange);
}

static void read_as_file(const uint8_t *data, size_t size,
                         const struct json_documents_visitor *visitor)
{
    char path[64], *operands[] = {path};
    int fd = memfd_create("inventory", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    json_documents_walk(operands, 1, visitor);
    close(fd);
}

int try_input(const uint8_t *data, size_t size)
{
    struct fleet fleet;
    struct json_documents_visitor visitor = {1 << 20, take, ignore, &fleet};
    struct failure f;

    fleet_init(&fleet);
    if (size % 2)
        json_documents_of_text("fuzz", (const char *)data, size, &visitor);
    else
        read_as_file(data, size, &visitor);
    if (fleet_ready(&fleet, &f) == 0) {
        tell(&fleet, false);
        tell(&fleet, true);
    }
    fleet_free(&fleet);
    return 0;
}
