/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/domain_firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/descriptor_match.h"
#include "formats/machine_types.h"
#include "inputs/descriptor_directories.h"

const char *domain_choice_name(enum domain_choice choice)
{
    static const char *const names[] = {
        [CHOICE_DESCRIPTOR] = "descriptor",
        [CHOICE_LIST] = "list",
        [CHOICE_AS_WRITTEN] = "as-written",
        [CHOICE_BIOS] = "bios",
        [CHOICE_NONE] = "none",
        [CHOICE_UNKNOWN] = "unknown",
    };

    return names[choice];
}

static const struct {
    const char *name;
    unsigned version; /* as domain_question has it */
} rules_of[] = {
    [RULES_9_0] = {"9.0", 9000}, [RULES_11_3] = {"11.3", 11003}, [RULES_12_8] = {"12.8", 12008}};

/* --- the guest ------------------------------------------------------------------------------ */

/* Loader and store of a guest for which libvirt 9.0 chooses. */
static const char *refused_before_9_2(const struct domain_xml *x)
{
    if (x->loader_readonly != DOMAIN_UNSAID)
        return "loader attribute 'readonly' cannot be specified when firmware autoselection is "
               "enabled";
    if (x->loader_type)
        return "loader attribute 'type' cannot be specified when firmware autoselection is enabled";
    if (x->loader)
        return "loader path cannot be specified when firmware autoselection is enabled";
    if (x->nvram_template)
        return "nvram attribute 'template' cannot be specified when firmware autoselection is "
               "enabled";
    return x->loader_secure == DOMAIN_OFF ? "loader attribute 'secure' cannot be specified when "
                                            "firmware autoselection is enabled"
                                          : NULL;
}

static const char *refused_of_store(const struct domain_xml *x)
{
    if (x->loader_stateless == DOMAIN_ON && x->nvram_template)
        return "NVRAM template is not permitted when loader is stateless";
    if (x->loader_stateless == DOMAIN_ON && x->has_nvram)
        return "NVRAM is not permitted when loader is stateless";
    if (x->loader_stateless != DOMAIN_OFF)
        return NULL;
    if (!x->firmware && !same_text(x->loader_type, "pflash"))
        return "Only pflash loader type permits NVRAM";
    return x->firmware && !same_text(x->firmware, "efi") ? "Only EFI firmware permits NVRAM" : NULL;
}

/* virDomainDefOSValidate(): what libvirt refuses before it looks for firmware. */
static const char *refusal_of(const struct domain_xml *x, enum descriptor_rules rules)
{
    const char *refusal = x->firmware && rules == RULES_9_0 ? refused_before_9_2(x) : NULL;

    if (refusal)
        return refusal;
    if (x->firmware && rules > RULES_9_0 && x->enrolled_keys == DOMAIN_ON &&
        x->secure_boot == DOMAIN_OFF)
        return "firmware feature 'enrolled-keys' cannot be enabled when firmware feature "
               "'secure-boot' is disabled";
    if (x->has_nvram && same_text(x->firmware, "bios"))
        return "firmware type 'bios' does not support nvram";
    if (!x->firmware && x->has_firmware_features)
        return "cannot use feature-based firmware autoselection when firmware autoselection is "
               "disabled";
    if (!x->firmware && (x->has_loader || x->has_nvram) && !x->loader)
        return "no loader path specified and firmware auto selection disabled";
    return refused_of_store(x);
}

/* qemuValidateDomainDefFeatures() and qemuValidateDomainDefBoot(). libvirt 9.0 chooses when the
 * guest is started, and looks at it before; a later one looks at what it has chosen. */
static const char *late_refusal_of(const struct domain_xml *x,
                                   const struct domain_firmware *firmware,
                                   enum descriptor_rules rules)
{
    bool uefi = same_text(x->firmware, "efi") || (x->loader && same_text(x->loader_type, "pflash"));
    bool x86 = same_text(x->arch, "x86_64") || same_text(x->arch, "i686");
    bool has_smm = firmware->needs_smm && rules > RULES_9_0;

    if (uefi && x86 && !x->has_acpi)
        return "UEFI requires ACPI on this architecture";
    if (!uefi && same_text(x->arch, "aarch64") && x->has_acpi)
        return "ACPI requires UEFI on this architecture";
    if (x->loader_secure != DOMAIN_ON && !has_smm)
        return NULL;
    if (strcmp(x->machine, "q35") != 0 && strncmp(x->machine, "pc-q35-", 7) != 0)
        return "Secure boot is supported with q35 machine types only";
    if (!same_text(x->arch, "x86_64"))
        return "Secure boot is supported for x86_64 architecture only";
    return !x->firmware && x->smm != DOMAIN_ON && !has_smm
               ? "Secure boot requires SMM feature enabled"
               : NULL;
}

/* qemuFirmwareEnableFeatures() of libvirt 9.0: it gives up where what it has chosen does not go
 * with the guest. NULL: it does. */
static const char *refused_by_choice(const struct domain_xml *x,
                                     const struct domain_firmware *firmware)
{
    if (firmware->code_format && !same_text(firmware->code_format, "raw"))
        return "unsupported flash format 'qcow2'";
    if (firmware->template_format && !same_text(firmware->template_format, "raw"))
        return "unsupported nvram template format 'qcow2'";
    return firmware->needs_smm && x->smm == DOMAIN_OFF
               ? "domain has SMM turned off but chosen firmware requires it"
               : NULL;
}

/* "virt" is an alias for some architectures, and a machine type for others. */
static bool is_alias_for(const struct domain_xml *x, const struct machine_family *family)
{
    if (family == machine_family_of_alias(x->machine))
        return true;
    if (strcmp(family->name, x->machine) != 0)
        return false;
    for (size_t i = 0; i < MACHINE_ARCHITECTURES_MAX && family->architectures[i]; i++)
        if (strcmp(family->architectures[i], architecture_of_qemu(x->arch)) == 0)
            return true;
    return false;
}

/* Of an alias libvirt asks the QEMU what it stands for, and descriptors have patterns for all of a
 * family: the version does not matter to them. */
static char *machine_of(const struct domain_xml *x)
{
    for (const struct machine_family *family = machine_families; family->name; family++)
        if (family->has_versions && is_alias_for(x, family))
            return xasprintf("%s-10.0", family->name);
    return xstrdup(x->machine);
}

/* qemuFirmwareEnableFeaturesModern() */
static void take_descriptor(struct domain_firmware *firmware, const struct domain_xml *x,
                            const struct firmware_descriptor *d)
{
    bool has_template = d->device == DESCRIPTOR_FLASH && d->mode == DESCRIPTOR_SPLIT;

    firmware->choice = CHOICE_DESCRIPTOR;
    firmware->source = xstrdup(d->path);
    firmware->pflash = d->device == DESCRIPTOR_FLASH;
    firmware->needs_smm = descriptor_has_feature(d, "requires-smm");
    firmware->code = xstrdup_or_null(d->executable.filename);
    if (firmware->pflash)
        firmware->code_format = xstrdup_or_null(d->executable.format);
    /* A store that is no local file libvirt cannot make. */
    if (has_template && !x->nvram_is_remote) {
        firmware->template = xstrdup_or_null(d->nvram_template.filename);
        firmware->template_format = xstrdup_or_null(d->nvram_template.format);
    }
}

static void refuse(struct domain_firmware *firmware, enum domain_choice choice, const char *why)
{
    domain_firmware_free(firmware);
    firmware->choice = choice;
    snprintf(firmware->refusal, sizeof firmware->refusal, "%s", why);
}

/* Descriptors have had the device's template since QEMU 11.0, and libvirt has known it since 12.1. */
static bool is_unjudged(const struct descriptor_wish *w, const struct firmware_descriptor *d)
{
    return w->rules >= RULES_12_8 && d->device == DESCRIPTOR_MEMORY &&
           (d->nvram_template.filename || d->has_no_filename);
}

static bool ask_descriptors(const struct descriptor_wish *w, const struct firmware_descriptors *all,
                            struct domain_firmware *firmware)
{
    for (size_t i = 0; i < all->count; i++) {
        struct domain_rejection *r;

        firmware->rejections = xreallocarray(firmware->rejections, firmware->rejection_count + 1,
                                             sizeof *firmware->rejections);
        r = &firmware->rejections[firmware->rejection_count];
        if (descriptor_matches(w, &all->list[i], r->reason)) {
            if (is_unjudged(w, &all->list[i])) {
                refuse(firmware, CHOICE_UNKNOWN,
                       "whether a guest without <varstore> gets firmware of QEMU's uefi-vars "
                       "device is not judged");
                return false;
            }
            take_descriptor(firmware, w->domain, &all->list[i]);
            return true;
        }
        r->descriptor = xstrdup(all->list[i].path);
        firmware->rejection_count++;
    }
    return false;
}

/* qemuFirmwareFillDomainLegacy(): 1, 0 or -1. */
static int ask_list(const struct descriptor_wish *w, const char *list,
                    struct domain_firmware *firmware, struct failure *f)
{
    const struct domain_xml *x = w->domain;
    struct template_search search;

    if (x->loader_readonly == DOMAIN_OFF || x->loader_stateless == DOMAIN_ON ||
        (w->loader_format && !same_text(w->loader_format, "raw")))
        return 0;
    if (template_search(x->loader, w->root, list, &search, f) != 0)
        return -1;
    int found = 0;
    for (size_t i = 0; i < search.count && !found; i++) {
        const struct template_answer *a = &search.answers[i];

        if (a->source == TEMPLATE_DESCRIPTOR || a->by_link)
            continue;
        found = 1;
        firmware->choice = CHOICE_LIST;
        firmware->source = xstrdup(a->where                        ? a->where
                                   : a->source == TEMPLATE_DEFAULT ? "libvirt's default list"
                                                                   : "list");
        firmware->template = xstrdup_or_null(x->nvram_template ? x->nvram_template : a->filename);
        firmware->template_format = xstrdup("raw");
    }
    template_search_free(&search);
    return found;
}

static void take_as_written(const struct descriptor_wish *w, struct domain_firmware *firmware)
{
    const struct domain_xml *x = w->domain;

    firmware->code = xstrdup_or_null(x->loader);
    firmware->pflash = same_text(x->loader_type, "pflash");
    if (firmware->pflash)
        firmware->code_format = xstrdup(w->loader_format ? w->loader_format : "raw");
    if (firmware->template)
        return;
    firmware->template = xstrdup_or_null(x->nvram_template);
    if (firmware->template)
        firmware->template_format = xstrdup_or_null(firmware->code_format);
}

/* libvirt 9.0, of a guest with a loader of its own. */
static bool looks_for_template(const struct domain_xml *x)
{
    return x->firmware ||
           (x->loader_readonly == DOMAIN_ON && !x->nvram_template && !x->nvram_is_remote);
}

static bool has_target(const struct firmware_descriptor *d, const char *architecture)
{
    for (size_t i = 0; i < d->target_count; i++)
        if (same_text(d->targets[i].architecture, architecture))
            return true;
    return false;
}

/* libvirt 9.0 does not skip a descriptor that it does not understand, as later ones do: it takes none
 * of all (src/qemu/qemu_firmware.c, qemuFirmwareFetchParsedConfigs()). */
static bool gives_up(const struct firmware_descriptors *all, struct domain_firmware *firmware)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct firmware_descriptor *d = &all->list[i];
        const char *what = !d->usable && d->problems.count ? d->problems.list[0].what
                           : d->device == DESCRIPTOR_IGVM  ? "unknown device type"
                           : d->has_no_filename            ? "missing 'filename'"
                           : has_target(d, "loongarch64")  ? "unknown architecture 'loongarch64'"
                                                           : NULL;
        char why[DOMAIN_REFUSAL_MAX];

        if (!what)
            continue;
        snprintf(why, sizeof why,
                 "it uses no descriptor where it does not understand one: %.200s (%.200s)", d->path,
                 what);
        refuse(firmware, d->usable ? CHOICE_NONE : CHOICE_UNKNOWN, why);
        return true;
    }
    return false;
}

static int choose(const struct descriptor_wish *w, const char *list,
                  struct domain_firmware *firmware, struct failure *f)
{
    struct firmware_descriptors all;

    firmware->choice = CHOICE_AS_WRITTEN;
    if (w->rules == RULES_9_0 && !looks_for_template(w->domain)) {
        take_as_written(w, firmware);
        return 0;
    }
    if (firmware_descriptors_read(w->root, &all, f) != 0)
        return -1;
    bool found =
        (w->rules == RULES_9_0 && gives_up(&all, firmware)) || ask_descriptors(w, &all, firmware);
    /* One that comes first might be the choice. */
    for (size_t i = 0; i < all.note_count; i++)
        if (strcmp(all.notes[i].what, "unreadable") == 0)
            refuse(firmware, CHOICE_UNKNOWN, all.notes[i].text);
    firmware_descriptors_free(&all);
    if (found || firmware->choice == CHOICE_UNKNOWN)
        return 0;
    if (w->domain->firmware) {
        firmware->choice = CHOICE_NONE;
        snprintf(firmware->refusal, sizeof firmware->refusal,
                 w->rules == RULES_9_0 ? "Unable to find any firmware to satisfy '%s'"
                                       : "Unable to find '%s' firmware that is compatible with the "
                                         "current configuration",
                 w->domain->firmware);
        return 0;
    }
    if (ask_list(w, list, firmware, f) < 0)
        return -1;
    take_as_written(w, firmware);
    return 0;
}

/* One of libvirt's own is from before it knew formats. */
static const char *wanted_format(const struct domain_xml *x, enum descriptor_rules rules,
                                 bool is_defined)
{
    bool goes_by_store = !x->has_loader && (rules < RULES_12_8 || !x->nvram_template);
    const char *format = x->loader_format ? x->loader_format
                         : goes_by_store  ? x->nvram_format
                                          : NULL;

    if (rules == RULES_9_0)
        return "raw";
    return !format && is_defined && x->firmware ? "raw" : format;
}

static int look(const struct domain_xml *x, const struct domain_question *question,
                enum descriptor_rules rules, struct domain_firmware *firmware, struct failure *f)
{
    if (!x->firmware && !(x->loader && same_text(x->loader_type, "pflash"))) {
        firmware->code = xstrdup_or_null(x->loader);
        return 0;
    }
    struct descriptor_wish w = {.domain = x,
                                .rules = rules,
                                .root = question->root,
                                .machine = machine_of(x),
                                .architecture = xstrdup(architecture_of_qemu(x->arch)),
                                .loader_format = wanted_format(x, rules, question->is_defined)};
    int result = choose(&w, question->list, firmware, f);
    free(w.machine);
    free(w.architecture);
    return result;
}

static int choose_by(const struct domain_xml *x, const struct domain_question *question,
                     enum descriptor_rules rules, struct domain_firmware *firmware,
                     struct failure *f)
{
    const char *refusal = refusal_of(x, rules);

    *firmware = (struct domain_firmware){.choice = CHOICE_BIOS};
    if (refusal) {
        refuse(firmware, CHOICE_NONE, refusal);
        return 0;
    }
    if (look(x, question, rules, firmware, f) != 0) {
        domain_firmware_free(firmware);
        return -1;
    }
    if (firmware->choice == CHOICE_NONE || firmware->choice == CHOICE_UNKNOWN)
        return 0;
    refusal = late_refusal_of(x, firmware, rules);
    if (!refusal && rules == RULES_9_0 && firmware->choice == CHOICE_DESCRIPTOR)
        refusal = refused_by_choice(x, firmware);
    if (refusal)
        refuse(firmware, CHOICE_NONE, refusal);
    return 0;
}

/* --- of which libvirt ------------------------------------------------------------------------- */

static bool chose_the_same(const struct domain_firmware *a, const struct domain_firmware *b)
{
    return a->choice == b->choice && same_text(a->code, b->code) &&
           same_text(a->code_format, b->code_format) && same_text(a->template, b->template) &&
           same_text(a->template_format, b->template_format);
}

static char *words_of(const struct domain_firmware *firmware)
{
    if (firmware->choice == CHOICE_NONE)
        return xasprintf("refuses it (%s)", firmware->refusal);
    if (firmware->choice == CHOICE_UNKNOWN)
        return xasprintf("is not judged (%s)", firmware->refusal);
    return xasprintf("takes %s%s%s", firmware->code ? firmware->code : "none",
                     firmware->template ? " with the template " : "",
                     firmware->template ? firmware->template : "");
}

/* What each of them does, in the place of the last's choice. */
static void say_difference(const struct domain_firmware *of_rules, enum descriptor_rules first,
                           enum descriptor_rules last, struct domain_firmware *firmware)
{
    char text[DOMAIN_REFUSAL_MAX];
    size_t length = 0;

    for (enum descriptor_rules r = first; r <= last; r++) {
        char *words = words_of(&of_rules[r]);

        length += (size_t)snprintf(text + length, sizeof text - length, "%slibvirt %s %.600s",
                                   r > first ? "; " : "", rules_of[r].name, words);
        free(words);
    }
    refuse(firmware, CHOICE_UNKNOWN, text);
    firmware->depends = true;
}

/* The rules around a version; all of them where it is 0. */
static void range_of(unsigned version, enum descriptor_rules *first, enum descriptor_rules *last)
{
    *first = RULES_9_0;
    *last = RULES_COUNT - 1;
    if (!version)
        return;
    while (*first < *last && rules_of[*first + 1].version <= version)
        (*first)++;
    while (*last > *first && rules_of[*last - 1].version >= version)
        (*last)--;
}

int domain_firmware_choose(const struct domain_xml *x, const struct domain_question *question,
                           struct domain_firmware *firmware, struct failure *f)
{
    struct domain_firmware of_rules[RULES_COUNT] = {0};
    enum descriptor_rules first, last, done;
    bool agree = true;

    *firmware = (struct domain_firmware){0};
    if (x->has_varstore) {
        refuse(firmware, CHOICE_UNKNOWN,
               "a guest with <varstore>, which libvirt has since 12.1, is not judged");
        return 0;
    }
    if (!x->machine || !x->arch) {
        refuse(firmware, CHOICE_UNKNOWN, "it does not say its machine type and architecture");
        return 0;
    }
    range_of(question->libvirt, &first, &last);
    for (done = first; done <= last; done++) {
        if (choose_by(x, question, done, &of_rules[done], f) != 0)
            break;
        agree = agree && chose_the_same(&of_rules[first], &of_rules[done]);
    }
    if (done > last && !agree) {
        say_difference(of_rules, first, last, firmware);
    } else if (done > last) {
        *firmware = of_rules[last];
        of_rules[last] = (struct domain_firmware){0};
    }
    for (enum descriptor_rules r = first; r < done; r++)
        domain_firmware_free(&of_rules[r]);
    return done > last ? 0 : -1;
}

void domain_firmware_free(struct domain_firmware *firmware)
{
    for (size_t i = 0; i < firmware->rejection_count; i++)
        free(firmware->rejections[i].descriptor);
    free(firmware->rejections);
    free(firmware->source);
    free(firmware->code);
    free(firmware->code_format);
    free(firmware->template);
    free(firmware->template_format);
    *firmware = (struct domain_firmware){0};
}
