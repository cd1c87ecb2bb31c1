/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests speak TAP. A test program is a main() that calls ok(), is_int(),
 * is_text() and ends with `return tap_done();`. The name of a test states the
 * behaviour in a sentence of its own: "a ROM one byte over its bucket is refused". What begins
 * with "... " or a conjunction goes on with the sentence before. tests/lint/names checks this.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

/* The last whole sentence: a name that goes on with it is printed behind it, so that every line
 * can be understood alone. */
static char tap_sentence[512];

/* "... once" and "and nothing behind it" go on with the sentence before. */
static const char *tap_rest(const char *name)
{
    static const char *const words[] = {"and ", "but ", "nor ", "or ", "so ", "then ", "also "};

    if (strncmp(name, "... ", 4) == 0)
        return name + 4;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(name, words[i], strlen(words[i])) == 0)
            return name;
    return NULL;
}

__attribute__((format(printf, 2, 3), unused)) static bool ok(bool passed, const char *format, ...)
{
    __builtin_va_list args;
    char name[512];

    __builtin_va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    __builtin_va_end(args);
    const char *rest = tap_rest(name);
    if (!rest)
        memcpy(tap_sentence, name, sizeof tap_sentence);
    printf("%sok %d - %s%s%s\n", passed ? "" : "not ", ++tap_count, tap_sentence, rest ? ", " : "",
           rest ? rest : "");
    tap_failed += !passed;
    fflush(stdout);
    return passed;
}

#define is_int(found, expected, ...)                                                             \
    do {                                                                                         \
        long long f_ = (long long)(found), e_ = (long long)(expected);                           \
        if (!ok(f_ == e_, __VA_ARGS__))                                                          \
            printf("# %s:%d: found %lld (0x%llx), expected %lld (0x%llx)\n", __FILE__, __LINE__, \
                   f_, (unsigned long long)f_, e_, (unsigned long long)e_);                      \
    } while (0)

#define is_text(found, expected, ...)                                                              \
    do {                                                                                           \
        const char *f_ = (found), *e_ = (expected);                                                \
        if (!ok(f_ && e_ ? !strcmp(f_, e_) : f_ == e_, __VA_ARGS__))                               \
            printf("# %s:%d: found '%s', expected '%s'\n", __FILE__, __LINE__, f_ ? f_ : "(null)", \
                   e_ ? e_ : "(null)");                                                            \
    } while (0)

__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

#endif
