/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/progress.h"

#include "tap.h"

static const struct download_state half = {
    .name = "demo 1.0", .received = 512 * 1024, .total = 1024 * 1024, .bytes_per_second = 2048};

static void shows(size_t width, const struct download_state *s, const char *expected,
                  const char *what)
{
    char text[PROGRESS_LINE_MAX];

    is_text(progress_line(text, width, s), expected, "%s", what);
}

int main(void)
{
    struct download_state s = half;
    char text[PROGRESS_LINE_MAX];
    bool fits = true;

    shows(79, &half, "demo 1.0 [###############---------------]  50%   512 KiB   2.0 KiB/s",
          "name, bar, percent, size and speed on a usual terminal");
    shows(40, &half, "demo 1.0  50%   512 KiB   2.0 KiB/s", "a narrow one goes without the bar");
    shows(24, &half, "demo 1.0  50%   512 KiB", "a narrower one without the speed");
    shows(14, &half, "demo 1.0  50%", "a very narrow one shows name and percent");

    s.total = 0;
    shows(79, &s, "demo 1.0   512 KiB   2.0 KiB/s", "no bar when the length is unknown");
    s = half;
    s.received = 2 * s.total;
    shows(14, &s, "demo 1.0 100%", "never more than 100 %");
    s = half;
    s.note = "again in 2 s";
    shows(79, &s, "demo 1.0  again in 2 s", "a note takes the place of the numbers");
    s = half;
    s.name = "a\033[2J\xff";
    shows(40, &s, "a?[2J?  50%   512 KiB   2.0 KiB/s",
          "control bytes of a name do not reach the terminal");
    s.name = "a-very-long-name-that-would-fill-the-whole-line-of-a-terminal-and-then-some-more-of-"
             "the-next-one";
    for (size_t width = 1; width <= 300; width++) {
        s.note = width % 2 ? "a note" : NULL;
        fits &= strlen(progress_line(text, width, &s)) <= width;
    }
    ok(fits, "no line is wider than the terminal, whatever its width");
    return tap_done();
}
