/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measured values as OpenMetrics 1.0 text, of gauges alone: what node exporter's textfile
 * collector, which reads Prometheus's older text, takes as well.
 */
#ifndef OUTPUTS_METRICS_H
#define OUTPUTS_METRICS_H

#include <stdint.h>

#include "base/text.h"

struct metrics {
    FILE *out;
    struct text text;
    const char *family; /* that values are of */
};

struct metrics_label {
    const char *name, *value; /* a value is escaped, and shown where it is not UTF-8 */
};

void metrics_begin(struct metrics *m);
/* The next family; its values follow. `help` is one line. */
void metrics_family(struct metrics *m, const char *name, const char *help);
void metrics_value(struct metrics *m, uint64_t value, const struct metrics_label *labels,
                   size_t label_count);
/* The document; free it. */
char *metrics_end(struct metrics *m);

#endif
