/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>

int fail(struct failure *f, const char *format, ...)
{
    if (f) {
        /* Through a buffer of its own: an argument may be f->what itself. */
        char text[sizeof f->what];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        snprintf(f->what, sizeof f->what, "%s", text);
        f->hint[0] = '\0';
    }
    return -1;
}

int fail_hint(struct failure *f, const char *format, ...)
{
    if (f) {
        va_list args;

        va_start(args, format);
        vsnprintf(f->hint, sizeof f->hint, format, args);
        va_end(args);
    }
    return -1;
}
