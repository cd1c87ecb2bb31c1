/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an .rpm file says of itself: the lead, the signature header and the header (RPM's
 * docs/manual/format_*.md, and LSB 5.0, 22 "Package Format"). Numbers are big-endian.
 */
#ifndef INPUTS_RPM_HEADER_H
#define INPUTS_RPM_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Bytes of a file that its headers must end in; the largest packages have some 10 MiB of them. */
#define RPM_HEADER_MAX ((size_t)32 << 20)

struct rpm_header {
    char *name, *version; /* [EPOCH:]VERSION-RELEASE, as rpm's EVR */
    char **replaced;      /* names that it obsoletes or conflicts with, in any version */
    size_t replaced_count;
};

/* Of the first `size` bytes of a file. 0 or -1; free with rpm_header_free(). */
int rpm_header_read(const char *name, const uint8_t *data, size_t size, struct rpm_header *header,
                    struct failure *f);
void rpm_header_free(struct rpm_header *header);

/* Calls take() for the path of each file, link and directory that the package has. 0, or 1 where they
 * are listed as RPM 3 did and not read, or -1. */
int rpm_header_files(const char *name, const uint8_t *data, size_t size,
                     void (*take)(void *arg, const char *path), void *arg, struct failure *f);

#endif
