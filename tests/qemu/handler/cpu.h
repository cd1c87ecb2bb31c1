/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the guest's CPU as it is kept while it is paused and as it is sent: for cpu.S by
 * offset, for C as a struct. What of it C saves and loads stands in cpu.c, the rest in cpu.S.
 */
#ifndef HANDLER_CPU_H
#define HANDLER_CPU_H

#define CPU_RAX 0
#define CPU_RBX 8
#define CPU_RCX 16
#define CPU_RDX 24
#define CPU_RSI 32
#define CPU_RDI 40
#define CPU_RBP 48
#define CPU_R8 56 /* and on to R15 */
#define CPU_RIP 120
#define CPU_CS 128
#define CPU_RFLAGS 136
#define CPU_RSP 144
#define CPU_SS 152
#define CPU_DS 160
#define CPU_ES 162
#define CPU_FS 164
#define CPU_GS 166
#define CPU_TR 168
#define CPU_LDTR 170
#define CPU_GDTR 182 /* 10 bytes, the base aligned */
#define CPU_IDTR 198
#define CPU_CR0 208
#define CPU_CR2 216
#define CPU_CR3 224
#define CPU_CR4 232
#define CPU_XCR0 240
#define CPU_FS_BASE 248
#define CPU_GS_BASE 256
#define CPU_MSRS 264
#define CPU_XSAVE 1024
#define CPU_SIZE 4096

#define CR4_OSXSAVE_BIT 18
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

/* Interrupts of the handler; a guest's must lie below. */
#define PAUSE_VECTOR 0xf0
#define TICK_VECTOR 0xf2
#define NAP_VECTOR 0xf3

/* Where CPU 1 begins: borrowed, and given back before it says that it runs. */
#define TRAMPOLINE_AT 0x8000

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_MSR_COUNT 10
#define CPU_APIC_COUNT 10

struct cpu {
    uint64_t registers[15], rip, cs, rflags, rsp, ss;
    uint16_t ds, es, fs, gs, tr, ldtr;
    uint8_t gdtr_and_idtr[36];
    uint64_t cr0, cr2, cr3, cr4, xcr0, fs_base, gs_base;
    uint64_t msrs[CPU_MSR_COUNT];
    uint64_t debug[6];
    uint32_t apic[CPU_APIC_COUNT];
    uint32_t pending[8]; /* interrupts that its local APIC has not delivered */
    uint8_t reserved[560];
    uint8_t xsave[CPU_SIZE - CPU_XSAVE]; /* or FXSAVE, where the guest has not set CR4.OSXSAVE */
};
_Static_assert(offsetof(struct cpu, rip) == CPU_RIP, "");
_Static_assert(offsetof(struct cpu, ds) == CPU_DS, "");
_Static_assert(offsetof(struct cpu, cr0) == CPU_CR0, "");
_Static_assert(offsetof(struct cpu, msrs) == CPU_MSRS, "");
_Static_assert(offsetof(struct cpu, xsave) == CPU_XSAVE, "");
_Static_assert(sizeof(struct cpu) == CPU_SIZE, "");

/* The guest's CPU, while it is paused. */
extern struct cpu cpu;

/*
 * CPU 1 is the handler's: cpu_start_handler() has it run `run` in the handler's own address space
 * for ever. CPU 0 is the guest's: cpu_pause() has it leave the guest and its state in `cpu`,
 * cpu_resume() has it go on from `cpu`. Where there is no guest yet, cpu_wait() on CPU 0 is the same
 * as having been paused.
 */
/* First of all: page tables for 4 GiB and what is named. False: they do not suffice. */
bool cpu_prepare(uint64_t extra, uint64_t length);
bool cpu_start_handler(void (*run)(void)); /* false: there is no CPU 1 */
void cpu_pause(void); /* asks for it: cpu_is_paused says when it has happened */
bool cpu_is_paused(void);
void cpu_resume(void);
_Noreturn void cpu_wait(void);
void cpu_pause_interrupt(void); /* struct handler_table's pause */

/* Milliseconds since CPU 1 started: under load fewer, never more. */
uint64_t cpu_milliseconds(void);
/* CPU 1 rests for a millisecond. */
void cpu_rest(void);
#endif

#endif
