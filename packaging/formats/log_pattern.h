/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns of messages, matched against text of plain_text.h that may be wrapped.
 *
 * Letters match in either case, a double quote any quote, a blank one or more blanks and line
 * breaks, '~' none or more. %n and %o take a name up to what follows, or at the end up to a
 * blank or quote; %r into `other` why a system call failed; %x a number with 0x, %h one of
 * hexadecimal digits alone, %d a decimal one, each first into `guest`, then into `there`; %t a
 * decimal one into `there`; %v a version, %q one as QMP's greeting has it; %* anything that is
 * short.
 */
#ifndef FORMATS_LOG_PATTERN_H
#define FORMATS_LOG_PATTERN_H

#include "formats/migration_log.h"

/* Behind the message that begins at `at`, with its fields in *m, which is untouched where there
 * is none: NULL. */
const char *log_pattern_match(const char *pattern, const char *at, const char *end,
                              struct log_message *m);

bool log_is_break(char c);
bool log_is_quote(char c);
/* Behind blanks, line breaks and the marks of quoted lines. */
const char *log_pass_blanks(const char *at, const char *end);

#endif
