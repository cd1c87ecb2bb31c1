/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the XML of a guest on a host with ROM files and a compat map: each card has an
 * answer, and one that gets a file has the one of the host, and a reason.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/domain_roms.h"
#include "outputs/file.h"
#include "target.h"

static const char map[] = "romcompat-map 1\nset s\n  package p\n  machine pc-i440fx - 7.2\n"
                          "  machine pc-q35 2.4 7.2\n  rom efi-virtio.rom 262144 a.rom\n"
                          "  rom efi-e1000.rom 131072 missing.rom\n"
                          "  rom efi-rtl8139.rom 524288 a.rom\nend\n";
static char directory[] = "/tmp/romcompat-fuzz-XXXXXX";
static struct romcompat *maps;

static void remove_host(void)
{
    char path[64];

    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, i ? "a.rom" : "efi-virtio.rom");
        remove(path);
    }
    remove(directory);
}

static void make_host(void)
{
    static uint8_t rom[262144];
    struct failure f;
    char path[64];

    if (!mkdtemp(directory) || romcompat_open_buffer(map, sizeof map - 1, "map", &maps) != 0)
        abort();
    atexit(remove_host);
    snprintf(path, sizeof path, "%s/a.rom", directory);
    if (write_file_atomically(path, rom, sizeof rom, 0644, &f) != 0)
        abort();
    snprintf(path, sizeof path, "%s/efi-virtio.rom", directory);
    if (write_file_atomically(path, rom, 1000, 0644, &f) != 0)
        abort();
}

static void ask(const struct domain_xml *x, struct destination *to)
{
    for (size_t i = 0; i < x->device_count; i++) {
        struct domain_rom answer;

        if (!domain_rom_is_asked(x, &x->devices[i]))
            continue;
        domain_rom_of(x, &x->devices[i], to, maps, &answer);
        if ((answer.answer == DOMAIN_ROM_GETS) != (answer.file != NULL) ||
            (answer.answer >= DOMAIN_ROM_GETS) != (answer.why != NULL) ||
            (answer.file && !strstr(answer.file, "/a.rom")))
            abort();
        domain_rom_free(&answer);
        free(domain_device_label(&x->devices[i]));
    }
}

int try_input(const uint8_t *data, size_t size)
{
    const char *const directories[] = {directory};
    struct destination to;
    struct domain_xml x;
    struct failure f;

    if (!maps)
        make_host();
    if (domain_xml_parse("fuzz", data, size, &x, &f) != 0)
        return 0;
    if (destination_of_directories(&to, directories, 1, &f) != 0)
        abort();
    ask(&x, &to);
    destination_close(&to);
    domain_xml_free(&x);
    return 0;
}
