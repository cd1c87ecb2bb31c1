/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/glob.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/effort.h"
#include "tap.h"

static void takes(const char *glob, const char *text)
{
    ok(glob_matches(glob, text, false), "the glob \"%s\" takes the text \"%s\"", glob, text);
}

static void refuses(const char *glob, const char *text)
{
    ok(!glob_matches(glob, text, false), "the glob \"%s\" does not take the text \"%s\"", glob,
       text);
}

static void path(const char *glob, const char *text, bool expected)
{
    ok(glob_matches(glob, text, true) == expected, "of paths, \"%s\" %s \"%s\"", glob,
       expected ? "takes" : "does not take", text);
}

/* Globs and texts of a few letters, so that many of them match. */
static void fill(char *to, size_t most, const char *letters)
{
    size_t n = (size_t)rand() % (most + 1), count = strlen(letters);

    for (size_t i = 0; i < n; i++)
        to[i] = letters[(size_t)rand() % count];
    to[n] = '\0';
}

static void test_against_fnmatch(void)
{
    char glob[10], text[10], differs[64] = "none";
    size_t matched = 0;

    srand(1);
    for (int i = 0; i < 200000; i++) {
        bool is_path = i % 2;

        fill(glob, 8, "ab*?*/[a]");
        fill(text, 8, "abb/a");
        /* fnmatch() has more in its brackets, and other words for those that are not whole. */
        if (strpbrk(glob, "[]"))
            continue;
        bool expected = fnmatch(glob, text, is_path ? FNM_PATHNAME : 0) == 0;
        matched += expected;
        if (glob_matches(glob, text, is_path) != expected)
            snprintf(differs, sizeof differs, "\"%s\", \"%s\"%s", glob, text,
                     is_path ? ", a path" : "");
    }
    is_text(differs, "none", "fnmatch() answers the same for random globs of stars");
    ok(matched > 1000, "of which %zu match", matched);
}

/* What fnmatch() would not answer before the end of the world; steps are counted. */
static void test_steps(void)
{
    char text[4097];
    struct failure f;

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    effort_forget();
    refuses("*a*a*a*a*a*a*a*a*a*a*a*a*b", text);
    /* 4096 places, at each of which few steps are done. */
    ok(effort_spend(EFFORT_COMPARISONS, 400000000 - 20 * 4096, &f) == 0,
       "the steps for a glob of stars are in proportion to the text");
    ok(effort_spend(EFFORT_COMPARISONS, 20 * 4096, &f) == -1, "and are counted");
    effort_forget();
}

int main(void)
{
    takes("", "");
    refuses("", "a");
    takes("*", "");
    takes("*", "abc");
    takes("a*c", "abbc");
    refuses("a*c", "abb");
    takes("*.rom", "efi-virtio.rom");
    refuses("*.rom", "efi-virtio.rom.bak");
    takes("*-?.rom", "a-b-c.rom");
    takes("a*b*c", "a-bc-b-c");
    takes("[a-c]x", "bx");
    refuses("[a-c]x", "dx");
    refuses("[!a-c]x", "bx");
    takes("[!a-c]x", "dx");
    takes("[^a]", "b");
    takes("[]]", "]");
    takes("[a-]", "-");
    takes("[ab", "[ab");
    takes("*[0-9]", "a1b2");
    takes("\\*", "*");
    refuses("\\*", "a");
    path("a/*", "a/b", true);
    path("a/*", "a/b/c", false);
    path("*/c", "a/b/c", false);
    path("*/*/c", "a/b/c", true);
    path("a?c", "a/c", false);
    path("a[/]c", "a/c", false);
    test_against_fnmatch();
    test_steps();
    return tap_done();
}
