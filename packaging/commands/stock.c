/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/stock.h"

bool stock_take_option(const struct command *command, struct stock_options *o, int key,
                       const char *value, int *status)
{
    *status = OPTION_END;
    switch (key) {
    case STOCK_KEY_QEMU:
        o->qemu = value;
        return true;
    case STOCK_KEY_MAPS:
        if (o->map_count == ROMCOMPAT_MAX_FOLDERS)
            *status = usage_error(command, "too many --maps (limit %d)", ROMCOMPAT_MAX_FOLDERS);
        else
            o->maps[o->map_count++] = value;
        return true;
    case STOCK_KEY_FIRMWARE:
        if (o->firmware_count == ROMCOMPAT_MAX_FOLDERS)
            *status = usage_error(command, "too many --firmware (limit %d)", ROMCOMPAT_MAX_FOLDERS);
        else
            o->firmware[o->firmware_count++] = value;
        return true;
    default:
        return false;
    }
}

int stock_side_open(struct stock_side *s, const struct stock_options *o, const char *machine)
{
    struct failure f;
    int status = host_open(&s->to, o->qemu, machine, (char *const *)o->firmware);

    if (status == STATUS_YES)
        status = host_open_maps(&s->to, o->maps, o->map_count, &s->maps);
    if (status != STATUS_YES)
        return status;
    if (romcompat_set_count(s->maps) == 0) {
        f = (struct failure){0};
        fail(&f, "no compat map says which ROM lengths guests expect");
        fail_cure(&f, "Install a compat package, or name a folder of maps with --maps.");
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
