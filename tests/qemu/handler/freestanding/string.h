/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that a compiler and BearSSL expect where there is no libc: machine.c has them. */
#ifndef HANDLER_STRING_H
#define HANDLER_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *text);

#endif
