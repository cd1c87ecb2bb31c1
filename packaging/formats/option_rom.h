/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI option ROMs: bytes in, structs out.
 *
 * A ROM file is a chain of images, each PCIR image length long; what follows
 * the last one is padding. A ROM without PCIR (an ISA VGA BIOS, linuxboot_dma.bin)
 * is a chain of one image, as long as byte 2 of its header says.
 *
 * Sources: PCI Firmware Specification 3.3, chapter 5 (header, PCIR, device
 * list); UEFI 2.10, 14.4.2 (EFI header); Plug and Play BIOS Specification 1.0A,
 * 3.2 ($PnP); PXE 2.1, 3.1 (UNDI). What firmware makes of a defect: SeaBIOS
 * src/optionroms.c, edk2 MdeModulePkg/Bus/Pci/PciBusDxe/PciOptionRomSupport.c.
 *
 * All offsets and lengths are in bytes and all offsets count from the start of
 * the file, unless a comment says otherwise.
 */
#ifndef FORMATS_OPTION_ROM_H
#define FORMATS_OPTION_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits. Reading stops with a defect where a file goes beyond the first; the
 * others only bound what is kept, the counts stay right. */
#define OPTROM_IMAGES_MAX 1024  /* images in a chain */
#define OPTROM_DEVICES_MAX 128  /* ids kept of one device list */
#define OPTROM_PNP_MAX 16       /* $PnP structures kept of one image */
#define OPTROM_TEXT_MAX 255     /* bytes kept of a text of a $PnP structure */
#define OPTROM_DEFECTS_MAX 4096 /* defects kept of one ROM */

#define OPTROM_BLOCK 512        /* unit of the length fields */
#define OPTROM_HEADER_MIN 0x1a  /* a header, up to and with the PCIR pointer */
#define OPTROM_FILE_MIN 0x1c    /* and with the $PnP pointer: the shortest file */
#define OPTROM_SIGNATURE 0xaa55 /* little-endian: 55 AA in the file */

/* PCIR code types. */
enum optrom_code_type {
    OPTROM_LEGACY = 0, /* PC-AT */
    OPTROM_OPEN_FIRMWARE = 1,
    OPTROM_HP_PA = 2,
    OPTROM_EFI = 3,
    OPTROM_NVIDIA = 0xe0, /* data of NVIDIA's own: SeaBIOS and edk2 skip it */
    OPTROM_NO_PCIR = -1,  /* ISA style: a legacy image without PCIR */
};

/* Text inside the ROM: not ended by NUL, may hold any byte. NULL: none. */
struct optrom_text {
    const char *text;
    size_t length;
};

struct optrom_pnp {
    size_t offset;
    uint8_t revision;
    size_t length; /* bytes (the file counts in 16) */
    struct optrom_text manufacturer, product;
    uint16_t boot_connection_vector; /* BCV and BEV: relative to the image; 0: none */
    uint16_t boot_entry_vector;
};

struct optrom_undi {
    bool present;
    size_t offset;
    uint8_t major, minor;
    uint16_t entry; /* relative to the image */
};

/* iPXE's own structure: romprefix.S, "ipxeheader". */
struct optrom_ipxe {
    bool present;
    size_t offset;
    uint32_t build_id;
    size_t shrunk_length; /* what the ROM keeps of itself after start; 0: unknown */
};

struct optrom_efi {
    uint32_t signature;         /* 0x0EF1 */
    size_t initialisation_size; /* u16 at 2, in bytes */
    uint16_t subsystem, machine, compression;
    const char *subsystem_name; /* never NULL; "unknown" */
    const char *machine_name;   /* "x86_64", ...; never NULL; "unknown" */
    bool compressed;
    size_t image_offset;    /* of the PE image or the compressed payload, relative to the image */
    bool has_payload_sizes; /* compressed, and the two lengths are there */
    uint32_t compressed_size, original_size;
};

struct optrom_image {
    size_t offset;
    size_t length;        /* what the chain goes on by: PCIR image length, else header_length */
    size_t header_length; /* byte 2, in bytes: for EFI the low byte of initialisation_size only */
    int code_type;        /* enum optrom_code_type or the unknown value found */
    const char *code_type_name; /* "legacy", "EFI", "ISA", ...; never NULL; "unknown" */
    bool inside_file;           /* the whole image is in the file */
    bool last;                  /* indicator bit 7; true for an image without PCIR */
    uint8_t indicator;

    bool has_pcir; /* the fields up to `devices` are zero without */
    size_t pcir_offset;
    uint8_t pcir_revision;
    uint16_t pcir_length;
    uint16_t vendor, device;
    uint32_t class_code; /* 24 bits */
    uint16_t code_revision;
    size_t max_runtime_length; /* revision 3, in bytes; else 0 */
    bool has_device_list;
    size_t device_list_offset;
    size_t device_count;                  /* all of them */
    uint16_t devices[OPTROM_DEVICES_MAX]; /* the first of them */

    bool has_checksum; /* legacy and ISA: [offset, offset + header_length) is in the file */
    uint8_t checksum;  /* their sum modulo 256: 0 is right */

    size_t pnp_count; /* all of them */
    struct optrom_pnp pnp[OPTROM_PNP_MAX];
    struct optrom_undi undi;
    struct optrom_ipxe ipxe;
    struct optrom_efi efi; /* meaningful for code_type OPTROM_EFI */
};

/*
 * Defects. Error: firmware will not run the ROM or skips an image of it,
 * or reading cannot go on. Warning: it runs, but a strict reader complains.
 * The list, with grades and texts, is in option_rom_defects.c.
 */
enum optrom_grade { OPTROM_WARNING, OPTROM_ERROR };

enum optrom_defect_kind {
    /* the file */
    OPTROM_FILE_EMPTY,
    OPTROM_FILE_TOO_SHORT,
    OPTROM_FILE_BLANK,
    OPTROM_SIGNATURE_WRONG,
    OPTROM_SIGNATURE_SWAPPED,
    OPTROM_LEADING_JUNK,
    OPTROM_BUCKET_TOO_SMALL,
    /* the header and the way to PCIR */
    OPTROM_LENGTH_BYTE_ZERO,
    OPTROM_LENGTH_BYTE_PAST_FILE,
    OPTROM_LENGTH_BYTE_MISMATCH,
    OPTROM_IMAGE_OVER_255_BLOCKS,
    OPTROM_CHECKSUM_WRONG,
    OPTROM_PCIR_MISSING,
    OPTROM_PCIR_PAST_FILE,
    OPTROM_PCIR_IN_HEADER,
    OPTROM_PCIR_UNALIGNED,
    OPTROM_PCIR_SIGNATURE_WRONG,
    /* PCIR */
    OPTROM_PCIR_LENGTH_SHORT,
    OPTROM_PCIR_LENGTH_PAST_IMAGE,
    OPTROM_PCIR_REVISION_UNKNOWN,
    OPTROM_CODE_TYPE_UNKNOWN,
    OPTROM_IMAGE_LENGTH_ZERO,
    OPTROM_IMAGE_PAST_FILE,
    OPTROM_IMAGE_PAST_BUCKET,
    OPTROM_INDICATOR_RESERVED_BITS,
    OPTROM_DEVICE_LIST_PAST_IMAGE,
    OPTROM_DEVICE_LIST_UNTERMINATED,
    /* EFI */
    OPTROM_EFI_SIGNATURE_WRONG,
    OPTROM_EFI_SIZE_ZERO,
    OPTROM_EFI_SIZE_PAST_IMAGE,
    OPTROM_EFI_SUBSYSTEM_WRONG,
    OPTROM_EFI_MACHINE_UNKNOWN,
    OPTROM_EFI_COMPRESSION_UNKNOWN,
    OPTROM_EFI_OFFSET_WRONG,
    OPTROM_EFI_PAYLOAD_SIZE_WRONG,
    OPTROM_EFI_PAYLOAD_NOT_PE,
    OPTROM_EFI_FIRST,
    /* $PnP */
    OPTROM_PNP_PAST_IMAGE,
    OPTROM_PNP_SIGNATURE_WRONG,
    OPTROM_PNP_CHECKSUM_WRONG,
    OPTROM_PNP_LOOP,
    OPTROM_PNP_STRING_OUT_OF_RANGE,
    /* the chain */
    OPTROM_LAST_MISSING,
    OPTROM_LAST_EARLY,
    OPTROM_GAP,
    OPTROM_GAP_UNALIGNED,
    OPTROM_ROM_AFTER_LAST,
    OPTROM_DATA_AFTER_LAST,
    OPTROM_TOO_MANY_IMAGES,
    OPTROM_DEFECT_KINDS, /* how many there are */
};

#define OPTROM_NO_IMAGE SIZE_MAX /* `image` of a defect of the file itself */

struct optrom_defect {
    enum optrom_defect_kind kind;
    enum optrom_grade grade; /* of this occurrence: where a kind knows both, as it was met */
    const char *name;        /* stable: "image-length-zero" */
    size_t image;            /* index, or OPTROM_NO_IMAGE */
    size_t offset;           /* of the field that is wrong */
    bool has_found, has_expected;
    uint64_t found, expected;
};

enum optrom_fill {
    OPTROM_FILL_NONE,    /* the chain ends with the file */
    OPTROM_FILL_UNIFORM, /* every byte is fill_byte */
    OPTROM_FILL_MIXED,
};

struct optrom {
    size_t size;  /* of the file */
    size_t begin; /* of the first image: 0, or where OPTROM_LEADING_JUNK found one */
    size_t image_count;
    struct optrom_image *images;

    size_t chain_end;      /* after the last image that could be read; at most `size` */
    size_t padding_length; /* size - chain_end */
    enum optrom_fill fill;
    uint8_t fill_byte;

    uint64_t bucket;       /* QEMU's: pow2ceil(size); 0 for an empty file */
    uint64_t chain_bucket; /* the smallest that the chain fits: at least 2 KiB */
    uint64_t headroom;     /* bucket - chain_end: how far the chain can grow */

    size_t defect_count; /* kept in `defects` */
    struct optrom_defect *defects;
    size_t error_count, warning_count; /* all, kept or not */
};

/* Cheap test for "is this file worth reading": 55 AA at the start. */
bool optrom_looks_like(const uint8_t *head, size_t n);

/* Where the first image with a PCIR begins, or `size`: other bytes may be before it. */
size_t optrom_find(const uint8_t *data, size_t size);

/* Reads the ROM in data[0, size). 0, or -1 when memory ran out (*rom is then
 * empty); everything wrong with the bytes is a defect in *rom. `data` stays
 * with the caller; texts in *rom point into it. Free with optrom_free(). */
int optrom_read(const uint8_t *data, size_t size, struct optrom *rom);
void optrom_free(struct optrom *rom);

/* "image 0 at 0x0: PCIR image length is 0 (found 0, expected at least 1 block)":
 * one line without newline, always NUL-terminated. Returns buf. */
#define OPTROM_DEFECT_TEXT_MAX 256
char *optrom_defect_text(const struct optrom_defect *defect, char *buf, size_t n);

/* "error" or "warning". */
const char *optrom_grade_name(enum optrom_grade grade);

/* "x86_64"; NULL: unknown. And whether a name is one of these. */
const char *optrom_machine_name(uint16_t machine);
bool optrom_knows_machine(const char *name);

/* "none", "0xff" (into buf), "mixed". */
#define OPTROM_FILL_TEXT_MAX 8
const char *optrom_fill_text(const struct optrom *rom, char buf[OPTROM_FILL_TEXT_MAX]);

/* --- padding (option_rom_pad.c) -------------------------------------------- */

enum optrom_pad_answer {
    OPTROM_PAD_FITS,
    OPTROM_PAD_BAD_BUCKET, /* no power of two in [2 KiB, 2 GiB] */
    OPTROM_PAD_ROM_HAS_ERRORS,
    OPTROM_PAD_CHAIN_TOO_LONG, /* chain_end > bucket */
    OPTROM_PAD_WOULD_CUT_DATA, /* what is beyond the bucket is not all 00 or all FF */
    OPTROM_PAD_WOULD_CHANGE,   /* optrom_pad(): with the fill, the file reads as another chain */
    OPTROM_PAD_NO_MEMORY,      /* optrom_pad() */
};

/* Whether optrom_pad() can make a ROM of `bucket` bytes from this one; never one of
 * its last two answers. */
enum optrom_pad_answer optrom_pad_check(const uint8_t *data, const struct optrom *rom,
                                        uint64_t bucket);

/* One line: "the chain ends at 262656, 512 bytes beyond the bucket of 262144". Returns buf. */
#define OPTROM_PAD_TEXT_MAX 256
char *optrom_pad_text(enum optrom_pad_answer answer, const struct optrom *rom, uint64_t bucket,
                      char *buf, size_t n);

/* Writes the padded ROM to out[0, bucket): the file's bytes as they are, then
 * `fill` up to the bucket; padding of the file beyond the bucket is left out.
 * Only after optrom_pad_check() said OPTROM_PAD_FITS. `out` may be `data`.
 *
 * Then reads it again: the answer is OPTROM_PAD_FITS when it holds the same images
 * without an error. It need not where a file of few blocks has data behind its chain,
 * which the fill completes to an image. `out` is written in any case. */
enum optrom_pad_answer optrom_pad(const uint8_t *data, const struct optrom *rom, uint8_t *out,
                                  size_t bucket, uint8_t fill);

/* --- ids (option_rom_ids.c) ------------------------------------------------- */

enum optrom_ids_answer {
    OPTROM_IDS_SET,
    OPTROM_IDS_NO_PCIR,     /* there is no PCIR to write them to */
    OPTROM_IDS_WOULD_BREAK, /* structures share bytes: other fields would change with the ids */
    OPTROM_IDS_NO_MEMORY,
};

/* Rewrites vendor:device in the PCIR of every image of data[0, rom->size) and
 * keeps the sum of each legacy image as it was, through byte 6 of its header (QEMU
 * hw/pci/pci.c, pci_patch_ids()) or, where that byte may be code, through its last
 * byte; touches nothing else. `rom` is what optrom_read() made of the same bytes
 * and keeps the old ids. `data` is untouched unless the answer is OPTROM_IDS_SET. */
enum optrom_ids_answer optrom_set_ids(uint8_t *data, const struct optrom *rom, uint16_t vendor,
                                      uint16_t device);

/* Sets or clears the last bit of one image of the ROM in data[], which has a PCIR, and keeps
 * the sum of a legacy image as it was, as above. */
void optrom_set_last(uint8_t *data, const struct optrom_image *image, bool last);

#endif
