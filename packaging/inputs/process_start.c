/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/process_start.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* The first line of a file below /proc. */
static bool read_line(long pid, const char *name, char line[static 4096])
{
    char *path = xasprintf("/proc/%ld/%s", pid, name);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, 4096, file);

    if (file)
        fclose(file);
    free(path);
    return read;
}

static unsigned long long boot_time(void)
{
    FILE *all = fopen("/proc/stat", "re");
    unsigned long long booted = 0;
    char line[4096];

    while (all && fgets(line, sizeof line, all))
        if (sscanf(line, "btime %llu", &booted) == 1)
            break;
    if (all)
        fclose(all);
    return booted;
}

int64_t process_start(long pid)
{
    unsigned long long ticks = 0, booted = boot_time();
    char line[4096], *at = NULL;

    if (read_line(pid, "stat", line) && (at = strrchr(line, ')')) != NULL)
        for (int field = 2; at && field < 22; field++)
            at = strchr(at + 1, ' ');
    if (at)
        ticks = strtoull(at, NULL, 10);
    return ticks && booted ? (int64_t)(booted + ticks / (unsigned long long)sysconf(_SC_CLK_TCK))
                           : 0;
}

int64_t process_first_start(const char *name)
{
    DIR *proc = opendir("/proc");
    int64_t first = 0;
    char line[4096];

    for (struct dirent *e; proc && (e = readdir(proc));) {
        char *end;
        long pid = strtol(e->d_name, &end, 10);

        if (*end || pid <= 0 || !read_line(pid, "comm", line))
            continue;
        line[strcspn(line, "\n")] = '\0';
        int64_t start = strcmp(line, name) == 0 ? process_start(pid) : 0;
        if (start && (!first || start < first))
            first = start;
    }
    if (proc)
        closedir(proc);
    return first;
}
