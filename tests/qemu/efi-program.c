/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for UEFI firmware in QEMU, made with clang and lld for each machine. As a driver it
 * says on the serial line which machine it was made for; with -DAPPLICATION it is what is
 * loaded from the network, and says so through the firmware.
 */
#define MACHINE_X86_64 "x86_64"
#define MACHINE_AARCH64 "aarch64"

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
#ifdef __x86_64__
    __asm__ volatile("outb %0, %1" : : "a"(c), "d"((unsigned short)0x3f8)); /* COM1 */
#else
    *(volatile unsigned *)0x09000000 = (unsigned char)c; /* PL011 of the virt machine */
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
    say("\r\nROMCOMPAT-DRIVER ");
#ifdef __x86_64__
    say(MACHINE_X86_64);
#else
    say(MACHINE_AARCH64);
#endif
    say("\r\n");
    return 0;
}

#endif
