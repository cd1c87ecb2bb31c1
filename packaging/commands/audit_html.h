/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of `audit --html`. */
#ifndef COMMANDS_AUDIT_HTML_H
#define COMMANDS_AUDIT_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "commands/audit.h"

/* One HTML document, which asks for nothing else: its Content-Security-Policy allows its own
 * program, by its checksum, and no more. The caller frees it. */
char *audit_html(const struct audit *audit, size_t *length);

/* audit_html_lists.c: parts of it, each with a heading. */
void put_html_expiry(FILE *out, const struct audit *audit);
void put_html_encrypted(FILE *out, const struct encrypted_guests *all);
void put_html_stores(FILE *out, const struct store_findings *stores);
void put_html_upgrade(FILE *out, const struct audit *audit);

/* audit_page.c */
extern const char audit_page_style[], audit_page_script[];

#endif
