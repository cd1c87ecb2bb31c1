/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/oracle_tally.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct oracle_tally *oracle_tally;
static int list = -1;

bool oracle_open_tally(void)
{
    char path[1024];

    oracle_tally =
        mmap(NULL, sizeof *oracle_tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "%s/scratch/oracle.txt", getenv("ROMCOMPAT_QEMU"));
    list = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    return oracle_tally != MAP_FAILED;
}

void oracle_row(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (list >= 0)
        vdprintf(list, format, args);
    va_end(args);
}

/* The kind of a reason: without paths, addresses and figures. */
static void generalize(const char *why, char *kind, size_t size)
{
    size_t n = 0;

    for (const char *at = why; *at && n + 2 < size; at++) {
        if (!isdigit((unsigned char)*at))
            kind[n++] = *at;
        else if (n == 0 || kind[n - 1] != 'N')
            kind[n++] = 'N';
    }
    kind[n] = '\0';
}

void oracle_count_unknown(const char *why, bool has_arrived)
{
    char kind[sizeof oracle_tally->reasons[0].why];
    size_t i = 0;

    oracle_tally->unknown++;
    generalize(why, kind, sizeof kind);
    while (i + 1 < ORACLE_REASONS && oracle_tally->reasons[i].why[0] &&
           strcmp(oracle_tally->reasons[i].why, kind) != 0)
        i++;
    memcpy(oracle_tally->reasons[i].why, kind, sizeof kind);
    *(has_arrived ? &oracle_tally->reasons[i].arrived : &oracle_tally->reasons[i].refused) += 1;
}

void oracle_print_tally(uint64_t seed)
{
    const struct oracle_tally *t = oracle_tally;

    for (size_t i = 0; i < ORACLE_REASONS && t->reasons[i].why[0]; i++)
        printf("# not known: %zu arrived, %zu did not: %s\n", t->reasons[i].arrived,
               t->reasons[i].refused, t->reasons[i].why);
    printf("# SEED=%llu: %zu cases: %zu land, %zu refused (%zu of them taken by QEMU with a wrong "
           "length), %zu not known; %zu fixes carried out (%zu of them libvirt snippets, %zu "
           "packages), "
           "%zu of "
           "another kind, %zu without a fix; "
           "%zu started from cold; %zu tried (%zu of them not known); %zu disagree\n",
           (unsigned long long)seed, t->cases, t->lands, t->refused, t->wrong_size, t->unknown,
           t->fixes, t->snippets, t->packages, t->other_fixes, t->no_fix, t->cold, t->dry,
           t->dry_not_known, t->disagreements);
}
