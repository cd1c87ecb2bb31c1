/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a download reads that somebody else wrote: addresses, and a header of the answer. */
#ifndef INPUTS_DOWNLOAD_TEXT_H
#define INPUTS_DOWNLOAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether it can be an address: printable, without blanks, no longer than DOWNLOAD_URL_MAX. */
bool url_is_plain(const char *url);

/* "/a b" of file:/a%20b, file:///a%20b or file://localhost/a%20b, which the caller frees; NULL
 * otherwise. `url` begins with "file:". */
char *file_url_path(const char *url);

#define CONTENT_RANGE "content-range:"

/* Where the range of "Content-Range: bytes 100-199/200" begins: RFC 9110, 14.4. The line begins with
 * CONTENT_RANGE in any case and has no NUL. */
bool content_range_first(const char *line, size_t length, uint64_t *first);

#endif
