/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/store_room.h"

#include "formats/variable_store.h"
#include "outputs/json.h"

struct json_object *store_room_object(const struct varstore *s)
{
    struct json_object *o = json_new();
    struct varstore_room room;

    varstore_room(s, &room);
    json_add_number(o, "size", room.size);
    json_add_number(o, "live", room.live);
    json_add_number(o, "garbage", room.garbage);
    json_add_number(o, "free", room.free);
    json_add_number(o, "after_reclaim", room.after_reclaim);
    json_add_number(o, "largest_variable", room.largest);
    json_add_flag(o, "fits_dbx_of_today", room.largest >= VARSTORE_DBX_TODAY);
    return o;
}
