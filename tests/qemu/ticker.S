/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of one sector: says "boot" on the first serial line and then a dot with
 * every tick of the BIOS clock (18.2 a second). A guest that was moved while it ran,
 * or was reset, shows it by what it says next.
 */
        .code16
        .globl  _start
_start:
        xorw    %ax, %ax
        movw    %ax, %ds
        sti
        movw    $hello, %si
        movw    $0x3f8, %dx             /* COM1, as the BIOS left it */
1:      lodsb
        testb   %al, %al
        jz      2f
        outb    %al, %dx
        jmp     1b
2:      movw    0x46c, %bx              /* low word of the tick count */
3:      hlt
        cmpw    0x46c, %bx
        je      3b
        movb    $'.', %al
        outb    %al, %dx
        jmp     2b
hello:  .asciz  "boot\n"

        .org    510
        .word   0xaa55
