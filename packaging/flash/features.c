/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image is good for, in a few words. */
#include "flash/image.h"

const char *const flash_feature_names[FEATURE_COUNT + 1] = {
    [FEATURE_SECURE_BOOT] = "secure-boot",
    [FEATURE_SMM] = "smm",
    [FEATURE_SEV] = "sev",
    [FEATURE_SEV_ES] = "sev-es",
    [FEATURE_SNP] = "snp",
    [FEATURE_TDX] = "tdx",
    [FEATURE_SHELL] = "shell",
    [FEATURE_XEN] = "xen",
    [FEATURE_DEBUG] = "debug",
    [FEATURE_TPM2] = "tpm2",
    [FEATURE_ISCSI] = "iscsi",
    [FEATURE_PXE] = "pxe",
    [FEATURE_HTTP_BOOT] = "http-boot",
    [FEATURE_ENROLLED_KEYS] = "enrolled-keys",
};

/* SEV guests are given kernel hashes and secrets where the table says, SEV-ES guests a reset
 * address; SNP and TDX need the metadata (edk2 OvmfPkg/ResetVector). */
unsigned flash_features(const struct flash_image *image)
{
    const struct guided_table *t = &image->table;
    const bool has[FEATURE_COUNT] = {
        [FEATURE_SECURE_BOOT] = image->secure_boot,
        [FEATURE_SMM] = image->smm,
        [FEATURE_SEV] =
            guided_table_has(t, GUIDED_SEV_SECRET) || guided_table_has(t, GUIDED_SEV_HASHES),
        [FEATURE_SEV_ES] = guided_table_has(t, GUIDED_SEV_ES_RESET),
        [FEATURE_SNP] = t->sev.present,
        [FEATURE_TDX] = t->tdx.present,
        [FEATURE_SHELL] = image->shell,
        [FEATURE_XEN] = image->xen,
        [FEATURE_DEBUG] = image->debug,
        [FEATURE_TPM2] = image->tpm2,
        [FEATURE_ISCSI] = image->iscsi,
        [FEATURE_PXE] = image->pxe,
        [FEATURE_HTTP_BOOT] = image->http_boot,
        [FEATURE_ENROLLED_KEYS] = image->enrolled,
    };
    unsigned features = 0;

    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        features |= has[i] ? 1u << i : 0;
    return features;
}

const struct flash_volume *flash_main_volume(const struct flash_image *image)
{
    const struct flash_volume *longest = NULL;

    for (size_t i = 0; i < image->volume_count && i < FLASH_VOLUMES_MAX; i++) {
        const struct flash_volume *v = &image->volumes[i];
        bool files = guid_is(v->guid, fv_ffs2_guid) || guid_is(v->guid, fv_ffs3_guid);

        if (files && (!longest || v->length > longest->length))
            longest = v;
    }
    return longest;
}

uint64_t flash_store_length(const struct flash_image *image)
{
    if (image->kind == FLASH_CODE || image->kind == FLASH_COMBINED)
        return image->expects.volume_length;
    return image->has_store ? image->store.volume.length : 0;
}
