/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables as JSON, version 2: what virt-fw-vars (virt-firmware, virt/firmware/efi/efijson.py)
 * and QEMU's uefi-vars device (qapi/uefi.json, hw/uefi/var-service-json.c) write and read.
 *
 *     { "version": 2, "variables": [ { "name", "guid", "attr", "data", "time"?, "digest"? } ] }
 */
#ifndef FLASH_VARIABLES_JSON_H
#define FLASH_VARIABLES_JSON_H

#include "flash/convert.h"
#include "flash/live_store.h"

#define VARIABLES_JSON_MAX ((size_t)16 << 20)
#define VARIABLES_JSON_VERSION 2

/* Bytes of variables with more of which the device does not start: its default `size` ("out of variable
 * memory", hw/uefi/var-service-json.c, uefi_vars_json_load()). */
#define UEFI_VARS_STORAGE_MAX 262144

/* What the format, or the store, cannot hold: how many variables lose it. */
struct variables_lost {
    size_t counts;         /* export: a monotonic count other than 0 */
    size_t keys;           /* export: a PubKeyIndex other than 0 */
    size_t digests;        /* import: edk2 keeps them in a variable of its own, certdb */
    size_t times;          /* import into a plain store: a time stamp */
    size_t names;          /* export: a name that is not text; then there is no document */
    size_t read_otherwise; /* export: a name that is not ASCII, of which QEMU makes another */
    struct device_storage {
        uint64_t bytes; /* that the device counts for them */
        unsigned own;   /* bit by variable: those that the device itself adds are among them */
    } storage;
};

/* What the device counts for them from its second start on: it adds some where they are not there. */
uint64_t device_storage(const struct device_storage *storage);

/* The live variables as a document; NULL when a name cannot be written. Free it with
 * json_object_put(). */
struct json_object *variables_to_json(const struct live_store *live, struct variables_lost *lost);

/* Whether QEMU's device takes what was written. */
bool variables_fit_device(const char *path, const struct variables_lost *lost, struct failure *f);

/* One of them; adds to *lost. */
struct json_object *variable_to_json(const uint8_t *data, const struct variable *v,
                                     struct variables_lost *lost);

struct json_variables {
    size_t count, capacity;
    struct json_variable {
        struct variable variable; /* offsets in `bytes` */
        uint8_t *bytes;
        struct device_storage storage;
        bool placed;
    } * list;
    struct variables_lost lost;
    struct failure refused; /* the first thing for which QEMU's device does not take the document */
};

/* Reads a document; each variable of it could be in a store, and no two have one name and
 * GUID. Free with json_variables_free(). */
int variables_from_json(const char *path, struct json_variables *v, struct failure *f);
/* The same for a document in memory; `name` is its name in messages. */
int variables_from_json_text(const char *name, const uint8_t *data, size_t size,
                             struct json_variables *v, struct failure *f);
void json_variables_free(struct json_variables *v);

/* The variables by their keys, and how they compare, for qsort() and bsearch() over it. The
 * caller frees it. */
struct json_variable **sort_json_variables(const struct json_variables *v);
int compare_json_variables(const void *left, const void *right);

/* --- import.c ------------------------------------------------------------------------------- */

/* A store for `code` with these variables and no other. */
int import_for_code(struct json_variables *v, const struct flash_image *code, struct converted *c,
                    struct failure *f);

/* A store like `old` with its live variables, of which those that are in `v` too are
 * replaced but for their counters, and the others of `v` behind them. */
int import_into_store(struct json_variables *v, const struct flash_image *old, struct converted *c,
                      struct failure *f);

/* The same for the JSON of QEMU's uefi-vars device (import_json.c): its text, of which everything
 * else stays. NULL after a failure; the caller frees it. */
char *import_into_json(const char *path, struct json_variables *v, struct failure *f);

#endif
