/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which QEMU device type libvirt makes of a model in a domain's XML. The tests check the
 * tables against the `-device` arguments of a real libvirt (virsh domxml-to-native).
 */
#ifndef FORMATS_LIBVIRT_DEVICES_H
#define FORMATS_LIBVIRT_DEVICES_H

#include <stdbool.h>

/* The type of a network card with this <model type=>, at a PCI address. A model that
 * libvirt does not know it hands to QEMU as it is, and so does this. NULL: not on PCI. */
const char *libvirt_nic_type(const char *model);

/* The type of a video card; `arch` as in <type arch=> ("x86_64"). `accelerated`: it has
 * <acceleration accel3d='yes'>. NULL: one that is not on PCI, or not known. */
const char *libvirt_video_type(const char *model, const char *arch, bool is_primary,
                               bool accelerated);

/* The type of QEMU's object for <launchSecurity type=>: "sev-guest" for "sev". A type that is not
 * known is handed back as it is. */
const char *libvirt_encryption_type(const char *type);

/* Whether what sits behind a PCI controller of this model sits on PCI Express below the
 * root: there virtio devices have no legacy interface, and other ids (QEMU
 * hw/virtio/virtio-pci.c, virtio_pci_realize(), "pcie_port"). */
bool libvirt_bus_is_express_port(const char *controller_model);

#endif
