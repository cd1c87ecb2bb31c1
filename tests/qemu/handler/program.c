/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest that is moved: an operating system of one program. It leaves the firmware behind, has
 * page tables, segments, interrupts and a stack of its own, and counts. What it counted stands in
 * memory, in general registers, in SSE's, AVX's and the x87's, and it looks whether all that is
 * as it left it; a periodic interrupt counts too. On its serial line stand numbers in a row.
 */
#include "cpu.h"
#include "efi.h"
#include "machine.h"

#include <string.h>

#define TRACE (1u << 19)  /* values, 4 MiB */
#define PERIOD (1u << 17) /* steps for each number that is printed */
#define TIMER 0x40
#define IS_TASK 0x18

static uint64_t page_table_pages[8][PAGE / 8] __attribute__((aligned(PAGE)));
static struct gate idt[256];
static uint64_t gdt[5];
static uint8_t task[104];
static uint8_t stack[65536] __attribute__((aligned(16)));
/* Read in a dump, too. */
struct {
    uint64_t mark[2], count, ticks;
} __attribute__((aligned(64))) program = {.mark = {0x4d4f43504d4f4352, 0x544e554f43534948}};
static uint64_t trace[TRACE];
static const struct handler_table *handler;

_Noreturn void run(void);
void timer_interrupt(void);
void fault_interrupt(void);
_Noreturn void fault(const uint64_t *frame);

__asm__(".globl timer_interrupt\n"
        "timer_interrupt:\n"
        "    incq program+24(%rip)\n"
        "    pushq %rax\n"
        "    movl $0xfee000b0, %eax\n"
        "    movl $0, (%rax)\n"
        "    popq %rax\n"
        "    iretq\n"
        ".globl fault_interrupt\n"
        "fault_interrupt:\n"
        "    movq %rsp, %rcx\n"
        "    andq $-16, %rsp\n"
        "    subq $32, %rsp\n"
        "    call fault\n");

static _Noreturn void broken(const char *what)
{
    say("BROKEN: ");
    say(what);
    say("\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}

void fault(const uint64_t *frame)
{
    say("\nfault at, or error code, and what follows it:");
    for (int i = 0; i < 5; i++) {
        say(" ");
        say_number(frame[i]);
    }
    say("\n");
    broken("a fault");
}

/* Every value follows from the one before (the constants are Knuth's, MMIX). */
static uint64_t after(uint64_t x)
{
    return x * 6364136223846793005u + 1442695040888963407u;
}

/* Values where nothing else is: in registers that no code of this program uses. */
#define KEPT 0x5deece66d1234567u
#define KEPT_PI 0x400921fb54442d18u /* the x87's, as a double */

static bool has_avx;

static void keep(void)
{
    uint32_t a = 1, b, c, d;
    uint64_t cr4;

    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    has_avx = c & 1u << 28;
    if (has_avx) {
        __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
        __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1u << CR4_OSXSAVE_BIT));
        __asm__ volatile("xsetbv" : : "a"(7), "d"(0), "c"(0)); /* x87, SSE, AVX */
    }
    __asm__ volatile("fldpi\n movq %0, %%xmm14" : : "r"(KEPT));
    if (has_avx)
        __asm__ volatile("vinsertf128 $1, %xmm14, %ymm15, %ymm15");
}

static bool is_kept(void)
{
    uint64_t pi, low, high = KEPT;

    __asm__ volatile("fstl %0" : "=m"(pi));
    __asm__ volatile("movq %%xmm14, %0" : "=r"(low));
    if (has_avx)
        __asm__ volatile("vextractf128 $1, %%ymm15, %%xmm13\n movq %%xmm13, %0" : "=r"(high));
    return pi == KEPT_PI && low == KEPT && high == KEPT;
}

static _Noreturn void count(void)
{
    uint64_t now = 1, then = 1, steps = 0;

    keep();
    for (;; steps++) {
        uint64_t *place = &trace[steps % TRACE];

        if (steps >= TRACE) {
            if (*place != then)
                broken("memory");
            then = after(then);
        }
        *place = now;
        now = after(now);
        if (steps % PERIOD)
            continue;
        if (!is_kept())
            broken("a register");
        program.count++;
        say("n ");
        say_number(program.count);
        say("\n");
        __asm__ volatile("hlt"); /* until the next tick */
    }
}

void run(void)
{
    handler->start();
    *apic(APIC_SVR) = 0x1ff;
    *apic(APIC_LINT0) = APIC_MASKED;
    *apic(APIC_DIVIDE) = APIC_BY_1;
    *apic(APIC_TIMER) = APIC_PERIODIC | TIMER;
    *apic(APIC_COUNT) = 10000000;
    __asm__ volatile("sti");
    say("ROMCOMPAT-PROGRAM\n");
    count();
}

static bool same(const struct efi_guid *a, const struct efi_guid *b)
{
    return !memcmp(a, b, sizeof(*a));
}

uint64_t efi_main(void *image, struct efi_system_table *system);
uint64_t efi_main(void *image, struct efi_system_table *system)
{
    static const struct efi_guid guid = HANDLER_TABLE;
    static uint8_t map[32768];
    struct page_tables t = {page_table_pages, sizeof(page_table_pages) / PAGE, 0};
    struct table_register gdtr = {sizeof(gdt) - 1, (uintptr_t)gdt};
    struct table_register idtr = {sizeof(idt) - 1, (uintptr_t)idt};
    uint64_t size = sizeof(map), key, step, base = (uintptr_t)task;
    uint32_t version;

    for (uint64_t i = 0; i < system->configurations; i++)
        if (same(&system->configuration[i].guid, &guid))
            handler = system->configuration[i].table;
    if (!handler) {
        say("ROMCOMPAT-PROGRAM: no handler\r\n");
        return 1;
    }
    if (system->boot->get_memory_map(&size, map, &key, &step, &version) != EFI_SUCCESS ||
        system->boot->exit_boot_services(image, key) != EFI_SUCCESS) {
        say("ROMCOMPAT-PROGRAM: the firmware stays\r\n");
        return 1;
    }
    __asm__ volatile("cli");
    out8(0x21, 0xff); /* the PICs: only the local APIC interrupts */
    out8(0xa1, 0xff);
    for (uint64_t a = 0; a < 4ull << 30; a += 2 << 20)
        map_2m(&t, a);
    gdt[1] = 0x00af9a000000ffff;
    gdt[2] = 0x00cf92000000ffff;
    gdt[3] =
        (sizeof(task) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[4] = base >> 32;
    for (int i = 0; i < 32; i++)
        idt[i] = gate_to(fault_interrupt, SELECTOR_CODE);
    idt[TIMER] = gate_to(timer_interrupt, SELECTOR_CODE);
    idt[handler->vector] = gate_to(handler->pause, SELECTOR_CODE);
    __asm__ volatile("mov %0, %%cr3" : : "r"((uintptr_t)page_table_pages) : "memory");
    __asm__ volatile("lgdt %0\n lidt %1\n ltr %w2\n"
                     "mov %3, %%ds\n mov %3, %%es\n mov %3, %%ss\n mov %3, %%fs\n mov %3, %%gs"
                     :
                     : "m"(gdtr), "m"(idtr), "r"(IS_TASK), "r"(SELECTOR_DATA));
    write_msr(MSR_GS_BASE, (uintptr_t)&program);
    __asm__ volatile("mov %0, %%rsp\n push %1\n push %2\n lretq"
                     :
                     : "r"((uintptr_t)stack + sizeof(stack) - 24), "r"((uint64_t)SELECTOR_CODE),
                       "r"(run));
    __builtin_unreachable();
}
