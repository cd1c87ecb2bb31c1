/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PC as the handler and the program of the guest see it, without an operating system: ports,
 * registers, page tables, interrupt gates, the local APIC.
 */
#ifndef HANDLER_MACHINE_H
#define HANDLER_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "d"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port) : "memory");
    return value;
}

static inline uint64_t read_msr(uint32_t number)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(number)
                     : "memory");
}

/* Registers of the local APIC, by their offset (Intel SDM volume 3, table 11-1). */
enum {
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_LDR = 0xd0,
    APIC_DFR = 0xe0,
    APIC_SVR = 0xf0,
    APIC_IRR = 0x200,
    APIC_ICR = 0x300,
    APIC_ICR_TO = 0x310,
    APIC_TIMER = 0x320,
    APIC_LINT0 = 0x350,
    APIC_LINT1 = 0x360,
    APIC_ERROR = 0x370,
    APIC_COUNT = 0x380,
    APIC_DIVIDE = 0x3e0,
};
#define APIC_MASKED 0x10000
#define APIC_PERIODIC 0x20000
#define APIC_TO_SELF 0x40000
#define APIC_BY_1 0xb /* the timer's divisor */

static inline volatile uint32_t *apic(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(0xfee00000 + offset);
}

/* On the first serial line. */
void say(const char *text);
void say_number(uint64_t number);

/* Zeroed page tables for identity maps, of `count` pages; used up one by one. */
struct page_tables {
    uint64_t (*pages)[PAGE / 8];
    unsigned count, used;
};
/* Maps the 2 MiB at an address; the first page is the root. False: no page is left. */
bool map_2m(struct page_tables *t, uint64_t address);

struct gate {
    uint64_t low, high;
};
/* An interrupt gate in ring 0. */
struct gate gate_to(void (*code)(void), uint16_t selector);

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint64_t base;
};

/* QEMU's fw_cfg (docs/specs/fw_cfg.rst): the contents of a file; false if it has another length. */
bool read_fw_cfg(const char *name, void *contents, uint32_t length);

/* Address of the memory (BAR 2) of the ivshmem-plain on bus 0, and its length; 0: there is none. */
uint64_t find_ivshmem(uint64_t *length);

/* Nonzero random bytes from the CPU; false: it has none to give. */
bool random_bytes(void *to, size_t length);

#endif
