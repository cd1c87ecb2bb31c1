/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "formats/machine_types.h"
#include "formats/migration_log.h"
#include "formats/ramblock_text.h"
#include "formats/rom_devices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *arg, const struct ramblock_line *line)
{
    const struct rom_device *device = NULL;
    char name[RAMBLOCK_NAME_MAX + 1];

    (void)arg;
    memcpy(name, line->name, line->name_length);
    name[line->name_length] = '\0';
    if ((ram_block_kind_of(name, &device) == RAM_BLOCK_ROM) != (device != NULL))
        abort();
    machine_family_of(name);
    machine_bioses(name);
}

/* The same bytes as a monitor's table and as a log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct failure f = {0};

    ramblock_text_looks_like(text, size);
    if (ramblock_text_read("x", text, size, take, NULL, &f) != 0 && !f.what[0])
        abort();
    struct log_line line = migration_log_read(text, size);
    if (memchr(line.name, '\0', sizeof line.name) == NULL)
        abort();
    if ((line.kind == LOG_LENGTHS || line.kind == LOG_UNKNOWN) && !line.name[0])
        abort();
    return 0;
}
