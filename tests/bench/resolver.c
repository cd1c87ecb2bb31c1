/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening maps of 10, 1,000 and 100,000 rules, and lookups in them: medians, as
 * a table. Two shapes of map:
 *   sets    as a packager writes them: 10 ROMs and 25 machine lines a set, a fifth of which are
 * ranges lines   the most text for a rule: one ROM and one machine line a set Opening is compared
 * with reading the same bytes from the same files.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "romcompat.h"

enum { ROMS = 10, MACHINES = 25, FILE_RULES = 10000, LOOKUPS = 200000 };

static void must(bool done, const char *what)
{
    if (!done) {
        perror(what);
        exit(2);
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
    qsort(times, count, sizeof *times, by_value);
    return times[count / 2];
}

/* ---- maps ---- */

static void write_set(FILE *f, int number, int roms, int machines)
{
    fprintf(f, "set ipxe-%d\n  package ipxe-qemu-%d-compat\n", number, number);
    for (int i = 0; i < machines; i++) {
        if (i % 5 == 0)
            fprintf(f, "  machine pc-f%d %d.0 %d.2\n", number, i + 1, i + 3);
        else
            fprintf(f, "  machine pc-i440fx-n%d-%d\n", number, i);
    }
    for (int i = 0; i < roms; i++)
        fprintf(f, "  rom efi-%d.rom 262144 256k-efi-%d.rom\n", i, i);
    fprintf(f, "end\n");
}

/* Maps of `rules` rules in the current directory; how many sets there are. */
static int write_maps(int rules, int roms, int machines)
{
    int sets = rules / (roms * machines), per_file = FILE_RULES / (roms * machines), set = 0;

    for (int file = 0; set < sets; file++) {
        char name[32];

        snprintf(name, sizeof name, "%03d.map", file);
        FILE *f = fopen(name, "w");
        must(f, name);
        fprintf(f, "romcompat-map 1\n");
        for (int i = 0; i < per_file && set < sets; i++, set++)
            write_set(f, set, roms, machines);
        must(fclose(f) == 0, name);
    }
    return sets;
}

static size_t read_files(void)
{
    static char buffer[ROMCOMPAT_MAX_FILE_SIZE];
    DIR *dir = opendir(".");
    const struct dirent *entry;
    size_t bytes = 0;

    must(dir, ".");
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        int fd = open(entry->d_name, O_RDONLY);
        ssize_t n = read(fd, buffer, sizeof buffer);

        must(n >= 0, entry->d_name);
        bytes += (size_t)n;
        close(fd);
    }
    closedir(dir);
    return bytes;
}

static struct romcompat *open_here(void)
{
    static const char *const here[] = {"."};
    struct romcompat *maps;

    must(romcompat_open_folders(here, 1, &maps) == ROMCOMPAT_OK, "open");
    if (romcompat_problem_count(maps)) {
        struct romcompat_problem p;

        romcompat_problem_at(maps, 0, &p);
        fprintf(stderr, "%s\n", p.text);
        exit(2);
    }
    return maps;
}

/* ---- lookups ---- */

enum question { EXACT, RANGE, MISS };

/* Nanoseconds for one lookup, names spread over all sets. */
static double lookup(const struct romcompat *maps, enum question q, int sets, int roms,
                     int machines)
{
    enum { NAMES = 1024, RUNS = 11 };
    static char machine[NAMES][32], rom[NAMES][32];
    double times[RUNS];
    long hits = 0;

    for (int i = 0; i < NAMES; i++) {
        int set = (int)((unsigned)i * 2654435761u % (unsigned)sets);

        snprintf(rom[i], sizeof rom[i], "efi-%d.rom", i % roms);
        if (q == EXACT && machines > 1)
            snprintf(machine[i], sizeof machine[i], "pc-i440fx-n%d-%d", set, i % 2 + 1);
        else if (q == MISS)
            snprintf(machine[i], sizeof machine[i], "pc-q35-%d.%d", i % 10, i % 3);
        else
            snprintf(machine[i], sizeof machine[i], "pc-f%d-%d.1", set,
                     1 + 5 * (i % ((machines + 4) / 5)));
    }
    for (int run = 0; run < RUNS; run++) {
        double start = now();

        for (int i = 0; i < LOOKUPS; i++) {
            struct romcompat_rule rule;

            hits += romcompat_find(maps, machine[i % NAMES], rom[i % NAMES], &rule) == ROMCOMPAT_OK;
        }
        times[run] = (now() - start) / LOOKUPS;
    }
    if (hits != (q == MISS ? 0 : (long)RUNS * LOOKUPS)) {
        fprintf(stderr, "question %d: %ld hits\n", q, hits);
        exit(2);
    }
    return median(times, RUNS);
}

static void measure(const char *shape, int rules, int roms, int machines)
{
    char directory[] = "/tmp/romcompat-bench-XXXXXX", command[64];
    int runs = rules > 10000 ? 15 : 201;
    double *opened = calloc((size_t)runs, sizeof *opened),
           *only_read = calloc((size_t)runs, sizeof *only_read);

    must(opened && only_read && mkdtemp(directory) && chdir(directory) == 0, directory);
    int sets = write_maps(rules, roms, machines);
    size_t bytes = 0;
    /* In turns, so that both see the same machine. */
    for (int i = 0; i < runs; i++) {
        double start = now();
        bytes = read_files();
        double middle = now();
        struct romcompat *maps = open_here();
        opened[i] = now() - middle;
        only_read[i] = middle - start;
        romcompat_close(maps);
    }
    struct romcompat *maps = open_here();
    double t = median(opened, (size_t)runs), r = median(only_read, (size_t)runs);
    char exact[16] = "-";
    if (machines > 1)
        snprintf(exact, sizeof exact, "%.0f", lookup(maps, EXACT, sets, roms, machines));
    printf("%-6s %7d %9zu %10.1f %10.1f %6.1f %7s %7.0f %7.0f\n", shape, sets * roms * machines,
           bytes, r / 1e3, t / 1e3, t / r, exact, lookup(maps, RANGE, sets, roms, machines),
           lookup(maps, MISS, sets, roms, machines));
    romcompat_close(maps);
    free(opened);
    free(only_read);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    must(chdir("/") == 0 && system(command) == 0, directory);
}

int main(void)
{
    printf("%-6s %7s %9s %10s %10s %6s %7s %7s %7s\n", "", "", "", "read only", "open", "open/",
           "exact", "range", "miss");
    printf("%-6s %7s %9s %10s %10s %6s %7s %7s %7s\n", "shape", "rules", "bytes", "us", "us",
           "read", "ns", "ns", "ns");
    measure("sets", 10, 2, 5);
    measure("sets", 1000, ROMS, MACHINES);
    measure("sets", 100000, ROMS, MACHINES);
    measure("lines", 10, 1, 1);
    measure("lines", 1000, 1, 1);
    measure("lines", 60000, 1, 1); /* ROMCOMPAT_MAX_SETS */
    return 0;
}
