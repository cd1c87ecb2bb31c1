/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/foreign_file.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"

#define DOWNLOAD "Download the file itself: this is what a server sent in its place."
#define UNPACK "Unpack it first."
#define OTHER "QEMU's firmware cannot read it; set the guest's variables up anew."
#define NOT_FLASH "It is not a flash image; name the firmware's or the store's own file."

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
    IS("version https://git-lfs", "a Git LFS pointer, not the file that it stands for",
       "Fetch the file: git lfs pull."),
    IS("version https://hawser", "a Git LFS pointer, not the file that it stands for",
       "Fetch the file: git lfs pull."),
    IS("/annex/objects", "a git-annex pointer, not the file that it stands for",
       "Fetch the file: git annex get FILE."),
    IS("BZh", "a file compressed with bzip2", UNPACK),
    IS("\x1f\x8b", "a file compressed with gzip", UNPACK),
    IS("\xfd"
       "7zXZ",
       "a file compressed with xz", UNPACK),
    IS("\x28\xb5\x2f\xfd", "a file compressed with zstd", UNPACK),
    IS("\x04\x22\x4d\x18", "a file compressed with lz4", UNPACK),
    IS("\x89LZO", "a file compressed with lzop", UNPACK),
    IS("7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    IS("PK\x03\x04", "a ZIP archive", UNPACK),
    IS("!<arch>\n", "a Debian package or another ar archive", UNPACK),
    IS("\xed\xab\xee\xdb", "an RPM package", UNPACK),
    /* IGVM: github.com/microsoft/igvm, IGVM_MAGIC_VALUE. */
    IS("IGVM", "an IGVM file: firmware for confidential guests",
       "QEMU takes it with -object igvm-cfg, not as flash; it has no variable store."),
    /* VMware's own NVRAM, which has the UEFI variables among its sections. */
    IS("MRVN", "an NVRAM of VMware", OTHER),
    IS("GUESTRTS", "a guest state file (vmgs) of Hyper-V", OTHER),
    IS("KDMV", "a VMDK disk image of VMware", NOT_FLASH),
    IS("# Disk DescriptorFile", "a descriptor of a VMDK disk image", NOT_FLASH),
    IS("vhdxfile", "a VHDX disk image of Hyper-V", NOT_FLASH),
    IS("conectix", "a VHD disk image of Hyper-V", NOT_FLASH),
    IS("<<< Oracle VM VirtualBox", "a VDI disk image of VirtualBox", NOT_FLASH),
    IS("\x7f"
       "ELF",
       "an ELF program", NOT_FLASH),
    IS("MZ", "an EFI program", "It is what firmware starts, not firmware."),
    IS("\x55\xaa", "an option ROM", "'romcompat inspect' reads it."),
    IS("%PDF-", "a PDF document", DOWNLOAD),
    IS("-----BEGIN ", "a certificate or key in PEM", "'romcompat varstore enroll' takes it."),
    IS("\x89PNG", "a picture", DOWNLOAD),
    /* VirtualBox 7 keeps variables and TPM in a tar archive, <machine>.nvram. */
    {257, 5, "ustar", {"a tar archive, as an NVRAM of VirtualBox is", OTHER}},
    {0x8001, 5, "CD001", {"an image of an optical disk", NOT_FLASH}},
};

static bool is_html(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"<!doctype html", "<html", "<head", "<?xml"};
    size_t at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && (data[at] == ' ' || (data[at] >= '\t' && data[at] <= '\r')))
        at++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (size - at >= strlen(words[i]) &&
            strncasecmp((const char *)data + at, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

bool foreign_file_read(const uint8_t *data, size_t size, struct foreign_file *file)
{
    if (is_html(data, size)) {
        *file = (struct foreign_file){"an HTML or XML page", DOWNLOAD};
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (in_range(size, kinds[i].at, kinds[i].size) &&
            memcmp(data + kinds[i].at, kinds[i].bytes, kinds[i].size) == 0) {
            *file = kinds[i].file;
            return true;
        }
    }
    return false;
}
