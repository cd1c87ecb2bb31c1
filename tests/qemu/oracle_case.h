/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases for the oracle: guests and destinations, drawn from a seed. The same seed and number
 * give the same case, whichever others are played.
 */
#ifndef TESTS_QEMU_ORACLE_CASE_H
#define TESTS_QEMU_ORACLE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/rom_devices.h"

enum {
    ORACLE_DEVICES = 3,
    ORACLE_DESTINATIONS = 4,
    ORACLE_MACHINES = 128,
    ORACLE_ALIASES = 4,
    ORACLE_QEMUS = 8
};

/* How the guest comes to the destination. Those from ORACLE_MONITOR on are alive when preflight
 * is asked. */
enum oracle_way {
    ORACLE_EXEC,
    ORACLE_FILE,
    ORACLE_FD,
    ORACLE_GZIP,
    ORACLE_MAPPED,
    ORACLE_MAPPED_MULTIFD,
    ORACLE_SNAPSHOT,
    ORACLE_SAVE_RAW,
    ORACLE_SAVE_GZIP,
    ORACLE_SAVE_BZIP2,
    ORACLE_SAVE_XZ,
    ORACLE_SAVE_LZOP,
    ORACLE_SAVE_ZSTD,
    ORACLE_SAVE_SPARSE,
    ORACLE_MONITOR, /* the text of info ramblock, then a migration over a socket */
    ORACLE_QMP,
    ORACLE_MULTIFD,
    ORACLE_MULTIFD_ZLIB,
    ORACLE_POSTCOPY,
    ORACLE_WAYS,
};

enum oracle_place {
    ORACLE_ROOT,
    ORACLE_SECOND_FUNCTION, /* of the device before it */
    ORACLE_BRIDGE,
    ORACLE_NESTED_BRIDGE,
    ORACLE_EXPANDER,
    ORACLE_PORT,
    ORACLE_SWITCH,
    ORACLE_EXPRESS_BRIDGE,
    ORACLE_DMI_BRIDGE,
};

enum oracle_option {
    ORACLE_NO_OPTION,
    ORACLE_ROMFILE,
    ORACLE_NO_ROM,
    ORACLE_ROMBAR,
    ORACLE_ROMSIZE
};

/* Where the option stands. */
enum oracle_means {
    ORACLE_PROPERTY,
    ORACLE_GLOBAL,
    ORACLE_SET,
    ORACLE_READCONFIG,
    ORACLE_JSON,
    ORACLE_MEANS,
};

enum oracle_plug { ORACLE_COLD, ORACLE_HOTPLUGGED, ORACLE_UNPLUGGED };

enum oracle_firmware {
    ORACLE_DEFAULT_BIOS,
    ORACLE_OTHER_DEFAULT_BIOS, /* a file of that name with another length */
    ORACLE_BIOS,
    ORACLE_FLASH,
    ORACLE_FLASH_QCOW2,
};

struct oracle_device {
    const char *type, *rom;
    enum oracle_place place;
    enum oracle_option option;
    enum oracle_means means;
    enum oracle_plug plug;
    uint64_t rom_size, user_size, romsize; /* user_size: of the file that romfile= names */
};

/* A QEMU that the cases may use. */
struct oracle_qemu {
    char which[32];   /* as start() has it */
    char patched[32]; /* the same one, but it reads maps; "": there is none */
    unsigned major, minor;
    bool is_arm;
    char machines[ORACLE_MACHINES][48];
    size_t machine_count;
    struct {
        char name[16], type[48];
    } aliases[ORACLE_ALIASES];
    size_t alias_count;
};

struct oracle_guest {
    uint64_t number;
    const struct oracle_qemu *qemu;
    const char *machine;
    const char *alias; /* by which it is started, here and there; NULL: by its own name */
    enum oracle_way way;
    struct oracle_device devices[ORACLE_DEVICES];
    size_t device_count;
    enum oracle_firmware firmware;
    uint64_t firmware_size, store_size; /* 0: none */
};

/* What is otherwise there than where the guest comes from. */
struct oracle_there {
    uint64_t number; /* of the case */
    const struct oracle_qemu *qemu;
    int64_t rom_size[ORACLE_DEVICES]; /* below 0: no such file */
    bool is_second[ORACLE_DEVICES];   /* it stands in the second directory */
    uint64_t user_size[ORACLE_DEVICES];
    uint64_t firmware_size, store_size;
    bool cold;       /* started from cold as well */
    bool dry;        /* also given to preflight --try */
    bool tells_qemu; /* preflight is told which QEMU the guest comes from */
    /* The QEMU there reads maps, of packages with the ROMs that the guest was started with. */
    bool has_maps, is_installed;
};

/* Case `number` is destination number % ORACLE_DESTINATIONS of its guest. */
void oracle_draw_guest(uint64_t seed, uint64_t number, const struct oracle_qemu *qemus,
                       size_t count, struct oracle_guest *guest);
void oracle_draw_there(uint64_t seed, const struct oracle_guest *guest, uint64_t number,
                       const struct oracle_qemu *qemus, size_t count, struct oracle_there *there);

/* The QEMU there, as start() has it. */
const char *oracle_qemu_there(const struct oracle_there *there);
bool oracle_is_alive(enum oracle_way way);
bool oracle_is_save(enum oracle_way way);
bool oracle_is_mapped(enum oracle_way way);
bool oracle_knows(const struct oracle_qemu *qemu, const char *machine);
const char *oracle_way_name(enum oracle_way way);

/* "virtio-net-pci behind a port, romfile= by -global": for people. */
void oracle_describe(const struct oracle_guest *guest, char *text, size_t size);

#endif
