/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/libvirt_devices.h"

#include <stddef.h>
#include <string.h>

struct pair {
    const char *model, *type;
};

static const char *find(const struct pair *pairs, size_t count, const char *model)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].model, model) == 0)
            return pairs[i].type;
    return NULL;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *libvirt_nic_type(const char *model)
{
    /* libvirt src/qemu/qemu_command.c, qemuBuildNicDevProps(), qemuBuildVirtioDevGetConfigDev(). */
    static const struct pair virtio[] = {
        {"virtio", "virtio-net-pci"},
        {"virtio-transitional", "virtio-net-pci-transitional"},
        {"virtio-non-transitional", "virtio-net-pci-non-transitional"},
    };
    static const char *const elsewhere[] = {"usb-net", "spapr-vlan", "lan9118", "smc91c111",
                                            "netfront"};
    const char *type = find(virtio, COUNT(virtio), model);

    for (size_t i = 0; i < COUNT(elsewhere); i++)
        if (strcmp(model, elsewhere[i]) == 0)
            return NULL;
    return type ? type : model;
}

const char *libvirt_video_type(const char *model, const char *arch, bool is_primary,
                               bool accelerated)
{
    /* libvirt src/qemu/qemu_command.c, qemuDeviceVideo and qemuDeviceVideoSecondary. */
    static const struct pair primary[] = {{"vga", "VGA"},
                                          {"cirrus", "cirrus-vga"},
                                          {"vmvga", "vmware-svga"},
                                          {"qxl", "qxl-vga"},
                                          {"bochs", "bochs-display"}};
    static const struct pair secondary[] = {{"qxl", "qxl"}, {"bochs", "bochs-display"}};

    if (strcmp(model, "virtio") == 0) {
        /* virtio-vga is built for PC and POWER alone (QEMU hw/i386, hw/ppc: imply VIRTIO_VGA). */
        bool has_vga = strcmp(arch, "x86_64") == 0 || strcmp(arch, "i686") == 0 ||
                       strncmp(arch, "ppc64", 5) == 0;

        if (is_primary && has_vga)
            return accelerated ? "virtio-vga-gl" : "virtio-vga";
        return accelerated ? "virtio-gpu-gl-pci" : "virtio-gpu-pci";
    }
    return is_primary ? find(primary, COUNT(primary), model)
                      : find(secondary, COUNT(secondary), model);
}

const char *libvirt_encryption_type(const char *type)
{
    /* libvirt src/qemu/qemu_command.c, qemuBuildSecCommandLine(). */
    static const struct pair objects[] = {{"sev", "sev-guest"},
                                          {"sev-snp", "sev-snp-guest"},
                                          {"tdx", "tdx-guest"},
                                          {"s390-pv", "s390-pv-guest"}};
    const char *object = find(objects, COUNT(objects), type);

    return object ? object : type;
}

bool libvirt_bus_is_express_port(const char *controller_model)
{
    return strcmp(controller_model, "pcie-root-port") == 0 ||
           strcmp(controller_model, "pcie-switch-upstream-port") == 0 ||
           strcmp(controller_model, "pcie-switch-downstream-port") == 0;
}
