/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/incus_backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/yaml.h"

static bool is_map(const struct yaml_node *node)
{
    return node && node->kind == YAML_MAP;
}

static const struct yaml_node *member(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; is_map(map) && i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->values[i];
    return NULL;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = member(map, key);

    return node && node->kind == YAML_TEXT && *node->text ? node->text : NULL;
}

static bool text_is(const struct yaml_node *map, const char *key, const char *wanted)
{
    const char *text = text_of(map, key);

    return text && strcmp(text, wanted) == 0;
}

/* Cards and other devices of the host, for vfio. Of a card with `network` alone the kind of that
 * network decides; Incus notes of its last start where such a card was. */
static bool is_of_host(const struct yaml_node *d, const char *name, const struct yaml_node *config)
{
    char *slot = xasprintf("volatile.%s.last_state.pci.slot.name", name);
    bool is = text_is(d, "type", "gpu") || text_is(d, "type", "pci") ||
              text_is(d, "type", "infiniband") ||
              (text_is(d, "type", "nic") &&
               (text_is(d, "nictype", "physical") || text_is(d, "nictype", "sriov") ||
                text_is(d, "acceleration", "sriov") || text_of(config, slot)));

    free(slot);
    return is;
}

/* Incus internal/server/instance/drivers/driver_qemu.go, addNetDevConfig(): virtio-net-pci, but for
 * cards of the host and those on USB. s390x has them on another bus, without a ROM. */
static void read_devices(const struct yaml_node *devices, const struct yaml_node *config,
                         struct qemu_command *c)
{
    bool has_roms = strcmp(c->architecture, "s390x") != 0;

    for (size_t i = 0; is_map(devices) && i < devices->count; i++) {
        const struct yaml_node *d = devices->values[i];

        if (text_is(d, "type", "tpm")) {
            c->has_tpm = true;
            c->swtpm = SWTPM_MAYBE; /* Incus's packages may bring one of their own */
        }
        if (is_of_host(d, devices->keys[i]->text, config))
            keep_first(&c->doubt, QEMU_HOST_DEVICE);
        else if (has_roms && text_is(d, "type", "nic") && !text_is(d, "io.bus", "usb"))
            qemu_command_add_card(c, "virtio-net-pci", NULL, false);
    }
}

/* What of the configuration leaves open how QEMU is started: internal/instance/config.go. */
static void read_config(const struct yaml_node *config, struct qemu_command *c)
{
    static const char *const keys[] = {"raw.qemu.conf", "raw.qemu.scriptlet", "raw.qemu.qmp.early",
                                       "raw.qemu.qmp.pre-start", "raw.qemu.qmp.post-start"};
    const char *raw = text_of(config, "raw.qemu");

    if (raw && qemu_command_text_decides(raw))
        keep_first(&c->doubt, "raw.qemu: %s", raw);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_of(config, keys[i]))
            keep_first(&c->doubt, "%s changes what it is started with", keys[i]);
}

static void read_instance(const struct yaml_node *instance, struct qemu_command *c)
{
    const struct yaml_node *config = member(instance, "expanded_config");
    const char *name = text_of(instance, "name"), *uuid = text_of(config, "volatile.uuid");
    const char *architecture = text_of(instance, "architecture");
    const struct yaml_node *devices = member(instance, "expanded_devices");

    if (architecture && strcmp(architecture, "ppc64le") == 0)
        architecture = "ppc64"; /* as QEMU calls it */
    c->architecture = xstrdup(architecture ? architecture : "x86_64");
    c->binary = xasprintf("qemu-system-%s", c->architecture);
    c->name = xstrdup_or_null(name);
    c->uuid = xstrdup_or_null(uuid);
    if (!is_map(config) || !is_map(devices))
        keep_first(&c->doubt, "what its profiles add: no expanded_config and expanded_devices");
    if (text_is(instance, "stateful", "true"))
        keep_first(&c->doubt, "its memory was saved, and with which machine type is not known");
    read_config(config, c);
    read_devices(devices, config, c);
}

/* Memory of snapshots: like that of the guest, their machine type is not written down. */
static void read_snapshots(const struct yaml_node *snapshots, struct qemu_command *c)
{
    for (size_t i = 0; snapshots && snapshots->kind == YAML_LIST && i < snapshots->count; i++)
        if (text_is(snapshots->values[i], "stateful", "true"))
            keep_first(&c->doubt, "the memory of a snapshot, whose machine type is not known");
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
    int result = is_map(instance) ? 0 : -1;
    if (result == 0) {
        made.is_guest = text_is(instance, "type", "virtual-machine");
        read_instance(instance, &made);
        read_snapshots(member(root, "snapshots"), &made);
        *command = made;
    } else {
        fail(f, "%s: not the backup.yaml of an instance (expected a map \"container\")", name);
    }
    yaml_tree_free(root);
    return result;
}
