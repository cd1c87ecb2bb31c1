/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A UEFI flash image: what kind it is, what is in it, and which variable store it expects. */
#ifndef FLASH_IMAGE_H
#define FLASH_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/firmware_volume.h"
#include "formats/foreign_file.h"
#include "formats/guided_table.h"
#include "flash/store_driver.h"
#include "formats/variable_store.h"
#include "inputs/file.h" /* FLASH_FILE_MAX */
#include "inputs/sha256.h"

#define FLASH_FURTHER_MAX 8
#define FLASH_VOLUMES_MAX 64                    /* volumes of an image that are kept */
#define FLASH_DEPTH_MAX 8                       /* volumes and sections in each other */
#define FLASH_PACKED_MAX 64                     /* compressed sections that are decoded */
#define FLASH_DECODED_MAX ((uint64_t)128 << 20) /* bytes that they make, together */

#define VIRT_FLASH_SIZE ((uint64_t)64 << 20) /* QEMU hw/arm/virt.c: each of the two */

/* QEMU hw/loongarch/virt.c, VIRT_FLASH0_SIZE and VIRT_FLASH1_SIZE: a device has its file's own
 * length up to this, which is what distributions ship. */
#define LOONGARCH_FLASH_SIZE ((uint64_t)16 << 20)

enum flash_kind {
    FLASH_CODE,
    FLASH_STORE,
    FLASH_COMBINED, /* store and code in one, for -bios */
    FLASH_BLANK,    /* one byte, 00 or FF, over and over */
    FLASH_QCOW2,    /* not by flash_open(), which looks at the disk in it or fails */
    FLASH_JSON,     /* the store of QEMU's uefi-vars device */
    FLASH_NV_VARS,  /* the file \NvVars of a guest's FAT volume: formats/nv_vars.h */
    FLASH_FOREIGN,  /* not for QEMU: `foreign` names it */
    FLASH_UNKNOWN,
};

enum flash_architecture {
    ARCH_UNKNOWN,
    ARCH_I386,
    ARCH_X86_64,
    ARCH_ARM,
    ARCH_AARCH64,
    ARCH_RISCV64,
    ARCH_LOONGARCH64,
};

struct flash_volume {
    size_t offset;
    uint64_t length;
    uint64_t free; /* bytes after its last file: what it can still grow by */
    uint8_t guid[GUID_SIZE];
};

/* The store that code expects. */
struct flash_expects {
    const char *source; /* how that is known; NULL: it is not */
    uint64_t volume_length;
    uint32_t block_length; /* 0: not known */
    uint64_t file_size;
    const struct varstore_layout *layout; /* NULL: none that is known */
};

struct image_digests;

struct flash_image {
    char *path;
    uint8_t *data;
    size_t size;
    bool qcow2; /* the file is one; all else is said of the disk in it */
    bool part;  /* flash_open_part(): not the whole file */
    char sha256[SHA256_TEXT_SIZE];
    enum flash_kind kind;

    /* FLASH_CODE and FLASH_COMBINED */
    size_t volume_count; /* all; the first FLASH_VOLUMES_MAX are kept */
    struct flash_volume volumes[FLASH_VOLUMES_MAX];
    enum flash_architecture architecture;
    bool secure_boot, smm, shell, xen;
    bool ftw_pei;      /* its variable driver learns of a write that was pending */
    bool raspberry_pi; /* the platform's own drivers are in it */
    bool tpm2, iscsi, pxe, http_boot;
    bool uefi_vars; /* it keeps its variables with QEMU's uefi-vars device, not in flash */
    /* Without flash it keeps variables that are set before the operating system starts in
     * \NvVars, and reads them from there. */
    bool nv_vars;
    bool debug;            /* built with debug messages; a release build prints none */
    size_t file_count;     /* files in all volumes, unpacked ones as well */
    struct failure unread; /* why a part could not be looked into; empty: all was */
    struct failure refused; /* of FLASH_JSON: why QEMU's device does not take it; empty: it does */
    struct flash_expects expects;
    struct store_driver driver; /* of the flash */
    struct guided_table table;
    struct image_digests *digests; /* of flash/digests.h; NULL: nobody asked for them */

    /* FLASH_FOREIGN */
    struct foreign_file foreign;
    size_t store_at;     /* of the store that firmware of another platform or a file of another
                          * kind holds; 0: none */
    size_t store_length; /* of one that can be cut out: there is no code around it; 0: none */
    /* Further stores behind that one; there may be more than are kept. */
    size_t further_at[FLASH_FURTHER_MAX], further_count;

    /* FLASH_JSON and FLASH_NV_VARS, once read: the variables of `store`, which has no volume.
     * `data` then has them alone. */
    bool has_list;

    /* FLASH_STORE and FLASH_COMBINED */
    bool has_store;
    struct varstore store;
    uint8_t *store_bytes; /* of the store's volume, once `data` was forgotten; NULL: not sound */
    bool enrolled;        /* it has a platform key: Secure Boot is on */
    /* FLASH_COMBINED: without a flash device the variables are those of the store in it. */
    bool reads_own_store;

    uint8_t blank; /* FLASH_BLANK: the byte */
};

/* What firmware can do, as far as it is to be seen in an image. */
enum flash_feature {
    FEATURE_SECURE_BOOT,
    FEATURE_SMM,
    FEATURE_SEV,
    FEATURE_SEV_ES,
    FEATURE_SNP,
    FEATURE_TDX,
    FEATURE_SHELL,
    FEATURE_XEN,
    FEATURE_DEBUG,
    FEATURE_TPM2,
    FEATURE_ISCSI,
    FEATURE_PXE,
    FEATURE_HTTP_BOOT,
    FEATURE_ENROLLED_KEYS, /* of a store */
    FEATURE_COUNT,
};
/* "secure-boot", "smm", ...; ends with NULL. */
extern const char *const flash_feature_names[FEATURE_COUNT + 1];

/* Bit 1 << FEATURE_X for each that the image has. */
unsigned flash_features(const struct flash_image *image);

/* The volume that the firmware proper is in, the longest with files, or NULL. edk2 gives it a
 * fixed length: when what is packed into it no longer fits, the firmware cannot be built. */
const struct flash_volume *flash_main_volume(const struct flash_image *image);

/* The length of the volume of variables that code expects, or that a store has; 0: not known. */
uint64_t flash_store_length(const struct flash_image *image);

/* Reads the file or block device. 0, or -1 when it cannot be read at all; what makes no sense
 * is FLASH_UNKNOWN. */
int flash_open(const char *path, struct flash_image *image, struct failure *f);
/* The same for its first `length` bytes, which QEMU is given by size=; 0: all of it. */
int flash_open_part(const char *path, uint64_t length, struct flash_image *image,
                    struct failure *f);
/* The same for bytes that are there already, which from then on belong to the image. */
void flash_take(const char *path, uint8_t *data, size_t size, struct flash_image *image);
/* The same for those of a file, which may be a qcow2 file: where the disk in it cannot be
 * looked at, it is FLASH_QCOW2, and `unread` says why. */
void flash_take_file(const char *path, uint8_t *data, size_t size, struct flash_image *image);

/* The same for code of which nothing but the expected store is wanted: where that can be seen
 * without, compressed volumes are left alone, and what is in them stays unknown. */
int flash_open_for_store(const char *path, struct flash_image *image, struct failure *f);
/* The bytes alone, of the disk in it where the file is qcow2; free them. 0 or -1. */
int flash_read(const char *path, uint8_t **data, size_t *size, struct failure *f);
void flash_close(struct flash_image *image);

/* Frees `data`, and keeps what was found in it, and the bytes of a sound store. */
void flash_forget_bytes(struct flash_image *image);

const char *flash_kind_name(enum flash_kind kind);
/* The same in words for a message, which for a foreign file are what it is. */
const char *flash_kind_text(const struct flash_image *image);
/* "PATH: not WHAT (found KIND)", and of a foreign file what to do. Always returns -1. */
int flash_refuse(const struct flash_image *image, const char *what, struct failure *f);
/* The same where a store is wanted: of a blank file it says how to make one. */
int flash_refuse_store(const struct flash_image *image, const char *what, struct failure *f);
const char *flash_architecture_name(enum flash_architecture architecture);
bool flash_is_x86(enum flash_architecture architecture);

/* Bytes of each of the two flash devices of the architecture's virt machine, which takes only
 * files of that length; 0 where the devices are as long as their files. */
uint64_t flash_device_size(enum flash_architecture architecture);

#endif
