/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include <string.h>

/* --- what a compiler expects ------------------------------------------------------- */

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *start = to;
    size_t words = length / 8;

    length %= 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if (t <= f || t >= f + length)
        return memcpy(to, from, length);
    t += length - 1;
    f += length - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(t), "+S"(f), "+c"(length) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *start = to;
    size_t words = length / 8;

    length %= 8;
    __asm__ volatile("rep stosq"
                     : "+D"(to), "+c"(words)
                     : "a"((uint8_t)byte * 0x0101010101010101u)
                     : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < length; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

/* --- serial line --------------------------------------------------------------------- */

void say(const char *text)
{
    for (; *text; text++) {
        while (!(in8(0x3fd) & 0x20)) /* the 16550's holding register is empty */
            continue;
        out8(0x3f8, (uint8_t)*text);
    }
}

void say_number(uint64_t number)
{
    char digits[21], *d = digits + sizeof(digits) - 1;

    *d = 0;
    do
        *--d = (char)('0' + number % 10);
    while (number /= 10);
    say(d);
}

/* --- tables --------------------------------------------------------------------------- */

bool map_2m(struct page_tables *t, uint64_t address)
{
    uint64_t *table = t->pages[0];

    if (!t->used)
        t->used = 1;
    for (unsigned shift = 39; shift > 21; shift -= 9) {
        uint64_t *entry = &table[address >> shift & 511];

        if (!*entry) {
            if (t->used == t->count)
                return false;
            *entry = (uintptr_t)t->pages[t->used++] | 3; /* present, writable */
        }
        table = (uint64_t *)(uintptr_t)(*entry & ~4095ull);
    }
    table[address >> 21 & 511] = (address & ~0x1fffffull) | 0x83; /* and large */
    return true;
}

struct gate gate_to(void (*code)(void), uint16_t selector)
{
    uint64_t a = (uintptr_t)code;

    return (struct gate){.low = (a & 0xffff) | (uint64_t)selector << 16 | 0x8e00ull << 32 |
                                (a >> 16 & 0xffff) << 48,
                         .high = a >> 32};
}

/* --- QEMU ------------------------------------------------------------------------------ */

static void read_selected(void *to, uint32_t length)
{
    for (uint8_t *t = to; length--; t++)
        *t = in8(0x511);
}

static void select_fw_cfg(uint16_t key)
{
    __asm__ volatile("outw %0, %1" : : "a"(key), "d"((uint16_t)0x510));
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool read_fw_cfg(const char *name, void *contents, uint32_t length)
{
    uint8_t entry[64]; /* size, selector, reserved, name */
    uint32_t count;

    select_fw_cfg(0x19);
    read_selected(entry, 4);
    for (count = big_endian(entry); count; count--) {
        read_selected(entry, sizeof(entry));
        if (memcmp(entry + 8, name, strlen(name) + 1))
            continue;
        if (big_endian(entry) != length)
            return false;
        select_fw_cfg((uint16_t)(entry[4] << 8 | entry[5]));
        read_selected(contents, length);
        return true;
    }
    return false;
}

/* PCI's configuration space by its two ports (PCI Local Bus 3.0, 3.2.2.3.2). */
static void select_pci(unsigned device, unsigned offset)
{
    __asm__ volatile("outl %0, %1"
                     :
                     : "a"(0x80000000u | device << 11 | offset), "d"((uint16_t)0xcf8));
}

static uint32_t read_pci(unsigned device, unsigned offset)
{
    uint32_t value;

    select_pci(device, offset);
    __asm__ volatile("inl %1, %0" : "=a"(value) : "d"((uint16_t)0xcfc));
    return value;
}

static void write_pci(unsigned device, unsigned offset, uint32_t value)
{
    select_pci(device, offset);
    __asm__ volatile("outl %0, %1" : : "a"(value), "d"((uint16_t)0xcfc));
}

uint64_t find_ivshmem(uint64_t *length)
{
    for (unsigned device = 0; device < 32; device++) {
        uint32_t low, command;
        uint64_t address, mask;

        if (read_pci(device, 0) != 0x11101af4)
            continue;
        low = read_pci(device, 0x18);
        address = (uint64_t)read_pci(device, 0x1c) << 32 | (low & ~15u);
        command = read_pci(device, 4) & 0xffff;
        write_pci(device, 4, command & ~2u);
        write_pci(device, 0x18, 0xffffffff);
        write_pci(device, 0x1c, 0xffffffff);
        mask = (uint64_t)read_pci(device, 0x1c) << 32 | (read_pci(device, 0x18) & ~15u);
        write_pci(device, 0x18, low);
        write_pci(device, 0x1c, (uint32_t)(address >> 32));
        write_pci(device, 4, command | 2); /* it answers to memory accesses */
        *length = ~mask + 1;
        return (low & 6) == 4 ? address : 0; /* of 64 bits */
    }
    return 0;
}

bool random_bytes(void *to, size_t length)
{
    uint32_t a = 1, b, c, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    if (!(c & 1u << 30))
        return false;
    for (uint8_t *t = to; length;) {
        size_t n = length < 8 ? length : 8;
        uint64_t value;
        uint8_t valid = 0;

        for (int i = 0; !valid && i < 1000; i++)
            __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=q"(valid));
        if (!valid)
            return false;
        memcpy(t, &value, n);
        t += n;
        length -= n;
    }
    return true;
}
