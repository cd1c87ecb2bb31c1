/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/shipped.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"

/* The makefile gives it. */
#ifndef ROMCOMPAT_DATA_DIR
#define ROMCOMPAT_DATA_DIR "/usr/local/share/romcompat"
#endif

char *shipped_directory(const char *name)
{
    /* PREFIX/bin/romcompat, and build/VARIANT/romcompat. */
    static const char *const places[] = {"share/romcompat", ".."};
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    program[n < 0 ? 0 : n] = '\0';
    char *slash = strrchr(program, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        char *path = xasprintf("%.*s/../%s/%s", (int)(slash - program), program, places[i], name);
        char *real = is_directory(path) ? realpath(path, NULL) : NULL;

        free(path);
        if (real)
            return real;
    }
    return xasprintf("%s/%s", ROMCOMPAT_DATA_DIR, name);
}
