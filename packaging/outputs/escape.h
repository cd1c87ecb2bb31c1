/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and texts that came out of files, archives, guests and networks, on their way out. There
 * is one way for each reader: a person, a shell, a parser of XML or HTML, QEMU; JSON has
 * outputs/json.h.
 */
#ifndef OUTPUTS_ESCAPE_H
#define OUTPUTS_ESCAPE_H

#include <stdio.h>

/* For a person. What is not UTF-8, and control characters of ASCII, are shown as \xNN; other
 * characters that would not be seen, or that move the cursor or turn the text around, as \uNNNN.
 * The text stays one line. */
void put_shown(FILE *to, const char *text);
/* The same as a string; free it. */
char *shown(const char *text);

/* Text for an attribute or element, which an XML parser reads back as it was; what XML cannot
 * hold, control characters and what is not UTF-8, is shown as \xNN. */
void put_xml(FILE *to, const char *text);
/* Text for an element or an attribute in quotes of HTML: the same, which HTML reads alike. */
void put_html(FILE *to, const char *text);
/* A JSON text inside of <script>, which it cannot end: < is \u003c in it. */
void put_html_json(FILE *to, const char *json);
/* Text inside of <!-- -->, which it cannot end: a hyphen after a hyphen, or at the end, is
 * shown as \x2d. */
void put_xml_comment(FILE *to, const char *text);

/* One word for a shell of POSIX: bare where nothing in it is special, else in quotes. With
 * characters that put_shown() would not show as they are, it is "$(printf '...')", which gives
 * the same bytes and stays one line; only newlines at its end are lost then. */
void put_shell_word(FILE *to, const char *word);
/* `path` as an operand, which must not be taken for an option: "./-x". Free it. */
char *file_operand(const char *path);
/* The words of a command, a blank between them; the list ends with NULL. */
void put_shell_words(FILE *to, const char *const *words);
/* The same as a string; free it. */
char *shell_command(const char *const *words);

/* A value for an option of QEMU's, where a comma ends it unless there are two (QEMU
 * util/keyval.c, util/qemu-option.c, get_opt_value()); formats/option_text.h reads it. Free it. */
char *commas_doubled(const char *value);

#endif
