/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of the guest and back into it, and the first steps of CPU 1. The guest's page tables must
 * have the handler's memory where it is physically, as every operating system has memory for UEFI's
 * runtime; C runs on page tables of the handler's own.
 */
#include "cpu.h"

        .text

/* --- out of the guest --------------------------------------------------------- */

        .globl  cpu_pause_interrupt
cpu_pause_interrupt:
        movq    %rax, cpu+CPU_RAX(%rip)
        movq    %rbx, cpu+CPU_RBX(%rip)
        movq    %rcx, cpu+CPU_RCX(%rip)
        movq    %rdx, cpu+CPU_RDX(%rip)
        movq    %rsi, cpu+CPU_RSI(%rip)
        movq    %rdi, cpu+CPU_RDI(%rip)
        movq    %rbp, cpu+CPU_RBP(%rip)
        movq    %r8, cpu+CPU_R8(%rip)
        movq    %r9, cpu+CPU_R8+8(%rip)
        movq    %r10, cpu+CPU_R8+16(%rip)
        movq    %r11, cpu+CPU_R8+24(%rip)
        movq    %r12, cpu+CPU_R8+32(%rip)
        movq    %r13, cpu+CPU_R8+40(%rip)
        movq    %r14, cpu+CPU_R8+48(%rip)
        movq    %r15, cpu+CPU_R8+56(%rip)
        movq    (%rsp), %rax
        movq    %rax, cpu+CPU_RIP(%rip)
        movq    8(%rsp), %rax
        movq    %rax, cpu+CPU_CS(%rip)
        movq    16(%rsp), %rax
        movq    %rax, cpu+CPU_RFLAGS(%rip)
        movq    24(%rsp), %rax
        movq    %rax, cpu+CPU_RSP(%rip)
        movq    32(%rsp), %rax
        movq    %rax, cpu+CPU_SS(%rip)
        movw    %ds, cpu+CPU_DS(%rip)
        movw    %es, cpu+CPU_ES(%rip)
        movw    %fs, cpu+CPU_FS(%rip)
        movw    %gs, cpu+CPU_GS(%rip)
        str     cpu+CPU_TR(%rip)
        sldt    cpu+CPU_LDTR(%rip)
        sgdt    cpu+CPU_GDTR(%rip)
        sidt    cpu+CPU_IDTR(%rip)
        movq    %cr0, %rax
        movq    %rax, cpu+CPU_CR0(%rip)
        movq    %cr2, %rax
        movq    %rax, cpu+CPU_CR2(%rip)
        movq    %cr3, %rax
        movq    %rax, cpu+CPU_CR3(%rip)
        movq    %cr4, %rbx
        movq    %rbx, cpu+CPU_CR4(%rip)
        movl    $MSR_FS_BASE, %ecx
        rdmsr
        movl    %eax, cpu+CPU_FS_BASE(%rip)
        movl    %edx, cpu+CPU_FS_BASE+4(%rip)
        movl    $MSR_GS_BASE, %ecx
        rdmsr
        movl    %eax, cpu+CPU_GS_BASE(%rip)
        movl    %edx, cpu+CPU_GS_BASE+4(%rip)
        clts
        btl     $CR4_OSXSAVE_BIT, %ebx
        jnc     1f
        xorl    %ecx, %ecx
        xgetbv
        movl    %eax, cpu+CPU_XCR0(%rip)
        movl    %edx, cpu+CPU_XCR0+4(%rip)
        xsave64 cpu+CPU_XSAVE(%rip)
        jmp     2f
1:      fxsave64 cpu+CPU_XSAVE(%rip)
2:      call    enter_handler
        subq    $32, %rsp
        call    cpu_save
        jmp     wait_and_load

        .globl  cpu_wait
cpu_wait:
        cli
        call    enter_handler
        subq    $32, %rsp
        call    cpu_leave_firmware
wait_and_load:
        call    cpu_hold        /* until the handler says so */

/* --- into the guest ------------------------------------------------------------ */

        movq    cpu+CPU_CR4(%rip), %rbx
        movq    %rbx, %cr4
        clts
        btl     $CR4_OSXSAVE_BIT, %ebx
        jnc     1f
        xorl    %ecx, %ecx
        movl    cpu+CPU_XCR0(%rip), %eax
        movl    cpu+CPU_XCR0+4(%rip), %edx
        xsetbv
        xrstor64 cpu+CPU_XSAVE(%rip)
        jmp     2f
1:      fxrstor64 cpu+CPU_XSAVE(%rip)
2:      movq    cpu+CPU_CR3(%rip), %rax
        movq    %rax, %cr3
        movq    cpu+CPU_CR2(%rip), %rax
        movq    %rax, %cr2
        lgdt    cpu+CPU_GDTR(%rip)
        lidt    cpu+CPU_IDTR(%rip)
        lldt    cpu+CPU_LDTR(%rip)
        movzwl  cpu+CPU_TR(%rip), %eax
        testl   %eax, %eax
        jz      3f
        movq    cpu+CPU_GDTR+2(%rip), %rbx
        andb    $0xfd, 5(%rbx,%rax)     /* LTR takes a task that is not busy, and marks it so */
        ltr     %ax
3:      movw    cpu+CPU_DS(%rip), %ds
        movw    cpu+CPU_ES(%rip), %es
        movw    cpu+CPU_FS(%rip), %fs
        movw    cpu+CPU_GS(%rip), %gs
        movl    $MSR_FS_BASE, %ecx
        movl    cpu+CPU_FS_BASE(%rip), %eax
        movl    cpu+CPU_FS_BASE+4(%rip), %edx
        wrmsr
        movl    $MSR_GS_BASE, %ecx
        movl    cpu+CPU_GS_BASE(%rip), %eax
        movl    cpu+CPU_GS_BASE+4(%rip), %edx
        wrmsr
        movq    cpu+CPU_CR0(%rip), %rax
        movq    %rax, %cr0
        pushq   cpu+CPU_SS(%rip)
        pushq   cpu+CPU_RSP(%rip)
        pushq   cpu+CPU_RFLAGS(%rip)
        pushq   cpu+CPU_CS(%rip)
        pushq   cpu+CPU_RIP(%rip)
        movq    cpu+CPU_RAX(%rip), %rax
        movq    cpu+CPU_RBX(%rip), %rbx
        movq    cpu+CPU_RCX(%rip), %rcx
        movq    cpu+CPU_RDX(%rip), %rdx
        movq    cpu+CPU_RSI(%rip), %rsi
        movq    cpu+CPU_RDI(%rip), %rdi
        movq    cpu+CPU_RBP(%rip), %rbp
        movq    cpu+CPU_R8(%rip), %r8
        movq    cpu+CPU_R8+8(%rip), %r9
        movq    cpu+CPU_R8+16(%rip), %r10
        movq    cpu+CPU_R8+24(%rip), %r11
        movq    cpu+CPU_R8+32(%rip), %r12
        movq    cpu+CPU_R8+40(%rip), %r13
        movq    cpu+CPU_R8+48(%rip), %r14
        movq    cpu+CPU_R8+56(%rip), %r15
        iretq

/* Page tables, segments, interrupts and a stack of the handler's. */
enter_handler:
        popq    %rbx
        movq    page_root(%rip), %rax
        movq    %rax, %cr3
        lgdt    handler_gdtr(%rip)
        lidt    handler_idtr(%rip)
        movl    $SELECTOR_DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        leaq    guest_cpu_stack+16384(%rip), %rsp
        pushq   $SELECTOR_CODE
        pushq   %rbx
        lretq

/* --- interrupts ------------------------------------------------------------------ */

        .globl  tick_interrupt
tick_interrupt:
        incq    ticks(%rip)
        .globl  nap_interrupt
nap_interrupt:
        pushq   %rax
        movl    $0xfee000b0, %eax       /* end of interrupt */
        movl    $0, (%rax)
        popq    %rax
        iretq

        .globl  fault_interrupt
fault_interrupt:
        movq    %rsp, %rcx
        movq    %cr2, %rdx
        andq    $-16, %rsp
        subq    $32, %rsp
        call    cpu_fault

/* --- CPU 1 from its reset, copied below 1 MiB ---------------------------------------- */

        .globl  trampoline, trampoline_end, trampoline_root, trampoline_stack, trampoline_run
        .code16
trampoline:
        cli
        movw    %cs, %ax
        movw    %ax, %ds
        lgdtl   trampoline_gdtr - trampoline
        movl    trampoline_root - trampoline, %eax
        movl    %eax, %cr3
        movl    $0x620, %eax            /* PAE, and FXSR and exceptions of SSE */
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx       /* EFER: LME, NXE */
        xorl    %edx, %edx
        movl    $0x900, %eax
        wrmsr
        movl    $0x80010033, %eax       /* PG, WP, NE, ET, MP, PE */
        movl    %eax, %cr0
        ljmpl   $SELECTOR_CODE, $(TRAMPOLINE_AT + trampoline_long - trampoline)
        .code64
trampoline_long:
        movl    $SELECTOR_DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        fninit
        movq    trampoline_stack(%rip), %rsp
        subq    $32, %rsp
        call    *trampoline_run(%rip)
1:      hlt
        jmp     1b
        .balign 8
trampoline_gdt:
        .quad   0, 0x00af9a000000ffff, 0x00cf92000000ffff
trampoline_gdtr:
        .word   23
        .long   TRAMPOLINE_AT + trampoline_gdt - trampoline
        .balign 8
trampoline_root:  .quad 0
trampoline_stack: .quad 0
trampoline_run:   .quad 0
trampoline_end:
