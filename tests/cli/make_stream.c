/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_stream [OPTION]... NAME=LENGTH...: writes the head of a migration stream with
 * these RAM blocks to standard output.
 *
 *   -m MACHINE   the machine type; without it there is no configuration
 *   -s FORMAT    a libvirt save image of this number, with the bare stream in it
 *   -p           libvirt did not finish it
 *   -r           mapped-ram
 *   -q NAME      a qcow2 image with the stream in a snapshot of this name; again for more
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixtures/qcow2_maker.h"

int main(int argc, char **argv)
{
    struct stream_spec spec = {0};
    struct save_spec save = {0};
    struct qcow2_spec image = {0};
    struct made_stream head = {0}, stream;
    int option, is_save = 0, snapshots = 0;
    size_t count = 0;

    while ((option = getopt(argc, argv, "m:s:prq:")) != -1) {
        switch (option) {
        case 'm':
            spec.machine = optarg;
            break;
        case 's':
            is_save = 1;
            save.format = (uint32_t)atoi(optarg);
            break;
        case 'p':
            save.magic = "LibvirtQemudPart";
            break;
        case 'r':
            spec.mapped = true;
            spec.capabilities[0] = "mapped-ram";
            break;
        case 'q':
            if (snapshots == QCOW2_MADE_SNAPSHOTS)
                return 2;
            image.snapshots[snapshots].id = (const char *[]){"1", "2", "3", "4"}[snapshots];
            image.snapshots[snapshots++].name = optarg;
            break;
        default:
            return 2;
        }
    }
    for (int i = optind; i < argc && count < STREAM_BLOCKS; i++) {
        char *equals = strrchr(argv[i], '=');

        if (!equals)
            return 2;
        *equals = '\0';
        spec.blocks[count].name = argv[i];
        spec.blocks[count++].length = strtoull(equals + 1, NULL, 0);
    }
    if (is_save)
        head = make_save(&save);
    spec.base = head.size;
    stream = make_stream(&spec);
    if (is_save)
        memcpy(stream.data, head.data, head.size);
    for (int i = 0; i < snapshots; i++) {
        image.snapshots[i].state = stream.data;
        image.snapshots[i].size = stream.size;
    }
    if (snapshots) {
        struct made_stream whole = make_qcow2(&image);

        free(stream.data);
        stream = whole;
    }
    fwrite(stream.data, 1, stream.size, stdout);
    free(head.data);
    free(stream.data);
    return fflush(stdout) != 0;
}
