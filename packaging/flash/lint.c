/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/lint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/check.h"
#include "flash/secure_boot.h"
#include "formats/machine_types.h"
#include "inputs/flash_file.h"

__attribute__((format(printf, 5, 6))) static void find(struct findings *l, enum finding_grade grade,
                                                       const char *reason, const char *file,
                                                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    findings_add(l, (struct finding){.grade = grade,
                                     .check = reason,
                                     .place = xstrdup(file),
                                     .what = xvasprintf(format, args)});
    va_end(args);
}

/* ---- files that are not there ---- */

/* The first package whose dependencies are not all there, so that they may have the file. */
static const struct tree_package *wants_more(const struct firmware_tree *tree)
{
    for (size_t i = 0; !tree->root && i < tree->package_count; i++) {
        if (tree->packages[i].depends)
            return &tree->packages[i];
    }
    return NULL;
}

static void missing(struct findings *l, const struct firmware_tree *tree, const char *file,
                    const char *what, const char *path, const char *end)
{
    const struct tree_package *p = wants_more(tree);
    char *way = strcmp(path, end) == 0 ? xstrdup("") : xasprintf(", which leads to %s", end);

    if (p)
        find(l, FINDING_WARNING, "missing-file", file,
             "%s %s%s is not there; %s depends on %.200s, which --with adds", what, path, way,
             p->name, p->depends);
    else
        find(l, FINDING_ERROR, "missing-file", file, "%s %s%s is not there", what, path, way);
    free(way);
}

/* The image that a descriptor names, or NULL with a finding. */
static const struct tree_entry *image_of(struct findings *l, const struct firmware_tree *tree,
                                         const char *file, const char *what, const char *path)
{
    char *end = NULL;
    const struct tree_entry *e = firmware_tree_resolve(tree, path, &end);

    if (!e)
        missing(l, tree, file, what, path, end);
    else if (e->unread)
        find(l, FINDING_ERROR, "unreadable", file, "%s %s cannot be read (%s)", what, path,
             e->unread);
    free(end);
    return e && e->image ? e : NULL;
}

/* ---- claims ---- */

struct claim {
    const struct firmware_descriptor *d;
    const char *file;
    const struct tree_entry *code, *template; /* NULL: not there, or not read */
};

static bool claims(const struct claim *c, const char *feature)
{
    return descriptor_has_feature(c->d, feature);
}

/* Keys are in the template, or in the image where that holds the store. */
static bool is_enrolled(const struct claim *c)
{
    return c->template ? c->template->image->enrolled : c->code->image->enrolled;
}

static void check_claimed(struct findings *l, const struct claim *c)
{
    const struct flash_image *code = c->code->image;
    bool x86_64 = code->architecture == ARCH_X86_64;
    bool knows_keys = c->template || c->d->mode != DESCRIPTOR_SPLIT;
    const struct {
        const char *feature;
        bool there;
        const char *sign;
    } features[] = {
        {"secure-boot", code->secure_boot, "no Secure Boot driver"},
        {"requires-smm", code->smm, "no SMM core"},
        {"enrolled-keys", !knows_keys || is_enrolled(c), "no platform key in the store"},
        /* OvmfPkgIa32.dsc builds empty libraries for it: SEV needs long mode. */
        {"amd-sev", x86_64, "not built for x86_64"},
        {"amd-sev-es", x86_64 && guided_table_has(&code->table, GUIDED_SEV_ES_RESET),
         "no SEV-ES reset block"},
        {"amd-sev-snp", code->table.sev.present, "no SEV metadata"},
        {"intel-tdx", code->table.tdx.present, "no TDX metadata"},
    };

    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (claims(c, features[i].feature) && !features[i].there)
            find(l, FINDING_ERROR, "claimed-feature", c->file,
                 "claims %s, which %s does not have: %s", features[i].feature, c->code->path,
                 features[i].sign);
    }
    if ((claims(c, "verbose-dynamic") || claims(c, "verbose-static")) && !code->debug)
        find(l, FINDING_WARNING, "claimed-feature", c->file,
             "claims verbose-%s, but %s is a release build, which prints no messages",
             claims(c, "verbose-static") ? "static" : "dynamic", c->code->path);
}

static void check_unclaimed(struct findings *l, const struct claim *c)
{
    const struct flash_image *code = c->code->image;

    if (code->secure_boot && !claims(c, "secure-boot"))
        find(l, FINDING_WARNING, "unclaimed-feature", c->file,
             "%s has Secure Boot, which is not claimed: guests that refuse it get it",
             c->code->path);
    if (code->smm && !claims(c, "requires-smm"))
        find(l, FINDING_ERROR, "unclaimed-feature", c->file,
             "%s needs SMM, which is not claimed: guests without it do not start", c->code->path);
    if (is_enrolled(c) && !claims(c, "enrolled-keys"))
        find(l, FINDING_WARNING, "unclaimed-feature", c->file,
             "the store has a platform key, and enrolled-keys is not claimed: guests that refuse "
             "them get them");
    if (is_enrolled(c) && !code->secure_boot)
        find(l, FINDING_ERROR, "template", c->file,
             "the store has Secure Boot keys, and %s no Secure Boot: unsigned programs will be "
             "started",
             c->code->path);
    /* SMM and SEV-ES exclude each other. */
    if (code->architecture == ARCH_X86_64 && claims(c, "amd-sev") && !claims(c, "amd-sev-es") &&
        !code->smm && guided_table_has(&code->table, GUIDED_SEV_ES_RESET))
        find(
            l, FINDING_WARNING, "unclaimed-feature", c->file,
            "%s has a SEV-ES reset block, and amd-sev-es is not claimed: guests that ask for it do "
            "not get it",
            c->code->path);
    if (code->debug && !claims(c, "verbose-dynamic") && !claims(c, "verbose-static"))
        find(l, FINDING_WARNING, "unclaimed-feature", c->file,
             "%s is a debug build, and neither verbose-dynamic nor verbose-static is claimed",
             c->code->path);
}

/* ---- targets ---- */

/* Whether machine types of the family can match the glob: one begins like the other, up to
 * the glob's first wildcard. */
static bool may_match(const char *glob, const struct machine_family *family)
{
    char *begin = xasprintf("%s%s", family->name, family->has_versions ? "-" : "");
    size_t fixed = strcspn(glob, "*?"), length = strlen(begin);
    bool may = strncmp(glob, begin, fixed < length ? fixed : length) == 0 &&
               (glob[fixed] != '\0' || fixed >= length);

    free(begin);
    return may;
}

static bool is_known_machine(const char *architecture, const char *glob)
{
    bool known = false;

    for (const struct machine_family *f = machine_families; f->name; f++)
        for (size_t i = 0; i < MACHINE_ARCHITECTURES_MAX && f->architectures[i]; i++) {
            if (strcmp(f->architectures[i], architecture) != 0)
                continue;
            known = true;
            if (may_match(glob, f))
                return true;
        }
    return !known; /* an architecture that has been named already, or one without a table */
}

static bool runs_on(enum flash_architecture image, const char *target)
{
    if (image == ARCH_UNKNOWN || strcmp(flash_architecture_name(image), target) == 0)
        return true;
    /* The emulators of wider machines start narrower firmware. */
    return (image == ARCH_I386 && strcmp(target, "x86_64") == 0) ||
           (image == ARCH_ARM && strcmp(target, "aarch64") == 0);
}

static void check_targets(struct findings *l, const struct claim *c)
{
    for (size_t i = 0; i < c->d->target_count; i++) {
        const struct descriptor_target *t = &c->d->targets[i];

        if (c->code && !runs_on(c->code->image->architecture, t->architecture))
            find(l, FINDING_ERROR, "architecture", c->file,
                 "targets[%zu]: %s is firmware for another architecture (found %s, expected %s)", i,
                 c->code->path, flash_architecture_name(c->code->image->architecture),
                 t->architecture);
        for (size_t k = 0; k < t->machines.count; k++) {
            const char *glob = t->machines.texts[k];

            if (!is_known_machine(t->architecture, glob))
                find(l, FINDING_WARNING, "unknown-machine", c->file,
                     "targets[%zu]: no machine type of %s that is known matches '%s'%s", i,
                     t->architecture, glob,
                     machine_family_of_alias(glob) || strcmp(glob, "virt") == 0
                         ? ", which is an alias"
                         : "");
            else if (claims(c, "requires-smm") && strncmp(glob, "pc-i440fx", 9) == 0)
                find(l, FINDING_ERROR, "smm-machine", c->file,
                     "targets[%zu]: '%s' has no SMM that this firmware could use", i, glob);
        }
    }
}

/* ---- one descriptor ---- */

static void check_format(struct findings *l, const char *file, const struct tree_entry *e,
                         const char *format)
{
    bool qcow2 = e->image->qcow2;

    if (format && (strcmp(format, "qcow2") == 0) != qcow2)
        find(l, FINDING_ERROR, "format", file,
             "%s does not have the format that is claimed (found %s, "
             "expected %s)",
             e->path, qcow2 ? "qcow2" : "raw", format);
}

/* By the target: what is not a firmware has no architecture. */
static uint64_t device_size(const struct firmware_descriptor *d)
{
    const char *name = d->target_count ? d->targets[0].architecture : "";

    if (strcmp(name, "arm") == 0 || strcmp(name, "aarch64") == 0)
        return flash_device_size(ARCH_AARCH64);
    return strcmp(name, "riscv64") == 0 ? flash_device_size(ARCH_RISCV64) : 0;
}

/* False when its size is wrong. */
static bool check_size(struct findings *l, const struct claim *c, const struct tree_entry *e)
{
    uint64_t device = device_size(c->d);

    if (!device || e->size == device)
        return true;
    find(l, FINDING_ERROR, "size", c->file,
         "%s is not as long as the machine's flash, and QEMU does not start (found %" PRIu64
         " bytes, expected %" PRIu64 ")",
         e->path, e->size, device);
    return false;
}

static bool check_kind(struct findings *l, const struct claim *c)
{
    const struct flash_image *code = c->code->image;
    bool wants_code = c->d->device == DESCRIPTOR_FLASH && c->d->mode == DESCRIPTOR_SPLIT;
    bool wants_both = c->d->device == DESCRIPTOR_FLASH && c->d->mode == DESCRIPTOR_COMBINED;

    if (code->kind == FLASH_QCOW2)
        return false;
    if (code->unread.what[0])
        find(l, FINDING_WARNING, "unread", c->file, "not all of it could be read: %s",
             code->unread.what);
    if ((code->kind == FLASH_CODE && !wants_both) || (code->kind == FLASH_COMBINED && !wants_code))
        return true;
    find(l, FINDING_ERROR, "kind", c->file,
         "%s is not what mode '%s' needs (found %s, expected %s)", c->code->path,
         descriptor_mode_name(c->d->mode), flash_kind_name(code->kind),
         wants_code   ? "code"
         : wants_both ? "combined"
                      : "firmware");
    return false;
}

static void check_template(struct findings *l, const struct claim *c)
{
    struct flash_verdict fits;

    if (c->template->image->kind == FLASH_QCOW2 || c->code->image->kind == FLASH_QCOW2)
        return;
    fits = flash_check_cold_boot(c->code->image, c->template->image);
    if (fits.answer == FLASH_NO)
        find(l, FINDING_ERROR, "template", c->file, "the template %s does not fit %s: %s",
             c->template->path, c->code->path, fits.text);
}

static void check_flash(struct findings *l, const struct firmware_tree *tree, struct claim *c)
{
    const struct firmware_descriptor *d = c->d;
    bool sizes = true;

    if (d->mode == DESCRIPTOR_SPLIT)
        c->template = image_of(l, tree, c->file, "the template", d->nvram_template.filename);
    if (c->code) {
        check_format(l, c->file, c->code, d->executable.format);
        sizes = check_size(l, c, c->code);
    }
    if (c->template) {
        check_format(l, c->file, c->template, d->nvram_template.format);
        sizes = check_size(l, c, c->template) && sizes;
    }
    if (c->code && check_kind(l, c)) {
        if (c->template && c->template->image->kind == FLASH_JSON)
            find(l, FINDING_ERROR, "template", c->file,
                 "the template %s is JSON, which QEMU's uefi-vars device takes, and the mapping is "
                 "flash: the guest does not see its variables",
                 c->template->path);
        else if (c->template && sizes)
            check_template(l, c);
        if (c->template || d->mode != DESCRIPTOR_SPLIT) {
            check_claimed(l, c);
            check_unclaimed(l, c);
        } else {
            check_claimed(l, c);
        }
    }
}

/* Firmware in memory, whose variables the uefi-vars device keeps where it has a template. */
static void check_memory(struct findings *l, const struct firmware_tree *tree, struct claim *c)
{
    const struct firmware_descriptor *d = c->d;
    bool kept = d->nvram_template.filename != NULL;

    if (kept)
        c->template = image_of(l, tree, c->file, "the template", d->nvram_template.filename);
    if (c->code && check_kind(l, c)) {
        check_claimed(l, c);
        check_unclaimed(l, c);
        if (c->template)
            check_template(l, c);
    }
    if (kept != claims(c, "host-uefi-vars"))
        find(l, FINDING_WARNING, "feature", c->file,
             kept ? "'host-uefi-vars' is not claimed, though there is a template for the device"
                  : "'host-uefi-vars' is claimed, and there is no template");
}

static void check_descriptor(struct findings *l, const struct firmware_tree *tree,
                             const struct tree_descriptor *td)
{
    const struct firmware_descriptor *d = td->read;
    struct claim c = {.d = d, .file = td->entry->path};

    for (size_t i = 0; i < d->problems.count; i++) {
        const struct finding *p = &d->problems.list[i];

        find(l, p->grade, p->check, c.file, "%s%s", p->what,
             p->grade == FINDING_ERROR ? ": libvirt skips the descriptor" : "");
    }
    if (!d->usable)
        return;
    c.code = image_of(l, tree, c.file, "the executable", d->executable.filename);
    if (d->device == DESCRIPTOR_FLASH) {
        check_flash(l, tree, &c);
    } else if (d->device == DESCRIPTOR_MEMORY) {
        check_memory(l, tree, &c);
    }
    check_targets(l, &c);
}

/* ---- descriptors beside each other ---- */

static bool has_target(const struct firmware_descriptor *d, const char *architecture,
                       const char *glob)
{
    for (size_t i = 0; i < d->target_count; i++) {
        for (size_t k = 0; strcmp(d->targets[i].architecture, architecture) == 0 &&
                           k < d->targets[i].machines.count;
             k++) {
            if (strcmp(d->targets[i].machines.texts[k], glob) == 0)
                return true;
        }
    }
    return false;
}

/* Whether every guest that `d` answers is answered by `first` as well. */
static bool answers_all_of(const struct firmware_descriptor *first,
                           const struct firmware_descriptor *d)
{
    /* What libvirt asks for: qemuFirmwareMatchDomain(). */
    static const char *const asked[] = {
        "acpi-s3",   "acpi-s4",     "amd-sev",       "amd-sev-es",   "amd-sev-snp",
        "intel-tdx", "secure-boot", "enrolled-keys", "requires-smm", "host-uefi-vars"};

    if (first->device != d->device || first->mode != d->mode || !d->target_count)
        return false;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (descriptor_has_feature(first, asked[i]) != descriptor_has_feature(d, asked[i]))
            return false;
    }
    for (size_t i = 0; i < d->target_count; i++) {
        for (size_t k = 0; k < d->targets[i].machines.count; k++) {
            if (!has_target(first, d->targets[i].architecture, d->targets[i].machines.texts[k]))
                return false;
        }
    }
    return true;
}

static bool is_in_effect(const struct tree_descriptor *d)
{
    return d->state == TREE_IN_EFFECT && d->read && d->read->usable;
}

/* Names that begin with the same number have the same priority, and what follows it was not
 * meant to decide. */
static void check_rivals(struct findings *l, const struct firmware_tree *tree, size_t n)
{
    const struct tree_descriptor *d = &tree->descriptors[n];
    size_t digits = strspn(d->name, "0123456789");

    for (size_t i = 0; i < n; i++) {
        const struct tree_descriptor *first = &tree->descriptors[i];

        if (!is_in_effect(first) || strspn(first->name, "0123456789") != digits ||
            strncmp(first->name, d->name, digits) != 0 || !answers_all_of(first->read, d->read))
            continue;
        find(l, FINDING_WARNING, "never-chosen", d->entry->path,
             "never chosen: %s has the same priority, matches the same guests, and comes before it",
             first->entry->path);
        return;
    }
}

static void check_state(struct findings *l, const struct firmware_tree *tree,
                        const struct tree_descriptor *d)
{
    const char *dot = strrchr(d->name, '.');
    char *end = NULL;

    switch (d->state) {
    case TREE_DANGLING:
        firmware_tree_resolve(tree, d->entry->path, &end);
        if (wants_more(tree))
            missing(l, tree, d->entry->path, "what the link names,", d->entry->target, end);
        else
            find(l, FINDING_ERROR, "dangling-link", d->entry->path,
                 "a link to %s, which is not there: libvirt then reads no descriptor at all",
                 d->entry->target);
        free(end);
        break;
    case TREE_NO_FILE:
        find(l, FINDING_WARNING, "hides-nothing", d->entry->path,
             "a link to %s, which libvirt skips: only an empty file hides a descriptor",
             d->entry->target);
        break;
    case TREE_UNREAD:
        find(l, FINDING_ERROR, "format", d->entry->path, "%s", d->problem);
        break;
    default:
        break;
    }
    if (d->state != TREE_EMPTY && (!dot || strcmp(dot, ".json") != 0))
        find(l, FINDING_WARNING, "name", d->entry->path,
             "not named .json, but libvirt reads it nevertheless");
}

/* ---- images, whatever names them ---- */

static size_t directory_length(const char *path)
{
    return (size_t)(strrchr(path, '/') - path);
}

/* A store of the virt machines beside code that was brought to the length of their flash. */
static void check_padding(struct findings *l, const struct firmware_tree *tree,
                          const struct tree_entry *store)
{
    size_t length = directory_length(store->path);

    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_entry *e = &tree->entries[i];
        uint64_t device = e->image && e->image->kind == FLASH_CODE
                              ? flash_device_size(e->image->architecture)
                              : 0;

        if (!device || e->size != device || directory_length(e->path) != length ||
            memcmp(e->path, store->path, length) != 0)
            continue;
        if (store->size != device)
            find(l, FINDING_WARNING, "size", store->path,
                 "a store beside %s that is not as long as the machine's flash (found %" PRIu64
                 " bytes, expected %" PRIu64 ")",
                 e->path, store->size, device);
        return;
    }
}

static bool is_of_microsoft(const struct secure_boot *keys)
{
    bool is = false;

    for (int i = 0; i < KNOWN_CERTIFICATES; i++)
        is |= keys->known[i];
    return is;
}

/* What a template with keys gives to new guests. */
static void check_keys(struct findings *l, const struct tree_entry *e)
{
    struct live_store live;
    struct secure_boot keys;
    struct failure f;

    if (live_store_open(e->image, &live, &f) != 0)
        return;
    secure_boot_read(&live, &keys);
    char *names = known_certificates_lacking(keys.known);
    if (names)
        find(l, FINDING_WARNING, "certificates", e->path,
             "has Microsoft's certificates of 2011 and lacks their successors (%s): new "
             "guests do not start what is signed only with those",
             names);
    free(names);
    if (is_of_microsoft(&keys) && !keys_count_hashes(&keys.lists[LIST_DBX]))
        find(l, FINDING_WARNING, "dbx", e->path,
             "dbx has no hash: new guests start programs that were revoked");
    for (int i = 0; i < KEY_LISTS; i++) {
        if (keys.lists[i].broken)
            find(l, FINDING_ERROR, "certificates", e->path, "%s is damaged at byte %zu: %s",
                 key_list_name((enum key_list)i), keys.lists[i].broken_at, keys.lists[i].broken);
    }
    secure_boot_free(&keys);
    live_store_close(&live);
}

static void check_image(struct findings *l, const struct firmware_tree *tree,
                        const struct tree_entry *e)
{
    const struct flash_image *image = e->image;
    char text[VARSTORE_PROBLEM_TEXT_MAX];

    if (image->kind == FLASH_UNKNOWN)
        find(l, FINDING_WARNING, "kind", e->path, "neither firmware nor a variable store");
    if (image->kind == FLASH_FOREIGN)
        find(l, FINDING_WARNING, "kind", e->path, "not a QEMU flash image: it is %s",
             image->foreign.what);
    if (image->has_store && !image->store.sound)
        find(l, FINDING_ERROR, "store", e->path, "firmware does not accept the store in it: %s",
             image->store.volume.defect != FV_SOUND
                 ? fv_defect_text(&image->store.volume, image->size, text)
             : image->store.problem_count ? varstore_problem_text(&image->store.problems[0], text)
                                          : "it is damaged");
    if (image->enrolled)
        check_keys(l, e);
    if (image->kind == FLASH_STORE && image->store.layout &&
        strcmp(image->store.layout->name, "virt") == 0)
        check_padding(l, tree, e);
}

static void check_entry(struct findings *l, const struct firmware_tree *tree,
                        const struct tree_entry *e)
{
    char *end = NULL;

    if (e->image)
        check_image(l, tree, e);
    else if (e->unread)
        find(l, FINDING_ERROR, "unreadable", e->path, "%s", e->unread);
    if (e->type == TREE_LINK && flash_file_is_named(e->path) &&
        !firmware_tree_resolve(tree, e->path, &end))
        missing(l, tree, e->path, "what the link names,", e->target, end);
    free(end);
}

void firmware_lint(const struct firmware_tree *tree, struct findings *l)
{
    *l = (struct findings){0};
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        const struct tree_descriptor *d = &tree->descriptors[i];

        check_state(l, tree, d);
        if (d->state == TREE_IN_EFFECT && d->read)
            check_descriptor(l, tree, d);
        if (is_in_effect(d))
            check_rivals(l, tree, i);
    }
    for (size_t i = 0; i < tree->count; i++)
        check_entry(l, tree, &tree->entries[i]);
    for (size_t i = 0; i < tree->duplicate_count; i++)
        find(l, FINDING_ERROR, "double", tree->duplicates[i].path, "in two packages: %s and %s",
             tree->duplicates[i].first, tree->duplicates[i].second);
    findings_sort(l);
}
