/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handler as UEFI loads it: a runtime driver in the option ROM of the shared memory's device.
 * A demonstration, romcompat-handler(7).
 */
#include "channel.h"
#include "cpu.h"
#include "efi.h"
#include "handler.h"
#include "machine.h"
#include "seal.h"

extern uint8_t __ImageBase[];

static struct handler_setup setup;

static void start(void)
{
    handler_runs_guest();
    if (!cpu_start_handler(handler_main))
        say("ROMCOMPAT-HANDLER: there is no CPU 1\r\n");
}

static struct handler_table table = {PAUSE_VECTOR, cpu_pause_interrupt, start};

/* The end of the memory below 4 GiB; 0: there is more above, or the map does not fit. */
static uint64_t end_of_memory(struct efi_boot_services *boot)
{
    static uint8_t map[16384];
    uint64_t size = sizeof(map), key, step, end = 0;
    uint32_t version;

    if (boot->get_memory_map(&size, map, &key, &step, &version) != EFI_SUCCESS)
        return 0;
    for (uint64_t i = 0; i + sizeof(struct efi_memory) <= size; i += step) {
        const struct efi_memory *m = (const void *)(map + i);
        uint64_t m_end = m->physical + m->pages * PAGE;

        if (m->type == EFI_RESERVED || m->type > EFI_ACPI_NVS || m->type == EFI_UNUSABLE)
            continue;
        if (m_end > 4ull << 30)
            return 0;
        if (m_end > end)
            end = m_end;
    }
    return end;
}

/* The last moment at which firmware's drivers have set up all devices, and nothing is booted yet. */
static void ready_to_boot(void *event, void *boot)
{
    uint64_t length, address = find_ivshmem(&length);

    (void)event;
    setup.memory = end_of_memory(boot);
    setup.channel = (void *)(uintptr_t)address;
    if (!address || length != CHANNEL_SIZE || !setup.memory || setup.memory > MAX_PAGES * PAGE ||
        !cpu_prepare(address, length)) {
        say("ROMCOMPAT-HANDLER: no shared memory of 4 MiB, or the guest's is not below 256 "
            "MiB\r\n");
        return;
    }
    handler_prepare(&setup);
    if (setup.channel->role != ROLE_TARGET)
        return;
    /* Nothing else runs here any more. */
    __asm__ volatile("cli");
    out8(0x21, 0xff); /* the firmware's timer */
    out8(0xa1, 0xff);
    if (cpu_start_handler(handler_main))
        cpu_wait();
    say("ROMCOMPAT-HANDLER: there is no CPU 1\r\n");
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)get_le(from, 4);
}

uint64_t efi_main(void *image, struct efi_system_table *system);
uint64_t efi_main(void *image, struct efi_system_table *system)
{
    static const struct efi_guid table_guid = HANDLER_TABLE, ready_guid = EFI_READY_TO_BOOT;
    const uint8_t *pe = __ImageBase + get32(__ImageBase + 0x3c);
    const uint8_t *section = pe + 24 + get_le(pe + 20, 2); /* the first one is .text */
    uint8_t secret[SECRET_SIZE];
    void *event;

    (void)image;
    setup.place = (uintptr_t)__ImageBase;
    setup.place_size = get32(pe + 24 + 56); /* SizeOfImage */
    say("\r\nROMCOMPAT-HANDLER: a demonstration, ");
    say_number(setup.place_size);
    say(" bytes at ");
    say_number(setup.place);
    say("\r\n");
    if (!read_fw_cfg("opt/org.romcompat/handler-secret", secret, sizeof(secret))) {
        say("ROMCOMPAT-HANDLER: no secret\r\n");
        return EFI_SUCCESS;
    }
    seal_prepare(secret);
    /* Both sides must be the same program: the guest's CPU goes on in this code. */
    seal_digest(__ImageBase + get32(section + 12), get32(section + 8), setup.code);
    if (system->boot->create_event_ex(EFI_EVENT_SIGNAL, EFI_TPL_CALLBACK, ready_to_boot,
                                      system->boot, &ready_guid, &event) != EFI_SUCCESS ||
        system->boot->install_table(&table_guid, &table) != EFI_SUCCESS)
        say("ROMCOMPAT-HANDLER: the firmware takes neither event nor table\r\n");
    return EFI_SUCCESS;
}
