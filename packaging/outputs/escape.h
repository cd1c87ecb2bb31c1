/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that another program is to read back as it was. */
#ifndef OUTPUTS_ESCAPE_H
#define OUTPUTS_ESCAPE_H

#include <stdio.h>

/* Text for an attribute or element. XML 1.0 knows no control characters at all, and a file
 * name may be any bytes: what is none of its characters, or no UTF-8, is shown as \xNN. */
void put_xml(FILE *to, const char *text);

/* One word for a shell of POSIX: bare where nothing in it is special, else in quotes. */
void put_shell_word(FILE *to, const char *word);

#endif
