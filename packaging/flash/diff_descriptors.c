/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of two releases, as libvirt uses them. A guest of libvirt with firmware='efi'
 * has the paths in its definition that its descriptor had when it was defined, and at every
 * start a descriptor with these paths, and with the features it asks for, must be there
 * (libvirt src/qemu/qemu_firmware.c, qemuFirmwareMatchDomain()). */
#include "base/text.h"
#include "flash/diff.h"

#include <fnmatch.h>
#include <string.h>

#define NOT_FOUND "libvirt finds no 'efi' firmware for guests that "

static const struct firmware_descriptor *in_effect(const struct firmware_tree *tree, size_t i)
{
    const struct tree_descriptor *d = &tree->descriptors[i];

    return d->state == TREE_IN_EFFECT && d->read && d->read->usable ? d->read : NULL;
}

static bool has_paths(const struct firmware_descriptor *d, const struct firmware_descriptor *of)
{
    return d->device == of->device && d->mode == of->mode &&
           same_text(d->executable.filename, of->executable.filename) &&
           same_text(d->nvram_template.filename, of->nvram_template.filename);
}

/* A descriptor of the tree with the same paths, or NULL. */
static const struct tree_descriptor *with_paths(const struct firmware_tree *tree,
                                                const struct firmware_descriptor *of)
{
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        const struct firmware_descriptor *d = in_effect(tree, i);

        if (d && has_paths(d, of))
            return &tree->descriptors[i];
    }
    return NULL;
}

static const struct tree_descriptor *named(const struct firmware_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        if (in_effect(tree, i) && strcmp(tree->descriptors[i].name, name) == 0)
            return &tree->descriptors[i];
    }
    return NULL;
}

/* Whether guests could have been made with it: its files were there. */
static bool worked(const struct firmware_tree *tree, const struct firmware_descriptor *d)
{
    return firmware_tree_resolve(tree, d->executable.filename, NULL) &&
           (!d->nvram_template.filename ||
            firmware_tree_resolve(tree, d->nvram_template.filename, NULL));
}

struct change {
    struct firmware_diff *d;
    const char *path;
    const struct firmware_descriptor *old, *new;
};

static void add_paths(const struct change *c, const struct firmware_tree *old,
                      const struct firmware_tree *new)
{
    enum diff_grade grade =
        with_paths(new, c->old) || !worked(old, c->old) ? DIFF_HARMLESS : DIFF_COLD_BOOT;
    const char *outcome = grade == DIFF_COLD_BOOT ? ": " NOT_FOUND "have the old one" : "";

    if (c->old->device != c->new->device || c->old->mode != c->new->mode)
        diff_add(c->d, grade, "mapping", c->path, "mapping %s, %s -> %s, %s%s",
                 descriptor_device_name(c->old->device), descriptor_mode_name(c->old->mode),
                 descriptor_device_name(c->new->device), descriptor_mode_name(c->new->mode),
                 outcome);
    if (!same_text(c->old->executable.filename, c->new->executable.filename))
        diff_add(c->d, grade, "executable", c->path, "executable %s -> %s%s",
                 c->old->executable.filename, c->new->executable.filename, outcome);
    if (!same_text(c->old->nvram_template.filename, c->new->nvram_template.filename))
        diff_add(c->d, grade, "template", c->path, "template %s -> %s%s",
                 c->old->nvram_template.filename ? c->old->nvram_template.filename : "none",
                 c->new->nvram_template.filename ? c->new->nvram_template.filename : "none",
                 outcome);
}

static void add_feature_changes(const struct change *c)
{
    for (size_t i = 0; i < c->old->features.count; i++) {
        const char *name = c->old->features.texts[i];

        if (descriptor_has_feature(c->new, name))
            continue;
        if (strncmp(name, "verbose-", 8) == 0 || strcmp(name, "requires-smm") == 0)
            diff_add(c->d, DIFF_HARMLESS, "feature", c->path, "lost the feature %s", name);
        else
            diff_add(c->d, DIFF_COLD_BOOT, "feature", c->path,
                     "lost the feature %s: " NOT_FOUND "ask for it", name);
    }
    for (size_t i = 0; i < c->new->features.count; i++) {
        const char *name = c->new->features.texts[i];
        bool refused = strcmp(name, "secure-boot") == 0 || strcmp(name, "enrolled-keys") == 0 ||
                       strcmp(name, "requires-smm") == 0;

        if (!descriptor_has_feature(c->old, name))
            diff_add(c->d, refused ? DIFF_COLD_BOOT : DIFF_HARMLESS, "feature", c->path,
                     "gained the feature %s%s", name, refused ? ": " NOT_FOUND "refuse it" : "");
    }
}

/* Whether the machine types of a glob are matched by one of the other's. */
static bool covers(const struct firmware_descriptor *d, const char *architecture, const char *glob)
{
    return descriptor_runs_on(d, architecture, glob);
}

static void add_target_changes(const struct change *c)
{
    for (size_t i = 0; i < c->old->target_count; i++) {
        const struct descriptor_target *t = &c->old->targets[i];

        for (size_t k = 0; k < t->machines.count; k++) {
            if (!covers(c->new, t->architecture, t->machines.texts[k]))
                diff_add(c->d, DIFF_COLD_BOOT, "target", c->path,
                         "lost the target %s %s: " NOT_FOUND "are such machines", t->architecture,
                         t->machines.texts[k]);
        }
    }
    for (size_t i = 0; i < c->new->target_count; i++) {
        const struct descriptor_target *t = &c->new->targets[i];

        for (size_t k = 0; k < t->machines.count; k++) {
            if (!covers(c->old, t->architecture, t->machines.texts[k]))
                diff_add(c->d, DIFF_HARMLESS, "target", c->path, "gained the target %s %s",
                         t->architecture, t->machines.texts[k]);
        }
    }
}

static void add_gone(struct firmware_diff *d, const struct firmware_tree *old,
                     const struct firmware_tree *new, const struct tree_descriptor *td)
{
    const struct tree_descriptor *other = with_paths(new, td->read);

    if (other)
        diff_add(d, DIFF_HARMLESS, "priority", td->entry->path,
                 "another name, and with it another priority: %s", other->entry->path);
    else if (!worked(old, td->read))
        diff_add(d, DIFF_HARMLESS, "descriptor-gone", td->entry->path,
                 "gone, and named files that were not there");
    else
        diff_add(d, DIFF_COLD_BOOT, "descriptor-gone", td->entry->path,
                 "gone: " NOT_FOUND "have %s", td->read->executable.filename);
}

/* ---- what a guest gets that asks for nothing ---- */

static const struct firmware_descriptor *first_for(const struct firmware_tree *tree,
                                                   const char *architecture, const char *machine)
{
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        const struct firmware_descriptor *d = in_effect(tree, i);

        if (d && (d->device != DESCRIPTOR_FLASH || d->mode == DESCRIPTOR_SPLIT) &&
            descriptor_runs_on(d, architecture, machine))
            return d;
    }
    return NULL;
}

static void add_first_choices(struct firmware_diff *d, const struct firmware_tree *old,
                              const struct firmware_tree *new)
{
    static const char *const machines[][2] = {
        {"x86_64", "pc-q35-10.0"}, {"x86_64", "pc-i440fx-10.0"}, {"i386", "pc-q35-10.0"},
        {"aarch64", "virt-10.0"},  {"arm", "virt-10.0"},         {"riscv64", "virt"},
        {"loongarch64", "virt"},
    };

    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const struct firmware_descriptor *before = first_for(old, machines[i][0], machines[i][1]);
        const struct firmware_descriptor *after = first_for(new, machines[i][0], machines[i][1]);

        if (before && !after)
            diff_add(d, DIFF_COLD_BOOT, "no-firmware", before->path,
                     "was the first for %s %s, and now there is none: " NOT_FOUND
                     "are such machines",
                     machines[i][0], machines[i][1]);
        else if (before && after &&
                 !same_text(before->executable.filename, after->executable.filename))
            diff_add(d, DIFF_HARMLESS, "first-choice", after->path,
                     "new guests of %s %s get %s, and not %s as before", machines[i][0],
                     machines[i][1], after->executable.filename, before->executable.filename);
    }
}

void diff_descriptors(struct firmware_diff *d, const struct firmware_tree *old,
                      const struct firmware_tree *new)
{
    for (size_t i = 0; i < old->descriptor_count; i++) {
        const struct tree_descriptor *td = &old->descriptors[i], *now;

        if (!in_effect(old, i))
            continue;
        if (!(now = named(new, td->name))) {
            add_gone(d, old, new, td);
            continue;
        }
        struct change c = {.d = d, .path = td->entry->path, .old = td->read, .new = now->read};
        add_paths(&c, old, new);
        add_feature_changes(&c);
        add_target_changes(&c);
    }
    for (size_t i = 0; i < new->descriptor_count; i++) {
        if (in_effect(new, i) && !named(old, new->descriptors[i].name))
            diff_add(d, DIFF_HARMLESS, "descriptor-new", new->descriptors[i].entry->path,
                     "new, for %s", new->descriptors[i].read->executable.filename);
    }
    add_first_choices(d, old, new);
}
