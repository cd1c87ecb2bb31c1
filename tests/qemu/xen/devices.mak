# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that Xen takes: without the HPET its clock stands still when this process has to wait.
CONFIG_Q35=y
CONFIG_HPET=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
