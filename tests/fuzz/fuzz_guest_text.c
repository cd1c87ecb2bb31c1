/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "formats/machine_types.h"
#include "formats/migration_log.h"
#include "formats/plain_text.h"
#include "formats/ramblock_text.h"
#include "formats/rom_devices.h"
#include "target.h"

/* Any name as a machine type: what is said of it does not contradict itself. */
static void read_machine(const char *name)
{
    const struct machine_family *family = machine_family_of(name);
    const char *architecture = architecture_of_binary(name);
    struct machine_expiry expiry;
    struct qemu_version release;
    bool has_release = machine_release(name, &release);

    if (family) {
        machine_nic(family, name);
        machine_video(family, name);
    }
    if ((has_release && !machine_is_versioned(name)) ||
        (machine_expiry(name, &expiry) && !has_release) ||
        (machine_has_virt_flash(name) && !family))
        abort();
    machine_bioses(name);
    if (architecture)
        machine_default(architecture);
}

/* Any name as a device type, and as the machine type that a device is in. */
static void read_device(const char *name, const struct rom_device *device)
{
    const struct rom_device *named = rom_device_of_type(name);

    if (!device)
        device = rom_devices;
    virtio_is_modern(true, name);
    if (!rom_device_file(device, device->types[0], name))
        abort();
    if (named && (!rom_device_ids(named, name, false) || !rom_device_ids(named, name, true) ||
                  !rom_device_file(named, name, NULL)))
        abort();
}

static void take(void *arg, const struct ramblock_line *line)
{
    const struct rom_device *device = NULL;
    char name[RAMBLOCK_NAME_MAX + 1];

    (void)arg;
    memcpy(name, line->name, line->name_length);
    name[line->name_length] = '\0';
    if ((ram_block_kind_of(name, &device) == RAM_BLOCK_ROM) != (device != NULL))
        abort();
    ram_block_is_flash(name, line->used);
    read_machine(name);
    read_device(name, device);
}

static void take_message(void *arg, const struct log_message *m, size_t line)
{
    if (!memchr(m->name, '\0', sizeof m->name) || !memchr(m->other, '\0', sizeof m->other))
        abort();
    if ((m->kind == LOG_LENGTHS || m->kind == LOG_UNKNOWN) && !m->name[0])
        abort();
    if (line == 0 || line > *(const size_t *)arg + 1)
        abort();
}

/* In two parts: what the first leaves is read with the second. */
static void read_as_log(const uint8_t *data, size_t size)
{
    struct plain_text t = {0};
    struct log_scan scan = {0};
    size_t room = 2 * size + 16, n, first, second;
    char *text = malloc(room);

    n = plain_text_read(&t, data, size / 2, false, text, room, &first);
    if (n > size / 2 || plain_text_read(&t, data + n, size - n, true, text + first, room - first,
                                        &second) != size - n)
        abort();
    n = migration_log_scan(&scan, text, first, false, take_message, &size);
    if (migration_log_scan(&scan, text + n, first + second - n, true, take_message, &size) !=
        first + second - n)
        abort();
    plain_text_is_binary(&t);
    free(text);
}

/* The same bytes as a monitor's table, as a log, and as one name. */
int try_input(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char name[64] = {0};
    struct failure f = {0};

    /* A guest that says no more than this. */
    memcpy(name, data, size < sizeof name ? size : sizeof name - 1);
    read_machine(name);
    read_device(name, NULL);

    ramblock_text_looks_like(text, size);
    if (ramblock_text_read("x", text, size, take, NULL, &f) != 0 && !f.what[0])
        abort();
    read_as_log(data, size);
    return 0;
}
