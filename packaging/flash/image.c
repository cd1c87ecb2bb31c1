/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "flash/json_store.h"
#include "formats/firmware_file.h"
#include "formats/nv_vars.h"
#include "formats/qcow2.h"
#include "inputs/file.h"
#include "inputs/lzma.h"
#include "outputs/qemu_img.h"

struct reader {
    struct flash_image *image;
    unsigned depth, packed;
    uint64_t decoded;
    uint16_t core_machine, any_machine;
    bool knows_store;            /* the program that was met last: see look_for_own_store() */
    struct store_driver program; /* the same program, if it is the driver of the flash */
    bool leave_packed;           /* what is in compressed sections is not asked for */
};

static const char *const kind_names[] = {
    [FLASH_CODE] = "code",      [FLASH_STORE] = "store",     [FLASH_COMBINED] = "combined",
    [FLASH_BLANK] = "blank",    [FLASH_QCOW2] = "qcow2",     [FLASH_JSON] = "json",
    [FLASH_NV_VARS] = "NvVars", [FLASH_FOREIGN] = "foreign", [FLASH_UNKNOWN] = "unknown",
};

const char *flash_kind_name(enum flash_kind kind)
{
    return kind_names[kind];
}

const char *flash_kind_text(const struct flash_image *image)
{
    return image->kind == FLASH_FOREIGN ? image->foreign.what : flash_kind_name(image->kind);
}

int flash_refuse(const struct flash_image *image, const char *what, struct failure *f)
{
    fail(f, "%s: not %s (found %s)", image->path, what, flash_kind_text(image));
    return image->kind == FLASH_FOREIGN ? fail_hint(f, "%s", image->foreign.advice) : -1;
}

int flash_refuse_store(const struct flash_image *image, const char *what, struct failure *f)
{
    flash_refuse(image, what, f);
    return image->kind == FLASH_BLANK
               ? fail_hint(f, "'romcompat varstore create' makes an empty store.")
               : -1;
}

/* Machines of the PE header: PE format, 3.3.1. */
static const struct {
    enum flash_architecture architecture;
    uint16_t machine;
    const char *name;
} architectures[] = {
    {ARCH_UNKNOWN, 0, "unknown"},
    {ARCH_I386, 0x14c, "i386"},
    {ARCH_X86_64, 0x8664, "x86_64"},
    {ARCH_ARM, 0x1c2, "arm"},
    {ARCH_AARCH64, 0xaa64, "aarch64"},
    {ARCH_RISCV64, 0x5064, "riscv64"},
    {ARCH_LOONGARCH64, 0x6264, "loongarch64"},
};

const char *flash_architecture_name(enum flash_architecture architecture)
{
    return architectures[architecture].name;
}

/* QEMU hw/arm/virt.c and hw/riscv/virt.c, half of VIRT_FLASH. */
uint64_t flash_device_size(enum flash_architecture architecture)
{
    switch (architecture) {
    case ARCH_ARM:
    case ARCH_AARCH64:
        return VIRT_FLASH_SIZE;
    case ARCH_RISCV64:
        return VIRT_FLASH_SIZE / 2;
    default:
        return 0;
    }
}

bool flash_is_x86(enum flash_architecture architecture)
{
    return architecture == ARCH_I386 || architecture == ARCH_X86_64;
}

/* --- volumes, files and sections ------------------------------------------------------- */

static void read_sections(struct reader *r, const uint8_t *bytes, size_t size, bool is_core);

/* Returns the bytes after its last file. */
static uint64_t read_volume(struct reader *r, const uint8_t *volume, const struct fv_header *header)
{
    struct ffs_walk walk;
    struct ffs_file file;

    ffs_walk_init(&walk, volume, header);
    while (ffs_next(&walk, &file)) {
        r->image->file_count++;
        if (file.type != FFS_PAD && file.type != FFS_RAW)
            read_sections(r, file.body, file.size, file.type == FFS_DXE_CORE);
    }
    if (walk.broken && !r->image->unread.what[0])
        fail(&r->image->unread, "%s: a volume holds a file of an impossible length",
             r->image->path);
    return walk.end - walk.at;
}

static void read_packed(struct reader *r, const struct section *s, bool is_core)
{
    struct failure f = {0};
    uint8_t *bytes;
    size_t size;

    if (r->leave_packed)
        return;
    if (r->packed++ == FLASH_PACKED_MAX)
        fail(&f, "more compressed sections than are read (expected at most %d)", FLASH_PACKED_MAX);
    else if (r->packed <= FLASH_PACKED_MAX &&
             lzma_decode(s->body, s->size, FLASH_DECODED_MAX - r->decoded, &bytes, &size, &f) ==
                 0) {
        r->decoded += size;
        read_sections(r, bytes, size, is_core);
        free(bytes);
        return;
    }
    if (f.what[0] && !r->image->unread.what[0])
        fail(&r->image->unread, "%s: %s", r->image->path, f.what);
}

/* The driver of the flash holds the header of the volume that it expects (OvmfPkg
 * QemuFlashFvbServicesRuntimeDxe/FvbInfo.c); its checksum is made at run time. */
static void look_for_expected(struct reader *r, const struct section *s)
{
    enum { GUID_AT = 0x10, LENGTH_AT = 0x20, SIGNATURE_AT = 0x28, MAP_AT = 0x38 };
    struct flash_expects *e = &r->image->expects;
    size_t at = 0;

    while (!e->source && at < s->size) {
        const uint8_t *hit = memmem(s->body + at, s->size - at, fv_nv_guid, GUID_SIZE);

        if (!hit)
            return;
        at = (size_t)(hit - s->body) + 1;
        if (at <= GUID_AT || !in_range(s->size, at - 1 - GUID_AT, FV_HEADER_MIN))
            continue;
        const uint8_t *header = hit - GUID_AT;
        if (memcmp(header + SIGNATURE_AT, "_FVH", 4) == 0 && load_le64(header + LENGTH_AT)) {
            e->source = "flash driver";
            e->volume_length = load_le64(header + LENGTH_AT);
            e->block_length = load_le32(header + MAP_AT + 4);
        }
    }
}

/* MdeModulePkg Core/Dxe/Hand/Handle.c prints this at every start; a release build has no
 * such text in it, because DEBUG() is then nothing. */
static void look_for_messages(struct flash_image *image, const struct section *s)
{
    static const char message[] = "InstallProtocolInterface: ";

    image->debug |= memmem(s->body, s->size, message, sizeof message - 1) != NULL;
}

/* The name of the file, in OVMF's boot manager (OvmfPkg PlatformBootManagerLib). */
static void look_for_nv_vars(struct flash_image *image, const struct section *s)
{
    static const char name[] = "N\0v\0V\0a\0r\0s\0";

    image->nv_vars |= memmem(s->body, s->size, name, sizeof name) != NULL;
}

/* Without a flash device OVMF keeps its variables in RAM. Some builds first copy what the
 * image itself holds, which is mapped right below 4 GiB: those with Secure Boot since 2022 in
 * OvmfPkg PlatformPei or, without PEI, in SecMain (PlatformInitLib,
 * PlatformInitEmuVariableNvStore()), and all since 2025 in EmuVariableFvbRuntimeDxe. To copy a
 * store, a program must have its address and the GUID that it is checked for. */
static void look_for_own_store(struct reader *r, const struct section *s)
{
    uint8_t address[4];

    store_le32(address, (uint32_t)-r->image->size);
    r->knows_store = memmem(s->body, s->size, address, sizeof address) &&
                     memmem(s->body, s->size, fv_nv_guid, GUID_SIZE);
}

/* The name of a program follows it. */
static bool is_store_maker(const struct section *name)
{
    return section_name_is(name, "PlatformPei") || section_name_is(name, "XenPlatformPei") ||
           section_name_is(name, "SecMain") || section_name_is(name, "EmuVariableFvbRuntimeDxe");
}

static void take_name(struct flash_image *image, const struct section *s)
{
    image->secure_boot |= section_name_is(s, "SecureBootConfigDxe");
    image->smm |= section_name_is(s, "PiSmmCore");
    image->shell |= section_name_is(s, "Shell");
    image->ftw_pei |= section_name_is(s, "FaultTolerantWritePei");
    image->tpm2 |= section_name_is(s, "Tcg2Dxe");
    image->iscsi |= section_name_is(s, "IScsiDxe");
    image->pxe |= section_name_is(s, "UefiPxeBcDxe");
    image->http_boot |= section_name_is(s, "HttpBootDxe");
    /* edk2-platforms Platform/RaspberryPi/Drivers */
    image->raspberry_pi |= section_name_is(s, "RpiFirmwareDxe");
    /* OvmfPkg VirtMmCommunicationDxe: what a build with QEMU_PV_VARS has. */
    image->uefi_vars |= section_name_is(s, "VirtMmCommunication");
    image->xen |= section_name_is(s, "XenBusDxe") || section_name_is(s, "XenPlatformPei");
}

static void read_section(struct reader *r, const struct section *s, bool is_core)
{
    struct fv_header header;
    uint16_t machine = section_machine(s);

    if (machine && is_core)
        r->core_machine = machine;
    if (machine)
        r->any_machine = machine;
    switch (s->type) {
    case SECTION_GUID_DEFINED:
        if (guid_is(s->guid, section_lzma_guid))
            read_packed(r, s, is_core);
        else
            read_sections(r, s->body, s->size, is_core);
        break;
    case SECTION_VOLUME:
        if (fv_read(s->body, s->size, &header) == FV_SOUND)
            read_volume(r, s->body, &header);
        break;
    case SECTION_PE32:
        look_for_expected(r, s);
        if (is_core)
            look_for_messages(r->image, s);
        look_for_own_store(r, s);
        look_for_nv_vars(r->image, s);
        r->program = store_driver_of_program(s);
        break;
    case SECTION_TE:
        look_for_own_store(r, s);
        break;
    case SECTION_NAME:
        take_name(r->image, s);
        store_driver_named(s, &r->program, &r->image->driver);
        r->image->reads_own_store |= r->image->has_store && r->knows_store && is_store_maker(s);
        break;
    default:
        break;
    }
}

static void read_sections(struct reader *r, const uint8_t *bytes, size_t size, bool is_core)
{
    struct section_walk walk;
    struct section section;

    if (r->depth == FLASH_DEPTH_MAX)
        return;
    r->depth++;
    section_walk_init(&walk, bytes, size);
    while (section_next(&walk, &section))
        read_section(r, &section, is_core);
    r->depth--;
}

/* A volume of files between those that are sound, or behind them, whose header is not. */
static void look_for_broken(struct flash_image *image, size_t from, size_t to)
{
    struct fv_header header;
    char text[FV_DEFECT_TEXT_MAX];

    for (size_t at = (from + FV_ALIGNMENT - 1) / FV_ALIGNMENT * FV_ALIGNMENT;
         at < to && in_range(image->size, at, FV_HEADER_MIN) && !image->unread.what[0];
         at += FV_ALIGNMENT)
        if (fv_begins_code(image->data + at)) {
            fv_read(image->data + at, image->size - at, &header);
            fail(&image->unread, "%s: at 0x%zx: %s", image->path, at,
                 fv_defect_text(&header, image->size - at, text));
        }
}

/* An x86 processor starts 16 bytes before 4 GiB, where QEMU has the end of the file, and with it the
 * end of the code's last volume. */
static void look_at_end(struct flash_image *image, size_t end)
{
    if (flash_is_x86(image->architecture) && end != image->size && !image->unread.what[0])
        fail(&image->unread,
             "%s: its last volume ends at 0x%zx, and the processor starts at the end "
             "of the file, at 0x%zx",
             image->path, end, image->size);
}

/* Returns where the last one ends. */
static size_t read_volumes(struct reader *r)
{
    struct flash_image *image = r->image;
    struct fv_header header;
    size_t at = 0, found;

    for (; fv_find(image->data, image->size, at, &found, &header);
         at = found + (size_t)header.length) {
        look_for_broken(image, at, found);
        uint64_t left = read_volume(r, image->data + found, &header);

        if (image->volume_count < FLASH_VOLUMES_MAX) {
            struct flash_volume *v = &image->volumes[image->volume_count];

            *v = (struct flash_volume){.offset = found, .length = header.length, .free = left};
            memcpy(v->guid, header.guid, GUID_SIZE);
        }
        image->volume_count++;
    }
    look_for_broken(image, at, image->size);
    return at;
}

/* --- what it is, and what it expects ---------------------------------------------------- */

static bool is_blank(const uint8_t *data, size_t size)
{
    return size && (data[0] == 0 || data[0] == 0xff) && memcmp(data, data + 1, size - 1) == 0;
}

/* A store stands at the very start, even one whose header is damaged. */
static bool begins_with_store(const uint8_t *data, size_t size)
{
    struct fv_header header;

    if (size < FV_HEADER_MIN + GUID_SIZE)
        return false;
    fv_read(data, size, &header);
    return guid_is(header.guid, fv_nv_guid) || varstore_begins_at(data + FV_HEADER_MIN);
}

/* Bytes of the store that TDX metadata says the code has; 0 where there is none. */
static uint64_t store_of_table(const struct guided_table *t)
{
    for (size_t i = 0; i < t->tdx.section_count && i < GUIDED_SECTIONS_MAX; i++) {
        if (t->tdx.sections[i].type == TDX_SECTION_CFV && t->tdx.sections[i].file_size)
            return t->tdx.sections[i].file_size;
    }
    return 0;
}

static void decide_expected(struct flash_image *image)
{
    struct flash_expects *e = &image->expects;
    uint64_t length = store_of_table(&image->table);

    if (!e->source && length) {
        e->source = "TDX metadata";
        e->volume_length = length;
    }
    if (!e->source && image->architecture != ARCH_UNKNOWN && !flash_is_x86(image->architecture)) {
        e->source = "architecture";
        e->volume_length = 0xc0000;
        e->block_length = 0x40000;
    }
    if (!e->source)
        return;
    e->layout = varstore_layout_of(e->volume_length, e->block_length);
    e->file_size = flash_device_size(image->architecture);
    if (image->architecture == ARCH_LOONGARCH64)
        e->file_size = LOONGARCH_FLASH_SIZE;
    if (!e->file_size)
        e->file_size = e->volume_length;
}

static enum flash_architecture architecture_of(uint16_t machine)
{
    for (size_t i = 1; i < sizeof architectures / sizeof *architectures; i++) {
        if (architectures[i].machine == machine)
            return architectures[i].architecture;
    }
    return ARCH_UNKNOWN;
}

/* The next volume with a store, from a place on. */
static bool find_store(const struct flash_image *image, size_t from, size_t *at, size_t *length)
{
    struct fv_header header;

    while (fv_find_nv(image->data + from, image->size - from, at, &header)) {
        *at += from;
        *length = (size_t)header.length;
        if (in_range(image->size, *at, FV_HEADER_MIN + GUID_SIZE) &&
            varstore_begins_at(image->data + *at + FV_HEADER_MIN))
            return true;
        from = *at + FV_HEADER_MIN;
        if (from > image->size)
            break;
    }
    return false;
}

static void look_for_further_stores(struct flash_image *image, size_t from)
{
    size_t at, length;

    for (; find_store(image, from, &at, &length); from = at + length) {
        if (image->further_count < FLASH_FURTHER_MAX)
            image->further_at[image->further_count] = at;
        image->further_count++;
    }
}

/* edk2 for real boards keeps its store inside the image, where QEMU's machines have none. */
static void look_for_other_platform(struct flash_image *image)
{
    for (size_t i = 0; i < image->volume_count && i < FLASH_VOLUMES_MAX; i++) {
        const struct flash_volume *v = &image->volumes[i];

        if (!v->offset || !guid_is(v->guid, fv_nv_guid) ||
            !varstore_begins_at(image->data + v->offset + FV_HEADER_MIN))
            continue;
        image->kind = FLASH_FOREIGN;
        image->store_at = v->offset;
        look_for_further_stores(image, v->offset + (size_t)v->length);
        if (flash_is_x86(image->architecture) && image->expects.source) {
            image->store_length = (size_t)v->length;
            image->foreign = (struct foreign_file){
                "code with a store behind it, the wrong way round",
                "QEMU's flash has the store before the code: give it the two files."};
            return;
        }
        image->expects = (struct flash_expects){0};
        image->foreign = (struct foreign_file){
            image->raspberry_pi ? "firmware of the Raspberry Pi"
                                : "firmware of another platform than QEMU's",
            "It keeps its variables inside the image; QEMU's machines do not start with it.",
        };
        return;
    }
}

/* Where there is no code a store may begin anywhere, as in the container of another program. */
static bool look_for_store_inside(struct flash_image *image)
{
    size_t at, length;

    if (!find_store(image, 0, &at, &length) || !at)
        return false;
    image->store_at = at;
    image->store_length = length;
    look_for_further_stores(image, at + length);
    image->foreign =
        (struct foreign_file){"a file with a variable store inside",
                              "QEMU's firmware looks for a store at the beginning of its flash."};
    return true;
}

/* The header of a volume that the file does not have all of. The first volume of ARM code
 * is where the vectors end. */
static bool is_cut_off(const struct flash_image *image)
{
    static const size_t places[] = {0, 0x1000};
    struct fv_header header;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (in_range(image->size, places[i], FV_HEADER_MIN) &&
            fv_read(image->data + places[i], image->size - places[i], &header) == FV_LENGTH &&
            header.length > image->size)
            return true;
    return false;
}

static bool is_foreign(struct flash_image *image)
{
    if (foreign_file_read(image->data, image->size, &image->foreign))
        return true;
    if (is_cut_off(image)) {
        image->foreign = (struct foreign_file){
            "firmware that is cut off: the file ends inside its first volume",
            "Download or copy it again, and compare its length with the original's."};
        return true;
    }
    return look_for_store_inside(image);
}

/* Variables without a store around them. */
static bool read_list(struct flash_image *image)
{
    uint8_t *bytes;

    if (json_store_is(image->data, image->size)) {
        image->kind = FLASH_JSON;
        image->has_list = json_store_read(image->path, image->data, image->size, &bytes,
                                          &image->store, &image->refused, &image->unread) == 0;
        if (image->has_list) {
            free(image->data);
            image->data = bytes;
        }
    } else if (nv_vars_read(image->data, image->size, &image->store)) {
        image->kind = FLASH_NV_VARS;
        image->has_list = true;
    } else {
        return false;
    }
    image->enrolled = varstore_find(image->data, &image->store, "PK", efi_global_guid) != NULL;
    return true;
}

static void understand(struct flash_image *image, bool for_store)
{
    struct reader r = {.image = image};

    if (is_qcow2(image->data, image->size)) {
        image->kind = FLASH_QCOW2;
        image->qcow2 = true;
        return;
    }
    if (read_list(image))
        return;
    if (is_blank(image->data, image->size)) {
        image->kind = FLASH_BLANK;
        image->blank = image->data[0];
        return;
    }
    if (begins_with_store(image->data, image->size)) {
        image->has_store = true;
        if (varstore_read(image->data, image->size, &image->store) != 0)
            give_up("out of memory");
        image->enrolled = varstore_find(image->data, &image->store, "PK", efi_global_guid) != NULL;
    }
    guided_table_read(image->data, image->size, &image->table);
    r.leave_packed = for_store && store_of_table(&image->table);
    size_t end = read_volumes(&r);
    image->architecture = architecture_of(r.core_machine ? r.core_machine : r.any_machine);
    if (image->file_count)
        image->kind = image->has_store ? FLASH_COMBINED : FLASH_CODE;
    else
        image->kind = image->has_store ? FLASH_STORE : FLASH_UNKNOWN;
    if (image->file_count) {
        look_at_end(image, end);
        decide_expected(image);
    } else
        image->table = (struct guided_table){0};
    if (image->kind == FLASH_CODE)
        look_for_other_platform(image);
    else if (image->kind == FLASH_UNKNOWN && is_foreign(image))
        image->kind = FLASH_FOREIGN;
}

static void take(const char *path, uint8_t *data, size_t size, bool for_store,
                 struct flash_image *image)
{
    *image = (struct flash_image){
        .kind = FLASH_UNKNOWN, .path = xstrdup(path), .data = data, .size = size};
    sha256_text(data, size, image->sha256);
    understand(image, for_store);
}

void flash_take(const char *path, uint8_t *data, size_t size, struct flash_image *image)
{
    take(path, data, size, false, image);
}

void flash_take_file(const char *path, uint8_t *data, size_t size, struct flash_image *image)
{
    struct failure f;
    uint8_t *disk;
    size_t disk_size;

    if (!is_qcow2(data, size) ||
        disk_of_qcow2(path, data, size, FLASH_FILE_MAX, &disk, &disk_size, &f) != 0) {
        flash_take(path, data, size, image);
        if (image->qcow2)
            image->unread = f;
        return;
    }
    free(data);
    flash_take(path, disk, disk_size, image);
    image->qcow2 = true;
}

static int read_bytes(const char *path, uint64_t length, uint8_t **data, size_t *size, bool *qcow2,
                      struct failure *f)
{
    uint8_t *file;

    if (read_disk(path, length, FLASH_FILE_MAX, data, size, f) != 0)
        return -1;
    *qcow2 = is_qcow2(*data, *size);
    if (!*qcow2)
        return 0;
    file = *data;
    int result =
        length ? fail(f, "%s: a qcow2 file has its own size: a part of it cannot be flash", path)
               : disk_of_qcow2(path, file, *size, FLASH_FILE_MAX, data, size, f);
    free(file);
    return result;
}

int flash_read(const char *path, uint8_t **data, size_t *size, struct failure *f)
{
    uint8_t *bytes;
    bool qcow2;

    if (read_bytes(path, 0, &bytes, size, &qcow2, f) != 0)
        return -1;
    *data = bytes;
    return 0;
}

static int open_image(const char *path, uint64_t length, bool for_store, struct flash_image *image,
                      struct failure *f)
{
    uint8_t *data;
    size_t size;
    bool qcow2;

    *image = (struct flash_image){.kind = FLASH_UNKNOWN};
    if (read_bytes(path, length, &data, &size, &qcow2, f) != 0)
        return -1;
    take(path, data, size, for_store, image);
    image->qcow2 = qcow2;
    image->part = length != 0;
    return 0;
}

int flash_open(const char *path, struct flash_image *image, struct failure *f)
{
    return open_image(path, 0, false, image, f);
}

int flash_open_part(const char *path, uint64_t length, struct flash_image *image, struct failure *f)
{
    return open_image(path, length, false, image, f);
}

int flash_open_for_store(const char *path, struct flash_image *image, struct failure *f)
{
    return open_image(path, 0, true, image, f);
}

void flash_forget_bytes(struct flash_image *image)
{
    if (image->has_list)
        return;
    if (image->data && image->has_store && image->store.sound) {
        size_t size = (size_t)image->store.volume.length;

        image->store_bytes = xmalloc(size);
        memcpy(image->store_bytes, image->data, size);
    }
    free(image->data);
    image->data = NULL;
}

void flash_close(struct flash_image *image)
{
    varstore_free(&image->store);
    free(image->digests);
    free(image->data);
    free(image->store_bytes);
    free(image->path);
    *image = (struct flash_image){.kind = FLASH_UNKNOWN};
}
