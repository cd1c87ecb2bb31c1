/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relations between binary packages: Conflicts, Breaks and so on of deb-control(5). */
#ifndef INPUTS_DEB_RELATIONS_H
#define INPUTS_DEB_RELATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/* The value of a field in the first paragraph of text[0, size), with the lines that go on with it
 * joined by blanks; NULL: there is none. free() it. */
char *deb_field(const char *text, size_t size, const char *field);

/* Calls take() for the name of each package in a field that is such a relation. */
void deb_relation_names(const char *field, void (*take)(void *arg, const char *name), void *arg);

/* Whether a relation of `field` ("qemu-system-x86 (<< 1:8.0), seabios") is about that package in
 * that version. What is provided by other packages is not looked at, nor architectures. */
bool deb_relation_holds(const char *field, const char *package, const char *version);

#endif
