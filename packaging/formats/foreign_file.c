/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/foreign_file.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define DOWNLOAD "Download the file itself: this is what a server sent in its place."
#define UNPACK "Unpack it first."
#define OTHER "QEMU's firmware cannot read it; set the guest's variables up again."
#define ANNEX "Fetch the file: git annex get FILE."
#define ASK "'romcompat preflight' reads it."
#define NOT_FLASH "It is not a flash image; name the firmware's or the store's own file."

#define LINK_MAX ((size_t)4096) /* Linux' PATH_MAX */
#define SEABIOS_MAX ((size_t)512 << 10)
#define CERTIFICATE "'romcompat varstore enroll' takes it."
#define CAPSULE "A board's own firmware takes it; QEMU's machines have firmware files instead."

#define IS(bytes, what, advice)      \
    {                                \
        0, sizeof(bytes) - 1, bytes, \
        {                            \
            what, advice             \
        }                            \
    }
static const struct {
    size_t at, size;
    const char *bytes;
    struct foreign_file file;
} kinds[] = {
    IS("version https://git-lfs", "a Git LFS pointer, not the file that it points to",
       "Fetch the file: git lfs pull."),
    IS("version https://hawser", "a Git LFS pointer, not the file that it points to",
       "Fetch the file: git lfs pull."),
    IS("/annex/objects", "a git-annex pointer, not the file that it points to", ANNEX),
    IS("BZh", "a file compressed with bzip2", UNPACK),
    IS("\x1f\x8b", "a file compressed with gzip", UNPACK),
    IS("\xfd"
       "7zXZ",
       "a file compressed with xz", UNPACK),
    IS("\x28\xb5\x2f\xfd", "a file compressed with zstd", UNPACK),
    IS("\x04\x22\x4d\x18", "a file compressed with lz4", UNPACK),
    IS("\x89LZO", "a file compressed with lzop", UNPACK),
    IS("\x02\x21\x4c\x18", "a file compressed with lz4", UNPACK),
    IS("LZIP\x01", "a file compressed with lzip", UNPACK),
    IS("\x1f\x9d", "a file compressed with compress", UNPACK),
    /* Its usual properties, and a dictionary of whole 64 KiB. */
    IS("\x5d\0\0", "a file compressed with lzma", UNPACK),
    IS("Rar!\x1a\x07", "a RAR archive", UNPACK),
    IS("MSCF\0\0\0\0", "a cabinet of Windows", UNPACK),
    IS("hsqs", "a file system (squashfs)", UNPACK),
    IS("7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    IS("PK\x03\x04", "a ZIP archive", UNPACK),
    IS("PK\x05\x06", "a ZIP archive that is empty", UNPACK),
    IS("!<arch>\n", "a Debian package or another ar archive", UNPACK),
    IS("\xed\xab\xee\xdb", "an RPM package", UNPACK),
    /* IGVM: github.com/microsoft/igvm, IGVM_MAGIC_VALUE. */
    IS("IGVM", "an IGVM file: firmware for confidential guests",
       "QEMU takes it with -object igvm-cfg, not as flash; it has no variable store."),
    /* VMware's own NVRAM, which has the UEFI variables among its sections. */
    IS("MRVN", "an NVRAM of VMware", OTHER),
    /* XenServer's varstored, serialize.h; U-Boot's efi_variable.h; AWS EC2's "UEFI data". */
    IS("VARS\1\0\0\0", "a variable store of XenServer's varstored", OTHER),
    IS("VARS\2\0\0\0", "a variable store of XenServer's varstored", OTHER),
    IS("UbEfiVa\1", "a variable store of U-Boot", OTHER),
    IS("AMZNUEFI", "the UEFI data of a machine of AWS EC2", OTHER),
    IS("bplist00", "a property list of macOS, as OpenCore keeps variables in", OTHER),
    IS("GUESTRTS", "a guest state file (vmgs) of Hyper-V", OTHER),
    IS("KDMV", "a VMDK disk image of VMware", NOT_FLASH),
    IS("# Disk DescriptorFile", "a descriptor of a VMDK disk image", NOT_FLASH),
    IS("vhdxfile", "a VHDX disk image of Hyper-V", NOT_FLASH),
    IS("conectix", "a VHD disk image of Hyper-V", NOT_FLASH),
    IS("QFI\xfb\0\0\0\1", "a disk image of QEMU's old format qcow", NOT_FLASH),
    IS("QED\0", "a QED disk image", NOT_FLASH),
    IS("WithoutFreeSpace", "a disk image of Parallels", NOT_FLASH),
    IS("WithouFreSpacExt", "a disk image of Parallels", NOT_FLASH),
    IS("LUKS\xba\xbe", "an encrypted volume (LUKS)", "Open it first: cryptsetup open."),
    IS("LibvirtQemud", "a guest that libvirt saved", ASK),
    IS("QEVM\0\0\0", "a saved guest of QEMU", ASK),
    IS("VMA\0\0\0\0\1", "a backup of Proxmox (vma)", "Unpack it first: vma extract."),
    IS("\x7f"
       "ELF",
       "an ELF program", NOT_FLASH),
    IS("MZ", "an EFI program", "It is what firmware starts, not firmware."),
    IS("\x55\xaa", "an option ROM", "'romcompat inspect' reads it."),
    IS("%PDF-", "a PDF document", DOWNLOAD),
    IS("-----BEGIN PGP", "a message or signature of OpenPGP", NOT_FLASH),
    IS("-----BEGIN OPENSSH", "a key of OpenSSH", NOT_FLASH),
    IS("-----BEGIN ", "a certificate or key in PEM", CERTIFICATE),
    /* A SEQUENCE with a length of two bytes, of a SEQUENCE with one. */
    {0, 2, "\x30\x82", {"a certificate or other file in DER", CERTIFICATE}},
    /* UEFI 2.10, 32.4.1: EFI_CERT_X509_GUID and EFI_CERT_SHA256_GUID. */
    IS("\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72", "an EFI signature list",
       CERTIFICATE),
    IS("\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28", "an EFI signature list",
       CERTIFICATE),
    /* EFI_VARIABLE_AUTHENTICATION_2: EFI_CERT_TYPE_PKCS7_GUID behind the time. */
    {24,
     16,
     "\x9d\xd2\xaf\x4a\xdf\x68\xee\x49\x8a\xa9\x34\x7d\x37\x56\x65\xa7",
     {"a signed update of a variable (.auth)", CERTIFICATE}},
    /* UEFI 2.10, 8.5.3 and 23.3: EFI_CAPSULE_GUID and the firmware management capsule. */
    IS("\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0",
       "a firmware update (capsule)", CAPSULE),
    IS("\xed\xd5\xcb\x6d\x2d\xe8\x44\x4c\xbd\xa1\x71\x94\x19\x9a\xd9\x2a",
       "a firmware update (capsule)", CAPSULE),
    IS("UF2\nWQ]\x9e", "a UF2 file: firmware for microcontrollers", NOT_FLASH),
    IS("\xd0\x0d\xfe\xed", "a device tree, or an image of U-Boot", NOT_FLASH),
    IS("LARCHIVE", "firmware of coreboot", NOT_FLASH),
    {0x10, 4, "\x5a\xa5\xf0\x0f", {"the flash of a PC, with Intel's descriptor", OTHER}},
    IS("\x89PNG", "a picture", DOWNLOAD),
    IS("GIF8", "a picture", DOWNLOAD),
    IS("\xff\xd8\xff", "a picture", DOWNLOAD),
    /* Whoever wrote it: VirtualBox, qemu-img. */
    {0x40, 4, "\x7f\x10\xda\xbe", {"a VDI disk image of VirtualBox", NOT_FLASH}},
    {257, 5, "ustar", {"a tar archive", UNPACK}},
    /* UEFI 2.10, 5.3.2; Linux, fs/ext4/super.c; the FAT specification 1.03, 3. */
    {512, 8, "EFI PART", {"a disk with partitions", NOT_FLASH}},
    {54, 5, "FAT12", {"a file system (FAT)", NOT_FLASH}},
    {54, 5, "FAT16", {"a file system (FAT)", NOT_FLASH}},
    {82, 5, "FAT32", {"a file system (FAT)", NOT_FLASH}},
    {0x8001, 5, "CD001", {"an image of an optical disk", NOT_FLASH}},
};

/* What begins with a word, behind a byte order mark and white space. */
static const struct {
    const char *word;
    struct foreign_file file;
} texts[] = {
    {"<!doctype plist", {"a property list of macOS, as OpenCore keeps variables in", OTHER}},
    {"<plist", {"a property list of macOS, as OpenCore keeps variables in", OTHER}},
    {"<!doctype html", {"an HTML or XML page", DOWNLOAD}},
    {"<html", {"an HTML or XML page", DOWNLOAD}},
    {"<body", {"an HTML or XML page", DOWNLOAD}},
    {"<title", {"an HTML or XML page", DOWNLOAD}},
    {"<!--", {"an HTML or XML page", DOWNLOAD}},
    {"<head", {"an HTML or XML page", DOWNLOAD}},
    {"<?xml", {"an HTML or XML page", DOWNLOAD}},
};

static size_t skip_space(const uint8_t *data, size_t size, size_t at)
{
    while (at < size && (data[at] == ' ' || (data[at] >= '\t' && data[at] <= '\r')))
        at++;
    return at;
}

static bool begins(const uint8_t *data, size_t size, size_t at, const char *word)
{
    return size - at >= strlen(word) &&
           strncasecmp((const char *)data + at, word, strlen(word)) == 0;
}

static const struct foreign_file *text_kind(const uint8_t *data, size_t size)
{
    size_t at = skip_space(data, size, size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    const uint8_t *end;

    /* Behind the declaration is what it is of. */
    if (begins(data, size, at, "<?xml") && (end = memmem(data + at, size - at, "?>", 2)))
        at = skip_space(data, size, (size_t)(end - data) + 2);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (begins(data, size, at, texts[i].word))
            return &texts[i].file;
    return NULL;
}

static bool is_text_character(uint32_t c)
{
    return c < ' ' ? c >= '\t' && c <= '\r' : c != 0x7f;
}

/* Nothing but text, in UTF-8: what a server answers where a file is not, or a file in text form. */
static bool is_text(const uint8_t *data, size_t size)
{
    uint32_t c;

    for (size_t at = 0, n; at < size; at += n) {
        n = utf8_take((const char *)data + at, size - at, &c);
        if (!n || !is_text_character(c))
            return false;
    }
    return size != 0;
}

/* The same in UTF-16 with its byte order mark, as Windows' own tools write it. */
static bool is_wide_text(const uint8_t *data, size_t size)
{
    if (size < 4 || size % 2 || data[0] != 0xff || data[1] != 0xfe)
        return false;
    for (size_t at = 2; at < size; at += 2)
        if (!is_text_character(load_le16(data + at)))
            return false;
    return true;
}

/* What a link leads to, as a file where the link could not be made: git's core.symlinks. The link
 * of git-annex leads into .git/annex/objects. */
static bool read_link_text(const uint8_t *data, size_t size, struct foreign_file *file)
{
    if (!size || size > LINK_MAX || skip_space(data, size, 0) || !is_text(data, size))
        return false;
    if (memmem(data, size, ".git/annex/objects/", strlen(".git/annex/objects/"))) {
        *file = (struct foreign_file){"a git-annex link, not the file that it leads to", ANNEX};
        return true;
    }
    if (size < 4 || memcmp(data + size - 3, ".fd", 3) != 0 || memchr(data, ' ', size) ||
        memchr(data, '\n', size))
        return false;
    *file = (struct foreign_file){"the text of a link, not the file that it leads to",
                                  "Copy the file whose path it holds."};
    return true;
}

/* A fixed disk is its bytes and a footer behind them: Virtual Hard Disk Image Format, 1.0. */
static bool is_fixed_vhd(const uint8_t *data, size_t size)
{
    return size > 512 && memcmp(data + size - 512, "conectix", 8) == 0;
}

/* VirtualBox 7 keeps variables and TPM in a tar archive, <machine>.nvram: members efi/nvram,
 * tpm/... (DevEFI.cpp, DevTpm.cpp). */
static bool is_virtualbox_nvram(const uint8_t *data, size_t size)
{
    return in_range(size, 257, 5) && memcmp(data + 257, "ustar", 5) == 0 &&
           (memcmp(data, "efi/", 4) == 0 || memcmp(data, "tpm/", 4) == 0);
}

static bool is_seabios(const uint8_t *data, size_t size)
{
    return size <= SEABIOS_MAX && memmem(data, size, "SeaBIOS", 7) && memmem(data, size, "_SM_", 4);
}

bool foreign_file_read(const uint8_t *data, size_t size, struct foreign_file *file)
{
    const struct foreign_file *text = text_kind(data, size);

    if (text) {
        *file = *text;
        return true;
    }
    if (is_virtualbox_nvram(data, size)) {
        *file = (struct foreign_file){"an NVRAM of VirtualBox", OTHER};
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (in_range(size, kinds[i].at, kinds[i].size) &&
            memcmp(data + kinds[i].at, kinds[i].bytes, kinds[i].size) == 0) {
            *file = kinds[i].file;
            return true;
        }
    }
    if (read_link_text(data, size, file))
        return true;
    if (is_fixed_vhd(data, size))
        *file = (struct foreign_file){"a VHD disk image of Hyper-V", NOT_FLASH};
    else if (is_wide_text(data, size))
        *file = (struct foreign_file){"a text in UTF-16", DOWNLOAD};
    else if (is_seabios(data, size))
        *file = (struct foreign_file){"SeaBIOS, which is no UEFI firmware",
                                      "Give it to QEMU with -bios; it has no variables."};
    else if (!size)
        *file = (struct foreign_file){"an empty file", "Download or copy it again."};
    else if (is_text(data, size))
        *file = (struct foreign_file){"a text", "Firmware and stores are binary: download or "
                                                "decode the file itself."};
    else
        return false;
    return true;
}
