/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How every floor reports what went wrong: a function that can fail takes a
 * struct failure, fills it through fail(), and returns -1. Success is 0 and
 * leaves the struct alone. Outputs are untouched on failure.
 *
 * `what` is "FILE: what is wrong (found X, expected Y)", without the program's
 * name and without a newline of ours; `hint` is empty or names what fixes it. Only
 * the command line floor prints them, each as one line: what a file, a peer or a
 * name brought into them is escaped there.
 */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

struct failure {
    char what[1024];
    char hint[1024];
};

/* Sets `what` and empties `hint`. Always returns -1, so that a caller can write
 * `return fail(f, ...)`. A NULL f is allowed: the text is then dropped. */
int fail(struct failure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds the hint to a failure that fail() has set. Always returns -1. */
int fail_hint(struct failure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
