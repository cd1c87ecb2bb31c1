/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/incus_backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/yaml.h"

static const struct yaml_node *member(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->values[i];
    return NULL;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = member(map, key);

    return node && node->kind == YAML_TEXT && *node->text ? node->text : NULL;
}

static bool is(const struct yaml_node *map, const char *key, const char *wanted)
{
    const char *text = text_of(map, key);

    return text && strcmp(text, wanted) == 0;
}

/* Incus internal/server/instance/drivers/driver_qemu.go, addNetDevConfig(): virtio-net-pci, but for
 * cards of the host (vfio) and those on USB. s390x has them on another bus, without a ROM. */
static void read_devices(const struct yaml_node *devices, struct qemu_command *c)
{
    bool has_roms = strcmp(c->architecture, "s390x") != 0;

    for (size_t i = 0; devices && devices->kind == YAML_MAP && i < devices->count; i++) {
        const struct yaml_node *d = devices->values[i];

        if (is(d, "type", "tpm")) {
            c->has_tpm = true;
            c->swtpm = SWTPM_MAYBE; /* Incus's packages may bring one of their own */
        }
        if (has_roms && is(d, "type", "nic") && !is(d, "nictype", "physical") &&
            !is(d, "nictype", "sriov") && !is(d, "io.bus", "usb"))
            qemu_command_add_card(c, "virtio-net-pci", NULL, false);
    }
}

static void read_instance(const struct yaml_node *instance, struct qemu_command *c)
{
    const struct yaml_node *config = member(instance, "expanded_config");
    const char *name = text_of(instance, "name"), *uuid = text_of(config, "volatile.uuid");
    const char *architecture = text_of(instance, "architecture");
    const char *raw = text_of(config, "raw.qemu"), *sections = text_of(config, "raw.qemu.conf");

    if (architecture && strcmp(architecture, "ppc64le") == 0)
        architecture = "ppc64"; /* as QEMU calls it */
    c->architecture = xstrdup(architecture ? architecture : "x86_64");
    c->binary = xasprintf("qemu-system-%s", c->architecture);
    c->name = xstrdup_or_null(name);
    c->uuid = xstrdup_or_null(uuid);
    if (raw && qemu_command_text_decides(raw))
        c->doubt = xasprintf("raw.qemu: %s", raw);
    else if (sections)
        c->doubt = xstrdup("raw.qemu.conf changes what it is started with");
    read_devices(member(instance, "expanded_devices"), c);
}

int incus_backup_parse(const char *name, const uint8_t *data, size_t size,
                       struct qemu_command *command, struct failure *f)
{
    struct qemu_command made = {0};
    struct yaml_node *root;

    if (yaml_tree_parse_long(name, data, size, INCUS_BACKUP_MAX, &root, f) != 0)
        return -1;
    const struct yaml_node *instance = member(root, "container");
    if (!instance)
        instance = member(root, "instance");
    int result = instance && instance->kind == YAML_MAP ? 0 : -1;
    if (result == 0) {
        made.is_guest = is(instance, "type", "virtual-machine");
        read_instance(instance, &made);
        *command = made;
    } else {
        fail(f, "%s: not the backup.yaml of an instance (expected a map \"container\")", name);
    }
    yaml_tree_free(root);
    return result;
}
