/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain text of what people save as a log: any of UTF-8, UTF-16 and Windows-1252;
 * quoted-printable mails, HTML pages, JSON strings, terminal colours. What comes out is UTF-8
 * in which quotes, blanks and hyphens are those of ASCII, escapes are undone and marks of HTML
 * are gone. It is for finding messages of programs in, and is not a faithful copy.
 *
 * Line breaks stay apart by where they come from, so that lines of the file can be counted.
 */
#ifndef FORMATS_PLAIN_TEXT_H
#define FORMATS_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAIN_TEXT_LINE '\n'   /* a line of the file ends */
#define PLAIN_TEXT_JOINED '\v' /* one ends, and the text goes on as if it did not */
#define PLAIN_TEXT_BREAK '\f'  /* a line ends inside a line of the file: \n, <br>, a lone CR */

/* Bytes that the longest escape or mark has. */
#define PLAIN_TEXT_AHEAD 2048

enum plain_text_charset { PLAIN_TEXT_UTF8, PLAIN_TEXT_UTF16_LE, PLAIN_TEXT_UTF16_BE };

struct plain_text {
    bool has_begun;
    enum plain_text_charset charset;
    bool is_quoted_printable;
    uint32_t before;          /* the character before */
    uint64_t characters, odd; /* that came in; control characters and what is no character */
};

/* Reads in[0, size) and writes at most `room` bytes, which is 8 or more, to `out`. All zero
 * before the first call. Returns the bytes that were read, and their text in out[0, *written).
 * Without `is_last` the last PLAIN_TEXT_AHEAD bytes are left for the next call, so that no
 * escape is cut. */
size_t plain_text_read(struct plain_text *t, const uint8_t *in, size_t size, bool is_last,
                       char *out, size_t room, size_t *written);

/* Whether what was read is a text at all: a tenth of it or more is not. */
bool plain_text_is_binary(const struct plain_text *t);

#endif
