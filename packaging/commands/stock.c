/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/stock.h"

int stock_side_open(struct stock_side *s, const struct stock_options *o, const char *machine)
{
    struct failure f;
    int status = host_open(&s->to, o->qemu, machine, o->firmware.list, o->firmware.count);

    if (status == STATUS_YES)
        status = host_open_maps(&s->to, o->maps.list, o->maps.count, &s->maps);
    if (status != STATUS_YES)
        return status;
    if (romcompat_set_count(s->maps) == 0) {
        f = (struct failure){0};
        fail(&f, "no compat map says which ROM lengths guests expect");
        fail_hint(&f, "Install a compat package, or name a directory of maps with --maps.");
        return report(&f);
    }
    if (s->to.qemu && (destination_ask_machines(&s->to, &f) != 0 ||
                       qemu_types_ask(s->to.qemu, &s->types, &f) != 0))
        return report(&f);
    return STATUS_YES;
}

void stock_side_close(struct stock_side *s)
{
    qemu_types_free(&s->types);
    romcompat_close(s->maps);
    destination_close(&s->to);
}
