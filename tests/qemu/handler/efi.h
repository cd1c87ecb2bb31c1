/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the handler and the program use of UEFI firmware, from the UEFI Specification 2.10: the
 * system table (4.3), boot services (4.4), configuration tables (4.6), the memory map (7.2.3).
 * All of it for x86_64, where clang's target x86_64-unknown-windows has UEFI's calling convention.
 */
#ifndef HANDLER_EFI_H
#define HANDLER_EFI_H

#include <stdint.h>

#define EFI_SUCCESS 0

struct efi_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

struct efi_table_header {
    uint64_t signature;
    uint32_t revision, size, crc32, reserved;
};

/* Memory types, 7.2.1; those from EFI_LOADER_CODE to EFI_CONVENTIONAL and ACPI's are RAM. */
enum {
    EFI_RESERVED,
    EFI_LOADER_CODE,
    EFI_LOADER_DATA,
    EFI_BOOT_CODE,
    EFI_BOOT_DATA,
    EFI_RUNTIME_CODE,
    EFI_RUNTIME_DATA,
    EFI_CONVENTIONAL,
    EFI_UNUSABLE,
    EFI_ACPI_RECLAIM,
    EFI_ACPI_NVS,
};

/* Firmware says how long one is in its map; it may grow. */
struct efi_memory {
    uint32_t type;
    uint64_t physical, virtual_address, pages, attribute;
};

#define EFI_EVENT_SIGNAL 0x200 /* EVT_NOTIFY_SIGNAL */
#define EFI_TPL_CALLBACK 8
#define EFI_READY_TO_BOOT                                  \
    {                                                      \
        0x7ce88fb3, 0x4bd7, 0x4679,                        \
        {                                                  \
            0x87, 0xa8, 0xa8, 0xd8, 0xde, 0xe5, 0x0d, 0x2b \
        }                                                  \
    }

struct efi_boot_services {
    struct efi_table_header header;
    void *raise_tpl, *restore_tpl;
    void *allocate_pages, *free_pages;
    uint64_t (*get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
                               uint32_t *version);
    void *allocate_pool, *free_pool;
    void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
    void *install_interface, *reinstall_interface, *uninstall_interface, *handle_protocol,
        *reserved, *register_notify, *locate_handle, *locate_path;
    uint64_t (*install_table)(const struct efi_guid *guid, void *table);
    void *load_image, *start_image, *exit, *unload_image;
    uint64_t (*exit_boot_services)(void *image, uint64_t key);
    void *monotonic_count, *stall, *set_watchdog;
    void *connect, *disconnect;
    void *open_protocol, *close_protocol, *open_information;
    void *protocols_per_handle, *locate_handles, *locate_protocol, *install_many, *uninstall_many;
    void *crc32;
    void *copy_memory, *set_memory;
    uint64_t (*create_event_ex)(uint32_t type, uint64_t level, void (*notify)(void *, void *),
                                void *context, const struct efi_guid *group, void **event);
};

struct efi_configuration {
    struct efi_guid guid;
    void *table;
};

struct efi_system_table {
    struct efi_table_header header;
    const uint16_t *vendor;
    uint32_t revision;
    void *input_handle, *input, *output_handle, *output, *error_handle, *error;
    void *runtime;
    struct efi_boot_services *boot;
    uint64_t configurations;
    struct efi_configuration *configuration;
};

/* What the driver leaves in the configuration table for the operating system. */
#define HANDLER_TABLE                                      \
    {                                                      \
        0x5a0ec91d, 0x2f0b, 0x4f5e,                        \
        {                                                  \
            0x9d, 0x3a, 0x52, 0x43, 0x48, 0x4d, 0x49, 0x47 \
        }                                                  \
    }

struct handler_table {
    uint64_t vector; /* of the interrupt that pauses a CPU */
    void (*pause)(
        void); /* what the guest's IDT must have there, in ring 0, with no stack of its own */
    void (*start)(void); /* to be called once, on CPU 0, after ExitBootServices() */
};

#endif
