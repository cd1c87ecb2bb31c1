/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests of a document, of which most differ in nothing but their names and the paths of their
 * variable stores: what else is said of them is parsed once for all that have it in common, byte
 * for byte.
 */
#ifndef FLEET_INVENTORY_GUEST_TEXTS_H
#define FLEET_INVENTORY_GUEST_TEXTS_H

#include "fleet/inventory.h"
#include "fleet/kept_texts.h"

/* Bytes of what such guests have in common; others are parsed each by itself. */
#define GUEST_TEXTS_MAX ((size_t)16 << 20)

struct kept_texts *inventory_guest_texts_new(void);

/* The guests of a list; NULL where anything is unusual or wrong, which whoever reads the whole
 * list finds out. Texts of theirs are those of `kept`. */
struct inventory_guests *inventory_guests_of_text(struct kept_texts *kept, const char *text,
                                                  size_t size);

#endif
