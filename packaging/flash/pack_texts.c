/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/pack.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/firmware_descriptor.h"
#include "inputs/json.h"
#include "outputs/json.h"
#include "romset/manifest.h"

static const char *made_from(const struct packed *p)
{
    return deb_made_from(&p->package, &p->set->source);
}

static const char *made_from_version(const struct packed *p)
{
    return deb_made_from_version(&p->package, &p->set->source);
}

static struct json_object *texts_array(const struct flashset_texts *texts)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < texts->count; i++)
        json_append(array, json_string(texts->list[i]));
    return array;
}

/* --- a descriptor --------------------------------------------------------------------------- */

static struct json_object *file_of(const struct packed_image *image)
{
    struct json_object *o = json_new();
    char *path = xasprintf("/%s", image->output.path);

    json_add_text_if(o, "filename", path);
    json_add_text_if(o, "format", "raw");
    free(path);
    return o;
}

static struct json_object *mapping_of(const struct packed_descriptor *d)
{
    struct json_object *o = json_new();

    if (d->vars) {
        json_add_text_if(o, "device", "flash");
        json_add(o, "executable", file_of(d->code));
        json_add(o, "nvram-template", file_of(d->vars));
    } else {
        char *path = xasprintf("/%s", d->code->output.path);

        json_add_text_if(o, "device", "memory");
        json_add_text_if(o, "filename", path);
        free(path);
    }
    return o;
}

static struct json_object *targets_of(const struct flashset_descriptor *d)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < d->target_count; i++) {
        struct json_object *target = json_new();

        json_add_text_if(target, "architecture", d->targets[i].architecture);
        json_add(target, "machines", texts_array(&d->targets[i].machines));
        json_append(array, target);
    }
    return array;
}

/* What a new one has that is not said in the flashset. */
static struct json_object *new_descriptor(void)
{
    struct json_object *o = json_new(), *uefi = json_list();

    json_append(uefi, json_string("uefi"));
    json_add_text_if(o, "description", "");
    json_add(o, "interface-types", uefi);
    json_add(o, "mapping", NULL);
    json_add(o, "targets", NULL);
    json_add(o, "features", NULL);
    json_add(o, "tags", json_list());
    return o;
}

char *packed_descriptor_text(const struct packed *p, const struct packed_descriptor *d,
                             struct failure *f)
{
    struct json_object *root;

    if (!d->from)
        root = new_descriptor();
    else if (json_tree_parse(d->descriptor->from, d->from, d->from_size, &root, f) < 0)
        return NULL;
    const char *said = d->descriptor->description ? d->descriptor->description
                                                  : json_member_text(root, "description");
    char *description = xasprintf("%s (compat, of %s %s)", said ? said : p->set->summary,
                                  made_from(p), made_from_version(p));

    json_add_text_if(root, "description", description);
    json_add(root, "mapping", mapping_of(d));
    if (d->descriptor->target_count)
        json_add(root, "targets", targets_of(d->descriptor));
    if (d->descriptor->has_features)
        json_add(root, "features", texts_array(&d->descriptor->features));
    free(description);
    return json_document_text(root);
}

/* A claim that both sides must have, or neither. */
struct claim {
    const char *feature;
    bool is_so;
    const char *what;
};

static int check_claims(const struct packed *p, const struct packed_descriptor *d,
                        const struct firmware_descriptor *made, struct failure *f)
{
    const struct flash_image *code = &d->code->flash;
    const struct claim claims[] = {
        {"secure-boot", code->secure_boot, "Secure Boot"},
        {"requires-smm", code->smm, "SMM"},
        {"enrolled-keys", d->vars && d->vars->flash.enrolled, "enrolled keys"},
    };

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        bool claimed = descriptor_has_feature(made, claims[i].feature);

        /* Firmware that can do Secure Boot may be offered without it: Debian 12's plain one. */
        if (claimed == claims[i].is_so || (i == 0 && !claimed))
            continue;
        fail(f, "%s:%u: the descriptor '%s' %s '%s', and there %s %s in the firmware", p->set->file,
             d->descriptor->line, d->descriptor->name, claimed ? "claims" : "does not claim",
             claims[i].feature, claimed ? "is no" : "is", claims[i].what);
        return fail_hint(f, "Set 'features' to what the firmware has.");
    }
    return 0;
}

static int check_targets(const struct packed *p, const struct packed_descriptor *d,
                         const struct firmware_descriptor *made, struct failure *f)
{
    const char *architecture = flash_architecture_name(d->code->flash.architecture);

    for (size_t i = 0; i < made->target_count; i++) {
        const struct descriptor_target *t = &made->targets[i];

        if (strcmp(t->architecture, architecture) != 0)
            return fail(f, "%s:%u: the descriptor '%s' is for %s, and the firmware for %s",
                        p->set->file, d->descriptor->line, d->descriptor->name, t->architecture,
                        architecture);
        for (size_t k = 0; k < t->machines.count && d->code->flash.smm; k++) {
            if (strncmp(t->machines.texts[k], "pc-q35-", 7) != 0)
                return fail(f, "%s:%u: the descriptor '%s' names '%s', and SMM needs pc-q35-*",
                            p->set->file, d->descriptor->line, d->descriptor->name,
                            t->machines.texts[k]);
        }
    }
    return 0;
}

int packed_descriptor_check(const struct packed *p, const struct packed_descriptor *d,
                            const char *text, struct failure *f)
{
    struct firmware_descriptor made;
    int result = -1;

    if (firmware_descriptor_parse(d->descriptor->name, (const uint8_t *)text, strlen(text), &made,
                                  f) < 0)
        return -1;
    if (made.problems.count)
        fail(f, "%s:%u: the descriptor '%s': %s", p->set->file, d->descriptor->line,
             d->descriptor->name, made.problems.list[0].what);
    else if (check_claims(p, d, &made, f) == 0)
        result = check_targets(p, d, &made, f);
    firmware_descriptor_free(&made);
    return result;
}

/* --- the package's texts -----------------------------------------------------------------------
 */

char *packed_description(const struct packed *p)
{
    return xasprintf(
        "UEFI firmware of %s %s under names of its own (%s), with descriptors of low priority, "
        "beside the firmware that the host uses for new guests.\n\n"
        "QEMU compares the lengths of both flash devices when a guest is migrated or restored, "
        "and a guest's variable store goes only with firmware of the same layout. A guest that "
        "names firmware of this package goes on with what it was started with.\n\n"
        "This firmware is old: README.Debian tells which security fixes it lacks.",
        made_from(p), made_from_version(p), p->images[0].output.path);
}

static void put_fixes(FILE *to, const struct packed *p)
{
    if (!p->newer) {
        fputs("It was not compared with a newer release: which security fixes it lacks is not\n"
              "known. Treat it as firmware that has none of them.\n",
              to);
        return;
    }
    if (!p->fixes.count)
        fprintf(to, "The changelog of %s names none that it lacks.\n", p->newer);
    else
        fprintf(to, "As the changelog of %s tells, it lacks:\n\n", p->newer);
    for (size_t i = 0; i < p->fixes.count; i++) {
        const struct missing_fix *fix = &p->fixes.list[i];
        char *text = missing_fix_text(fix);

        fprintf(to, "  %-10s  %s\n              %s\n", fix->date, fix->version, text);
        free(text);
    }
    if (!p->fixes.reaches_back)
        fputs("\nThat changelog does not reach back to this firmware: there may be more.\n", to);
    fputs("\nFixes that came without a CVE number, or later, are not in this list.\n", to);
}

static void put_images(FILE *to, const struct packed *p)
{
    for (size_t i = 0; i < p->set->image_count; i++) {
        const struct packed_image *image = &p->images[i];

        fprintf(to, "  /%s\n      /%s, %s, %" PRIu64 " bytes\n", image->output.path,
                image->image->file, flash_kind_name(image->flash.kind), image->output.size);
    }
}

char *packed_readme(const struct packed *p)
{
    char *title = xasprintf("Firmware of %s %s for guests that were started with it", made_from(p),
                            made_from_version(p));
    struct text text;
    FILE *to = text_begin(&text);

    fprintf(to, "%s\n", title);
    for (size_t i = 0; i < strlen(title); i++)
        putc('=', to);
    fputs("\n\nThe files, and where they were in that package:\n\n", to);
    put_images(to, p);
    fputs("\nA guest of libvirt uses them when its <loader> names the code; its <nvram>, its own\n"
          "store, stays as it is. 'romcompat flash args' prints the XML and QEMU's arguments.\n"
          "The descriptors begin with " PACK_PRIORITY ": libvirt takes them by itself only where\n"
          "no other firmware has what a guest asks for.\n"
          "\nSecurity fixes\n--------------\n\n",
          to);
    put_fixes(to, p);
    free(title);
    return text_end(&text);
}

/* --- the manifest --------------------------------------------------------------------------- */

static struct json_object *image_object(const struct packed_image *image)
{
    struct json_object *o = json_new();
    const struct flash_image *flash = &image->flash;
    bool code = flash->kind == FLASH_CODE || flash->kind == FLASH_COMBINED;

    json_add_text_if(o, "file", image->image->file);
    json_add_text_if(o, "kind", flash_kind_name(flash->kind));
    if (code) {
        json_add_text_if(o, "architecture", flash_architecture_name(flash->architecture));
        json_add_flag(o, "secure_boot", flash->secure_boot);
        json_add_flag(o, "smm", flash->smm);
        json_add_text_if(o, "expects", flash->expects.layout ? flash->expects.layout->name : NULL);
    }
    json_add(o, "output", built_file_object(&image->output));
    return o;
}

static struct json_object *descriptor_object(const struct packed_descriptor *d)
{
    struct json_object *o = json_new();

    json_add_text_if(o, "from", d->descriptor->from);
    json_add_text_if(o, "code", d->code->output.path);
    json_add_text_if(o, "vars", d->vars ? d->vars->output.path : NULL);
    json_add(o, "output", built_file_object(&d->output));
    return o;
}

static struct json_object *security_object(const struct packed *p)
{
    struct json_object *o, *list;

    if (!p->newer)
        return NULL;
    o = json_new();
    list = json_list();
    json_add_text_if(o, "compared_with", p->newer);
    json_add_flag(o, "reaches_back", p->fixes.reaches_back);
    for (size_t i = 0; i < p->fixes.count; i++) {
        const struct missing_fix *fix = &p->fixes.list[i];
        struct json_object *entry = json_new(), *cves = json_list();

        json_add_text_if(entry, "version", fix->version);
        json_add_text_if(entry, "date", fix->date);
        for (size_t k = 0; k < fix->cve_count; k++)
            json_append(cves, json_string(fix->cves[k]));
        json_add(entry, "cves", cves);
        json_append(list, entry);
    }
    json_add(o, "missing", list);
    return o;
}

static struct json_object *set_object(const struct packed *p)
{
    struct json_object *o = json_new(), *images = json_list(), *descriptors = json_list();

    json_add_text_if(o, "flashset", p->set->name);
    json_add_text_if(o, "summary", p->set->summary);
    json_add_text_if(o, "package", p->set->package);
    json_add_text_if(o, "package_version", p->package.version);
    json_add(o, "source", built_source_object(&p->set->source, p->source_size, &p->package));
    for (size_t i = 0; i < p->set->image_count; i++)
        json_append(images, image_object(&p->images[i]));
    for (size_t i = 0; i < p->set->descriptor_count; i++)
        json_append(descriptors, descriptor_object(&p->descriptors[i]));
    json_add(o, "images", images);
    json_add(o, "descriptors", descriptors);
    json_add(o, "security", security_object(p));
    if (p->package.deb.path)
        json_add(o, "deb", built_file_object(&p->package.deb));
    return o;
}

char *packed_manifest(const struct packed *packed, size_t count)
{
    struct json_object *root = json_document(MANIFEST_FORMAT, 1), *sets = json_list();

    for (size_t i = 0; i < count; i++)
        json_append(sets, set_object(&packed[i]));
    json_add(root, "flash_sets", sets);
    return json_document_text(root);
}
