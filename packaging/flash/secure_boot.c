/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/secure_boot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

static const uint8_t security_guid[GUID_SIZE] =
    GUID_BYTES(0xd719b2cb, 0x3d3a, 0x4596, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f);
static const uint8_t shim_guid[GUID_SIZE] =
    GUID_BYTES(0x605dab50, 0xe046, 0x4300, 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23);
static const uint8_t enable_guid[GUID_SIZE] =
    GUID_BYTES(0xf0a30bc7, 0xaf08, 0x4556, 0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44);

static const struct {
    const char *name;
    const uint8_t *vendor;
} lists[KEY_LISTS] = {
    [LIST_PK] = {"PK", efi_global_guid},     [LIST_KEK] = {"KEK", efi_global_guid},
    [LIST_DB] = {"db", security_guid},   [LIST_DBX] = {"dbx", security_guid},
    [LIST_MOK] = {"MokList", shim_guid}, [LIST_MOKX] = {"MokListX", shim_guid},
};

const char *key_list_name(enum key_list list)
{
    return lists[list].name;
}

const uint8_t *key_list_vendor(enum key_list list)
{
    return lists[list].vendor;
}

enum key_list key_list_named(const char *name)
{
    int i = 0;

    while (i < KEY_LISTS && strcasecmp(lists[i].name, name) != 0)
        i++;
    return (enum key_list)i;
}

static const struct {
    const char *name, *sha256;
    enum key_list list;
} known_certificates[KNOWN_CERTIFICATES] = {
    [KNOWN_KEK_2011] = {"Microsoft Corporation KEK CA 2011",
                        "a1117f516a32cefcba3f2d1ace10a87972fd6bbe8fe0d0b996e09e65d802a503",
                        LIST_KEK},
    [KNOWN_KEK_2023] = {"Microsoft Corporation KEK 2K CA 2023",
                        "3cd3f0309edae228767a976dd40d9f4affc4fbd5218f2e8cc3c9dd97e8ac6f9d",
                        LIST_KEK},
    [KNOWN_WINDOWS_2011] = {"Microsoft Windows Production PCA 2011",
                            "e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961",
                            LIST_DB},
    [KNOWN_WINDOWS_2023] = {"Windows UEFI CA 2023",
                            "076f1fea90ac29155ebf77c17682f75f1fdd1be196da302dc8461e350a9ae330",
                            LIST_DB},
    [KNOWN_UEFI_2011] = {"Microsoft Corporation UEFI CA 2011",
                         "48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507",
                         LIST_DB},
    [KNOWN_UEFI_2023] = {"Microsoft UEFI CA 2023",
                         "f6124e34125bee3fe6d79a574eaa7b91c0e7bd9d929c1a321178efd611dad901",
                         LIST_DB},
    [KNOWN_OPTION_ROM_2023] = {"Microsoft Option ROM UEFI CA 2023",
                               "e5be3e64c6e66a281457ecdece0d6d0787577aad2a3a0144262c10c14ba8d8f1",
                               LIST_DB},
};

const char *known_certificate_name(enum known_certificate known)
{
    return known_certificates[known].name;
}

enum key_list known_certificate_list(enum known_certificate known)
{
    return known_certificates[known].list;
}

bool known_certificate_is(enum known_certificate known, const struct key *key)
{
    return key->is_certificate &&
           strcmp(key->certificate.sha256, known_certificates[known].sha256) == 0;
}

char *known_certificates_lacking(const bool known[KNOWN_CERTIFICATES])
{
    static const struct {
        enum known_certificate old, new;
    } successors[] = {
        {KNOWN_KEK_2011, KNOWN_KEK_2023},
        {KNOWN_WINDOWS_2011, KNOWN_WINDOWS_2023},
        {KNOWN_UEFI_2011, KNOWN_UEFI_2023},
        {KNOWN_UEFI_2011, KNOWN_OPTION_ROM_2023},
    };
    struct text names;
    FILE *to = text_begin(&names);
    bool lacks = false;

    for (size_t i = 0; i < sizeof successors / sizeof *successors; i++) {
        if (!known[successors[i].old] || known[successors[i].new])
            continue;
        fprintf(to, "%s%s", lacks ? ", " : "", known_certificate_name(successors[i].new));
        lacks = true;
    }
    char *text = text_end(&names);
    if (lacks)
        return text;
    free(text);
    return NULL;
}

const char *owner_name(const uint8_t *guid)
{
    static const struct {
        const char *name;
        uint8_t guid[GUID_SIZE];
    } owners[] = {
        {"Microsoft",
         GUID_BYTES(0x77fa9abd, 0x0359, 0x4d32, 0xbd, 0x60, 0x28, 0xf4, 0xe7, 0x8f, 0x78, 0x4b)},
        /* OvmfPkg/EnrollDefaultKeys: what distributions build templates with. */
        {"OvmfEnrollDefaultKeys",
         GUID_BYTES(0xa0baa8a3, 0x041d, 0x48a8, 0xbc, 0x87, 0xc3, 0x6d, 0x12, 0x1b, 0x5e, 0x3d)},
    };

    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        if (guid_is(guid, owners[i].guid))
            return owners[i].name;
    }
    if (guid_is(guid, shim_guid))
        return "shim";
    return guid_is(guid, efi_global_guid) ? "UEFI" : NULL;
}

const char *secure_boot_state_name(enum secure_boot_state state)
{
    static const char *const names[] = {
        [SECURE_BOOT_ON] = "on", [SECURE_BOOT_OFF] = "off", [SECURE_BOOT_SETUP] = "setup mode"};

    return names[state];
}

/* --- reading ---------------------------------------------------------------------------- */

static void read_keys(const struct live_store *live, enum key_list list, struct keys *keys)
{
    struct signature_walk walk;
    struct signature signature;

    keys->variable = varstore_find(live->data, live->store, lists[list].name, lists[list].vendor);
    if (!keys->variable)
        return;
    signature_walk_init(&walk, live->data + keys->variable->data_at, keys->variable->data_size);
    while (signature_next(&walk, &signature)) {
        keys->list = xgrow(keys->list, keys->count, &keys->capacity, sizeof *keys->list);
        struct key *key = &keys->list[keys->count++];

        *key = (struct key){.signature = signature};
        keys->kinds[signature.kind]++;
        if (signature.kind == SIGNATURE_X509)
            key->is_certificate =
                certificate_read(signature.data, signature.size, &key->certificate) == 0;
    }
    keys->broken = walk.broken;
    keys->broken_at = walk.broken_at;
}

static void look_for_known(struct secure_boot *s)
{
    for (int i = 0; i < KNOWN_CERTIFICATES; i++) {
        const struct keys *keys = &s->lists[known_certificates[i].list];

        for (size_t k = 0; k < keys->count; k++)
            s->known[i] |= known_certificate_is((enum known_certificate)i, &keys->list[k]);
    }
}

/* shim's SbatLevel: "sbat,1,2023012900\n" and a line for each component. */
static void read_sbat(const struct live_store *live, struct secure_boot *s)
{
    const struct variable *v = varstore_find(live->data, live->store, "SbatLevel", shim_guid);
    static const char start[] = "sbat,";

    if (!v || v->data_size < sizeof start - 1 ||
        memcmp(live->data + v->data_at, start, sizeof start - 1) != 0)
        return;
    const uint8_t *text = live->data + v->data_at + sizeof start - 1;
    size_t size = v->data_size - (sizeof start - 1), n = 0;
    const uint8_t *comma = memchr(text, ',', size);
    if (!comma)
        return;
    size -= (size_t)(comma + 1 - text);
    text = comma + 1;
    while (n < size && n + 1 < sizeof s->sbat && text[n] > 0x20 && text[n] < 0x7f)
        n++;
    memcpy(s->sbat, text, n);
    s->sbat[n] = '\0';
}

void secure_boot_read(const struct live_store *live, struct secure_boot *s)
{
    *s = (struct secure_boot){.state = SECURE_BOOT_SETUP};
    for (int i = 0; i < KEY_LISTS; i++)
        read_keys(live, (enum key_list)i, &s->lists[i]);
    look_for_known(s);
    read_sbat(live, s);
    if (!s->lists[LIST_PK].variable || !s->lists[LIST_PK].variable->data_size)
        return;
    const struct variable *enable =
        varstore_find(live->data, live->store, "SecureBootEnable", enable_guid);
    s->state = enable && enable->data_size && !live->data[enable->data_at] ? SECURE_BOOT_OFF
                                                                           : SECURE_BOOT_ON;
}

void secure_boot_free(struct secure_boot *s)
{
    for (int i = 0; i < KEY_LISTS; i++) {
        struct keys *keys = &s->lists[i];

        for (size_t k = 0; k < keys->count; k++)
            certificate_free(&keys->list[k].certificate);
        free(keys->list);
    }
    *s = (struct secure_boot){.state = SECURE_BOOT_SETUP};
}

bool keys_have(const struct keys *keys, const struct signature *signature)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (signature_is(&keys->list[i].signature, signature))
            return true;
    }
    return false;
}

bool keys_have_certificate(const struct keys *keys, const char *name_or_sum)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->list[i];

        if (key->is_certificate && (strcmp(key->certificate.name, name_or_sum) == 0 ||
                                    strcasecmp(key->certificate.sha256, name_or_sum) == 0))
            return true;
    }
    return false;
}

size_t keys_count_hashes(const struct keys *keys)
{
    size_t count = 0;

    for (size_t i = 0; i < keys->count; i++) {
        const struct signature *s = &keys->list[i].signature;

        count += s->kind != SIGNATURE_X509 && !signature_revokes_nothing(s);
    }
    return count;
}

bool signature_revokes_nothing(const struct signature *s)
{
    static const uint8_t nothing[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                      0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                      0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                      0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

    return s->kind == SIGNATURE_SHA256 && memcmp(s->data, nothing, sizeof nothing) == 0;
}
