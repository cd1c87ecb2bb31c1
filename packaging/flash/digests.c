/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/digests.h"

#include "base/hex.h"
#include "base/memory.h"

const char *const image_digest_names[IMAGE_DIGESTS] = {[IMAGE_DIGEST_SEV] = "sev",
                                                       [IMAGE_DIGEST_SEV_ES] = "sev-es",
                                                       [IMAGE_DIGEST_SNP_IMAGE] = "snp-image",
                                                       [IMAGE_DIGEST_SNP] = "snp",
                                                       [IMAGE_DIGEST_TDX] = "tdx"};

static void keep(struct image_digests *d, const struct measured_file *file, enum measure_mode mode,
                 const struct digest_guest *guest, enum image_digest kind)
{
    struct measure_guest g = {.mode = mode,
                              .vcpus = guest->vcpus,
                              .signature = guest->signature,
                              .features = mode == MEASURE_SNP};
    struct measurement m;

    if (measure(file, &g, &m, NULL) != 0)
        return;
    if (mode != MEASURE_SNP)
        hex_encode(m.digest, m.size, d->text[kind]);
    else
        hex_encode(m.image_digest, SHA384_SIZE, d->text[IMAGE_DIGEST_SNP_IMAGE]);
    if (mode == MEASURE_SNP && guest->vcpus)
        hex_encode(m.digest, m.size, d->text[IMAGE_DIGEST_SNP]);
}

void flash_keep_digests(struct flash_image *image, const struct digest_guest *guest)
{
    struct measured_file file;

    if ((image->kind != FLASH_CODE && image->kind != FLASH_COMBINED) || !image->data ||
        image->architecture != ARCH_X86_64 || image->digests)
        return;
    image->digests = xcalloc(1, sizeof *image->digests);
    measured_file_take(image->path, image->data, image->size, &file);
    keep(image->digests, &file, MEASURE_SEV, guest, IMAGE_DIGEST_SEV);
    if (guest->vcpus)
        keep(image->digests, &file, MEASURE_SEV_ES, guest, IMAGE_DIGEST_SEV_ES);
    keep(image->digests, &file, MEASURE_SNP, guest, IMAGE_DIGEST_SNP);
    keep(image->digests, &file, MEASURE_TDX, guest, IMAGE_DIGEST_TDX);
}

const char *flash_digest(const struct flash_image *image, enum image_digest kind)
{
    return image->digests ? image->digests->text[kind] : "";
}
