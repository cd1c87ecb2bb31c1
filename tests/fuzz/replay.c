/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over the files of a directory, as TAP: what libFuzzer once found, and
 * what the target was seeded with, must go on being survived in every `make check`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

static int run(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, room = 0, n;

    if (!f)
        return -1;
    do {
        if (size == room) {
            room = room ? room * 2 : 4096;
            data = realloc(data, room);
            if (!data)
                abort();
        }
        n = fread(data + size, 1, room - size, f);
        size += n;
    } while (n);
    fclose(f);
    /* A copy of the exact size, so that one byte too far is seen. */
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    int count = 0, failed = 0;
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;

    if (!directory) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("ok %d - nothing at all is survived\n", ++count);
    while ((entry = readdir(directory))) {
        char path[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        int result = run(path);
        failed += result < 0;
        printf("%s %d - %s is survived\n", result < 0 ? "not ok" : "ok", ++count, entry->d_name);
        fflush(stdout);
    }
    closedir(directory);
    printf("1..%d\n", count);
    return failed != 0;
}
