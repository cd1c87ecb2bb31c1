/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_start PAIRS WITH WITHOUT ARGUMENT...: how long two QEMU programs take from
 * fork() to their first answer over QMP. They are started in turns, and each pair
 * gives one difference: what disturbs the machine for a while disturbs both.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PAIRS = 10000 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds until the answer to qmp_capabilities. */
static double start(const char *program, char **argv)
{
    static const char hello[] = "{\"execute\": \"qmp_capabilities\"}\n";
    int in[2], out[2];
    double began;
    char text[65536];
    size_t length = 0;
    ssize_t n;
    pid_t pid;

    if (pipe(in) || pipe(out)) {
        perror("pipe");
        exit(2);
    }
    began = now();
    pid = fork();
    if (!pid) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        /* A NIC without a network is worth a warning to QEMU each time. */
        if (!freopen("/dev/null", "w", stderr))
            _exit(126);
        execv(program, argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    /* Sent ahead: QEMU reads it when it is ready. */
    if (write(in[1], hello, strlen(hello)) < 0)
        perror("write");
    do {
        n = read(out[0], text + length, sizeof(text) - 1 - length);
        if (n <= 0) {
            fprintf(stderr, "%s: no answer\n", program);
            exit(2);
        }
        length += (size_t)n;
        text[length] = '\0';
    } while (!strstr(text, "\"return\""));
    began = now() - began;
    close(in[1]);
    close(out[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return began;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(double *sorted, int count, double q)
{
    return sorted[(int)(q * (count - 1))];
}

int main(int argc, char **argv)
{
    static double with[MAX_PAIRS], without[MAX_PAIRS], difference[MAX_PAIRS];
    int pairs = argc > 4 ? atoi(argv[1]) : 0;
    double a, b;

    if (pairs < 1 || pairs > MAX_PAIRS) {
        fputs("usage: qemu_start PAIRS WITH WITHOUT ARGUMENT...\n", stderr);
        return 2;
    }
    char *first = argv[2], *second = argv[3];

    /* argv[3] becomes argv[0] of the programs. */
    for (int i = -1; i < pairs; i++) {
        if (i & 1) {
            b = start(second, argv + 3);
            a = start(first, argv + 3);
        } else {
            a = start(first, argv + 3);
            b = start(second, argv + 3);
        }
        if (i < 0)
            continue; /* the first pair fills the page cache */
        with[i] = a;
        without[i] = b;
        difference[i] = a - b;
    }
    qsort(with, (size_t)pairs, sizeof(double), order);
    qsort(without, (size_t)pairs, sizeof(double), order);
    qsort(difference, (size_t)pairs, sizeof(double), order);
    a = quantile(with, pairs, 0.5);
    b = quantile(without, pairs, 0.5);
    printf("  with %.2f ms, without %.2f ms (medians of %d pairs)\n", a, b, pairs);
    printf("  difference: median %+.3f ms (%+.2f %%), quartiles %+.3f .. %+.3f ms\n",
           quantile(difference, pairs, 0.5), quantile(difference, pairs, 0.5) / b * 100,
           quantile(difference, pairs, 0.25), quantile(difference, pairs, 0.75));
    /* A busy machine only ever adds: the fastest start of each is the least disturbed. */
    printf("  fastest: with %.2f ms, without %.2f ms (%+.3f ms)\n", with[0], without[0],
           with[0] - without[0]);
    return 0;
}
