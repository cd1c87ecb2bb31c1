/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash images in a first budget. */
#include "release/first_files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/check.h"
#include "flash/secure_boot.h"
#include "outputs/yaml_text.h"
#include "romset/names.h"
#include "release/verdict.h"

/* The share of the volume that a first budget asks to keep free, where it is. */
enum { FIRST_MARGIN = 5 };

/* The store of that name, where the release has it and it goes with the code. */
static const char *store_called(const struct measured *m, const struct measured_flash *code,
                                char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i < m->flash_count && !found; i++) {
        if (strcmp(m->flash[i].name, name) != 0)
            continue;
        if (flash_check_cold_boot(&code->image, &m->flash[i].image).answer == FLASH_YES)
            found = m->flash[i].name;
    }
    free(name);
    return found;
}

/* OVMF_CODE_4M.ms.fd is shipped with OVMF_VARS_4M.ms.fd, OVMF_CODE_4M.secboot.fd with
 * OVMF_VARS_4M.fd; or NULL. */
static const char *template_of(const struct measured *m, const struct measured_flash *code)
{
    const char *at = strstr(code->name, "_CODE"), *suffix = strrchr(code->name, '.');
    int before = at ? (int)(at - code->name) : 0;

    if (!at || !suffix)
        return NULL;
    const char *rest = at + strlen("_CODE");
    const char *found = store_called(m, code, xasprintf("%.*s_VARS%s", before, code->name, rest));
    return found ? found
                 : store_called(m, code,
                                xasprintf("%.*s_VARS%.*s%s", before, code->name,
                                          (int)strcspn(rest, "."), rest, suffix));
}

static void put_features(FILE *to, unsigned features)
{
    char text[FEATURES_TEXT_MAX];

    if (features)
        fprintf(to, "    features: [%s]\n", features_text(features, text));
}

/* Whether its name may stand for it: a budget can have it, and no other certificate has it. */
static bool has_own_name(const struct keys *keys, const struct key *key)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *other = &keys->list[i];

        if (other->is_certificate && strcmp(other->certificate.name, key->certificate.name) == 0 &&
            strcmp(other->certificate.sha256, key->certificate.sha256) != 0)
            return false;
    }
    return !summary_problem(key->certificate.name);
}

static void put_certificates(FILE *to, const char *key, const struct keys *keys)
{
    bool begun = false;

    for (size_t i = 0; i < keys->count; i++) {
        const struct certificate *c = &keys->list[i].certificate;

        if (!keys->list[i].is_certificate)
            continue;
        if (begun)
            fputs(", ", to);
        else
            fprintf(to, "    %s: [", key);
        put_yaml_text(to, has_own_name(keys, &keys->list[i]) ? c->name : c->sha256);
        begun = true;
    }
    if (begun)
        fputs("]\n", to);
}

static void put_keys(FILE *to, const struct flash_image *image)
{
    struct live_store live;
    struct secure_boot keys;
    struct failure f;

    if (!image->enrolled || live_store_open(image, &live, &f) != 0)
        return;
    secure_boot_read(&live, &keys);
    put_certificates(to, "kek", &keys.lists[LIST_KEK]);
    put_certificates(to, "db", &keys.lists[LIST_DB]);
    size_t hashes = keys_count_hashes(&keys.lists[LIST_DBX]);
    if (hashes)
        fprintf(to, "    dbx: %zu\n", hashes);
    secure_boot_free(&keys);
    live_store_close(&live);
}

static void put_rule(FILE *to, const struct measured *m, const struct measured_flash *flash)
{
    const struct flash_image *image = &flash->image;
    const struct flash_volume *v = flash_main_volume(image);
    const char *template = template_of(m, flash);
    uint64_t store = flash_store_length(image);

    fputs("  - match: ", to);
    put_yaml_pattern(to, flash->name);
    fprintf(to, "\n    kind: %s\n", flash_kind_name(image->kind));
    if (image->architecture != ARCH_UNKNOWN)
        fprintf(to, "    architecture: %s\n", flash_architecture_name(image->architecture));
    fprintf(to, "    size: %zu\n", image->size);
    if (store)
        fprintf(to, "    store: %" PRIu64 "\n", store);
    put_features(to, flash_features(image));
    put_keys(to, image);
    if (template) {
        fputs("    template: ", to);
        put_yaml_pattern(to, template);
        putc('\n', to);
    }
    if (v && v->free >= v->length * FIRST_MARGIN / 100)
        fprintf(to, "    margin: %d%%\n", FIRST_MARGIN);
}

bool flash_is_written(const struct measured *m, size_t i)
{
    const struct flash_image *image = &m->flash[i].image;

    if (image->kind == FLASH_UNKNOWN || image->kind == FLASH_FOREIGN || image->kind == FLASH_QCOW2)
        return false;
    /* A copy of the same name, as in a build tree. */
    for (size_t k = 0; k < i; k++) {
        if (strcmp(m->flash[k].name, m->flash[i].name) == 0)
            return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct measured_flash *one = a, *other = b;

    return strcmp(one->name, other->name);
}

void write_flash_rules(FILE *to, const struct measured *m)
{
    struct measured sorted = *m;

    if (!m->flash_count)
        return;
    sorted.flash = xcalloc(m->flash_count, sizeof *sorted.flash);
    memcpy(sorted.flash, m->flash, m->flash_count * sizeof *sorted.flash);
    qsort(sorted.flash, sorted.flash_count, sizeof *sorted.flash, by_name);
    fputs("flash:\n", to);
    for (size_t i = 0; i < sorted.flash_count; i++) {
        if (flash_is_written(&sorted, i))
            put_rule(to, &sorted, &sorted.flash[i]);
    }
    free(sorted.flash);
}
