/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from image to image: formats/option_rom.c. A loop is proved by induction: the first call
 * of what stands for a function that is called once a turn puts the reader into any state that the
 * loop can be in, the second checks that the next turn begins in such a state. So the
 * bound that cbmc is given is none on the file.
 */
#include "proof.h"

#include <stdlib.h>
#include <string.h>

void *find_byte(const void *start, int byte, size_t length);
#define memchr find_byte
#include "formats/option_rom_internal.h"
/* As many as the proofs hold; the limit is tried, whatever its number. */
#undef OPTROM_IMAGES_MAX
#define OPTROM_IMAGES_MAX 3
#include "formats/option_rom.c"

/* What is not proved here. */
void optrom_add_defect(struct optrom_reading *r, enum optrom_defect_kind kind, size_t image,
                       size_t offset, uint64_t found, uint64_t expected)
{
    (void)r, (void)kind, (void)image, (void)offset, (void)found, (void)expected;
}

void optrom_add_graded(struct optrom_reading *r, enum optrom_defect_kind kind,
                       enum optrom_grade grade, size_t image, size_t offset, uint64_t found,
                       uint64_t expected)
{
    (void)r, (void)kind, (void)grade, (void)image, (void)offset, (void)found, (void)expected;
}

static size_t file_size;

static void part_lies_in_file(const struct optrom_image *image, size_t end)
{
    must(end <= file_size && image->offset <= end);
}

void optrom_read_device_list(struct optrom_reading *r, struct optrom_image *image, size_t index,
                             size_t end)
{
    (void)r, (void)index;
    must(in_range(file_size, image->pcir_offset, PCIR_SIZE));
    part_lies_in_file(image, end);
}

void optrom_read_efi(struct optrom_reading *r, struct optrom_image *image, size_t index, size_t end)
{
    (void)r, (void)index;
    part_lies_in_file(image, end);
}

void optrom_read_pnp(struct optrom_reading *r, struct optrom_image *image, size_t index, size_t end)
{
    (void)r, (void)index;
    part_lies_in_file(image, end);
    must(in_range(file_size, image->offset, OPTROM_FILE_MIN));
}

void optrom_read_undi(struct optrom_reading *r, struct optrom_image *image, size_t end)
{
    (void)r;
    part_lies_in_file(image, end);
}

void optrom_read_ipxe(struct optrom_reading *r, struct optrom_image *image, size_t end)
{
    (void)r;
    part_lies_in_file(image, end);
}

/* Any file: any bytes, any length up to the 2 GiB that QEMU takes. */
static struct optrom_reading any_file(struct optrom *rom)
{
    size_t size = nondet_size();

    assume(size > 0 && size <= BUCKET_MAX);
    uint8_t *data = malloc(size);
    assume(data != NULL);
    file_size = size;
    *rom = (struct optrom){.size = size, .bucket = power_of_two_ceiling(size)};
    return (struct optrom_reading){.data = data, .size = size, .rom = rom};
}

uint64_t power_of_two_ceiling(uint64_t n)
{
    uint64_t p = nondet_u64();

    assume(p >= n);
    return p;
}

/*
 * proof in_range: it holds exactly where offset + length, with all its bits, is not above the size; any numbers
 * mutation: packaging/base/bytes.h s/offset <= size && length <= size - offset/offset + length <= size/
 * mutation: packaging/base/bytes.h s/length <= size - offset/length < size - offset/
 */
void prove_in_range(void)
{
    size_t size = nondet_size(), offset = nondet_size(), length = nondet_size();
    bool is_in = in_range(size, offset, length);
    size_t end;

    must(is_in == (!__builtin_add_overflow(offset, length, &end) && end <= size));
}

/*
 * proof begins: no byte outside the file is read to tell whether an image or a PCIR is at an offset; any file, any offset
 * options: --unwind 6
 * mutation: packaging/formats/option_rom.c s/in_range(r->size, at, 2)/in_range(r->size, at, 1)/
 * mutation: packaging/formats/option_rom.c s/in_range(r->size, at, OPTROM_HEADER_MIN)/in_range(r->size, at, 2)/
 * mutation: packaging/formats/option_rom.c s/if (!in_range(r->size, at, PCIR_SIZE))/if (at > r->size)/
 */
void prove_begins(void)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);
    size_t at = nondet_size();

    assume(at <= SIZE_MAX - 0x10000);
    plausible_pcir(&r, at);
    if (image_begins_at(&r, at)) {
        must(in_range(r.size, at, OPTROM_HEADER_MIN));
        must(in_range(r.size, at + load_le16(r.data + at + HEADER_PCIR), PCIR_SIZE));
    }
}

/* What `begins` has proved. */
bool any_image_begins_at(const struct optrom_reading *r, size_t at)
{
    return nondet_bool() && in_range(r->size, at, OPTROM_HEADER_MIN);
}

bool any_signed_pcir(const struct optrom_reading *r, size_t at)
{
    return nondet_bool() && in_range(r->size, at, PCIR_SIZE);
}

bool any_plausible_pcir(const struct optrom_reading *r, size_t at)
{
    return any_signed_pcir(r, at);
}

bool any_signature_at(const struct optrom_reading *r, size_t at)
{
    return nondet_bool() && in_range(r->size, at, 2);
}

/* Bytes are there to be read, and may be any. */
uint16_t any_le16(const uint8_t *p)
{
    must(__CPROVER_r_ok(p, 2));
    return nondet_u16();
}

uint32_t any_le32(const uint8_t *p)
{
    must(__CPROVER_r_ok(p, 4));
    return nondet_u32();
}

/* For find_image(): memchr(), which is called once a turn. */
static const uint8_t *earlier;
static bool is_searching;

void *find_byte(const void *start, int byte, size_t length)
{
    const uint8_t *from = start;
    size_t at = nondet_size();

    must(length > 0 && __CPROVER_r_ok(from, length));
    if (is_searching) {
        must(from > earlier);
        assume(false);
    }
    is_searching = true;
    if (nondet_bool())
        return NULL;
    assume(at < length && from[at] == byte);
    earlier = from + at;
    return (void *)(from + at);
}

/*
 * proof find: the search for an image goes forward by at least a byte a turn, stays in the file, and finds an image or its end; any file
 * options: --unwind 3
 * replace: image_begins_at:any_image_begins_at
 * mutation: packaging/formats/option_rom.c s/^        from++;$/        ;/
 * mutation: packaging/formats/option_rom.c s/memchr(r->data + from, 0x55, r->size - from)/memchr(r->data + from, 0x55, r->size)/
 */
void prove_find(void)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);
    size_t from = nondet_size();

    assume(from <= r.size);
    size_t found = find_image(&r, from);
    must(found >= from && found <= r.size);
    must(found == r.size || in_range(r.size, found, OPTROM_HEADER_MIN));
}

/* What `find` has proved. */
size_t find_any_image(const struct optrom_reading *r, size_t from)
{
    size_t found = nondet_size();

    must(from <= r->size);
    assume(found >= from && found <= r->size);
    assume(found == r->size ||
           (in_range(r->size, found, OPTROM_HEADER_MIN) &&
            in_range(r->size, found + load_le16(r->data + found + HEADER_PCIR), PCIR_SIZE)));
    return found;
}

size_t find_any_pcir(const struct optrom_reading *r, size_t image)
{
    size_t found = nondet_size();

    must(in_range(r->size, image, OPTROM_HEADER_MIN));
    assume(found == 0 || in_range(r->size, found, PCIR_SIZE));
    return found;
}

static struct optrom_image one_image;

struct optrom_image *any_new_image(struct optrom_reading *r)
{
    r->rom->image_count++;
    one_image = (struct optrom_image){0};
    return &one_image;
}

void check_no_sum(struct optrom_reading *r, struct optrom_image *image, size_t index)
{
    (void)index;
    must(in_range(r->size, image->offset, OPTROM_HEADER_MIN));
}

/*
 * proof pcir: a PCIR that is found lies in the file, and none is read that does not; any file, any image whose header is in it
 * options: --unwind 6
 * replace: find_pcir:find_any_pcir
 * replace: signed_pcir:any_signed_pcir
 * replace: plausible_pcir:any_plausible_pcir
 * replace: image_begins_at:any_image_begins_at
 * replace: load_le16:any_le16
 * replace: load_le32:any_le32
 * mutation: packaging/formats/option_rom.c s/if (pointer && signed_pcir(r, target)) {/if (pointer) {/
 * mutation: packaging/formats/option_rom.c s/pointer && in_range(r->size, target, 4) &&/pointer \&\&/
 * mutation: packaging/formats/option_rom.c s/else if (!in_range(r->size, target, PCIR_SIZE))/else if (0)/
 */
void prove_pcir(void)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);
    size_t at = nondet_size(), pcir = nondet_size();

    assume(in_range(r.size, at, OPTROM_HEADER_MIN));
    find_pcir_of(&r, nondet_size(), at, &pcir);
    must(pcir == 0 || in_range(r.size, pcir, PCIR_SIZE));
}

void find_any_pcir_of(struct optrom_reading *r, size_t index, size_t at, size_t *pcir)
{
    (void)index;
    *pcir = find_any_pcir(r, at);
}

/*
 * proof pcir_fields: the fields of a PCIR are read from the file alone; any file, any PCIR in it
 * options: --unwind 6
 * replace: load_le16:any_le16
 * mutation: packaging/formats/option_rom.c s/load_le16(p + PCIR_CODE_REVISION)/load_le16(p + PCIR_SIZE)/
 */
void prove_pcir_fields(void)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);
    struct optrom_image image = {.offset = nondet_size(), .pcir_offset = nondet_size()};

    assume(in_range(r.size, image.offset, OPTROM_HEADER_MIN));
    assume(in_range(r.size, image.pcir_offset, PCIR_SIZE));
    read_pcir(&r, &image, nondet_size());
    must(image.has_pcir && image.length % OPTROM_BLOCK == 0);
}

void read_any_pcir(struct optrom_reading *r, struct optrom_image *image, size_t index)
{
    (void)index;
    must(in_range(r->size, image->pcir_offset, PCIR_SIZE));
    image->has_pcir = true;
    image->length = (size_t)nondet_u16() * OPTROM_BLOCK;
    image->code_type = nondet_u8();
    image->last = nondet_bool();
}

/*
 * proof image: what is read of an image, and the end that its parts are read up to, lie in the file; any file, any image whose header is in it
 * options: --unwind 6
 * replace: find_pcir_of:find_any_pcir_of
 * replace: read_pcir:read_any_pcir
 * replace: check_legacy_length:check_no_sum
 * replace: image_begins_at:any_image_begins_at
 * replace: new_image:any_new_image
 * replace: load_le16:any_le16
 * replace: load_le32:any_le32
 * replace: check_sum:check_no_sum
 * mutation: packaging/formats/option_rom.c s/size_t end = image->inside_file ? at + image->length : r->size/size_t end = at + image->length/
 * mutation: packaging/formats/option_rom.c s/if (end - at >= OPTROM_FILE_MIN)/if (end > at)/
 */
void prove_image(void)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);
    size_t at = nondet_size();

    assume(in_range(r.size, at, OPTROM_FILE_MIN) ||
           (at > 0 && in_range(r.size, at, OPTROM_HEADER_MIN)));
    rom.image_count = nondet_size();
    rom.error_count = nondet_size();
    assume(rom.image_count < OPTROM_IMAGES_MAX);
    struct optrom_image *image = read_image(&r, at);
    must(image->offset == at);
    must(image->inside_file == (image->length <= r.size - at));
    must(!image->has_pcir || in_range(r.size, image->pcir_offset, PCIR_SIZE));
}

static struct optrom_image images[OPTROM_IMAGES_MAX + 1];

/* For read_chain(): read_image(), which is called once a turn. */
static bool is_walking;
static size_t image_before;

struct optrom_image *read_any_image(struct optrom_reading *r, size_t at)
{
    must(in_range(r->size, at, OPTROM_HEADER_MIN));
    must(r->rom->chain_end <= r->size && r->rom->image_count < OPTROM_IMAGES_MAX);
    if (is_walking) {
        must(at > image_before);
        assume(false);
    }
    is_walking = true;
    image_before = at;
    if (nondet_bool())
        return NULL;
    struct optrom_image *image = &r->rom->images[r->rom->image_count++];
    image->offset = at;
    image->header_length = (size_t)nondet_u8() * OPTROM_BLOCK;
    image->length = (size_t)nondet_u16() * OPTROM_BLOCK;
    image->inside_file = image->length <= r->size - at;
    image->last = nondet_bool();
    return image;
}

static void walk_with(size_t image_count)
{
    struct optrom rom;
    struct optrom_reading r = any_file(&rom);

    rom.begin = nondet_size();
    rom.chain_end = nondet_size();
    rom.image_count = image_count;
    rom.images = images;
    assume(rom.chain_end <= r.size);
    assume(in_range(r.size, rom.begin, OPTROM_HEADER_MIN));
    read_chain(&r);
    must(rom.chain_end <= r.size);
}

/*
 * proof walk: every turn begins at a header in the file, behind the one before, and the chain ends in the file; any file, any number of images
 * options: --unwind 3
 * replace: find_image:find_any_image
 * replace: read_image:read_any_image
 * replace: signature_at:any_signature_at
 * mutation: packaging/formats/option_rom.c s/if (!image->inside_file) {/if (image->inside_file) {/
 * mutation: packaging/formats/option_rom.c s/if (image->length == 0) {/if (image->length == 1) {/
 * mutation: packaging/formats/option_rom.c s/if (last || at == r->size)/if (last)/
 */
void prove_walk(void)
{
    walk_with(1);
}

/*
 * proof walk_limit: no image is read beyond the limit of them; any file
 * options: --unwind 3
 * replace: find_image:find_any_image
 * replace: read_image:read_any_image
 * replace: signature_at:any_signature_at
 * mutation: packaging/formats/option_rom.c s/if (rom->image_count == OPTROM_IMAGES_MAX)/if (rom->image_count > OPTROM_IMAGES_MAX)/
 */
void prove_walk_limit(void)
{
    walk_with(OPTROM_IMAGES_MAX);
}
