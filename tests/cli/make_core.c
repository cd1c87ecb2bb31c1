/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a core of a guest for bats files to standard output:
 *
 *     make_core KIND SIZE [FILE@ADDRESS]...
 *
 * KIND is elf64, elf32, xen or raw. Its memory has SIZE bytes, zero but for the files; a file gets holes for
 * pages of zeros.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixtures/core_maker.h"
#include "inputs/file.h"

static bool write_core(const uint8_t *bytes, size_t length)
{
    static const uint8_t zeros[4096];
    bool has_holes = lseek(STDOUT_FILENO, 0, SEEK_CUR) == 0 && ftruncate(STDOUT_FILENO, 0) == 0 &&
                     ftruncate(STDOUT_FILENO, (off_t)length) == 0;

    for (size_t at = 0, n; at < length; at += n) {
        n = length - at < sizeof zeros ? length - at : sizeof zeros;
        if (has_holes && memcmp(bytes + at, zeros, n) == 0 ? fseeko(stdout, (off_t)n, SEEK_CUR) != 0
                                                           : fwrite(bytes + at, 1, n, stdout) != n)
            return false;
    }
    return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {
        [MADE_ELF64] = "elf64", [MADE_ELF32] = "elf32", [MADE_XEN] = "xen", [MADE_RAW] = "raw"};
    static struct core_spec spec;
    struct failure f;

    if (argc < 3)
        return 2;
    while (strcmp(kinds[spec.kind], argv[1]) != 0) {
        if (spec.kind++ == MADE_RAW)
            return 2;
    }
    size_t size = strtoul(argv[2], NULL, 0), length;
    uint8_t *memory = calloc(size, 1), *bytes;
    if (!memory)
        return 2;
    for (int i = 3; i < argc; i++) {
        char *at = strrchr(argv[i], '@');

        if (!at)
            return 2;
        *at = '\0';
        size_t address = strtoul(at + 1, NULL, 0);
        if (read_file(argv[i], size, &bytes, &length, &f) != 0 || address > size ||
            length > size - address)
            return 2;
        memcpy(memory + address, bytes, length);
        free(bytes);
    }
    /* In two pieces, as a PC has its memory. */
    add_piece(&spec, 0, memory, 0xa0000);
    add_piece(&spec, 0x100000, memory + 0x100000, size - 0x100000);
    bytes = make_core(&spec, &length);
    bool written = write_core(bytes, length);
    free(bytes);
    free(memory);
    return written ? 0 : 2;
}
