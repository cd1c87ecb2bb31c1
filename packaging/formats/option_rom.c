/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of images: where each begins, how long it is, what follows the last. */
#include "formats/option_rom_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/size.h"

static const uint8_t pcir_signature[4] = {'P', 'C', 'I', 'R'};

bool optrom_looks_like(const uint8_t *head, size_t n)
{
    return n >= 2 && load_le16(head) == OPTROM_SIGNATURE;
}

static bool signature_at(const struct optrom_reading *r, size_t at)
{
    return in_range(r->size, at, 2) && load_le16(r->data + at) == OPTROM_SIGNATURE;
}

/* Whether the fields of a PCIR at `at`, whatever its signature, make sense. */
static bool plausible_pcir(const struct optrom_reading *r, size_t at)
{
    if (!in_range(r->size, at, PCIR_SIZE))
        return false;
    const uint8_t *p = r->data + at;
    uint16_t length = load_le16(p + PCIR_LENGTH);
    return (length == PCIR_SIZE || length == PCIR_SIZE_3) && p[PCIR_CODE_TYPE] <= OPTROM_EFI &&
           (p[PCIR_REVISION] == 0 || p[PCIR_REVISION] == 3) &&
           load_le16(p + PCIR_IMAGE_LENGTH) != 0;
}

static bool signed_pcir(const struct optrom_reading *r, size_t at)
{
    return in_range(r->size, at, PCIR_SIZE) && memcmp(r->data + at, pcir_signature, 4) == 0;
}

/* A header whose PCIR pointer leads to a PCIR: an image begins there. */
static bool image_begins_at(const struct optrom_reading *r, size_t at)
{
    return signature_at(r, at) && in_range(r->size, at, OPTROM_HEADER_MIN) &&
           load_le16(r->data + at + HEADER_PCIR) != 0 &&
           signed_pcir(r, at + load_le16(r->data + at + HEADER_PCIR));
}

/* The first image that begins at or after `from`, or `size`. */
static size_t find_image(const struct optrom_reading *r, size_t from)
{
    while (from < r->size) {
        const uint8_t *p = memchr(r->data + from, 0x55, r->size - from);

        if (!p)
            break;
        from = (size_t)(p - r->data);
        if (image_begins_at(r, from))
            return from;
        from++;
    }
    return r->size;
}

/* A PCIR that stands in the image though the header's pointer does not lead to it.
 * 0: none. iPXE's UNDI structure holds the text "PCIR" too, hence the second look. */
static size_t find_pcir(const struct optrom_reading *r, size_t image)
{
    size_t end = r->size - image > 0x10000 ? image + 0x10000 : r->size;

    for (size_t at = image + OPTROM_HEADER_MIN; in_range(end, at, PCIR_SIZE); at++) {
        /* Not into the next image of the chain. */
        if (at % OPTROM_BLOCK == image % OPTROM_BLOCK && image_begins_at(r, at))
            return 0;
        if (signed_pcir(r, at) && plausible_pcir(r, at))
            return at;
    }
    return 0;
}

/*
 * Finds the PCIR of the image at `at`; *pcir is 0 for none. A pointer that does
 * not lead to one is a defect only where something says that a PCIR is meant:
 * ISA ROMs have code there (kvmvapic.bin, extboot.bin).
 */
static void find_pcir_of(struct optrom_reading *r, size_t index, size_t at, size_t *pcir)
{
    size_t field = at + HEADER_PCIR;
    uint16_t pointer = load_le16(r->data + field);
    size_t target = at + pointer;

    *pcir = 0;
    if (pointer && signed_pcir(r, target)) {
        *pcir = target;
        if (pointer < OPTROM_HEADER_MIN)
            optrom_add_graded(r, OPTROM_PCIR_IN_HEADER, OPTROM_WARNING, index, field, pointer,
                              OPTROM_HEADER_MIN);
        if (pointer % 4 != 0) {
            r->unaligned_count++;
            optrom_add_defect(r, OPTROM_PCIR_UNALIGNED, index, field, pointer, 0);
        }
        return;
    }

    /* The structure that was meant: damaged where the pointer says, or elsewhere. Reading
     * goes on with it, to show what else is wrong. */
    size_t meant =
        pointer >= OPTROM_HEADER_MIN && plausible_pcir(r, target) ? target : find_pcir(r, at);
    bool begun = pointer && in_range(r->size, target, 4) && !in_range(r->size, target, PCIR_SIZE) &&
                 memcmp(r->data + target, pcir_signature, 4) == 0;
    bool efi = load_le32(r->data + at + HEADER_EFI_SIGNATURE) == EFI_SIGNATURE;
    size_t header_end = at + (size_t)r->data[at + HEADER_LENGTH] * OPTROM_BLOCK;
    bool chain = pointer && header_end > at && image_begins_at(r, header_end);
    if (index == 0 && !meant && !begun && !efi && !chain)
        return;
    if (!pointer)
        optrom_add_defect(r, OPTROM_PCIR_MISSING, index, field, 0, 0);
    else if (!in_range(r->size, target, PCIR_SIZE))
        optrom_add_defect(r, OPTROM_PCIR_PAST_FILE, index, field, target + PCIR_SIZE, r->size);
    else if (pointer < OPTROM_HEADER_MIN)
        optrom_add_defect(r, OPTROM_PCIR_IN_HEADER, index, field, pointer, OPTROM_HEADER_MIN);
    else
        optrom_add_defect(r, OPTROM_PCIR_SIGNATURE_WRONG, index, target,
                          load_le32(r->data + target), load_le32(pcir_signature));
    *pcir = meant;
}

static const char *code_type_name(int code_type)
{
    switch (code_type) {
    case OPTROM_LEGACY:
        return "legacy";
    case OPTROM_OPEN_FIRMWARE:
        return "Open Firmware";
    case OPTROM_HP_PA:
        return "HP PA-RISC";
    case OPTROM_EFI:
        return "EFI";
    case OPTROM_NVIDIA:
        return "NVIDIA";
    case OPTROM_NO_PCIR:
        return "ISA";
    default:
        return "unknown";
    }
}

static void read_pcir(struct optrom_reading *r, struct optrom_image *image, size_t index)
{
    size_t at = image->pcir_offset;
    const uint8_t *p = r->data + at;

    image->has_pcir = true;
    image->vendor = load_le16(p + PCIR_VENDOR);
    image->device = load_le16(p + PCIR_DEVICE);
    image->pcir_length = load_le16(p + PCIR_LENGTH);
    image->pcir_revision = p[PCIR_REVISION];
    image->class_code = load_le24(p + PCIR_CLASS);
    image->length = (size_t)load_le16(p + PCIR_IMAGE_LENGTH) * OPTROM_BLOCK;
    image->code_revision = load_le16(p + PCIR_CODE_REVISION);
    image->code_type = p[PCIR_CODE_TYPE];
    image->indicator = p[PCIR_INDICATOR];
    image->last = image->indicator & INDICATOR_LAST;

    size_t shortest = image->pcir_revision >= 3 ? PCIR_SIZE_3 : PCIR_SIZE;
    if (image->pcir_revision != 0 && image->pcir_revision != 3)
        optrom_add_defect(r, OPTROM_PCIR_REVISION_UNKNOWN, index, at + PCIR_REVISION,
                          image->pcir_revision, 0);
    if (image->pcir_length < shortest)
        optrom_add_defect(r, OPTROM_PCIR_LENGTH_SHORT, index, at + PCIR_LENGTH, image->pcir_length,
                          shortest);
    size_t room = image->offset + image->length > at ? image->offset + image->length - at : 0;
    if (image->length && image->pcir_length > room)
        optrom_add_defect(r, OPTROM_PCIR_LENGTH_PAST_IMAGE, index, at + PCIR_LENGTH,
                          image->pcir_length, room);
    if (image->pcir_revision >= 3 && in_range(r->size, at, PCIR_SIZE_3))
        image->max_runtime_length = (size_t)load_le16(p + PCIR_MAX_RUNTIME) * OPTROM_BLOCK;
    if (image->code_type > OPTROM_EFI) {
        r->unknown_type_count++;
        optrom_add_defect(r, OPTROM_CODE_TYPE_UNKNOWN, index, at + PCIR_CODE_TYPE,
                          (uint64_t)image->code_type, OPTROM_EFI);
    }
    if (image->indicator & ~INDICATOR_LAST)
        optrom_add_defect(r, OPTROM_INDICATOR_RESERVED_BITS, index, at + PCIR_INDICATOR,
                          image->indicator, image->indicator & INDICATOR_LAST);
    if (image->length == 0)
        optrom_add_defect(r, OPTROM_IMAGE_LENGTH_ZERO, index, at + PCIR_IMAGE_LENGTH, 0,
                          OPTROM_BLOCK);
}

static bool is_legacy(const struct optrom_image *image)
{
    return image->code_type == OPTROM_LEGACY || image->code_type == OPTROM_NO_PCIR;
}

static void check_legacy_length(struct optrom_reading *r, struct optrom_image *image, size_t index)
{
    size_t field = image->offset + HEADER_LENGTH, room = r->size - image->offset;

    if (image->header_length == 0)
        optrom_add_defect(r, OPTROM_LENGTH_BYTE_ZERO, index, field, 0, OPTROM_BLOCK);
    /* An image that is cut off has its own defect, and one is enough. */
    else if (image->header_length > room && !(image->has_pcir && image->length > room))
        optrom_add_defect(r, OPTROM_LENGTH_BYTE_PAST_FILE, index, field, image->header_length,
                          room);
    if (!image->has_pcir || image->length == 0)
        return;
    if (image->length > 255 * OPTROM_BLOCK)
        optrom_add_defect(r, OPTROM_IMAGE_OVER_255_BLOCKS, index,
                          image->pcir_offset + PCIR_IMAGE_LENGTH, image->length,
                          255 * OPTROM_BLOCK);
    else if (image->header_length && image->header_length != image->length)
        optrom_add_defect(r, OPTROM_LENGTH_BYTE_MISMATCH, index, field, image->header_length,
                          image->length);
}

/* SeaBIOS is_valid_rom(): over what the length byte says, not the PCIR length. */
static void check_sum(struct optrom_reading *r, struct optrom_image *image, size_t index)
{
    const uint8_t *p = r->data + image->offset;

    if (image->header_length == 0 || !in_range(r->size, image->offset, image->header_length))
        return;
    image->has_checksum = true;
    for (size_t i = 0; i < image->header_length; i++)
        image->checksum = (uint8_t)(image->checksum + p[i]);
    if (image->checksum != 0)
        optrom_add_defect(r, OPTROM_CHECKSUM_WRONG, index, image->offset, image->checksum, 0);
}

static struct optrom_image *new_image(struct optrom_reading *r)
{
    struct optrom *rom = r->rom;

    if (rom->image_count == r->images_capacity) {
        size_t capacity = r->images_capacity ? 2 * r->images_capacity : 2;
        struct optrom_image *more = reallocarray(rom->images, capacity, sizeof *more);

        if (!more) {
            r->no_memory = true;
            return NULL;
        }
        rom->images = more;
        r->images_capacity = capacity;
    }
    struct optrom_image *image = &rom->images[rom->image_count++];
    memset(image, 0, sizeof *image);
    return image;
}

/* Reads the image at `at`, of which the header is in the file. NULL: no memory. */
static struct optrom_image *read_image(struct optrom_reading *r, size_t at)
{
    struct optrom_image *image = new_image(r);

    if (!image)
        return NULL;
    size_t index = r->rom->image_count - 1;
    image->offset = at;
    image->header_length = (size_t)r->data[at + HEADER_LENGTH] * OPTROM_BLOCK;
    find_pcir_of(r, index, at, &image->pcir_offset);
    if (image->pcir_offset) {
        read_pcir(r, image, index);
    } else {
        bool efi = load_le32(r->data + at + HEADER_EFI_SIGNATURE) == EFI_SIGNATURE;

        image->code_type = efi ? OPTROM_EFI : OPTROM_NO_PCIR;
        image->length = efi ? (size_t)load_le16(r->data + at + HEADER_LENGTH) * OPTROM_BLOCK
                            : image->header_length;
        /* A PCIR that cannot be read hides its last bit; what follows says as much. */
        image->last =
            !(r->rom->error_count && image->length && image_begins_at(r, at + image->length));
    }
    image->code_type_name = code_type_name(image->code_type);
    image->inside_file = in_range(r->size, at, image->length);

    size_t end = image->inside_file ? at + image->length : r->size;
    if (image->length == 0)
        end = in_range(r->size, at, image->header_length) && image->header_length
                  ? at + image->header_length
                  : r->size;
    if (!image->inside_file && image->has_pcir) {
        bool past_bucket = at + image->length > r->rom->bucket;

        optrom_add_defect(r, past_bucket ? OPTROM_IMAGE_PAST_BUCKET : OPTROM_IMAGE_PAST_FILE, index,
                          image->pcir_offset + PCIR_IMAGE_LENGTH, at + image->length,
                          past_bucket ? r->rom->bucket : r->size);
    }
    if (image->has_pcir)
        optrom_read_device_list(r, image, index, end);
    if (image->code_type == OPTROM_EFI)
        optrom_read_efi(r, image, index, end);
    if (is_legacy(image)) {
        check_legacy_length(r, image, index);
        check_sum(r, image, index);
        if (end - at >= OPTROM_FILE_MIN) {
            optrom_read_pnp(r, image, index, end);
            optrom_read_undi(r, image, end);
            optrom_read_ipxe(r, image, end);
        }
    }
    return image;
}

/* Why there is not an image at 0. */
static void say_what_stands_at_the_start(struct optrom_reading *r)
{
    const uint8_t *d = r->data;
    size_t same = 1;

    while (same < r->size && d[same] == d[0])
        same++;
    if (same == r->size && (d[0] == 0x00 || d[0] == 0xff)) {
        optrom_add_defect(r, OPTROM_FILE_BLANK, OPTROM_NO_IMAGE, 0, d[0], 0);
        return;
    }
    if (r->size < 2)
        return;
    size_t image = find_image(r, 1);
    uint16_t found = load_le16(d);
    if (found == 0x55aa)
        optrom_add_defect(r, OPTROM_SIGNATURE_SWAPPED, OPTROM_NO_IMAGE, 0, found, OPTROM_SIGNATURE);
    else if (image < r->size)
        optrom_add_defect(r, OPTROM_LEADING_JUNK, OPTROM_NO_IMAGE, 0, r->rom->begin = image, 0);
    else
        optrom_add_defect(r, OPTROM_SIGNATURE_WRONG, OPTROM_NO_IMAGE, 0, found, OPTROM_SIGNATURE);
}

/* Where the next image begins, after one that ended at `at` without being marked as
 * the last; `size` when there is none. */
static size_t next_image(struct optrom_reading *r, size_t at)
{
    size_t index = r->rom->image_count;
    const struct optrom_image *before = &r->rom->images[index - 1];

    if (signature_at(r, at) && in_range(r->size, at, OPTROM_HEADER_MIN))
        return at;
    size_t next = find_image(r, at);
    if (next == r->size) {
        optrom_add_defect(r, OPTROM_LAST_MISSING, index - 1, before->pcir_offset + PCIR_INDICATOR,
                          before->indicator, before->indicator | INDICATOR_LAST);
        return next;
    }
    /* edk2 LoadOpRomImage() tries every 512 bytes and gets over the first kind; SeaBIOS
     * map_pcirom() stops at either. */
    size_t gap = next - at;
    const uint8_t *pcir = r->data + next + load_le16(r->data + next + HEADER_PCIR);
    if (gap % OPTROM_BLOCK != 0)
        optrom_add_defect(r, OPTROM_GAP_UNALIGNED, index, next, gap, 0);
    else
        optrom_add_graded(r, OPTROM_GAP,
                          pcir[PCIR_CODE_TYPE] == OPTROM_LEGACY ? OPTROM_ERROR : OPTROM_WARNING,
                          index, next, gap, 0);
    return next;
}

/* Gives all defects of a kind another grade than they were met with. */
static void regrade(struct optrom_reading *r, enum optrom_defect_kind kind, size_t count,
                    enum optrom_grade grade)
{
    struct optrom *rom = r->rom;

    for (size_t i = 0; i < rom->defect_count; i++) {
        if (rom->defects[i].kind == kind)
            rom->defects[i].grade = grade;
    }
    rom->error_count = grade == OPTROM_ERROR ? rom->error_count + count : rom->error_count - count;
    rom->warning_count =
        grade == OPTROM_ERROR ? rom->warning_count - count : rom->warning_count + count;
}

/* What a defect of one image means may depend on the other images. An unknown code type alone is
 * an error, for it is damage; NVIDIA's is none, nor is a ROM of those alone. */
static void grade_by_chain(struct optrom_reading *r)
{
    size_t efi = 0, known = 0;

    for (size_t i = 0; i < r->rom->image_count; i++) {
        efi += r->rom->images[i].code_type == OPTROM_EFI;
        known += r->rom->images[i].code_type <= OPTROM_EFI ||
                 r->rom->images[i].code_type == OPTROM_NVIDIA;
    }
    if (!efi)
        regrade(r, OPTROM_PCIR_UNALIGNED, r->unaligned_count, OPTROM_WARNING);
    if (!known)
        regrade(r, OPTROM_CODE_TYPE_UNKNOWN, r->unknown_type_count, OPTROM_ERROR);
}

static void read_chain(struct optrom_reading *r)
{
    struct optrom *rom = r->rom;
    size_t at = rom->begin;

    for (;;) {
        if (rom->image_count == OPTROM_IMAGES_MAX) {
            optrom_add_defect(r, OPTROM_TOO_MANY_IMAGES, OPTROM_NO_IMAGE, at, OPTROM_IMAGES_MAX + 1,
                              OPTROM_IMAGES_MAX);
            return;
        }
        const struct optrom_image *image = read_image(r, at);
        if (!image)
            return;
        if (!image->inside_file) {
            rom->chain_end = r->size;
            return;
        }
        if (image->length == 0) {
            /* No way to the next one. The header's own length is the best that is known. */
            rom->chain_end = image->header_length && in_range(r->size, at, image->header_length)
                                 ? at + image->header_length
                                 : r->size;
            return;
        }
        at += image->length;
        rom->chain_end = at;
        bool last = image->last;
        if (!last)
            at = next_image(r, at);
        if (last || at == r->size) {
            r->at_end = true;
            return;
        }
    }
}

/* Two ROMs one after the other are harmless, firmware never sees the second. A chain
 * whose last bit is set too early loses an image that was meant to run: same device,
 * and a code type that the chain before it has not. */
static bool belongs_to_chain(const struct optrom_reading *r, size_t at)
{
    const struct optrom *rom = r->rom;
    const struct optrom_image *last = &rom->images[rom->image_count - 1];
    const uint8_t *pcir = r->data + at + load_le16(r->data + at + HEADER_PCIR);

    if (pcir[PCIR_CODE_TYPE] > OPTROM_EFI)
        return false;
    if (!last->has_pcir || load_le16(pcir + PCIR_VENDOR) != last->vendor ||
        load_le16(pcir + PCIR_DEVICE) != last->device)
        return false;
    for (size_t i = 0; i < rom->image_count; i++) {
        if (rom->images[i].code_type == pcir[PCIR_CODE_TYPE])
            return false;
    }
    return true;
}

static void look_at_padding(struct optrom_reading *r)
{
    struct optrom *rom = r->rom;
    size_t at = rom->chain_end;

    rom->padding_length = r->size - at;
    if (rom->padding_length == 0)
        return;
    rom->fill_byte = r->data[at];
    rom->fill = OPTROM_FILL_UNIFORM;
    /* A buffer equal to itself moved by one byte is one byte all along. */
    if (memcmp(r->data + at, r->data + at + 1, rom->padding_length - 1) != 0)
        rom->fill = OPTROM_FILL_MIXED;
    /* Where reading stopped before the end, this is no padding but the rest. */
    if (rom->fill != OPTROM_FILL_MIXED || !r->at_end)
        return;
    bool ended = rom->images[rom->image_count - 1].last;
    size_t other = find_image(r, at);
    if (ended && other == at && belongs_to_chain(r, at))
        optrom_add_defect(r, OPTROM_LAST_EARLY, rom->image_count - 1,
                          rom->images[rom->image_count - 1].pcir_offset + PCIR_INDICATOR,
                          rom->images[rom->image_count - 1].indicator, 0);
    else if (other < r->size)
        optrom_add_defect(r, OPTROM_ROM_AFTER_LAST, OPTROM_NO_IMAGE, other, 0, 0);
    else
        optrom_add_defect(r, OPTROM_DATA_AFTER_LAST, OPTROM_NO_IMAGE, at, 0, 0);
}

static void look_at_bucket(struct optrom_reading *r)
{
    struct optrom *rom = r->rom;

    rom->chain_bucket = power_of_two_ceiling(rom->chain_end);
    if (rom->chain_bucket < BUCKET_MIN)
        rom->chain_bucket = BUCKET_MIN;
    rom->headroom = rom->bucket - rom->chain_end;
    for (size_t i = 0; i < rom->image_count && rom->bucket < BUCKET_MIN; i++) {
        if (rom->images[i].code_type == OPTROM_EFI) {
            optrom_add_defect(r, OPTROM_BUCKET_TOO_SMALL, OPTROM_NO_IMAGE, 0, rom->bucket,
                              BUCKET_MIN);
            return;
        }
    }
}

static void look_at_first(struct optrom_reading *r)
{
    const struct optrom *rom = r->rom;

    /* One with errors has to be fixed first. */
    if (!rom->error_count && rom->image_count && rom->images[0].code_type == OPTROM_EFI)
        optrom_add_defect(r, OPTROM_EFI_FIRST, 0, rom->images[0].offset, 0, 0);
}

size_t optrom_find(const uint8_t *data, size_t size)
{
    return find_image(&(struct optrom_reading){.data = data, .size = size}, 0);
}

int optrom_read(const uint8_t *data, size_t size, struct optrom *rom)
{
    struct optrom_reading r = {.data = data, .size = size, .rom = rom};

    *rom = (struct optrom){.size = size, .chain_bucket = BUCKET_MIN};
    if (size == 0) {
        optrom_add_defect(&r, OPTROM_FILE_EMPTY, OPTROM_NO_IMAGE, 0, 0, 0);
    } else {
        rom->bucket = power_of_two_ceiling(size);
        if (size < OPTROM_FILE_MIN)
            optrom_add_defect(&r, OPTROM_FILE_TOO_SHORT, OPTROM_NO_IMAGE, 0, size, OPTROM_FILE_MIN);
        if (!signature_at(&r, 0))
            say_what_stands_at_the_start(&r);
        if (size - rom->begin >= OPTROM_FILE_MIN && signature_at(&r, rom->begin)) {
            read_chain(&r);
            grade_by_chain(&r);
        }
        look_at_padding(&r);
        look_at_bucket(&r);
        look_at_first(&r);
    }
    if (r.no_memory) {
        optrom_free(rom);
        return -1;
    }
    return 0;
}

void optrom_free(struct optrom *rom)
{
    free(rom->images);
    free(rom->defects);
    *rom = (struct optrom){0};
}

const char *optrom_fill_text(const struct optrom *rom, char buf[OPTROM_FILL_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";

    if (rom->fill != OPTROM_FILL_UNIFORM)
        return rom->fill == OPTROM_FILL_MIXED ? "mixed" : "none";
    buf[0] = '0';
    buf[1] = 'x';
    buf[2] = digits[rom->fill_byte >> 4];
    buf[3] = digits[rom->fill_byte & 0xf];
    buf[4] = '\0';
    return buf;
}
