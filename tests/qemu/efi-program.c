/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for UEFI firmware in QEMU, made with clang and lld for each machine (for RISC-V with
 * efi-riscv64.S). As a driver it says on the serial line which machine it was made for; with
 * -DAPPLICATION it is what is loaded from the network, and says so through the firmware.
 */
#if defined __x86_64__
#define MACHINE "x86_64"
#elif defined __i386__
#define MACHINE "i386"
#elif defined __aarch64__
#define MACHINE "aarch64"
#else
#define MACHINE "riscv64"
#endif

struct text_output {
    void *reset;
    unsigned long long (*output)(struct text_output *self, const unsigned short *text);
};

/* EFI_SYSTEM_TABLE, UEFI 2.10, 4.3, as far as it is used. */
struct system_table {
    char header[24];
    const unsigned short *vendor;
    unsigned revision;
    void *input_handle, *input, *output_handle;
    struct text_output *output;
};

unsigned long long efi_main(void *image, struct system_table *table);

#ifdef APPLICATION

unsigned long long efi_main(void *image, struct system_table *table)
{
    (void)image;
    table->output->output(table->output, (const unsigned short *)L"\r\nROMCOMPAT-LOADED\r\n");
    for (;;)
        continue;
}

#else

static void put(char c)
{
#if defined __x86_64__ || defined __i386__
    __asm__ volatile("outb %0, %1" : : "a"(c), "d"((unsigned short)0x3f8)); /* COM1 */
#elif defined __aarch64__
    *(volatile unsigned *)0x09000000 = (unsigned char)c; /* PL011 of the virt machine */
#else
    *(volatile unsigned char *)0x10000000 = (unsigned char)c; /* NS16550A of the virt machine */
#endif
}

static void say(const char *text)
{
    while (*text)
        put(*text++);
}

unsigned long long efi_main(void *image, struct system_table *table)
{
    (void)image;
    (void)table;
    say("\r\nROMCOMPAT-DRIVER " MACHINE "\r\n");
    return 0;
}

#endif
