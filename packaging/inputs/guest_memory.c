/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/guest_memory.h"

void guest_memory_close(struct guest_memory *memory)
{
    if (memory->close)
        memory->close(memory);
    memory_map_free(&memory->map);
    *memory = (struct guest_memory){0};
}
