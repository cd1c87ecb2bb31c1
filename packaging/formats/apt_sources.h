/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The base addresses in apt's lists of sources, sources.list(5): one-line style
 * ("deb [options] URI suite component...") and deb822 style (stanzas of fields).
 *
 * Only what says where packages lie is read: types, URIs, and whether a stanza is
 * enabled. A line that cannot be used becomes a note, and reading goes on, since
 * the other lines may be all that is needed. Disabled entries and CD-ROMs are
 * passed over without one.
 */
#ifndef FORMATS_APT_SOURCES_H
#define FORMATS_APT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#define APT_SOURCES_MAX 1024 /* addresses of one file; the rest is noted */
#define APT_NOTES_MAX 32     /* of one file; the rest is dropped */
#define APT_URI_MAX 2048     /* bytes */

/* http:, https: and file: (copy: is turned into it), without a slash at the end. */
struct apt_source {
    char *uri;
    bool is_list; /* mirror+file: `uri` is the path of a list of mirrors */
    unsigned line;
};

struct apt_note {
    unsigned line;
    const char *what; /* a constant text */
};

struct apt_sources {
    struct apt_source *list; /* in the order of the file, doubles left out */
    size_t count, capacity;
    struct apt_note notes[APT_NOTES_MAX];
    size_t note_count;
};

/* Each adds what the text holds to *s, which begins as all zero. 0, or -1 when
 * there is no memory. apt_sources_free() afterwards in both cases. */
int apt_sources_parse_list(const char *text, size_t size, struct apt_sources *s);
int apt_sources_parse_deb822(const char *text, size_t size, struct apt_sources *s);
/* The file that a mirror+file: address names: a URI a line (apt-transport-mirror(1)). */
int apt_sources_parse_mirrors(const char *text, size_t size, struct apt_sources *s);

void apt_sources_free(struct apt_sources *s);

#endif
