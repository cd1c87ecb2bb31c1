/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a store says of Secure Boot: its keys, certificates and hashes, and shim's lists
 * (UEFI 2.10, 32; edk2 SecurityPkg/Include/Guid/AuthenticatedVariableFormat.h;
 * shim MokVars.txt).
 */
#ifndef FLASH_SECURE_BOOT_H
#define FLASH_SECURE_BOOT_H

#include "flash/live_store.h"
#include "formats/signature_list.h"
#include "inputs/certificate.h"

enum key_list { LIST_PK, LIST_KEK, LIST_DB, LIST_DBX, LIST_MOK, LIST_MOKX, KEY_LISTS };

/* "PK", "KEK", "db", "dbx", "MokList", "MokListX" and the GUID of each. */
const char *key_list_name(enum key_list list);
const uint8_t *key_list_vendor(enum key_list list);
/* The list of that name, whatever its case, or KEY_LISTS. */
enum key_list key_list_named(const char *name);

struct key {
    struct signature signature; /* points into the store's data */
    bool is_certificate;        /* `certificate` was read */
    struct certificate certificate;
};

struct keys {
    const struct variable *variable; /* NULL: the store has none */
    const char *broken;              /* why the rest could not be read, or NULL */
    size_t broken_at;
    size_t count, capacity;
    struct key *list;
    size_t kinds[SIGNATURE_KINDS];
};

enum secure_boot_state { SECURE_BOOT_ON, SECURE_BOOT_OFF, SECURE_BOOT_SETUP };

/* Certificates of Microsoft's that decide which loaders start. */
enum known_certificate {
    KNOWN_KEK_2011,
    KNOWN_KEK_2023,
    KNOWN_WINDOWS_2011,
    KNOWN_WINDOWS_2023,
    KNOWN_UEFI_2011,
    KNOWN_UEFI_2023,
    KNOWN_OPTION_ROM_2023,
    KNOWN_CERTIFICATES,
};
/* Its subject's common name, and the list that it belongs to. */
const char *known_certificate_name(enum known_certificate known);
enum key_list known_certificate_list(enum known_certificate known);
/* Whether it is that one, by its checksum. */
struct key;
bool known_certificate_is(enum known_certificate known, const struct key *key);
/* The names of those of 2023 that follow on ones of 2011 that are there, and are not there
 * themselves: "A, B"; or NULL. Who has none of 2011 starts nothing of Microsoft's, and lacks
 * nothing. The caller frees it. */
char *known_certificates_lacking(const bool known[KNOWN_CERTIFICATES]);

struct secure_boot {
    enum secure_boot_state state; /* as the firmware will be at its next start, if it can */
    struct keys lists[KEY_LISTS];
    bool known[KNOWN_CERTIFICATES]; /* each in its own list */
    char sbat[64];                  /* SbatLevel's date, "" where the store has none */
};

/* Of an open store. What makes no sense is named in the lists; it never fails. Points into the
 * store. Free with secure_boot_free(). */
void secure_boot_read(const struct live_store *live, struct secure_boot *secure_boot);
void secure_boot_free(struct secure_boot *secure_boot);

const char *secure_boot_state_name(enum secure_boot_state state);

/* Who has such a GUID, where that is known; else NULL. */
const char *owner_name(const uint8_t *guid);

/* Whether it is the SHA-256 of no bytes, by which edk2's EnrollDefaultKeys makes a dbx. */
bool signature_revokes_nothing(const struct signature *signature);

/* Whether the list has that signature, whoever owns it. */
bool keys_have(const struct keys *keys, const struct signature *signature);

/* Whether it has a certificate of that name, or of that SHA-256 sum in hexadecimal digits. */
bool keys_have_certificate(const struct keys *keys, const char *name_or_sum);

/* How many entries the list has that are no certificates and revoke something. */
size_t keys_count_hashes(const struct keys *keys);

#endif
