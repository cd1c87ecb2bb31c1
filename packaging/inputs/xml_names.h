/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef INPUTS_XML_NAMES_H
#define INPUTS_XML_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define XML_NAMES_MAX 4096     /* different names in all tags; and declarations of namespaces */
#define XML_ATTRIBUTES_MAX 256 /* of one element */

/* Counts the names in the tags of a document, before a parser sees it: libxml2's time grows with
 * the square of how many different ones there are, and with that of one element's attributes.
 * Nothing else is judged here: of what is not well-formed, only what is before the first
 * error counts. 0, or -1 with "NAME:LINE: too many..." */
int xml_check_names(const char *name, const uint8_t *data, size_t size, struct failure *f);

#endif
