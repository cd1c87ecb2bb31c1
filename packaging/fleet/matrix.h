/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The classes of a fleet as one picture: who can send guests to whom. */
#ifndef FLEET_MATRIX_H
#define FLEET_MATRIX_H

#include "fleet/exchange.h"

#define MATRIX_CLASSES_MAX 60 /* that are drawn; the largest */

/* An SVG document, which reads in light and dark; the caller frees it. */
char *matrix_svg(const struct exchange *e, size_t *length);

#endif
