/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of `audit --html`. */
#ifndef COMMANDS_AUDIT_HTML_H
#define COMMANDS_AUDIT_HTML_H

#include <stddef.h>

#include "commands/audit.h"

/* One HTML document, which asks for nothing else: its Content-Security-Policy allows its own
 * program, by its checksum, and no more. The caller frees it. */
char *audit_html(const struct audit *audit, size_t *length);

/* audit_page.c */
extern const char audit_page_style[], audit_page_script[];

#endif
