/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a libvirt save image (`virsh save`, `managedsave`): 92 bytes, then
 * the domain's XML and a cookie, then QEMU's migration stream, perhaps compressed.
 * libvirt src/qemu/qemu_saveimage.h, struct _virQEMUSaveHeader.
 */
#ifndef FORMATS_LIBVIRT_SAVE_H
#define FORMATS_LIBVIRT_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define LIBVIRT_SAVE_HEADER 92
/* Bytes of XML and cookie. The XML of a guest with hundreds of disks has some 200 KB. */
#define LIBVIRT_SAVE_DATA_MAX (16u << 20)

/* How the stream is stored; the numbers of the format. Sparse is mapped-ram. */
enum libvirt_save_format {
    LIBVIRT_SAVE_RAW,
    LIBVIRT_SAVE_GZIP,
    LIBVIRT_SAVE_BZIP2,
    LIBVIRT_SAVE_XZ,
    LIBVIRT_SAVE_LZOP,
    LIBVIRT_SAVE_ZSTD,
    LIBVIRT_SAVE_SPARSE,
    LIBVIRT_SAVE_FORMATS,
};

struct libvirt_save {
    bool big_endian; /* libvirt writes in the byte order of its host */
    bool incomplete; /* the save was cut off: its magic says so */
    bool was_running;
    uint32_t version;
    enum libvirt_save_format format;
    uint32_t data_length;   /* XML and cookie */
    uint32_t xml_length;    /* without the cookie */
    uint32_t stream_offset; /* of the stream in the file */
};

/* By the first 16 bytes. */
bool libvirt_save_looks_like(const uint8_t *head, size_t n);

/* Reads the header in head[0, n); n is at least LIBVIRT_SAVE_HEADER where the file is that
 * long. An incomplete image is not an error here. 0 or -1. */
int libvirt_save_read(const char *name, const uint8_t *head, size_t n, struct libvirt_save *save,
                      struct failure *f);

/* "raw", "gzip"... */
const char *libvirt_save_format_name(enum libvirt_save_format format);

#endif
