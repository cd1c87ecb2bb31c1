/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before efi-program.c in a PE file for RISC-V: LLVM up to 19 has no COFF for it, so
 * that the headers are written here, field by field, and ld.lld puts them in front
 * (efi-riscv64.ld). PE format, 3.3 to 4; the code runs wherever it is loaded, without relocations.
 */
    .equ machine_riscv64, 0x5064
    .equ executable, 0x0002
    .equ pe32_plus, 0x020b
    .equ boot_service_driver, 11
    .equ code_execute_read_write, 0xe0000020

    .section .headers, "a"
dos_header:
    .ascii "MZ"
    .zero 0x3a
    .word pe_header - dos_header
pe_header:
    .ascii "PE\0\0"
    .half machine_riscv64
    .half 1                     /* sections */
    .word 0, 0, 0               /* date, symbols */
    .half section_table - optional_header
    .half executable
optional_header:
    .half pe32_plus
    .byte 0, 0                  /* linker version */
    .word program_size
    .word 0, 0                  /* data */
    .word efi_main_offset
    .word program_offset
    .quad 0                     /* image base */
    .word alignment, alignment  /* in memory, in the file */
    .word 0, 0, 0, 0            /* versions */
    .word image_size
    .word program_offset        /* all headers */
    .word 0                     /* checksum */
    .half boot_service_driver
    .half 0
    .quad 0, 0, 0, 0            /* stack, heap */
    .word 0
    .word 6                     /* data directories, all of them empty */
    .quad 0, 0, 0, 0, 0, 0
section_table:
    .ascii ".text\0\0\0"
    .word program_size, program_offset
    .word program_size, program_offset
    .word 0, 0
    .half 0, 0
    .word code_execute_read_write
