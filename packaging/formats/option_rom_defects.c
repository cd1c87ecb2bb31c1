/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of defects: name, grade, text, and how their numbers are written. */
#include "formats/option_rom_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum shape {
    NONE,     /* no number says anything */
    FOUND,    /* found only */
    BOTH,     /* found and expected */
    AT_LEAST, /* expected at least that */
    AT_MOST,  /* expected at most that */
    SHAPE_MASK = 0xf,
    HEX = 0x10, /* else decimal */
};

struct kind {
    const char *name;
    enum optrom_grade grade;
    int shape;
    const char *text;
};

static const struct kind kinds[OPTROM_DEFECT_KINDS] = {
    [OPTROM_FILE_EMPTY] = {"file-empty", OPTROM_ERROR, NONE, "the file is empty"},
    [OPTROM_FILE_TOO_SHORT] = {"file-too-short", OPTROM_ERROR, AT_LEAST,
                               "the file is too short for a ROM header"},
    [OPTROM_FILE_BLANK] = {"file-blank", OPTROM_ERROR, FOUND | HEX,
                           "every byte of the file is the same"},
    [OPTROM_SIGNATURE_WRONG] = {"signature-wrong", OPTROM_ERROR, BOTH | HEX,
                                "the file does not begin with 55 AA"},
    [OPTROM_SIGNATURE_SWAPPED] = {"signature-swapped", OPTROM_ERROR, BOTH | HEX,
                                  "the signature's bytes are swapped"},
    [OPTROM_LEADING_JUNK] = {"leading-junk", OPTROM_ERROR, BOTH,
                             "other bytes precede the first image"},
    /* edk2 skips ROM BARs below 2 KiB (PciBusDxe, PciOptionRomSupport.c). */
    [OPTROM_BUCKET_TOO_SMALL] = {"bucket-too-small", OPTROM_ERROR, AT_LEAST,
                                 "UEFI firmware does not see a ROM in so small a bucket"},

    [OPTROM_LENGTH_BYTE_ZERO] = {"length-byte-zero", OPTROM_ERROR, AT_LEAST,
                                 "the header's length byte is 0"},
    [OPTROM_LENGTH_BYTE_PAST_FILE] = {"length-byte-past-file", OPTROM_ERROR, AT_MOST,
                                      "the header's length byte leads past the end of the file"},
    [OPTROM_LENGTH_BYTE_MISMATCH] = {"length-byte-mismatch", OPTROM_WARNING, BOTH,
                                     "the header's length byte is not the image length"},
    [OPTROM_IMAGE_OVER_255_BLOCKS] = {"image-over-255-blocks", OPTROM_WARNING, AT_MOST,
                                      "a legacy image is longer than its length byte can say"},
    /* SeaBIOS is_valid_rom(); etc/optionroms-checksum is 1 by default. */
    [OPTROM_CHECKSUM_WRONG] = {"checksum-wrong", OPTROM_ERROR, BOTH | HEX,
                               "the image's bytes do not add up to 0"},
    [OPTROM_PCIR_MISSING] = {"pcir-missing", OPTROM_ERROR, NONE,
                             "the header has no pointer to a PCIR structure"},
    [OPTROM_PCIR_PAST_FILE] = {"pcir-past-file", OPTROM_ERROR, AT_MOST | HEX,
                               "the PCIR structure would end past the end of the file"},
    [OPTROM_PCIR_IN_HEADER] = {"pcir-in-header", OPTROM_ERROR, AT_LEAST | HEX,
                               "the PCIR pointer leads into the header"},
    /* edk2 LoadOpRomImage() stops at it; SeaBIOS get_pci_rom() only says so. So it is a
     * warning in a chain without an EFI image. */
    [OPTROM_PCIR_UNALIGNED] = {"pcir-unaligned", OPTROM_ERROR, FOUND | HEX,
                               "the PCIR pointer is not a multiple of 4"},
    [OPTROM_PCIR_SIGNATURE_WRONG] = {"pcir-signature-wrong", OPTROM_ERROR, BOTH | HEX,
                                     "the PCIR pointer leads to something else"},

    [OPTROM_PCIR_LENGTH_SHORT] = {"pcir-length-short", OPTROM_WARNING, AT_LEAST | HEX,
                                  "the PCIR structure is shorter than its revision has fields"},
    [OPTROM_PCIR_LENGTH_PAST_IMAGE] = {"pcir-length-past-image", OPTROM_WARNING, AT_MOST | HEX,
                                       "the PCIR structure does not end within its image"},
    [OPTROM_PCIR_REVISION_UNKNOWN] = {"pcir-revision-unknown", OPTROM_WARNING, FOUND,
                                      "the PCIR revision is neither 0 nor 3"},
    /* SeaBIOS and edk2 go on with the next image. An error where there is no other. */
    [OPTROM_CODE_TYPE_UNKNOWN] = {"code-type-unknown", OPTROM_WARNING, AT_MOST | HEX,
                                  "firmware skips an image of this code type"},
    [OPTROM_IMAGE_LENGTH_ZERO] = {"image-length-zero", OPTROM_ERROR, AT_LEAST,
                                  "the PCIR image length is 0"},
    [OPTROM_IMAGE_PAST_FILE] = {"image-past-file", OPTROM_ERROR, AT_MOST,
                                "the image ends past the end of the file"},
    [OPTROM_IMAGE_PAST_BUCKET] = {"image-past-bucket", OPTROM_ERROR, AT_MOST,
                                  "the image ends past the bucket of the file"},
    [OPTROM_INDICATOR_RESERVED_BITS] = {"indicator-reserved-bits", OPTROM_WARNING, BOTH | HEX,
                                        "reserved bits of the indicator are set"},
    [OPTROM_DEVICE_LIST_PAST_IMAGE] = {"device-list-past-image", OPTROM_WARNING, AT_MOST | HEX,
                                       "the device list begins past the end of its image"},
    [OPTROM_DEVICE_LIST_UNTERMINATED] = {"device-list-unterminated", OPTROM_WARNING, FOUND,
                                         "the device list does not end within its image"},

    /* edk2 checks these in LoadOpRomImage's callers and LocalLoadFile2(). */
    [OPTROM_EFI_SIGNATURE_WRONG] = {"efi-signature-wrong", OPTROM_ERROR, BOTH | HEX,
                                    "the EFI signature is wrong"},
    [OPTROM_EFI_SIZE_ZERO] = {"efi-size-zero", OPTROM_ERROR, AT_LEAST,
                              "the EFI initialisation size is 0"},
    [OPTROM_EFI_SIZE_PAST_IMAGE] = {"efi-size-past-image", OPTROM_ERROR, AT_MOST,
                                    "the EFI initialisation size is beyond the image length"},
    [OPTROM_EFI_SUBSYSTEM_WRONG] =
        {"efi-subsystem-wrong", OPTROM_ERROR, FOUND | HEX,
         "the EFI subsystem is not a boot (0xb) or runtime (0xc) driver"},
    [OPTROM_EFI_MACHINE_UNKNOWN] = {"efi-machine-unknown", OPTROM_WARNING, FOUND | HEX,
                                    "the EFI machine type is unknown"},
    [OPTROM_EFI_COMPRESSION_UNKNOWN] = {"efi-compression-unknown", OPTROM_ERROR, AT_MOST | HEX,
                                        "the EFI compression type is unknown"},
    [OPTROM_EFI_OFFSET_WRONG] = {"efi-offset-wrong", OPTROM_ERROR, BOTH | HEX,
                                 "the EFI image offset leads out of the initialisation size"},
    [OPTROM_EFI_PAYLOAD_SIZE_WRONG] = {"efi-payload-size-wrong", OPTROM_ERROR, AT_MOST,
                                       "the compressed payload does not fit its image"},
    [OPTROM_EFI_PAYLOAD_NOT_PE] = {"efi-payload-not-pe", OPTROM_ERROR, BOTH | HEX,
                                   "there is no PE image at the EFI image offset"},
    /* QEMU hw/pci/pci.c, pci_patch_ids(): byte 6 of the first image is its checksum. */
    [OPTROM_EFI_FIRST] = {"efi-first", OPTROM_WARNING, NONE,
                          "the first image is for EFI: on a device of other ids QEMU writes a "
                          "checksum into its signature"},

    [OPTROM_PNP_PAST_IMAGE] = {"pnp-past-image", OPTROM_WARNING, AT_MOST | HEX,
                               "a $PnP structure does not end within its image"},
    [OPTROM_PNP_SIGNATURE_WRONG] = {"pnp-signature-wrong", OPTROM_WARNING, BOTH | HEX,
                                    "a $PnP pointer leads to something else"},
    [OPTROM_PNP_CHECKSUM_WRONG] = {"pnp-checksum-wrong", OPTROM_WARNING, BOTH | HEX,
                                   "the bytes of a $PnP structure do not add up to 0"},
    /* SeaBIOS optionrom_setup() follows the list without counting: it hangs. */
    [OPTROM_PNP_LOOP] = {"pnp-loop", OPTROM_ERROR, FOUND | HEX,
                         "the list of $PnP structures comes back to one of them"},
    [OPTROM_PNP_STRING_OUT_OF_RANGE] = {"pnp-string-out-of-range", OPTROM_WARNING, FOUND | HEX,
                                        "a $PnP string does not end within its image"},

    [OPTROM_LAST_MISSING] = {"last-missing", OPTROM_WARNING, BOTH | HEX,
                             "no image has the last bit in its indicator"},
    [OPTROM_LAST_EARLY] = {"last-early", OPTROM_ERROR, FOUND | HEX,
                           "another image of the same device follows the one marked as last"},
    [OPTROM_GAP] = {"gap", OPTROM_ERROR, BOTH, "a gap in the chain before this image"},
    [OPTROM_GAP_UNALIGNED] = {"gap-unaligned", OPTROM_ERROR, BOTH,
                              "a gap in the chain, not a multiple of 512, before this image"},
    [OPTROM_ROM_AFTER_LAST] = {"rom-after-last", OPTROM_WARNING, NONE,
                               "a whole ROM is in the padding after the last image"},
    [OPTROM_DATA_AFTER_LAST] = {"data-after-last", OPTROM_WARNING, NONE,
                                "what follows the last image is not one fill byte"},
    [OPTROM_TOO_MANY_IMAGES] = {"too-many-images", OPTROM_ERROR, AT_MOST,
                                "more images than are read"},
};

void optrom_add_graded(struct optrom_reading *r, enum optrom_defect_kind kind,
                       enum optrom_grade grade, size_t image, size_t offset, uint64_t found,
                       uint64_t expected)
{
    struct optrom *rom = r->rom;
    int shape = kinds[kind].shape & SHAPE_MASK;

    if (grade == OPTROM_ERROR)
        rom->error_count++;
    else
        rom->warning_count++;
    if (rom->defect_count == OPTROM_DEFECTS_MAX || r->no_memory)
        return;
    if (rom->defect_count == r->defects_capacity) {
        size_t capacity = r->defects_capacity ? 2 * r->defects_capacity : 8;
        struct optrom_defect *more = reallocarray(rom->defects, capacity, sizeof *more);

        if (!more) {
            r->no_memory = true;
            return;
        }
        rom->defects = more;
        r->defects_capacity = capacity;
    }
    rom->defects[rom->defect_count++] = (struct optrom_defect){
        .kind = kind,
        .grade = grade,
        .name = kinds[kind].name,
        .image = image,
        .offset = offset,
        .has_found = shape != NONE,
        .has_expected = shape > FOUND,
        .found = shape != NONE ? found : 0,
        .expected = shape > FOUND ? expected : 0,
    };
}

void optrom_add_defect(struct optrom_reading *r, enum optrom_defect_kind kind, size_t image,
                       size_t offset, uint64_t found, uint64_t expected)
{
    optrom_add_graded(r, kind, kinds[kind].grade, image, offset, found, expected);
}

const char *optrom_grade_name(enum optrom_grade grade)
{
    return grade == OPTROM_ERROR ? "error" : "warning";
}

/* snprintf() at the end of what is there; what does not fit is left out. */
__attribute__((format(printf, 4, 5))) static void append(char *buf, size_t n, size_t *at,
                                                         const char *format, ...)
{
    va_list args;

    if (*at >= n)
        return;
    va_start(args, format);
    int written = vsnprintf(buf + *at, n - *at, format, args);
    va_end(args);
    if (written > 0)
        *at += (size_t)written;
}

static void append_number(char *buf, size_t n, size_t *at, uint64_t number, bool hex)
{
    if (hex)
        append(buf, n, at, "0x%" PRIx64, number);
    else
        append(buf, n, at, "%" PRIu64, number);
}

char *optrom_defect_text(const struct optrom_defect *d, char *buf, size_t n)
{
    const struct kind *kind = &kinds[d->kind];
    bool hex = kind->shape & HEX;
    int shape = kind->shape & SHAPE_MASK;
    size_t at = 0;

    if (n)
        buf[0] = '\0';
    if (d->image != OPTROM_NO_IMAGE)
        append(buf, n, &at, "image %zu, ", d->image);
    append(buf, n, &at, "offset 0x%zx: %s", d->offset, kind->text);
    if (d->has_found) {
        append(buf, n, &at, " (found ");
        append_number(buf, n, &at, d->found, hex);
        if (d->has_expected) {
            append(buf, n, &at, ", expected %s",
                   shape == AT_LEAST  ? "at least "
                   : shape == AT_MOST ? "at most "
                                      : "");
            append_number(buf, n, &at, d->expected, hex);
        }
        append(buf, n, &at, ")");
    }
    return buf;
}
