/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/firmware_descriptor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const devices[] = {[DESCRIPTOR_FLASH] = "flash",
                                      [DESCRIPTOR_KERNEL] = "kernel",
                                      [DESCRIPTOR_MEMORY] = "memory",
                                      [DESCRIPTOR_IGVM] = "igvm"};
static const char *const modes[] = {[DESCRIPTOR_SPLIT] = "split",
                                    [DESCRIPTOR_COMBINED] = "combined",
                                    [DESCRIPTOR_STATELESS] = "stateless"};
static const char *const interface_types[] = {"bios", "openfirmware", "uboot", "uefi"};
static const char *const architectures[] = {"aarch64",     "arm",     "i386",
                                            "loongarch64", "riscv64", "x86_64"};
/* Others that libvirt knows (src/util/virarch.c; virQEMUCapsArchFromString()); it skips a descriptor
 * with one that it does not. */
static const char *const libvirt_architectures[] = {
    "alpha",    "armv6l",       "armv7l",  "armv7b",    "cris",   "i686",     "ia64",
    "lm32",     "m68k",         "mips",    "mipsel",    "mips64", "mips64el", "microblaze",
    "openrisc", "microblazeel", "or32",    "parisc",    "ppc",    "parisc64", "ppcle",
    "ppc64",    "ppc64le",      "ppcemb",  "riscv32",   "s390",   "s390x",    "sh4",
    "sh4eb",    "sparc",        "sparc64", "unicore32", "xtensa", "xtensaeb", NULL};
static const char *const features[] = {"acpi-s3",        "acpi-s4",         "amd-sev",
                                       "amd-sev-es",     "amd-sev-snp",     "intel-tdx",
                                       "enrolled-keys",  "requires-smm",    "secure-boot",
                                       "host-uefi-vars", "verbose-dynamic", "verbose-static"};
static const char *const formats[] = {"raw", "qcow2"};
static const char *const store_formats[] = {"json"}; /* of a store that no flash holds */
static const char *const executable_formats[] = {"raw"};

static const char *const descriptor_keys[] = {"description", "interface-types", "mapping",
                                              "targets",     "features",        "tags"};
static const char *const flash_keys[] = {"device", "mode", "executable", "nvram-template"};
static const char *const memory_keys[] = {"device",         "mode",     "executable",
                                          "nvram-template", "filename", "uefi-vars"};
static const char *const uefi_vars_keys[] = {"template"};
static const char *const filename_keys[] = {"device", "filename"};
static const char *const file_keys[] = {"filename", "format"};
static const char *const target_keys[] = {"architecture", "machines"};

const char *descriptor_device_name(enum descriptor_device device)
{
    return devices[device];
}

const char *descriptor_mode_name(enum descriptor_mode mode)
{
    return modes[mode];
}

/* ---- problems ---- */

__attribute__((format(printf, 3, 4))) static void add_problem(struct firmware_descriptor *d,
                                                              bool fatal, const char *format, ...)
{
    va_list args;

    if (fatal)
        d->usable = false;
    /* That libvirt skips it must not be lost behind what it only does not know. */
    if (d->problems.count >= DESCRIPTOR_PROBLEMS_MAX &&
        (!fatal || d->problems.counts[FINDING_ERROR]))
        return;
    va_start(args, format);
    findings_add(&d->problems, (struct finding){.grade = fatal ? FINDING_ERROR : FINDING_WARNING,
                                                .check = "format",
                                                .what = xvasprintf(format, args)});
    va_end(args);
}

static int index_of(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    }
    return -1;
}

/* A value that is not one of those the format has. */
static void name_unknown(struct firmware_descriptor *d, bool fatal, const char *where,
                         const char *word, const char *const *names, size_t count)
{
    const char *meant = nearest_name(word, names, count);

    add_problem(d, fatal, "%s: '%.64s' is unknown%s%s%s", where, word,
                meant ? " (did you mean '" : "", meant ? meant : "", meant ? "'?)" : "");
}

static void check_keys(struct firmware_descriptor *d, struct json_object *object, const char *where,
                       const char *const *keys, size_t count)
{
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (index_of(key, keys, count) < 0)
            name_unknown(d, false, where, key, keys, count);
    }
}

/* ---- values ---- */

static struct json_object *need(struct firmware_descriptor *d, struct json_object *object,
                                const char *where, const char *key, enum json_type type, bool fatal)
{
    struct json_object *o = json_member(object, key, type);

    if (!o)
        add_problem(d, fatal, "%s: '%s' is missing, or not of type %s", where, key,
                    json_type_to_name(type));
    return o;
}

static char *need_text(struct firmware_descriptor *d, struct json_object *object, const char *where,
                       const char *key, bool fatal)
{
    const char *text = json_member_text(object, key);

    if (!text)
        add_problem(d, fatal, "%s: '%s' is missing, or not a string", where, key);
    return xstrdup_or_null(text);
}

static size_t length_of(struct firmware_descriptor *d, struct json_object *array, const char *where)
{
    size_t count = array ? json_object_array_length(array) : 0;

    if (count > DESCRIPTOR_LIST_MAX)
        add_problem(d, true, "%s: too many elements (found %zu, expected at most %d)", where, count,
                    DESCRIPTOR_LIST_MAX);
    return count > DESCRIPTOR_LIST_MAX ? 0 : count;
}

/* The texts of an array; those that are not in `names` (NULL: all are welcome) are named. */
static void take_texts(struct firmware_descriptor *d, struct json_object *array, const char *where,
                       const char *const *names, size_t count, bool fatal,
                       struct descriptor_list *list)
{
    size_t length = length_of(d, array, where);
    char place[64];

    list->texts = xcalloc(length ? length : 1, sizeof *list->texts);
    for (size_t i = 0; i < length; i++) {
        struct json_object *o = json_object_array_get_idx(array, i);

        snprintf(place, sizeof place, "%s[%zu]", where, i);
        const char *text = json_text(o);
        if (!text) {
            add_problem(d, fatal, "%s: not a string", place);
            continue;
        }
        if (names && index_of(text, names, count) < 0)
            name_unknown(d, fatal, place, text, names, count);
        list->texts[list->count++] = xstrdup(text);
    }
}

/* ---- mapping ---- */

static void take_file(struct firmware_descriptor *d, struct json_object *mapping, const char *key,
                      const char *const *known_formats, size_t count, struct descriptor_file *file)
{
    struct json_object *o = need(d, mapping, "mapping", key, json_type_object, true);
    char where[64];

    if (!o)
        return;
    snprintf(where, sizeof where, "mapping.%s", key);
    check_keys(d, o, where, file_keys, COUNT(file_keys));
    file->filename = need_text(d, o, where, "filename", true);
    file->format = need_text(d, o, where, "format", true);
    if (file->format && index_of(file->format, known_formats, count) < 0)
        name_unknown(d, true, where, file->format, known_formats, count);
}

static void take_mode(struct firmware_descriptor *d, struct json_object *mapping,
                      enum descriptor_mode fallback)
{
    struct json_object *there;
    int mode = (int)fallback;

    if (json_object_object_get_ex(mapping, "mode", &there)) {
        const char *text = json_member_text(mapping, "mode");

        mode = text ? index_of(text, modes, COUNT(modes)) : -1;
        if (mode < 0)
            name_unknown(d, true, "mapping.mode", text ? text : "", modes, COUNT(modes));
    }
    d->mode = mode < 0 ? fallback : (enum descriptor_mode)mode;
}

static void take_flash(struct firmware_descriptor *d, struct json_object *mapping)
{
    struct json_object *template;

    check_keys(d, mapping, "mapping", flash_keys, COUNT(flash_keys));
    take_mode(d, mapping, DESCRIPTOR_SPLIT);
    take_file(d, mapping, "executable", formats, COUNT(formats), &d->executable);
    if (d->mode == DESCRIPTOR_SPLIT)
        take_file(d, mapping, "nvram-template", formats, COUNT(formats), &d->nvram_template);
    else if (json_object_object_get_ex(mapping, "nvram-template", &template))
        add_problem(d, false, "mapping: 'nvram-template' has no meaning in mode '%s'",
                    modes[d->mode]);
}

/* What QEMU 11.0 has for a store that the uefi-vars device keeps: JSON, by its template. */
static void take_uefi_vars(struct firmware_descriptor *d, struct json_object *mapping)
{
    struct json_object *o = need(d, mapping, "mapping", "uefi-vars", json_type_object, true);

    if (!o)
        return;
    check_keys(d, o, "mapping.uefi-vars", uefi_vars_keys, COUNT(uefi_vars_keys));
    d->nvram_template.filename = need_text(d, o, "mapping.uefi-vars", "template", true);
    d->nvram_template.format = xstrdup(store_formats[0]);
    d->mode = DESCRIPTOR_SPLIT;
}

/* "filename", perhaps with "uefi-vars"; or, as was proposed before that, what a flash mapping
 * has. */
static void take_memory(struct firmware_descriptor *d, struct json_object *mapping)
{
    struct json_object *other;

    check_keys(d, mapping, "mapping", memory_keys, COUNT(memory_keys));
    d->mode = DESCRIPTOR_STATELESS;
    if (!json_object_object_get_ex(mapping, "executable", &other)) {
        d->executable.filename = need_text(d, mapping, "mapping", "filename", true);
        if (json_object_object_get_ex(mapping, "uefi-vars", &other))
            take_uefi_vars(d, mapping);
        return;
    }
    d->has_no_filename = true;
    if (json_object_object_get_ex(mapping, "filename", &other))
        add_problem(d, true, "mapping: 'filename' beside 'executable'");
    if (json_object_object_get_ex(mapping, "uefi-vars", &other))
        add_problem(d, true, "mapping: 'uefi-vars' beside 'executable'");
    need(d, mapping, "mapping", "mode", json_type_string, true);
    take_mode(d, mapping, DESCRIPTOR_STATELESS);
    take_file(d, mapping, "executable", executable_formats, COUNT(executable_formats),
              &d->executable);
    if (d->mode == DESCRIPTOR_SPLIT)
        take_file(d, mapping, "nvram-template", store_formats, COUNT(store_formats),
                  &d->nvram_template);
}

static void take_mapping(struct firmware_descriptor *d, struct json_object *root)
{
    struct json_object *mapping = need(d, root, "descriptor", "mapping", json_type_object, true);
    char *name = mapping ? need_text(d, mapping, "mapping", "device", true) : NULL;
    int device = name ? index_of(name, devices, COUNT(devices)) : -1;

    if (name && device < 0)
        name_unknown(d, true, "mapping.device", name, devices, COUNT(devices));
    free(name);
    if (device < 0)
        return;
    d->device = (enum descriptor_device)device;
    if (d->device == DESCRIPTOR_FLASH) {
        take_flash(d, mapping);
    } else if (d->device == DESCRIPTOR_MEMORY) {
        take_memory(d, mapping);
    } else {
        check_keys(d, mapping, "mapping", filename_keys, COUNT(filename_keys));
        d->mode = DESCRIPTOR_STATELESS;
        d->executable.filename = need_text(d, mapping, "mapping", "filename", true);
    }
}

/* ---- the whole ---- */

static void take_targets(struct firmware_descriptor *d, struct json_object *root)
{
    struct json_object *array = need(d, root, "descriptor", "targets", json_type_array, true);
    size_t count = length_of(d, array, "targets");
    char where[64];

    d->targets = xcalloc(count ? count : 1, sizeof *d->targets);
    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_object_array_get_idx(array, i);
        struct descriptor_target *t = &d->targets[d->target_count++];

        snprintf(where, sizeof where, "targets[%zu]", i);
        if (json_object_is_type(o, json_type_object))
            check_keys(d, o, where, target_keys, COUNT(target_keys));
        t->architecture = need_text(d, o, where, "architecture", true);
        if (t->architecture && index_of(t->architecture, architectures, COUNT(architectures)) < 0)
            name_unknown(d, !is_one_of(t->architecture, libvirt_architectures), where,
                         t->architecture, architectures, COUNT(architectures));
        struct json_object *machines = need(d, o, where, "machines", json_type_array, true);
        snprintf(where, sizeof where, "targets[%zu].machines", i);
        take_texts(d, machines, where, NULL, 0, true, &t->machines);
        if (machines && !t->machines.count)
            add_problem(d, false, "%s: empty, so that no machine type matches", where);
    }
    if (array && !count)
        add_problem(d, false, "targets: empty, so that no machine type matches");
}

static void take_all(struct firmware_descriptor *d, struct json_object *root)
{
    struct json_object *array;

    check_keys(d, root, "descriptor", descriptor_keys, COUNT(descriptor_keys));
    d->description = need_text(d, root, "descriptor", "description", false);
    array = need(d, root, "descriptor", "interface-types", json_type_array, true);
    take_texts(d, array, "interface-types", interface_types, COUNT(interface_types), true,
               &d->interface_types);
    if (array && !d->interface_types.count)
        add_problem(d, false, "interface-types: empty, so that no guest matches");
    take_mapping(d, root);
    take_targets(d, root);
    array = need(d, root, "descriptor", "features", json_type_array, true);
    take_texts(d, array, "features", features, COUNT(features), false, &d->features);
    array = need(d, root, "descriptor", "tags", json_type_array, false);
    take_texts(d, array, "tags", NULL, 0, false, &d->tags);
    if (descriptor_has_feature(d, "verbose-dynamic") && descriptor_has_feature(d, "verbose-static"))
        add_problem(d, false,
                    "features: 'verbose-dynamic' and 'verbose-static' exclude each other");
}

int firmware_descriptor_parse(const char *path, const uint8_t *data, size_t size,
                              struct firmware_descriptor *d, struct failure *f)
{
    struct json_object *root;

    if (size > DESCRIPTOR_FILE_MAX)
        return fail(f,
                    "%s: too large for a firmware descriptor (found %zu bytes, expected at most "
                    "%zu)",
                    path, size, DESCRIPTOR_FILE_MAX);
    if (json_tree_parse(path, data, size, &root, f) != 0)
        return -1;
    if (!json_object_is_type(root, json_type_object)) {
        json_object_put(root);
        return fail(f, "%s: not a firmware descriptor (found a list, expected an object)", path);
    }
    *d = (struct firmware_descriptor){.path = xstrdup(path), .usable = true};
    take_all(d, root);
    json_object_put(root);
    return 0;
}

int firmware_descriptor_read(const char *path, struct firmware_descriptor *d, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, DESCRIPTOR_FILE_MAX, &data, &size, f) != 0)
        return -1;
    int r = firmware_descriptor_parse(path, data, size, d, f);
    free(data);
    return r;
}

void firmware_descriptor_free(struct firmware_descriptor *d)
{
    free(d->path);
    free(d->description);
    free_texts(d->interface_types.texts, d->interface_types.count);
    free_texts(d->features.texts, d->features.count);
    free_texts(d->tags.texts, d->tags.count);
    free(d->executable.filename);
    free(d->executable.format);
    free(d->nvram_template.filename);
    free(d->nvram_template.format);
    for (size_t i = 0; i < d->target_count; i++) {
        free(d->targets[i].architecture);
        free_texts(d->targets[i].machines.texts, d->targets[i].machines.count);
    }
    free(d->targets);
    findings_free(&d->problems);
    *d = (struct firmware_descriptor){0};
}

bool descriptor_has_feature(const struct firmware_descriptor *d, const char *feature)
{
    return index_of(feature, (const char *const *)d->features.texts, d->features.count) >= 0;
}

/* libvirt takes globs as g_pattern_match_simple() does: only '*' and '?' are special, and
 * '*' also matches a slash, of which no machine type has one. */
bool descriptor_runs_on(const struct firmware_descriptor *d, const char *architecture,
                        const char *machine)
{
    for (size_t i = 0; i < d->target_count; i++) {
        const struct descriptor_target *t = &d->targets[i];

        if (!t->architecture || strcmp(t->architecture, architecture) != 0)
            continue;
        for (size_t k = 0; k < t->machines.count; k++) {
            if (glob_matches(t->machines.texts[k], machine, false))
                return true;
        }
    }
    return false;
}
