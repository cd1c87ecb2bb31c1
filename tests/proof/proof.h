/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the proofs share. A proof is a function prove_NAME() below a comment of these lines,
 * which tests/proof/run reads:
 *
 *   proof NAME: what holds, and for what; the bound where there is one
 *   options: for cbmc, such as --unwind 66
 *   replace: FUNCTION:STAND-IN, for goto-instrument; a call of one becomes one of the other
 *   mutation: FILE SED-SCRIPT, after which the proof must fail
 *
 * The file that is proved is included, so that its static functions can be called.
 */
#ifndef PROOF_PROOF_H
#define PROOF_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *text);

/* Any value of the type: cbmc knows them by their prefix. */
bool nondet_bool(void);
char nondet_char(void);
int nondet_int(void);
int64_t nondet_i64(void);
size_t nondet_size(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

#define assume(condition) __CPROVER_assume(condition)
#define must(condition) __CPROVER_assert(condition, #condition)

#endif
