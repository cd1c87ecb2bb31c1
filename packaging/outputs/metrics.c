/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "outputs/escape.h"

void metrics_begin(struct metrics *m)
{
    m->family = NULL;
    m->out = text_begin(&m->text);
}

void metrics_family(struct metrics *m, const char *name, const char *help)
{
    m->family = name;
    fprintf(m->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void metrics_value(struct metrics *m, uint64_t value, const struct metrics_label *labels,
                   size_t label_count)
{
    fputs(m->family, m->out);
    for (size_t i = 0; i < label_count; i++) {
        char *text = shown(labels[i].value);

        fprintf(m->out, "%c%s=\"", i ? ',' : '{', labels[i].name);
        for (const char *c = text; *c; c++) {
            if (*c == '"' || *c == '\\')
                fputc('\\', m->out);
            fputc(*c, m->out);
        }
        fputc('"', m->out);
        free(text);
    }
    fprintf(m->out, "%s %" PRIu64 "\n", label_count ? "}" : "", value);
}

char *metrics_end(struct metrics *m)
{
    fputs("# EOF\n", m->out);
    return text_end(&m->text);
}
