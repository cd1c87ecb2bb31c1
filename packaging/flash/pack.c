/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/pack.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "romset/names.h"

struct packer {
    const struct build_options *options;
    struct output output;
    struct packed *packed; /* the one that is worked on */
    struct failure *f;
};

/* --- images --------------------------------------------------------------------------- */

/* libvirt's AppArmor helper (src/security/virt-aa-helper.c, valid_path()) lets a confined
 * guest read firmware below these and not below /usr/lib. */
static bool is_readable_for_guests(const char *path)
{
    static const char *const directories[] = {"usr/share/OVMF/*",  "usr/share/ovmf/*",
                                              "usr/share/AAVMF/*", "usr/share/edk2/*",
                                              "usr/share/qemu/*",  "usr/share/qemu-efi-*/*"};

    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        if (fnmatch(directories[i], path, 0) == 0)
            return true;
    }
    return false;
}

/* "usr/share/OVMF/compat/2022.11-OVMF_CODE.fd" */
static char *install_path(const struct packed *p, const struct flashset_image *image)
{
    if (p->set->install_path)
        return xasprintf("%s/%s%s", p->set->install_path, p->prefix, image->name);
    return xasprintf("%.*scompat/%s%s", directory_length(image->file), image->file, p->prefix,
                     image->name);
}

static int pack_image(struct packer *packer, struct packed_image *image, const uint8_t *data,
                      size_t size)
{
    struct packed *p = packer->packed;
    char *path = install_path(p, image->image);
    uint8_t *copy;
    int result = -1;

    if (!is_readable_for_guests(path)) {
        fail(packer->f, "%s:%u: a guest that libvirt confines cannot read firmware at /%s",
             p->set->file, image->image->line, path);
        fail_hint(packer->f, "Set 'install-path', to usr/share/OVMF/compat for instance.");
    } else {
        copy = xmalloc(size ? size : 1);
        memcpy(copy, data, size);
        flash_take(image->image->file, copy, size, &image->flash);
        flash_forget_bytes(&image->flash);
        if (image->flash.kind == FLASH_UNKNOWN || image->flash.kind == FLASH_QCOW2)
            fail(packer->f, "%s:%u: %s: not a flash image (found %s)", p->set->file,
                 image->image->line, image->image->file, flash_kind_name(image->flash.kind));
        else
            result = output_add(&packer->output, path, data, size, &image->output);
    }
    free(path);
    return result;
}

/* --- descriptors -------------------------------------------------------------------------- */

static int check_pair(struct packer *packer, const struct packed_descriptor *d)
{
    const struct flash_image *code = &d->code->flash;
    const char *yaml = packer->packed->set->file;
    struct flash_verdict fits;

    if (code->kind != FLASH_CODE && code->kind != FLASH_COMBINED)
        return fail(packer->f, "%s:%u: '%s' is not firmware code (found %s)", yaml,
                    d->descriptor->line, d->descriptor->code, flash_kind_name(code->kind));
    if (!d->vars && code->kind == FLASH_CODE && flash_is_x86(code->architecture))
        return fail(packer->f, "%s:%u: '%s' is code without a store: 'vars' is missing", yaml,
                    d->descriptor->line, d->descriptor->code);
    if (!d->vars)
        return 0;
    fits = flash_check_cold_boot(code, &d->vars->flash);
    if (fits.answer == FLASH_YES)
        return 0;
    return fail(packer->f, "%s:%u: '%s' does not fit '%s': %s", yaml, d->descriptor->line,
                d->descriptor->vars, d->descriptor->code, fits.text);
}

static int pack_descriptor(struct packer *packer, struct packed_descriptor *d)
{
    struct packed *p = packer->packed;

    if (check_pair(packer, d) < 0)
        return -1;
    char *text = packed_descriptor_text(p, d, packer->f);
    if (!text)
        return -1;
    char *path = xasprintf("%s/%s-%s-%s.json", DESCRIPTOR_DIRECTORY, PACK_PRIORITY, p->set->name,
                           d->descriptor->name);
    int result = packed_descriptor_check(p, d, text, packer->f);
    if (result == 0)
        result = output_add(&packer->output, path, text, strlen(text), &d->output);
    free(path);
    free(text);
    return result;
}

static struct packed_image *packed_image_of(struct packed *p, const struct flashset_image *image)
{
    return image ? &p->images[image - p->set->images] : NULL;
}

/* --- the source ------------------------------------------------------------------------------ */

/* First the images, then the descriptors that are rewritten. */
static struct wanted want_files(const struct flashset *set)
{
    struct wanted w = {.yaml = set->file,
                       .source = &set->source,
                       .copyright = set->copyright,
                       .changelog = true,
                       .limit = FLASH_FILE_MAX};

    w.files = xcalloc(set->image_count + set->descriptor_count, sizeof *w.files);
    for (size_t i = 0; i < set->image_count; i++)
        w.files[w.count++] =
            (struct wanted_file){set->images[i].file, set->images[i].sha256, set->images[i].line};
    for (size_t i = 0; i < set->descriptor_count; i++) {
        if (set->descriptors[i].from)
            w.files[w.count++] =
                (struct wanted_file){set->descriptors[i].from, NULL, set->descriptors[i].line};
    }
    return w;
}

static int visit(void *arg, size_t set, size_t file, const uint8_t *data, size_t size,
                 const char *sha256)
{
    struct packer *packer = arg;
    struct packed *p = packer->packed;

    (void)set;
    (void)sha256;
    if (file < p->set->image_count)
        return pack_image(packer, &p->images[file], data, size);
    file -= p->set->image_count;
    for (size_t i = 0; i < p->set->descriptor_count; i++) {
        struct packed_descriptor *d = &p->descriptors[i];

        if (d->descriptor->from && file-- == 0) {
            d->from = (uint8_t *)xstrndup((const char *)data, size);
            d->from_size = size;
        }
    }
    return 0;
}

static int no_files(void *arg, size_t set, size_t file, const uint8_t *data, size_t size,
                    const char *sha256)
{
    (void)arg, (void)set, (void)file, (void)data, (void)size, (void)sha256;
    return 0;
}

static int read_one(struct packer *packer, const struct wanted *wanted, struct source *source,
                    source_visitor *visitor)
{
    struct fetched_source fetched;

    if (fetch_source(wanted->yaml, wanted->source, &packer->options->fetch, &fetched, packer->f) <
        0)
        return -1;
    int result = read_source(&wanted, 1, &fetched, source, visitor, packer, packer->f);
    fetched_source_free(&fetched);
    return result;
}

/* What the newer package's changelog says of security. */
static int find_fixes(struct packer *packer, const struct source *source)
{
    struct packed *p = packer->packed;
    struct wanted wanted = {
        .yaml = p->set->file, .source = &p->set->newer, .changelog = true, .limit = FLASH_FILE_MAX};
    struct source newer;
    int result = -1;

    if (!p->set->newer.name)
        return 0;
    if (read_one(packer, &wanted, &newer, no_files) < 0)
        return -1;
    const char *version = source->version ? source->version : p->set->source.version;
    if (!newer.changelog)
        fail(packer->f, "%s:%u: the newer package has no changelog", p->set->file,
             p->set->newer.line);
    else if (!version)
        fail(packer->f, "%s:%u: 'newer' needs 'version' of the source", p->set->file,
             p->set->source.line);
    else
        result = missing_fixes_find(source->changelog, source->changelog_size, version,
                                    newer.changelog, newer.changelog_size, &p->fixes, packer->f);
    if (result == 0)
        p->newer = xasprintf("%s %s", newer.package ? newer.package : p->set->newer.name,
                             newer.version ? newer.version : "");
    source_free(&newer);
    return result;
}

/* --- one set -----------------------------------------------------------------------------------
 */

/* "2022.11-" of 2022.11-6+deb12u2: the same for every security update of that release. */
static char *pick_prefix(const struct flashset *set)
{
    const char *version = set->source.version ? set->source.version : "";
    const char *colon = strchr(version, ':'), *dash = strrchr(version, '-');

    if (set->prefix)
        return xstrdup(set->prefix);
    version = colon ? colon + 1 : version;
    return xasprintf("%.*s-", dash > version ? (int)(dash - version) : (int)strlen(version),
                     version);
}

static int make_deb(struct packer *packer)
{
    struct packed *p = packer->packed;
    size_t count = 0;
    const char **paths = xcalloc(p->set->image_count + p->set->descriptor_count, sizeof *paths);

    for (size_t i = 0; i < p->set->image_count; i++)
        paths[count++] = p->images[i].output.path;
    for (size_t i = 0; i < p->set->descriptor_count; i++)
        paths[count++] = p->descriptors[i].output.path;
    int result = deb_make(&packer->output, &p->package, paths, count);
    free(paths);
    return result;
}

/* What comes after the images: descriptors, documents, package. */
static int finish(struct packer *packer, const struct source *source)
{
    struct packed *p = packer->packed;
    const struct flashset *set = p->set;
    struct deb_package *package = &p->package;

    for (size_t i = 0; i < set->descriptor_count; i++) {
        if (pack_descriptor(packer, &p->descriptors[i]) < 0)
            return -1;
    }
    char *change = xasprintf("Firmware images of %s,\n    made from %s %s.", set->name,
                             deb_made_from(package, &set->source),
                             deb_made_from_version(package, &set->source));
    char *description = set->description ? xstrdup(set->description) : packed_description(p),
         *readme = packed_readme(p);
    package->change = change;
    package->description = description;
    int result = deb_add_documents(&packer->output, package, source);
    if (result == 0)
        result =
            deb_add_document(&packer->output, package, "README.Debian", readme, strlen(readme));
    if (result == 0 && packer->options->deb)
        result = make_deb(packer);
    package->change = package->description = package->maintainer = NULL;
    free(change);
    free(description);
    free(readme);
    return result;
}

static int pack_set(struct packer *packer)
{
    struct packed *p = packer->packed;
    const struct flashset *set = p->set;
    struct wanted wanted = want_files(set);
    struct source source;

    p->prefix = pick_prefix(set);
    int result = read_one(packer, &wanted, &source, visit);
    free(wanted.files);
    if (result < 0)
        return -1;
    p->source_size = source.size;
    p->package =
        (struct deb_package){.yaml = set->file, .name = set->package, .summary = set->summary};
    result = deb_describe(&p->package, &source, &set->source, set->package_version, set->maintainer,
                          set->date, packer->f);
    if (result == 0)
        result = find_fixes(packer, &source);
    if (result == 0)
        result = finish(packer, &source);
    source_free(&source);
    return result;
}

/* --- all of them --------------------------------------------------------------------------------
 */

static void begin(struct packed *p, const struct flashset *set)
{
    p->set = set;
    p->images = xcalloc(set->image_count, sizeof *p->images);
    p->descriptors = xcalloc(set->descriptor_count, sizeof *p->descriptors);
    for (size_t i = 0; i < set->image_count; i++)
        p->images[i].image = &set->images[i];
    for (size_t i = 0; i < set->descriptor_count; i++) {
        const struct flashset_descriptor *d = &set->descriptors[i];

        p->descriptors[i].descriptor = d;
        p->descriptors[i].code = packed_image_of(p, d->code_image);
        p->descriptors[i].vars = packed_image_of(p, d->vars_image);
    }
}

int pack_sets(const struct flashset *sets, size_t count, const struct build_options *options,
              struct packed **out, struct failure *f)
{
    struct packer packer = {.options = options, .f = f};
    struct packed *packed;
    int64_t newest = 0;
    int result = 0;

    if (output_begin(&packer.output, options->output, f) < 0)
        return -1;
    packed = xcalloc(count, sizeof *packed);
    for (size_t i = 0; i < count; i++)
        begin(&packed[i], &sets[i]);
    for (size_t i = 0; i < count && result == 0; i++) {
        packer.packed = &packed[i];
        result = pack_set(&packer);
        if (packed[i].package.date > newest)
            newest = packed[i].package.date;
    }
    if (result < 0) {
        output_abandon(&packer.output);
    } else {
        char *manifest = packed_manifest(packed, count);

        result = output_finish(&packer.output, manifest, newest);
        free(manifest);
    }
    if (result < 0) {
        packed_free(packed, count);
        return -1;
    }
    *out = packed;
    return 0;
}

void packed_free(struct packed *packed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct packed *p = &packed[i];

        for (size_t k = 0; k < p->set->image_count; k++) {
            flash_close(&p->images[k].flash);
            free(p->images[k].output.path);
        }
        for (size_t k = 0; k < p->set->descriptor_count; k++) {
            free(p->descriptors[k].from);
            free(p->descriptors[k].output.path);
        }
        free(p->images);
        free(p->descriptors);
        free(p->prefix);
        free(p->newer);
        deb_package_free(&p->package);
        missing_fixes_free(&p->fixes);
    }
    free(packed);
}
