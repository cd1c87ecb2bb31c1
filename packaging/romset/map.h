/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compat map of a romset: romcompat-map(5), which the resolver reads. */
#ifndef ROMSET_MAP_H
#define ROMSET_MAP_H

#include "romset/build.h"

/* The text of the map, which the caller frees. It is handed to the resolver's own
 * parser before it is handed out: NULL, with f filled, if that refuses it. */
char *map_write(const struct built_set *built, struct failure *f);

/* Its place in a compat set: "usr/share/qemu/romcompat.d/NAME.map"; free it. */
char *map_path(const struct romset *set);

#endif
