/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handler's own address space and interrupts, and what of a CPU's state C can save and load. */
#include "cpu.h"
#include "machine.h"

#include <string.h>

struct cpu cpu __attribute__((aligned(64)));

/* For cpu.S. */
uint64_t page_root;
struct table_register handler_gdtr, handler_idtr;
volatile uint64_t ticks;
uint8_t guest_cpu_stack[16384] __attribute__((aligned(16)));

void cpu_save(void);
void cpu_leave_firmware(void);
void cpu_hold(void);
_Noreturn void cpu_fault(const uint64_t *frame, uint64_t cr2);
void tick_interrupt(void);
void nap_interrupt(void);
void fault_interrupt(void);
extern uint8_t trampoline[], trampoline_end[];
extern uint64_t trampoline_root, trampoline_stack, trampoline_run;

static uint64_t page_table_pages[16][PAGE / 8] __attribute__((aligned(PAGE)));
static uint8_t handler_cpu_stack[65536] __attribute__((aligned(16)));
static const uint64_t gdt[] = {0, 0x00af9a000000ffff, 0x00cf92000000ffff};
static struct gate idt[256];
static void (*handler_runs)(void);
static volatile bool handler_has_started, paused, hold = true;

/* --- own address space --------------------------------------------------------------- */

bool cpu_prepare(uint64_t extra, uint64_t length)
{
    struct page_tables t = {page_table_pages, sizeof(page_table_pages) / PAGE, 0};

    for (uint64_t a = 0; a < 4ull << 30; a += 2 << 20)
        if (!map_2m(&t, a))
            return false;
    for (uint64_t a = extra & ~0x1fffffull; a < extra + length; a += 2 << 20)
        if (!map_2m(&t, a))
            return false;
    for (int i = 0; i < 32; i++)
        idt[i] = gate_to(fault_interrupt, SELECTOR_CODE);
    for (int i = 32; i < 256; i++)
        idt[i] = gate_to(nap_interrupt, SELECTOR_CODE);
    idt[TICK_VECTOR] = gate_to(tick_interrupt, SELECTOR_CODE);
    page_root = (uintptr_t)page_table_pages;
    handler_gdtr = (struct table_register){sizeof(gdt) - 1, (uintptr_t)gdt};
    handler_idtr = (struct table_register){sizeof(idt) - 1, (uintptr_t)idt};
    return true;
}

void cpu_fault(const uint64_t *frame, uint64_t cr2)
{
    say("\nROMCOMPAT-HANDLER: fault, cr2 ");
    say_number(cr2);
    for (int i = 0; i < 6; i++) {
        say(" ");
        say_number(frame[i]);
    }
    say("\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- CPU 1: the handler's ---------------------------------------------------------------- */

/* A millisecond of QEMU's local APIC, whose timer counts nanoseconds. */
#define MILLISECOND 1000000

static void handler_begins(void)
{
    __asm__ volatile("lgdt %0; lidt %1" : : "m"(handler_gdtr), "m"(handler_idtr));
    *apic(APIC_SVR) = 0x1ff;
    *apic(APIC_TPR) = 0;
    *apic(APIC_LINT0) = APIC_MASKED;
    *apic(APIC_DIVIDE) = APIC_BY_1;
    *apic(APIC_TIMER) = APIC_PERIODIC | TICK_VECTOR;
    *apic(APIC_COUNT) = MILLISECOND;
    handler_has_started = true;
    __asm__ volatile("sti");
    handler_runs();
}

uint64_t cpu_milliseconds(void)
{
    return ticks;
}

void cpu_rest(void)
{
    __asm__ volatile("hlt");
}

static void send_interrupt(uint32_t to, uint32_t how)
{
    *apic(APIC_ICR_TO) = to << 24;
    *apic(APIC_ICR) = how;
    while (*apic(APIC_ICR) & 0x1000)
        continue;
}

bool cpu_start_handler(void (*run)(void))
{
    static uint8_t borrowed[PAGE];
    uint8_t *low = (uint8_t *)TRAMPOLINE_AT;

    handler_runs = run;
    handler_has_started = false;
    trampoline_root = page_root;
    trampoline_stack = (uintptr_t)handler_cpu_stack + sizeof(handler_cpu_stack);
    trampoline_run = (uintptr_t)handler_begins;
    memcpy(borrowed, low, sizeof(borrowed));
    memcpy(low, trampoline, (size_t)(trampoline_end - trampoline));
    send_interrupt(1, 0x4500); /* INIT */
    for (int i = 0; i < 100000; i++)
        in8(0x80);
    send_interrupt(1, 0x4600 | TRAMPOLINE_AT >> 12); /* start up */
    for (int i = 0; !handler_has_started && i < 10000000; i++)
        in8(0x80);
    memcpy(low, borrowed, sizeof(borrowed));
    return handler_has_started;
}

void cpu_pause(void)
{
    hold = true;
    send_interrupt(0, 0x4000 | PAUSE_VECTOR);
}

bool cpu_is_paused(void)
{
    return paused;
}

void cpu_resume(void)
{
    /* Where the interrupt of cpu_pause() comes after this, it returns at once. */
    hold = false;
    while (paused)
        __asm__ volatile("pause");
}

/* --- CPU 0: the guest's -------------------------------------------------------------------- */

static const uint32_t msrs[CPU_MSR_COUNT] = {
    0xc0000080,               /* EFER */
    0xc0000081,               /* STAR */
    0xc0000082,               /* LSTAR */
    0xc0000083,               /* CSTAR */
    0xc0000084,               /* SFMASK */
    0xc0000102,               /* KERNEL_GS_BASE */
    0x174,      0x175, 0x176, /* SYSENTER_CS, _ESP, _EIP */
    0x277,                    /* PAT */
};

/* In the order in which they are loaded; the timer's count starts it. */
static const uint16_t apic_registers[CPU_APIC_COUNT] = {
    APIC_SVR,   APIC_LDR,    APIC_DFR,   APIC_LINT0, APIC_LINT1,
    APIC_ERROR, APIC_DIVIDE, APIC_TIMER, APIC_COUNT, APIC_TPR,
};

#define EACH_DEBUG_REGISTER(DO) DO(0) DO(1) DO(2) DO(3)
#define SAVE_DEBUG(n) __asm__ volatile("mov %%db" #n ", %0" : "=r"(cpu.debug[n]));
#define LOAD_DEBUG(n) __asm__ volatile("mov %0, %%db" #n : : "r"(cpu.debug[n]));

static void read_pending(uint32_t pending[8])
{
    for (unsigned i = 0; i < 8; i++)
        pending[i] = *apic(APIC_IRR + 16 * i);
}

/* The guest has just been interrupted. */
void cpu_save(void)
{
    for (int i = 0; i < CPU_MSR_COUNT; i++)
        cpu.msrs[i] = read_msr(msrs[i]);
    EACH_DEBUG_REGISTER(SAVE_DEBUG)
    __asm__ volatile("mov %%db6, %0" : "=r"(cpu.debug[4]));
    __asm__ volatile("mov %%db7, %0" : "=r"(cpu.debug[5]));
    for (int i = 0; i < CPU_APIC_COUNT; i++)
        cpu.apic[i] = *apic(apic_registers[i]);
    *apic(APIC_TIMER) = APIC_MASKED;
    *apic(APIC_EOI) = 0;
    read_pending(cpu.pending);
}

static void load(void)
{
    uint32_t here[8];

    for (int i = 0; i < CPU_MSR_COUNT; i++)
        write_msr(msrs[i], cpu.msrs[i]);
    EACH_DEBUG_REGISTER(LOAD_DEBUG)
    __asm__ volatile("mov %0, %%db6" : : "r"(cpu.debug[4]));
    __asm__ volatile("mov %0, %%db7" : : "r"(cpu.debug[5]));
    /* Those that the guest had not yet taken: on another CPU they must be raised again. */
    read_pending(here);
    for (uint32_t vector = 32; vector < PAUSE_VECTOR; vector++)
        if (cpu.pending[vector / 32] & ~here[vector / 32] & 1u << vector % 32)
            send_interrupt(0, APIC_TO_SELF | 0x4000 | vector);
    for (int i = 0; i < CPU_APIC_COUNT; i++)
        *apic(apic_registers[i]) = cpu.apic[i];
}

/* The firmware is left for good: no interrupt of its timer may wait for the guest. */
void cpu_leave_firmware(void)
{
    *apic(APIC_TIMER) = APIC_MASKED;
    *apic(APIC_LINT0) = APIC_MASKED;
    *apic(APIC_SVR) = 0x1ff;
    *apic(APIC_TPR) = 0;
    __asm__ volatile("sti; nop; nop; cli");
}

/* Rests until the handler lets the guest run. Only the handler's own interrupts come here. */
void cpu_hold(void)
{
    *apic(APIC_TPR) = 0xe0;
    *apic(APIC_LINT0) = APIC_MASKED;
    *apic(APIC_TIMER) = APIC_MASKED;
    *apic(APIC_SVR) = 0x1ff;
    paused = true;
    while (hold) {
        *apic(APIC_DIVIDE) = APIC_BY_1;
        *apic(APIC_TIMER) = NAP_VECTOR;
        *apic(APIC_COUNT) = 10 * MILLISECOND;
        __asm__ volatile("sti; hlt; cli");
    }
    paused = false;
    *apic(APIC_TIMER) = APIC_MASKED;
    *apic(APIC_COUNT) = 0;
    load();
}
