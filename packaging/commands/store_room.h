/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much space a variable store has, for programs. */
#ifndef COMMANDS_STORE_ROOM_H
#define COMMANDS_STORE_ROOM_H

struct json_object;
struct varstore;

/* Bytes: size, live, garbage, free, after_reclaim, largest_variable; and fits_dbx_of_today. Of a sound
 * store. */
struct json_object *store_room_object(const struct varstore *s);

#endif
