/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a variable store for bats files to standard output:
 *
 *     make_store LAYOUT [plain] VARIABLE... [pending=VARIABLE]
 *
 * LAYOUT is 2M, 4M or virt; VARIABLE is NAME:VENDOR:SIZE[:STATE[:COUNT]], VENDOR one byte
 * that fills the GUID. With pending= the store's place holds a torn copy, and the spare area
 * the store with that variable added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/store_maker.h"

static void add(struct made_store *store, char *word)
{
    char *part[5] = {0};
    size_t count = 0;

    for (char *p = strtok(word, ":"); p && count < 5; p = strtok(NULL, ":"))
        part[count++] = p;
    if (count < 3) {
        fprintf(stderr, "make_store: NAME:VENDOR:SIZE[:STATE[:COUNT]]\n");
        exit(2);
    }
    add_made_variable(
        store, &(struct variable_spec){.name = part[0],
                                       .vendor = (uint8_t)strtoul(part[1], NULL, 0),
                                       .size = strtoul(part[2], NULL, 0),
                                       .fill = (uint8_t)part[0][strlen(part[0]) - 1],
                                       .state = part[3] ? (uint8_t)strtoul(part[3], NULL, 16) : 0,
                                       .count = part[4] ? strtoul(part[4], NULL, 0) : 0,
                                       .time = 5,
                                       .key = 6});
}

static void make_pending(struct made_store *store, char *word)
{
    uint8_t *data = store->data;
    struct ftw_spec write = {.allocated = true,
                             .spare_completed = true,
                             .offset = 0x48,
                             .length = store->layout->store_size};
    size_t length = (write.offset + write.length + store->layout->block_length - 1) /
                    store->layout->block_length * store->layout->block_length;

    add(store, word);
    memcpy(data + store->layout->spare_at, data, length);
    memset(data + 0x100, 0xff, 0x1000);
    add_made_write(store, 0, &write);
}

int main(int argc, char **argv)
{
    int first = 2;

    if (argc < 2)
        return 2;
    bool plain = argc > 2 && strcmp(argv[2], "plain") == 0;
    struct made_store store = make_store(strcmp(argv[1], "2M") == 0   ? "OVMF 2M"
                                         : strcmp(argv[1], "4M") == 0 ? "OVMF 4M"
                                                                      : argv[1],
                                         plain ? VARSTORE_PLAIN : VARSTORE_AUTHENTICATED);
    for (int i = first + plain; i < argc; i++) {
        if (strncmp(argv[i], "pending=", 8) == 0)
            make_pending(&store, argv[i] + 8);
        else
            add(&store, argv[i]);
    }
    bool written = fwrite(store.data, 1, store.size, stdout) == store.size && fflush(stdout) == 0;
    free_made_store(&store);
    return written ? 0 : 2;
}
