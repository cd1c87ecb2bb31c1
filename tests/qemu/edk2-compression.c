/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edk2's own compression beside ours. tests/qemu/build-edk2 links it with the sources of edk2's
 * BaseTools.
 *
 * edk2-compression efi IN OUT     compresses as option ROMs have it
 * edk2-compression tiano IN OUT   the variant of firmware volumes
 * edk2-compression expand IN OUT  decompresses what option ROMs have
 * edk2-compression agree N        N generated inputs, each way, and damaged: TAP
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/generated_bytes.h"
#include "formats/efi_compression.h"

/* BaseTools/Source/C/Common/Compress.h and Decompress.h; EFI_STATUS is as wide as a pointer. */
size_t EfiCompress(uint8_t *from, uint32_t size, uint8_t *to, uint32_t *to_size);
size_t TianoCompress(uint8_t *from, uint32_t size, uint8_t *to, uint32_t *to_size);
size_t EfiGetInfo(void *from, uint32_t size, uint32_t *to_size, uint32_t *scratch_size);
size_t EfiDecompress(void *from, uint32_t size, void *to, uint32_t to_size, void *scratch,
                     uint32_t scratch_size);

#define SIZE_MOST (4 << 20)
static uint8_t in[SIZE_MOST], out[SIZE_MOST];

/* 0 where edk2 cannot decompress it. */
static uint32_t edk2_expand(uint8_t *packed, uint32_t size)
{
    uint32_t to_size, scratch_size;

    if (EfiGetInfo(packed, size, &to_size, &scratch_size) != 0 || to_size > sizeof out)
        return 0;
    void *scratch = malloc(scratch_size);
    if (!scratch || EfiDecompress(packed, size, out, to_size, scratch, scratch_size) != 0)
        to_size = 0;
    free(scratch);
    return to_size;
}

/* --- generated inputs ----------------------------------------------------------------- */

static struct {
    unsigned from_us, to_us, damaged, read_differently;
} seen;

static bool we_expand(const uint8_t *packed, size_t size, uint8_t *to, size_t *to_size)
{
    return efi_original_size(packed, size, to_size) == EFI_EXPANDED && *to_size <= SIZE_MOST &&
           efi_expand(packed, size, to) == EFI_EXPANDED;
}

/* Where we take a damaged payload, edk2 must read the same bytes from it. */
static void damage(uint8_t *packed, size_t size)
{
    static uint8_t ours[SIZE_MOST];
    size_t to_size;

    packed[EFI_PAYLOAD_HEADER + generated_number((uint32_t)size - EFI_PAYLOAD_HEADER)] ^=
        (uint8_t)(1 << generated_number(8));
    if (!we_expand(packed, size, ours, &to_size))
        return;
    seen.damaged++;
    seen.read_differently +=
        edk2_expand(packed, (uint32_t)size) != to_size || memcmp(ours, out, to_size) != 0;
}

static void compare(const uint8_t *data, size_t size)
{
    uint8_t *packed = NULL;
    uint32_t edk2_size = sizeof in;
    size_t packed_size, to_size;

    if (EfiCompress((uint8_t *)data, (uint32_t)size, in, &edk2_size) == 0)
        seen.to_us += we_expand(in, edk2_size, out, &to_size) && to_size == size &&
                      memcmp(out, data, size) == 0;
    if (efi_compress(data, size, &packed, &packed_size) != 0)
        return;
    bool back = we_expand(packed, packed_size, out, &to_size) && to_size == size &&
                memcmp(out, data, size) == 0;
    seen.from_us +=
        back && edk2_expand(packed, (uint32_t)packed_size) == size && memcmp(out, data, size) == 0;
    damage(packed, packed_size);
    free(packed);
}

static int agree(unsigned count)
{
    static uint8_t data[GENERATED_MOST];

    for (unsigned i = 0; i < count; i++)
        compare(data, generate_input(i, data));
    printf("%sok 1 - edk2 and we decompress what we compress, for %u generated inputs\n",
           seen.from_us == count ? "" : "not ", count);
    printf("%sok 2 - we decompress what edk2 compresses, for %u generated inputs\n",
           seen.to_us == count ? "" : "not ", count);
    printf("%sok 3 - a damaged payload that we take is read by edk2 as the same bytes\n",
           seen.read_differently == 0 && seen.damaged > 0 ? "" : "not ");
    printf("# %u from us, %u to us, %u damaged ones taken, %u of them read differently\n1..3\n",
           seen.from_us, seen.to_us, seen.damaged, seen.read_differently);
    return 0;
}

/* --- files ------------------------------------------------------------------------------ */

static uint32_t read_in(const char *path)
{
    FILE *file = fopen(path, "rbe");
    size_t size = file ? fread(in, 1, sizeof in, file) : 0;

    if (file)
        fclose(file);
    return (uint32_t)size;
}

static int write_out(const char *path, size_t size)
{
    FILE *file = fopen(path, "wbe");

    if (!size || !file || fwrite(out, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "edk2-compression: %s: nothing to write, or it cannot be\n", path);
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint32_t size, made = sizeof out;

    if (argc == 3 && strcmp(argv[1], "agree") == 0)
        return agree((unsigned)atoi(argv[2]));
    if (argc != 4 || !(size = read_in(argv[2]))) {
        fprintf(stderr, "edk2-compression: efi|tiano|expand IN OUT, or agree N\n");
        return 2;
    }
    if (strcmp(argv[1], "expand") == 0)
        made = edk2_expand(in, size);
    else if ((strcmp(argv[1], "tiano") == 0 ? TianoCompress : EfiCompress)(in, size, out, &made))
        made = 0;
    return write_out(argv[3], made);
}
