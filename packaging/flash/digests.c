/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/digests.h"

#include "base/hex.h"
#include "base/memory.h"
#include "flash/measure_igvm.h"

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

/* Each of a platform that the file is for; what QEMU may do otherwise is not weighed here. */
static void keep_igvm(struct flash_image *image)
{
    static const struct {
        enum measure_mode mode;
        enum image_digest kind;
    } all[] = {{MEASURE_SEV, IMAGE_DIGEST_SEV},
               {MEASURE_SEV_ES, IMAGE_DIGEST_SEV_ES},
               {MEASURE_SNP, IMAGE_DIGEST_SNP},
               {MEASURE_TDX, IMAGE_DIGEST_TDX}};
    struct igvm_measurement m;

    if (image->digests)
        return;
    image->digests = xcalloc(1, sizeof *image->digests);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (measure_igvm(image->path, image->data, image->size, all[i].mode, VMSA_QEMU, &m, NULL) ==
            0)
            hex_encode(m.digest.digest, m.digest.size, image->digests->text[all[i].kind]);
        igvm_measurement_free(&m);
    }
}

/* Whether they are to be computed; then there is room for them. */
static bool make_room(struct flash_image *image, size_t guests)
{
    if ((image->kind != FLASH_CODE && image->kind != FLASH_COMBINED) || !image->data ||
        image->architecture != ARCH_X86_64 || image->digests)
        return false;
    image->digests = xcalloc(1, sizeof *image->digests + guests * sizeof image->digests->guests[0]);
    return true;
}

void flash_keep_digests(struct flash_image *image, const struct digest_guest *guest)
{
    struct measured_file file;

    if (image->data && igvm_is(image->data, image->size))
        keep_igvm(image);
    if (!make_room(image, 0))
        return;
    measured_file_take(image->path, image->data, image->size, &file);
    keep(image->digests, &file, MEASURE_SEV, guest, IMAGE_DIGEST_SEV);
    if (guest->vcpus)
        keep(image->digests, &file, MEASURE_SEV_ES, guest, IMAGE_DIGEST_SEV_ES);
    keep(image->digests, &file, MEASURE_SNP, guest, IMAGE_DIGEST_SNP);
    keep(image->digests, &file, MEASURE_TDX, guest, IMAGE_DIGEST_TDX);
}

static void keep_of(struct image_digests *d, const struct measured_file *file,
                    const struct digest_guest *guest)
{
    struct guest_digests *g = &d->guests[d->guest_count++];
    struct measure_guest of = {
        .mode = MEASURE_SEV_ES, .vcpus = guest->vcpus, .signature = guest->signature};
    struct measurement m;

    g->guest = *guest;
    if (measure(file, &of, &m, NULL) == 0)
        hex_encode(m.digest, m.size, g->sev_es);
    of.mode = MEASURE_SNP;
    of.features = 1;
    if (measure(file, &of, &m, NULL) == 0)
        hex_encode(m.digest, m.size, g->snp);
}

void flash_keep_digests_of(struct flash_image *image, const struct digest_guest *guests,
                           size_t count)
{
    struct measured_file file;

    if (!make_room(image, count))
        return;
    measured_file_take(image->path, image->data, image->size, &file);
    keep(image->digests, &file, MEASURE_SEV, &(struct digest_guest){0}, IMAGE_DIGEST_SEV);
    keep(image->digests, &file, MEASURE_SNP, &(struct digest_guest){0}, IMAGE_DIGEST_SNP);
    keep(image->digests, &file, MEASURE_TDX, &(struct digest_guest){0}, IMAGE_DIGEST_TDX);
    for (size_t i = 0; i < count; i++)
        keep_of(image->digests, &file, &guests[i]);
}

const struct guest_digests *flash_guest_digests(const struct flash_image *image,
                                                const struct digest_guest *guest)
{
    for (size_t i = 0; image->digests && i < image->digests->guest_count; i++) {
        const struct guest_digests *g = &image->digests->guests[i];

        if (g->guest.vcpus == guest->vcpus && g->guest.signature == guest->signature)
            return g;
    }
    return NULL;
}

const char *flash_digest(const struct flash_image *image, enum image_digest kind)
{
    return image->digests ? image->digests->text[kind] : "";
}
