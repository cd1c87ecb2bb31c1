/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/libvirt_save.h"

#include <string.h>

#include "base/bytes.h"

static const char complete_magic[] = "LibvirtQemudSave", partial_magic[] = "LibvirtQemudPart";

enum {
    MAGIC_SIZE = 16,
    VERSION_AT = 16,
    DATA_LENGTH_AT = 20,
    WAS_RUNNING_AT = 24,
    FORMAT_AT = 28,
    COOKIE_AT = 32,
    VERSION_MAX = 2,
};

static const char *const format_names[LIBVIRT_SAVE_FORMATS] = {
    [LIBVIRT_SAVE_RAW] = "raw",       [LIBVIRT_SAVE_GZIP] = "gzip", [LIBVIRT_SAVE_BZIP2] = "bzip2",
    [LIBVIRT_SAVE_XZ] = "xz",         [LIBVIRT_SAVE_LZOP] = "lzop", [LIBVIRT_SAVE_ZSTD] = "zstd",
    [LIBVIRT_SAVE_SPARSE] = "sparse",
};

const char *libvirt_save_format_name(enum libvirt_save_format format)
{
    return format < LIBVIRT_SAVE_FORMATS ? format_names[format] : "unknown";
}

bool libvirt_save_looks_like(const uint8_t *head, size_t n)
{
    return n >= MAGIC_SIZE && (memcmp(head, complete_magic, MAGIC_SIZE) == 0 ||
                               memcmp(head, partial_magic, MAGIC_SIZE) == 0);
}

int libvirt_save_read(const char *name, const uint8_t *head, size_t n, struct libvirt_save *save,
                      struct failure *f)
{
    if (!libvirt_save_looks_like(head, n))
        return fail(f, "%s: byte 0: not a libvirt save image (expected %s)", name, complete_magic);
    if (n < LIBVIRT_SAVE_HEADER)
        return fail(f, "%s: cut off in its header (found %zu bytes, expected %d)", name, n,
                    LIBVIRT_SAVE_HEADER);

    /* The version is a small number, so that it shows the byte order: libvirt does the
     * same. */
    uint32_t little = load_le32(head + VERSION_AT), big = load_be32(head + VERSION_AT);
    bool big_endian = little > VERSION_MAX && big >= 1 && big <= VERSION_MAX;
    uint32_t (*load)(const uint8_t *) = big_endian ? load_be32 : load_le32;
    uint32_t version = load(head + VERSION_AT), length = load(head + DATA_LENGTH_AT);
    uint32_t format = load(head + FORMAT_AT), cookie = load(head + COOKIE_AT);

    if (version < 1 || version > VERSION_MAX)
        return fail(f,
                    "%s: byte %d: unknown version of the save image (found %u, expected 1 or %d)",
                    name, VERSION_AT, version, VERSION_MAX);
    if (format >= LIBVIRT_SAVE_FORMATS)
        return fail(f, "%s: byte %d: unknown format of the save image (found %u, expected 0 to %d)",
                    name, FORMAT_AT, format, LIBVIRT_SAVE_FORMATS - 1);
    if (length == 0 || length > LIBVIRT_SAVE_DATA_MAX)
        return fail(f,
                    "%s: byte %d: the XML is empty or too long (found %u bytes, expected 1 to %u)",
                    name, DATA_LENGTH_AT, length, LIBVIRT_SAVE_DATA_MAX);
    if (cookie > length)
        return fail(f,
                    "%s: byte %d: the cookie begins after its data (found %u, expected at most %u)",
                    name, COOKIE_AT, cookie, length);
    *save = (struct libvirt_save){
        .big_endian = big_endian,
        .incomplete = memcmp(head, partial_magic, MAGIC_SIZE) == 0,
        .was_running = load(head + WAS_RUNNING_AT) != 0,
        .version = version,
        .format = (enum libvirt_save_format)format,
        .data_length = length,
        .xml_length = cookie ? cookie : length,
        .stream_offset = LIBVIRT_SAVE_HEADER + length,
    };
    return 0;
}
