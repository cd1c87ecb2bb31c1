/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes x86_64 firmware code with drivers of the names given, for what no release ships, to
 * standard output: make_code DRIVER... */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "fixtures/image_maker.h"
#include "formats/firmware_file.h"

int main(int argc, char **argv)
{
    struct made_bytes sections = {0};
    uint8_t program[0x100] = {'M', 'Z'};

    program[0x3c] = 0x40;
    memcpy(program + 0x40, "PE\0", 4);
    store_le16(program + 0x44, 0x8664);
    add_section(&sections, SECTION_PE32, program, sizeof program);
    for (int i = 1; i < argc; i++)
        add_name_section(&sections, argv[i]);
    struct made_bytes volume = make_volume(FFS_DXE_CORE, &sections);
    int failed = fwrite(volume.data, 1, volume.size, stdout) != volume.size || fflush(stdout) != 0;
    free_made_bytes(&volume);
    free_made_bytes(&sections);
    return failed;
}
