/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of an option ROM's images are, for what reads them and what makes them. */
#ifndef FORMATS_OPTION_ROM_FIELDS_H
#define FORMATS_OPTION_ROM_FIELDS_H

/* PCI Firmware 3.3, 5.1.1 to 5.1.3; UEFI 2.10, 14.4.2. */
enum {
    HEADER_LENGTH = 0x02, /* blocks; of an EFI image 16 bits, its initialisation size */
    HEADER_ENTRY = 0x03,
    HEADER_CHECKSUM = 0x06, /* iPXE's and QEMU's convention */
    HEADER_IPXE = 0x10,     /* iPXE's as well */
    HEADER_UNDI = 0x16,
    HEADER_PCIR = 0x18,
    HEADER_PNP = 0x1a,

    HEADER_EFI_SIGNATURE = 0x04,
    HEADER_EFI_SUBSYSTEM = 0x08,
    HEADER_EFI_MACHINE = 0x0a,
    HEADER_EFI_COMPRESSION = 0x0c,
    HEADER_EFI_IMAGE = 0x16,

    PCIR_VENDOR = 0x04,
    PCIR_DEVICE = 0x06,
    PCIR_DEVICE_LIST = 0x08,
    PCIR_LENGTH = 0x0a,
    PCIR_REVISION = 0x0c,
    PCIR_CLASS = 0x0d,
    PCIR_IMAGE_LENGTH = 0x10,
    PCIR_CODE_REVISION = 0x12,
    PCIR_CODE_TYPE = 0x14,
    PCIR_INDICATOR = 0x15,
    PCIR_MAX_RUNTIME = 0x16, /* revision 3 */
    PCIR_SIZE = 0x18,        /* of revision 0 */
    PCIR_SIZE_3 = 0x1c,

    INDICATOR_LAST = 0x80,

    EFI_SIGNATURE = 0x0ef1,
    EFI_SUBSYSTEM_APPLICATION = 0x0a,
    EFI_SUBSYSTEM_BOOT = 0x0b,
    EFI_SUBSYSTEM_RUNTIME = 0x0c,
};

#endif
