/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/key_changes.h"

static bool is_firmware(const struct flash_image *image)
{
    return image->kind == FLASH_CODE || image->kind == FLASH_COMBINED;
}

static bool is_store(const struct flash_image *image)
{
    return image->kind == FLASH_STORE || image->kind == FLASH_BLANK || image->has_list;
}

/* ---- one image, before and after ---- */

struct pair {
    struct firmware_diff *d;
    const char *path;
    const struct flash_image *old, *new;
};

static void add_size(const struct pair *p)
{
    uint64_t device = flash_device_size(p->new->architecture);

    if (p->old->size == p->new->size)
        return;
    if (!device)
        diff_add(p->d, DIFF_MIGRATION, "size", p->path,
                 "size %zu -> %zu: a guest neither migrates nor resumes: Size mismatch: %s: 0x%zx "
                 "!= 0x%zx",
                 p->old->size, p->new->size,
                 p->old->kind == FLASH_COMBINED ? "pc.bios" : "system.flash0", p->old->size,
                 p->new->size);
    else if (p->old->size == device)
        diff_add(p->d, DIFF_COLD_BOOT, "size", p->path,
                 "size %zu -> %zu: QEMU does not start with it as flash: device requires %" PRIu64
                 " bytes",
                 p->old->size, p->new->size, device);
    else
        diff_add(p->d, DIFF_HARMLESS, "size", p->path,
                 "size %zu -> %zu: with -bios the machine's flash has %" PRIu64
                 " bytes whatever the file has; a copy for use as flash must be padded again",
                 p->old->size, p->new->size, device);
}

static void add_expected(const struct pair *p)
{
    const struct flash_expects *old = &p->old->expects, *new = &p->new->expects;

    if (old->source && new->source && old->volume_length != new->volume_length)
        diff_add(p->d, DIFF_COLD_BOOT, "expected-store", p->path,
                 "expects a store of 0x%" PRIx64 " bytes, and not 0x%" PRIx64
                 " as before: guests come up without their variables",
                 new->volume_length, old->volume_length);
}

static void add_features(const struct pair *p)
{
    const struct flash_image *o = p->old, *n = p->new;
    const struct {
        const char *name, *reason;
        bool before, after;
        enum diff_grade lost, gained;
        const char *if_lost, *if_gained;
    } features[] = {
        {"Secure Boot", "secure-boot", o->secure_boot, n->secure_boot, DIFF_SECURITY, DIFF_HARMLESS,
         "a guest with keys in its store starts unsigned programs, without warning",
         "from now on a guest with keys in its store starts signed programs only"},
        {"SMM", "smm", o->smm, n->smm, DIFF_SECURITY, DIFF_COLD_BOOT,
         "a guest can write to protected variables; with secure flash it loses them",
         "guests without smm=on and secure flash do not start"},
        /* Xen starts combined images alone: with it QEMU has no flash (hw/i386/pc_piix.c). */
        {"the drivers for Xen", "xen", o->xen, n->xen,
         o->kind == FLASH_COMBINED ? DIFF_COLD_BOOT : DIFF_HARMLESS, DIFF_HARMLESS,
         o->kind == FLASH_COMBINED ? "guests of Xen do not find their disks"
                                   : "guests of Xen have no flash, and do not start with it",
         "guests of Xen find their disks"},
        {"the UEFI shell", "shell", o->shell, n->shell, DIFF_HARMLESS, DIFF_HARMLESS,
         "only a guest that starts it misses it", "it may be started where nothing else is found"},
        {"the SEV-ES reset block", "sev-es", guided_table_has(&o->table, GUIDED_SEV_ES_RESET),
         guided_table_has(&n->table, GUIDED_SEV_ES_RESET), DIFF_COLD_BOOT, DIFF_HARMLESS,
         "SEV-ES guests do not start", "SEV-ES guests can start"},
        {"SEV metadata", "sev-snp", o->table.sev.present, n->table.sev.present, DIFF_COLD_BOOT,
         DIFF_HARMLESS, "SEV-SNP guests do not start", "what SEV-SNP guests need"},
        {"TDX metadata", "tdx", o->table.tdx.present, n->table.tdx.present, DIFF_COLD_BOOT,
         DIFF_HARMLESS, "TDX guests do not start", "what TDX guests need"},
        {"TPM 2.0", "tpm2", o->tpm2, n->tpm2, DIFF_SECURITY, DIFF_HARMLESS,
         "a guest with a TPM is no longer measured, and disks sealed to it do not open",
         "a guest with a TPM is measured"},
        {"iSCSI", "iscsi", o->iscsi, n->iscsi, DIFF_COLD_BOOT, DIFF_HARMLESS,
         "guests that start from iSCSI disks do not start", "guests can start from iSCSI disks"},
        {"PXE", "pxe", o->pxe, n->pxe, DIFF_COLD_BOOT, DIFF_HARMLESS,
         "guests that start from the network do not start", "guests can start from the network"},
        {"HTTP boot", "http-boot", o->http_boot, n->http_boot, DIFF_COLD_BOOT, DIFF_HARMLESS,
         "guests that start over HTTP do not start", "guests can start over HTTP"},
        {"debug messages", "debug", o->debug, n->debug, DIFF_HARMLESS, DIFF_HARMLESS,
         "a log of the firmware stays empty", "guests start more slowly"},
    };

    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (features[i].before != features[i].after)
            diff_add(p->d, features[i].before ? features[i].lost : features[i].gained,
                     features[i].reason, p->path, "%s %s: %s",
                     features[i].before ? "lost" : "gained", features[i].name,
                     features[i].before ? features[i].if_lost : features[i].if_gained);
    }
}

static void add_digests(const struct pair *p)
{
    for (enum image_digest k = 0; k < IMAGE_DIGESTS; k++) {
        const char *old = flash_digest(p->old, k), *new = flash_digest(p->new, k);

        if (strcmp(old, new) != 0)
            diff_add_digest(p->d, p->path, image_digest_names[k], old, new);
    }
}

static void compare_firmware(const struct pair *p)
{
    if (p->old->architecture != p->new->architecture)
        diff_add(p->d, DIFF_COLD_BOOT, "architecture", p->path, "firmware for %s, and not %s",
                 flash_architecture_name(p->new->architecture),
                 flash_architecture_name(p->old->architecture));
    add_size(p);
    add_expected(p);
    add_features(p);
    diff_add(p->d, DIFF_MEASURED, "content", p->path,
             "content changed: a measured launch%s gives "
             "another digest",
             p->new->architecture == ARCH_X86_64 ? " (SEV, SEV-ES, SNP, TDX)" : "");
    add_digests(p);
}

/* Only they have digests and are no firmware. */
static bool is_igvm(const struct flash_image *image)
{
    return image->kind == FLASH_FOREIGN && image->digests;
}

static void compare_igvm(const struct pair *p)
{
    diff_add(
        p->d, DIFF_MEASURED, "content", p->path,
        "content of an IGVM file changed: a measured launch gives another digest where that is "
        "listed");
    add_digests(p);
}

static uint64_t volume_of(const struct flash_image *store)
{
    return store->has_store ? store->store.volume.length : 0;
}

/* Of a template: what new guests get. */
static void add_key_change(const struct pair *p, const struct key_change *c)
{
    static const struct {
        enum diff_grade lost;
        const char *if_lost, *if_gained;
    } meanings[KEY_LISTS] = {
        [LIST_PK] = {DIFF_SECURITY, "its owner cannot change the lists of new guests",
                     "its owner can change the lists of new guests"},
        [LIST_KEK] = {DIFF_SECURITY,
                      "new guests accept no update of db and dbx that is signed with it",
                      "new guests accept updates of db and dbx that are signed with it"},
        [LIST_DB] = {DIFF_COLD_BOOT, "new guests do not start what is signed with it",
                     "new guests start what is signed with it"},
        [LIST_DBX] = {DIFF_SECURITY, "new guests start what was revoked",
                      "new guests refuse what was revoked"},
        [LIST_MOK] = {DIFF_COLD_BOOT, "shim does not start what is signed with it",
                      "shim starts what is signed with it"},
        [LIST_MOKX] = {DIFF_SECURITY, "shim starts what was revoked",
                       "shim refuses what was revoked"},
    };

    diff_add(p->d, c->lost ? meanings[c->list].lost : DIFF_HARMLESS,
             c->lost ? "keys-lost" : "keys-gained", p->path, "%s %s %s: %s", key_list_name(c->list),
             c->lost ? "lost" : "gained", c->text,
             c->lost ? meanings[c->list].if_lost : meanings[c->list].if_gained);
}

static void add_keys(const struct pair *p)
{
    struct key_changes changes;

    if (!p->old->enrolled || !p->new->enrolled)
        return;
    key_changes_find(p->old, p->new, &changes);
    for (size_t i = 0; i < changes.count; i++)
        add_key_change(p, &changes.list[i]);
    key_changes_free(&changes);
}

static void compare_stores(const struct pair *p)
{
    const struct flash_image *o = p->old, *n = p->new;

    if (o->size != n->size && (o->size == VIRT_FLASH_SIZE || o->size == VIRT_FLASH_SIZE / 2))
        diff_add(p->d, DIFF_COLD_BOOT, "size", p->path,
                 "size %zu -> %zu: a new guest does not start: device requires %zu bytes", o->size,
                 n->size, o->size);
    else if (o->size != n->size)
        diff_add(p->d, DIFF_MIGRATION, "size", p->path,
                 "size %zu -> %zu: a guest whose store a destination makes of it does not migrate: "
                 "Size mismatch: system.flash1: 0x%zx != 0x%zx",
                 o->size, n->size, o->size, n->size);
    else if (o->has_store && n->has_store && volume_of(o) != volume_of(n))
        diff_add(p->d, DIFF_COLD_BOOT, "layout", p->path,
                 "a store of 0x%" PRIx64 " bytes in it, and not 0x%" PRIx64, volume_of(n),
                 volume_of(o));
    if (o->enrolled && !n->enrolled)
        diff_add(p->d, DIFF_SECURITY, "enrolled-keys", p->path,
                 "lost its Secure Boot keys: new guests start unsigned programs");
    else if (!o->enrolled && n->enrolled)
        diff_add(p->d, DIFF_COLD_BOOT, "enrolled-keys", p->path,
                 "gained Secure Boot keys: new guests refuse unsigned programs");
    add_keys(p);
    if (n->has_store && !n->store.sound)
        diff_add(p->d, DIFF_COLD_BOOT, "store", p->path,
                 "firmware does not accept the store in it");
    if (o->kind != n->kind)
        diff_add(p->d, DIFF_HARMLESS, "content", p->path, "%s, and was %s: new guests get it",
                 n->kind == FLASH_BLANK ? "blank" : "a formatted store",
                 o->kind == FLASH_BLANK ? "blank" : "a formatted store");
    else
        diff_add(p->d, DIFF_HARMLESS, "content", p->path,
                 "content changed, and new guests get a copy of it (variables: %zu -> %zu)",
                 o->store.live_count, n->store.live_count);
}

static void add_format(const struct pair *p)
{
    const char *now = p->new->qcow2 ? "qcow2" : "raw", *before = p->old->qcow2 ? "qcow2" : "raw";

    if (p->old->qcow2 == p->new->qcow2)
        return;
    if (is_store(p->old))
        diff_add(p->d, DIFF_COLD_BOOT, "format", p->path,
                 "a %s file, and was %s: a guest whose definition names format '%s' for the store "
                 "that is copied from it does not start, and libvirt takes code and store of one "
                 "format only",
                 now, before, before);
    else
        diff_add(
            p->d, DIFF_COLD_BOOT, "format", p->path,
            "a %s file, and was %s: a guest whose definition names format '%s' for it does not "
            "start, and libvirt refuses its %s store beside it (Format mismatch)",
            now, before, before, before);
}

static void compare_images(const struct pair *p)
{
    add_format(p);
    if (strcmp(p->old->sha256, p->new->sha256) == 0)
        return;
    if (is_igvm(p->old) && is_igvm(p->new))
        compare_igvm(p);
    else if (is_firmware(p->old) && is_firmware(p->new) && p->old->kind == p->new->kind)
        compare_firmware(p);
    else if (is_store(p->old) && is_store(p->new))
        compare_stores(p);
    else
        diff_add(
            p->d, DIFF_MIGRATION, "kind", p->path,
            "%s, and not %s as before (%zu -> %zu bytes): a guest that has it neither migrates "
            "nor starts as it was",
            flash_kind_name(p->new->kind), flash_kind_name(p->old->kind), p->old->size,
            p->new->size);
}

/* ---- every name ---- */

/* The image that a file is or a link leads to. */
static const struct flash_image *image_at(const struct firmware_tree *tree, const char *path)
{
    const struct tree_entry *e = firmware_tree_resolve(tree, path, NULL);

    return e ? e->image : NULL;
}

static const char *same_content(const struct firmware_tree *tree, const struct flash_image *image)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_entry *e = &tree->entries[i];

        if (e->image && strcmp(e->image->sha256, image->sha256) == 0)
            return e->path;
    }
    return NULL;
}

static void add_gone(struct firmware_diff *d, const struct firmware_tree *new,
                     const struct tree_entry *e, const struct flash_image *image)
{
    const struct tree_entry *left = firmware_tree_find(new, e->path);
    const char *other = same_content(new, image);
    char *at = other ? xasprintf(" (the same content is at %s)", other) : xstrdup("");
    char *how = left && left->type == TREE_LINK
                    ? xasprintf("a link to %s, where no image is", left->target)
                    : xstrdup("gone");

    if (is_store(image))
        diff_add(d, DIFF_COLD_BOOT, "image-gone", e->path,
                 "%s: a guest that has no store of its own yet does not start%s", how, at);
    else if (is_igvm(image))
        diff_add(d, DIFF_COLD_BOOT, "image-gone", e->path,
                 "%s (it was an IGVM file): a guest that uses this path does not start%s", how, at);
    else
        diff_add(d, DIFF_MIGRATION, "image-gone", e->path,
                 "%s (it was %s, %s, %zu bytes): a guest that uses this path neither migrates here "
                 "nor starts%s",
                 how, flash_kind_name(image->kind), flash_architecture_name(image->architecture),
                 image->size, at);
    free(at);
    free(how);
}

/* A name may be a file here and a link there, or a link that leads elsewhere. */
static void add_link(struct firmware_diff *d, const struct tree_entry *old,
                     const struct tree_entry *new)
{
    const char *before = old->type == TREE_LINK ? old->target : "a file",
               *after = new->type == TREE_LINK ? new->target : "a file";

    if (strcmp(before, after) != 0)
        diff_add(d, DIFF_HARMLESS, "link", old->path,
                 "leads to %s, and was %s: the other lines about this path say what that changes",
                 after, before);
}

static void compare_name(struct firmware_diff *d, const struct firmware_tree *old,
                         const struct firmware_tree *new, const struct tree_entry *e)
{
    const struct flash_image *before = image_at(old, e->path), *after = image_at(new, e->path);
    const struct tree_entry *now = firmware_tree_find(new, e->path);

    if (!before || (!is_firmware(before) && !is_store(before) && !is_igvm(before) &&
                    before->kind != FLASH_QCOW2))
        return;
    if (!after) {
        add_gone(d, new, e, before);
        return;
    }
    if (now)
        add_link(d, e, now);
    /* Of a link that leads where it did, the image has said everything. */
    if (e->type == TREE_LINK && now && now->type == TREE_LINK &&
        strcmp(e->target, now->target) == 0)
        return;
    compare_images(&(struct pair){.d = d, .path = e->path, .old = before, .new = after});
}

static void add_new(struct firmware_diff *d, const struct firmware_tree *old,
                    const struct firmware_tree *new, const struct tree_entry *e)
{
    const struct flash_image *image = image_at(new, e->path);

    if (!image || image->kind == FLASH_UNKNOWN || image_at(old, e->path))
        return;
    if (e->type == TREE_LINK)
        diff_add(d, DIFF_HARMLESS, "image-new", e->path, "new, a link to %s", e->target);
    else
        diff_add(d, DIFF_HARMLESS, "image-new", e->path, "new (%s, %zu bytes)",
                 flash_kind_name(image->kind), image->size);
}

static int by_weight(const void *a, const void *b)
{
    const struct diff_line *x = a, *y = b;
    int order = (int)x->grade - (int)y->grade;

    if (order == 0)
        order = strcmp(x->path, y->path);
    return order ? order : strcmp(x->text, y->text);
}

void firmware_diff(const struct firmware_tree *old, const struct firmware_tree *new,
                   struct firmware_diff *d)
{
    *d = (struct firmware_diff){0};
    for (size_t i = 0; i < old->count; i++) {
        if (old->entries[i].type != TREE_DIRECTORY)
            compare_name(d, old, new, &old->entries[i]);
    }
    for (size_t i = 0; i < new->count; i++) {
        if (new->entries[i].type != TREE_DIRECTORY)
            add_new(d, old, new, &new->entries[i]);
    }
    diff_descriptors(d, old, new);
    if (d->count)
        qsort(d->list, d->count, sizeof *d->list, by_weight);
}
