/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define BAR_MIN 6
#define BAR_MAX 32
#define NAME_MIN 8

static size_t terminal_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long n = 0;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        n = size.ws_col;
    if (n <= 0 && columns)
        n = strtol(columns, NULL, 10);
    /* The last column stays free: many terminals wrap when it is written. */
    return n > 1 && n < 10000 ? (size_t)n - 1 : WIDTH_DEFAULT - 1;
}

/* "1.6 MiB": for a glance, not for arithmetic. */
static void put_amount(char *text, size_t size, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit < 3) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, size, "%.*f %s", unit && bytes < 100 ? 1 : 0, bytes, units[unit]);
}

static void put_bar(char *text, size_t width, double part)
{
    size_t inside = width - 2, full = (size_t)(part * (double)inside);

    text[0] = '[';
    memset(text + 1, '#', full);
    memset(text + 1 + full, '-', inside - full);
    text[width - 1] = ']';
    text[width] = '\0';
}

static char *make_plain(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    return text;
}

char *progress_line(char text[PROGRESS_LINE_MAX], size_t width, const struct download_state *now)
{
    char amount[24], speed[32], percent[8] = "", bar[BAR_MAX + 1] = "", right[128] = "";
    double part = now->total ? (double)now->received / (double)now->total : 0;

    if (width >= PROGRESS_LINE_MAX)
        width = PROGRESS_LINE_MAX - 1;
    part = part > 1 ? 1 : part;
    if (now->note) {
        snprintf(right, sizeof right, "  %s", now->note);
    } else {
        put_amount(amount, sizeof amount, (double)now->received);
        put_amount(speed, sizeof speed, now->bytes_per_second);
        if (now->total)
            snprintf(percent, sizeof percent, " %3d%%", (int)(100 * part));
        snprintf(right, sizeof right, "%s %9s %9s/s", percent, amount, speed);
        if (NAME_MIN + strlen(right) > width)
            snprintf(right, sizeof right, "%s %9s", percent, amount);
        if (NAME_MIN + strlen(right) > width)
            snprintf(right, sizeof right, "%s", percent);
    }
    size_t room = width > strlen(right) ? width - strlen(right) : 0, name = strlen(now->name);
    if (now->total && !now->note && room >= NAME_MIN + 1 + BAR_MIN) {
        size_t wide = room - NAME_MIN - 1;

        /* The name comes first; the bar has what it leaves, within its bounds. */
        if (name + 1 < room)
            wide = room - name - 1;
        wide = wide < BAR_MIN || name + 1 >= room ? BAR_MIN : wide > BAR_MAX ? BAR_MAX : wide;
        put_bar(bar, wide, part);
        room -= wide + 1;
    }
    if (name > room)
        name = room;
    int n = snprintf(text, PROGRESS_LINE_MAX, "%.*s%s%s%s", (int)name, now->name, *bar ? " " : "",
                     bar, right);
    /* Very narrow: even a note is cut. */
    if ((size_t)n > width)
        text[width] = '\0';
    return make_plain(text);
}

static void draw(void *state, const struct download_state *now)
{
    struct progress_bar *bar = state;
    char text[PROGRESS_LINE_MAX];

    if (now->ended) {
        if (bar->drawn)
            fputs("\r\033[K", stderr);
        bar->drawn = false;
        return;
    }
    bar->drawn = true;
    fprintf(stderr, "\r%s\033[K", progress_line(text, terminal_width(), now));
}

static bool can_go_back(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

void progress_bar_init(struct progress_bar *bar, struct fetch_request *request)
{
    *bar = (struct progress_bar){0};
    if (!can_go_back())
        return;
    request->progress = draw;
    request->progress_state = bar;
}

void count_bar_init(struct count_bar *bar, size_t total)
{
    *bar = (struct count_bar){.total = total > 1 && can_go_back() ? total : 0};
}

void count_bar_draw(struct count_bar *bar, size_t done, const char *name)
{
    char text[PROGRESS_LINE_MAX], part[BAR_MAX + 1];
    size_t width = terminal_width();

    if (!bar->total)
        return;
    put_bar(part, BAR_MAX / 2, (double)done / (double)bar->total);
    snprintf(text, sizeof text, "%s %zu of %zu  %s", part, done, bar->total, name);
    if (width < strlen(text))
        text[width] = '\0';
    fprintf(stderr, "\r%s\033[K", make_plain(text));
    bar->drawn = true;
}

void count_bar_clear(struct count_bar *bar)
{
    if (bar->drawn)
        fputs("\r\033[K", stderr);
    bar->drawn = false;
}
