/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histories as one picture. */
#ifndef RELEASE_HISTORY_CHART_H
#define RELEASE_HISTORY_CHART_H

#include "release/history.h"

/* So many releases to come are drawn. */
#define HISTORY_CHART_FUTURE 4

/* An SVG document: one panel for each history, sizes over releases, a line for each bucket;
 * a history in which no ROM matches the pattern (NULL: all) is left out. The height between two
 * bucket lines shows linearly how full the bucket is. Reads in light and dark. NULL with f filled
 * when nothing matches. The caller frees it. */
char *history_chart(const struct history *histories, size_t count, const char *pattern,
                    size_t *length, struct failure *f);

#endif
