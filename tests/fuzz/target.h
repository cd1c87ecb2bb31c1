/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each fuzz target defines, and target.c calls: libFuzzer and the replay of a corpus go through
 * it alike.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Gives the SIZE bytes of DATA to the reader, and aborts where the reader breaks its promises. An
 * input is a run of its own: what those before it asked for does not count (base/effort.h). 0, or -1
 * for an input that the corpus need not keep. */
int try_input(const uint8_t *data, size_t size);

/* libFuzzer's name for a target: https://llvm.org/docs/LibFuzzer.html */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
