/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scalars of YAML files that are written for a maintainer. */
#ifndef OUTPUTS_YAML_TEXT_H
#define OUTPUTS_YAML_TEXT_H

#include <stdio.h>

/* A text that YAML gives back as it is; a name as a pattern that matches it alone. */
void put_yaml_text(FILE *to, const char *text);
/* That pattern; the caller frees it. */
char *yaml_pattern(const char *name);
void put_yaml_pattern(FILE *to, const char *name);

#endif
